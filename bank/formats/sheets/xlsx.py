"""Workbooks: read with calamine after the file has been weighed, written with xlsxwriter.

calamine is quick and trusting: a few kilobytes can unpack to gigabytes, and one cell in the last corner of a sheet
makes it reserve all the cells before it. Both are measured first, in the unpacked bytes themselves and not in what
the file says of its own size. The same pass sees whether a sheet holds what calamine does not tell: formulas, of which
it gives only what they last showed, raised and struck text, forms of numbers, hidden rows. Such a sheet is looked at
once more (`xlsx_look`); what lies on a sheet (pictures) is found by the parts it refers to.
"""

import io
import re
import string
import zipfile
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from typing import Any

from bank.formats import archive, safexml
from bank.formats.sheets import xlsx_appearance, xlsx_numbers
from bank.formats.sheets.csv_ import MOST_COLUMNS, MOST_ROWS
from bank.formats.sheets.table import Sheet
from bank.formats.sheets.xlsx_appearance import Drawn, Look
from bank.refused import BadFile

MAGIC = b"PK\x03\x04"
LOCKED_OR_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MOST_UNPACKED = 256 * 1024 * 1024
MOST_SMALL = 16 * 1024 * 1024
"""For a part that lists sheets, styles or pictures: office programs pile up tens of thousands of styles."""
MOST_PACKED = 100
"""Bytes that one may unpack to, in parts larger than `LEAST_BOMB`: cells pack ten to one, bombs a thousand."""
LEAST_BOMB = 4 * 1024 * 1024
MOST_STYLES = 500
"""Searched for in a sheet before it is looked at; with more of them it is looked at in any case."""
MOST_PARTS = 2_000
MOST_CELLS = 5_000_000
_CHUNK = 1 << 20
_PLACE = re.compile(rb"""r(?<=\br)\s*=\s*["']([A-Za-z]{0,4}[0-9]{1,8})["']""")
"""Begins with the letter itself, for which alone the text is then looked through."""
_DIGITS, _LETTERS = string.digits.encode(), string.ascii_letters.encode()
_UNTOLD = (b"<f", b":f", b"hidden", b"vm=", b"vertAlign", b"strike")
"""What calamine does not tell of a sheet; styles aside."""
_RICH = (b"vertAlign", b"strike")
_SMALL = re.compile(r"workbook\.xml|\.rels|/drawing[^/]*\.xml|styles\.xml")


def read(data: bytes, file: str) -> list[Sheet]:
    """All sheets, hidden ones too.

    Raises BadFile: when it is no workbook that can be read, or unpacks to too much.
    """
    from python_calamine import CalamineWorkbook

    book = _Book(data, file)
    try:
        looks = book.looked()
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = []
        for name in workbook.sheet_names:
            sheet = workbook.get_sheet_by_name(name)
            seen = looks.get(name) or _Seen()
            cells = sheet.to_python(skip_empty_area=False)
            rows = _rows(cells, seen.look)
            width = max(map(len, rows), default=0)
            merged = [
                (first[0], min(last[0], len(rows) - 1), column)
                for first, last in sheet.merged_cell_ranges or ()
                if last[0] > first[0]
                for column in range(first[1], min(last[1] + 1, width))
            ]
            if sum(last - first for first, last, _ in merged) > MOST_CELLS:
                raise BadFile("workbook-too-large", file=file)
            sheets.append(
                Sheet(
                    name,
                    list[Sequence[str]](rows),
                    merged,
                    unsafe=seen.look.unsafe,
                    forms=seen.look.forms,
                    hidden=seen.hidden,
                    hidden_rows=seen.look.hidden_rows,
                    hidden_columns=seen.look.hidden_columns,
                    numbers=[_numbers(row) for row in cells],
                    drawn=[(each, book.picture(each)) for each in seen.drawn],
                )
            )
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as error:  # a panic in the Rust reader is no Exception
        if isinstance(error, BadFile):
            raise
        raise BadFile("workbook-unreadable", file=file) from None
    return sheets


def _rows(cells: list[list[Any]], look: Look) -> list[list[str]]:
    rows = [[cell.strip() if type(cell) is str else _text(cell) for cell in row] for row in cells]
    for (row, column), text in look.texts.items():
        if row < len(rows) and column < len(rows[row]):
            rows[row][column] = text
    for number, texts in enumerate(rows):
        if _DATE in texts or LOST in texts:
            for column, text in enumerate(texts):
                if text in (_DATE, LOST):
                    look.unsafe.setdefault((number, column), "cell-date" if text == _DATE else "number-too-long")
    return rows


