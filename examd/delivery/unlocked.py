"""What the chief examiner's own device has unlocked of a package, beside the session's record: codes are left on it.

Before: `examd.delivery.commands.witnessing` takes an answer in. After: `commands.opening` and `commands.closing`.
"""

import base64
from pathlib import Path

import msgspec

from bank.canonical import canonical
from bank.durable import write_atomically
from bank.refused import BadFile, Denied
from bank.seal import codes, locks
from bank.seal.locks import Identity
from examd.chief.messages import Answer
from examd.package import layout
from examd.package import open as opening

FILE = "chief-unlocked.json"


class Unlocked(msgspec.Struct, frozen=True):
    name: str = ""
    """The chief examiner's."""
    apart: bool = False
    """The device is another machine than this one."""
    roster: str = ""
    """The roster's identity, sealed to the site."""
    items_lock: str = ""
    """Code 1 is left on it."""
    answers_lock: str = ""
    """Code 2 is left on it."""

    def opened(self, code_1: str, package_id: str, site: Identity) -> tuple[Identity, Identity]:
        """Identities of roster and items. Raises Denied: the device has not unlocked them, or the code is another."""
        if not self.items_lock:
            raise Denied("chief-not-answered")
        code = codes.code_identity(code_1, package_id, 1)
        roster = locks.unseal(base64.b64decode(self.roster), site, what=f"{layout.ROSTER}/site")
        items = opening.unlock(opening.decode_lock(self.items_lock), layout.ITEMS, None, code)
        return locks.identity_in(roster, what=layout.ROSTER), items


def read(session: Path) -> Unlocked:
    """What there is of it in the session's folder. Raises BadFile: it is not what was written."""
    try:
        return msgspec.json.decode((session / FILE).read_bytes(), type=Unlocked)
    except FileNotFoundError:
        return Unlocked()
    except msgspec.DecodeError:
        raise BadFile("part-malformed", what=FILE) from None


def keep(session: Path, answer: Answer) -> None:
    """What the answer brings, beside what came before."""
    names = ("name", "apart", "roster", "items_lock", "answers_lock")
    brought = {name: value for name in names if (value := getattr(answer, name))}
    there = read(session)
    if (found := msgspec.structs.replace(there, **brought)) != there:
        write_atomically(session / FILE, canonical(msgspec.to_builtins(found)))
