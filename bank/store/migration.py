"""How a bank of an older version becomes one of this."""

import json
import secrets

from bank.authoring.review import Act, State, about
from bank.canonical import canonical
from bank.content import Content, Level
from bank.item import AnswerKey, Item
from bank.store.acts import Noted, chain
from bank.store.search_text import indexed
from bank.store.tables import SCHEMA
from bank.vault import Connection, statements

_STATES = {"draft": State.DRAFT, "approved": State.DRAFT, "withdrawn": State.RETIRED}


def migrate(connection: Connection, found: int) -> None:
    """Version 1 or 2 -> 3, inside the caller's transaction.

    Version 2 knew no subjects: its items have none, as its signatures say, until somebody states them.
    """
    if found == 1:
        _with_reviews(connection)
    else:
        connection.execute("ALTER TABLE revisions ADD COLUMN subject TEXT NOT NULL DEFAULT ''")


def _with_reviews(connection: Connection) -> None:
    """What stood as approved in version 1 was approved by whoever imported it, so it comes over as draft: two people
    must look at it before it goes into a session."""
    items = connection.execute("SELECT number, id, rev, state FROM items ORDER BY number").fetchall()
    contents = dict(connection.execute("SELECT item, record FROM content"))
    revisions = connection.execute(
        "SELECT r.item, r.rev, r.type, r.chapter, r.level, r.p4, r.basis, r.enemies, r.locked, r.tags, r.code,"
        " r.source, k.correct, k.explanation FROM revisions r JOIN answer_keys k ON k.item = r.item AND k.rev = r.rev"
        " ORDER BY r.item, r.rev"
    ).fetchall()
    exposure = connection.execute("SELECT item, session, site, candidates FROM exposure").fetchall()
    for table in ("answer_keys", "revisions", "content", "exposure", "items"):
        connection.execute(f"DROP TABLE {table}")
    kept = ("CREATE TABLE media ", "CREATE TABLE meta ")
    for statement in statements(SCHEMA):
        if not statement.startswith(kept):
            connection.execute(statement)
    acts: list[Noted] = []
    known = {number: (identity, rev, state) for number, identity, rev, state in items}
    connection.executemany(
        "INSERT INTO items VALUES (?, ?, ?)", [(number, identity, rev) for number, identity, rev, _ in items]
    )
    for item, rev, kind, chapter, level, p4, basis, enemies, locked, tags, code, source, correct, told in revisions:
        identity, newest, old = known[item]
        state = _STATES[old] if rev == newest else State.RETIRED
        content = Content.from_json(json.loads(contents[item]))
        whole = Item(
            content, AnswerKey(tuple(json.loads(correct))), chapter, Level(level), p4, told, basis,
            tuple(json.loads(enemies)), tuple(json.loads(locked)), tuple(json.loads(tags)), code, source,
        )  # fmt: skip
        said = canonical(about(whole))
        number = connection.execute(
            "INSERT INTO revisions VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', '', '')",
            (item, rev, state.value, identity, contents[item], kind, chapter, level, p4, code, said),
        ).lastrowid
        record = canonical(whole.answer_key.to_json()).decode()
        connection.execute("INSERT INTO answer_keys VALUES (?, ?, ?, ?)", (number, record, told, secrets.token_hex(16)))
        connection.execute("INSERT INTO search (rowid, text) VALUES (?, ?)", (number, indexed(content, code)))
        acts.append((number, Act.CARRY.value, "", "", "", b""))
        if state is State.RETIRED:
            ended = Act.RETIRE if rev == newest else Act.SUPERSEDE
            acts.append((number, ended.value, "", "", "", b""))
    chain(connection, acts)
    connection.executemany("INSERT INTO exposure (item, session, site, candidates) VALUES (?, ?, ?, ?)", exposure)
    connection.execute("INSERT INTO meta VALUES ('carried-over', ?)", (str(len(items)),))
