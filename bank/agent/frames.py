"""What crosses the line, as bytes: an act asked for, and its answer in parts.

Before and after: `bank.agent.serving` and `bank.agent.remote`; `bank.agent.channel` carries the bytes.
"""

from typing import Any

import msgspec

from bank import refused
from bank.refused import Refused


class Ask(msgspec.Struct, tag="ask"):
    act: str
    arguments: dict[str, msgspec.Raw]
    said: str
    """What the caller says it is doing ("bank export"): a claim, and so called in the journal."""
    reader: str = ""
    """Random, the caller's own: what somebody proves over one line counts for the next that the same caller dials."""


class Told(msgspec.Struct, tag="told"):
    value: msgspec.Raw


class Part(msgspec.Struct, tag="part"):
    values: msgspec.Raw


class Progress(msgspec.Struct, tag="progress"):
    done: int
    total: int


class No(msgspec.Struct, tag="no"):
    kind: str
    code: str
    facts: dict[str, Any]

    @classmethod
    def of(cls, refusal: Refused) -> "No":
        return cls(type(refusal).__name__, refusal.code, refusal.facts)

    def refusal(self) -> Refused:
        kinds = {kind.__name__: kind for kind in (refused.BadFile, refused.Denied, refused.BrokenStore)}
        return kinds.get(self.kind, refused.BrokenStore)(self.code, **self.facts)


encoder = msgspec.msgpack.Encoder(enc_hook=str)
asks = msgspec.msgpack.Decoder(Ask)
answers = msgspec.msgpack.Decoder(Told | Part | Progress | No)
