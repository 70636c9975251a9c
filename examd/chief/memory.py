"""What the device remembers, in a file beside its key: sealed under the key's own secrets, so that an edit shows.

For each record that it has signed anything of: the last head it signed, and what the entries up to there said. One
record a session: another one under the same name is never signed. Written durably before an answer leaves.

Before: `examd.chief.device` unlocks it. After: `examd.chief.judging` holds a request against it.
"""

import os
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bank.durable import write_atomically
from bank.refused import BrokenStore, Denied
from examd.chief.sitting import Sitting
from examd.clock import Instant
from examd.holders import Card
from examd.package.layout import Session
from examd.record.limits import Limits
from examd.record.snapshot import FOLD

FILE = "chief.memory"
_DOMAIN = b"examd/chief-memory/v1"
_NONCE_BYTES = 12


class Person(msgspec.Struct, frozen=True):
    """A candidate, as the device names one."""

    admission_no: str
    name: str


class Signed(msgspec.Struct, frozen=True):
    """A head that the device signed."""

    size: int
    root: bytes
    at: Instant
    """The device's own clock."""
    t_ms: int
    """Session time of its last entry, as far as that was read."""


class Remembered(msgspec.Struct, frozen=True):
    """One record."""

    package_id: str
    manifest_sha256: str
    session: Session
    site_key: str
    site_age: str
    minutes: int
    limits: Limits
    people: tuple[Person, ...]
    first: Signed
    signed: Signed
    size: int
    """Entries read; those since were signed by their proof alone."""
    edge: tuple[bytes, ...]
    """Of the tree over them."""
    sitting: bytes
    """What they said (`read`), encoded."""
    fold: str = FOLD
    """What it was made by: another version of the program reads all entries again."""
    told: frozenset[str] = frozenset()
    """What was unusual and has been asked about."""
    times: int = 1
    """How often it was signed."""

    def read(self) -> tuple[int, tuple[bytes, ...], Sitting]:
        """How many entries this program has read, the tree's edge over them, and what they said."""
        if self.fold != FOLD:
            return 0, (), Sitting()
        return self.size, self.edge, msgspec.msgpack.decode(self.sitting, type=Sitting)

    def name_of(self, c: int) -> Person:
        """The candidate, or the bare number where nobody has it."""
        return self.people[c - 1] if 0 < c <= len(self.people) else Person(str(c), "?")


class Memory(msgspec.Struct):
    bureau: Card | None = None
    """Whose packages this device opens."""
    records: dict[str, Remembered] = {}
    """By the checkpoints' origin."""


class MemoryFile:
    """The device's memory on its disk."""

    def __init__(self, folder: Path, secret: bytes) -> None:
        self._path = folder / FILE
        self._cipher = ChaCha20Poly1305(HKDF(SHA256(), 32, None, _DOMAIN).derive(secret))

    def read(self) -> Memory:
        """Raises Denied: there is none. Raises BrokenStore: it is not what this device wrote."""
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            raise Denied("chief-memory-missing", file=str(self._path)) from None
        except OSError as error:
            raise BrokenStore("store-io", file=str(self._path), error=error.strerror) from None
        try:
            plain = self._cipher.decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], _DOMAIN)
            return msgspec.msgpack.decode(plain, type=Memory)
        except (InvalidTag, msgspec.DecodeError, ValueError):
            raise BrokenStore("chief-memory-altered", file=str(self._path)) from None

    def exists(self) -> bool:
        return self._path.exists()

    def write(self, memory: Memory) -> None:
        """After return it is on the disk."""
        nonce, plain = os.urandom(_NONCE_BYTES), msgspec.msgpack.encode(memory)
        write_atomically(self._path, nonce + self._cipher.encrypt(nonce, plain, _DOMAIN))
