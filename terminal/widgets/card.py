"""Card: a quiet column in the middle of the screen, for everything that is said rather than asked.

Before: a screen gives blocks. After: rows, centred, wrapped to a measure that is easy to read.
"""

from dataclasses import dataclass

from rich.cells import cell_len
from rich.style import Style

from terminal.bigtext import big
from terminal.look import BLUE, BOLD, FIELD, FIELD_CURSOR, FIELD_HERE, INK, SOFT, Row
from terminal.text import wrap
from terminal.widgets.board import Board

MEASURE = 66


@dataclass(frozen=True, slots=True)
class Title:
    text: str
    style: Style = BLUE


@dataclass(frozen=True, slots=True)
class Words:
    text: str
    style: Style = INK
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and its value, in two columns."""

    label: str
    value: str
    style: Style = BOLD


@dataclass(frozen=True, slots=True)
class Big:
    """Letters three lines high."""

    text: str
    style: Style = BLUE


@dataclass(frozen=True, slots=True)
class Gap:
    lines: int = 1


Block = Title | Words | Fact | Big | Gap


class Card(Board):
    """state: a tuple of Blocks."""

    def rows(self, width: int, height: int) -> list[Row]:
        measure = min(MEASURE, width - 8) & ~1
        left = (width - measure) // 2
        blocks: tuple[Block, ...] = self.state[0]
        column = max((cell_len(block.label) for block in blocks if isinstance(block, Fact)), default=0) + 3
        rows = [row for block in blocks for row in self._block(block, width, left, measure, column)]
        spare = height - len(rows)
        above = max(0, spare * 2 // 5)  # a little above the middle looks centred
        return [Row(width) for _ in range(above)] + rows

    def _block(self, block: Block, width: int, left: int, measure: int, column: int) -> list[Row]:
        match block:
            case Gap(count):
                return [Row(width) for _ in range(count)]
            case Title(text, style):
                lines = wrap(text, measure)
                rule = Row(width).at(left).put("─" * 6, style)
                return [Row(width).at(left).put(line, style) for line in lines] + [rule, Row(width)]
            case Words(text, style, mark):
                indent = cell_len(mark) + 2 if mark else 0
                lines = wrap(text, measure - indent)
                first = Row(width).at(left).put(mark, BLUE).at(left + indent).put(lines[0], style)
                return [first, *(Row(width).at(left + indent).put(line, style) for line in lines[1:])]
            case Fact(label, value, style):
                lines = wrap(value, measure - column)
                rows = [Row(width).at(left + column).put(line, style) for line in lines]
                rows[0] = Row(width).at(left).put(label, SOFT).at(left + column).put(lines[0], style)
                return rows
            case Big(text, style):
                return [Row(width).at(left).put(line, style) for line in big(text)]


class Form(Card):
    """The sign-in form. state: blocks, fields ((label, value, hint), …), active, message, message style."""

    def rows(self, width: int, height: int) -> list[Row]:
        blocks, fields, active, message, style = self.state
        measure = min(MEASURE, width - 8) & ~1
        left = (width - measure) // 2
        rows = [row for block in blocks for row in self._block(block, width, left, measure, 0)]
        for place, (label, value, hint) in enumerate(fields):
            here = place == active
            ground = FIELD_HERE if here else FIELD
            box = left + 20
            end = left + 46
            rows.append(Row(width).at(box).put(" " * (end - box), ground).all_press(f"field({place})"))
            line = Row(width).at(left).put("▸ " if here else "  ", BLUE).put(label, BOLD if here else INK).at(box)
            line.put("  ", ground).put(value, ground)
            if here:
                line.put(" ", FIELD_CURSOR)
            line.at(end, ground)
            rows.append(line.put(f"  {hint}", SOFT).all_press(f"field({place})"))
            rows.append(Row(width).at(box).put(" " * (end - box), ground).all_press(f"field({place})"))
            rows.append(Row(width))
        rows += [Row(width).at(left).put(line, style) for line in wrap(message, measure)]
        spare = height - len(rows)
        return [Row(width) for _ in range(max(0, spare * 2 // 5))] + rows
