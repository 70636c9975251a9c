"""The rule of time: how far past its deadline a seat was when an entry was committed.

A seat's time runs from its START in session time, stands still while the seat or the room is paused (both at once
count once), and ends at `limit_ms` plus what was added to the seat or the room since its START.
"""

from dataclasses import dataclass, field

from .record import Entry

SLACK_MS = 3_000
ROOM = 0


@dataclass(slots=True)
class _Seat:
    ends: int
    """In the seat's own working time."""
    worked: int = 0
    since: int | None = None
    """Session time up to which `worked` is counted; None while it stands still."""


@dataclass(slots=True)
class Clock:
    _seats: dict[int, _Seat] = field(default_factory=dict)
    _paused: set[int] = field(default_factory=set)
    """Ordinals under a pause of their own, and ROOM."""

    def see(self, entry: Entry) -> str | None:
        """Take the entry in; gives the code of what is wrong with a pause, if anything is."""
        c = entry.c
        match entry.type:
            case "START":
                if c not in self._seats:
                    still = ROOM in self._paused or c in self._paused
                    self._seats[c] = _Seat(entry.body["limit_ms"], since=None if still else entry.t_ms)
            case "PAUSE":
                if c in self._paused:
                    return "pause_twice"
                self._paused.add(c)
                self._turn(entry)
            case "RESUME":
                if c not in self._paused:
                    return "resume_unpaused"
                self._paused.discard(c)
                self._turn(entry)
            case "ADD_TIME":
                for seat in self._touched(c):
                    seat.ends += entry.body["ms"]
        return None

    def over(self, entry: Entry) -> int | None:
        """Milliseconds past the deadline (negative: before it); None for a seat without START."""
        seat = self._seats.get(entry.c) if entry.c else None
        if seat is None:
            return None
        running = 0 if seat.since is None else entry.t_ms - seat.since
        return seat.worked + running - seat.ends

    def _touched(self, c: int) -> list[_Seat]:
        if c == ROOM:
            return list(self._seats.values())
        return [self._seats[c]] if c in self._seats else []

    def _turn(self, entry: Entry) -> None:
        """Start or stop the seats that this pause or its end reaches."""
        for c, seat in self._seats.items():
            if entry.c not in (ROOM, c):
                continue
            still = ROOM in self._paused or c in self._paused
            if still and seat.since is not None:
                seat.worked += entry.t_ms - seat.since
                seat.since = None
            elif not still and seat.since is None:
                seat.since = entry.t_ms
