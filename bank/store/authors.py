"""Who is known to have written what: by the statements that writers signed, whatever the bank's rows say.

Before: `bank.authoring.authorship` says what a writer signs. After: `bank.store.proof` proves approved revisions
by it.
"""

from dataclasses import dataclass, field

from bank.authoring import authorship
from bank.authoring.review import Seal
from bank.refused import BadFile, Denied
from bank.store import acts
from bank.store.people import People
from bank.vault import Vault

TAKE = "take"
"""The act by which a writer's statement comes into the bank."""


@dataclass(eq=False)
class Authors:
    """The writers' statements."""

    _vault: Vault
    _people: People
    _wrote: dict[str, set[str]] = field(default_factory=dict)
    _read: int = 0
    """The last act that `_wrote` knows of."""

    def of(self, sealed: Seal) -> set[str]:
        """Ids of those whose statements list this wording."""
        for number, _act, statement in acts.statements(self._vault, TAKE, after=self._read):
            self._read = number
            try:
                written, author = authorship.prove(statement, self._vault.name, self._people.all(), file="")
            except (BadFile, Denied):
                continue  # proves nothing: what relies on it is then of nobody's hand
            for digest, _of, _rev in written.lines:
                self._wrote.setdefault(digest, set()).add(author.id)
        return self._wrote.get(sealed.digest(), set())
