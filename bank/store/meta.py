"""What a bank says of itself: what kind of bank it is, how far its journal has come, what was carried over.

Before: `bank.vault`. After: all else in `bank.store` asks it.
"""

from dataclasses import dataclass

from bank.vault import Vault


@dataclass(frozen=True, eq=False)
class Meta:
    """The table of names and values."""

    _vault: Vault

    def value(self, name: str) -> str:
        """What stands under a name; "" where nothing does."""
        row = self._vault.one("SELECT value FROM meta WHERE name = ?", (name,))
        return "" if row is None else str(row[0])

    def write(self, name: str, value: str) -> None:
        """Puts a value under a name, in the place of another."""
        with self._vault.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def sample(self) -> bool:
        """Whether it takes items without review, and serves drills only."""
        return self.value("sample") == "1"

    def practice(self) -> bool:
        """Whether what is in it is open to everyone: it serves no session that counts."""
        return self.value("practice") == "1"

    def carried_over(self) -> int:
        """How many items came from a version without reviews, as drafts."""
        return int(self.value("carried-over") or 0)

    def journal_position(self) -> str:
        """How far the journal of a shared bank had come, as `bank.custody` noted it here; "" where it never did."""
        return self.value("journal")

    def note_journal_position(self, position: str) -> None:
        """Keeps how far the journal has come."""
        self.write("journal", position)
