"""Workbooks: read with calamine after the file has been weighed, written with xlsxwriter.

calamine is quick and trusting: a few kilobytes can unpack to gigabytes, and one cell in the last corner of a sheet
makes it reserve all the cells before it. Both are measured first, in the unpacked bytes themselves and not in what
the file says of its own size. The same pass notes where formulas stand; calamine gives only what they last showed.
"""

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from xml.etree import ElementTree

from bank.formats.csv_ import MOST_COLUMNS, MOST_ROWS
from bank.formats.table import Sheet
from bank.refused import BadFile

MAGIC = b"PK\x03\x04"
LOCKED_OR_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MOST_UNPACKED = 256 * 1024 * 1024
MOST_SMALL = 1024 * 1024
"""For the parts that list the sheets."""
MOST_PARTS = 2_000
MOST_CELLS = 5_000_000
_CHUNK = 1 << 20
_CELL = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{1,4})([0-9]{1,8})["']""")
_ROW = re.compile(rb"""\br\s*=\s*["']([0-9]{1,8})["']""")
_FORMULA = re.compile(
    rb"""<(?:\w+:)?c\b[^>]*?\br\s*=\s*["']([A-Za-z]{1,4})([0-9]{1,8})["'][^>]*>\s*<(?:\w+:)?f[\s/>]"""
)
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def read(data: bytes, file: str) -> list[Sheet]:
    from python_calamine import CalamineWorkbook

    formulas = _weigh(data, file)
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = []
        for name in workbook.sheet_names:
            sheet = workbook.get_sheet_by_name(name)
            rows = [[_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
            width = max(map(len, rows), default=0)
            merged = [
                (first[0], min(last[0], len(rows) - 1), column)
                for first, last in sheet.merged_cell_ranges or ()
                if last[0] > first[0]
                for column in range(first[1], min(last[1] + 1, width))
            ]
            if sum(last - first for first, last, _ in merged) > MOST_CELLS:
                raise BadFile("workbook-too-large", file=file)
            sheets.append(Sheet(name, list[Sequence[str]](rows), merged, formulas=formulas.get(name, frozenset())))
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as error:  # a panic in the Rust reader is no Exception
        if isinstance(error, BadFile):
            raise
        raise BadFile("workbook-unreadable", file=file) from None
    return sheets


def _text(cell: Any) -> str:
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    return str(cell)


def _weigh(data: bytes, file: str) -> dict[str, frozenset[tuple[int, int]]]:
    """Refuses bombs and sheets too large; gives the cells that hold formulas, by sheet name."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        parts = archive.infolist()
        if len(parts) > MOST_PARTS:
            raise BadFile("workbook-too-large", file=file)
        left = MOST_UNPACKED
        formulas: dict[str, frozenset[tuple[int, int]]] = {}
        small: dict[str, bytes] = {}
        for part in parts:
            if part.filename.endswith(("workbook.xml", "workbook.xml.rels")):
                small[part.filename] = b""
            if "worksheets/" in part.filename and part.filename.endswith(".xml"):
                scan = _Scan(file)
                left -= _unpack(data, part, left, file, scan)
                formulas[part.filename] = frozenset(scan.formulas)
            else:
                kept: list[bytes] = []
                left -= _unpack(data, part, left, file, kept.append if part.filename in small else _ignore)
                if part.filename in small:
                    small[part.filename] = b"".join(kept)
                    if len(small[part.filename]) > MOST_SMALL:
                        raise BadFile("workbook-too-large", file=file)
        names = _sheet_parts(small)
    except (zipfile.BadZipFile, zlib.error, ElementTree.ParseError, ValueError, KeyError, IndexError, EOFError):
        raise BadFile("workbook-unreadable", file=file) from None
    except (NotImplementedError, RuntimeError, OSError):
        raise BadFile("workbook-unreadable", file=file) from None
    return {name: formulas.get(part, frozenset()) for name, part in names.items()}


def _unpack(data: bytes, part: zipfile.ZipInfo, left: int, file: str, take: Callable[[bytes], object]) -> int:
    """Bytes the part really unpacks to. Sizes stated in the archive are the sender's word; these are counted."""
    header = part.header_offset
    if data[header : header + 4] != MAGIC:
        raise ValueError
    start = header + 30 + int.from_bytes(data[header + 26 : header + 28], "little")
    start += int.from_bytes(data[header + 28 : header + 30], "little")
    packed = memoryview(data)[start : start + part.compress_size]
    if part.compress_type == zipfile.ZIP_STORED:
        take(bytes(packed))
        return len(packed)
    if part.compress_type != zipfile.ZIP_DEFLATED:
        raise ValueError
    unpacker = zlib.decompressobj(-15)
    size = 0
    pending: bytes | memoryview = packed
    while not unpacker.eof:
        chunk = unpacker.decompress(pending, _CHUNK)
        pending = unpacker.unconsumed_tail
        size += len(chunk)
        if size > left:
            raise BadFile("workbook-too-large", file=file)
        take(chunk)
        if not chunk and not pending:
            raise EOFError
    return size


class _Scan:
    """Looks at a sheet's XML as it streams by: how far its cells reach, and which hold formulas."""

    def __init__(self, file: str) -> None:
        self.formulas: set[tuple[int, int]] = set()
        self._file = file
        self._tail = b""
        self._rows = self._columns = 0

    def __call__(self, chunk: bytes) -> None:
        text = self._tail + chunk
        self._tail = text[-512:]
        cells = {match.groups() for match in _CELL.finditer(text)}
        rows = max((int(row) for _, row in cells), default=0)
        rows = max(rows, max((int(match[1]) for match in _ROW.finditer(text)), default=0))
        columns = max((_column(letters) + 1 for letters in {letters for letters, _ in cells}), default=0)
        self._rows, self._columns = max(self._rows, rows), max(self._columns, columns)
        if self._rows > MOST_ROWS:
            raise BadFile("too-many-rows", file=self._file, most=MOST_ROWS)
        if self._columns > MOST_COLUMNS:
            raise BadFile("too-many-columns", file=self._file, row=0, most=MOST_COLUMNS)
        if self._rows * self._columns > MOST_CELLS:
            raise BadFile("workbook-too-large", file=self._file)
        if b"<f" in text or b":f" in text:
            self.formulas.update((int(row) - 1, _column(letters)) for letters, row in _FORMULA.findall(text))


def _ignore(_: bytes) -> None:
    return


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number - 1


def _sheet_parts(small: dict[str, bytes]) -> dict[str, str]:
    """Sheet name -> the part that holds it, as workbook.xml and its relations say."""
    workbook = next((name for name in small if name.endswith("workbook.xml")), None)
    if workbook is None:
        raise KeyError("workbook.xml")
    folder = posixpath.dirname(workbook)
    relations = small.get(posixpath.join(folder, "_rels", posixpath.basename(workbook) + ".rels"), b"<none/>")
    for xml in (small[workbook], relations):
        if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml:  # office programs never write one; bombs do
            raise ValueError
    targets = {node.get("Id"): node.get("Target", "") for node in ElementTree.fromstring(relations)}  # noqa: S314
    found = {}
    for node in ElementTree.fromstring(small[workbook]).iter():  # noqa: S314
        if node.tag.endswith("}sheet"):
            target = targets.get(node.get(_RELATION), "")
            found[node.get("name", "")] = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
    return found


def write(rows: Iterable[Sequence[str]], widths: Sequence[int], sheet: str) -> bytes:
    """One sheet, every cell a text, heading frozen: nothing in it can calculate or link."""
    import xlsxwriter

    stream = io.BytesIO()
    plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(stream, {"in_memory": True, **plain}) as workbook:
        page = workbook.add_worksheet(sheet)
        heading = workbook.add_format({"bold": True, "bg_color": "#E7E6E6"})
        cell = workbook.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
        for column, width in enumerate(widths):
            page.set_column(column, column, width)
        page.freeze_panes(1, 0)
        for number, row in enumerate(rows):
            for column, text in enumerate(row):
                if text:
                    page.write_string(number, column, text, cell if number else heading)
    return stream.getvalue()
