"""Authors and reviewers: who they are to the bank, and the keys they sign with.

A person is enrolled by a statement in their own hand, which proves that they hold the key. Two others sign it: two of
the bank's people who are at work or, while there are not two, the keyholders by whom it is open. A further role comes
to a person in the same way: one may hold both, and still review nothing that their own hands wrote. So nobody who holds
the bank alone invents a second person to review their work. Only the first two of a bank that no keyholders share come
in unvouched: such a bank is one person's, and says so. Ending a person's work takes that person, or two in the same
way.

All of it stands in the bank's acts, one after the other, and is proved from them. The private key lies in `<id>.key`,
sealed to the person's passphrase, on the person's own stick; beside it `<id>.seen.json` keeps how far each bank had
come when the person last acted: a bank put back to an older copy is then noticed at the next act.

Before: `bank.seal`. After: `bank.authoring.review` says what they may do, `bank.authoring.lifecycle` does it.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bank.durable import make_folder, read_bytes, store_errors, write_atomically, write_new
from bank.refused import BadFile, BrokenStore, Denied
from bank.seal import passphrase as sealing
from bank.seal import statements

KIND = "examd-person"
END_KIND = "examd-person-end"
ROLE_KIND = "examd-person-role"
PURPOSE = "examd/person"
VOUCHERS = 2
"""So many sign for somebody; so many may come in unvouched where a bank has no keyholders."""
ENROL, END, GRANT = "enrol", "end-person", "grant-role"
"""The acts that people are read from."""
LOSS_KIND = "examd-person-loss"
LOSS = "accept-loss"

_UNDRAWN = frozenset(
    map(chr, (0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), 0x2800, 0x3164, 0xFFA0))
) | frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
"""Letters and marks that leave no ink; the format characters (Cf) are others."""

_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


class Role(StrEnum):
    AUTHOR = "author"
    REVIEWER = "reviewer"


@dataclass(frozen=True, slots=True)
class Person:
    id: str
    name: str
    sign: str
    """Ed25519 public key, hex."""
    roles: frozenset[Role]
    until: str = ""
    """Since when the person does not act any more; what was signed before stays good."""
    vouched: tuple[str, ...] = ()
    """Names of the people or keyholders who signed the enrolment; none where nobody keeps the bank but one, or where
    those who signed as its keyholders never were."""
    was: str = ""
    """Id under which the same person was enrolled before, with a key that is lost or given up."""

    def require(self, role: Role | None = None) -> "Person":
        """Whether they may act now, in that role. Raises Denied: when their work has ended, or it is not their role."""
        if self.until:
            raise Denied("person-ended", name=self.name, until=self.until)
        if role is not None and role not in self.roles:
            raise Denied("person-lacks-role", name=self.name, role=role.value)
        return self


@dataclass(frozen=True, slots=True)
class Keeper:
    """A keyholder of the bank who is present, by the signing key of their share."""

    name: str
    key: Ed25519PrivateKey

    def __repr__(self) -> str:
        return f"Keeper({self.name}, …)"


Vouchers = Sequence["Signer | Keeper"]


@dataclass(frozen=True, slots=True)
class Signer:
    """A person's own hand: the private key, open."""

    id: str
    key: Ed25519PrivateKey
    seen: Path
    """Where the person keeps how far each bank had come."""

    def __repr__(self) -> str:
        return f"Signer({self.id}, …)"

    @property
    def public(self) -> str:
        return statements.public_hex(self.key)

    def check_not_rolled_back(self, bank: str, heads: Callable[[int], str]) -> None:
        """Compares with what this person saw: `heads(n)` is the head after the bank's act n, or "".

        Raises Denied: when the bank has forgotten what was seen.
        """
        noted = _seen(self.seen).get(bank)
        if noted is not None and heads(noted[0]) != noted[1]:
            raise Denied("bank-rolled-back", name=self.id, acts=noted[0])

    def lost(self, bank: str, reason: str, acts: int) -> bytes:
        """The statement that this person knows of a loss: the bank, of which they saw more, ends at act `acts`."""
        seen = _seen(self.seen)[bank]
        said = {"bank": bank, "ends": acts, "head": seen[1], "id": self.id, "reason": reason, "saw": seen[0], "v": 1}
        return statements.sign({"type": LOSS_KIND, **said}, self.key)

    def note(self, bank: str, acts: int, head: str) -> None:
        noted = _seen(self.seen) | {bank: (acts, head)}
        with store_errors(self.seen.name):
            write_atomically(self.seen, json.dumps({name: list(value) for name, value in noted.items()}).encode())


