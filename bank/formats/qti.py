"""QTI 2.1, 2.2 and 3.0: single items, packages (zip or unpacked folder), and packages written.

Read: one choiceInteraction, inlineChoiceInteraction or textEntryInteraction an item. Every other interaction, templates
(questions with random numbers) and adaptive items are refused under their names. A test gives the items that it refers
to. QTI 1.2 is another language and is refused as such.

The three versions share one vocabulary here, that of 2.x: names of 3.0 ("qti-simple-choice") are turned into it.
"""

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from urllib.parse import quote, unquote

from bank.content import OPTION_LETTERS, ItemType, Level, Option
from bank.formats import archive, markup, safexml
from bank.formats.archive import Missing, Source
from bank.formats.draft import BadRow, Draft, DraftOption
from bank.formats.pictures import kind
from bank.formats.safexml import Node, escaped
from bank.item import Item
from bank.refused import BadFile

MANIFEST = "imsmanifest.xml"
VERSIONS = ("2.1", "2.2", "3.0")
_ITEM = "assessmentItem"
_VERSION = re.compile(r"(?:imsqti(?:asi)?_v|qtiv)(\d)p(\d)")
_TRUTHS = {"true": True, "false": False, "正确": True, "错误": False, "对": True, "错": False, "√": True, "×": False}
_ITEM_TYPE = re.compile(r"imsqti_(?:apip)?item_xmlv[23]p", re.IGNORECASE)
_QUESTIONS = re.compile(r"imsqti_(?:apip)?item|imsqti_xmlv|.*/assessment|.*question-bank", re.IGNORECASE)
"""Types of resources that hold questions. Tests, scoring templates, statistics and pictures hold none."""
_OWN = re.compile(r"examd-[0-9a-f]{32}")
_SINGLE = "examd-single"
"""Class of a choice that is no true-false item although its options read so."""

Add = Callable[[bytes, str], str]
Told = Callable[[str, int, str], None]
Notes = list[tuple[int, str, dict[str, object]]]


def is_item(root: Node) -> bool:
    return _name(root.name) == _ITEM


def refusal(root: Node, file: str) -> BadFile | None:
    """Why a file with this root holds no items that we read; None where it may."""
    if root.name in ("questestinterop",) or (root.name == "item" and not root.namespace):
        return BadFile("qti-version", file=file, found="1.2", known=" ".join(VERSIONS))
    return None


def is_test(root: Node) -> bool:
    return _name(root.name) == "assessmentTest"


def _name(name: str) -> str:
    if not name.startswith("qti-"):
        return name
    first, *others = name.removeprefix("qti-").split("-")
    return first + "".join(word.capitalize() for word in others)


def _renamed(root: Node) -> None:
    """Names of 3.0 -> of 2.x, through the whole tree. Other namespaces (MathML) keep their local names."""
    for node in root.iter():
        node.tag = _name(node.name)
        for key in [key for key in node.attrib if "-" in key and not key.startswith(("data-", "aria-"))]:
            first, *others = key.split("-")
            node.attrib.setdefault(first + "".join(word.capitalize() for word in others), node.attrib[key])


@dataclass(slots=True)
class About:
    """What a package's manifest says of an item beside the item itself."""

    code: str | None = None
    chapter: str = ""
    level: str = ""
    tags: list[str] = field(default_factory=list)


def item(root: Node, picture: Callable[[str], str], notes: Notes, about: About | None = None) -> Draft:
    """One assessmentItem. `picture` turns the address of a picture into the name a Draft bears."""
    version = _VERSION.search(root.namespace)
    if version is not None and version[1] not in ("2", "3"):
        raise BadRow("qti-version", found=f"{version[1]}.{version[2]}", known=" ".join(VERSIONS))
    _renamed(root)
    if root.find("templateDeclaration") is not None or root.find("templateProcessing") is not None:
        raise BadRow("qti-template")
    if root.get("adaptive") == "true":
        raise BadRow("qti-adaptive")
    body = root.find("itemBody")
    if body is None:
        raise BadRow("empty-stem")
    if any(node.name == "include" for node in body.iter()):
        raise BadRow("unsupported-markup", markup="include")
    interactions = [node for node in body.iter() if node.name.endswith("Interaction")]
    if not interactions:
        raise BadRow("no-interaction")
    for node in interactions:
        if node.name not in ("choiceInteraction", "inlineChoiceInteraction", "textEntryInteraction"):
            raise BadRow("unsupported-interaction", interaction=node.name)
    if len(interactions) > 1:
        raise BadRow("several-interactions", found=len(interactions))
    about = about or About()
    identifier = root.get("identifier", "")
    draft = Draft(chapter=about.chapter, level=about.level, tags="\n".join(about.tags))
    draft.code = about.code if about.code is not None else "" if _OWN.fullmatch(identifier) else identifier
    response = _response(root, interactions[0])
    if interactions[0].name == "textEntryInteraction":
        _entry(root, body, interactions[0], response, draft, picture, notes)
    else:
        _choice(body, interactions[0], response, draft, picture, notes)
    draft.explanation = _explanation(root, notes)
    if any(node.name in ("feedbackInline", "feedbackBlock") for node in body.iter()):
        notes.append((root.line, "feedback-not-read", {}))
    return draft


