"""The one screen of the desk, composed of its parts: search and filters, the list, the item, the acts. The screen is
their keyboard: each key is handed to the part that it is for, and what changed is drawn.

Nothing waits for the bank: a key moves the bar at once, and what has to be fetched is drawn when it comes.

Before: `tools.author_desk.app`. After: `tools.author_desk.item_list`, `tools.author_desk.item_pane` and
`tools.author_desk.acts`.
"""

import contextlib
import gc
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import ClassVar, ParamSpec

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.screen import Screen
from textual.widget import Widget
from textual.worker import Worker

from bank.authoring.people import Role
from bank.authoring.review import Act, State
from bank.lending.outgoing import UNNAMED
from bank.refused import Refused
from bank.store import BankItem
from terminal.text import one_line
from terminal.widgets.bars import Banner, Key, KeyBar, Notice, Tone
from tools.author_desk import filters, keys
from tools.author_desk.acts import Acts
from tools.author_desk.bank_access import BankAccess
from tools.author_desk.batch import Batch
from tools.author_desk.dialogs import Explain, Picker
from tools.author_desk.filters import Search
from tools.author_desk.item_list import ItemList
from tools.author_desk.item_pane import VIEWS, ItemPane
from tools.author_desk.picture_view import PictureView
from tools.author_desk.review_run import ReviewRun
from tools.author_desk.signatory import Signatory
from tools.author_desk.widgets import HEIGHTS, WIDTHS, Filters, LineField, SearchField, Small, Top, Words, is_small
from tools.cli.bank.changes import item_name, word
from tools.cli.language import _
from tools.cli.sentences import said

P = ParamSpec("P")
MOST_MARKED = 500
KEYS = {
    "down": "move(1)", "up": "move(-1)", "pagedown": "page(1)", "pageup": "page(-1)", "home": "go_to(0)",
    "end": "go_to(-1)", "left": "step(-1)", "right": "step(1)", "enter": "open", "escape": "back", "slash": "search",
    "space": "mark", "asterisk": "mark_all",
}  # fmt: skip
LETTERS = {
    "L": "language", "T": "relatives", "K": "answer", "Q": "queue", "N": "new", "E": "edit", "V": "review",
    "P": "pictures",
    **{letter: f"act('{act.value}')" for act, letter in keys.LETTERS.items()},
}  # fmt: skip


