"""The answer grid: one cell an item, ten in a row, drawn in one widget; and the large clock above it.

Glyph, colour and legend say the same: ✓ answered, · not answered, ⚑ flagged besides.
"""

from dataclasses import dataclass

from rich.cells import cell_len
from rich.style import Style

from terminal import theme
from terminal.bigtext import big
from terminal.language import _
from terminal.row import Row
from terminal.seat import Counts, Urgency
from terminal.widgets.canvas import Canvas

PER_ROW = 10


@dataclass(frozen=True, slots=True)
class Cell:
    """One item of the form."""

    answered: bool
    flagged: bool


@dataclass(frozen=True, slots=True)
class GridState:
    """All items of the form, and the slots of those that are listed."""

    cells: tuple[Cell, ...]
    listed: tuple[int, ...]
    here: int
    title: str
    counts: Counts


class Grid(Canvas[GridState]):
    """Ten cells in a row, below the title and above the legend."""

    gap = ""
    """What stands around a cell, where there is room."""
    _here: tuple[int, int] | None = None

    def measures(self, total: int) -> tuple[int, int, int]:
        """Cells in a row, digits of a number, digits in the last column: 100 must not touch 99."""
        return PER_ROW, max(2, len(str(total - 1))), max(2, len(str(total)))

    def rows(self, width: int, height: int) -> list[Row]:
        """Title, cells, legend; with air between them where there is room."""
        listed = self.state.listed
        soft = theme.PANEL_SOFT if self.ground is theme.PANEL_INK else theme.SOFT
        per_row, digits, last = self.measures(len(self.state.cells))
        left = max(0, (width - per_row * (digits + 2 + 2 * len(self.gap))) // 2)
        lines = [listed[start : start + per_row] for start in range(0, len(listed), per_row)]
        legend = self._legend(width, left, soft)
        gap = 1 if len(lines) * 2 + 2 + len(legend) <= height else 0
        rows = [Row(width, self.ground).at(left).put(self.state.title, soft), Row(width, self.ground)]
        self._here = None
        for line in lines:
            row = Row(width, self.ground).at(left)
            for column, slot in enumerate(line, 1):
                if slot == self.state.here:
                    self._here = (max(0, len(rows) - 2), len(rows))
                self._draw_cell(row, slot, last if column == per_row else digits)
            rows.append(row)
            if gap:
                rows.append(Row(width, self.ground))
        if not listed:
            rows.append(Row(width, self.ground).at(left).put(_("none"), soft))
        return [*rows, *legend] if gap else [*rows, Row(width, self.ground), *legend]

    def _draw_cell(self, row: Row, slot: int, digits: int) -> None:
        """Flag, number and glyph, all of one colour: a flagged item still shows whether it is answered."""
        cell = self.state.cells[slot]
        style = theme.CELL_DONE if cell.answered else theme.CELL_OPEN
        if cell.flagged or slot == self.state.here:
            style = theme.CELL_HERE if slot == self.state.here else theme.CELL_FLAG
        press, glyph = f"go_to({slot})", theme.TICK if cell.answered else theme.OPEN
        row.put(self.gap)
        row.put(theme.FLAG if cell.flagged else " ", style if cell.flagged or self.gap else self.ground, press)
        row.put(str(slot + 1).rjust(digits) + self.gap + glyph, style, press)

    def _legend(self, width: int, left: int, soft: Style) -> list[Row]:
        counts = self.state.counts
        rows = [Row(width, self.ground).at(left)]
        for glyph, style, word, count in (
            (theme.TICK, theme.CELL_DONE, _("answered"), counts.answered),
            (theme.OPEN, theme.CELL_OPEN, _("not answered"), counts.unanswered),
            (theme.FLAG, theme.CELL_FLAG, _("flagged"), counts.flagged),
        ):
            text = f" {word} {count}  "
            if rows[-1].x + 3 + cell_len(text) > width:
                rows.append(Row(width, self.ground).at(left))
            rows[-1].put(f" {glyph} ", style).put(text, soft)
        return rows

    def span_in_view(self) -> tuple[int, int] | None:
        return self._here


class SideGrid(Grid):
    """Beside the question on wide screens."""

    ground = theme.PANEL_INK

    def measures(self, total: int) -> tuple[int, int, int]:
        return super().measures(total) if total <= 100 else (8, 3, 3)


class WideGrid(Grid):
    """The answer sheet of its own."""

    ground = theme.INK
    gap = " "

    def measures(self, total: int) -> tuple[int, int, int]:
        return PER_ROW, 3, 3


@dataclass(frozen=True, slots=True)
class ClockState:
    """h:mm:ss, and how urgent that is."""

    remaining: str
    urgency: Urgency


class BigClock(Canvas[ClockState]):
    """The time left, to be read from a distance."""

    ground = theme.PANEL_INK

    def rows(self, width: int, height: int) -> list[Row]:
        """A word on how urgent it is, above digits three lines high."""
        word, style = {
            Urgency.CALM: ("", theme.PANEL_BLUE),
            Urgency.TEN: (_("under 10 minutes"), theme.PANEL_AMBER),
            Urgency.FIVE: (_("under 5 minutes"), theme.PANEL_RED),
            Urgency.ONE: (_("under 1 minute"), theme.PANEL_RED),
        }[self.state.urgency]
        left = max(0, (width - 40) // 2)
        label = Row(width, self.ground).at(left).put(_("Time left"), theme.PANEL_SOFT).right(word, style, margin=left)
        letters = big(self.state.remaining)
        if cell_len(letters[0]) > width - left:  # blocks that this terminal draws two cells wide
            letters = ("", self.state.remaining, "")
        lines = [Row(width, self.ground).at(left).put(line, style) for line in letters]
        above = [Row(width, self.ground)] if height > 5 else []
        return [*above, label, *([Row(width, self.ground)] if height > 6 else []), *lines]
