"""Writing an item: its fields in sections, one section on the screen at a time, and the same checks as an import makes.

What is saved is one new draft revision in the name of whoever signed in, or the first of a new item; what is approved
stays in force until somebody approves the new one.

Before: `tools.author_desk.form` says which fields there are. After: the draft is in the list.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import ClassVar

from rich.style import Style
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.screen import Screen
from textual.widget import Widget

from bank.formats import pictures
from bank.formats.bad_row import BadRow
from bank.item import Item
from bank.refused import Refused
from bank.store import BankItem
from terminal.row import Row
from terminal.theme import CHOSEN_BOLD, FIELD, FIELD_HERE, RED, SOFT
from terminal.widgets.bars import Banner, Key, KeyBar, Notice, Tone
from tools.author_desk.bank_access import BankAccess
from tools.author_desk.board import Board
from tools.author_desk.dialogs import Explain
from tools.author_desk.form import CHOICES, SECTIONS, Field, Form, Kind
from tools.author_desk.help import FIELDS
from tools.author_desk.signatory import SignedIn
from tools.author_desk.widgets import HEIGHTS, WIDTHS, LineField, Small, Tabs, TextField, Top
from tools.cli.bank.changes import item_name
from tools.cli.bank.list_ import type_name
from tools.cli.language import _, sentence
from tools.cli.sentences import said, told

FIRST_KEY = 2
"""F2 is the first section: F1 explains."""


class FieldLabel(Board):
    def __init__(self, field: Field | None = None) -> None:
        super().__init__(classes="-label")
        self.field = field
        self.show("", False, False)

    def rows(self, width: int, height: int) -> list[Row]:
        """state: text, whether its field is being written in, whether it was refused."""
        text, here, wrong = self.state
        style = RED if wrong else CHOSEN_BOLD if here else SOFT
        return [Row(width).put("✗" if wrong else "▸" if here else " ", style).at(2).put(text, style)]


class Reason(Board):
    """state: why the field above was refused."""

    def __init__(self, why: str) -> None:
        super().__init__()
        self.show(why)

    def rows(self, width: int, height: int) -> list[Row]:
        return [Row(width).at(16).put(self.state[0], RED)]


class FieldBoard(Board):
    """A field that is drawn, and otherwise while it has the focus."""

    can_focus = True

    @property
    def field_style(self) -> Style:
        return FIELD_HERE if self.has_focus else FIELD

    def on_focus(self) -> None:
        self.redraw()

    def on_blur(self) -> None:
        self.redraw()


class Choice(FieldBoard):
    """One of few values: ← → change it. state: value."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("left", "turn(-1)"), Binding("right,space", "turn(1)")]

    def __init__(self, table: dict[str, str], value: str, id: str, chose: Callable[[str, str], None]) -> None:  # noqa: A002
        super().__init__(id=id)
        self.table, self.chose = table, chose
        self.show(value)

    def rows(self, width: int, height: int) -> list[Row]:
        return [Row(width, self.field_style).put(f" ‹ {sentence(self.state[0], {}, self.table)} › ").at(width)]

    def action_turn(self, step: int) -> None:
        values = list(self.table)
        value = values[(values.index(self.state[0]) + step) % len(values)]
        self.show(value)
        self.chose(str(self.id), value)


