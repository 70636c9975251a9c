"""Canvas: a widget that draws Rows from a state, redraws only when the state changed, and knows where it was pressed.

One widget of a hundred drawn cells mounts in a fifth of the time of a hundred widgets, and a key repaints lines,
not a tree. Rows that do not fit are scrolled; `span_in_view` is followed, `edge` says that there is more.
"""

from typing import Generic, Protocol, TypeVar, runtime_checkable

from textual import events
from textual.strip import Strip
from textual.widget import Widget

from terminal.row import Row
from terminal.theme import INK

LEFT_BUTTON = 1
State = TypeVar("State")


@runtime_checkable
class Settles(Protocol):
    """An app whose screens change under the pointer by themselves."""

    def settled(self) -> bool:
        """Whether this screen has been here long enough for a click to be meant for it."""


class Canvas(Widget, Generic[State], inherit_bindings=False):
    """Base of all drawn parts. Subclasses give `rows`; `show` says what of."""

    ALLOW_SELECT = False
    can_focus = False
    ground = INK
    state: State
    """What is drawn; set by `show`, and before that there is nothing to draw."""

    def __init__(self, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self.top = 0
        self._shown = False
        self._rows: list[Row] | None = None
        self._strips: dict[int, Strip] = {}
        self._drawn_for = (0, 0)

    def show(self, state: State, /) -> None:
        """Draw this from now on. It must be immutable, or a change could not be seen."""
        if not self._shown or state != self.state:
            self.state, self._shown = state, True
            self.redraw()

    def redraw(self) -> None:
        """Draw the same state anew: in another language, say."""
        self._rows = None
        self.refresh()

    def rows(self, width: int, height: int) -> list[Row]:
        """The lines to draw; more than `height` are scrolled."""
        raise NotImplementedError

    def span_in_view(self) -> tuple[int, int] | None:
        """First and last line that must stay visible, if any."""
        return None

    def edge(self, below: bool) -> Row | None:
        """What the first or last line says while more lies beyond it; None where that need not be said."""
        return None

    def _edge_at(self, y: int) -> Row | None:
        if y == 0 and self.top > 0:
            return self.edge(below=False)
        if y == self.size.height - 1 and self.top + self.size.height < len(self._lay_out()):
            return self.edge(below=True)
        return None

    def _lay_out(self) -> list[Row]:
        size = (self.size.width, self.size.height)
        if self._rows is None or size != self._drawn_for:
            self._drawn_for = size
            self._rows = self.rows(*size) if self._shown and size[0] > 0 else []
            self._strips = {}
            if self._rows and (span := self.span_in_view()) is not None:
                self._follow(*span)
            self.top = max(0, min(self.top, len(self._rows) - size[1]))
        return self._rows

    def _follow(self, first: int, last: int) -> None:
        height, margin = self.size.height, 1 if self.edge(below=True) else 0
        if last >= self.top + height - margin:
            self.top = last - height + 1 + margin
        if first < self.top + margin:
            self.top = first - margin

    def in_view(self, line: int) -> bool:
        """Whether a reader sees line number `line` of all rows."""
        y = line - self.top
        return 0 <= y < self.size.height and self._edge_at(y) is None

    def scroll_lines(self, lines: int) -> bool:
        """Move the view; False where it is at its end already."""
        before = self.top
        self.top = max(0, min(self.top + lines, len(self._lay_out()) - self.size.height))
        if self.top != before:
            self.refresh()
        return self.top != before

    def scroll_page(self, step: int) -> bool:
        """A screenful on or back, with a line or two of what was there."""
        return self.scroll_lines(step * max(1, self.size.height - 3))

    def render_line(self, y: int) -> Strip:
        rows = self._lay_out()
        if (edge := self._edge_at(y)) is not None:
            return edge.strip()
        line = y + self.top
        if not 0 <= line < len(rows):
            return Row(self.size.width, self.ground).strip()
        if line not in self._strips:
            self._strips[line] = rows[line].strip()
        return self._strips[line]

    async def on_click(self, event: events.Click) -> None:
        """One press is one act: the second click of a double one would act on what the first has just changed."""
        app = self.app
        if event.button != LEFT_BUTTON or event.chain > 1 or (isinstance(app, Settles) and not app.settled()):
            return
        place = event.get_content_offset(self)
        rows = self._lay_out()
        if place is None or not 0 <= place.y + self.top < len(rows):
            return
        for zone in (self._edge_at(place.y) or rows[place.y + self.top]).zones:
            if zone.start <= place.x < zone.end:
                event.stop()
                await app.run_action(zone.action, self.screen)
                return

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.scroll_lines(2)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.scroll_lines(-2)
