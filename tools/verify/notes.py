"""C2SP signed notes as checkpoints: reading them, and the two kinds of signature line they bear.

A note is text, a blank line, then lines `— <name> <base64(key id ‖ signature)>`. Type 0x01 signs the text; type
0x04 (cosignature/v1) signs a header, the time of signing and the text, so a witness's word is dated.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

SIGNATURE = 0x01
COSIGNATURE = 0x04
_DASH = "— "


class BadNote(ValueError):  # noqa: N818 - named for what the note is
    """`args[0]` is the code of what is wrong."""


@dataclass(frozen=True, slots=True)
class Line:
    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Checkpoint:
    text: bytes
    """What is signed: all up to and including the line feed before the blank line."""
    origin: str
    size: int
    root: bytes
    lines: tuple[Line, ...]

    def signed_by(self, name: str, public_key: bytes) -> bool:
        return any(
            verified(public_key, line.signature, self.text) for line in self._lines_of(name, public_key, SIGNATURE)
        )

    def cosigned_by(self, name: str, public_key: bytes) -> bool:
        return bool(self.stamps(name, public_key))

    def stamps(self, name: str, public_key: bytes) -> list[int]:
        """When this witness signed it, by its own clock: seconds since 1970, one for each good line."""
        found = []
        for line in self._lines_of(name, public_key, COSIGNATURE):
            if len(line.signature) != 8 + 64:
                continue
            stamp = int.from_bytes(line.signature[:8], "big")
            message = b"cosignature/v1\ntime %d\n" % stamp + self.text
            if stamp < 1 << 63 and verified(public_key, line.signature[8:], message):
                found.append(stamp)
        return found

    def claims(self, name: str) -> bool:
        """Whether a line under `name` is there at all, good or bad."""
        return any(line.name == name for line in self.lines)

    def _lines_of(self, name: str, public_key: bytes, kind: int) -> list[Line]:
        wanted = key_id(name, public_key, kind)
        return [line for line in self.lines if line.name == name and line.key_id == wanted]


def key_id(name: str, public_key: bytes, kind: int) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public_key).digest()[:4]


def verified(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Ed25519; False for whatever is not a good signature, a malformed key among it."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def split(data: bytes) -> list[tuple[int, bytes]]:
    """The notes of `checkpoints.txt` with the number of each one's first line."""
    notes: list[tuple[int, bytes]] = []
    first = 1
    current: list[bytes] = []
    lines = data.split(b"\n")
    if lines and lines[-1] == b"":
        lines.pop()
    for number, line in enumerate(lines, 1):
        if line == b"~":
            notes.append((first, b"".join(part + b"\n" for part in current)))
            first, current = number + 1, []
        else:
            current.append(line)
    if current:
        notes.append((first, b"".join(part + b"\n" for part in current)))
    return notes


def read(note: bytes) -> Checkpoint:
    """A signed note as a checkpoint with its signatures. Raises BadNote: a line is not what C2SP says."""
    text, gap, tail = note.partition(b"\n\n")
    if not gap or not tail:
        raise BadNote("note_unsigned")
    try:
        head = text.decode().split("\n")
        foot = tail.decode().removesuffix("\n").split("\n")
    except UnicodeDecodeError:
        raise BadNote("note_not_text") from None
    if len(head) != 3:
        raise BadNote("note_shape")
    origin, size, root = head
    if not size.isascii() or not size.isdigit() or str(int(size[:16])) != size:
        raise BadNote("note_size")
    return Checkpoint(text + b"\n", origin, int(size), _base64(root, 32), tuple(map(_line, foot)))


def _line(text: str) -> Line:
    name, space, blob = text.removeprefix(_DASH).partition(" ")
    if not text.startswith(_DASH) or not name or not space:
        raise BadNote("note_line")
    raw = _base64(blob)
    if len(raw) <= 4:
        raise BadNote("note_line")
    return Line(name, raw[:4], raw[4:])


def _base64(text: str, length: int | None = None) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadNote("note_base64") from None
    if base64.b64encode(raw).decode() != text or length not in (None, len(raw)):
        raise BadNote("note_base64")
    return raw
