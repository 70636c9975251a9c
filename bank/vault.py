"""The only module that calls sqlcipher3: an encrypted file that is what it claims to be, or is not opened.

SQLCipher says yes too easily: without a key it writes plaintext, a key of 62 digits becomes a passphrase, a wrong
key passes until the first read, ATTACH with an empty key exports everything in clear. Every such trap is asserted
here by name, so that what stands on a Vault need not know of them. Each setting is read back after it is set:
another build of the library may ignore what this one obeys.

What no check here can see: one old page, or the whole file, put back in place of a newer one. The record answers
that with its hash chain and its checkpoints.

A Vault has one connection. It may be used by a thread that did not open it, by one thread at a time. Two customers:
`bank.store` (the items) and the session's record, whose writer thread lives in `transaction()`.
"""

import contextlib
import hashlib
import os
import secrets
import stat
import struct
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from sqlcipher3 import dbapi2

from bank.durable import settle, store_errors, sync_directory, write_new
from bank.refused import BadFile, BrokenStore, Denied, Refused

if TYPE_CHECKING:
    import sqlite3  # for its type stubs only: the standard module must never open the same file

    Connection = sqlite3.Connection
else:
    Connection = dbapi2.Connection

KEY_BYTES = 32
OLDEST_SQLITE = (3, 51, 3)
"""From here on two connections cannot corrupt the WAL while one of them resets it."""
PLAINTEXT_MAGIC = b"SQLite format 3\x00"
_LOCK_LOOK_S = 0.02
LOCK_WAIT_SECONDS = 2.0
"""Long enough for a killed predecessor's locks to be released, short enough to say "in use" to a person."""

SETTINGS: tuple[tuple[str, str, Any], ...] = (
    # name, value asked for, value that must be read back
    ("locking_mode", "EXCLUSIVE", "exclusive"),  # no second connection, hence no shared-memory file
    ("journal_mode", "WAL", "wal"),
    ("synchronous", "FULL", 2),  # in WAL, NORMAL does not reach the disk at COMMIT: an acknowledged answer could go
    ("temp_store", "MEMORY", 2),  # temporary files would be written in clear
    ("foreign_keys", "ON", 1),
    ("trusted_schema", "OFF", 0),  # a doctored schema may not call functions
    ("cell_size_check", "ON", 1),
    ("secure_delete", "ON", 1),
    ("mmap_size", "0", 0),  # an I/O error in a mapped page arrives as SIGBUS, not as an error
)
_READABLE = frozenset(name for name, _, _ in SETTINGS) | {
    "application_id", "cipher_integrity_check", "cipher_memory_security", "cipher_provider", "cipher_version",
    "data_version", "freelist_count", "integrity_check", "page_count", "page_size", "user_version",
}  # fmt: skip
# data_version is what FTS5 asks before it trusts its own cache.
_FORBIDDEN_FUNCTIONS = frozenset({"load_extension", "sqlcipher_export", "fts3_tokenizer"})
_OK, _DENY = 0, 1
_FUNCTION, _PRAGMA, _ATTACH, _DETACH = 31, 19, 24, 25  # action codes of sqlite3_set_authorizer

_SENTINEL = "CREATE TABLE vault (application TEXT NOT NULL, version INTEGER NOT NULL, name TEXT NOT NULL) STRICT"


