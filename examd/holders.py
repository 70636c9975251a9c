"""People and places that hold secrets: a key file sealed to a passphrase, and a public card beside it.

The card (`site.card.json`, `chief.card.json`) travels to the bureau once; packages are sealed to what it names. The
key file never travels. On one machine all files may lie together; reports then say "not separated: one holder".
"""

import contextlib
import dataclasses
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bank.canonical import canonical, digest, spoken
from bank.durable import founding, read_bytes, require_founded, write_atomically
from bank.refused import BadFile, Denied
from bank.seal import passphrase as sealing
from bank.seal.locks import Identity
from bank.seal.statements import public_hex, tellable


@dataclass(frozen=True, slots=True)
class Card:
    """What others may know of a holder."""

    role: str
    """"site" | "chief" | "bureau"."""
    id: str
    name: str
    age: str
    """age recipient that packages are locked to."""
    sign: str
    """Ed25519 public key, hex."""

    @property
    def fingerprint(self) -> str:
        """Twenty digits: whoever gave the card away and whoever got it read the same."""
        return spoken(digest(dataclasses.asdict(self)))

    @classmethod
    def read(cls, path: Path, role: str) -> "Card":
        """Raises BadFile: when it is unreadable, malformed, the card of another role, or left half made."""
        require_founded(path.with_name(f"{role}.key"))
        file = read_bytes(path)
        try:
            fields = json.loads(file)
            card = cls(**{field.name: str(fields[field.name]) for field in dataclasses.fields(cls)})
        except (ValueError, TypeError, KeyError):
            raise BadFile("card-malformed", file=str(path)) from None
        if not (tellable(card.id) and tellable(card.name)):
            raise BadFile("card-malformed", file=str(path))
        if card.role != role:
            raise BadFile("card-role", file=str(path), expected=role, found=card.role)
        return card

    def write(self, directory: Path) -> None:
        """Writes `<role>.card.json`."""
        file = json.dumps(dataclasses.asdict(self), ensure_ascii=False, indent=1).encode()
        write_atomically(directory / f"{self.role}.card.json", file, private=False)


class _Secrets(msgspec.Struct, frozen=True):
    age: str
    card: Card
    sign: str
    vault: str


@dataclass(frozen=True, slots=True)
class Holder:
    """A card with its secrets. The repr shows the card alone."""

    card: Card
    identity: Identity
    signing_key: Ed25519PrivateKey
    vault_key: bytes
    """256-bit key of the holder's own database, where it has one."""

    def __repr__(self) -> str:
        return f"Holder({self.card.role}/{self.card.id}, …)"

    def secret_bytes(self) -> bytes:
        """The form in which the supervisor hands a site's secrets to its server, through a pipe."""
        signing_key, vault_key = self.signing_key.private_bytes_raw().hex(), self.vault_key.hex()
        return canonical(msgspec.to_builtins(_Secrets(self.identity.text, self.card, signing_key, vault_key)))

    @classmethod
    def from_secret_bytes(cls, data: bytes) -> "Holder":
        """The holder that these are the secrets of."""
        secret = msgspec.json.decode(data, type=_Secrets)
        signing_key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret.sign))
        return cls(secret.card, Identity.from_text(secret.age), signing_key, bytes.fromhex(secret.vault))


def create(directory: Path, role: str, holder_id: str, name: str, passphrase: str) -> Holder:
    """Makes a holder with fresh keys; writes `<role>.card.json` and, last, `<role>.key` into `directory`.

    Raises BadFile: when a name cannot be shown on one line, or there is such a holder already.
    """
    with founded(directory, role):
        return make(directory, role, holder_id, name, passphrase)


@contextlib.contextmanager
def founded(directory: Path, role: str, *more: str) -> Iterator[None]:
    """A holder of this role is made inside, with the files `more`, as one act (`bank.durable.founding`).

    Raises BadFile: when there is one.
    """
    key = f"{role}.key"
    with founding(directory, (key, *more), BadFile("holder-exists", file=str(directory / key))):
        yield


def make(directory: Path, role: str, holder_id: str, name: str, passphrase: str) -> Holder:
    """As `create` does, where that nobody is there is known. Raises BadFile: when a name takes more than one line."""
    if not (tellable(holder_id) and tellable(name)):
        raise BadFile("not-one-line")
    identity, signing_key = Identity.generate(), Ed25519PrivateKey.generate()
    card = Card(role, holder_id, name, identity.recipient, public_hex(signing_key))
    holder = Holder(card, identity, signing_key, secrets.token_bytes(32))
    sealed = sealing.seal(holder.secret_bytes(), passphrase, f"examd/{role}", (holder_id, name))
    write_atomically(directory / f"{role}.key", sealed)
    card.write(directory)
    return holder


def unlock(directory: Path, role: str, passphrase: str) -> Holder:
    """Opens `<role>.key`. Raises BadFile: when it cannot be read, or was left half made. And as
    `bank.seal.passphrase.unseal` does."""
    key_file = directory / f"{role}.key"
    require_founded(key_file)
    sealed = read_bytes(key_file)
    return Holder.from_secret_bytes(sealing.unseal(sealed, passphrase, f"examd/{role}", file=str(key_file)))


def change_passphrase(key_file: Path, old: str, new: str) -> None:
    """Seals the key in `key_file` to another passphrase, as one act.

    Raises BadFile: when it cannot be read, was left half made, or is no key that one passphrase opens.
    Raises Denied: when the old passphrase is another one, the new one is the old, or is guessed too soon.
    """
    require_founded(key_file)
    if new == old:
        raise Denied("passphrase-same")
    write_atomically(key_file, sealing.sealed_anew(read_bytes(key_file), old, new, file=str(key_file)))
