"""The staff's connection: sign-in with passphrase and one-time code, then one command at a time.

Commands are messages to the running server; each leaves a STAFF entry where a record exists. What each needs is one
function below; who may give it is the table in `examd.staff`.

The chief examiner's private key never comes here. For opening, the server takes its own layer off the locks and hands
the middle locks out; the chief examiner's side takes off the rest and returns the parts' one-off identities.
"""

import asyncio
import functools
import gc
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import WSMsgType, web

from bank.canonical import MAX_INTEGER
from bank.refused import BadFile, BrokenStore, Denied, Refused
from bank.seal.locks import Identity
from examd import VERSION
from examd.delivery import export, signing
from examd.package import layout
from examd.package import open as opening
from examd.package import seed as seeding
from examd.protocol.messages import Refusal, StaffCommand, StaffReply, StaffSignIn, decode_from_staff, encode
from examd.protocol.phase import phase_at, remaining_ms
from examd.protocol.reasons import Reason
from examd.record import notes
from examd.record.entries import Committed, Kind
from examd.record.state import ROOM
from examd.record.writer import Outcome, Record
from examd.site.folder import SessionSecrets
from examd.staff import TRIES, Act, Person

if TYPE_CHECKING:
    from examd.delivery.server import Server

Thunk = Callable[[], None]
Facts = Mapping[str, Any]
MAX_STAFF_MESSAGE_BYTES = 256 * 1024
SEATS_AT_ONCE = 20
START_PAUSE_S = 0.01
"""Seats started at once, and the time in which their forms leave: a thousand forms under way at the same moment took
20 MB that the process never gave back, and held up answers."""


async def serve_desk(server: "Server", request: web.Request) -> web.WebSocketResponse:
    if not _from_this_machine(request):
        raise web.HTTPNotFound  # as for any other path
    socket = web.WebSocketResponse(max_msg_size=MAX_STAFF_MESSAGE_BYTES, compress=False, heartbeat=20.0)
    await socket.prepare(request)
    person: Person | None = None
    tries = 0
    async for frame in socket:
        if frame.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
            break
        try:
            message = decode_from_staff(frame.data)
        except (msgspec.DecodeError, ValueError):
            await socket.send_str(encode(Refusal(Reason.MALFORMED)).decode())
            continue
        try:
            if isinstance(message, StaffSignIn):
                tries += 1
                if tries > TRIES:  # each try costs 64 MiB and half a second: nobody on the LAN may order them wholesale
                    break
                person = await _sign_in(server, message)
                reply = StaffReply("sign-in", {"name": person.name, "role": person.role.value})
            elif person is None:
                raise Denied("bad-staff")
            else:
                reply = await _obey(server, person, message)
        except Refused as refused:
            await socket.send_str(encode(_refusal(refused)).decode())
        except Exception:
            logging.getLogger("examd.delivery").exception("a staff command failed")
            await socket.send_str(encode(Refusal(Reason.REFUSED, facts={"code": "internal-error"})).decode())
        else:
            await socket.send_str(encode(reply).decode())
    return socket


def _from_this_machine(request: web.Request) -> bool:
    """Whoever connects to an address of this machine from it comes from that same address; nobody else can.

    Staff command at the server. Any machine of the LAN could otherwise lock them out with wrong passphrases.
    """
    own, peer = (request.get_extra_info(name) for name in ("sockname", "peername"))
    return bool(own and peer and own[0] == peer[0])


def _refusal(refused: Refused) -> Refusal:
    plain = {k: v if isinstance(v, int | str | list) else str(v) for k, v in refused.facts.items()}
    family = "denied" if isinstance(refused, Denied) else "broken" if isinstance(refused, BrokenStore) else "bad-file"
    return Refusal(Reason.REFUSED, facts={**plain, "code": refused.code, "family": family})


async def _sign_in(server: "Server", message: StaffSignIn) -> Person:
    now_s = server.clock.now().wall_s
    # Argon2id takes a good part of a second: in a thread, so that answers go on being acknowledged.
    async with server.staff_lock:
        sign_in = functools.partial(server.staff.sign_in, message.name, message.passphrase, message.code, now_s)
        try:
            person = await asyncio.to_thread(sign_in)
        except BrokenStore as broken:
            if broken.code != "store-full":
                raise
            server.drop_ballast()  # signing in writes, and who cannot sign in cannot close
            person = await asyncio.to_thread(sign_in)
    _note(server, person, "sign-in")
    return person


