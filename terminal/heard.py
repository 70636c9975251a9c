"""What the client tells the program: the server's messages, and what the client itself has to say.

Before: `terminal.client`. After: `terminal.seat`.
"""

from dataclasses import dataclass
from enum import Enum, StrEnum

from examd.protocol.messages import ToTerminal
from examd.protocol.reasons import Reason
from terminal.outbox import Restored


class Link(Enum):
    """The connection, as far as the candidate need know."""

    IDLE = "idle"
    TRYING = "trying"
    UP = "up"
    AWAY = "away"
    UNTRUSTED = "untrusted"


class Trouble(StrEnum):
    """Why this seat cannot go on."""

    TAKEN_OVER = "taken-over"
    RECORD_LOST = "record-lost"
    JOURNAL = "journal"
    IN_USE = "in-use"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Saved:
    """More acts are in the journal for good."""


@dataclass(frozen=True, slots=True)
class GaveUp:
    """The server will never take these acts."""

    reason: Reason
    count: int


Heard = ToTerminal | Link | Restored | Saved | GaveUp | Trouble
