"""The bank's tables, and how a bank of version 1 becomes one of version 2.

Before: `bank.vault` opens the file. After: `bank.store` is the only reader and writer of these tables.
"""

import hashlib
import json
import secrets
import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING

from bank.canonical import canonical
from bank.content import Content, Level
from bank.item import AnswerKey, Item
from bank.review import Act, State, about
from bank.vault import statements

if TYPE_CHECKING:
    import sqlite3

VERSION = 2

SCHEMA = """
CREATE TABLE items (
    number INTEGER PRIMARY KEY,
    lineage TEXT NOT NULL UNIQUE,
    newest INTEGER NOT NULL
) STRICT;
CREATE TABLE revisions (
    number INTEGER PRIMARY KEY,
    item INTEGER NOT NULL REFERENCES items (number),
    rev INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state = 'draft' OR state = 'in-review' OR state = 'approved' OR state = 'retired'),
    id TEXT NOT NULL,
    content BLOB NOT NULL,
    type TEXT NOT NULL,
    chapter TEXT NOT NULL,
    level TEXT NOT NULL,
    p4 INTEGER CHECK (p4 BETWEEN 1 AND 10000),
    code TEXT NOT NULL,
    about BLOB NOT NULL,
    written_by TEXT NOT NULL,
    written_at TEXT NOT NULL,
    UNIQUE (item, rev)
) STRICT;
CREATE INDEX revisions_by_id ON revisions (id);
CREATE UNIQUE INDEX one_in_force ON revisions (item) WHERE state = 'approved';
CREATE TABLE answer_keys (
    revision INTEGER PRIMARY KEY REFERENCES revisions (number),
    record TEXT NOT NULL,
    explanation TEXT NOT NULL,
    salt TEXT NOT NULL
) STRICT;
CREATE TABLE backgrounds (sha256 TEXT PRIMARY KEY, record BLOB NOT NULL) STRICT;
CREATE TABLE calibrations (
    revision INTEGER PRIMARY KEY REFERENCES revisions (number),
    p4 INTEGER NOT NULL CHECK (p4 BETWEEN 1 AND 10000),
    responses INTEGER NOT NULL,
    at TEXT NOT NULL
) STRICT;
CREATE TABLE provisions (text TEXT PRIMARY KEY, repealed_on TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE people (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    sign TEXT NOT NULL UNIQUE,
    until TEXT NOT NULL,
    statement BLOB NOT NULL
) STRICT;
CREATE TABLE acts (
    number INTEGER PRIMARY KEY,
    revision INTEGER REFERENCES revisions (number),
    act TEXT NOT NULL,
    who TEXT NOT NULL,
    at TEXT NOT NULL,
    remarks TEXT NOT NULL,
    statement BLOB NOT NULL,
    head TEXT NOT NULL
) STRICT;
CREATE INDEX acts_by_revision ON acts (revision);
CREATE TABLE media (sha256 TEXT PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
CREATE TABLE exposure (
    item INTEGER NOT NULL REFERENCES items (number),
    session TEXT NOT NULL,
    site TEXT NOT NULL,
    candidates INTEGER NOT NULL CHECK (candidates >= 0),
    day TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (item, session, site)
) STRICT, WITHOUT ROWID;
CREATE TABLE marks (
    item INTEGER NOT NULL REFERENCES items (number),
    package TEXT NOT NULL,
    session TEXT NOT NULL,
    site TEXT NOT NULL,
    until TEXT NOT NULL,
    PRIMARY KEY (item, package)
) STRICT, WITHOUT ROWID;
CREATE TABLE slices (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    statement BLOB NOT NULL,
    acceptance BLOB NOT NULL,
    items INTEGER NOT NULL,
    withdrawal BLOB NOT NULL
) STRICT;
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE VIRTUAL TABLE search USING fts5(
    text, content = '', contentless_delete = 1, detail = 'none', tokenize = 'trigram case_sensitive 1'
);
CREATE VIRTUAL TABLE trigrams USING fts5vocab('search', 'instance');
INSERT INTO search (search, rank) VALUES ('hashsize', 67108864)
"""
SAMPLE = "; INSERT INTO meta VALUES ('sample', '1')"
"""Added to the schema of a bank of samples. Nothing writes this mark afterwards."""
PRACTICE = "; INSERT INTO meta VALUES ('practice', '1')"
"""The same for a bank that candidates practise from."""

