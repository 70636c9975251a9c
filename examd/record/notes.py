"""Checkpoints of the record as C2SP signed notes: three lines a person can read on paper, and signatures.

Formats: C2SP tlog-checkpoint, signed-note (Ed25519 is type 0x01) and tlog-cosignature (v1 is type 0x04).
"""

import base64
import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SIGNATURE, COSIGNATURE = 1, 4
SEPARATOR = "~\n"
"""Stands between notes in `checkpoints.txt`."""
CHIEF = "chief"
"""Name under which the chief examiner co-signs."""


def origin(site_id: str, session_id: str) -> str:
    return f"examd/{site_id}/{session_id}"


def body(log_origin: str, size: int, root: bytes) -> str:
    return f"{log_origin}\n{size}\n{base64.b64encode(root).decode()}\n"


def sign(text: str, name: str, key: Ed25519PrivateKey) -> str:
    """The site's signature line over a checkpoint body."""
    return _line(name, SIGNATURE, key, key.sign(text.encode()))


def cosign(text: str, name: str, key: Ed25519PrivateKey, time_s: int) -> str:
    """A witness's line: the time it saw this checkpoint is part of what it signs."""
    message = f"cosignature/v1\ntime {time_s}\n{text}".encode()
    return _line(name, COSIGNATURE, key, time_s.to_bytes(8, "big") + key.sign(message))


def note(text: str, *lines: str) -> str:
    return text + "\n" + "".join(lines)


def _line(name: str, kind: int, key: Ed25519PrivateKey, signature: bytes) -> str:
    public = key.public_key().public_bytes_raw()
    key_hash = hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]
    return f"— {name} {base64.b64encode(key_hash + signature).decode()}\n"
