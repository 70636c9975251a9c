"""A hand-in is opened again, by order of the chief examiner: pressed too early, or by somebody who had no right to.

Before: the candidate handed in, and the session is not closed. After: the terminal goes on from the record; the seat's
clock has run on, so that time that was lost is given back beside it, where it should be.
"""

from bank.refused import Denied
from examd.chief.messages import Order
from examd.holders import Holder
from examd.record.entries import Kind
from examd.site.chief import Chief, chief_of
from examd.site.replies import SeatStatus
from examd.site.staff_client import StaffClient


async def reopen_hand_in(
    client: StaffClient, chief: Chief | Holder, admission_no: str, reason: str, minutes: int
) -> SeatStatus:
    """The seat as it was. Raises Denied: nobody with that number has handed in; and the server's refusal."""
    status = await client.status()
    seat = next((each for each in status.seats if each.admission_no == admission_no), None)
    if seat is None or seat.hand_in < 0:
        raise Denied("not-handed-in", admission_no=admission_no)
    order = Order(Kind.REOPEN, {"c": seat.c, "hand_in": seat.hand_in, "reason": reason.strip()})
    (signature,) = await chief_of(chief).order(client, status.package_id, [order])
    await client.command(
        "reopen", admission_no=admission_no, hand_in=seat.hand_in, reason=reason.strip(), ms=minutes * 60_000,
        signature=signature,
    )  # fmt: skip
    return seat
