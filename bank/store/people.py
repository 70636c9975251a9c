"""Who may act in the bank: its people, each proved by what was signed for them.

Before: `bank.authoring.people` says what is signed. After: `bank.store.history` lists their acts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bank.authoring import people
from bank.authoring.people import Person
from bank.clock import now
from bank.journal import keyholders
from bank.refused import BadFile, Denied
from bank.seal import statements
from bank.store import acts
from bank.vault import Vault


@dataclass(eq=False)
class People:
    """The bank's people."""

    _vault: Vault
    _people: dict[str, Person] | None = None
    keepers: Mapping[str, str] = field(default_factory=dict)
    """Keyholders by whom a bank in shares is open, public key -> name: set by `bank.custody` when they open it."""
    keepers_needed: int = people.VOUCHERS

    def all(self) -> dict[str, Person]:
        """Authors and reviewers by id, in the order they were enrolled; each proved by what was signed."""
        if self._people is None:
            self._people = people.enrolled(self._vault.name, self._enrolments(), self._keyholders)
        return self._people

    def _enrolments(self) -> list[tuple[str, bytes]]:
        rows = acts.statements(self._vault, people.ENROL, people.GRANT, people.END)
        return [(act, signed) for _number, act, signed in rows]

    def _keyholders(self) -> set[str]:
        """Keys of all who ever held this bank, as its journal tells."""
        return keyholders(self._vault.path.parent) | self.keepers.keys()

    def strangers(self) -> list[int]:
        """Acts on people, counted from 1, that were signed with a keyholder's key which nobody ever held."""
        return people.strangers(self._enrolments(), self._keyholders())

    def enrol(self, statement: bytes) -> Person:
        """Adds a person (`bank.authoring.people.application`)."""
        return self._admit(people.ENROL, statement)

    def grant(self, statement: bytes) -> Person:
        """Adds roles to a person (`bank.authoring.people.further`)."""
        return self._admit(people.GRANT, statement)

    def end(self, statement: bytes) -> Person:
        """From now on the person signs nothing (`bank.authoring.people.ending`); what they signed stays good."""
        return self._admit(people.END, statement)

    def _admit(self, act: str, statement: bytes) -> Person:
        admit = {people.ENROL: people.admit, people.GRANT: people.promote, people.END: people.dismiss}[act]
        try:
            person = admit(self._vault.name, statement, self.all(), self.keepers, self.keepers_needed)
        except (ValueError, KeyError, TypeError):
            raise BadFile("statement-malformed", file="") from None
        with self._vault.transaction() as connection:
            acts.chain(connection, [(None, act, person.id, now(), person.until, statement)])
        self._people = None
        return person

    def accept_loss(self, statement: bytes) -> None:
        """One of the bank's people goes on with an older copy than they saw, knowingly
        (`bank.authoring.people.Signer.lost`).

        Raises BadFile: when the statement is about another bank.
        """
        said = statements.read(statement, people.LOSS_KIND, name="")
        person = self.acting(str(said.get("id")))
        statements.verify(statement, person.sign, name="")
        if said.get("bank") != self._vault.name:
            raise BadFile("statement-malformed", file="")
        with self._vault.transaction() as connection:
            acts.chain(connection, [(None, people.LOSS, person.id, now(), str(said["reason"]), statement)])

    def named(self, identity: str) -> Person:
        """One of the bank's people, at work or not. Raises Denied: when nobody has this id."""
        person = self.all().get(identity)
        if person is None:
            raise Denied("person-unknown", name=identity)
        return person

    def acting(self, identity: str) -> Person:
        """The same of those at work. Raises Denied: when nobody has this id, or their work has ended."""
        return self.named(identity).require()
