"""The bodies that this bank takes items from, each by a card that its people have signed.

Before: `bank.lending.owners` says what is signed. After: `bank.store.proof` proves lent items by it.
"""

from dataclasses import dataclass

from bank.lending import owners
from bank.lending.owners import Owner
from bank.lending.slices import Body
from bank.refused import Denied
from bank.store import acts
from bank.store.meta import Meta
from bank.store.people import People
from bank.vault import Vault

_ACT = "owner"


@dataclass(frozen=True, eq=False)
class Owners:
    """The cards of other bodies."""

    _vault: Vault
    _meta: Meta
    _people: People

    def all(self) -> list[Owner]:
        """Every card that somebody signed, whether enough of them or not."""
        files = [signed for _number, _act, signed in acts.statements(self._vault, _ACT)]
        needed = 1 if self._meta.sample() else owners.PEOPLE
        return owners.listed(self._vault.name, files, self._people.all(), needed=needed)

    def vouch(self, statement: bytes) -> Owner:
        """Adds one person's signature under an owner's card (`bank.lending.owners.to_sign`).

        Raises Denied: when that person's work has ended, or they signed the card before.
        """
        body, by, at = owners.check(self._vault.name, statement, self._people.all())
        person = self._people.acting(by)
        if any(each.body == body and by in each.by for each in self.all()):
            raise Denied("owner-signed-already", name=person.name, owner=body.name)
        with self._vault.transaction() as connection:
            acts.chain(connection, [(None, _ACT, by, at, body.id, statement)])
        return next(each for each in self.all() if each.body == body)

    def known(self) -> list[Body]:
        """Whose slices are good, or were when they came."""
        return [each.body for each in self.all() if each.known]
