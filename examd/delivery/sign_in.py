"""A candidate comes to a terminal, or a terminal comes back: who it is, and what of theirs is in the record.

Before: `seats`. After: `hall`, where the candidate then sits.
"""

import hashlib
import hmac
import secrets

from bank.refused import BrokenStore
from examd.delivery import view
from examd.delivery.hall import Connection, Hall, Live, Stage
from examd.package.layout import RosterLine
from examd.protocol.messages import Refusal, Resume, SignIn, Welcome
from examd.protocol.reasons import Reason
from examd.record.entries import NO_CHAIN, Kind
from examd.record.state import Seat
from examd.record.writer import Outcome


def sign_in(hall: Hall, connection: Connection, message: SignIn) -> None:
    """Welcomes the candidate at this terminal, or refuses. The answer is sent once it is in the record.

    Who sits somewhere stays there: another terminal takes the seat only where staff have admitted it. One refusal
    serves for all, so that it tells nobody which numbers belong together, or that somebody sits here.
    """
    if hall.closing:
        return connection.send(Refusal(Reason.CLOSED))
    if hall.low_disk:
        return connection.send(Refusal(Reason.STORE_FULL))
    now_ms = hall.record.session_ms()
    if wait_ms := hall.wrong_sign_ins.wait_ms(connection.machine, now_ms):
        return connection.send(Refusal(Reason.TOO_MANY_TRIES, facts={"wait_s": wait_ms // 1000 + 1}))
    line = hall.by_number.get(message.admission_no.strip())
    tail = line.id_tail if line else "??????"
    right = hmac.compare_digest(message.id_tail.strip().upper().encode(), tail.encode())
    if line is not None and right:
        if _may_sit(hall.live[line.c], connection):
            return _seat(hall, connection, line)
        hall.elsewhere[line.c] = connection.terminal
    hall.wrong_sign_ins.add(connection.machine, now_ms)
    return connection.send(Refusal(Reason.UNKNOWN_CANDIDATE))


def _may_sit(live: Live, connection: Connection) -> bool:
    """Nobody has the candidate's seat, it is this terminal's own, or staff have admitted the candidate here."""
    own = live.machine == connection.machine
    return live.stage is Stage.ABSENT or own or live.admitted in ("", connection.terminal)


def _seat(hall: Hall, connection: Connection, line: RosterLine) -> None:
    token = secrets.token_hex(32)
    live = hall.live[line.c]
    before = live.machine, live.admitted
    again = live.stage is not Stage.ABSENT
    live.stage = max(live.stage, Stage.SIGNED_IN)
    live.machine, live.admitted = connection.machine, None
    hall.elsewhere.pop(line.c, None)
    _take_over(hall, line.c, connection)
    body = {
        "again": again,
        "c": line.c,
        "machine": connection.machine,
        "terminal": connection.terminal,
        "token_sha256": hashlib.sha256(token.encode()).hexdigest(),
    }

    def seated(outcome: Outcome) -> None:
        if isinstance(outcome, BrokenStore):
            live.machine, live.admitted = before
            if line.c not in hall.record.state.seats:
                live.stage = Stage.ABSENT
            connection.send(Refusal(Reason.STORE_FULL))
            hall.on_disconnect(connection)
        elif live.connection is connection:
            _welcome(hall, connection, line, token)

    hall.record.append(Kind.SIGN_IN, "server", body, seated)


def resume(hall: Hall, connection: Connection, message: Resume) -> None:
    """A terminal is back after an outage.

    Both sides compare what was acknowledged: a record that no longer holds it has been rolled back, and the
    only honest thing is to say so and stop taking answers for this seat.
    """
    token = hashlib.sha256(message.token.encode()).hexdigest()
    seat = next((seat for seat in hall.record.state.seats.values() if seat.token_sha256 == token), None)
    if seat is None or seat.machine not in ("", connection.machine):
        return connection.send(Refusal(Reason.BAD_TOKEN))
    if not _still_holds(hall, seat, message):
        # Nothing enters after CLOSE; the terminal keeps its journal and says so.
        facts = {"acked_seq": message.acked_seq, "idx": message.idx, "epoch": message.epoch}
        hall.alarm(seat.c, "record-lost", facts)
        return connection.drop(Refusal(Reason.RECORD_LOST, fatal=True))
    _take_over(hall, seat.c, connection)
    return _welcome(hall, connection, hall.roster[seat.c - 1], message.token)


def _still_holds(hall: Hall, seat: Seat, message: Resume) -> bool:
    if message.acked_seq == 0:
        return True
    if message.acked_seq > seat.seq:
        return False
    chain = hall.record.chain_at(message.idx)
    return chain is not None and hmac.compare_digest(chain.hex(), message.head)


def _take_over(hall: Hall, c: int, connection: Connection) -> None:
    live = hall.live[c]
    if live.connection is not None and live.connection is not connection:
        live.connection.c = 0
        live.connection.drop(Refusal(Reason.TAKEN_OVER, fatal=True))
    if connection.c and connection.c != c:
        hall.on_disconnect(connection)
    connection.c = c
    live.connection, live.shown = connection, None


def _welcome(hall: Hall, connection: Connection, line: RosterLine, token: str) -> None:
    seat = hall.record.state.seats[line.c]
    head = hall.record.chain_at(seat.acked_idx) if seat.acked_idx >= 0 else None
    connection.send(
        Welcome(
            token=token,
            candidate=view.candidate(line),
            sitting=hall.sitting,
            epoch=hall.record.epoch,
            durable_seq=seat.seq,
            idx=seat.acked_idx,
            head=head.hex() if head else "",
            answers={slot: choice for slot, choice in seat.held.items() if choice},
            flags=tuple(sorted(seat.flags)),
            handed_in=seat.hand_in_idx >= 0,
            package_id=hall.package_id,
            c=line.c,
            acts=seat.acts.hex(),
        )
    )
    if seat.timetable.started_ms is not None:
        connection.send(hall.forms.view(line.c))
        hall.ask_to_sign(line.c)
    hall.show_clock(line.c)
    if (idx := seat.hand_in_idx) >= 0:
        hall.send_receipt(seat, connection, hall.record.entry(idx), hall.record.chain_at(idx - 1) or NO_CHAIN)
