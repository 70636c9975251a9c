"""A reviewer goes through all that waits: question, answer key, on. Enter leads through it, one passphrase signs it.

Each item is shown in the reviewer's name (`bank.authoring.reading`), first as the candidate will see it, or by what
differs from the revision in force, then with answer key, explanation and basis. Enter leads on only when all of that
has been on the screen, and the bank says whether it was there long enough. What is skipped comes again in a second
pass; what is left then, at the next sitting.

Before: `tools.author_desk.browse` opens it. After: `tools.author_desk.batch` says what comes next.
"""

import contextlib
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.screen import Screen

from bank.authoring import review
from bank.authoring.people import Signer
from bank.authoring.reading import Shown
from bank.authoring.review import Act
from bank.authoring.revisions import Difference
from bank.refused import Denied, Refused
from bank.store import BankItem
from terminal.row import Row
from terminal.text import fit, one_line
from terminal.theme import BLUE, BOLD, SOFT
from terminal.widgets.bars import Banner, Key, KeyBar, Notice, Tone
from tools.author_desk import drawing
from tools.author_desk.bank_access import BankAccess
from tools.author_desk.batch import Batch
from tools.author_desk.dialogs import Explain, Sign
from tools.author_desk.gallery import Gallery
from tools.author_desk.keys import ACTS
from tools.author_desk.picture_view import PictureView
from tools.author_desk.signatory import Signatory, SignedIn
from tools.author_desk.widgets import HEIGHTS, WIDTHS, Pane, Small, Top, is_small, more
from tools.cli.bank.changes import item_name
from tools.cli.language import _
from tools.cli.sentences import said

BAR = 10
"""Cells of the bar of progress."""
GONE = frozenset({"act-not-possible", "own-item"})
"""Somebody dealt with it since the batch was listed."""


