"""An encrypted copy of a shared bank, signed by the opening that made it; and the way back.

A copy made while the bank is open lacks what comes after it, the closing at least, and so is an older one as soon as
the bank is closed. Therefore the closing writes one that ends where the bank ends, and brings those of its opening up
to date where they can be reached: an ordinary backup is the newest.

Before: `bank.custody.opening` decides that a copy is made. After: its holders open what was restored.
"""

import contextlib
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bank.custody.holders import CUSTODY
from bank.custody.positions import Position
from bank.durable import copy_new, empty_folder, sha256, sync_directory, write_atomically
from bank.journal import NAME as JOURNAL
from bank.journal import OPENED, Journal
from bank.refused import BadFile, Denied
from bank.seal import statements
from bank.store import DATABASE, Bank

KIND, BACKUP = "examd-bank-backup-1", "backup.json"
KEPT = 3
"""Copies that closings leave beside the bank: the last ones."""


def write(out: Path, bank: Bank, position: Position, at: int, session: Ed25519PrivateKey) -> None:
    """Bank and journal as they now are; no share is among them."""
    bank.vault.copy(out / DATABASE)
    for name in (CUSTODY, JOURNAL):
        write_atomically(out / name, (bank.directory / name).read_bytes(), private=True)
    digests = {name: sha256(out / name) for name in (DATABASE, CUSTODY, JOURNAL)}
    statement = {"at": at, "bank": bank.vault.name, "files": digests, **position.to_json()}
    write_atomically(out / BACKUP, statements.sign({"type": KIND, **statement}, session), private=True)


def standing(directory: Path) -> Path:
    """Where closing leaves a copy if nobody says where: beside the bank, on the same disk."""
    return directory.with_name(f"{directory.name}-backups")


def renew(out: Path, bank: Bank, position: Position, at: int, session: Ed25519PrivateKey) -> None:
    """The copy in `out`, which this opening made, as the bank now is; the old one stays until the new one is whole.

    Raises BadFile: when there is none of this opening any more.
    """
    try:
        statements.verify((out / BACKUP).read_bytes(), statements.public_hex(session), name=BACKUP)
    except (OSError, ValueError, Denied):
        raise BadFile("backup-missing", file=str(out)) from None
    new, old = out.with_name(f"{out.name}.new"), out.with_name(f"{out.name}.old")
    empty_folder(new)
    write(new, bank, position, at, session)
    out.replace(old)
    new.replace(out)
    sync_directory(out.parent)
    _remove(old)


def keep_newest(place: Path, bank: str) -> None:
    """Of the copies of this bank that closings left in `place` all but the newest few go."""
    found = []
    for folder in place.iterdir():
        with contextlib.suppress(OSError, BadFile, KeyError, TypeError):
            signed = statements.read((folder / BACKUP).read_bytes(), KIND, name=BACKUP)
            if signed["bank"] == bank and folder.name == _name(signed["epoch"], signed["n"]):
                found.append(((signed["epoch"], signed["n"]), folder))
    for _place, folder in sorted(found)[:-KEPT]:
        _remove(folder)


def in_standing(directory: Path, position: Position) -> Path:
    """The folder of a closing's copy."""
    return standing(directory) / _name(position.epoch, position.n)


def _name(epoch: int, n: int) -> str:
    return f"{epoch}-{n}"


def _remove(folder: Path) -> None:
    """A copy and nothing else: a folder that holds anything besides stays."""
    for name in (BACKUP, DATABASE, CUSTODY, JOURNAL):
        (folder / name).unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        folder.rmdir()


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
