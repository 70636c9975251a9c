"""The chief examiner's hand under the record: a request for their device, the answer it gave, a signature line.

A request is written into the session's folder; whoever commands carries it to the device and the answer back. What is
taken in is looked at here once more: only a signature of theirs, under a checkpoint of ours, stays.

Before: `examd.delivery.staff_socket`. After: `examd.chief` answers; `checkpoints.txt` (docs/formats.md §5, §5b).
"""

import asyncio
from pathlib import Path

import msgspec

from bank.durable import write_atomically
from bank.merkle import Tree, consistency, leaf_hash
from bank.refused import BadFile, Denied
from examd.chief import messages
from examd.chief.messages import Answer, Order, PackageParts, Request
from examd.delivery import export, unlocked
from examd.delivery.commands import Facts, checkpoint, whole
from examd.delivery.room import OpenSession, Room, Session
from examd.package import layout
from examd.package import open as opening
from examd.record import notes, orders
from examd.record.entries import Kind
from examd.record.writer import Note
from examd.staff import Person


async def cosign(room: Room, person: Person, facts: Facts) -> Facts:
    """Keeps the chief examiner's signature line under a checkpoint, once, and only where it is one: it stays there.

    Raises BadFile: the line is no signature of theirs under that checkpoint.
    """
    number, line, session = whole(facts, "note"), str(facts["line"]), room.prepared()
    note = next((kept for kept in session.record.notes() if kept.number == number), None)
    await _keep(session, note, line)
    return {}


async def _keep(session: Session, note: Note | None, line: str) -> None:
    if note is None or not _is_theirs(session, note, line):
        raise BadFile("cosignature-malformed")
    if line not in note.text:
        session.record.cosign_note(note.number, line)
    session.saw_witness(note.size)
    if session.hall is not None:
        session.hall.cosigned_ms = session.record.session_ms()
    if isinstance(session, OpenSession) and session.record.state.closed:
        await asyncio.to_thread(export.write, session)


def _is_theirs(session: Session, note: Note, line: str) -> bool:
    """Only the last checkpoint of a closed record bears the name that says so."""
    names = [notes.CHIEF]
    if session.record.state.closed and note.size == session.record.size:
        names.append(notes.CLOSING)
    chief = session.package.manifest.keys.chief
    return any(notes.is_cosignature(line, note.body, name, chief) for name in names)


async def made(room: Room, person: Person, facts: Facts) -> Facts:
    """A checkpoint of this moment, to be co-signed."""
    return checkpoint(room.prepared())


async def ask_chief(room: Room, person: Person, facts: Facts) -> Facts:
    """Writes a request for the chief examiner's device: to sign the record's head, and what else is due.

    `since`: entries from there on go along, those after the last co-signed checkpoint where it is left out; `orders`:
    what they are to order of candidates, as JSON. Raises BadFile: one of the two is malformed.
    """
    session = room.prepared()
    note, asked = session.checkpoint(), _orders(facts)
    since = whole(facts, "since") if "since" in facts else session.witnessed.size
    if not 0 <= since <= note.size:
        raise BadFile("command-fact-malformed", fact="since")
    await asyncio.to_thread(session.record.all_read)  # what is handed out was read in this run
    request = await asyncio.to_thread(_request, session, note, since, asked, room)
    file = messages.written(request)
    path = session.folder / messages.REQUEST
    await asyncio.to_thread(write_atomically, path, file)
    return {"request": str(path), "to": messages.name_of(file)}


def _request(session: Session, note: Note, since: int, asked: tuple[Order, ...], room: Room) -> Request:
    lines = session.record.entries(since)[: note.size - since]
    leaves = [leaf_hash(line) for line in lines]
    tree = Tree.of(since, _edge(session, since))
    proof = consistency(tree.edge, since, leaves)
    for leaf in leaves:
        tree.append(leaf)
    session.edges[note.size] = tree.edge
    folder, package, site = session.folder / "package", None, room.site.identity
    if not unlocked.read(session.folder).items_lock:
        package = PackageParts(
            items_lock=opening.encode_lock(opening.middle_lock(session.package, layout.ITEMS, site)),
            manifest=(folder / layout.MANIFEST).read_text("utf-8"),
            roster=opening.encode_lock(layout.part_path(folder, layout.ROSTER).read_bytes()),
            roster_lock=opening.encode_lock(opening.middle_lock(session.package, layout.ROSTER, site)),
            rule=(folder / layout.RULE).read_text("utf-8"),
        )
    answers = ""
    if session.record.state.closed:
        answers = opening.encode_lock(opening.middle_lock(session.package, layout.ANSWERS, site))
    return Request(
        messages.REQUEST_TYPE, messages.VERSION, session.package.manifest.package_id, note.text, since,
        tuple(each.hex() for each in proof), tuple(line.decode() for line in lines), asked, package, answers,
    )  # fmt: skip


def _edge(session: Session, size: int) -> tuple[bytes, ...]:
    """Of the tree over so many entries; after a restart they are read once more."""
    if size and size not in session.edges:
        tree = Tree()
        for line in session.record.entries()[:size]:
            tree.append(leaf_hash(line))
        session.edges[size] = tree.edge
    return session.edges.get(size, ())


def _orders(facts: Facts) -> tuple[Order, ...]:
    try:
        return tuple(msgspec.json.decode(each, type=Order) for each in facts.get("orders", ()))
    except (msgspec.DecodeError, TypeError):
        raise BadFile("command-fact-malformed", fact="orders") from None


async def chief_answer(room: Room, person: Person, facts: Facts) -> Facts:
    """Takes the device's answer in: the signature, what it unlocked, the orders it signed.

    Raises BadFile: it is no answer, or a signature in it is not the chief examiner's. Raises Denied: it answers another
    request than the last one.
    """
    session = room.prepared()
    answer = messages.read(str(facts["answer"]).encode(), Answer)
    file = _last_request(session.folder / messages.REQUEST)
    if messages.name_of(file) != answer.to:
        raise Denied("chief-answer-to-another")
    request, manifest = messages.read(file, Request), session.package.manifest
    if not answer.lines:
        return {"orders": [], "since": answer.since, "size": 0}
    if len(answer.orders) != len(request.orders) or not all(
        orders.is_signed(Kind(each.kind), manifest.package_id, each.words, sig, manifest.keys.chief)
        for each, sig in zip(request.orders, answer.orders, strict=True)
    ):
        raise BadFile("order-unsigned")
    for line in answer.lines:
        await _keep(session, next((kept for kept in session.record.notes() if kept.body == request.body), None), line)
    await asyncio.to_thread(unlocked.keep, session.folder, answer)
    signed = [
        {"order": msgspec.json.encode(each).decode(), "sig": sig}
        for each, sig in zip(request.orders, answer.orders, strict=True)
    ]
    return {"orders": signed, "since": -1, "size": messages.head_of(request).size}


def _last_request(path: Path) -> bytes:
    """Raises Denied: nothing was asked."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise Denied("chief-answer-to-another") from None