@dataclass(slots=True)
class _Response:
    correct: list[str]
    mapped: dict[str, Decimal]
    many: bool
    base: str


def _response(root: Node, interaction: Node) -> _Response:
    wanted = interaction.get("responseIdentifier", "")
    declared = next((n for n in root.findall("responseDeclaration") if n.get("identifier") == wanted), None)
    if declared is None:
        raise BadRow("no-answer")
    correct = [(value.text or "").strip() for value in declared.findall("correctResponse/value")]
    mapped: dict[str, Decimal] = {}
    for entry in declared.findall("mapping/mapEntry"):
        try:
            mapped[(entry.get("mapKey") or "").strip()] = Decimal((entry.get("mappedValue") or "0").strip())
        except InvalidOperation:
            raise BadRow("answer-unreadable") from None
    cardinality = declared.get("cardinality", "single")
    if cardinality not in ("single", "multiple"):
        raise BadRow("unsupported-interaction", interaction=f"{interaction.name} {cardinality}"[:40])
    return _Response(correct, mapped, cardinality == "multiple", declared.get("baseType", "identifier"))


def _choice(
    body: Node, interaction: Node, response: _Response, draft: Draft, picture: Callable[[str], str], notes: Notes
) -> None:
    inline = interaction.name == "inlineChoiceInteraction"
    choices = list(interaction.iter("inlineChoice" if inline else "simpleChoice"))
    outside = _around(body, interaction, picture, inline)
    draft.stem, draft.images = outside.whole(), tuple(outside.images)
    moved = outside.moved
    names: list[str] = []
    for node in choices:
        flow = markup.from_node(node, picture)
        draft.options.append(DraftOption(flow.whole(), tuple(flow.images)))
        names.append(node.get("identifier", ""))
        moved = moved or flow.moved
        if flow.feedback:
            notes.append((node.line, "feedback-not-read", {}))
    if moved:
        notes.append((interaction.line, "picture-moved", {}))
    if len(set(names)) != len(names):
        raise BadRow("repeated-identifier")
    right = _right(response, names)
    draft.answer = tuple(sorted(names.index(name) for name in right))
    if interaction.get("shuffle") == "true":
        draft.locked = tuple(n for n, node in enumerate(choices) if node.get("fixed") == "true")
    texts = [option.text.strip().casefold() for option in draft.options]
    truths = [_TRUTHS.get(text) for text in texts]
    plain = not any(option.images for option in draft.options) and _SINGLE not in interaction.get("class", "").split()
    if response.many and interaction.get("maxChoices", "0") != "1":
        draft.type = ItemType.MULTIPLE.value
    elif len(texts) == 2 and set(truths) == {True, False} and plain and len(draft.answer) == 1:
        draft.type, draft.locked = ItemType.TRUEFALSE.value, ()
    else:
        draft.type = ItemType.SINGLE.value
    if len({value for value in response.mapped.values() if value > 0}) > 1:
        notes.append((interaction.line, "scoring-not-read", {}))


def _right(response: _Response, names: list[str]) -> list[str]:
    right = list(dict.fromkeys(response.correct))
    if not right:
        gained = {key: value for key, value in response.mapped.items() if value > 0}
        if response.many or len(gained) == 1:  # an opinion poll gives something for every choice: that is no answer
            right = list(gained)
    if not right:
        raise BadRow("no-answer")
    if any(name not in names for name in right):
        raise BadRow("answer-out-of-range", options=len(names))
    return right


