"""A bank is a folder of two files: `bank.db`, a Vault under a random 256-bit key, and `bank.key`, that key sealed to
the keyholder's passphrase. Changing the passphrase rewrites the small file; the items never move.

Before: `bank.vault`. After: whoever works in a bank; `bank.custody` rebuilds its key from shares.
"""

import secrets
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Self

from bank.authoring.people import Signer
from bank.clock import now
from bank.durable import founding, require_founded, store_errors, write_new
from bank.refused import BadFile, BrokenStore, Denied
from bank.seal import passphrase as sealing
from bank.store import acts
from bank.store.answer_keys import AnswerKeys
from bank.store.audit import Audit
from bank.store.authors import Authors
from bank.store.calibrations import Calibrations
from bank.store.catalogue import Catalogue
from bank.store.drafts import Drafts
from bank.store.exposure import ExposureRecord
from bank.store.history import History
from bank.store.items import Items
from bank.store.media import Media
from bank.store.meta import Meta
from bank.store.migration import migrate
from bank.store.near_duplicates import NearDuplicates
from bank.store.outgoing import Outgoing
from bank.store.owners import Owners
from bank.store.people import People
from bank.store.proof import Proof
from bank.store.provisions import Provisions
from bank.store.readings import Readings
from bank.store.reviews import Reviews
from bank.store.rules import Rules
from bank.store.slices import Slices
from bank.store.submissions import Submissions
from bank.store.tables import PRACTICE, SAMPLE, SCHEMA, VERSION
from bank.store.watermarks import Watermarks
from bank.vault import KEY_BYTES, Vault

DATABASE, KEY_FILE = "bank.db", "bank.key"
APPLICATION, PURPOSE = "bank", "bank-key"
_FOUNDED = (KEY_FILE, DATABASE, f"{DATABASE}-wal", f"{DATABASE}-journal")


class OpenBank(ABC):
    """A bank that is open, here (`Bank`) or in another process (`bank.agent.RemoteBank`), by its parts."""

    directory: Path
    vault: Vault
    meta: Meta
    rules: Rules
    people: People
    owners: Owners
    authors: Authors
    history: History
    proof: Proof
    items: Items
    answer_keys: AnswerKeys
    provisions: Provisions
    catalogue: Catalogue
    near_duplicates: NearDuplicates
    drafts: Drafts
    submissions: Submissions
    readings: Readings
    reviews: Reviews
    slices: Slices
    outgoing: Outgoing
    exposure: ExposureRecord
    watermarks: Watermarks
    media: Media
    calibrations: Calibrations
    audit: Audit

    @property
    def sample(self) -> bool:
        return self.meta.sample()

    @property
    def practice(self) -> bool:
        return self.meta.practice()

    @property
    def asking(self) -> frozenset[str]:
        """Ids of those who said that they are asking."""
        return frozenset()

    def identify(self, *signers: Signer) -> None:
        """Says by their own keys who is asking from here on. Whoever has opened the bank themselves need not."""
        return

    @abstractmethod
    def close(self) -> None:
        """Ends what this process has of it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Bank(OpenBank):
    """A bank that this process has open, and no other has. Close it, or use it in a `with`."""

    def __init__(self, directory: Path, vault: Vault) -> None:
        self.directory = directory
        self.vault = vault
        self.meta = meta = Meta(vault)
        self.rules = Rules(meta)
        self.people = people = People(vault)
        self.owners = owners = Owners(vault, meta, people)
        self.authors = authors = Authors(vault, people)
        self.history = history = History(vault, meta)
        self.proof = proof = Proof(vault, meta, people, owners, authors, history)
        self.items = items = Items(vault, proof)
        self.answer_keys = AnswerKeys(vault, items, proof)
        self.provisions = Provisions(vault, meta, people)
        self.catalogue = Catalogue(vault, people, self.provisions)
        self.near_duplicates = NearDuplicates(vault, items, self.catalogue)
        self.drafts = Drafts(vault, meta, people, history, authors, proof, items, self.answer_keys)
        self.submissions = Submissions(vault, meta, people, self.drafts, self.near_duplicates)
        self.media = media = Media(vault)
        self.readings = readings = Readings(vault, people, history, authors, proof, items, self.answer_keys, media)
        self.reviews = Reviews(vault, people, history, authors, proof, items, readings)
        self.slices = Slices(vault, meta, people, owners, history, proof, self.answer_keys)
        self.outgoing = Outgoing(vault, people)
        self.exposure = ExposureRecord(vault)
        self.watermarks = Watermarks(vault)
        self.calibrations = Calibrations(vault)
        self.audit = Audit(vault, meta, people, self.provisions, history, proof, items)

    @classmethod
    def create(cls, directory: Path, passphrase: str, *, sample: bool = False, practice: bool = False) -> "Bank":
        """An empty bank in a new or empty place; the folder is made where it is missing.

        A bank of samples takes items without review and serves no session but drills; it stays one for ever.
        So does a bank that candidates practise from (应知应会): no confidential item enters it (`bank.lending.slices`).

        Raises BadFile: when there is no folder of that name and none can be one. Raises BrokenStore: when the disk
        refuses. Raises Denied: when a bank is there already.
        """
        sealing.check_passphrase(passphrase)
        with (
            store_errors(directory.name, taken=BadFile("bank-not-a-folder", file=directory.name)),
            founding(directory, _FOUNDED, Denied("bank-exists", file=directory.name)),
        ):
            key = secrets.token_bytes(KEY_BYTES)
            with store_errors(KEY_FILE):
                write_new(directory / KEY_FILE, sealing.seal(key, passphrase, PURPOSE))
            vault = Vault.create(
                directory / DATABASE,
                key,
                application=APPLICATION,
                version=VERSION,
                schema=SCHEMA + (SAMPLE if sample else "") + (PRACTICE if practice else ""),
                wipe_memory=False,
            )
            try:
                with vault.transaction() as connection:
                    kind = " ".join(word for word, is_so in (("sample", sample), ("practice", practice)) if is_so)
                    acts.chain(connection, [(None, acts.CREATE, "", now(), kind, b"")])
            except BaseException:
                vault.close()
                raise
        return cls(directory, vault)

    @classmethod
    def open(cls, directory: Path, passphrase: str) -> "Bank":
        """The bank of a single passphrase.

        Raises BadFile: when there is none. Raises BrokenStore: when the disk refuses.
        """
        require_founded(directory / KEY_FILE)
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
        """Ends the vault, and so lets go of the file."""
        self.vault.close()