def create(file: Path, passphrase: str) -> Signer:
    """A new key in `file`, "…/<id>.key". The file's name is the person's id."""
    person = identity(file)
    key = Ed25519PrivateKey.generate()
    sealed = sealing.seal(key.private_bytes_raw(), passphrase, PURPOSE, (person,))
    with store_errors(file.name, taken=Denied("person-key-exists", file=str(file))):
        make_folder(file.parent)
        write_new(file, sealed, private=True)
    return Signer(person, key, file.with_suffix(".seen.json"))


def unlock(file: Path, passphrase: str) -> Signer:
    """Opens a person's key. Raises BadFile: when the file cannot be read, or holds no key."""
    person = identity(file)
    sealed = read_bytes(file, sealing.LARGEST_FILE + 1)
    secret = sealing.unseal(sealed, passphrase, PURPOSE, file=file.name)
    try:
        key = Ed25519PrivateKey.from_private_bytes(secret)
    except ValueError:
        raise BadFile("sealed-malformed", file=file.name) from None
    return Signer(person, key, file.with_suffix(".seen.json"))


def application(
    bank: str,
    signer: Signer,
    name: str,
    roles: frozenset[Role],
    vouchers: Vouchers = (),
    *,
    same_name: bool = False,
    was: str = "",
) -> bytes:
    """The statement by which somebody enrols. `same_name`: who vouches knows of the other person of that name; `was`:
    it is the same person, who was enrolled under that id.

    Raises BadFile: when the name is empty or not printable, or there is no role.
    """
    if not name.strip() or not name.isprintable() or not roles:
        raise BadFile("person-malformed", name=signer.id)
    said = {
        "type": KIND,
        "v": 2,
        "bank": bank,
        "id": signer.id,
        "name": name,
        "roles": sorted(role.value for role in roles),
        "same_name": same_name,
        "sign": signer.public,
        "was": was,
        **_named(vouchers),
    }
    return statements.sign(said, signer.key, *(each.key for each in vouchers))


def further(bank: str, signer: Signer, roles: Collection[Role], vouchers: Vouchers = ()) -> bytes:
    """The statement by which somebody who is enrolled takes on further roles."""
    said = {"type": ROLE_KIND, "v": 1, "bank": bank, "id": signer.id, "roles": sorted(roles), **_named(vouchers)}
    return statements.sign(said, signer.key, *(each.key for each in vouchers))


def ending(bank: str, identity: str, until: str, by: Vouchers) -> bytes:
    """The statement that somebody signs nothing more: by themselves, or by two others."""
    said = {"type": END_KIND, "v": 1, "bank": bank, "id": identity, "until": until, **_named(by)}
    return statements.sign(said, *(each.key for each in by))


def _named(vouchers: Vouchers) -> dict[str, Any]:
    keepers = [each for each in vouchers if isinstance(each, Keeper)]
    return {
        "keepers": [{"name": each.name, "sign": statements.public_hex(each.key)} for each in keepers],
        "sponsors": [each.id for each in vouchers if isinstance(each, Signer)],
    }


def admit(
    bank: str, statement: bytes, known: Mapping[str, Person], keepers: Mapping[str, str], need: int = VOUCHERS
) -> Person:
    """The person who enrols: what the bank asks before it takes somebody in.

    `keepers` are the keyholders by whom the bank is open, public key -> name; none where one person holds it. `need` of
    them sign, as many as open it.

    Raises Denied: when too few vouch, or somebody has the id, the key or the name.
    """
    person, said = _person(bank, statement, known, need)
    twin = check_name(person.name, person.id, known, same_name=said["same_name"], was=person.was)
    if not person.vouched and (keepers or twin is not None or len(known) >= VOUCHERS):
        raise _unvouched(person.name, known, keepers, "", need)
    _require_keepers(said, keepers)
    return person


def _require_keepers(said: Mapping[str, Any], keepers: Mapping[str, str]) -> None:
    """Also where the bank has none: else whoever holds it alone could bring keys of their own making."""
    if not _keys(said) <= keepers.keys():
        raise Denied("keeper-unknown", names=[each["name"] for each in said["keepers"]])


def _keys(said: Mapping[str, Any]) -> set[str]:
    return {each["sign"] for each in said["keepers"]}