def _around(body: Node, interaction: Node, picture: Callable[[str], str], inline: bool) -> markup.Flow:
    """What stands round the interaction; a prompt belongs to it, an inline choice leaves a blank."""
    flow = markup.Flow(picture)
    prompt = interaction.find("prompt")

    def walk(node: Node) -> None:
        flow.text(node.text or "")
        for child in node:
            if child is interaction and inline:
                flow.blank()
            elif child is interaction:
                flow.start("div", {})
                if prompt is not None:
                    walk(prompt)
                flow.end("div")
            else:
                flow.start(child.name, child.attrib)
                walk(child)
                flow.end(child.name)
            flow.text(child.tail or "")

    walk(body)
    return flow


def _entry(
    root: Node,
    body: Node,
    interaction: Node,
    response: _Response,
    draft: Draft,
    picture: Callable[[str], str],
    notes: Notes,
) -> None:
    flow = markup.from_node(body, picture, {interaction: None})
    draft.stem, draft.images, draft.type = flow.whole(), tuple(flow.images), ItemType.FILL.value
    if flow.moved:
        notes.append((interaction.line, "picture-moved", {}))
    best = max(response.mapped.values(), default=Decimal(0))
    full = [key for key, value in response.mapped.items() if value > 0 and value == best]
    if any(0 < value < best for value in response.mapped.values()):
        notes.append((interaction.line, "scoring-not-read", {}))
    right = [text for text in dict.fromkeys([*response.correct, *full]) if text]
    if not right:
        raise BadRow("no-answer")
    if response.base in ("float", "integer"):
        if len(right) > 1:
            raise BadRow("several-numbers", found=len(right))
        draft.number = (right[0], _tolerance(root, interaction.get("responseIdentifier", "")), ())
    else:
        draft.accepted = tuple(right)


def _tolerance(root: Node, response: str) -> str:
    for equal in root.iterfind(".//responseProcessing//equal"):
        if not any(variable.get("identifier") == response for variable in equal.findall("variable")):
            continue
        spread = (equal.get("tolerance") or "0").split()
        if equal.get("toleranceMode", "exact") == "absolute" and len(set(spread)) == 1:
            return spread[0]
        if equal.get("toleranceMode", "exact") != "exact":
            raise BadRow("tolerance-not-read")
    if root.find(".//responseProcessing//equalRounded") is not None:
        raise BadRow("tolerance-not-read")
    return "0"


def _explanation(root: Node, notes: Notes) -> str:
    texts = []
    for feedback in root.findall("modalFeedback"):
        if feedback.get("identifier", "").casefold() in ("solution", "general"):
            flow = markup.from_node(feedback, lambda name: name)
            texts.append(flow.whole())
            if flow.images:
                notes.append((feedback.line, "picture-of-explanation", {}))
        else:
            notes.append((feedback.line, "feedback-not-read", {}))
    return "\n".join(texts)


def picture_in(source: Source, folder: str, add: Add) -> Callable[[str], str]:
    """Addresses of pictures, as written in a part that lies in `folder`, -> names for a Draft."""

    def picture(address: str) -> str:
        data = markup.embedded(address)
        if data is not None:
            return add(data, "data:")
        try:
            path = archive.joined(folder, unquote(address))
        except Missing:
            raise BadRow("picture-path") from None
        try:
            return add(source.read(path), path)
        except Missing:
            return path if isinstance(source, archive.Folder) else f"absent/{path}"

    return picture


def package(source: Source, manifest: str, add: Add, notes: Told) -> Iterator[tuple[str, int, Draft | BadRow]]:
    """(part, line, Draft or why there is none) for every item that the manifest names."""
    folder = posixpath.dirname(manifest)
    root = safexml.parse(source.read(manifest), manifest)
    for node in root.iter():
        node.tag = node.tag.rpartition("}")[2]
    seen: set[str] = set()
    tests: list[str] = []
    for resource in root.iterfind("resources/resource"):
        said = resource.get("type", "")
        if said.startswith("imsqti_test"):
            tests.append(resource.get("href", ""))
        if not _QUESTIONS.match(said):
            continue
        if not _ITEM_TYPE.match(said):
            found = re.search(r"v(\d)p(\d)", said)
            version = f"{found[1]}.{found[2]}" if found else said[:60]
            yield manifest, resource.line, BadRow("qti-version", found=version, known=" ".join(VERSIONS))
            continue
        href = resource.get("href") or next((file.get("href", "") for file in resource.findall("file")), "")
        try:
            part = archive.joined(folder, unquote(href))
            data = source.read(part)
        except Missing:
            shown = "".join(character for character in href[-80:] if character.isprintable())
            yield manifest, resource.line, BadRow("part-missing", part=shown)
            continue
        if part not in seen:
            seen.add(part)
            yield from part_of(source, part, data, add, notes, _about(resource))
    for href in [] if seen else tests:  # some packages list the test alone
        try:
            part = archive.joined(folder, unquote(href))
            test = safexml.parse(source.read(part), part)
        except (Missing, BadFile):
            continue
        yield from referred(source, part, test, add, notes)


