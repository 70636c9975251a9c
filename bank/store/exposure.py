"""Where items have been: the record of exposure, and the marks by which a leak is traced.

Before: `examd.package.issue` sealed a package. After: `bank.composing.exposure` says what may travel again,
`bank.leaks.trace` where a leak came from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bank.store.open_vault import Opened


@dataclass(frozen=True, slots=True)
class Exposure:
    sessions: int
    candidates: int


@dataclass(frozen=True, slots=True)
class Mark:
    """An item that one package has and others have not (`bank.leaks.watermarks`)."""

    item: str
    package: str
    session: str
    site: str
    until: str
    """The day (ISO) from which it may travel again."""


class ExposureRecord(Opened):
    def expose(self, session: str, site: str, candidates: Mapping[str, int], day: str = "") -> None:
        """Notes that each item of a session went to so many candidates. Saying it again corrects, never doubles."""
        with self.vault.transaction() as connection:
            connection.executemany(
                "INSERT INTO exposure (item, session, site, candidates, day) VALUES"
                " ((SELECT item FROM revisions WHERE id = ? LIMIT 1), ?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET candidates = excluded.candidates, day = excluded.day",
                [(item, session, site, number, day) for item, number in candidates.items()],
            )

    def mark(self, items: Sequence[str], package: str, session: str, site: str, until: str) -> None:
        """Keeps these items out of other packages until the day (`bank.leaks.watermarks`)."""
        with self.vault.transaction() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO marks VALUES ((SELECT item FROM revisions WHERE id = ? LIMIT 1), ?, ?, ?, ?)",
                [(item, package, session, site, until) for item in items],
            )

    def marks(self) -> list[Mark]:
        """All that were ever made, each under every wording of its item."""
        query = (
            "SELECT r.id, m.package, m.session, m.site, m.until FROM marks m JOIN revisions r ON r.item = m.item"
            " ORDER BY m.session, m.site, r.id"
        )
        with self.vault.reading() as connection:
            return [Mark(*row) for row in connection.execute(query)]

    def exposure(self) -> dict[str, Exposure]:
        """For every item that ever left the bank, under each of its wordings: who saw one has seen the others."""
        query = (
            "SELECT r.id, e.sessions, e.candidates FROM revisions r JOIN"
            " (SELECT item, count(DISTINCT session) sessions, sum(candidates) candidates FROM exposure GROUP BY item) e"
            " ON e.item = r.item"
        )
        with self.vault.reading() as connection:
            return {item: Exposure(sessions, candidates) for item, sessions, candidates in connection.execute(query)}

    def uses(self) -> list[tuple[str, str, str, str, int]]:
        """The same one by one: item, session, site, day ("" where nobody dated it), candidates."""
        query = (
            "SELECT r.id, e.session, e.site, e.day, e.candidates FROM exposure e JOIN revisions r ON r.item = e.item"
        )
        with self.vault.reading() as connection:
            return connection.execute(query).fetchall()

    def uses_of(self, lineage: str) -> list[tuple[str, str, str, int]]:
        """Where the item was, in whatever wording: session, site, day ("" where nobody dated it), candidates."""
        query = (
            "SELECT e.session, e.site, e.day, e.candidates FROM exposure e JOIN items i ON i.number = e.item"
            " WHERE i.lineage = ? ORDER BY e.day DESC, e.session"
        )
        with self.vault.reading() as connection:
            return connection.execute(query, (lineage,)).fetchall()
