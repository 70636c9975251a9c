"""What staff may order, one function a command (`examd.staff.Act`): room, who orders it, the facts it was sent.

Before: `staff_socket` knows who it is and that they may. After: `room`, `hall`; each leaves a STAFF entry.
"""

from collections.abc import Mapping
from typing import Any

from bank.canonical import MAX_INTEGER
from bank.refused import BadFile
from examd.delivery.room import Session

Facts = Mapping[str, Any]


def whole(facts: Facts, name: str) -> int:
    """The integer of that name. Raises BadFile: it is none, or none that canonical JSON holds."""
    value = facts[name]
    if type(value) is not int or abs(value) > MAX_INTEGER:
        raise BadFile("command-fact-malformed", fact=name)
    return value


def words(facts: Facts, name: str) -> dict[str, str]:
    """The texts of that name, each beside its own heading; none where it is left out.

    Raises BadFile: it is no such table.
    """
    value = facts.get(name, {})
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise BadFile("command-fact-malformed", fact=name)
    return value


def checkpoint(session: Session) -> dict[str, Any]:
    """The newest checkpoint, for the chief examiner to co-sign."""
    note = session.checkpoint()
    return {"note": note.number, "checkpoint": note.body}
