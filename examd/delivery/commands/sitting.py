"""While candidates sit: see the room, start, pause, go on, add time.

Before: `examd.delivery.commands.opening`. After: `examd.delivery.commands.closing`.
"""

import asyncio
import gc

from bank.canonical import canonical
from bank.refused import BadFile, Denied
from examd.delivery.commands import Facts, whole
from examd.delivery.room import OpenSession, Room, Session
from examd.protocol.phase import phase_at, remaining_ms
from examd.record import orders
from examd.record.entries import Kind
from examd.record.limits import Limits, added_in_all, paused_in_all
from examd.record.state import ROOM
from examd.staff import Person

MOST_ADDED_MS = 180 * 60_000
SEATS_AT_ONCE = 20
START_PAUSE_S = 0.01
"""Seats started at once, and the time in which their forms leave: a thousand forms under way at the same moment took
20 MB that the process never gave back, and held up answers."""


async def start(room: Room, person: Person, facts: Facts) -> Facts:
    """Starts the session, and the clock of everyone who is ready. Raises Denied: it has started, or the
    opening is not co-signed."""
    session = room.running()
    hall = session.hall
    if hall.record.state.started_ms is not None:
        raise Denied("already-started")
    if not session.opening_witnessed:  # a form shown before would be in no checkpoint that the chief examiner saw
        raise Denied("opening-not-cosigned", session=session.package.manifest.session.id)
    ready = set(hall.waiting())  # the room's watch may start some of them before we come to it
    await session.append(Kind.SESSION_START, person, {})
    waiting = hall.waiting()
    for at, c in enumerate(waiting, 1):
        hall.start_seat(c)
        if at % SEATS_AT_ONCE == 0:
            await asyncio.sleep(START_PAUSE_S)
    # All of this stands until the session ends: the collector need not walk it again in the middle of the answers.
    gc.collect()
    gc.freeze()
    session.note(person, "start")
    return {
        "started": len(ready.union(waiting)),
        "signed_in": len(hall.record.state.seats),
        "candidates": len(hall.roster),
    }


async def pause(room: Room, person: Person, facts: Facts) -> Facts:
    return await _for_seats(room, person, Kind.PAUSE, facts, {})


async def resume(room: Room, person: Person, facts: Facts) -> Facts:
    return await _for_seats(room, person, Kind.RESUME, facts, {})


async def admit(room: Room, person: Person, facts: Facts) -> Facts:
    """Lets a candidate who sits somewhere sign in once at another terminal: the one named, at any where none is.

    Raises Denied: nobody has that number, signed in with it, or is told why.
    """
    session = room.running()
    hall, reason, terminal = session.hall, str(facts["reason"]).strip(), str(facts.get("terminal", ""))
    number = str(facts["admission_no"])
    c = hall.number_of(number)
    if not reason:
        raise Denied("reason-missing")
    if c not in hall.record.state.seats:
        raise Denied("not-signed-in", admission_no=number)
    if terminal and all(machine.name != terminal for machine in room.terminals.all()):
        raise Denied("terminal-unknown", terminal=terminal)
    await session.append(Kind.ADMIT, person, {"c": c, "reason": reason, "terminal": terminal})
    hall.live[c].admitted = terminal
    hall.elsewhere.pop(c, None)
    return {}


async def reopen(room: Room, person: Person, facts: Facts) -> Facts:
    """Opens a hand-in again, by the chief examiner's signed order, and adds `ms` to the answering time beside it.

    Raises Denied: nobody has that number, this is not the hand-in that ends their record, no time would be left, or a
    reason is missing. Raises BadFile: the order is not signed by the chief examiner.
    """
    session = room.running()
    hall, reason, number = session.hall, str(facts["reason"]).strip(), str(facts["admission_no"])
    hand_in, ms = whole(facts, "hand_in"), whole(facts, "ms")
    c = hall.number_of(number)
    seat = hall.record.state.seats.get(c)
    if not reason:
        raise Denied("reason-missing")
    if seat is None or seat.hand_in_idx < 0 or seat.hand_in_idx != hand_in:
        raise Denied("not-handed-in", admission_no=number)
    if not 0 <= ms <= MOST_ADDED_MS:
        raise Denied("time-out-of-range", ms=ms)
    if remaining_ms(seat.timetable, hall.record.session_ms()) + ms <= 0:
        raise Denied("no-time-left", admission_no=number)
    if ms and added_in_all([seat.timetable], ms) > Limits.of(session.package.rule).added_ms:
        raise Denied("reopen-over-the-rule", admission_no=number)
    manifest = session.package.manifest
    words: orders.Words = {"c": c, "hand_in": hand_in, "reason": reason}
    signature = str(facts["signature"])
    if not orders.is_signed(Kind.REOPEN, manifest.package_id, words, signature, manifest.keys.chief):
        raise BadFile("order-unsigned")
    with hall.changing_time():
        if ms:
            await session.append(Kind.ADD_TIME, person, {"c": c, "ms": ms, "reason": reason})
        await session.append(Kind.REOPEN, person, {**words, "sig": signature})
    hall.reopened(c)
    return {}


async def add_time(room: Room, person: Person, facts: Facts) -> Facts:
    """Adds `ms` to an answering time. Raises Denied: more than three hours, or none; or as `_ordered` does."""
    ms = whole(facts, "ms")
    if not 0 < ms <= MOST_ADDED_MS:
        raise Denied("time-out-of-range", ms=ms)
    return await _for_seats(room, person, Kind.ADD_TIME, facts, {"ms": ms})


