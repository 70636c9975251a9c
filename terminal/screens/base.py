"""What all screens share: header, banner, key bar, the staff's way out, and a plain word when the window is too small.

A screen draws from the Seat and acts through `terminal.actions`; it keeps nothing that would be lost with it. Bindings
are listed here and in the screens and nowhere else: nothing is inherited from Textual.
"""

import contextlib
import unicodedata
from collections.abc import Iterator
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.css.query import NoMatches
from textual.keys import _character_to_key
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget

from examd.protocol.reasons import Reason
from terminal.actions import Actions
from terminal.language import _, reason_sentence
from terminal.seat import MINUTE_MS, Seat, Urgency
from terminal.widgets.bars import Banner, Header, Heading, Key, KeyBar, Notice, Tone, TooSmall, Window, hours
from terminal.widgets.card import Block, Card

LEAST_WIDTH, LEAST_HEIGHT = 80, 24
WIDE, TALL = 116, 30
"""From here on there is room for the grid beside the question and its keys, and for air."""
MOST_KEYS_WAITING = 100
"""A flood of keys, such as a paste that does not say it is one, is not kept for later. A scanner sends some 40."""
_STAFF_ACTIONS = {"staff", "enter", "escape"}


def notice(seat: Seat, now_ms: int) -> Notice | None:
    """What matters most to whoever is answering: the network, the server's disk, more time, little time; or nothing."""
    if away_ms := seat.away_ms(now_ms):
        return Notice(Tone.AMBER, _("Network away ({s} s). Answers are kept here; please go on.", s=away_ms // 1000))
    if seat.store_full:
        return Notice(Tone.RED, reason_sentence(Reason.STORE_FULL, {}))
    if now_ms < seat.added_told_ms and seat.clock is not None:
        return Notice(Tone.CALM, _("You have been given more time: {n} min.", n=seat.clock.added_ms // MINUTE_MS))
    urgency, remaining_ms = seat.urgency(now_ms), seat.remaining_ms(now_ms)
    if urgency is Urgency.ONE:
        return Notice(Tone.RED, _("Less than one minute left."))
    if urgency is Urgency.FIVE and remaining_ms > 4 * MINUTE_MS:
        return Notice(Tone.RED, _("Less than 5 minutes left."))
    if urgency is Urgency.TEN and remaining_ms > 9 * MINUTE_MS:
        return Notice(Tone.AMBER, _("Less than 10 minutes left."))
    return None


class ExamScreen(Screen[None], inherit_bindings=False):
    """Base of all screens."""

    ALLOW_SELECT = False
    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]  # noqa: RUF012 - declared so by Textual
    VERTICAL_BREAKPOINTS = [(0, "-low"), (TALL, "-tall")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+x", "staff", show=False),
        Binding("enter", "enter", show=False),
        Binding("escape", "escape", show=False),
    ]
    staff_may_leave = False
    """Staff can end the program here."""

    whole = False
    """All parts are there to be drawn on. Before that the clock may tick already, and keys may come."""

    answering = False
    """The candidate is answering here: the clock is shown, and the banner speaks."""

    def __init__(self, actions: Actions) -> None:
        super().__init__()
        self.actions = actions

    @property
    def seat(self) -> Seat:
        return self.actions.seat

    def compose(self) -> ComposeResult:
        yield Header(id="header")
        yield Banner(id="banner")
        yield from self._body()
        yield KeyBar(id="keys")
        yield TooSmall(id="small")

    def _body(self) -> Iterator[Widget]:
        """The parts between banner and key bar."""
        yield Card(id="card")

    # ---- drawing -----------------------------------------------------------------------------------------------

    def draw(self, now_ms: int) -> None:
        """Show the seat as it is at `now_ms`."""
        if not self.whole:
            return
        # A screen on its way in or out lacks parts without being told; the next drawing, a moment later, is whole.
        with contextlib.suppress(NoMatches):
            self._draw_parts(now_ms)

    def _draw_parts(self, now_ms: int) -> None:
        self.query_one("#header", Header).show(self.header(now_ms))
        self.query_one("#banner", Banner).show(self.banner(now_ms))
        self.query_one("#keys", KeyBar).show(self.staff_keys() if self.seat.staff_asked else tuple(self._keys()))
        self._draw_small(now_ms)
        self._draw_body(now_ms)

    def _draw_small(self, now_ms: int) -> None:
        asked = self.staff_banner() if self.seat.staff_asked else ""
        clock = hours(self.seat.remaining_ms(now_ms)) if self.answering else ""
        self.query_one("#small", TooSmall).show(Window(*self.app.size, asked, clock))

    def _draw_body(self, now_ms: int) -> None:
        """Show what `body` made."""
        self.query_one("#card", Card).show(tuple(self._blocks(now_ms)))

    def header(self, now_ms: int) -> Heading:
        """Who sits here for what, and how long it goes on."""
        seat = self.seat
        if seat.welcome is None:
            return Heading(_("Examination terminal"), seat.name)
        who = seat.welcome.candidate
        remaining = hours(seat.remaining_ms(now_ms)) if self.answering else ""
        return Heading(
            seat.welcome.sitting.exam, who.name, who.admission_no, seat.mock, remaining, seat.urgency(now_ms)
        )

    def banner(self, now_ms: int) -> Notice | None:
        """What the candidate should know now."""
        if self.seat.staff_asked:
            return Notice(Tone.AMBER, self.staff_banner())
        return notice(self.seat, now_ms) if self.answering else None

    @staticmethod
    def staff_banner() -> str:
        return _("Staff: press Enter to end the program on this machine, Esc to stay.")

    @staticmethod
    def staff_keys() -> tuple[Key, ...]:
        return (Key("Enter", _("End the program"), "enter"), Key("Esc", _("Stay"), "escape", main=True))

    def _keys(self) -> Iterator[Key]:
        """The chips of the key bar: what the keys do now."""
        if self.staff_may_leave:
            yield Key("Ctrl+X", _("Staff"), "staff")

    def _blocks(self, now_ms: int) -> Iterator[Block]:
        """What the Card says."""
        yield from ()

    # ---- size --------------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        self.whole = True
        self._measure(self.app.size.width, self.app.size.height)
        self.actions.draw()

    def on_unmount(self) -> None:
        self.whole = False

    def on_resize(self, event: events.Resize) -> None:
        self._measure(event.size.width, event.size.height)

    def _measure(self, width: int, height: int) -> None:
        if not self.whole:
            return
        self.set_class(width < LEAST_WIDTH or height < LEAST_HEIGHT, "-small")
        self._draw_small(self.actions.now())

    # ---- acting ------------------------------------------------------------------------------------------------

    def post_message(self, message: Message) -> bool:
        if isinstance(message, events.Key) and self.message_queue_size >= MOST_KEYS_WAITING:
            return False
        return super().post_message(message)

    async def on_key(self, event: events.Key) -> None:
        """Keys act here, in the order they came, on the screen shown by then.

        Left to itself Textual would run what is bound one queue later than what is typed.
        """
        event.stop()
        event.prevent_default()
        await self.actions.press(event)

    async def press(self, event: events.Key) -> None:
        """Do what this key is bound to. Letters of an input method in full-width mode count as plain ones."""
        key, character = event.key, unicodedata.normalize("NFKC", event.character or "")
        if len(character) == 1 and character != event.character:
            key = _character_to_key(character)
        for binding in self._bindings.key_to_bindings.get(key, ()):
            if await self.app.run_action(binding.action, self):
                return
        if character.isprintable():
            self.typed(character)

    def typed(self, character: str) -> None:
        """What a character means here that is bound to nothing."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing can be pressed blindly: not while the layout is hidden, not while staff are asked."""
        if action == "staff":
            return self.staff_may_leave or self.seat.mock
        if self.seat.staff_asked:
            return action in _STAFF_ACTIONS
        return not self.has_class("-small")

    def action_staff(self) -> None:
        self.seat.staff_asked = not self.seat.staff_asked
        self.actions.draw()

    def action_enter(self) -> None:
        if not self.actions.settled():
            return
        if self.seat.staff_asked:
            self.actions.leave()
        else:
            self.enter()

    def action_escape(self) -> None:
        if self.seat.staff_asked:
            self.action_staff()
        else:
            self.escape()

    def enter(self) -> None:
        """What Enter does here."""

    def escape(self) -> None:
        """What Esc does here."""

    def on_paste(self, event: events.Paste) -> None:
        event.stop()  # nothing is pasted in an examination