def check_name(name: str, identity: str, known: Mapping[str, Person], *, same_name: bool, was: str) -> Person | None:
    """Another person who has that name already, where whoever vouches says who is who.

    Raises Denied: when the id or the name is taken, or the person is still enrolled under another id.
    """
    if identity in known:
        raise Denied("person-exists", name=identity)
    if was:
        before = known.get(was)
        if before is None:
            raise Denied("person-unknown", name=was)
        if not before.until or any(other.was == was for other in known.values()):
            raise Denied("person-still-enrolled", name=before.name, id=was)
    themselves = keys_of(was, known) if was else set()
    others = (other for other in known.values() if other.id not in themselves)
    twin = next((other for other in others if plain(other.name) == plain(name)), None)
    if twin is not None and not same_name:
        raise Denied("person-same-name", name=name, id=twin.id)
    return twin


def dismiss(
    bank: str, statement: bytes, known: Mapping[str, Person], keepers: Mapping[str, str], need: int = VOUCHERS
) -> Person:
    """The person whose work ends by `statement`.

    Raises Denied: when they are unknown or have ended, or too few sign.
    """
    person, said = _dismissed(bank, statement, known, keepers, need)
    _require_keepers(said, keepers)
    return person


def promote(
    bank: str, statement: bytes, known: Mapping[str, Person], keepers: Mapping[str, str], need: int = VOUCHERS
) -> Person:
    """The person with the roles that they take on by `statement`: what the bank asks before it notes that.

    Raises Denied: when they are unknown, have ended or hold these roles, or too few vouch.
    """
    person, said, vouched = _promoted(bank, statement, known, need)
    if not vouched and (keepers or len(_at_work(known, person.id)) >= VOUCHERS or len(known) > VOUCHERS):
        raise _unvouched(person.name, known, keepers, person.id, need)
    _require_keepers(said, keepers)
    return person


def _promoted(
    bank: str, statement: bytes, known: Mapping[str, Person], need: int
) -> tuple[Person, dict[str, Any], bool]:
    said = _read(statement, ROLE_KIND, bank)
    person = known.get(said["id"])
    if person is None:
        raise Denied("person-unknown", name=said["id"])
    person.require()
    roles = frozenset(map(Role, said["roles"]))
    if not roles - person.roles:
        raise Denied("person-has-role", name=person.name)
    statements.verify(statement, person.sign, name="")
    vouched = bool(_vouched(statement, said, known, person, need))
    return replace(person, roles=person.roles | roles), said, vouched


def _dismissed(
    bank: str, statement: bytes, known: Mapping[str, Person], keepers: Mapping[str, str], need: int
) -> tuple[Person, dict[str, Any]]:
    said = _read(statement, END_KIND, bank)
    person = known.get(said["id"])
    if person is None:
        raise Denied("person-unknown", name=said["id"])
    person.require()
    if said["sponsors"] == [person.id] and not said["keepers"]:
        statements.verify(statement, person.sign, name="")
    elif not _vouched(statement, said, known, person, need):
        raise _unvouched(person.name, known, keepers, person.id, need)
    return replace(person, until=date.fromisoformat(said["until"]).isoformat()), said


def _unvouched(name: str, known: Mapping[str, Person], keepers: Mapping[str, str], besides: str, need: int) -> Denied:
    if len(_at_work(known, besides)) >= VOUCHERS:
        return Denied("person-needs-sponsors", name=name, need=VOUCHERS)
    if keepers:
        return Denied("person-needs-keepers", name=name, need=need)
    return Denied("person-needs-sharing", name=name, need=VOUCHERS)


def needs(known: Mapping[str, Person], *, shared: bool, besides: str = "") -> str:
    """Who has to vouch for somebody now: "sponsors", "keepers" or, in a bank that one person holds, ""."""
    if len(_at_work(known, besides)) >= VOUCHERS:
        return "sponsors"
    return "keepers" if shared else ""


def enrolled(
    bank: str, rows: Sequence[tuple[str, bytes]], keyholders: Callable[[], Collection[str]]
) -> dict[str, Person]:
    """The people of a bank, in the order they came, from their acts (ENROL, GRANT or END, statement).

    Raises BrokenStore for a forged one. `keyholders` tells the keys of all who ever held the bank: keys that nobody
    ever held it by have vouched for nobody (`strangers` names them). Whether the keyholders were those of that day,
    and the name another person's, was asked when they came.
    """
    people: dict[str, Person] = {}
    for number, (act, statement) in enumerate(rows, 1):
        try:
            if act == ENROL:
                person, said = _person(bank, statement, people, VOUCHERS)
                check_name(person.name, person.id, people, same_name=True, was=person.was)
                if not person.vouched and len(people) >= VOUCHERS:
                    raise _unvouched(person.name, people, {}, "", VOUCHERS)
                if said["keepers"] and not _keys(said) <= set(keyholders()):
                    person = replace(person, vouched=())
            elif act == GRANT:
                person, said, vouched = _promoted(bank, statement, people, VOUCHERS)
                if not vouched and len(people) > VOUCHERS:
                    raise _unvouched(person.name, people, {}, person.id, VOUCHERS)
                person = person if vouched else replace(person, vouched=())
                if said["keepers"]:
                    _require_keepers(said, dict.fromkeys(keyholders(), ""))
            else:
                person, _said = _dismissed(bank, statement, people, {}, VOUCHERS)
        except (BadFile, Denied, ValueError, KeyError, TypeError):
            raise BrokenStore("person-forged", number=number) from None
        people[person.id] = person
    return people


