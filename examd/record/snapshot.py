"""How far a record had come: a server that was killed starts from here, and reads the record again behind its back.

`record.snapshot` lies beside the record: place, chain value, tree and state after so many entries, sealed under a key
made of the record's own, so that nobody without it makes one up. It is an aid and no evidence: where there is none, or
another version of the fold made it, all entries are read before anything is served.

Before: `examd.record.writer` commits. After: it begins here, and `_read_again` compares.
"""

import contextlib
import hashlib
import os
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bank import durable
from examd.protocol import acts, phase
from examd.record import state
from examd.record.state import SessionState

FILE = "record.snapshot"
_DOMAIN = b"examd/snapshot/v1"
_NONCE_BYTES = 12
FOLD = hashlib.sha256(b"".join(Path(str(module.__file__)).read_bytes() for module in (state, phase, acts))).hexdigest()
"""What the state is made by: one that another fold made is not taken up."""


class Snapshot(msgspec.Struct, frozen=True):
    fold: str
    size: int
    """Entries that it is over."""
    chain: bytes
    """The chain value of the last of them."""
    edge: tuple[bytes, ...]
    """Of the tree over them (`bank.merkle.Tree`)."""
    encoded: bytes
    """The state, encoded."""

    @classmethod
    def of(cls, size: int, chain: bytes, edge: tuple[bytes, ...], state: SessionState) -> "Snapshot":
        return cls(FOLD, size, chain, edge, msgspec.msgpack.encode(state))

    def state(self) -> SessionState:
        """A new one each time, for its owner to go on with. Raises DecodeError: when it is none."""
        found = msgspec.msgpack.decode(self.encoded, type=SessionState)
        found.share_choices()
        return found


class SnapshotFile:
    """The newest snapshot of one record."""

    def __init__(self, path: Path, record_key: bytes) -> None:
        self._path = path
        self._cipher = ChaCha20Poly1305(HKDF(SHA256(), 32, None, _DOMAIN).derive(record_key))

    def read(self) -> Snapshot | None:
        """None where there is none that this program and this key can take up."""
        try:
            data = self._path.read_bytes()
            plain = self._cipher.decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], _DOMAIN)
            found = msgspec.msgpack.decode(plain, type=Snapshot)
        except (OSError, InvalidTag, msgspec.DecodeError, ValueError):
            return None
        return found if found.fold == FOLD else None

    def write(self, snapshot: Snapshot) -> None:
        """Where the disk refuses, the one before stays: it is as true."""
        nonce, plain = os.urandom(_NONCE_BYTES), msgspec.msgpack.encode(snapshot)
        with contextlib.suppress(OSError):
            durable.write_atomically(self._path, nonce + self._cipher.encrypt(nonce, plain, _DOMAIN))

    def remove(self) -> None:
        """The next start reads everything first."""
        with contextlib.suppress(OSError):
            durable.remove(self._path)
