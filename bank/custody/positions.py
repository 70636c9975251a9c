"""How far a copy of the bank has come, as its journal, its vault and the witnesses outside know it.

A copy that was put back. Vault and journal each know the other's position, so one put back alone is refused. Both put
back together look whole from within; therefore every opening and closing leaves its position outside as well, beside
each share it used (a stick that the holder takes along) and in this user's own files, and prints it. An older copy
meets a newer position and is refused by name, until its holders accept the loss in writing. Not seen: a copy whose
every witness was put back with it; and a vault put back to just before the last entry, which looks like a power cut.

Before: `bank.journal`. After: `bank.custody.opening` asks for losses before it opens.
"""

import contextlib
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bank.canonical import canonical, spoken
from bank.durable import make_folder, write_atomically
from bank.journal import OPENED, Journal
from bank.refused import BadFile, Denied, Refused
from bank.store import Bank


@dataclass(frozen=True, slots=True)
class Position:
    epoch: int
    """Grows when holders accept a loss: whatever was written in an earlier epoch is older than all of this one."""
    n: int
    head: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def place(self) -> str:
        """Which of two is the newer shows already here: the epoch counts first."""
        return f"{self.epoch}-{self.n}"

    @property
    def spoken(self) -> str:
        return f"{self.place}  {spoken(self.head or '0')}"


def position_of(journal: Journal) -> Position:
    epochs = [line.entry.facts.get("epoch", 0) for line in journal.lines if line.entry.act == OPENED]
    return Position(epochs[-1] if epochs else 0, journal.n, journal.head)


def witness_file(directory: Path, bank: str) -> Path:
    return directory / f"seen-{bank[:12]}.json"


def own_witness(bank: str) -> Path:
    """In the user's own files on this machine, away from the bank's folder."""
    state = os.environ.get("XDG_STATE_HOME") or os.environ.get("LOCALAPPDATA")
    return witness_file((Path(state) if state else Path.home() / ".local" / "state") / "examd", bank)


def losses(journal: Journal, vault: Position | None, witnesses: Iterable[Path], bank: str) -> list[Refused]:
    """Everything that says this copy is not the newest: one refusal each."""
    here = position_of(journal)
    found: list[Refused] = []
    if vault is not None:
        # One entry ahead of the vault is what a power cut leaves: the entry is written first.
        if vault.n > here.n:
            found.append(Denied("journal-behind", found=here.n, expected=vault.n))
        elif vault.n and journal.lines[vault.n - 1].entry.hash != vault.head:
            found.append(Denied("journal-other", n=vault.n))
        elif here.n - vault.n > 1:
            found.append(Denied("vault-behind", found=vault.n, expected=here.n))
    elif here.n > 1:
        found.append(Denied("vault-behind", found=0, expected=here.n))
    for path in witnesses:
        seen = read_witness(path, bank)
        if seen is None or seen.epoch < here.epoch:
            continue
        if (seen.epoch, seen.n) > (here.epoch, here.n):
            found.append(Denied("bank-copy-older", seen=seen.place, found=here.place, where=str(path.parent)))
        elif seen.n and journal.lines[seen.n - 1].entry.hash != seen.head:
            found.append(Denied("bank-copy-other", n=seen.place, where=str(path.parent)))
    return found


def read_witness(path: Path, bank: str) -> Position | None:
    """The position that was left there; None where there is none for this bank.

    Raises BadFile: when it cannot be read.
    """
    try:
        record = json.loads(path.read_bytes())
        if record.pop("bank") != bank:
            return None
        position = Position(**record)
        if type(position.epoch) is not int or type(position.n) is not int or position.n < 0:
            raise ValueError
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        raise BadFile("seen-malformed", file=str(path)) from None  # passing over it would be the way around it
    return position


def leave_witnesses(paths: Iterable[Path], bank: str, position: Position) -> list[Path]:
    """The position, at each place outside; those that could be written. A stick that was taken away is no fault."""
    written = []
    data = canonical({"bank": bank, **position.to_json()})
    for path in paths:
        with contextlib.suppress(OSError):
            make_folder(path.parent, private=True)
            write_atomically(path, data, private=True)
            written.append(path)
    return written


def noted_in_vault(bank: Bank) -> Position | None:
    noted = bank.meta.journal_position()
    return Position(**json.loads(noted)) if noted else None


def note_in_vault(bank: Bank, position: Position) -> None:
    bank.meta.note_journal_position(canonical(position.to_json()).decode())
