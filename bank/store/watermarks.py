"""Watermarks: items that one package has and others have not, by which a leak is traced.

Before: `bank.leaks.watermarks` chooses them when a package is sealed. After: `bank.leaks.trace` says where a leak came
from.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bank.vault import Vault


@dataclass(frozen=True, slots=True)
class Watermark:
    """An item that one package has and others have not (`bank.leaks.watermarks`)."""

    item: str
    package: str
    session: str
    site: str
    until: str
    """The day (ISO) from which it may travel again."""


@dataclass(frozen=True, eq=False)
class Watermarks:
    """All that were ever made (table `marks`)."""

    _vault: Vault

    def add(self, items: Sequence[str], package: str, session: str, site: str, until: str) -> None:
        """Keeps these items out of other packages until the day (`bank.leaks.watermarks`)."""
        with self._vault.transaction() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO marks VALUES ((SELECT item FROM revisions WHERE id = ? LIMIT 1), ?, ?, ?, ?)",
                [(item, package, session, site, until) for item in items],
            )

    def all(self) -> list[Watermark]:
        """All that were ever made, each under every wording of its item."""
        query = (
            "SELECT r.id, m.package, m.session, m.site, m.until FROM marks m JOIN revisions r ON r.item = m.item"
            " ORDER BY m.session, m.site, r.id"
        )
        return [Watermark(*row) for row in self._vault.rows(query)]
