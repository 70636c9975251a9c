"""Every message on the wire: tagged JSON, one per WebSocket text frame, strictly typed both ways.

A candidate's acts (Answer, Flag, HandIn) carry a sequence number that rises by exactly one. The server takes only
the next; it acknowledges a repeat again and refuses a gap. An Ack for `seq` says: every act 1..seq of this
candidate is in the record, committed with synchronous=FULL and chained; `idx` and `head` name the entry and the
chain there, `epoch` the run of the server that says so. After a reconnect the terminal sends the newest of these
back (Resume), and a server that no longer holds them raises the alarm instead of going on.

A terminal's first message on each connection says which machine it is (Present), with a secret of its own that this
site has enrolled; Pair brings a new machine in, with the code that staff read at the server. Without either nothing
else is heard. Both bring the public half of its signing key, whose other half never leaves the machine: with it the
terminal signs the candidate's acts (`examd.protocol.acts`) when the server asks (Sign, Signed) and at hand-in. No act
enters before the terminal has signed once, over the form it was shown and what the record holds.

No type here can hold an answer key: ItemView names each field that a candidate may see.
"""

from typing import Annotated, Any

import msgspec

from examd.protocol.phase import Phase
from examd.protocol.reasons import Reason

MAX_MESSAGE_BYTES = 16 * 1024
"""Largest message a terminal may send: a sign-in or an answer needs some hundred bytes."""
PROTOCOL = 3
TICK_S = 5


Whole = Annotated[int, msgspec.Meta(ge=-1, le=2**53 - 1)]
"""An integer from a terminal, where it may enter the record: canonical JSON has no larger one."""


class Message(msgspec.Struct, frozen=True, tag_field="t", forbid_unknown_fields=True):
    """Base of all messages; the tag `t` names the type."""


# ---- terminal to server ---------------------------------------------------------------------------------------


class Present(Message, tag="present", frozen=True):
    """Here is the enrolled machine that holds this secret."""

    key: str
    """64 hexadecimal digits, made on that machine; the site keeps a hash."""
    sign: str = ""
    """Its public signing key, 64 hexadecimal digits. "" from terminals of an earlier protocol."""
    protocol: int = PROTOCOL

    def __repr__(self) -> str:
        return "Present(…)"


class Pair(Message, tag="pair", frozen=True):
    """A machine asks to be enrolled: somebody who read the code at the server typed it here."""

    code: str
    name: str
    """What the machine is to be called in the room."""
    key: str
    sign: str = ""
    protocol: int = PROTOCOL

    def __repr__(self) -> str:
        return f"Pair(name={self.name!r}, …)"


class SignIn(Message, tag="sign-in", frozen=True):
    admission_no: str
    id_tail: str
    """Last six characters of the ID number; X in capitals."""


class Resume(Message, tag="resume", frozen=True):
    """A terminal that was signed in before goes on after a reconnect."""

    token: str
    """Seat token, 64 hexadecimal digits."""
    acked_seq: Whole = 0
    epoch: Whole = 0
    idx: Whole = -1
    head: str = ""


class Ready(Message, tag="ready", frozen=True):
    """The candidate confirmed the name and read the rules."""


class Answer(Message, tag="answer", frozen=True):
    seq: Whole
    slot: Whole
    """Zero-based place of the item in the form."""
    choice: tuple[Whole, ...]
    """Zero-based displayed positions, ascending; empty takes the answer back."""
    used_ms: Whole
    """The seat's answering time when it was given: evidence, not authority."""


class Flag(Message, tag="flag", frozen=True):
    seq: Whole
    slot: Whole
    on: bool


class Signed(Message, tag="signed", frozen=True):
    """This terminal vouches for acts since+1..seq of its candidate (`examd.protocol.acts.Vouched`)."""

    since: Whole
    seq: Whole
    acts: str
    size: Whole
    root: str
    sig: str


class HandIn(Message, tag="hand-in", frozen=True):
    seq: Whole
    by_clock: bool = False
    """True when the terminal hands in because the time ran out."""
    signed: Signed | None = None
    """Over all acts up to this one. None in the journal, where it was not sent yet."""


# ---- server to terminal ---------------------------------------------------------------------------------------


class Candidate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    admission_no: str
    name: str
    id_masked: str
    institution: str