async def _obey(server: "Server", person: Person, command: StaffCommand) -> StaffReply:
    try:
        act = Act(command.act)
    except ValueError:
        raise Denied("unknown-act", act=command.act[:40]) from None
    person.require(act)
    try:
        if act is Act.STATUS:
            facts = await _ACTS[act](server, person, command.facts)
        else:
            async with server.acting:  # two desks may not open, start or close the same session between them
                facts = await _ACTS[act](server, person, command.facts)
    except KeyError as missing:
        raise BadFile("command-fact-missing", act=act.value, fact=str(missing.args[0])) from None
    return StaffReply(act.value, dict(facts))


def _note(server: "Server", person: Person, act: str, **more: str) -> None:
    """Leaves the act in the record, while the record is open."""
    if server.record is not None and not server.record.state.closed and not (server.hall and server.hall.closing):
        body = {"act": act, "name": person.name, "role": person.role.value, **more}
        server.record.append(Kind.STAFF, f"staff:{person.name}", body, lambda _: None)


async def _durable(append: Callable[[Callable[[Outcome], None]], None]) -> Committed:
    """Runs `append` with a callback and waits for its outcome. Raises BrokenStore."""
    future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
    append(future.set_result)
    outcome = await future
    if isinstance(outcome, BrokenStore):
        raise outcome
    return outcome


def _whole(facts: Facts, name: str) -> int:
    value = facts[name]
    if type(value) is not int or abs(value) > MAX_INTEGER:
        raise BadFile("command-fact-malformed", fact=name)
    return value


async def _append(server: "Server", kind: Kind, person: Person, body: Mapping[str, object]) -> Committed:
    record = server.record
    assert record is not None
    return await _durable(lambda done: record.append(kind, f"staff:{person.name}", body, done))


# ---- opening --------------------------------------------------------------------------------------------------


async def _prepare(server: "Server", person: Person, facts: Facts) -> Facts:
    """Checks the package, begins the record with the room's seed commitment, hands out the middle locks."""
    directory = Path(str(facts["package"]))
    if server.hall is not None and not server.hall.record.state.closed:  # before anything on the stick is touched
        raise Denied("session-running", session=server.hall.package.manifest.session.id)
    package = await asyncio.to_thread(opening.read, directory, server.folder.bureau().sign)
    manifest = package.manifest
    if manifest.keys.site != server.site.card.sign or manifest.session.site_id != server.site.card.id:
        raise Denied("package-other-site", expected=server.site.card.id, found=manifest.session.site_id)
    if server.record is not None and server.package is not None:
        if server.package.manifest.package_id == manifest.package_id and server.record.state.opened is None:
            return await _prepare_again(server, person)
        if server.record.state.opened is None:
            _note(server, person, "abandon")  # the wrong package was prepared; its record and room share stay
        await server.put_down()
    if (server.folder.session(manifest.session.id) / "record.db").exists():
        return await _prepare_abandoned(server, person, manifest)
    folder = await asyncio.to_thread(server.folder.adopt, package, manifest.session.id)
    session = SessionSecrets(secrets.token_bytes(32), secrets.token_bytes(32))
    server.folder.write_secrets(folder, session, server.site)
    server.package = opening.read(folder / "package", server.folder.bureau().sign)
    if server.package.manifest_sha256 != package.manifest_sha256:
        raise Denied("part-altered", file=layout.MANIFEST)  # another stick than the one that was checked
    server.folder.make_current(manifest.session.id)  # before the record: one without the other would block the session
    server.record = Record.create(folder / "record.db", session.record_key, server.clock, server.run_later)
    server.record.start()
    server.lay_ballast(folder)
    server.record.append(Kind.BOOT, "server", {"version": VERSION}, lambda _: None)
    await _commit_room(server, person, session.room_r)
    _note(server, person, "prepare")
    return _locks_out(server)


async def _prepare_again(server: "Server", person: Person) -> Facts:
    """The same package after an attempt that did not get to the end: the room's share is not rolled anew."""
    assert server.package is not None and server.record is not None
    if server.record.state.prepared is None:  # the server was killed between the record's first two entries
        folder = server.folder.session(server.package.manifest.session.id)
        await _commit_room(server, person, server.folder.read_secrets(folder, server.site).room_r)
    return _locks_out(server)


