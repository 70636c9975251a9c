"""A candidate's act (answer, flag, hand-in): taken, acknowledged again or refused, and the entry it becomes.

Before: `seats`. After: `examd.record.writer`, and the acknowledgement once its entry is durable.
"""

import functools

import msgspec

from bank.refused import BrokenStore
from examd.delivery.hall import Connection, Hall, HallState, Live, Stage
from examd.protocol import acts
from examd.protocol.messages import TICK_S, Ack, Answer, Flag, HandIn, Refusal
from examd.protocol.phase import GRACE_MS, Phase, in_grace, phase_at, remaining_ms
from examd.protocol.reasons import Reason
from examd.record.entries import Kind
from examd.record.state import Seat
from examd.record.writer import Outcome

HANDED_IN, CLOSING = Stage.HANDED_IN, HallState.CLOSING
"""Asked for every answer: an enum's own look-up takes eight times as long."""


def act(hall: Hall, connection: Connection, message: Answer | Flag | HandIn) -> None:
    """Takes the next act of the candidate at `connection`, acknowledges a repeat again, refuses a gap."""
    record = hall.record
    seat = record.state.seats.get(connection.c)
    if seat is None:
        return connection.send(Refusal(Reason.OUT_OF_ORDER, seq=message.seq))
    seq, live = message.seq, hall.live[seat.c]
    if seq <= seat.seq:
        return _acknowledge_again(hall, seat, connection)
    if seq <= live.queued_seq:
        return None  # on its way to the disk: the acknowledgement follows by itself
    if seq != live.queued_seq + 1:
        return connection.send(Refusal(Reason.GAP, seq=seq, facts={"expected": live.queued_seq + 1}))
    # One reading of the clock decides and is written: the verifier applies the same rule to the entry's own time.
    at = record.now()
    live.spoke_ms = now_ms = record.session_ms_at(at)
    phase = phase_at(seat.timetable, now_ms)
    if (reason := _refused(hall, seat, live, message, phase, now_ms)) is not None:
        return connection.send(Refusal(reason, seq=seq))
    late = phase is Phase.TIME_UP and not in_grace(seat.timetable, now_ms)
    live.queued_seq, before = seq, live.stage
    if isinstance(message, HandIn):
        kind, body = Kind.HAND_IN, _hand_in(seat, message, now_ms)
        live.stage = HANDED_IN
    else:
        kind, body = _entry_of(seat.c, message, late)
        live.under_way.append(message)
    acted = functools.partial(_acted, hall, seat, live, before, seq, late)
    return record.append(kind, f"seat:{seat.c}", body, acted, at)


def _acted(hall: Hall, seat: Seat, live: Live, before: Stage, seq: int, late: bool, outcome: Outcome) -> None:
    connection = live.connection
    if live.under_way and live.under_way[0].seq == seq:
        live.under_way.popleft()
    if isinstance(outcome, BrokenStore):
        live.queued_seq = seat.seq
        live.spoke_ms += TICK_S * 1000  # it comes again with the next clock
        if live.stage is HANDED_IN:
            live.stage = before
        if connection is not None:
            connection.send(Refusal(Reason.STORE_FULL, seq=seq))
    elif connection is not None:
        connection.send(Ack(seq, hall.record.epoch, outcome.idx, outcome.chain.hex(), late))
        if outcome.draft.kind is Kind.HAND_IN:
            hall.show_clock(seat.c)
            hall.send_receipt(seat, connection, outcome.entry, outcome.before)


def _acknowledge_again(hall: Hall, seat: Seat, connection: Connection) -> None:
    head = hall.record.chain_at(seat.acked_idx)
    connection.send(Ack(seat.seq, hall.record.epoch, seat.acked_idx, head.hex() if head else ""))


def _refused(
    hall: Hall, seat: Seat, live: Live, message: Answer | Flag | HandIn, phase: Phase, now_ms: int
) -> Reason | None:
    """Why the next act of this seat may not enter; None where it may."""
    if hall.low_disk:
        return Reason.STORE_FULL
    if hall.state is CLOSING:
        return Reason.CLOSED
    if live.stage is HANDED_IN:
        return Reason.HANDED_IN
    match phase:
        case Phase.ANSWERING:
            pass
        case Phase.WAITING:
            return Reason.NOT_STARTED
        case Phase.PAUSED:
            return Reason.PAUSED
        case Phase.HANDED_IN:
            return Reason.HANDED_IN
        case Phase.CLOSED:
            return Reason.CLOSED
        case Phase.TIME_UP if hall.state is HallState.CHANGING_TIME:
            return Reason.PAUSED  # the clock that follows lets it come again
        case Phase.TIME_UP if not (in_grace(seat.timetable, now_ms) or _given_in_time(seat, message)):
            return Reason.TIME_UP
    if live.signer != live.machine:
        return Reason.UNSIGNED
    if isinstance(message, HandIn) and not _is_signed(hall, seat, live, message):
        return Reason.UNSIGNED
    if isinstance(message, Answer) and not hall.forms.offers(seat.c, message):
        return Reason.BAD_ANSWER
    if isinstance(message, Flag) and not 0 <= message.slot < hall.sitting.n_items:
        return Reason.BAD_ANSWER
    return None


def _given_in_time(seat: Seat, message: Answer | Flag | HandIn) -> bool:
    """What the terminal itself says to have been given too late is not taken; the rest enters, marked late."""
    return not isinstance(message, Answer) or message.used_ms <= seat.timetable.limit_ms + seat.timetable.added_ms


def _is_signed(hall: Hall, seat: Seat, live: Live, message: HandIn) -> bool:
    """The terminal vouches for all acts up to this one, as they were taken here, on their way to the disk or there."""
    head, signed = seat.acts, message.signed
    for act in live.under_way:
        if isinstance(act, Answer):
            head = acts.answered(head, act.seq, act.slot, act.choice, act.used_ms)
        else:
            head = acts.flagged(head, act.seq, act.slot, act.on)
    ours, connection = acts.handed_in(head, message.seq).hex(), live.connection
    if signed is None or connection is None or signed.seq != message.seq:
        return False
    if not hall.vouches(connection, seat, signed):
        return False
    if signed.acts != ours:  # it signed what it holds itself: one of the two has been altered
        hall.alarm(seat.c, "acts-differ", {"acts": signed.acts, "seq": signed.seq})
    return signed.acts == ours


def _entry_of(c: int, message: Answer | Flag, late: bool) -> tuple[Kind, dict[str, object]]:
    if isinstance(message, Answer):
        return Kind.ANSWER, {
            "c": c, "choice": message.choice, "late": late, "seq": message.seq, "slot": message.slot,
            "used_ms": message.used_ms,
        }  # fmt: skip
    return Kind.FLAG, {"c": c, "on": message.on, "seq": message.seq, "slot": message.slot}


def _hand_in(seat: Seat, message: HandIn, now_ms: int) -> dict[str, object]:
    # A terminal may say that the clock handed in; only the clock may say that it was time.
    by_clock = message.by_clock and remaining_ms(seat.timetable, now_ms) < GRACE_MS
    signed = {} if message.signed is None else msgspec.structs.asdict(message.signed)
    return {**signed, "by": "clock" if by_clock else "candidate", "c": seat.c, "form": seat.form, "seq": message.seq}
