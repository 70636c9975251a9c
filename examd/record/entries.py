"""An entry of the record: its kinds, its bytes, its place in the chain (docs/formats.md §5)."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec

from bank.merkle import leaf_hash
from examd.clock import Instant

VERSION = 1
NO_CHAIN = bytes(32)
"""The chain value before entry 0."""


class Kind(StrEnum):
    BOOT = "BOOT"
    PREPARE = "PREPARE"
    TERMINALS = "TERMINALS"
    OPEN = "OPEN"
    SIGN_IN = "SIGN_IN"
    ADMIT = "ADMIT"
    READY = "READY"
    SESSION_START = "SESSION_START"
    START = "START"
    ANSWER = "ANSWER"
    FLAG = "FLAG"
    SIGNED = "SIGNED"
    HAND_IN = "HAND_IN"
    REOPEN = "REOPEN"
    LATE = "LATE"
    RESTORE = "RESTORE"
    TICK = "TICK"
    PAUSE = "PAUSE"
    RESUME = "RESUME"
    ADD_TIME = "ADD_TIME"
    STAFF = "STAFF"
    ON_DUTY = "ON_DUTY"
    DUTY_LAPSE = "DUTY_LAPSE"
    ALARM = "ALARM"
    WAIVE = "WAIVE"
    ABSENT = "ABSENT"
    CLOSE = "CLOSE"


@dataclass(frozen=True, slots=True)
class Anchor:
    """Ties the clock of one boot to session time: at `mono_ms` of `boot`, session time was `t_ms`."""

    boot: str
    mono_ms: int
    t_ms: int

    def session_ms(self, now: Instant) -> int:
        """Session time at `now`. In another boot it stands still: a reboot falls back to what was recorded last."""
        return self.t_ms + (now.mono_ms - self.mono_ms if now.boot == self.boot else 0)

    def moved_to(self, now: Instant) -> "Anchor":
        """The anchor for a run of the server that starts at `now`."""
        return Anchor(now.boot, now.mono_ms, self.session_ms(now))


NOT_BEGUN = Anchor("", 0, 0)
"""Of a record without an entry: no boot has this name, so session time stands at 0."""


class Draft(msgspec.Struct, frozen=True):
    """An entry before it has a place: what happened, and when it reached us.

    A struct, as is Committed: one of each is made for every answer, at a tenth of a frozen dataclass's cost.
    """

    kind: Kind
    actor: str
    body: Mapping[str, Any]
    at: Instant


class Committed(msgspec.Struct, frozen=True):
    """An entry with its place, durable on disk."""

    idx: int
    t_ms: int
    entry: bytes
    """As it stands in the record."""
    before: bytes
    """The chain value before it."""
    chain: bytes
    draft: Draft


# For ASCII keys and what our bodies hold, msgspec's sorted encoding is RFC 8785 byte for byte (a test compares it with
# bank.canonical over all of Unicode) at 0.3 µs instead of 15: this runs for every answer.
_encode: Callable[[Any], bytes] = msgspec.json.Encoder(order="sorted").encode


def entry_bytes(idx: int, epoch: int, t_ms: int, draft: Draft, salt: str) -> bytes:
    """The canonical bytes of one entry. `salt`: 32 hexadecimal digits of its own."""
    return _encode(
        {
            "actor": draft.actor,
            "body": draft.body,
            "boot": draft.at.boot,
            "epoch": epoch,
            "idx": idx,
            "mono_ms": draft.at.mono_ms,
            "salt": salt,
            "t_ms": t_ms,
            "type": draft.kind.value,
            "v": VERSION,
            "wall_s": draft.at.wall_s,
        }
    )


def chain_hash(previous: bytes, leaf: bytes) -> bytes:
    return hashlib.sha256(b"examd/chain/v1" + previous + leaf).digest()


class Entry(msgspec.Struct, frozen=True):
    """An entry read back."""

    v: int
    idx: int
    type: Kind
    t_ms: int
    mono_ms: int
    boot: str
    epoch: int
    wall_s: int
    actor: str
    salt: str
    body: dict[str, Any]


decode_entry = msgspec.json.Decoder(Entry).decode

__all__ = [
    "NOT_BEGUN",
    "NO_CHAIN",
    "Anchor",
    "Committed",
    "Draft",
    "Entry",
    "Kind",
    "chain_hash",
    "decode_entry",
    "entry_bytes",
    "leaf_hash",
]
