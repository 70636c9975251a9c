"""The question: where we are, the stem, the options, and how safe the answer is.

state: item, number of items, choice, flagged, cursor, kept (Kept), resting (no answering now).

Before: `examd.protocol.messages.ItemView`, through `terminal.text`. After: the candidate.
"""

from rich.cells import cell_len
from rich.style import Style

from examd.protocol.messages import ItemView
from terminal.look import (
    AMBER,
    BLUE,
    BOLD,
    CHIP,
    CHOSEN,
    CHOSEN_CHIP,
    CURSOR,
    FAINT,
    GREEN,
    INK,
    MARK,
    SOFT,
    TICK,
    Row,
)
from terminal.outbox import Kept
from terminal.say import _
from terminal.text import wrap
from terminal.widgets.board import Board

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
MEASURE = 76
"""Longest line of exam text in cells: 38 Chinese characters are as many as an eye takes without losing its line."""


def type_word(item: ItemView) -> str:
    return {"single": _("single choice"), "multiple": _("multiple choice"), "truefalse": _("true or false")}.get(
        item.type, item.type
    )


def letters(choice: tuple[int, ...]) -> str:
    return "".join(LETTERS[position] for position in choice if position < len(LETTERS))


class Sheet(Board):
    """One item, whole; scrolled where it is longer than the screen."""

    def rows(self, width: int, height: int) -> list[Row]:
        item, total, choice, flagged, cursor, _kept = self.state
        left = 3
        measure = min(MEASURE, width - left - 4) & ~1
        head = self._head(width, left, measure, item, total, flagged)
        stem = [Row(width).at(left).put(line, BOLD) for line in wrap(item.stem, measure)]
        wrapped = [wrap(option.text, measure - 10) for option in item.options]
        hint = [Row(width), Row(width).at(left).put(self._hint(item), SOFT)] if item.type == "multiple" else []
        lines = sum(map(len, wrapped)) + len(head) + len(stem) + len(hint) + 2
        airy = lines + 2 * len(wrapped) + 2 <= height  # each option a block of its own, when there is room
        spaced = airy or lines + len(wrapped) <= height
        rows = [*head, *([Row(width)] if airy else []), *stem, *hint, Row(width), *([Row(width)] if airy else [])]
        self._spans: list[tuple[int, int]] = []
        for place, option in enumerate(wrapped):
            first = len(rows)
            rows += self._option(width, left, measure, place, option, item, choice, cursor, airy)
            self._spans.append((first, len(rows) - 1))
            if spaced and (not airy or place + 1 < len(wrapped)) and not airy:
                rows.append(Row(width))
        return rows

    def span_in_view(self) -> tuple[int, int] | None:
        cursor = self.state[4] if self.state else -1
        return self._spans[cursor] if 0 <= cursor < len(self._spans) else None

    @staticmethod
    def _head(width: int, left: int, measure: int, item: ItemView, total: int, flagged: bool) -> list[Row]:
        row = Row(width).at(left).put(_("Question {n}", n=item.slot + 1), BLUE).put(f" / {total}", SOFT)
        row.put("    ").put(type_word(item), INK).put("  ").put(_("{n} points", n=item.points), SOFT)
        if flagged:
            text = f"{MARK} {_('flagged')}"
            row.at(left + measure - cell_len(text)).put(text, AMBER)
        return [row, Row(width)]

    @staticmethod
    def _hint(item: ItemView) -> str:
        return _("Choose every option that is right; press again to take one back.")

    @staticmethod
    def _option(
        width: int,
        left: int,
        measure: int,
        place: int,
        lines: list[str],
        item: ItemView,
        choice: tuple[int, ...],
        cursor: int,
        airy: bool,
    ) -> list[Row]:
        chosen = place in choice
        ground, chip = (CHOSEN, CHOSEN_CHIP) if chosen else (INK, CHIP)
        box = ("☑" if chosen else "☐") if item.type == "multiple" else ("●" if chosen else "○")
        mark_style = Style(color="#17557f", bgcolor=ground.bgcolor.name if ground.bgcolor else None, bold=chosen)
        rows = []
        body = ["", *lines, ""] if airy else lines
        for number, line in enumerate(body):
            row = Row(width)
            first = number == (1 if airy else 0)
            row.put(" ▸ " if first and place == cursor else "   ", CURSOR).at(left)
            if first:
                row.put(f" {LETTERS[place]} ", chip).put("  ", ground).put(box, mark_style).put("  ", ground)
            else:
                row.at(left + 8, ground)
            row.put(line, ground).at(left + measure, ground)
            rows.append(row.all_press(f"choose({place})"))
        return rows


def kept_words(kept: Kept) -> tuple[str, Style]:
    return {
        Kept.NONE: (_("not answered yet"), SOFT),
        Kept.WRITING: (_("saving"), SOFT),
        Kept.SAVED: (_("saved on this machine"), INK),
        Kept.CONFIRMED: (f"{TICK} {_('confirmed by the server')}", GREEN),
    }[kept]


class StatusLine(Board):
    """state: choice, kept, answered, unanswered, flags, network word and whether it is well."""

    def rows(self, width: int, height: int) -> list[Row]:
        choice, kept, answered, unanswered, flags, network, well = self.state
        row = Row(width).at(3).put(_("Your answer"), SOFT).put("  ")
        if choice:
            row.put(f" {' '.join(letters(choice))} ", CHOSEN_CHIP).put("  ")
        words, style = kept_words(kept)
        row.put(words, style)
        tail = (
            (f"{TICK} {_('answered')} {answered}", GREEN),
            (f"   {_('open')} {unanswered}", INK if unanswered else FAINT),
            (f"   {MARK} {flags}", AMBER if flags else FAINT),
            (f"   {network}", GREEN if well else AMBER),
        )
        row.at(width - 3 - sum(cell_len(text) for text, _style in tail))
        for text, tail_style in tail:
            row.put(text, tail_style)
        return [row]
