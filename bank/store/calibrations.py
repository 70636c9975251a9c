"""Difficulty as measured at exams. It is no part of what is signed, hence needs no new revision.

Before: `examd.analysis` measures. After: `BankItem.calibrated_p4`.
"""

from collections.abc import Mapping

from bank.store.acts import now
from bank.store.open_vault import Opened


class Measured(Opened):
    def calibrate(self, measured: Mapping[str, tuple[int, int]]) -> None:
        """Item id -> (share of right answers ×10⁴, number of responses), for the revision of that very wording."""
        at = now()
        with self.vault.transaction() as connection:
            for identity, (p4, responses) in measured.items():
                connection.execute(
                    "INSERT OR REPLACE INTO calibrations SELECT number, ?, ?, ? FROM revisions WHERE id = ?",
                    (p4, responses, at, identity),
                )

    def calibrations(self, lineage: str) -> list[tuple[int, int, int, str]]:
        """What was measured: revision, share of right answers ×10⁴, responses (0 where a file said so), when."""
        query = (
            "SELECT r.rev, c.p4, c.responses, c.at FROM calibrations c JOIN revisions r ON r.number = c.revision"
            " JOIN items i ON i.number = r.item WHERE i.lineage = ? ORDER BY r.rev"
        )
        with self.vault.reading() as connection:
            return connection.execute(query, (lineage,)).fetchall()