class ReviewRun(Screen[None], inherit_bindings=False):
    AUTO_FOCUS = "#pane"
    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "on"),
        Binding("down", "scroll(1)"),
        Binding("up", "scroll(-1)"),
        Binding("pagedown", "page(1)"),
        Binding("pageup", "page(-1)"),
        Binding("j,J", "skip"),
        Binding("r,R", "send_back"),
        Binding("p,P", "pictures"),
        Binding("a,A", "sign"),
        Binding("escape", "leave"),
        Binding("f1", "explain", priority=True),
    ]

    def __init__(
        self, bank: BankAccess, signatory: Signatory, signed_in: SignedIn, gallery: Gallery, batch: Batch
    ) -> None:
        super().__init__()
        self.bank, self.signatory, self.signed_in = bank, signatory, signed_in
        self.gallery, self.waiting = gallery, batch
        self.item: BankItem | None = None
        self.shown: Shown | None = None
        self.with_key = self.busy = self.warned = self.second_told = False
        self.since = 0.0
        self.bound = ""
        self._top, self._page = Top(id="top"), Pane(id="pane")
        self._banner, self._keys = Banner(id="banner"), KeyBar(id="keys")
        self._version = 0

    def compose(self) -> ComposeResult:
        yield self._top
        with Container(id="body"):
            yield self._page
        yield self._banner
        yield self._keys
        yield Small(id="small")

    def on_mount(self) -> None:
        self.tell("", "")
        self.begin(self._show)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return not is_small(self)

    def begin(self, act: Callable[[], Awaitable[None]]) -> None:
        """Does one thing at a time; a refusal stands in the banner."""
        if not self.busy:
            self.busy = True
            self.run_worker(self._told(act))

    async def _told(self, act: Callable[[], Awaitable[None]]) -> None:
        try:
            with self.refusals_told():
                await act()
        finally:
            self.busy = False
        self.draw()

    @contextlib.contextmanager
    def refusals_told(self) -> Iterator[None]:
        """A refusal ends what is done within, and stands in the banner."""
        try:
            yield
        except Refused as refusal:
            self.tell("amber" if refusal.code == "read-too-briefly" else "red", said(refusal))

    # ---- going on ----------------------------------------------------------------------------------------------------

    async def _show(self) -> None:
        """Puts the next one before the reviewer; one that somebody dealt with meanwhile is passed over."""
        self.item = self.shown = None
        self._turn()
        while (number := self.waiting.here) is not None:
            try:
                shown = await self.bank.show(self.signed_in.reader, number)
            except Denied as denied:
                if denied.code not in GONE:
                    raise
                self.waiting.drop()
            else:
                await self._put(number, shown)
                return

    async def _put(self, number: int, shown: Shown) -> None:
        (self.item,) = await self.bank.items([number])
        self.shown, self.with_key, self.since = shown, False, time.monotonic()
        self.gallery.take(shown.pictures)
        self.signatory.before = number
        with contextlib.suppress(Refused):
            if (out := await self.bank.answer_keys_out()) is not None:
                self.bound = _("answer keys {out}/{limit}", out=out[0], limit=out[1])
        if self.waiting.second_pass and not self.second_told:
            self.second_told = True
            self.tell("calm", _("Second pass: {n} that you skipped.", n=len(self.waiting.todo)))
        self._turn()

    def _turn(self) -> None:
        """Another page, from its top."""
        self._version += 1
        self._page.top = 0
        self.draw()

    def action_on(self) -> None:
        if self.busy or (self.shown is None and not self.waiting.todo):
            return
        self.tell("", "")
        self.warned = False
        if self.shown is None:
            self.begin(self._show)
        elif not self._page.seen(self._must()):
            self._page.scroll_page(1)
            self.draw()
        elif not self.with_key:
            self.with_key = True
            self._turn()
        else:
            self.begin(self._have_read)

    async def _have_read(self) -> None:
        after, seconds = self.waiting.after, time.monotonic() - self.since
        if after is not None:
            try:
                shown = await self.bank.show(self.signed_in.reader, after, read=True)
            except Denied as denied:
                if denied.code not in GONE | {"export-limit"}:  # of the next one: this one is read all the same
                    raise
            else:
                self._note(seconds)
                await self._put(after, shown)
                return
        await self.bank.read(self.signed_in.reader)
        self._note(seconds)
        await self._show()

    def _note(self, seconds: float) -> None:
        self.signatory.read |= {self.waiting.todo[0]}
        self.waiting.have_read(seconds)

    def action_skip(self) -> None:
        if self.shown is not None and not self.busy:
            self.tell("", "")
            self.waiting.skip()
            self.begin(self._show)

    # ---- deciding ----------------------------------------------------------------------------------------------------

    def action_send_back(self) -> None:
        if self.item is not None:
            self.begin(partial(self._send_back, self.item))

    async def _send_back(self, item: BankItem) -> None:
        what = f"{item_name(item)}  {fit(one_line(item.content.stem), 110)}"
        do = partial(self.bank.act, Act.RETURN, item)
        if await self._sign(_(ACTS[Act.RETURN]), what, do, remarks=True):
            self.waiting.send_back()
            await self._show()
            self.tell("calm", _("{item}: returned ✓", item=item_name(item)))

    def action_sign(self) -> None:
        if self.waiting.to_sign:
            self.begin(self._approve)
        else:
            self.tell("amber", _("Nothing to sign yet: you sign what you have read."))

    async def _approve(self) -> None:
        numbers, began = list(self.waiting.to_sign), time.monotonic()
        what = _("{n} items that you have read, each with a signature of its own", n=len(numbers))
        if self.waiting.earlier:
            what += " " + _("({n} of them in an earlier sitting)", n=self.waiting.earlier)

        async def do(signer: Signer, _remarks: str) -> None:
            await self.bank.approve(numbers, signer, self._progress)

        if await self._sign(_(ACTS[Act.APPROVE]), what, do):
            self.waiting.signed()
            self._turn()
            took = round(time.monotonic() - began)
            self.tell("calm", _("{n} items approved ✓  ({seconds} s)", n=len(numbers), seconds=took))

    def _progress(self, done: int, total: int) -> None:
        """Told from the bank's thread."""
        self.app.call_from_thread(self.tell, "calm", _("Signing: {done} of {total}", done=done, total=total))

    async def _sign(
        self, title: str, what: str, do: Callable[[Signer, str], Awaitable[None]], *, remarks: bool = False
    ) -> bool:
        dialog = Sign(self.bank, self.signatory, title, what, do, remarks=remarks)
        return await self.app.push_screen_wait(dialog)

    def action_leave(self) -> None:
        if self.busy:
            return
        if self.waiting.to_sign and not self.warned:
            self.warned = True
            told = _("{n} items are read and not signed: A signs them. Esc again leaves; they stay read.")
            self.tell("amber", told.format(n=len(self.waiting.to_sign)))
        else:
            self.dismiss()

    # ---- looking -----------------------------------------------------------------------------------------------------

    def action_scroll(self, lines: int) -> None:
        self._page.scroll_lines(lines)
        self.draw()

    def action_page(self, step: int) -> None:
        self._page.scroll_page(step)
        self.draw()

    def action_pictures(self) -> None:
        digests = sorted(self.shown.pictures) if self.shown is not None else []
        if digests:
            self.app.push_screen(PictureView(self.gallery, digests))
        else:
            self.tell("calm", _("It has no pictures."))

    def action_explain(self) -> None:
        self.app.push_screen(Explain("review"))

    def on_resize(self) -> None:
        self.call_after_refresh(self.draw)

    def draw(self) -> None:
        """Shows the item, how far the batch is, and what can be done."""
        if not self.is_running:
            return
        self._top.show(self._title(), self._count(), self.signatory.name, self.bound)
        self._page.show((self._version, self.with_key, self.item is None and self.busy), self._rows)
        self.call_after_refresh(self._draw_keys)  # which of them do something is known when the page is painted

    def _draw_keys(self) -> None:
        if self.is_running:
            self._keys.show(tuple(self._offered()))

    def _title(self) -> str:
        batch = self.waiting
        filled = round(BAR * batch.done / batch.total) if batch.total else BAR
        return _("Review") + "  " + "█" * filled + "░" * (BAR - filled)

    def _count(self) -> str:
        batch = self.waiting
        told = [_("{done} of {total}", done=batch.done, total=batch.total)]
        if left := len(batch.skipped) + (len(batch.todo) if batch.second_pass else 0):
            told.append(_("skipped {n}", n=left))
        if batch.to_sign:
            told.append(_("to sign {n}", n=len(batch.to_sign)))
        if (seconds := batch.seconds_left()) is not None and batch.todo:
            told.append(_("about {time} left", time=duration(seconds)))
        return "   ".join(told)

    def _must(self) -> int:
        """Rows that must have been seen before it goes on, the empty one above them included."""
        if self.item is None or self.shown is None:
            return 0
        width = self._page.size.width
        if not self.with_key:
            return 1 + len(self._rows(width))
        return 1 + len(drawing.to_read(width, self.item, self.shown.item, self.gallery))

    def _rows(self, width: int) -> list[Row]:
        item, shown = self.item, self.shown
        if item is None or shown is None:
            return drawing.waiting_page(width) if self.busy else self._end(width)
        if self.with_key:
            return drawing.item_page(width, item, shown.item, self.gallery)
        if shown.before is not None:
            changes = review.changes(shown.before, shown.item)
            return drawing.diff_page(width, Difference(shown.rev_before, item.rev, changes, from_approved=True))
        return drawing.to_read(width, item, None, self.gallery)

    def _end(self, width: int) -> list[Row]:
        batch, page = self.waiting, drawing.Page(width)
        if batch.todo:
            page.line(_("It stops here: {n} wait. Enter goes on.", n=len(batch.todo)), BLUE)
        else:
            page.line(_("That was all that waits for you."), BLUE)
        page.line()
        page.fact(_("read"), f"{batch.read:,}")
        page.fact(_("returned"), f"{batch.returned:,}")
        page.fact(_("skipped"), f"{len(batch.skipped):,}")
        page.fact(_("to sign"), f"{len(batch.to_sign):,}", BOLD)
        page.line()
        if batch.to_sign:
            page.words(_("A signs them all under one passphrase."))
        if batch.skipped:
            page.words(_("What you skipped is not read: it comes again next time."), SOFT)
        return page.rows

    def _offered(self) -> list[Key]:
        keys = []
        if self.shown is None and self.waiting.todo:
            keys.append(Key("Enter", _("Go on"), "screen.on", main=True))
        if self.shown is not None:
            on = _("Answer key") if not self.with_key else _("Read, next")
            if not self._page.seen(self._must()):
                on = _("More {arrows}", arrows=more(self._page).strip())
            keys.append(Key("Enter", on, "screen.on", main=True))
            keys += [Key("R", _("Return"), "screen.send_back"), Key("J", _("Skip"), "screen.skip")]
            if self.shown.pictures:
                keys.append(Key("P", _("Picture"), "screen.pictures"))
        sign = Key("A", _("Sign {n}", n=len(self.waiting.to_sign)), "screen.sign", on=bool(self.waiting.to_sign))
        return [*keys, sign, Key("Esc", _("Leave"), "screen.leave"), Key("F1", _("Help"), "screen.explain")]

    def tell(self, tone: str, text: str) -> None:
        self._banner.show(Notice(Tone[tone.upper()], text) if text else None)


def duration(seconds: float) -> str:
    """In the unit that one would say it in."""
    minutes = max(1, round(seconds / 60))
    if minutes < 100:
        return _("{n} min", n=minutes)
    return _("{n} h", n=f"{minutes / 60:.1f}")
