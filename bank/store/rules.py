"""What the sessions of this bank were issued with: an older book of rules, or an older release ledger, is refused from
then on.

Before: `bank.rules.signed_rule` checks the officers' signatures. After: `examd.bureau.issuing`.
"""

import json
from dataclasses import dataclass

from bank.canonical import canonical
from bank.refused import Denied
from bank.rules import signed_rule as signed_rules
from bank.store.meta import Meta

_NAME, _LEDGERS = "rules", "ledgers"


@dataclass(frozen=True, eq=False)
class Rules:
    """The rules noted, as `bank.rules.signed_rule.heads` names them: name -> hash."""

    _meta: Meta

    def noted(self) -> dict[str, str]:
        """All that were ever noted."""
        return dict(json.loads(self._meta.value(_NAME) or "{}"))

    def note(self, bureau: str, book: str) -> None:
        """Notes the registers and rules of the bureau with this public key, after checking the officers' signatures.

        Adds; what is noted stays, or whoever issues could make the bank forget. So nothing is taken on anybody's word.
        Raises Denied: when the book lacks a register or a version noted before, and so is an older one.
        """
        noted, before = signed_rules.heads(book.encode(), bureau, name="rules"), self.noted()
        for name, expected in before.items():
            if name.startswith(f"{bureau}/") and noted.get(name) != expected:
                found = noted.get(name, "")
                raise Denied("rules-noted-otherwise", name=name, expected=expected[:16], found=found[:16])
        self._meta.write(_NAME, canonical(before | noted).decode())

    def ledgers(self) -> dict[str, str]:
        """How far each bureau's release ledger had come: public key -> `size:root`."""
        return dict(json.loads(self._meta.value(_LEDGERS) or "{}"))

    def note_ledger(self, bureau: str, size: int, root: str) -> None:
        """Notes how far it has come. Raises Denied: when it had come further."""
        before = self.ledgers()
        known = int(before[bureau].partition(":")[0]) if bureau in before else 0
        if size < known:
            raise Denied("ledger-rolled-back", where=_LEDGERS, known=known, found=size)
        self._meta.write(_LEDGERS, canonical(before | {bureau: f"{size}:{root}"}).decode())
