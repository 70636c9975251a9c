"""Provisions of law that are no longer in force, each noted by one of the bank's people in their own hand.

Items that cite one are held back from sessions: to say so, or to say it of another day, takes a signature.

Before: somebody reads the gazette. After: `bank.authoring.lifecycle.repealed` finds the items that cite them.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from bank.refused import BadFile, Denied
from bank.seal import statements
from bank.store import acts
from bank.store.meta import Meta
from bank.store.people import People
from bank.vault import Vault

KIND = "examd-repeal"
_ACT = "repeal"


def to_sign(bank: str, text: str, on: str, by: str, at: str) -> dict[str, Any]:
    """What a person signs; by nobody ("") in a bank of samples."""
    return {"type": KIND, "v": 1, "at": at, "bank": bank, "by": by, "on": on, "text": text}


@dataclass(frozen=True, eq=False)
class Provisions:
    """Which provisions have ended."""

    _vault: Vault
    _meta: Meta
    _people: People

    def repeal(self, statement: bytes) -> None:
        """Notes that every provision in whose words a text occurs is no longer in force from some day."""
        said = self._said(statement)
        if said["by"]:
            self._people.acting(said["by"])
        with self._vault.transaction() as connection:
            acts.chain(connection, [(None, _ACT, said["by"], said["at"], f"{said['on']} {said['text']}", statement)])

    def repealed(self) -> dict[str, str]:
        """Words of a provision -> the day from which it is no longer in force, as somebody signed it last."""
        return self.read()[0]

    def read(self) -> tuple[dict[str, str], list[int]]:
        """What is repealed, and the numbers of acts that say such a thing and are not signed."""
        found: dict[str, str] = {}
        unsigned = []
        for number, _act, statement in acts.statements(self._vault, _ACT):
            try:
                said = self._said(statement)
            except (BadFile, Denied):
                unsigned.append(number)
                continue
            found[said["text"]] = said["on"]
        return found, unsigned

    def _said(self, statement: bytes) -> dict[str, Any]:
        said = statements.read(statement, KIND, name="")
        try:
            if said != to_sign(self._vault.name, said["text"], said["on"], said["by"], said["at"]):
                raise ValueError
            date.fromisoformat(said["on"])
            if not said["text"].strip() or not said["text"].isprintable() or not (said["by"] or self._meta.sample()):
                raise ValueError
        except (ValueError, KeyError, TypeError, AttributeError):
            raise BadFile("statement-malformed", file="") from None
        if said["by"]:
            statements.verify(statement, self._people.named(said["by"]).sign, name="")
        return said
