"""What a terminal of 256 or 16 colours shows was chosen, can be read, and tells a field from the paper it lies on."""

import re
from pathlib import Path

import pytest
from rich.color import Color
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import TerminalTheme

from terminal import theme
from terminal.palette import CHOSEN, Lowered, lowered

XTERM = (
    "000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5 7f7f7f ff0000 00ff00 ffff00 5c5cff ff00ff 00ffff ffffff"
).split()
VGA = (
    "000000 aa0000 00aa00 aa5500 0000aa aa00aa 00aaaa aaaaaa 555555 ff5555 55ff55 ffff55 5555ff ff55ff 55ffff ffffff"
).split()
STYLES = {name: style for name, style in vars(theme).items() if isinstance(style, Style)}
QUIET = {"FAINT", "CHIP_OFF"}
"""What cannot be used now; and it bears a word."""


def rgb(colour, colours):
    if colour.triplet is not None:
        return tuple(colour.triplet)
    if colour.number < 16:
        return tuple(bytes.fromhex(colours[colour.number]))
    return tuple(colour.get_truecolor(TerminalTheme((0, 0, 0), (0, 0, 0), [(0, 0, 0)] * 8)))


def contrast(style, colours):
    """WCAG 2: from 1 to 21."""
    light = []
    for colour in (style.color, style.bgcolor):
        parts = [c / 255 for c in rgb(colour, colours)]
        parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        light.append(0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2])
    return (max(light) + 0.05) / (min(light) + 0.05)


def test_every_colour_of_the_screens_was_chosen():
    root = Path(theme.__file__).parent
    used = {c for path in root.rglob("*.py") for c in re.findall(r"#[0-9a-f]{6}", path.read_text())}
    assert used - CHOSEN.keys() <= {"#ffd7d7"}  # named in the reason for choosing


@pytest.mark.parametrize(("of_16", "colours", "least"), [(False, XTERM, 4.5), (True, XTERM, 3.4), (True, VGA, 2.9)])
def test_what_is_written_can_be_read(of_16, colours, least):
    for name, style in STYLES.items():
        if style.color is None:
            continue
        shown = lowered(style, of_16)
        needs = 1.5 if name in QUIET else 3.5 if style.bold and not of_16 else least
        assert contrast(shown, colours) >= needs, (name, shown, contrast(shown, colours))


@pytest.mark.parametrize("of_16", [False, True])
def test_no_ground_is_pink_and_fields_lie_on_paper_as_something_else(of_16):
    grounds = {name: lowered(style, of_16).bgcolor for name, style in STYLES.items()}
    for name, ground in grounds.items():
        red, green, blue = rgb(ground, XTERM)
        assert not (red > green + 20 and blue > green - 20 and name not in ("HEADER_RED", "BANNER_RED")), name
        assert not of_16 or ground.number < 8, f"{name}: a terminal of eight colours would show it black"
    for name in ("FIELD", "FIELD_HERE", "FIELD_CURSOR", "CHIP", "CHOSEN", "CHOSEN_CHIP", "CELL_DONE", "CELL_FLAG"):
        assert grounds[name] != grounds["INK"], name
    assert len({grounds[name].number for name in ("CELL_OPEN", "CELL_DONE", "CELL_FLAG", "CELL_HERE")}) == 4


@pytest.mark.parametrize(
    ("term", "colorterm", "said"),
    [("xterm-256color", "", "48;5;253"), ("tmux-256color", "", "48;5;253"), ("xterm", "", "30;47"),
     ("xterm-256color", "truecolor", "48;2;239;233;220")],
)  # fmt: skip
def test_a_terminal_is_sent_the_colours_it_has(term, colorterm, said):
    console = Console(force_terminal=True, _environ={"TERM": term, "COLORTERM": colorterm})
    line = Lowered(console.color_system)
    segments = [Segment("字", theme.PANEL_INK)]
    (shown,) = line.apply(segments, None) if line.enabled else segments
    assert said in shown.style.render(shown.text, color_system=console._color_system)


def test_what_was_not_chosen_is_left_alone():
    style = Style(color="#123456", bold=True)
    assert lowered(style, of_16=True) == style
    assert lowered(Style(color=Color.parse("red").name), of_16=False).color == Color.parse("red")
