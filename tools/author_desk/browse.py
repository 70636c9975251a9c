"""The one screen of the desk: what `tools.author_desk.item_pane` shows, and the acts of authors and reviewers on it.

Before: `tools.author_desk.app`. After: `tools.author_desk.editor` and `tools.author_desk.dialogs` for what is written
and signed.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import ClassVar

from textual.binding import Binding, BindingType

from bank.authoring.review import Act, State
from bank.content import ItemType, Level
from bank.refused import Refused
from bank.store import BankItem
from terminal.text import fit, one_line
from tools.author_desk.desk import Asked
from tools.author_desk.dialogs import Picker, Sign
from tools.author_desk.editor import Editor
from tools.author_desk.form import Form
from tools.author_desk.item_pane import Looking
from tools.author_desk.keys import ACTS
from tools.cli.language import _, sentence
from tools.cli.sentences import bank as words
from tools.cli.sentences import review as lives
from tools.cli.sentences import said

MOST_MARKED = 500


class Browse(Looking, inherit_bindings=True):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n,N", "new"),
        Binding("space", "mark"),
        Binding("asterisk", "mark_all"),
        Binding("e,E", "edit"),
        Binding("s,S", "act('submit')"),
        Binding("a,A", "act('approve')"),
        Binding("r,R", "act('return')"),
        Binding("x,X", "act('retire')"),
    ]

    def action_mark(self) -> None:
        item = self.item
        if item is None:
            return
        if item.state is not State.DRAFT:
            self.tell(
                "amber", _("Only drafts are marked, to be handed in together. Each approval is one person's look.")
            )
            return
        self.marked ^= {item.number}
        self.action_go_to(self.cursor + 1)

    def action_mark_all(self) -> None:
        if self.asked.state != State.DRAFT.value or self.asked.whose != "mine":
            self.tell("amber", _("First list your own drafts: filter 4 on draft, filter 6 on mine."))
        elif len(self.desk.numbers) > MOST_MARKED:
            self.tell("amber", _("More than {most} are listed: narrow the list.").format(most=MOST_MARKED))
        else:
            self.marked = frozenset() if self.marked else frozenset(self.desk.numbers)
            self.draw()

    def action_act(self, name: str) -> None:
        item, act = self.item, Act(name)
        if self.marked and act is Act.SUBMIT:
            self.submit_marked()
            return
        if item is None:
            return
        # Where the state forbids it anyhow, `bank.authoring.review` says so.
        if act is Act.APPROVE and item.state is State.IN_REVIEW and item.number not in self.desk.looked_at:
            self.tell("amber", _("Look first: K shows answer key and explanation. Whoever approves has seen it all."))
            return
        name = item.code or item.lineage[:8]

        def done(well: bool | None) -> None:
            if well:
                self.tell("calm", _("{item}: {act} ✓").format(item=name, act=sentence(act.value, {}, lives.ACTS)))
                self.find(keep=item.lineage)
            self.draw()

        what = f"{name}  {fit(one_line(item.content.stem), 110)}"
        asks = act in (Act.RETURN, Act.RETIRE)
        dialog = Sign(self.desk, _(ACTS[act]), what, partial(self.desk.act, act, [item]), remarks=asks)
        self.app.push_screen(dialog, done)

    def submit_marked(self) -> None:
        numbers = sorted(self.marked)
        what = _("{n} drafts, each with a signature of its own").format(n=len(numbers))

        def done(well: bool | None) -> None:
            if well:
                self.marked = frozenset()
                self.tell("calm", _("{n} drafts handed in ✓").format(n=len(numbers)))
                self.find(keep="list")
            self.draw()

        def submit(_remarks: str) -> None:
            self.desk.submit(numbers)

        self.app.push_screen(Sign(self.desk, _(ACTS[Act.SUBMIT]), what, submit), done)

    async def action_edit(self) -> None:
        item = self.item
        if item is None:
            return
        if item.state is State.IN_REVIEW:
            self.tell("amber", _("It waits for its reviewer: only a draft that was returned can be changed."))
            return
        if self.desk.signer is None:
            self.sign_in(lambda: self.run_worker(self.edit(item)))
            return
        await self.edit(item)

    async def edit(self, item: BankItem) -> None:
        try:
            newest = await self.desk.ask(self.desk.bank.items.newest, item.lineage)
            whole = await self.desk.ask(self.desk.whole, newest)
        except Refused as refusal:
            self.tell("red", said(refusal))
            return
        self.app_.look_at_bound()
        self.write(newest, Form(whole))

    def write(self, item: BankItem | None, form: Form) -> None:
        def edited(after: BankItem | None) -> None:
            if after is not None:
                self.work("find", self.written, after)
            self.draw()

        self.app.push_screen(Editor(self.desk, item, form), edited)

    async def written(self, after: BankItem) -> None:
        """On the draft that was just saved, with the filters as they are if it is among what they leave."""
        self.held = await self.desk.ask(self.desk.bank.media.digests)
        self.total = len(await self.desk.ask(self.desk.find, Asked()))
        await self._find(after.lineage)
        await self._show_number(after.number)
        self.tell("calm", _("Saved: revision {rev}, a draft.").format(rev=after.rev))

    def action_new(self) -> None:
        if self.desk.signer is None:
            self.sign_in(lambda: self.run_worker(self.begin()))
        else:
            self.run_worker(self.begin())

    async def begin(self) -> None:
        """A new item: type, chapter and level first, then the editor. Beside a case group, the next of that case."""
        asked, beside = self.asked, self.item if self.shown == "group" else None
        if beside is not None and beside.background is not None:
            asked = replace(asked, chapter=asked.chapter or beside.chapter, level=asked.level or beside.level.value)
        else:
            beside = None
        kinds = tuple((each.value, _(words.TYPES[each.value]), "") for each in ItemType)
        kind = await self.app.push_screen_wait(Picker(_("new item: type"), kinds, asked.type))
        if kind is None:
            return
        chapters = [("", _("not yet said"), ""), *await self.chapters()]
        chapter = await self.app.push_screen_wait(Picker(_("new item: chapter"), tuple(chapters), asked.chapter))
        if chapter is None:
            return
        levels = tuple((each.value, _(words.LEVELS[each.value]), "") for each in Level)
        level = await self.app.push_screen_wait(Picker(_("new item: level"), levels, asked.level or Level.NONE.value))
        if level is None:
            return
        given = {"chapter": chapter, "level": level}
        if beside is not None and beside.background is not None:
            group = await self.desk.ask(self.desk.group, beside)
            given["background"] = beside.background.text
            given["media-background"] = " ".join(beside.background.media)
            given["place"] = str(max(each.place for each in group) + 1)
        self.write(None, Form(None, ItemType(kind), **given))
