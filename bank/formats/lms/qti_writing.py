"""Items -> a QTI package: imsmanifest.xml, items/, stimuli/, pictures/.

What the items of a case group share is a stimulus (2.2, 3.0); 2.1 knows none, so there the background stands in each of
them as a block of class "examd-case". What an item itself cannot say (chapter, level, number, tags, difficulty, basis,
place in the case …) stands in the manifest, as learning-object metadata.
"""

import re
from collections.abc import Callable, Iterable
from urllib.parse import quote

from bank.content import OPTION_LETTERS, Background, ItemType, Option
from bank.formats import archive, markup
from bank.formats.lms import qti
from bank.formats.lms.qti_package import MANIFEST, PLACE
from bank.formats.pictures import kind
from bank.formats.safexml import escaped
from bank.formats.spelling import LEVEL_WORDS
from bank.item import Item

LOSES = ("calibrated", "bases", "translations", "provenance")


def cannot(item: Item) -> str | None:
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


Named = Callable[[str], str]
"""Digest of a picture -> its part in the package."""


def write(items: Iterable[Item], picture: Callable[[str], bytes | None], version: str = "2.2") -> bytes:
    """The package's bytes; `picture` gives a picture by its digest."""
    _namespace, packaging, type_, _templates, schema = _NAMESPACES[version]
    pictures: dict[str, bytes] = {}
    parts: list[tuple[str, bytes]] = []
    resources: list[str] = []
    shared: set[str] = set()
    names: dict[str, int] = {}

    def named(digest: str) -> str:
        data = picture(digest)
        name = f"pictures/{digest}.{(data and kind(data)) or 'bin'}"
        if data is not None:
            pictures[name] = data
        return name

    def resource(name: str, kind_: str, part: str, media: Iterable[str], about: str = "", needs: str = "") -> None:
        files = dict.fromkeys([part, *(file for file in map(named, media) if file in pictures)])
        listed = "".join(f'<file href="{file}"/>' for file in files)
        depends = f'<dependency identifierref="{needs}"/>' if needs else ""
        resources.append(
            f'<resource identifier="{name}" type="{kind_}" href="{part}">{about}{listed}{depends}</resource>\n'
        )

    for each in items:
        names[each.id] = names.get(each.id, 0) + 1
        name = each.id + ("" if names[each.id] == 1 else f"-{names[each.id]}")
        media, needs = each.content.pictures, ""
        if each.background is not None and version == "2.1":
            media += each.background.media
        elif each.background is not None:
            needs = f"s-{each.content.case}"
            if each.content.case not in shared:
                shared.add(each.content.case)
                part = f"stimuli/{each.content.case}.xml"
                parts.append((part, _stimulus_xml(each.content.case, each.background, named, version).encode()))
                resource(needs, type_.replace("_item_", "_stimulus_"), part, each.background.media)
        part = f"items/{name}.xml"
        parts.append((part, _item_xml(each, named, version).encode()))
        resource(f"r-{name}", type_, part, media, _metadata(each), needs)
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
    said = {
        "exam subject": (item.subject,),
        "discipline": (item.chapter,),
        "educational level": (LEVEL_WORDS.get(item.level, ""),),
        PLACE: (str(item.place or ""),),
        "difficulty": ("" if item.p4 is None else str(item.p4 / 10_000),),
        "basis": (item.basis,),
        "source": (item.source,),
        "enemies": item.enemies,
    }
    every = "".join(
        classified(purpose, text)
        for purpose, texts in said.items()
        for text in texts
        if text or purpose == "discipline"
    )
    return f"<metadata><lom:lom><lom:general>{entry}{tags}</lom:general>{every}</lom:lom></metadata>"


def _root(version: str) -> str:
    namespace = _NAMESPACES[version][0]
    return (
        f'xmlns="{namespace}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xsi:schemaLocation="{namespace} {_SCHEMAS[version]}"'
    )


def _whole(xml: str, version: str) -> str:
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + (_third(xml) if version == "3.0" else xml)


def _stimulus_xml(case: str, background: Background, named: Named, version: str) -> str:
    title = escaped(" ".join(background.text.split())[:60] or "examd")
    return _whole(
        f'<assessmentStimulus {_root(version)} identifier="s-{case}" title="{title}">\n'
        f"<stimulusBody>{_background(background, named)}</stimulusBody>\n</assessmentStimulus>\n",
        version,
    )


def _background(background: Background, named: Named) -> str:
    return (markup.to_html(background.text) if background.text else "") + _images(background.media, named)


def _item_xml(item: Item, named: Named, version: str) -> str:
    templates = _NAMESPACES[version][3]
    title = escaped((item.code or " ".join(item.content.stem.split()))[:60])
    declared, interaction, processing = _parts(item, named, templates, version)
    stem = markup.to_html(item.content.stem) + _images(item.content.media, named)
    reference = explanation = ""
    if item.background is not None and version == "2.1":
        stem = f'<div class="{qti.CASE}">{_background(item.background, named)}</div>{stem}'
    elif item.background is not None:
        case = item.content.case
        reference = f'<assessmentStimulusRef identifier="s-{case}" href="../stimuli/{case}.xml"/>\n'
    if item.explanation:
        text = markup.to_html(item.explanation)
        text = f"<contentBody>{text}</contentBody>" if version == "3.0" else text
        explanation = (
            f'<modalFeedback outcomeIdentifier="FEEDBACK" identifier="SOLUTION" showHide="show">{text}</modalFeedback>'
        )
    return _whole(
        f'<assessmentItem {_root(version)} identifier="examd-{item.id}" title="{title}" '
        'adaptive="false" timeDependent="false">\n'
        f'{declared}\n<outcomeDeclaration identifier="SCORE" cardinality="single" baseType="float"/>\n'
        f'<outcomeDeclaration identifier="FEEDBACK" cardinality="single" baseType="identifier"/>\n'
        f"{reference}<itemBody>{stem}{interaction}</itemBody>\n{processing}\n{explanation}</assessmentItem>\n",
        version,
    )


def _parts(item: Item, named: Named, templates: str, version: str) -> tuple[str, str, str]:
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
    class_ = f' class="{qti.SINGLE}"' if kind_ is ItemType.SINGLE else ""
    interaction = (
        f'<choiceInteraction responseIdentifier="RESPONSE" shuffle="{shuffle}" maxChoices="{most}"{class_}>\n'
        f"{choices}</choiceInteraction>"
    )
    return declared, interaction, f'<responseProcessing template="{templates}match_correct{suffix}"/>'


def _option(option: Option, named: Named) -> str:
    return (markup.to_html(option.text) if option.text else "") + _images(option.media, named)


def _images(media: tuple[str, ...], named: Named) -> str:
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


_HTML = frozenset(["p", "br", "div", "img", "table", "tbody", "tr", "td"])


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
