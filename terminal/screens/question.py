"""The question, and everything a candidate does with it.

A–H and 1–9 choose. `*` flags and Esc shows the answer sheet on every item: these stand on the key bar. F and G do the
same where they are not options, for they are easier to find. Enter chooses the option under the cursor, and goes on
where nothing waits to be chosen; so neither ↓ Enter nor Enter alone can do what a reader of menus would not expect.

Before: `terminal.screens.before`. After: `terminal.outbox`.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widget import Widget

from terminal.actions import Actions
from terminal.heard import Link
from terminal.language import _
from terminal.screens.base import WIDE, ExamScreen
from terminal.screens.sheet import grid_state
from terminal.seat import Stage
from terminal.theme import FLAG
from terminal.widgets.bars import Heading, Key, hours
from terminal.widgets.grid import BigClock, ClockState, Grid, SideGrid
from terminal.widgets.question import LETTERS, Question, QuestionState, StatusLine, StatusState

_F, _G = 5, 6


class QuestionScreen(ExamScreen):
    """One item, its answer, and on wide screens all the others beside it."""

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
    answering = True

    def __init__(self, actions: Actions) -> None:
        super().__init__(actions)
        self.cursor = -1
        self._slot = -1

    def _body(self) -> Iterator[Widget]:
        with Container(id="side"):
            yield BigClock(id="clock")
            yield SideGrid(id="grid")
        yield Question(id="question")
        yield StatusLine(id="status")

    # ---- drawing -----------------------------------------------------------------------------------------------

    @property
    def wide(self) -> bool:
        return self.app.size.width >= WIDE

    def header(self, now_ms: int) -> Heading:
        heading = super().header(now_ms)
        return replace(heading, remaining="") if self.wide else heading

    def _draw_body(self, now_ms: int) -> None:
        seat, slot = self.seat, self.seat.slot
        if not seat.items:
            return
        question, choice = self.query_one("#question", Question), seat.choice(slot)
        if slot != self._slot:
            self._slot, self.cursor = slot, -1
            question.top = 0
        question.show(QuestionState(seat.item, len(seat.items), choice, seat.flagged(slot), self.cursor))
        counts = None if self.wide else seat.counts
        self.query_one("#status", StatusLine).show(StatusState(choice, seat.kept(slot), seat.link is Link.UP, counts))
        if self.wide:
            clock = ClockState(hours(seat.remaining_ms(now_ms)), seat.urgency(now_ms))
            self.query_one("#clock", BigClock).show(clock)
            every = tuple(range(len(seat.items)))
            self.query_one("#grid", Grid).show(grid_state(seat, every, _("Answer sheet")))

    def _keys(self) -> Iterator[Key]:
        seat = self.seat
        if not seat.items:
            return
        last = LETTERS[min(len(seat.item.options), len(LETTERS)) - 1]
        flag = _("Unflag") if seat.flagged(seat.slot) else _("Flag")
        end = seat.slot + 1 == len(seat.items)
        yield Key(f"A-{last}", _("Choose"))
        yield Key("←", _("Previous"), "move(-1)", on=seat.slot > 0)
        yield Key("→", _("Sheet") if end else _("Next"), "move(1)", main=True)
        yield Key("*", f"{FLAG} {flag}", "flag")
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
            self.actions.answer(item.slot, after)
        else:
            self.actions.draw()

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
        self.actions.flag(self.seat.slot, not self.seat.flagged(self.seat.slot))

    def action_clear(self) -> None:
        if self.seat.choice(self.seat.slot):
            self.actions.answer(self.seat.slot, ())

    def action_move(self, step: int) -> None:
        target = self.seat.slot + step
        if target >= len(self.seat.items):
            self.actions.place(Stage.SHEET)
        elif target >= 0:
            self.actions.go_to(target)

    def action_go_to(self, slot: int) -> None:
        self.actions.go_to(slot % len(self.seat.items))

    def escape(self) -> None:
        self.actions.place(Stage.SHEET)

    def action_cursor(self, step: int) -> None:
        """Move among the options. A long question scrolls first: nobody is put on an option they cannot see."""
        options = len(self.seat.item.options)
        target = self.cursor + step if self.cursor >= 0 else (0 if step > 0 else options - 1)
        if not 0 <= target < options:
            self.action_scroll(step, lines=2)
        elif (
            self.whole
            and not self.query_one("#question", Question).shows_option(target)
            and self.action_scroll(step, 2)
        ):
            pass
        else:
            self.cursor = target
            self.actions.draw()

    def action_scroll(self, step: int, lines: int = 0) -> bool:
        """Scroll by so many lines, or by a screenful; False at the end."""
        if not self.whole:
            return False
        question = self.query_one("#question", Question)
        return question.scroll_lines(step * lines) if lines else question.scroll_page(step)

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
