"""How many connections there may be: descriptors are raised as far as the system lets us, and shared out.

Before: `serve` raises them at its start. After: `door` keeps to the places.
"""

import contextlib
import sys
from dataclasses import dataclass

MOST_DESCRIPTORS = 1 << 17
KEPT = 96
"""Descriptors that no terminal gets: the record, the log, and `DESKS`."""
DESKS = 32
STRANGERS = 512
"""Connections in all that have not signed in: some 30 MB."""


def raise_limit() -> None:
    """As many descriptors as the system lets us have: with the usual 1,024 a room would end at a thousand seats."""
    if sys.platform == "win32":
        return
    import resource

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    wanted = MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, MOST_DESCRIPTORS)
    with contextlib.suppress(ValueError, OSError):  # a system that allows less than it says: `here` counts what is
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


@dataclass(frozen=True, slots=True)
class Places:
    """Connections in all, and how many of them may be strangers'."""

    all: int
    strangers: int

    @classmethod
    def here(cls) -> "Places":
        """What this process's descriptors allow."""
        if sys.platform == "win32":  # no such limit
            return cls.of(1 << 14)
        import resource

        return cls.of(resource.getrlimit(resource.RLIMIT_NOFILE)[0])

    @classmethod
    def of(cls, descriptors: int) -> "Places":
        room = max(8, descriptors - KEPT)
        return cls(room, min(STRANGERS, room // 4))
