"""A Word file -> lines: paragraphs with the numbers that Word counts for them, rows of tables, names of pictures.

Lines are as Word shows them, styles and automatic numbers included. Deleted text is not read; notes and comments are
told. What plain text cannot say, and text that is struck out or hidden, is named in the line that holds it.
Neighbour: `character_looks` knows what styles make of characters.
"""

import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bank.content import OPTION_LETTERS
from bank.formats import archive, conservation, markup, safexml
from bank.formats.bad_row import BadRow
from bank.formats.docx.character_looks import Look, Looks
from bank.formats.safexml import Node
from bank.refused import BadFile

DOCUMENT = "word/document.xml"
MOST_LINES = 400_000
_LETTERED = re.compile(r"\s*[A-HＡ-Ｈ]\s?[.．、:：)）]")
_GAP = re.compile(r"[ \t\u3000\xa0]{81,}")
"""Longer than any layout needs: patterns that look for marks go over it again and again."""
_ONES = "一二三四五六七八九"

Add = Callable[[bytes, str], str]


@dataclass(frozen=True, slots=True)
class Line:
    text: str
    images: tuple[str, ...]
    row: int
    """The paragraph or table it stands in, counted from 1."""
    bad: str = ""
    """Something in it that plain text cannot say."""
    cells: tuple[str, ...] = ()
    """Of a row of a table."""
    counted: str = ""
    """Its number, where Word counts in levels (1.2.): `text` begins with the last of them alone, by which a question or
    an option is known."""
    alone: str = ""
    """That last one, as `text` begins with it."""

    def whole(self) -> str:
        """As Word shows it."""
        return self.counted + self.text[len(self.alone) :]


