"""Answers that this record lost, admitted from a terminal's journal by the chief examiner's signed order.

Before: `examd.delivery.staff_socket`; `examd.site.restoring` holds the journal against `held`. After: a RESTORE entry.
"""

import msgspec

from bank.refused import BadFile, Denied
from examd.delivery.commands import Facts
from examd.delivery.hall import Stage
from examd.delivery.room import Room
from examd.protocol.messages import Answer, Refusal
from examd.protocol.reasons import Reason
from examd.record import orders
from examd.record.entries import Kind, decode_entry
from examd.staff import Person


async def held(room: Room, person: Person, facts: Facts) -> Facts:
    """What the record has of one candidate's answers, act by act. Changes nothing.

    Raises Denied: nobody has that number, or signed in with it.
    """
    session = room.running()
    hall, number = session.hall, str(facts["admission_no"])
    c = hall.number_of(number)
    if c not in hall.record.state.seats:
        raise Denied("not-signed-in", admission_no=number)
    mark = b'"c":%d,' % c
    entries = [decode_entry(raw) for raw in hall.record.entries() if b'"ANSWER"' in raw and mark in raw]
    return {
        "acts": [
            {name: entry.body[name] for name in ("choice", "seq", "slot", "used_ms")}
            for entry in entries
            if entry.type is Kind.ANSWER and entry.body["c"] == c
        ],
        "c": c,
        "keys": [terminal.key for terminal in hall.record.state.terminals.values()],
        "name": hall.roster[c - 1].name,
        "package_id": session.package.manifest.package_id,
    }


async def restore(room: Room, person: Person, facts: Facts) -> Facts:
    """Enters the order; the answers in it count from here on. The terminal begins anew from what the record then holds.

    Raises BadFile: it is no order, not signed by the chief examiner, or answers what the form does not offer.
    Raises Denied: that candidate has not signed in, or a reason is missing.
    """
    session = room.running()
    hall, manifest = session.hall, session.package.manifest
    try:
        order = msgspec.json.decode(str(facts["order"]), type=orders.Restore)
    except msgspec.DecodeError:
        raise BadFile("command-fact-malformed", fact="order") from None
    if not orders.is_signed(Kind.RESTORE, manifest.package_id, order.words, order.sig, manifest.keys.chief):
        raise BadFile("order-unsigned")
    if order.c not in hall.record.state.seats:
        raise Denied("not-signed-in", admission_no=str(order.c))
    if not order.reason:
        raise Denied("reason-missing")
    given = [Answer(1, each.slot, each.choice, 0) for each in order.answers]
    if not given or not all(hall.forms.offers(order.c, each) for each in given):
        raise BadFile("command-fact-malformed", fact="order")
    await session.append(Kind.RESTORE, person, {**order.words, "sig": order.sig})
    live = hall.live[order.c]
    if live.connection is not None and live.stage is Stage.STARTED:
        live.connection.drop(Refusal(Reason.REOPENED, fatal=True))
    return {}
