"""Revisions out of their rows: by number, by name, by lineage, and many at once by what they say. No answer key is
read here.

What comes from here is as it lies in the bank, proved by nothing, but for `Items.select`.

Before: `bank.store.proof`. After: `bank.store.answer_keys`, `bank.store.drafts`.
"""

import itertools
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from bank.authoring.review import State, read_about
from bank.content import Background, Content, ItemType, Level
from bank.refused import BrokenStore, Denied
from bank.store import search_text
from bank.store.bank_item import BankItem, ItemOutline
from bank.store.proof import PROVED, Proof
from bank.vault import Vault

_ROW = (
    "SELECT r.id, r.rev, r.state, r.content, r.chapter, r.level, r.p4, r.code, r.about, i.lineage, c.p4, r.number,"
    " r.subject"
    " FROM revisions r CROSS JOIN items i ON i.number = r.item LEFT JOIN calibrations c ON c.revision = r.number"
)
_LINEAGE = "r.item = (SELECT number FROM items WHERE lineage = ?)"
_COMMON = 5_000
"""Places in the index: reading so many takes some 10 ms."""


@dataclass(eq=False)
class Items:
    """All revisions of all items."""

    _vault: Vault
    _proof: Proof
    _backgrounds: dict[str, Background] = field(default_factory=dict)

    def at(self, numbers: Sequence[int]) -> list[BankItem]:
        """The revisions of these numbers (`BankItem.number`), in that order."""
        return [self.numbered(number) for number in numbers]

    def newest(self, lineage: str) -> BankItem:
        """The newest revision of the item, by lineage. Raises Denied: when there is no such item."""
        return self._of(lineage, "r.rev = i.newest")

    def revisions(self, lineage: str) -> list[BankItem]:
        """All of them, oldest first."""
        rows = self._vault.rows(f"{_ROW} WHERE {_LINEAGE} ORDER BY r.rev", (lineage,))
        return [self._bank_item(row) for row in rows]

    def outlines(
        self,
        *,
        type: ItemType | None = None,  # noqa: A002 - the word of the glossary
        subject: str | None = None,
        chapter: str | None = None,
        level: Level | None = None,
        state: State | None = State.APPROVED,
        search: str = "",
        limit: int | None = None,
        verified: bool = True,
    ) -> Iterator[ItemOutline]:
        """What `select` gives, without a word of the questions: nothing of these leaves the bank."""
        found = self.select(
            type=type, subject=subject, chapter=chapter, level=level, state=state, search=search, limit=limit,
            verified=verified,
        )  # fmt: skip
        for item in found:
            yield item.outline

    def outline(self, word: str) -> ItemOutline:
        """The outline of what `find` gives. Raises Denied: as it does."""
        return self.find(word).outline

    def contents(self, ids: Collection[str]) -> dict[str, Content]:
        """Content of the approved revisions of these ids, as signed: what travels to a session."""
        found = {}
        for identity in ids:
            row = self._vault.one(f"{_ROW} WHERE r.id = ? AND r.state = 'approved'", (identity,))
            if row is not None:
                item = self._bank_item(row)
                self._proof.check(item)
                found[identity] = item.content
        return found

    def find(self, word: str) -> BankItem:
        """The newest revision of the one item that `word` names: its code, or the beginning of any of its ids.

        Raises Denied: when it names none, or several.
        """
        query = (
            "SELECT i.lineage FROM revisions r JOIN items i ON i.number = r.item"
            " WHERE r.code = ? OR substr(r.id, 1, ?) = ?"
        )
        rows = {row[0] for row in self._vault.rows(query, (word, len(word), word.lower()))} if word else set()
        if len(rows) != 1:
            raise Denied("item-ambiguous" if rows else "item-unknown", item=word, found=len(rows))
        return self.newest(rows.pop())

    def numbered(self, number: int) -> BankItem:
        """The revision of that number. Raises BrokenStore: when there is none."""
        row = self._vault.one(f"{_ROW} WHERE r.number = ?", (number,))
        if row is None:
            raise BrokenStore("revision-missing", number=number)
        return self._bank_item(row)

    def revision(self, lineage: str, rev: int) -> BankItem:
        """One revision of the item. Raises Denied: when there is none."""
        return self._of(lineage, "r.rev = ?", rev)

    def _of(self, lineage: str, which: str, *values: int) -> BankItem:
        row = self._vault.one(f"{_ROW} WHERE {_LINEAGE} AND {which}", (lineage, *values))
        if row is None:
            raise Denied("item-unknown", item=lineage, found=0)
        return self._bank_item(row)

    def select(
        self,
        *,
        type: ItemType | None = None,  # noqa: A002 - the word of the glossary
        subject: str | None = None,
        chapter: str | None = None,
        level: Level | None = None,
        state: State | None = State.APPROVED,
        search: str = "",
        limit: int | None = None,
        verified: bool = True,
    ) -> Iterator[BankItem]:
        """Revisions in `state`, or the newest of each item where that is None, in the order they were added.

        A chapter holds its sub-chapters. `search` looks in stem, options and code, whatever width or case. Gives no
        revision that is approved, or once was, whose signatures do not hold (`BrokenStore`).

        Not `verified`: as it lies in the bank, whoever may have put it there, to look at and to compare with. Nothing
        that leaves the bank, and no decision on what may, is made of these.
        """
        wanted: list[str] = []
        values: list[str | int] = []
        for column, value in (("r.type", type), ("r.level", level), ("r.state", state)):
            if value is not None:
                wanted.append(f"{column} = ?")
                values.append(value.value)
        if state is None:
            wanted.append("r.rev = i.newest")
        if subject is not None:
            wanted.append("r.subject = ?")
            values.append(subject)
        if chapter is not None:
            wanted.append("(r.chapter = ? OR substr(r.chapter, 1, ?) = ?)")
            values += [chapter, len(chapter) + 1, chapter + "."]
        for item in itertools.islice(self._listed(wanted, values, search_text.folded(search)), limit):
            if verified and item.state in PROVED:
                self._proof.check(item)
            yield item

    def _listed(self, wanted: list[str], values: list[str | int], search: str) -> Iterator[BankItem]:
        if not search:
            where = " WHERE " + " AND ".join(wanted) if wanted else ""
            with self._vault.reading() as connection:
                for row in connection.execute(f"{_ROW}{where} ORDER BY r.item, r.rev", values):
                    yield self._bank_item(row)
            return
        numbers = self._mentioning(search)
        if numbers is None:
            items = self._listed(wanted, values, "")
            yield from (item for item in items if search in search_text.searched(item.content, item.code))
            return
        query = f"{_ROW} WHERE {' AND '.join([*wanted, 'r.number = ?'])}"
        for number in numbers:
            row = self._vault.one(query, (*values, number))
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
        with self._vault.reading() as connection:
            found = [row[0] for row in connection.execute(query, values)]
        return None if len(search) < 3 and len(found) == _COMMON else sorted(set(found))

    def count(self) -> dict[tuple[ItemType, str, Level], int]:
        """Approved items by type × chapter × level."""
        query = (
            "SELECT type, chapter, level, count(*) FROM revisions WHERE state = 'approved'"
            " GROUP BY 1, 2, 3 ORDER BY 2, 1, 3"
        )
        return {
            (ItemType(kind), chapter, Level(level)): number for kind, chapter, level, number in self._vault.rows(query)
        }

    def count_states(self) -> dict[State, int]:
        """How many revisions are in each state."""
        rows = self._vault.rows("SELECT state, count(*) FROM revisions GROUP BY state")
        return {State(state): number for state, number in rows}

    def _bank_item(self, row: tuple[Any, ...]) -> BankItem:
        identity, rev, state, content_record, chapter, level, p4, code, about, lineage, measured, number, subject = row
        content = Content.from_json(json.loads(content_record))
        background = self._background(content.case) if content.case else None
        return BankItem(
            id=identity, rev=rev, state=State(state), content=content, chapter=chapter, level=Level(level), p4=p4,
            code=code, calibrated_p4=measured, background=background, lineage=lineage, number=number,
            subject=subject, **read_about(json.loads(about)),
        )  # fmt: skip

    def _background(self, sha256: str) -> Background:
        """Items of a case share one, in memory as in the bank."""
        kept = self._backgrounds.get(sha256)
        if kept is None:
            row = self._vault.one("SELECT record FROM backgrounds WHERE sha256 = ?", (sha256,))
            kept = None if row is None else Background.from_json(json.loads(row[0]))
            if kept is None or kept.sha256() != sha256:
                raise BrokenStore("background-changed", background=sha256[:8])
            self._backgrounds[sha256] = kept
        return kept
