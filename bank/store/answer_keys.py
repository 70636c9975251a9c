"""What reveals the answer: answer keys and explanations, given only as signed.

Before: `bank.store.items`, `bank.store.proof`. After: `examd.package.issue` seals them, `bank.formats` writes them.
"""

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from bank.content import ItemType
from bank.item import AnswerKey, Item
from bank.store.bank_item import BankItem
from bank.store.items import Items
from bank.store.proof import PROVED, Proof
from bank.vault import Vault


@dataclass(frozen=True, eq=False)
class AnswerKeys:
    """The answer keys of all revisions."""

    _vault: Vault
    _items: Items
    _proof: Proof

    def of(self, ids: Collection[str]) -> dict[str, AnswerKey]:
        """For those of `ids` that the bank holds; of one that was ever approved only as signed."""
        found = {}
        for identity, (answer_key, number) in self.unverified(ids).items():
            item = self._items.numbered(number)
            if item.state in PROVED:
                self._proof.check(item)
            found[identity] = answer_key
        return found

    def unverified(self, ids: Iterable[str]) -> dict[str, tuple[AnswerKey, int]]:
        """The same as it lies in the bank, to compare with: id -> answer key, number of the revision.

        That is the approved revision with that content, or else the newest.
        """
        query = (
            "SELECT k.record, r.number FROM revisions r JOIN answer_keys k ON k.revision = r.number WHERE r.id = ?"
            " ORDER BY r.state = 'approved' DESC, r.rev DESC LIMIT 1"
        )
        with self._vault.reading() as connection:
            rows = [(identity, connection.execute(query, (identity,)).fetchone()) for identity in ids]
        return {
            identity: (AnswerKey.from_json(json.loads(row[0])), row[1]) for identity, row in rows if row is not None
        }

    def whole(self, bank_items: Iterable[BankItem]) -> Iterator[Item]:
        """Listed items with answer key and explanation again: for export and for sealing a package."""
        for item in bank_items:
            answer_key, explanation, salt = self._proof.kept(item)
            whole = item.with_key(answer_key, explanation)
            if item.state in PROVED:
                self._proof.verify(item, whole, salt)
            yield whole

    def positions(self) -> dict[ItemType, dict[int, int]]:
        """Items not retired: type -> position of a right option -> how often. Says nothing about any one item."""
        found: dict[ItemType, dict[int, int]] = {}
        query = (
            "SELECT r.type, k.record FROM revisions r JOIN answer_keys k ON k.revision = r.number"
            " WHERE r.state <> 'retired'"
        )
        with self._vault.reading() as connection:
            for kind, record in connection.execute(query):
                positions = found.setdefault(ItemType(kind), {})
                for position in AnswerKey.from_json(json.loads(record)).correct:
                    positions[position] = positions.get(position, 0) + 1
        return found
