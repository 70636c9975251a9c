"""From a package on a stick to an open session: prepare, open.

The chief examiner's private key never comes here. The server takes its own layer off the locks and hands the middle
locks out; the chief examiner's side takes off the rest and returns the parts' one-off identities, or what their own
device unlocked (`witnessing`), on which code 1 is left.

Before: `examd.site.staff_client`. After: `examd.delivery.commands.witnessing`, `sitting`.
"""

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from bank.clock import office_time
from bank.refused import Denied
from bank.seal.locks import Identity
from examd.delivery import disk, unlocked
from examd.delivery.commands import Facts, checkpoint, whole
from examd.delivery.hall import Hall
from examd.delivery.room import OpenSession, Room, Session, durable
from examd.package import layout
from examd.package import open as package_open
from examd.package import seed as seeding
from examd.record.entries import Kind
from examd.record.writer import Record
from examd.site.folder import SessionSecrets
from examd.staff import Person

COSIGN_S, MOST_COSIGN_S = 300, 900
"""How often the chief examiner co-signs while candidates sit unless the site says otherwise; how seldom at most."""


async def prepare(room: Room, person: Person, facts: Facts) -> Facts:
    """Checks the package, begins the record with the room's seed commitment, hands out the middle locks; again where
    the opening was broken off before the chief examiner had co-signed. `date`: the day that staff state where the
    machine's clock is wrong; it stands in the record.

    Raises Denied: a session is running, the package is another site's or for other days, or its session was held
    before.
    """
    directory, held, stated = Path(str(facts["package"])), room.session, str(facts.get("date", ""))
    running = isinstance(held, OpenSession) and not held.record.state.closed
    if held is not None and running and held.opening_witnessed:  # before anything on the stick is touched
        raise Denied("session-running", session=held.package.manifest.session.id)
    package = await asyncio.to_thread(package_open.read, directory, room.folder.bureau().sign)
    manifest = package.manifest
    if manifest.keys.site != room.site.card.sign or manifest.session.site_id != room.site.card.id:
        raise Denied("package-other-site", expected=room.site.card.id, found=manifest.session.site_id)
    if held is not None and running:
        if held.package.manifest.package_id != manifest.package_id:
            raise Denied("session-running", session=held.package.manifest.session.id)
        return await _locks_out(room, person, held)  # opened, and broken off before the chief examiner had signed
    begun = (room.folder.session(manifest.session.id) / "record.db").exists()
    room.folder.packages_seen().require(manifest, begun=begun)
    _require_day(room, manifest, stated)
    dated = {"date": stated} if stated else {}
    if held is not None:
        if held.record.state.opened is None:
            if held.package.manifest.package_id == manifest.package_id:
                held.note(person, "prepare", **dated)
                return await _locks_out(room, person, held)
            held.note(person, "abandon")  # the wrong package was prepared; its record and room share stay
        await room.detach_session()
    before = room.folder.current
    session = room.take_up(manifest.session.id)
    if session is None:
        session = await _begin(room, person, package, dated)
    elif session.package.manifest.package_id == manifest.package_id and session.record.state.opened is None:
        room.folder.make_current(manifest.session.id)  # prepared before, and put aside for another
        session.note(person, "prepare", **dated)
    else:
        await room.detach_session()
        if before is not None:
            room.take_up(before)
        raise Denied("session-exists", session=manifest.session.id)
    return await _locks_out(room, person, session)


def _require_day(room: Room, manifest: layout.Manifest, stated: str) -> None:
    """The wall clock is advice: a machine whose battery is dead says some day, and staff say which one it is.

    Raises Denied: the package is for other days.
    """
    window = manifest.window
    if stated:
        layout.require_day(stated)
    if window is None:
        return
    today = office_time(room.clock.now().wall_s)[:10]
    if not window.holds(stated or today):
        code = "stated-outside-window" if stated else "package-outside-window"
        raise Denied(code, first=window.first, last=window.last, today=stated or today)


async def _begin(room: Room, person: Person, package: package_open.Package, dated: Mapping[str, str]) -> Session:
    session_id = package.manifest.session.id
    folder = await asyncio.to_thread(room.folder.adopt, package, session_id)
    kept = SessionSecrets(secrets.token_bytes(32), secrets.token_bytes(32))
    room.folder.write_secrets(folder, kept, room.site)
    adopted = package_open.read(folder / "package", room.folder.bureau().sign)
    if adopted.manifest_sha256 != package.manifest_sha256:
        raise Denied("part-altered", file=layout.MANIFEST)  # another stick than the one that was checked
    room.folder.make_current(session_id)  # before the record: one without the other would block the session
    record = Record.create(folder / "record.db", kept.record_key, room.clock, room.run_later)
    room.session = session = Session(folder, room.site, adopted, record)
    record.start()
    disk.reserve(folder)
    session.boot()
    await _room_commit(room, person, session)
    session.note(person, "prepare", **dated)
    return session


