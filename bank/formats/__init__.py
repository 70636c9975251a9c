"""An author's file -> Items and a report of every row refused; and Items -> a file that reads back to equal Items.

The first step of the path. Nothing is half-imported: a row becomes a whole Item or stands in `refused` with file,
sheet, row and reason; what was accepted but deserves a look stands in `remarks`. A file that is no bank at all is
refused whole (`BadFile`). After: `bank.store` keeps the Items.
"""

import contextlib
import os
import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bank.content import OPTION_LETTERS, ItemType, Level
from bank.formats import aiken, archive, csv_, docx, gift, jsonl, moodle_xml, qti, safexml, spelling, table, xlsx
from bank.formats.draft import BadRow, Draft, finish
from bank.formats.pictures import Pictures, kind
from bank.item import NOWHERE, Item
from bank.refused import BadFile, BrokenStore

LARGEST_FILE = 128 * 1024 * 1024
SUFFIXES = (".csv", ".xlsx", ".jsonl")
"""Written as tables and lines of our own, nothing lost between them."""
READ = (".csv", ".xlsx", ".jsonl", ".docx", ".xml", ".zip", ".gift", ".aiken", ".txt")
PICTURE_LIST = "images.csv"

_JSON = re.compile(rb"(?:\xef\xbb\xbf)?\s*\{(?!\s*[=~#])")

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
    reader.file(data, path.suffix.lower(), archive.Folder(path.parent))
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

    def file(self, data: bytes, suffix: str, folder: archive.Folder) -> None:
        """By what the bytes are; by the suffix only where plain text may be several things."""
        if data.startswith(xlsx.MAGIC):
            if suffix == ".xlsx" or b"xl/workbook.xml" in data:
                for sheet in xlsx.read(data, self._file):
                    self.sheet(sheet)
            else:
                self.archive(archive.Zip(data, self._file))
        elif suffix == ".xlsx" or data.startswith(xlsx.LOCKED_OR_OLD):
            locked = data.startswith(xlsx.LOCKED_OR_OLD)
            raise BadFile("workbook-locked-or-old" if locked else "workbook-unreadable", file=self._file)
        elif suffix in (".gift", ".aiken"):
            self.text(csv_.decode(data, self._file), data, suffix)
        elif suffix in (".jsonl", ".json") or _JSON.match(data):
            self.lines(data)
        elif safexml.looks_like(data):
            self.xml(safexml.parse(data, self._file), folder)
        elif suffix in (".csv", ".tsv"):
            self.sheet(csv_.read(data, self._file))
        elif suffix == ".txt":
            self.text(csv_.decode(data, self._file), data, suffix)
        else:
            raise BadFile("unknown-format", file=self._file, known=" ".join(READ))

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

    def text(self, text: str, data: bytes, suffix: str) -> None:
        """Plain text: Aiken, GIFT or a table, by what is in it; by the suffix where that says it."""
        if suffix == ".txt" and not aiken.looks_like(text):
            sheet = csv_.read(data, self._file)
            if table.find_heading(sheet.rows) is not None or not gift.looks_like(text):
                self.sheet(sheet)
                return
        if suffix == ".aiken" or (suffix == ".txt" and aiken.looks_like(text)):
            for row, draft in aiken.read(text):
                self._row("", row, draft)
            return
        notes: list[tuple[int, str, dict[str, Any]]] = []
        for row, draft in gift.read(text, notes):
            self._row("", row, draft)
        self._noted("", notes)

    def xml(self, root: safexml.Node, folder: archive.Folder) -> None:
        notes: list[tuple[int, str, dict[str, Any]]] = []
        refused = qti.refusal(root, self._file)
        if refused is not None:
            raise refused
        if root.name == moodle_xml.ROOT and root.find("question") is not None:
            for row, moodle in moodle_xml.read(root, self._pictures.add, notes):
                self._row("", row, moodle)
            self._noted("", notes)
        elif root.name == "manifest":
            self._parts(qti.package(folder, self._file, self._pictures.add, self._part_noted))
        elif qti.is_test(root):
            self._parts(qti.referred(folder, self._file, root, self._pictures.add, self._part_noted))
        elif qti.is_item(root):
            draft: Draft | BadRow
            line = root.line
            try:
                draft = qti.item(root, qti.picture_in(folder, "", self._pictures.add), notes)
            except BadRow as bad:
                draft = bad
            self._row("", line, draft)
            self._noted("", notes)
        else:
            raise BadFile("xml-not-questions", file=self._file, root=root.name[:40])

    def archive(self, parts: archive.Zip) -> None:
        names = parts.names()
        if docx.DOCUMENT in names:
            notes: list[tuple[int, str, dict[str, Any]]] = []
            for row, draft in docx.read(parts, self._file, self._pictures.add, notes):
                self._row("", row, draft)
            self._noted("", notes)
            return
        manifests = sorted(
            (name for name in names if name.split("/")[-1] == qti.MANIFEST), key=lambda n: (n.count("/"), n)
        )
        if manifests:
            self._parts(qti.package(parts, manifests[0], self._pictures.add, self._part_noted))
        elif any(name.lower().endswith(".xml") for name in names):
            self._parts(qti.loose(parts, self._pictures.add, self._part_noted))
        else:
            raise BadFile("unknown-format", file=self._file, known=" ".join(READ))

    def _parts(self, found: Iterable[tuple[str, int, Draft | BadRow]]) -> None:
        for part, line, draft in found:
            self._row(part, line, draft)

    def _part_noted(self, part: str, line: int, reason: str) -> None:
        self._remark(part, line, reason)

    def _noted(self, sheet: str, notes: list[tuple[int, str, dict[str, Any]]]) -> None:
        for row, reason in dict.fromkeys((row, reason) for row, reason, _facts in notes):
            self._remark(sheet, row, reason)

    def _row(self, sheet: str, row: int, draft: Draft | BadRow) -> Item | None:
        try:
            if isinstance(draft, BadRow):
                raise draft
            item = finish(draft, self._pictures.digest)
        except BadRow as bad:
            self._refuse(sheet, row, bad)
            return None
        if item.pictures() & self._pictures.missing:
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


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An item that a form cannot hold, and why."""

    id: str
    code: str
    reason: str


@dataclass(slots=True)
class Exported:
    written: int = 0
    lost: dict[str, int] = field(default_factory=dict)
    """What the form cannot say -> how many of the written items had something there."""
    left_out: list[LeftOut] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Form:
    suffix: str
    loses: tuple[str, ...]
    cannot: Callable[[Item], str | None]
    write: Callable[[list[Item], Callable[[str], bytes | None]], bytes]


def _qti(version: str) -> _Form:
    return _Form(".zip", qti.LOSES, qti.cannot, lambda items, picture: qti.write(items, picture, version))


_FORMS = {
    "gift": _Form(".gift", gift.LOSES, gift.cannot, lambda items, _: gift.write(items)),
    "aiken": _Form(".aiken", aiken.LOSES, aiken.cannot, lambda items, _: aiken.write(items)),
    "moodle": _Form(".xml", moodle_xml.LOSES, moodle_xml.cannot, moodle_xml.write),
    "docx": _Form(".docx", docx.LOSES, docx.cannot, docx.write),
    "qti-2.1": _qti("2.1"),
    "qti-2.2": _qti("2.2"),
    "qti-3.0": _qti("3.0"),
}
FORMS = ("csv", "xlsx", "jsonl", *_FORMS)
_BY_SUFFIX = {".csv": "csv", ".xlsx": "xlsx", ".jsonl": "jsonl", ".zip": "qti-2.2"} | {
    form.suffix: name for name, form in _FORMS.items() if form.suffix != ".zip"
}


def form_of(path: Path) -> str:
    """The form that a file's suffix names; BadFile where it names none."""
    found = _BY_SUFFIX.get(path.suffix.lower())
    if found is None:
        raise BadFile("unknown-format", file=path.name, known=" ".join(_BY_SUFFIX))
    return found


