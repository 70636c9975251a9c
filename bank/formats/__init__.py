"""An author's file -> Items and a report of every row refused; and Items -> a file that reads back to equal Items.

The first step of the path. Nothing is half-imported: a row becomes a whole Item or stands in `refused` with file,
sheet, row and reason; what was accepted but deserves a look stands in `remarks`. A file that is no bank at all is
refused whole (`BadFile`). After: `bank.store` keeps the Items.
"""

import contextlib
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bank.content import OPTION_LETTERS, ItemType
from bank.formats import csv_, jsonl, spelling, table, xlsx
from bank.formats.draft import BadRow, Draft, finish
from bank.formats.pictures import Pictures, kind
from bank.item import Item
from bank.refused import BadFile, BrokenStore

LARGEST_FILE = 128 * 1024 * 1024
SUFFIXES = (".csv", ".xlsx", ".jsonl")
PICTURE_LIST = "images.csv"

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Place:
    file: str
    sheet: str
    row: int
    """As a spreadsheet or an editor numbers it; 0 for a whole sheet."""


@dataclass(frozen=True, slots=True)
class Refusal:
    file: str
    sheet: str
    row: int
    reason: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class ImportResult:
    items: list[Item] = field(default_factory=list)
    """In the order of the file, repeats included: the bank knows which are already there."""
    places: list[Place] = field(default_factory=list)
    """Where each of `items` stands."""
    media: dict[str, bytes] = field(default_factory=dict)
    refused: list[Refusal] = field(default_factory=list)
    remarks: list[Refusal] = field(default_factory=list)


def read(path: Path, media_dir: Path | None = None, progress: Progress | None = None) -> ImportResult:
    """Everything in one file. Pictures are looked for in `media_dir` and beside the file."""
    data = _bytes(path)
    pictures = Pictures(path.parent, media_dir, _picture_list(media_dir, path.parent))
    reader = _Reader(path.name, pictures, progress)
    if data.startswith(xlsx.MAGIC):
        for sheet in xlsx.read(data, path.name):
            reader.sheet(sheet)
    elif path.suffix.lower() == ".xlsx" or data.startswith(xlsx.LOCKED_OR_OLD):
        locked = data.startswith(xlsx.LOCKED_OR_OLD)
        raise BadFile("workbook-locked-or-old" if locked else "workbook-unreadable", file=path.name)
    elif path.suffix.lower() in (".jsonl", ".json") or data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        reader.lines(data)
    elif path.suffix.lower() in (".csv", ".tsv", ".txt"):
        reader.sheet(csv_.read(data, path.name))
    else:
        raise BadFile("unknown-format", file=path.name, known=" ".join(SUFFIXES))
    result = reader.result
    if not result.items and not result.refused:
        raise BadFile("no-items", file=path.name)
    result.media = pictures.media
    return result


class _Reader:
    """Gathers one file's outcome."""

    def __init__(self, file: str, pictures: Pictures, progress: Progress | None) -> None:
        self.result = ImportResult()
        self._file = file
        self._pictures = pictures
        self._progress = progress

    def sheet(self, sheet: table.Sheet) -> None:
        heading = table.find_heading(sheet.rows)
        if heading is None:
            if any(any(row) for row in sheet.rows):
                self._refuse(sheet.name, 0, BadRow("no-heading"))
            return
        repeated = table.repeated_column(heading)
        if repeated is not None:
            self._refuse(sheet.name, heading.row + 1, BadRow("repeated-heading", column=repeated))
            return
        for name in heading.unread:
            self._remark(sheet.name, heading.row + 1, "column-not-read", column=name)
        if sheet.flows and tuple(sheet.rows[heading.row])[: len(_HEADER)] == _HEADER:
            sheet.rows = [[csv_.unguarded(cell) for cell in row] for row in sheet.rows]
        for row, draft in table.drafts(sheet, heading):
            self._report(row, len(sheet.rows))
            if isinstance(draft, Draft) and not draft.images:
                draft.images = self._pictures.of_code(table.picture_code(heading, sheet.rows[row - 1]))
            item = self._row(sheet.name, row, draft)
            if item is not None and heading.crac and not _crac_code_agrees(item):
                self._remark(sheet.name, row, "code-disagrees", code=item.code)

    def lines(self, data: bytes) -> None:
        unread: set[str] = set()
        total = data.count(b"\n") + 1
        for row, draft in jsonl.read(data, self._file, unread):
            self._report(row, total)
            self._row("", row, draft)
        for name in sorted(unread):
            self._remark("", 0, "column-not-read", column=name)

    def _row(self, sheet: str, row: int, draft: Draft | BadRow) -> Item | None:
        try:
            if isinstance(draft, BadRow):
                raise draft
            item = finish(draft, self._pictures.digest)
        except BadRow as bad:
            self._refuse(sheet, row, bad)
            return None
        shown = {*item.content.media, *(digest for option in item.content.options for digest in option.media)}
        if shown & self._pictures.missing:
            self._remark(sheet, row, "picture-missing", code=item.code)
        self.result.items.append(item)
        self.result.places.append(Place(self._file, sheet, row))
        return item

    def _refuse(self, sheet: str, row: int, bad: BadRow) -> None:
        self.result.refused.append(Refusal(self._file, sheet, row, bad.reason, bad.facts))

    def _remark(self, sheet: str, row: int, reason: str, **facts: Any) -> None:
        self.result.remarks.append(Refusal(self._file, sheet, row, reason, facts))

    def _report(self, row: int, total: int) -> None:
        if self._progress is not None and row % 500 == 0:
            self._progress(row, total)


