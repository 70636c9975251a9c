"""The proof that a revision is as people signed it: it comes before whatever the bank gives out.

Nothing is given of a revision that is approved, or once was, that the signatures on it do not cover: those of its
author and its reviewer or, where another body lent the item, that body's and its people's. A draft is proved when
somebody signs it.

Before: `bank.store.history`, `bank.store.people`, `bank.store.authors`, `bank.store.owners`. After:
`bank.store.items`, `bank.store.answer_keys`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from bank.authoring import review
from bank.authoring.review import Act, Event, State
from bank.item import AnswerKey, Item
from bank.lending import approvals, slices
from bank.refused import BrokenStore
from bank.store.authors import Authors
from bank.store.bank_item import BankItem
from bank.store.history import History
from bank.store.meta import Meta
from bank.store.owners import Owners
from bank.store.people import People
from bank.vault import Vault

PROVED = frozenset({State.APPROVED, State.RETIRED})
"""Revisions in these states have been, or may have been, before candidates."""


@dataclass(eq=False)
class Proof:
    """Holds revisions against what was signed."""

    _vault: Vault
    _meta: Meta
    _people: People
    _owners: Owners
    _authors: Authors
    _history: History
    _slices: dict[str, slices.Terms] = field(default_factory=dict)
    _by_word: dict[str, bool] = field(default_factory=dict)
    """Of those, which an earlier version took in (`slices.by_word`)."""

    def seal(self, item: BankItem) -> review.Seal:
        """What signatures on this revision are put to."""
        answer_key, explanation, salt = self.kept(item)
        return review.seal(item.with_key(answer_key, explanation), salt)

    def kept(self, item: BankItem) -> tuple[AnswerKey, str, str]:
        """Answer key, explanation and salt of a revision, proved by nothing yet.

        Raises BrokenStore: when there are none.
        """
        row = self._vault.one("SELECT record, explanation, salt FROM answer_keys WHERE revision = ?", (item.number,))
        if row is None:
            raise BrokenStore("revision-without-key", item=item.lineage[:8], rev=item.rev)
        return AnswerKey.from_json(json.loads(row[0])), row[1], row[2]

    def check(self, item: BankItem) -> None:
        """Verifies a revision as it lies in the bank."""
        answer_key, explanation, salt = self.kept(item)
        self.verify(item, item.with_key(answer_key, explanation), salt)

    def verify(self, item: BankItem, whole: Item, salt: str) -> None:
        """Raises BrokenStore: unless the acts on a revision, and the signatures on them, cover all that it is."""
        sealed = review.seal(whole, salt)
        if item.id != sealed.content[:32]:  # `Content.item_id`, from the digest that is there already
            raise BrokenStore("revision-content-changed", item=item.lineage[:8], rev=item.rev)
        events = self._history.events(item.number)
        if review.is_lent(events):
            self._verify_lent(item, whole, salt, events)
        if events[0].act is Act.ACCEPT:
            return
        if item.state is State.APPROVED:
            people, sample, signed_by = self._people.all(), self._meta.sample(), self._authors.of(sealed)
            review.verify(item.lineage, item.rev, sealed, events, people, sample=sample, signed_by=signed_by)
        else:
            review.verify_signed(item.lineage, item.rev, sealed, events, self._people.all())
            if review.state_after(events) is not item.state:
                raise BrokenStore("revision-state", item=item.lineage[:8], rev=item.rev)

    def _verify_lent(self, item: BankItem, whole: Item, salt: str, events: Sequence[Event]) -> None:
        """Raises BrokenStore: unless its owner signed exactly this and, where it is in force at once, two of the
        owner's people had approved it."""
        name = events[0].remarks.partition(" ")[2]
        try:
            approval = approvals.kept(events[0].statement)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise BrokenStore("revision-history", item=item.lineage[:8], rev=item.rev) from None
        terms = self.terms(name)
        slices.prove(whole, salt, terms, approval)
        if review.state_after(events) is not item.state:
            raise BrokenStore("revision-history", item=item.lineage[:8], rev=item.rev)
        at_once = events[0].act is Act.ACCEPT and approval is None
        if at_once and not (self._by_word[name] or self._meta.sample()):
            raise BrokenStore("slice-item-unread", item=item.lineage[:8], owner=terms.owner.name)

    def terms(self, name: str) -> slices.Terms:
        """What the owner of a slice signed; proved once, since it has a line for each of its items.

        Raises BrokenStore: when there is no such slice.
        """
        if name not in self._slices:
            row = self._vault.one("SELECT statement, acceptance FROM slices WHERE id = ?", (name,))
            if row is None:
                raise BrokenStore("slice-forged", slice=name[:8])
            known, owners = self._people.all(), self._owners.known()
            self._slices[name] = slices.proved(name, self._vault.name, bytes(row[0]), bytes(row[1]), known, owners)
            self._by_word[name] = slices.by_word(bytes(row[1]))
        return self._slices[name]