def strangers(rows: Sequence[tuple[str, bytes]], keyholders: Collection[str]) -> list[int]:
    """Numbers of the acts on people that somebody signed as a keyholder who never was one."""
    told = (json.loads(statement)["signed"] for _, statement in rows)
    return [number for number, said in enumerate(told, 1) if not _keys(said) <= set(keyholders)]


def first(person: Person, known: Mapping[str, Person]) -> Person:
    """The same person as they were first enrolled: another key makes nobody another person."""
    while person.was:
        person = known[person.was]
    return person


def keys_of(identity: str, known: Mapping[str, Person]) -> set[str]:
    """All ids of the same person."""
    if identity not in known:
        return {identity}
    origin = first(known[identity], known)
    return {each.id for each in known.values() if first(each, known) is origin}


def plain(name: str) -> str:
    """A name as a person sees it: width, case, spaces and what is not drawn make no other person."""
    drawn = (each for each in unicodedata.normalize("NFKC", name).casefold() if not each.isspace())
    return "".join(each for each in drawn if each not in _UNDRAWN and unicodedata.category(each) not in ("Cf", "Cn"))


def _read(statement: bytes, kind: str, bank: str) -> dict[str, Any]:
    said = statements.read(statement, kind, name="")
    if said["bank"] != bank or said["v"] != (2 if kind == KIND else 1):
        raise BadFile("statement-malformed", file="")
    return said


def _person(bank: str, statement: bytes, known: Mapping[str, Person], need: int) -> tuple[Person, dict[str, Any]]:
    """Who enrols, as they and those who vouch signed it."""
    said = _read(statement, KIND, bank)
    if not _ID.fullmatch(said["id"]) or not said["name"].strip() or not said["name"].isprintable() or not said["roles"]:
        raise BadFile("person-malformed", name=str(said["id"])[:64])
    statements.verify(statement, said["sign"], name="")
    person = Person(said["id"], said["name"], said["sign"], frozenset(map(Role, said["roles"])), "", (), said["was"])
    if person.sign in {other.sign for other in known.values()}:
        raise Denied("person-exists", name=person.id)
    person = replace(person, vouched=_vouched(statement, said, known, person, need))
    return person, said


def _vouched(
    statement: bytes, said: Mapping[str, Any], known: Mapping[str, Person], person: Person, need: int
) -> tuple[str, ...]:
    """Names of the two or more who signed for somebody and may; none where they may not, or are too few."""
    at_work = _at_work(known, person.id)
    if len(at_work) >= VOUCHERS:
        if not set(said["sponsors"]) <= at_work.keys():
            return ()
        found = {at_work[each].sign: at_work[each].name for each in said["sponsors"]}
        others = tuple(found.values())
    else:
        found = {each["sign"]: each["name"] for each in said["keepers"]}
        # A keyholder who enrols is one of as many as open the bank, and not one of the two others.
        others = tuple(name for name in found.values() if plain(name) != plain(person.name))
        if len(found) < need:
            return ()
    if len(others) < VOUCHERS:
        return ()
    for sign in found:
        statements.verify(statement, sign, name="")
    return others


def _at_work(known: Mapping[str, Person], besides: str) -> dict[str, Person]:
    return {each.id: each for each in known.values() if not each.until and each.id != besides}


def identity(file: Path) -> str:
    """Of the person whose key is in this file, `<id>.key`. Raises BadFile: when no person can have that id."""
    if file.suffix != ".key" or not _ID.fullmatch(file.stem):
        raise BadFile("person-file-name", file=file.name)
    return file.stem


def _seen(file: Path) -> dict[str, tuple[int, str]]:
    try:
        return {name: (int(acts), str(head)) for name, (acts, head) in json.loads(file.read_bytes()).items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError):
        raise BadFile("person-seen-malformed", file=file.name) from None