def referred(source: Source, part: str, test: Node, add: Add, notes: Told) -> Iterator[tuple[str, int, Draft | BadRow]]:
    """The items to which an assessmentTest refers, each once."""
    seen: set[str] = set()
    for node in test.iter():
        if _name(node.name) != "assessmentItemRef":
            continue
        href = node.get("href", "")
        try:
            path = archive.joined(posixpath.dirname(part), unquote(href))
            data = b"" if path in seen else source.read(path)
        except Missing:
            shown = "".join(character for character in href[-80:] if character.isprintable())
            yield part, node.line, BadRow("part-missing", part=shown)
            continue
        if path not in seen:
            seen.add(path)
            yield from part_of(source, path, data, add, notes, About())


def loose(source: Source, add: Add, notes: Told) -> Iterator[tuple[str, int, Draft | BadRow]]:
    """Every item of an archive without a manifest."""
    for part in sorted(source.names()):
        if part.lower().endswith(".xml"):
            yield from part_of(source, part, source.read(part), add, notes, None)


def part_of(
    source: Source, part: str, data: bytes, add: Add, notes: Told, about: About | None
) -> Iterator[tuple[str, int, Draft | BadRow]]:
    try:
        root = safexml.parse(data, part)
    except BadFile as bad:
        yield part, int(bad.facts.get("line", 0)), BadRow(bad.code, **bad.facts)
        return
    if not is_item(root):
        if about is not None or root.name == "questestinterop":
            other = refusal(root, part)
            yield (
                part,
                root.line,
                BadRow(other.code, **other.facts)
                if other
                else BadRow("xml-not-questions", file=part, root=root.name[:40]),
            )
        return
    told: Notes = []
    try:
        yield part, root.line, item(root, picture_in(source, posixpath.dirname(part), add), told, about)
    except BadRow as bad_row:
        yield part, root.line, bad_row
    for reason in dict.fromkeys(reason for _line, reason, _facts in told):
        notes(part, root.line, reason)


def _about(resource: Node) -> About:
    """Learning-object metadata that our own packages carry, and others may."""
    about = About()
    general = resource.find("metadata/lom/general")
    ours = resource.find("metadata/lom/classification/purpose/source")
    if general is not None:
        about.tags = [_said(node) for node in general.findall("keyword")]
        entry = general.find("identifier/entry")
        if ours is not None and _said(ours) == "examd":
            about.code = "" if entry is None else _said(entry)
    for classification in resource.iterfind("metadata/lom/classification"):
        purpose = classification.find("purpose/value")
        entry = classification.find("taxonPath/taxon/entry")
        text = "" if entry is None else _said(entry)
        if purpose is not None and _said(purpose) == "discipline" and not about.chapter:
            about.chapter = text
        if purpose is not None and _said(purpose) == "educational level" and text in ("了解", "掌握", "熟练掌握"):
            about.level = text
    return about


def _said(node: Node) -> str:
    return " ".join("".join(node.itertext()).split())


LOSES = ("difficulty", "basis", "enemies", "source", "calibrated", "bases", "translations", "provenance")


def cannot(item: Item) -> str | None:
    if item.content.case:
        return "case"
    number = item.answer_key.number
    return "units" if number is not None and (item.answer_key.accepted or number.units) else None


_IMS = "http://www.imsglobal.org"
_NAMESPACES = {
    version: (f"{_IMS}/xsd/imsqti_{v}", f"{_IMS}/xsd/imscp_v1p1", f"imsqti_item_xml{v}",
              f"{_IMS}/question/qti_{v}/rptemplates/", f"QTIv{version} Package")
    for version, v in (("2.1", "v2p1"), ("2.2", "v2p2"))
} | {
    "3.0": (f"{_IMS}/xsd/imsqtiasi_v3p0", f"{_IMS}/xsd/qti/qtiv3p0/imscp_v1p1", "imsqti_item_xmlv3p0",
            "https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/", "QTI Package"),
}  # fmt: skip
"""Namespace of items, of the manifest, type of resource, place of the scoring templates, name of the schema."""
_SCHEMAS = {
    "2.1": "http://www.imsglobal.org/xsd/qti/qtiv2p1/imsqti_v2p1.xsd",
    "2.2": "http://www.imsglobal.org/xsd/qti/qtiv2p2/imsqti_v2p2.xsd",
    "3.0": "https://purl.imsglobal.org/spec/qti/v3p0/schema/xsd/imsqti_asiv3p0_v1p0.xsd",
}
_LOM = "http://ltsc.ieee.org/xsd/LOM"
_LEVELS = {Level.KNOW: "了解", Level.GRASP: "掌握", Level.MASTER: "熟练掌握"}


