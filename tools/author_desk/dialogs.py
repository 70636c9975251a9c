"""What comes up over the list: a choice of values, a signature, an explanation.

Before: `tools.author_desk.browse` and `tools.author_desk.acts` open them. After: what was chosen goes back to them.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from bank.authoring.people import Signer
from bank.refused import Refused
from terminal.row import Row
from terminal.text import fit, wrap
from terminal.theme import BLUE, BOLD, CHOSEN, CHOSEN_BOLD, INK, SOFT
from terminal.widgets.bars import Key, KeyBar
from tools.author_desk import filters
from tools.author_desk.bank_access import BankAccess
from tools.author_desk.board import Board
from tools.author_desk.help import FIELDS, HELP
from tools.author_desk.signatory import Signatory
from tools.author_desk.widgets import LineField, Words, more
from tools.cli.language import _
from tools.cli.sentences import said


class Choices(Board):
    can_focus = True

    def rows(self, width: int, height: int) -> list[Row]:
        """state: title, ((value, word, count), …), cursor."""
        title, choices, cursor = self.state
        rows = [Row(width).at(2).put(title, BLUE), Row(width)]
        for place, (_value, word, count) in enumerate(choices):
            here = place == cursor
            row = Row(width, CHOSEN if here else INK).put(" ▸ " if here else "   ", CHOSEN_BOLD if here else INK)
            row.put(fit(word, width - 14)).right(count, CHOSEN if here else SOFT, 2).at(width)
            rows.append(row.all_press(f"screen.take({place})"))
        return rows

    def span_in_view(self) -> tuple[int, int] | None:
        cursor = self.state[2]
        return (0 if cursor == 0 else cursor + 2), cursor + 2


class Picker(ModalScreen[str | None], inherit_bindings=False):
    AUTO_FOCUS = "#choices"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move(1)"),
        Binding("up", "move(-1)"),
        Binding("pagedown", "move(10)"),
        Binding("pageup", "move(-10)"),
        Binding("enter,space", "take"),
        Binding("escape", "leave"),
        Binding("f1", "explain"),
    ]

    def __init__(
        self, title: str, choices: filters.Choices, chosen: str, *, topic: str = "choose", wide: bool = False
    ) -> None:
        super().__init__()
        self.topic, self.wide = topic, wide
        self.asked = title
        self.choices = choices
        self.cursor = next((n for n, choice in enumerate(choices) if choice[0] == chosen), 0)

    def compose(self) -> ComposeResult:
        with Vertical(id="box", classes="" if self.wide else "-pick"):
            yield Choices(id="choices")

    def on_mount(self) -> None:
        self.query_one("#box").styles.height = min(len(self.choices) + 4, self.app.size.height - 4)
        self.draw()

    def draw(self) -> None:
        self.query_one(Choices).show(self.asked, self.choices, self.cursor)

    def action_move(self, step: int) -> None:
        self.cursor = max(0, min(len(self.choices) - 1, self.cursor + step))
        self.draw()

    def action_take(self, place: int = -1) -> None:
        self.dismiss(self.choices[self.cursor if place < 0 else place][0])

    def action_explain(self) -> None:
        self.app.push_screen(Explain(self.topic))

    def action_leave(self) -> None:
        self.dismiss(None)


class Explanation(Board):
    can_focus = True

    def rows(self, width: int, height: int) -> list[Row]:
        """state: title, text, keys."""
        title, text, keys = self.state
        rows = [Row(width).at(2).put(title, BLUE), Row(width)]
        rows += [Row(width).at(2).put(line) for line in wrap(text, width - 4)] + [Row(width)]
        for key, what in keys:
            column = 26 if len(key) > 12 else 16
            for number, line in enumerate(wrap(what, width - column - 2)):
                rows.append(Row(width).at(2).put(key if number == 0 else "", BOLD).at(column).put(line))
        return rows


class Explain(ModalScreen[None], inherit_bindings=False):
    AUTO_FOCUS = "#explanation"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f1,enter,q", "leave"),
        Binding("down", "scroll(1)"),
        Binding("up", "scroll(-1)"),
        Binding("pagedown,space", "scroll(10)"),
        Binding("pageup", "scroll(-10)"),
    ]

    def __init__(self, topic: str, field: str = "") -> None:
        super().__init__()
        self.topic, self.field = topic, field

    def compose(self) -> ComposeResult:
        with Vertical(id="box", classes="-help"):
            yield Explanation(id="explanation")
            yield KeyBar(id="boxkeys")

    def on_mount(self) -> None:
        title, text, keys = HELP[self.topic]
        told = _(text) if not self.field else _(FIELDS[self.field]) + "\n\n" + _(text)
        self.query_one(Explanation).show(_(title), told, tuple((_(key), _(what)) for key, what in keys))
        self.call_after_refresh(self.draw_keys)

    def draw_keys(self) -> None:
        scroll = Key("↑↓", f"{_('Scroll')} {more(self.query_one(Explanation))}")
        self.query_one(KeyBar).show((Key("Esc", _("Close"), "screen.leave", main=True), scroll))

    def on_resize(self) -> None:
        self.call_after_refresh(self.draw_keys)

    def action_scroll(self, lines: int) -> None:
        self.query_one(Explanation).scroll_lines(lines)
        self.draw_keys()

    def action_leave(self) -> None:
        self.dismiss()


Do = Callable[[Signer, str], Awaitable[None]]
"""An act that is given the open key and the remarks."""


class Sign(ModalScreen[bool], inherit_bindings=False):
    """Asks for what an act needs and has not got: key file and passphrase once a sitting, remarks where they are due.

    Where `act` is refused, the reason is shown and all stays as it is.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave"),
        Binding("enter", "enter"),  # a field takes it first
        Binding("tab,down", "next(1)", priority=True),
        Binding("shift+tab,up", "next(-1)", priority=True),
        Binding("f1", "explain"),
    ]
    AUTO_FOCUS = ""

    def __init__(
        self, bank: BankAccess, signatory: Signatory, title: str, what: str, act: Do | None, *, remarks: bool = False
    ) -> None:
        super().__init__()
        self.bank, self.signatory = bank, signatory
        self.asked, self.what, self.act, self.remarks = title, what, act, remarks
        self.busy = False

    def compose(self) -> ComposeResult:
        with Vertical(id="box", classes="-sign"):
            yield Words(id="what")
            if self.remarks:
                yield LineField(id="remarks", placeholder=_("the reason, in writing"))
            if self.signatory.signed_in is None:
                yield LineField(str(self.signatory.key or ""), id="key", placeholder=_("your key file"))
                yield LineField(id="passphrase", password=True, placeholder=_("its passphrase"))
            yield Words(id="told")
            yield KeyBar(id="boxkeys")

    def on_mount(self) -> None:
        lines = [(self.asked, "title"), ("", "")]
        if self.what:
            lines += [(self.what, ""), ("", "")]
        if self.signatory.name:
            lines.append((_("You sign as {name}.", name=self.signatory.name), "soft"))
        self.query_one("#what", Words).show(tuple(lines))
        self.query_one("#told", Words).show((("", ""),))
        self.query_one(KeyBar).show(
            (Key("Enter", self.asked, "screen.enter", main=True), Key("Esc", _("Do nothing"), "screen.leave"))
        )
        fields = list(self.query(LineField))
        for field in [field for field in fields if not field.value][:1] or fields[-1:]:
            field.focus()

    def on_input_submitted(self) -> None:
        self.call_next(self.action_enter)

    def action_next(self, step: int) -> None:
        (self.focus_next if step > 0 else self.focus_previous)()

    async def action_enter(self) -> None:
        empty = next((field for field in self.query(LineField) if not field.value.strip()), None)
        if empty is not None:
            if empty.has_focus:
                self.tell(_("Missing: {what}", what=empty.placeholder), "red")
            empty.focus()
        elif not self.busy:
            self.busy = True
            self.tell(_("…"), "soft")
            self.run_worker(self._do())

    async def _do(self) -> None:
        try:
            signed_in = self.signatory.signed_in
            if signed_in is None:
                key = Path(self.query_one("#key", LineField).value.strip()).expanduser()
                field = self.query_one("#passphrase", LineField)
                passphrase, field.value = field.value, ""
                self.signatory.signed_in = signed_in = await self.bank.sign_in(key, passphrase)
                self.signatory.key = key
                self.signatory.read = await self.bank.read_by(signed_in.signer.id)
            if self.act is not None:
                remarks = self.query_one("#remarks", LineField).value if self.remarks else ""
                await self.act(signed_in.signer, remarks)
        except Refused as refusal:
            self.tell(said(refusal), "red")
            for passphrase_field in self.query("#passphrase"):
                passphrase_field.focus()
            return
        finally:
            self.busy = False
        self.dismiss(True)

    def tell(self, text: str, tone: str) -> None:
        self.query_one("#told", Words).show((("", ""), (text, tone)))
        self.query_one("#told", Words).refresh(layout=True)

    def action_explain(self) -> None:
        self.app.push_screen(Explain("act"))

    def action_leave(self) -> None:
        if not self.busy:
            self.dismiss(False)
