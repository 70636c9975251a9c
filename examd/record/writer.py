"""The one writer of the record: group commit in a thread of its own, chain and tree kept as it goes.

The contract (docs/formats.md §5; published to candidates as 已确认):
- `append` may be called from one thread only (the server's loop); entries keep the order of the calls;
- the callback runs, in that thread, only after COMMIT with synchronous=FULL has returned for the entry and all before;
- a batch that the disk has no room for is refused as a whole, with nothing of it in the record, and with it whatever
  was appended before the caller heard of it: an act may rest on the one before, and no record may have a hole;
- the BOOT entry of a run stands before all its others: where the disk had no room for it, it comes before the next;
- any other error of the disk ends the process at once: SQLite goes on happily after a failed fsync, and an
  acknowledgement given then could be of data the disk never got (security notes: PostgreSQL's fsync PANIC of 2018).

A run begins at the newest snapshot where there is one (`examd.record.snapshot`), and reads all entries before it again
while it serves: a server that was killed is back in a second, and no damage stays unseen. Where entries and snapshot
differ the process ends, and the next one reads everything first. Closing waits for it (`all_read`).

There is no timer: a commit takes whatever has arrived since the last one began, so an idle server answers in one
commit's time and a busy one in two.
"""

import contextlib
import logging
import os
import queue
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bank.durable import sync_directory
from bank.merkle import Tree
from bank.refused import BrokenStore
from bank.vault import Vault
from examd.clock import Clock, Instant
from examd.record.entries import (
    NO_CHAIN,
    NOT_BEGUN,
    Anchor,
    Committed,
    Draft,
    Entry,
    Kind,
    chain_hash,
    decode_entry,
    entry_bytes,
    leaf_hash,
)
from examd.record.snapshot import FILE, Snapshot, SnapshotFile
from examd.record.state import SessionState

if TYPE_CHECKING:
    import sqlite3  # for its type stubs only, as in `bank.vault`

APPLICATION = "examd-record"
# Wiping each freed page halves the rate of small commits (25,000 rows/s in tens, 13,000 with it). The record's pages
# hold what this process has in memory anyway.
EXIT_IO_ERROR = 74  # EX_IOERR of sysexits.h
ROWS_A_STATEMENT = 256
SNAPSHOT_ENTRIES = 5_000
"""A record grows by so many before another snapshot of it is worth its bytes: they are read in 0.1 s."""
ROWS_A_LOOK, BETWEEN_LOOKS_S = 256, 0.003
"""How the entries before a snapshot are read again: 600,000 in some 20 s, half of the time left to answers."""
MAX_BATCH = 2_000
"""Bounds the memory of one commit and the wait of the first entry in it; at 40,000 rows/s this is 50 ms."""

SCHEMA = (
    "CREATE TABLE ev(idx INTEGER PRIMARY KEY, entry BLOB NOT NULL, chain BLOB NOT NULL) STRICT",
    "CREATE TABLE note(n INTEGER PRIMARY KEY, size INTEGER NOT NULL, note TEXT NOT NULL) STRICT",
    "CREATE TRIGGER ev_stays BEFORE UPDATE ON ev BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END",
    "CREATE TRIGGER ev_keeps BEFORE DELETE ON ev BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END",
    "CREATE TRIGGER note_keeps BEFORE DELETE ON note BEGIN SELECT RAISE(ABORT, 'notes are append-only'); END",
)

Outcome = Committed | BrokenStore
Callback = Callable[[Outcome], None]
RunLater = Callable[[Callable[[], None]], object]
"""How the writer's thread hands a function to the caller's thread, e.g. `loop.call_soon_threadsafe`."""


class Head(NamedTuple):
    """The record's end at one moment; all of it durable."""

    size: int
    root: bytes
    chain: bytes


class Note(NamedTuple):
    """A checkpoint that was kept."""

    number: int
    size: int
    """Entries that it is over."""
    text: str

    @property
    def body(self) -> str:
        """What is signed, without the signatures."""
        return self.text.partition("\n\n")[0] + "\n"


