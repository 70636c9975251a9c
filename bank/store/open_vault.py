"""A bank's vault while it is open, and what kind of bank it is. All else that a Bank does stands on this."""

import json
from pathlib import Path
from typing import Any

from bank.canonical import canonical
from bank.refused import Denied
from bank.rules import signed_rule as signed_rules
from bank.vault import Vault


class Opened:
    """One process at a time holds it."""

    def __init__(self, directory: Path, vault: Vault) -> None:
        self.directory = directory
        self.vault = vault

    @property
    def sample(self) -> bool:
        return self._meta("sample") == "1"

    @property
    def practice(self) -> bool:
        """What is in it is open to everyone: it serves no session that counts."""
        return self._meta("practice") == "1"

    @property
    def carried_over(self) -> int:
        """How many items came from a version without reviews, as drafts."""
        return int(self._meta("carried-over") or 0)

    @property
    def journal_position(self) -> str:
        """How far the journal of a shared bank had come, as `bank.custody` noted it here; "" where it never did."""
        return self._meta("journal")

    def note_journal_position(self, position: str) -> None:
        with self.vault.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO meta VALUES ('journal', ?)", (position,))

    def rules_noted(self) -> dict[str, str]:
        """What rules the sessions of this bank were issued with, as `bank.rules.signed_rules.heads` names them: name ->
        hash."""
        return dict(json.loads(self._meta("rules") or "{}"))

    def note_rules(self, bureau: str, book: str) -> None:
        """Notes the registers and rules of the bureau with this public key, after checking the officers' signatures.

        Adds; what is noted stays, or whoever issues could make the bank forget. So nothing is taken on anybody's word,
        and a book that lacks a register or a version noted before is an older one: it is refused.
        """
        noted, before = signed_rules.heads(book.encode(), bureau, name="rules"), self.rules_noted()
        for name, expected in before.items():
            if name.startswith(f"{bureau}/") and noted.get(name) != expected:
                found = noted.get(name, "")
                raise Denied("rules-noted-otherwise", name=name, expected=expected[:16], found=found[:16])
        note = canonical(before | noted).decode()
        with self.vault.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO meta VALUES ('rules', ?)", (note,))

    def _meta(self, name: str) -> str:
        row = self._one("SELECT value FROM meta WHERE name = ?", (name,))
        return "" if row is None else str(row[0])

    def _one(self, query: str, values: tuple[Any, ...] = ()) -> tuple[Any, ...] | None:
        with self.vault.reading() as connection:
            row: tuple[Any, ...] | None = connection.execute(query, values).fetchone()
        return row
