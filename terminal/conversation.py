"""What a seat says to the server, and what it makes of the answers: the state of one conversation. No socket, no task.

The stream is restarted rather than repaired: after a gap, or when an act was refused for good, the connection is
closed and begun again from what the server then says it has. So a refusal still on its way can never meet a newer
act under the same number.

What is signed here is what the record has acknowledged, by the chain that this machine reckoned itself. Whatever head
the server names: where the two differ, the signature says so.

Before: `terminal.outbox`. After: `terminal.client`, which carries it through as many connections as it takes.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

import msgspec

from examd.protocol import acts as chain
from examd.protocol.journal import Sat
from examd.protocol.messages import (
    Ack,
    Clock,
    Enrolled,
    FormView,
    FromTerminal,
    HandIn,
    Pair,
    Present,
    Ready,
    Receipt,
    Refusal,
    Resume,
    Sign,
    Signed,
    SignIn,
    ToTerminal,
    Welcome,
)
from examd.protocol.phase import Phase
from examd.protocol.reasons import Reason
from examd.protocol.receipt import holds as receipt_holds
from terminal.heard import GaveUp, Heard, Trouble
from terminal.machine import Machine
from terminal.outbox import JournalInUse, Outbox, RecordLost

WINDOW = 32
FIRST_TURN_S = 0.02
OVERDUE_TICKS = 3
TRIES_OF_A_JOURNAL = 5
"""Some two seconds: then whoever has it does not let go."""

_WAITS = {Reason.PAUSED, Reason.NOT_STARTED, Reason.STORE_FULL, Reason.UNSIGNED}
_NEVER = {Reason.TIME_UP, Reason.BAD_ANSWER}
_NOT_HERE = {Reason.BAD_TOKEN, Reason.NOT_ENROLLED}
_ENDED = {Reason.HANDED_IN, Reason.CLOSED}
_LOST = {Reason.TAKEN_OVER: Trouble.TAKEN_OVER, Reason.RECORD_LOST: Trouble.RECORD_LOST}


class Restart(Exception):  # noqa: N818 - a turn of the conversation
    """Begin the connection again at once."""


class Stop(Exception):  # noqa: N818
    """The seat is given up."""


@dataclass
class Connection:
    """What holds for one connection, and begins anew with the next."""

    asked_for_a_seat: bool = False
    welcomed: bool = False
    said_ready: bool = False
    sent: int = 0
    """Number of the newest act sent."""
    held: bool = False
    """An act was refused for now; it and its followers wait."""
    overdue: int = 0
    """Clock messages since something sent was last acknowledged."""
    asked_to_sign: bool = False
    """The form has been shown here, and a checkpoint told: before that no hand-in can be signed."""
    signed: Signed | None = None
    """What the server asked for last, signed and not yet sent."""


class Conversation:
    """One seat's conversation with the site's server."""

    def __init__(
        self, hear: Callable[[Heard], None], open_outbox: Callable[[Welcome], Outbox], machine: Machine
    ) -> None:
        self._hear = hear
        self._open_outbox = open_outbox
        self._machine = machine
        self._name = ""
        """What the room calls this machine."""
        self._seat: Welcome | None = None
        self._form = ""
        """Digest of the form that was shown."""
        self._checkpoint = 0, ""
        """Size and root of the newest checkpoint that the server has told of."""
        self.outbox: Outbox | None = None
        self.connection = Connection()
        self.wanted = asyncio.Event()
        """Somebody signs in, or is signed in."""
        self.unsent = asyncio.Event()
        """There may be more to send."""
        self.unsaved = asyncio.Event()
        """The outbox holds something new."""
        self.turn_s = FIRST_TURN_S
        """How long to wait before beginning again: the longer, the oftener since something was acknowledged."""
        self._introduction: Present | Pair | None = None
        """Somebody wants to know whether this machine is enrolled, or wants it to be."""
        self._credentials: tuple[str, str] | None = None
        self._token = ""
        self._ready = False
        self._tries = 0
        """To open the journal, in vain."""
        self._proved = False
        """This journal's newest acknowledgement has been shown to the server."""
        self._epoch = 0
        self._over = False
        """Nothing enters the record any more: acts stay in the journal."""

    # ---- what is said ------------------------------------------------------------------------------------------

    def introduce(self, code: str = "", name: str = "") -> None:
        """Ask whether this machine is enrolled; with a code, ask for it to be, under that name."""
        self._introduction = Pair(code, name, self._machine.key, self._machine.public) if code else self._present()
        self.wanted.set()

    def sign_in(self, admission_no: str, id_tail: str) -> None:
        """Ask for this candidate's seat; not once welcomed, for that would throw the seat's token away."""
        if not self._token:
            self._credentials = (admission_no, id_tail)
            self.wanted.set()

    def ready(self) -> None:
        """The candidate has read the rules."""
        self._ready = True
        self.unsent.set()

    def greeting(self) -> list[FromTerminal]:
        """The first messages of a new connection.

        Raises Stop: when the seat was left while the connection was being made.
        """
        present = self._present()
        self.connection = Connection(asked_for_a_seat=bool(self._token) or self._credentials is not None)
        if self._token:
            if self.outbox is None:
                return [present, Resume(self._token)]
            proof = self.outbox.proof
            self._proved = True
            return [present, Resume(self._token, proof.seq, proof.epoch, proof.idx, proof.head)]
        if self._credentials is not None:
            return [present, SignIn(*self._credentials)]
        if self._introduction is None:
            raise Stop
        return [self._introduction]

    def still_there(self) -> FromTerminal:
        """What a machine says, now and again, that waits for staff to confirm it."""
        return self._present()

    def _present(self) -> Present:
        return Present(self._machine.key, self._machine.public)

    def to_send(self) -> list[FromTerminal]:
        """What may be said now that was not said before, in order; it counts as sent."""
        said: list[FromTerminal] = []
        if self._ready and not self.connection.said_ready:
            self.connection.said_ready = True
            said.append(Ready())
        if self.connection.signed is not None and self.outbox is not None:
            self.outbox.keep(self.connection.signed)
            said.append(self.connection.signed)
            self.connection.signed = None
        if self.outbox is not None and not self.connection.held and not self._over:
            acts = self.outbox.sendable(self.connection.sent, WINDOW)
            if acts and isinstance(acts[-1], HandIn) and not self.connection.asked_to_sign:
                acts = acts[:-1]
            said += [self._with_signature(act, self.outbox) if isinstance(act, HandIn) else act for act in acts]
            self.connection.sent = acts[-1].seq if acts else self.connection.sent
        return said

    def _with_signature(self, act: HandIn, outbox: Outbox) -> HandIn:
        signed = self._vouch(outbox, act.seq)
        if signed is not None:
            outbox.keep(signed)
        return msgspec.structs.replace(act, signed=signed)

    def _vouch(self, outbox: Outbox, seq: int) -> Signed | None:
        """For acts up to `seq`; None where this machine knows no chain that leads there."""
        seat, acts, since = self._seat, outbox.head(seq), min(outbox.base.own, seq)
        if seat is None or not acts:
            return None
        size, root = self._checkpoint
        said = chain.Vouched(seat.package_id, seat.c, self._form, since, seq, acts, size, root)
        return Signed(since, seq, acts, size, root, said.signed_by(self._machine))

    # ---- what is heard -----------------------------------------------------------------------------------------

    def take(self, message: ToTerminal) -> None:
        """Do as the server says, and pass it on.

        Raises Restart: when the connection must begin again. Raises Stop: when the seat is given up.
        Raises OSError: when the journal cannot be written.
        """
        connection, outbox = self.connection, self.outbox
        match message:
            case Welcome():
                self._welcomed(message)
            case Ack() if outbox is not None and message.epoch == self._epoch:  # another epoch's counts for nothing
                outbox.acknowledge(message)
                connection.overdue, self.turn_s = 0, FIRST_TURN_S
                self.unsent.set()
            case Clock(phase=phase):
                self._over = phase in (Phase.HANDED_IN, Phase.CLOSED)
                self._watch_overdue()
                if connection.held and phase in (Phase.ANSWERING, Phase.TIME_UP) and outbox is not None:
                    connection.held, connection.sent = False, outbox.acked
                self.unsent.set()
                if phase is not Phase.WAITING:
                    self._ready = False  # said and heard; a reconnect need not repeat it
            case Refusal():
                self._refused(message)
            case FormView(digest=digest) if outbox is not None and self._seat is not None:
                self._form = digest
                outbox.begin(self._seat.package_id, self._seat.c, digest)
                self.unsaved.set()
            case Sign() if outbox is not None:
                self._asked_to_sign(message, outbox)
            case Receipt() if outbox is not None:
                self._receipt(message, outbox)
            case Enrolled(name=name, kept=kept):
                self._introduction, self._name = None if kept else self._present(), name
                # Of the key that is here: which one the server has listed under this name, people then see.
                message = msgspec.structs.replace(message, check=chain.fingerprint(self._machine.public))
        self._hear(message)
        if isinstance(message, Enrolled) and message.kept and not connection.asked_for_a_seat:
            if self._token or self._credentials is not None:
                raise Restart  # somebody has asked meanwhile
            self.wanted.clear()
            raise Stop

    def _asked_to_sign(self, asked: Sign, outbox: Outbox) -> None:
        if asked.size >= self._checkpoint[0]:
            self._checkpoint = asked.size, asked.root
        self.connection.asked_to_sign = True
        if asked.seq <= outbox.acked:
            self.connection.signed = self._vouch(outbox, asked.seq)
        self.unsent.set()

    def _receipt(self, receipt: Receipt, outbox: Outbox) -> None:
        """Raises Stop: the code does not follow from the entry, or the entry does not bear this journal's acts."""
        if not receipt_holds(receipt.code, receipt.entry, receipt.before, outbox.head(outbox.acked), self._form):
            self.give_up_seat(Trouble.RECORD_LOST)
        outbox.keep(receipt)

    def _watch_overdue(self) -> None:
        """A server that ticks and does not acknowledge has lost an act or its own way: begin the connection again."""
        connection, outbox = self.connection, self.outbox
        waiting = outbox is not None and not connection.held and not self._over and connection.sent > outbox.acked
        connection.overdue = connection.overdue + 1 if waiting else 0
        if connection.overdue >= OVERDUE_TICKS:
            raise Restart

    def _welcomed(self, welcome: Welcome) -> None:
        self._token, self._credentials, self._epoch, self._seat = welcome.token, None, welcome.epoch, welcome
        if self.outbox is None:
            self.outbox = self._opened(welcome)
            self._proved = not self.outbox.acked
        if not self._proved:
            # Signing in carries no acknowledgement: show the journal's, so that a rolled-back server finds out.
            raise Restart
        try:
            restored = self.outbox.reconcile(welcome)
        except RecordLost:
            self.give_up_seat(Trouble.RECORD_LOST)
        who, sitting = welcome.candidate, welcome.sitting
        self.outbox.sits(
            Sat(welcome.package_id, sitting.session, welcome.c, who.admission_no, self._name, self._machine.public)
        )
        self.connection.sent, self.connection.welcomed = welcome.durable_seq, True
        self.unsaved.set()
        self._hear(restored)

    def _opened(self, welcome: Welcome) -> Outbox:
        """The journal. Another program here, whose seat this sign-in took over, lets go of it when it hears of that."""
        try:
            outbox = self._open_outbox(welcome)
        except JournalInUse:
            self._tries += 1
            if self._tries >= TRIES_OF_A_JOURNAL:
                self.give_up_seat(Trouble.IN_USE)
            raise Restart from None
        self._tries = 0
        return outbox

    def _refused(self, refusal: Refusal) -> None:
        reason, outbox = refusal.reason, self.outbox
        if outbox is None or not self._token or reason in _NOT_HERE:
            self.give_up_seat(refusal)
        if reason is Reason.REOPENED:
            raise Restart
        if reason in _LOST:
            self.give_up_seat(_LOST[reason])
        if not self.connection.welcomed:
            raise Restart  # a server that has only just come up, say: ask again
        if reason is Reason.GAP:
            self._gap(refusal, outbox)
        elif reason in _NEVER and refusal.seq:
            self._give_up_acts(refusal, outbox)
        elif reason in _WAITS:
            self.connection.held = True
        elif reason in _ENDED:
            self._over = True

    def _gap(self, refusal: Refusal, outbox: Outbox) -> None:
        if self.connection.held:
            return  # followers of a refused act; all are sent again when the hold ends
        expected = refusal.facts.get("expected")
        if isinstance(expected, int) and expected <= outbox.acked:
            self.give_up_seat(Trouble.RECORD_LOST)
        raise Restart

    def _give_up_acts(self, refusal: Refusal, outbox: Outbox) -> None:
        if refusal.reason is Reason.BAD_ANSWER:
            refused = [refusal.seq]
        else:  # what follows a late answer is later still; only the hand-in still counts
            refused = [act.seq for act in outbox.pending if act.seq >= refusal.seq and not isinstance(act, HandIn)]
        count = outbox.give_up(refused)
        self.unsaved.set()
        if count:
            self._hear(GaveUp(refusal.reason, count))
        raise Restart

    # ---- endings -----------------------------------------------------------------------------------------------

    def give_up_seat(self, why: Heard) -> NoReturn:
        """Forget the seat and say why.

        Raises Stop: always.
        """
        self.forget()
        self._hear(why)
        raise Stop

    def forget(self) -> None:
        """The seat is left, or lost: nothing more is said for it."""
        self.wanted.clear()
        self._token, self._credentials, self._introduction, self._ready = "", None, None, False
        self._proved = self._over = self.connection.held = False
        if self.outbox is not None:
            self.outbox.let_go()
        self.outbox, self._tries = None, 0
        self._seat, self._form, self._checkpoint = None, "", (0, "")
