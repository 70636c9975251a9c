"""Files that are whole or absent: written beside, flushed to the disk, renamed, and the directory flushed too."""

import contextlib
import functools
import os
from pathlib import Path


def write_atomically(path: Path, data: bytes, *, private: bool = False) -> None:
    """After return the file holds exactly `data`, also after a power cut. `private`: readable by the owner alone."""
    temporary = path.with_name(path.name + ".part")
    temporary.unlink(missing_ok=True)
    # Created here or not at all: a link or an open file that somebody laid there would take or show what is written.
    create = functools.partial(os.open, mode=0o600 if private else 0o644)
    with open(temporary, "xb", opener=create) as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)
    sync_directory(path.parent)


def private_folder(directory: Path) -> None:
    """Makes `directory` where there is none; its owner alone may look into it, also where it was there before."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(PermissionError):  # a stick's file system knows no owners
        directory.chmod(0o700)


def sync_directory(directory: Path) -> None:
    """Makes new names in `directory` survive a power cut. Windows cannot open directories; NTFS journals names."""
    if os.name == "nt":
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
