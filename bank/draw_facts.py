"""ItemFacts: what the draw may know of an item. No content, no answer key.

The canonical JSON of `ItemFacts.to_json()` is the leaf of the pool's Merkle tree (docs/formats.md §2); its root is
in the signed manifest, so the pool that a form was drawn from can be proved without showing a single stem.

Before: `examd.package.issue` fills a pool. After: `bank.composing.assembly` draws forms from it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from bank import merkle
from bank.canonical import canonical
from bank.content import ItemType, Level


@dataclass(frozen=True, slots=True)
class ItemFacts:
    id: str
    rev: int
    stratum: str
    """The rule's cell that the item belongs to, e.g. "single/3/grasp" (`bank.rules.Cell.stratum`)."""
    type: ItemType
    chapter: str
    level: Level
    points: int
    p4: int
    """Expected share of right answers ×10⁴: integers, so that the tolerance test is exact on any machine."""
    options: int
    locked: tuple[int, ...]
    enemies: tuple[str, ...]
    tags: tuple[str, ...]
    content: str
    """SHA-256 (hex) of the item's content."""
    salt: str
    """32 random bytes (hex): without it a published leaf could be guessed from its few possible values."""
    case: str = ""
    """SHA-256 (hex) of the background of its case group; "" where the item stands alone."""
    place: int = 0
    """Where it stands in its case group, from 1."""

    @property
    def unit(self) -> str:
        """What is drawn as one: the case group, or the item itself."""
        return self.case or self.id

    def to_json(self) -> dict[str, Any]:
        """What its canonical JSON is made of."""
        record: dict[str, Any] = msgspec.to_builtins(self)
        if not self.case:  # leaves that were there before case groups keep their hash
            del record["case"], record["place"]
        return record

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> "ItemFacts":
        """Raises ValueError: when a field is missing or of another type."""
        return msgspec.convert(record, cls)


def pool_root(records: Iterable[dict[str, Any]]) -> str:
    """Merkle root (hex) over the records sorted by the bytes of their ids."""
    ordered = sorted(records, key=lambda record: record["id"].encode())
    return merkle.root(merkle.leaf_hash(canonical(record)) for record in ordered).hex()
