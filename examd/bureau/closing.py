"""The closing checkpoint as the site exported it -> the root that code 2 is given against.

A root that comes with the site's signature and the chief examiner's cannot be mistyped, nor made up by one of them.
The chief examiner co-signs many times, and only the closing under the name that says so: no other note is taken.

Before: `checkpoints.txt` of the result (docs/formats.md §5). After: `examd.bureau.office`.
"""

import base64
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bank.refused import BadFile, Denied
from examd.package.layout import Manifest
from examd.record import notes


@dataclass(frozen=True, slots=True)
class _Note:
    text: str
    """What is signed."""
    origin: str
    size: int
    root: bytes
    lines: tuple[str, ...]
    """Signatures."""


def root_of(checkpoints: bytes, manifest: Manifest, *, file: str) -> str:
    """The closing root (hex) of this package's session. Raises BadFile or Denied."""
    keys, session = manifest.keys, manifest.session
    try:
        found = [_note(text) for text in checkpoints.decode().split(notes.SEPARATOR)]
    except ValueError:
        raise BadFile("checkpoint-malformed", file=file) from None
    last = found[-1]
    if last.origin != notes.origin(session.site_id, session.id):
        raise Denied("checkpoint-other-session", file=file, found=last.origin)
    if not any(_is_signature(line, last.text, f"site/{session.site_id}", keys.site) for line in last.lines):
        raise Denied("checkpoint-unsigned", file=file, missing="site")
    if not _cosigned(last, keys.chief):
        raise Denied("checkpoint-unsigned", file=file, missing="chief")
    if not _cosigned(last, keys.chief, notes.CLOSING):
        raise Denied("checkpoint-not-closing", file=file)
    return last.root.hex()


def _note(text: str) -> _Note:
    """Raises ValueError."""
    body, _, signatures = text.partition("\n\n")
    origin, size, root = body.split("\n")
    digest = base64.b64decode(root, validate=True)
    if len(digest) != 32 or notes.body(origin, int(size), digest) != body + "\n":
        raise ValueError
    return _Note(body + "\n", origin, int(size), digest, tuple(signatures.splitlines(keepends=True)))


def _cosigned(note: _Note, chief: str, name: str = notes.CHIEF) -> bool:
    return any(notes.is_cosignature(line, note.text, name, chief) for line in note.lines)


def _is_signature(line: str, text: str, name: str, public: str) -> bool:
    key_hash = hashlib.sha256(name.encode() + b"\n" + bytes([notes.SIGNATURE]) + bytes.fromhex(public)).digest()[:4]
    try:
        data = base64.b64decode(line.removeprefix(f"— {name} ").removesuffix("\n"), validate=True)
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(data[4:], text.encode())
    except (InvalidSignature, ValueError):
        return False
    return data[:4] == key_hash
