"""An act killed with SIGKILL's suddenness before each of its writes to the disk, one after the other."""

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path


def killed_before_each_write(folder: Path, act: Callable[[Path], object]) -> Iterator[Path]:
    """Yields, for each flush that `act` does, a copy of `folder` in which it was killed just before it."""
    number = 0
    while True:
        number += 1
        broken = folder.with_name(f"{folder.name}-{number}")
        shutil.copytree(folder, broken)
        if pid := os.fork():
            if not os.WIFSIGNALED(os.waitpid(pid, 0)[1]):
                return
            yield broken
            continue
        _die_at(number)
        try:
            act(broken)
        finally:
            os._exit(0)


def _die_at(number: int) -> None:
    flush, done = os.fsync, 0

    def fsync(handle: int) -> None:
        nonlocal done
        done += 1
        if done == number:
            os.kill(os.getpid(), signal.SIGKILL)
        flush(handle)

    os.fsync = fsync  # type: ignore[assignment]
