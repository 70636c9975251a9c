"""What a workbook shows besides the values of its cells: raised and struck text, forms of numbers, pictures.

The quick reader of values (`xlsx`) knows none of it: 10⁶ would be 106, and a 不 struck out would come back. Only sheets
in which something of the kind was seen are looked at, cell by cell. Neighbour: `xlsx_numbers`.
"""

import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from bank.formats import markup
from bank.formats.safexml import Node
from bank.formats.sheets import xlsx_numbers

Feed = Callable[[Callable[[bytes], object]], object]
"""Gives a part of the workbook, piece by piece, to whoever takes it."""

STRUCK = "cell-struck"
_EMU = 12_700
"""Units of a drawing in a point."""
_USUAL_HEIGHT = 15.0


class UnreadableError(ValueError):
    """XML that no office program writes."""


@dataclass(slots=True)
class Styles:
    """By the number of a cell's style: what its form says of numbers, and of its letters, where that is not plain."""

    codes: dict[str, str] = field(default_factory=dict)
    dates: set[str] = field(default_factory=set)
    looks: dict[str, str] = field(default_factory=dict)
    """STRUCK, superscript or subscript."""

    def special(self) -> set[str]:
        return {*self.codes, *self.dates, *self.looks}


@dataclass(slots=True)
class Look:
    """Of one sheet, from zero."""

    texts: dict[tuple[int, int], str] = field(default_factory=dict)
    """What a cell shows, where its value alone does not say it."""
    unsafe: dict[tuple[int, int], str] = field(default_factory=dict)
    """Cells of which no text is surely meant, and why."""
    forms: dict[tuple[int, int], str] = field(default_factory=dict)
    """The forms of numbers by which cells show something else than they hold."""
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[int] = field(default_factory=list)
    heights: dict[int, float] = field(default_factory=dict)
    """Of rows, in points."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """Something that lies on a sheet: from row to row, the column it begins in, the part that holds the picture."""

    first: int
    last: int
    column: int
    part: str
    """"" where it is no picture."""


def styles(root: Node) -> Styles:
    """What the styles of a workbook say of numbers and letters."""
    found = Styles()
    codes = {node.get("numFmtId", ""): node.get("formatCode", "") for node in _inside(root, "numFmts")}
    fonts = [_look(font) for font in _inside(root, "fonts")]
    for number, form in enumerate(_inside(root, "cellXfs")):
        name, said, font = str(number), form.get("numFmtId", "0"), form.get("fontId", "0")
        known = int(said) if said.isdecimal() and len(said) < 6 else -1
        code = codes.get(said, xlsx_numbers.BUILT_IN.get(known))
        if code is None and known in xlsx_numbers.DATES:
            found.dates.add(name)
        elif code is None or code not in xlsx_numbers.PLAIN:
            found.codes[name] = f"?{said}" if code is None else code
            if code is not None and xlsx_numbers.is_date(code):
                found.dates.add(name)
        look = fonts[int(font)] if font.isdecimal() and len(font) < 6 and int(font) < len(fonts) else ""
        if look:
            found.looks[name] = look
    return found


def _inside(root: Node, name: str) -> list[Node]:
    return [node for held in root if held.name == name for node in held]


def _look(properties: Node) -> str:
    struck, raised = _child(properties, "strike"), _child(properties, "vertAlign")
    if struck is not None and struck.get("val", "1") not in ("0", "false"):
        return STRUCK
    return raised.get("val", "") if raised is not None and raised.get("val") in ("superscript", "subscript") else ""


class _Runs:
    """Gathers the text of one string with runs: raised ones as ² or ^(…), and whether any is struck out."""

    def __init__(self) -> None:
        self.struck = self.special = False
        self._parts: list[str] = []
        self._look = ""

    def property(self, name: str, value: str) -> None:
        if name == "strike" and value not in ("0", "false"):
            self._look = STRUCK
        elif name == "vertAlign" and value in ("superscript", "subscript") and self._look != STRUCK:
            self._look = value

    def text(self, text: str) -> None:
        if self._look and text.strip():
            self.special = True
            self.struck = self.struck or self._look == STRUCK
            if self._look != STRUCK:
                text = markup.raised(text, self._look == "superscript")
        self._parts.append(text)

    def run(self) -> None:
        self._look = ""

    def whole(self) -> str:
        return "".join(self._parts)


def strings(feed: Feed) -> dict[int, str | None]:
    """Of the shared strings those that are not plain: their text, or None where some of it is struck out."""
    found: dict[int, str | None] = {}
    reader = _Strings(found)
    _through(feed, reader.start, reader.end, reader.text)
    return found


class _Strings:
    def __init__(self, found: dict[int, str | None]) -> None:
        self._found = found
        self._number = -1
        self._runs = _Runs()
        self._text: list[str] | None = None
        self._aloud = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "si":
            self._number += 1
            self._runs, self._aloud = _Runs(), 0
        elif name == "r":
            self._runs.run()
        elif name == "rPh":  # how it is pronounced
            self._aloud += 1
        elif name == "t":
            self._text = []
        else:
            self._runs.property(name, attributes.get("val", "1"))

    def text(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def end(self, name: str) -> None:
        if name == "t" and self._text is not None:
            if not self._aloud:
                self._runs.text("".join(self._text))
            self._text = None
        elif name == "rPh":
            self._aloud -= 1
        elif name == "si" and self._runs.special:
            self._found[self._number] = None if self._runs.struck else self._runs.whole()


def look(feed: Feed, styles: Styles, strings: dict[int, str | None]) -> Look:
    """What one sheet shows besides its values."""
    reader = _Cells(styles, strings)
    _through(feed, reader.start, reader.end, reader.text)
    return reader.found


class _Cells:
    """Follows the cells of a sheet, whether they say where they stand or not."""

    def __init__(self, styles: Styles, strings: dict[int, str | None]) -> None:
        self.found = Look()
        self._styles, self._strings = styles, strings
        self._row = self._column = -1
        self._kind = self._style = ""
        self._formula = self._placed = False
        self._value: list[str] | None = None
        self._said = ""
        self._runs = _Runs()
        self._aloud = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            where = attributes.get("r")
            self._column = self._column + 1 if where is None else _column(where)
            self._kind, self._style = attributes.get("t", "n"), attributes.get("s", "0")
            self._formula, self._placed, self._said, self._runs = False, "vm" in attributes, "", _Runs()
        elif name in ("v", "t"):
            self._value = []
        elif name == "row":
            where = attributes.get("r")
            self._row = self._row + 1 if where is None else int(where) - 1
            self._column = -1
            if attributes.get("hidden") in ("1", "true"):
                self.found.hidden_rows.append(self._row)
            if "ht" in attributes:
                self.found.heights[self._row] = float(attributes["ht"])
        elif name == "f":
            self._formula = True
        elif name == "r":
            self._runs.run()
        elif name == "rPh":
            self._aloud += 1
        elif name == "col":
            if attributes.get("hidden") in ("1", "true"):
                first, last = int(attributes["min"]) - 1, int(attributes["max"])
                self.found.hidden_columns += range(first, min(last, first + 256))
        elif name in ("strike", "vertAlign"):
            self._runs.property(name, attributes.get("val", "1"))

    def text(self, text: str) -> None:
        if self._value is not None:
            self._value.append(text)

    def end(self, name: str) -> None:
        if name in ("v", "t"):
            said, self._value = "".join(self._value or ()), None
            if name == "v":
                self._said = said
            elif not self._aloud:
                self._runs.text(said)
        elif name == "rPh":
            self._aloud -= 1
        elif name == "c":
            self._cell()

    def _cell(self) -> None:
        place, styles, style = (self._row, self._column), self._styles, self._style
        look = styles.looks.get(style, "")
        text: str | None = None
        if self._formula:
            self.found.unsafe[place] = "formula"
        elif self._placed:
            self.found.unsafe[place] = "picture-in-cell"
        elif self._kind == "s" and self._said.strip().isdecimal():
            text = self._strings.get(int(self._said), "")
            if text is None:
                self.found.unsafe[place] = STRUCK
            elif text:
                self.found.texts[place] = text.strip()
        elif self._kind == "inlineStr" and self._runs.special:
            if self._runs.struck:
                self.found.unsafe[place] = STRUCK
            else:
                self.found.texts[place] = self._runs.whole().strip()
        elif self._kind == "n" and self._said and (style in styles.codes or style in styles.dates):
            text = None if style in styles.dates else xlsx_numbers.shown(self._said, styles.codes[style])
            if text is None:
                self.found.unsafe[place] = "cell-date" if style in styles.dates else "cell-shown-otherwise"
                self.found.forms[place] = styles.codes.get(style, "")[:80]
            else:
                self.found.texts[place] = text
        if look and (self._said or self._runs.whole()):
            self.found.unsafe[place] = STRUCK if look == STRUCK else "cell-raised"


def _through(
    feed: Feed, start: Callable[[str, dict[str, str]], None], end: Callable[[str], None], text: Callable[[str], None]
) -> None:
    parser = expat.ParserCreate()
    prefixed: dict[str, str] = {}

    def bare(name: str) -> str:
        return prefixed.get(name) or prefixed.setdefault(name, name.rpartition(":")[2])

    def forbidden(*_: object) -> None:
        raise UnreadableError  # office programs never write one; bombs do

    parser.StartDoctypeDeclHandler = forbidden
    parser.StartElementHandler = lambda name, attributes: start(bare(name), attributes)
    parser.EndElementHandler = lambda name: end(bare(name))
    parser.CharacterDataHandler = text
    parser.buffer_text = True
    try:
        feed(parser.Parse)
        parser.Parse(b"", True)
    except (expat.ExpatError, KeyError, OverflowError):
        raise UnreadableError from None


def _column(where: str) -> int:
    number = 0
    for letter in where:
        if letter.isdigit():
            break
        number = number * 26 + ord(letter.upper()) - 64
    return number - 1


def drawn(root: Node, pictures: dict[str, str], heights: dict[int, float]) -> Iterator[Drawn]:
    """What lies on the sheet. `pictures`: relation -> part."""
    for anchor in root:
        if anchor.name == "absoluteAnchor":
            yield Drawn(-1, -1, -1, "")
            continue
        begin, end, extent = (_child(anchor, word) for word in ("from", "to", "ext"))
        if begin is None:
            continue
        first, column = _number(begin, "row"), _number(begin, "col")
        if end is not None:
            last = _number(end, "row") - (_number(end, "rowOff") == 0 and _number(end, "row") > first)
        else:
            last = first
            left = (0 if extent is None else int(extent.get("cy", "0"))) + _number(begin, "rowOff")
            while last < first + 100 and left > (heights.get(last, _USUAL_HEIGHT) + 1) * _EMU:
                left -= int(heights.get(last, _USUAL_HEIGHT) * _EMU)
                last += 1
        blip = next((node for node in anchor.iter() if node.name == "blip"), None)
        embedded = next((value for key, value in ({} if blip is None else blip.attrib).items()
                         if key.endswith("}embed")), "")  # fmt: skip
        yield Drawn(first, last, column, pictures.get(embedded, ""))


def _child(node: Node, name: str) -> Node | None:
    return next((child for child in node if child.name == name), None)


def _number(anchor: Node, name: str) -> int:
    found = _child(anchor, name)
    text = "" if found is None else (found.text or "").strip()
    return int(text) if re.fullmatch(r"\d{1,9}", text) else 0


def beside(part: str) -> str:
    """The part that says what `part` refers to."""
    return posixpath.join(posixpath.dirname(part), "_rels", posixpath.basename(part) + ".rels")


def referred(root: Node, part: str) -> dict[str, tuple[str, str]]:
    """Of the relations of `part`: name -> (kind, part that it names)."""
    found = {}
    for node in root:
        if node.get("TargetMode") != "External":
            target = posixpath.normpath(posixpath.join("/", posixpath.dirname(part), node.get("Target", "")))
            found[node.get("Id", "")] = (node.get("Type", "").rpartition("/")[2], target.lstrip("/"))
    return found
