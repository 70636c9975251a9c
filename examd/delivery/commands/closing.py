"""The end of a session, and what follows on it: close, hand the answers' lock out, sign the result.

Before: `examd.delivery.commands.sitting`. After: `examd.grading.process` grades what `export` wrote.
"""

import asyncio
from collections.abc import Mapping

import msgspec

from bank.refused import BadFile, Denied
from examd.delivery import disk, ending, export, signing, unlocked
from examd.delivery.commands import Facts, checkpoint, words
from examd.delivery.room import OpenSession, Room, durable
from examd.package import layout
from examd.package import open as opening
from examd.record import orders
from examd.record.entries import Kind
from examd.result import RESULT
from examd.staff import Person


async def close(room: Room, person: Person, facts: Facts) -> Facts:
    """Ends the session: nothing enters after this. Returns the closing checkpoint to co-sign.

    `waive`: admission number -> why; `reason`: why a session closes that never started; `late`: admission number -> the
    chief examiner's order upon what came after the deadline.

    Raises Denied: a reason is missing, for a seat waived, late answers or a session that never started.
    """
    closed = room.session
    if isinstance(closed, OpenSession) and closed.record.state.closed:
        await asyncio.to_thread(export.write, closed)
        return _closing_facts(closed)  # closing again shows the same root: an answer lost on the wire is no loss
    session = room.running()
    hall = session.hall
    named = {hall.number_of(number): reason.strip() for number, reason in words(facts, "waive").items()}
    waive = {c: named[c] for c in sorted(named.keys() & set(ending.open_seats(hall)))}
    late = _late_orders(session, words(facts, "late"))
    reason = str(facts.get("reason", "")).strip()
    # A session that never started is as strange as a seat left open: somebody must say why.
    if not all(waive.values()) or not all(order.reason for order in late):
        raise Denied("reason-missing")
    if hall.record.state.started_ms is None and not reason:
        raise Denied("never-started")
    await asyncio.to_thread(session.record.all_read)  # the closing root speaks of what was read in this run
    disk.release_reserve(session.folder)
    session.note(person, "close", **({"reason": reason} if reason else {}))
    await durable(lambda done: ending.close(hall, waive, late, f"staff:{person.name}", done))
    reply = _closing_facts(session)
    await asyncio.to_thread(export.write, session)
    return reply


def _late_orders(session: OpenSession, told: Mapping[str, str]) -> list[orders.Late]:
    """Those that concern somebody whose late answers nobody has decided upon.

    Raises BadFile: one is none, or not signed by the chief examiner.
    """
    found, manifest, waiting = [], session.package.manifest, ending.late_seats(session.hall)
    for number, text in sorted(told.items()):
        try:
            order = msgspec.json.decode(text, type=orders.Late)
        except (msgspec.DecodeError, ValueError):
            raise BadFile("command-fact-malformed", fact="late") from None
        signed = orders.is_signed(Kind.LATE, manifest.package_id, order.words, order.sig, manifest.keys.chief)
        if not signed or order.c != session.hall.number_of(number):
            raise BadFile("order-unsigned")
        if order.c in waiting:
            found.append(order)
    return found


def _closing_facts(session: OpenSession) -> Facts:
    size, root, chain = session.record.head()
    return checkpoint(session) | {
        "chain": chain.hex(), "entries": size, "result": str(session.result), "root": root.hex(),
    }  # fmt: skip


async def answers_lock(room: Room, person: Person, facts: Facts) -> Facts:
    """The answers' middle lock, after closing and not before. What it locks never comes back here.

    Raises Denied: it is not closed, or its closing not co-signed.
    """
    session = room.closed()
    if not session.closing_witnessed:
        raise Denied("closing-not-cosigned", session=session.package.manifest.session.id)
    if isinstance(session, OpenSession):  # a kill may have come between the signature and its export
        await asyncio.to_thread(export.write, session)
    lock = opening.middle_lock(session.package, layout.ANSWERS, room.site.identity)
    return {
        "answers_lock": opening.encode_lock(lock),
        "package": str(session.folder / "package"),
        "result": str(session.result),
        "root": session.record.head().root.hex(),
        "unlocked": unlocked.read(session.folder).answers_lock,
    }


async def sign_result(room: Room, person: Person, facts: Facts) -> Facts:
    """Signs the result that grading has left in the result folder, where it speaks of this very record."""
    session = room.closed()
    _, root, chain = session.record.head()
    hashes = {"closing_chain": chain.hex(), "closing_root": root.hex()}
    await asyncio.to_thread(signing.sign, session.result, session.package.manifest, hashes, room.site.signing_key)
    return {"result": str(session.result / RESULT)}
