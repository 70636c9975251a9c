"""The room's terminals: pairing new ones, the list, taking one off it, letting one go on after wrong sign-ins.

Before: `examd.delivery.staff_socket`. After: `examd.terminals`; terminals come by `examd.delivery.enrolment`.
"""

import secrets

from bank.refused import BadFile, Denied
from examd.delivery.commands import Facts
from examd.delivery.hall import Hall
from examd.delivery.room import Room
from examd.protocol.messages import Refusal
from examd.protocol.reasons import Reason
from examd.staff import Person
from examd.terminals import Machine, Waiting


async def pair(room: Room, person: Person, facts: Facts) -> Facts:
    """Begins pairing: the code, and for how long it is good."""
    now_ms = room.clock.now().mono_ms
    pairing = room.terminals.begin(secrets.randbelow, now_ms)
    _note(room, person, "pair")
    return {"code": pairing.code, "seconds": pairing.left_ms(now_ms) // 1000}


async def listed(room: Room, person: Person, facts: Facts) -> Facts:
    """Who is enrolled, who waits to be, what keeps one from signing anybody in. Changes nothing."""
    now_ms, hall = room.clock.now().mono_ms, room.hall
    pairing = room.terminals.pairing(now_ms)
    return {
        "pairing_s": 0 if pairing is None else pairing.left_ms(now_ms) // 1000,
        "misses": 0 if pairing is None else pairing.misses.total(),
        "terminals": [
            {"name": each.name, "check": each.check, "by": each.by, "wait_s": _wait_s(hall, each)}
            for each in room.terminals.all()
        ],
        "waiting": [
            _waiting(room, each)
            for each in sorted(room.terminals.waiting().values(), key=lambda waiting: waiting.machine.name)
        ],
    }


def _waiting(room: Room, each: Waiting) -> Facts:
    machine = each.machine
    replaces = any(old.name == machine.name and old.id != machine.id for old in room.terminals.all())
    return {
        "id": machine.id, "name": machine.name, "check": machine.check, "address": each.address, "replaces": replaces,
    }  # fmt: skip


def _wait_s(hall: Hall | None, machine: Machine) -> int:
    return 0 if hall is None else -(-hall.wrong_sign_ins.wait_ms(machine.id, hall.record.session_ms()) // 1000)


async def enrol(room: Room, person: Person, facts: Facts) -> Facts:
    """Ends pairing, and enrols those of the waiting whose ids are named; the others are forgotten.

    Raises BadFile: `ids` is no list of texts. Raises Denied: one of them does not wait.
    """
    ids = facts["ids"]
    if not isinstance(ids, list) or not all(isinstance(each, str) for each in ids):
        raise BadFile("command-fact-malformed", fact="ids")
    before = {machine.name: machine for machine in room.terminals.all()}
    new = room.terminals.confirm(ids, person.name)
    room.terminals.end_pairing()
    for machine in new:
        if (old := before.get(machine.name)) is not None and old.id != machine.id:
            _turn_out(room.hall, old)
    if new:
        _note(room, person, "enrol-terminals")
    return {"enrolled": sorted(machine.name for machine in new), "terminals": len(room.terminals.all())}


async def remove(room: Room, person: Person, facts: Facts) -> Facts:
    """Takes the terminal of this name off the list. Whoever sits there goes on at another, once admitted.

    Raises Denied: none has that name.
    """
    _turn_out(room.hall, room.terminals.remove(str(facts["terminal"])))
    _note(room, person, "remove-terminal")
    return {"terminals": len(room.terminals.all())}


async def release(room: Room, person: Person, facts: Facts) -> Facts:
    """Forgets the wrong sign-ins of the terminal of this name. Raises Denied: none has that name."""
    name = str(facts["terminal"])
    machine = next((each for each in room.terminals.all() if each.name == name), None)
    if machine is None:
        raise Denied("terminal-unknown", terminal=name)
    room.running().hall.wrong_sign_ins.release(machine.id)
    _note(room, person, "release")
    return {}


def _turn_out(hall: Hall | None, machine: Machine) -> None:
    """A machine that is no terminal any more loses its connection. The seat's answers are in the record."""
    if hall is None:
        return
    for live in hall.live.values():
        if (connection := live.connection) is not None and connection.machine == machine.id:
            connection.drop(Refusal(Reason.NOT_ENROLLED, fatal=True))
            hall.on_disconnect(connection)


def _note(room: Room, person: Person, act: str) -> None:
    if room.session is not None:
        room.session.note(person, act)
