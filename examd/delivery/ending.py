"""How a sitting ends: a seat whose time is up is handed in, and the session is closed.

Before: the timers of `server`, `commands.closing`. After: the record; `export` once it is closed.
"""

from collections.abc import Callable, Mapping, Sequence

from bank.refused import BrokenStore, Denied
from examd.delivery.hall import Connection, Hall, HallState, Live, Stage
from examd.protocol.phase import GRACE_MS, Phase, in_grace, phase_at
from examd.record.entries import Kind
from examd.record.orders import Late
from examd.record.writer import Outcome

STARTS_A_WATCH = 20
"""Seats started at one look at the clocks: drawing forms must not hold up answers."""


def watch_deadlines(hall: Hall) -> None:
    """Run a few times a second: tells each seat its phase, hands in for those that hold nothing more after their time.

    A seat whose line is dead is never handed in: what it gave in time is still on its machine, and comes when it does.
    """
    if hall.record.state.started_ms is not None:  # also those whom a killed server had not come to
        for c in hall.waiting()[:STARTS_A_WATCH]:
            hall.start_seat(c)
    if hall.state is HallState.CHANGING_TIME:
        return
    now_ms = hall.record.session_ms()
    for c, seat in hall.record.state.seats.items():
        live = hall.live[c]
        if live.connection is None:
            continue
        phase = phase_at(seat.timetable, now_ms)
        if phase is Phase.TIME_UP and hall.low_disk:
            live.shown = None  # what it brings is not taken now: once there is room it is asked anew
        elif live.shown is not phase:
            hall.show_clock(c)
        elif phase is Phase.TIME_UP and live.stage is Stage.STARTED and _holds_nothing_more(live.connection, live):
            if seat.seq > seat.signed_seq and live.asked_ms < live.spoke_ms:
                hall.ask_to_sign(c)  # once more, so that the server hands in nothing that nobody vouches for
            elif live.asked is None or now_ms - live.asked_ms >= GRACE_MS:
                _hand_in_for(hall, c)


def _holds_nothing_more(connection: Connection, live: Live) -> bool:
    """Asked, its line was alive GRACE_MS after its last act, and none came in between: bytes keep their order."""
    return connection.last_heard_ms - live.spoke_ms >= GRACE_MS


def _hand_in_for(hall: Hall, c: int) -> None:
    live, seat = hall.live[c], hall.record.state.seats[c]
    live.stage = Stage.HANDED_IN

    def handed_in(outcome: Outcome) -> None:
        if isinstance(outcome, BrokenStore):
            live.stage = Stage.STARTED
        elif live.connection is not None:
            hall.show_clock(c)
            hall.send_receipt(seat, live.connection, outcome.entry, outcome.before)

    body = {"acts": seat.acts.hex(), "by": "server", "c": c, "form": seat.form, "seq": 0}
    hall.record.append(Kind.HAND_IN, "server", body, handed_in)


def open_seats(hall: Hall) -> list[int]:
    """Candidates who signed in and have not handed in, what is on its way to the disk counted as done."""
    waived = {seat.c for seat in hall.record.state.seats.values() if seat.waived}
    here = (c for c, live in hall.live.items() if Stage.ABSENT < live.stage < Stage.HANDED_IN)
    return [c for c in here if c not in waived]


def late_seats(hall: Hall) -> dict[int, int]:
    """Candidates with late answers that nobody decided upon -> how many there are; -1 where more are on their way."""
    now_ms, found = hall.record.session_ms(), dict[int, int]()
    for c, seat in hall.record.state.seats.items():
        under_way = hall.live[c].queued_seq > seat.seq and phase_at(seat.timetable, now_ms) is Phase.TIME_UP
        if under_way and not in_grace(seat.timetable, now_ms):
            found[c] = -1
        elif seat.late_answers:
            found[c] = seat.late
    return found


def close(
    hall: Hall, waive: Mapping[int, str], late: Sequence[Late], actor: str, done: Callable[[Outcome], None]
) -> None:
    """Appends WAIVE, LATE, ABSENT and CLOSE; `done` is called when CLOSE is durable. `waive`: candidate -> why.

    Raises Denied: somebody who is not waived has not handed in ("seats-open"), or nobody has decided whether the late
    answers of somebody count ("late-undecided"), all of those that are in the record or on their way.
    """
    state = hall.record.state
    left = [c for c in open_seats(hall) if c not in waive]
    if left:
        raise Denied("seats-open", seats=[hall.roster[c - 1].admission_no for c in left])
    decided = {order.c: order.n for order in late}
    if undecided := [c for c, n in late_seats(hall).items() if decided.get(c) != n]:
        raise Denied("late-undecided", seats=[hall.roster[c - 1].admission_no for c in undecided])
    hall.state = HallState.CLOSING  # from here on nothing more is taken, whatever is still on the wire
    for c, reason in waive.items():
        hall.record.append(Kind.WAIVE, actor, {"c": c, "reason": reason}, lambda _: None)
    for order in late:
        hall.record.append(Kind.LATE, actor, {**order.words, "sig": order.sig}, lambda _: None)
    stages = {c: live.stage for c, live in hall.live.items()}
    absent = {c for c, stage in stages.items() if stage is Stage.ABSENT}
    # A closing that found the disk full part of the way is gone on with, not begun again.
    for c in absent - state.absent:
        hall.record.append(Kind.ABSENT, "server", {"c": c}, lambda _: None)
    body = {
        "absent": len(absent),
        "handed_in": sum(stage is Stage.HANDED_IN for stage in stages.values()),
        "late": len({*decided, *(seat.c for seat in state.seats.values() if seat.late_decided)}),
        "present": len(stages) - len(absent),
        "waived": len({*waive, *(seat.c for seat in state.seats.values() if seat.waived)}),
    }

    def closed(outcome: Outcome) -> None:
        if isinstance(outcome, BrokenStore):
            hall.state = HallState.RUNNING
        else:
            hall.show_clocks()
        done(outcome)

    hall.record.append(Kind.CLOSE, actor, body, closed)
