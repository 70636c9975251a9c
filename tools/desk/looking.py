"""Looking, at the desk's one screen: search and filters above, the list, the item beside or below it, the keys.

Nothing waits for the bank: a key moves the bar at once, and what has to be fetched is drawn when it comes.

Before: `tools.desk.desk` fetches. After: `tools.desk.browse` adds what changes something.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.screen import Screen

from bank import life
from bank.content import ItemType, Level
from bank.item import Item
from bank.refused import Refused
from bank.review import Act, State
from bank.store import BankItem
from terminal.look import Row
from terminal.text import one_line
from terminal.widgets.bars import Banner, Key, KeyBar
from tools.desk import drawing
from tools.desk.desk import Asked, Desk, today
from tools.desk.dialogs import Picker, Sign
from tools.desk.figures import figures_page
from tools.desk.parts import Filters, Label, LineField, List, Pane, SearchField, Small, Tabs, Top
from tools.say import N_, _, sentence
from tools.sentences import bank as words
from tools.sentences import review as lives
from tools.sentences import said

if TYPE_CHECKING:
    from tools.desk.app import DeskApp

WIDE = 100
FILTERS = (
    ("type", N_("type")),
    ("chapter", N_("chapter")),
    ("level", N_("level")),
    ("state", N_("state")),
    ("lacks", N_("to mend")),
    ("whose", N_("whose")),
)
LACKS = {"basis": N_("no basis"), "difficulty": N_("no difficulty"), "force": N_("repealed basis")}
WHOSE = {"mine": N_("mine"), "review": N_("to review")}
VIEWS = (
    ("I", N_("item"), "item"),
    ("G", N_("case"), "group"),
    ("D", N_("changes"), "diff"),
    ("H", N_("history"), "history"),
    ("U", N_("figures"), "use"),
)
ACTS = {Act.SUBMIT: N_("Submit"), Act.APPROVE: N_("Approve"), Act.RETURN: N_("Return"), Act.RETIRE: N_("Retire")}
RESTS = 0.1
"""Seconds that the bar must rest on an item before what costs something is fetched of it."""
POSSIBLE = {
    State.DRAFT: (Act.SUBMIT,),
    State.IN_REVIEW: (Act.APPROVE, Act.RETURN),
    State.APPROVED: (Act.RETIRE,),
    State.RETIRED: (),
}
"""What the key bar offers first. What is allowed is for `bank.review` to say."""


class Looking(Screen[None], inherit_bindings=False):
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
        *(Binding(str(n + 1), f"filter({n + 1})") for n in range(len(FILTERS))),
        Binding("i,I", "view('item')"),
        Binding("d,D", "view('diff')"),
        Binding("h,H", "view('history')"),
        Binding("u,U", "view('use')"),
        Binding("g,G", "view('group')"),
        Binding("l,L", "language"),
        Binding("t,T", "relatives"),
        Binding("n,N", "new"),
        Binding("space", "mark"),
        Binding("asterisk", "mark_all"),
        Binding("k,K", "answer"),
        Binding("e,E", "edit"),
        Binding("s,S", "act('submit')"),
        Binding("a,A", "act('approve')"),
        Binding("r,R", "act('return')"),
        Binding("x,X", "act('retire')"),
        Binding("q,Q", "queue"),
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
        self.shown = "item"
        self.lang = ""
        """The language in which the item is shown; "" as it was written."""
        self.marked: frozenset[int] = frozenset()
        """Drafts that are to be handed in together."""
        self.answer: Item | None = None
        self.page: Any = drawing.waiting_page
        self.held: frozenset[str] = frozenset()
        self.repeals: dict[str, str] = {}
        self.paned: object = None
        """What the pane's page was made of."""

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

    async def on_mount(self) -> None:
        self.measure(self.app.size.width, self.app.size.height)
        self.tell("calm", _("Reading the bank …"))
        self.held = await self.desk.ask(self.desk.bank.pictures)
        self.repeals = await self.desk.ask(self.desk.bank.repeals)
        self.total = len(await self.desk.ask(self.desk.find, Asked()))
        self.tell("", "")
        self.find()

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
        self.answer = None
        self.paned = None
        await self.fetch()
        self.arrive()
        if self.in_queue and not numbers and self.has_class("-full"):
            self.action_back()

    @property
    def in_queue(self) -> bool:
        return self.asked.whose == "review"

    def arrive(self) -> None:
        """On another item: it is shown as it was written; in the queue a revision first by what differs."""
        self.answer, self.lang = None, ""
        item = self.item
        if self.in_queue and item is not None:
            self.shown = "diff" if item.rev > 1 else "item"
        self.draw()

    async def fetch(self) -> None:
        """Whatever of the stretch in view is not here yet."""
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
        self.draw()

    def first_in_view(self, height: int) -> int:
        total = len(self.desk.numbers)
        self.first = min(self.first, self.cursor)
        self.first = max(self.first, self.cursor - height + 1, 0)
        self.first = max(0, min(self.first, total - height))
        return self.first

    # ---- drawing -----------------------------------------------------------------------------------------------

    def draw(self) -> None:
        if not self.is_mounted or not self.children:
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
        named = ((n + 1, _(word), self.value_word(name)) for n, (name, word) in enumerate(FILTERS))
        self.query_one("#filters", Filters).show(tuple(named))
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
                gone = tuple(text for _item, text in life.repealed([item], self.repeals, today()))
                self.page = partial(
                    drawing.item_page, item=item, whole=self.answer, held=self.held, repealed=gone, lang=self.lang
                )
            else:
                self.page = drawing.waiting_page
                self.work("pane", self._page, item, self.shown)
        pane.show(made_of, self.page)
        self.draw_tabs()

    def draw_tabs(self) -> None:
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
        if self.item is item and self.shown == shown:
            self.page = page
            self.query_one("#pane", Pane).show((self.paned, id(page)), page)
            self.call_after_refresh(self.draw_tabs)

    def keys(self) -> list[Key]:
        item = self.item
        if self.part == "search":
            return [
                Key("Enter", _("Into the list"), "screen.next(1)", main=True),
                Key("Esc", _("Clear"), "screen.back"),
                Key("F1", _("Help"), "screen.explain"),
            ]
        if self.marked:
            submit = Key("S", _("Submit {n}").format(n=len(self.marked)), "screen.act('submit')", main=True)
            clear = Key("Esc", _("No marks"), "screen.back")
            return [submit, Key("␣", _("Mark"), "screen.mark"), clear, Key("F1", _("Help"), "screen.explain")]
        acts = () if item is None else POSSIBLE[item.state]
        letters = {Act.SUBMIT: "S", Act.APPROVE: "A", Act.RETURN: "R", Act.RETIRE: "X"}
        unseen = item is not None and item.number not in self.desk.looked_at
        keys = [
            Key(
                letters[act],
                _(ACTS[act]),
                f"screen.act('{act.value}')",
                on=not (act is Act.APPROVE and unseen),
                main=act in (Act.SUBMIT, Act.APPROVE),
            )
            for act in acts
        ]
        look = Key("K", _("Answer key"), "screen.answer", on=item is not None, lit=self.answer is not None)
        if item is None or item.state is not State.IN_REVIEW:
            keys.append(Key("E", _("Edit"), "screen.edit", on=item is not None))
        keys.append(look)
        if self.has_class("-full"):
            around = Key("← →", _("Other item"), "screen.step(1)")
            return [*keys, around, Key("Esc", _("Back"), "screen.back"), Key("F1", _("Help"), "screen.explain")]
        queue = Key("Q", _("Queue"), "screen.queue", lit=self.in_queue)
        new = Key("N", _("New"), "screen.new")
        return [*keys, new, queue, Key("/", _("Search"), "screen.search"), Key("F1", _("Help"), "screen.explain")]

    def value_word(self, name: str) -> str:
        value = getattr(self.asked, name)
        tables = {"type": words.TYPES, "level": words.LEVELS, "state": lives.STATES, "lacks": LACKS, "whose": WHOSE}
        return sentence(value, {}, tables[name]) if value and name in tables else value

    @property
    def part(self) -> str:
        """Which part has the focus."""
        return "" if self.focused is None else str(self.focused.id)

    def tell(self, tone: str, text: str) -> None:
        self.query_one("#banner", Banner).show(tone, text)

    # ---- moving --------------------------------------------------------------------------------------------------

    def action_move(self, step: int) -> None:
        if self.part == "pane" or self.has_class("-full"):
            self.query_one("#pane", Pane).scroll_lines(step)
            self.draw_tabs()
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
        self.remove_class("-full")
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
            self.find()

    async def action_filter(self, number: int) -> None:
        name, word = FILTERS[number - 1]
        tables: dict[str, dict[str, str]] = {
            "type": {each.value: words.TYPES[each.value] for each in ItemType},
            "level": {each.value: words.LEVELS[each.value] for each in Level},
            "state": {each.value: lives.STATES[each.value] for each in State},
            "lacks": LACKS,
            "whose": WHOSE,
        }
        if name == "chapter":
            choices = await self.chapters()
        else:
            choices = [(value, _(text), "") for value, text in tables[name].items()]
        picker = Picker(_(word), (("", _("no filter"), ""), *choices), getattr(self.asked, name))
        self.app.push_screen(picker, partial(self.picked, name))

    async def chapters(self) -> list[tuple[str, str, str]]:
        chapters = await self.desk.ask(self.desk.bank.chapters)
        listed = sorted(chapters.items(), key=lambda each: _chapter_order(each[0]))
        return [(chapter, chapter, f"{n:,}") for chapter, n in listed if chapter]

    def picked(self, name: str, value: str | None) -> None:
        if value is None:
            return
        if value == "mine" and not self.desk.me:
            self.sign_in(lambda: self.ask(replace(self.asked, whose="mine")))
            return
        self.ask(replace(self.asked, **{name: value}))

    def action_queue(self) -> None:
        if self.in_queue:
            self.shown = "item"
            self.ask(replace(self.asked, whose=""))
        else:
            self.query_one("#search", LineField).value = ""
            self.ask(Asked(whose="review"))

    # ---- looking ---------------------------------------------------------------------------------------------------

    def action_view(self, name: str) -> None:
        self.shown = name
        self.paned = None
        self.draw()

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


def _nothing(width: int) -> list[Row]:
    return []


def _chapter_order(chapter: str) -> list[tuple[int, int, str]]:
    parts = chapter.split(".")
    return [(0, int(part), "") if part.isascii() and part.isdecimal() else (1, 0, part) for part in parts]
