"""Authors and reviewers: who they are to the bank, and the keys they sign with.

A person is enrolled by a statement in their own hand, which proves that they hold the key; from the third on, one who
is already there signs it too, so that whoever holds the bank alone cannot invent a reviewer. The private key lies in
`<id>.key`, sealed to the person's passphrase, on the person's own stick; beside it `<id>.seen.json` keeps how far each
bank had come when the person last acted: a bank put back to an older copy is then noticed at the next act.

Before: `bank.seal`. After: `bank.review` says what they may do, `bank.life` does it.
"""

import contextlib
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bank.refused import BadFile, BrokenStore, Denied
from bank.seal import passphrase as sealing
from bank.seal import statements

KIND = "examd-person"
PURPOSE = "examd/person"
FOUNDERS = 2
"""The first two vouch for themselves: one alone could approve nothing, and from then on one of them vouches."""

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
        """`heads(n)` is the head after the bank's act n, or "". Refuses a bank that has forgotten what was seen."""
        noted = _seen(self.seen).get(bank)
        if noted is not None and heads(noted[0]) != noted[1]:
            raise Denied("bank-rolled-back", name=self.id, acts=noted[0])

    def note(self, bank: str, acts: int, head: str) -> None:
        noted = _seen(self.seen) | {bank: (acts, head)}
        _replace(self.seen, json.dumps({name: list(value) for name, value in noted.items()}).encode())


def create(file: Path, passphrase: str) -> Signer:
    """A new key in `file`, "…/<id>.key". The file's name is the person's id."""
    person = _id(file)
    key = Ed25519PrivateKey.generate()
    sealed = sealing.seal(key.private_bytes_raw(), passphrase, PURPOSE)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(sealed)
            stream.flush()
            os.fsync(stream.fileno())
    except FileExistsError:
        raise Denied("person-key-exists", file=str(file)) from None
    except OSError as error:
        raise BrokenStore("store-io", file=file.name, error=error.strerror) from None
    return Signer(person, key, file.with_suffix(".seen.json"))


def unlock(file: Path, passphrase: str) -> Signer:
    person = _id(file)
    try:
        with file.open("rb") as stream:
            sealed = stream.read(sealing.LARGEST_FILE + 1)
    except OSError as error:
        raise BadFile("file-unreadable", file=str(file), why=error.strerror) from None
    secret = sealing.unseal(sealed, passphrase, PURPOSE, file=file.name)
    try:
        key = Ed25519PrivateKey.from_private_bytes(secret)
    except ValueError:
        raise BadFile("sealed-malformed", file=file.name) from None
    return Signer(person, key, file.with_suffix(".seen.json"))


def application(
    bank: str, signer: Signer, name: str, roles: frozenset[Role], sponsor: Signer | None = None
) -> tuple[Person, bytes]:
    """The person, and the statement by which they enrol."""
    if not name.strip() or not name.isprintable() or not roles:
        raise BadFile("person-malformed", name=signer.id)
    signed = {
        "type": KIND,
        "v": 1,
        "bank": bank,
        "id": signer.id,
        "name": name,
        "roles": sorted(role.value for role in roles),
        "sign": signer.public,
        "sponsor": "" if sponsor is None else sponsor.id,
    }
    hands = (signer.key,) if sponsor is None else (signer.key, sponsor.key)
    return Person(signer.id, name, signer.public, roles), statements.sign(signed, *hands)


def enrolled(bank: str, rows: list[tuple[bytes, str]]) -> dict[str, Person]:
    """The people of a bank, in the order they came, from (statement, until). Raises BrokenStore for a forged one."""
    people: dict[str, Person] = {}
    for number, (statement, until) in enumerate(rows):
        try:
            signed = statements.read(statement, KIND, name="")
            person = Person(signed["id"], signed["name"], signed["sign"], frozenset(map(Role, signed["roles"])), until)
            if signed["bank"] != bank:
                raise ValueError
            statements.verify(statement, person.sign, name="")
            if number >= FOUNDERS:
                statements.verify(statement, people[signed["sponsor"]].sign, name="")
        except (BadFile, Denied, ValueError, KeyError, TypeError):
            raise BrokenStore("person-forged", number=number + 1) from None
        if person.id in people or person.sign in {other.sign for other in people.values()}:
            raise BrokenStore("person-forged", number=number + 1)
        people[person.id] = person
    return people


def _id(file: Path) -> str:
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


def _replace(file: Path, data: bytes) -> None:
    beside = file.with_name(file.name + ".new")
    try:
        with beside.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(file)
    except OSError as error:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise BrokenStore("store-io", file=file.name, error=error.strerror) from None