class Browse(Screen[None], inherit_bindings=False):
    AUTO_FOCUS = "#list"
    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(key, action) for key, action in KEYS.items()),
        *(Binding(str(n), f"filter({n})") for n in range(1, len(filters.FILTERS) + 1)),
        *(Binding(f"{key.lower()},{key}", action) for key, action in LETTERS.items()),
        *(Binding(f"{key.lower()},{key}", f"view('{name}')") for key, _word, name in VIEWS),
        Binding("tab", "next(1)", priority=True),
        Binding("shift+tab", "next(-1)", priority=True),
        Binding("ctrl+l", "sign_out", priority=True),
        Binding("f1", "explain", priority=True),
    ]

    def __init__(self, bank: BankAccess, signatory: Signatory) -> None:
        super().__init__()
        self.bank, self.signatory = bank, signatory
        self.search = Search()
        self.total = 0
        self.bound = ""
        """How much of the bound on answer keys is used, where the bank is open in shares."""
        self.list, self.pane = ItemList(bank), ItemPane(bank, signatory)
        self.acts = Acts(self, bank, signatory)
        self.top, self.filters, self.search_label = Top(id="top"), Filters(id="filters"), Words(id="searchlabel")
        self.search_field = SearchField(id="search", placeholder=_("any part of stem, options or code"))
        self.banner, self.key_bar = Banner(id="banner"), KeyBar(id="keys")

    def compose(self) -> ComposeResult:
        yield self.top
        with Horizontal(id="line"):
            yield self.search_label
            yield self.search_field
        yield self.filters
        with Container(id="body"):
            yield self.list
            yield self.pane
        yield self.banner
        yield self.key_bar
        yield Small(id="small")

    async def on_mount(self) -> None:
        self.tell("calm", _("Reading the bank …"))
        await self._read_bound()
        await self._read_bank()
        gc.freeze()  # or Python's collector walks through all that was loaded until here: 50 ms amid somebody's typing
        self.tell("", "")
        if self.bank.asks_who_reads and self.total > UNNAMED:
            self.work("act", self._sign_in_first)
        else:
            self.find()

    async def _sign_in_first(self) -> None:
        """Whoever does not is shown a few items, and then told why no more."""
        await self.acts.sign_in(_("Who reads? More than {n} items are shown by name only.", n=UNNAMED))
        self.find()

    async def _read_bank(self) -> None:
        await self.pane.read_bank()
        self.total = len(await self.bank.find(Search(), self.signatory.id))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return not is_small(self)

    @property
    def item(self) -> BankItem | None:
        return self.list.item

    @property
    def in_queue(self) -> bool:
        return self.search.whose == "review"

    @property
    def full(self) -> bool:
        """The item has the whole screen."""
        return self.has_class("-full")

    # ---- asking the bank -------------------------------------------------------------------------------------------

    def work(self, group: str, act: Callable[P, Awaitable[None]], *given: P.args, **named: P.kwargs) -> None:
        """Does it beside the keyboard; what was begun before it in the same group is given up."""

        async def told() -> None:
            with self.refusals_told():
                await act(*given, **named)

        _begun: Worker[None] = self.run_worker(told, group=group, exclusive=True)

    @contextlib.contextmanager
    def refusals_told(self) -> Iterator[None]:
        """A refusal ends what is done within, and stands in the banner."""
        try:
            yield
        except Refused as refusal:
            self.tell("red", said(refusal))

    def ask(self, search: Search) -> None:
        """The list by another search, if it is another one."""
        if search != self.search:
            self.search = search
            self.tell("", "")
            self.find()

    def find(self, *, keep_place: bool = False) -> None:
        """Fills the list anew."""
        self.work("find", self._find, keep_place)

    async def _find(self, keep_place: bool) -> None:
        self.list.fill(await self.bank.find(self.search, self.signatory.id), keep_place=keep_place)
        with self.refusals_told():
            await self.list.fetch()
        self.arrive()
        if self.in_queue and not self.list.numbers and self.full:
            self.action_back()

    async def _fetch(self) -> None:
        await self.list.fetch()
        self.draw()

    async def _fetch_page(self) -> None:
        await self.pane.fetch()
        await self._read_bound()
        self.draw()

    async def _read_bound(self) -> None:
        with contextlib.suppress(Refused):
            if (keys_out := await self.bank.answer_keys_out()) is not None:
                self.bound = _("answer keys {out}/{limit}", out=keys_out[0], limit=keys_out[1])
                self.draw()

    def arrive(self) -> None:
        """On another item, or on the same one again."""
        self.pane.turn_to(self.item, queue=self.in_queue, arrived=True)
        self.draw()

    def draw(self) -> None:
        """Whatever changed, on every part; what is missing is fetched."""
        if not self.is_running:  # the desk is being left: what was asked for may come back when its widgets are gone
            return
        found = len(self.list.numbers)
        if self.list.missing():
            self.work("fetch", self._fetch)
        self.list.draw()
        count = _("{found} of {total} items", found=f"{found:,}", total=f"{self.total:,}")
        if self.in_queue:
            count = _("review queue, {place} of {found}", place=min(self.list.cursor + 1, found), found=found)
        if self.list.marked:
            count += "  " + _("{n} marked", n=len(self.list.marked))
        self.top.show(_("Item bank {name}", name=self.bank.name), count, self.signatory.name, self.bound)
        self.search_label.show(((_("Search"), "title" if self.focused is self.search_field else "soft"),))
        self.filters.show(filters.shown(self.search))
        self.pane.turn_to(self.item, queue=self.in_queue)
        if not self.pane.draw(listed=found > 0):
            self.work("pane", self._fetch_page)
        self.key_bar.show(tuple(self._keys()))

    def _keys(self) -> list[Key]:
        if self.focused is self.search_field:
            return keys.in_search()
        if self.list.marked:
            return keys.of_marked(len(self.list.marked))
        return keys.of_item(
            self.item,
            seen=self.item is not None and self._may_approve(self.item),
            answer=self.pane.answer is not None,
            full=self.full,
            queue=self.in_queue,
        )

    def tell(self, tone: str, text: str) -> None:
        self.banner.show(Notice(Tone[tone.upper()], text) if text else None)

    def on_resize(self) -> None:
        self.call_after_refresh(self.draw)

    def on_descendant_focus(self) -> None:
        self.call_after_refresh(self.draw)

    # ---- moving --------------------------------------------------------------------------------------------------

    def action_move(self, step: int) -> None:
        if self.focused is self.pane.page or self.full:
            self.pane.page.scroll_lines(step)
            self.pane.draw_tabs()
        else:
            self.action_step(step)

    def action_page(self, step: int) -> None:
        part = self.pane.page if self.focused is self.pane.page else self.list
        self.action_move(step * max(1, part.size.height - 1))

    def action_step(self, step: int) -> None:
        self.action_go_to(max(0, self.list.cursor + step))

    def action_go_to(self, place: int) -> None:
        self.list.go_to(place)
        self.tell("", "")
        self.arrive()

    def action_next(self, step: int) -> None:
        parts: list[Widget] = [self.pane.page] if self.full else [self.search_field, self.list, self.pane.page]
        here = parts.index(self.focused) if self.focused in parts else 0
        self.set_focus(parts[(here + step) % len(parts)])

    def action_search(self) -> None:
        """What is typed takes the place of the last search."""
        self.remove_class("-full")
        self.search_field.action_select_all()
        self.set_focus(self.search_field)

    def action_into_list(self) -> None:
        self.set_focus(self.list)

    def action_open(self) -> None:
        self.add_class("-full")
        self.set_focus(self.pane.page)

    def action_back(self) -> None:
        if self.full:
            self.remove_class("-full")
            self.set_focus(self.list)
        elif self.focused is self.search_field:
            self.search_field.value = ""
            self.set_focus(self.list)
        elif self.focused is self.pane.page:
            self.set_focus(self.list)
        elif self.list.marked:
            self.list.marked = frozenset()
            self.draw()
        else:
            self.search_field.value = ""
            self.ask(Search())

    def on_input_changed(self, event: LineField.Changed) -> None:
        self.ask(replace(self.search, text=event.value))

    async def action_filter(self, number: int) -> None:
        name, title = filters.FILTERS[number - 1]
        if name == "chapter":
            values = filters.chapter_choices(await self.bank.chapters(self.search.subject))
        elif name == "subject":
            values = filters.subject_choices(await self.bank.subjects())
        else:
            values = filters.choices(name)
        picker = Picker(_(title), (("", _("no filter"), ""), *values), getattr(self.search, name), topic="filter")
        self.app.push_screen(picker, partial(self._filter, name))

    def _filter(self, name: str, value: str | None) -> None:
        if value == "mine" and not self.signatory.id:
            self.work("act", self._filter_mine)
        elif value is not None:
            self.ask(replace(self.search, **{name: value}))

    async def _filter_mine(self) -> None:
        if await self.acts.sign_in():
            self.ask(replace(self.search, whose="mine"))
            self.draw()

    def action_queue(self) -> None:
        if self.in_queue:
            self.pane.view = "item"
            self.ask(replace(self.search, whose=""))
        else:
            self.search_field.value = ""
            self.ask(Search(whose="review"))

    # ---- looking ---------------------------------------------------------------------------------------------------

    def action_view(self, name: str) -> None:
        self.pane.choose(name)
        self.tell("", "")
        self.draw()

    def action_language(self) -> None:
        if self.pane.next_language():
            self.tell("", "")
            self.draw()
        else:
            self.tell("calm", _("It is written in one language only."))

    def action_answer(self) -> None:
        self.tell("", "")
        self.work("answer", self._answer)

    async def _answer(self) -> None:
        """In the review queue in somebody's name, or it would not count as shown to them."""
        item = self.item
        if self.in_queue and item is not None and self.pane.answer is None and self.signatory.id:
            with contextlib.suppress(Refused):  # whoever is no reviewer looks all the same
                await self.acts.sign_in_as(Role.REVIEWER)
        await self.pane.switch_answer()
        if self.pane.answer is not None and self.has_class("-narrow") and not self.full:
            self.action_open()  # answer key, explanation and basis would lie below the fold
        self.draw()
        await self._read_bound()

    def action_pictures(self) -> None:
        digests = [digest for digest in self.pane.pictures if digest in self.pane.gallery.data]
        if digests:
            self.app.push_screen(PictureView(self.pane.gallery, digests))
        else:
            self.tell("calm", _("It has no pictures."))

    # ---- reviewing -------------------------------------------------------------------------------------------------

    def action_review(self) -> None:
        self.work("act", self._review)

    async def _review(self) -> None:
        """Through all that waits for whoever is here, one after the other."""
        signed_in = self.signatory.signed_in if await self.acts.sign_in_as(Role.REVIEWER) else None
        if signed_in is None:
            return
        unread, read = await self.bank.to_read(signed_in.signer.id)
        if unread or read:
            batch = Batch(unread, read)
            run = ReviewRun(self.bank, self.signatory, signed_in, self.pane.gallery, batch)
            await self.app.push_screen_wait(run)
            self.pane.answer = None
            await self._read_bound()
            self.find(keep_place=True)
        else:
            self.tell("calm", _("Nothing waits for your review."))

    def _may_approve(self, item: BankItem) -> bool:
        """It was read, or is before this reviewer with all that there is to read."""
        return item.number in self.signatory.read or (self.signatory.before == item.number and self.pane.all_seen)

    async def _have_read(self, item: BankItem) -> bool:
        """Whether this reviewer has read it; else what is still to do is told."""
        if item.state is not State.IN_REVIEW or item.number in self.signatory.read:
            return True
        if not (who := await self.acts.who()):
            return False
        await self.bank.check(Act.RETURN, [item.number], who)  # as little theirs as approving it
        signed_in = self.signatory.signed_in if await self.acts.sign_in() else None
        if signed_in is None or item.number in self.signatory.read:
            return signed_in is not None
        if self.signatory.before != item.number:
            if self.pane.answer is not None:  # it was looked at in nobody's name
                await self.pane.switch_answer()
            self.tell("amber", _("Look first: K shows answer key and explanation. Whoever approves has seen it all."))
        elif not self.pane.all_seen:
            self.tell("amber", _("There is more below: all of it must have been on the screen first."))
        else:
            await self.bank.read(signed_in.reader)
            self.signatory.read |= {item.number}
            return True
        return False

    async def action_relatives(self) -> None:
        """To one of its case, its enemies or its near-duplicates."""
        item = self.item
        if item is None:
            return
        with self.refusals_told():
            figures = await self.bank.figures(item)
            twins = tuple(twin for twin, _likeness in await self.bank.twins(item))
            choices = tuple(
                (str(each.number), f"{item_name(each)}  {one_line(each.content.stem)}", kind)
                for kind, items in ((_("case"), figures.group), (_("enemy"), figures.enemies), (_("twin"), twins))
                for each in items
                if each.number != item.number
            )
            if choices:
                self.app.push_screen(
                    Picker(_("related items"), choices, "", wide=True),
                    lambda n: self.action_show_number(int(n)) if n is not None else None,
                )
            else:
                self.tell("calm", _("It belongs to no case and has neither enemies nor near-duplicates."))

    def action_show_number(self, number: int) -> None:
        self.work("find", self._show_number, number)

    async def _show_number(self, number: int) -> None:
        """The bar on that revision, by no filter where the filters leave it out."""
        if number not in self.list.numbers:
            self.search = Search()
            with self.prevent(LineField.Changed):
                self.search_field.value = ""
            await self._find(keep_place=False)
        if number in self.list.numbers:
            self.action_go_to(self.list.numbers.index(number))

    async def action_explain(self) -> None:
        parts: dict[Widget | None, str] = {self.search_field: "search", self.pane.page: "pane"}
        self.app.push_screen(Explain(parts.get(self.focused, "list")))

    # ---- acting ----------------------------------------------------------------------------------------------------

    def action_mark(self) -> None:
        item = self.item
        if item is None:
            return
        if item.state is State.DRAFT:
            self.list.marked ^= {item.number}
            self.action_step(1)
        else:
            why = _("Only drafts are marked, to be handed in together. Each approval is one person's look.")
            self.tell("amber", why)

    def action_mark_all(self) -> None:
        if self.search.state != State.DRAFT.value or self.search.whose != "mine":
            self.tell("amber", _("First list your own drafts: filter 4 on draft, filter 6 on mine."))
        elif len(self.list.numbers) > MOST_MARKED:
            self.tell("amber", _("More than {most} are listed: narrow the list.", most=MOST_MARKED))
        else:
            self.list.marked = frozenset() if self.list.marked else frozenset(self.list.numbers)
            self.draw()

    def action_act(self, name: str) -> None:
        item, act = self.item, Act(name)
        if self.list.marked and act is Act.SUBMIT:
            self.work("act", self._submit_marked)
        elif item is not None:
            self.work("act", self._act, act, item)

    async def _act(self, act: Act, item: BankItem) -> None:
        if act is Act.APPROVE and not await self._have_read(item):
            self.draw()
            return
        if await self.acts.act(act, item):
            self.tell("calm", _("{item}: {act} ✓", item=item_name(item), act=word(act.value, "ACTS")))
            self.find(keep_place=True)
        self.draw()

    async def _submit_marked(self) -> None:
        marked = self.list.marked
        if await self.acts.submit(marked):
            self.list.marked = frozenset()
            self.tell("calm", _("{n} drafts handed in ✓", n=len(marked)))
            self.find(keep_place=True)
        self.draw()

    def action_edit(self) -> None:
        item = self.item
        if item is not None and item.state is State.IN_REVIEW:
            self.tell("amber", _("It waits for its reviewer: only a draft that was returned can be changed."))
        elif item is not None:
            self.work("act", self.write, partial(self.acts.edit, item))

    def action_new(self) -> None:
        beside = self.item if self.pane.view == "group" else None
        self.work("act", self.write, partial(self.acts.new, self.search, beside))

    async def write(self, written: Callable[[], Awaitable[BankItem | None]]) -> None:
        """Does what may write a draft, and goes on with that."""
        draft = await written()
        await self._read_bound()
        self.draw()
        if draft is not None:
            self.work("find", self._show_written, draft)

    async def _show_written(self, draft: BankItem) -> None:
        """On the draft that was just saved, with the filters as they are if it is among what they leave."""
        await self._read_bank()
        await self._find(keep_place=True)
        await self._show_number(draft.number)
        self.tell("calm", _("Saved: revision {rev}, a draft.", rev=draft.rev))

    def action_sign_out(self) -> None:
        self.signatory.sign_out()
        self.work("act", self.bank.sign_out)
        self.tell("calm", _("Signed out: the key is forgotten."))
        self.draw()
