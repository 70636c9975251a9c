"""The only reader of time in `examd`. Others wait (asyncio, threads, aiohttp's heartbeat) or stamp log lines (logging);
what these read decides nothing and is in no file of ours.

CLOCK_BOOTTIME runs through suspend and cannot be set; the boot id tells two boots apart. The wall clock is advice:
it is written beside each entry and never decides anything (a site's clock may be years wrong).
"""

import sys
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import msgspec


class Instant(msgspec.Struct, frozen=True):
    boot: str
    """Boot id, hexadecimal."""
    mono_ms: int
    """Milliseconds of CLOCK_BOOTTIME within that boot."""
    wall_s: int


class Clock(Protocol):
    def now(self) -> Instant: ...


class SystemClock:
    def __init__(self) -> None:
        self._boot = _boot_id()
        # Linux has BOOTTIME; elsewhere the monotonic clock of Python already runs through suspend or is all there is.
        self._clock_id = getattr(time, "CLOCK_BOOTTIME", None)

    def now(self) -> Instant:
        mono_ns = time.clock_gettime_ns(self._clock_id) if self._clock_id is not None else time.monotonic_ns()
        return Instant(self._boot, mono_ns // 1_000_000, int(time.time()))


def utc_now() -> datetime:
    """The wall clock, for what people read: dates of certificates and of issuing."""
    return datetime.now(UTC)


def _boot_id() -> str:
    if sys.platform == "linux":
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip().replace("-", "")
    # Without a boot id every start counts as a reboot: the clock then falls back to the last tick, in the
    # candidates' favour by at most five seconds.
    return uuid.uuid4().hex
