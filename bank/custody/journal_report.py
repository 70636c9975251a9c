"""The journal of a bank as an inspector reads it: recomputed, and held against the bank's custody and what cards say.

Before: `bank.journal` checks it by itself. After: `examd bank journal`.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bank.canonical import digest, spoken
from bank.custody.holders import Custody, handed_over_unsettled, is_shared
from bank.custody.positions import Position, position_of
from bank.journal import Entry, Journal, check

Finding = tuple[int, str]
"""Number of the entry, code."""


@dataclass(frozen=True, slots=True)
class CustodyEntry:
    n: int
    """Of the entry that shared the bank."""
    generation: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class JournalReport:
    findings: Sequence[Finding]
    """What is wrong."""
    accepted: Sequence[Finding]
    """What is wrong, and was known to its keyholders when they went on."""
    notes: Sequence[Finding]
    """What is not wrong and should be known."""
    custodies: Sequence[CustodyEntry]
    matching: CustodyEntry | None
    """The one whose fingerprint was read out."""
    position: Position
    entries: Sequence[Entry]

    @property
    def sound(self) -> bool:
        return not self.findings and not self.accepted


def inspect(directory: Path, custody: str | None = None, position: str | None = None) -> JournalReport:
    """`custody`, `position`: digits that somebody read off a card or noted at an earlier opening or closing.

    Raises BadFile: when the bank is not in shares and has no journal.
    """
    journal = Journal.read(directory)
    checked = check(journal.lines)
    findings = list(checked.findings)
    notes = [note for note in checked.notes if note not in checked.accepted]
    by_fingerprint = {
        fingerprint: CustodyEntry(n, record["generation"], fingerprint)
        for n, record in checked.custodies
        for fingerprint in [spoken(digest(dict(record)))]
    }
    custodies = list(by_fingerprint.values())
    if not is_shared(directory):
        if not journal.lines:
            Custody.read(directory)  # says that this is no bank in the hands of keyholders
        notes.append((journal.n, "journal-alone"))
    elif not journal.lines:
        findings.append((0, "journal-missing"))
    elif handed_over_unsettled(directory):
        notes.append((journal.n, "journal-unsettled"))
    elif Custody.read(directory).fingerprint != (custodies[-1].fingerprint if custodies else ""):
        findings.append((journal.n, "journal-not-this-custody"))
    matching = next((each for each in custodies if _digits(each.fingerprint) == _digits(custody or "")), None)
    if custody is not None and matching is None:
        findings.append((1, "journal-other-custody"))
    entries = [line.entry for line in journal.lines]
    if position is not None and _digits(position) not in {_digits(spoken(entry.hash)) for entry in entries}:
        findings.append((journal.n, "journal-position-unknown"))
    return JournalReport(findings, checked.accepted, notes, custodies, matching, position_of(journal), entries)


def _digits(said: str) -> str:
    """The twenty digits that were read out, as any keyboard types them, with or without what stands before them."""
    return "".join(c for c in unicodedata.normalize("NFKC", said) if c.isdecimal())[-20:]
