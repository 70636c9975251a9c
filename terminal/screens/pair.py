"""A machine that the site does not know: staff type its name and the code that the server shows.

Before: `examd site pair` at the server. After: once staff confirm there, `terminal.screens.before`.
"""

from collections.abc import Iterator

from examd.protocol.reasons import Reason
from terminal.actions import Actions
from terminal.language import _
from terminal.screens.form import FormScreen
from terminal.theme import AMBER, SOFT
from terminal.widgets.bars import Key
from terminal.widgets.card import Block, Fact, Gap, Title, Words

CODE_DIGITS = 8


class PairScreen(FormScreen):
    """What the machine is called, and the code; then waiting for staff at the server."""

    LENGTHS = (32, CODE_DIGITS + 1)
    WRONG = frozenset({Reason.BAD_CODE})

    def __init__(self, actions: Actions, name: str) -> None:
        super().__init__(actions, (name, ""))
        self.values[0] = name[: self.LENGTHS[0]]  # as the command line has it, if in Chinese

    def _mend(self) -> None:
        super()._mend()
        self._doubtful.discard(0)  # a wrong code says nothing of the name

    def _blocks(self, now_ms: int) -> Iterator[Block]:
        if (paired := self.seat.paired) is not None:
            yield Title(_("This terminal is paired"))
            yield Gap()
            yield Fact(_("Name of the terminal"), paired.name)
            yield Fact(_("Check"), paired.check)
            yield Gap()
            yield Words(_("Waiting for staff to confirm it at the server."), AMBER)
            return
        yield Title(_("Pair this terminal"))
        yield Words(_("For staff: the code is shown at the server by examd site pair."), SOFT)
        yield Gap()
        yield self._line(0, _("Name of the terminal"), _("such as 07"))
        yield self._line(1, _("Pairing code"), _("{n} digits", n=CODE_DIGITS))
        yield self._message(now_ms)

    def _keys(self) -> Iterator[Key]:
        if self.seat.paired is None:
            yield Key("Enter", _("Pair"), "enter", main=True)
            yield from super()._keys()
        else:
            yield Key("Ctrl+X", _("Staff"), "staff")

    def send(self) -> None:
        """Asks to be paired, where name and code are there; else says what is missing."""
        if self.seat.paired is not None:
            return
        name, code = self.values[0], self.values[1].replace("-", "")
        if not name:
            self.active, self.complaint = 0, _("Please type the name of this terminal.")
        elif len(code) < CODE_DIGITS:
            empty = not code and self.active == 0
            self.active, self.complaint = 1, "" if empty else _("The code has {n} digits.", n=CODE_DIGITS)
        else:
            self.complaint = ""
            self.actions.pair(name, code)
