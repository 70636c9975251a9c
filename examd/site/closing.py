"""Closing a session: nothing enters its record afterwards, and the chief examiner co-signs where it ended.

Before: every seat has handed in, or is waived by name; whose answers came after the deadline is decided upon by name.
After: the exported record; code 2 (`examd.bureau.closing`).
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import msgspec

from bank.canonical import canonical
from bank.durable import read_bytes
from examd.chief.messages import Order
from examd.holders import Holder
from examd.package import layout
from examd.record import notes, orders
from examd.record.entries import Kind
from examd.site.chief import Chief, chief_of
from examd.site.replies import Closed, SeatStatus
from examd.site.staff_client import StaffClient

EVERYBODY = "all"
"""In place of an admission number: all whose answers came late and who are not named. No number has small letters."""


@dataclass(frozen=True, slots=True)
class Waived:
    """A seat that has not handed in, and why the session closes without it."""

    seat: SeatStatus
    reason: str


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether late answers count, and why."""

    counts: bool
    reason: str


@dataclass(frozen=True, slots=True)
class DecidedLate:
    """What is decided upon one candidate's late answers."""

    seat: SeatStatus
    decision: Decision


@dataclass(frozen=True, slots=True)
class Closing:
    closed: Closed
    statement: str
    """SHA-256 (hex) of the closing checkpoint with both signatures: what the bureau is read, in short."""
    again: bool
    """It was closed before; this is the same closing."""
    waived: tuple[Waived, ...]
    late: tuple[DecidedLate, ...]
    needless: tuple[str, ...]
    """Whom one wanted to waive, and who had handed in or never signed in."""


Confirm = Callable[[Sequence[Waived], Sequence[DecidedLate]], Awaitable[None]]


async def close_session(
    client: StaffClient,
    chief: Chief | Holder,
    waive: Mapping[str, str],
    never_started: str = "",
    confirm: Confirm | None = None,
    late: Mapping[str, Decision] = MappingProxyType({}),
) -> Closing:
    """Closes, and co-signs the closing checkpoint. `waive`: admission number -> why; `late`: admission number, or
    EVERYBODY -> whether answers that came after the deadline count; `never_started`: why a session closes that never
    started; `confirm` is shown what this decides, and raises where that is not what was meant.

    Raises the server's refusal: such as one that names who has not handed in, or whose late answers are undecided.
    """
    before = await client.status()
    again = before.phase == "closed"
    still = [seat for seat in before.seats if seat.phase != "handed-in" and not again]
    waived = tuple(Waived(seat, waive[seat.admission_no]) for seat in still if seat.admission_no in waive)
    decided = tuple(
        DecidedLate(seat, decision)
        for seat in before.seats
        if seat.late and not again and (decision := late.get(seat.admission_no) or late.get(EVERYBODY)) is not None
    )
    if (waived or decided) and confirm is not None:
        await confirm(waived, decided)
    by, lates = chief_of(chief), [_late(each) for each in decided]
    signed = await by.order(client, before.package_id, [Order(Kind.LATE, each.words) for each in lates])
    ordered = {
        each.seat.admission_no: canonical(msgspec.to_builtins(msgspec.structs.replace(late, sig=sig))).decode()
        for each, late, sig in zip(decided, lates, signed, strict=True)
    }
    closed = await client.ask("close", Closed, waive=dict(waive), reason=never_started, late=ordered)
    await by.cosign(client, closed, closing=True)
    needless = set(waive) - {seat.admission_no for seat in still}
    statement = _statement(Path(closed.result))
    return Closing(closed, statement, again, waived, decided, () if again else tuple(sorted(needless)))


def _statement(result: Path) -> str:
    """Of the closing as it was exported, with the signatures that it bears."""
    manifest, _sha256 = layout.manifest_in(result / "package")
    notes_kept = read_bytes(result / "checkpoints.txt").decode().split(notes.SEPARATOR)
    keys = manifest.keys
    return notes.statement(notes.read(notes_kept[-1]), manifest.session.site_id, keys.site, keys.chief, notes.CLOSING)


def _late(each: DecidedLate) -> orders.Late:
    return orders.Late(each.seat.c, each.decision.counts, each.seat.late, each.decision.reason.strip())
