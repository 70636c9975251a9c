"""One session in the room: what each message may do now, and the entry it becomes. No HTTP, no sockets.

Every act is decided here on arrival, against the state of the record plus what is already on its way to the disk
(`Live.queued_seq`); its effects happen when its entry is durable. An act is answered only then.

Before: `seats` and `desk` bring messages. After: `examd.record.writer`.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from bank.composing.assembly import Assembler, Form, FormItem
from bank.content import ItemType
from bank.refused import BrokenStore, Denied
from examd.delivery import view
from examd.delivery.wrong_sign_ins import Misses
from examd.package.layout import RosterLine
from examd.package.open import OpenItems, Package
from examd.protocol.messages import (
    Ack,
    Answer,
    Clock,
    Flag,
    HandIn,
    Message,
    Receipt,
    Refusal,
    Resume,
    SignIn,
    Welcome,
)
from examd.protocol.phase import GRACE_MS, Phase, in_grace, phase_at, remaining_ms, used_ms
from examd.protocol.reasons import Reason
from examd.protocol.receipt import receipt_code
from examd.record.entries import Committed, Kind, leaf_hash
from examd.record.state import Seat
from examd.record.writer import Outcome, Record

TRIES, TRIES_OF_A_NUMBER, TRIES_OF_AN_ADDRESS = 5, 15, 30
"""Wrong sign-ins allowed a minute: at one terminal for one admission number, for a number at all terminals together, at
one terminal for all numbers together. Six ID digits fall to 10⁶ guesses, not to fifteen; and one terminal alone cannot
keep a candidate from signing in at another."""
QUIET_MS = 15_000
"""A seat whose terminal has been silent this long, pongs included, may be taken by another without its token."""
STARTS_A_WATCH = 20
"""Seats started at one look at the clocks: drawing forms must not hold up answers."""


class Connection(Protocol):
    """A terminal's end, as the hall sees it."""

    terminal: str
    address: str
    """Where it comes from on the network; whatever it calls itself is `terminal`."""
    c: int
    """The candidate sitting here; 0 for nobody."""
    last_heard_ms: int

    def send(self, message: Message) -> None: ...
    def drop(self, refusal: Refusal) -> None: ...


@dataclass(slots=True)
class Live:
    """What is true of a seat now and need not outlive this process."""

    connection: Connection | None = None
    queued_seq: int = 0
    """Newest act handed to the record, durable or not."""
    queued_sign_in: bool = False
    queued_ready: bool = False
    queued_start: bool = False
    """Handed to the record, durable or not: each of these happens once (a sign-in: once as the first)."""
    queued_hand_in: bool = False
    cut_off: bool = False
    """Nobody was connected when the seat's time ran out: its earlier answers may still come, as LATE."""
    shown: Phase | None = None
    """Phase of the last Clock sent."""


