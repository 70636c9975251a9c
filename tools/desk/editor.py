"""Editing one item: fields to write in, and the same checks as an import makes.

What is saved is a new draft revision in the name of whoever signed in (`bank.life.write`); the approved one stays in
force until somebody approves the new one.

Before: `tools.desk.browse` has the item with its answer key. After: the draft is in the list.
"""

import dataclasses
from collections.abc import Iterator
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widget import Widget

from bank.content import OPTION_LETTERS, ItemType
from bank.formats.draft import MOST_OPTIONS, BadRow, Draft, DraftOption, finish
from bank.item import Item
from bank.refused import Refused
from bank.store import BankItem
from terminal.widgets.bars import Banner, Key, KeyBar
from tools.desk.desk import Desk
from tools.desk.drawing import level_word, type_word
from tools.desk.helping import FIELDS
from tools.desk.parts import Label, LineField, Small, TextField, Top
from tools.say import _
from tools.sentences import said, told

VARIANTS = "|"


class Editor(Screen[BankItem | None], inherit_bindings=False):
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", priority=True),
        Binding("ctrl+o", "option", priority=True),
        Binding("escape", "leave", priority=True),
        Binding("tab", "next(1)"),
        Binding("shift+tab", "next(-1)"),
        Binding("f1", "explain", priority=True),
    ]

    def __init__(self, desk: Desk, item: BankItem, whole: Item) -> None:
        super().__init__()
        self.desk, self.item, self.whole = desk, item, whole
        self.options = len(whole.content.options)
        self.warned = self.busy = False
        self.before: dict[str, str] = {}

    # ---- fields --------------------------------------------------------------------------------------------------

    def fields(self) -> Iterator[tuple[str, str, str, bool]]:
        """(id, label, text, of several lines)."""
        whole = self.whole
        content, key = whole.content, whole.answer_key
        yield "stem", _("stem"), content.stem, True
        if content.type in (ItemType.SINGLE, ItemType.MULTIPLE):
            for place in range(self.options):
                text = content.options[place].text if place < len(content.options) else ""
                yield f"option-{place}", _("option {letter}").format(letter=OPTION_LETTERS[place]), text, True
        if content.type is ItemType.FILL:
            yield "answer", _("accepted texts"), VARIANTS.join(each.replace("|", "\\|") for each in key.accepted), False
            number = key.number
            yield "value", _("number"), "" if number is None else number.value, False
            yield "tolerance", _("tolerance"), "" if number is None else number.tolerance, False
            yield "units", _("units"), "" if number is None else VARIANTS.join(number.units), False
        elif content.type is ItemType.TRUEFALSE:
            yield "answer", _("answer key"), "√" if key.correct == (0,) else "×", False
        else:
            yield "answer", _("answer key"), "".join(OPTION_LETTERS[index] for index in key.correct), False
        yield "chapter", _("chapter"), whole.chapter, False
        yield "level", _("level"), "" if whole.level.value == "none" else level_word(self.item), False
        yield "difficulty", _("difficulty"), "" if whole.p4 is None else f"{whole.p4 / 10_000:.4f}".rstrip("0"), False
        yield "explanation", _("explanation"), whole.explanation, True
        yield "basis", _("basis"), whole.basis, True

    def compose(self) -> ComposeResult:
        yield Top(id="top")
        with VerticalScroll(id="fields", can_focus=False):
            for name, _label, text, several in self.fields():
                yield Label(id=f"label-{name}", classes="-label")
                yield TextField(text, id=name) if several else LineField(text, id=name)
        yield Banner(id="banner")
        yield KeyBar(id="keys")
        yield Small(id="small")

    def on_mount(self) -> None:
        person = "" if self.desk.person is None else self.desk.person.name
        title = _("Editing {item}").format(item=self.item.code or self.item.lineage[:8])
        self.query_one("#top", Top).show(title, type_word(self.item), person, "")
        self.query_one(KeyBar).show(
            (
                Key("Ctrl+S", _("Save draft"), "screen.save", main=True),
                Key("Tab", _("Next"), "screen.next(1)"),
                Key("Ctrl+O", _("Option +"), "screen.option", on=self.may_add),
                Key("F1", _("Help"), "screen.explain"),
                Key("Esc", _("Leave"), "screen.leave"),
            )
        )
        self.before = self.before or self.texts()
        self.label()
        self.tell("", "")
        self.measure(self.app.size.width, self.app.size.height)
        # Before the first layout a field is taken for a high one, and scrolled to.
        self.call_after_refresh(self.set_focus, self.query_one("#stem"))

    def label(self) -> None:
        here = "" if self.focused is None else self.focused.id
        for name, label, _text, _several in self.fields():
            for board in self.query(f"#label-{name}").results(Label):
                board.show(label, name == here)

    def on_descendant_focus(self, _event: events.DescendantFocus) -> None:
        self.label()
        if self.focused is not None:
            self.call_after_refresh(self.show_label, f"#label-{self.focused.id}")

    def show_label(self, name: str) -> None:
        """A field is scrolled into view without the words above it."""
        for board in self.query(name):
            board.scroll_visible(animate=False, immediate=True)

    @property
    def may_add(self) -> bool:
        return self.whole.content.type in (ItemType.SINGLE, ItemType.MULTIPLE) and self.options < MOST_OPTIONS

    def texts(self) -> dict[str, str]:
        texts = {str(field.id): field.value for field in self.query(LineField)}
        return texts | {str(field.id): field.text for field in self.query(TextField)}

    # ---- acting --------------------------------------------------------------------------------------------------

    def edited(self) -> Item:
        """The item as the fields say. Raises BadRow where they say no item."""
        whole, texts = self.whole, self.texts()
        content = whole.content
        options = [
            DraftOption(texts[f"option-{place}"], content.options[place].media if place < len(content.options) else ())
            for place in range(self.options)
            if f"option-{place}" in texts
        ]
        while len(options) > 2 and not options[-1].text.strip() and not options[-1].images:
            options.pop()
        background = whole.background
        number = None
        if texts.get("value", "").strip():
            units = texts["units"]
            number = (texts["value"], texts["tolerance"], tuple(units.split(VARIANTS)) if units else ())
        draft = Draft(
            stem=texts["stem"],
            type=content.type.value,
            options=options,
            answer="" if number is not None and not texts["answer"].strip() else texts["answer"],
            number=number,
            accepted=() if number is None else tuple(filter(str.strip, texts["answer"].split(VARIANTS))),
            chapter=texts["chapter"],
            level=texts["level"] if texts["level"].strip() else "none",
            difficulty=texts["difficulty"],
            explanation=texts["explanation"],
            basis=texts["basis"],
            locked=tuple(index for index in whole.locked if index < len(options)),
            images=content.media,
            background="" if background is None else background.text,
            background_images=() if background is None else background.media,
            place=str(whole.place or ""),
        )
        item = finish(draft, lambda digest: digest)
        return dataclasses.replace(
            item,
            enemies=whole.enemies,
            tags=whole.tags,
            code=whole.code,
            source=whole.source,
            bases=whole.bases,
            translations=whole.translations,
            provenance=whole.provenance,
            calibrated_p4=whole.calibrated_p4 if item.id == whole.id else None,  # measured on another wording
        )

    async def action_save(self) -> None:
        if self.busy:
            return
        try:
            item = self.edited()
        except BadRow as bad:
            self.tell("red", told(bad.reason, bad.facts))
            return
        if item == self.whole:
            self.tell("calm", _("Nothing was changed."))
            return
        self.busy = True
        self.run_worker(self._save(item))

    async def _save(self, item: Item) -> None:
        try:
            self.dismiss(await self.desk.ask(self.desk.write, self.item.lineage, item))
        except Refused as refusal:
            self.tell("red", said(refusal))
        finally:
            self.busy = False

    async def action_option(self) -> None:
        if not self.may_add:
            return
        last, self.options = self.options - 1, self.options + 1
        name = f"option-{last + 1}"
        fields: list[Widget] = [Label(id=f"label-{name}", classes="-label"), TextField("", id=name)]
        await self.query_one("#fields").mount(*fields, after=f"#option-{last}")
        self.query_one(f"#{name}").focus()
        self.label()

    def action_next(self, step: int) -> None:
        (self.focus_next if step > 0 else self.focus_previous)()

    def action_leave(self) -> None:
        if self.texts() == self.before or self.warned:
            self.dismiss(None)
            return
        self.warned = True
        self.tell("amber", _("Something was changed. Esc again leaves without saving; Ctrl+S saves."))

    def action_explain(self) -> None:
        field = "" if self.focused is None else str(self.focused.id)
        field = "option" if field.startswith("option-") else field
        self.app.run_worker(self.app.run_action(f"explain('edit', '{field if field in FIELDS else ''}')"))

    def on_text_area_changed(self) -> None:
        self.warned = False

    def on_input_changed(self) -> None:
        self.warned = False

    def on_input_submitted(self) -> None:
        self.focus_next()

    def tell(self, tone: str, text: str) -> None:
        self.query_one(Banner).show(tone, text)

    def on_resize(self, event: events.Resize) -> None:
        self.measure(event.size.width, event.size.height)

    def measure(self, width: int, height: int) -> None:
        self.set_class(width < 80 or height < 24, "-small")
        self.query_one(Small).show(width, height)
