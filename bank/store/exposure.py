"""Where items have been: the record of exposure.

Before: `examd.package.issue` sealed a package. After: `bank.composing.exposure` says what may travel again.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bank.vault import Vault


@dataclass(frozen=True, slots=True)
class Exposure:
    sessions: int
    candidates: int


@dataclass(frozen=True, eq=False)
class ExposureRecord:
    """Each item by session and site."""

    _vault: Vault

    def add(self, session: str, site: str, candidates: Mapping[str, int], day: str = "") -> None:
        """Notes that each item of a session went to so many candidates. Saying it again corrects, never doubles."""
        with self._vault.transaction() as connection:
            connection.executemany(
                "INSERT INTO exposure (item, session, site, candidates, day) VALUES"
                " ((SELECT item FROM revisions WHERE id = ? LIMIT 1), ?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET candidates = excluded.candidates, day = excluded.day",
                [(item, session, site, number, day) for item, number in candidates.items()],
            )

    def totals(self) -> dict[str, Exposure]:
        """For every item that ever left the bank, under each of its wordings: who saw one has seen the others."""
        query = (
            "SELECT r.id, e.sessions, e.candidates FROM revisions r JOIN"
            " (SELECT item, count(DISTINCT session) sessions, sum(candidates) candidates FROM exposure GROUP BY item) e"
            " ON e.item = r.item"
        )
        return {item: Exposure(sessions, candidates) for item, sessions, candidates in self._vault.rows(query)}

    def uses(self) -> list[tuple[str, str, str, str, int]]:
        """The same one by one: item, session, site, day ("" where nobody dated it), candidates."""
        query = (
            "SELECT r.id, e.session, e.site, e.day, e.candidates FROM exposure e JOIN revisions r ON r.item = e.item"
        )
        return self._vault.rows(query)

    def uses_of(self, lineage: str) -> list[tuple[str, str, str, int]]:
        """Where the item was, in whatever wording: session, site, day ("" where nobody dated it), candidates."""
        query = (
            "SELECT e.session, e.site, e.day, e.candidates FROM exposure e JOIN items i ON i.number = e.item"
            " WHERE i.lineage = ? ORDER BY e.day DESC, e.session"
        )
        return self._vault.rows(query, (lineage,))
