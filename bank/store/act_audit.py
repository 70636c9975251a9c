"""Whether the bank's rows say what its acts state: whoever holds the key can write rows, but not what people signed.

The acts are a chain, and people remember how far it had come (`bank.authoring.people`). So what no act states, or
states otherwise, was put there by another hand, or lost.

Before: `bank.store.acts`. After: `bank.store.signing` says it with all else that is not proved.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from bank.authoring.review import Act
from bank.refused import BrokenStore
from bank.store import acts
from bank.store.search import Search


@dataclass(frozen=True, slots=True)
class Finding:
    item: str
    """Lineage, shortened; "" where it is about the bank as a whole, `rev` then being the number of an act."""
    rev: int
    code: str


class Stated(Search):
    def _unstated(self) -> Iterator[Finding]:
        """Needs the people to be proved."""
        yield from self._acts_cut()
        created = self._one("SELECT remarks FROM acts WHERE number = 1 AND act = ?", (acts.CREATE,))
        kind = set() if created is None else set(created[0].split())
        if {word for word, is_so in (("sample", self.sample), ("practice", self.practice)) if is_so} - kind:
            yield Finding("", 1, "bank-kind-changed")
        yield from (Finding("", number, "repeal-unsigned") for number in self._repeals()[1])
        yield from self._rows_changed()

    def _acts_cut(self) -> Iterator[Finding]:
        number, head = self.head()
        if self._meta(acts.END) != f"{number} {head}":
            yield Finding("", number, "acts-cut")

    def _rows_changed(self) -> Iterator[Finding]:
        writers = self._stated_writers()
        others = self._lent_or_carried()
        query = (
            "SELECT r.number, i.lineage, r.rev, r.type, r.content, r.written_by,"
            " EXISTS (SELECT 1 FROM search_docsize d WHERE d.id = r.number)"
            " FROM revisions r JOIN items i ON i.number = r.item"
        )
        with self.vault.reading() as connection:
            for number, lineage, rev, kind, content, by, searched in connection.execute(query):
                if json.loads(content)["type"] != kind:
                    yield Finding(lineage[:8], rev, "revision-type-changed")
                if not searched:
                    yield Finding(lineage[:8], rev, "revision-not-searched")
                if by != ("" if number in others else writers.get(number)):
                    yield Finding(lineage[:8], rev, "revision-writer-changed")

    def _lent_or_carried(self) -> set[int]:
        query = "SELECT revision FROM acts WHERE revision IS NOT NULL AND (act = ? OR act = ?)"
        with self.vault.reading() as connection:
            return {row[0] for row in connection.execute(query, (Act.ACCEPT.value, Act.CARRY.value))}

    def _stated_writers(self) -> dict[int, str]:
        """Revision -> whom the acts name as its writers."""
        query = "SELECT number, who, remarks FROM acts WHERE revision IS NULL AND (act = ? OR act = ?) ORDER BY number"
        found: dict[int, str] = {}
        with self.vault.reading() as connection:
            for number, who, remarks in connection.execute(query, (Act.WRITE.value, Act.SAMPLE.value)):
                first, _, last = remarks.partition("-")
                if not (first.isdecimal() and (last or first).isdecimal()):
                    raise BrokenStore("acts-chain", rev=number)
                found.update(dict.fromkeys(range(int(first), int(last or first) + 1), who))
        return found