async def _prepare_abandoned(server: "Server", person: Person, manifest: layout.Manifest) -> Facts:
    """A package that was prepared before and put aside for another goes on with its own record, if it never opened."""
    before = server.folder.current
    server.take_up(manifest.session.id)
    assert server.package is not None and server.record is not None
    if server.package.manifest.package_id != manifest.package_id or server.record.state.opened is not None:
        await server.put_down()
        if before is not None:
            server.take_up(before)
        raise Denied("session-exists", session=manifest.session.id)
    server.folder.make_current(manifest.session.id)
    return await _prepare_again(server, person)


async def _commit_room(server: "Server", person: Person, room_r: bytes) -> None:
    assert server.package is not None
    manifest = server.package.manifest
    body = {
        "manifest_sha256": server.package.manifest_sha256,
        "package_id": manifest.package_id,
        "room_commit": seeding.room_commit(manifest, room_r),
    }
    await _append(server, Kind.PREPARE, person, body)


def _locks_out(server: "Server") -> Facts:
    assert server.package is not None and server.record is not None and server.record.state.prepared is not None
    package = server.package
    return {
        "chief": package.manifest.keys.chief_age,
        "items_lock": opening.encode_lock(opening.middle_lock(package, layout.ITEMS, server.site.identity)),
        "package_id": package.manifest.package_id,
        "room_commit": server.record.state.prepared["room_commit"],
        "roster_lock": opening.encode_lock(opening.middle_lock(package, layout.ROSTER, server.site.identity)),
        "rule": _rule(package),
        "session": package.manifest.session.name,
    }


def _rule(package: opening.Package) -> Facts:
    """Which rule, and who signed it: nobody, in a drill under an unsigned one. And of whom it was said that they could
    not consent to their successors: on the day somebody may be at hand who knows better."""
    rule, proof = package.rule, package.proof
    told: dict[str, Any] = {"id": rule.id, "name": rule.name, "signed_by": [], "version": rule.version}
    if proof is None:
        return told
    return told | {
        "gone": [
            {"id": who, "register": register.version, "why": why}
            for register in proof.registers
            for who, why in register.gone.items()
        ],
        "officers": proof.registers[0].sha256,
        "register": proof.signed_rule.register,
        "signed_by": [officer.name for officer in proof.signed_rule.signed_by],
    }


async def _open(server: "Server", person: Person, facts: Facts) -> Facts:
    """Takes the unlocked parts, fixes the seed, opens the doors. Returns the opening checkpoint to co-sign."""
    if server.package is None or server.record is None:
        raise Denied("nothing-prepared")
    if server.record.state.opened is not None:
        raise Denied("already-open", session=server.package.manifest.session.id)
    folder = server.folder.session(server.package.manifest.session.id)
    kept = server.folder.read_secrets(folder, server.site)
    roster, items = Identity.from_text(str(facts["roster_identity"])), Identity.from_text(str(facts["items_identity"]))
    session = SessionSecrets(kept.record_key, kept.room_r, roster, items)
    hall = await asyncio.to_thread(server.make_hall, session)  # refuses whatever was not committed to
    bureau_r = opening.items(server.package, items).bureau_r
    server.folder.write_secrets(folder, session, server.site)
    holders = {"administrator": person.name, "chief": str(facts["chief"])}
    manifest, prepared = server.package.manifest, server.record.state.prepared
    assert prepared is not None
    seed = seeding.session_seed(manifest, bureau_r, session.room_r, prepared["room_commit"])
    body = {
        "bureau_r": bureau_r.hex(),
        "holders": holders,
        "pool_root": manifest.pool.root,
        "room_r": session.room_r.hex(),
        "roster_sha256": manifest.roster.sha256,
        "rule_sha256": manifest.rule.sha256,
        "seed": seed.hex(),
        "separated": not facts["one_holder"],
    }
    await _append(server, Kind.OPEN, person, body)
    server.hall = hall
    _note(server, person, "open")
    return _checkpoint(server) | {"candidates": len(hall.roster), "session": manifest.session.name}


