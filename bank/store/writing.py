"""A revision into its rows: the tables' one place of writing, with all that stands in tables of its own.

Before: `bank.item`. After: `bank.store.drafts` and `bank.store.slices` say which revisions, and in which state.
"""

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from bank.authoring import review
from bank.authoring.review import State
from bank.canonical import canonical
from bank.item import Item, flaw
from bank.refused import BadFile
from bank.store.search_text import indexed
from bank.vault import Connection

_COLUMNS = ("id", "content", "type", "chapter", "level", "p4", "code", "about", "written_by", "written_at", "subject")
"""Of `revisions`, what a draft may change."""
_INSERT = f"INSERT INTO revisions VALUES ({', '.join('?' * (4 + len(_COLUMNS)))})"  # noqa: S608 - words of ours
_REWRITE = f"UPDATE revisions SET {', '.join(f'{name} = ?' for name in _COLUMNS)} WHERE number = ?"  # noqa: S608

Encoded = tuple[str, bytes, Item]
"""An item behind its id and the bytes of its content: made once, since it is the dearest part of an import."""
Progress = Callable[[int, int], None]
"""Told how many of how many are done."""
Salts = Mapping[str, str]
"""Id -> the salt that a writer or owner signed; any other item gets one of its own."""


def encoded(item: Item) -> Encoded:
    return item.id, item.content.canonical(), item


def insert(
    connection: Connection, item: int, rev: int, state: State, wording: Encoded, by: str, at: str,
    salts: Salts = MappingProxyType({}),
) -> int:  # fmt: skip
    """A revision of the item of that number; the revision's own number."""
    row = (None, item, rev, state.value, *_values(*wording, by, at))
    (number,) = connection.execute(f"{_INSERT} RETURNING number", row).fetchone()
    _insert_parts(connection, [(number, wording)], at, salts)
    return int(number)


def insert_new(
    connection: Connection, item: int, number: int, state: State, batch: Sequence[Encoded], by: str, at: str,
    salts: Salts,
) -> None:  # fmt: skip
    """New items, each with its first revision, numbered from `item` and `number` on."""
    connection.executemany(
        "INSERT INTO items VALUES (?, ?, 1)", [(item + n, identity) for n, (identity, _, _) in enumerate(batch)]
    )
    connection.executemany(
        _INSERT, [(number + n, item + n, 1, state.value, *_values(*each, by, at)) for n, each in enumerate(batch)]
    )
    _insert_parts(connection, [(number + n, each) for n, each in enumerate(batch)], at, salts)


def rewrite(connection: Connection, number: int, wording: Encoded, by: str, at: str, salts: Salts) -> None:
    """Another wording in the place of the one there, which its own writer has not submitted."""
    for table, column in (("answer_keys", "revision"), ("calibrations", "revision"), ("search", "rowid")):
        connection.execute(f"DELETE FROM {table} WHERE {column} = ?", (number,))  # noqa: S608 - words of ours
    connection.execute(_REWRITE, (*_values(*wording, by, at), number))
    _insert_parts(connection, [(number, wording)], at, salts)


def relist(connection: Connection, number: int) -> None:
    """What is listed of the lent item of this revision is what waits for review or else is in force, whichever came
    last; where there is neither, what was listed before."""
    connection.execute(
        "UPDATE items SET newest = coalesce((SELECT rev FROM revisions WHERE item = items.number"
        " AND (state = 'in-review' OR state = 'approved') ORDER BY state = 'in-review' DESC LIMIT 1), newest)"
        " WHERE number = (SELECT item FROM revisions WHERE number = ?)",
        (number,),
    )


def _insert_parts(connection: Connection, wordings: Sequence[tuple[int, Encoded]], at: str, salts: Salts) -> None:
    """What stands in tables of its own, table after table: each is then written in one place."""
    revisions = [(number, item) for number, (_, _, item) in wordings]
    connection.executemany(
        "INSERT INTO answer_keys VALUES (?, ?, ?, ?)",
        [
            (number, _json(item.answer_key.to_json()), item.explanation, salts.get(identity) or secrets.token_hex(16))
            for number, (identity, _, item) in wordings
        ],
    )
    connection.executemany(
        "INSERT INTO search (rowid, text) VALUES (?, ?)",
        [(number, indexed(item.content, item.code)) for number, item in revisions],
    )
    backgrounds = {item.content.case: item.background for _, item in revisions if item.background is not None}
    connection.executemany(
        "INSERT OR IGNORE INTO backgrounds VALUES (?, ?)",
        [(sha256, canonical(background.to_json())) for sha256, background in backgrounds.items()],
    )
    connection.executemany(
        "INSERT INTO calibrations VALUES (?, ?, 0, ?)",
        [(number, item.calibrated_p4, at) for number, item in revisions if item.calibrated_p4 is not None],
    )


def _values(identity: str, content: bytes, item: Item, by: str, at: str) -> tuple[Any, ...]:
    """Values of `_COLUMNS`."""
    wrong = flaw(item)
    if wrong is not None:
        raise BadFile("item-flawed", flaw=wrong, item=item.code or identity[:8])
    kind, level, said = item.content.type.value, item.level.value, canonical(review.about(item))
    return identity, content, kind, item.chapter, level, item.p4, item.code, said, by, at, item.subject


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