def write(items: Iterable[Item], picture: Callable[[str], bytes | None], version: str = "2.2") -> bytes:
    """A package: imsmanifest.xml, items/, pictures/."""
    _namespace, packaging, type_, _templates, schema = _NAMESPACES[version]
    pictures: dict[str, bytes] = {}
    parts: list[tuple[str, bytes]] = []
    resources: list[str] = []
    names: dict[str, int] = {}

    def named(digest: str) -> str:
        data = picture(digest)
        name = f"pictures/{digest}.{(data and kind(data)) or 'bin'}"
        if data is not None:
            pictures[name] = data
        return name

    for each in items:
        names[each.id] = names.get(each.id, 0) + 1
        again = "" if names[each.id] == 1 else f"-{names[each.id]}"
        part = f"items/{each.id}{again}.xml"
        files = [named(digest) for digest in each.content.pictures]
        parts.append((part, _item_xml(each, named, version).encode()))
        listed = "".join(
            f'<file href="{file}"/>' for file in dict.fromkeys([part, *(f for f in files if f in pictures)])
        )
        resources.append(
            f'<resource identifier="r-{each.id}{again}" type="{type_}" href="{part}">'
            f"{_metadata(each)}{listed}</resource>\n"
        )
    number = "3.0.0" if version == "3.0" else "1.0.0"
    manifest = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<manifest xmlns="{packaging}" xmlns:lom="{_LOM}" identifier="examd">\n'
        f"<metadata><schema>{schema}</schema><schemaversion>{number}</schemaversion></metadata>\n"
        f"<organizations/>\n<resources>\n{''.join(resources)}</resources>\n</manifest>\n"
    )
    return archive.written([(MANIFEST, manifest.encode()), *parts, *sorted(pictures.items())])


def _metadata(item: Item) -> str:
    def classified(purpose: str, text: str) -> str:
        return (
            f"<lom:classification><lom:purpose><lom:source>examd</lom:source><lom:value>{purpose}</lom:value></lom:purpose>"
            f"<lom:taxonPath><lom:source><lom:string>examd</lom:string></lom:source><lom:taxon><lom:entry><lom:string>"
            f"{escaped(text)}</lom:string></lom:entry></lom:taxon></lom:taxonPath></lom:classification>"
        )

    tags = "".join(f"<lom:keyword><lom:string>{escaped(tag)}</lom:string></lom:keyword>" for tag in item.tags)
    entry = f"<lom:identifier><lom:entry>{escaped(item.code)}</lom:entry></lom:identifier>" if item.code else ""
    level = classified("educational level", _LEVELS[item.level]) if item.level in _LEVELS else ""
    general = f"<lom:general>{entry}{tags}</lom:general>"
    return f"<metadata><lom:lom>{general}{classified('discipline', item.chapter)}{level}</lom:lom></metadata>"


def _item_xml(item: Item, named: Callable[[str], str], version: str) -> str:
    namespace, _packaging, _type, templates, _schema = _NAMESPACES[version]
    title = escaped((item.code or " ".join(item.content.stem.split()))[:60])
    namespaces = (
        f'xmlns="{namespace}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xsi:schemaLocation="{namespace} {_SCHEMAS[version]}"'
    )
    declared, interaction, processing = _parts(item, named, templates, version)
    stem = markup.to_html(item.content.stem) + _images(item.content.media, named)
    explanation = ""
    if item.explanation:
        text = markup.to_html(item.explanation)
        text = f"<contentBody>{text}</contentBody>" if version == "3.0" else text
        explanation = (
            f'<modalFeedback outcomeIdentifier="FEEDBACK" identifier="SOLUTION" showHide="show">{text}</modalFeedback>'
        )
    xml = (
        f'<assessmentItem {namespaces} identifier="examd-{item.id}" title="{title}" '
        'adaptive="false" timeDependent="false">\n'
        f'{declared}\n<outcomeDeclaration identifier="SCORE" cardinality="single" baseType="float"/>\n'
        f'<outcomeDeclaration identifier="FEEDBACK" cardinality="single" baseType="identifier"/>\n'
        f"<itemBody>{stem}{interaction}</itemBody>\n{processing}\n{explanation}</assessmentItem>\n"
    )
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + (_third(xml) if version == "3.0" else xml)


