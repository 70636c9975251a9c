"""Revisions out of their rows, one by one: by number, by name, by lineage. No answer key is read here.

What comes from here is as it lies in the bank, proved by nothing: `bank.store.answer_keys` proves it.

Before: `bank.store.history`. After: `bank.store.answer_keys`, `bank.store.search`.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bank.authoring.review import State
from bank.content import Background, Content, Level
from bank.item import NOWHERE, Basis, Provenance, Translation
from bank.refused import BrokenStore, Denied
from bank.store.bank_item import BankItem
from bank.store.history import History
from bank.vault import Vault

ROW = (
    "SELECT r.id, r.rev, r.state, r.content, r.chapter, r.level, r.p4, r.code, r.about, i.lineage, c.p4, r.number"
    " FROM revisions r CROSS JOIN items i ON i.number = r.item LEFT JOIN calibrations c ON c.revision = r.number"
)

_LINEAGE = "r.item = (SELECT number FROM items WHERE lineage = ?)"


class Items(History):
    def __init__(self, directory: Path, vault: Vault) -> None:
        super().__init__(directory, vault)
        self._backgrounds: dict[str, Background] = {}

    def numbered(self, numbers: Sequence[int]) -> list[BankItem]:
        return [self._numbered(number) for number in numbers]

    def newest(self, lineage: str) -> BankItem:
        """The newest revision of the item, by lineage."""
        row = self._one(f"{ROW} WHERE {_LINEAGE} AND r.rev = i.newest", (lineage,))
        if row is None:
            raise Denied("item-unknown", item=lineage, found=0)
        return self._bank_item(row)

    def revisions(self, lineage: str) -> list[BankItem]:
        """All of them, oldest first."""
        with self.vault.reading() as connection:
            rows = connection.execute(f"{ROW} WHERE {_LINEAGE} ORDER BY r.rev", (lineage,)).fetchall()
        return [self._bank_item(row) for row in rows]

    def find(self, word: str) -> BankItem:
        """The newest revision of the one item that `word` names: its code, or the beginning of any of its ids."""
        rows = set()
        if word:
            with self.vault.reading() as connection:
                query = (
                    "SELECT i.lineage FROM revisions r JOIN items i ON i.number = r.item"
                    " WHERE r.code = ? OR substr(r.id, 1, ?) = ?"
                )
                rows = {row[0] for row in connection.execute(query, (word, len(word), word.lower()))}
        if len(rows) != 1:
            raise Denied("item-ambiguous" if rows else "item-unknown", item=word, found=len(rows))
        return self.newest(rows.pop())

    def _numbered(self, number: int) -> BankItem:
        row = self._one(f"{ROW} WHERE r.number = ?", (number,))
        if row is None:
            raise BrokenStore("revision-missing", number=number)
        return self._bank_item(row)

    def _revision(self, lineage: str, rev: int) -> BankItem:
        row = self._one(f"{ROW} WHERE {_LINEAGE} AND r.rev = ?", (lineage, rev))
        if row is None:
            raise Denied("item-unknown", item=lineage, found=0)
        return self._bank_item(row)

    def _bank_item(self, row: tuple[Any, ...]) -> BankItem:
        content = Content.from_json(json.loads(row[3]))
        about = json.loads(row[8])
        return BankItem(
            id=row[0],
            rev=row[1],
            state=State(row[2]),
            content=content,
            chapter=row[4],
            level=Level(row[5]),
            p4=row[6],
            basis=about["basis"],
            enemies=tuple(about["enemies"]),
            locked=tuple(about["locked"]),
            tags=tuple(about["tags"]),
            code=row[7],
            source=about["source"],
            calibrated_p4=row[10],
            bases=tuple(map(Basis.from_json, about["bases"])),
            background=self._background(content.case) if content.case else None,
            place=about["place"],
            translations=tuple(map(Translation.from_json, about["translations"])),
            provenance=Provenance.from_json(about["provenance"]) if about["provenance"] else NOWHERE,
            lineage=row[9],
            number=row[11],
        )

    def _background(self, sha256: str) -> Background:
        """Items of a case share one, in memory as in the bank."""
        kept = self._backgrounds.get(sha256)
        if kept is None:
            row = self._one("SELECT record FROM backgrounds WHERE sha256 = ?", (sha256,))
            kept = None if row is None else Background.from_json(json.loads(row[0]))
            if kept is None or kept.sha256() != sha256:
                raise BrokenStore("background-changed", background=sha256[:8])
            self._backgrounds[sha256] = kept
        return kept
