"""A QTI package that is written keeps the rules of the specification that no reading back would show.

Element order, required attributes, identifiers and the manifest, for 2.1, 2.2 and 3.0.
"""

import hashlib
import re
from xml.etree import ElementTree

import pytest

from bank import formats
from bank.content import TRUEFALSE_OPTIONS, Background, Content, ItemType, Level, Option
from bank.formats import archive
from bank.formats.lms import qti
from bank.item import AnswerKey, Item, Number
from tests.pictures import png

PNG = png()
DIGEST = hashlib.sha256(PNG).hexdigest()
VERSIONS = ("2.1", "2.2", "3.0")

ORDER = {
    "assessmentItem": (
        "responseDeclaration outcomeDeclaration templateDeclaration templateProcessing assessmentStimulusRef stylesheet"
        " itemBody responseProcessing modalFeedback"
    ),
    "assessmentStimulus": "stylesheet stimulusBody",
    "responseDeclaration": "defaultValue correctResponse mapping areaMapping",
    "choiceInteraction": "prompt simpleChoice",
    "responseCondition": "responseIf responseElseIf responseElse",
    "manifest": "metadata organizations resources",
    "resource": "metadata file dependency",
    "lom": "general lifeCycle metaMetadata technical educational rights relation annotation classification",
    "general": "identifier title language description keyword",
    "classification": "purpose taxonPath description keyword",
    "taxonPath": "source taxon",
    "purpose": "source value",
}
"""Children in the order of the specifications; whatever else stands there is wrong."""
REQUIRED = {
    "assessmentItem": "identifier title timeDependent",
    "assessmentStimulus": "identifier title",
    "assessmentStimulusRef": "identifier href",
    "responseDeclaration": "identifier cardinality baseType",
    "outcomeDeclaration": "identifier cardinality",
    "choiceInteraction": "responseIdentifier maxChoices shuffle",
    "textEntryInteraction": "responseIdentifier",
    "simpleChoice": "identifier",
    "modalFeedback": "outcomeIdentifier identifier showHide",
    "mapEntry": "mapKey mappedValue",
    "equal": "toleranceMode",
    "setOutcomeValue": "identifier",
    "baseValue": "baseType",
    "variable": "identifier",
    "correct": "identifier",
    "img": "src alt",
    "resource": "identifier type href",
    "file": "href",
    "dependency": "identifierref",
    "manifest": "identifier",
}
BLOCKS = {"p", "div", "table", "choiceInteraction"}
"""What may stand at once below a body: no bare text, no inline element."""


def items():
    background = Background("某厂 <失火>。\n\n| 甲 | 1 |\n| 乙 | 2 |", (DIGEST,))
    shared = background.sha256()
    choice = Content(
        ItemType.SINGLE,
        '见 "图" & 表\n| 线路 | 电压 |\n| 甲 | 380 V |',
        (Option("", (DIGEST,)), Option("<乙>")),
        (DIGEST,),
        shared,
    )
    yield Item(choice, AnswerKey((1,)), "1 & 2", Level.GRASP, explanation="因为\n所以", tags=("电", "<易>"), code="S-1 甲", locked=(0,),
               background=background, place=1)  # fmt: skip
    many = Content(ItemType.MULTIPLE, "哪些？", tuple(map(Option, "甲乙丙丁")), (), shared)
    yield Item(many, AnswerKey((0, 2)), "1", background=background, place=2)
    yield Item(
        Content(ItemType.TRUEFALSE, "对吗", tuple(map(Option, TRUEFALSE_OPTIONS))), AnswerKey((0,)), "", locked=(0, 1)
    )
    yield Item(Content(ItemType.FILL, "首都____。", ()), AnswerKey((), ("北京", "北京市")), "2")
    number = Item(Content(ItemType.FILL, "电压____。", ()), AnswerKey((), (), Number("380", "5")), "2")
    yield number
    yield number  # the same question twice is two resources


@pytest.fixture(scope="module", params=VERSIONS)
def package(request, tmp_path_factory):
    """(version, part -> bytes)"""
    path = tmp_path_factory.mktemp("qti") / "b.zip"
    assert formats.export(path, items(), {DIGEST: PNG}.get, f"qti-{request.param}").left_out == []
    packed = archive.Zip(path.read_bytes(), "b.zip")
    return request.param, {name: packed.read(name) for name in packed.names()}