def _numbers(row: list[Any]) -> list[int]:
    kinds = [*map(type, row)]
    return [at for at, kind in enumerate(kinds) if kind in _NUMBERS] if float in kinds or int in kinds else []


_NUMBERS = (float, int)
_DATE, LOST = "\0date", "\0lost"
"""Stand in for what has no text; the cell is unsafe."""


def _text(cell: Any) -> str:
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float | int):
        return xlsx_numbers.general(float(cell)) or LOST
    return _DATE if isinstance(cell, date | time | timedelta) else str(cell)


@dataclass(slots=True)
class _Seen:
    look: Look = field(default_factory=Look)
    drawn: list[Drawn] = field(default_factory=list)
    hidden: bool = False


class _Book:
    """The parts of a workbook: weighed, all of them, and those read that say where and how its cells are shown."""

    def __init__(self, data: bytes, file: str) -> None:
        self._data, self._file = data, file
        self._left = MOST_UNPACKED
        self._scans: dict[str, _Scan] = {}
        self._small: dict[str, bytes] = {}
        self._rich: set[str] = set()
        try:
            book = zipfile.ZipFile(io.BytesIO(data))
            if len(book.infolist()) > MOST_PARTS:
                raise BadFile("workbook-too-large", file=file)
            self._parts = {part.filename: part for part in book.infolist()}
            for part in book.infolist():
                self._weigh(part)
        except (zipfile.BadZipFile, zlib.error, ValueError, KeyError, IndexError, EOFError):
            raise BadFile("workbook-unreadable", file=file) from None
        except (NotImplementedError, RuntimeError, OSError):
            raise BadFile("workbook-unreadable", file=file) from None

    def _weigh(self, part: zipfile.ZipInfo) -> None:
        name = part.filename
        take: Callable[[bytes], object] = _ignore
        kept: list[bytes] = []
        if "worksheets/" in name and name.endswith(".xml"):
            take = self._scans[name] = _Scan(self._file)
        elif _SMALL.search(name):
            take = kept.append
        elif name.endswith(".xml"):
            take = _Sees(lambda: self._rich.add(name), lambda text: any(word in text for word in _RICH))
        self._left -= _unpack(self._data, part, self._left, self._file, take)
        if take == kept.append:
            self._small[name] = b"".join(kept)
            if len(self._small[name]) > MOST_SMALL:
                raise BadFile("workbook-too-large", file=self._file)

    def _again(self, name: str) -> xlsx_appearance.Feed:
        """A part read once more: it has been weighed."""
        return lambda take: _unpack(self._data, self._parts[name], MOST_UNPACKED, self._file, take)

    def looked(self) -> dict[str, _Seen]:
        """Sheet name -> what calamine does not tell of it."""
        workbook = next((name for name in self._small if name.endswith("workbook.xml")), None)
        if workbook is None:
            raise KeyError("workbook.xml")
        parts = self._referred(workbook)
        named = dict(parts.values())
        styles = xlsx_appearance.styles(self._root(named["styles"])) if "styles" in named else xlsx_appearance.Styles()
        strings: dict[int, str | None] = {}
        if named.get("sharedStrings") in self._rich:
            strings = xlsx_appearance.strings(self._again(named["sharedStrings"]))
        special = sorted(styles.special())
        named_styles = "|".join(special if len(special) <= MOST_STYLES else [r"\d+"]).encode()
        styled = re.compile(rb"""\bs\s*=\s*["'](?:%s)["']""" % named_styles) if special else None
        found = {}
        for node in self._root(workbook).iter():
            if node.name != "sheet":
                continue
            relation = next((value for key, value in node.attrib.items() if key.endswith("}id")), "")
            kind, part = parts.get(relation, ("", ""))
            if kind == "worksheet" and part not in self._scans:
                raise KeyError(part)  # none is read that was not weighed and looked through
            found[node.get("name", "")] = seen = _Seen(hidden=node.get("state") in ("hidden", "veryHidden"))
            drawing = next((part for kind, part in self._referred(part).values() if kind == "drawing"), "")
            scan = self._scans.get(part)
            if scan is not None and (scan.untold or strings or drawing or (styled and self._has(part, styled))):
                seen.look = xlsx_appearance.look(self._again(part), styles, strings)
            if drawing in self._small:
                pictures = {name: part for name, (_kind, part) in self._referred(drawing).items()}
                seen.drawn = list(xlsx_appearance.drawn(self._root(drawing), pictures, seen.look.heights))
        return found

    def _has(self, name: str, pattern: re.Pattern[bytes]) -> bool:
        found = []
        self._again(name)(_Sees(lambda: found.append(True), lambda text: pattern.search(text) is not None))
        return bool(found)

    def _root(self, name: str) -> safexml.Node:
        return safexml.parse(self._small[name], self._file)

    def _referred(self, part: str) -> dict[str, tuple[str, str]]:
        beside = xlsx_appearance.beside(part)
        return xlsx_appearance.referred(self._root(beside), part) if beside in self._small else {}

    def picture(self, drawn: Drawn) -> bytes:
        kept: list[bytes] = []
        if drawn.part in self._parts:
            self._again(drawn.part)(kept.append)
        return b"".join(kept)


