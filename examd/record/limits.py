"""What staff may do to a candidate's time by themselves; beyond it the chief examiner orders, and signs (补时, 暂停).

Bounds come from the rule, and where that says nothing from here. Pure; the verifier counts again for itself.

Before: `examd.delivery.commands.sitting` was told to add time, or to let a clock run again. After: `orders`.
"""

from collections.abc import Collection
from dataclasses import dataclass

from bank.rules import Rule
from examd.protocol.phase import Timetable

UNSTATED_MINUTES = 180
"""Added, and paused, for one candidate in all, where a rule does not say it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """In milliseconds, for one candidate in all."""

    added_ms: int
    paused_ms: int

    @classmethod
    def of(cls, rule: Rule) -> "Limits":
        """Those of the rule."""
        added, paused = rule.conduct.added_minutes, rule.conduct.paused_minutes
        return cls((added or UNSTATED_MINUTES) * 60_000, (paused or UNSTATED_MINUTES) * 60_000)


def added_in_all(seats: Collection[Timetable], more_ms: int) -> int:
    """What the seat with most of it has been given, once `more_ms` is added to all of these."""
    return max((seat.added_ms for seat in seats), default=0) + more_ms


def paused_in_all(seats: Collection[Timetable], now_ms: int) -> int:
    """How long the seat with most of it has stood still, if its clock runs again now."""

    def of(seat: Timetable) -> int:
        return seat.paused_ms + (0 if seat.paused_since_ms is None else now_ms - seat.paused_since_ms)

    return max(map(of, seats), default=0)
