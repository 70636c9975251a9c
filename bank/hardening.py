"""Keeping a process's memory to itself: no core dumps, no reading by other processes of the same user, no swap.

Before: `bank.agent` (answer keys), `examd.delivery` (a session's items). After: the system.
"""

import os
import sys


def harden(*, lock: bool = True) -> list[str]:
    """Keeps this process's memory to itself as far as the system lets it; what was achieved. `lock`: never swapped."""
    if os.name == "nt":
        return []
    import ctypes
    import resource

    achieved = []
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    achieved.append("no-core")
    if sys.platform == "linux":
        library = ctypes.CDLL(None, use_errno=True)
        if library.prctl(4, 0, 0, 0, 0) == 0:  # PR_SET_DUMPABLE: no ptrace, no /proc/PID/mem for the same user
            achieved.append("not-dumpable")
        # Where memory may be locked only in part, locking all of it would make later allocations fail.
        if (
            lock
            and resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] == resource.RLIM_INFINITY
            and library.mlockall(3) == 0
        ):
            achieved.append("locked")
    return achieved
