"""What may this candidate do now? One pure function of a timetable and an instant.

All instants are session time: milliseconds since the record began, running through outages of LAN and server,
standing still only between the last tick before a reboot and the reboot's end (`examd.clock`). Wall clocks are
advice and never come here.

Before: `examd.record.state` keeps each seat's Timetable. After: delivery obeys the phase; the terminal shows it.
"""

from dataclasses import dataclass
from enum import StrEnum

GRACE_MS = 3_000
"""An answer on its way when the time ran out is still in time; nobody can read and choose in three seconds more."""


class Phase(StrEnum):
    WAITING = "waiting"
    """Signed in; the session has not started for this seat."""
    ANSWERING = "answering"
    PAUSED = "paused"
    """The clock stands still by the examiner's order; nothing may be answered."""
    TIME_UP = "time-up"
    """The deadline has passed. Only answers given before it, by a seat that was cut off then, still enter (LATE)."""
    HANDED_IN = "handed-in"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Timetable:
    """All that decides a candidate's phase. Times in session milliseconds; None means it has not happened."""

    limit_ms: int
    """Answering time of the rule."""
    started_ms: int | None = None
    paused_ms: int = 0
    """Sum of finished pauses since the start."""
    paused_since_ms: int | None = None
    added_ms: int = 0
    """Approved compensation (补时)."""
    handed_in: bool = False
    closed: bool = False


def used_ms(timetable: Timetable, now_ms: int) -> int:
    """Answering time used up at `now_ms`: since the start, less pauses. 0 before the start."""
    if timetable.started_ms is None:
        return 0
    until = now_ms if timetable.paused_since_ms is None else min(now_ms, timetable.paused_since_ms)
    return max(0, until - timetable.started_ms - timetable.paused_ms)


def remaining_ms(timetable: Timetable, now_ms: int) -> int:
    """Answering time left, never below 0."""
    return max(0, timetable.limit_ms + timetable.added_ms - used_ms(timetable, now_ms))


def phase_at(timetable: Timetable, now_ms: int) -> Phase:
    """The phase at `now_ms`. Later facts win: closed over handed in over paused over the clock."""
    if timetable.closed:
        return Phase.CLOSED
    if timetable.handed_in:
        return Phase.HANDED_IN
    if timetable.started_ms is None:
        return Phase.WAITING
    if timetable.paused_since_ms is not None:
        return Phase.PAUSED
    if remaining_ms(timetable, now_ms) > 0:
        return Phase.ANSWERING
    return Phase.TIME_UP


def in_grace(timetable: Timetable, now_ms: int) -> bool:
    """Time is up, but by less than GRACE_MS."""
    over = used_ms(timetable, now_ms) - timetable.limit_ms - timetable.added_ms
    return 0 <= over < GRACE_MS
