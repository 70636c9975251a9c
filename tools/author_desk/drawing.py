"""An item on paper: as the candidate will see it, what differs, what was done with it, how it fared. Rows, no widgets.

Exam text comes through `terminal.text` and `terminal.row.Row` alone, so it stays the letters it is.

Before: `tools.author_desk.bank_access` fetches what is on it. After: `tools.author_desk.item_pane` shows the rows.
"""

from collections.abc import Iterable
from dataclasses import replace
from itertools import groupby

from rich.cells import cell_len
from rich.style import Style

from bank import subjects
from bank.authoring.review import State
from bank.authoring.revisions import Difference, PastAct
from bank.clock import time_of
from bank.content import OPTION_LETTERS, Background, Content, ItemType, blocks
from bank.item import Basis, Item, Number
from bank.store import BankItem
from terminal.row import Row
from terminal.text import clean, fit, wrap
from terminal.theme import AMBER, BLUE, BOLD, CELL_DONE, CHIP, FAINT, FIELD, GREEN, INK, PANEL_RED, RED, SOFT, TICK
from tools.author_desk.gallery import Gallery
from tools.cli.bank.changes import field_word, in_words, item_name, word
from tools.cli.bank.list_ import answer_text, level_name, type_name
from tools.cli.language import _, joined
from tools.cli.pictures import HALF, Cells, colours, told

LEFT = 2
PICTURE_LINES, SMALL_LINES = 11, 5
"""Of a picture among the words of its item: half of the smallest window; less where the answer key comes below it."""
MEASURE = 76
"""As wide as the candidate's own sheet at most."""
GONE = PANEL_RED + Style(bold=False, strike=True)
COME = CELL_DONE + Style(bold=True)
STATES = {
    State.DRAFT: ("○", SOFT),
    State.IN_REVIEW: ("◐", AMBER),
    State.APPROVED: ("●", GREEN),
    State.RETIRED: ("×", FAINT),
}
_RULE = FAINT


def share(p4: int) -> str:
    return f"{p4 / 100:.1f}%"


def number_text(number: Number) -> str:
    units = " / ".join(unit or _("no unit") for unit in number.units)
    return f"{number.value} ± {number.tolerance} {units}".strip()


