"""The bank: approved items at rest, encrypted, with the answer keys in a table of their own.

A bank is a folder of two files: `bank.db`, a Vault under a random 256-bit key, and `bank.key`, that key sealed to the
keyholder's passphrase. Changing the passphrase rewrites the small file; the items never move.

An item's identity is what the candidate sees (`Content.item_id`), so the same question imported twice is there once.
What reveals the answer, the answer key and the explanation, is reached only through `answer_keys` and `whole`; a
caller that merely lists or issues content never has it in memory.

Before: `bank.formats` makes Items. After: `bank.blueprint` counts them, `examd.package.issue` takes a session pool.
"""

import contextlib
import json
import os
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from bank.canonical import canonical
from bank.content import Content, ItemType, Level
from bank.item import AnswerKey, Item
from bank.refused import BadFile, BrokenStore, Denied
from bank.seal import passphrase as sealing
from bank.vault import KEY_BYTES, Vault

DATABASE, KEY_FILE = "bank.db", "bank.key"
APPLICATION, PURPOSE = "bank", "bank-key"
VERSION = 1

SCHEMA = """
CREATE TABLE items (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    rev INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state = 'draft' OR state = 'approved' OR state = 'withdrawn')
) STRICT;
CREATE TABLE content (item INTEGER PRIMARY KEY REFERENCES items (number), record BLOB NOT NULL) STRICT;
CREATE TABLE revisions (
    item INTEGER NOT NULL REFERENCES items (number),
    rev INTEGER NOT NULL,
    type TEXT NOT NULL,
    chapter TEXT NOT NULL,
    level TEXT NOT NULL,
    p4 INTEGER CHECK (p4 BETWEEN 1 AND 10000),
    basis TEXT NOT NULL,
    enemies TEXT NOT NULL,
    locked TEXT NOT NULL,
    tags TEXT NOT NULL,
    code TEXT NOT NULL,
    source TEXT NOT NULL,
    PRIMARY KEY (item, rev)
) STRICT, WITHOUT ROWID;
CREATE TABLE answer_keys (
    item INTEGER NOT NULL,
    rev INTEGER NOT NULL,
    correct TEXT NOT NULL,
    explanation TEXT NOT NULL,
    PRIMARY KEY (item, rev),
    FOREIGN KEY (item, rev) REFERENCES revisions (item, rev)
) STRICT, WITHOUT ROWID;
CREATE TABLE media (sha256 TEXT PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
CREATE TABLE exposure (
    item INTEGER NOT NULL REFERENCES items (number),
    session TEXT NOT NULL,
    site TEXT NOT NULL,
    candidates INTEGER NOT NULL CHECK (candidates >= 0),
    PRIMARY KEY (item, session, site)
) STRICT, WITHOUT ROWID;
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID
"""
# Rows are keyed by a running number, not by the item's id: ids are digests, and inserting in random order rewrote
# every page many times. No IN with three or more values: SQLite builds a table for it at every row. Content stands
# outside revisions, since a question whose content changes is another item; a revision corrects its answer key or
# what is said about it.

_ROW = (
    "SELECT i.id, i.rev, i.state, c.record, r.chapter, r.level, r.p4, r.basis, r.enemies, r.locked, r.tags, r.code,"
    " r.source FROM items i JOIN revisions r ON r.item = i.number AND r.rev = i.rev"
    " JOIN content c ON c.item = i.number"
)


class State(StrEnum):
    DRAFT = "draft"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class BankItem:
    """An item as the bank lists it: content and provenance, nothing that reveals the answer."""

    id: str
    rev: int
    state: State
    content: Content
    chapter: str
    level: Level
    p4: int | None
    basis: str
    enemies: tuple[str, ...]
    locked: tuple[int, ...]
    tags: tuple[str, ...]
    code: str
    source: str


@dataclass(frozen=True, slots=True)
class AddReport:
    """Ids in the order given. An item that was given twice is in `added` once and in `already` once."""

    added: tuple[str, ...]
    already: tuple[str, ...]
    contradicting: tuple[str, ...]
    """Already there, but with another answer key: one of the two is wrong, and a person must say which."""


@dataclass(frozen=True, slots=True)
class Exposure:
    sessions: int
    candidates: int