def _parts(item: Item, named: Callable[[str], str], templates: str, version: str) -> tuple[str, str, str]:
    """Response declaration, interaction, response processing."""
    suffix = ".xml" if version == "3.0" else ""
    kind_, answer_key = item.content.type, item.answer_key
    if kind_ is ItemType.FILL:
        entry = '<p><textEntryInteraction responseIdentifier="RESPONSE"/></p>'
        if answer_key.number is not None:
            declared = _declaration("single", "float", [answer_key.number.value], "")
            return declared, entry, _near(answer_key.number.tolerance)
        entries = "".join(
            f'<mapEntry mapKey="{escaped(text)}" mappedValue="1" caseSensitive="false"/>'
            for text in answer_key.accepted
        )
        mapping = f'<mapping defaultValue="0">{entries}</mapping>'
        declared = _declaration("single", "string", [answer_key.accepted[0]], mapping)
        return declared, entry, f'<responseProcessing template="{templates}map_response{suffix}"/>'
    truefalse = kind_ is ItemType.TRUEFALSE
    names = ["true", "false"] if truefalse else list(OPTION_LETTERS[: len(item.content.options)])
    many = kind_ is ItemType.MULTIPLE
    declared = _declaration(
        "multiple" if many else "single", "identifier", [names[index] for index in answer_key.correct], ""
    )
    choices = "".join(
        f'<simpleChoice identifier="{names[index]}" fixed="{"true" if index in item.locked else "false"}">'
        f"{_option(option, named)}</simpleChoice>\n"
        for index, option in enumerate(item.content.options)
    )
    shuffle, most = "false" if truefalse else "true", 0 if many else 1
    class_ = f' class="{_SINGLE}"' if kind_ is ItemType.SINGLE else ""
    interaction = (
        f'<choiceInteraction responseIdentifier="RESPONSE" shuffle="{shuffle}" maxChoices="{most}"{class_}>\n'
        f"{choices}</choiceInteraction>"
    )
    return declared, interaction, f'<responseProcessing template="{templates}match_correct{suffix}"/>'


def _option(option: Option, named: Callable[[str], str]) -> str:
    return (markup.to_html(option.text) if option.text else "") + _images(option.media, named)


def _images(media: tuple[str, ...], named: Callable[[str], str]) -> str:
    return "".join(f'<p><img src="../{quote(named(digest))}" alt=""/></p>' for digest in media)


def _declaration(cardinality: str, base: str, values: list[str], mapping: str) -> str:
    right = "".join(f"<value>{escaped(value)}</value>" for value in values)
    return (
        f'<responseDeclaration identifier="RESPONSE" cardinality="{cardinality}" baseType="{base}">'
        f"<correctResponse>{right}</correctResponse>{mapping}</responseDeclaration>"
    )


def _near(tolerance: str) -> str:
    return (
        "<responseProcessing><responseCondition><responseIf>"
        f'<equal toleranceMode="absolute" tolerance="{tolerance} {tolerance}">'
        '<variable identifier="RESPONSE"/><correct identifier="RESPONSE"/></equal><setOutcomeValue identifier="SCORE">'
        '<baseValue baseType="float">1</baseValue></setOutcomeValue></responseIf></responseCondition>'
        "</responseProcessing>"
    )


_HTML = frozenset(["p", "br", "img", "table", "tbody", "tr", "td"])


def _third(xml: str) -> str:
    """2.x names -> those of 3.0. Text cannot be hit: "<" and quotation marks in it are escaped."""

    def dashed(name: str) -> str:
        return re.sub(r"([A-Z])", lambda match: "-" + match[1].lower(), name)

    def tag(match: re.Match[str]) -> str:
        slash, name, attributes = match[1], match[2], match[3]
        if name not in _HTML:
            name = "qti-" + dashed(name)
            attributes = re.sub(
                r'([a-zA-Z]+)(="[^"]*")',
                lambda m: (m[1] if m[1] in ("schemaLocation",) else dashed(m[1])) + m[2],
                attributes,
            )
        return f"<{slash}{name}{attributes}"

    return re.sub(r"<(/?)([a-zA-Z]+)([^<>]*)", tag, xml)