# Few columns and few rows: with memory wiped after use, each value costs more to bind than to write (20,000 items: 1 s
# without wiping, several with it). So all that is said about an item is one canonical JSON value (`bank.review.about`),
# the columns beside it being what is searched by; and who first wrote a revision stands in its row.
# Rows are keyed by running numbers, not by digests: inserting in random order rewrote every page many times. No IN with
# three or more values: SQLite builds a table for it at every row. The index of trigrams holds no text and is filled
# from memory in one piece (20,000 items: 1.6 s; 2.1 s and three times the size with positions).

_TERMINATOR = "\n\n"  # so that every two characters of the text begin a trigram


def searched(content: Content, code: str) -> str:
    """The text that searching looks at, in the one spelling in which it compares."""
    return folded("\n".join((content.stem, *(option.text for option in content.options), code)))


def indexed(content: Content, code: str) -> str:
    return searched(content, code) + _TERMINATOR


def folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


_STATES = {"draft": State.DRAFT, "approved": State.DRAFT, "withdrawn": State.RETIRED}


def migrate(connection: "sqlite3.Connection", found: int) -> None:
    """Version 1 -> 2, inside the caller's transaction.

    What stood as approved there was approved by whoever imported it, so it comes over as draft: two people must look
    at it before it goes into a session.
    """
    assert found == 1
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
        content = Content.from_record(json.loads(contents[item]))
        whole = Item(
            content, AnswerKey(tuple(json.loads(correct))), chapter, Level(level), p4, told, basis,
            tuple(json.loads(enemies)), tuple(json.loads(locked)), tuple(json.loads(tags)), code, source,
        )  # fmt: skip
        said = canonical(about(whole))
        number = connection.execute(
            "INSERT INTO revisions VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', '')",
            (item, rev, state.value, identity, contents[item], kind, chapter, level, p4, code, said),
        ).lastrowid
        record = canonical(whole.answer_key.record()).decode()
        connection.execute("INSERT INTO answer_keys VALUES (?, ?, ?, ?)", (number, record, told, secrets.token_hex(16)))
        connection.execute("INSERT INTO search (rowid, text) VALUES (?, ?)", (number, indexed(content, code)))
        acts.append((number, Act.CARRY.value, "", "", "", b""))
        if state is State.RETIRED:
            ended = Act.RETIRE if rev == newest else Act.SUPERSEDE
            acts.append((number, ended.value, "", "", "", b""))
    chain(connection, acts)
    connection.executemany("INSERT INTO exposure (item, session, site, candidates) VALUES (?, ?, ?, ?)", exposure)
    connection.execute("INSERT INTO meta VALUES ('carried-over', ?)", (str(len(items)),))


Noted = tuple[int | None, str, str, str, str, bytes]
"""An act as it is noted: revision, act, who, at, remarks, statement."""


def chain(connection: "sqlite3.Connection", acts: Iterable[Noted]) -> None:
    """Appends acts, each bound to all before it by its head."""
    row = connection.execute("SELECT number, head FROM acts ORDER BY number DESC LIMIT 1").fetchone()
    number, head = row or (0, "")
    rows = []
    for act in acts:
        number += 1
        head = next_head(head, number, *act)
        rows.append((number, *act, head))
    connection.executemany("INSERT INTO acts VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)


def next_head(
    before: str, number: int, revision: int | None, act: str, who: str, at: str, remarks: str, statement: bytes
) -> str:
    parts = [before, number, revision, act, who, at, remarks, hashlib.sha256(statement).hexdigest()]
    return hashlib.sha256(b"examd/acts/1\x00" + json.dumps(parts, ensure_ascii=False).encode()).hexdigest()