class Bank:
    """An open bank. One process at a time holds it; close it, or use it in a `with`."""

    def __init__(self, directory: Path, vault: Vault) -> None:
        self.directory = directory
        self.vault = vault

    @classmethod
    def create(cls, directory: Path, passphrase: str) -> "Bank":
        """An empty bank in a new or empty place; the folder is made where it is missing."""
        sealing.check_passphrase(passphrase)
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except FileExistsError:
            raise BadFile("bank-not-a-folder", file=directory.name) from None
        except OSError as error:
            raise BrokenStore("store-io", file=directory.name, error=error.strerror) from None
        database, key_file = directory / DATABASE, directory / KEY_FILE
        if database.exists() or key_file.exists():
            raise Denied("bank-exists", file=directory.name)
        key = secrets.token_bytes(KEY_BYTES)
        # The key first, on the disk: a vault whose key was lost in a power cut could never be opened.
        _write_new(key_file, sealing.seal(key, passphrase, PURPOSE))
        try:
            vault = Vault.create(database, key, application=APPLICATION, version=VERSION, schema=SCHEMA)
        except BaseException:
            key_file.unlink(missing_ok=True)
            raise
        return cls(directory, vault)

    @classmethod
    def open(cls, directory: Path, passphrase: str) -> "Bank":
        try:
            with (directory / KEY_FILE).open("rb") as stream:
                sealed = stream.read(sealing.LARGEST_FILE + 1)
        except (FileNotFoundError, NotADirectoryError):
            raise BadFile("bank-missing", file=directory.name) from None
        except OSError as error:
            raise BrokenStore("store-io", file=KEY_FILE, error=error.strerror) from None
        key = sealing.unseal(sealed, passphrase, PURPOSE, file=KEY_FILE)
        return cls(directory, Vault.open(directory / DATABASE, key, application=APPLICATION, version=VERSION))

    def close(self) -> None:
        self.vault.close()

    def __enter__(self) -> "Bank":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def weigh(self, items: Iterable[Item]) -> AddReport:
        """What `add` would do, without doing it."""
        return self._weigh([(item.id, item) for item in items])[0]

    def add(
        self,
        items: Iterable[Item],
        media: Mapping[str, bytes] | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> AddReport:
        """All of `items` or, where anything fails, none. Pictures that no item of the call shows are left out."""
        named = [(item.id, item) for item in items]
        report, fresh = self._weigh(named)
        shown: set[str] = set()
        with self.vault.transaction() as connection:
            for done, (identity, item) in enumerate(fresh):
                number = connection.execute(
                    "INSERT INTO items (id, rev, state) VALUES (?, 1, ?)", (identity, State.APPROVED.value)
                ).lastrowid
                connection.execute("INSERT INTO content VALUES (?, ?)", (number, canonical(item.content.record())))
                connection.execute(
                    "INSERT INTO revisions VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        number, item.content.type.value, item.chapter, item.level.value, item.p4, item.basis,
                        _list(item.enemies), _list(item.locked), _list(item.tags), item.code, item.source,
                    ),
                )  # fmt: skip
                connection.execute(
                    "INSERT INTO answer_keys VALUES (?, 1, ?, ?)",
                    (number, _list(item.answer_key.correct), item.explanation),
                )
                shown.update(item.content.media, *(option.media for option in item.content.options))
                if progress is not None and done % 500 == 0:
                    progress(done, len(fresh))
            for sha256 in sorted(shown & (media or {}).keys()):
                connection.execute("INSERT OR IGNORE INTO media VALUES (?, ?)", (sha256, (media or {})[sha256]))
        return report

    def _weigh(self, named: list[tuple[str, Item]]) -> tuple[AddReport, list[tuple[str, Item]]]:
        known = self.answer_keys({identity for identity, _ in named})
        fresh, already, contradicting = [], [], []
        for identity, item in named:
            before = known.get(identity)
            if before is None:
                known[identity] = item.answer_key
                fresh.append((identity, item))
            else:
                already.append(identity)
                if before != item.answer_key:
                    contradicting.append(identity)
        return AddReport(tuple(identity for identity, _ in fresh), tuple(already), tuple(contradicting)), fresh

    def items(
        self,
        *,
        type: ItemType | None = None,  # noqa: A002 - the word of the glossary
        chapter: str | None = None,
        level: Level | None = None,
        state: State | None = State.APPROVED,
        search: str = "",
    ) -> Iterator[BankItem]:
        """In the order they were added. A chapter holds its sub-chapters; `search` looks in stem, options and code."""
        wanted: list[str] = []
        values: list[str | int] = []
        for column, value in (("r.type", type), ("r.level", level), ("i.state", state)):
            if value is not None:
                wanted.append(f"{column} = ?")
                values.append(value.value)
        if chapter is not None:
            wanted.append("(r.chapter = ? OR substr(r.chapter, 1, ?) = ?)")
            values += [chapter, len(chapter) + 1, chapter + "."]
        where = " WHERE " + " AND ".join(wanted) if wanted else ""
        with self.vault.reading() as connection:
            for row in connection.execute(f"{_ROW}{where} ORDER BY i.number", values):
                item = _bank_item(row)
                if not search or _mentions(item, search):
                    yield item

    def answer_keys(self, ids: Collection[str]) -> dict[str, AnswerKey]:
        """For those of `ids` that the bank holds."""
        return {identity: AnswerKey(tuple(json.loads(row[0]))) for identity, row in self._keys("correct", ids)}

    def whole(self, bank_items: Iterable[BankItem]) -> Iterator[Item]:
        """Listed items with answer key and explanation again: for export and for sealing a package."""
        listed = list(bank_items)
        kept = dict(self._keys("correct, explanation", {item.id for item in listed}))
        for item in listed:
            correct, explanation = kept[item.id]
            yield Item(
                content=item.content,
                answer_key=AnswerKey(tuple(json.loads(correct))),
                chapter=item.chapter,
                level=item.level,
                p4=item.p4,
                explanation=explanation,
                basis=item.basis,
                enemies=item.enemies,
                locked=item.locked,
                tags=item.tags,
                code=item.code,
                source=item.source,
            )

    def _keys(self, columns: str, ids: Collection[str]) -> Iterator[tuple[str, tuple[Any, ...]]]:
        query = f"SELECT i.id, {columns} FROM items i JOIN answer_keys k ON k.item = i.number AND k.rev = i.rev"  # noqa: S608
        with self.vault.reading() as connection:
            for identity in ids:
                row = connection.execute(query + " WHERE i.id = ?", (identity,)).fetchone()
                if row is not None:
                    yield row[0], row[1:]

    def media(self, sha256: str) -> bytes | None:
        """The picture, or None where an import named one that it did not bring."""
        with self.vault.reading() as connection:
            row = connection.execute("SELECT bytes FROM media WHERE sha256 = ?", (sha256,)).fetchone()
        return None if row is None else bytes(row[0])

    def pictures(self) -> frozenset[str]:
        """Digests of all pictures held."""
        with self.vault.reading() as connection:
            return frozenset(row[0] for row in connection.execute("SELECT sha256 FROM media"))

    def counts(self) -> dict[tuple[ItemType, str, Level], int]:
        """Approved items by type × chapter × level."""
        query = (
            "SELECT r.type, r.chapter, r.level, count(*) FROM items i JOIN revisions r ON r.item = i.number"
            " AND r.rev = i.rev WHERE i.state = 'approved' GROUP BY 1, 2, 3 ORDER BY 2, 1, 3"
        )
        with self.vault.reading() as connection:
            return {
                (ItemType(kind), chapter, Level(level)): number
                for kind, chapter, level, number in connection.execute(query)
            }

    def expose(self, session: str, site: str, candidates: Mapping[str, int]) -> None:
        """Notes that each item of a session went to so many candidates. Saying it again corrects, never doubles."""
        with self.vault.transaction() as connection:
            connection.executemany(
                "INSERT INTO exposure VALUES ((SELECT number FROM items WHERE id = ?), ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET candidates = excluded.candidates",
                [(item, session, site, number) for item, number in candidates.items()],
            )

    def exposure(self) -> dict[str, Exposure]:
        """For every item that ever left the bank."""
        query = "SELECT i.id, count(DISTINCT e.session), sum(e.candidates) FROM exposure e"
        query += " JOIN items i ON i.number = e.item GROUP BY e.item"
        with self.vault.reading() as connection:
            return {item: Exposure(sessions, candidates) for item, sessions, candidates in connection.execute(query)}


def _bank_item(row: tuple[Any, ...]) -> BankItem:
    return BankItem(
        id=row[0],
        rev=row[1],
        state=State(row[2]),
        content=Content.from_record(json.loads(row[3])),
        chapter=row[4],
        level=Level(row[5]),
        p4=row[6],
        basis=row[7],
        enemies=tuple(json.loads(row[8])),
        locked=tuple(json.loads(row[9])),
        tags=tuple(json.loads(row[10])),
        code=row[11],
        source=row[12],
    )


def _mentions(item: BankItem, words: str) -> bool:
    folded = words.casefold()
    texts = (item.content.stem, item.code, *(option.text for option in item.content.options))
    return any(folded in text.casefold() for text in texts)


def _list(values: tuple[Any, ...]) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def _write_new(path: Path, data: bytes) -> None:
    """On the disk, readable by its owner alone, when this returns."""
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
        except BaseException:
            with contextlib.suppress(OSError):
                path.unlink()
            raise
    except OSError as error:
        raise BrokenStore("store-io", file=path.name, error=error.strerror) from None
