"""Pictures, by digest.

Before: an import brings them. After: the desk and packages show them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bank.item import Item
from bank.vault import Connection, Vault


@dataclass(frozen=True, eq=False)
class Media:
    """The pictures of all items."""

    _vault: Vault

    def find(self, sha256: str) -> bytes | None:
        """The picture, or None where an import named one that it did not bring."""
        row = self._vault.one("SELECT bytes FROM media WHERE sha256 = ?", (sha256,))
        return None if row is None else bytes(row[0])

    def digests(self) -> frozenset[str]:
        """Digests of all pictures held."""
        return frozenset(row[0] for row in self._vault.rows("SELECT sha256 FROM media"))


def keep(connection: Connection, items: Iterable[Item], media: Mapping[str, bytes]) -> None:
    """Keeps those of `media` that one of `items` shows."""
    if media:
        shown = {digest for item in items for digest in item.pictures()}
        for sha256 in sorted(shown & media.keys()):
            connection.execute("INSERT OR IGNORE INTO media VALUES (?, ?)", (sha256, media[sha256]))
