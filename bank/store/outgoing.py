"""What people signed that they take out of the bank, kept among its acts.

Before: `bank.lending.outgoing` says what is signed, and who must. After: `bank.lending.exchange`,
`examd.bureau.issuing` read what was permitted.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass

from bank.clock import now
from bank.lending import outgoing
from bank.refused import Denied
from bank.store import acts
from bank.store.people import People
from bank.vault import Vault

TAKE_OUT = "take-out"


@dataclass(frozen=True, eq=False)
class Outgoing:
    """All that was permitted."""

    _vault: Vault
    _people: People

    def permit(self, statement: bytes, ids: Collection[str]) -> outgoing.Outgoing:
        """Notes who takes these items out (`bank.lending.outgoing.to_sign`), before they do.

        Raises Denied: when it was said before, and as `bank.lending.outgoing.check` does.
        """
        before = acts.statements(self._vault, TAKE_OUT)
        if any(kept == statement for _number, _act, kept in before):
            raise Denied("outgoing-again")
        earlier = [outgoing.parse(kept) for _number, _act, kept in before]
        found = outgoing.check(statement, ids, self._vault.name, self._people.all(), earlier)
        told = f"{found.door.value} {found.items} {hashlib.sha256(statement).hexdigest()[:16]}"
        with self._vault.transaction() as connection:
            acts.chain(connection, [(None, TAKE_OUT, ",".join(found.by), now(), told, statement)])
        return found

    def all(self) -> list[outgoing.Outgoing]:
        """What was permitted, in its order."""
        return [outgoing.parse(kept) for _number, _act, kept in acts.statements(self._vault, TAKE_OUT)]
