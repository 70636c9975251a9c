"""How everything looks: colours and glyphs.

Dark ink on warm paper: two hours of reading are easier on dark letters over a light ground, and candidates know
exam papers. Every state has a glyph or a word beside its colour, so the screen can be read in one colour too.
What a terminal of fewer colours shows instead stands in `terminal.palette`.
"""

from rich.style import Style

PAPER = "#f8f5ee"
PANEL = "#efe9dc"
_FIELD = "#e6dfcf"
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
CHOSEN_BOLD = Style(color=_BLUE, bgcolor="#d9e7f0", bold=True)
CHIP = Style(color=_INK, bgcolor="#e4ddcd", bold=True)
CHIP_OFF = Style(color=_FAINT, bgcolor=PANEL)
FIELD = Style(color=_INK, bgcolor=_FIELD)
FIELD_HERE = Style(color="#0f3550", bgcolor="#d9e7f0", bold=True)
FIELD_CURSOR = Style(bgcolor=_BLUE)

PANEL_INK = Style(color=_INK, bgcolor=PANEL)
PANEL_SOFT = Style(color=_SOFT, bgcolor=PANEL)
PANEL_BLUE = Style(color=_BLUE, bgcolor=PANEL, bold=True)
PANEL_AMBER = Style(color=_AMBER, bgcolor=PANEL, bold=True)
PANEL_RED = Style(color=_RED, bgcolor=PANEL, bold=True)

CELL_OPEN = Style(color=_INK, bgcolor="#e3dccb")
CELL_DONE = Style(color="#134a2b", bgcolor="#cfe3d2")
CELL_FLAG = Style(color="#5c3600", bgcolor="#f5d797", bold=True)
CELL_HERE = Style(color="#ffffff", bgcolor=_BLUE, bold=True)

BANNER_CALM = Style(color="#0f3550", bgcolor="#d9e7f0")
BANNER_AMBER = Style(color="#4a2c00", bgcolor="#f7dfa6", bold=True)
BANNER_RED = Style(color="#ffffff", bgcolor="#b3362c", bold=True)

TICK, OPEN, FLAG = "✓", "·", "⚑"
