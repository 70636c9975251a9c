"""What keyholders do with their bank: share it, renew its key, open it for some hours, close it, ask how it stands.

Whatever can be refused is refused before anybody types a passphrase. Nothing here asks a person: who calls says how.

Before: `bank.custody` says who holds it. After: `examd bank share|rekey|replace-holder|open|close|status`.
"""

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from bank.agent.frames import No
from bank.agent.process import start
from bank.agent.remote import absence, connect
from bank.custody import (
    Copied,
    Custody,
    HandedOver,
    Holder,
    Offered,
    Opening,
    Position,
    hand_over,
    is_shared,
    position_of,
)
from bank.custody import found as custody_of_new
from bank.custody.handing_over import check_names, check_people
from bank.custody.holders import handed_over_unsettled
from bank.hardening import harden
from bank.journal import CLOSED, Journal
from bank.refused import BrokenStore, Denied
from bank.seal.shares import check_policy
from bank.store import DATABASE, Bank
from bank.vault import held_by

Present = Callable[[Custody, Sequence[Holder] | None], Sequence[tuple[Offered, str]]]
"""Asks these holders, or else whoever of them is here, for share and passphrase."""
NewPassphrase = Callable[[str], str]
"""Asks the holder of that name for a new passphrase."""


def require_closed(directory: Path, refusal: Denied) -> None:
    """That nobody has the bank open. Raises Denied: `refusal` where this user has, or because it is out of reach."""
    if (remote := connect(directory)) is not None:
        remote.close()
        raise refusal
    if (why := absence(directory)).code == "agent-out-of-reach":
        raise why


def share(
    directory: Path,
    names: Sequence[str],
    need: int,
    open_bank: Callable[[], Bank],
    ask: NewPassphrase,
    shares_in: Path | None = None,
) -> HandedOver:
    """Gives a bank of a single passphrase to holders of these names, `need` of whom open it.

    Raises Denied: when it is in shares already.
    """
    if is_shared(directory):
        raise Denied("bank-is-shared", file=directory.name)
    check_policy(need, len(names))
    check_names(names)
    harden()
    bank = open_bank()
    try:
        people = [(name, ask(name)) for name in names]
    except BaseException:
        bank.close()
        raise
    return hand_over(bank, people, need, reason="share", shares_in=shares_in)


def found(directory: Path, names: Sequence[str], need: int, ask: NewPassphrase) -> HandedOver:
    """A new bank in the hands of holders of these names from the start (`bank.custody.founding`)."""
    harden()
    return custody_of_new(directory, names, need, ask)


def renew(
    directory: Path,
    present: Present,
    ask: NewPassphrase,
    *,
    replace: tuple[str, str] | None = None,
    accept_loss: str = "",
    shares_in: Path | None = None,
) -> HandedOver:
    """A new key for the same holders, or with one replaced: who leaves (name or number), and the name of who comes.

    All who stay open their old share, and the new one is sealed to the passphrase that did it.
    """
    custody = Custody.read(directory)
    leaves, comes = (custody.holder(replace[0]), replace[1]) if replace else (None, "")
    require_closed(directory, Denied("bank-open-now", file=directory.name))
    harden()
    staying = [holder for holder in custody.holders if holder != leaves]
    if leaves is not None:
        check_names([*(holder.name for holder in staying), comes])
    here = present(custody, staying)
    by_index = {each.head.index: (each.head.holder, passphrase) for each, passphrase in here}
    if leaves is not None:
        by_index[leaves.index] = (comes, ask(comes))
    people = [by_index[index] for index in sorted(by_index)]
    check_people(people, custody.need)
    opening = Opening.begin(directory, here, hours=1, limit=0, accept_loss=accept_loss)
    reason = "rekey" if leaves is None else "replace-holder"
    return hand_over(opening, people, custody.need, reason=reason, shares_in=shares_in)


def open_shared(directory: Path, present: Present, *, hours: int, limit: int, accept_loss: str = "") -> dict[str, Any]:
    """Starts the agent that keeps the bank open; its status. Raises Denied: when the bank is open already."""
    custody = Custody.read(directory)
    require_closed(directory, Denied("agent-already"))
    harden()
    here = [(each.path, passphrase) for each, passphrase in present(custody, None)]
    return start(directory, here, hours=hours, limit=limit, accept_loss=accept_loss)


@dataclass(frozen=True, slots=True)
class Closed:
    keys_out: int
    """Of how many items the answer keys left in this opening."""
    position: Position
    backups: tuple[Copied, ...]
    """The copies that the closing wrote, or did not."""


def close_shared(directory: Path, backup: Path | None = None) -> Closed | Denied:
    """Ends the agent; where there was none, why not. `backup`: where its copy goes, if not beside the bank.

    Raises Denied: when the agent is out of reach. Raises BrokenStore: when it does not write that it closed.
    """
    remote = connect(directory, "bank close")
    if remote is None:
        why = absence(directory)
        if why.code == "agent-out-of-reach":
            raise why
        return why
    with remote:
        status = remote.close_agent(backup)
    copies = tuple(
        Copied(each["place"], None if each["no"] is None else msgspec.convert(each["no"], No).refusal())
        for each in status["backups"]
    )
    for _attempt in range(100):
        journal = Journal.read(directory)
        if journal.lines and journal.lines[-1].entry.act == CLOSED and held_by(directory / DATABASE) is None:
            return Closed(status["keys_out"], position_of(journal), copies)
        time.sleep(0.1)
    raise BrokenStore("agent-did-not-close", pid=status["pid"])


@dataclass(frozen=True, slots=True)
class Standing:
    custody: Custody
    position: Position
    unsettled: bool
    """A handing over was broken off after the new key came into force."""
    status: dict[str, Any] | None
    """Of the agent, where it is open."""
    why: Denied | None
    """It is not."""


def standing(directory: Path) -> Standing:
    """Who holds the bank, how far it has come, and whether it is open. Needs no passphrase."""
    custody = Custody.read(directory)
    status: dict[str, Any] | None = None
    if (remote := connect(directory, "bank status")) is not None:
        with remote, contextlib.suppress(Exception):
            status = remote.status()
    why = absence(directory) if status is None else None
    return Standing(custody, position_of(Journal.read(directory)), handed_over_unsettled(directory), status, why)
