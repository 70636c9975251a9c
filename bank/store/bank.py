"""A bank is a folder of two files: `bank.db`, a Vault under a random 256-bit key, and `bank.key`, that key sealed to
the keyholder's passphrase. Changing the passphrase rewrites the small file; the items never move.

Before: `bank.vault`. After: whoever works in a bank; `bank.custody` rebuilds its key from shares.
"""

import secrets
from pathlib import Path

from bank.durable import make_folder, store_errors, write_new
from bank.refused import BadFile, BrokenStore, Denied
from bank.seal import passphrase as sealing
from bank.store import acts
from bank.store.calibrations import Measured
from bank.store.exposure import ExposureRecord
from bank.store.media import Media
from bank.store.migration import migrate
from bank.store.provisions import Provisions
from bank.store.signing import Signing
from bank.store.slices import Slices
from bank.store.submissions import HandedIn
from bank.store.tables import PRACTICE, SAMPLE, SCHEMA, VERSION
from bank.vault import KEY_BYTES, Vault

DATABASE, KEY_FILE = "bank.db", "bank.key"
APPLICATION, PURPOSE = "bank", "bank-key"


class Bank(Signing, HandedIn, Slices, ExposureRecord, Media, Measured, Provisions):
    """An open bank: all that its parts do. Whoever needs one part asks for that one by its type.

    One process at a time holds it; close it, or use it in a `with`.
    """

    @classmethod
    def create(cls, directory: Path, passphrase: str, *, sample: bool = False, practice: bool = False) -> "Bank":
        """An empty bank in a new or empty place; the folder is made where it is missing.

        A bank of samples takes items without review and serves no session but drills; it stays one for ever.
        So does a bank that candidates practise from (应知应会): no confidential item enters it (`bank.lending.slices`).
        """
        sealing.check_passphrase(passphrase)
        with store_errors(directory.name, taken=BadFile("bank-not-a-folder", file=directory.name)):
            make_folder(directory, private=True)
        database, key_file = directory / DATABASE, directory / KEY_FILE
        if database.exists() or key_file.exists():
            raise Denied("bank-exists", file=directory.name)
        key = secrets.token_bytes(KEY_BYTES)
        # The key first, on the disk: a vault whose key was lost in a power cut could never be opened.
        with store_errors(KEY_FILE):
            write_new(key_file, sealing.seal(key, passphrase, PURPOSE), private=True)
        try:
            vault = Vault.create(
                database,
                key,
                application=APPLICATION,
                version=VERSION,
                schema=SCHEMA + (SAMPLE if sample else "") + (PRACTICE if practice else ""),
                wipe_memory=False,
            )
        except BaseException:
            key_file.unlink(missing_ok=True)
            raise
        with vault.transaction() as connection:
            kind = " ".join(word for word, is_so in (("sample", sample), ("practice", practice)) if is_so)
            acts.chain(connection, [(None, acts.CREATE, "", acts.now(), kind, b"")])
        return cls(directory, vault)

    @classmethod
    def open(cls, directory: Path, passphrase: str) -> "Bank":
        try:
            with (directory / KEY_FILE).open("rb") as stream:
                sealed = stream.read(sealing.LARGEST_FILE + 1)
        except (FileNotFoundError, NotADirectoryError):
            raise BadFile("bank-missing", file=directory.name) from None
        except OSError as error:
            raise BrokenStore("store-io", file=KEY_FILE, error=error.strerror) from None
        key = sealing.unseal(sealed, passphrase, PURPOSE, file=KEY_FILE)
        # One command, one process: its pages die with it. Wiping each of them made an import of 20,000 rows 8 s of 4.
        return cls.open_with_key(directory, key, wipe_memory=False)

    @classmethod
    def open_with_key(cls, directory: Path, key: bytes, *, wipe_memory: bool = True) -> "Bank":
        """For `bank.custody`, which rebuilds the key from its holders' shares. Brings an older bank to this version."""
        path = directory / DATABASE
        vault = Vault.open(
            path, key, application=APPLICATION, version=VERSION, migrate=migrate, wipe_memory=wipe_memory
        )
        return cls(directory, vault)

    def close(self) -> None:
        self.vault.close()

    def __enter__(self) -> "Bank":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
