"""Looking, at the desk's one screen: the item that the bar is on, beside or below the list, in one of five views.

What costs something is fetched when the bar rests on an item, and drawn if it is still looked at when it comes.

Before: `tools.author_desk.item_list`. After: `tools.author_desk.browse` adds what changes something.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

from textual.binding import Binding, BindingType

from bank.authoring import lifecycle
from bank.item import Item
from bank.refused import Refused
from bank.store import BankItem
from terminal.row import Row
from terminal.text import one_line
from terminal.widgets.bars import Key, KeyBar
from tools.author_desk import drawing, keys
from tools.author_desk.desk import Asked, Desk, today
from tools.author_desk.dialogs import Picker
from tools.author_desk.figures import figures_page
from tools.author_desk.item_list import Finding
from tools.author_desk.widgets import LineField, Pane, Tabs
from tools.cli.language import N_, _
from tools.cli.sentences import said

VIEWS = (
    ("I", N_("item"), "item"),
    ("G", N_("case"), "group"),
    ("D", N_("changes"), "diff"),
    ("H", N_("history"), "history"),
    ("U", N_("figures"), "use"),
)
RESTS = 0.1
"""Seconds that the bar must rest on an item before what costs something is fetched of it."""


class Looking(Finding, inherit_bindings=True):
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(f"{key.lower()},{key}", f"view('{name}')") for key, _word, name in VIEWS),
        Binding("l,L", "language"),
        Binding("t,T", "relatives"),
        Binding("k,K", "answer"),
        Binding("q,Q", "queue"),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.shown = "item"
        self.lang = ""
        """The language in which the item is shown; "" as it was written."""
        self.answer: Item | None = None
        self.page: Any = drawing.waiting_page
        self.held: frozenset[str] = frozenset()
        self.repeals: dict[str, str] = {}
        self.paned: object = None
        """What the pane's page was made of."""

    async def open(self) -> None:
        self.held = await self.desk.ask(self.desk.bank.media.digests)
        self.repeals = await self.desk.ask(self.desk.bank.provisions.repealed)

    def arrive(self, *, anew: bool = False) -> None:
        """It is shown as it was written; in the queue a revision first by what differs."""
        self.answer, self.lang = None, ""
        if anew:
            self.paned = None
        item = self.item
        if self.in_queue and item is not None:
            self.shown = "diff" if item.rev > 1 else "item"
        super().arrive()

    # ---- drawing -----------------------------------------------------------------------------------------------

    def draw_item(self) -> None:
        self.draw_pane()
        self.query_one("#keys", KeyBar).show(tuple(self.keys()))

    def draw_pane(self) -> None:
        item, pane = self.item, self.query_one("#pane", Pane)
        made_of = (self.shown, item and item.number, self.answer is not None, self.lang)
        if made_of != self.paned:
            self.paned = made_of
            pane.top = 0
            if item is None:
                self.page = drawing.waiting_page if self.desk.numbers else _nothing
            elif self.shown == "item":
                gone = tuple(text for _item, text in lifecycle.repealed([item], self.repeals, today()))
                self.page = partial(
                    drawing.item_page, item=item, whole=self.answer, held=self.held, repealed=gone, lang=self.lang
                )
            else:
                self.page = drawing.waiting_page
                self.work("pane", self._page, item, self.shown)
        pane.show(made_of, self.page)
        self.draw_tabs()

    def draw_tabs(self) -> None:
        if not self.alive:
            return
        pane = self.query_one("#pane", Pane)
        above = "▲" if pane.top else " "
        below = "▼" if pane.top + pane.size.height < len(pane._lay_out()) else " "
        tabs = (*((key, _(word), name) for key, word, name in VIEWS),)
        self.query_one("#tabs", Tabs).show(tabs, self.shown, self.part == "pane", above + below)

    async def _page(self, item: BankItem, shown: str) -> None:
        desk = self.desk
        await asyncio.sleep(RESTS)
        if self.item is not item or self.shown != shown:
            return
        try:
            if shown == "diff":
                self.put(item, shown, partial(drawing.diff_page, difference=await desk.ask(desk.difference, item)))
            elif shown == "history":
                self.put(item, shown, partial(drawing.history_page, rows=await desk.ask(desk.history, item)))
            elif shown == "group":
                group = await desk.ask(desk.group, item)
                self.put(item, shown, partial(drawing.group_page, items=group, of=item, held=self.held))
            else:
                figures = await desk.ask(desk.figures, item)
                self.put(item, shown, partial(figures_page, figures=figures))
                await asyncio.sleep(RESTS)
                figures = replace(figures, twins=await desk.ask(desk.twins, item))
                self.put(item, shown, partial(figures_page, figures=figures))
        except Refused as refusal:
            self.tell("red", said(refusal))
            return
        self.app_.look_at_bound()

    def put(self, item: BankItem, shown: str, page: Any) -> None:
        """Draws what was fetched, if it is still what is looked at."""
        if self.alive and self.item is item and self.shown == shown:
            self.page = page
            self.query_one("#pane", Pane).show((self.paned, id(page)), page)
            self.call_after_refresh(self.draw_tabs)

    def keys(self) -> list[Key]:
        if self.part == "search":
            return keys.in_search()
        if self.marked:
            return keys.of_marked(len(self.marked))
        item = self.item
        return keys.of_item(
            item,
            looked_at=item is not None and item.number in self.desk.looked_at,
            answer=self.answer is not None,
            full=self.has_class("-full"),
            queue=self.in_queue,
        )

    # ---- looking ---------------------------------------------------------------------------------------------------

    def action_view(self, name: str) -> None:
        self.shown = name
        self.paned = None
        self.tell("", "")
        self.draw()

    def action_queue(self) -> None:
        if self.in_queue:
            self.shown = "item"
            self.ask(replace(self.asked, whose=""))
        else:
            self.query_one("#search", LineField).value = ""
            self.ask(Asked(whose="review"))

    def action_language(self) -> None:
        """The next language that the item is written in."""
        if self.item is None or not self.item.translations:
            self.tell("calm", _("It is written in one language only."))
            return
        langs = ["", *(each.lang for each in self.item.translations)]
        self.lang = langs[(langs.index(self.lang) + 1) % len(langs)]
        self.action_view("item")

    async def action_relatives(self) -> None:
        """To one of its case, its enemies or its near-duplicates."""
        item = self.item
        if item is None:
            return
        try:
            figures = await self.desk.ask(self.desk.figures, item)
            twins = await self.desk.ask(self.desk.twins, item)
        except Refused as refusal:
            self.tell("red", said(refusal))
            return
        kinds = (
            (_("case"), figures.group),
            (_("enemy"), figures.enemies),
            (_("twin"), tuple(twin for twin, _likeness in twins)),
        )
        choices = tuple(
            (str(each.number), f"{each.code or each.lineage[:8]}  {one_line(each.content.stem)}", kind)
            for kind, items in kinds
            for each in items
            if each.number != item.number
        )
        if not choices:
            self.tell("calm", _("It belongs to no case and has neither enemies nor near-duplicates."))
            return

        def taken(number: str | None) -> None:
            if number is not None:
                self.action_show_number(int(number))

        self.app.push_screen(Picker(_("related items"), choices, "", wide=True), taken)

    def action_show_number(self, number: int) -> None:
        self.work("find", self._show_number, number)

    async def _show_number(self, number: int) -> None:
        if number not in self.desk.numbers:
            self.asked = Asked()
            with self.prevent(LineField.Changed):
                self.query_one("#search", LineField).value = ""
            await self._find("")
        if number in self.desk.numbers:
            self.action_go_to(self.desk.numbers.index(number))

    async def action_answer(self) -> None:
        item = self.item
        if item is None:
            return
        if self.answer is not None:
            self.answer = None
            self.draw()
            return
        self.shown = "item"
        self.tell("", "")
        try:
            whole = await self.desk.ask(self.desk.whole, item)
        except Refused as refusal:
            self.tell("red", said(refusal))
            return
        if self.item is item:
            self.answer = whole
            self.draw()
            self.app_.look_at_bound()

    def action_explain(self) -> None:
        topic = self.part if self.part in ("search", "pane") else "list"
        self.app_.action_explain(topic)


def _nothing(width: int) -> list[Row]:
    return []
