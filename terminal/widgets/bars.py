"""The lines above and below: Header (who, what, how long), Banner (what the candidate should know), KeyBar (what
the keys do now; each key is also a button), TooSmall."""

from dataclasses import dataclass
from enum import Enum

from rich.cells import cell_len
from rich.style import Style

from terminal import theme
from terminal.language import _
from terminal.row import Row
from terminal.seat import Urgency
from terminal.text import fit, wrap
from terminal.widgets.canvas import Canvas


def hours(ms: int) -> str:
    """1:58:32; a begun second counts, so that 0:00:00 means the end."""
    seconds = -(-ms // 1000)
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


_CLOCK = {
    Urgency.CALM: theme.HEADER_BOLD,
    Urgency.TEN: theme.HEADER_AMBER,
    Urgency.FIVE: theme.HEADER_RED,
    Urgency.ONE: theme.HEADER_RED,
}


_LEAST_TITLE = 8


@dataclass(frozen=True, slots=True)
class Heading:
    """What the header says: of which examination, for whom, and how long it goes on."""

    title: str
    name: str
    number: str = ""
    drill: bool = False
    remaining: str = ""
    """h:mm:ss, or "" where no clock is shown."""
    urgency: Urgency = Urgency.CALM


class Header(Canvas[Heading]):
    """Where not all of it fits, the clock stays whole, then the number; the name is shortened, then the title."""

    ground = theme.HEADER

    def rows(self, width: int, height: int) -> list[Row]:
        """One line, or three where there is room for air."""
        said = self.state
        row = Row(width, theme.HEADER).at(2)
        clock = " " + _("Time left") + f" {said.remaining} " if said.remaining else ""
        drill = " " + _("DRILL") + " " if said.drill else ""
        room = width - 4 - cell_len(clock) - (cell_len(drill) + 2 if drill else 0) - 3
        name = fit(said.name, max(0, room - cell_len(said.number) - 2 - _LEAST_TITLE))
        person = fit(f"{name}  {said.number}".strip(), room - _LEAST_TITLE)
        row.put(fit(said.title, room - cell_len(person)), theme.HEADER_BOLD)
        if drill:
            row.put("  ").put(drill, theme.DRILL)
        row.at(width - 2 - cell_len(clock) - cell_len(person) - 2)
        row.put(person, theme.HEADER_SOFT).put("  ").put(clock, _CLOCK[said.urgency])
        return [row] if height < 3 else [Row(width, theme.HEADER), row, Row(width, theme.HEADER)]


class Tone(Enum):
    """How loudly a notice speaks."""

    CALM = theme.BANNER_CALM
    AMBER = theme.BANNER_AMBER
    RED = theme.BANNER_RED


@dataclass(frozen=True, slots=True)
class Notice:
    """What the banner says."""

    tone: Tone
    sentence: str


class Banner(Canvas[Notice | None]):
    """The notice that matters most, if any. Always one line high, so nothing jumps when it speaks."""

    def rows(self, width: int, height: int) -> list[Row]:
        if self.state is None:
            return [Row(width)]
        return [Row(width, self.state.tone.value).at(3).put(fit(self.state.sentence, width - 4))]


@dataclass(frozen=True, slots=True)
class Key:
    """One chip of the key bar."""

    label: str
    """What stands on the key."""
    text: str
    action: str = ""
    on: bool = True
    main: bool = False
    """The way on: drawn as the one dark button."""
    lit: bool = False
    """What is shown now, where a key chooses between views."""
    apart: bool = False
    """At the right end of the bar, where no other chip was a moment ago."""

    @property
    def size(self) -> int:
        return cell_len(self.label) + cell_len(self.text) + 3


class KeyBar(Canvas[tuple[Key, ...]]):
    """The keys of this screen."""

    def rows(self, width: int, height: int) -> list[Row]:
        """One line, or three where there is room for air."""
        keys = self.state
        row = Row(width).at(3)
        gap = next((gap for gap in (3, 2) if sum(key.size + gap for key in keys) <= width - 4), 1)
        for key in keys:
            label, text = self._styles(key)
            press = key.action if key.on else ""
            if key.apart:
                row.at(width - 3 - key.size)
            row.put(f" {key.label} ", label, press).put(f" {key.text}", text, press)
            row.put(" " * min(gap, width - row.x))
        return [row] if height < 3 else [Row(width), row, Row(width)]

    @staticmethod
    def _styles(key: Key) -> tuple[Style, Style]:
        if not key.on:
            return theme.CHIP_OFF, theme.FAINT
        if key.lit:
            return theme.CHOSEN_BOLD, theme.BANNER_CALM
        return (theme.CHOSEN_CHIP, theme.BOLD) if key.main else (theme.CHIP, theme.INK)


@dataclass(frozen=True, slots=True)
class Window:
    """The window, and what staff are asked in it ("": nothing)."""

    width: int
    height: int
    asked: str = ""
    clock: str = ""
    """h:mm:ss, or "" where no clock is shown."""


class TooSmall(Canvas[Window]):
    """Shown in place of a broken layout."""

    def rows(self, width: int, height: int) -> list[Row]:
        """The clock, and what staff are asked or else how large the window must be."""
        window = self.state
        clock = [(_("Time left") + f" {window.clock}", theme.BLUE)] if window.clock else []
        lines = [(line, theme.AMBER) for line in wrap(window.asked, max(2, width - 2))] if window.asked else []
        lines = lines or [
            (_("This window is too small"), theme.BOLD),
            (_("needed: 80 x 24"), theme.INK),
            (_("now: {width} x {height}", width=window.width, height=window.height), theme.SOFT),
            (_("Please enlarge it. Nothing is lost."), theme.INK),
        ]
        lines = [*clock, *lines][:height]
        above = max(0, (height - len(lines)) // 2)
        return [Row(width) for _i in range(above)] + [Row(width).centre(text, style) for text, style in lines]