async def _room_commit(room: Room, person: Person, session: Session) -> str:
    """The commitment to the room's share of the seed, entered in the record once: it is never rolled anew."""
    prepared, manifest = session.record.state.prepared, session.package.manifest
    if prepared is not None:
        return str(prepared["room_commit"])
    commit = seeding.room_commit(manifest, room.folder.read_secrets(session.folder, room.site).room_r)
    body = {
        "manifest_sha256": session.package.manifest_sha256, "package_id": manifest.package_id, "room_commit": commit,
    }  # fmt: skip
    await session.append(Kind.PREPARE, person, body)
    return commit


async def _locks_out(room: Room, person: Person, session: Session) -> Facts:
    package, commit = session.package, await _room_commit(room, person, session)
    return {
        "chief": package.manifest.keys.chief_age,
        "items_lock": package_open.encode_lock(package_open.middle_lock(package, layout.ITEMS, room.site.identity)),
        "package_id": package.manifest.package_id,
        "room_commit": commit,
        "roster_lock": package_open.encode_lock(package_open.middle_lock(package, layout.ROSTER, room.site.identity)),
        "rule": rule_facts(package),
        "session": package.manifest.session.name,
        "unlocked": unlocked.read(session.folder).items_lock != "",
    }


def rule_facts(package: package_open.Package) -> Facts:
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


async def open_(room: Room, person: Person, facts: Facts) -> Facts:
    """Takes the unlocked parts, fixes the seed, opens the doors. Returns the opening checkpoint to co-sign.

    `code`: code 1, where the chief examiner's own device unlocked the rest, which makes the session a separated one if
    that is another machine; else `roster_identity`, `items_identity`, `chief`, `one_holder`. `cosign_s`: how often a
    checkpoint is to be co-signed while candidates sit.

    Raises Denied: nothing was prepared, it is open already, a part or share is not what was committed to, or an
    institution that trained candidates employs whoever opens.
    """
    session = room.prepared()
    package, prepared = session.package, session.record.state.prepared
    manifest = package.manifest
    if isinstance(session, OpenSession) and not (session.record.state.closed or session.opening_witnessed):
        return _to_witness(session)
    if session.record.state.opened is not None:
        raise Denied("already-open", session=manifest.session.id)
    if prepared is None:  # the server was killed between the record's first two entries
        raise Denied("nothing-prepared")
    cosign_s = whole(facts, "cosign_s") if "cosign_s" in facts else COSIGN_S
    if not 0 < cosign_s <= MOST_COSIGN_S:
        raise Denied("cosign-out-of-range", most=MOST_COSIGN_S // 60)
    kept = room.folder.read_secrets(session.folder, room.site)
    if "code" in facts:
        parts = unlocked.read(session.folder)
        roster, items = parts.opened(str(facts["code"]), manifest.package_id, room.site.identity)
        chief, separated = parts.name, parts.apart
    else:
        roster = Identity.from_text(str(facts["roster_identity"]))
        items, chief = Identity.from_text(str(facts["items_identity"])), str(facts["chief"])
        separated = not facts["one_holder"]
    # Both refuse whatever was not committed to.
    lines = await asyncio.to_thread(package_open.roster, package, roster)
    person.require_impartial({line.institution for line in lines})
    clear = await asyncio.to_thread(package_open.items, package, items)
    room.folder.remember_opened(manifest)
    room.folder.write_secrets(session.folder, replace(kept, roster=roster, items=items), room.site)
    seed = seeding.session_seed(manifest, clear.bureau_r, kept.room_r, prepared["room_commit"])
    opened = OpenSession(session, await asyncio.to_thread(Hall, package, session.record, lines, clear, seed))
    body = {
        "bureau_r": clear.bureau_r.hex(),
        "cosign_s": cosign_s,
        "holders": {"administrator": person.name, "chief": chief},
        "pool_root": manifest.pool.root,
        "room_r": kept.room_r.hex(),
        "roster_sha256": manifest.roster.sha256,
        "rule_sha256": manifest.rule.sha256,
        "seed": seed.hex(),
        "separated": separated,
    }
    # Before OPEN: the checkpoint that the chief examiner signs then covers who may sign for candidates' acts.
    await durable(lambda done: opened.name_terminals(room.terminals.all(), done))
    await session.append(Kind.OPEN, person, body)
    room.session = opened
    opened.draw_ahead()
    opened.note(person, "open")
    return _to_witness(opened)


def _to_witness(session: OpenSession) -> Facts:
    """The opening's checkpoint: over OPEN, and over no form, for none is drawn before the chief examiner has signed."""
    name, opened = session.package.manifest.session.name, session.record.state.opened
    separated = opened is not None and opened["separated"]
    return checkpoint(session) | {"candidates": len(session.hall.roster), "separated": separated, "session": name}
