"""The item that the bar is on, beside or below the list, in one of five views.

What costs something is fetched when the bar rests on an item, and drawn if it is still looked at when it comes.

Before: `tools.author_desk.item_list` says which item. After: `tools.author_desk.drawing` and
`tools.author_desk.figures` make its page.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from textual.app import ComposeResult
from textual.containers import Container

from bank.authoring import lifecycle, review
from bank.authoring.reading import Shown
from bank.authoring.review import State
from bank.authoring.revisions import Difference
from bank.clock import today
from bank.item import Item
from bank.refused import Denied
from bank.store import BankItem
from terminal.row import Row
from tools.author_desk import drawing
from tools.author_desk.bank_access import BankAccess
from tools.author_desk.figures import figures_page
from tools.author_desk.gallery import Gallery
from tools.author_desk.signatory import Signatory
from tools.author_desk.widgets import Pane, Tabs, more
from tools.cli.language import N_, _

VIEWS = (
    ("I", N_("item"), "item"),
    ("G", N_("case"), "group"),
    ("D", N_("changes"), "diff"),
    ("H", N_("history"), "history"),
    ("U", N_("figures"), "use"),
)
RESTS = 0.1
"""Seconds that the bar must rest on an item before what costs something is fetched of it."""


class ItemPane(Container):
    def __init__(self, bank: BankAccess, signatory: Signatory) -> None:
        super().__init__(id="side")
        self._bank, self._signatory = bank, signatory
        self._tabs, self.page = Tabs(id="tabs"), Pane(id="pane")
        self.item: BankItem | None = None
        self.view = "item"
        self.answer: Item | None = None
        """The item with its answer key, while that is shown."""
        self._lang = ""
        """The language in which the item is shown; "" as it was written."""
        self.gallery = Gallery()
        self._repeals: dict[str, str] = {}
        self._rows: Callable[[int], list[Row]] = drawing.waiting_page
        self._shows: object = None
        """What the page was made of."""

    def compose(self) -> ComposeResult:
        yield self._tabs
        yield self.page

    async def read_bank(self) -> None:
        """What every page is made with: the pictures that are there, the provisions that no longer hold."""
        self.gallery.held, self._repeals = await self._bank.pictures_and_repeals()

    def turn_to(self, item: BankItem | None, *, queue: bool, arrived: bool = False) -> None:
        """Another item, or the same one come to again (`arrived`), is shown as it was written and without its answer
        key; in the queue a revision first by what differs."""
        if item is not self.item:  # the same revision may be fetched anew: its answer key stays shown
            arrived = arrived or item is None or self.item is None or item.number != self.item.number
            self.item, self._shows = item, None
        if arrived:
            self.answer, self._lang = None, ""
            if queue and item is not None:
                self.view = "diff" if item.rev > 1 else "item"

    def choose(self, view: str) -> None:
        """Another view, or the same anew."""
        self.view, self._shows = view, None

    def next_language(self) -> bool:
        """The item in the next language that it is written in; False where there is one only."""
        if self.item is None or not self.item.translations:
            return False
        langs = ["", *(each.lang for each in self.item.translations)]
        self._lang = langs[(langs.index(self._lang) + 1) % len(langs)]
        self.choose("item")
        return True

    def draw(self, *, listed: bool) -> bool:
        """Draws the page; False where it must be fetched first. `listed`: there is an item to wait for."""
        shows = (self.view, self.item and self.item.number, self.answer is not None, self._lang)
        there = True
        if shows != self._shows:
            self._shows = shows
            self.page.top = 0
            there = self.item is None or self.view == "item"
            self._rows = drawing.waiting_page if listed else lambda _width: []
            if self.item is not None and there:
                gone = tuple(text for _item, text in lifecycle.repealed([self.item], self._repeals, today()))
                item = partial(drawing.item_page, item=self.item, whole=self.answer, gallery=self.gallery)
                self._rows = partial(item, repealed=gone, lang=self._lang)
                there = not self.gallery.missing(self.pictures)
        self.page.show(self._shows, self._rows)
        self.draw_tabs()
        return there

    @property
    def pictures(self) -> list[str]:
        """Digests of what the item shows, as it was written."""
        item = self.item
        if item is None:
            return []
        return [*(item.background.media if item.background is not None else ()), *item.content.pictures]

    @property
    def all_seen(self) -> bool:
        """Whether all that whoever approves must have seen of this view has been on the screen."""
        if self.item is None or not (self.answer is not None or self.view == "diff"):
            return False
        if self.view == "diff":
            return self.page.seen(len(self.page.rows(self.page.size.width, 0)))
        read = drawing.to_read(self.page.size.width, self.item, self.answer, self.gallery, lang=self._lang)
        return self.page.seen(1 + len(read))

    def draw_tabs(self) -> None:
        tabs = tuple((key, _(word), name) for key, word, name in VIEWS)
        self._tabs.show(tabs, self.view, self.page.has_focus, more(self.page))

    async def fetch(self) -> None:
        """The page of the item and view that are looked at now, once the bar has rested."""
        item, view, bank = self.item, self.view, self._bank
        await asyncio.sleep(RESTS)
        if item is None or self.item is not item or self.view != view:
            return
        if wanted := self.gallery.missing(self.pictures):
            self.gallery.take(await bank.pictures(wanted))
            self._shows = None if view == "item" and self.item is item else self._shows
        if view == "item":
            self.draw(listed=True)
        elif view == "diff":
            shown = await self._shown(item) if item.rev > 1 else None
            if shown is not None and shown.before is not None:
                changes = review.changes(shown.before, shown.item)
                difference: Difference | None = Difference(shown.rev_before, item.rev, changes, from_approved=True)
            else:
                difference = await bank.difference(item)
            self._put(item, view, partial(drawing.diff_page, difference=difference))
        elif view == "history":
            self._put(item, view, partial(drawing.history_page, acts=await bank.history(item)))
        elif view == "group":
            items = await bank.group(item)
            self._put(item, view, partial(drawing.group_page, items=items, of=item, gallery=self.gallery))
        else:
            figures = await bank.figures(item)
            self._put(item, view, partial(figures_page, figures=figures))
            await asyncio.sleep(RESTS)
            figures = replace(figures, twins=await bank.twins(item))
            self._put(item, view, partial(figures_page, figures=figures))

    def _put(self, item: BankItem, view: str, rows: Callable[[int], list[Row]]) -> None:
        if self.item is item and self.view == view:
            self._rows = rows
            self.page.show((self._shows, id(rows)), rows)
            self.call_after_refresh(self.draw_tabs)

    async def switch_answer(self) -> None:
        """Shows the answer key, or hides it."""
        item = self.item
        if item is None or self.answer is not None:
            self.answer = None
            return
        self.view = "item"
        shown = await self._shown(item)
        whole = await self._bank.whole(item) if shown is None else shown.item
        if self.item is not None and self.item.number == item.number:
            self.answer = whole

    async def _shown(self, item: BankItem) -> Shown | None:
        """The item, put before whoever has signed in to review it; None where it is not theirs to approve.

        Raises Denied: when the bound on answer keys is reached.
        """
        signed_in = self._signatory.signed_in
        if signed_in is None or not signed_in.reader or item.state is not State.IN_REVIEW:
            return None
        try:
            shown = await self._bank.show(signed_in.reader, item.number)
        except Denied as denied:
            if denied.code == "export-limit":
                raise
            return None
        self._signatory.before = item.number
        self.gallery.take(shown.pictures)
        return shown