async def _for_seats(room: Room, person: Person, kind: Kind, facts: Facts, more: Facts) -> Facts:
    """One seat, by its name or its candidate's admission number, or the whole room where none is named; a reason is
    always asked for. Raises Denied: nobody, or more than one, signed in at a seat of this name; or as `_ordered` does.
    """
    session = room.running()
    hall, state = session.hall, session.record.state
    reason = str(facts["reason"]).strip()
    if not reason:
        raise Denied("reason-missing")
    number, name = str(facts.get("admission_no", "")), str(facts.get("seat", ""))
    if name and not number:
        there = [hall.roster[seat.c - 1].admission_no for seat in state.seats.values() if seat.terminal == name]
        if len(there) != 1:
            raise Denied("seat-of-several" if there else "seat-unknown", seat=name, candidates=there)
        (number,) = there
    c = hall.number_of(number) if number else ROOM
    seat = state.seats.get(c)
    if c != ROOM and (seat is None or seat.timetable.started_ms is None):
        raise Denied("seat-not-started", admission_no=number)
    paused = state.paused_since_ms is not None if seat is None else seat.own_pause
    if kind is Kind.PAUSE and paused:
        raise Denied("already-paused")
    if kind is Kind.RESUME and not paused:
        raise Denied("not-paused")
    with hall.changing_time():
        await session.append(kind, person, _ordered(session, kind, {"c": c, "reason": reason, **more}, facts))
    hall.show_clocks()
    return {}


def _ordered(session: OpenSession, kind: Kind, body: orders.Words, facts: Facts) -> orders.Words:
    """What is entered: beyond the rule's bounds with the chief examiner's signature, and what it was given for.

    Raises Denied: it is beyond them, and nobody signed. Raises BadFile: somebody else did.
    """
    limits, state, manifest = Limits.of(session.package.rule), session.record.state, session.package.manifest
    c = int(body["c"])
    seats = [seat.timetable for seat in state.running(c)]
    if kind is Kind.ADD_TIME:
        before_ms = added_in_all(seats, 0)
        in_all_ms, most_ms, words = before_ms + int(body["ms"]), limits.added_ms, {**body, "before_ms": before_ms}
    elif kind is Kind.RESUME:
        since_ms = state.paused_since_ms if c == ROOM else seats[0].paused_since_ms
        in_all_ms, most_ms = paused_in_all(seats, session.record.session_ms()), limits.paused_ms
        words = {**body, "since_ms": since_ms or 0}
    else:
        return body
    if in_all_ms <= most_ms:
        return body
    signature = str(facts.get("signature", ""))
    if not signature:
        in_all, most = -(-in_all_ms // 60_000), most_ms // 60_000
        raise Denied("order-needed", minutes=in_all, most=most, order=canonical(words).decode())
    if not orders.is_signed(kind, manifest.package_id, words, signature, manifest.keys.chief):
        raise BadFile("order-unsigned")
    return {**words, "sig": signature}


async def status(room: Room, person: Person, facts: Facts) -> Facts:
    """Session, phase and counts; of an open session every seat as well. Changes nothing."""
    session = room.session
    if session is None:
        return {"low_disk": int(room.low_disk), "phase": "idle"}
    manifest = session.package.manifest
    summary: Facts = {
        "epoch": session.record.epoch,
        "entries": session.record.size,
        "cosign_s": session.cosign_s,
        "low_disk": int(room.low_disk),
        "mock": manifest.session.mock,
        "package_id": manifest.package_id,
        "phase": _phase(session),
        "session": manifest.session.name,
        "session_id": manifest.session.id,
        "unread": session.record.unread,
        "unwitnessed_ms": session.record.session_ms() - session.witnessed.t_ms if session.witnessed.size else -1,
    }
    return {**summary, **_seats(session)} if isinstance(session, OpenSession) else summary


def _phase(session: Session) -> str:
    state = session.record.state
    if state.closed:
        return "closed"
    if state.started_ms is not None:
        return "started"
    return "open" if state.opened is not None else "prepared"


def _seats(session: OpenSession) -> Facts:
    hall, state, now_ms = session.hall, session.record.state, session.record.session_ms()
    return {
        "candidates": len(hall.roster),
        "signed_in": len(state.seats),
        "ready": sum(seat.ready for seat in state.seats.values()),
        "started": sum(seat.timetable.started_ms is not None for seat in state.seats.values()),
        "handed_in": sum(seat.hand_in_idx >= 0 for seat in state.seats.values()),
        "alarms": len(state.alarms),
        "alarmed": [
            {"admission_no": hall.roster[alarm.c - 1].admission_no, "what": alarm.what}
            for alarm in dict.fromkeys(state.alarms)
        ],
        "elsewhere": [
            {"admission_no": hall.roster[c - 1].admission_no, "terminal": terminal}
            for c, terminal in sorted(hall.elsewhere.items())
        ],
        "seats": [
            {
                "admission_no": line.admission_no,
                "answered": seat.answered,
                "c": line.c,
                "hand_in": seat.hand_in_idx,
                "late": seat.late if seat.late_answers else 0,
                "late_ms": seat.late_ms,
                "connected": int(hall.live[line.c].connection is not None),
                "name": line.name,
                "phase": phase_at(seat.timetable, now_ms).value,
                "remaining_ms": remaining_ms(seat.timetable, now_ms),
                "terminal": seat.terminal,
            }
            for line in hall.roster
            if (seat := state.seats.get(line.c)) is not None
        ],
    }
