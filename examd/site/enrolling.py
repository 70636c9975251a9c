"""Enrolling the room's terminals: staff begin, walk through the room with a short code, and confirm who came.

Before: `examd.site.serving`; each machine shows its pairing screen (`terminal.screens.pair`). After: sessions, whose
candidates sign in at these terminals and at no other.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from examd.site.replies import EnrolledTerminals, PairingBegun, RoomTerminals, WaitingTerminal
from examd.site.staff_client import StaffClient

LOOK_S = 0.5


async def enrol_terminals(
    client: StaffClient,
    begun: Callable[[PairingBegun], None],
    came: Callable[[WaitingTerminal], None],
    enough: Callable[[Sequence[WaitingTerminal]], bool],
    confirm: Callable[[Sequence[WaitingTerminal]], Awaitable[Sequence[WaitingTerminal]]],
) -> EnrolledTerminals:
    """Pairs until there are enough, or the code's life is over, and enrols whom `confirm` chooses of those that came.

    `begun` is told the code, `came` each machine as it arrives. Raises the server's refusal.
    """
    begun(await client.ask("pair", PairingBegun))
    seen: set[str] = set()
    while True:
        room = await client.ask("terminals", RoomTerminals)
        for each in room.waiting:
            if each.id not in seen:
                seen.add(each.id)
                came(each)
        if enough(room.waiting) or not room.pairing_s:
            break
        await asyncio.sleep(LOOK_S)
    chosen = await confirm(room.waiting)
    return await client.ask("enrol", EnrolledTerminals, ids=[each.id for each in chosen])
