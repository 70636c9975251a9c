"""The list of items that were found: the bar in it, the drafts marked, and only what is seen of it fetched and drawn.

Before: `tools.author_desk.bank_access` finds numbers and fetches items. After: `tools.author_desk.browse` moves it.
"""

from collections.abc import Awaitable, Callable, Sequence

from rich.cells import cell_len
from textual import events

from bank.store import BankItem
from terminal.row import Row
from terminal.text import fit, one_line, wrap
from terminal.theme import BLUE, CHOSEN, CHOSEN_BOLD, FAINT, INK, SOFT
from tools.author_desk.bank_access import BankAccess
from tools.author_desk.board import Board
from tools.author_desk.drawing import STATES
from tools.cli.bank.changes import item_name
from tools.cli.bank.list_ import type_name
from tools.cli.language import _

NUMBER = 6
"""Cells for the number of a place in the list: 50,000 and more."""
BLOCK = 5
"""Items are fetched in blocks of so many: what a screen shows and little more. A bank in shares counts each."""
KEPT_BLOCKS = 800
NAME = 10
"""Cells for an item's code."""


def told_apart(names: Sequence[str]) -> list[str]:
    """Each in the cells of the column. What all have in common at the front goes where they are longer: five codes cut
    behind the same beginning would be five times the same."""
    if all(cell_len(name) <= NAME for name in names):
        return list(names)
    others = set(names) - {""}
    alike = [len(set(letters)) == 1 for letters in zip(*others, strict=False)] + [False]
    common = alike.index(False) if len(others) > 1 else 0
    return [_cut(name, common) for name in names]


def _cut(name: str, common: int) -> str:
    if cell_len(name) <= NAME:
        return name
    rest = name[common:]
    if cell_len(rest) >= NAME:
        return fit("…" + rest, NAME)
    while cell_len(name) >= NAME:  # as much of what they have in common as there is room for
        name = name[1:]
    return "…" + name


class Listing:
    """Numbers for all of the list, items for the blocks of it that were looked at."""

    def __init__(self, numbers: Sequence[int], items: Callable[[list[int]], Awaitable[list[BankItem]]]) -> None:
        self.numbers = numbers
        self._items = items
        self._blocks: dict[int, list[BankItem]] = {}

    def at(self, place: int) -> BankItem | None:
        """The item at a place of the list, if it is here already."""
        block = self._blocks.get(place // BLOCK)
        return None if block is None or place >= len(self.numbers) else block[place % BLOCK]

    def missing(self, first: int, last: int) -> list[int]:
        """Blocks between two places, both included, that are not here yet."""
        last = min(last, len(self.numbers) - 1)
        return [block for block in range(first // BLOCK, last // BLOCK + 1) if block not in self._blocks]

    async def fetch(self, blocks: Sequence[int]) -> None:
        """Asks for the items of `blocks` at once; those fetched longest ago make room."""
        wanted = [self.numbers[block * BLOCK : (block + 1) * BLOCK] for block in blocks]
        items = await self._items([number for each in wanted for number in each])
        while len(self._blocks) > KEPT_BLOCKS - len(blocks):
            del self._blocks[next(iter(self._blocks))]
        for block, each in zip(blocks, wanted, strict=True):
            self._blocks[block], items = items[: len(each)], items[len(each) :]


class ItemList(Board):
    can_focus = True

    def __init__(self, bank: BankAccess) -> None:
        super().__init__(id="list")
        self._bank = bank
        self.listing = Listing((), bank.items)
        self.cursor = self._first = self._version = 0
        self.marked: frozenset[int] = frozenset()
        """Drafts that are to be handed in together."""

    @property
    def numbers(self) -> Sequence[int]:
        """All that were found, in order."""
        return self.listing.numbers

    @property
    def item(self) -> BankItem | None:
        """The item that the bar is on, if it is here already."""
        return self.listing.at(self.cursor)

    def fill(self, numbers: Sequence[int], *, keep_place: bool) -> None:
        """Lists `numbers`, with the bar where it was or at the top."""
        self.listing = Listing(numbers, self._bank.items)
        self._version += 1
        self.marked &= frozenset(numbers)
        self.cursor = max(0, min(self.cursor, len(numbers) - 1)) if keep_place else 0

    def go_to(self, place: int) -> None:
        """The bar to a place of the list, or to the end of it where `place` is behind that or -1."""
        last = len(self.numbers) - 1
        self.cursor = max(0, last if place < 0 else min(place, last))

    def _in_view(self) -> tuple[int, int]:
        """First and last place that is seen, the bar among them."""
        height = max(self.size.height, 1)
        first = max(min(self._first, self.cursor), self.cursor - height + 1)
        self._first = max(0, min(first, len(self.numbers) - height))
        return self._first, self._first + height - 1

    def missing(self) -> list[int]:
        """Blocks in view that are not here yet."""
        return self.listing.missing(*self._in_view())

    async def fetch(self) -> None:
        """What is in view and not here yet."""
        if missing := self.missing():
            await self.listing.fetch(missing)
            self._version += 1

    def draw(self) -> None:
        """What is in view, with the bar."""
        first, last = self._in_view()
        total = len(self.numbers)
        items = tuple(self.listing.at(place) for place in range(first, min(last + 1, total)))
        self.show(self._version, total, self.cursor, self.has_focus, first, items, self.marked)

    def rows(self, width: int, height: int) -> list[Row]:
        """state: version, number of items, cursor, focused, first place, items, marked."""
        _version, total, cursor, focused, first, items, marked = self.state
        names = told_apart([item_name(item) if item is not None else "" for item in items[:height]])
        rows = [
            self._row(width, first + n, item, name, cursor, focused, marked)
            for n, (item, name) in enumerate(zip(items[:height], names, strict=True))
        ]
        if not total:
            told = wrap(_("Nothing is like that. Esc takes the filters away."), width - 4)
            rows = [Row(width), *(Row(width).at(3).put(line, SOFT) for line in told)]
        return rows

    @staticmethod
    def _row(
        width: int, place: int, item: BankItem | None, name: str, cursor: int, focused: bool, marked: frozenset[int]
    ) -> Row:
        here = place == cursor
        ground = CHOSEN if here else INK
        row = Row(width, ground).put("▸" if here and focused else " ", CHOSEN_BOLD if here else INK)
        row.put(f"{place + 1:>{NUMBER}}", ground if here else FAINT)
        row.put("+" if item is not None and item.number in marked else " ", CHOSEN_BOLD if here else BLUE)
        if item is None:
            return row.put("…", ground).all_press(f"screen.go_to({place})")
        glyph, style = STATES[item.state]
        row.put(f"{glyph} ", ground if here else style)
        row.put(name, ground if here else SOFT).at(row.x + NAME - cell_len(name) + 1)
        row.put(fit(type_name(item.content.type), 10), ground if here else BLUE)
        if width >= 70:
            row.at(NUMBER + NAME + 16).put(fit(item.chapter, 6), ground if here else SOFT).at(NUMBER + NAME + 23)
        else:
            row.put(" ")
        row.put(fit(one_line(item.content.stem), width - row.x - 1))
        return row.at(width, ground).all_press(f"screen.go_to({place})")

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.call_next(self.app.run_action, "screen.move(3)")

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.call_next(self.app.run_action, "screen.move(-3)")