class Vault:
    """An open encrypted file. `connection` is in autocommit; write inside `transaction()`."""

    def __init__(self, path: Path, connection: Connection, name: str, handle: int) -> None:
        self.path = path
        self.connection = connection
        self.name = name
        """128 random bits (hex), given at creation: tells two vaults apart however their files are named."""
        self._broken: Refused | None = None
        self._handle = handle
        self._identity = _identity(os.fstat(handle))
        _held.add(self._identity)

    @classmethod
    def create(
        cls, path: Path, key: bytes, *, application: str, version: int = 1, schema: str = "", wipe_memory: bool = True
    ) -> "Vault":
        """A new file with `schema` in it, on the disk when this returns; refuses to touch one that exists.

        `wipe_memory` locks and wipes every page buffer, not only the keys, which the library always does. It takes
        about 20 µs a row (23 k rows/s against 38 k in batches of 100), so the session's record, which holds no
        answer key and must keep up with a hall, goes without; the bank does not. The library has one such setting for
        the process, and does not turn it off again: a process that opened a bank keeps it.
        """
        _check_key(key)
        with store_errors(path.name, taken=Denied("vault-exists", file=path.name)):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        connection: Connection | None = None
        try:
            with _translated(path):
                connection = _connect(path, key, wipe_memory)
                connection.execute(f"PRAGMA application_id = {_application_id(application)}")
                connection.execute(f"PRAGMA user_version = {version:d}")
                connection.execute("BEGIN IMMEDIATE")
                connection.execute(_SENTINEL)
                sentinel = (application, version, secrets.token_hex(16))
                connection.execute("INSERT INTO vault VALUES (?, ?, ?)", sentinel)
                for statement in statements(schema):
                    connection.execute(statement)
                connection.execute("COMMIT")
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                connection.close()
            vault = cls.open(path, key, application=application, version=version, wipe_memory=wipe_memory)
            with store_errors(path.parent.name):
                sync_directory(path.parent)
        except BaseException:
            if connection is not None:
                connection.close()
            for suffix in ("", "-wal", "-journal"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
            raise
        return vault

    @classmethod
    def open(
        cls,
        path: Path,
        key: bytes,
        *,
        application: str,
        version: int = 1,
        wipe_memory: bool = True,
        migrate: Callable[[Connection, int], None] | None = None,
    ) -> "Vault":
        """An existing file, after every check.

        A file of an older version is brought to `version` by `migrate`, in one transaction, where one is given.

        Raises BadFile: when it is missing or no vault of ours. Raises Denied: when the key is wrong, or somebody has it
        open. Raises BrokenStore: when it is damaged, or the disk refuses.
        """
        _check_key(key)
        with contextlib.suppress(OSError):
            if _identity(path.stat()) in _held:  # ours: even looking into the file would take our own locks away
                raise Denied("vault-in-use", file=path.name)
        try:
            with path.open("rb") as stream:
                magic = stream.read(len(PLAINTEXT_MAGIC))
                regular = stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
        except FileNotFoundError:
            raise BadFile("vault-missing", file=path.name) from None
        except OSError as error:
            raise BrokenStore("store-io", file=path.name, error=error.strerror) from None
        if magic == PLAINTEXT_MAGIC:
            raise BadFile("vault-plaintext", file=path.name)
        if not regular or len(magic) < len(PLAINTEXT_MAGIC):
            raise BrokenStore("store-damaged", file=path.name)  # an empty file would be taken for a new database
        _settle_log(path)
        with _translated(path):
            try:
                connection = _connect(path, key, wipe_memory)
            except dbapi2.DatabaseError as error:
                if _code(error) == "SQLITE_NOTADB":  # the first page does not decrypt: wrong key, or not a vault
                    raise Denied("vault-wrong-key", file=path.name) from None
                raise
        try:
            if migrate is not None:
                cls._migrate(path, connection, application, version, migrate)
            return cls._checked(path, connection, application, version)
        except BaseException:
            connection.close()
            raise

    @classmethod
    def _migrate(
        cls,
        path: Path,
        connection: Connection,
        application: str,
        version: int,
        migrate: Callable[[Connection, int], None],
    ) -> None:
        found = _read(connection, "user_version")
        if _read(connection, "application_id") != _application_id(application) or not 0 < found < version:
            return  # for `_checked` to refuse or to find well
        with _translated(path):
            try:
                connection.execute("BEGIN IMMEDIATE")
                migrate(connection, found)
                connection.execute("UPDATE vault SET version = ?", (version,))
                connection.execute(f"PRAGMA user_version = {version:d}")
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @classmethod
    def _checked(cls, path: Path, connection: Connection, application: str, version: int) -> "Vault":
        with _translated(path):
            for pragma in ("cipher_version", "cipher_provider"):  # empty where the library is plain SQLite
                if not _read(connection, pragma):
                    raise BrokenStore("vault-not-encrypting", file=path.name, missing=pragma)
            if _read(connection, "application_id") != _application_id(application):
                raise BadFile("vault-other-application", file=path.name, expected=application)
            found = _read(connection, "user_version")
            if found != version:
                raise BadFile("vault-version", file=path.name, expected=version, found=found)
            try:
                rows = connection.execute("SELECT application, version, name FROM vault").fetchall()
            except dbapi2.OperationalError:
                rows = []
            if len(rows) != 1 or rows[0][:2] != (application, version):
                raise BrokenStore("vault-no-sentinel", file=path.name)
        # This handle is closed after the connection: POSIX takes a process's locks on a file away as soon as it
        # closes any handle of that file, and another process could then write into the open vault.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        try:
            if os.read(handle, len(PLAINTEXT_MAGIC)) == PLAINTEXT_MAGIC:
                raise BrokenStore("vault-plaintext", file=path.name)
            connection.set_authorizer(_authorize)
            return cls(path, connection, str(rows[0][2]), handle)
        except BaseException:
            connection.close()
            os.close(handle)
            raise

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Connection]:
        """BEGIN IMMEDIATE … COMMIT, or nothing at all. What it raises was not committed, with one exception.

        The exception is `store-io` out of COMMIT: whether it reached the disk is unknown, and after a failed fsync the
        kernel may call the lost pages clean, so a second try would lie. The vault is then broken for good: every later
        call is refused with the same code, and the process should end.

        Raises BrokenStore: when the disk refuses, now or before. Raises Denied: when somebody else has the file.
        """
        if self._broken is not None:
            raise self._broken
        connection = self.connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
        except BaseException as error:
            if connection.in_transaction:
                with contextlib.suppress(dbapi2.Error):
                    connection.execute("ROLLBACK")
            if isinstance(error, dbapi2.Error):
                raise self._refusal(error) from None
            raise

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """The connection, with the library's errors told in our words.

        Raises BrokenStore: when the disk refuses, now or before.
        """
        if self._broken is not None:
            raise self._broken
        try:
            yield self.connection
        except dbapi2.Error as error:
            raise self._refusal(error) from None

    def one(self, query: str, values: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """The first row that a query gives, or None."""
        with self.reading() as connection:
            row: tuple[Any, ...] | None = connection.execute(query, values).fetchone()
        return row

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        """All rows that a query gives."""
        with self.reading() as connection:
            return connection.execute(query, values).fetchall()

    def checkpoint(self) -> None:
        """Moves the write-ahead log into the file, so that the file alone is the whole vault."""
        with self.reading() as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def copy(self, path: Path) -> None:
        """The encrypted file as it stands, in a new file, on the disk when this returns: a backup needs no key."""
        self.checkpoint()
        with store_errors(path.name, taken=Denied("vault-exists", file=path.name)):
            os.lseek(self._handle, 0, os.SEEK_SET)
            write_new(path, iter(lambda: os.read(self._handle, 1 << 20), b""), private=True)

    def copy_under(self, path: Path, key: bytes) -> None:
        """The whole vault in a new file under another key, its name kept; on the disk and read back at return.

        This is how a bank is re-keyed: the new file is proved before the old one goes, where the library's own
        re-keying rewrites the only copy in place.

        Raises Denied: when there is a file already. Raises BrokenStore: when the copy is not whole, or the disk
        refuses.
        """
        _check_key(key)
        with store_errors(path.name, taken=Denied("vault-exists", file=path.name)):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        try:
            with self.reading() as connection, _translated(path):
                copied = _connect(path, key, True)
                try:
                    connection.backup(copied)
                    copied.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                    found = list(copied.execute("PRAGMA cipher_integrity_check"))
                    found += [row for row in copied.execute("PRAGMA integrity_check") if row[0] != "ok"]
                finally:
                    copied.close()
            if found:
                raise BrokenStore("store-damaged", file=path.name)
            with store_errors(path.parent.name):
                sync_directory(path.parent)
        except BaseException:
            for suffix in ("", "-wal", "-journal"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
            raise

    def problems(self) -> list[str]:
        """What the cipher's page authentication and SQLite's own structure check find wrong: empty is well.

        The write-ahead log is moved into the file first: a torn tail there is not reported by either check.
        """
        self.checkpoint()
        with self.reading() as connection:
            found = [str(row[0]) for row in connection.execute("PRAGMA cipher_integrity_check")]
            found += [str(row[0]) for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
        return found

    def settings(self) -> dict[str, str | int]:
        """Every asserted setting as it reads now, for a health report."""
        names = ["cipher_version", "cipher_provider", "cipher_memory_security", *(name for name, _, _ in SETTINGS)]
        with self.reading() as connection:
            return {"sqlite_version": dbapi2.sqlite_version} | {name: _read(connection, name) for name in names}

    def close(self) -> None:
        """Ends the connection; SQLite folds the write-ahead log into the file and removes it.

        Raises BrokenStore: when the disk refuses.
        """
        try:
            self.connection.close()
        except dbapi2.Error as error:
            raise self._refusal(error) from None
        if self._identity in _held:
            _held.discard(self._identity)
            os.close(self._handle)

    def __enter__(self) -> "Vault":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _refusal(self, error: Exception) -> Exception:
        refused = _refusal(error, self.path)
        if isinstance(refused, BrokenStore) and refused.code != "store-full":  # a full disk is clean after ROLLBACK
            self._broken = refused
        return refused


_held: set[tuple[int, int]] = set()
"""The files that this process has open as vaults."""


def held_by(path: Path) -> int | None:
    """The process that has this vault open; 0 where the system does not say which, None where nobody has it open."""
    try:
        if _identity(path.stat()) in _held:
            return os.getpid()
        if os.name == "nt":
            return None
        import fcntl

        # Closing it takes away the locks of this process alone, which has none there.
        with path.open("rb+") as stream:
            if sys.platform == "linux":
                asked = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, _LOCKED_FROM, _LOCKED_BYTES, 0)
                kind, *_, pid = struct.unpack(_FLOCK, fcntl.fcntl(stream, fcntl.F_GETLK, asked))
                return None if kind == fcntl.F_UNLCK else int(pid)
            try:
                fcntl.lockf(stream, fcntl.LOCK_EX | fcntl.LOCK_NB, _LOCKED_BYTES, _LOCKED_FROM)
            except BlockingIOError:
                return 0
    except OSError:
        pass
    return None


_FLOCK = "hhqqi0q"  # struct flock of Linux
_LOCKED_FROM, _LOCKED_BYTES = 0x40000000, 512
"""Where SQLite locks a file, far beyond what is read: part of its file format."""


def _settle_log(path: Path) -> None:
    """What a killed run left in the write-ahead log is on the disk before it is believed.

    Its last frames may never have got there, although they are read back whole: the kill came before their fsync, or
    the fsync failed, after which Linux counts the pages as clean. Whatever were committed after them would be lost with
    them in a power cut. The file itself needs no such care: pages go there from the log, again and again until an fsync
    has succeeded. Raises Denied: when somebody has the vault open. Raises BrokenStore: when the disk refuses.
    """
    log = path.with_name(path.name + "-wal")
    if os.name == "nt":  # nobody could keep others from the file meanwhile
        return
    import fcntl

    with store_errors(log.name):
        if not log.exists() or not log.stat().st_size:
            return
        # Closing it takes away the locks of this process alone, which has none there.
        with path.open("rb+") as stream:
            for left in reversed(range(int(LOCK_WAIT_SECONDS / _LOCK_LOOK_S))):
                try:
                    fcntl.lockf(stream, fcntl.LOCK_EX | fcntl.LOCK_NB, _LOCKED_BYTES, _LOCKED_FROM)
                    break
                except (BlockingIOError, PermissionError):
                    if not left:
                        raise Denied("vault-in-use", file=path.name) from None
                    time.sleep(_LOCK_LOOK_S)
            if log.exists():  # whoever had it may have ended well, and taken the log along
                settle(log)


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _check_key(key: bytes) -> None:
    # 31 bytes would still open *a* file: SQLCipher takes 62 hex digits for a passphrase without a word.
    if len(key) != KEY_BYTES:
        raise Denied("vault-short-key", expected=KEY_BYTES, found=len(key))


def _connect(path: Path, key: bytes, wipe_memory: bool) -> Connection:
    """A connection with the key set, every setting made and read back, and the first page decrypted."""
    if dbapi2.sqlite_version_info < OLDEST_SQLITE:
        oldest = ".".join(map(str, OLDEST_SQLITE))
        raise BrokenStore("vault-old-library", expected=oldest, found=dbapi2.sqlite_version)
    connection = cast(
        Connection,
        dbapi2.connect(os.fspath(path), isolation_level=None, check_same_thread=False, timeout=LOCK_WAIT_SECONDS),
    )
    try:
        # Before the key, since they cover its use: a wrong key would print on the candidate's screen.
        connection.execute("PRAGMA cipher_log_level = NONE")
        if wipe_memory:
            connection.execute("PRAGMA cipher_memory_security = ON")
        # A raw key as the library's own call: no SQL text ever holds it. Nothing may read the file before this.
        connection.set_key(f"x'{key.hex()}'")  # type: ignore[attr-defined]
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")  # before the first read, or a shared-memory file appears
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        for name, value, expected in SETTINGS:
            connection.execute(f"PRAGMA {name} = {value}").fetchall()
            found = _read(connection, name)
            if found != expected:
                raise BrokenStore("vault-setting", file=path.name, setting=name, expected=expected, found=found)
        if wipe_memory and str(_read(connection, "cipher_memory_security")) != "1":
            raise BrokenStore("vault-setting", file=path.name, setting="cipher_memory_security", expected=1, found=0)
        connection.enable_load_extension(False)
    except BaseException:
        connection.close()
        raise
    return connection


def _read(connection: Connection, pragma: str) -> Any:
    row = connection.execute(f"PRAGMA {pragma}").fetchone()
    return row[0] if row else None


def _authorize(action: int, first: str | None, second: str | None, _database: str | None, _trigger: str | None) -> int:
    """Called when a statement is compiled, not when it runs. Settings made at opening can only be read afterwards."""
    if action in (_ATTACH, _DETACH):  # the way to a plaintext copy
        return _DENY
    if action == _PRAGMA:
        allowed = first == "wal_checkpoint" or (first in _READABLE and second is None)
        return _OK if allowed else _DENY
    if action == _FUNCTION and second in _FORBIDDEN_FUNCTIONS:
        return _DENY
    return _OK


def _application_id(application: str) -> int:
    return int.from_bytes(hashlib.sha256(f"examd vault {application}".encode()).digest()[:4], "big") >> 1


def statements(schema: str) -> list[str]:
    """`executescript` would COMMIT first: the schema must stand or fall with the sentinel. No `;` inside, then."""
    return [statement for statement in (part.strip() for part in schema.split(";")) if statement]


def _code(error: Exception) -> str:
    return str(getattr(error, "sqlite_errorname", "") or "")


def _refusal(error: Exception, path: Path) -> Exception:
    code = _code(error)
    if code.startswith("SQLITE_FULL"):
        return BrokenStore("store-full", file=path.name)
    if code.startswith(("SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_READONLY")):
        return BrokenStore("store-io", file=path.name, error=code)
    if code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return BrokenStore("store-damaged", file=path.name)
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return Denied("vault-in-use", file=path.name)
    return error  # a mistake in our own SQL is no fact about the disk


@contextlib.contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except dbapi2.Error as error:
        raise _refusal(error, path) from None
