"""A terminal vouches for its candidate's acts: when it is asked, and what becomes of its signature.

It is asked when its form is shown or shown again, so that it has signed before its first act; then once a minute while
acts come, after each checkpoint that the chief examiner has signed, and before the server hands in for it. A signature
costs some 100 µs to check, an answer none.

Before: `seats`, the timers of `server`. After: `examd.record`: SIGNED, or an ALARM where terminal and record disagree.
"""

from bank.refused import BrokenStore
from examd.delivery.hall import Connection, Hall, Live, Stage
from examd.protocol.messages import Signed
from examd.record.entries import Kind
from examd.record.state import Seat
from examd.record.writer import Outcome

SIGN_EVERY_MS = 60_000
ASK_AGAIN_MS = 5_000
"""Where nothing can be taken from a seat before it has signed."""
ASKED_AT_ONCE = 20
"""At one look: a thousand signatures at the same moment would hold up answers for a tenth of a second."""


def take_signature(hall: Hall, connection: Connection, message: Signed) -> None:
    """Enters the signature that was asked for; of any other nothing is known here, and nothing becomes of it."""
    live, seat = hall.live[connection.c], hall.record.state.seats[connection.c]
    asked = live.asked
    if asked is None or (message.seq, message.size, message.root) != (asked.seq, asked.size, asked.root):
        return None
    live.asked = None
    if hall.closing or hall.low_disk or live.stage is not Stage.STARTED:
        return None
    if not hall.vouches(connection, seat, message):
        return hall.alarm(seat.c, "bad-signature", {"seq": message.seq})
    if message.acts != asked.acts:  # it signed what it holds itself: one of the two has been altered
        return hall.alarm(seat.c, "acts-differ", {"acts": message.acts, "seq": message.seq})
    live.signer = connection.machine

    def entered(outcome: Outcome) -> None:
        if isinstance(outcome, BrokenStore):
            live.signer = seat.signer

    body = {
        "acts": message.acts, "c": seat.c, "root": message.root, "seq": message.seq, "sig": message.sig,
        "since": message.since, "size": message.size,
    }  # fmt: skip
    return hall.record.append(Kind.SIGNED, f"seat:{seat.c}", body, entered)


def ask_for_signatures(hall: Hall) -> None:
    """Run a few times a second: asks whoever has acts in the record that nobody has vouched for."""
    if hall.low_disk:
        return
    now_ms, asked = hall.record.session_ms(), 0
    for c, seat in hall.record.state.seats.items():
        if _is_due(hall, seat, hall.live[c], now_ms):
            hall.ask_to_sign(c)
            asked += 1
            if asked == ASKED_AT_ONCE:
                return


def _is_due(hall: Hall, seat: Seat, live: Live, now_ms: int) -> bool:
    if live.connection is None or live.stage is not Stage.STARTED:
        return False
    since_ms = now_ms - live.asked_ms
    if live.signer != live.machine:
        return since_ms >= ASK_AGAIN_MS
    return seat.seq > seat.signed_seq and (since_ms >= SIGN_EVERY_MS or live.asked_ms < hall.cosigned_ms)
