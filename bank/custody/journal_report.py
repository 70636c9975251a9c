"""The journal of a bank as an inspector reads it: recomputed, and held against the bank's custody and what cards say.

Before: `bank.journal` checks it by itself. After: `examd bank journal`.
"""

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bank.canonical import SPOKEN_DIGITS, SPOKEN_GROUP, digest, spoken
from bank.custody.holders import Custody, handed_over_unsettled, is_shared
from bank.custody.positions import Position, position_of
from bank.journal import SHOWN, Entry, Journal, check
from bank.refused import BadFile

SLIPS = 2
"""Digits that may differ in what was meant to be the same number."""
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
    shown: Mapping[str, int]
    """Reviewer, by id and name -> of how many items they were shown stem, options, answer key and pictures."""
    entries: Sequence[Entry]

    @property
    def sound(self) -> bool:
        return not self.findings and not self.accepted


def inspect(directory: Path, custody: str | None = None, position: str | None = None) -> JournalReport:
    """`custody`, `position`: digits that somebody read off a card or noted at an earlier opening or closing.

    Raises BadFile: when the bank is not in shares and has no journal, or what was typed is no such number, or one that
    was mistyped: a slip of the keys is no finding.
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
    matching = None
    if custody is not None:
        said = _found(custody, "--custody", [each.fingerprint for each in custodies])
        matching = next((each for each in custodies if each.fingerprint == said), None)
        if matching is None:
            findings.append((1, "journal-other-custody"))
    entries = [line.entry for line in journal.lines]
    if position is not None and _found(position, "--position", [spoken(entry.hash) for entry in entries]) is None:
        findings.append((journal.n, "journal-position-unknown"))
    shown: Counter[str] = Counter()
    for entry in entries:
        if entry.act == SHOWN:
            shown.update(map(str, entry.facts.get("by", ())))
    position_now = position_of(journal)
    return JournalReport(findings, checked.accepted, notes, custodies, matching, position_now, shown, entries)


def _found(typed: str, option: str, known: Sequence[str]) -> str | None:
    """Which of the known numbers was read out: in groups or not, with or without what stands before them, as any
    keyboard types them; None where it is none of them, nor nearly one.

    Raises BadFile: when it has not as many digits, or is one of them but for a digit or two, or two that changed
    places. Nobody can make a journal whose number is so near to one on a card: who typed it looks again.
    """
    digits = "".join(c if c.isdecimal() else " " for c in unicodedata.normalize("NFKC", typed)).split()
    while len(digits) > 1 and sum(map(len, digits[1:])) >= SPOKEN_DIGITS:
        del digits[0]  # what stands before: "1-55"
    given = "".join(digits)
    if len(given) != SPOKEN_DIGITS:
        raise BadFile("number-shape", option=option, expected=SPOKEN_DIGITS, found=len(given))
    by_digits = {each.replace(" ", ""): each for each in known}
    if given in by_digits:
        return by_digits[given]
    for each in by_digits:
        wrong = [place for place, (a, b) in enumerate(zip(given, each, strict=True)) if a != b]
        if len(wrong) <= SLIPS:
            groups = ", ".join(dict.fromkeys(str(place // SPOKEN_GROUP + 1) for place in wrong))
            raise BadFile("number-slip", option=option, groups=groups)
    return None
