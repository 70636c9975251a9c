"""The bodies that this bank takes items from, each by a card that its people have signed.

Before: `bank.lending.owners` says what is signed. After: `bank.store.answer_keys` proves lent items by it.
"""

from bank.lending import owners
from bank.lending.owners import Owner
from bank.lending.slices import Body
from bank.refused import Denied
from bank.store import acts
from bank.store.people import People

_ACT = "owner"


class Owners(People):
    def owners(self) -> list[Owner]:
        """Every card that somebody signed, whether enough of them or not."""
        with self.vault.reading() as connection:
            # The acts on no revision are few, and have an index.
            query = "SELECT statement FROM acts WHERE revision IS NULL AND act = ? ORDER BY number"
            files = [bytes(row[0]) for row in connection.execute(query, (_ACT,))]
        return owners.listed(self.vault.name, files, self.people(), needed=1 if self.sample else owners.PEOPLE)

    def vouch(self, statement: bytes) -> Owner:
        """Adds one person's signature under an owner's card (`bank.lending.owners.to_sign`)."""
        body, by, at = owners.check(self.vault.name, statement, self.people())
        person = self.people()[by]
        if person.until:
            raise Denied("person-ended", name=person.name, until=person.until)
        if any(each.body == body and by in each.by for each in self.owners()):
            raise Denied("owner-signed-already", name=person.name, owner=body.name)
        with self.vault.transaction() as connection:
            acts.chain(connection, [(None, _ACT, by, at, body.id, statement)])
        return next(each for each in self.owners() if each.body == body)

    def _known_owners(self) -> list[Body]:
        """Whose slices are good, or were when they came."""
        return [each.body for each in self.owners() if each.known]
