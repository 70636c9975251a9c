"""Signed acts: what a person has to sign, and doing what signed statements say. And whether it was all done so.

Before: `bank.store.history`, `bank.authoring.review` with the rules. After: `bank.authoring.lifecycle`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bank.authoring import review
from bank.authoring.people import Person
from bank.authoring.review import Act, Event, Seal, State
from bank.refused import BrokenStore, Denied
from bank.store.act_audit import Finding, Stated
from bank.store.answer_keys import PROVED
from bank.store.bank_item import BankItem

if TYPE_CHECKING:
    import sqlite3

_BATCH = 500


class Signing(Stated):
    def to_sign(self, act: Act, numbers: Sequence[int], by: str, at: str, remarks: str = "") -> list[dict[str, Any]]:
        """What `by` has to sign for `act` on these revisions (`BankItem.number`), or Denied."""
        known = self.people()
        if by not in known:
            raise Denied("person-unknown", name=by)
        statements = []
        for number in numbers:
            item, events = self._numbered(number), self.events(number)
            sealed = self.seal(item)
            self._check(act, item, known[by], events, sealed)
            event = Event(act, by, at, remarks)
            statements.append(review.statement(act, item.lineage, item.rev, sealed, event, events))
        return statements

    def perform(self, signed: Sequence[bytes], progress: Callable[[int, int], None] | None = None) -> None:
        """Does what signed statements say, all or none. Each is checked as if it came from a stranger."""
        with self.vault.transaction() as connection:
            for done, statement in enumerate(signed):
                said = review.read(statement)
                item = self._revision(said["item"], said["rev"])
                self._perform(connection, item, said, statement)
                if progress is not None and done % _BATCH == 0:
                    progress(done, len(signed))

    def _perform(
        self, connection: "sqlite3.Connection", item: BankItem, said: Mapping[str, Any], statement: bytes
    ) -> None:
        known, events, act = self.people(), self.events(item.number), Act(said["act"])
        person = known.get(said["by"])
        if person is None:
            raise Denied("person-unknown", name=said["by"])
        sealed = self.seal(item)
        following = self._check(act, item, person, events, sealed)
        event = Event(act, person.id, said["at"], said["remarks"], statement)
        if act is Act.APPROVE:
            # The reviewer signs what the author signed, and nothing that was put in its place since.
            review.verify(
                item.lineage, item.rev, sealed, [*events, event], known, sample=False, signed_by=self.wrote(sealed)
            )
            for other in self.revisions(item.lineage) if item.rev > 1 else ():
                if other.state is State.APPROVED:
                    remarks = f"rev {item.rev}"
                    self._note(
                        connection, other.number, Event(Act.SUPERSEDE, person.id, event.at, remarks), State.RETIRED
                    )
        else:
            review.verify_event(event, item.lineage, item.rev, sealed, events, known)
        self._note(connection, item.number, event, following)

    def _check(self, act: Act, item: BankItem, person: Person, events: Sequence[Event], sealed: Seal) -> State:
        """The state that `act` leads to, or Denied."""
        following = review.check_act(act, person, events, self.people())
        review.check_writer(act, item.code or item.lineage[:8], person, events, self.wrote(sealed))
        return following

    def unwritten(self) -> list[BankItem]:
        """Drafts of whose writer no signature is known: somebody must adopt them before they go through review."""
        return [
            item
            for item in self.unverified_items(state=State.DRAFT)
            if not review.writers(self.events(item.number), self.wrote(self.seal(item)))
        ]

    def findings(self) -> list[Finding]:
        """Everything that revisions, people and acts do not prove; empty is well."""
        found = [Finding("", number, "acts-chain") for number in self.broken_acts()]
        try:
            self.people()
        except BrokenStore as refused:
            return [*found, Finding("", 0, refused.code)]
        found += [Finding("", number, "person-stranger") for number in self._strangers()]
        found += self._unstated()
        for state in State:
            for item in self.unverified_items(state=state):
                try:
                    if state in PROVED:
                        self._verified(item)
                    elif review.state_after(self.events(item.number)) is not state:
                        raise BrokenStore("revision-state", item=item.lineage[:8], rev=item.rev)
                except (BrokenStore, Denied) as refused:
                    code = refused.code if isinstance(refused, BrokenStore) else "revision-history"
                    found.append(Finding(item.lineage[:8], item.rev, code))
        return found
