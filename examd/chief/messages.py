"""What a site asks of the chief examiner's device and what it answers: one canonical-JSON file each way.

Every request asks first for a signature under the head of the record, with the entries and the proof that it only grew.
What else is asked for travels with it: a package's locks once, orders upon candidates, the answers' lock at the end.

Before: `examd.delivery.commands.witnessing` writes a request. After: `examd.chief.judging` reads it; its answer goes
back the same way (docs/formats.md §5b).
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from bank.refused import BadFile
from examd.record.notes import SEPARATOR

REQUEST, ANSWER = "chief-request.json", "chief-answer.json"
"""Their names on the stick."""
REQUEST_TYPE, ANSWER_TYPE = "examd-chief-request", "examd-chief-answer"
MOST_REQUEST_BYTES, MOST_ANSWER_BYTES = 1 << 29, 1 << 18
VERSION = 1


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the chief examiner alone may order of one candidate (`examd.record.orders`)."""

    kind: str
    words: dict[str, Any]

    def is_of(self, kind: str, words: Mapping[str, Any]) -> bool:
        return self.kind == kind and self.words == dict(words)


class PackageParts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the device must have of a package to know whose it is, whom it concerns, and to unlock it."""

    items_lock: str
    manifest: str
    roster: str
    """`roster.age`."""
    roster_lock: str
    rule: str


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    type: str
    v: int
    package_id: str
    note: str
    """The checkpoint to be signed, with the site's signature."""
    since: int
    """Where the entries and the proof begin."""
    proof: tuple[str, ...]
    entries: tuple[str, ...]
    orders: tuple[Order, ...] = ()
    package: PackageParts | None = None
    answers_lock: str = ""
    """After closing."""

    @property
    def body(self) -> str:
        """What is to be signed."""
        return self.note.partition("\n\n")[0] + "\n"


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    type: str
    v: int
    to: str
    """SHA-256 of the request's file."""
    name: str = ""
    """The chief examiner's, as it stands on results."""
    apart: bool = False
    """The device runs on another machine than the server."""
    lines: tuple[str, ...] = ()
    """Signature lines; none where entries are missing, from `since` on."""
    since: int = 0
    orders: tuple[str, ...] = ()
    """Signatures, in the order of the request's."""
    roster: str = ""
    """The roster's identity, sealed to the site."""
    items_lock: str = ""
    """Code 1 is left on it."""
    answers_lock: str = ""
    """Code 2 is left on it."""


T = TypeVar("T", Request, Answer)
_encode = msgspec.json.Encoder(order="sorted").encode


def written(message: Request | Answer) -> bytes:
    """The file's bytes."""
    return _encode(message)


def read(file: bytes, kind: type[T]) -> T:
    """Raises BadFile: when it is no such message, or not in its one form of bytes."""
    name, said = (REQUEST, REQUEST_TYPE) if kind is Request else (ANSWER, ANSWER_TYPE)
    try:
        message = msgspec.json.decode(file, type=kind)
        if message.type != said or message.v != VERSION or written(message) != file:
            raise ValueError
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise BadFile("chief-message-malformed", file=name) from None
    return message


def name_of(file: bytes) -> str:
    """What an answer says that it is to."""
    return hashlib.sha256(file).hexdigest()


class Head(msgspec.Struct, frozen=True):
    """What a checkpoint says."""

    origin: str
    size: int
    root: bytes


def head_of(request: Request) -> Head:
    """Raises BadFile: when the note is no checkpoint."""
    try:
        origin, size, root = request.body.removesuffix("\n").split("\n")
        head = Head(origin, int(size), base64.b64decode(root, validate=True))
        if SEPARATOR in request.note or str(head.size) != size or len(head.root) != 32 or head.size < 1:
            raise ValueError
    except (ValueError, binascii.Error):
        raise BadFile("chief-message-malformed", file=REQUEST) from None
    return head
