"""An encrypted copy of a shared bank, signed by the opening that made it; and the way back.

Before: `bank.custody.opening` decides that a copy is made. After: its holders open what was restored.
"""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bank.custody.holders import CUSTODY
from bank.custody.positions import Position
from bank.durable import copy_new, empty_folder, sha256, write_atomically
from bank.journal import NAME as JOURNAL
from bank.journal import OPENED, Journal
from bank.refused import BadFile, Denied
from bank.seal import statements
from bank.store import DATABASE, Bank

KIND, BACKUP = "examd-bank-backup-1", "backup.json"


def write(out: Path, bank: Bank, position: Position, at: int, session: Ed25519PrivateKey) -> None:
    """Bank and journal as they now are; no share is among them."""
    bank.vault.copy(out / DATABASE)
    for name in (CUSTODY, JOURNAL):
        write_atomically(out / name, (bank.directory / name).read_bytes(), private=True)
    digests = {name: sha256(out / name) for name in (DATABASE, CUSTODY, JOURNAL)}
    statement = {"at": at, "bank": bank.vault.name, "files": digests, **position.to_json()}
    write_atomically(out / BACKUP, statements.sign({"type": KIND, **statement}, session), private=True)


def restore(backup: Path, directory: Path) -> Position:
    """The files of a backup in a new place, each checked. Whether it is too old shows when its holders open it.

    Raises BadFile: when there is no backup, or a file of it is not as it was. Raises Denied: when its journal is
    altered.
    """
    try:
        file = (backup / BACKUP).read_bytes()
    except OSError:
        raise BadFile("backup-missing", file=str(backup)) from None
    signed = statements.read(file, KIND, name=BACKUP)
    try:
        position = Position(signed["epoch"], signed["n"], signed["head"])
        digests = {name: str(signed["files"][name]) for name in (DATABASE, CUSTODY, JOURNAL)}
    except (KeyError, TypeError):
        raise BadFile("statement-malformed", file=BACKUP) from None
    for name, digest in digests.items():
        if not (backup / name).is_file() or sha256(backup / name) != digest:
            raise BadFile("backup-damaged", file=name)
    journal = Journal.read(backup)
    if (unsound := journal.unsound()) is not None:
        raise unsound
    sessions = [line.entry.facts["session"] for line in journal.lines if line.entry.act == OPENED]
    if not sessions:
        raise BadFile("backup-damaged", file=JOURNAL)
    try:
        statements.verify(file, str(sessions[-1]), name=BACKUP)
    except Denied:
        raise BadFile("backup-damaged", file=BACKUP) from None
    empty_folder(directory)
    for name, digest in digests.items():
        copy_new(backup / name, directory / name)
        if sha256(directory / name) != digest:  # a stick may read otherwise the second time
            raise BadFile("backup-damaged", file=name)
    return position