def _checkpoint(server: "Server") -> dict[str, Any]:
    made = server.checkpoint()
    if made is None:
        raise BrokenStore("store-full")
    return {"note": made[0], "checkpoint": made[1]}


async def _cosign(server: "Server", person: Person, facts: Facts) -> Facts:
    """Keeps the chief examiner's signature line under a checkpoint, once, and only where it is one: it stays there."""
    number, line = _whole(facts, "note"), str(facts["line"])
    if server.record is None or server.package is None:
        raise Denied("nothing-prepared")
    note = next((kept for n, _, kept in server.record.notes() if n == number), "")
    text = note.partition("\n\n")[0] + "\n"
    if not notes.is_cosignature(line, text, notes.CHIEF, server.package.manifest.keys.chief):
        raise BadFile("cosignature-malformed")
    if line not in note:
        server.record.cosign_note(number, line)
    if server.record.state.closed:
        await asyncio.to_thread(export.write, server)
    return {}


# ---- the sitting ----------------------------------------------------------------------------------------------


async def _start(server: "Server", person: Person, facts: Facts) -> Facts:
    hall = _running(server)
    if hall.record.state.started_ms is not None:
        raise Denied("already-started")
    await _append(server, Kind.SESSION_START, person, {})
    waiting = hall.waiting()
    for at, c in enumerate(waiting, 1):
        hall.start_seat(c)
        if at % SEATS_AT_ONCE == 0:
            await asyncio.sleep(START_PAUSE_S)
    # All of this stands until the session ends: the collector need not walk it again in the middle of the answers.
    gc.collect()
    gc.freeze()
    _note(server, person, "start")
    return {"started": len(waiting), "signed_in": len(hall.record.state.seats), "candidates": len(hall.roster)}


async def _pause(server: "Server", person: Person, facts: Facts) -> Facts:
    return await _for_seats(server, person, Kind.PAUSE, facts, {})


async def _resume(server: "Server", person: Person, facts: Facts) -> Facts:
    return await _for_seats(server, person, Kind.RESUME, facts, {})


async def _add_time(server: "Server", person: Person, facts: Facts) -> Facts:
    ms = _whole(facts, "ms")
    if not 0 < ms <= 180 * 60_000:
        raise Denied("time-out-of-range", ms=ms)
    return await _for_seats(server, person, Kind.ADD_TIME, facts, {"ms": ms})


async def _for_seats(server: "Server", person: Person, kind: Kind, facts: Facts, more: Facts) -> Facts:
    """One seat by admission number, or the whole room where none is named; a reason is always asked for."""
    hall = _running(server)
    state = hall.record.state
    reason = str(facts["reason"]).strip()
    if not reason:
        raise Denied("reason-missing")
    number = str(facts.get("admission_no", ""))
    c = hall.number_of(number) if number else ROOM
    seat = state.seats.get(c)
    if c != ROOM and (seat is None or seat.timetable.started_ms is None):
        raise Denied("seat-not-started", admission_no=number)
    paused = state.paused_since_ms is not None if seat is None else seat.own_pause
    if kind is Kind.PAUSE and paused:
        raise Denied("already-paused")
    if kind is Kind.RESUME and not paused:
        raise Denied("not-paused")
    hall.turning += 1
    try:
        await _append(server, kind, person, {"c": c, "reason": reason, **more})
    finally:
        hall.turning -= 1
    hall.show_clocks()
    return {}


async def _status(server: "Server", person: Person, facts: Facts) -> Facts:
    if server.record is None or server.package is None:
        return {"low_disk": int(server.low_disk), "phase": "idle"}
    state, manifest = server.record.state, server.package.manifest
    summary: dict[str, Any] = {
        "epoch": server.record.epoch,
        "entries": server.record.size,
        "low_disk": int(server.low_disk),
        "mock": manifest.session.mock,
        "phase": _phase(server),
        "session": manifest.session.name,
        "session_id": manifest.session.id,
    }
    hall = server.hall
    if hall is not None:
        now_ms = server.record.session_ms()
        summary["candidates"] = len(hall.roster)
        summary["signed_in"] = len(state.seats)
        summary["ready"] = sum(seat.ready for seat in state.seats.values())
        summary["started"] = sum(seat.timetable.started_ms is not None for seat in state.seats.values())
        summary["handed_in"] = sum(seat.hand_in_idx >= 0 for seat in state.seats.values())
        summary["alarms"] = len(state.alarms)
        summary["alarmed"] = [
            {"admission_no": hall.roster[c - 1].admission_no, "what": what} for c, what in dict.fromkeys(state.alarms)
        ]
        summary["seats"] = [
            {
                "admission_no": line.admission_no,
                "answered": seat.answered,
                "connected": int(hall.is_connected(line.c)),
                "name": line.name,
                "phase": phase_at(seat.timetable, now_ms).value,
                "remaining_ms": remaining_ms(seat.timetable, now_ms),
            }
            for line in hall.roster
            if (seat := state.seats.get(line.c)) is not None
        ]
    return summary


