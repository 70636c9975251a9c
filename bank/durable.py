"""Files that are whole or absent, also after a power cut: written beside, flushed, renamed, the folder flushed too.

No link that somebody laid where a file is begun is followed. What is made here is its owner's alone from its first
moment, unless a caller says that others read it. Errors of the operating system pass as they are, or through
`store_errors` as a refusal.

Linux counts a page that the disk refused as clean: a process that reads it afterwards finds what the disk never got.
So nothing that another run of a program left unsynced is built upon before `settle` has written it once more.

Bank, server and tools write with it. Three write for themselves: SQLite (`bank.vault`, the session record); the
terminal's journal (`terminal.outbox`), which is append-only and may not import this.
"""

import contextlib
import errno
import glob
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

try:
    import fcntl
except ImportError:
    fcntl = None  # type: ignore[assignment]

from bank.refused import BadFile, BrokenStore, Denied, Refused

Data = bytes | Iterable[bytes]

_BINARY = getattr(os, "O_BINARY", 0)
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY
_CHUNK_BYTES = 1 << 20


def write_atomically(path: Path, data: Data, *, private: bool = True) -> None:
    """After return the file holds exactly `data`; before, what it held. Not `private`: others may read it."""
    with _beside(path, data, private) as written:
        written.replace(path)
    sync_directory(path.parent)


def write_new(path: Path, data: Data, *, private: bool = True) -> None:
    """The same for a file that must not be there yet. Raises FileExistsError: when the name is taken, if by a link."""
    if os.path.lexists(path):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    with _beside(path, data, private) as written:
        os.close(os.open(path, _NEW, 0o600))  # the name is ours or somebody else's, with nothing between
        written.replace(path)
    sync_directory(path.parent)


def copy_new(source: Path, target: Path) -> None:
    """A copy in a new file. Raises FileExistsError: when there is one."""
    with source.open("rb") as stream:
        write_new(target, iter(lambda: stream.read(_CHUNK_BYTES), b""))


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


def settle(path: Path) -> None:
    """What the file holds is on the disk when this returns, whatever wrote it: written once more in place, and synced.

    The same bytes over the same bytes: a power cut in the middle changes nothing that was on the disk. Afterwards the
    system is asked to read it back from there. Raises OSError: when the disk refuses, or gives back something else.
    """
    handle = os.open(path, os.O_RDWR | _BINARY)
    with os.fdopen(handle, "r+b", buffering=0) as stream:
        written = hashlib.sha256()
        at = 0
        while chunk := os.pread(handle, _CHUNK_BYTES, at):
            written.update(chunk)
            while chunk:
                done = os.pwrite(handle, chunk, at)
                at, chunk = at + done, chunk[done:]
        os.fsync(handle)
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        if hashlib.file_digest(stream, "sha256").digest() != written.digest():
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))


def remove(path: Path) -> None:
    """Unlinks it, where it is there, for good."""
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
        sync_directory(path.parent)


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


def make_folder(directory: Path, *, private: bool = True) -> None:
    """Makes it and its parents where they are missing; what is made here is its owner's alone where `private`.

    Raises FileExistsError: when something else has its name.
    """
    new = [place for place in (directory, *directory.parents) if not place.exists()]
    for place in reversed(new):  # a folder's own mode, also of the parents: `mkdir` gives those the umask's
        place.mkdir(mode=0o700 if private else 0o777, exist_ok=True)
    if not directory.is_dir():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(directory))
    for place in new:
        sync_directory(place.parent)


def private_folder(directory: Path) -> None:
    """The same; its owner alone may look into it, also where it was there before."""
    make_folder(directory)
    with contextlib.suppress(PermissionError):  # a stick's file system knows no owners
        directory.chmod(0o700)


@contextlib.contextmanager
def folder_at_once(directory: Path) -> Iterator[Path]:
    """A new folder that is under its name once it is whole. Gives where to fill it: a hidden one beside it.

    Where what is done inside fails, nothing is left; a kill leaves the hidden one, for the caller to find again
    (`hidden`). Raises FileExistsError: when the name is taken.
    """
    if os.path.lexists(directory):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(directory))
    begun = hidden(directory)
    make_folder(directory.parent)
    begun.mkdir(mode=0o700)
    sync_directory(begun.parent)  # whoever puts on file, before the end, that it is there must find it again
    try:
        yield begun
    except BaseException:
        shutil.rmtree(begun, ignore_errors=True)
        raise
    show(directory)


def hidden(directory: Path) -> Path:
    """Where `folder_at_once` fills a folder of this name."""
    return directory.with_name(f".{directory.name}.part")


def show(directory: Path) -> None:
    """Gives a folder that is whole its name, for good."""
    sync_directory(hidden(directory))
    hidden(directory).rename(directory)
    sync_directory(directory.parent)


@contextlib.contextmanager
def founding(directory: Path, names: Sequence[str], taken: Refused) -> Iterator[None]:
    """Makes the files `names`, the first of them a key, as one act: a killed try is undone by the next.

    A mark stands beside them until all are there; whoever opens the key asks `require_founded`. Where what is done
    inside fails, nothing is left. Raises `taken`: when one of them is there and no killed try left it, or another
    program is at it.
    """
    make_folder(directory)
    mark = _mark(directory / names[0])
    begun = os.path.lexists(mark)
    if not begun and any(os.path.lexists(directory / name) for name in names):
        raise taken
    handle = os.open(mark, os.O_RDWR | os.O_CREAT | _BINARY | getattr(os, "O_NOFOLLOW", 0), 0o600)
    try:
        if not lock(handle):
            raise taken
        sync_directory(directory)
        _clear(directory, names)
        try:
            yield
        except BaseException:
            _clear(directory, names)
            remove(mark)
            raise
        sync_directory(directory)
        remove(mark)
    finally:
        os.close(handle)


def is_founded(key: Path) -> bool:
    """Whether the key is there and no kill broke off its making."""
    return key.exists() and not os.path.lexists(_mark(key))


def require_founded(key: Path) -> None:
    """Raises BadFile: when a kill broke off the making of this key; it is made anew, so it must serve for nothing."""
    if os.path.lexists(_mark(key)):
        raise BadFile("init-unfinished", file=str(key))


def _mark(key: Path) -> Path:
    return key.with_name(f".{key.name}.unfinished")


def _clear(directory: Path, names: Sequence[str]) -> None:
    for name in names:
        (directory / name).unlink(missing_ok=True)


def lock(handle: int) -> bool:
    """Whether the open file is ours alone, until it is closed; the system lets go of it when a process ends."""
    if fcntl is None:  # Windows: what needs more has a database, with a lock of its own
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def empty_folder(directory: Path) -> None:
    """A private folder with nothing in it. Raises Denied: when there is something; BrokenStore: when it can't be."""
    with store_errors(str(directory)):
        make_folder(directory)
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
