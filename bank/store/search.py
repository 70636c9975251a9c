"""Finding revisions among many, and counting them: by the listing in memory, or once, by the index of trigrams.

Before: `bank.store.listing` says what is wanted. After: every list, and the desk's stretches of one.
"""

import functools
import itertools
from collections import Counter
from collections.abc import Iterator

from bank.authoring import people
from bank.authoring.review import State
from bank.content import ItemType, Level
from bank.store import listing, search_text
from bank.store.answer_keys import PROVED, AnswerKeys
from bank.store.bank_item import BankItem
from bank.store.catalogue import Catalogue
from bank.store.items import ROW
from bank.store.listing import Line, Related, Wanted
from bank.store.provisions import Provisions

_COMMON = 5_000
"""Places in the index: reading so many takes some 10 ms."""


class Search(AnswerKeys, Provisions):
    def items(
        self,
        *,
        type: ItemType | None = None,  # noqa: A002 - the word of the glossary
        chapter: str | None = None,
        level: Level | None = None,
        state: State | None = State.APPROVED,
        search: str = "",
        limit: int | None = None,
    ) -> Iterator[BankItem]:
        """Revisions in `state`, or the newest of each item where that is None, in the order they were added.

        A chapter holds its sub-chapters. `search` looks in stem, options and code, whatever width or case. Gives no
        revision that is approved, or once was, whose signatures do not hold (`BrokenStore`).
        """
        for item in self.unverified_items(
            type=type, chapter=chapter, level=level, state=state, search=search, limit=limit
        ):
            if item.state in PROVED:
                self._verified(item)
            yield item

    def unverified_items(
        self,
        *,
        type: ItemType | None = None,  # noqa: A002 - the word of the glossary
        chapter: str | None = None,
        level: Level | None = None,
        state: State | None = State.APPROVED,
        search: str = "",
        limit: int | None = None,
    ) -> Iterator[BankItem]:
        """The same as it lies in the bank, whoever may have put it there: to look at and to compare with.

        Nothing that leaves the bank, and no decision on what may, is made of these.
        """
        wanted: list[str] = []
        values: list[str | int] = []
        for column, value in (("r.type", type), ("r.level", level), ("r.state", state)):
            if value is not None:
                wanted.append(f"{column} = ?")
                values.append(value.value)
        if state is None:
            wanted.append("r.rev = i.newest")
        if chapter is not None:
            wanted.append("(r.chapter = ? OR substr(r.chapter, 1, ?) = ?)")
            values += [chapter, len(chapter) + 1, chapter + "."]
        yield from itertools.islice(self._listed(wanted, values, search_text.folded(search)), limit)

    def _listed(self, wanted: list[str], values: list[str | int], search: str) -> Iterator[BankItem]:
        if not search:
            where = " WHERE " + " AND ".join(wanted) if wanted else ""
            with self.vault.reading() as connection:
                for row in connection.execute(f"{ROW}{where} ORDER BY r.item, r.rev", values):
                    yield self._bank_item(row)
            return
        numbers = self._mentioning(search)
        if numbers is None:
            items = self._listed(wanted, values, "")
            yield from (item for item in items if search in search_text.searched(item.content, item.code))
            return
        query = f"{ROW} WHERE {' AND '.join([*wanted, 'r.number = ?'])}"
        for number in numbers:
            row = self._one(query, (*values, number))
            if row is None:
                continue
            item = self._bank_item(row)
            # The index says which trigrams a text has, not where; and a draft may have been written anew.
            if search in search_text.searched(item.content, item.code):
                yield item

    def _mentioning(self, search: str) -> list[int] | None:
        """Revisions that may hold `search`: those with all its trigrams, or with one that begins with it.

        None where that is so common that whoever reads item by item has the first hundred sooner.
        """
        if len(search) >= 3:
            terms = {search[n : n + 3] for n in range(len(search) - 2)}
            query = "SELECT rowid FROM search WHERE search MATCH ? ORDER BY rowid"
            values: tuple[str, ...] = (" AND ".join('"' + term.replace('"', '""') + '"' for term in sorted(terms)),)
        else:
            query = f"SELECT doc FROM trigrams WHERE term >= ? AND term < ? LIMIT {_COMMON}"  # noqa: S608 - a number of ours
            values = (search, search + "\U0010ffff")
        with self.vault.reading() as connection:
            found = [row[0] for row in connection.execute(query, values)]
        return None if len(search) < 3 and len(found) == _COMMON else sorted(set(found))

    @functools.cached_property
    def _catalogue(self) -> Catalogue:
        return Catalogue()

    def _lines(self) -> list[Line]:
        with self.vault.reading() as connection:
            return self._catalogue.lines(connection)

    def numbers(self, wanted: Wanted) -> list[int]:
        """The revisions (`BankItem.number`) that are as `wanted`, in the order their items were added."""
        repeals = (text for text, day in self.repeals().items() if day <= wanted.on) if wanted.on else ()
        ids = functools.partial(people.keys_of, known=self.people())
        return listing.found(self._lines(), wanted, search_text.folded(wanted.search.strip()), repeals, ids)

    def related(self, number: int) -> Related:
        """The case group of a revision and its enemies, by number."""
        lines = self._lines()
        line = next((each for each in lines if each.number == number), None)
        return Related() if line is None else listing.related(lines, line)

    def twins(self, number: int) -> list[tuple[int, int]]:
        """Near-duplicates of a revision among all items not retired: number, likeness ×10⁴; the most alike first."""
        lines = self._lines()
        line = next((each for each in lines if each.number == number), None)
        if line is None:
            return []
        content = self._numbered(number).content
        maybe = listing.perhaps_alike(lines, line, content)
        near = ((each.number, listing.alike(content, self._numbered(each.number).content)) for each in maybe)
        return sorted(((twin, p4) for twin, p4 in near if p4), key=lambda twin: -twin[1])

    def has_case(self, sha256: str) -> bool:
        """Whether any item that can be listed belongs to the case group of this name."""
        return any(line.case == sha256 for line in self._lines())

    def chapters(self) -> dict[str, int]:
        """Chapter -> items whose newest revision stands in it."""
        return dict(Counter(line.chapter for line in self._lines() if line.newest))

    def counts(self) -> dict[tuple[ItemType, str, Level], int]:
        """Approved items by type × chapter × level."""
        query = (
            "SELECT type, chapter, level, count(*) FROM revisions WHERE state = 'approved'"
            " GROUP BY 1, 2, 3 ORDER BY 2, 1, 3"
        )
        with self.vault.reading() as connection:
            return {
                (ItemType(kind), chapter, Level(level)): number
                for kind, chapter, level, number in connection.execute(query)
            }

    def states(self) -> dict[State, int]:
        """How many revisions are in each state."""
        with self.vault.reading() as connection:
            rows = connection.execute("SELECT state, count(*) FROM revisions GROUP BY state").fetchall()
        return {State(state): number for state, number in rows}
