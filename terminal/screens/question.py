"""The question, and everything a candidate does with it.

A–H and 1–9 choose. `*` flags and Esc shows the sheet on every item: these stand on the key bar. F and G do the same
where they are not options, for they are easier to find. Enter chooses the option under the cursor, and goes on
where nothing waits to be chosen; so neither ↓ Enter nor Enter alone can do what a reader of menus would not expect.

Before: `terminal.screens.before`. After: `terminal.outbox`.
"""

from collections.abc import Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container

from terminal.language import _
from terminal.look import MARK
from terminal.screens.base import WIDE, ExamScreen
from terminal.seat import Link, Seat, Stage, Urgency
from terminal.widgets.bars import Banner, Header, Key, KeyBar, TooSmall, hours
from terminal.widgets.grid import BigClock, Grid, SideGrid
from terminal.widgets.sheet import LETTERS, Sheet, StatusLine

_F, _G = 5, 6


def marks(seat: Seat) -> tuple[tuple[bool, bool], ...]:
    return tuple((bool(seat.choice(slot)), seat.flagged(slot)) for slot in range(len(seat.items)))


def counts(seat: Seat) -> tuple[int, int, int]:
    return seat.answered, seat.unanswered, seat.flags


class QuestionScreen(ExamScreen):
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(f"{letter.lower()},{letter}", f"choose({n})", show=False)
            for n, letter in enumerate(LETTERS)
            if n not in (_F, _G)
        ),
        *(Binding(str(n + 1), f"choose({n})", show=False) for n in range(9)),
        Binding("f,F", "letter_f", show=False),
        Binding("asterisk,ctrl+f", "flag", show=False),
        Binding("g,G", "letter_g", show=False),
        Binding("right", "move(1)", show=False),
        Binding("left", "move(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("home", "go_to(0)", show=False),
        Binding("end", "go_to(-1)", show=False),
        Binding("down,tab", "cursor(1)", show=False),
        Binding("up,shift+tab", "cursor(-1)", show=False),
        Binding("space", "choose_here", show=False),
        Binding("backspace,delete", "clear", show=False),
    ]
    shows_time = True

    def __init__(self) -> None:
        super().__init__()
        self.cursor = -1
        self._slot = -1

    def compose(self) -> ComposeResult:
        yield Header(id="header")
        with Container(id="side"):
            yield BigClock(id="clock")
            yield SideGrid(id="grid")
        yield Banner(id="banner")
        yield Sheet(id="sheet")
        yield StatusLine(id="status")
        yield KeyBar(id="keys")
        yield TooSmall(id="small")

    # ---- drawing -----------------------------------------------------------------------------------------------

    @property
    def wide(self) -> bool:
        return self.app.size.width >= WIDE

    def header(self, now_ms: int) -> tuple[str, bool, tuple[str, str], str, Urgency]:
        title, mock, person, remaining, urgency = super().header(now_ms)
        return title, mock, person, "" if self.wide else remaining, urgency

    def draw_body(self, now_ms: int) -> None:
        seat = self.seat
        if not seat.items:
            return
        if seat.slot != self._slot:
            self._slot, self.cursor = seat.slot, -1
            self.query_one("#sheet", Sheet).top = 0
        item, slot = seat.item, seat.slot
        self.query_one("#sheet", Sheet).show(item, len(seat.items), seat.choice(slot), seat.flagged(slot), self.cursor)
        network = _("online") if seat.link is Link.UP else _("offline")
        self.query_one("#status", StatusLine).show(
            seat.choice(slot), seat.kept(slot), seat.answered, len(seat.items), seat.flags,
            network, seat.link is Link.UP, not self.wide,
        )  # fmt: skip
        if self.wide:
            self.query_one("#clock", BigClock).show(hours(seat.remaining_ms(now_ms)), seat.urgency(now_ms))
            listed = tuple(range(len(seat.items)))
            self.query_one("#grid", Grid).show(marks(seat), listed, slot, _("Answer sheet"), counts(seat))

    def keys(self) -> Iterator[Key]:
        seat = self.seat
        if not seat.items:
            return
        last = LETTERS[min(len(seat.item.options), len(LETTERS)) - 1]
        flag = _("Unflag") if seat.flagged(seat.slot) else _("Flag")
        end = seat.slot + 1 == len(seat.items)
        yield Key(f"A-{last}", _("Choose"))
        yield Key("←", _("Previous"), "move(-1)", on=seat.slot > 0)
        yield Key("→", _("Sheet") if end else _("Next"), "move(1)", main=True)
        yield Key("*", f"{MARK} {flag}", "flag")
        yield Key("Esc", _("Sheet, hand in"), "escape")

    # ---- acting ------------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action != "staff" and not self.seat.items:
            return False
        return super().check_action(action, parameters)

    def action_choose(self, option: int) -> None:
        item = self.seat.item
        if option >= len(item.options):
            return
        before = self.seat.choice(item.slot)
        after = tuple(sorted(set(before) ^ {option})) if item.type == "multiple" else (option,)
        if self.cursor >= 0:
            self.cursor = option
        if after != before:
            self.exam.answer(item.slot, after)
        else:
            self.exam.draw()

    def action_letter_f(self) -> None:
        if len(self.seat.item.options) > _F:
            self.action_choose(_F)
        else:
            self.action_flag()

    def action_letter_g(self) -> None:
        if len(self.seat.item.options) > _G:
            self.action_choose(_G)
        else:
            self.escape()

    def action_flag(self) -> None:
        self.exam.flag(self.seat.slot, not self.seat.flagged(self.seat.slot))

    def action_clear(self) -> None:
        if self.seat.choice(self.seat.slot):
            self.exam.answer(self.seat.slot, ())

    def action_move(self, step: int) -> None:
        target = self.seat.slot + step
        if target >= len(self.seat.items):
            self.exam.place(Stage.SHEET)
        elif target >= 0:
            self.exam.go_to(target)

    def action_go_to(self, slot: int) -> None:
        self.exam.go_to(slot % len(self.seat.items))

    def escape(self) -> None:
        self.exam.place(Stage.SHEET)

    def action_cursor(self, step: int) -> None:
        """Move among the options. A long question scrolls first: nobody is put on an option they cannot see."""
        options = len(self.seat.item.options)
        target = self.cursor + step if self.cursor >= 0 else (0 if step > 0 else options - 1)
        if not 0 <= target < options:
            self.action_scroll(step, lines=2)
        elif self.whole and not self.query_one("#sheet", Sheet).shows_option(target) and self.action_scroll(step, 2):
            pass
        else:
            self.cursor = target
            self.exam.draw()

    def action_scroll(self, step: int, lines: int = 0) -> bool:
        """Scroll by so many lines, or by a screenful; False at the end."""
        if not self.whole:
            return False
        sheet = self.query_one("#sheet", Sheet)
        return sheet.scroll_lines(step * lines) if lines else sheet.scroll_page(step)

    def action_page(self, step: int) -> None:
        if not self.action_scroll(step):
            self.action_move(step)

    def action_choose_here(self) -> None:
        if self.cursor >= 0:
            self.action_choose(self.cursor)

    def enter(self) -> None:
        if self.cursor >= 0 and self.cursor not in self.seat.choice(self.seat.slot):
            self.action_choose(self.cursor)
        else:
            self.action_move(1)