def _phase(server: "Server") -> str:
    assert server.record is not None
    state = server.record.state
    if state.closed:
        return "closed"
    if state.started_ms is not None:
        return "started"
    return "open" if state.opened is not None else "prepared"


def _running(server: "Server") -> Any:
    if server.hall is None:
        raise Denied("not-open")
    if server.hall.closing:
        raise Denied("closed")
    return server.hall


# ---- closing --------------------------------------------------------------------------------------------------


async def _close(server: "Server", person: Person, facts: Facts) -> Facts:
    """Ends the session: nothing enters after this. Returns the closing checkpoint to co-sign."""
    if server.hall is not None and server.record is not None and server.record.state.closed:
        await asyncio.to_thread(export.write, server)
        return _closing_facts(server)  # closing again shows the same root: an answer lost on the wire is no loss
    hall = _running(server)
    waive = sorted({hall.number_of(str(number)) for number in facts.get("waive", [])} & set(hall.open_seats()))
    reason = str(facts.get("reason", "")).strip()
    # A session that never started is as strange as a seat left open: somebody must say why.
    if (waive or hall.record.state.started_ms is None) and not reason:
        raise Denied("reason-missing")
    server.drop_ballast()
    _note(server, person, "close", **({"reason": reason} if reason else {}))
    await _durable(lambda done: hall.close(waive, f"staff:{person.name}", reason, done))
    reply = _closing_facts(server)
    await asyncio.to_thread(export.write, server)
    return reply


def _closing_facts(server: "Server") -> Facts:
    assert server.record is not None
    size, root, chain = server.record.head()
    folder = _session_folder(server)
    return _checkpoint(server) | {
        "chain": chain.hex(), "entries": size, "result": str(folder / "result"), "root": root.hex(),
    }  # fmt: skip


async def _answers_lock(server: "Server", person: Person, facts: Facts) -> Facts:
    """The answers' middle lock, after closing and not before. What it locks never comes back here."""
    if server.package is None or server.record is None or not server.record.state.closed:
        raise Denied("not-closed")
    lock = opening.middle_lock(server.package, layout.ANSWERS, server.site.identity)
    return {
        "answers_lock": opening.encode_lock(lock),
        "package": str(_session_folder(server) / "package"),
        "result": str(_session_folder(server) / "result"),
        "root": server.record.head()[1].hex(),
    }


async def _sign_result(server: "Server", person: Person, facts: Facts) -> Facts:
    """Signs the result that grading has left in the result folder, where it speaks of this very record."""
    if server.package is None or server.record is None or not server.record.state.closed:
        raise Denied("not-closed")
    folder = _session_folder(server) / "result"
    _, root, chain = server.record.head()
    hashes = {"closing_chain": chain.hex(), "closing_root": root.hex()}
    await asyncio.to_thread(signing.sign, folder, server.package.manifest, hashes, server.site.signing_key)
    return {"result": str(folder / signing.RESULT)}


def _session_folder(server: "Server") -> Path:
    assert server.package is not None
    return server.folder.session(server.package.manifest.session.id)


_ACTS: dict[Act, Callable[["Server", Person, Facts], Awaitable[Facts]]] = {
    Act.STATUS: _status,
    Act.PREPARE: _prepare,
    Act.OPEN: _open,
    Act.COSIGN: _cosign,
    Act.START: _start,
    Act.PAUSE: _pause,
    Act.RESUME: _resume,
    Act.ADD_TIME: _add_time,
    Act.CLOSE: _close,
    Act.ANSWERS_LOCK: _answers_lock,
    Act.SIGN_RESULT: _sign_result,
}
