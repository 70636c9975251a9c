"""A new bank that was never anybody's alone: made and handed to its keyholders before it stands in its place.

It is made beside, under a passphrase that nobody hears of, and given to them as any bank is (`hand_over`): whatever is
proved there is proved here. Then the folder takes its name. What a broken-off founding leaves holds nothing, and goes
with the next one.

Before: keyholders with new passphrases. After: `bank.custody.opening`; `bank.custody.sticks` takes the shares away.
"""

import secrets
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from bank.clock import wall_clock
from bank.custody.handing_over import HandedOver, check_names, check_unlike, hand_over
from bank.custody.holders import SHARES
from bank.custody.opening import Clock
from bank.durable import make_folder, store_errors, sync_directory
from bank.refused import Denied
from bank.seal.shares import check_policy
from bank.store import Bank


def found(
    directory: Path, names: Sequence[str], need: int, ask: Callable[[str], str], *, clock: Clock = wall_clock
) -> HandedOver:
    """An empty bank in the hands of these, `need` of whom open it. `ask`: the new passphrase of the holder so named.

    Whatever can be refused is refused before anybody is asked.

    Raises Denied: when something is in the folder already, or two have one passphrase.
    """
    check_policy(need, len(names))
    check_names(list(names))
    with store_errors(directory.name):
        if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
            raise Denied("bank-exists", file=directory.name)
    people: list[tuple[str, str]] = []
    for name in names:
        people.append((name, ask(name)))
        check_unlike(people)
    beside = directory.with_name(f".{directory.name}.founding")
    with store_errors(directory.name):
        make_folder(directory.parent)
        if beside.exists():
            shutil.rmtree(beside)
    bank = Bank.create(beside, secrets.token_urlsafe(32))
    done = hand_over(bank, people, need, reason="found", clock=clock)
    with store_errors(directory.name):
        if directory.exists():
            directory.rmdir()
        beside.rename(directory)
        sync_directory(directory.parent)
    return replace(done, files=tuple(directory / SHARES / file.name for file in done.files))