def trees(package):
    """part -> its root, with the names of 2.x."""
    found = {}
    for name, data in package[1].items():
        if name.endswith(".xml"):
            root = ElementTree.fromstring(data)
            spelled = [node.tag.rpartition("}")[2] for node in root.iter()]
            if name != "imsmanifest.xml":
                dashed = [
                    tag.startswith("qti-") or tag in ("p", "br", "div", "img", "table", "tbody", "tr", "td")
                    for tag in spelled
                ]
                assert all(dashed) if package[0] == "3.0" else not any(tag.startswith("qti-") for tag in spelled)
            qti.renamed(root)
            found[name] = root
    return found


def test_children_stand_in_the_order_of_the_specification(package):
    for name, root in trees(package).items():
        for node in root.iter():
            allowed = ORDER.get(node.tag)
            if allowed is not None and not (node.tag == "manifest" and name != "imsmanifest.xml"):
                places = [allowed.split().index(child.tag) for child in node]
                assert places == sorted(places), (name, node.tag, [child.tag for child in node])


def test_required_attributes_are_there(package):
    for name, root in trees(package).items():
        for node in root.iter():
            for attribute in REQUIRED.get(node.tag, "").split():
                if (name, node.tag, attribute) != ("imsmanifest.xml", "metadata", "identifier"):
                    assert attribute in node.attrib, (name, node.tag, attribute)


def test_bodies_hold_blocks_and_no_bare_text(package):
    for root in trees(package).values():
        for body in (*root.iter("itemBody"), *root.iter("stimulusBody")):
            assert {child.tag for child in body} <= BLOCKS
            assert not "".join([body.text or "", *(child.tail or "" for child in body)]).strip()


def test_feedback_holds_its_text_where_the_version_wants_it(package):
    for root in trees(package).values():
        for feedback in root.iter("modalFeedback"):
            assert ([child.tag for child in feedback] == ["contentBody"]) == (package[0] == "3.0")


def test_identifiers_are_names_and_unique_and_what_refers_to_them_finds_them(package):
    for name, root in trees(package).items():
        if name == "imsmanifest.xml":
            continue
        assert re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]*", root.get("identifier"))
        declared = [node.get("identifier") for node in root if node.tag.endswith("Declaration")]
        assert len(set(declared)) == len(declared)
        used = {node.get("responseIdentifier") for node in root.iter() if node.tag.endswith("Interaction")}
        used |= {node.get("identifier") for node in (*root.iter("variable"), *root.iter("setOutcomeValue"))}
        used |= {node.get("outcomeIdentifier") for node in root.iter("modalFeedback")}
        assert used <= set(declared)
        choices = [node.get("identifier") for node in root.iter("simpleChoice")]
        right = [
            value.text for value in root.iterfind("responseDeclaration[@baseType='identifier']/correctResponse/value")
        ]
        assert len(set(choices)) == len(choices) and set(right) <= set(choices)


def test_the_manifest_names_every_part_once_and_no_other(package):
    version, parts = package
    root = trees(package)["imsmanifest.xml"]
    resources = root.findall("resources/resource")
    names = [resource.get("identifier") for resource in resources]
    assert len(set(names)) == len(names)
    listed = {file.get("href") for resource in resources for file in resource.findall("file")}
    assert listed == parts.keys() - {"imsmanifest.xml"}
    for resource in resources:
        files = [file.get("href") for file in resource.findall("file")]
        assert resource.get("href") in files and len(set(files)) == len(files)
        assert {node.get("identifierref") for node in resource.findall("dependency")} <= set(names)
        what = "stimulus" if resource.get("href").startswith("stimuli/") else "item"
        assert resource.get("type") == f"imsqti_{what}_xmlv{version.replace('.', 'p')}"
        data = parts[resource.get("href")].decode()
        shown = {"pictures/" + name for name in re.findall(r'src="\.\./pictures/([^"]+)"', data)}
        assert shown == {file for file in files if file.startswith("pictures/")}
    assert root.find("metadata/schema").text == ("QTI Package" if version == "3.0" else f"QTIv{version} Package")


def test_a_background_is_one_stimulus_for_all_who_share_it_and_2_1_has_it_in_each(package):
    version, parts = package
    stimuli = [name for name in parts if name.startswith("stimuli/")]
    inside = [name for name, root in trees(package).items() if root.find(".//div[@class='examd-case']") is not None]
    referring = [name for name, root in trees(package).items() if root.find("assessmentStimulusRef") is not None]
    assert (len(stimuli), len(inside), len(referring)) == ((0, 2, 0) if version == "2.1" else (1, 0, 2))
