"""Card: a quiet column in the middle of the screen, for everything that is said rather than asked.

Before: a screen gives blocks. After: rows, centred, wrapped to a measure that is easy to read.
"""

from dataclasses import dataclass

from rich.cells import cell_len
from rich.style import Style

from terminal.bigtext import big
from terminal.row import Row
from terminal.text import wrap
from terminal.theme import BLUE, BOLD, FIELD, FIELD_CURSOR, FIELD_HERE, INK, SOFT
from terminal.widgets.canvas import Canvas

MEASURE = 66


@dataclass(frozen=True, slots=True)
class Title:
    """A heading, underlined."""

    text: str
    style: Style = BLUE


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph, hanging from its bullet where it has one."""

    text: str
    style: Style = INK
    bullet: str = ""


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
    """Empty lines."""

    lines: int = 1


@dataclass(frozen=True, slots=True)
class Field:
    """One line to type in, in a box of its own."""

    label: str
    value: str
    hint: str
    here: bool
    """Whether this is the line that is typed in."""
    press: str
    """The action of a click on it."""


Block = Title | Words | Fact | Big | Gap | Field


class Card(Canvas[tuple[Block, ...]]):
    """Blocks one below the other, a little above the middle, which looks centred."""

    def rows(self, width: int, height: int) -> list[Row]:
        """All values of facts begin in one column."""
        labels = max((cell_len(block.label) for block in self.state if isinstance(block, Fact)), default=0) + 3
        measure = min(MEASURE, width - 8) & ~1
        rows = [row for block in self.state for row in _rows_of(block, width, measure, labels)]
        return [Row(width) for _ in range(max(0, (height - len(rows)) * 2 // 5))] + rows


def _rows_of(block: Block, width: int, measure: int, labels: int) -> list[Row]:
    """`measure`: cells of the column in the middle; `labels`: how many of them the labels of facts take."""
    left = (width - measure) // 2
    match block:
        case Gap(count):
            return [Row(width) for _ in range(count)]
        case Title(text, style):
            lines = wrap(text, measure)
            rule = Row(width).at(left).put("─" * 6, style)
            return [Row(width).at(left).put(line, style) for line in lines] + [rule, Row(width)]
        case Words(text, style, bullet):
            indent = cell_len(bullet) + 2 if bullet else 0
            first, *more = wrap(text, measure - indent)
            start = Row(width).at(left).put(bullet, BLUE).at(left + indent).put(first, style)
            return [start, *(Row(width).at(left + indent).put(line, style) for line in more)]
        case Fact(label, value, style):
            first, *more = wrap(value, measure - labels)
            start = Row(width).at(left).put(label, SOFT).at(left + labels).put(first, style)
            return [start, *(Row(width).at(left + labels).put(line, style) for line in more)]
        case Big(text, style):
            return [Row(width).at(left).put(line, style) for line in big(text)]
        case Field():
            return _box(block, width, left)


def _box(field: Field, width: int, left: int) -> list[Row]:
    ground = FIELD_HERE if field.here else FIELD
    start, end = left + 20, left + 46
    line = Row(width).at(left).put("▸ " if field.here else "  ", BLUE).put(field.label, BOLD if field.here else INK)
    line.at(start).put("  ", ground).put(field.value, ground)
    if field.here:
        line.put(" ", FIELD_CURSOR)
    line.at(end, ground).put(f"  {field.hint}", SOFT)
    above, below = (Row(width).at(start).put(" " * (end - start), ground) for _ in range(2))
    return [*(row.all_press(field.press) for row in (above, line, below)), Row(width)]