def _unpack(data: bytes, part: zipfile.ZipInfo, left: int, file: str, take: Callable[[bytes], object]) -> int:
    """Bytes the part really unpacks to. Sizes stated in the archive are the sender's word; these are counted."""
    size = 0
    for chunk in archive.unpacked(memoryview(data), part, checked=False):
        size += len(chunk)
        if size > left or (size > LEAST_BOMB and size > part.compress_size * MOST_PACKED):
            raise BadFile("workbook-too-large", file=file)
        take(chunk)
    return size


class _Scan:
    """Looks at a sheet's XML as it streams by: how far its cells reach, and whether it holds what calamine
    does not tell."""

    def __init__(self, file: str) -> None:
        self.untold = False
        self._file = file
        self._tail = b""
        self._rows = self._columns = self._begun = 0

    def __call__(self, chunk: bytes) -> None:
        text = self._tail + chunk
        self._tail = text[-512:]
        places = b",".join(_PLACE.findall(text))  # parted all at once: there are hundreds of thousands
        rows = max(map(int, filter(None, set(places.translate(None, _LETTERS).split(b",")))), default=0)
        self._begun += chunk.count(b"<row") + chunk.count(b":row")  # rows need not say where they stand
        rows = max(rows, self._begun)
        columns = max((_column(letters) + 1 for letters in set(places.translate(None, _DIGITS).split(b","))), default=0)
        self._rows, self._columns = max(self._rows, rows), max(self._columns, columns)
        if self._rows > MOST_ROWS:
            raise BadFile("too-many-rows", file=self._file, most=MOST_ROWS)
        if self._columns > MOST_COLUMNS:
            raise BadFile("too-many-columns", file=self._file, row=0, most=MOST_COLUMNS)
        if self._rows * self._columns > MOST_CELLS:
            raise BadFile("workbook-too-large", file=self._file)
        self.untold = self.untold or any(word in text for word in _UNTOLD)


class _Sees:
    """Tells, once, that a part holds what `seen` sees as it streams by."""

    def __init__(self, tell: Callable[[], object], seen: Callable[[bytes], bool]) -> None:
        self._tell, self._seen = tell, seen
        self._tail = b""
        self._told = False

    def __call__(self, chunk: bytes) -> None:
        if not self._told:
            text = self._tail + chunk
            self._tail = text[-64:]
            self._told = self._seen(text)
            if self._told:
                self._tell()


def _ignore(_: bytes) -> None:
    return


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number - 1


def write(rows: Iterable[Sequence[str]], widths: Sequence[int], sheet: str) -> bytes:
    """One sheet, every cell a text, heading frozen: nothing in it can calculate or link."""
    import xlsxwriter

    stream = io.BytesIO()
    plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(stream, {"in_memory": True, **plain}) as workbook:
        page = workbook.add_worksheet(sheet)
        heading = workbook.add_format({"bold": True, "bg_color": "#E7E6E6"})
        cell = workbook.add_format({"text_wrap": True, "valign": "top", "num_format": 49})
        for column, width in enumerate(widths):
            page.set_column(column, column, width, cell)  # what is typed below stays a text, too
        page.freeze_panes(1, 0)
        for number, row in enumerate(rows):
            for column, text in enumerate(row):
                if text:
                    page.write_string(number, column, text, cell if number else heading)
    return stream.getvalue()
