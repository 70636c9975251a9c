"""Difficulty as measured at exams. It is no part of what is signed, hence needs no new revision.

Before: somebody measures on results. After: `BankItem.calibrated_p4`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bank.clock import now
from bank.vault import Vault


@dataclass(frozen=True, eq=False)
class Calibrations:
    """What was measured, by revision."""

    _vault: Vault

    def add(self, measured: Mapping[str, tuple[int, int]]) -> None:
        """Keeps what was measured of the revisions of these very wordings.

        Item id -> (share of right answers ×10⁴, number of responses).
        """
        at = now()
        with self._vault.transaction() as connection:
            for identity, (p4, responses) in measured.items():
                connection.execute(
                    "INSERT OR REPLACE INTO calibrations SELECT number, ?, ?, ? FROM revisions WHERE id = ?",
                    (p4, responses, at, identity),
                )

    def of(self, lineage: str) -> list[tuple[int, int, int, str]]:
        """What was measured: revision, share of right answers ×10⁴, responses (0 where a file said so), when."""
        query = (
            "SELECT r.rev, c.p4, c.responses, c.at FROM calibrations c JOIN revisions r ON r.number = c.revision"
            " JOIN items i ON i.number = r.item WHERE i.lineage = ? ORDER BY r.rev"
        )
        return self._vault.rows(query, (lineage,))