class Document:
    """The body as lines."""

    def __init__(self, parts: archive.Zip, file: str, add: Add) -> None:
        self._parts, self._file, self._add = parts, file, add
        try:
            self._root = _local(safexml.parse(parts.read(DOCUMENT), DOCUMENT))
        except archive.Missing:
            raise BadFile("docx-unreadable", file=file) from None
        self._targets = self._relations()
        self._numbering()
        root = self._optional("word/styles.xml")
        self._numbered = _numbered(root)
        self._looks = Looks(root)
        self.told: list[tuple[int, str, dict[str, object]]] = []
        """What is visible beside the text and not read: notes, comments, headers."""
        self.unread: list[tuple[int, BadRow]] = []
        """What is visible and reached no line: other documents within this one, text anywhere else."""
        self._counters: dict[tuple[str, int], int] = {}
        self._tracked: list[int] = []
        """Paragraphs that somebody changed while changes were tracked."""

    def lines(self) -> Iterator[Line]:
        """Paragraphs, line by line, and rows of tables, in reading order.

        Raises BadFile: when there is no body, or far too much in it.
        """
        body = self._root.find("body")
        if body is None:
            raise BadFile("docx-unreadable", file=self._file)
        read: Counter[str] = Counter()
        for row, node in enumerate(_flat(body), 1):
            if row > MOST_LINES:
                raise BadFile("too-many-rows", file=self._file, most=MOST_LINES)
            if node.name in _OTHERS:
                self.unread.append((row, BadRow("unsupported-markup", markup=node.name)))
            elif node.name == "tbl":
                for line in self._table(node, row):
                    read.update(conservation.bare(line.text))
                    yield line
            else:
                self._tell(node, row)
                said = self._paragraph(node)
                read.update(conservation.bare(said.text))
                split = said.text.split("\n")
                for number, part in enumerate(split):
                    images = said.images if number == len(split) - 1 else ()
                    counted, alone = ("", "") if number else (said.counted, said.alone)
                    yield Line(part, images, row, said.bad, (), counted, alone)

        shown = "".join(_texts(body))
        lost = Counter(conservation.bare(shown)) - read
        if lost:
            left = "".join(character for character in conservation.bare(shown) if character in lost)
            self.unread.append((0, BadRow("text-left-over", left=left[:24])))
        self._tell_of_pages()

    def _tell_of_pages(self) -> None:
        """Headers, footers and watermarks; numbers of pages say nothing."""
        said: dict[str, None] = {}
        for node in self._root.iter():
            if node.name in ("headerReference", "footerReference"):
                root = self._optional(posixpath.join("word", self._targets.get(node.get("id", ""), "")))
                for paragraph in () if root is None else root.iter("p"):
                    text = "".join(_page_texts(paragraph)).strip()
                    said |= {} if _PAGE_NUMBER.fullmatch(text) else {text: None}
        if said:
            self.told.append((0, "header-not-read", {"text": " / ".join(said)[:60]}))
        if self._tracked:
            self.told.append((self._tracked[0], "tracked-changes", {"found": len(self._tracked)}))

    def _table(self, table: Node, row: int) -> Iterator[Line]:
        self._tell(table, row)
        for held in _within(table, "tr"):
            cells: list[str] = []
            images: list[str] = []
            bad = ""
            for cell in _within(held, "tc"):
                said = [self._paragraph(node) for node in cell.iter("p")]
                cells.append(" ".join(" ".join(each.whole().split()) for each in said).strip())
                wide = _value(cell.find("tcPr/gridSpan"))
                cells += [""] * (min(int(wide), 64) - 1 if wide.isdecimal() and len(wide) < 4 else 0)
                images += [name for each in said for name in each.images]
                bad = bad or next((each.bad for each in said if each.bad), "")
            if all(_LETTERED.match(cell) for cell in cells if cell) and any(cells):
                line = "\t".join(cells)  # options laid out in a table
            else:
                line = markup.row_line(cells) if len(cells) > 1 else "".join(cells)
            yield Line(line, tuple(images), row, bad, tuple(cells))

    def _tell(self, node: Node, row: int) -> None:
        """Notes, comments and changes that hang on it."""
        for each in node.iter():
            if each.name in _TRACKED and self._tracked[-1:] != [row]:
                self._tracked.append(row)
            reason = _HANGING.get(each.name)
            if reason is not None:
                self.told.append((row, reason, {}))
            elif each.name == "subDoc":
                self.unread.append((row, BadRow("unsupported-markup", markup=each.name)))

    def _paragraph(self, paragraph: Node) -> Line:
        counted, alone, bad = self._number(paragraph)
        parts: list[str] = [alone]
        images: list[str] = []
        style = _value(paragraph.find("pPr/pStyle"))

        def walk(node: Node, look: Look) -> None:
            nonlocal bad
            for child in node:
                name = child.name
                if name == "t":
                    text, why = look.shown(child.text or "")
                    bad = bad or why
                    parts.append(text)
                elif name in ("tab", "ptab"):
                    parts.append("\t")
                elif name in ("br", "cr"):
                    parts.append("\n")
                elif name == "noBreakHyphen":
                    parts.append("-")
                elif name == "sym":
                    parts.append("\ufffd")
                elif name in ("instrText", "fldSimple"):
                    bad = bad or _field((child.text if name == "instrText" else child.get("instr")) or "")
                    walk(child, look)
                elif name in _UNSAYABLE:
                    bad = bad or {"oMathPara": "oMath"}.get(name, name)
                elif name == "txbxContent":
                    bad = bad or ("text box" if _says(child) else "")
                elif name in ("blip", "imagedata"):
                    target = child.get("embed") or child.get("id")
                    try:
                        images.append(self._picture(target))
                    except BadRow as row:
                        bad = bad or row.reason
                elif name in _NOT_SHOWN:
                    continue
                elif name == "r":
                    walk(child, self._looks.of(style, child))
                else:
                    walk(child, look)

        walk(paragraph, Look())
        return Line(_GAP.sub(" " * 80, "".join(parts)), tuple(images), 0, bad, (), counted, alone)

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

    def _optional(self, name: str) -> Node | None:
        try:
            return _local(safexml.parse(self._parts.read(name), name))
        except archive.Missing:
            return None

    def _numbering(self) -> None:
        """How Word counts: the levels of each list, which list a number means, where it is told to begin again."""
        self._levels: dict[str, dict[int, tuple[str, str, int]]] = {}
        self._lists: dict[str, str] = {}
        self._again: dict[tuple[str, int], int] = {}
        root = self._optional("word/numbering.xml")
        if root is None:
            return
        for abstract in root.findall("abstractNum"):
            for level in abstract.findall("lvl"):
                form, pattern, start = (_value(level.find(name)) for name in ("numFmt", "lvlText", "start"))
                levels = self._levels.setdefault(abstract.get("abstractNumId", ""), {})
                levels[_small(level.get("ilvl"), 0)] = (form, pattern, _small(start, 1))
        for number in root.findall("num"):
            name = number.get("numId", "")
            self._lists[name] = _value(number.find("abstractNumId"))
            for override in number.findall("lvlOverride"):
                start = _value(override.find("startOverride"))
                if start:
                    self._again[name, _small(override.get("ilvl"), 0)] = _small(start, 1)

    def _number(self, paragraph: Node) -> tuple[str, str, str]:
        """The number that Word shows before it, the last of its levels alone, and what is bad about it."""
        numbering = paragraph.find("pPr/numPr")
        name, said = self._numbered.get(_value(paragraph.find("pPr/pStyle")), ("", ""))
        if numbering is not None:
            name = _value(numbering.find("numId")) or name
            said = _value(numbering.find("ilvl")) or said
        depth, counts = _small(said, 0), self._lists.get(name, "")
        how = self._levels.get(counts, {}).get(depth)
        if how is None or how[0] in ("bullet", "none"):
            return "", "", ""
        form, pattern, first = how
        key = (counts, depth)
        if (name, depth) in self._again:  # once: from then on it counts on
            self._counters[key] = self._again.pop((name, depth)) - 1
        self._counters[key] = self._counters.get(key, first - 1) + 1
        for deeper in [other for other in self._counters if other[0] == counts and other[1] > depth]:
            del self._counters[deeper]
        shown = {str(level + 1): self._shown(counts, level) for level in range(depth + 1)}
        if not all(shown[each] for each in re.findall(r"%([1-9])", pattern) if each in shown):
            return "", "", f"numbering {form[:40]}"
        whole = re.sub(r"%([1-9])", lambda each: shown.get(each[1], ""), pattern) + " "
        alone = re.sub(r"%\d(?=\D*$)", lambda _: shown[str(depth + 1)], pattern, count=1)
        return whole, re.sub(r"%\d[.．、]?", "", alone) + " ", ""

    def _shown(self, counts: str, depth: int) -> str:
        """How one level of a list counts now."""
        form, _pattern, first = self._levels.get(counts, {}).get(depth, ("", "", 1))
        return counted(self._counters.get((counts, depth), first), form)


