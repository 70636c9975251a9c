"""One opened session: who is where, what each seat is told, and the start of its clock. No HTTP, no sockets.

Every act is decided on arrival, against the state of the record plus what is already on its way to the disk
(`Live`); its effects happen when its entry is durable. An act is answered only then.

Before: `sign_in`, `answers` and `ending` decide here what `seats` and `commands` bring. After: `examd.record.writer`.
"""

import contextlib
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import Protocol

from bank.refused import Denied
from examd.delivery import view
from examd.delivery.forms import Forms
from examd.delivery.wrong_sign_ins import WrongSignIns
from examd.package.layout import RosterLine
from examd.package.open import OpenItems, Package
from examd.protocol.acts import Vouched
from examd.protocol.messages import Answer, Clock, Flag, Message, Receipt, Refusal, Sign, Signed
from examd.protocol.phase import Phase, phase_at, remaining_ms, used_ms
from examd.protocol.reasons import Reason
from examd.protocol.receipt import receipt_code
from examd.record.entries import Committed, Kind, chain_hash, leaf_hash
from examd.record.state import Seat
from examd.record.writer import Outcome, Record


class Connection(Protocol):
    """A terminal's end, as the hall sees it."""

    terminal: str
    """What the room calls it."""
    machine: str
    """Which enrolled machine it is (`examd.terminals`)."""
    address: str
    """Where it comes from on the network."""
    c: int
    """The candidate sitting here; 0 for nobody."""
    last_heard_ms: int

    def send(self, message: Message) -> None: ...
    def drop(self, refusal: Refusal) -> None: ...


ALARMS = 3
"""Alarms of one candidate that enter the record: whoever forges one can forge a thousand, and buries the others'."""
NEVER_MS = -(1 << 53)
TOLD = 4
"""A hand-in may have been under way when the terminal was asked anew."""


class Stage(IntEnum):
    """How far a seat has come. What was handed to the record counts, durable or not: each step happens once."""

    ABSENT = 0
    SIGNED_IN = 1
    READY = 2
    STARTED = 3
    HANDED_IN = 4


@dataclass(slots=True)
class Live:
    """What is true of a seat now and need not outlive this process."""

    connection: Connection | None = None
    machine: str = ""
    """Where the candidate signed in last; there they may again, unasked."""
    admitted: str | None = None
    """Staff let the candidate sign in once at the terminal of this name, at any where it is empty."""
    queued_seq: int = 0
    """Newest act handed to the record, durable or not."""
    under_way: deque[Answer | Flag] = field(default_factory=deque)
    """Those of them that are not durable yet."""
    signer: str = ""
    """Machine whose signature was handed to the record last: from no other an act is taken."""
    asked: Sign | None = None
    """What the terminal was asked to sign, and has not answered."""
    asked_ms: int = NEVER_MS
    told: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=TOLD))
    """Checkpoints that the terminal was told of."""
    stage: Stage = Stage.ABSENT
    shown: Phase | None = None
    """Phase of the last Clock sent."""
    spoke_ms: int = 0
    """When this terminal was told that the time is up, or brought an act after that: since then it has been silent."""

    @classmethod
    def of(cls, seat: Seat) -> "Live":
        """After a restart."""
        if seat.hand_in_idx >= 0:
            stage = Stage.HANDED_IN
        elif seat.timetable.started_ms is not None:
            stage = Stage.STARTED
        else:
            stage = Stage.READY if seat.ready else Stage.SIGNED_IN
        return cls(machine=seat.machine, admitted=seat.admitted, queued_seq=seat.seq, stage=stage, signer=seat.signer)


class HallState(Enum):
    RUNNING = "running"
    CHANGING_TIME = "changing-time"
    """A pause, its end or added time is on its way to the disk: until then nobody knows whose time is up."""
    CLOSING = "closing"
    """CLOSE is in the record or on its way: nothing may be appended after it."""


