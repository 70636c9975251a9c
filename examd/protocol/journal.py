"""The lines of a terminal's journal, as they stand in its file: each with its length and CRC.

Before: `terminal.outbox` writes them. After: whoever holds a journal against the record reads them (`examd.site`;
`tools/verify` for itself).
"""

import zlib

import msgspec

from examd.protocol.messages import Ack, Answer, Flag, HandIn, Message, Receipt, Signed

MAX_RECORD = 1 << 20
SUFFIX = ".journal"


class Base(Message, tag="base", frozen=True):
    """What the record held when this terminal last started from it."""

    seq: int
    epoch: int
    idx: int
    head: str
    answers: dict[int, tuple[int, ...]]
    flags: tuple[int, ...]
    acts: str = ""
    """Head of the chain of acts there; "" before the form was shown, and in journals of before there was one."""
    own: int = 0
    """Acts up to this one were not, or not provably, given at this machine."""


class Sat(Message, tag="sat", frozen=True):
    """Whose acts follow, and at which machine: what whoever reads the journal later holds against the record."""

    package_id: str
    session: str
    c: int
    admission_no: str
    terminal: str
    sign: str
    """The machine's public signing key."""


Line = Base | Sat | Answer | Flag | HandIn | Ack | Signed | Receipt
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Line).decode


def encode_line(line: Line) -> bytes:
    body = _encode(line)
    return b"%08x %08x %s\n" % (len(body), zlib.crc32(body), body)


def decode_lines(data: bytes) -> tuple[list[Line], int]:
    """The whole records at the head of `data`, and how many bytes they take. What follows is torn."""
    lines: list[Line] = []
    place = 0
    while (end := place + 18) <= len(data):
        try:
            length, crc = int(data[place : place + 8], 16), int(data[place + 9 : place + 17], 16)
            body = data[end : end + length]
            whole = length <= MAX_RECORD and data[end + length : end + length + 1] == b"\n" and zlib.crc32(body) == crc
            if not whole:
                break
            lines.append(_decode(body))
        except (ValueError, msgspec.DecodeError):
            break
        place = end + length + 1
    return lines, place
