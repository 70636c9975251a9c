"""The acts as a chain: each bound to all before it by its hash, so that none is taken out or put in between unseen.

Before: whoever did something. After: `bank.store.history` reads them, `bank.authoring.lifecycle` remembers how far they
had come.
"""

import hashlib
import json
from collections.abc import Iterable

from bank.vault import Connection, Vault

END = "acts"
"""Where the bank notes number and head of the last act: one that is cut off leaves a trace."""
CREATE = "create"
"""The first act: what kind of bank it is."""

Noted = tuple[int | None, str, str, str, str, bytes]
"""An act as it is noted: revision, act, who, at, remarks, statement."""


def chain(connection: Connection, acts: Iterable[Noted]) -> None:
    """Appends acts, each bound to all before it by its head. How far they go is noted beside them (`END`)."""
    row = connection.execute("SELECT number, head FROM acts ORDER BY number DESC LIMIT 1").fetchone()
    number, head = row or (0, "")
    rows = []
    for act in acts:
        number += 1
        head = next_head(head, number, *act)
        rows.append((number, *act, head))
    connection.executemany("INSERT INTO acts VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (END, f"{number} {head}"))


def statements(vault: Vault, *kinds: str, after: int = 0) -> list[tuple[int, str, bytes]]:
    """Acts of these kinds that are on no revision, in their order: number, act, statement.

    They are few, and have an index.
    """
    named = " OR ".join(["act = ?"] * len(kinds))
    query = "SELECT number, act, statement FROM acts WHERE revision IS NULL AND number > ? AND"
    return [
        (number, act, bytes(signed))
        for number, act, signed in vault.rows(f"{query} ({named}) ORDER BY number", (after, *kinds))
    ]


def next_head(
    before: str, number: int, revision: int | None, act: str, who: str, at: str, remarks: str, statement: bytes
) -> str:
    """The hash of an act and, by way of `before`, of all acts up to it."""
    parts = [before, number, revision, act, who, at, remarks, hashlib.sha256(statement).hexdigest()]
    return hashlib.sha256(b"examd/acts/1\x00" + json.dumps(parts, ensure_ascii=False).encode()).hexdigest()
