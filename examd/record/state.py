"""What the record says so far: one fold over its entries, run alike after each commit, after a restart, by grading.

Nothing is decided here and nothing refused: an entry that stands in the record has happened. Deciding is
`examd.delivery.hall` and its callers, before an entry is written.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from examd.protocol import acts
from examd.protocol.phase import Timetable, used_ms
from examd.record.entries import Kind

_CHOICES: dict[tuple[int, ...], tuple[int, ...]] = {}
"""One of each choice that was ever made: a room holds 100,000 answers and a few dozen different choices."""
ROOM = 0
"""`c` of an entry that concerns the whole room."""


@dataclass(slots=True)
class Seat:
    """One candidate in this session."""

    c: int
    limit_ms: int = 0
    token_sha256: str = ""
    terminal: str = ""
    """Name of the machine where the candidate signed in last: the seat, for people in the room."""
    machine: str = ""
    """Which enrolled machine that was; "" in records of before there were any."""
    admitted: str | None = None
    """Staff let the candidate sign in at another terminal: of this name, any where it is empty."""
    ready: bool = False
    form: str = ""
    attempt: int = 0
    timetable: Timetable = field(default_factory=lambda: Timetable(limit_ms=0))
    acts: bytes = b""
    """Head of the chain of this candidate's acts (`examd.protocol.acts`); empty before the seat has started."""
    signed_seq: int = -1
    """Newest act that a terminal has vouched for; -1 where none ever signed."""
    signer: str = ""
    """Machine that signed last."""
    seq: int = 0
    """Newest act in the record."""
    acked_idx: int = -1
    """Entry of that act."""
    answers: dict[int, tuple[int, ...]] = field(default_factory=dict)
    """What counts, by slot."""
    late_answers: dict[int, tuple[int, ...]] = field(default_factory=dict)
    """What came after the deadline and nobody can date: it counts where the chief examiner says so."""
    late: int = 0
    """How many such acts there were."""
    late_decided: bool = False
    late_ms: int = 0
    """How long after its deadline the last of them came."""
    flags: set[int] = field(default_factory=set)
    own_pause: bool = False
    """This seat was paused by name; a pause of the whole room comes and goes over it."""
    hand_in_idx: int = -1
    hand_in_by: str = ""
    waived: bool = False

    @property
    def held(self) -> dict[int, tuple[int, ...]]:
        """All that the record has of this candidate, counting or not: what the terminal holds too."""
        return {**self.answers, **self.late_answers}

    @property
    def answered(self) -> int:
        return sum(1 for choice in self.held.values() if choice)


class Alarm(NamedTuple):
    c: int
    what: str


class Enrolled(NamedTuple):
    """A terminal, as the record names it."""

    name: str
    key: str
    """Its public signing key, in hex."""


