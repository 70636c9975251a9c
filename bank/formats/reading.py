"""An author's file -> Items and a report of every row refused.

What the bytes are decides how they are read; the readers give Drafts, `bank.formats.draft` makes Items of them, and
everything that happened is gathered here.
"""

import gc
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from msgspec import structs

from bank.content import ItemType
from bank.formats import archive, conservation, encoding, jsonl, plausibility, safexml, spelling, stem_number
from bank.formats.bad_row import BadRow
from bank.formats.docx import reading
from bank.formats.draft import Draft, finish, unnumber, untype
from bank.formats.lms import aiken, gift, moodle_xml, qti, qti_package
from bank.formats.pictures import Pictures
from bank.formats.sheets import csv_, rows, table, xlsx
from bank.item import Item
from bank.places import Place, Refusal
from bank.refused import BadFile

LARGEST_FILE = 128 * 1024 * 1024
READ = (".csv", ".xlsx", ".jsonl", ".docx", ".xml", ".zip", ".gift", ".aiken", ".txt")
PICTURE_LIST = "images.csv"

_JSON = re.compile(rb"(?:\xef\xbb\xbf)?\s*\{(?!\s*[=~#])")

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class ImportResult:
    items: list[Item] = field(default_factory=list)
    """In the order of the file, repeats included: the bank knows which are already there."""
    places: list[Place] = field(default_factory=list)
    """Where each of `items` stands."""
    media: dict[str, bytes] = field(default_factory=dict)
    refused: list[Refusal] = field(default_factory=list)
    remarks: list[Refusal] = field(default_factory=list)


def read(
    path: Path, media_dir: Path | None = None, progress: Progress | None = None, subject: str = ""
) -> ImportResult:
    """Everything in one file. Pictures are looked for in `media_dir` and beside the file. `subject`: the code of what
    all items of the file are of, where their rows do not say it; a row that says another is refused.

    Raises BadFile: when it is no question file, or holds no items.
    """
    data = _bytes(path)
    pictures = Pictures(path.parent, media_dir, _picture_list(media_dir, path.parent))
    reader = Reader(path.name, pictures, progress, subject)
    resting = gc.isenabled()
    gc.disable()  # growing lists of items hold nothing to collect, and looking through them takes a tenth of the time
    try:
        reader.file(data, path.suffix.lower(), archive.Folder(path.parent))
    finally:
        if resting:
            gc.enable()
    result = reader.result
    if not result.items and not result.refused:
        tables = any(each.reason == "table-not-read" for each in result.remarks)
        raise BadFile("questions-in-table" if tables else "no-items", file=path.name)
    result.media = pictures.media
    return result


