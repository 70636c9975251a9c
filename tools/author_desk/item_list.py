"""Finding, at the desk's one screen: search and filters above, the list below them, and the bar that moves in it.

Nothing waits for the bank: a key moves the bar at once, and what has to be fetched is drawn when it comes.

Before: `tools.author_desk.desk` fetches. After: `tools.author_desk.item_pane` shows the item that the bar is on.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.screen import Screen

from bank.refused import Refused
from bank.store import BankItem
from terminal.widgets.bars import Banner, KeyBar, Notice, Tone
from tools.author_desk import filters
from tools.author_desk.desk import Asked, Desk
from tools.author_desk.dialogs import Picker, Sign
from tools.author_desk.widgets import Filters, Label, LineField, List, Pane, SearchField, Small, Tabs, Top
from tools.cli.language import _
from tools.cli.sentences import said

if TYPE_CHECKING:
    from tools.author_desk.app import DeskApp

WIDE = 100
PARTS = ("#top", "#searchlabel", "#search", "#filters", "#list", "#tabs", "#pane", "#banner", "#keys")


class Finding(Screen[None], inherit_bindings=False):
    AUTO_FOCUS = "#list"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]  # noqa: RUF012 - declared so by Textual
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move(1)"),
        Binding("up", "move(-1)"),
        Binding("pagedown", "page(1)"),
        Binding("pageup", "page(-1)"),
        Binding("home", "go_to(0)"),
        Binding("end", "go_to(-1)"),
        Binding("left", "step(-1)"),
        Binding("right", "step(1)"),
        Binding("enter", "open"),
        Binding("escape", "back"),
        Binding("slash", "search"),
        *(Binding(str(n + 1), f"filter({n + 1})") for n in range(len(filters.FILTERS))),
        Binding("tab", "next(1)", priority=True),
        Binding("shift+tab", "next(-1)", priority=True),
        Binding("ctrl+l", "leave_desk", priority=True),
        Binding("f1", "explain", priority=True),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.asked = Asked()
        self.cursor = self.first = self.version = 0
        self.total = 0
        self.marked: frozenset[int] = frozenset()
        """Drafts that are to be handed in together."""

    @property
    def app_(self) -> DeskApp:
        return cast("DeskApp", self.app)

    @property
    def item(self) -> BankItem | None:
        return self.desk.at(self.cursor)

    def compose(self) -> ComposeResult:
        yield Top(id="top")
        with Horizontal(id="line"):
            yield Label(id="searchlabel")
            yield SearchField(id="search", placeholder=_("any part of stem, options or code"))
        yield Filters(id="filters")
        with Container(id="body"):
            yield List(id="list")
            with Container(id="side"):
                yield Tabs(id="tabs")
                yield Pane(id="pane")
        yield Banner(id="banner")
        yield KeyBar(id="keys")
        yield Small(id="small")

    @property
    def alive(self) -> bool:
        """Not so while the desk is being left: what was asked for may come back when its widgets are gone."""
        return self.is_mounted and len(self.query(", ".join(PARTS))) == len(PARTS)

    async def on_mount(self) -> None:
        self.measure(self.app.size.width, self.app.size.height)
        self.tell("calm", _("Reading the bank …"))
        await self.open()
        self.total = len(await self.desk.ask(self.desk.find, Asked()))
        gc.freeze()  # or Python's collector walks through all that was loaded until here: 50 ms amid somebody's typing
        self.tell("", "")
        self.find()

    async def open(self) -> None:
        """What is asked of the bank once."""

    def arrive(self, *, anew: bool = False) -> None:
        """On another item, or on the same one after it may have changed (`anew`)."""
        self.draw()

    def draw_item(self) -> None:
        """The item that the bar is on, and the keys that do something with it."""
        raise NotImplementedError

    def work(self, group: str, act: Callable[..., Any], *given: object) -> None:
        """Does it beside the keyboard; what was begun before it in the same group is given up."""
        self.run_worker(partial(act, *given), group=group, exclusive=True)

    # ---- asking the bank -------------------------------------------------------------------------------------------

    def find(self, keep: str = "") -> None:
        """Fill the list anew; `keep` is the lineage that the bar should stay on, if it is still there."""
        self.work("find", self._find, keep)

    async def _find(self, keep: str) -> None:
        try:
            numbers = await self.desk.look_for(self.asked)
        except Refused as refusal:
            self.tell("red", said(refusal))
            return
        if numbers is None:
            return
        before = self.cursor
        self.desk.found(numbers)
        self.version += 1
        self.marked &= frozenset(numbers)
        self.cursor = max(0, min(before, len(numbers) - 1)) if keep else 0
        await self._fetch()
        self.arrive(anew=True)
        if self.in_queue and not numbers and self.has_class("-full"):
            self.action_back()

    @property
    def in_queue(self) -> bool:
        return self.asked.whose == "review"

    async def fetch(self) -> None:
        await self._fetch()
        self.draw()

    async def _fetch(self) -> None:
        """Whatever of the stretch in view is not here yet."""
        if not self.alive:
            return
        height = max(self.query_one("#list", List).size.height, 1)
        first = self.first_in_view(height)
        missing = self.desk.missing(first, first + height - 1)
        if missing:
            try:
                await self.desk.fetch(missing)
            except Refused as refusal:
                self.tell("red", said(refusal))
                return
            self.version += 1

    def first_in_view(self, height: int) -> int:
        total = len(self.desk.numbers)
        self.first = min(self.first, self.cursor)
        self.first = max(self.first, self.cursor - height + 1, 0)
        self.first = max(0, min(self.first, total - height))
        return self.first

    # ---- drawing -----------------------------------------------------------------------------------------------

    def draw(self) -> None:
        if not self.alive:
            return
        desk, focus = self.desk, self.part
        found = len(desk.numbers)
        listed = self.query_one("#list", List)
        height = max(listed.size.height, 1)
        first = self.first_in_view(height)
        if desk.missing(first, first + height - 1):
            self.work("fetch", self.fetch)
        items = tuple(desk.at(place) for place in range(first, min(first + height, found)))
        listed.show(self.version, found, self.cursor, focus == "list", first, items, self.marked)
        count = _("{found} of {total} items").format(found=f"{found:,}", total=f"{self.total:,}")
        if self.in_queue:
            count = _("review queue, {place} of {found}").format(place=min(self.cursor + 1, found), found=found)
        if self.marked:
            count += "  " + _("{n} marked").format(n=len(self.marked))
        person = "" if desk.person is None else desk.person.name
        title = _("Item bank {name}").format(name=desk.bank.directory.name)
        self.query_one("#top", Top).show(title, count, person, self.app_.bound)
        self.query_one("#searchlabel", Label).show(_("Search"), focus == "search")
        named = (
            (n + 1, _(word), filters.value_word(self.asked, name)) for n, (name, word) in enumerate(filters.FILTERS)
        )
        self.query_one("#filters", Filters).show(tuple(named))
        self.draw_item()

    @property
    def part(self) -> str:
        """Which part has the focus."""
        return "" if self.focused is None else str(self.focused.id)

    def tell(self, tone: str, text: str) -> None:
        if self.alive:
            self.query_one("#banner", Banner).show(Notice(Tone[tone.upper()], text) if text else None)

    # ---- moving --------------------------------------------------------------------------------------------------

    def action_move(self, step: int) -> None:
        if self.part == "pane" or self.has_class("-full"):
            self.query_one("#pane", Pane).scroll_lines(step)
            self.draw_item()
        else:
            self.action_go_to(max(0, self.cursor + step))

    def action_page(self, step: int) -> None:
        name = "#pane" if self.part == "pane" else "#list"
        self.action_move(step * max(1, self.query_one(name).size.height - 1))

    def action_step(self, step: int) -> None:
        self.action_go_to(max(0, self.cursor + step))

    def action_go_to(self, place: int) -> None:
        last = len(self.desk.numbers) - 1
        self.cursor = max(0, last if place < 0 else min(place, last))
        self.tell("", "")
        self.arrive()

    def action_next(self, step: int) -> None:
        parts = ["search", "list", "pane"] if not self.has_class("-full") else ["pane"]
        here = parts.index(self.part) if self.part in parts else 0
        self.to("#" + parts[(here + step) % len(parts)])

    def to(self, part: str) -> None:
        """At once: what is typed next is for the part that has the focus then, and letters are acts in the list."""
        self.set_focus(self.query_one(part))

    def action_search(self) -> None:
        """What is typed takes the place of the last search."""
        self.remove_class("-full")
        self.query_one("#search", LineField).action_select_all()
        self.to("#search")

    def action_open(self) -> None:
        self.add_class("-full")
        self.to("#pane")

    def action_back(self) -> None:
        if self.has_class("-full"):
            self.remove_class("-full")
            self.to("#list")
        elif self.part == "search":
            self.query_one("#search", LineField).value = ""
            self.to("#list")
        elif self.part == "pane":
            self.to("#list")
        elif self.marked:
            self.marked = frozenset()
            self.draw()
        else:
            self.query_one("#search", LineField).value = ""
            self.ask(Asked())

    def on_descendant_focus(self, _event: events.DescendantFocus) -> None:
        self.call_after_refresh(self.draw)

    def action_into_list(self) -> None:
        self.to("#list")

    # ---- searching -------------------------------------------------------------------------------------------------

    def on_input_changed(self, event: LineField.Changed) -> None:
        self.ask(replace(self.asked, search=event.value))

    def ask(self, asked: Asked) -> None:
        if asked != self.asked:
            self.asked = asked
            self.tell("", "")
            self.find()

    async def action_filter(self, number: int) -> None:
        name, word = filters.FILTERS[number - 1]
        values = await self.chapters() if name == "chapter" else filters.choices(name)
        picker = Picker(_(word), (("", _("no filter"), ""), *values), getattr(self.asked, name), topic="filter")
        self.app.push_screen(picker, partial(self.picked, name))

    async def chapters(self) -> filters.Choices:
        return filters.chapter_choices(await self.desk.ask(self.desk.bank.catalogue.chapters))

    def picked(self, name: str, value: str | None) -> None:
        if value is None:
            return
        if value == "mine" and not self.desk.me:
            self.sign_in(lambda: self.ask(replace(self.asked, whose="mine")))
            return
        self.ask(replace(self.asked, **{name: value}))

    # ---- who sits here ---------------------------------------------------------------------------------------------

    def sign_in(self, then: Any) -> None:
        def signed(done: bool | None) -> None:
            if done:
                then()
                self.draw()

        self.app.push_screen(Sign(self.desk, _("Sign in"), _("Whose hand is this?"), None), signed)

    def action_leave_desk(self) -> None:
        self.desk.leave()
        self.tell("calm", _("Signed out: the key is forgotten."))
        self.draw()

    # ---- size ----------------------------------------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        self.measure(event.size.width, event.size.height)
        self.call_after_refresh(self.draw)

    def measure(self, width: int, height: int) -> None:
        self.set_class(width < 80 or height < 24, "-small")
        self.query_one(Small).show(width, height)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return not self.has_class("-small")
