"""Items -> a Word file in the layout that `bank.formats.docx.reading` reads."""

from collections.abc import Callable, Iterable, Iterator

from bank.content import OPTION_LETTERS, ItemType
from bank.formats import archive, spelling
from bank.formats.docx.body import DOCUMENT, chinese
from bank.formats.pictures import kind, size
from bank.formats.safexml import escaped
from bank.item import Item

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

LOSES = ("bases", "translations", "provenance", "calibrated")


def cannot(_item: Item) -> str | None:
    return None


_SECTIONS: dict[str, str] = {
    ItemType.SINGLE: "单项选择题",
    ItemType.MULTIPLE: "多项选择题",
    ItemType.TRUEFALSE: "判断题",
    ItemType.FILL: "填空题",
}


def write(items: Iterable[Item], picture: Callable[[str], bytes | None]) -> bytes:
    """The file's bytes, pictures inside; `picture` gives a picture by its digest."""
    pictures: dict[str, tuple[str, bytes]] = {}
    body: list[str] = []
    now: ItemType | str | None = None
    section = number = 0

    def shown(media: Iterable[str]) -> str:
        runs = []
        for digest in media:
            data = picture(digest) or b""
            relation, _data = pictures.setdefault(digest, (f"rId{len(pictures) + 1}", data))
            runs.append(_drawing(relation, data, len(pictures)))
        return "".join(runs)

    for item in items:
        group = item.content.case or item.content.type
        if group != now:
            if not (item.background and isinstance(now, str) and now not in _SECTIONS):
                section, heading = section % 99 + 1, _SECTIONS.get(group, "案例分析题")
                body.append(_p(f"{chinese(section)}、{heading}", bold=True))
            if item.background is not None:
                body.append(_p(f"【案例背景】{item.background.text}", shown(item.background.media)))
            now, number = group, 0
        number = number % 9999 + 1
        body.append(_p(f"{number}. {item.content.stem}", shown(item.content.media)))
        if now is not ItemType.TRUEFALSE:
            for index, option in enumerate(item.content.options):
                body.append(_p(f"{OPTION_LETTERS[index]}. {option.text}", shown(option.media)))
        body += [_p(f"{name}：{text}") for name, text in _labelled(item) if text]
    relations = "".join(
        f'<Relationship Id="{relation}" Type="{_RELATION}/image" Target="media/{digest}.{kind(data) or "bin"}"/>'
        for digest, (relation, data) in pictures.items()
    )
    suffixes = sorted({kind(data) or "bin" for _relation, data in pictures.values()})
    types = "".join(
        f'<Default Extension="{suffix}" ContentType="image/{"jpeg" if suffix == "jpg" else suffix}"/>'
        for suffix in suffixes
    )
    document = (
        f'<w:document xmlns:w="{_W}" xmlns:r="{_RELATION}" '
        'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
        'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
        'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture">'
        f"<w:body>{''.join(body)}<w:sectPr/></w:body></w:document>"
    )
    package = "http://schemas.openxmlformats.org/package/2006"
    return archive.written(
        [
            ("[Content_Types].xml", _xml(
                f'<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType="application/vnd.'
                f'openxmlformats-package.relationships+xml"/>{types}<Override PartName="/{DOCUMENT}" ContentType='
                '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>')),
            ("_rels/.rels", _xml(
                f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" Type="{_RELATION}/'
                f'officeDocument" Target="{DOCUMENT}"/></Relationships>')),
            (DOCUMENT, _xml(document)),
            ("word/_rels/document.xml.rels", _xml(
                f'<Relationships xmlns="{package}/relationships">{relations}</Relationships>')),
            *((f"word/media/{digest}.{kind(data) or 'bin'}", data) for digest, (_relation, data) in pictures.items()),
        ]
    )  # fmt: skip


def _labelled(item: Item) -> Iterator[tuple[str, str]]:
    answer_key = item.answer_key
    if item.content.type is ItemType.TRUEFALSE:
        yield "答案", item.content.options[answer_key.correct[0]].text
    else:
        letters = "".join(OPTION_LETTERS[index] for index in answer_key.correct)
        yield "答案", letters or spelling.joined(answer_key.accepted)
    if answer_key.number is not None:
        yield "数值", answer_key.number.value
        yield "误差", answer_key.number.tolerance
        if answer_key.number.units:
            yield "单位", spelling.joined(answer_key.number.units) or "|"
    yield "解析", item.explanation
    yield "依据", item.basis
    yield "科目", item.subject
    yield "章节", item.chapter
    yield "认知层次", spelling.LEVEL_WORDS.get(item.level, "")
    yield "难度", "" if item.p4 is None else str(item.p4 / 10_000)
    yield "标签", "；".join(item.tags)
    yield "互斥组", "；".join(item.enemies)
    if item.content.type is not ItemType.TRUEFALSE:
        yield "固定选项", "".join(OPTION_LETTERS[index] for index in item.locked)
    yield "编号", item.code
    yield "来源", item.source
    if item.background is not None:
        yield "题型", _SECTIONS[item.content.type]
        yield "案例序号", str(item.place)


def _p(text: str, drawings: str = "", bold: bool = False) -> str:
    look = "<w:rPr><w:b/></w:rPr>" if bold else ""
    lines = '</w:t><w:br/><w:t xml:space="preserve">'.join(escaped(line) for line in text.split("\n"))
    return f'<w:p><w:r>{look}<w:t xml:space="preserve">{lines}</w:t></w:r>{drawings}</w:p>'


def _drawing(relation: str, data: bytes, number: int) -> str:
    width, height = size(data)
    scale = min(1.0, 500 / max(width, 1), 500 / max(height, 1))
    extent = f'cx="{int(max(width, 1) * scale * 9525)}" cy="{int(max(height, 1) * scale * 9525)}"'
    uri = "http://schemas.openxmlformats.org/drawingml/2006/picture"
    return (
        f'<w:r><w:drawing><wp:inline><wp:extent {extent}/><wp:docPr id="{number}" name="p{number}"/><a:graphic>'
        f'<a:graphicData uri="{uri}"><pic:pic><pic:nvPicPr><pic:cNvPr id="{number}" name="p{number}"/><pic:cNvPicPr/>'
        f'</pic:nvPicPr><pic:blipFill><a:blip r:embed="{relation}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>'
        f'<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext {extent}/></a:xfrm><a:prstGeom prst="rect"><a:avLst/>'
        "</a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
    )


def _xml(text: str) -> bytes:
    return ('<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' + text).encode()
