"""Somebody enrolled by a key file, and whoever vouches for them, or for the end of somebody's work.

Whatever would refuse the person is asked before anybody types a passphrase. Nothing here asks: whoever calls says how.

Before: `bank.authoring.people`. After: `bank.authoring.lifecycle` has it signed and kept.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bank import custody
from bank.authoring import lifecycle, people
from bank.authoring.people import VOUCHERS, Keeper, Person, Role, Signer, Vouchers
from bank.refused import BadFile, Denied
from bank.store import OpenBank


@dataclass(frozen=True, slots=True)
class Vouching:
    """Who is here to vouch."""

    sponsors: Sequence[Path]
    """Key files of people of the bank."""
    unlock: Callable[[], Sequence[Signer]]
    """Asks the sponsors for their passphrases."""
    keepers: Callable[[str], Sequence[Keeper]]
    """Asks the keyholders by whom the bank is open to vouch for the person of that name."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    person: Person
    is_new: bool
    """The key file was made."""


def enrol(
    bank: OpenBank,
    key: Path,
    name: str,
    roles: frozenset[Role],
    vouching: Vouching,
    signer: Callable[[bool], Signer],
    *,
    same_name: bool = False,
    was: str = "",
) -> Enrolled:
    """Makes the holder of `key` one of the bank's people. `signer` unlocks the file, or makes it where that is told.

    Raises BadFile: when nothing is said of name or roles.
    """
    if not name or not roles:
        raise BadFile("person-malformed", name=key.stem)
    people.check_name(name, key.stem, bank.people.all(), same_name=same_name, was=was)
    by = vouchers(bank, name, vouching)
    is_new = not key.exists()
    who = signer(is_new)
    try:
        person = lifecycle.enrol(bank, who, name, roles, by, same_name=same_name, was=was)
    except (BadFile, Denied):
        if is_new:  # a refusal: nothing was enrolled, and no key file is left behind
            key.unlink(missing_ok=True)
        raise
    return Enrolled(person, is_new)


def vouchers(bank: OpenBank, name: str, vouching: Vouching, *, besides: str = "") -> Vouchers:
    """Two of the bank's people or, while there are not two, the keyholders; nobody where one person holds the bank.

    `besides`: the id of whose work ends. Raises Denied: when they are unknown, or those who must vouch are not here.
    """
    known = bank.people.all()
    wanted = people.needs(known, shared=custody.is_shared(bank.directory), besides=besides)
    if besides:
        if besides not in known:
            raise Denied("person-unknown", name=besides)
        name = known[besides].name
    if wanted == "sponsors":
        if len(set(vouching.sponsors)) != VOUCHERS:
            raise Denied("person-needs-sponsors", name=name, need=VOUCHERS)
        return [*vouching.unlock()]
    if wanted == "keepers":
        return [*vouching.keepers(name)]
    if besides or len(known) >= VOUCHERS:
        raise Denied("person-needs-sharing", name=name, need=VOUCHERS)
    return []
