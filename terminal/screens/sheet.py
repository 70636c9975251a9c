"""The answer sheet.

Before: `terminal.screens.question`. After: `terminal.screens.after`.
"""

from collections.abc import Iterator
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from terminal.language import _
from terminal.screens.base import ExamScreen
from terminal.seat import Filter, Seat, Stage
from terminal.theme import FLAG
from terminal.widgets.bars import Key
from terminal.widgets.grid import PER_ROW, Cell, Grid, GridState, WideGrid

FILTERS = tuple(Filter)


def grid_state(seat: Seat, listed: tuple[int, ...], title: str) -> GridState:
    """Every item of the form, and the slots of those to list."""
    cells = tuple(Cell(bool(seat.choice(slot)), seat.flagged(slot)) for slot in range(len(seat.items)))
    return GridState(cells, listed, seat.slot, title, seat.counts)


class SheetScreen(ExamScreen):
    """All items at a glance; the way to any of them and to handing in."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right", "step(1)", show=False),
        Binding("left", "step(-1)", show=False),
        Binding("down", f"step({PER_ROW})", show=False),
        Binding("up", f"step({-PER_ROW})", show=False),
        Binding("home", "ends(0)", show=False),
        Binding("end", "ends(-1)", show=False),
        Binding("tab", "next_filter(1)", show=False),
        Binding("shift+tab", "next_filter(-1)", show=False),
        Binding("a,A", "filter('all')", show=False),
        Binding("u,U", "filter('unanswered')", show=False),
        Binding("f,F", "filter('flagged')", show=False),
        Binding("g,G", "escape", show=False),
        Binding("h,H", "hand_in", show=False),
    ]
    answering = True

    def _body(self) -> Iterator[Widget]:
        yield WideGrid(id="grid")

    def _draw_body(self, now_ms: int) -> None:
        title = {
            Filter.ALL: _("Answer sheet: all questions"),
            Filter.UNANSWERED: _("Answer sheet: not answered"),
            Filter.FLAGGED: _("Answer sheet: flagged"),
        }[self.seat.filter]
        self.query_one("#grid", Grid).show(grid_state(self.seat, tuple(self.seat.listed()), title))

    def _keys(self) -> Iterator[Key]:
        seat, counts = self.seat, self.seat.counts
        yield Key("Enter", _("Go to {n}", n=seat.slot + 1), "enter", main=counts.unanswered > 0)
        yield Key("A", _("All"), "filter('all')", lit=seat.filter is Filter.ALL)
        yield Key(
            "U", _("Unanswered {n}", n=counts.unanswered), "filter('unanswered')", lit=seat.filter is Filter.UNANSWERED
        )
        yield Key("F", f"{FLAG} {counts.flagged}", "filter('flagged')", lit=seat.filter is Filter.FLAGGED)
        yield Key("H", _("Hand in"), "hand_in", main=counts.unanswered == 0)
        yield Key("Esc", _("Back"), "escape")

    def action_step(self, step: int) -> None:
        listed = self.seat.listed()
        if not listed:
            return
        place = listed.index(self.seat.slot) if self.seat.slot in listed else -1 if step > 0 else len(listed)
        target = place + step
        if place < 0 or place == len(listed):
            target = max(0, min(len(listed) - 1, place + (1 if step > 0 else -1)))
        if 0 <= target < len(listed):
            self.seat.slot = listed[target]
        self.actions.draw()

    def action_ends(self, place: int) -> None:
        if listed := self.seat.listed():
            self.seat.slot = listed[place]
        self.actions.draw()

    def action_next_filter(self, step: int) -> None:
        self._list(FILTERS[(FILTERS.index(self.seat.filter) + step) % len(FILTERS)])

    def action_filter(self, listing: str) -> None:
        self._list(Filter(listing))

    def _list(self, listing: Filter) -> None:
        self.seat.filter = listing
        listed = self.seat.listed()
        if listed and self.seat.slot not in listed:
            self.seat.slot = listed[0]
        self.actions.draw()

    def action_go_to(self, slot: int) -> None:
        self.actions.go_to(slot)
        self.actions.place(Stage.QUESTION)

    def action_hand_in(self) -> None:
        self.actions.place(Stage.HAND_IN)

    def enter(self) -> None:
        self.actions.place(Stage.QUESTION)

    def escape(self) -> None:
        self.actions.place(Stage.QUESTION)
