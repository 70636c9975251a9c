"""The candidate's terminal: wires seat, outbox, client and screens together, and decides nothing else.

What it promises: an act is in the journal before it is sent; no screen, crash or restart loses one; nothing a
candidate presses leads out of the examination; exam text never steers the program.

Before: `tools.cli.terminal` starts it. After: `terminal.screens`, `terminal.client`.
"""

import os

from terminal import lockdown

lockdown.scrub(os.environ)  # before the next lines: Textual reads its switches while it is imported

# ruff: noqa: E402
import asyncio
import contextlib
import contextvars
import sys
from collections.abc import Callable
from pathlib import Path

from textual import events
from textual.message import Message

from examd.protocol.messages import Clock, Refusal, Welcome
from examd.protocol.phase import Phase
from examd.protocol.reasons import Reason
from terminal import widths
from terminal.client import Client
from terminal.heard import Heard, Link, Trouble
from terminal.language import _, set_language
from terminal.locked_app import ExitCode, LockedApp
from terminal.machine import Machine, this_machine
from terminal.outbox import Outbox, journal_name, try_directory
from terminal.screens.after import (
    ClosedScreen,
    HandingScreen,
    HandInScreen,
    PausedScreen,
    ReceiptScreen,
    SureScreen,
    TimeUpScreen,
    TroubleScreen,
)
from terminal.screens.base import ExamScreen
from terminal.screens.before import ConfirmScreen, RulesScreen, SignInScreen, WaitingScreen
from terminal.screens.pair import PairScreen
from terminal.screens.question import QuestionScreen
from terminal.screens.sheet import SheetScreen
from terminal.seat import Seat, Stage, monotonic_ms, stage
from terminal.theme import PANEL, PAPER

NETWORK_AFTER_S = 0.3
"""The network's modules take 0.25 s to import, and an import holds up painting: nobody signs in sooner than this."""
SETTLE_MS = 700
"""After another screen has come, Enter and the mouse do nothing for so long: a double click and a key held down (it
repeats after 500 to 660 ms) were meant for the screen before."""
HELD_MS = 250
"""A key held down repeats sooner than this, so it never gets past a screen it was not pressed on."""