class Sitting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the candidate is sitting for."""

    session: str
    exam: str
    site: str
    mock: bool
    minutes: int
    n_items: int
    total_points: int
    pass_points: int


class Enrolled(Message, tag="enrolled", frozen=True):
    """Answer to Present and Pair, and once more when staff have confirmed."""

    name: str
    check: str
    """Symbols that the staff's list shows beside the name; the terminal shows those of its own key."""
    kept: bool
    """False: the code was right, and staff have still to confirm at the server."""


class Welcome(Message, tag="welcome", frozen=True):
    """Answer to SignIn and Resume: who you are, and what of yours is in the record."""

    token: str
    candidate: Candidate
    sitting: Sitting
    epoch: int
    durable_seq: int
    idx: int
    head: str
    answers: dict[int, tuple[int, ...]]
    """Slot to displayed positions, as recorded."""
    flags: tuple[int, ...]
    handed_in: bool = False
    """The record ends with this candidate's hand-in, which was not opened again."""
    package_id: str = ""
    c: int = 0
    """The candidate's number on the roster."""
    acts: str = ""
    """Head of the candidate's chain of acts in the record; "" until the seat has started."""


class OptionView(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    text: str


class ItemView(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    slot: int
    type: str
    """single | multiple | truefalse."""
    stem: str
    options: tuple[OptionView, ...]
    """In displayed order."""
    points: int


class FormView(Message, tag="form", frozen=True):
    """The candidate's form, sent when the seat's clock starts (and again after a reconnect)."""

    digest: str
    items: tuple[ItemView, ...]


class Clock(Message, tag="clock", frozen=True):
    """Sent at every change of phase and every TICK_S seconds."""

    phase: Phase
    remaining_ms: int
    used_ms: int
    added_ms: int = 0


class Ack(Message, tag="ack", frozen=True):
    seq: int
    epoch: int
    idx: int
    head: str
    """Chain value (64 hexadecimal digits) at entry `idx`."""
    late: bool = False


class Sign(Message, tag="sign", frozen=True):
    """The terminal is asked to sign: acts up to `seq` lead to `acts`, the record's newest checkpoint is this one."""

    seq: int
    acts: str
    size: int
    root: str


class Receipt(Message, tag="receipt", frozen=True):
    """The form is handed in and in the record. With entry and chain value before it the terminal makes the code anew,
    and sees that the entry bears its own head of acts."""

    code: str
    """`examd.protocol.receipt`."""
    idx: int
    answered: int
    n_items: int
    by_clock: bool
    entry: str
    """The HAND_IN entry as it was committed."""
    before: str
    """The chain value before it, 64 hexadecimal digits."""


class Refusal(Message, tag="refusal", frozen=True):
    reason: Reason
    seq: int = 0
    """The act refused; 0 where it was not an act."""
    facts: dict[str, str | int | list[str]] = {}
    fatal: bool = False
    """The server closes the connection after this."""


# ---- staff ----------------------------------------------------------------------------------------------------


Fact = str | int | bool | list[str] | dict[str, str]
"""What a command is told beside its name."""


class StaffSignIn(Message, tag="staff-sign-in", frozen=True):
    name: str
    passphrase: str
    code: str
    """Six-digit one-time code."""

    def __repr__(self) -> str:
        return f"StaffSignIn(name={self.name!r}, …)"


class StaffCommand(Message, tag="staff-command", frozen=True):
    """An operator's act on the running server; `act` and `facts` are checked against one table in the server."""

    act: str
    facts: dict[str, Fact] = {}

    def __repr__(self) -> str:
        return f"StaffCommand(act={self.act!r}, …)"  # facts may carry unlocked parts


class StaffReply(Message, tag="staff-reply", frozen=True):
    act: str
    facts: dict[str, Any] = {}

    def __repr__(self) -> str:
        return f"StaffReply(act={self.act!r}, …)"


FromTerminal = Present | Pair | SignIn | Resume | Ready | Answer | Flag | HandIn | Signed
FromStaff = StaffSignIn | StaffCommand
ToTerminal = Enrolled | Welcome | FormView | Clock | Ack | Sign | Receipt | Refusal
ToStaff = StaffReply | Refusal

MALFORMED = (msgspec.DecodeError, ValueError, RecursionError)
"""What the decoders below raise for what is none of these messages; the last for JSON a thousand levels deep."""

encode = msgspec.json.Encoder().encode
decode_from_terminal = msgspec.json.Decoder(FromTerminal).decode
decode_from_staff = msgspec.json.Decoder(FromStaff).decode
decode_to_terminal = msgspec.json.Decoder(ToTerminal).decode
decode_to_staff = msgspec.json.Decoder(ToStaff).decode
