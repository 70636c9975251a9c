"""The bank at rest, encrypted: items with all their revisions, the answer keys in a table of their own, every act kept.

A bank is a folder of two files: `bank.db`, a Vault under a random 256-bit key, and `bank.key`, that key sealed to the
keyholder's passphrase. Changing the passphrase rewrites the small file; the items never move.

What a candidate sees is a revision's identity (`Content.item_id`), so the same question imported twice is there once;
the item through all its revisions is a *lineage*, named by its first. Listed are by default the approved revisions: no
other may go into a session. What reveals the answer, the answer key and the explanation, is reached only through
`answer_keys` and `whole`, which give nothing of an approved revision that its two signatures do not cover.

Before: `bank.formats` makes Items. After: `bank.life` reviews them; `bank.blueprint` counts them, `examd.package.issue`
takes a session pool.
"""

import contextlib
import hashlib
import itertools
import json
import os
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bank import handin, people, review, schema, sharing
from bank.canonical import canonical
from bank.content import Background, Content, ItemType, Level
from bank.item import NOWHERE, AnswerKey, Basis, Item, Provenance, Translation, flaw
from bank.listing import ALL, OF, OF_TEXT, Wanted
from bank.people import Person
from bank.refused import BadFile, BrokenStore, Denied
from bank.review import Act, Event, State
from bank.schema import SCHEMA, VERSION
from bank.seal import passphrase as sealing
from bank.seal.locks import Identity
from bank.vault import KEY_BYTES, Vault

if TYPE_CHECKING:
    import sqlite3

DATABASE, KEY_FILE = "bank.db", "bank.key"
APPLICATION, PURPOSE = "bank", "bank-key"
_ROW = (
    "SELECT r.id, r.rev, r.state, r.content, r.chapter, r.level, r.p4, r.code, r.about, i.lineage, c.p4, r.number"
    " FROM revisions r CROSS JOIN items i ON i.number = r.item LEFT JOIN calibrations c ON c.revision = r.number"
)
_LINEAGE = "r.item = (SELECT number FROM items WHERE lineage = ?)"
_COLUMNS = ("id", "content", "type", "chapter", "level", "p4", "code", "about", "written_by", "written_at")
"""Of `revisions`, what a draft may change."""
_BATCH = 500
_DRAFTS_KEY, _TAKE = "drafts-key", "take"
_COMMON = 5_000
"""Places in the index: reading so many takes some 10 ms."""

_Encoded = tuple[str, bytes, Item]
"""An item behind its id and the bytes of its content: made once, since it is the dearest part of an import."""


@dataclass(frozen=True, slots=True)
class BankItem:
    """One revision of an item as the bank lists it: content and provenance, nothing that reveals the answer."""

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
    calibrated_p4: int | None = None
    bases: tuple[Basis, ...] = ()
    background: Background | None = None
    place: int = 0
    translations: tuple[Translation, ...] = ()
    provenance: Provenance = NOWHERE
    lineage: str = ""
    """Identity of the item's first revision: its name through all revisions."""
    number: int = 0
    """The revision's place in the bank; for the bank's own use."""

    @property
    def expected_p4(self) -> int | None:
        """What is measured outweighs what was judged."""
        return self.p4 if self.calibrated_p4 is None else self.calibrated_p4

    def with_key(self, answer_key: AnswerKey, explanation: str) -> Item:
        return Item(
            content=self.content,
            answer_key=answer_key,
            chapter=self.chapter,
            level=self.level,
            p4=self.p4,
            explanation=explanation,
            basis=self.basis,
            enemies=self.enemies,
            locked=self.locked,
            tags=self.tags,
            code=self.code,
            source=self.source,
            calibrated_p4=self.calibrated_p4,
            bases=self.bases,
            background=self.background,
            place=self.place,
            translations=self.translations,
            provenance=self.provenance,
        )


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


@dataclass(frozen=True, slots=True)
class Mark:
    """An item that one package has and others have not (`bank.marks`)."""

    item: str
    package: str
    session: str
    site: str
    until: str
    """The day (ISO) from which it may travel again."""


@dataclass(frozen=True, slots=True)
class Finding:
    item: str
    """Lineage, shortened; "" where it is about the bank as a whole, `rev` then being the number of an act."""
    rev: int
    code: str