def counted(number: int, form: str) -> str:
    """A number as Word shows it in one of its forms of numbering; "" where we do not know the form."""
    if form in ("decimal", "decimalHalfWidth", ""):
        return str(number)
    if form in ("decimalZero", "decimalFullWidth", "decimalFullWidth2"):
        return f"{number:02d}" if form == "decimalZero" else str(number).translate(_WIDE)
    if form in ("upperLetter", "lowerLetter"):
        letter = OPTION_LETTERS[(number - 1) % 26] * ((number - 1) // 26 + 1)
        return letter if form == "upperLetter" else letter.lower()
    if form in ("upperRoman", "lowerRoman"):
        return markup.counted(number, "I" if form == "upperRoman" else "i")
    if form in _SIGNS:
        signs = _SIGNS[form]
        return signs[number - 1] if 1 <= number <= len(signs) else str(number)
    if form.startswith(("chinese", "ideograph", "japanese", "taiwanese", "korean")):
        return chinese(number)
    return ""


_WIDE = {ord("0") + digit: 0xFF10 + digit for digit in range(10)}
_SIGNS = {
    "decimalEnclosedCircle": "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳",
    "decimalEnclosedCircleChinese": "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳",
    "decimalEnclosedParen": "⑴⑵⑶⑷⑸⑹⑺⑻⑼⑽⑾⑿⒀⒁⒂⒃⒄⒅⒆⒇",
    "decimalEnclosedFullstop": "⒈⒉⒊⒋⒌⒍⒎⒏⒐⒑⒒⒓⒔⒕⒖⒗⒘⒙⒚⒛",
    "ideographEnclosedCircle": "㊀㊁㊂㊃㊄㊅㊆㊇㊈㊉",
    "ideographTraditional": "甲乙丙丁戊己庚辛壬癸",
    "ideographZodiac": "子丑寅卯辰巳午未申酉戌亥",
}


def chinese(number: int) -> str:
    """1 -> 一, 12 -> 十二, 25 -> 二十五; from 100 on as digits."""
    if not 1 <= number < 100:
        return str(number)
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else ("" if tens == 1 else _ONES[tens - 1]) + "十") + (_ONES[ones - 1] if ones else "")


