"""Comma-, semicolon- or tab-separated text as Chinese offices save it: UTF-8 with or without BOM, GB18030, UTF-16."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from bank.formats.encoding import decode
from bank.formats.sheets.table import HEADING_ROWS, Sheet, find_heading
from bank.refused import BadFile

MOST_ROWS = 200_000
MOST_COLUMNS = 256
MOST_CELLS = 5_000_000
LONGEST_LINE = 1_000_000
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_DELIMITERS = ",;\t"
_CALCULATING = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
"""What a spreadsheet may take for the beginning of a formula; full-width ones in Chinese ones, too."""


def _width(rows: Sequence[Sequence[str]]) -> int:
    heading = find_heading(rows)
    return 0 if heading is None else heading.width


def read(data: bytes, file: str, width: Callable[[Sequence[Sequence[str]]], int] = _width) -> Sheet:
    """The one sheet of a text table. The delimiter is the one under which the heading names most columns.

    `width`: how many the heading among the first rows names.

    Raises BadFile: when its rows are too many or too long.
    """
    decoded = decode(data, file)
    text = decoded.text
    best: tuple[int, str] = (0, ",")
    for delimiter in _DELIMITERS:
        try:
            named = width(_rows(text, delimiter, file, HEADING_ROWS))
        except BadFile:
            continue
        if named > best[0]:
            best = (named, delimiter)
    rows = _rows(text, best[1], file, MOST_ROWS + 1)
    if len(rows) > MOST_ROWS:
        raise BadFile("too-many-rows", file=file, most=MOST_ROWS)
    return Sheet("", rows, flows=True, assumed=decoded.assumed)


def _rows(text: str, delimiter: str, file: str, most: int) -> list[Sequence[str]]:
    rows: list[Sequence[str]] = []
    cells = 0
    try:
        for row in csv.reader(_lines(text), delimiter=delimiter, strict=True):
            cells += len(row)
            if cells > MOST_CELLS:
                raise BadFile("too-many-cells", file=file, most=MOST_CELLS)
            if len(row) > MOST_COLUMNS:
                raise BadFile("too-many-columns", file=file, row=len(rows) + 1, most=MOST_COLUMNS)
            rows.append([cell.strip() for cell in row])
            if len(rows) >= most:
                break
    except csv.Error as error:
        long = "field larger" in str(error)
        raise BadFile("csv-field" if long else "csv-quotes", file=file, row=len(rows) + 1) from None
    return rows


def _lines(text: str) -> Iterator[str]:
    """One by one: the whole once more would take as much memory again, and so would one endless line cut into cells."""
    for line in _LINE.finditer(text):
        if line.end() - line.start() > LONGEST_LINE:
            raise csv.Error("field larger than any")
        yield line[0]


def write(rows: Iterable[Sequence[str]]) -> bytes:
    """With a BOM, so that office programs see Chinese; cells that would calculate there begin with an apostrophe."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerows([guarded(cell) for cell in row] for row in rows)
    return b"\xef\xbb\xbf" + stream.getvalue().encode()


def guarded(text: str) -> str:
    """An author's "=HYPERLINK(…)" must stay a text in the spreadsheet of whoever opens the export."""
    return "'" + text if text.lstrip("'")[:1] in _CALCULATING and text not in ("-",) else text


def unguarded(text: str) -> str:
    """What `guarded` was given. Only for our own exports: another's apostrophe may be meant."""
    return text[1:] if text[:1] == "'" and text.lstrip("'")[:1] in _CALCULATING else text
