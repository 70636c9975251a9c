"""Somebody enrolled by a key file, and whoever vouches for them, or for the end of somebody's work.

Whatever would refuse the person is asked before anybody types a passphrase. Nothing here asks: whoever calls says how.

Before: `bank.authoring.people`. After: `bank.authoring.lifecycle` has it signed and kept.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
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


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who is to be enrolled, and how their key is opened, or made where that is told."""

    key: Path
    name: str
    roles: frozenset[Role]
    signer: Callable[[bool], Signer]


def enrol_together(
    bank: OpenBank, applicants: Sequence[Applicant], keepers: Callable[[], Sequence[Keeper]]
) -> list[Enrolled]:
    """All who are here, in one ceremony: the keyholders vouch for the first two, those two for everybody after.

    Nobody is asked twice for the same passphrase. Who is enrolled already is passed over: a ceremony that was broken
    off goes on. `keepers`: asks the keyholders by whom the bank is open, once.
    """
    done: list[Enrolled] = []
    here: dict[Path, Signer] = {}
    asked: list[Sequence[Keeper]] = []

    def unlocked(applicant: Applicant, *, is_new: bool = False) -> Signer:
        if applicant.key not in here:
            here[applicant.key] = applicant.signer(is_new)
        return here[applicant.key]

    def vouching(_name: str) -> Sequence[Keeper]:
        if not asked:
            asked.append(keepers())
        return asked[0]

    for applicant in applicants:
        known = bank.people.all()
        if applicant.key.stem in known:
            continue
        at_work = [each for each in applicants if each.key.stem in known and not known[each.key.stem].until]
        sponsors = at_work[:VOUCHERS]
        by = Vouching([each.key for each in sponsors], partial(list, map(unlocked, sponsors)), vouching)

        def signer(is_new: bool, who: Applicant = applicant) -> Signer:
            return unlocked(who, is_new=is_new)

        done.append(enrol(bank, applicant.key, applicant.name, applicant.roles, by, signer))
    return done


def take_on(
    bank: OpenBank, key: Path, roles: frozenset[Role], vouching: Vouching, signer: Callable[[], Signer]
) -> Person:
    """Further roles for the holder of `key`, who is enrolled.

    Raises Denied: when nobody is enrolled by that key, or they hold these roles.
    """
    person = bank.people.all().get(key.stem)
    if person is None:
        raise Denied("person-unknown", name=key.stem)
    if roles <= person.require().roles:
        raise Denied("person-has-role", name=person.name)
    by = vouchers(bank, person.name, vouching, besides=person.id, granting=True)
    return lifecycle.take_on(bank, signer(), roles, by)


def vouchers(bank: OpenBank, name: str, vouching: Vouching, *, besides: str = "", granting: bool = False) -> Vouchers:
    """Two of the bank's people or, while there are not two, the keyholders; nobody where one person holds the bank.

    `besides`: the id of whom it is about, whose work ends or who takes on a role (`granting`).

    Raises Denied: when they are unknown, or those who must vouch are not here.
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
    if granting and len(known) <= VOUCHERS:
        return []
    if besides or len(known) >= VOUCHERS:
        raise Denied("person-needs-sharing", name=name, need=VOUCHERS)
    return []
