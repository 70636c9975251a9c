"""Opening a session: the server checks the package, the chief examiner unlocks it with release code 1, and co-signs.

Before: a package from the bureau, staff signed in (`examd.site.staff_client`). After: the hall is open; `start`.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from bank.seal import codes
from examd.holders import Holder
from examd.package import layout
from examd.package import open as opening
from examd.package.layout import Session
from examd.site.replies import Opened, Prepared, RuleTold
from examd.site.staff_client import StaffClient


@dataclass(frozen=True, slots=True)
class ToOpen:
    """What the server has checked, for whoever is about to give code 1."""

    session: Session
    rule: RuleTold
    room_commit: str
    """The room's commitment to its share of the seed (hex): code 1 is given for it, and for no other."""


@dataclass(frozen=True, slots=True)
class Opening:
    opened: Opened
    room_commit: str
    """The room's share of the seed, as it was committed to before code 1 was given."""
    rule: RuleTold


async def open_session(
    client: StaffClient,
    package: Path,
    chief: Holder,
    code_1: str | Callable[[ToOpen], Awaitable[str]],
    *,
    one_holder: bool,
    stated_date: str = "",
) -> Opening:
    """Prepare, unlock, open, co-sign; a failed attempt may be repeated. `code_1` may be who is asked for it: whatever
    is wrong with the package is said before. `one_holder`: the chief examiner's key is used where the server runs.
    `stated_date`: today (YYYY-MM-DD), where the server's clock is wrong.

    Raises the server's refusal, and Denied where key or code do not fit.
    """
    dated = {"date": stated_date} if stated_date else {}
    prepared = await client.ask("prepare", Prepared, package=str(package.resolve()), **dated)
    if not isinstance(code_1, str):
        code_1 = await code_1(ToOpen(layout.manifest_in(package)[0].session, prepared.rule, prepared.room_commit))
    code = codes.code_identity(code_1, prepared.package_id, 1)
    roster = opening.unlock(opening.decode_lock(prepared.roster_lock), layout.ROSTER, chief.identity, None)
    items = opening.unlock(opening.decode_lock(prepared.items_lock), layout.ITEMS, chief.identity, code)
    opened = await client.ask(
        "open", Opened,
        roster_identity=roster.text, items_identity=items.text, chief=chief.card.name, one_holder=one_holder,
    )  # fmt: skip
    await client.cosign(opened, chief)
    return Opening(opened, prepared.room_commit, prepared.rule)