class Hall:
    """The session of one package, from opening to closing."""

    def __init__(
        self, package: Package, record: Record, roster: list[RosterLine], items: OpenItems, seed: bytes
    ) -> None:
        self.record = record
        self.roster = roster
        self.by_number = {line.admission_no: line for line in roster}
        self.pool = items.facts
        self.forms = Forms(package, items, seed)
        self.sitting = view.sitting(package.manifest, package.rule)
        self.state = HallState.CLOSING if record.state.closed else HallState.RUNNING
        self.low_disk = False
        """Set by the server's watch on the disk: acts are no longer acknowledged, closing still works."""
        self.wrong_sign_ins = WrongSignIns()
        self.alarms = Counter(alarm.c for alarm in record.state.alarms)
        """By candidate, in the record or on the way there."""
        self.elsewhere: dict[int, str] = {}
        """Who gave the right numbers at another terminal than their own, and at which: for staff to see."""
        self.cosigned_ms = NEVER_MS
        """When the chief examiner last signed a checkpoint: since then each seat is asked to sign once."""
        self.live = {line.c: Live() for line in roster}
        self.live |= {c: Live.of(seat) for c, seat in record.state.seats.items()}
        self._limit_ms = package.rule.minutes * 60_000
        self.package_id = package.manifest.package_id

    @property
    def closing(self) -> bool:
        return self.state is HallState.CLOSING

    @contextlib.contextmanager
    def changing_time(self) -> Iterator[None]:
        self.state = HallState.CHANGING_TIME
        try:
            yield
        finally:
            self.state = HallState.RUNNING

    def number_of(self, admission_no: str) -> int:
        """The candidate's number on the roster. Raises Denied: it has no such admission number."""
        line = self.by_number.get(admission_no)
        if line is None:
            raise Denied("unknown-candidate", admission_no=admission_no)
        return line.c

    def seated(self, connection: Connection) -> bool:
        """The connection is a seat of this session: a number kept from an earlier session names somebody else here."""
        live = self.live.get(connection.c)
        return live is not None and live.connection is connection

    def on_disconnect(self, connection: Connection) -> None:
        """Nobody sits at this connection any more."""
        if self.seated(connection):
            self.live[connection.c].connection = None
        connection.c = 0

    def ready(self, c: int) -> None:
        """The candidate confirmed the name and read the rules; the clock starts once the room has started."""
        live = self.live[c]
        if live.stage >= Stage.READY or self.closing:
            return
        live.stage = Stage.READY

        def noted(outcome: Outcome) -> None:
            if not isinstance(outcome, Committed):
                live.stage = Stage.SIGNED_IN
                return
            self.forms.of(c)  # drawn now, while everyone waits, so that a thousand seats can start at once
            if self.record.state.started_ms is not None:
                self.start_seat(c)

        self.record.append(Kind.READY, f"seat:{c}", {"c": c}, noted)

    def start_seat(self, c: int) -> None:
        """Starts the seat's clock, once, and sends its form when that is in the record."""
        live = self.live[c]
        if live.stage >= Stage.STARTED or self.closing:
            return
        form = self.forms.of(c)
        live.stage = Stage.STARTED
        body = {"attempt": form.attempt, "c": c, "form": form.digest, "limit_ms": self._limit_ms}

        def started(outcome: Outcome) -> None:
            if not isinstance(outcome, Committed):
                live.stage = Stage.READY
            elif live.connection is not None:
                live.connection.send(self.forms.view(c))
                self.ask_to_sign(c)
                self.show_clock(c)

        self.record.append(Kind.START, "server", body, started)

    def reopened(self, c: int) -> None:
        """The record no longer ends with this seat's hand-in: its terminal begins anew from what the record holds."""
        live = self.live[c]
        live.stage, live.shown = Stage.STARTED, None
        if live.connection is not None:
            live.connection.drop(Refusal(Reason.REOPENED, fatal=True))

    def waiting(self) -> list[int]:
        """Seats that are ready, durably, and whose clock has not started."""
        seats = self.record.state.seats.values()
        return [seat.c for seat in seats if seat.ready and self.live[seat.c].stage < Stage.STARTED]

    def show_clock(self, c: int) -> None:
        """Tells the seat its phase and what is left."""
        live, timetable, now_ms = self.live[c], self.record.state.seats[c].timetable, self.record.session_ms()
        if live.connection is None:
            return
        phase = phase_at(timetable, now_ms)
        if phase is Phase.TIME_UP and live.shown is not phase:
            live.spoke_ms = now_ms  # told so, it brings what it still holds
        live.shown = phase
        waiting_ms = self._limit_ms if timetable.started_ms is None else remaining_ms(timetable, now_ms)
        live.connection.send(Clock(live.shown, waiting_ms, used_ms(timetable, now_ms), timetable.added_ms))

    def show_clocks(self) -> None:
        for c in self.record.state.seats:
            self.show_clock(c)

    def ask_to_sign(self, c: int) -> None:
        """Asks the terminal to sign what the record holds of this candidate, beside the record's head."""
        live, seat = self.live[c], self.record.state.seats[c]
        if live.connection is None or live.stage is not Stage.STARTED or self.closing:
            return
        size, root, _ = self.record.head()
        live.asked, live.asked_ms = Sign(seat.seq, seat.acts.hex(), size, root.hex()), self.record.session_ms()
        live.told.append((size, root.hex()))
        live.connection.send(live.asked)

    def vouches(self, connection: Connection, seat: Seat, signed: Signed) -> bool:
        """The signature is this terminal's own, over what it says, beside a checkpoint that it was told of."""
        terminal = self.record.state.terminals.get(connection.machine)
        told = (signed.size, signed.root) in self.live[seat.c].told
        if terminal is None or not told or not 0 <= signed.since <= signed.seq:
            return False
        said = Vouched(
            self.package_id, seat.c, seat.form, signed.since, signed.seq, signed.acts, signed.size, signed.root
        )
        return said.is_signed(signed.sig, terminal.key)

    def alarm(self, c: int, what: str, facts: Mapping[str, str | int]) -> None:
        """Enters in the record what the server itself found wrong at a seat; a seat's first few."""
        if not self.closing and self.alarms[c] < ALARMS:
            self.alarms[c] += 1
            self.record.append(Kind.ALARM, "server", {"c": c, "facts": facts, "what": what}, lambda _: None)

    def send_receipt(self, seat: Seat, connection: Connection, entry: bytes, before: bytes) -> None:
        """Tells the seat that its hand-in is in the record: as this entry, after this chain value."""
        connection.send(
            Receipt(
                code=receipt_code(chain_hash(before, leaf_hash(entry))),
                idx=seat.hand_in_idx,
                answered=seat.answered,
                n_items=self.sitting.n_items,
                by_clock=seat.hand_in_by != "candidate",
                entry=entry.decode(),
                before=before.hex(),
            )
        )
