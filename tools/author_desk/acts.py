"""What authors and reviewers do with items: each act asks what it needs by dialogs and gives back what came of it.

Before: `tools.author_desk.browse` says with which item. After: `tools.author_desk.bank_access` does it, signed.
"""

from collections.abc import Collection
from functools import partial

from textual.screen import Screen

from bank.authoring.people import Role
from bank.authoring.review import Act
from bank.content import ItemType, Level
from bank.store import BankItem
from terminal.text import fit, one_line
from tools.author_desk import filters
from tools.author_desk.bank_access import BankAccess
from tools.author_desk.dialogs import Do, Picker, Sign
from tools.author_desk.editor import Editor
from tools.author_desk.filters import Search
from tools.author_desk.form import Form
from tools.author_desk.keys import ACTS
from tools.author_desk.signatory import Signatory
from tools.cli.bank.changes import item_name
from tools.cli.language import _


class Acts:
    def __init__(self, screen: Screen[None], bank: BankAccess, signatory: Signatory) -> None:
        self._screen, self._bank, self._signatory = screen, bank, signatory

    async def sign_in(self, what: str = "") -> bool:
        """Asks for key file and passphrase, if nobody has signed in; False where they are not given."""
        if self._signatory.signed_in is not None:
            return True
        return await self._sign(_("Sign in"), what or _("Whose hand is this?"), None)

    async def sign_in_as(self, role: Role, item: BankItem | None = None) -> bool:
        """Asks for key and passphrase only where who is named holds that role, and may act on the item."""
        if not (who := await self.who()):
            return False
        await self._bank.require(who, role, item)
        return await self.sign_in()

    async def who(self) -> str:
        """Id of whoever acts: as `--as` says, or else of whoever signs in now."""
        if not self._signatory.id:
            await self.sign_in()
        return self._signatory.id

    async def _sign(self, title: str, what: str, act: Do | None, *, remarks: bool = False) -> bool:
        dialog = Sign(self._bank, self._signatory, title, what, act, remarks=remarks)
        return await self._screen.app.push_screen_wait(dialog)

    async def act(self, act: Act, item: BankItem) -> bool:
        """Whether it was done. Asked for nothing where the bank would refuse it."""
        if not (who := await self.who()):
            return False
        await self._bank.check(act, [item.number], who)
        what = f"{item_name(item)}  {fit(one_line(item.content.stem), 110)}"
        do = partial(self._bank.act, act, item)
        return await self._sign(_(ACTS[act]), what, do, remarks=act in (Act.RETURN, Act.RETIRE))

    async def submit(self, marked: Collection[int]) -> bool:
        """Several drafts under one passphrase; whether it was done."""
        what = _("{n} drafts, each with a signature of its own", n=len(marked))
        numbers = sorted(marked)
        if not (who := await self.who()):
            return False
        await self._bank.check(Act.SUBMIT, numbers, who)
        return await self._sign(_(ACTS[Act.SUBMIT]), what, lambda signer, _remarks: self._bank.submit(numbers, signer))

    async def edit(self, item: BankItem) -> BankItem | None:
        """The draft that was made of its newest revision; None where nothing was saved."""
        if not await self.sign_in_as(Role.AUTHOR, item):
            return None
        newest = await self._bank.newest(item.lineage)
        whole = await self._bank.whole(newest)
        return await self.write(newest, Form(whole))

    async def new(self, search: Search, beside: BankItem | None) -> BankItem | None:
        """A new item: type, chapter and level first, then the editor. Beside an item of a case, the next of that
        case."""
        if not await self.sign_in_as(Role.AUTHOR):
            return None
        held = [code for code in await self._bank.subjects() if code]
        subject = (
            search.subject or (beside.subject if beside is not None else "") or (held[0] if len(held) == 1 else "")
        )
        chapter, level, case = search.chapter, search.level, {}
        if beside is not None and beside.background is not None:
            chapter, level = chapter or beside.chapter, level or beside.level.value
            place = max(each.place for each in await self._bank.group(beside)) + 1
            media = " ".join(beside.background.media)
            case = {"background": beside.background.text, "media-background": media, "place": str(place)}
        chapters = (("", _("not yet said"), ""), *filters.chapter_choices(await self._bank.chapters(subject)))
        given = []
        for title, choices, chosen in (
            (_("new item: type"), filters.choices("type"), search.type),
            (_("new item: chapter"), chapters, chapter),
            (_("new item: level"), filters.choices("level"), level or Level.NONE.value),
        ):
            value = await self._screen.app.push_screen_wait(Picker(title, choices, chosen))
            if value is None:
                return None
            given.append(value)
        kind, chapter, level = given
        form = Form(None, ItemType(kind), subject=subject, chapter=chapter, level=level, **case)
        return await self.write(None, form)

    async def write(self, item: BankItem | None, form: Form) -> BankItem | None:
        """The draft that was saved in the editor; None where nothing was, or nobody has signed in."""
        signed_in = self._signatory.signed_in
        if signed_in is None:
            return None
        return await self._screen.app.push_screen_wait(Editor(self._bank, signed_in, item, form))