def loses(form: str) -> tuple[str, ...]:
    """What `form` cannot say of an item: names of fields."""
    return _FORMS[form].loses if form in _FORMS else () if form == "jsonl" else table.LOSES


def suffix_of(form: str) -> str:
    return _FORMS[form].suffix if form in _FORMS else f".{form}"


_FIELDS: dict[str, tuple[str, Any]] = {
    "chapter": ("chapter", ""),
    "code": ("code", ""),
    "explanation": ("explanation", ""),
    "tags": ("tags", ()),
    "level": ("level", Level.NONE),
    "difficulty": ("p4", None),
    "basis": ("basis", ""),
    "enemies": ("enemies", ()),
    "locked": ("locked", ()),
    "source": ("source", ""),
    "calibrated": ("calibrated_p4", None),
    "bases": ("bases", ()),
    "translations": ("translations", ()),
    "provenance": ("provenance", NOWHERE),
}


def carried(item: Item, loses: Iterable[str]) -> tuple[Item, list[str]]:
    """`item` without what a form cannot say, and the names of what it thereby loses."""
    changes: dict[str, Any] = {}
    for name in loses:
        attribute, empty = _FIELDS[name]
        if name == "locked" and item.content.type is ItemType.TRUEFALSE:
            continue  # goes without saying
        if getattr(item, attribute) != empty:
            changes[name] = empty
    return replace(item, **{_FIELDS[name][0]: empty for name, empty in changes.items()}), list(changes)


