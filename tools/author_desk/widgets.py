"""What the desk's screens are made of: the line above, the filters, the tabs, a page to scroll, two fields to write in.

Before: `tools.author_desk.browse` shows them their state. After: their presses run the screen's actions.
"""

from typing import Any, ClassVar

from rich.cells import cell_len
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input, TextArea

from terminal.row import Row
from terminal.text import clean, fit, one_line, wrap
from terminal.theme import (
    BLUE,
    CHIP,
    CHOSEN_BOLD,
    CHOSEN_CHIP,
    HEADER,
    HEADER_AMBER,
    HEADER_BOLD,
    HEADER_SOFT,
    INK,
    PANEL_INK,
    PANEL_SOFT,
    RED,
    SOFT,
)
from tools.author_desk.board import Board
from tools.cli.language import _

WIDTHS = [(0, "-small"), (80, "-narrow"), (100, "-wide")]
HEIGHTS = [(0, "-low"), (24, "-high")]
"""Sizes of the window from which on a screen bears a class (`desk.tcss`)."""


def more(board: Board) -> str:
    """Whether it goes on above and below, as arrows; two cells."""
    below = board.top + board.size.height < len(board._lay_out())
    return f"{'▲' if board.top else ' '}{'▼' if below else ' '}"


def is_small(screen: Widget) -> bool:
    return screen.has_class("-small") or screen.has_class("-low")


class Top(Board):
    ground = HEADER

    def rows(self, width: int, height: int) -> list[Row]:
        """state: title, count, person, what of the bound on answer keys is used (or "")."""
        title, count, person, bound = self.state
        tail = [(bound, HEADER_AMBER), (person, HEADER_SOFT)]
        size = sum(cell_len(text) + 3 for text, _style in tail if text) + 2
        row = Row(width, HEADER).at(2).put(fit(title, max(8, width - size - cell_len(count) - 8)), HEADER_BOLD)
        row.put("   ").put(count, HEADER_SOFT).at(width - size)
        for text, style in tail:
            if text:
                row.put("   ").put(text, style)
        return [row]


class Words(Board):
    def rows(self, width: int, height: int) -> list[Row]:
        """state: ((text, tone), …), each wrapped; tones: "title", "", "soft", "red"."""
        styles = {"title": BLUE, "": INK, "soft": SOFT, "red": RED}
        rows = []
        for text, tone in self.state[0]:
            rows += [Row(width).at(2).put(line, styles[tone]) for line in wrap(text, width - 4)]
        return rows

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        return len(self.rows(width, 0)) if self.state else 1


class Filters(Board):
    def rows(self, width: int, height: int) -> list[Row]:
        """state: ((digit, name, value or ""), …). A filter that is on is lit; each is pressed or its digit typed."""
        row = Row(width).at(2)
        (filters,) = self.state
        room = sum(cell_len(value or name) + 5 for _digit, name, value in filters) <= width - 4
        for digit, name, value in filters:
            text = fit(value or name, 16 if room else 9)
            press = f"screen.filter({digit})"
            row.put(f" {digit} ", CHOSEN_CHIP if value else CHIP, press)
            row.put(f" {text} ", CHOSEN_BOLD if value else INK, press)
        return [row]


class Tabs(Board):
    def rows(self, width: int, height: int) -> list[Row]:
        """state: ((key, word, action), …), the one shown, focused, how much is above and below."""
        tabs, shown, focused, more = self.state
        row = Row(width, PANEL_INK).put("▸ " if focused else "  ", CHOSEN_BOLD if focused else PANEL_INK)
        room = sum(cell_len(key) + cell_len(word) + 5 for key, word, _name in tabs) <= width - 4
        for key, word, name in tabs:
            press = f"screen.view('{name}')"
            if name == shown:  # brackets, for whoever sees no colours
                row.put(f"[{key}]", CHOSEN_CHIP, press)
            else:
                row.put(f" {key} ", CHIP, press)
            row.put(f" {word}{'  ' if room else ' '}", CHOSEN_BOLD if name == shown else PANEL_INK, press)
        return [row.right(more, PANEL_SOFT, 1)]


class Pane(Board):
    """state: a version, and a function of the width that draws its rows."""

    can_focus = True

    def __init__(self, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._painted = 0
        """Rows, from the first, that were on the screen since the state is this."""

    def show(self, *state: Any) -> None:
        if not self._shown or state[0] != self.state[0]:
            self._painted = 0
        super().show(*state)

    def render_line(self, y: int) -> Strip:
        strip = super().render_line(y)
        if y + self.top <= self._painted:
            self._painted = max(self._painted, y + self.top + 1)
        return strip

    def seen(self, rows: int) -> bool:
        """Whether so many rows, from the first, have been on the screen."""
        return self._painted >= min(rows, len(self._lay_out()))

    def rows(self, width: int, height: int) -> list[Row]:
        rows: list[Row] = [Row(width), *self.state[1](width)]
        return rows


class Small(Board):
    """Shown in place of a broken layout."""

    def on_mount(self) -> None:
        self.show(True)

    def rows(self, width: int, height: int) -> list[Row]:
        told = _("This window is {width} x {height}; the desk needs 80 x 24.", width=width, height=height)
        return [Row(width) for _line in range(height // 2)] + [Row(width).centre(told, BLUE)]


class LineField(Input):
    """One line. What is pasted comes in without anything a terminal would obey."""

    def __init__(self, value: str = "", *, id: str, password: bool = False, placeholder: str = "") -> None:  # noqa: A002
        super().__init__(
            one_line(value), id=id, password=password, placeholder=placeholder, compact=True, select_on_focus=False
        )

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> "LineField":
        """Textual lays the whole screen out anew at each letter; one line stays one line whatever is written in it."""
        return super().refresh(*regions, repaint=repaint, layout=layout and not self.size, recompose=recompose)

    def _on_paste(self, event: events.Paste) -> None:
        event.text = one_line(event.text)
        super()._on_paste(event)


class SearchField(LineField):
    """↓ and Enter lead into the list."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("down,enter", "screen.into_list")]


class TextField(TextArea):
    """Several lines, broken softly; Tab leaves it."""

    def __init__(self, value: str, *, id: str) -> None:  # noqa: A002
        super().__init__(
            clean(value), id=id, soft_wrap=True, tab_behavior="focus", compact=True, highlight_cursor_line=False
        )

    async def _on_paste(self, event: events.Paste) -> None:
        event.text = clean(event.text)
        await super()._on_paste(event)
