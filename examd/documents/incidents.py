"""What befell a candidate in the session, by the record: waived at closing, time added, the hand-in opened again, late
answers that count or not, with the reasons given then.

Before: `entries.jsonl` of the result. After: the score sheet, for whoever signs it.
"""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from bank.durable import read_bytes
from bank.refused import BadFile
from examd.record.entries import Kind, decode_entry
from examd.record.state import ROOM


class What(Enum):
    """Kinds of incidents."""

    WAIVED = "waived"
    TIME_ADDED = "time-added"
    REOPENED = "reopened"
    LATE_COUNTED = "late-counted"
    LATE_DROPPED = "late-dropped"
    RESTORED = "restored"
    """Answers that the server lost, admitted from a terminal's journal."""


@dataclass(frozen=True, slots=True)
class Incident:
    """One entry of the record that somebody may ask about."""

    c: int
    """The candidate's number; `ROOM`: everyone who was there."""
    what: What
    reason: str
    minutes: float = 0
    n: int = 0
    """How many answers it concerns."""


def read(folder: Path) -> tuple[Incident, ...]:
    """Of a result folder, in the order of the record. Raises BadFile: when the record cannot be read."""
    found = []
    for number, line in enumerate(read_bytes(folder / "entries.jsonl", named="entries.jsonl").splitlines(), 1):
        try:
            entry = decode_entry(line)
        except ValueError:
            raise BadFile("entry-malformed", line=number) from None
        if entry.type is Kind.WAIVE:
            found.append(Incident(entry.body["c"], What.WAIVED, entry.body["reason"]))
        elif entry.type is Kind.ADD_TIME:
            minutes = entry.body["ms"] / 60_000
            found.append(Incident(entry.body["c"], What.TIME_ADDED, entry.body["reason"], minutes))
        elif entry.type is Kind.REOPEN:
            found.append(Incident(entry.body["c"], What.REOPENED, entry.body["reason"]))
        elif entry.type is Kind.RESTORE:
            n = len(entry.body["answers"])
            found.append(Incident(entry.body["c"], What.RESTORED, entry.body["reason"], n=n))
        elif entry.type is Kind.LATE:
            what = What.LATE_COUNTED if entry.body["counts"] else What.LATE_DROPPED
            found.append(Incident(entry.body["c"], what, entry.body["reason"], n=entry.body["n"]))
    return tuple(found)


def of_candidate(incidents: tuple[Incident, ...], c: int) -> list[Incident]:
    """Those that concern one candidate who was there, the whole room's among them."""
    return [each for each in incidents if each.c in (c, ROOM)]
