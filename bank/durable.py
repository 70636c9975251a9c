"""Files that are whole or absent, also after a power cut: written beside, flushed, renamed, the folder flushed too.

No link that somebody laid where a file is begun is followed, and what is private is so from its first moment. Errors
of the operating system pass as they are, or through `store_errors` as a refusal.

Bank, server and tools write with it. Three write for themselves: SQLite (`bank.vault`, the session record); the
terminal's journal (`terminal.outbox`), which is append-only and may not import this.
"""

import contextlib
import errno
import glob
import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from bank.refused import BadFile, BrokenStore, Denied, Refused

Data = bytes | Iterable[bytes]

_BINARY = getattr(os, "O_BINARY", 0)
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY
_CHUNK_BYTES = 1 << 20


def write_atomically(path: Path, data: Data, *, private: bool = False) -> None:
    """After return the file holds exactly `data`; before, what it held. `private`: readable by the owner alone."""
    with _beside(path, data, private) as written:
        written.replace(path)
    sync_directory(path.parent)


def write_new(path: Path, data: Data, *, private: bool = False) -> None:
    """The same for a file that must not be there yet. Raises FileExistsError: when the name is taken, if by a link."""
    if os.path.lexists(path):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    with _beside(path, data, private) as written:
        os.close(os.open(path, _NEW, 0o600))  # the name is ours or somebody else's, with nothing between
        written.replace(path)
    sync_directory(path.parent)


def copy_new(source: Path, target: Path) -> None:
    """A private copy in a new file. Raises FileExistsError: when there is one."""
    with source.open("rb") as stream:
        write_new(target, iter(lambda: stream.read(_CHUNK_BYTES), b""), private=True)


def append(path: Path, data: bytes, *, torn: int = 0) -> None:
    """Adds `data` at the end, over the last `torn` bytes; where that fails, the file is as if it had not been tried."""
    new = not path.exists()
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | _BINARY, 0o600)
    try:
        end = os.lseek(handle, -torn, os.SEEK_END)
        try:
            os.ftruncate(handle, end)
            left = data
            while left:
                left = left[os.write(handle, left) :]
            os.fsync(handle)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(handle, end)
            raise
    finally:
        os.close(handle)
    if new:
        sync_directory(path.parent)


def read_bytes(path: Path, most: int = -1, *, named: str = "") -> bytes:
    """The file's first `most` bytes, all unless said. Raises BadFile: when the system refuses; `named` for people."""
    try:
        with path.open("rb") as stream:
            return stream.read(most)
    except OSError as error:
        raise BadFile("file-unreadable", file=named or str(path), why=error.strerror) from None


def destroy(path: Path) -> None:
    """Overwritten, then unlinked; of a link, the link alone. A flash disk may keep the old block all the same."""
    with contextlib.suppress(FileNotFoundError):
        if not path.is_symlink():
            handle = os.open(path, os.O_RDWR | _BINARY | getattr(os, "O_NOFOLLOW", 0))
            with os.fdopen(handle, "r+b") as stream:
                stream.write(bytes(os.fstat(handle).st_size))
                stream.flush()
                os.fsync(handle)
        path.unlink()
        sync_directory(path.parent)


def make_folder(directory: Path, *, private: bool = False) -> None:
    """Makes it and its parents where they are missing. `private`: for its owner alone, where it is made here."""
    new = [place for place in (directory, *directory.parents) if not place.exists()]
    directory.mkdir(mode=0o700 if private else 0o777, parents=True, exist_ok=True)
    for place in new:
        sync_directory(place.parent)


def private_folder(directory: Path) -> None:
    """The same; its owner alone may look into it, also where it was there before."""
    make_folder(directory, private=True)
    with contextlib.suppress(PermissionError):  # a stick's file system knows no owners
        directory.chmod(0o700)


def empty_folder(directory: Path) -> None:
    """A private folder with nothing in it. Raises Denied: when there is something; BrokenStore: when it can't be."""
    with store_errors(str(directory)):
        make_folder(directory, private=True)
    if any(directory.iterdir()):
        raise Denied("folder-not-empty", file=str(directory))


def sync_directory(directory: Path) -> None:
    """Makes new names in `directory` survive a power cut. Windows cannot open directories; NTFS journals names."""
    if os.name == "nt":
        return
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256(path: Path) -> str:
    """Of the file's content, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextlib.contextmanager
def store_errors(file: str, *, taken: Refused | None = None) -> Iterator[None]:
    """Raises BrokenStore: when the operating system refuses what is done inside; `taken`: when the name is taken."""
    try:
        yield
    except FileExistsError as error:
        raise taken or BrokenStore("store-io", file=file, error=error.strerror) from None
    except OSError as error:
        raise BrokenStore("store-io", file=file, error=error.strerror) from None


@contextlib.contextmanager
def _beside(path: Path, data: Data, private: bool) -> Iterator[Path]:
    """`data` on the disk in a file beside `path`; what is left of it at the end, or when anything fails, goes.

    So does what a try before this one left that was killed. Two at once: one is whole, the other fails.
    """
    for left in path.parent.glob(f".{glob.escape(path.name)}.{'[0-9a-f]' * 8}"):
        left.unlink(missing_ok=True)
    temporary = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
    # With its mode from the first moment: a file that others could open for an instant stays open to them.
    handle = os.open(temporary, _NEW, 0o600 if private else 0o644)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.writelines([data] if isinstance(data, bytes) else data)
            stream.flush()
            os.fsync(handle)
        yield temporary
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
