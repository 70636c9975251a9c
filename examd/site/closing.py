"""Closing a session: nothing enters its record afterwards, and the chief examiner co-signs where it ended.

Before: every seat has handed in, or is waived by name. After: the exported record; code 2 (`examd.bureau.closing`).
"""

from collections.abc import Collection
from dataclasses import dataclass

from examd.holders import Holder
from examd.site.replies import Closed
from examd.site.staff_client import StaffClient


@dataclass(frozen=True, slots=True)
class Closing:
    closed: Closed
    again: bool
    """It was closed before; this is the same closing."""
    needless: tuple[str, ...]
    """Whom one wanted to waive, and who had handed in or never signed in."""


async def close_session(client: StaffClient, chief: Holder, waive: Collection[str], reason: str) -> Closing:
    """Closes, and co-signs the closing checkpoint. `waive`: admission numbers; `reason` stands in the record.

    Raises the server's refusal: such as one that names who has not handed in.
    """
    before = await client.status()
    closed = await client.ask("close", Closed, waive=list(waive), reason=reason)
    await client.cosign(closed, chief)
    again = before.phase == "closed"
    still = {seat.admission_no for seat in before.seats if seat.phase != "handed-in"}
    return Closing(closed, again, () if again else tuple(sorted(set(waive) - still)))
