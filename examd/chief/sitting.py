"""What the entries of a record say of its sitting, folded by the device itself: nothing here is taken from the server.

What contradicts itself is refused, for no honest server writes it. What is merely unusual is counted by name, for a
person to judge (`examd.chief.judging`).

Before: a request's entries. After: `examd.chief.memory` keeps how far it came.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from bank.canonical import canonical
from bank.refused import BadFile, Denied
from examd.protocol.phase import GRACE_MS, Timetable, used_ms
from examd.record.entries import Entry, Kind, decode_entry
from examd.record.limits import Limits, added_in_all, paused_in_all
from examd.record.state import ROOM, Seat, SessionState

ACTS = (Kind.ANSWER, Kind.FLAG, Kind.HAND_IN)


class Last(msgspec.Struct, frozen=True):
    """The newest entry's place and time."""

    idx: int
    t_ms: int
    mono_ms: int
    boot: str
    wall_s: int


class Sitting(msgspec.Struct):
    state: SessionState = msgspec.field(default_factory=SessionState)
    last: Last | None = None
    starts: int = 0
    """Of the server."""
    reboots: int = 0
    pauses: int = 0
    waived: dict[int, str] = {}
    """Whom the closing goes on without, and why."""
    wall_ahead_s: int | None = None
    """Of the boot clock, when this boot was first heard of."""
    wall_moved_s: int = 0
    """The furthest that the server's wall clock moved against its boot clock, either way."""

    def read(self, line: str) -> Entry:
        """The next entry. Raises BadFile: it is none."""
        try:
            entry = decode_entry(line)
            if canonical(msgspec.to_builtins(entry)) != line.encode():
                raise ValueError
        except (msgspec.DecodeError, TypeError, ValueError):
            raise BadFile("chief-entry-malformed", idx=self._next) from None
        return entry

    def add(self, entry: Entry, limits: Limits) -> None:
        """Takes the next entry in. Raises BadFile: its body is not of its kind. Raises Denied: it contradicts those
        before it, or gives more time than the rule allows with nobody's order."""
        try:
            if (wrong := self._contradiction(entry, self._next) or self._over(entry, limits)) is not None:
                raise Denied("record-contradicts", idx=self._next, contradiction=wrong)
            self._count(entry)
            self.state.apply(entry.type, entry.body, entry.t_ms, entry.idx)
        except (LookupError, TypeError, ValueError, AttributeError, OverflowError):
            raise BadFile("chief-entry-malformed", idx=self._next) from None
        self.last = Last(entry.idx, entry.t_ms, entry.mono_ms, entry.boot, entry.wall_s)

    @property
    def _next(self) -> int:
        return 0 if self.last is None else self.last.idx + 1

    def _over(self, entry: Entry, limits: Limits) -> str | None:
        """Time given, or a clock let run again, beyond what staff may do by themselves."""
        if entry.type not in (Kind.ADD_TIME, Kind.RESUME):
            return None
        tables = [seat.timetable for seat in self.state.running(entry.body["c"])]
        if "sig" in entry.body:  # an order is for one moment: what had been given then, the pause that ends
            bound = entry.body["since_ms"] if entry.type is Kind.RESUME else entry.body["before_ms"]
            return None if bound == self._bound(entry, tables) else "order-of-another-moment"
        if entry.type is Kind.ADD_TIME:
            over = bool(tables) and added_in_all(tables, entry.body["ms"]) > limits.added_ms
        else:
            over = paused_in_all(tables, entry.t_ms) > limits.paused_ms
        return "over-the-rule" if over else None

    def _bound(self, entry: Entry, tables: list[Timetable]) -> int | None:
        if entry.type is Kind.ADD_TIME:
            return added_in_all(tables, 0)
        if entry.body["c"] == ROOM:
            return self.state.paused_since_ms
        return tables[0].paused_since_ms if tables else None

    def _contradiction(self, entry: Entry, idx: int) -> str | None:
        last, state = self.last, self.state
        if entry.idx != idx:
            return "gap"
        if state.closed:
            return "after-close"
        if last is not None and entry.t_ms < last.t_ms:
            return "time-back"
        if last is not None and entry.boot == last.boot and entry.t_ms - last.t_ms != entry.mono_ms - last.mono_ms:
            return "time-not-boot-clock"
        if entry.type in (Kind.PREPARE, Kind.OPEN):
            there = state.prepared if entry.type is Kind.PREPARE else state.opened
            return None if there is None else "twice"
        if entry.type is Kind.START and (state.opened is None or state.started_ms is None):
            return "start-before-opening"
        if entry.type is Kind.ADD_TIME and entry.body["ms"] <= 0:
            return "time-taken"
        if entry.type in ACTS:
            return self._act_contradicts(entry, state.seats[entry.body["c"]])
        return self._closing_contradicts(entry.body) if entry.type is Kind.CLOSE else None

    def _act_contradicts(self, entry: Entry, seat: Seat) -> str | None:
        if seat.timetable.started_ms is None:
            return "act-before-start"
        if seat.hand_in_idx >= 0:
            return "act-after-hand-in"
        if entry.type is not Kind.HAND_IN and entry.actor != f"seat:{seat.c}":
            return "act-not-by-seat"
        stands = seat.timetable.paused_since_ms
        # What was under way when the clock was stopped is taken; nobody reads and chooses in three seconds.
        if entry.actor != "server" and stands is not None and entry.t_ms - stands >= GRACE_MS:
            return "act-in-pause"
        if entry.type is Kind.ANSWER and not entry.body["late"] and _over_ms(seat, entry.t_ms) >= GRACE_MS:
            return "late-unmarked"
        return None

    def _closing_contradicts(self, said: Mapping[str, Any]) -> str | None:
        if any(seat.late_answers for seat in self.state.seats.values()):
            return "late-undecided"
        counted = {
            "absent": len(self.state.absent), "handed_in": self.handed_in, "late": len(self.late_decided),
            "present": len(self.state.seats), "waived": len(self.waived),
        }  # fmt: skip
        return None if said == counted else "close-counts"

    def _count(self, entry: Entry) -> None:
        last, body = self.last, entry.body
        self.starts += entry.type is Kind.BOOT
        self.reboots += last is not None and entry.boot != last.boot
        self.pauses += entry.type is Kind.PAUSE
        ahead_s = entry.wall_s - entry.mono_ms // 1000
        if self.wall_ahead_s is None or (last is not None and entry.boot != last.boot):
            self.wall_ahead_s = ahead_s
        self.wall_moved_s = max(self.wall_moved_s, abs(ahead_s - self.wall_ahead_s))
        if entry.type is Kind.WAIVE:
            self.waived = {**self.waived, body["c"]: str(body["reason"])}

    @property
    def added_ms(self) -> Mapping[int, int]:
        """Time added, by candidate who was given some."""
        return {c: seat.timetable.added_ms for c, seat in self.state.seats.items() if seat.timetable.added_ms}

    @property
    def late(self) -> Mapping[int, Seat]:
        """Who gave answers after the deadline, or says to have given them before."""
        return {c: seat for c, seat in self.state.seats.items() if seat.late}

    @property
    def late_decided(self) -> frozenset[int]:
        return frozenset(c for c, seat in self.state.seats.items() if seat.late_decided)

    @property
    def handed_in(self) -> int:
        return sum(seat.hand_in_idx >= 0 for seat in self.state.seats.values())

    def opened(self, name: str) -> Any:
        """What OPEN says under this name; None where it says nothing."""
        return None if self.state.opened is None else self.state.opened.get(name)


def _over_ms(seat: Seat, t_ms: int) -> int:
    table = seat.timetable
    return used_ms(table, t_ms) - table.limit_ms - table.added_ms
