"""Signed acts: what a person has to sign, and doing what signed statements say. None approves what they did not read.

Before: `bank.store.history`, `bank.store.readings`, `bank.authoring.review` with the rules. After:
`bank.authoring.lifecycle`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bank.authoring import review
from bank.authoring.people import Person
from bank.authoring.review import Act, Event, Seal, State
from bank.store import writing
from bank.store.authors import Authors
from bank.store.bank_item import BankItem
from bank.store.history import History
from bank.store.items import Items
from bank.store.people import People
from bank.store.proof import Proof
from bank.store.readings import Readings
from bank.store.writing import Progress
from bank.vault import Connection, Vault

_BATCH = 500


@dataclass(frozen=True, eq=False)
class Reviews:
    """Signed acts on revisions."""

    _vault: Vault
    _people: People
    _history: History
    _authors: Authors
    _proof: Proof
    _items: Items
    _readings: Readings

    def to_sign(self, act: Act, numbers: Sequence[int], by: str, at: str, remarks: str = "") -> list[dict[str, Any]]:
        """What `by` has to sign for `act` on these revisions (`BankItem.number`).

        Raises Denied: when nobody has that id, the act is not theirs to do, or they have not read what they approve.
        """
        person, statements = self._people.named(by), []
        for number in numbers:
            item, events = self._items.numbered(number), self._history.events(number)
            sealed = self._proof.seal(item)
            self._check(act, item, person, events, sealed)
            if act is Act.APPROVE:
                self._readings.require(item, by, sealed.digest())
            event = Event(act, by, at, remarks)
            statements.append(review.statement(act, item.lineage, item.rev, sealed, event, events))
        return statements

    def perform(self, signed: Sequence[bytes], progress: Progress | None = None) -> None:
        """Does what signed statements say, all or none. Each is checked as if it came from a stranger."""
        with self._vault.transaction() as connection:
            for done, statement in enumerate(signed):
                said = review.read(statement)
                item = self._items.revision(said["item"], said["rev"])
                self._perform(connection, item, said, statement)
                if progress is not None and done % _BATCH == 0:
                    progress(done, len(signed))

    def _perform(self, connection: Connection, item: BankItem, said: Mapping[str, Any], statement: bytes) -> None:
        known, events, act = self._people.all(), self._history.events(item.number), Act(said["act"])
        person, sealed = self._people.named(said["by"]), self._proof.seal(item)
        following = self._check(act, item, person, events, sealed)
        event = Event(act, person.id, said["at"], said["remarks"], statement)
        if act is Act.APPROVE:
            # The reviewer signs what the author signed, and nothing that was put in its place since.
            signed_by = self._authors.of(sealed)
            review.verify(item.lineage, item.rev, sealed, [*events, event], known, sample=False, signed_by=signed_by)
            self._readings.require(item, person.id, sealed.digest())
            for other in self._items.revisions(item.lineage) if item.rev > 1 or review.is_lent(events) else ():
                if other.state is State.APPROVED:
                    superseded = Event(Act.SUPERSEDE, person.id, event.at, f"rev {item.rev}")
                    self._history.note(connection, other.number, superseded, State.RETIRED)
        else:
            review.verify_event(event, item.lineage, item.rev, sealed, events, known)
        self._history.note(connection, item.number, event, following)
        if review.is_lent(events):
            writing.relist(connection, item.number)

    def _check(self, act: Act, item: BankItem, person: Person, events: Sequence[Event], sealed: Seal) -> State:
        """The state that `act` leads to, or Denied."""
        following = review.check_act(act, person, events, self._people.all())
        review.check_writer(act, item.code or item.lineage[:8], person, events, self._authors.of(sealed))
        return following