@dataclass(slots=True)
class SessionState:
    seats: dict[int, Seat] = field(default_factory=dict)
    """Every candidate who has signed in."""
    prepared: Mapping[str, Any] | None = None
    terminals: dict[str, Enrolled] = field(default_factory=dict)
    """By machine: who may sign for a candidate's acts."""
    opened: Mapping[str, Any] | None = None
    opened_idx: int = -1
    started_ms: int | None = None
    closed: bool = False
    absent: set[int] = field(default_factory=set)
    paused_since_ms: int | None = None
    """The whole room's pause, where one is running."""
    alarms: list[Alarm] = field(default_factory=list)

    def share_choices(self) -> None:
        """Of equal choices one is kept: those of a state that was read from a file are each its own."""
        for seat in self.seats.values():
            seat.answers = {slot: _CHOICES.setdefault(choice, choice) for slot, choice in seat.answers.items()}

    def apply(self, kind: Kind, body: Mapping[str, Any], t_ms: int, idx: int) -> None:
        _FOLDS[kind](self, body, t_ms, idx)

    def _boot(self, body: Mapping[str, Any], t_ms: int, idx: int) -> None:
        """Nothing changes: epoch and clock are the writer's."""

    _tick = _staff = _on_duty = _duty_lapse = _boot

    def _alarm(self, body: Mapping[str, Any], t_ms: int, idx: int) -> None:
        self.alarms.append(Alarm(body["c"], body["what"]))

    def _prepare(self, body: Mapping[str, Any], t_ms: int, idx: int) -> None:
        self.prepared = body

    def _terminals(self, body: Mapping[str, Any], t_ms: int, idx: int) -> None:
        self.terminals |= {each["machine"]: Enrolled(each["name"], each["key"]) for each in body["terminals"]}

    def _open(self, body: Mapping[str, Any], t_ms: int, idx: int) -> None:
        self.opened, self.opened_idx = body, idx

    def _sign_in(self, body: Mapping[str, Any], t_ms: int, idx: int) -> None:
        seat = self.seats.setdefault(body["c"], Seat(body["c"]))
        seat.token_sha256 = body["token_sha256"]
        seat.terminal = body.get("terminal", "")
        seat.machine, seat.admitted = body.get("machine", ""), None

    def _admit(self, body: Mapping[str, Any], t_ms: int, idx: int) -> None:
        self.seats[body["c"]].admitted = body["terminal"]

    def _ready(self, body: Mapping[str, Any], t_ms: int, idx: int) -> None:
        self.seats[body["c"]].ready = True

    def _session_start(self, body: Mapping[str, Any], t_ms: int, idx: int) -> None:
        self.started_ms = t_ms

    def _start(self, body: Mapping[str, Any], t_ms: int, idx: int) -> None:
        seat = self.seats[body["c"]]
        seat.form, seat.attempt = body["form"], body["attempt"]
        package_id = "" if self.prepared is None else self.prepared["package_id"]
        seat.acts = acts.first(package_id, seat.c, seat.form)
        # A seat that starts while the whole room is paused starts paused.
        seat.timetable = replace(
            seat.timetable,
            limit_ms=body["limit_ms"],
            started_ms=t_ms,
            paused_since_ms=None if self.paused_since_ms is None else t_ms,
        )

    def _answer(self, body: Mapping[str, Any], t_ms: int, idx: int) -> None:
        seat = self._acted(body, idx)
        choice, slot = tuple(body["choice"]), body["slot"]
        choice = _CHOICES.setdefault(choice, choice)
        seat.acts = acts.answered(seat.acts, seat.seq, slot, choice, body["used_ms"])
        if body["late"]:
            seat.late_answers[slot] = choice
            seat.late += 1
            table = seat.timetable
            seat.late_ms = used_ms(table, t_ms) - table.limit_ms - table.added_ms
        else:
            seat.answers[slot] = choice
            seat.late_answers.pop(slot, None)  # time was added since, and it was answered anew

    def _late(self, body: Mapping[str, Any], t_ms: int, idx: int) -> None:
        seat = self.seats[body["c"]]
        if body["counts"]:
            seat.answers |= seat.late_answers
        seat.late_answers, seat.late_decided = {}, True

    def _flag(self, body: Mapping[str, Any], t_ms: int, idx: int) -> None:
        seat = self._acted(body, idx)
        seat.acts = acts.flagged(seat.acts, seat.seq, body["slot"], body["on"])
        (seat.flags.add if body["on"] else seat.flags.discard)(body["slot"])

    def _hand_in(self, body: Mapping[str, Any], t_ms: int, idx: int) -> None:
        seat = self._acted(body, idx) if body["seq"] else self.seats[body["c"]]
        if body["seq"]:
            seat.acts = acts.handed_in(seat.acts, seat.seq)
            seat.signed_seq, seat.signer = seat.seq, seat.machine
        seat.hand_in_idx, seat.hand_in_by = idx, body["by"]
        seat.timetable = replace(seat.timetable, handed_in=True)

    def _signed(self, body: Mapping[str, Any], t_ms: int, idx: int) -> None:
        seat = self.seats[body["c"]]
        seat.signed_seq, seat.signer = body["seq"], seat.machine

    def _restore(self, body: Mapping[str, Any], t_ms: int, idx: int) -> None:
        seat = self.seats[body["c"]]
        for answer in body["answers"]:
            seat.answers[answer["slot"]] = tuple(answer["choice"])
            seat.late_answers.pop(answer["slot"], None)

    def _reopen(self, body: Mapping[str, Any], t_ms: int, idx: int) -> None:
        seat = self.seats[body["c"]]
        seat.hand_in_idx, seat.hand_in_by = -1, ""
        seat.timetable = replace(seat.timetable, handed_in=False)

    def _acted(self, body: Mapping[str, Any], idx: int) -> Seat:
        seat = self.seats[body["c"]]
        seat.seq, seat.acked_idx = body["seq"], idx
        return seat

    def _pause(self, body: Mapping[str, Any], t_ms: int, idx: int) -> None:
        if body["c"] == ROOM:
            self.paused_since_ms = t_ms
        for seat in self.running(body["c"]):
            seat.own_pause |= body["c"] != ROOM
            if seat.timetable.paused_since_ms is None:
                seat.timetable = replace(seat.timetable, paused_since_ms=t_ms)

    def _resume(self, body: Mapping[str, Any], t_ms: int, idx: int) -> None:
        """A seat's clock runs again once neither its own pause nor the room's is left; time under both counts once."""
        if body["c"] == ROOM:
            self.paused_since_ms = None
        for seat in self.running(body["c"]):
            seat.own_pause &= body["c"] == ROOM
            since = seat.timetable.paused_since_ms
            if since is not None and not seat.own_pause and self.paused_since_ms is None:
                paused_ms = seat.timetable.paused_ms + t_ms - since
                seat.timetable = replace(seat.timetable, paused_ms=paused_ms, paused_since_ms=None)

    def _add_time(self, body: Mapping[str, Any], t_ms: int, idx: int) -> None:
        for seat in self.running(body["c"]):
            seat.timetable = replace(seat.timetable, added_ms=seat.timetable.added_ms + body["ms"])

    def running(self, c: int) -> list[Seat]:
        """The seats an act on the clock concerns: those that have started. Who has not started has lost no time."""
        seats = self.seats.values() if c == ROOM else [self.seats[c]]
        return [seat for seat in seats if seat.timetable.started_ms is not None]

    def _waive(self, body: Mapping[str, Any], t_ms: int, idx: int) -> None:
        self.seats[body["c"]].waived = True

    def _absent(self, body: Mapping[str, Any], t_ms: int, idx: int) -> None:
        self.absent.add(body["c"])

    def _close(self, body: Mapping[str, Any], t_ms: int, idx: int) -> None:
        self.closed = True
        for seat in self.seats.values():
            if "late" not in body:  # a record of before late answers were decided upon: all of them count
                seat.answers |= seat.late_answers
                seat.late_answers = {}
            seat.timetable = replace(seat.timetable, closed=True)


_FOLDS: dict[Kind, Callable[[SessionState, Mapping[str, Any], int, int], None]] = {
    kind: getattr(SessionState, "_" + kind.value.lower()) for kind in Kind
}
