"""The answer grid: one cell an item, ten in a row, drawn in one widget; and the large clock above it.

Glyph, colour and legend say the same: ✓ answered, · not answered, ⚑ flagged besides.
"""

from rich.cells import cell_len
from rich.style import Style

from terminal.bigtext import big
from terminal.language import _
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
from terminal.seat import Urgency
from terminal.widgets.board import Board

PER_ROW = 10


class Grid(Board):
    """state: marks (tuple of (answered, flagged)), listed slots, here, title, counts (answered, unanswered, flags)."""

    gap = ""
    """What stands around a cell, where there is room."""
    _here: tuple[int, int] | None = None

    def measures(self, total: int) -> tuple[int, int, int]:
        """Cells in a row, digits of a number, digits in the last column: 100 must not touch 99."""
        return PER_ROW, max(2, len(str(total - 1))), max(2, len(str(total)))

    def rows(self, width: int, height: int) -> list[Row]:
        marks, listed, here, title, counts = self.state
        soft = PANEL_SOFT if self.ground is PANEL_INK else SOFT
        per_row, digits, last = self.measures(len(marks))
        left = max(0, (width - per_row * (digits + 2 + 2 * len(self.gap))) // 2)
        lines = [listed[start : start + per_row] for start in range(0, len(listed), per_row)]
        legend = self._legend(width, left, counts, soft)
        gap = 1 if len(lines) * 2 + 2 + len(legend) <= height else 0
        rows = [Row(width, self.ground).at(left).put(title, soft), Row(width, self.ground)]
        self._here = None
        for line in lines:
            row = Row(width, self.ground).at(left)
            for column, slot in enumerate(line, 1):
                if slot == here:
                    self._here = (max(0, len(rows) - 2), len(rows))
                self._draw_cell(row, slot, last if column == per_row else digits, marks[slot], slot == here)
            rows.append(row)
            if gap:
                rows.append(Row(width, self.ground))
        if not listed:
            rows.append(Row(width, self.ground).at(left).put(_("none"), soft))
        return [*rows, *legend] if gap else [*rows, Row(width, self.ground), *legend]

    def _draw_cell(self, row: Row, slot: int, digits: int, mark: tuple[bool, bool], here: bool) -> None:
        """Flag, number and glyph: a flagged item still shows whether it is answered."""
        answered, flagged = mark
        style = CELL_HERE if here else CELL_DONE if answered else CELL_OPEN
        press, glyph = f"go_to({slot})", TICK if answered else OPEN
        row.put(self.gap)
        row.put(MARK if flagged else " ", CELL_FLAG if flagged else style if self.gap else self.ground, press)
        row.put(str(slot + 1).rjust(digits) + self.gap + glyph, style, press)

    def _legend(self, width: int, left: int, counts: tuple[int, int, int], soft: Style) -> list[Row]:
        answered, unanswered, flags = counts
        rows = [Row(width, self.ground).at(left)]
        for glyph, style, word, count in (
            (TICK, CELL_DONE, _("answered"), answered),
            (OPEN, CELL_OPEN, _("not answered"), unanswered),
            (MARK, CELL_FLAG, _("flagged"), flags),
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

    ground = PANEL_INK

    def measures(self, total: int) -> tuple[int, int, int]:
        return super().measures(total) if total <= 100 else (8, 3, 3)


class WideGrid(Grid):
    """The answer sheet of its own."""

    ground = INK
    gap = " "

    def measures(self, total: int) -> tuple[int, int, int]:
        return PER_ROW, 3, 3


class BigClock(Board):
    """state: remaining (text), urgency."""

    ground = PANEL_INK

    def rows(self, width: int, height: int) -> list[Row]:
        remaining, urgency = self.state
        word, style = {
            Urgency.CALM: ("", PANEL_BLUE),
            Urgency.TEN: (_("under 10 minutes"), PANEL_AMBER),
            Urgency.FIVE: (_("under 5 minutes"), PANEL_RED),
            Urgency.ONE: (_("under 1 minute"), PANEL_RED),
        }[urgency]
        left = max(0, (width - 40) // 2)
        label = Row(width, self.ground).at(left).put(_("Time left"), PANEL_SOFT).right(word, style, margin=left)
        lines = [Row(width, self.ground).at(left).put(line, style) for line in big(remaining)] if remaining else []
        above = [Row(width, self.ground)] if height > 5 else []
        return [*above, label, *([Row(width, self.ground)] if height > 6 else []), *lines]