class Hall:
    """The session of one package, from opening to closing."""

    def __init__(self, package: Package, record: Record, roster: list[RosterLine], items: OpenItems) -> None:
        self.package = package
        self.record = record
        self.roster = roster
        self._content = items.content
        self._facts = {f.id: f for f in items.facts}
        self._by_number = {line.admission_no: line for line in roster}
        self._live = {line.c: Live() for line in roster}
        self.misses = Misses()
        self._forms: dict[int, Form] = {}
        self._placed: dict[FormItem, FormItem] = {}
        self._sitting = view.sitting(package.manifest, package.rule)
        self._limit_ms = package.rule.minutes * 60_000
        self._assembler: Assembler | None = None
        self.pool = items.facts
        self.closing = False
        """CLOSE is in the record or on its way: nothing may be appended after it."""
        self.low_disk = False
        """Set by the server's watch on the disk: acts are no longer acknowledged, closing still works."""
        self.closing = record.state.closed
        self.turning = 0
        """Pauses, their ends and added time on their way to the disk: until then nobody knows whose time is up."""
        for c, seat in record.state.seats.items():
            self._live[c].queued_sign_in = True
            self._live[c].queued_ready = seat.ready
            self._live[c].queued_start = seat.timetable.started_ms is not None
            self._live[c].queued_seq = seat.seq
            self._live[c].queued_hand_in = seat.hand_in_idx >= 0
            # Whoever's time ran out while this server was down was cut off, whatever the terminal saw.
            self._live[c].cut_off = phase_at(seat.timetable, record.session_ms()) is Phase.TIME_UP

    # ---- forms ------------------------------------------------------------------------------------------------

    @property
    def assembler(self) -> Assembler:
        if self._assembler is None:
            assert self.record.state.opened is not None
            seed = bytes.fromhex(self.record.state.opened["seed"])
            manifest = self.package.manifest
            self._assembler = Assembler(self.pool, self.package.rule, seed, manifest.draw_session)
        return self._assembler

    def form(self, c: int) -> Form:
        if c not in self._forms:
            form = self.assembler.form(c)
            # A thousand forms hold the same few thousand (item, order) pairs: one of each is kept.
            items = tuple(self._placed.setdefault(item, item) for item in form.items)
            self._forms[c] = replace(form, items=items)
        return self._forms[c]

    # ---- signing in -------------------------------------------------------------------------------------------

    def sign_in(self, connection: Connection, message: SignIn) -> None:
        """Welcomes the candidate at this terminal, or refuses. The answer is sent once it is in the record."""
        if self.closing:
            return connection.send(Refusal(Reason.CLOSED))
        if self.low_disk:
            return connection.send(Refusal(Reason.STORE_FULL))
        number = message.admission_no.strip()
        line = self._by_number.get(number)
        now_ms = self.record.session_ms()
        # Numbers nobody has are counted alike: a refusal tells nothing about a number.
        limits = {
            (connection.address, number): TRIES,
            ("", number): TRIES_OF_A_NUMBER,
            (connection.address,): TRIES_OF_AN_ADDRESS,
        }
        if wait_ms := self.misses.wait_ms(limits, now_ms):
            return connection.send(Refusal(Reason.TOO_MANY_TRIES, facts={"wait_s": wait_ms // 1000 + 1}))
        tail = line.id_tail if line else "??????"
        if not hmac.compare_digest(message.id_tail.strip().upper().encode(), tail.encode()) or line is None:
            self.misses.add(limits, now_ms)
            return connection.send(Refusal(Reason.UNKNOWN_CANDIDATE))
        live = self._live[line.c]
        if live.connection is not None and now_ms - live.connection.last_heard_ms < QUIET_MS:
            return connection.send(Refusal(Reason.ALREADY_SIGNED_IN))
        return self._seat(connection, line)

    def _seat(self, connection: Connection, line: RosterLine) -> None:
        token = secrets.token_hex(32)
        live = self._live[line.c]
        again, live.queued_sign_in = live.queued_sign_in, True
        self._take_over(line.c, connection)
        body = {
            "again": again,
            "c": line.c,
            "terminal": connection.terminal,
            "token_sha256": hashlib.sha256(token.encode()).hexdigest(),
        }

        def seated(outcome: Outcome) -> None:
            if isinstance(outcome, BrokenStore):
                live.queued_sign_in = line.c in self.record.state.seats
                connection.send(Refusal(Reason.STORE_FULL))
                self.left(connection)
            elif live.connection is connection:
                self._welcome(connection, line, token)

        self.record.append(Kind.SIGN_IN, "server", body, seated)

    def resume(self, connection: Connection, message: Resume) -> None:
        """A terminal is back after an outage.

        Both sides compare what was acknowledged: a record that no longer holds it has been rolled back, and the
        only honest thing is to say so and stop taking answers for this seat.
        """
        state = self.record.state
        token = hashlib.sha256(message.token.encode()).hexdigest()
        c = next((s.c for s in state.seats.values() if s.token_sha256 == token), None)
        if c is None:
            return connection.send(Refusal(Reason.BAD_TOKEN))
        if not self._still_holds(state.seats[c], message):
            self._alarm(c, "record-lost", {"acked_seq": message.acked_seq, "idx": message.idx, "epoch": message.epoch})
            return connection.drop(Refusal(Reason.RECORD_LOST, fatal=True))
        self._take_over(c, connection)
        return self._welcome(connection, self.roster[c - 1], message.token)

    def _still_holds(self, seat: Seat, message: Resume) -> bool:
        if message.acked_seq == 0:
            return True
        if message.acked_seq > seat.seq:
            return False
        chain = self.record.chain_at(message.idx)
        return chain is not None and hmac.compare_digest(chain.hex(), message.head)

    def _take_over(self, c: int, connection: Connection) -> None:
        live = self._live[c]
        if live.connection is not None and live.connection is not connection:
            live.connection.c = 0
            live.connection.drop(Refusal(Reason.TAKEN_OVER, fatal=True))
        if connection.c and connection.c != c:
            self.left(connection)
        connection.c = c
        live.connection, live.shown = connection, None

    def _welcome(self, connection: Connection, line: RosterLine, token: str) -> None:
        seat = self.record.state.seats[line.c]
        head = self.record.chain_at(seat.acked_idx) if seat.acked_idx >= 0 else None
        connection.send(
            Welcome(
                token=token,
                candidate=view.candidate(line),
                sitting=self._sitting,
                epoch=self.record.epoch,
                durable_seq=seat.seq,
                idx=seat.acked_idx,
                head=head.hex() if head else "",
                answers={slot: choice for slot, choice in seat.answers.items() if choice},
                flags=tuple(sorted(seat.flags)),
            )
        )
        if seat.timetable.started_ms is not None:
            self._send_form(line.c, connection)
        self.show_clock(line.c)
        if seat.hand_in_idx >= 0:
            self._send_receipt(seat, connection, leaf_hash(self.record.entry(seat.hand_in_idx)))

    def left(self, connection: Connection) -> None:
        """Nobody sits at this connection any more."""
        if self.seated(connection):
            self._live[connection.c].connection = None
        connection.c = 0

    def seated(self, connection: Connection) -> bool:
        """The connection is a seat of this session: a number kept from an earlier session names somebody else here."""
        live = self._live.get(connection.c)
        return live is not None and live.connection is connection

    # ---- starting ---------------------------------------------------------------------------------------------

    def ready(self, c: int) -> None:
        """The candidate confirmed the name and read the rules; the clock starts once the room has started."""
        live = self._live[c]
        if live.queued_ready or self.closing:
            return
        live.queued_ready = True

        def noted(outcome: Outcome) -> None:
            live.queued_ready = isinstance(outcome, Committed)
            if live.queued_ready:
                self.form(c)  # drawn now, while everyone waits, so that a thousand seats can start at once
                if self.record.state.started_ms is not None:
                    self.start_seat(c)

        self.record.append(Kind.READY, f"seat:{c}", {"c": c}, noted)

    def start_seat(self, c: int) -> None:
        live = self._live[c]
        if live.queued_start or self.closing:
            return
        form = self.form(c)
        live.queued_start = True
        body = {"attempt": form.attempt, "c": c, "form": form.digest, "limit_ms": self._limit_ms}

        def started(outcome: Outcome) -> None:
            live.queued_start = isinstance(outcome, Committed)
            if live.connection is not None and live.queued_start:
                self._send_form(c, live.connection)
                self.show_clock(c)

        self.record.append(Kind.START, "server", body, started)

    def waiting(self) -> list[int]:
        """Seats that are ready and whose clock has not started."""
        return [s.c for s in self.record.state.seats.values() if s.ready and not self._live[s.c].queued_start]

    def _send_form(self, c: int, connection: Connection) -> None:
        connection.send(view.form_view(self.form(c), self._content, self._facts))

    # ---- acts -------------------------------------------------------------------------------------------------

    def act(self, connection: Connection, message: Answer | Flag | HandIn) -> None:
        """Takes the next act of the candidate at `connection`, acknowledges a repeat again, refuses a gap."""
        seat = self.record.state.seats.get(connection.c)
        if seat is None:
            return connection.send(Refusal(Reason.OUT_OF_ORDER, seq=message.seq))
        c, live = seat.c, self._live[seat.c]
        if message.seq <= seat.seq:
            return self._acknowledge_again(seat, connection)
        if message.seq <= live.queued_seq:
            return None  # on its way to the disk: the acknowledgement follows by itself
        # One reading of the clock decides and is written: the verifier applies the same rule to the entry's own time.
        at = self.record.now()
        now_ms = self.record.session_ms_at(at)
        phase = phase_at(seat.timetable, now_ms)
        refusal = self._refusal(seat, live, message, phase, now_ms)
        if refusal is not None:
            return connection.send(refusal)
        late = phase is Phase.TIME_UP and not in_grace(seat.timetable, now_ms)
        kind, body = _entry_of(seat, message, late, now_ms)
        live.queued_seq = message.seq
        live.queued_hand_in |= kind is Kind.HAND_IN
        seq = message.seq
        return self.record.append(kind, f"seat:{c}", body, lambda outcome: self._acted(c, seq, late, outcome), at)

    def _refusal(
        self, seat: Seat, live: Live, message: Answer | Flag | HandIn, phase: Phase, now_ms: int
    ) -> Refusal | None:
        if message.seq != live.queued_seq + 1:
            return Refusal(Reason.GAP, seq=message.seq, facts={"expected": live.queued_seq + 1})
        if self.low_disk:
            return Refusal(Reason.STORE_FULL, seq=message.seq)
        if live.queued_hand_in:
            return Refusal(Reason.CLOSED if self.closing else Reason.HANDED_IN, seq=message.seq)
        match phase:
            case Phase.ANSWERING:
                pass
            case Phase.WAITING:
                return Refusal(Reason.NOT_STARTED, seq=message.seq)
            case Phase.PAUSED:
                return Refusal(Reason.PAUSED, seq=message.seq)
            case Phase.HANDED_IN:
                return Refusal(Reason.HANDED_IN, seq=message.seq)
            case Phase.CLOSED:
                return Refusal(Reason.CLOSED, seq=message.seq)
            case Phase.TIME_UP if self.turning:
                return Refusal(Reason.PAUSED, seq=message.seq)  # the clock that follows lets it come again
            case Phase.TIME_UP if not (in_grace(seat.timetable, now_ms) or _still_counts(seat, live, message)):
                return Refusal(Reason.TIME_UP, seq=message.seq)
        if isinstance(message, Answer) and not self._answers(seat.c, message):
            return Refusal(Reason.BAD_ANSWER, seq=message.seq)
        if isinstance(message, Flag) and not 0 <= message.slot < self._sitting.n_items:
            return Refusal(Reason.BAD_ANSWER, seq=message.seq)
        return None

    def _answers(self, c: int, message: Answer) -> bool:
        """The choice is one that the form offers at that place."""
        items = self.form(c).items
        if not 0 <= message.slot < len(items):
            return False
        content = self._content[items[message.slot].id]
        choice = message.choice
        if len(choice) > 1 and (content.type is not ItemType.MULTIPLE or list(choice) != sorted(set(choice))):
            return False
        return message.used_ms >= 0 and (not choice or (choice[0] >= 0 and choice[-1] < len(content.options)))

    def _acted(self, c: int, seq: int, late: bool, outcome: Outcome) -> None:
        live, seat = self._live[c], self.record.state.seats[c]
        connection = live.connection
        if isinstance(outcome, BrokenStore):
            live.queued_seq, live.queued_hand_in = seat.seq, seat.hand_in_idx >= 0
            if connection is not None:
                connection.send(Refusal(Reason.STORE_FULL, seq=seq))
            return
        if connection is None:
            return
        connection.send(Ack(seq, self.record.epoch, outcome.idx, outcome.chain.hex(), late))
        if outcome.draft.kind is Kind.HAND_IN:
            self.show_clock(c)
            self._send_receipt(seat, connection, outcome.leaf)

    def _acknowledge_again(self, seat: Seat, connection: Connection) -> None:
        head = self.record.chain_at(seat.acked_idx)
        connection.send(Ack(seat.seq, self.record.epoch, seat.acked_idx, head.hex() if head else ""))

    def _send_receipt(self, seat: Seat, connection: Connection, leaf: bytes) -> None:
        connection.send(
            Receipt(
                code=receipt_code(leaf),
                idx=seat.hand_in_idx,
                answered=seat.answered,
                n_items=self._sitting.n_items,
                by_clock=seat.hand_in_by != "candidate",
            )
        )

    # ---- time -------------------------------------------------------------------------------------------------

    def show_clock(self, c: int) -> None:
        """Tells the seat its phase and what is left."""
        live, timetable, now_ms = self._live[c], self.record.state.seats[c].timetable, self.record.session_ms()
        if live.connection is None:
            return
        live.shown = phase_at(timetable, now_ms)
        waiting_ms = self._limit_ms if timetable.started_ms is None else remaining_ms(timetable, now_ms)
        live.connection.send(Clock(live.shown, waiting_ms, used_ms(timetable, now_ms), timetable.added_ms))

    def show_clocks(self) -> None:
        for c in self.record.state.seats:
            self.show_clock(c)

    def watch_deadlines(self) -> None:
        """Run a few times a second: hands in for connected seats whose time is up, marks the absent ones cut off."""
        if self.record.state.started_ms is not None:  # also those whom a killed server had not come to
            for c in self.waiting()[:STARTS_A_WATCH]:
                self.start_seat(c)
        if self.turning:
            return
        now_ms = self.record.session_ms()
        for c, seat in self.record.state.seats.items():
            live = self._live[c]
            phase = phase_at(seat.timetable, now_ms)
            if live.connection is not None and live.shown is not phase:
                self.show_clock(c)
            if phase is not Phase.TIME_UP or live.queued_hand_in:
                live.cut_off &= phase is Phase.TIME_UP  # more time was given: the next deadline decides anew
                continue
            if live.connection is None:
                live.cut_off = True
            elif not in_grace(seat.timetable, now_ms) and not live.cut_off:
                self._hand_in_for(c)

    def _hand_in_for(self, c: int) -> None:
        self._live[c].queued_hand_in = True

        def handed_in(outcome: Outcome) -> None:
            live, seat = self._live[c], self.record.state.seats[c]
            if isinstance(outcome, BrokenStore):
                live.queued_hand_in = False
            elif live.connection is not None:
                self.show_clock(c)
                self._send_receipt(seat, live.connection, outcome.leaf)

        self.record.append(Kind.HAND_IN, "server", {"by": "server", "c": c, "seq": 0}, handed_in)

    # ---- closing ----------------------------------------------------------------------------------------------

    def open_seats(self) -> list[int]:
        """Candidates who signed in and have not handed in, what is on its way to the disk counted as done."""
        waived = {seat.c for seat in self.record.state.seats.values() if seat.waived}
        here = (c for c, live in self._live.items() if live.queued_sign_in and not live.queued_hand_in)
        return [c for c in here if c not in waived]

    def close(self, waive: list[int], actor: str, reason: str, done: Callable[[Outcome], None]) -> None:
        """Appends WAIVE, ABSENT and CLOSE; `done` is called when CLOSE is durable. Raises Denied("seats-open")."""
        state = self.record.state
        left = [c for c in self.open_seats() if c not in waive]
        if left:
            raise Denied("seats-open", seats=[self.roster[c - 1].admission_no for c in left])
        self.closing = True
        present = sum(live.queued_sign_in for live in self._live.values())
        handed_in = sum(live.queued_hand_in for live in self._live.values())
        for live in self._live.values():
            live.queued_hand_in = True  # from here on nothing more is taken, whatever is still on the wire
        for c in waive:
            self.record.append(Kind.WAIVE, actor, {"c": c, "reason": reason}, lambda _: None)
        absent = [c for c, live in self._live.items() if not live.queued_sign_in]
        # A closing that found the disk full part of the way is gone on with, not begun again.
        for c in set(absent) - state.absent:
            self.record.append(Kind.ABSENT, "server", {"c": c}, lambda _: None)
        waived = len({*waive, *(seat.c for seat in state.seats.values() if seat.waived)})
        body = {"absent": len(absent), "handed_in": handed_in, "present": present, "waived": waived}

        def closed(outcome: Outcome) -> None:
            if isinstance(outcome, BrokenStore):
                self.closing = False
                for c, live in self._live.items():
                    seat = self.record.state.seats.get(c)
                    live.queued_hand_in = seat is not None and seat.hand_in_idx >= 0
            else:
                self.show_clocks()
            done(outcome)

        self.record.append(Kind.CLOSE, actor, body, closed)

    # ---- the room ---------------------------------------------------------------------------------------------

    def number_of(self, admission_no: str) -> int:
        line = self._by_number.get(admission_no)
        if line is None:
            raise Denied("unknown-candidate", admission_no=admission_no)
        return line.c

    def connected(self) -> list[Connection]:
        return [live.connection for live in self._live.values() if live.connection is not None]

    def is_connected(self, c: int) -> bool:
        return self._live[c].connection is not None

    def _alarm(self, c: int, what: str, facts: dict[str, int]) -> None:
        if not self.closing:  # nothing enters after CLOSE; the terminal keeps its journal and says so
            self.record.append(Kind.ALARM, "server", {"c": c, "facts": facts, "what": what}, lambda _: None)


def _still_counts(seat: Seat, live: Live, message: Answer | Flag | HandIn) -> bool:
    """After the deadline: handing in, and what a seat that was cut off then had answered before it."""
    if isinstance(message, HandIn):
        return True
    given_in_time = isinstance(message, Flag) or message.used_ms <= seat.timetable.limit_ms + seat.timetable.added_ms
    return live.cut_off and given_in_time


def _entry_of(seat: Seat, message: Answer | Flag | HandIn, late: bool, now_ms: int) -> tuple[Kind, dict[str, object]]:
    c = seat.c
    if isinstance(message, Answer):
        return Kind.ANSWER, {
            "c": c, "choice": message.choice, "late": late, "seq": message.seq, "slot": message.slot,
            "used_ms": message.used_ms,
        }  # fmt: skip
    if isinstance(message, Flag):
        return Kind.FLAG, {"c": c, "on": message.on, "seq": message.seq, "slot": message.slot}
    # A terminal may say that the clock handed in; only the clock may say that it was time.
    by_clock = message.by_clock and remaining_ms(seat.timetable, now_ms) < GRACE_MS
    return Kind.HAND_IN, {"by": "clock" if by_clock else "candidate", "c": c, "seq": message.seq}