class Record:
    """The record of one session, open for writing. `state` is the fold of all entries committed so far."""

    def __init__(self, vault: Vault, clock: Clock, run_later: RunLater, snapshots: SnapshotFile) -> None:
        self._vault = vault
        self._snapshots = snapshots
        self._snapshot_wanted = False
        self._snapshot_size = 0
        self._clock = clock
        self._run_later = run_later
        self._queue: queue.SimpleQueue[tuple[Draft, Callback] | None] = queue.SimpleQueue()
        self._stored = threading.Lock()  # one thread at a time on the vault's connection
        self._moving = threading.Lock()  # chain and tree move together
        self.state = SessionState()
        self.tree = Tree()
        self.chain = NO_CHAIN
        self.epoch = 1
        self._anchor = NOT_BEGUN
        self._boot: tuple[Draft, Callback] | None = None
        """The BOOT entry of this run, until it is durable; whoever appended it is told of each try."""
        self._begun_at: Snapshot | None = None
        """Where this run began, until all before it was read again."""
        self.unread = 0
        """Entries that this run has not read again yet."""
        self._all_read = threading.Event()
        self._stopping = threading.Event()
        try:
            self._read_back()
        except BaseException:
            vault.close()
            raise
        self._thread = threading.Thread(target=self._run, name="record-writer", daemon=True)
        self._reader = threading.Thread(target=self._read_again, name="record-reader", daemon=True)

    @classmethod
    def create(cls, path: Path, key: bytes, clock: Clock, run_later: RunLater) -> "Record":
        """A new record, under its name only once it is whole: half a database would keep the server from starting."""
        begun = path.with_name(path.name + ".part")
        begun.unlink(missing_ok=True)
        vault = Vault.create(begun, key, application=APPLICATION, wipe_memory=False)
        with vault, vault.transaction() as connection:
            for statement in SCHEMA:
                connection.execute(statement)
        begun.replace(path)
        sync_directory(path.parent)
        return cls.open(path, key, clock, run_later)

    @classmethod
    def open(cls, path: Path, key: bytes, clock: Clock, run_later: RunLater) -> "Record":
        vault = Vault.open(path, key, application=APPLICATION, wipe_memory=False)
        return cls(vault, clock, run_later, SnapshotFile(path.with_name(FILE), key))

    def start(self) -> None:
        self._thread.start()
        if self._begun_at is not None:
            self._reader.start()

    @property
    def size(self) -> int:
        return self.tree.size

    def head(self) -> Head:
        with self._moving:
            return Head(self.tree.size, self.tree.root(), self.chain)

    def session_ms(self) -> int:
        """Session time now."""
        return self.session_ms_at(self._clock.now())

    def now(self) -> Instant:
        return self._clock.now()

    def session_ms_at(self, at: Instant) -> int:
        """Session time at an instant of this run; 0 before the first entry."""
        return self._anchor.session_ms(at)

    def append(
        self, kind: Kind, actor: str, body: Mapping[str, object], callback: Callback, at: Instant | None = None
    ) -> None:
        """Queues an entry, stamped `at` (now, where the caller has not read the clock already)."""
        at = at or self._clock.now()
        if self._anchor is NOT_BEGUN:  # session time begins with the first entry
            self._anchor = Anchor(at.boot, at.mono_ms, 0)
        waiting = Draft(kind, actor, body, at), callback
        if kind is Kind.BOOT:
            self._boot = waiting
        self._queue.put(waiting)

    def chain_at(self, idx: int) -> bytes | None:
        """The chain value at entry `idx`, or None where the record does not reach it."""
        with self._stored:
            row = self._vault.connection.execute("SELECT chain FROM ev WHERE idx = ?", (idx,)).fetchone()
        return None if row is None else bytes(row[0])

    def entries(self, since: int = 0) -> list[bytes]:
        """All entries from that one on, as written."""
        rows = "SELECT entry FROM ev WHERE idx >= ? ORDER BY idx"
        with self._stored:
            return [bytes(row[0]) for row in self._vault.connection.execute(rows, (since,))]

    def entry(self, idx: int) -> bytes:
        with self._stored:
            row = self._vault.connection.execute("SELECT entry FROM ev WHERE idx = ?", (idx,)).fetchone()
        return bytes(row[0])

    def add_note(self, size: int, note: str) -> int:
        """Keeps a checkpoint. Returns its number."""
        with self._stored, self._vault.transaction() as connection:
            number = connection.execute("SELECT coalesce(max(n), 0) + 1 FROM note").fetchone()[0]
            connection.execute("INSERT INTO note VALUES (?, ?, ?)", (number, size, note))
        return int(number)

    def cosign_note(self, number: int, line: str) -> None:
        """Adds a witness's signature line to a checkpoint."""
        with self._stored, self._vault.transaction() as connection:
            connection.execute("UPDATE note SET note = note || ? WHERE n = ?", (line, number))

    def notes(self) -> list[Note]:
        """Oldest first."""
        with self._stored:
            return [Note(*row) for row in self._vault.connection.execute("SELECT n, size, note FROM note ORDER BY n")]

    def want_snapshot(self) -> None:
        """Has one made with the next commit, where the record has grown enough since the last one."""
        self._snapshot_wanted = self.tree.size >= self._snapshot_size + SNAPSHOT_ENTRIES

    def all_read(self) -> None:
        """Returns once every entry of the record was read in this run."""
        self._all_read.wait()

    def stop(self) -> None:
        """Commits what is queued and closes the database."""
        self._stopping.set()
        if self._reader.is_alive():
            self._reader.join()
        self._queue.put(None)
        if self._thread.is_alive():
            self._thread.join()
        self._vault.close()

    # ---- starting ---------------------------------------------------------------------------------------------

    def _read_back(self) -> None:
        """Recomputes chain, tree and state from the entries; a stored chain value that differs is damage.

        So is an end that lies before a checkpoint or a snapshot: a chain cut short agrees with itself.
        """
        if (begun := self._snapshots.read()) is not None:
            if self.chain_at(begun.size - 1) != begun.chain:
                raise BrokenStore("record-chain-broken", idx=begun.size - 1)
            self.tree, self.chain, self.state = Tree.of(begun.size, begun.edge), begun.chain, begun.state()
            self._begun_at, self._snapshot_size, self.unread = begun, begun.size, begun.size
        else:
            self._all_read.set()
        last = None if begun is None else decode_entry(self.entry(begun.size - 1))
        rows = "SELECT idx, entry, chain FROM ev WHERE idx >= ? ORDER BY idx"
        with self._vault.reading() as connection:
            for idx, entry, chain in connection.execute(rows, (self.tree.size,)):
                last = self._take(self.tree, self.state, self.chain, idx, entry, chain)
                self.chain = chain
            noted = connection.execute("SELECT coalesce(max(size), 0) FROM note").fetchone()[0]
        if noted > self.tree.size:
            raise BrokenStore("record-chain-broken", idx=self.tree.size)
        if last is not None:
            self.epoch = last.epoch + 1
            # This run's clock goes on from there; the BOOT entry that says so is the caller's first append.
            self._anchor = Anchor(last.boot, last.mono_ms, last.t_ms).moved_to(self._clock.now())

    @staticmethod
    def _take(tree: Tree, state: SessionState, before: bytes, idx: int, entry: bytes, chain: bytes) -> Entry:
        """One entry that was read: into tree and state. Raises BrokenStore: when it is not the one that was written."""
        leaf = leaf_hash(entry)
        if chain_hash(before, leaf) != chain or idx != tree.size:
            raise BrokenStore("record-chain-broken", idx=tree.size)
        tree.append(leaf)
        found = decode_entry(entry)
        state.apply(found.type, found.body, found.t_ms, found.idx)
        return found

    def _read_again(self) -> None:
        """In a thread of its own: all entries before the snapshot this run began at, and what they make of it."""
        begun, tree, state, before = self._begun_at, Tree(), SessionState(), NO_CHAIN
        rows = "SELECT idx, entry, chain FROM ev WHERE idx >= ? AND idx < ? ORDER BY idx LIMIT ?"
        try:
            while begun is not None and tree.size < begun.size:
                if self._stopping.is_set():
                    return
                with self._stored, self._vault.reading() as connection:
                    found = connection.execute(rows, (tree.size, begun.size, ROWS_A_LOOK)).fetchall()
                if not found:
                    raise BrokenStore("record-chain-broken", idx=tree.size)
                for idx, entry, chain in found:
                    self._take(tree, state, before, idx, entry, chain)
                    before = chain
                self.unread = begun.size - tree.size
                time.sleep(BETWEEN_LOOKS_S)  # answers come first
            if begun is not None and (before, tree.edge, state) != (begun.chain, begun.edge, begun.state()):
                raise BrokenStore("record-chain-broken", idx=tree.size)
        except Exception as error:
            self._snapshots.remove()  # the next run reads everything before it serves, and says what is wrong
            self._die(error)
        self._begun_at = None
        self._all_read.set()

    # ---- the writer's thread ----------------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            batch, stopping = self._next_batch()
            if batch:
                if self._boot is not None and batch[0] is not self._boot:
                    batch.insert(0, self._boot)  # it found no room before
                try:
                    outcomes = self._commit([draft for draft, _ in batch])
                except BrokenStore as broken:
                    if broken.code != "store-full":
                        self._die(broken)
                    stopping |= self._refuse(batch, broken)
                except BaseException as error:  # whatever it is, going on could acknowledge what is lost
                    self._die(error)
                    return
                else:
                    if batch[0] is self._boot:
                        self._boot = None
                    edge = self.tree.edge if self._snapshot_wanted else None
                    self._snapshot_wanted = False
                    self._run_later(lambda b=batch, o=outcomes, e=edge: self._announce(b, o, e))  # type: ignore[misc]
            if stopping:
                return

    def _next_batch(self) -> tuple[list[tuple[Draft, Callback]], bool]:
        batch = []
        item = self._queue.get()
        while item is not None:
            batch.append(item)
            if len(batch) == MAX_BATCH:
                return batch, False
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                return batch, False
        return batch, True

    def _commit(self, drafts: list[Draft]) -> list[Committed]:
        idx, chain = self.tree.size, self.chain
        rows, leaves, committed = [], [], []
        salts = secrets.token_hex(16 * len(drafts))
        for n, draft in enumerate(drafts):
            t_ms = self._anchor.session_ms(draft.at)
            entry = entry_bytes(idx, self.epoch, t_ms, draft, salts[32 * n : 32 * (n + 1)])
            before, leaf = chain, leaf_hash(entry)
            chain = chain_hash(chain, leaf)
            leaves.append(leaf)
            rows.append((idx, entry, chain))
            committed.append(Committed(idx, t_ms, entry, before, chain, draft))
            idx += 1
        with self._stored, self._vault.transaction() as connection:
            insert(connection, rows)
        with self._moving:
            self.chain = chain
            for leaf in leaves:
                self.tree.append(leaf)
        return committed

    def _announce(
        self, batch: list[tuple[Draft, Callback]], outcomes: Sequence[Committed], edge: tuple[bytes, ...] | None
    ) -> None:
        """In the caller's thread: fold what is now durable into the state, then tell each caller. `edge`: of the tree
        with just these in it, where a snapshot is wanted."""
        for (draft, callback), outcome in zip(batch, outcomes, strict=True):
            self.state.apply(draft.kind, draft.body, outcome.t_ms, outcome.idx)
            _tell(callback, outcome)
        if edge is not None:
            self._snapshot_size = outcomes[-1].idx + 1
            snapshot = Snapshot.of(self._snapshot_size, outcomes[-1].chain, edge, self.state)
            threading.Thread(
                target=self._snapshots.write, args=(snapshot,), name="record-snapshot", daemon=True
            ).start()

    def _refuse(self, batch: list[tuple[Draft, Callback]], broken: BrokenStore) -> bool:
        """Tells the callers of `batch` and of all that was appended meanwhile. Returns whether to stop.

        Waits until they know: the next commit may only hold what was appended in that knowledge.
        """
        told, stopping = threading.Event(), threading.Event()

        def tell() -> None:
            refused = [callback for _, callback in batch]
            with contextlib.suppress(queue.Empty):
                while (item := self._queue.get_nowait()) is not None:
                    refused.append(item[1])
                stopping.set()
            for callback in refused:
                _tell(callback, broken)
            told.set()

        self._run_later(tell)
        told.wait()
        return stopping.is_set()

    def _die(self, error: BaseException) -> None:
        logging.getLogger("examd.record").critical("the record failed (%s); ending at once", error)
        logging.shutdown()
        os._exit(EXIT_IO_ERROR)


def insert(connection: "sqlite3.Connection", rows: Sequence[tuple[int, bytes, bytes]]) -> None:
    """Many rows a statement, inside a transaction.

    With one row each the library gives up the interpreter's lock once a row, and waits for it again behind a busy
    loop: 14,000 answers/s against 21,000. Powers of two, so that few statements are compiled, each of them once.
    """
    done = 0
    while done < len(rows):
        n = min(ROWS_A_STATEMENT, 1 << ((len(rows) - done).bit_length() - 1))
        values = [value for row in rows[done : done + n] for value in row]
        connection.execute("INSERT INTO ev VALUES " + ", ".join(["(?, ?, ?)"] * n), values)  # noqa: S608 - marks alone
        done += n


def _tell(callback: Callback, outcome: Outcome) -> None:
    try:
        callback(outcome)
    except Exception:  # one caller's fault must not keep the others from hearing of theirs
        logging.getLogger("examd.record").exception("a callback of the record failed")
