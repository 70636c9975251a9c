"""A handing over that a power cut broke off: finished by the next opening, or given up.

It happens in the moment in which the new database takes the old one's place; before, the old key is in force, after,
the new one (`bank.custody.holders.Custody.read`), whatever else of it is still to be written.

Before: `bank.custody.handing_over` writes what is to come, then swaps the databases. After: `bank.custody.opening`.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bank.custody.holders import CUSTODY, NEXT, NEXT_DATABASE, SHARES, Custody, handed_over_unsettled, next_document
from bank.durable import destroy, sync_directory, write_atomically
from bank.journal import Journal
from bank.store import KEY_FILE


@dataclass(frozen=True, slots=True)
class Pending:
    custody: Custody
    statement: bytes
    line: bytes

    @classmethod
    def read(cls, directory: Path) -> "Pending | None":
        """What was under way; None where nothing was."""
        try:
            document = next_document(directory)
        except FileNotFoundError:
            return None
        statement = document["custody"].encode()
        return cls(Custody.parse(statement, NEXT), statement, document["line"].encode())


def custody_of(directory: Path) -> tuple[Custody, Pending | None]:
    """The custody in force, and what is still to be written of its handing over."""
    return Custody.read(directory), Pending.read(directory) if handed_over_unsettled(directory) else None


def settle(directory: Path, journal: Journal, pending: Pending | None) -> None:
    """Called when the vault has opened: then a `pending` generation is in force, and any other was given up.

    Shares of the generation that is not in force go: those of before, with a copy of before, would open that copy.
    """
    if pending is not None:
        if journal.n == 0 or journal.lines[-1].entry.hash != _hash_of(pending.line, journal):
            journal.append(pending.line)
        write_atomically(directory / CUSTODY, pending.statement, private=True)
        destroy(directory / KEY_FILE)
        _destroy_shares(directory, lambda generation: generation < pending.custody.generation)
    elif (given_up := Pending.read(directory)) is not None:
        _destroy_shares(directory, lambda generation: generation == given_up.custody.generation)
    for leftover in (directory / NEXT, directory / NEXT_DATABASE):
        leftover.unlink(missing_ok=True)
    sync_directory(directory)


def _destroy_shares(directory: Path, which: Callable[[int], bool]) -> None:
    """Of these generations, in the bank's own folder; what holders carried away is theirs to destroy."""
    for path in (directory / SHARES).glob("share-*-*.json"):
        generation = path.name.split("-")[1]
        if generation.isdecimal() and which(int(generation)):  # by name: one half destroyed says nothing any more
            destroy(path)


def _hash_of(line: bytes, journal: Journal) -> str:
    entry = json.loads(line)["entry"]
    return type(journal.lines[-1].entry)(**entry).hash