def export(
    path: Path, items: Iterable[Item], picture: Callable[[str], bytes | None] | None = None, form: str = ""
) -> Exported:
    """All `items` that the form can hold, answer keys included; what it cannot say is counted, not dropped in silence.

    The form is `form`, or the one that the suffix names. Before a file is written it is read back and compared: what
    would not come back equal is left out and named.
    """
    form = form or form_of(path)
    result = Exported()
    if form in ("csv", "xlsx", "jsonl"):
        if path.suffix.lower() != f".{form}":
            raise BadFile("suffix-of-other-form", file=path.name, expected=f".{form}")
        chosen = list(items)
        for item in chosen:
            _count(result, carried(item, loses(form))[1])
        result.written = write(path, chosen, picture)
        return result
    if form not in _FORMS:
        raise BadFile("unknown-format", file=path.name, known=" ".join(FORMS))
    data = encode(list(items), picture or _none, form, result)
    try:
        _write_whole(path, data)
    except OSError as error:
        raise BrokenStore("store-io", file=path.name, error=error.strerror) from None
    return result


def encode(items: list[Item], picture: Callable[[str], bytes | None], form: str, result: Exported) -> bytes:
    """The file's bytes; `result` is filled. Every item in them has been read back and found equal."""
    way = _FORMS[form]
    kept: list[tuple[Item, Item, list[str]]] = []
    for item in items:
        reason = way.cannot(item)
        if reason is None and any(picture(digest) is None for digest in item.content.pictures):
            reason = "picture-missing"
        if reason is not None:
            result.left_out.append(LeftOut(item.id, item.code, reason))
        else:
            kept.append((item, *carried(item, way.loses)))
    data = b""
    for _ in range(3):
        reads = _readable(kept, way, picture)
        result.left_out += [
            LeftOut(item.id, item.code, "not-readable-again")
            for (item, _carried, _lost), good in zip(kept, reads, strict=True)
            if not good
        ]
        kept = [each for each, good in zip(kept, reads, strict=True) if good]
        if all(reads):
            break
    data = way.write([carried_ for _item, carried_, _lost in kept], picture) if kept else b""
    if not kept:
        raise BadFile("nothing-to-write", form=form, left_out=len(result.left_out))
    for _item, _carried, lost in kept:
        _count(result, lost)
    result.written = len(kept)
    return data


def _readable(
    kept: list[tuple[Item, Item, list[str]]], way: _Form, picture: Callable[[str], bytes | None]
) -> list[bool]:
    """Which of them come back equal; all at once where all do."""
    wanted = [carried_ for _item, carried_, _lost in kept]
    back = _read_back(wanted, way, picture)
    if len(back) == len(wanted):
        return [one == other for one, other in zip(back, wanted, strict=True)]
    return [_read_back([one], way, picture) == [one] for one in wanted]


def _read_back(items: list[Item], way: _Form, picture: Callable[[str], bytes | None]) -> list[Item]:
    if not items:
        return []
    pictures = Pictures(Path("/nonexistent"), None)
    reader = _Reader("", pictures, None)
    try:
        reader.file(way.write(items, picture), way.suffix, archive.Folder(Path("/nonexistent")))
    except (BadRow, BadFile):
        return []
    return reader.result.items if not reader.result.refused else []


def _count(result: Exported, lost: Iterable[str]) -> None:
    for name in lost:
        result.lost[name] = result.lost.get(name, 0) + 1


def _none(_: str) -> None:
    return None


_TYPE_WORDS = {ItemType.SINGLE: "单选", ItemType.MULTIPLE: "多选", ItemType.TRUEFALSE: "判断", ItemType.FILL: "填空"}
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
    more = _MORE if any(item.content.type is ItemType.FILL or item.background for item in items) else ()
    yield (
        *_HEADER,
        *more,
        *(f"选项{letter}" for letter in letters),
        *(f"图片{letter}" for letter in letters if pictured),
    )
    for item in items:
        truefalse = item.content.type is ItemType.TRUEFALSE
        options = () if truefalse else item.content.options
        blank = [""] * (len(letters) - len(options))
        correct = item.answer_key.correct
        yield (
            item.code,
            _TYPE_WORDS[item.content.type],
            item.content.stem,
            item.content.options[correct[0]].text
            if truefalse
            else "".join(OPTION_LETTERS[index] for index in correct) or spelling.joined(item.answer_key.accepted),
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
            *(_more(item, name) if more else ()),
            *(option.text for option in options),
            *blank,
            *(("|".join(map(name, option.media)) for option in options) if pictured else ()),
            *(blank if pictured else ()),
        )


_MORE = ("数值", "误差", "单位", "案例背景", "案例图片", "案例序号")


def _more(item: Item, name: Callable[[str], str]) -> tuple[str, ...]:
    number, background = item.answer_key.number, item.background
    units = () if number is None else number.units
    return (
        "" if number is None else number.value,
        "" if number is None else number.tolerance,
        "|" if units == ("",) else spelling.joined(units),
        "" if background is None else background.text,
        "" if background is None else "|".join(map(name, background.media)),
        str(item.place or ""),
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