def _small(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 6 else otherwise


def _local(root: Node) -> Node:
    for node in root.iter():
        node.tag = node.name
        for key in [key for key in node.attrib if key.startswith("{")]:
            node.attrib.setdefault(key.rpartition("}")[2], node.attrib[key])
    return root


def _flat(body: Node) -> Iterator[Node]:
    """Paragraphs and tables, out of content controls and the like."""
    for node in body:
        if node.name in ("p", "tbl", *_OTHERS):
            yield node
        elif node.name not in _NOT_SHOWN:
            yield from _flat(node)


def _within(node: Node, name: str) -> Iterator[Node]:
    """The rows of a table or the cells of a row, out of content controls and the like."""
    for child in node:
        if child.name == name:
            yield child
        elif child.name not in (*_NOT_SHOWN, "tbl", "tc", "p"):
            yield from _within(child, name)


_OTHERS = ("altChunk", "subDoc")
_UNSAYABLE = frozenset(
    ["oMath", "oMathPara", "object", "chart", "ruby", "control", "contentPart", "textpath", "relIds", "bdo", "pgNum"]
)
_NOT_SHOWN = ("del", "Fallback", "pPr", "rPr", "moveFrom", "rubyPr", "fldData", "delText", "delInstrText")
_HANGING = {
    "footnoteReference": "note-not-read",
    "endnoteReference": "note-not-read",
    "commentReference": "comment-not-read",
}
_TRACKED = ("ins", "del", "moveFrom", "moveTo", "cellIns", "cellDel")
_PAGE_NUMBER = re.compile(r"[\s\d第共页/ⅠⅡⅢⅣⅤivx\-—–~·.()（）]*|(?i:page|of|\s|\d)*")
_FIELDS = re.compile(
    r"\s*(EQ|SYMBOL|LISTNUM|AUTONUM\w*|FORMCHECKBOX|FORMDROPDOWN|MACROBUTTON|ADVANCE|BARCODE|EMBED)\b", re.I
)
"""Fields that show something else than the text which they hold."""


def _texts(node: Node) -> Iterator[str]:
    """All text of the document, wherever it stands, but what is not shown or makes its line a bad one."""
    for child in node:
        if child.name == "t":
            yield child.text or ""
        elif child.name not in (*_NOT_SHOWN, *_UNSAYABLE, "txbxContent"):
            yield from _texts(child)


def _page_texts(node: Node) -> Iterator[str]:
    """What a header or a footer shows, watermarks too; a picture as a dot."""
    for child in node:
        if child.name == "t":
            yield child.text or ""
        elif child.name == "textpath":
            yield child.get("string", "")
        elif child.name in ("blip", "imagedata"):
            yield "•"
        elif child.name not in _NOT_SHOWN:
            yield from _page_texts(child)


def _field(instruction: str) -> str:
    match = _FIELDS.match(instruction)
    return "" if match is None else f"field {match[1].upper()}"


def _says(node: Node) -> bool:
    return any((each.text or "").strip() for each in node.iter("t"))


def _numbered(root: Node | None) -> dict[str, tuple[str, str]]:
    """Styles of paragraphs that number them: name -> list and depth, their own or that of the style below."""
    own: dict[str, tuple[str, str]] = {}
    below: dict[str, str] = {}
    for style in [] if root is None else root.findall("style"):
        name = style.get("styleId", "")
        below[name] = _value(style.find("basedOn"))
        numbering = style.find("pPr/numPr")
        if numbering is not None:
            own[name] = (_value(numbering.find("numId")), _value(numbering.find("ilvl")))
    found = dict(own)
    for name in below:
        at = name
        for _ in range(10):
            if at in own:
                found[name] = own[at]
                break
            at = below.get(at, "")
    return found


def _value(node: Node | None) -> str:
    return "" if node is None else node.get("val", "")
