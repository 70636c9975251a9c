"""The only reader of time in `bank`. Others wait (sockets, `time.sleep`): what that reads decides nothing.

Days and acts are stated in UTC, so that two machines say the same; whoever opens a bank for hours counts seconds that
no change of the wall clock moves.
"""

import time
from datetime import UTC, date, datetime


def now() -> str:
    """The time as acts state it: RFC 3339, UTC, whole seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def today() -> date:
    """The day that permissions, periods and provisions are asked for, in UTC."""
    return datetime.now(UTC).date()


def wall_clock() -> int:
    """Seconds since 1970, as the journal states them."""
    return int(time.time())


def since_boot() -> float:
    """Seconds that no change of the wall clock moves; where the system counts them, those asleep included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()
