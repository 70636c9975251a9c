"""Word files in the layout that Chinese authors use, and files written in it.

    一、单选题
    1. 安全电压的上限是（　）。
    A. 12 V    B. 36 V
    C. 110 V
    答案：B
    解析：……

Read by paragraph and line: section headings give the type, 第…章 the chapter, a number begins a question, letters its
options (one or several a line), labelled lines (答案 解析 依据 章节 难度 …, with ： or in 【】) the rest. An answer in
the stem's brackets, （B）or（√）, counts and is taken out of the stem. Automatic numbers are counted as Word does.
Formulas are refused by name; a question is whole or refused, with the paragraph it begins in.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from bank.content import OPTION_LETTERS, ItemType, Level
from bank.formats import archive, markup, safexml, spelling
from bank.formats.draft import BadRow, Draft, DraftOption
from bank.formats.pictures import kind, size
from bank.formats.safexml import Node, escaped
from bank.item import Item
from bank.refused import BadFile

DOCUMENT = "word/document.xml"
MOST_LINES = 400_000
_BOX = "　"
_SECTION = re.compile(
    r"\s*(?:第?[一二三四五六七八九十]{1,3}(?:部分|大题)?\s*[、.．:：]?|[(（][一二三四五六七八九十]{1,3}[)）])\s*"
    r"[^A-H]{0,12}?(单项选择|单选|多项选择|多选|不定项选?择?|判断|是非|填空|选择|简答|问答|论述|案例分析|案例|计算|名词解释)题?"
    r"(?:[\s(（:：，,。].{0,200})?"
)
_CHAPTER = re.compile(r"\s*(第[一二三四五六七八九十百零〇\d]{1,5}章.{0,180})")
_STEM = re.compile(r"\s*(?:(\d{1,4})\s*[.．、](?!\d)|[(（](\d{1,4})[)）]|第(\d{1,4})题[:：.．、]?)\s*(.*)", re.DOTALL)
_OPTION = re.compile(r"(?:^|(?<=[\s\t\u3000；;]))([A-H])\s?[.．、:：)）]\s*")
_LABEL = re.compile(r"\s*[【\[]?\s*([\u4e00-\u9fff]{2,6})\s*(?:[】\]]\s*[:：]?|[:：])[ \t]*(.*)", re.DOTALL)
_IN_STEM = re.compile(r"[(（]\s*([A-H](?:[\s、,，]*[A-H]){0,7}|√|×|✓|✗|对|错|正确|错误)\s*[)）]")
_LABELS = {
    word: name
    for name, words in {
        "answer": "答案 正确答案 参考答案 标准答案",
        "explanation": "解析 答案解析 试题解析 题目解析",
        "basis": "依据 出处 命题依据 法律依据 标准依据",
        "chapter": "章节 所属章节 知识点 考点",
        "level": "认知层次 层次 掌握程度",
        "difficulty": "难度 难度系数 难易度 难易程度",
        "tags": "标签",
        "enemies": "互斥 互斥组",
        "locked": "固定选项",
        "code": "编号 题号 试题编号",
        "source": "来源 题目来源",
        "type": "题型",
        "value": "数值",
        "tolerance": "误差 允许误差",
        "units": "单位",
        "background": "案例 背景 案例背景",
        "place": "案例序号",
    }.items()
    for word in words.split()
}
_UNREAD = {"简答": "essay", "问答": "essay", "论述": "essay", "案例分析": "case", "案例": "case", "计算": "calculation",
           "名词解释": "essay"}  # fmt: skip
_COUNTING = "一二三四五六七八九十"
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"

Add = Callable[[bytes, str], str]
Notes = list[tuple[int, str, dict[str, object]]]


@dataclass(slots=True)
class _Line:
    text: str
    images: tuple[str, ...]
    row: int
    bad: str = ""
    """Something in it that plain text cannot say."""


def read(parts: archive.Zip, file: str, add: Add, notes: Notes) -> Iterator[tuple[int, Draft | BadRow]]:
    """(paragraph, Draft or why there is none) for every question."""
    questions = _Questions(notes)
    for line in _Document(parts, file, add).lines():
        yield from questions.take(line)
    yield from questions.end()


@dataclass(slots=True)
class _Question:
    row: int
    number: int
    type: str
    chapter: str
    stem: list[str] = field(default_factory=list)
    options: list[list[str]] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    option_images: list[list[str]] = field(default_factory=list)
    labels: dict[str, list[str]] = field(default_factory=dict)
    at: str = "stem"
    bad: str = ""
    unsupported: str = ""


class _Questions:
    """Takes lines, gives questions."""

    def __init__(self, notes: Notes) -> None:
        self._now: _Question | None = None
        self._notes = notes
        self._type = self._unsupported = self._chapter = ""
        self._last = 0
        self._restarted = True
        self._lost_lines = 0

    def take(self, line: _Line) -> Iterator[tuple[int, Draft | BadRow]]:
        text = line.text
        section = _SECTION.fullmatch(text) if len(text) < 300 else None
        chapter = None if section else _CHAPTER.fullmatch(text)
        stem = None if section or chapter else _STEM.fullmatch(text)
        if section is not None and not line.images:
            yield from self.end()
            word = section[1]
            self._unsupported = _UNREAD.get(word, "")
            self._type = "" if self._unsupported else spelling_of(word)
            self._restarted = True
        elif chapter is not None and not line.images and (self._now is None or self._now.labels or self._now.options):
            yield from self.end()
            self._chapter = " ".join(chapter[1].split())
            self._restarted = True
        elif stem is not None and self._begins(int(stem[1] or stem[2] or stem[3])):
            yield from self.end()
            self._last, self._restarted = int(stem[1] or stem[2] or stem[3]), False
            self._now = _Question(line.row, self._last, self._type, self._chapter, unsupported=self._unsupported)
            self._put(_Line(stem[4], line.images, line.row, line.bad), fresh=True)
        elif self._now is not None:
            self._put(line)
        elif text.strip():
            self._lost_lines += 1
            if self._lost_lines <= 50:
                self._notes.append((line.row, "line-not-read", {}))

    def _begins(self, number: int) -> bool:
        now = self._now
        if now is None or self._restarted:
            return True
        if number == self._last + 1:
            return True
        done = "answer" in now.labels or "value" in now.labels
        return done and (self._last < number <= self._last + 50 or (number == 1 and now.at != "explanation"))

    def _put(self, line: _Line, fresh: bool = False) -> None:
        now = self._now
        assert now is not None
        now.bad = now.bad or line.bad
        label = None if fresh else _LABEL.fullmatch(line.text)
        name = None if label is None else _LABELS.get(label[1])
        if label is not None and name is not None:
            now.at = name
            now.labels.setdefault(name, []).append(label[2])
        elif not self._options(now, line):
            if now.at == "stem":
                now.stem.append(line.text)
            elif now.at == "options":
                now.options[-1].append(line.text)
            else:
                now.labels[now.at].append(line.text)
        if line.images:
            if now.at == "options":
                now.option_images[-1] += line.images
            elif now.at == "stem":
                now.images += line.images
            else:
                self._notes.append((line.row, "picture-of-explanation", {}))

    def _options(self, now: _Question, line: _Line) -> bool:
        """Whether the line holds the next option, or several."""
        if now.at not in ("stem", "options") or now.type == ItemType.FILL.value:
            return False
        marks: list[re.Match[str]] = []
        for mark in _OPTION.finditer(line.text):
            if mark[1] == OPTION_LETTERS[len(now.options) + len(marks)]:
                marks.append(mark)
        if not marks:
            return False
        before = line.text[: marks[0].start()]
        if before.strip():
            if now.at == "options" or now.stem or len(marks) < 2:
                return False
            now.stem.append(before)  # stem and options on one line
        ends = [mark.start() for mark in marks[1:]] + [len(line.text)]
        for mark, end in zip(marks, ends, strict=True):
            now.options.append([line.text[mark.end() : end].strip(" \t\u3000")])
            now.option_images.append([])
        now.at = "options"
        return True

    def end(self) -> Iterator[tuple[int, Draft | BadRow]]:
        now, self._now = self._now, None
        if now is None:
            return
        try:
            yield now.row, _draft(now)
        except BadRow as bad:
            yield now.row, bad


def spelling_of(word: str) -> str:
    """The type a section heading names; 选择 leaves it to the answers."""
    if word.startswith("不定项"):
        return ItemType.MULTIPLE.value
    found = spelling.item_type(word)
    return found.value if isinstance(found, ItemType) else ""


def _draft(now: _Question) -> Draft:
    if now.unsupported:
        raise BadRow("unsupported-interaction", interaction=now.unsupported)
    if now.bad:
        raise BadRow("unsupported-markup", markup=now.bad)

    def said(name: str) -> str:
        return "\n".join(now.labels.get(name, [])).strip()

    kind_ = said("type") or now.type
    stem = "\n".join(now.stem).strip()
    answer = said("answer")
    found = None
    for found in _IN_STEM.finditer(stem):  # noqa: B007 - the last one is meant
        pass
    if found is not None and (not answer or _same(found[1], answer)):
        answer = answer or found[1]
        stem = f"{stem[: found.start()]}（{_BOX}）{stem[found.end() :]}"  # the answer must not stand in the question
    number = None
    if "value" in now.labels:
        number = (
            said("value"),
            said("tolerance"),
            tuple(dict.fromkeys(spelling.variants(said("units")))) if "units" in now.labels else (),
        )
    return Draft(
        stem=stem,
        type=kind_,
        options=[
            DraftOption("\n".join(lines).strip(), tuple(images))
            for lines, images in zip(now.options, now.option_images, strict=True)
        ],
        answer=answer,
        accepted=spelling.variants(answer) if answer and kind_ and spelling.item_type(kind_) is ItemType.FILL else (),
        number=number,
        chapter=said("chapter") or now.chapter,
        level=said("level"),
        difficulty=said("difficulty"),
        explanation=said("explanation"),
        basis=said("basis"),
        enemies=said("enemies"),
        tags=said("tags"),
        locked=said("locked"),
        code=said("code"),
        source=said("source"),
        images=tuple(now.images),
        background=said("background"),
        place=said("place"),
    )


def _same(one: str, other: str) -> bool:
    truth = spelling.truth(one)
    if truth is not None:
        return truth == spelling.truth(other)
    letters = spelling.letters(one)
    return letters is not None and set(letters) == set(spelling.letters(other) or ())


class _Document:
    """The body as lines."""

    def __init__(self, parts: archive.Zip, file: str, add: Add) -> None:
        self._parts, self._file, self._add = parts, file, add
        try:
            self._root = _local(safexml.parse(parts.read(DOCUMENT), DOCUMENT))
        except archive.Missing:
            raise BadFile("docx-unreadable", file=file) from None
        self._targets = self._relations()
        self._formats = self._numbering()
        self._counters: dict[tuple[str, int], int] = {}

    def lines(self) -> Iterator[_Line]:
        body = self._root.find("body")
        if body is None:
            raise BadFile("docx-unreadable", file=self._file)
        for row, node in enumerate(_flat(body), 1):
            if row > MOST_LINES:
                raise BadFile("too-many-rows", file=self._file, most=MOST_LINES)
            if node.name == "tbl":
                yield from (_Line(text, images, row, bad) for text, images, bad in self._table(node))
            else:
                text, images, bad = self._paragraph(node)
                split = text.split("\n")
                for number, part in enumerate(split):
                    last = number == len(split) - 1
                    yield _Line(part, images if last else (), row, bad if last else "")

    def _table(self, table: Node) -> Iterator[tuple[str, tuple[str, ...], str]]:
        for row in table.findall("tr"):
            cells, images, bad = [], [], ""
            for cell in row.findall("tc"):
                said = [self._paragraph(node) for node in cell.iter("p")]
                cells.append(" ".join(" ".join(text.split()) for text, _images, _bad in said).strip())
                images += [name for _text, shown, _bad in said for name in shown]
                bad = bad or next((why for _text, _images, why in said if why), "")
            line = markup.row_line(cells) if len(cells) > 1 else "".join(cells)
            yield line, tuple(images), bad

    def _paragraph(self, paragraph: Node) -> tuple[str, tuple[str, ...], str]:
        parts: list[str] = [self._number(paragraph)]
        images: list[str] = []
        bad = ""

        def walk(node: Node, run: str) -> None:
            nonlocal bad
            for child in node:
                name = child.name
                if name == "t":
                    parts.append(_styled(child.text or "", run))
                elif name == "tab":
                    parts.append("\t")
                elif name in ("br", "cr"):
                    parts.append("\n")
                elif name == "noBreakHyphen":
                    parts.append("-")
                elif name == "sym":
                    parts.append("\ufffd")
                elif name in ("oMath", "oMathPara", "object", "chart"):
                    bad = bad or {"oMathPara": "oMath"}.get(name, name)
                elif name in ("blip", "imagedata"):
                    target = child.get("embed") or child.get("id")
                    images.append(self._picture(target))
                elif name in ("del", "Fallback", "pPr", "rPr", "txbxContent", "moveFrom"):
                    continue
                elif name == "r":
                    walk(child, _style(child))
                else:
                    walk(child, run)

        try:
            walk(paragraph, "")
        except BadRow as row:
            bad = bad or row.reason
        return "".join(parts), tuple(images), bad

    def _picture(self, relation: str | None) -> str:
        target = self._targets.get(relation or "")
        if target is None:
            raise BadRow("picture-path")
        try:
            path = archive.joined("word", target)
            return self._add(self._parts.read(path), path)
        except archive.Missing:
            raise BadRow("picture-path") from None

    def _relations(self) -> dict[str, str]:
        try:
            name = "word/_rels/document.xml.rels"
            root = _local(safexml.parse(self._parts.read(name), name))
        except archive.Missing:
            return {}
        return {
            node.get("Id", ""): node.get("Target", "").removeprefix("/word/")
            for node in root
            if node.get("TargetMode") != "External"
        }

    def _numbering(self) -> dict[tuple[str, int], tuple[str, str, int]]:
        """(numbering, depth) -> how Word counts there: form, pattern, first number."""
        try:
            root = _local(safexml.parse(self._parts.read("word/numbering.xml"), "word/numbering.xml"))
        except archive.Missing:
            return {}
        levels: dict[str, dict[int, tuple[str, str, int]]] = {}
        for abstract in root.findall("abstractNum"):
            for level in abstract.findall("lvl"):
                how = [_value(level.find(name)) for name in ("numFmt", "lvlText", "start")]
                depth = level.get("ilvl", "0")
                if depth.isdecimal() and len(depth) < 3:
                    first = int(how[2]) if how[2].isdecimal() and len(how[2]) < 6 else 1
                    levels.setdefault(abstract.get("abstractNumId", ""), {})[int(depth)] = (how[0], how[1], first)
        found = {}
        for number in root.findall("num"):
            for ilvl, counted in levels.get(_value(number.find("abstractNumId")), {}).items():
                found[number.get("numId", ""), ilvl] = counted
        return found

    def _number(self, paragraph: Node) -> str:
        numbering = paragraph.find("pPr/numPr")
        if numbering is None:
            return ""
        depth = _value(numbering.find("ilvl")) or "0"
        key = (_value(numbering.find("numId")), int(depth) if depth.isdecimal() and len(depth) < 3 else 0)
        how = self._formats.get(key)
        if how is None or how[0] in ("bullet", "none"):
            return ""
        form, pattern, first = how
        now = self._counters[key] = self._counters.get(key, first - 1) + 1
        for deeper in [other for other in self._counters if other[0] == key[0] and other[1] > key[1]]:
            del self._counters[deeper]
        shown = str(now)
        if form in ("upperLetter", "lowerLetter"):
            shown = OPTION_LETTERS[(now - 1) % 26]
        elif form.startswith(("chinese", "ideograph", "japanese", "taiwanese")) and 1 <= now <= 10:
            shown = _COUNTING[now - 1]
        text = re.sub(r"%\d", shown, pattern, count=1)
        return re.sub(r"%\d", "", text) + " "


def _local(root: Node) -> Node:
    for node in root.iter():
        node.tag = node.name
        for key in [key for key in node.attrib if key.startswith("{")]:
            node.attrib.setdefault(key.rpartition("}")[2], node.attrib[key])
    return root


def _flat(body: Node) -> Iterator[Node]:
    """Paragraphs and tables, out of content controls and the like."""
    for node in body:
        if node.name in ("p", "tbl"):
            yield node
        elif node.name in ("sdt", "sdtContent", "customXml", "smartTag", "ins"):
            yield from _flat(node)


def _style(run: Node) -> str:
    raised = _value(run.find("rPr/vertAlign"))
    if raised in ("superscript", "subscript"):
        return raised
    underlined = run.find("rPr/u")
    return "blank" if underlined is not None and _value(underlined) != "none" else ""


def _styled(text: str, style: str) -> str:
    if style == "blank" and text and not text.strip():
        return markup.BLANK  # an underlined gap is where the candidate writes
    if style in ("superscript", "subscript") and text.strip():
        return markup.raised(text, style == "superscript")
    return text


def _value(node: Node | None) -> str:
    return "" if node is None else node.get("val", "")


LOSES = ("bases", "translations", "provenance", "calibrated")


def cannot(item: Item) -> str | None:
    return "pictures" if item.background is not None and item.background.media else None


_SECTIONS = {
    ItemType.SINGLE: "单项选择题",
    ItemType.MULTIPLE: "多项选择题",
    ItemType.TRUEFALSE: "判断题",
    ItemType.FILL: "填空题",
}
_LEVELS = {Level.KNOW: "了解", Level.GRASP: "掌握", Level.MASTER: "熟练掌握"}


def write(items: Iterable[Item], picture: Callable[[str], bytes | None]) -> bytes:
    pictures: dict[str, tuple[str, bytes]] = {}
    body: list[str] = []
    now: ItemType | None = None
    section = number = 0

    def shown(media: Iterable[str]) -> str:
        runs = []
        for digest in media:
            data = picture(digest) or b""
            relation, _data = pictures.setdefault(digest, (f"rId{len(pictures) + 1}", data))
            runs.append(_drawing(relation, data, len(pictures)))
        return "".join(runs)

    for item in items:
        if item.content.type is not now:
            now, number = item.content.type, 0
            section = section % 10 + 1
            body.append(_p(f"{_COUNTING[section - 1]}、{_SECTIONS[now]}", bold=True))
        number = number % 9999 + 1
        body.append(_p(f"{number}. {item.content.stem}", shown(item.content.media)))
        if now is not ItemType.TRUEFALSE:
            for index, option in enumerate(item.content.options):
                body.append(_p(f"{OPTION_LETTERS[index]}. {option.text}", shown(option.media)))
        body += [_p(f"{name}：{text}") for name, text in _labelled(item) if text]
    relations = "".join(
        f'<Relationship Id="{relation}" Type="{_RELATION[1:-1]}/image" Target="media/{digest}.{kind(data) or "bin"}"/>'
        for digest, (relation, data) in pictures.items()
    )
    suffixes = sorted({kind(data) or "bin" for _relation, data in pictures.values()})
    types = "".join(
        f'<Default Extension="{suffix}" ContentType="image/{"jpeg" if suffix == "jpg" else suffix}"/>'
        for suffix in suffixes
    )
    document = (
        f'<w:document xmlns:w="{_W}" xmlns:r="{_RELATION[1:-1]}" '
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
                f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" Type="{_RELATION[1:-1]}/'
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
    yield "章节", item.chapter
    yield "认知层次", _LEVELS.get(item.level, "")
    yield "难度", "" if item.p4 is None else str(item.p4 / 10_000)
    yield "标签", "；".join(item.tags)
    yield "互斥组", "；".join(item.enemies)
    if item.content.type is not ItemType.TRUEFALSE:
        yield "固定选项", "".join(OPTION_LETTERS[index] for index in item.locked)
    yield "编号", item.code
    yield "来源", item.source
    if item.background is not None:
        yield "案例背景", item.background.text
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
