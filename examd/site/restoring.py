"""Answers that the server acknowledged and lost, admitted from the terminal's journal by order of the chief examiner.

Before: a terminal said that the record does not hold what it acknowledged (a disk was put back), and its journal was
brought. After: the answers named in the order count, unless the candidate answers the item anew.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bank.canonical import canonical
from bank.refused import Denied
from examd.chief.messages import Order
from examd.holders import Holder
from examd.record import orders
from examd.record.entries import Kind
from examd.site.chief import Chief, chief_of
from examd.site.journals import Journal
from examd.site.staff_client import StaffClient


class Given(msgspec.Struct, frozen=True):
    """An answer in the record."""

    seq: int
    slot: int
    choice: tuple[int, ...]
    used_ms: int


class Held(msgspec.Struct, frozen=True):
    """To `held`: what the record has of one candidate's answers."""

    c: int
    package_id: str
    name: str
    acts: tuple[Given, ...]
    keys: tuple[str, ...]
    """Signing keys of the terminals that the record names."""


@dataclass(frozen=True, slots=True)
class Restoring:
    """What the journal proves beyond the record, for whoever decides."""

    name: str
    terminal: str
    known: bool
    """The journal's machine is one of those that the record names."""
    answers: tuple[orders.Restored, ...]


async def restore_answers(
    client: StaffClient, chief: Chief | Holder, path: Path, reason: str, confirm: Callable[[Restoring], Awaitable[None]]
) -> Restoring:
    """Admits those answers of the journal that the server had acknowledged and its record does not hold.

    Raises Denied: the journal is another session's, or proves nothing beyond the record; and the server's refusal.
    """
    journal = Journal.read(path)
    held = await client.ask("held", Held, admission_no=journal.sat.admission_no)
    if journal.sat.package_id != held.package_id or journal.sat.c != held.c:
        raise Denied("journal-of-another", file=path.name)
    answers = _lost(journal, held)
    if not answers:
        raise Denied("journal-proves-nothing", file=path.name)
    found = Restoring(held.name, journal.sat.terminal, journal.sat.sign in held.keys, answers)
    await confirm(found)
    order = orders.Restore(held.c, answers, journal.sha256, reason.strip())
    (signature,) = await chief_of(chief).order(client, held.package_id, [Order(Kind.RESTORE, dict(order.words))])
    signed = canonical(msgspec.to_builtins(msgspec.structs.replace(order, sig=signature))).decode()
    await client.command("restore", order=signed)
    return found


def _lost(journal: Journal, held: Held) -> tuple[orders.Restored, ...]:
    """From where record and journal part: what was acknowledged here, of items that were not answered anew since."""
    record = {each.seq: each for each in held.acts}
    parts = [
        seq
        for seq, act in journal.acknowledged.items()
        if (there := record.get(seq)) is None
        or (there.slot, there.choice, there.used_ms) != (act.slot, act.choice, act.used_ms)
    ]
    first = min(parts, default=0)
    anew = {each.slot for each in held.acts if first and each.seq >= first}
    lost = {act.slot: act.choice for seq, act in sorted(journal.acknowledged.items()) if first and seq >= first}
    return tuple(orders.Restored(slot, choice) for slot, choice in sorted(lost.items()) if slot not in anew)
