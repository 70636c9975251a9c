"""Checkpoints between opening and closing: the chief examiner co-signs every few minutes, so that nothing before the
last one can be written anew.

Before: `examd.site.opening`. After: `checkpoints.txt`; `tools/verify` looks for the gaps between them.
"""

import asyncio
from collections.abc import Callable

from examd.holders import Holder
from examd.site.chief import Chief, chief_of
from examd.site.replies import Checkpoint, Status
from examd.site.staff_client import StaffClient

TENDED = ("prepared", "open", "started")
"""Phases of a session in which there is something to co-sign that no closing has covered yet."""
UNSAID_S = 300
"""Between two, where the session does not say."""
LOOK_S = 10
"""How soon a closing is noticed."""


async def cosign_now(client: StaffClient, chief: Chief | Holder) -> Status:
    """Has a checkpoint of this moment co-signed. The room as it is afterwards."""
    await chief_of(chief).cosign(client, await client.ask("checkpoint", Checkpoint))
    return await client.status()


async def keep_cosigning(
    client: StaffClient, chief: Chief | Holder, every_s: int | None, tell: Callable[[Status], None]
) -> Status:
    """Until the session is closed: every so many seconds, as often as the session promised where that is None. `tell`
    hears of each. The room as it is in the end."""
    while (status := await client.status()).phase in TENDED:
        tell(await cosign_now(client, chief))
        left_s = every_s or status.cosign_s or UNSAID_S
        while left_s > 0 and (await client.status()).phase in TENDED:
            await asyncio.sleep(min(LOOK_S, left_s))
            left_s -= LOOK_S
    return status
