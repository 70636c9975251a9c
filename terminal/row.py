"""Row: the one pen that writes cells. Before: `terminal.text`, which cleans. After: `terminal.widgets`."""

from dataclasses import dataclass
from typing import Self

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from terminal.text import fit, one_line
from terminal.theme import INK


@dataclass(frozen=True, slots=True)
class Zone:
    """A stretch of cells that can be pressed with the mouse."""

    start: int
    end: int
    action: str


class Row:
    """One line being written from left to right; what does not fit is left out, so a line is never too long."""

    def __init__(self, width: int, style: Style = INK) -> None:
        self.width = width
        self.style = style
        self.x = 0
        self.zones: list[Zone] = []
        self._segments: list[Segment] = []

    def put(self, text: str, style: Style | None = None, press: str = "") -> Self:
        """Write `text` from here on; `press` is the action of a click on it."""
        text = one_line(text)
        size = cell_len(text)
        if self.x + size > self.width:
            text = fit(text, self.width - self.x)
            size = cell_len(text)
        if size:
            if press:
                self.zones.append(Zone(self.x, self.x + size, press))
            self._segments.append(Segment(text, style or self.style))
            self.x += size
        return self

    def at(self, x: int, style: Style | None = None) -> Self:
        """Blank up to column `x`."""
        if x > self.x:
            self.put(" " * (min(x, self.width) - self.x), style)
        return self

    def right(self, text: str, style: Style | None = None, margin: int = 0) -> Self:
        return self.at(self.width - margin - cell_len(one_line(text))).put(text, style)

    def centre(self, text: str, style: Style | None = None) -> Self:
        return self.at((self.width - cell_len(one_line(text))) // 2).put(text, style)

    def all_press(self, action: str) -> Self:
        self.zones = [Zone(0, self.width, action)]
        return self

    def strip(self) -> Strip:
        self.at(self.width)
        return Strip(self._segments, self.width)
