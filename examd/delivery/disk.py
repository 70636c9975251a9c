"""The disk under a session: what is free, and a reserve that is released so that closing and export still fit.

Before: `server` watches it. After: each session's folder holds its reserve.
"""

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
    """Writes the reserve into a session's folder, where there is none and the disk has room for it."""
    path = folder / RESERVE
    if not path.exists() and free_bytes(folder) > LOW_BYTES + RESERVE_BYTES:
        with path.open("wb") as stream:
            for _ in range(RESERVE_BYTES >> 20):
                stream.write(bytes(1 << 20))


def release_reserve(folder: Path) -> None:
    (folder / RESERVE).unlink(missing_ok=True)
