"""The answer grid: one cell an item, ten in a row, drawn in one widget; and the large clock above it.

Glyph, colour and legend say the same: ✓ answered, · open, ⚑ flagged.
"""

from rich.style import Style

from terminal.bigtext import big
from terminal.look import (
    CELL_DONE,
    CELL_FLAG,
    CELL_HERE,
    CELL_OPEN,
    INK,
    MARK,
    OPEN,
    PANEL_AMBER,
    PANEL_BLUE,
    PANEL_INK,
    PANEL_RED,
    PANEL_SOFT,
    SOFT,
    TICK,
    Row,
)
from terminal.say import _
from terminal.seat import Urgency
from terminal.widgets.board import Board

PER_ROW = 10


class Grid(Board):
    """state: marks (tuple of (answered, flagged)), listed slots, here, title, counts (answered, open, flagged)."""

    cell = 4
    _here: tuple[int, int] | None = None

    def rows(self, width: int, height: int) -> list[Row]:
        marks, listed, here, title, counts = self.state
        soft = PANEL_SOFT if self.ground is PANEL_INK else SOFT
        left = max(0, (width - PER_ROW * self.cell) // 2)
        lines = [listed[start : start + PER_ROW] for start in range(0, len(listed), PER_ROW)]
        gap = 1 if len(lines) * 2 + 3 <= height else 0
        rows = [Row(width, self.ground).at(left).put(title, soft), Row(width, self.ground)]
        self._here = None
        for line in lines:
            row = Row(width, self.ground).at(left)
            for slot in line:
                if slot == here:
                    self._here = (max(0, len(rows) - 2), len(rows))
                self._draw_cell(row, slot, marks[slot], slot == here)
            rows.append(row)
            if gap:
                rows.append(Row(width, self.ground))
        if not listed:
            rows.append(Row(width, self.ground).at(left).put(_("none"), soft))
        return [*rows, *self._legend(width, left, counts, soft, gap)]

    def _draw_cell(self, row: Row, slot: int, mark: tuple[bool, bool], here: bool) -> None:
        """Number and glyph; a flag takes the glyph's place where there is room for one, its ground still tells."""
        answered, flagged = mark
        style = CELL_HERE if here else CELL_DONE if answered else CELL_OPEN
        end, press, glyph = row.x + self.cell, f"go_to({slot})", TICK if answered else OPEN
        if self.cell == 4:
            number = str(slot + 1).rjust(2)
            row.at(end - 1 - len(number)).put(number, style, press)
            row.put(MARK if flagged else glyph, CELL_FLAG if flagged else style, press)
        else:
            row.put(f"{slot + 1:>3} {glyph}", style, press)
            row.put(MARK if flagged else " ", CELL_FLAG if flagged else style, press)
        row.at(end)

    def _legend(self, width: int, left: int, counts: tuple[int, int, int], soft: Style, gap: int) -> list[Row]:
        answered, unanswered, flags = counts
        row = Row(width, self.ground).at(left)
        for glyph, style, word, count in (
            (TICK, CELL_DONE, _("answered"), answered),
            (OPEN, CELL_OPEN, _("open"), unanswered),
            (MARK, CELL_FLAG, _("flagged"), flags),
        ):
            row.put(f" {glyph} ", style).put(f" {word} {count}  ", soft)
        return [Row(width, self.ground), row] if not gap else [row]

    def span_in_view(self) -> tuple[int, int] | None:
        return self._here


class SideGrid(Grid):
    """Beside the question on wide screens."""

    ground = PANEL_INK


class WideGrid(Grid):
    """The answer sheet of its own."""

    ground = INK
    cell = 7


class BigClock(Board):
    """state: remaining (text), urgency."""

    ground = PANEL_INK

    def rows(self, width: int, height: int) -> list[Row]:
        remaining, urgency = self.state
        style = {Urgency.CALM: PANEL_BLUE, Urgency.TEN: PANEL_AMBER, Urgency.FIVE: PANEL_RED}[urgency]
        word = {
            Urgency.CALM: "",
            Urgency.TEN: _("under 10 minutes"),
            Urgency.FIVE: _("under 5 minutes"),
        }[urgency]
        left = max(0, (width - 40) // 2)
        label = Row(width, self.ground).at(left).put(_("Time left"), PANEL_SOFT).right(word, style, margin=left)
        lines = [Row(width, self.ground).at(left).put(line, style) for line in big(remaining)] if remaining else []
        above = [Row(width, self.ground)] if height > 5 else []
        return [*above, label, *([Row(width, self.ground)] if height > 6 else []), *lines]
