"""The disk under a session: what is free, and a reserve that is released so that closing and export still fit.

Before: `server` watches it. After: each session's folder holds its reserve.
"""

import contextlib
import os
import shutil
from pathlib import Path

LOW_BYTES = 256 << 20
"""Below this much free space nothing more is acknowledged; the reserve keeps closing and export possible."""
RESERVE_BYTES = 64 << 20
FULL_BYTES = 4 << 20
"""Below this the reserve is released unasked: the entries of the running session still need some room."""
RESERVE = "ballast"
"""Its file in the folder of the session; older sites know it by this name."""


def free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def reserve(folder: Path) -> None:
    """Lays the reserve in a session's folder, where it is not whole and the disk has room for it."""
    if free_bytes(folder) > LOW_BYTES + RESERVE_BYTES:
        with contextlib.suppress(OSError), (folder / RESERVE).open("ab") as stream:  # less room than there seemed to be
            if hasattr(os, "posix_fallocate"):  # blocks, not a hole; and no 64 MiB through the disk's queue
                os.posix_fallocate(stream.fileno(), 0, RESERVE_BYTES)
            else:
                while (left := RESERVE_BYTES - stream.tell()) > 0:
                    stream.write(bytes(min(left, 1 << 20)))


def reserved(folder: Path) -> bool:
    """Whether a whole reserve is there."""
    path = folder / RESERVE
    return path.exists() and path.stat().st_size >= RESERVE_BYTES


def release_reserve(folder: Path) -> bool:
    """Gives the reserve's room to whoever needs it. Whether there was one."""
    try:
        (folder / RESERVE).unlink()
    except FileNotFoundError:
        return False
    return True
