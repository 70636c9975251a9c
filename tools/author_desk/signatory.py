"""Who sits at the desk and signs: the key file named at the start, then whoever has signed in with one.

Before: `examd bank browse --as` names the key file. After: `tools.author_desk.acts` signs with it.
"""

from dataclasses import dataclass
from pathlib import Path

from bank.authoring.people import Person, Signer


@dataclass(frozen=True, slots=True)
class SignedIn:
    signer: Signer
    """The open key. It stays open until the person leaves."""
    person: Person
    reader: str
    """By what the bank shows to this reviewer in their own name; "" for whoever is none."""


class Signatory:
    def __init__(self, key: Path | None = None) -> None:
        self.key = key
        self.signed_in: SignedIn | None = None
        self.read: frozenset[int] = frozenset()
        """Revisions that this person has read, as the bank knows."""
        self.before = 0
        """The revision that the bank has put before them."""

    @property
    def id(self) -> str:
        """Proved once they have signed in, until then what `--as` says; "" where it says nothing."""
        if self.signed_in is not None:
            return self.signed_in.signer.id
        return "" if self.key is None else self.key.stem

    @property
    def name(self) -> str:
        return "" if self.signed_in is None else self.signed_in.person.name

    def sign_out(self) -> None:
        """Forgets the open key and what was read under it."""
        self.signed_in, self.read, self.before = None, frozenset(), 0
