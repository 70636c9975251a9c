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
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, ClassVar, NoReturn

from rich.text import Text
from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.message import Message
from textual.screen import Screen

from examd.protocol.messages import Ack, Clock, FormView, Receipt, Refusal, Welcome
from examd.protocol.phase import Phase
from examd.protocol.reasons import Reason
from terminal.client import Client, GaveUp, Heard, Saved
from terminal.language import _, reason_sentence, set_language
from terminal.look import PANEL, PAPER
from terminal.outbox import Outbox, Restored, journal_name, try_directory
from terminal.screens.after import (
    ClosedScreen,
    HandingScreen,
    HandInScreen,
    PausedScreen,
    ReceiptScreen,
    SheetScreen,
    SureScreen,
    TimeUpScreen,
    TroubleScreen,
)
from terminal.screens.base import ExamScreen
from terminal.screens.before import ConfirmScreen, RulesScreen, SignInScreen, WaitingScreen
from terminal.screens.question import QuestionScreen
from terminal.seat import ANSWERING, BLINK_MS, MINUTE_MS, Link, Seat, Stage, Trouble, Urgency, monotonic_ms, stage

HANDED_IN, UNUSABLE, LEFT, BROKEN = 0, 2, 3, 4
"""Exit codes: handed in and the receipt shown; nowhere to keep answers; ended by staff before the receipt; this
machine or program failed."""

NETWORK_AFTER_S = 0.3
"""The network's modules take 0.25 s to import, and an import holds up painting: nobody signs in sooner than this."""
SETTLE_MS = 700
"""After another screen has come, Enter and the mouse do nothing for so long: a double click and a key held down (it
repeats after 500 to 660 ms) were meant for the screen before."""
HELD_MS = 250
"""A key held down repeats sooner than this, so it never gets past a screen it was not pressed on."""


