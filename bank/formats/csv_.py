"""Comma-, semicolon- or tab-separated text as Chinese offices save it: UTF-8 with or without BOM, GB18030, UTF-16."""

import csv
import io
from collections.abc import Iterable, Sequence

from bank.formats.table import HEADING_ROWS, Sheet, find_heading
from bank.refused import BadFile

MOST_ROWS = 200_000
MOST_COLUMNS = 256
_DELIMITERS = ",;\t"


def decode(data: bytes, file: str) -> str:
    """The text, or a refusal: never a guess that loses a character."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):  # "Unicode text" of office programs
        encodings = ["utf-16"]
    elif b"\0" in data:
        raise BadFile("text-binary", file=file)
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            raise BadFile("text-binary", file=file)
        return text
    raise BadFile("text-encoding", file=file)


def read(data: bytes, file: str) -> Sheet:
    """The one sheet of a text table. The delimiter is the one under which the heading names most columns."""
    text = decode(data, file)
    best: tuple[int, str] = (0, ",")
    for delimiter in _DELIMITERS:
        try:
            heading = find_heading(_rows(text, delimiter, file, HEADING_ROWS))
        except BadFile:
            continue
        if heading is not None and heading.width > best[0]:
            best = (heading.width, delimiter)
    rows = _rows(text, best[1], file, MOST_ROWS + 1)
    if len(rows) > MOST_ROWS:
        raise BadFile("too-many-rows", file=file, most=MOST_ROWS)
    return Sheet("", rows, flows=True)


def _rows(text: str, delimiter: str, file: str, most: int) -> list[Sequence[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[Sequence[str]] = []
    try:
        for row in reader:
            if len(row) > MOST_COLUMNS:
                raise BadFile("too-many-columns", file=file, row=len(rows) + 1, most=MOST_COLUMNS)
            rows.append([cell.strip() for cell in row])
            if len(rows) >= most:
                break
    except csv.Error:
        raise BadFile("csv-quotes", file=file, row=len(rows) + 1) from None
    return rows


def write(rows: Iterable[Sequence[str]]) -> bytes:
    """With a BOM, so that office programs see Chinese; cells that would calculate there begin with an apostrophe."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerows([guarded(cell) for cell in row] for row in rows)
    return b"\xef\xbb\xbf" + stream.getvalue().encode()


def guarded(text: str) -> str:
    """An author's "=HYPERLINK(…)" must stay a text in the spreadsheet of whoever opens the export."""
    return "'" + text if text.lstrip("'")[:1] in ("=", "+", "-", "@") and text not in ("-",) else text


def unguarded(text: str) -> str:
    """What `guarded` was given. Only for our own exports: another's apostrophe may be meant."""
    return text[1:] if text[:1] == "'" and text.lstrip("'")[:1] in ("=", "+", "-", "@") else text
