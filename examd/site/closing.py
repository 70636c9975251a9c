"""Closing a session: nothing enters its record afterwards, and the chief examiner co-signs where it ended.

Before: every seat has handed in, or is waived by name. After: the exported record; code 2 (`examd.bureau.closing`).
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from examd.holders import Holder
from examd.site.replies import Closed, SeatStatus
from examd.site.staff_client import StaffClient


@dataclass(frozen=True, slots=True)
class Waived:
    """A seat that has not handed in, and why the session closes without it."""

    seat: SeatStatus
    reason: str


@dataclass(frozen=True, slots=True)
class Closing:
    closed: Closed
    again: bool
    """It was closed before; this is the same closing."""
    waived: tuple[Waived, ...]
    needless: tuple[str, ...]
    """Whom one wanted to waive, and who had handed in or never signed in."""


async def close_session(
    client: StaffClient,
    chief: Holder,
    waive: Mapping[str, str],
    never_started: str = "",
    confirm: Callable[[Sequence[Waived]], Awaitable[None]] | None = None,
) -> Closing:
    """Closes, and co-signs the closing checkpoint. `waive`: admission number -> why; `never_started`: why a session
    closes that never started; `confirm` is shown whom this waives, and raises where that is not what was meant.

    Raises the server's refusal: such as one that names who has not handed in.
    """
    before = await client.status()
    again = before.phase == "closed"
    still = [seat for seat in before.seats if seat.phase != "handed-in" and not again]
    waived = tuple(Waived(seat, waive[seat.admission_no]) for seat in still if seat.admission_no in waive)
    if waived and confirm is not None:
        await confirm(waived)
    closed = await client.ask("close", Closed, waive=dict(waive), reason=never_started)
    await client.cosign(closed, chief)
    needless = set(waive) - {seat.admission_no for seat in still}
    return Closing(closed, again, waived, () if again else tuple(sorted(needless)))
