"""Pictures, by digest.

Before: an import brings them. After: the desk and packages show them.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from bank.item import Item
from bank.store.open_vault import Opened

if TYPE_CHECKING:
    import sqlite3


class Media(Opened):
    def media(self, sha256: str) -> bytes | None:
        """The picture, or None where an import named one that it did not bring."""
        with self.vault.reading() as connection:
            row = connection.execute("SELECT bytes FROM media WHERE sha256 = ?", (sha256,)).fetchone()
        return None if row is None else bytes(row[0])

    def pictures(self) -> frozenset[str]:
        """Digests of all pictures held."""
        with self.vault.reading() as connection:
            return frozenset(row[0] for row in connection.execute("SELECT sha256 FROM media"))


def keep(connection: "sqlite3.Connection", items: Iterable[Item], media: Mapping[str, bytes]) -> None:
    """Those of `media` that one of `items` shows."""
    if media:
        shown = {digest for item in items for digest in item.pictures()}
        for sha256 in sorted(shown & media.keys()):
            connection.execute("INSERT OR IGNORE INTO media VALUES (?, ?)", (sha256, media[sha256]))
