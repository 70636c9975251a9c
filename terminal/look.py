"""How everything looks: colours, and Row, the one pen that writes cells.

Dark ink on warm paper: two hours of reading are easier on dark letters over a light ground, and candidates know
exam papers. Every state has a glyph or a word beside its colour, so the screen can be read in one colour too.
"""

from dataclasses import dataclass
from typing import Self

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from terminal.text import fit, one_line

PAPER = "#f8f5ee"
PANEL = "#efe9dc"
DEEP = "#1f3a4b"
_INK, _SOFT, _FAINT = "#22272c", "#5f646b", "#a09a8c"
_BLUE, _GREEN, _AMBER, _RED = "#17557f", "#23683f", "#8a5200", "#a3241b"

INK = Style(color=_INK, bgcolor=PAPER)
BOLD = Style(color=_INK, bgcolor=PAPER, bold=True)
SOFT = Style(color=_SOFT, bgcolor=PAPER)
FAINT = Style(color=_FAINT, bgcolor=PAPER)
BLUE = Style(color=_BLUE, bgcolor=PAPER, bold=True)
GREEN = Style(color=_GREEN, bgcolor=PAPER)
AMBER = Style(color=_AMBER, bgcolor=PAPER, bold=True)
RED = Style(color=_RED, bgcolor=PAPER, bold=True)

HEADER = Style(color="#f4efe4", bgcolor=DEEP)
HEADER_BOLD = Style(color="#ffffff", bgcolor=DEEP, bold=True)
HEADER_SOFT = Style(color="#b9c7cf", bgcolor=DEEP)
HEADER_AMBER = Style(color="#ffd27a", bgcolor=DEEP, bold=True)
DRILL = Style(color="#2b1b00", bgcolor="#f0b64a", bold=True)
HEADER_RED = Style(color="#ffffff", bgcolor="#b3362c", bold=True)

CHOSEN = Style(color="#0f3550", bgcolor="#d9e7f0")
CHOSEN_CHIP = Style(color="#ffffff", bgcolor=_BLUE, bold=True)
CHOSEN_MARK = Style(color=_BLUE, bgcolor="#d9e7f0", bold=True)
CHIP = Style(color=_INK, bgcolor="#e4ddcd", bold=True)
CHIP_OFF = Style(color=_FAINT, bgcolor=PANEL)
FIELD = Style(color=_INK, bgcolor=PANEL)
FIELD_HERE = Style(color="#0f3550", bgcolor="#d9e7f0", bold=True)
FIELD_CURSOR = Style(bgcolor=_BLUE)

PANEL_INK = Style(color=_INK, bgcolor=PANEL)
PANEL_BOLD = Style(color=_INK, bgcolor=PANEL, bold=True)
PANEL_SOFT = Style(color=_SOFT, bgcolor=PANEL)
PANEL_BLUE = Style(color=_BLUE, bgcolor=PANEL, bold=True)
PANEL_GREEN = Style(color=_GREEN, bgcolor=PANEL)
PANEL_AMBER = Style(color=_AMBER, bgcolor=PANEL, bold=True)
PANEL_RED = Style(color=_RED, bgcolor=PANEL, bold=True)

CELL_OPEN = Style(color=_INK, bgcolor="#e3dccb")
CELL_DONE = Style(color="#134a2b", bgcolor="#cfe3d2")
CELL_FLAG = Style(color="#5c3600", bgcolor="#f5d797", bold=True)
CELL_HERE = Style(color="#ffffff", bgcolor=_BLUE, bold=True)

BANNER_CALM = Style(color="#0f3550", bgcolor="#d9e7f0")
BANNER_AMBER = Style(color="#4a2c00", bgcolor="#f7dfa6", bold=True)
BANNER_RED = Style(color="#ffffff", bgcolor="#b3362c", bold=True)

TICK, OPEN, MARK = "✓", "·", "⚑"


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
