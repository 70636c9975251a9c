"""People and places that hold secrets: a key file sealed to a passphrase, and a public card beside it.

The card (`site.card.json`, `chief.card.json`) travels to the bureau once; packages are sealed to what it names. The
key file never travels. On one machine all files may lie together; reports then say "not separated: one holder".
"""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bank.canonical import canonical
from bank.durable import make_folder, write_atomically
from bank.refused import BadFile
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

    @classmethod
    def read(cls, path: Path, role: str) -> "Card":
        try:
            fields = json.loads(path.read_bytes())
            card = cls(**{name: str(fields[name]) for name in ("role", "id", "name", "age", "sign")})
        except OSError as error:
            raise BadFile("file-unreadable", file=str(path), why=error.strerror) from None
        except (ValueError, TypeError, KeyError):
            raise BadFile("card-malformed", file=str(path)) from None
        if not (tellable(card.id) and tellable(card.name)):
            raise BadFile("card-malformed", file=str(path))
        if card.role != role:
            raise BadFile("card-role", file=str(path), expected=role, found=card.role)
        return card


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
        return canonical(
            {
                "age": self.identity.text,
                "card": {name: getattr(self.card, name) for name in ("role", "id", "name", "age", "sign")},
                "sign": self.signing_key.private_bytes_raw().hex(),
                "vault": self.vault_key.hex(),
            }
        )

    @classmethod
    def from_secret_bytes(cls, data: bytes) -> "Holder":
        fields: dict[str, Any] = json.loads(data)
        return cls(
            Card(**fields["card"]),
            Identity.from_text(fields["age"]),
            Ed25519PrivateKey.from_private_bytes(bytes.fromhex(fields["sign"])),
            bytes.fromhex(fields["vault"]),
        )


def create(directory: Path, role: str, holder_id: str, name: str, passphrase: str) -> Holder:
    """Makes a holder with fresh keys; writes `<role>.key` and `<role>.card.json` into `directory`."""
    if not (tellable(holder_id) and tellable(name)):
        raise BadFile("not-one-line")
    key_file = directory / f"{role}.key"
    if key_file.exists():
        raise BadFile("holder-exists", file=str(key_file))
    identity, signing_key = Identity.generate(), Ed25519PrivateKey.generate()
    card = Card(role, holder_id, name, identity.recipient, public_hex(signing_key))
    holder = Holder(card, identity, signing_key, secrets.token_bytes(32))
    make_folder(directory)
    write_atomically(key_file, sealing.seal(holder.secret_bytes(), passphrase, f"examd/{role}"), private=True)
    fields = {field: getattr(card, field) for field in ("role", "id", "name", "age", "sign")}
    write_atomically(directory / f"{role}.card.json", json.dumps(fields, ensure_ascii=False, indent=1).encode())
    return holder


def unlock(directory: Path, role: str, passphrase: str) -> Holder:
    """Opens `<role>.key`. Raises Denied("wrong-passphrase") or BadFile."""
    key_file = directory / f"{role}.key"
    try:
        sealed = key_file.read_bytes()
    except OSError as error:
        raise BadFile("file-unreadable", file=str(key_file), why=error.strerror) from None
    return Holder.from_secret_bytes(sealing.unseal(sealed, passphrase, f"examd/{role}", file=str(key_file)))
