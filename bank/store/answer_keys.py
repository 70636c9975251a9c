"""What reveals the answer: answer keys and explanations, and the proof that must come before them.

Nothing is given of a revision that is approved, or once was, that the signatures on it do not cover: those of its
author and its reviewer or, where another body lent the item, that body's. A draft is proved when somebody signs it.

Before: `bank.store.items`. After: `examd.package.issue` seals them, `bank.formats` writes them.
"""

import json
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from bank.authoring import review
from bank.authoring.review import Act, State
from bank.content import ItemType
from bank.item import AnswerKey, Item
from bank.lending import slices
from bank.refused import BrokenStore
from bank.store.authors import Authors
from bank.store.bank_item import BankItem
from bank.store.items import Items
from bank.store.owners import Owners
from bank.vault import Vault

PROVED = frozenset({State.APPROVED, State.RETIRED})
"""Revisions in these states have been, or may have been, before candidates."""


class AnswerKeys(Items, Owners, Authors):
    def __init__(self, directory: Path, vault: Vault) -> None:
        super().__init__(directory, vault)
        self._slices: dict[str, slices.Terms] = {}

    def answer_keys(self, ids: Collection[str]) -> dict[str, AnswerKey]:
        """For those of `ids` that the bank holds; of one that was ever approved only as signed."""
        found = {}
        for identity, (answer_key, _explanation, number, state) in self._keys(ids):
            if state in PROVED:
                self._verified(self._numbered(number))
            found[identity] = answer_key
        return found

    def whole(self, bank_items: Iterable[BankItem]) -> Iterator[Item]:
        """Listed items with answer key and explanation again: for export and for sealing a package."""
        for item in bank_items:
            answer_key, explanation, salt = self._kept(item)
            whole = item.with_key(answer_key, explanation)
            if item.state in PROVED:
                self._verify(item, whole, salt)
            yield whole

    def seal(self, item: BankItem) -> review.Seal:
        """What signatures on this revision are put to."""
        answer_key, explanation, salt = self._kept(item)
        return review.seal(item.with_key(answer_key, explanation), salt)

    def answer_positions(self) -> dict[ItemType, dict[int, int]]:
        """Items not retired: type -> position of a right option -> how often. Says nothing about any one item."""
        found: dict[ItemType, dict[int, int]] = {}
        query = (
            "SELECT r.type, k.record FROM revisions r JOIN answer_keys k ON k.revision = r.number"
            " WHERE r.state <> 'retired'"
        )
        with self.vault.reading() as connection:
            for kind, record in connection.execute(query):
                positions = found.setdefault(ItemType(kind), {})
                for position in AnswerKey.from_json(json.loads(record)).correct:
                    positions[position] = positions.get(position, 0) + 1
        return found

    def _kept(self, item: BankItem) -> tuple[AnswerKey, str, str]:
        row = self._one("SELECT record, explanation, salt FROM answer_keys WHERE revision = ?", (item.number,))
        if row is None:
            raise BrokenStore("revision-without-key", item=item.lineage[:8], rev=item.rev)
        return AnswerKey.from_json(json.loads(row[0])), row[1], row[2]

    def _verified(self, item: BankItem) -> None:
        answer_key, explanation, salt = self._kept(item)
        self._verify(item, item.with_key(answer_key, explanation), salt)

    def _verify(self, item: BankItem, whole: Item, salt: str) -> None:
        sealed = review.seal(whole, salt)
        if item.id != sealed.content[:32]:  # `Content.item_id`, from the digest that is there already
            raise BrokenStore("revision-content-changed", item=item.lineage[:8], rev=item.rev)
        events = self.events(item.number)
        if events[0].act is Act.ACCEPT:
            slices.prove(whole, salt, self._terms(events[0].remarks.partition(" ")[2]))
            if review.state_after(events) is not item.state:
                raise BrokenStore("revision-history", item=item.lineage[:8], rev=item.rev)
            return
        if item.state is State.APPROVED:
            review.verify(
                item.lineage, item.rev, sealed, events, self.people(), sample=self.sample, signed_by=self.wrote(sealed)
            )
        else:
            review.verify_signed(item.lineage, item.rev, sealed, events, self.people())
            if review.state_after(events) is not item.state:
                raise BrokenStore("revision-state", item=item.lineage[:8], rev=item.rev)

    def _keys(self, ids: Collection[str]) -> Iterator[tuple[str, tuple[AnswerKey, str, int, State]]]:
        """Of the approved revision with that content, or else of the newest."""
        query = (
            "SELECT k.record, k.explanation, r.number, r.state FROM revisions r"
            " JOIN answer_keys k ON k.revision = r.number WHERE r.id = ?"
            " ORDER BY r.state = 'approved' DESC, r.rev DESC LIMIT 1"
        )
        with self.vault.reading() as connection:
            for identity in ids:
                row = connection.execute(query, (identity,)).fetchone()
                if row is not None:
                    yield identity, (AnswerKey.from_json(json.loads(row[0])), row[1], row[2], State(row[3]))

    def _terms(self, name: str) -> slices.Terms:
        """Proved once: a slice's statement has a line for each of its items."""
        if name not in self._slices:
            row = self._one("SELECT statement, acceptance FROM slices WHERE id = ?", (name,))
            if row is None:
                raise BrokenStore("slice-forged", slice=name[:8])
            known, owners = self.people(), self._known_owners()
            self._slices[name] = slices.proved(name, self.vault.name, bytes(row[0]), bytes(row[1]), known, owners)
        return self._slices[name]