class Bank:
    """An open bank. One process at a time holds it; close it, or use it in a `with`."""

    def __init__(self, directory: Path, vault: Vault) -> None:
        self.directory = directory
        self.vault = vault
        self._people: dict[str, Person] | None = None
        self._backgrounds: dict[str, Background] = {}
        self._slices: dict[str, sharing.Terms] = {}

    @classmethod
    def create(cls, directory: Path, passphrase: str, *, sample: bool = False, practice: bool = False) -> "Bank":
        """An empty bank in a new or empty place; the folder is made where it is missing.

        A bank of samples takes items without review and serves no session but drills; it stays one for ever.
        So does a bank that candidates practise from (应知应会): no confidential item enters it (`bank.sharing`).
        """
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
            vault = Vault.create(
                database,
                key,
                application=APPLICATION,
                version=VERSION,
                schema=SCHEMA + (schema.SAMPLE if sample else "") + (schema.PRACTICE if practice else ""),
                wipe_memory=False,
            )
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
        # One command, one process: its pages die with it. Wiping each of them made an import of 20,000 rows 8 s of 4.
        return cls.open_with_key(directory, key, wipe_memory=False)

    @classmethod
    def open_with_key(cls, directory: Path, key: bytes, *, wipe_memory: bool = True) -> "Bank":
        """For `bank.custody`, which rebuilds the key from its holders' shares. Brings an older bank to this version."""
        path = directory / DATABASE
        vault = Vault.open(
            path, key, application=APPLICATION, version=VERSION, migrate=schema.migrate, wipe_memory=wipe_memory
        )
        return cls(directory, vault)

    def close(self) -> None:
        self.vault.close()

    def __enter__(self) -> "Bank":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

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

    def _meta(self, name: str) -> str:
        row = self._one("SELECT value FROM meta WHERE name = ?", (name,))
        return "" if row is None else str(row[0])

    def _one(self, query: str, values: tuple[Any, ...] = ()) -> tuple[Any, ...] | None:
        with self.vault.reading() as connection:
            row: tuple[Any, ...] | None = connection.execute(query, values).fetchone()
        return row

    # ---- in -------------------------------------------------------------------------------------------------------

    def weigh(self, items: Iterable[Item]) -> AddReport:
        """What `add` would do, without doing it."""
        return self._weigh([(*_encoded(item), item) for item in items])[0]

    def add(
        self,
        items: Iterable[Item],
        media: Mapping[str, bytes] | None = None,
        progress: Callable[[int, int], None] | None = None,
        *,
        by: str = "",
        approve_as_sample: bool = False,
    ) -> AddReport:
        """Drafts of all of `items` or, where anything fails, none. Pictures that no item of the call shows stay out.

        `by` is the id of the person who wrote them, where that is one of the bank's people. `approve_as_sample`
        approves them at once, with nobody's signature, and only in a bank of samples.
        """
        if approve_as_sample and not self.sample:
            raise Denied("bank-not-sample", file=self.directory.name)
        return self._add(items, media or {}, progress, by, approve_as_sample, ())

    def _add(
        self,
        items: Iterable[Item],
        media: Mapping[str, bytes],
        progress: Callable[[int, int], None] | None,
        by: str,
        approve_as_sample: bool,
        also: "Iterable[schema.Noted]",
    ) -> AddReport:
        report, fresh = self._weigh([(*_encoded(item), item) for item in items])
        at = now()
        state = State.APPROVED if approve_as_sample else State.DRAFT
        act = Act.SAMPLE if approve_as_sample else Act.WRITE
        with self.vault.transaction() as connection:
            lineage, number = (
                connection.execute(f"SELECT coalesce(max(number), 0) + 1 FROM {table}").fetchone()[0]  # noqa: S608
                for table in ("items", "revisions")
            )
            for done in range(0, len(fresh), _BATCH):
                batch = list(enumerate(fresh[done : done + _BATCH], done))
                connection.executemany(
                    "INSERT INTO items VALUES (?, ?, 1)", [(lineage + n, identity) for n, (identity, _, _) in batch]
                )
                connection.executemany(
                    f"INSERT INTO revisions VALUES ({', '.join('?' * (4 + len(_COLUMNS)))})",  # noqa: S608
                    [(number + n, lineage + n, 1, state.value, *_row(*each, by, at)) for n, each in batch],
                )
                self._insert_parts(connection, [(number + n, item) for n, (_, _, item) in batch], at)
                if progress is not None:
                    progress(done, len(fresh))
            self._insert_media(connection, [item for _, _, item in fresh], media)
            if fresh:  # one act for all: each revision's row says by whom and when
                told = f"{number}-{number + len(fresh) - 1}"
                schema.chain(connection, [(None, act.value, by, at, told, b"")])
            schema.chain(connection, also)
        return report

    # ---- drafts from elsewhere --------------------------------------------------------------------------------------

    def card(self, name: str) -> handin.Card:
        """What authors elsewhere seal drafts to; the key pair is made the first time, its private half stays here."""
        with self.vault.transaction() as connection:
            row = connection.execute("SELECT value FROM meta WHERE name = ?", (_DRAFTS_KEY,)).fetchone()
            identity = Identity.generate() if row is None else Identity.from_text(row[0])
            if row is None:
                connection.execute("INSERT INTO meta VALUES (?, ?)", (_DRAFTS_KEY, identity.text))
                schema.chain(connection, [(None, "card", "", now(), identity.recipient, b"")])
        return handin.Card(self.vault.name, name, identity.recipient)

    def weigh_drafts(self, sealed: bytes, file: str) -> handin.Taken:
        """What `take_drafts` would do, without doing it."""
        opened, drafts = self._drafts(sealed, file)
        return self._told(opened, drafts, self.weigh(drafts.items), self._held())

    def take_drafts(
        self, sealed: bytes, file: str, progress: Callable[[int, int], None] | None = None
    ) -> handin.Taken:
        """Drafts of all items in a file that an author made elsewhere (`bank.handin`), the author as their writer."""
        opened, drafts = self._drafts(sealed, file)
        held = self._held()
        act = (None, _TAKE, opened.author, now(), opened.sha256, opened.statement)
        report = self._add(drafts.items, drafts.media, progress, opened.author, False, [act])
        return self._told(opened, drafts, report, held)

    def _drafts(self, sealed: bytes, file: str) -> tuple[handin.Opened, handin.Drafts]:
        key = self._meta(_DRAFTS_KEY)
        if not key:
            raise Denied("drafts-no-card", file=file)
        opened = handin.opened(sealed, Identity.from_text(key), self.vault.name, self.people(), file=file)
        taken = self._one("SELECT at FROM acts WHERE act = ? AND remarks = ?", (_TAKE, opened.sha256))
        if taken is not None:
            raise Denied("drafts-taken", file=file, at=taken[0])
        return opened, handin.drafts_in(opened, name=file)

    def _held(self) -> list[tuple[str, str, Content]]:
        return [(item.id, item.code or item.id[:8], item.content) for item in self.items(state=None)]

    def _told(
        self, opened: handin.Opened, drafts: handin.Drafts, report: AddReport, held: list[tuple[str, str, Content]]
    ) -> handin.Taken:
        author = self.people()[opened.author]
        return handin.told(opened, author, drafts, report.added, report.already, report.contradicting, held)

    def revise(self, lineage: str, item: Item, media: Mapping[str, bytes] | None = None, *, by: str = "") -> BankItem:
        """The item in other words: a new draft, or the draft that there is, written anew if nobody has signed it."""
        newest = self.newest(lineage)
        other = self._one(
            "SELECT i.lineage FROM revisions r JOIN items i ON i.number = r.item WHERE r.id = ? AND i.lineage <> ?",
            (item.id, newest.lineage),
        )
        if other is not None:
            raise Denied("item-already-there", item=other[0][:8])
        if newest.state is State.IN_REVIEW:
            raise Denied("act-not-possible", act=Act.WRITE.value, state=newest.state.value)
        events = self.events(newest.number)
        review.require_own(events)
        if self.practice:
            sharing.require_open([item])
        if newest.state is State.DRAFT:  # nobody has approved what is in it: all who had a hand in it still have
            by = ",".join(sorted(review.hands(events) | {by} - {""}))
        at = now()
        with self.vault.transaction() as connection:
            if newest.state is State.DRAFT and not any(event.statement for event in events):
                number: int | None = newest.number
                for table, column in (("answer_keys", "revision"), ("calibrations", "revision"), ("search", "rowid")):
                    connection.execute(f"DELETE FROM {table} WHERE {column} = ?", (number,))  # noqa: S608
                connection.execute(
                    f"UPDATE revisions SET {', '.join(f'{name} = ?' for name in _COLUMNS)} WHERE number = ?",  # noqa: S608
                    (*_row(*_encoded(item), item, by, at), number),
                )
            else:
                rev = newest.rev + 1
                row = connection.execute("SELECT number FROM items WHERE lineage = ?", (newest.lineage,)).fetchone()
                number = connection.execute(
                    f"INSERT INTO revisions VALUES (NULL, {', '.join('?' * (3 + len(_COLUMNS)))})",  # noqa: S608
                    (row[0], rev, State.DRAFT.value, *_row(*_encoded(item), item, by, at)),
                ).lastrowid
                connection.execute("UPDATE items SET newest = ? WHERE number = ?", (rev, row[0]))
                if newest.state is State.DRAFT:
                    self._note(connection, newest.number, Event(Act.SUPERSEDE, by, at), State.RETIRED)
            self._insert_parts(connection, [(number, item)], at)
            schema.chain(connection, [(None, Act.WRITE.value, by, at, str(number), b"")])
            self._insert_media(connection, [item], media or {})
        return self.newest(newest.lineage)

    def _insert_parts(
        self, connection: "sqlite3.Connection", revisions: Sequence[tuple[int | None, Item]], at: str
    ) -> None:
        """What stands in tables of its own, table after table: each is then written in one place."""
        connection.executemany(
            "INSERT INTO answer_keys VALUES (?, ?, ?, ?)",
            [
                (number, _json(item.answer_key.record()), item.explanation, secrets.token_hex(16))
                for number, item in revisions
            ],
        )
        connection.executemany(
            "INSERT INTO search (rowid, text) VALUES (?, ?)",
            [(number, schema.indexed(item.content, item.code)) for number, item in revisions],
        )
        backgrounds = {item.content.case: item.background for _, item in revisions if item.background is not None}
        connection.executemany(
            "INSERT OR IGNORE INTO backgrounds VALUES (?, ?)",
            [(sha256, canonical(background.record())) for sha256, background in backgrounds.items()],
        )
        connection.executemany(
            "INSERT INTO calibrations VALUES (?, ?, 0, ?)",
            [(number, item.calibrated_p4, at) for number, item in revisions if item.calibrated_p4 is not None],
        )

    def _insert_media(
        self, connection: "sqlite3.Connection", items: Iterable[Item], media: Mapping[str, bytes]
    ) -> None:
        if media:
            shown = {digest for item in items for digest in item.pictures()}
            for sha256 in sorted(shown & media.keys()):
                connection.execute("INSERT OR IGNORE INTO media VALUES (?, ?)", (sha256, media[sha256]))

    def _weigh(self, named: Sequence[_Encoded]) -> tuple[AddReport, list[_Encoded]]:
        if self.practice:
            sharing.require_open(item for _, _, item in named)
        with self.vault.reading() as connection:
            held = {row[0] for row in connection.execute("SELECT id FROM revisions")}
        known = {identity: kept[0] for identity, kept in self._keys({each[0] for each in named} & held)}
        fresh, already, contradicting = [], [], []
        for each in named:
            identity, _, item = each
            before = known.get(identity)
            if before is None:
                known[identity] = item.answer_key
                fresh.append(each)
            else:
                already.append(identity)
                if before != item.answer_key:
                    contradicting.append(identity)
        return AddReport(tuple(each[0] for each in fresh), tuple(already), tuple(contradicting)), fresh

    def calibrate(self, measured: Mapping[str, tuple[int, int]]) -> None:
        """Item id -> (share of right answers ×10⁴, number of responses), for the revision of that very wording.

        Measured, hence not signed and no new revision.
        """
        at = now()
        with self.vault.transaction() as connection:
            for identity, (p4, responses) in measured.items():
                connection.execute(
                    "INSERT OR REPLACE INTO calibrations SELECT number, ?, ?, ? FROM revisions WHERE id = ?",
                    (p4, responses, at, identity),
                )

    # ---- out ------------------------------------------------------------------------------------------------------

    def items(
        self,
        *,
        type: ItemType | None = None,  # noqa: A002 - the word of the glossary
        chapter: str | None = None,
        level: Level | None = None,
        state: State | None = State.APPROVED,
        search: str = "",
        limit: int | None = None,
        verify: bool = False,
    ) -> Iterator[BankItem]:
        """Revisions in `state`, or the newest of each item where that is None, in the order they were added.

        A chapter holds its sub-chapters. `search` looks in stem, options and code, whatever width or case. `verify`
        gives no approved revision whose signatures do not hold (`BrokenStore`).
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
        for item in itertools.islice(self._listed(wanted, values, schema.folded(search)), limit):
            if verify and item.state is State.APPROVED:
                self._verified(item)
            yield item

    def _listed(self, wanted: list[str], values: list[str | int], search: str) -> Iterator[BankItem]:
        if not search:
            where = " WHERE " + " AND ".join(wanted) if wanted else ""
            with self.vault.reading() as connection:
                for row in connection.execute(f"{_ROW}{where} ORDER BY r.item, r.rev", values):
                    yield self._bank_item(row)
            return
        numbers = self._mentioning(search)
        if numbers is None:
            items = self._listed(wanted, values, "")
            yield from (item for item in items if search in schema.searched(item.content, item.code))
            return
        query = f"{_ROW} WHERE {' AND '.join([*wanted, 'r.number = ?'])}"
        for number in numbers:
            row = self._one(query, (*values, number))
            if row is None:
                continue
            item = self._bank_item(row)
            # The index says which trigrams a text has, not where; and a draft may have been written anew.
            if search in schema.searched(item.content, item.code):
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

    def numbers(self, wanted: Wanted) -> list[int]:
        """The revisions (`BankItem.number`) that are as `wanted`, in the order their items were added."""
        where, values = wanted.where()
        search = schema.folded(wanted.search.strip())
        with self.vault.reading() as connection:
            if not search:
                return [row[0] for row in connection.execute(f"{ALL} WHERE {where} ORDER BY i.number", values)]
            if len(search) < 3:
                span = (search, search + "\U0010ffff")
                found = connection.execute("SELECT doc FROM trigrams WHERE term >= ? AND term < ?", span)
                named = sorted({row[0] for row in found})
            else:
                named = self._mentioning(search) or []
            # Up to three characters are one trigram, and the index says which texts have it; of more it says which
            # trigrams a text has, not where.
            query = OF if len(search) <= 3 else OF_TEXT
            rows = connection.execute(f"{query} WHERE {where} ORDER BY i.number", (json.dumps(named), *values))
            return [number for number, *text in rows if not text or _holds(search, *text)]

    def numbered(self, numbers: Sequence[int]) -> list[BankItem]:
        return [self._numbered(number) for number in numbers]

    def chapters(self) -> dict[str, int]:
        """Chapter -> items whose newest revision stands in it."""
        query = (
            "SELECT r.chapter, count(*) FROM revisions r CROSS JOIN items i ON i.number = r.item"
            " WHERE r.rev = i.newest GROUP BY 1"
        )
        with self.vault.reading() as connection:
            return dict(connection.execute(query).fetchall())

    def newest(self, lineage: str) -> BankItem:
        """The newest revision of the item, by lineage."""
        row = self._one(f"{_ROW} WHERE {_LINEAGE} AND r.rev = i.newest", (lineage,))
        if row is None:
            raise Denied("item-unknown", item=lineage, found=0)
        return self._bank_item(row)

    def revisions(self, lineage: str) -> list[BankItem]:
        """All of them, oldest first."""
        with self.vault.reading() as connection:
            rows = connection.execute(f"{_ROW} WHERE {_LINEAGE} ORDER BY r.rev", (lineage,)).fetchall()
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

    def answer_keys(self, ids: Collection[str]) -> dict[str, AnswerKey]:
        """For those of `ids` that the bank holds; of an approved revision only as signed."""
        found = {}
        for identity, (answer_key, _explanation, number, state) in self._keys(ids):
            if state is State.APPROVED:
                self._verified(self._numbered(number))
            found[identity] = answer_key
        return found

    def whole(self, bank_items: Iterable[BankItem]) -> Iterator[Item]:
        """Listed items with answer key and explanation again: for export and for sealing a package."""
        for item in bank_items:
            answer_key, explanation, salt = self._kept(item)
            whole = item.with_key(answer_key, explanation)
            if item.state is State.APPROVED:
                self._verify(item, whole, salt)
            yield whole

    def seal(self, item: BankItem) -> review.Seal:
        """What signatures on this revision are put to."""
        answer_key, explanation, salt = self._kept(item)
        return review.seal(item.with_key(answer_key, explanation), salt)

    def _numbered(self, number: int) -> BankItem:
        row = self._one(f"{_ROW} WHERE r.number = ?", (number,))
        if row is None:
            raise BrokenStore("revision-missing", number=number)
        return self._bank_item(row)

    def _kept(self, item: BankItem) -> tuple[AnswerKey, str, str]:
        row = self._one("SELECT record, explanation, salt FROM answer_keys WHERE revision = ?", (item.number,))
        if row is None:
            raise BrokenStore("revision-without-key", item=item.lineage[:8], rev=item.rev)
        return AnswerKey.from_record(json.loads(row[0])), row[1], row[2]

    def _verified(self, item: BankItem) -> None:
        answer_key, explanation, salt = self._kept(item)
        self._verify(item, item.with_key(answer_key, explanation), salt)

    def _verify(self, item: BankItem, whole: Item, salt: str) -> None:
        if item.id != item.content.item_id():
            raise BrokenStore("revision-content-changed", item=item.lineage[:8], rev=item.rev)
        sealed = review.seal(whole, salt)
        events = self.events(item.number)
        if events[0].act is Act.ACCEPT:
            sharing.prove(whole, salt, self._terms(events[0].remarks.partition(" ")[2]))
            if review.state_after(events) is not item.state:
                raise BrokenStore("revision-history", item=item.lineage[:8], rev=item.rev)
            return
        review.verify(item.lineage, item.rev, sealed, events, self.people(), sample=self.sample)

    def _keys(self, ids: Collection[str]) -> Iterator[tuple[str, tuple[AnswerKey, str, int, State]]]:
        """Of the approved revision with that content, or else of the newest."""
        query = (
            "SELECT k.record, k.explanation, r.number, r.state FROM revisions r"
            " JOIN answer_keys k ON k.revision = r.number WHERE r.id = ?"
            " ORDER BY r.state = 'approved' DESC, r.rev DESC LIMIT 1"
        )
        with self.vault.reading() as connection:
            for identity in ids:
                row = connection.execute(query, (identity,)).fetchone()
                if row is not None:
                    yield identity, (AnswerKey.from_record(json.loads(row[0])), row[1], row[2], State(row[3]))

    def _bank_item(self, row: tuple[Any, ...]) -> BankItem:
        content = Content.from_record(json.loads(row[3]))
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
            bases=tuple(map(Basis.from_record, about["bases"])),
            background=self._background(content.case) if content.case else None,
            place=about["place"],
            translations=tuple(map(Translation.from_record, about["translations"])),
            provenance=Provenance.from_record(about["provenance"]) if about["provenance"] else NOWHERE,
            lineage=row[9],
            number=row[11],
        )

    def _background(self, sha256: str) -> Background:
        """Items of a case share one, in memory as in the bank."""
        kept = self._backgrounds.get(sha256)
        if kept is None:
            row = self._one("SELECT record FROM backgrounds WHERE sha256 = ?", (sha256,))
            kept = None if row is None else Background.from_record(json.loads(row[0]))
            if kept is None or kept.sha256() != sha256:
                raise BrokenStore("background-changed", background=sha256[:8])
            self._backgrounds[sha256] = kept
        return kept

    # ---- acts -----------------------------------------------------------------------------------------------------

    def people(self) -> dict[str, Person]:
        """Authors and reviewers by id, in the order they were enrolled; each proved by what they signed."""
        if self._people is None:
            with self.vault.reading() as connection:
                rows = connection.execute("SELECT statement, until FROM people ORDER BY number").fetchall()
            self._people = people.enrolled(self.vault.name, [(bytes(row[0]), row[1]) for row in rows])
        return self._people

    def enrol(self, person: Person, statement: bytes) -> None:
        """Adds a person (`bank.people.application`)."""
        known = self.people()
        if person.id in known or person.sign in {other.sign for other in known.values()}:
            raise Denied("person-exists", name=person.id)
        if len(known) >= people.FOUNDERS:
            sponsor = known.get(json.loads(statement)["signed"]["sponsor"])
            if sponsor is None or sponsor.until:
                raise Denied("person-needs-sponsor", name=person.id)
        with self.vault.reading() as connection:
            rows = connection.execute("SELECT statement, until FROM people ORDER BY number").fetchall()
        people.enrolled(self.vault.name, [*((bytes(row[0]), row[1]) for row in rows), (statement, "")])
        with self.vault.transaction() as connection:
            connection.execute("INSERT INTO people VALUES (NULL, ?, ?, '', ?)", (person.id, person.sign, statement))
            schema.chain(connection, [(None, "enrol", person.id, now(), "", statement)])
        self._people = None

    def end_person(self, identity: str, until: str) -> None:
        """From now on the person signs nothing; what they signed stays good."""
        if identity not in self.people():
            raise Denied("person-unknown", name=identity)
        with self.vault.transaction() as connection:
            connection.execute("UPDATE people SET until = ? WHERE id = ?", (until, identity))
            schema.chain(connection, [(None, "end-person", identity, now(), until, b"")])
        self._people = None

    def events(self, number: int) -> list[Event]:
        """The acts on one revision, oldest first."""
        query = "SELECT act, who, at, remarks, statement FROM acts WHERE revision = ? ORDER BY number"
        written = "SELECT written_by, written_at, state FROM revisions WHERE number = ?"
        with self.vault.reading() as connection:
            rows = connection.execute(query, (number,)).fetchall()
            by, at, state = connection.execute(written, (number,)).fetchone()
        try:
            later = [Event(Act(act), who, at, remarks, bytes(signed)) for act, who, at, remarks, signed in rows]
        except ValueError:
            raise BrokenStore("revision-history", item="", rev=number) from None
        if later and later[0].act in (Act.CARRY, Act.ACCEPT):
            return later
        first = Event(Act.WRITE, by, at)
        # A sample has no act of its own: what is approved and was never handed in was approved as one.
        sampled = State(state) is not State.DRAFT and not any(event.act is Act.SUBMIT for event in later)
        return [first, *([Event(Act.SAMPLE, by, at)] if sampled and self.sample else []), *later]

    def to_sign(self, act: Act, numbers: Sequence[int], by: str, at: str, remarks: str = "") -> list[dict[str, Any]]:
        """What `by` has to sign for `act` on these revisions (`BankItem.number`), or Denied."""
        known = self.people()
        if by not in known:
            raise Denied("person-unknown", name=by)
        statements = []
        for number in numbers:
            item, events = self._numbered(number), self.events(number)
            review.check_act(act, known[by], events, known)
            event = Event(act, by, at, remarks)
            statements.append(review.statement(act, item.lineage, item.rev, self.seal(item), event, events))
        return statements

    def perform(self, signed: Sequence[bytes], progress: Callable[[int, int], None] | None = None) -> None:
        """Does what signed statements say, all or none. Each is checked as if it came from a stranger."""
        with self.vault.transaction() as connection:
            for done, statement in enumerate(signed):
                said = review.read(statement)
                item = self._revision(said["item"], said["rev"])
                self._perform(connection, item, said, statement)
                if progress is not None and done % _BATCH == 0:
                    progress(done, len(signed))

    def _perform(
        self, connection: "sqlite3.Connection", item: BankItem, said: Mapping[str, Any], statement: bytes
    ) -> None:
        known, events, act = self.people(), self.events(item.number), Act(said["act"])
        person = known.get(said["by"])
        if person is None:
            raise Denied("person-unknown", name=said["by"])
        following = review.check_act(act, person, events, known)
        event = Event(act, person.id, said["at"], said["remarks"], statement)
        sealed = self.seal(item)
        if act is Act.APPROVE:
            # The reviewer signs what the author signed, and nothing that was put in its place since.
            review.verify(item.lineage, item.rev, sealed, [*events, event], known, sample=False)
            for other in self.revisions(item.lineage) if item.rev > 1 else ():
                if other.state is State.APPROVED:
                    remarks = f"rev {item.rev}"
                    self._note(
                        connection, other.number, Event(Act.SUPERSEDE, person.id, event.at, remarks), State.RETIRED
                    )
        else:
            review.verify_event(event, item.lineage, item.rev, sealed, events, known)
        self._note(connection, item.number, event, following)

    def _note(self, connection: "sqlite3.Connection", number: int, event: Event, state: State) -> None:
        act = (number, event.act.value, event.who, event.at, event.remarks, event.statement)
        schema.chain(connection, [act])
        connection.execute("UPDATE revisions SET state = ? WHERE number = ?", (state.value, number))

    def _revision(self, lineage: str, rev: int) -> BankItem:
        row = self._one(f"{_ROW} WHERE {_LINEAGE} AND r.rev = ?", (lineage, rev))
        if row is None:
            raise Denied("item-unknown", item=lineage, found=0)
        return self._bank_item(row)

    def head(self, acts: int | None = None) -> tuple[int, str]:
        """Number and hash of the last act, or of the one asked for; ("" where there is none). Binds all before it."""
        query = "SELECT number, head FROM acts"
        row = (
            self._one(query + " ORDER BY number DESC LIMIT 1")
            if acts is None
            else self._one(query + " WHERE number = ?", (acts,))
        )
        return (acts or 0, "") if row is None else (row[0], row[1])

    def broken_acts(self) -> list[int]:
        """Acts whose hash is not that of all acts up to them: empty is well."""
        wrong, before, expected = [], "", 1
        query = "SELECT number, revision, act, who, at, remarks, statement, head FROM acts ORDER BY number"
        with self.vault.reading() as connection:
            for number, revision, act, who, at, remarks, signed, head in connection.execute(query):
                if number != expected or head != schema.next_head(
                    before, number, revision, act, who, at, remarks, bytes(signed)
                ):
                    wrong.append(number)
                before, expected = head, number + 1
        return wrong

    def findings(self) -> list[Finding]:
        """Everything that revisions, people and acts do not prove; empty is well."""
        found = [Finding("", number, "acts-chain") for number in self.broken_acts()]
        try:
            self.people()
        except BrokenStore as refused:
            return [*found, Finding("", 0, refused.code)]
        for state in State:
            for item in self.items(state=state):
                try:
                    if state is State.APPROVED:
                        self._verified(item)
                    elif review.state_after(self.events(item.number)) is not state:
                        raise BrokenStore("revision-state", item=item.lineage[:8], rev=item.rev)
                except (BrokenStore, Denied) as refused:
                    code = refused.code if isinstance(refused, BrokenStore) else "revision-history"
                    found.append(Finding(item.lineage[:8], item.rev, code))
        return found

    def repeal(self, text: str, on: str) -> None:
        """Notes that every provision in whose words `text` occurs is no longer in force from day `on` (ISO)."""
        with self.vault.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO provisions VALUES (?, ?)", (text, on))
            schema.chain(connection, [(None, "repeal", "", now(), f"{on} {text}", b"")])

    def repeals(self) -> dict[str, str]:
        """Words of a provision -> the day from which it is no longer in force."""
        with self.vault.reading() as connection:
            return dict(connection.execute("SELECT text, repealed_on FROM provisions").fetchall())

    # ---- items of other bodies ------------------------------------------------------------------------------------

    def accept(self, statement: bytes, lines: bytes, acceptance: bytes) -> sharing.Accepted:
        """Takes in a slice (`bank.sharing`), what of it is not here already; checked as if a stranger brought it."""
        terms = sharing.read(statement)
        by, at = sharing.check_acceptance(self.vault.name, terms, acceptance, self.people())
        person = self.people()[by]
        if person.until:
            raise Denied("person-ended", name=person.name, until=person.until)
        held = next((each for each in self.slices() if each.id == terms.slice), None)
        if held is not None and held.withdrawn_at:
            raise Denied("slice-withdrawn", slice=terms.slice[:8])
        if held is not None:
            raise Denied("slice-already", slice=terms.slice[:8])
        if at[:10] > terms.until.isoformat():
            raise Denied("slice-ended", slice=terms.slice[:8], until=terms.until.isoformat())
        if self.practice and sharing.Permission.OPEN not in terms.permission:
            raise Denied("slice-not-open", slice=terms.slice[:8], owner=terms.owner.name)
        found, media = sharing.items_in(statement, lines)
        salts = {item.id: salt for item, salt in found}
        report, fresh = self._weigh([(*_encoded(item), item) for item, _ in found])
        note = f"{terms.owner.id} {terms.slice}"
        with self.vault.transaction() as connection:
            connection.execute(
                "INSERT INTO slices VALUES (NULL, ?, ?, ?, ?, x'')", (terms.slice, statement, acceptance, len(fresh))
            )
            schema.chain(connection, [(None, Act.ACCEPT.value, by, at, note, acceptance)])
            acts: list[schema.Noted] = []
            for identity, content, item in fresh:
                number = connection.execute("INSERT INTO items VALUES (NULL, ?, 1)", (identity,)).lastrowid
                revision = connection.execute(
                    f"INSERT INTO revisions VALUES (NULL, {', '.join('?' * (3 + len(_COLUMNS)))})",  # noqa: S608
                    (number, 1, State.APPROVED.value, *_row(identity, content, item, "", at)),
                ).lastrowid
                self._insert_parts(connection, [(revision, item)], at)
                # The owner's signature covers the owner's salt.
                connection.execute("UPDATE answer_keys SET salt = ? WHERE revision = ?", (salts[identity], revision))
                acts.append((revision, Act.ACCEPT.value, by, at, note, b""))
            schema.chain(connection, acts)
            self._insert_media(connection, [item for _, _, item in fresh], media)
        return sharing.Accepted(report.added, report.already, report.contradicting)

    def withdraw(self, withdrawal: bytes) -> int:
        """Retires what its owner took back; how many items that were still in force."""
        name = sharing.slice_named(withdrawal)
        if all(each.id != name for each in self.slices()):
            raise Denied("slice-unknown", slice=name[:8])
        terms = self._terms(name)
        at, note = sharing.check_withdrawal(terms, withdrawal), f"{terms.owner.id} {name}"
        with self.vault.transaction() as connection:
            numbers = [
                row[0]
                for row in connection.execute(
                    "SELECT a.revision FROM acts a JOIN revisions r ON r.number = a.revision"
                    " WHERE a.act = 'accept' AND a.remarks = ? AND r.state = 'approved'",
                    (note,),
                )
            ]
            connection.execute("UPDATE slices SET withdrawal = ? WHERE id = ?", (withdrawal, name))
            schema.chain(connection, [(None, Act.WITHDRAW.value, "", at, note, withdrawal)])
            for number in numbers:
                self._note(connection, number, Event(Act.WITHDRAW, "", at, note), State.RETIRED)
        return len(numbers)

    def slices(self) -> list[sharing.Slice]:
        """What other bodies lent to this bank, in the order it came."""
        with self.vault.reading() as connection:
            rows = connection.execute(
                "SELECT id, statement, acceptance, items, withdrawal FROM slices ORDER BY number"
            ).fetchall()
        found = []
        for name, _statement, acceptance, items, withdrawal in rows:
            terms = self._terms(name)
            said = json.loads(acceptance)["signed"]
            found.append(
                sharing.Slice(
                    name, terms.owner.id, terms.owner.name, tuple(sorted(terms.permission)), terms.first.isoformat(),
                    terms.until.isoformat(), items, said["by"], said["at"],
                    sharing.check_withdrawal(terms, bytes(withdrawal)) if withdrawal else "",
                )
            )  # fmt: skip
        return found

    def withheld(self, day: str, purpose: sharing.Permission) -> dict[str, str]:
        """Approved items of other bodies that are no part of a `purpose` on `day` (ISO): id -> why, as a code."""
        on, found = date.fromisoformat(day), {}
        with self.vault.reading() as connection:
            rows = connection.execute(
                "SELECT r.id, a.remarks FROM acts a JOIN revisions r ON r.number = a.revision"
                " WHERE a.act = 'accept' AND r.state = 'approved'"
            ).fetchall()
        for identity, note in rows:
            code = self._terms(note.partition(" ")[2]).refusal(purpose, on)
            if code:
                found[identity] = code
        return found

    def _terms(self, name: str) -> sharing.Terms:
        """Proved once: a slice's statement has a line for each of its items."""
        if name not in self._slices:
            row = self._one("SELECT statement, acceptance FROM slices WHERE id = ?", (name,))
            if row is None:
                raise BrokenStore("slice-forged", slice=name[:8])
            known = self.people()
            self._slices[name] = sharing.proved(name, self.vault.name, bytes(row[0]), bytes(row[1]), known)
        return self._slices[name]

    # ---- pictures, counts, exposure ---------------------------------------------------------------------------------

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
            "SELECT type, chapter, level, count(*) FROM revisions WHERE state = 'approved'"
            " GROUP BY 1, 2, 3 ORDER BY 2, 1, 3"
        )
        with self.vault.reading() as connection:
            return {
                (ItemType(kind), chapter, Level(level)): number
                for kind, chapter, level, number in connection.execute(query)
            }

    def answer_positions(self) -> dict[ItemType, dict[int, int]]:
        """Items not retired: type -> position of a right option -> how often. Says nothing about any one item."""
        found: dict[ItemType, dict[int, int]] = {}
        query = (
            "SELECT r.type, k.record FROM revisions r JOIN answer_keys k ON k.revision = r.number"
            " WHERE r.state <> 'retired'"
        )
        with self.vault.reading() as connection:
            for kind, record in connection.execute(query):
                positions = found.setdefault(ItemType(kind), {})
                for position in AnswerKey.from_record(json.loads(record)).correct:
                    positions[position] = positions.get(position, 0) + 1
        return found

    def states(self) -> dict[State, int]:
        """How many revisions are in each state."""
        with self.vault.reading() as connection:
            rows = connection.execute("SELECT state, count(*) FROM revisions GROUP BY state").fetchall()
        return {State(state): number for state, number in rows}

    def expose(self, session: str, site: str, candidates: Mapping[str, int], day: str = "") -> None:
        """Notes that each item of a session went to so many candidates. Saying it again corrects, never doubles."""
        with self.vault.transaction() as connection:
            connection.executemany(
                "INSERT INTO exposure (item, session, site, candidates, day) VALUES"
                " ((SELECT item FROM revisions WHERE id = ? LIMIT 1), ?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET candidates = excluded.candidates, day = excluded.day",
                [(item, session, site, number, day) for item, number in candidates.items()],
            )

    def mark(self, items: Sequence[str], package: str, session: str, site: str, until: str) -> None:
        """Keeps these items out of other packages until the day (`bank.marks`)."""
        with self.vault.transaction() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO marks VALUES ((SELECT item FROM revisions WHERE id = ? LIMIT 1), ?, ?, ?, ?)",
                [(item, package, session, site, until) for item in items],
            )

    def marks(self) -> list[Mark]:
        """All that were ever made, each under every wording of its item."""
        query = (
            "SELECT r.id, m.package, m.session, m.site, m.until FROM marks m JOIN revisions r ON r.item = m.item"
            " ORDER BY m.session, m.site, r.id"
        )
        with self.vault.reading() as connection:
            return [Mark(*row) for row in connection.execute(query)]

    def exposure(self) -> dict[str, Exposure]:
        """For every item that ever left the bank, under each of its wordings: who saw one has seen the others."""
        query = (
            "SELECT r.id, e.sessions, e.candidates FROM revisions r JOIN"
            " (SELECT item, count(DISTINCT session) sessions, sum(candidates) candidates FROM exposure GROUP BY item) e"
            " ON e.item = r.item"
        )
        with self.vault.reading() as connection:
            return {item: Exposure(sessions, candidates) for item, sessions, candidates in connection.execute(query)}

    def uses(self) -> list[tuple[str, str, str, str, int]]:
        """The same one by one: item, session, site, day ("" where nobody dated it), candidates."""
        query = (
            "SELECT r.id, e.session, e.site, e.day, e.candidates FROM exposure e JOIN revisions r ON r.item = e.item"
        )
        with self.vault.reading() as connection:
            return connection.execute(query).fetchall()

    def uses_of(self, lineage: str) -> list[tuple[str, str, str, int]]:
        """Where the item was, in whatever wording: session, site, day ("" where nobody dated it), candidates."""
        query = (
            "SELECT e.session, e.site, e.day, e.candidates FROM exposure e JOIN items i ON i.number = e.item"
            " WHERE i.lineage = ? ORDER BY e.day DESC, e.session"
        )
        with self.vault.reading() as connection:
            return connection.execute(query, (lineage,)).fetchall()

    def calibrations(self, lineage: str) -> list[tuple[int, int, int, str]]:
        """What was measured: revision, share of right answers ×10⁴, responses (0 where a file said so), when."""
        query = (
            "SELECT r.rev, c.p4, c.responses, c.at FROM calibrations c JOIN revisions r ON r.number = c.revision"
            " JOIN items i ON i.number = r.item WHERE i.lineage = ? ORDER BY r.rev"
        )
        with self.vault.reading() as connection:
            return connection.execute(query, (lineage,)).fetchall()


def _holds(search: str, content: bytes, code: str) -> bool:
    """Whether `bank.schema.searched` has it."""
    # Words that are not ASCII stand in the JSON only where they stand in a text of it, which spares taking it apart.
    if not search.isascii() and '"' not in search and "\\" not in search:
        return search in schema.folded(content.decode()) or search in schema.folded(code)
    return search in schema.searched(Content.from_record(json.loads(content)), code)


def _encoded(item: Item) -> tuple[str, bytes]:
    content = canonical(item.content.record())
    return hashlib.sha256(content).hexdigest()[:32], content  # `Content.item_id`


def _row(identity: str, content: bytes, item: Item, by: str, at: str) -> tuple[Any, ...]:
    """Values of `_COLUMNS`."""
    wrong = flaw(item)
    if wrong is not None:
        raise BadFile("item-flawed", flaw=wrong, item=item.code or identity[:8])
    kind, level, said = item.content.type.value, item.level.value, canonical(review.about(item))
    return identity, content, kind, item.chapter, level, item.p4, item.code, said, by, at


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


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