class Page:
    """Rows being written from above."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.measure = max(20, min(MEASURE, width - LEFT - 2))
        self.rows: list[Row] = []
        self.picture_lines = PICTURE_LINES

    def line(self, text: str = "", style: Style = INK, left: int = LEFT) -> Row:
        """One row, to which more can be put."""
        row = Row(self.width).at(left).put(text, style)
        self.rows.append(row)
        return row

    def words(self, text: str, style: Style = INK, left: int = LEFT) -> None:
        for part in blocks(text):
            if isinstance(part, str):
                for line in wrap(part, max(2, self.measure - left + LEFT)):
                    self.line(line, style, left)
            else:
                self.table(part, left)

    def table(self, table: tuple[tuple[str, ...], ...], left: int) -> None:
        """Columns as wide as their cells, as far as there is room; the first row is the heading."""
        room = max(4, (self.measure - left - 1) // len(table[0]) - 3)
        widths = [min(room, max(cell_len(clean(cell)) for cell in column)) for column in zip(*table, strict=True)]
        for number, cells in enumerate(table):
            row = self.line(left=left)
            for cell, size in zip(cells, widths, strict=True):
                start = row.x
                row.put("│ ", _RULE).put(fit(cell, size), BOLD if number == 0 else INK).at(start + size + 3)
            row.put("│", _RULE)
            if number == 0:
                self.line("├" + "┼".join("─" * (size + 2) for size in widths) + "┤", _RULE, left)

    def rule(self, title: str) -> None:
        """A line across, with a title."""
        self.line()
        row = self.line(f"{title} " if title else "", SOFT)
        row.put("─" * max(0, LEFT + self.measure - row.x), _RULE)

    def fact(self, label: str, value: str, style: Style = INK, column: int = 12) -> None:
        """A label, and its value beside it; a dash where there is none."""
        lines = wrap(value, max(2, self.measure - column)) if value else ["—"]
        self.line(label, SOFT).at(LEFT + column).put(lines[0], style if value else FAINT)
        for line in lines[1:]:
            self.line(line, style, LEFT + column)

    def pictures(self, digests: Iterable[str], gallery: Gallery, left: int) -> None:
        for digest in digests:
            if digest not in gallery.held:
                self.line(told(digest, None), RED, left)
                continue
            if digest not in gallery.data:
                self.line("…", SOFT, left)
                continue
            self.line(told(digest, gallery.data[digest]), BLUE, left).put("  " + _("P enlarges"), SOFT)
            found = gallery.cells(digest, min(self.measure, self.width - left - 1), self.picture_lines)
            self.rows += picture_rows(self.width, found, left) if found is not None else []


def picture_rows(width: int, found: Cells, left: int) -> list[Row]:
    """A picture in half blocks."""
    rows = []
    for line in found:
        row = Row(width).at(left)
        for above, below in line:
            row.put(HALF, colours(above, below))
        rows.append(row)
    return rows


def to_read(
    width: int, item: BankItem, whole: Item | None, gallery: Gallery, repealed: tuple[str, ...] = (), lang: str = ""
) -> list[Row]:
    """What whoever approves must have seen: all that the candidate will see, answer key, explanation and basis."""
    return _to_read(width, item, whole, gallery, repealed, lang).rows


def item_page(
    width: int, item: BankItem, whole: Item | None, gallery: Gallery, repealed: tuple[str, ...] = (), lang: str = ""
) -> list[Row]:
    """As the candidate will see it, and what is known of it; with its answer key where `whole` is given."""
    page = _to_read(width, item, whole, gallery, repealed, lang)
    about(page, item, () if whole is not None else repealed, with_basis=whole is None)
    return page.rows


def _to_read(
    width: int, item: BankItem, whole: Item | None, gallery: Gallery, repealed: tuple[str, ...], lang: str
) -> Page:
    page = Page(width)
    if whole is not None:
        page.picture_lines = SMALL_LINES
    translation = next((each for each in item.translations if each.lang == lang), None)
    content = item.content if translation is None else translation.content
    background = item.background if translation is None else translation.background
    heading(page, item)
    if translation is not None:
        page.line(_("in {language}", language=lang), AMBER)
    page.line()
    if background is not None:
        case_background(page, background, gallery)
    question(page, content, gallery, () if whole is None else whole.answer_key.correct)
    if whole is not None:
        page.rule(_("Answer key"))
        if text := answer_text(replace(whole.answer_key, number=None)):
            page.fact(_("answer"), text, GREEN)
        if whole.answer_key.number is not None:
            page.fact(_("right value"), number_text(whole.answer_key.number), GREEN)
        page.fact(_("explanation"), whole.explanation)
        _bases(page, item, repealed)
    return page


def heading(page: Page, item: BankItem) -> None:
    """Name, type, state and revision, on one line."""
    glyph, style = STATES[item.state]
    row = page.line(item_name(item), BLUE)
    row.put("   ").put(type_name(item.content.type), INK).put("   ").put(
        f"{glyph} {word(item.state.value, 'STATES')}", style
    )
    row.put("   ").put(_("revision {rev}", rev=item.rev), SOFT)
    if item.background is not None:
        row.put("   ").put(_("case, place {place}", place=item.place), SOFT)


def case_background(page: Page, background: Background, gallery: Gallery) -> None:
    """What the items of a case have in common."""
    page.line(_("Case"), SOFT)
    page.words(background.text)
    page.pictures(background.media, gallery, LEFT)
    page.rule("")
    page.line()


def question(page: Page, content: Content, gallery: Gallery, right: tuple[int, ...], number: str = "") -> None:
    """Stem and options as the candidate will see them."""
    page.words(number + content.stem, BOLD)
    page.pictures(content.media, gallery, LEFT)
    page.line()
    for place, option in enumerate(content.options):
        first = len(page.rows)
        page.words(option.text or " ", BOLD if place in right else INK, LEFT + 9)
        page.pictures(option.media, gallery, LEFT + 9)
        mark = "☐" if content.type is ItemType.MULTIPLE else "○"
        lettered = Row(page.width).put("✓ " if place in right else "  ", GREEN).put(f" {OPTION_LETTERS[place]} ", CHIP)
        lettered.at(LEFT + 5).put(mark, BLUE).at(LEFT + 9)
        text = wrap(option.text, max(2, page.measure - 9))[0] if option.text and option.text[0] != "|" else ""
        lettered.put(text, BOLD if place in right else INK)
        if text:
            page.rows[first] = lettered
        else:
            page.rows.insert(first, lettered)
    if content.type is ItemType.FILL:
        page.line(left=LEFT).put(" " * min(36, page.measure), FIELD)


def _bases(page: Page, item: BankItem, repealed: tuple[str, ...]) -> None:
    page.fact(_("basis"), item.basis)
    for basis in item.bases:
        page.fact("", "§ " + basis.text + in_force(basis), INK)
    for text in repealed:
        page.fact("", "⚑ " + _("no longer in force: {text}", text=text), RED)


def about(page: Page, item: BankItem, repealed: tuple[str, ...], *, with_basis: bool = True) -> None:
    """Chapter, level, basis and the rest that a candidate does not see."""
    page.rule(_("About it"))
    page.fact(_("subject"), subjects.told(item.subject) if item.subject else _("none: in no session"))
    page.fact(_("chapter"), item.chapter)
    page.fact(_("level"), level_name(item.level))
    expected = "" if item.expected_p4 is None else share(item.expected_p4)
    if item.calibrated_p4 is not None:
        expected += "  " + _("measured")
    page.fact(_("expected"), expected)
    if with_basis:
        _bases(page, item, repealed)
    for label, value in (
        (_("enemies"), " ".join(item.enemies)),
        (_("tags"), " ".join(item.tags)),
        (_("locked"), " ".join(OPTION_LETTERS[index] for index in item.locked)),
        (_("languages"), " ".join(translation.lang for translation in item.translations)),
        (_("source"), item.source),
    ):
        if value:
            page.fact(label, value)


def in_force(basis: Basis) -> str:
    days = [day.isoformat() if day else "" for day in (basis.effective_from, basis.repealed_on)]
    return f"  {days[0]} – {days[1]}" if any(days) else ""


def group_page(width: int, items: tuple[BankItem, ...], of: BankItem, gallery: Gallery) -> list[Row]:
    """A case group as it stays together on a form: the background once, then every item in order."""
    page = Page(width)
    if not items or of.background is None:
        page.words(_("This item stands alone: it belongs to no case group."), SOFT)
        return page.rows
    page.line(_("A case of {n} items, always together and in this order", n=len(items)), BLUE)
    page.line()
    case_background(page, of.background, gallery)
    for item in items:
        glyph, style = STATES[item.state]
        here = item.number == of.number
        row = page.line(f"{'▸' if here else ' '} {item.place}", BLUE if here else SOFT)
        row.put(f"   {item_name(item)}   ", SOFT).put(type_name(item.content.type)).put(f"   {glyph} ", style)
        row.put(word(item.state.value, "STATES"), style)
        question(page, item.content, gallery, ())
        page.line()
    return page.rows


def diff_page(width: int, difference: Difference | None) -> list[Row]:
    """Field by field, what went and what came."""
    page = Page(width)
    if difference is None:
        page.words(_("This is the first revision: there is nothing to compare it with."), SOFT)
        return page.rows
    title = _("revision {before} → {after}", before=difference.before, after=difference.after)
    page.line(title, BLUE)
    if not difference.changes:
        page.line()
        page.words(_("Nothing differs."), SOFT)
    for change in difference.changes:
        page.line()
        page.line(field_word(change.field), BOLD)
        pieces = in_words(change).pieces()
        for sign, mark, style in (("-", "−", GONE), ("+", "+", COME)):
            side = [(text, style if kind == sign else INK) for kind, text in pieces if kind in ("=", sign)]
            for number, line in enumerate(styled_lines(side, page.measure - 3)):
                row = page.line(f"{mark} " if number == 0 else "  ", RED if sign == "-" else GREEN)
                for text, colour in line:
                    row.put(text, colour)
    return page.rows


def styled_lines(pieces: list[tuple[str, Style]], width: int) -> list[list[tuple[str, Style]]]:
    """Text of several styles, broken as one text: only spaces at a break are lost."""
    letters = [(letter, style) for text, style in pieces for letter in clean(text)]
    found = []
    at = 0
    for line in wrap("".join(letter for letter, _style in letters), max(2, width)):
        styled = []
        for letter in line:
            while letters[at][0] != letter:
                at += 1
            styled.append(letters[at])
            at += 1
        runs = groupby(styled, key=lambda each: each[1])
        found.append([("".join(letter for letter, _style in run), style) for style, run in runs])
    return found


def history_page(width: int, acts: tuple[PastAct, ...]) -> list[Row]:
    """Every act, revision by revision; what was signed has a tick."""
    page = Page(width)
    rev = 0
    for act in acts:
        event = act.event
        if act.rev != rev:
            if rev:
                page.line()
            glyph, style = STATES[act.state]
            page.line(_("revision {rev}", rev=act.rev), BLUE).put(
                f"   {glyph} {word(act.state.value, 'STATES')}", style
            )
            rev = act.rev
        row = page.line(f"{TICK} " if act.signed else "  ", GREEN)
        row.put(time_of(event.at), SOFT).put("  ").put(word(event.act.value, "ACTS"), BOLD)
        row.put("  ").put(joined(act.who) or "—")
        if act.read_s is not None:
            row.put("  " + _("{n} s", n=act.read_s), SOFT)
        if act.earlier:
            page.words(_("(hands in it before: {names})", names=joined(act.earlier)), SOFT, LEFT + 4)
        if event.remarks and act.read_s is None:
            page.words(event.remarks, AMBER, LEFT + 4)
    page.line()
    page.words("✓ " + _("signed with the person's own key"), SOFT)
    return page.rows


def waiting_page(width: int) -> list[Row]:
    return [Row(width).at(LEFT).put("…", SOFT)]