def _crac_code_agrees(item: Item) -> bool:
    """MC1, MC2, MC3…: the number of right answers that the authority's own code claims."""
    claimed = item.code[2:3]
    return not (item.code.startswith("MC") and claimed.isdigit()) or int(claimed) == len(item.answer_key.correct)


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            data = stream.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        raise BadFile("file-missing", file=path.name) from None
    except OSError as error:
        raise BadFile("file-unreadable", file=path.name, error=error.strerror) from None
    if len(data) > LARGEST_FILE:
        raise BadFile("file-too-large", file=path.name, most=LARGEST_FILE)
    if not data.strip():
        raise BadFile("no-items", file=path.name)
    return data


def _picture_list(*folders: Path | None) -> dict[str, str]:
    """`images.csv`: item number, path. The amateur radio authority files its pictures so."""
    for folder in folders:
        if folder is None or not (folder / PICTURE_LIST).is_file():
            continue
        rows = csv_.read(_bytes(folder / PICTURE_LIST), PICTURE_LIST).rows
        if rows and len(rows[0]) == 2 and spelling.plain(rows[0][1]) in ("imagepath", "path", "图片", "图片路径"):
            return {row[0]: row[1] for row in rows[1:] if len(row) == 2 and row[1]}
    return {}


_TYPE_WORDS = {ItemType.SINGLE: "单选", ItemType.MULTIPLE: "多选", ItemType.TRUEFALSE: "判断"}
_HEADER = (
    "编号",
    "题型",
    "题干",
    "答案",
    "章节",
    "认知层次",
    "难度",
    "解析",
    "依据",
    "互斥组",
    "标签",
    "固定选项",
    "图片",
    "来源",
)
_WIDTHS = (14, 8, 60, 8, 10, 12, 8, 40, 30, 12, 12, 10, 20, 14)


def write(path: Path, items: Iterable[Item], picture: Callable[[str], bytes | None] | None = None) -> int:
    """All `items`, answer keys included, to .csv, .xlsx or .jsonl by suffix; gives how many.

    Pictures go to a folder beside the file. The file appears whole or not at all, readable by its owner alone.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise BadFile("unknown-format", file=path.name, known=" ".join(SUFFIXES))
    chosen = list(items)
    folder = path.with_name(f"{path.stem}_media")

    def name(digest: str) -> str:
        data = None if picture is None else picture(digest)
        if data is None:
            return f"sha256:{digest}"
        file = f"{digest}.{kind(data) or 'bin'}"
        _write_whole(folder / file, data)
        return f"{folder.name}/{file}"

    try:
        if suffix == ".jsonl":
            _write_whole(path, b"".join(jsonl.line(item, name) for item in chosen))
        else:
            rows, widths = list(_rows(chosen, name)), _widths(chosen)
            _write_whole(path, csv_.write(rows) if suffix == ".csv" else xlsx.write(rows, widths, "试题"))
    except OSError as error:
        raise BrokenStore("store-io", file=path.name, error=error.strerror) from None
    return len(chosen)


def _rows(items: list[Item], name: Callable[[str], str]) -> Iterator[tuple[str, ...]]:
    letters = OPTION_LETTERS[: _most_options(items)]
    pictured = any(option.media for item in items for option in item.content.options)
    yield (*_HEADER, *(f"选项{letter}" for letter in letters), *(f"图片{letter}" for letter in letters if pictured))
    for item in items:
        truefalse = item.content.type is ItemType.TRUEFALSE
        options = () if truefalse else item.content.options
        blank = [""] * (len(letters) - len(options))
        correct = item.answer_key.correct
        yield (
            item.code,
            _TYPE_WORDS[item.content.type],
            item.content.stem,
            item.content.options[correct[0]].text if truefalse else "".join(OPTION_LETTERS[index] for index in correct),
            item.chapter or "-",  # an empty cell would be read as "as above"
            jsonl.LEVEL_WORDS.get(item.level, ""),
            "" if item.p4 is None else str(item.p4 / 10_000),
            item.explanation,
            item.basis,
            "；".join(item.enemies),
            "；".join(item.tags),
            "" if truefalse else "".join(OPTION_LETTERS[index] for index in item.locked),
            "|".join(map(name, item.content.media)),
            item.source,
            *(option.text for option in options),
            *blank,
            *(("|".join(map(name, option.media)) for option in options) if pictured else ()),
            *(blank if pictured else ()),
        )


def _widths(items: list[Item]) -> tuple[int, ...]:
    return _WIDTHS + (24,) * _most_options(items)


def _most_options(items: list[Item]) -> int:
    choices = (len(item.content.options) for item in items if item.content.type is not ItemType.TRUEFALSE)
    return max(6, max(choices, default=0))


def _write_whole(path: Path, data: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    passing = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(passing, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        passing.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            passing.unlink()
        raise
