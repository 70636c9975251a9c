"""The question: where we are, the stem, the options, and how safe the answer is.

Before: `examd.protocol.messages.ItemView`, through `terminal.text`. After: the candidate.
"""

from dataclasses import dataclass

from rich.cells import cell_len
from rich.style import Style

from examd.protocol.messages import ItemView
from terminal import theme
from terminal.language import _
from terminal.outbox import Kept
from terminal.row import Row
from terminal.seat import Counts
from terminal.text import wrap
from terminal.widgets.canvas import Canvas

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
MEASURE = 76
"""Longest line of exam text in cells: 38 Chinese characters are as many as an eye takes without losing its line."""


Choice = tuple[int, ...]
"""Displayed positions, ascending."""


def type_word(item: ItemView) -> str:
    return {"single": _("single choice"), "multiple": _("multiple choice"), "truefalse": _("true or false")}.get(
        item.type, item.type
    )


def letters(choice: Choice) -> str:
    return "".join(LETTERS[position] for position in choice if position < len(LETTERS))


@dataclass(frozen=True, slots=True)
class QuestionState:
    """An item of the form, and what the candidate did with it."""

    item: ItemView
    n_items: int
    choice: Choice
    flagged: bool
    cursor: int
    """The option under the cursor; -1: none."""


class Question(Canvas[QuestionState]):
    """One item, whole; scrolled where it is longer than the screen."""

    left = 3
    measure = MEASURE
    _spans: tuple[tuple[int, int], ...] = ()

    def rows(self, width: int, height: int) -> list[Row]:
        """Head, stem, options; with air between them where there is room."""
        item = self.state.item
        self.measure = measure = min(MEASURE, width - self.left - 4) & ~1
        stem = [self._line(line, theme.BOLD) for line in wrap(item.stem, measure)]
        advice = _("Choose every option that is right; press again to take one back.")
        hint = [Row(width), *(self._line(line, theme.SOFT) for line in wrap(advice, measure))]
        if item.type != "multiple":
            hint = []
        wrapped = [wrap(option.text, measure - 10) for option in item.options]
        lines = sum(map(len, wrapped)) + 2 + len(stem) + len(hint) + 1
        airy = lines + 2 * len(wrapped) + 2 <= height  # each option a block of its own, when there is room
        spaced = not airy and lines + len(wrapped) - 1 <= height
        air = [Row(width)] if airy else []
        rows = [self._head(), Row(width), *air, *stem, *hint, Row(width), *air]
        spans = []
        for place, option in enumerate(wrapped):
            first = len(rows)
            rows += self._option(place, ["", *option, ""] if airy else option, 1 if airy else 0)
            spans.append((first, len(rows) - 1))
            if spaced and place + 1 < len(wrapped):
                rows.append(Row(width))
        self._spans = tuple(spans)
        return rows

    def span_in_view(self) -> tuple[int, int] | None:
        cursor = self.state.cursor
        return self._spans[cursor] if 0 <= cursor < len(self._spans) else None

    def shows_option(self, place: int) -> bool:
        """Whether a reader sees where this option begins."""
        self._lay_out()
        return place >= len(self._spans) or self.in_view(self._spans[place][0])

    def edge(self, below: bool) -> Row:
        """A bar that says so, and scrolls when pressed."""
        said = "▼ " + _("more below: press ↓ or PageDown") if below else "▲ " + _("more above: press ↑ or PageUp")
        press = f"scroll({1 if below else -1})"
        row = Row(self.size.width).at(self.left).put(f" {said} ", theme.BANNER_CALM, press)
        row.put(" " * max(0, self.left + self.measure - row.x), theme.BANNER_CALM, press)
        return row

    def _line(self, text: str, style: Style) -> Row:
        return Row(self.size.width).at(self.left).put(text, style)

    def _head(self) -> Row:
        item = self.state.item
        row = self._line(_("Question {n}", n=item.slot + 1), theme.BLUE).put(f" / {self.state.n_items}", theme.SOFT)
        points = _("1 point") if item.points == 1 else _("{n} points", n=item.points)
        row.put("    ").put(type_word(item), theme.INK).put("  ").put(points, theme.SOFT)
        if self.state.flagged:
            text = f"{theme.FLAG} " + _("flagged")
            row.at(self.left + self.measure - cell_len(text)).put(text, theme.AMBER)
        return row

    def _option(self, place: int, lines: list[str], first: int) -> list[Row]:
        """The rows of one option; its letter stands on line `first`."""
        chosen = place in self.state.choice
        ground, chip, bold = (
            (theme.CHOSEN, theme.CHOSEN_CHIP, theme.CHOSEN_BOLD) if chosen else (theme.INK, theme.CHIP, theme.BLUE)
        )
        box = ("☑" if chosen else "☐") if self.state.item.type == "multiple" else ("●" if chosen else "○")
        rows = []
        for number, line in enumerate(lines):
            row = Row(self.size.width)
            row.put(" ▸ " if number == first and place == self.state.cursor else "   ", theme.BLUE)
            if number == first:
                row.put(f" {LETTERS[place]} ", chip).put("  ", ground).put(box, bold).put("  ", ground)
            else:
                row.at(self.left + 8, ground)
            row.put(line, ground).at(self.left + self.measure, ground)
            rows.append(row.all_press(f"choose({place})"))
        return rows


def kept_words(choice: Choice, kept: Kept) -> tuple[str, Style]:
    """How safe the answer is; where there is none, that, and never a tick."""
    if not choice:
        return (_("not answered yet") if kept is Kept.NONE else _("taken back, not answered"), theme.SOFT)
    return {
        Kept.NONE: (_("not answered yet"), theme.SOFT),
        Kept.WRITING: (_("saving"), theme.SOFT),
        Kept.SAVED: (_("saved here"), theme.INK),
        Kept.CONFIRMED: (f"{theme.TICK} " + _("confirmed"), theme.GREEN),
    }[kept]


@dataclass(frozen=True, slots=True)
class StatusState:
    """What is known of the answer, and of the network."""

    choice: Choice
    kept: Kept
    online: bool
    counts: Counts | None
    """What stands beside it where no grid does."""


class StatusLine(Canvas[StatusState]):
    """The line below the question."""

    def rows(self, width: int, height: int) -> list[Row]:
        """Answer and safety to the left, counts and network to the right as far as they fit."""
        choice, counts = self.state.choice, self.state.counts
        row = Row(width).at(3).put(_("Your answer"), theme.SOFT).put("  ")
        words, style = kept_words(choice, self.state.kept)
        if choice:
            row.put(f" {letters(choice)} ", theme.CHOSEN_CHIP).put("  ").put(words, style)
            row.put("  ").put(" Del ", theme.CHIP, "clear").put(" " + _("clear"), theme.SOFT, "clear")
        else:
            row.put(words, style)
        tail = [(_("online"), theme.GREEN) if self.state.online else (_("offline"), theme.AMBER)]
        if counts is not None:
            n = counts.answered + counts.unanswered
            flags = [(f"{theme.FLAG} {counts.flagged}", theme.AMBER)] if counts.flagged else []
            tail = [(_("{answered}/{n} answered", answered=counts.answered, n=n), theme.SOFT), *flags, *tail]
        while len(tail) > 1 and sum(cell_len(text) + 2 for text, _style in tail) > width - 3 - row.x:
            tail.pop(1)  # of flags and a healthy network the sheet tells too
        row.at(width - 1 - sum(cell_len(text) + 2 for text, _style in tail))
        for text, tail_style in tail:
            row.put(text, tail_style).put("  ")
        return [row]