class TerminalApp(LockedApp, inherit_bindings=False):
    """One seat: what `terminal.actions` promises to the screens."""

    CSS = f"""
    Screen {{ background: {PAPER}; layout: vertical; overflow: hidden hidden; }}
    Canvas {{ height: 1fr; width: 1fr; background: {PAPER}; }}
    #header {{ height: 1; dock: top; }}
    #banner {{ height: 1; }}
    #status {{ height: 1; }}
    #keys {{ height: 2; padding-top: 1; }}
    #side {{ dock: right; width: 44; height: 100%; background: {PANEL}; display: none; padding: 1 0; margin-top: 1; }}
    #side Canvas {{ background: {PANEL}; }}
    #clock {{ height: 5; }}
    .-tall #header {{ height: 3; }}
    .-tall #question, SheetScreen #grid {{ margin-top: 1; }}
    .-tall #side {{ margin-top: 3; }}
    .-tall #clock {{ height: 7; }}
    .-tall #keys {{ height: 3; padding-top: 0; }}
    .-wide #side {{ display: block; }}
    #small {{ display: none; }}
    .-small > * {{ display: none; }}
    .-small > #small {{ display: block; }}
    """

    class Told(Message):
        """What the client heard, brought into the app's own order of events."""

        def __init__(self, heard: Heard, seat: Seat) -> None:
            super().__init__()
            self.heard = heard
            self.seat = seat

    def __init__(
        self,
        server: str,
        trust: Path,
        journal: Path,
        name: str = "",
        *,
        admission_no: str = "",
        exit_after_receipt: bool = False,
        now: Callable[[], int] = monotonic_ms,
    ) -> None:
        super().__init__(journal)
        self.seat = Seat(name=name)
        self.exit_after_receipt = exit_after_receipt
        self._now = now
        self._client = Client(server, trust, self._hear, self._open_outbox, self._machine())
        self._sign_in = SignInScreen(self, admission_no)
        self._screens: dict[Stage, ExamScreen] = {
            Stage.PAIR: PairScreen(self, name),
            Stage.SIGN_IN: self._sign_in,
            Stage.CONFIRM: ConfirmScreen(self),
            Stage.RULES: RulesScreen(self),
            Stage.WAITING: WaitingScreen(self),
            Stage.QUESTION: QuestionScreen(self),
            Stage.SHEET: SheetScreen(self),
            Stage.HAND_IN: HandInScreen(self),
            Stage.SURE: SureScreen(self),
            Stage.PAUSED: PausedScreen(self),
            Stage.TIME_UP: TimeUpScreen(self),
            Stage.HANDING: HandingScreen(self),
            Stage.RECEIPT: ReceiptScreen(self),
            Stage.CLOSED: ClosedScreen(self),
            Stage.TROUBLE: TroubleScreen(self),
        }
        for which, screen in self._screens.items():
            self.install_screen(screen, str(which))
        self._shown: Stage | None = None
        self._settled_ms = 0

    def _machine(self) -> Machine:
        try:
            return this_machine(self._journal)
        except OSError:
            self.seat.trouble = Trouble.JOURNAL
            return Machine.new()

    # ---- running -----------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        lockdown.answer_signals(self.exit)
        self._shown = Stage.SIGN_IN
        self.push_screen(str(Stage.SIGN_IN))
        self.set_interval(0.2, self.draw)
        self.draw()
        self.set_timer(NETWORK_AFTER_S, self._start_client)

    def _start_client(self) -> None:
        self._client.introduce()
        self._talking = asyncio.create_task(self._client.run(), context=contextvars.copy_context())
        self._talking.add_done_callback(self._talked)

    def _talked(self, task: "asyncio.Task[None]") -> None:
        """Whoever sits here, a seat without its client must not look alive."""
        if task.cancelled():
            return
        if (error := task.exception()) is not None:
            lockdown.note_fault(self._journal, error)
        self.seat.trouble = self.seat.trouble or (Trouble.FAULT if error else Trouble.JOURNAL)
        self.draw()

    async def on_unmount(self) -> None:
        if hasattr(self, "_talking"):
            self._talking.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await self._talking
        if self.seat.outbox is not None:
            self.seat.outbox.let_go()

    def draw(self) -> None:
        """Show the screen of this moment, with what it says now."""
        now = self._now()
        wanted = stage(self.seat, now)
        if wanted is not self._shown:
            self._shown = wanted
            self._settled_ms = now + SETTLE_MS
            self.seat.staff_asked = False
            self.switch_screen(str(wanted))
        self._screens[wanted].draw(now)

    def now(self) -> int:
        return self._now()

    async def press(self, key: events.Key) -> None:
        await self._screens[self._shown or Stage.SIGN_IN].press(key)

    def settled(self) -> bool:
        """Asked too early, asks for a little more patience: a key held down is asked about again and again."""
        now = self._now()
        if now >= self._settled_ms:
            return True
        self._settled_ms = max(self._settled_ms, now + min(HELD_MS, SETTLE_MS))
        return False

    # ---- what the candidate does -------------------------------------------------------------------------------

    def pair(self, name: str, code: str) -> None:
        """Asks the server to take this machine for a terminal of the room."""
        self.seat.refusal = None
        self.seat.link = Link.TRYING
        self._client.introduce(code, name)
        self.draw()

    def sign_in(self, admission_no: str, id_tail: str) -> None:
        """Try to, with nothing said any more of the try before."""
        if self.seat.welcome is not None:
            return
        self.seat.refusal = None
        self.seat.link = Link.TRYING
        self._client.sign_in(admission_no, id_tail)
        self.draw()

    def confirm(self) -> None:
        self.seat.confirmed = True
        self.draw()

    def not_me(self) -> None:
        """The client forgets the seat first, so that nothing more is heard of it."""
        self._client.leave()
        self._begin_again()
        self.draw()

    def ready(self) -> None:
        """Noted here as well, for the server may be away."""
        self.seat.ready = True
        self._client.ready()
        self.draw()

    def place(self, where: Stage) -> None:
        self.seat.place = where
        self.draw()

    def go_to(self, slot: int) -> None:
        if 0 <= slot < len(self.seat.items):
            self.seat.slot = slot
        self.draw()

    def answer(self, slot: int, choice: tuple[int, ...]) -> None:
        self._act(lambda outbox: outbox.answer(slot, choice, self.seat.used_ms(self._now())))

    def flag(self, slot: int, on: bool) -> None:
        self._act(lambda outbox: outbox.flag(slot, on))

    def hand_in(self, by_clock: bool = False) -> None:
        self._act(lambda outbox: outbox.hand_in(by_clock))

    def _act(self, write: Callable[[Outbox], None]) -> None:
        if self.seat.outbox is None or self.seat.outbox.handed_in:
            return
        try:
            write(self.seat.outbox)
        except OSError:
            self.seat.trouble = Trouble.JOURNAL
        self._client.written()
        self.draw()

    def leave(self) -> None:
        if self.seat.trouble in (Trouble.JOURNAL, Trouble.FAULT):
            self.exit(ExitCode.BROKEN)
        else:
            self.exit(ExitCode.HANDED_IN if self.seat.receipt else ExitCode.ENDED_BY_STAFF)

    def _begin_again(self) -> None:
        self._sign_in.forget()
        self.seat = Seat(name=self.seat.name, paired=self.seat.paired)

    # ---- what the client hears ---------------------------------------------------------------------------------

    def _hear(self, heard: Heard) -> None:
        self.post_message(self.Told(heard, self.seat))

    def _open_outbox(self, welcome: Welcome) -> Outbox:
        name = journal_name(welcome.sitting.session, welcome.candidate.admission_no)
        self.seat.outbox = Outbox(self._journal / name)
        return self.seat.outbox

    def on_terminal_app_told(self, told: Told) -> None:
        if told.seat is not self.seat:
            return  # meant for the person who sat here before
        match told.heard:
            case Refusal(reason=Reason.BAD_TOKEN | Reason.NOT_ENROLLED) if self.seat.welcome is not None:
                self._begin_again()
        self.seat.hear(told.heard, self._now())
        match told.heard:
            case Clock(phase=Phase.TIME_UP):
                # Only the server's word hands in by the clock: it may have granted more time while it was away.
                self.hand_in(by_clock=True)
        self.draw()


def run(
    server: str,
    trust: Path,
    journal: Path,
    language: str = "zh",
    name: str = "",
    *,
    admission_no: str = "",
    exit_after_receipt: bool = False,
) -> int:
    """Show the terminal until the candidate has handed in or staff end it; an ExitCode."""
    set_language(language)
    try:
        try_directory(journal)
    except OSError as error:
        why = error.strerror or type(error).__name__
        sentence = _("No answers can be kept in {folder} ({why}). Name another folder.", folder=journal, why=why)
        print(f"examd: {sentence}", file=sys.stderr)
        return ExitCode.UNUSABLE
    widths.learn()
    lockdown.swallow_replies()
    app = TerminalApp(server, trust, journal, name, admission_no=admission_no, exit_after_receipt=exit_after_receipt)
    result = app.run()
    return result if result is not None else app.return_code or ExitCode.BROKEN
