"""Checkpoints of the record as C2SP signed notes: three lines a person can read on paper, and signatures.

Formats: C2SP tlog-checkpoint, signed-note (Ed25519 is type 0x01) and tlog-cosignature (v1 is type 0x04).
"""

import base64
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

SIGNATURE, COSIGNATURE = 1, 4
SEPARATOR = "~\n"
"""Stands between notes in `checkpoints.txt`."""
CHIEF, CLOSING = "chief", "chief/closing"
"""Names under which the chief examiner co-signs: what they saw, and beside that the one that closes."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A note, taken apart."""

    text: str
    """What is signed."""
    origin: str
    size: int
    root: bytes
    lines: tuple[str, ...]
    """Signatures."""


def read(text: str) -> Checkpoint:
    """A note as `note` gives it. Raises ValueError: when it is none."""
    signed, _, signatures = text.partition("\n\n")
    log_origin, size, root = signed.split("\n")
    digest = base64.b64decode(root, validate=True)
    if len(digest) != 32 or body(log_origin, int(size), digest) != signed + "\n":
        raise ValueError
    return Checkpoint(signed + "\n", log_origin, int(size), digest, tuple(signatures.splitlines(keepends=True)))


def origin(site_id: str, session_id: str) -> str:
    return f"examd/{site_id}/{session_id}"


def body(log_origin: str, size: int, root: bytes) -> str:
    return f"{log_origin}\n{size}\n{base64.b64encode(root).decode()}\n"


def sign(text: str, name: str, key: Ed25519PrivateKey) -> str:
    """The site's signature line over a checkpoint body."""
    return _line(name, SIGNATURE, key.public_key(), key.sign(text.encode()))


def cosign(text: str, name: str, key: Ed25519PrivateKey, time_s: int) -> str:
    """A witness's line: the time it saw this checkpoint is part of what it signs."""
    signature = key.sign(_witnessed(text, time_s))
    return _line(name, COSIGNATURE, key.public_key(), time_s.to_bytes(8, "big") + signature)


def is_signature(line: str, text: str, name: str, public: str) -> bool:
    """Whether `line` is what `sign` gives for the key `public` (hex)."""
    try:
        signature = base64.b64decode(line.removeprefix(f"— {name} ").removesuffix("\n"), validate=True)[4:]
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
        key.verify(signature, text.encode())
    except (InvalidSignature, ValueError):
        return False
    return line == _line(name, SIGNATURE, key, signature)


def is_cosignature(line: str, text: str, name: str, public: str) -> bool:
    """Whether `line` is what `cosign` gives for the key `public` (hex): what is once under a note stays there."""
    try:
        data = base64.b64decode(line.removeprefix(f"— {name} ").removesuffix("\n"), validate=True)
        time_s, signature = int.from_bytes(data[4:12], "big"), data[12:]
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
        key.verify(signature, _witnessed(text, time_s))
    except (InvalidSignature, ValueError):
        return False
    return line == _line(name, COSIGNATURE, key, time_s.to_bytes(8, "big") + signature)


def is_signed(text: str, name: str, public: str) -> bool:
    """Whether a note, signatures and all, bears the line that `sign` gives for the key `public` (hex)."""
    signed, _, lines = text.partition("\n\n")
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
        for line in lines.splitlines(keepends=True):
            data = base64.b64decode(line.removeprefix(f"— {name} ").removesuffix("\n"))
            if line == _line(name, SIGNATURE, key, data[4:]):
                key.verify(data[4:], (signed + "\n").encode())
                return True
    except (InvalidSignature, ValueError):
        return False
    return False


def is_witnessed(text: str, name: str, public: str) -> bool:
    """Whether a note, signatures and all, bears a witness's line by the key `public` (hex)."""
    signed, _, lines = text.partition("\n\n")
    return any(is_cosignature(line, signed + "\n", name, public) for line in lines.splitlines(keepends=True))


def statement(checkpoint: Checkpoint, site_id: str, site: str, chief: str, name: str = CHIEF) -> str:
    """SHA-256 (hex) of a checkpoint with the site's signature and the chief examiner's first under `name`; of a
    closing, under CLOSING, it is what is read out. Nobody has it before both have signed. "" where one has not."""
    lines = [
        next((line for line in checkpoint.lines if is_signature(line, checkpoint.text, f"site/{site_id}", site)), ""),
        next((line for line in checkpoint.lines if is_cosignature(line, checkpoint.text, name, chief)), ""),
    ]
    if not all(lines):
        return ""
    return hashlib.sha256(b"examd/closing/v1\n" + note(checkpoint.text, *lines).encode()).hexdigest()


def note(text: str, *lines: str) -> str:
    return text + "\n" + "".join(lines)


def _witnessed(text: str, time_s: int) -> bytes:
    return f"cosignature/v1\ntime {time_s}\n{text}".encode()


def _line(name: str, kind: int, key: Ed25519PublicKey, signature: bytes) -> str:
    key_hash = hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + key.public_bytes_raw()).digest()[:4]
    return f"— {name} {base64.b64encode(key_hash + signature).decode()}\n"
