"""Who may act in the bank: its people, each proved by what was signed for them.

Before: `bank.authoring.people` says what is signed. After: `bank.store.history` lists their acts.
"""

from collections.abc import Mapping
from pathlib import Path

from bank.authoring import people
from bank.authoring.people import Person
from bank.journal import keyholders
from bank.refused import BadFile, Denied
from bank.seal import statements
from bank.store import acts
from bank.store.acts import now
from bank.store.open_vault import Opened
from bank.vault import Vault


class People(Opened):
    def __init__(self, directory: Path, vault: Vault) -> None:
        super().__init__(directory, vault)
        self._people: dict[str, Person] | None = None
        self.keepers: Mapping[str, str] = {}
        """Keyholders by whom a bank in shares is open, public key -> name: set by `bank.custody` when they open it."""
        self.keepers_needed = people.VOUCHERS

    def people(self) -> dict[str, Person]:
        """Authors and reviewers by id, in the order they were enrolled; each proved by what was signed."""
        if self._people is None:
            self._people = people.enrolled(self.vault.name, self._enrolments(), self._keyholders)
        return self._people

    def _enrolments(self) -> list[tuple[str, bytes]]:
        # The acts on no revision are few, and have an index.
        query = "SELECT act, statement FROM acts WHERE revision IS NULL AND (act = ? OR act = ?) ORDER BY number"
        with self.vault.reading() as connection:
            rows = connection.execute(query, (people.ENROL, people.END)).fetchall()
        return [(act, bytes(statement)) for act, statement in rows]

    def _keyholders(self) -> set[str]:
        """Keys of all who ever held this bank, as its journal tells."""
        return keyholders(self.directory) | self.keepers.keys()

    def _strangers(self) -> list[int]:
        """Acts on people, counted from 1, that were signed with a keyholder's key which nobody ever held."""
        return people.strangers(self._enrolments(), self._keyholders())

    def enrol(self, statement: bytes) -> Person:
        """Adds a person (`bank.authoring.people.application`)."""
        return self._admit(people.ENROL, statement)

    def end_person(self, statement: bytes) -> Person:
        """From now on the person signs nothing (`bank.authoring.people.ending`); what they signed stays good."""
        return self._admit(people.END, statement)

    def _admit(self, act: str, statement: bytes) -> Person:
        admit = people.admit if act == people.ENROL else people.dismiss
        try:
            person = admit(self.vault.name, statement, self.people(), self.keepers, self.keepers_needed)
        except (ValueError, KeyError, TypeError):
            raise BadFile("statement-malformed", file="") from None
        with self.vault.transaction() as connection:
            acts.chain(connection, [(None, act, person.id, now(), person.until, statement)])
        self._people = None
        return person

    def accept_loss(self, statement: bytes) -> None:
        """One of the bank's people goes on with an older copy than they saw, knowingly
        (`bank.authoring.people.Signer.lost`)."""
        said = statements.read(statement, people.LOSS_KIND, name="")
        person = self.acting(str(said.get("id")))
        statements.verify(statement, person.sign, name="")
        if said.get("bank") != self.vault.name:
            raise BadFile("statement-malformed", file="")
        with self.vault.transaction() as connection:
            acts.chain(connection, [(None, people.LOSS, person.id, now(), str(said["reason"]), statement)])

    def acting(self, identity: str) -> Person:
        """One of the bank's people who is at work."""
        person = self.people().get(identity)
        if person is None:
            raise Denied("person-unknown", name=identity)
        if person.until:
            raise Denied("person-ended", name=person.name, until=person.until)
        return person
