"""A screen with two lines to type in, whoever types: full-width letters count as plain ones, a scanner may paste.

Before: keys. After: `terminal.screens.before` (a candidate's numbers), `terminal.screens.pair` (a machine's code).
"""

import unicodedata
from collections.abc import Iterator
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType

from examd.protocol.reasons import Reason
from terminal.actions import Actions
from terminal.heard import Link
from terminal.language import _, reason_sentence
from terminal.screens.base import ExamScreen
from terminal.theme import AMBER, RED, SOFT
from terminal.widgets.bars import Key
from terminal.widgets.card import Field, Words


def typed_plain(text: str) -> str:
    """What a key or a paste means: full-width letters and digits as plain ones, anything else dropped."""
    plain = unicodedata.normalize("NFKC", text).upper()
    return "".join(c for c in plain if c.isascii() and (c.isalnum() or c == "-"))


class FormScreen(ExamScreen):
    """Its lines, what is typed into them, and what the server said of it last."""

    staff_may_leave = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab,down,shift+tab,up", "other_field", show=False),
        Binding("backspace,delete", "rub_out", show=False),
    ]
    LENGTHS: ClassVar[tuple[int, int]]
    WRONG: ClassVar[frozenset[Reason]]
    """After these the lines are in doubt: typing begins them anew."""

    def __init__(self, actions: Actions, filled_in: tuple[str, str]) -> None:
        super().__init__(actions)
        self.values = [typed_plain(text)[:most] for text, most in zip(filled_in, self.LENGTHS, strict=True)]
        self.active = 1 if filled_in[0] else 0
        self.complaint = ""
        self._doubtful: set[int] = set()

    def send(self) -> None:
        """Enter: pass on what is typed, or say what is missing."""

    def _line(self, place: int, label: str, hint: str = "") -> Field:
        return Field(label, self.values[place], hint, place == self.active, f"field({place})")

    def _message(self, now_ms: int) -> Words:
        seat = self.seat
        if self.complaint:
            return Words(self.complaint, AMBER)
        if (wait_ms := seat.wait_until_ms - now_ms) > 0:
            return Words(reason_sentence(Reason.TOO_MANY_TRIES, {"wait_s": -(-wait_ms // 1000)}), RED)
        if seat.wait_until_ms:
            return Words(_("You may try again now."))
        if seat.refusal is not None:
            return Words(reason_sentence(seat.refusal.reason, seat.refusal.facts), RED)
        return {
            Link.IDLE: Words(""),
            Link.TRYING: Words(_("Connecting to the examination server …"), SOFT),
            Link.UP: Words(_("Connected."), SOFT),
            Link.AWAY: Words(_("The examination server does not answer. Trying again …"), AMBER),
            Link.UNTRUSTED: Words(_("This server is not the one this terminal trusts. Please raise your hand."), RED),
        }[seat.link]

    def _keys(self) -> Iterator[Key]:
        yield Key("Tab", _("Other line"), "other_field")
        yield Key("Backspace", _("Rub out"), "rub_out")
        yield from super()._keys()

    def typed(self, character: str) -> None:
        if self.check_action("type", ()):
            self._type(character)

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        if self.check_action("type", ()):
            self._type(event.text[:64])

    def _type(self, text: str) -> None:
        self._mend()
        new, most = typed_plain(text), self.LENGTHS[self.active]
        if new and self.active in self._doubtful:
            self._doubtful.discard(self.active)
            self.values[self.active] = ""
        value = self.values[self.active] + new
        self.values[self.active] = value[:most]
        if len(value) > most:
            self.complaint = _("This line is full: {n} characters. Backspace rubs out.", n=most)
        self.actions.draw()

    def action_rub_out(self) -> None:
        self._mend()
        self._doubtful.discard(self.active)
        self.values[self.active] = self.values[self.active][:-1]
        self.actions.draw()

    def _mend(self) -> None:
        """What was complained of is being changed."""
        if self.seat.refusal is not None and self.seat.refusal.reason in self.WRONG:
            self._doubtful = {0, 1}
        self.complaint, self.seat.refusal = "", None
        if self.seat.wait_until_ms <= self.actions.now():
            self.seat.wait_until_ms = 0

    def action_other_field(self) -> None:
        self.action_field(1 - self.active)

    def action_field(self, place: int) -> None:
        self.active = place
        self.actions.draw()

    def enter(self) -> None:
        """Sends what was typed, unless the server said to wait."""
        if self.seat.wait_until_ms > self.actions.now():
            return  # the server would only refuse again
        self.send()
        self.actions.draw()
