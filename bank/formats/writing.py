"""Items -> a file that reads back to equal Items, in any form; and what that form could not say, item by item.

Before a file in an interchange form is written it is read back and compared. What no form may do is drop something in
silence.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from msgspec import structs

from bank.content import ItemType, Level
from bank.durable import make_folder, store_errors, write_atomically
from bank.formats import archive, jsonl
from bank.formats.bad_row import BadRow
from bank.formats.docx import writing
from bank.formats.lms import aiken, gift, moodle_xml, qti_writing
from bank.formats.pictures import Pictures, kind
from bank.formats.reading import Reader
from bank.formats.sheets import csv_, rows, table, xlsx
from bank.item import NOWHERE, Item
from bank.refused import BadFile

SUFFIXES = (".csv", ".xlsx", ".jsonl")
"""Written as tables and lines of our own, nothing lost between them."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An item that a form cannot hold, and why."""

    id: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Lost:
    """A written item, and what of it the form cannot say: names of fields."""

    id: str
    code: str
    names: tuple[str, ...]


@dataclass(slots=True)
class Exported:
    written: int = 0
    losses: list[Lost] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)

    @property
    def lost(self) -> dict[str, int]:
        """What the form cannot say -> how many of the written items had something there."""
        return dict(Counter(name for each in self.losses for name in each.names))


@dataclass(frozen=True, slots=True)
class _Form:
    suffix: str
    loses: tuple[str, ...]
    cannot: Callable[[Item], str | None]
    write: Callable[[list[Item], Callable[[str], bytes | None]], bytes]


def _qti(version: str) -> _Form:
    def write(items: list[Item], picture: Callable[[str], bytes | None]) -> bytes:
        return qti_writing.write(items, picture, version)

    return _Form(".zip", qti_writing.LOSES, qti_writing.cannot, write)


_FORMS = {
    "gift": _Form(".gift", gift.LOSES, gift.cannot, lambda items, _: gift.write(items)),
    "aiken": _Form(".aiken", aiken.LOSES, aiken.cannot, lambda items, _: aiken.write(items)),
    "moodle": _Form(".xml", moodle_xml.LOSES, moodle_xml.cannot, moodle_xml.write),
    "docx": _Form(".docx", writing.LOSES, writing.cannot, writing.write),
    "qti-2.1": _qti("2.1"),
    "qti-2.2": _qti("2.2"),
    "qti-3.0": _qti("3.0"),
}
FORMS = ("csv", "xlsx", "jsonl", *_FORMS)
_BY_SUFFIX = {".csv": "csv", ".xlsx": "xlsx", ".jsonl": "jsonl", ".zip": "qti-2.2"} | {
    form.suffix: name for name, form in _FORMS.items() if form.suffix != ".zip"
}


def form_of(path: Path) -> str:
    """The form that a file's suffix names; BadFile where it names none.

    Raises BadFile: when the suffix names no form.
    """
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
    "subject": ("subject", ""),
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
    return structs.replace(item, **{_FIELDS[name][0]: empty for name, empty in changes.items()}), list(changes)


def export(
    path: Path, items: Iterable[Item], picture: Callable[[str], bytes | None] | None = None, form: str = ""
) -> Exported:
    """All `items` that the form can hold, answer keys included; what it cannot say is counted, not dropped in silence.

    The form is `form`, or the one that the suffix names. Before a file is written it is read back and compared: what
    would not come back equal is left out and named.

    Raises BadFile: when the form is unknown or holds none of the items. Raises BrokenStore: when the disk refuses.
    """
    form = form or form_of(path)
    result = Exported()
    if form in ("csv", "xlsx", "jsonl"):
        if path.suffix.lower() != f".{form}":
            raise BadFile("suffix-of-other-form", file=path.name, expected=f".{form}")
        chosen = list(items)
        for item in chosen:
            _note(result, item, carried(item, loses(form))[1])
        result.written = write(path, chosen, picture)
        return result
    if form not in _FORMS:
        raise BadFile("unknown-format", file=path.name, known=" ".join(FORMS))
    data = encode(list(items), picture or _none, form, result)
    with store_errors(path.name):
        make_folder(path.parent, private=True)
        write_atomically(path, data, private=True)
    return result


def encode(items: list[Item], picture: Callable[[str], bytes | None], form: str, result: Exported) -> bytes:
    """The file's bytes; `result` is filled. Every item in them has been read back and found equal.

    Raises BadFile: when none of the items can be written.
    """
    way = _FORMS[form]
    kept: list[tuple[Item, Item, list[str]]] = []
    for item in together(items):
        reason = way.cannot(item)
        shown = (*item.content.pictures, *(() if item.background is None else item.background.media))
        if reason is None and any(picture(digest) is None for digest in shown):
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
    for item, _carried, lost in kept:
        _note(result, item, lost)
    result.written = len(kept)
    return data


def together(items: Iterable[Item]) -> list[Item]:
    """Case groups gathered where the first of each stands, in order of their places; the rest as they come."""
    first: dict[str, int] = {}
    placed = [
        (first.setdefault(item.content.case or f"{number}", number), item.place, number, item)
        for number, item in enumerate(items)
    ]
    return [item for *_place, item in sorted(placed, key=lambda each: each[:3])]


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
    reader = Reader("", pictures, None, own=True)
    try:
        reader.file(way.write(items, picture), way.suffix, archive.Folder(Path("/nonexistent")))
    except (BadRow, BadFile):
        return []
    return reader.result.items if not reader.result.refused else []


def _note(result: Exported, item: Item, lost: list[str]) -> None:
    if lost:
        result.losses.append(Lost(item.id, item.code, tuple(lost)))


def _none(_: str) -> None:
    return None


def write(path: Path, items: Iterable[Item], picture: Callable[[str], bytes | None] | None = None) -> int:
    """All `items`, answer keys included, to .csv, .xlsx or .jsonl by suffix; gives how many.

    Pictures go to a folder beside the file. The file appears whole or not at all, readable by its owner alone.

    Raises BadFile: when the suffix names no such form. Raises BrokenStore: when the disk refuses.
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
        make_folder(folder, private=True)
        write_atomically(folder / file, data, private=True)
        return f"{folder.name}/{file}"

    with store_errors(path.name):
        make_folder(path.parent, private=True)
        if suffix == ".jsonl":
            data = b"".join(jsonl.line(item, name) for item in chosen)
        else:
            written = list(rows.written(chosen, name))
            data = csv_.write(written) if suffix == ".csv" else xlsx.write(written, rows.widths(chosen), "试题")
        write_atomically(path, data, private=True)
    return len(chosen)
