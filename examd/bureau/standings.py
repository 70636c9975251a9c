"""Where each package stands by the release ledger: opened and not returned, told over a telephone alone, alarms.

Nothing leaves the list: a session that was opened and of which nothing came back grows older on it.

Before: `examd.bureau.releasing` wrote. After: `examd bureau ledger`.
"""

from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from bank.clock import day_of
from examd.bureau.ledger import CHECKPOINT, Alarm, AnyEntry, Closing, Code1, Code2, Issue, Ledger, Result, Void


class Where(IntEnum):
    """The further down, the less there is to do."""

    OPENED = 0
    """Code 1 was given; nothing came back."""
    TELEPHONE = 1
    """Code 2 was given for a closing that was read out; the signed one did not come."""
    CLOSED = 2
    """The signed closing is here, the result is not."""
    ISSUED = 3
    RETURNED = 4
    VOID = 5

    @property
    def is_over(self) -> bool:
        return self >= Where.RETURNED


@dataclass(frozen=True, slots=True)
class Standing:
    issue: Issue
    where: Where
    since: str
    """Day of the entry that brought it there."""
    days: int
    """Since then; 0 where it is over."""
    alarms: tuple[Alarm, ...]
    unsigned: bool
    """Code 2 was given for a closing of which no signed form ever came."""
    entries: tuple[AnyEntry, ...]


def standing(ledger: Ledger, issue: Issue, today: date) -> Standing:
    """Of one package."""
    number = issue.package
    entries = [entry for entry in ledger.entries if entry.package == number]
    alarms = tuple(ledger.of(number, Alarm))
    signed = [each for each in ledger.of(number, Closing) if each.by == CHECKPOINT]
    told, opened = ledger.of(number, Code2), ledger.of(number, Code1)
    brought: tuple[Where, AnyEntry]
    if void := ledger.of(number, Void):
        brought = Where.VOID, void[0]
    elif result := ledger.of(number, Result):
        brought = Where.RETURNED, result[0]
    elif signed:
        brought = Where.CLOSED, signed[0]
    elif told:
        brought = Where.TELEPHONE, told[0]
    elif opened:
        brought = Where.OPENED, opened[0]
    else:
        brought = Where.ISSUED, issue
    where, since = brought[0], day_of(brought[1].at)
    days = 0 if where.is_over else (today - date.fromisoformat(since)).days
    return Standing(issue, where, since, days, alarms, bool(told) and not signed, tuple(entries))


def standings(ledger: Ledger, today: date) -> list[Standing]:
    """Of all packages: those with alarms first, then by what is left to do, the oldest first."""
    found = [standing(ledger, each, today) for each in ledger.issued()]
    return sorted(found, key=lambda each: (not each.alarms, each.where, -each.days, each.issue.n))