class Picture(FieldBoard):
    """One picture of a field, by what it is; Delete takes it away. state: words."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("delete,backspace", "drop")]

    def __init__(
        self, holder: str, digest: str, what: Callable[[str], Awaitable[str]], drop: Callable[[str, str], None]
    ) -> None:
        super().__init__(classes="-picture")
        self.holder, self.digest, self.what, self.drop = holder, digest, what, drop
        self.show(_("picture {name}", name=digest[:8]))

    def rows(self, width: int, height: int) -> list[Row]:
        row = Row(width, self.field_style).put(f" {self.state[0]}")
        return [row.right(_("Del removes") + " ", self.field_style) if self.has_focus else row.at(width)]

    def on_mount(self) -> None:
        self.run_worker(self._look())

    async def _look(self) -> None:
        self.show(await self.what(self.digest))

    def action_drop(self) -> None:
        self.drop(self.holder, self.digest)


class Editor(Screen[BankItem | None], inherit_bindings=False):
    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", priority=True),
        Binding("ctrl+o", "one_more", priority=True),
        Binding("escape", "leave", priority=True),
        *(Binding(f"f{n}", f"view('{name}')", priority=True) for n, (name, _title) in enumerate(SECTIONS, FIRST_KEY)),
        Binding("tab", "next(1)"),
        Binding("shift+tab", "next(-1)"),
        Binding("pagedown", "page(1)"),
        Binding("pageup", "page(-1)"),
        Binding("f1", "explain", priority=True),
    ]

    def __init__(self, bank: BankAccess, signed_in: SignedIn, item: BankItem | None, form: Form) -> None:
        super().__init__()
        self.bank, self.signed_in, self.item, self.form = bank, signed_in, item, form
        self.section = SECTIONS[0][0]
        self.media: dict[str, bytes] = {}
        """Pictures that were added here."""
        self.wrong: tuple[str, str] = ("", "")
        """The field that was refused, and why."""
        self.warned = self.busy = False

    def compose(self) -> ComposeResult:
        yield Top(id="top")
        yield Tabs(id="sections")
        yield VerticalScroll(id="fields", can_focus=False)
        yield Banner(id="banner")
        yield KeyBar(id="keys")
        yield Small(id="small")

    async def on_mount(self) -> None:
        self.tell("", "")
        await self.fill("stem")

    async def fill(self, focus: str = "") -> None:
        """The fields of the section, made of the form's values."""
        holder = self.query_one("#fields", VerticalScroll)
        async with holder.batch():  # or a field that is going may be painted when its styles have gone already
            await holder.remove_children()
            await holder.mount(*(row for field in self.form.section(self.section) for row in self._row(field)))
        self.draw()
        self.set_focus(None)
        places = [each for each in self.focus_chain if not focus or each.id == focus] or self.focus_chain
        if places:  # before the first layout a field is taken for a high one, and scrolled to
            self.call_after_refresh(self.set_focus, places[0])

    def _row(self, field: Field) -> list[Widget]:
        value, wrong = self.form.value(field.id), self.wrong[0] == field.id
        reason = [Reason(self.wrong[1])] if wrong else []
        written: Widget
        if field.kind is Kind.PICTURES:
            shown = [Picture(field.id, digest, self.what, self.drop) for digest in value.split()]
            rows = [Horizontal(FieldLabel(), each, classes="-row -wrong") for each in shown]
            written = LineField("", id=f"add-{field.id}", placeholder=_("path of a picture file, Enter adds it"))
            return [*rows, Horizontal(FieldLabel(field), written, classes="-row -wrong"), *reason]
        if field.kind is Kind.CHOICE:
            written = Choice(CHOICES[field.id], value, field.id, self.chose)
        elif field.kind is Kind.TEXT:
            written = TextField(value, id=field.id)
        else:
            written = LineField(value, id=field.id)
        return [Horizontal(FieldLabel(field), written, classes="-row -wrong" if wrong else "-row"), *reason]

    def draw(self) -> None:
        """All but the fields, which keep what is written in them."""
        form = self.form
        title = _("A new item") if self.item is None else _("Editing {item}", item=item_name(self.item))
        self.query_one("#top", Top).show(title, type_name(form.type), self.signed_in.person.name, "")
        tabs = tuple((f"F{n}", _(word), name) for n, (name, word) in enumerate(SECTIONS, FIRST_KEY))
        self.query_one("#sections", Tabs).show(tabs, self.section, False, "")
        more = {"question": _("Option +"), "basis": _("Provision +"), "language": _("Language +")}
        keys = [Key("Ctrl+S", _("Save draft"), "screen.save", main=True), Key("Tab", _("Next"), "screen.next(1)")]
        if self.section in more and (self.section != "question" or form.is_choice):
            keys.append(Key("Ctrl+O", more[self.section], "screen.one_more"))
        keys += [Key("F1", _("Help"), "screen.explain"), Key("Esc", _("Leave"), "screen.leave")]
        self.query_one(KeyBar).show(tuple(keys))
        for label in self.query(FieldLabel):
            if (field := label.field) is not None:
                label.show(field.label, field.id == self.here, field.id == self.wrong[0])

    @property
    def here(self) -> str:
        """The field that is written in."""
        return "" if self.focused is None else str(self.focused.id).removeprefix("add-")

    def on_descendant_focus(self) -> None:
        self.draw()

    @on(LineField.Changed)
    def line_changed(self, event: LineField.Changed) -> None:
        if not str(event.input.id).startswith("add-"):
            self.changed(str(event.input.id), event.value)

    @on(TextField.Changed)
    def text_changed(self, event: TextField.Changed) -> None:
        self.changed(str(event.text_area.id), event.text_area.text)

    def changed(self, field: str, value: str) -> None:
        if value != self.form.value(field):
            self.form.values[field] = value
            self.warned = False

    def chose(self, field: str, value: str) -> None:
        self.changed(field, value)
        if field == "type":
            self.run_worker(self.fill("type"))

    @on(LineField.Submitted)
    async def submitted(self, event: LineField.Submitted) -> None:
        if str(event.input.id).startswith("add-") and event.value.strip():
            await self.add_picture(str(event.input.id).removeprefix("add-"), event.value.strip())
        else:
            await self.action_next(1)

    async def add_typed(self) -> bool:
        """A path that was typed and not entered is meant as well; False where one of them names no picture."""
        typed = [(str(each.id), each.value.strip()) for each in self.query(LineField)]
        paths = [(name.removeprefix("add-"), path) for name, path in typed if name.startswith("add-") and path]
        return all([await self.add_picture(holder, path) for holder, path in paths])

    async def add_picture(self, holder: str, path: str) -> bool:
        """The picture of that file to what shows it; False, with the reason at its field, where it is none."""
        try:
            digest, data = await asyncio.to_thread(_picture, Path(path).expanduser())
        except BadRow as bad:
            await self.refuse(holder, told(bad.reason, bad.facts))
            return False
        self.media[digest] = data
        held = self.form.value(holder).split()
        if digest not in held:
            self.form.values[holder] = " ".join([*held, digest])
        self.wrong = ("", "")
        self.tell("", "")
        await self.fill(f"add-{holder}")
        return True

    def drop(self, holder: str, digest: str) -> None:
        self.form.values[holder] = " ".join(each for each in self.form.value(holder).split() if each != digest)
        self.run_worker(self.fill(f"add-{holder}"))

    async def what(self, digest: str) -> str:
        """A picture in words: kind, size in points, size in bytes."""
        data = self.media.get(digest)
        if data is None:
            data = await self.bank.picture(digest)
        if data is None:
            return _("picture {name}: the bank does not hold it", name=digest[:8])
        width, height = pictures.size(data)
        size = f"{len(data) / 1024:,.1f} KiB"
        return f"{digest[:8]}  {(pictures.kind(data) or '?').upper()}  {width} × {height}  {size}"

    async def action_save(self) -> None:
        if self.busy or not await self.add_typed():
            return
        try:
            item = self.form.made()
        except BadRow as bad:
            await self.refuse(self.form.field_of(bad), told(bad.reason, bad.facts))
            return
        if item == self.form.item:
            self.tell("calm", _("Nothing was changed."))
            return
        self.busy = True
        self.run_worker(self._save(item))

    async def _save(self, item: Item) -> None:
        try:
            self.dismiss(await self.bank.write(self.item, item, self.media, self.signed_in.signer))
        except Refused as refusal:
            self.tell("red", said(refusal))
        finally:
            self.busy = False

    async def refuse(self, field: str, why: str) -> None:
        """Goes to the field and says there why."""
        self.wrong = (field.removeprefix("add-"), why)
        self.tell("red", why)
        self.section = self.form.section_of(self.wrong[0]) or self.section
        await self.fill(field if not self.query(f"#add-{field}") else f"add-{field}")

    async def action_one_more(self) -> None:
        first = self.form.one_more(self.section)
        if first:
            await self.fill(first)

    async def action_view(self, name: str) -> None:
        if await self.add_typed():
            self.section = name
            await self.fill()

    async def action_section(self, step: int) -> None:
        names = [name for name, _title in SECTIONS]
        await self.action_view(names[(names.index(self.section) + step) % len(names)])

    async def action_next(self, step: int) -> None:
        """The next field; behind the last one of a section the next section begins."""
        chain = self.focus_chain
        if self.focused is not None and chain and self.focused is chain[-1 if step > 0 else 0]:
            await self.action_section(step)
        else:
            (self.focus_next if step > 0 else self.focus_previous)()

    def action_page(self, step: int) -> None:
        self.query_one("#fields", VerticalScroll).scroll_relative(y=10 * step, animate=False)

    def action_leave(self) -> None:
        if self.may_leave(_("Something was changed. Esc again leaves without saving; Ctrl+S saves.")):
            self.dismiss(None)

    def may_leave(self, warning: str) -> bool:
        """At once where nothing was changed, else when told a second time."""
        if self.warned or not (self.form.changed or self.media):
            return True
        self.warned = True
        self.tell("amber", warning)
        return False

    def action_explain(self) -> None:
        holder = self.focused.holder if isinstance(self.focused, Picture) else self.here
        field = next((each for each in self.form.section(self.section) if each.id == holder), None)
        topic = "" if field is None else field.topic or field.id
        self.app.push_screen(Explain("edit", topic if topic in FIELDS else ""))

    def tell(self, tone: str, text: str) -> None:
        self.query_one(Banner).show(Notice(Tone[tone.upper()], text) if text else None)


def _picture(path: Path) -> tuple[str, bytes]:
    """The digest and bytes of a picture file, checked as an import checks it."""
    try:
        if path.stat().st_size > pictures.LARGEST:
            raise BadRow("picture-too-large", picture=path.name[-80:], most=pictures.LARGEST)
        data = path.read_bytes()
    except OSError:
        raise BadRow("picture-unreadable", picture=path.name[-80:]) from None
    pictures.check(data, path.name[-80:])
    return hashlib.sha256(data).hexdigest(), data
