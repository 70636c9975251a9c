"""Who is known to have written what: by the statements that writers signed, whatever the bank's rows say.

Before: `bank.authoring.authorship` says what a writer signs. After: `bank.store.answer_keys` proves approved revisions
by it.
"""

from pathlib import Path

from bank.authoring import authorship
from bank.authoring.review import Seal
from bank.refused import BadFile, Denied
from bank.store.people import People
from bank.vault import Vault

TAKE = "take"
"""The act by which a writer's statement comes into the bank."""


class Authors(People):
    def __init__(self, directory: Path, vault: Vault) -> None:
        super().__init__(directory, vault)
        self._wrote: dict[str, set[str]] = {}
        self._read = 0
        """The last act that `_wrote` knows of."""

    def wrote(self, sealed: Seal) -> set[str]:
        """Ids of those whose statements list this wording."""
        query = "SELECT number, statement FROM acts WHERE revision IS NULL AND act = ? AND number > ? ORDER BY number"
        with self.vault.reading() as connection:
            rows = connection.execute(query, (TAKE, self._read)).fetchall()
        for number, statement in rows:
            self._read = number
            try:
                written, author = authorship.prove(bytes(statement), self.vault.name, self.people(), file="")
            except (BadFile, Denied):
                continue  # proves nothing: what relies on it is then of nobody's hand
            for digest, _of, _rev in written.lines:
                self._wrote.setdefault(digest, set()).add(author.id)
        return self._wrote.get(sealed.digest(), set())