class TerminalApp(App[int], inherit_bindings=False):
    """One seat."""

    ENABLE_COMMAND_PALETTE = False
    COMMANDS: ClassVar[set[Any]] = set()
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = []
    ESCAPE_TO_MINIMIZE = False
    CSS = f"""
    Screen {{ background: {PAPER}; layout: vertical; overflow: hidden hidden; }}
    Board {{ height: 1fr; width: 1fr; background: {PAPER}; }}
    #header {{ height: 1; dock: top; }}
    #banner {{ height: 1; }}
    #status {{ height: 1; }}
    #keys {{ height: 2; padding-top: 1; }}
    #side {{ dock: right; width: 44; height: 100%; background: {PANEL}; display: none; padding: 1 0; margin-top: 1; }}
    #side Board {{ background: {PANEL}; }}
    #clock {{ height: 5; }}
    .-tall #header {{ height: 3; }}
    .-tall #sheet, SheetScreen #grid {{ margin-top: 1; }}
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
        super().__init__()
        self.seat = Seat(name=name)
        self.exit_after_receipt = exit_after_receipt
        self._journal = journal
        self._now = now
        self._client = Client(server, trust, self._hear, self._open_outbox, terminal=name)
        self._screens: dict[Stage, ExamScreen] = {
            Stage.SIGN_IN: SignInScreen(admission_no),
            Stage.CONFIRM: ConfirmScreen(),
            Stage.RULES: RulesScreen(),
            Stage.WAITING: WaitingScreen(),
            Stage.QUESTION: QuestionScreen(),
            Stage.SHEET: SheetScreen(),
            Stage.HAND_IN: HandInScreen(),
            Stage.SURE: SureScreen(),
            Stage.PAUSED: PausedScreen(),
            Stage.TIME_UP: TimeUpScreen(),
            Stage.HANDING: HandingScreen(),
            Stage.RECEIPT: ReceiptScreen(),
            Stage.CLOSED: ClosedScreen(),
            Stage.TROUBLE: TroubleScreen(),
        }
        for which, screen in self._screens.items():
            self.install_screen(screen, str(which))
        self._shown: Stage | None = None
        self._settled_ms = 0

    # ---- running -----------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        lockdown.answer_signals(self.exit)
        self._shown = Stage.SIGN_IN
        self.push_screen(str(Stage.SIGN_IN))
        self.set_interval(0.2, self.draw)
        self.draw()
        self.set_timer(NETWORK_AFTER_S, self._start_client)

    def _start_client(self) -> None:
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

    @property
    def here(self) -> ExamScreen:
        """The screen of this moment."""
        return self._screens[self._shown or Stage.SIGN_IN]

    def settled(self) -> bool:
        """Whether this screen has been here long enough for Enter or a click to be meant for it."""
        now = self._now()
        if now >= self._settled_ms:
            return True
        self._settled_ms = max(self._settled_ms, now + min(HELD_MS, SETTLE_MS))
        return False

    def news(self, now_ms: int) -> tuple[str, str]:
        """The banner while answering: tone and sentence of what matters most, or nothing."""
        if self._shown not in ANSWERING:
            return "", ""
        seat = self.seat
        urgency = seat.urgency(now_ms)
        away_ms = now_ms - seat.away_since_ms
        if seat.link is not Link.UP and away_ms > BLINK_MS:
            return "amber", _("Network away ({s} s). Answers are kept here; please go on.", s=away_ms // 1000)
        if seat.store_full:
            return "red", reason_sentence(Reason.STORE_FULL, {})
        if now_ms < seat.added_told_ms and seat.clock is not None:
            return "calm", _("You have been given more time: {n} min.", n=seat.clock.added_ms // MINUTE_MS)
        left = seat.remaining_ms(now_ms)
        if urgency is Urgency.ONE:
            return "red", _("Less than one minute left.")
        if urgency is Urgency.FIVE and left > 4 * MINUTE_MS:
            return "red", _("Less than 5 minutes left.")
        if urgency is Urgency.TEN and left > 9 * MINUTE_MS:
            return "amber", _("Less than 10 minutes left.")
        return "", ""

    # ---- what the candidate does -------------------------------------------------------------------------------

    def sign_in(self, admission_no: str, id_tail: str) -> None:
        if self.seat.welcome is not None:
            return  # pressed twice: the first was enough
        self.seat.refusal = None
        self.seat.link = Link.TRYING
        self._client.sign_in(admission_no, id_tail)
        self.draw()

    def confirm(self) -> None:
        self.seat.confirmed = True
        self.draw()

    def not_me(self) -> None:
        self._client.leave()
        self._begin_again()
        self.draw()

    def ready(self) -> None:
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
        """The way out: staff's, and the candidate's after the receipt where that was asked for."""
        if self.seat.trouble in (Trouble.JOURNAL, Trouble.FAULT):
            self.exit(BROKEN)
        else:
            self.exit(HANDED_IN if self.seat.receipt else LEFT)

    def _begin_again(self) -> None:
        sign_in = self._screens[Stage.SIGN_IN]
        assert isinstance(sign_in, SignInScreen)
        sign_in.forget()
        self.seat = Seat(name=self.seat.name)

    # ---- what the client hears ---------------------------------------------------------------------------------

    def _hear(self, heard: Heard) -> None:
        self.post_message(self.Told(heard, self.seat))

    def _open_outbox(self, welcome: Welcome) -> Outbox:
        name = journal_name(welcome.sitting.session, welcome.candidate.admission_no)
        self.seat.outbox = Outbox(self._journal / name)
        return self.seat.outbox

    def on_terminal_app_told(self, told: Told) -> None:
        seat, now = self.seat, self._now()
        if told.seat is not seat:
            return  # meant for the person who sat here before
        match told.heard:
            case Link() as link:
                if link is not Link.UP and seat.link is Link.UP:
                    seat.away_since_ms = now
                seat.link = link
            case Welcome() as welcome:
                seat.welcome = welcome
                seat.outbox = self._client.outbox
                if seat.outbox is not None and seat.outbox.proof.seq >= seat.outbox.last:
                    seat.store_full = False
            case Restored() as restored:
                seat.restored = seat.restored or restored
            case FormView() as form:
                if seat.form is None:
                    seat.slot = next((slot for slot, _item in enumerate(form.items) if not seat.choice(slot)), 0)
                seat.form = form
            case Clock() as clock:
                self._heard_clock(clock, now)
            case Ack() | Saved():
                seat.store_full = seat.store_full and isinstance(told.heard, Saved)
            case Receipt() as receipt:
                seat.receipt = receipt
            case GaveUp(reason, count):
                seat.dropped += count if reason is Reason.TIME_UP else 0
            case Trouble() as trouble:
                seat.trouble = seat.trouble or trouble
            case Refusal() as refusal:
                self._heard_refusal(refusal, now)
        self.draw()

    def _heard_clock(self, clock: Clock, now: int) -> None:
        seat = self.seat
        if seat.clock is not None and clock.added_ms > seat.clock.added_ms:
            seat.added_told_ms = now + MINUTE_MS
        seat.clock, seat.clock_at_ms = clock, now
        if clock.phase is Phase.TIME_UP:
            # Only the server's word hands in by the clock: it may have granted more time while the network was away.
            self.hand_in(by_clock=True)

    def _heard_refusal(self, refusal: Refusal, now: int) -> None:
        seat = self.seat
        if refusal.reason is Reason.STORE_FULL:
            seat.store_full = True
        if seat.welcome is None or refusal.reason is Reason.BAD_TOKEN:
            if seat.welcome is not None:
                self._begin_again()
            self.seat.refusal = refusal
            wait_s = refusal.facts.get("wait_s")
            self.seat.wait_until_ms = now + 1000 * wait_s if isinstance(wait_s, int) else 0
            self.seat.link = Link.IDLE

    # ---- what Textual offers and an examination does not -----------------------------------------------------------

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        return ()

    def _not_here(self, *_args: object, **_more: object) -> NoReturn:
        raise RuntimeError("not in an examination")

    export_text_screenshot = save_screenshot = deliver_screenshot = deliver_text = deliver_binary = _not_here
    open_url = _not_here

    def action_nothing(self) -> None:
        """In place of every built-in action that leads out."""

    action_quit = action_help_quit = action_screenshot = action_suspend_process = action_nothing  # type: ignore[assignment]
    action_command_palette = action_change_theme = action_toggle_dark = action_copy_text = action_nothing

    def copy_to_clipboard(self, text: str) -> None:
        """OSC 52 would carry exam text to the machine outside."""

    def bell(self) -> None:
        """An examination room is quiet."""

    def _handle_exception(self, error: Exception) -> None:
        """Textual would print locals, exam text and tokens among them; a plain sentence has to do."""
        self._return_code = BROKEN
        self._return_value = BROKEN
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        lockdown.note_fault(self._journal, error)
        self.panic(Text(_("This program stopped. Your answers are kept on this machine. Please raise your hand.")))

    def _fatal_error(self) -> None:
        self._handle_exception(RuntimeError())


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
    """Show the terminal until the candidate has handed in or staff end it; one of the exit codes above."""
    set_language(language)
    try:
        try_directory(journal)
    except OSError as error:
        why = error.strerror or type(error).__name__
        sentence = _("No answers can be kept in {folder} ({why}). Name another folder.", folder=journal, why=why)
        print(f"examd: {sentence}", file=sys.stderr)
        return UNUSABLE
    lockdown.swallow_replies()
    app = TerminalApp(server, trust, journal, name, admission_no=admission_no, exit_after_receipt=exit_after_receipt)
    result = app.run()
    return result if result is not None else app.return_code or BROKEN
