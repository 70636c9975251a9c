"""What the chief examiner alone may order: a hand-in opened again, late answers counted or not, answers that the server
lost admitted from a terminal's journal, time beyond the rule's.

Such an entry bears their signature over all that it says, with the package it speaks of, so that neither the server nor
whoever commands it can order it in their name (docs/formats.md §5).

Before: `examd.site` signs. After: the server checks before it writes, `tools/verify` again for itself.
"""

from collections.abc import Mapping

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from bank.canonical import canonical
from examd.record.entries import Kind


class Late(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether the answers of one candidate that came after the deadline count."""

    c: int
    counts: bool
    n: int
    """How many there were when it was ordered: one more is not covered."""
    reason: str
    sig: str = ""

    @property
    def words(self) -> dict[str, str | int | bool]:
        return {"c": self.c, "counts": self.counts, "n": self.n, "reason": self.reason}


class Restored(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One answer that a journal proves."""

    slot: int
    choice: tuple[int, ...]


class Restore(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Answers of one candidate that this record lost, admitted from a terminal's journal."""

    c: int
    answers: tuple[Restored, ...]
    journal: str
    """SHA-256 of the journal's file, in hex."""
    reason: str
    sig: str = ""

    @property
    def words(self) -> Mapping[str, object]:
        return {
            "c": self.c, "answers": [{"slot": a.slot, "choice": list(a.choice)} for a in self.answers],
            "journal": self.journal, "reason": self.reason,
        }  # fmt: skip


Words = Mapping[str, str | int | bool]
"""The entry's body, without its signature."""


def sign(kind: Kind, package_id: str, words: Mapping[str, object], key: Ed25519PrivateKey) -> str:
    """The signature, in hex."""
    return key.sign(_message(kind, package_id, words)).hex()


def is_signed(kind: Kind, package_id: str, words: Mapping[str, object], signature: str, public: str) -> bool:
    """The holder of `public` (hex) ordered exactly this."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
        key.verify(bytes.fromhex(signature), _message(kind, package_id, words))
    except (InvalidSignature, ValueError):
        return False
    return True


def _message(kind: Kind, package_id: str, words: Mapping[str, object]) -> bytes:
    return canonical({"order": dict(words), "package_id": package_id, "type": f"examd-{kind.lower()}", "v": 1})
