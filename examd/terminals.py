"""The terminals of a site: the list of those that staff enrolled, and pairing, which brings new ones into it.

Staff begin pairing at the server and read an eight-digit code there; at each machine it is typed once. Whoever typed it
right waits on a list until staff confirm that list, by name, so that a machine that does not stand in the room is seen
before it is worth anything. The code lives for minutes; five wrong ones from one address, or a hundred in all, end what
they ended: a guess has one chance in a million. It travels inside TLS to the one server that the terminal trusts, so
nobody who listens has anything to try out at home.

A machine's secret is its own: 32 random bytes that it made; here stands their hash. Beside it the machine has a signing
key, of which the site learns the public half alone: at pairing, before staff confirm, or, where it was enrolled before
there were any, when it comes next. Another key under the same secret is another machine. Pure but for the list's file:
time and randomness come in.

Before: `examd.delivery.enrolment` hears terminals, `examd.delivery.commands.terminals` staff. After: the site's folder.
"""

import hashlib
import hmac
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from bank.canonical import canonical
from bank.durable import write_atomically
from bank.refused import BadFile, Denied
from bank.seal.statements import tellable
from examd.protocol.acts import fingerprint

FILE = "terminals.json"
CODE_DIGITS, PAIRING_MS = 8, 15 * 60_000
MISSES_OF_AN_ADDRESS, MISSES = 5, 100
NAME_CHARACTERS = 32
WAITING = 4_096
"""Machines that may wait for staff at once."""


class Machine(msgspec.Struct, frozen=True):
    """One enrolled terminal."""

    id: str
    """First 32 hexadecimal digits of the SHA-256 of its secret."""
    name: str
    by: str = ""
    """Who of the staff confirmed it."""
    sign: str = ""
    """Its public signing key, in hex; "" for one that was enrolled before there were any, until it comes again."""

    @property
    def check(self) -> str:
        """Symbols that tell two machines of one name apart; here, and at the machine, which makes its own."""
        return fingerprint(self.sign) if self.sign else "–"


def machine_id(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def is_key(sign: str) -> bool:
    """Whether a text may be a public signing key."""
    return re.fullmatch("[0-9a-f]{64}", sign) is not None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Paired, not confirmed."""

    machine: Machine
    address: str


@dataclass
class Pairing:
    """A time in which machines may pair."""

    code: str
    ends_ms: int
    waiting: dict[str, Waiting] = field(default_factory=dict)
    """By machine id."""
    misses: Counter[str] = field(default_factory=Counter)
    """Wrong codes by address."""

    def left_ms(self, now_ms: int) -> int:
        return 0 if self.misses.total() >= MISSES else max(0, self.ends_ms - now_ms)

    def __repr__(self) -> str:
        return "Pairing(…)"


class Terminals:
    """The list in a site's folder, and the pairing that is under way, if any: that one ends with the process."""

    def __init__(self, folder: Path) -> None:
        """Raises BadFile: the list is none of ours."""
        self._path = folder / FILE
        try:
            kept = msgspec.json.decode(self._path.read_bytes(), type=list[Machine]) if self._path.exists() else []
        except (msgspec.DecodeError, OSError):
            raise BadFile("part-malformed", what=FILE) from None
        self._kept = {machine.id: machine for machine in kept}
        self._pairing: Pairing | None = None

    # ---- asked for every connection ----------------------------------------------------------------------------

    def find(self, key: str, sign: str) -> Machine | None:
        """The enrolled machine that holds this secret and this signing key."""
        found = self._kept.get(machine_id(key))
        if found is not None and not found.sign and is_key(sign):
            found = msgspec.structs.replace(found, sign=sign)
            self._write(self._kept | {found.id: found})
        return found if found is not None and is_key(sign) and found.sign == sign else None

    def of(self, machine: str) -> Machine | None:
        """The enrolled machine of this id."""
        return self._kept.get(machine)

    def holds(self, machine: str) -> bool:
        """A machine of this id is enrolled."""
        return machine in self._kept

    def all(self) -> list[Machine]:
        return sorted(self._kept.values(), key=lambda machine: machine.name)

    # ---- pairing -----------------------------------------------------------------------------------------------

    def begin(self, number: Callable[[int], int], now_ms: int) -> Pairing:
        """A new time of pairing, with a new code; who waits goes on waiting. `number(n)`: at random below n."""
        waiting = self._pairing.waiting if self._pairing else {}
        code = f"{number(10**CODE_DIGITS):0{CODE_DIGITS}}"
        self._pairing = Pairing(code, now_ms + PAIRING_MS, waiting)
        return self._pairing

    def pairing(self, now_ms: int) -> Pairing | None:
        """The one that is under way."""
        return self._pairing if self._pairing and self._pairing.left_ms(now_ms) else None

    def waiting(self) -> dict[str, Waiting]:
        """Who waits for staff, by machine id."""
        return dict(self._pairing.waiting) if self._pairing else {}

    def pair(self, code: str, name: str, key: str, sign: str, address: str, now_ms: int) -> Machine:
        """A machine that offers a code. It waits for staff from then on.

        Raises Denied: nobody is pairing, the code is wrong, was wrong too often, or the name cannot be had.
        """
        pairing, name = self.pairing(now_ms), name.strip()
        if pairing is None:
            raise Denied("not-pairing")
        if pairing.misses[address] >= MISSES_OF_AN_ADDRESS:
            raise Denied("too-many-tries", wait_s=pairing.left_ms(now_ms) // 1000 + 1)
        if not hmac.compare_digest(code.encode(), pairing.code.encode()):
            pairing.misses[address] += 1
            raise Denied("bad-code")
        machine = Machine(machine_id(key), name, sign=sign)
        others = [w for w in pairing.waiting.values() if w.machine.id != machine.id]
        plain = bool(name) and len(name) <= NAME_CHARACTERS and tellable(name)
        if not plain or not is_key(sign) or len(others) >= WAITING:
            raise Denied("malformed")
        if any(w.machine.name == name for w in others):
            raise Denied("name-taken")
        pairing.waiting[machine.id] = Waiting(machine, address)
        return machine

    def confirm(self, ids: Iterable[str], by: str) -> list[Machine]:
        """Enrols those of the waiting. A machine of the same name that was enrolled before gives the name up.

        Raises Denied: one of them does not wait.
        """
        waiting = self._pairing.waiting if self._pairing else {}
        chosen = list(dict.fromkeys(ids))
        if missing := [each for each in chosen if each not in waiting]:
            raise Denied("terminal-not-waiting", terminals=missing)
        new = {each: msgspec.structs.replace(waiting[each].machine, by=by) for each in chosen}
        names = {machine.name for machine in new.values()}
        self._write({i: m for i, m in self._kept.items() if m.name not in names} | new)
        for each in chosen:
            del waiting[each]
        return list(new.values())

    def end_pairing(self) -> None:
        """The code is worth nothing any more, and whoever still waits is forgotten."""
        self._pairing = None

    def remove(self, name: str) -> Machine:
        """Takes a terminal off the list. Raises Denied: none has that name."""
        found = next((machine for machine in self._kept.values() if machine.name == name), None)
        if found is None:
            raise Denied("terminal-unknown", terminal=name)
        self._write({i: m for i, m in self._kept.items() if i != found.id})
        return found

    def _write(self, kept: dict[str, Machine]) -> None:
        write_atomically(self._path, canonical([msgspec.to_builtins(kept[i]) for i in sorted(kept)]), private=True)
        self._kept = kept
