"""Everything the screens show, and the rules that choose what to show. Plain values, no widget, no socket.

The phase from the server, not a click, decides the stage; a click only moves within ANSWERING. Time is the last
Clock message less this machine's own monotonic clock since: its wall clock may be years wrong and is never read.

Before: `terminal.client`, whose news (`terminal.heard`) fill it. After: `terminal.screens` draw it.
"""

import time
from dataclasses import dataclass
from enum import Enum, StrEnum

from examd.protocol.messages import Ack, Clock, Enrolled, FormView, ItemView, Receipt, Refusal, Welcome
from examd.protocol.phase import Phase
from examd.protocol.reasons import Reason
from terminal.heard import GaveUp, Heard, Link, Saved, Trouble
from terminal.outbox import Kept, Outbox, Restored

MINUTE_MS = 60_000
BLINK_MS = 1_500
"""A connection that is back sooner than this is not worth a candidate's worry."""


def monotonic_ms() -> int:
    """Milliseconds that nobody can set, running on while the machine sleeps where the system offers that."""
    boottime = getattr(time, "CLOCK_BOOTTIME", None)
    return (time.monotonic_ns() if boottime is None else time.clock_gettime_ns(boottime)) // 1_000_000


class Stage(StrEnum):
    """One screen each."""

    PAIR = "pair"
    SIGN_IN = "sign-in"
    CONFIRM = "confirm"
    RULES = "rules"
    WAITING = "waiting"
    QUESTION = "question"
    SHEET = "sheet"
    HAND_IN = "hand-in"
    SURE = "sure"
    PAUSED = "paused"
    TIME_UP = "time-up"
    HANDING = "handing"
    RECEIPT = "receipt"
    CLOSED = "closed"
    TROUBLE = "trouble"


ANSWERING = frozenset({Stage.QUESTION, Stage.SHEET, Stage.HAND_IN, Stage.SURE})
"""Where the candidate can be while answering."""


class Filter(Enum):
    """What the answer sheet lists."""

    ALL = "all"
    UNANSWERED = "unanswered"
    FLAGGED = "flagged"


class Urgency(Enum):
    """How little time is left, in minutes, as far as the candidate is told."""

    CALM = 0
    TEN = 10
    FIVE = 5
    ONE = 1


@dataclass(frozen=True, slots=True)
class Counts:
    """Items of the form by what the candidate did with them."""

    answered: int
    unanswered: int
    flagged: int


