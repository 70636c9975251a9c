"""What the server answers to its staff, as types: the facts of a `StaffReply`, act by act.

Before: `examd.delivery.staff_socket`. After: `examd.site.opening`, `closing`, `grading`; the lines that staff are told.
"""

import msgspec


class Gone(msgspec.Struct, frozen=True):
    """A rule officer of whom a register says that they could not consent to their successors."""

    id: str
    register: int
    why: str


class RuleTold(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which rule, and who signed it. What is None belongs to a signed rule alone."""

    id: str
    name: str
    signed_by: tuple[str, ...]
    """Nobody, in a drill under an unsigned rule."""
    version: int
    gone: tuple[Gone, ...] | None = None
    officers: str | None = None
    """Hash of the bureau's first register of rule officers."""
    register: int | None = None


class Prepared(msgspec.Struct, frozen=True):
    """To `prepare`: the package holds, its locks are out."""

    chief: str
    items_lock: str
    package_id: str
    room_commit: str
    roster_lock: str
    rule: RuleTold
    session: str
    unlocked: bool = False
    """The chief examiner's device has taken its layer off."""


class Checkpoint(msgspec.Struct, frozen=True):
    """A checkpoint that waits for the chief examiner's signature."""

    note: int
    checkpoint: str


class AskedChief(msgspec.Struct, frozen=True):
    """To `ask-chief`."""

    request: str
    """Where the request lies."""
    to: str
    """Its name, which the answer says."""


class SignedOrder(msgspec.Struct, frozen=True):
    order: str
    """As JSON (`examd.chief.messages.Order`)."""
    sig: str


class ChiefAnswered(msgspec.Struct, frozen=True):
    """To `chief-answer`."""

    orders: tuple[SignedOrder, ...]
    since: int
    """The device wants entries from there on, and has signed nothing; -1 where it has."""
    size: int
    """Entries that it signed over."""


class Opened(Checkpoint, frozen=True):
    """To `open`."""

    candidates: int
    session: str
    separated: bool = False
    """The chief examiner's key was used on another machine than the server's."""


class Closed(Checkpoint, frozen=True):
    """To `close`."""

    chain: str
    entries: int
    result: str
    root: str


class AnswersLock(msgspec.Struct, frozen=True):
    """To `answers-lock`, which is given after closing alone."""

    answers_lock: str
    package: str
    result: str
    root: str
    unlocked: str = ""
    """The same without the chief examiner's layer, where their device has taken it off."""


class PairingBegun(msgspec.Struct, frozen=True):
    """To `pair`."""

    code: str
    seconds: int

    def __repr__(self) -> str:
        return "PairingBegun(…)"


class TerminalStatus(msgspec.Struct, frozen=True):
    """An enrolled terminal."""

    name: str
    check: str
    by: str
    """Who confirmed it."""
    wait_s: int
    """For how long it takes no sign-in, after too many wrong ones."""


class WaitingTerminal(msgspec.Struct, frozen=True):
    """A machine where the code was typed, and that staff have not confirmed."""

    id: str
    name: str
    check: str
    address: str
    replaces: bool
    """Another machine has this name now, and gives it up."""


class RoomTerminals(msgspec.Struct, frozen=True):
    """To `terminals`."""

    pairing_s: int
    """How long the code is still good; 0 where nobody is pairing."""
    misses: int
    """Wrong codes since pairing began."""
    terminals: tuple[TerminalStatus, ...]
    waiting: tuple[WaitingTerminal, ...]


class EnrolledTerminals(msgspec.Struct, frozen=True):
    """To `enrol`."""

    enrolled: tuple[str, ...]
    terminals: int
    """How many there are now."""


class Elsewhere(msgspec.Struct, frozen=True):
    """Somebody who sits gave their numbers at another terminal."""

    admission_no: str
    terminal: str


class Alarmed(msgspec.Struct, frozen=True):
    admission_no: str
    what: str


class SeatStatus(msgspec.Struct, frozen=True):
    admission_no: str
    answered: int
    c: int
    connected: int
    hand_in: int
    """Entry of the hand-in that ends this seat's record; -1 where there is none."""
    late: int
    """Answers that came after the deadline, and count only where the chief examiner says so."""
    late_ms: int
    """How long after the deadline the last of them came."""
    name: str
    phase: str
    remaining_ms: int
    terminal: str = ""
    """Name of the machine the candidate sits at."""


class Status(msgspec.Struct, frozen=True):
    """To `status`. Without a session there is the phase "idle" and nothing else; until it opens, no candidates."""

    phase: str
    low_disk: int = 0
    epoch: int = 0
    entries: int = 0
    unread: int = 0
    """Of those, how many a server that was killed has not read again yet."""
    mock: bool = False
    package_id: str = ""
    session: str = "–"
    session_id: str = ""
    cosign_s: int = 0
    """How often the chief examiner is to co-sign while candidates sit; 0 where nobody says."""
    unwitnessed_ms: int = -1
    """How far back the record has been seen by nobody else; -1 where nobody has co-signed it at all."""
    candidates: int | None = None
    signed_in: int = 0
    ready: int = 0
    started: int = 0
    handed_in: int = 0
    alarms: int = 0
    alarmed: tuple[Alarmed, ...] = ()
    elsewhere: tuple[Elsewhere, ...] = ()
    seats: tuple[SeatStatus, ...] = ()
