"""The only reader of time in `bank`. Others wait (sockets, `time.sleep`): what that reads decides nothing.

Acts are stated in UTC, so that two machines say the same. A *day* is the day of the office, wherever the machine is
and whatever its zone: what ends today ends at midnight in Beijing, and not eight hours later. Whoever opens a bank for
hours counts seconds that no change of the wall clock moves.
"""

import time
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

OFFICE = ZoneInfo("Asia/Shanghai")
"""The zone of every bureau and site: a rule of the office, and no setting of a machine."""


def now() -> str:
    """The time as acts state it: RFC 3339, UTC, whole seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def today() -> date:
    """The office's day: of permissions, periods, provisions and sessions, where nobody names another."""
    return datetime.now(OFFICE).date()


def day_of(at: str) -> str:
    """The office's day (YYYY-MM-DD) at the time that an act states (RFC 3339). What states no such time, as another
    body's statement might, is taken as it stands."""
    try:
        return datetime.fromisoformat(at).astimezone(OFFICE).date().isoformat()
    except (ValueError, OverflowError):
        return at[:10]


def time_of(at: str) -> str:
    """The office's day and minute (YYYY-MM-DD HH:MM) at the time that an act states; as it stands where it is none."""
    try:
        return datetime.fromisoformat(at).astimezone(OFFICE).strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError):
        return at[:16]


def office_time(seconds: int) -> str:
    """Of a time in seconds since 1970: day and minute by the office's clock (YYYY-MM-DD HH:MM)."""
    return datetime.fromtimestamp(seconds, OFFICE).strftime("%Y-%m-%d %H:%M")


def wall_clock() -> int:
    """Seconds since 1970, as the journal states them."""
    return int(time.time())


def since_boot() -> float:
    """Seconds that no change of the wall clock moves; where the system counts them, those asleep included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()
