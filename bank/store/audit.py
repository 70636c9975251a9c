"""Whether the bank's rows say what its acts state: whoever holds the key can write rows, but not what people signed.

The acts are a chain, and people remember how far it had come (`bank.authoring.people`). So what no act states, or
states otherwise, was put there by another hand, or lost.

Before: `bank.store.acts`, `bank.store.proof`. After: `examd bank check`.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from bank.authoring import review
from bank.authoring.review import Act, State
from bank.refused import BrokenStore, Denied
from bank.store import acts
from bank.store.history import History
from bank.store.items import Items
from bank.store.meta import Meta
from bank.store.people import People
from bank.store.proof import PROVED, Proof
from bank.store.provisions import Provisions
from bank.vault import Vault


@dataclass(frozen=True, slots=True)
class Finding:
    item: str
    """Lineage, shortened; "" where it is about the bank as a whole, `rev` then being the number of an act."""
    rev: int
    code: str


@dataclass(frozen=True, eq=False)
class Audit:
    """Looks through people, acts and revisions."""

    _vault: Vault
    _meta: Meta
    _people: People
    _provisions: Provisions
    _history: History
    _proof: Proof
    _items: Items

    def findings(self) -> list[Finding]:
        """Everything that revisions, people and acts do not prove; empty is well. Raises nothing of what it finds."""
        found = [Finding("", number, "acts-chain") for number in self.broken_acts()]
        try:
            self._people.all()
        except BrokenStore as refused:
            return [*found, Finding("", 0, refused.code)]
        found += [Finding("", number, "person-stranger") for number in self._people.strangers()]
        found += self._unsaid()
        for state in State:
            for item in self._items.select(verified=False, state=state):
                try:
                    if state in PROVED:
                        self._proof.check(item)
                    elif review.state_after(self._history.events(item.number)) is not state:
                        raise BrokenStore("revision-state", item=item.lineage[:8], rev=item.rev)
                except (BrokenStore, Denied) as refused:
                    code = refused.code if isinstance(refused, BrokenStore) else "revision-history"
                    found.append(Finding(item.lineage[:8], item.rev, code))
        return found

    def broken_acts(self) -> list[int]:
        """Acts whose hash is not that of all acts up to them: empty is well."""
        wrong, before, expected = [], "", 1
        query = "SELECT number, revision, act, who, at, remarks, statement, head FROM acts ORDER BY number"
        with self._vault.reading() as connection:
            for number, revision, act, who, at, remarks, signed, head in connection.execute(query):
                if number != expected or head != acts.next_head(
                    before, number, revision, act, who, at, remarks, bytes(signed)
                ):
                    wrong.append(number)
                before, expected = head, number + 1
        return wrong

    def _unsaid(self) -> Iterator[Finding]:
        """Needs the people to be proved."""
        yield from self._acts_cut()
        created = self._vault.one("SELECT remarks FROM acts WHERE number = 1 AND act = ?", (acts.CREATE,))
        kind = set() if created is None else set(created[0].split())
        if {
            word for word, is_so in (("sample", self._meta.sample()), ("practice", self._meta.practice())) if is_so
        } - kind:
            yield Finding("", 1, "bank-kind-changed")
        yield from (Finding("", number, "repeal-unsigned") for number in self._provisions.read()[1])
        yield from self._rows_changed()

    def _acts_cut(self) -> Iterator[Finding]:
        number, head = self._history.head()
        if self._meta.value(acts.END) != f"{number} {head}":
            yield Finding("", number, "acts-cut")

    def _rows_changed(self) -> Iterator[Finding]:
        writers = self._writers()
        others = self._lent_or_carried()
        query = (
            "SELECT r.number, i.lineage, r.rev, r.type, r.content, r.written_by,"
            " EXISTS (SELECT 1 FROM search_docsize d WHERE d.id = r.number)"
            " FROM revisions r JOIN items i ON i.number = r.item"
        )
        with self._vault.reading() as connection:
            for number, lineage, rev, kind, content, by, searched in connection.execute(query):
                if json.loads(content)["type"] != kind:
                    yield Finding(lineage[:8], rev, "revision-type-changed")
                if not searched:
                    yield Finding(lineage[:8], rev, "revision-not-searched")
                if by != ("" if number in others else writers.get(number)):
                    yield Finding(lineage[:8], rev, "revision-writer-changed")

    def _lent_or_carried(self) -> set[int]:
        query = "SELECT revision FROM acts WHERE revision IS NOT NULL AND (act = ? OR act = ? OR act = ?)"
        return {row[0] for row in self._vault.rows(query, (*sorted(review.LENT), Act.CARRY.value))}

    def _writers(self) -> dict[int, str]:
        """Revision -> whom the acts name as its writers."""
        query = "SELECT number, who, remarks FROM acts WHERE revision IS NULL AND (act = ? OR act = ?) ORDER BY number"
        found: dict[int, str] = {}
        with self._vault.reading() as connection:
            for number, who, remarks in connection.execute(query, (Act.WRITE.value, Act.SAMPLE.value)):
                first, _, last = remarks.partition("-")
                if not (first.isdecimal() and (last or first).isdecimal()):
                    raise BrokenStore("acts-chain", rev=number)
                found.update(dict.fromkeys(range(int(first), int(last or first) + 1), who))
        return found
