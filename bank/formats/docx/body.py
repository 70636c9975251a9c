"""A Word file -> lines: paragraphs with the numbers that Word counts for them, rows of tables, names of pictures.

Deleted text, notes and text boxes are not read. What plain text cannot say, and text that is struck out or hidden, is
named in the line that holds it.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bank.content import OPTION_LETTERS
from bank.formats import archive, markup, safexml
from bank.formats.bad_row import BadRow
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
        self._numbered = self._styles()
        self._counters: dict[tuple[str, int], int] = {}

    def lines(self) -> Iterator[Line]:
        """Paragraphs, line by line, and rows of tables, in reading order.

        Raises BadFile: when there is no body, or far too much in it.
        """
        body = self._root.find("body")
        if body is None:
            raise BadFile("docx-unreadable", file=self._file)
        for row, node in enumerate(_flat(body), 1):
            if row > MOST_LINES:
                raise BadFile("too-many-rows", file=self._file, most=MOST_LINES)
            if node.name == "tbl":
                yield from self._table(node, row)
            else:
                text, images, bad = self._paragraph(node)
                split = text.split("\n")
                for number, part in enumerate(split):
                    last = number == len(split) - 1
                    yield Line(part, images if last else (), row, bad)

    def _table(self, table: Node, row: int) -> Iterator[Line]:
        for held in table.findall("tr"):
            cells: list[str] = []
            images: list[str] = []
            bad = ""
            for cell in held.findall("tc"):
                said = [self._paragraph(node) for node in cell.iter("p")]
                cells.append(" ".join(" ".join(text.split()) for text, _images, _bad in said).strip())
                wide = _value(cell.find("tcPr/gridSpan"))
                cells += [""] * (min(int(wide), 64) - 1 if wide.isdecimal() and len(wide) < 4 else 0)
                images += [name for _text, shown, _bad in said for name in shown]
                bad = bad or next((why for _text, _images, why in said if why), "")
            if all(_LETTERED.match(cell) for cell in cells if cell) and any(cells):
                line = "\t".join(cells)  # options laid out in a table
            else:
                line = markup.row_line(cells) if len(cells) > 1 else "".join(cells)
            yield Line(line, tuple(images), row, bad, tuple(cells))

    def _paragraph(self, paragraph: Node) -> tuple[str, tuple[str, ...], str]:
        parts: list[str] = [self._number(paragraph)]
        images: list[str] = []
        bad = ""

        def walk(node: Node, run: str) -> None:
            nonlocal bad
            for child in node:
                name = child.name
                if name == "t":
                    if run in _UNSAYABLE.values() and (child.text or "").strip():
                        bad = bad or run
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
        return _GAP.sub(" " * 80, "".join(parts)), tuple(images), bad

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

    def _styles(self) -> dict[str, tuple[str, str]]:
        """Styles of paragraphs that number them: name -> list and depth, their own or that of the style below."""
        root = self._optional("word/styles.xml")
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

    def _number(self, paragraph: Node) -> str:
        numbering = paragraph.find("pPr/numPr")
        name, said = self._numbered.get(_value(paragraph.find("pPr/pStyle")), ("", ""))
        if numbering is not None:
            name = _value(numbering.find("numId")) or name
            said = _value(numbering.find("ilvl")) or said
        depth, counted = _small(said, 0), self._lists.get(name, "")
        how = self._levels.get(counted, {}).get(depth)
        if how is None or how[0] in ("bullet", "none"):
            return ""
        form, pattern, first = how
        key = (counted, depth)
        if (name, depth) in self._again:  # once: from then on it counts on
            self._counters[key] = self._again.pop((name, depth)) - 1
        now = self._counters[key] = self._counters.get(key, first - 1) + 1
        for deeper in [other for other in self._counters if other[0] == counted and other[1] > depth]:
            del self._counters[deeper]
        shown = str(now)
        if form in ("upperLetter", "lowerLetter"):
            shown = OPTION_LETTERS[(now - 1) % 26]
        elif form.startswith(("chinese", "ideograph", "japanese", "taiwanese")):
            shown = chinese(now)
        text = re.sub(r"%\d(?=\D*$)", shown, pattern, count=1)
        return re.sub(r"%\d[.．、]?", "", text) + " "


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
        if node.name in ("p", "tbl"):
            yield node
        elif node.name in ("sdt", "sdtContent", "customXml", "smartTag", "ins"):
            yield from _flat(node)


_UNSAYABLE = {"strike": "struck-text", "dstrike": "struck-text", "vanish": "hidden-text"}
"""What an author has taken back or hidden: whether it is part of the question only the author knows."""


def _style(run: Node) -> str:
    for name, word in _UNSAYABLE.items():
        said = run.find(f"rPr/{name}")
        if said is not None and _value(said) not in ("0", "false", "off", "none"):
            return word
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
