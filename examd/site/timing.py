"""Clocks stopped, let run again, time given: beyond the rule's bounds by the chief examiner's signed order.

Before: somebody at the room's console gives a reason. After: `examd.delivery.commands.sitting` enters it.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bank.refused import BadFile, Denied
from examd.chief.messages import Order
from examd.holders import Holder
from examd.protocol.messages import Fact
from examd.record import orders
from examd.record.entries import Kind
from examd.site.chief import Chief, chief_of
from examd.site.staff_client import StaffClient


@dataclass(frozen=True, slots=True)
class BeyondTheRule:
    """What the chief examiner is asked to order: so many minutes in all for the candidate with most of them."""

    minutes: int
    most: int
    """What the rule allows."""


Ask = Callable[[BeyondTheRule], Awaitable[Chief | Holder | None]]


async def change_time(client: StaffClient, kind: Kind, reason: str, ask: Ask, *, ms: int = 0, **which: Fact) -> None:
    """Gives the command. `kind`: PAUSE, RESUME or ADD_TIME (of `ms`); `which`: seat or admission_no, the room where
    neither is named; `ask`: for the chief examiner where the rule's bounds are passed, None where nobody orders.

    Raises the server's refusal: "order-needed" where it goes beyond the rule. Raises BadFile: when the server asks for
    an order upon something else.
    """
    act = {Kind.PAUSE: "pause", Kind.RESUME: "resume", Kind.ADD_TIME: "add-time"}[kind]
    facts: dict[str, Fact] = {"reason": reason.strip(), **which} | ({"ms": ms} if kind is Kind.ADD_TIME else {})
    try:
        await client.command(act, **facts)
    except Denied as denied:
        if denied.code != "order-needed":
            raise
        chief = await ask(BeyondTheRule(denied.facts["minutes"], denied.facts["most"]))
        if chief is None:
            raise
        words: orders.Words = json.loads(denied.facts["order"])
        if words["reason"] != facts["reason"] or words.get("ms", ms) != ms:
            raise BadFile("order-upon-another") from None
        package_id = (await client.status()).package_id
        (signature,) = await chief_of(chief).order(client, package_id, [Order(kind, dict(words))])
        await client.command(act, signature=signature, **facts)
