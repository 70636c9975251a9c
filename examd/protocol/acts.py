"""A candidate's acts as a chain of their own, and the words by which a terminal vouches for it (docs/formats.md §5c).

a₀ = SHA-256("examd/acts/v1" ‖ canonical JSON of {"c", "form", "package_id"}); aₙ = SHA-256(aₙ₋₁ ‖ canonical JSON of act
n as it was sent). Terminal, server and verifier compute the same: whoever changes, drops, adds or moves an act has
another head, and no signature over it. A signature speaks of the acts that the terminal heard from the candidate
itself, those behind `since`: what a record held already when the terminal came to it, the terminal cannot vouch for.

Before: `terminal.outbox` keeps the chain, `terminal.conversation` signs. After: `examd.record.state` folds the same,
`examd.delivery.vouching` checks.
"""

import json
from hashlib import sha256
from typing import Protocol

import msgspec

from examd.protocol.receipt import ALPHABET

DOMAIN = b"examd/acts/v1"
KIND = "examd-acts"


class Signer(Protocol):
    """A terminal's signing key; it never leaves the machine."""

    @property
    def public(self) -> str:
        """The public half, 64 hexadecimal digits."""

    def sign(self, message: bytes) -> str:
        """The signature, in hex."""


class Vouched(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a terminal signs: acts since+1..seq of this candidate were given here, and lead to this head."""

    package_id: str
    c: int
    form: str
    """Digest of the form that was shown."""
    since: int
    seq: int
    acts: str
    """The head of the chain after act `seq`, in hex."""
    size: int
    root: str
    """The record's checkpoint that the terminal had been told of: it signed after that, not before."""

    @property
    def message(self) -> bytes:
        """What is signed."""
        return _canonical({"type": KIND, "v": 1, **{name: getattr(self, name) for name in self.__struct_fields__}})

    def signed_by(self, signer: Signer) -> str:
        return signer.sign(self.message)

    def is_signed(self, signature: str, public: str) -> bool:
        """The holder of `public` (hex) vouched for exactly this."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(bytes.fromhex(signature), self.message)
        except (InvalidSignature, ValueError):
            return False
        return True


def first(package_id: str, c: int, form: str) -> bytes:
    """The head before any act: it says whose acts these are, and upon which form."""
    return sha256(DOMAIN + _canonical({"c": c, "form": form, "package_id": package_id})).digest()


# Once for every answer, at the server and again wherever a record is read: written out, a tenth of what an encoder of
# any object takes. For integers and booleans this is RFC 8785 byte for byte; a test compares it with bank.canonical.


def answered(head: bytes, seq: int, slot: int, choice: tuple[int, ...], used_ms: int) -> bytes:
    chosen = ",".join(map(str, choice))
    return sha256(head + f'{{"choice":[{chosen}],"seq":{seq},"slot":{slot},"used_ms":{used_ms}}}'.encode()).digest()


def flagged(head: bytes, seq: int, slot: int, on: bool) -> bytes:
    return sha256(head + f'{{"on":{"true" if on else "false"},"seq":{seq},"slot":{slot}}}'.encode()).digest()


def handed_in(head: bytes, seq: int) -> bytes:
    return sha256(head + f'{{"hand_in":true,"seq":{seq}}}'.encode()).digest()


def fingerprint(public: str) -> str:
    """Eight symbols by which people tell a terminal's key: the list of the staff shows them, and the machine itself."""
    value = int.from_bytes(sha256(b"examd/terminal/v1" + bytes.fromhex(public)).digest()[:5], "big")
    symbols = "".join(ALPHABET[(value >> shift) & 31] for shift in range(35, -1, -5))
    return f"{symbols[:4]}-{symbols[4:]}"


def _canonical(value: dict[str, str | int]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