class Reader:
    """Gathers one file's outcome."""

    def __init__(
        self, file: str, pictures: Pictures, progress: Progress | None, subject: str = "", own: bool = False
    ) -> None:
        """`own`: what we have just written ourselves is read for what it says, and no item is changed."""
        self._own = own
        self.result = ImportResult()
        self._certain: list[int] = []
        """Which items say of their difficulty that all know the answer, by a bare 1."""
        self._counted: list[int] = []
        """Which items have an answer that counts options, by a bare number."""
        self._from_zero = self._beyond = False
        """Some such number is 0; some is that of the options, as where the first is 1."""
        self._numbered: dict[str, list[tuple[str, int]]] = {}
        """Sheet -> places before whose stems a number was taken off."""
        self._unnumbered: set[str] = set()
        """Lists whose reader knows numbers by itself."""
        self._taken: dict[int, str] = {}
        """Item -> the number that was taken off before its stem."""
        self._left: dict[str, list[tuple[str, int]]] = {}
        """The same where one was left."""
        self._ordered: dict[str, list[tuple[str, int]]] = {}
        """The same of items of which the file does not say whether their options may be shuffled."""
        self._scale = False
        """Some row says 3 or 5: then 1 is a step of a scale and no share."""
        self._file = file
        self._pictures = pictures
        self._progress = progress
        self._subject = subject

    def file(self, data: bytes, suffix: str, folder: archive.Folder) -> None:
        """Reads a whole file into `result`."""
        self._file_of(data, suffix, folder)
        if not self._own:
            self._without_counts()
        self._beside()
        told = {
            "numbers-taken-off": self._numbered,
            "number-before-stem": self._left,
            "shuffle-not-said": self._ordered,
        }
        for reason, those in told.items():
            for places in those.values():
                self._remark(*places[0], reason, found=len(places))
        if self._certain and not self._scale:
            first = self.result.places[self._certain[0]]
            self._remark(first.sheet, first.row, "difficulty-certain", first.words, found=len(self._certain))
        self._take_back()

    def _take_back(self) -> None:
        """Refuses what only the whole file shows to be doubtful."""
        doubtful = dict.fromkeys(self._certain if self._scale else [], "difficulty-scale")
        from_one = self._counted if self._beyond and not self._from_zero else []
        if len(from_one) >= _SURE:
            doubtful |= dict.fromkeys(from_one, "answer-counts-from-one")
        else:
            for place in [self.result.places[number] for number in from_one]:
                self._remark(place.sheet, place.row, "answer-counts-from-one", place.words)
        for number in sorted(doubtful, reverse=True):
            del self.result.items[number]
            place = self.result.places.pop(number)
            self._refuse(place.sheet, place.row, BadRow(doubtful[number]), place.words)

    def _without_counts(self) -> None:
        """Takes off the numbers before stems that only the whole list shows to be such."""
        for name, numbers in self._by_list().items():
            if name in self._unnumbered:
                continue
            places = [self.result.places[number] for number in numbers]
            items = [self.result.items[number] for number in numbers]
            stems, codes = [item.content.stem for item in items], [item.code for item in items]
            taken = [self._taken.get(number, "") for number in numbers]
            rests = stem_number.counted(stems, [place.row for place in places], codes, taken)
            for n, rest in rests.items():
                content = replace(items[n].content, stem=rest)
                self.result.items[numbers[n]] = structs.replace(items[n], content=content)
                place = (places[n].sheet, places[n].row)
                self._numbered.setdefault(_list(place[0]), []).append(place)
            off = {(places[n].sheet, places[n].row) for n in rests}
            for sheet, left in [*self._left.items()] if off else []:
                self._left[sheet] = [place for place in left if place not in off]
                if not self._left[sheet]:
                    del self._left[sheet]

    def _by_list(self) -> dict[str, list[int]]:
        """List (a sheet, a package) -> its items, by their places in the outcome."""
        lists: dict[str, list[int]] = {}
        for number, place in enumerate(self.result.places):
            lists.setdefault(_list(place.sheet), []).append(number)
        return lists

    def _beside(self) -> None:
        """Items with far fewer options than their neighbours: some may have been read into others."""
        for numbers in self._by_list().values():
            for few in plausibility.few_options([self.result.items[number] for number in numbers]):
                place = self.result.places[numbers[few]]
                self._remark(place.sheet, place.row, "few-options-beside", place.words)

    def _file_of(self, data: bytes, suffix: str, folder: archive.Folder) -> None:
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
            self.text(data, suffix)
        elif suffix in (".jsonl", ".json") or _JSON.match(data):
            self.lines(data)
        elif safexml.looks_like(data):
            self.xml(safexml.parse(data, self._file), folder)
        elif suffix in (".csv", ".tsv"):
            self.sheet(csv_.read(data, self._file))
        elif suffix == ".txt":
            self.text(data, suffix)
        else:
            raise BadFile("unknown-format", file=self._file, known=" ".join(READ))

    def sheet(self, sheet: table.Sheet) -> None:
        """A table, however it was written."""
        heading = table.find_heading(sheet.rows)
        if sheet.assumed:
            self._remark(sheet.name, 0, "encoding-assumed", encoding=sheet.assumed)
        if heading is None:
            if any(any(row) for row in sheet.rows):
                self._refuse(sheet.name, 0, BadRow("no-heading"))
            return
        repeated = table.repeated_column(sheet, heading)
        if repeated is not None:
            self._refuse(sheet.name, heading.row + 1, BadRow("repeated-heading", column=repeated))
            return
        for name in heading.unread:
            self._remark(sheet.name, heading.row + 1, "column-not-read", column=name)
        above = [number for number, row in enumerate(sheet.rows[: heading.row], 1) if any(row)]
        if above:
            self._remark(sheet.name, above[0], "rows-above-heading", found=len(above))
        table.place_pictures(sheet, heading, self._pictures.add)
        self._remark_shown(sheet, heading)
        if sheet.flows and tuple(sheet.rows[heading.row])[: len(rows.HEADER)] == rows.HEADER:
            sheet.rows = [[csv_.unguarded(cell) for cell in row] for row in sheet.rows]
        for row, draft in table.drafts(sheet, heading):
            self._report(row, len(sheet.rows))
            if isinstance(draft, Draft) and not draft.images:
                draft.images = self._pictures.of_code(table.picture_code(heading, sheet.rows[row - 1]))
            item = self._row(sheet.name, row, draft)
            if item is not None and heading.crac and not _crac_code_agrees(item):
                self._remark(sheet.name, row, "code-disagrees", code=item.code)

    def _remark_shown(self, sheet: table.Sheet, heading: table.Heading) -> None:
        """What an author may not have seen."""
        last, rows = heading.last, sheet.rows
        below = [row + 1 for row in sheet.hidden_rows if row > last and any(map(any, rows[row : row + 1]))]
        columns = {column for held in heading.columns.values() for column in held} | {*heading.options.values()}
        if sheet.hidden:
            self._remark(sheet.name, 0, "hidden-sheet")
        if below:
            self._remark(sheet.name, below[0], "hidden-rows", found=len(below))
        for column in sorted(columns.intersection(sheet.hidden_columns)):
            self._remark(sheet.name, heading.row + 1, "hidden-column", column=sheet.rows[heading.row][column])
        if table.lies_nowhere(sheet, heading):
            self._remark(sheet.name, 0, "drawing-without-row")
        untyped = table.says_above(sheet, heading)
        if untyped:
            self._remark(sheet.name, untyped[0], "type-from-above", found=len(untyped))

    def lines(self, data: bytes) -> None:
        """JSON Lines, or a JSON array."""
        unread: set[str] = set()
        total = data.count(b"\n") + 1
        for name, row, draft in jsonl.rows(self._decoded(data), self._file, unread):
            self._report(row, total)
            self._row(name, row, draft)
        for name in sorted(unread):
            self._remark("", 0, "column-not-read", column=name)

    def _decoded(self, data: bytes) -> str:
        decoded = encoding.decode(data, self._file)
        if decoded.assumed:
            self._remark("", 0, "encoding-assumed", encoding=decoded.assumed)
        return decoded.text

    def text(self, data: bytes, suffix: str) -> None:
        """Plain text: Aiken, GIFT or a table, by what is in it; by the suffix where that says it."""
        text = encoding.decode(data, self._file).text
        if suffix == ".txt" and not aiken.looks_like(text):
            sheet = csv_.read(data, self._file)
            if table.find_heading(sheet.rows) is not None or not gift.looks_like(text):
                self.sheet(sheet)
                return
        self._decoded(data)
        if suffix == ".aiken" or (suffix == ".txt" and aiken.looks_like(text)):
            for row, draft in aiken.read(text):
                self._row("", row, draft)
            return
        notes: list[tuple[int, str, dict[str, Any]]] = []
        for row, draft in gift.read(text, notes):
            self._row("", row, draft)
        self._noted("", notes)

    def xml(self, root: safexml.Node, folder: archive.Folder) -> None:
        """Moodle XML, a manifest, a test or a single QTI item, by its root.

        Raises BadFile: when it is none of them.
        """
        notes: list[tuple[int, str, dict[str, Any]]] = []
        refused = qti.refusal(root, self._file)
        if refused is not None:
            raise refused
        package = qti_package.Package(folder, self._pictures.add, self._part_noted)
        if root.name == moodle_xml.ROOT and root.find("question") is not None:
            for row, moodle in moodle_xml.read(root, self._pictures.add, notes):
                self._row("", row, moodle)
            self._noted("", notes)
        elif root.name == "manifest":
            self._parts(package.items(self._file))
        elif qti.is_test(root):
            self._parts(package.referred(self._file, root))
        elif qti.is_item(root):
            draft: Draft | BadRow
            line = root.line
            try:
                draft = package.single(root, notes)
            except BadRow as bad:
                draft = bad
            self._row("", line, draft)
            self._noted("", notes)
        else:
            raise BadFile("xml-not-questions", file=self._file, root=root.name[:40])

    def archive(self, parts: archive.Zip) -> None:
        """A Word file or a QTI package.

        Raises BadFile: when it is neither.
        """
        names = parts.names()
        if reading.DOCUMENT in names:
            notes: list[tuple[int, str, dict[str, Any]]] = []
            for row, words, made in reading.read(parts, self._file, self._pictures.add, notes):
                self._row("", row, made, words)
            self._noted("", notes)
            return
        package = qti_package.Package(parts, self._pictures.add, self._part_noted)
        manifests = sorted(
            (name for name in names if name.split("/")[-1] == qti_package.MANIFEST), key=lambda n: (n.count("/"), n)
        )
        if manifests:
            self._parts(package.items(manifests[0]))
        elif any(name.lower().endswith(".xml") for name in names):
            self._parts(package.loose())
        else:
            raise BadFile("unknown-format", file=self._file, known=" ".join(READ))

    def _parts(self, found: Iterable[tuple[str, int, Draft | BadRow]]) -> None:
        for part, line, draft in found:
            self._row(part, line, draft)

    def _part_noted(self, part: str, line: int, reason: str) -> None:
        self._remark(part, line, reason)

    def _noted(self, sheet: str, notes: list[tuple[int, str, dict[str, Any]]]) -> None:
        told: set[tuple[int, str]] = set()
        for row, reason, facts in notes:
            if (row, reason) not in told:
                told.add((row, reason))
                self._remark(sheet, row, reason, **facts)

    def _row(self, sheet: str, row: int, draft: Draft | BadRow, words: str = "") -> Item | None:
        try:
            if isinstance(draft, BadRow):
                raise draft
            if not self._own:
                unnumber(draft)
                untype(draft)
                stem = stem_number.without(draft.stem.lstrip(_UNSEEN), draft.unnumbered)
                if stem != draft.stem:
                    draft.numbered, draft.stem = draft.stem[: len(draft.stem) - len(stem)], stem
                    self._numbered.setdefault(_list(sheet), []).append((sheet, row))
            item = finish(draft, self._pictures.digest)
            if not (self._own or draft.locked) and item.content.type is not ItemType.TRUEFALSE:
                locked = plausibility.locked(item.content.stem, item.content.options)
                item = structs.replace(item, locked=locked) if locked else item
            left = conservation.left(draft, item)
            if left:
                raise BadRow("text-left-over", left=left)
            if self._subject and not item.subject:
                item = structs.replace(item, subject=self._subject)
            elif self._subject not in ("", item.subject):
                raise BadRow("subject-of-other-file", found=item.subject, expected=self._subject)
        except BadRow as bad:
            step = bad.reason == "difficulty-unreadable" and isinstance(draft, Draft) and draft.difficulty
            self._scale = self._scale or (bool(step) and _STEP.fullmatch(spelling.plain(str(step))) is not None)
            if bad.reason == "answer-out-of-range" and isinstance(draft, Draft) and draft.counted:
                self._beyond = self._beyond or bad.facts["options"] in draft.answer
            self._refuse(sheet, row, bad, words)
            return None
        if draft.counted:
            self._counted.append(len(self.result.items))
            self._from_zero = self._from_zero or 0 in draft.answer
        if self._pictures.missing and item.pictures() & self._pictures.missing:
            self._remark(sheet, row, "picture-missing", code=item.code)
        if isinstance(draft, Draft) and spelling.plain(draft.difficulty) in ("1", "1.0"):
            self._certain.append(len(self.result.items))
        if not draft.unnumbered and stem_number.left(item.content.stem):
            self._left.setdefault(_list(sheet), []).append((sheet, row))
        if draft.ordered and not self._own:
            self._ordered.setdefault(_list(sheet), []).append((sheet, row))
        if draft.unnumbered:
            self._unnumbered.add(_list(sheet))
        if draft.numbered:
            self._taken[len(self.result.items)] = draft.numbered
        for reason in plausibility.doubts(item):
            self._remark(sheet, row, reason, words)
        self.result.items.append(item)
        self.result.places.append(Place(self._file, sheet, row, words))
        return item

    def _refuse(self, sheet: str, row: int, bad: BadRow, words: str = "") -> None:
        self.result.refused.append(Refusal(self._file, sheet, row, bad.reason, bad.facts, words))

    def _remark(self, sheet: str, row: int, reason: str, words: str = "", **facts: Any) -> None:
        self.result.remarks.append(Refusal(self._file, sheet, row, reason, facts, words))

    def _report(self, row: int, total: int) -> None:
        if self._progress is not None and row % 500 == 0:
            self._progress(row, total)


_SURE = 3
"""So many rows that count from one, and none from zero, are no chance."""
_UNSEEN = "\ufeff\u200b\u00ad\u2060"


def _list(sheet: str) -> str:
    """What a place belongs to: its sheet, or the whole package of whose parts each holds one item."""
    return "" if sheet.endswith(".xml") else sheet


_STEP = re.compile(r"[2-9]|10|[2-9]\.0")


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
        raise BadFile("file-unreadable", file=path.name, why=error.strerror) from None
    if len(data) > LARGEST_FILE:
        raise BadFile("file-too-large", file=path.name, most="128 M")
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
