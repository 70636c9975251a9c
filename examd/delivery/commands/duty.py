"""Who is at their post: presence confirmed, a lapse noted (缺位, 越位, 错位), a passphrase changed.

Before: `examd.delivery.staff_socket`. After: the record, where `tools/verify` looks for hours without anybody.
"""

import asyncio
from enum import StrEnum

from bank.refused import BadFile, Denied
from examd.delivery.commands import Facts
from examd.delivery.room import Room
from examd.record.entries import Kind
from examd.staff import Person


class Lapse(StrEnum):
    MISSING = "missing"
    """缺位: not at their post."""
    OVERSTEPPING = "overstepping"
    """越位: did what their role may not."""
    MISPLACED = "misplaced"
    """错位: did another's work instead of their own."""


async def on_duty(room: Room, person: Person, facts: Facts) -> Facts:
    """Enters that this person is there, which their passphrase and code have just shown."""
    await room.running().append(Kind.ON_DUTY, person, {"name": person.name, "role": person.role.value})
    return {}


async def lapse(room: Room, person: Person, facts: Facts) -> Facts:
    """Enters that somebody, by name, was not where or what they should be.

    Raises BadFile: it is none of the three. Raises Denied: a name or a reason is missing.
    """
    try:
        what = Lapse(str(facts["what"]))
    except ValueError:
        raise BadFile("command-fact-malformed", fact="what") from None
    name, reason = str(facts["name"]).strip(), str(facts["reason"]).strip()
    if not name or not reason:
        raise Denied("reason-missing")
    await room.running().append(Kind.DUTY_LAPSE, person, {"name": name, "reason": reason, "what": what.value})
    return {}


async def new_passphrase(room: Room, person: Person, facts: Facts) -> Facts:
    """Another passphrase for whoever has just signed in with the one of before."""
    await asyncio.to_thread(room.staff.change_passphrase, person.name, str(facts["new"]))
    if room.session is not None:
        room.session.note(person, "new-passphrase")
    return {}
