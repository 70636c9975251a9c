"""Files written whole or not at all, and folders that only their owner may enter."""

import contextlib
import hashlib
import os
from pathlib import Path

from bank.refused import BrokenStore, Denied

_WRITE = os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0)
_NEW, _OVER = _WRITE | os.O_EXCL, _WRITE | os.O_TRUNC
"""With the mode from the first moment: a file that others could open for an instant stays open to them."""


def make_folder(place: Path) -> None:
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise BrokenStore("store-io", file=str(place), error=error.strerror) from None


def new_folder(place: Path) -> None:
    make_folder(place)
    if any(place.iterdir()):
        raise Denied("folder-not-empty", file=str(place))


def replace(path: Path, data: bytes) -> None:
    """Whole or not at all, on the disk, readable by its owner alone."""
    temporary = path.with_name(path.name + ".part")
    handle = os.open(temporary, _OVER, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)
    sync(path.parent)


def copy(source: Path, target: Path) -> None:
    handle = os.open(target, _NEW, 0o600)
    with source.open("rb") as reading, os.fdopen(handle, "wb") as writing:
        while data := reading.read(1 << 20):
            writing.write(data)
        writing.flush()
        os.fsync(writing.fileno())


def sync(directory: Path) -> None:
    if os.name == "nt":
        return
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def destroy(path: Path) -> None:
    """Overwritten, then unlinked. A flash disk may keep the old block; no bank is under that key any more."""
    with contextlib.suppress(FileNotFoundError):
        size = path.stat().st_size
        with path.open("r+b") as stream:
            stream.write(bytes(size))
            stream.flush()
            os.fsync(stream.fileno())
        path.unlink()
