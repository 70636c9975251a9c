"""Opening a session: the server checks the package, the chief examiner and release code 1 unlock it; they co-sign.

Before: a package from the bureau, staff signed in (`examd.site.staff_client`). After: the hall is open; `start`.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from examd.holders import Holder
from examd.package import layout
from examd.package.layout import Session
from examd.protocol.messages import Fact
from examd.site.chief import Chief, chief_of
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
    chief: Chief | Holder,
    code_1: str | Callable[[ToOpen], Awaitable[str]],
    *,
    one_holder: bool = True,
    cosign_minutes: int | None = None,
    stated_date: str = "",
) -> Opening:
    """Prepare, unlock, open, co-sign; a failed attempt may be repeated. `code_1` may be who is asked for it: whatever
    is wrong with the package is said before. `one_holder`: the chief examiner's key, where that is given, is used
    where the server runs. `cosign_minutes`: how often a checkpoint is to be co-signed while candidates sit.
    `stated_date`: today (YYYY-MM-DD), where the server's clock is wrong.

    Raises the server's refusal, the device's, and Denied where key or code do not fit.
    """
    by = chief_of(chief, one_holder=one_holder)
    dated = {"date": stated_date} if stated_date else {}
    prepared = await client.ask("prepare", Prepared, package=str(package.resolve()), **dated)
    await by.unlock(client, prepared)
    if not isinstance(code_1, str):
        code_1 = await code_1(ToOpen(layout.manifest_in(package)[0].session, prepared.rule, prepared.room_commit))
    facts: dict[str, Fact] = {} if cosign_minutes is None else {"cosign_s": cosign_minutes * 60}
    opened = await client.ask("open", Opened, **by.to_open(prepared, code_1), **facts)
    await by.cosign(client, opened)
    return Opening(opened, prepared.room_commit, prepared.rule)
