"""The case under audit: one result directory, and what the checks have established about it so far.

Reads files defensively (regular files only, bounded, never followed out of the directory) and hands their records
on only after their shape was checked.
"""

import hashlib
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import canonical, merkle
from .draw import Form, Item, Rule
from .notes import Checkpoint
from .outcome import Known, Outcome
from .record import Entry, Record
from .shapes import Shape, wrongs

LIMIT = 64 << 20
"""Bytes; far above any honest file of the kind, far below what would exhaust an auditor's machine."""
RECORD_LIMIT = 2 << 30

Json = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """What an auditor wants to know beside the rest."""

    receipt: str = ""
    """A candidate's code, as it was copied; and whose it is said to be."""
    candidate: str = ""
    journals: Sequence[Path] = ()
    """Folders of terminals' journals, or single ones."""
    ledger: Path | None = None
    """The extract of the bureau's release ledger that the auditor has; None for the one in the directory."""


NOTHING_MORE = Asked()


class Case:
    manifest: Known[Json] = Known()
    """The manifest's `signed`."""
    manifest_statement: Known[Json] = Known()
    rule: Known[Rule] = Known()
    registers: Known[list[Json]] = Known()
    """Statements of the registers of rule officers, the first first."""
    edition: Known[Json] = Known()
    """The statement of the rule as its officers signed it."""
    roster: Known[dict[int, Json]] = Known()
    """By ordinal c."""
    pool: Known[dict[str, Item]] = Known()
    answers: Known[dict[str, frozenset[int]]] = Known()
    """Correct options by item id."""
    record: Known[Record] = Known()
    tree: Known[merkle.Tree] = Known()
    chain: Known[str] = Known()
    checkpoints: Known[list[tuple[str, Checkpoint]]] = Known()
    """With their places."""
    opening: Known[Entry] = Known()
    """The OPEN entry."""
    opened_on: Known[str] = Known()
    """The day (YYYY-MM-DD) on which the package was prepared for opening, as staff stated it or the clock said."""
    seed: Known[bytes] = Known()
    """Recomputed from the shares, never taken as claimed."""
    forms: Known[dict[int, Form]] = Known()
    """Recomputed form of each candidate with a START."""
    digests: Known[dict[int, str]] = Known()
    target: Known[int | None] = Known()
    result: Known[Json] = Known()
    """The result's `signed`."""
    result_statement: Known[Json] = Known()
    marks: Known[list[Json]] = Known()
    """Recomputed candidate rows."""
    rates: Known[list[Json]] = Known()
    """Recomputed rates, the total last."""

    def __init__(
        self,
        directory: Path,
        bureau_key: bytes | None,
        officers_sha256: str | None = None,
        known: Sequence[Path] = (),
        asked: Asked = NOTHING_MORE,
    ) -> None:
        self.directory = directory
        self.bureau_key = bureau_key
        self.officers_sha256 = officers_sha256
        """Of the first register of rule officers, from a source that the auditor trusts."""
        self.asked = asked
        self.known = known
        """Files `edition.json` that the auditor has from other packages of this bureau."""

    def size_of(self, name: str) -> int | None:
        """None where there is no such regular file (a link, a pipe and a directory are not)."""
        try:
            facts = (self.directory / name).lstat()
        except (OSError, ValueError):
            return None
        return facts.st_size if stat.S_ISREG(facts.st_mode) else None

    def bytes_of(self, name: str, out: Outcome, limit: int = LIMIT) -> bytes | None:
        """The file's bytes; where they cannot be had, `out` says so."""
        size = self.size_of(name)
        if size is None:
            out.fail("file_missing", name)
            return None
        if size > limit:
            out.fail("file_huge", name, size=size, limit=limit)
            return None
        try:
            with (self.directory / name).open("rb") as stream:
                return stream.read(limit)
        except OSError as error:
            out.fail("file_unreadable", name, why=error.strerror or type(error).__name__)
            return None

    def sha256_of(self, name: str, out: Outcome) -> str | None:
        data = self.bytes_of(name, out)
        return None if data is None else hashlib.sha256(data).hexdigest()

    def json_of(self, name: str, shape: Shape, out: Outcome) -> Any:
        """The file's one JSON value in its right shape, else None and `out` says why."""
        data = self.bytes_of(name, out)
        return None if data is None else value_in(name, data, shape, out)

    def lines_of(self, name: str, shape: Shape, out: Outcome) -> list[tuple[int, bytes, Json]] | None:
        """The file's canonical records with their line numbers; those in a wrong shape are left out, and said.

        None only where the file itself cannot be read.
        """
        data = self.bytes_of(name, out)
        return None if data is None else list(records(name, data, shape, out))


def value_in(name: str, data: bytes, shape: Shape, out: Outcome) -> Any:
    """The one JSON value that `data` are, in its right shape, else None and `out` says why."""
    try:
        value = canonical.parse(data)
        canonical.encode(value)
    except canonical.NotJson as error:
        out.fail("not_json", name, why=str(error))
        return None
    wrong = wrongs(shape, value)
    for path, expected in wrong:
        out.fail("shape", name + path, expected=expected)
    return None if wrong else value


def records(name: str, data: bytes, shape: Shape, out: Outcome) -> Iterator[tuple[int, bytes, Json]]:
    if data and not data.endswith(b"\n"):
        out.fail("no_last_newline", name)
    for number, line in enumerate(data.removesuffix(b"\n").split(b"\n") if data else [], 1):
        place = f"{name}:{number}"
        try:
            value, is_canonical = canonical.read(line)
        except canonical.NotJson as error:
            out.fail("not_json", place, why=str(error))
            continue
        if not is_canonical:
            out.fail("not_canonical", place)
        wrong = wrongs(shape, value)
        for path, expected in wrong:
            out.fail("shape", place + " " + path.lstrip("."), expected=expected)
        if not wrong:
            yield number, line, value


def mistyped(given: str, claimed: str) -> int:
    """In how many digits two numbers of one length differ, where that is so few that somebody mistyped one; else 0.

    Nobody can make a key or a hash that is so near to a given one.
    """
    wrong = sum(a != b for a, b in zip(given, claimed, strict=False))
    return wrong if len(given) == len(claimed) and wrong <= 4 else 0