@dataclass
class Seat:
    """The candidate's sitting as this terminal knows it."""

    name: str = ""
    """What this machine is called in the room."""
    paired: Enrolled | None = None
    """Which of the site's terminals it is, or waits for staff to make it."""
    stranger: bool = False
    """The server does not know this machine: staff must pair it before anybody signs in."""
    link: Link = Link.IDLE
    away_since_ms: int = 0
    welcome: Welcome | None = None
    outbox: Outbox | None = None
    restored: Restored | None = None
    form: FormView | None = None
    clock: Clock | None = None
    clock_at_ms: int = 0
    receipt: Receipt | None = None
    refusal: Refusal | None = None
    """Why the last sign-in was refused."""
    wait_until_ms: int = 0
    """Until when the server takes no further try."""
    trouble: Trouble | None = None
    confirmed: bool = False
    ready: bool = False
    place: Stage = Stage.QUESTION
    """Where the candidate is while answering: one of ANSWERING."""
    slot: int = 0
    filter: Filter = Filter.ALL
    store_full: bool = False
    dropped: int = 0
    """Acts refused because they came after the deadline."""
    added_told_ms: int = 0
    """Until when the newest extra time is announced."""
    staff_asked: bool = False
    """Staff pressed the way out; the next key decides."""

    @property
    def phase(self) -> Phase | None:
        return self.clock.phase if self.clock else None

    @property
    def mock(self) -> bool:
        return bool(self.welcome and self.welcome.sitting.mock)

    @property
    def items(self) -> tuple[ItemView, ...]:
        return self.form.items if self.form else ()

    @property
    def item(self) -> ItemView:
        return self.items[self.slot]

    # ---- what the client hears ---------------------------------------------------------------------------------

    def hear(self, heard: Heard, now_ms: int) -> None:
        """Take in what the client heard at `now_ms`."""
        match heard:
            case Link():
                if heard is not Link.UP and self.link is Link.UP:
                    self.away_since_ms = now_ms
                self.link = heard
            case Enrolled(name=name):
                self.paired, self.name, self.stranger = heard, name, not heard.kept
                if self.welcome is None:
                    self.refusal, self.link = None, Link.IDLE
            case Welcome():
                self.welcome = heard
                if self.receipt is not None and not heard.handed_in:  # opened again
                    self.receipt, self.place = None, Stage.QUESTION
                if self.outbox is not None and self.outbox.acked >= self.outbox.last:
                    self.store_full = False
            case Restored():
                self.restored = self.restored or heard
            case FormView():
                if self.form is None:
                    self.slot = next((slot for slot, _item in enumerate(heard.items) if not self.choice(slot)), 0)
                self.form = heard
            case Clock():
                if self.clock is not None and heard.added_ms > self.clock.added_ms:
                    self.added_told_ms = now_ms + MINUTE_MS
                self.clock, self.clock_at_ms = heard, now_ms
            case Ack():
                self.store_full = False
            case Receipt():
                self.receipt = heard
            case GaveUp(reason, count):
                self.dropped += count if reason is Reason.TIME_UP else 0
            case Trouble():
                self.trouble = self.trouble or heard
            case Refusal():
                self._refused(heard, now_ms)
            case Saved():
                pass  # the outbox knows; the screen is drawn anew

    def _refused(self, refusal: Refusal, now_ms: int) -> None:
        if refusal.reason is Reason.NOT_ENROLLED:
            self.stranger, self.paired = True, None
        self.store_full = self.store_full or refusal.reason is Reason.STORE_FULL
        if self.welcome is None:
            wait_s = refusal.facts.get("wait_s")
            self.refusal, self.link = refusal, Link.IDLE
            self.wait_until_ms = now_ms + 1000 * wait_s if isinstance(wait_s, int) else 0

    # ---- time --------------------------------------------------------------------------------------------------

    def _since_clock(self, now_ms: int) -> int:
        running = self.clock is not None and self.clock.phase is Phase.ANSWERING
        return max(0, now_ms - self.clock_at_ms) if running else 0

    def remaining_ms(self, now_ms: int) -> int:
        return max(0, self.clock.remaining_ms - self._since_clock(now_ms)) if self.clock else 0

    def used_ms(self, now_ms: int) -> int:
        return self.clock.used_ms + self._since_clock(now_ms) if self.clock else 0

    def out_of_time(self, now_ms: int) -> bool:
        """The clock here says zero; only the server's word makes it TIME_UP."""
        return self.phase is Phase.ANSWERING and self.remaining_ms(now_ms) == 0

    def urgency(self, now_ms: int) -> Urgency:
        """What to warn of; never at an examination's very beginning: one of five minutes warns at one."""
        if self.phase is not Phase.ANSWERING or self.welcome is None:
            return Urgency.CALM
        remaining_ms, minutes = self.remaining_ms(now_ms), self.welcome.sitting.minutes
        for urgency in (Urgency.ONE, Urgency.FIVE, Urgency.TEN):
            if remaining_ms <= urgency.value * MINUTE_MS and minutes > urgency.value:
                return urgency
        return Urgency.CALM

    def away_ms(self, now_ms: int) -> int:
        """For how long the network has been away; 0 while it is there, or is back sooner than anybody need know."""
        away_ms = now_ms - self.away_since_ms
        return away_ms if self.link is not Link.UP and away_ms > BLINK_MS else 0

    # ---- answers -----------------------------------------------------------------------------------------------

    def choice(self, slot: int) -> tuple[int, ...]:
        return self.outbox.answers.get(slot, ()) if self.outbox else ()

    def flagged(self, slot: int) -> bool:
        return bool(self.outbox and slot in self.outbox.flags)

    def kept(self, slot: int) -> Kept:
        return self.outbox.kept(slot) if self.outbox else Kept.NONE

    @property
    def answered(self) -> int:
        return len(self.outbox.answers) if self.outbox else 0

    @property
    def unanswered(self) -> int:
        return len(self.items) - self.answered

    @property
    def counts(self) -> Counts:
        return Counts(self.answered, self.unanswered, len(self.outbox.flags) if self.outbox else 0)

    @property
    def unconfirmed(self) -> int:
        return len(self.outbox.pending) if self.outbox else 0

    def listed(self) -> list[int]:
        """Slots the answer sheet shows."""
        slots = range(len(self.items))
        if self.filter is Filter.UNANSWERED:
            return [slot for slot in slots if not self.choice(slot)]
        if self.filter is Filter.FLAGGED:
            return [slot for slot in slots if self.flagged(slot)]
        return list(slots)


def stage(seat: Seat, now_ms: int) -> Stage:
    """Which screen belongs to this moment. Trouble first, then what is final, then the phase."""
    if seat.trouble:
        return Stage.TROUBLE
    if seat.receipt and seat.welcome:
        return Stage.RECEIPT
    if seat.welcome is None:
        return Stage.PAIR if seat.stranger else Stage.SIGN_IN
    if seat.phase is Phase.CLOSED:
        return Stage.CLOSED
    if not seat.confirmed:
        return Stage.CONFIRM
    if seat.phase is Phase.HANDED_IN or (seat.outbox and seat.outbox.handed_in):
        return Stage.HANDING
    if seat.phase is Phase.TIME_UP or seat.out_of_time(now_ms):
        return Stage.TIME_UP
    if seat.phase is Phase.PAUSED:
        return Stage.PAUSED
    if seat.phase is Phase.ANSWERING and seat.form:
        return seat.place
    return Stage.WAITING if seat.ready or seat.phase is Phase.ANSWERING else Stage.RULES
