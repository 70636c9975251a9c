"""Colours for terminals that have 256 of them, or 16: each chosen by hand, for the nearest by number is pink.

Rich would turn warm paper into #ffd7d7 and a field's box into the paper it lies on. Of sixteen only the first eight
serve as grounds: a terminal that knows eight would leave black letters on black.

Before: `terminal.theme` names what is drawn. After: Textual, as the last filter of a line.
"""

from collections.abc import Sequence
from functools import lru_cache

from rich.color import Color, ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.color import Color as Ground
from textual.filter import LineFilter

CHOSEN: dict[str, tuple[int, int]] = {
    # of 256, of 16
    "#f8f5ee": (255, 7),  # paper
    "#efe9dc": (253, 7),  # panel
    "#ffffff": (231, 15),
    "#e6dfcf": (252, 0),  # a field to type in
    "#1f3a4b": (24, 4),  # header
    "#22272c": (235, 0),  # ink
    "#5f646b": (240, 0),  # soft
    "#a09a8c": (246, 8),  # faint
    "#17557f": (24, 4),
    "#23683f": (22, 0),
    "#8a5200": (94, 1),
    "#a3241b": (124, 1),
    "#f4efe4": (255, 7),
    "#b9c7cf": (252, 7),
    "#ffd27a": (222, 11),
    "#2b1b00": (16, 0),
    "#f0b64a": (215, 3),
    "#b3362c": (124, 1),
    "#0f3550": (17, 0),
    "#d9e7f0": (153, 6),  # chosen, calm
    "#e4ddcd": (250, 0),  # a key to press
    "#e3dccb": (251, 7),  # a cell of the grid
    "#134a2b": (22, 0),
    "#cfe3d2": (151, 2),
    "#5c3600": (52, 0),
    "#f5d797": (222, 3),
    "#4a2c00": (52, 0),
    "#f7dfa6": (222, 3),
}


@lru_cache(2048)
def lowered(style: Style, of_16: bool) -> Style:
    """`style` in the colours chosen for a terminal of 256, or of 16; what was not chosen is left to Rich."""
    front, ground = (_number(colour, of_16) for colour in (style.color, style.bgcolor))
    if of_16 and front == ground == 0:
        front = 7
    numbers = {"color": front, "bgcolor": ground}
    return style + Style.from_color(**{
        name: Color.from_ansi(number) for name, number in numbers.items() if number is not None
    })  # fmt: skip


def _number(colour: Color | None, of_16: bool) -> int | None:
    if colour is None or colour.triplet is None:
        return None
    return CHOSEN.get(colour.triplet.hex, (None, None))[of_16]


class Lowered(LineFilter):
    """Every line in the chosen colours."""

    def __init__(self, system: ColorSystem | str | None) -> None:
        """`system`: what the terminal has, as Rich found it."""
        super().__init__(enabled=system in ("256", "standard"))
        self._of_16 = system == "standard"

    def apply(self, segments: Sequence[Segment], background: Ground) -> list[Segment]:
        """The same text, styled anew."""
        return [
            Segment(text, lowered(style, self._of_16) if style else style, control) for text, style, control in segments
        ]
