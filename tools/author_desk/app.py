"""The desk's program: opens on the bank, ends with the person; nothing it shows leaves the screen.

Before: `tools.cli.bank.browse`. After: `tools.author_desk.browse`.
"""

import os

from terminal import lockdown

lockdown.scrub(os.environ)  # before the next lines: Textual reads its switches while it is imported

# ruff: noqa: E402
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from rich.text import Text
from textual.app import App
from textual.binding import Binding, BindingType
from textual.filter import LineFilter

from bank.authoring.people import Signer
from bank.store import OpenBank
from terminal import theme, widths
from terminal.palette import Lowered
from tools.author_desk.bank_access import BankAccess
from tools.author_desk.browse import Browse
from tools.author_desk.editor import Editor
from tools.author_desk.signatory import Signatory
from tools.cli.language import _

BROKEN = 4


class DeskApp(App[int], inherit_bindings=False):
    ENABLE_COMMAND_PALETTE = False
    COMMANDS: ClassVar[set[Any]] = set()
    ALLOW_SELECT = False
    CSS_PATH = "desk.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+q", "leave", priority=True)]

    def __init__(self, bank: OpenBank, key: Path | None = None, second: Signer | None = None) -> None:
        super().__init__()
        self._lowered = Lowered(self.console.color_system)
        self.bank, self.signatory = BankAccess(bank, second), Signatory(key)
        self.browse = Browse(self.bank, self.signatory)

    def settled(self) -> bool:
        """Clicks count at once: nothing here changes under the pointer by itself, as an exam's stages do."""
        return True

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's, and the colours of terminals that have few: as the candidate's own terminal does."""
        return [*super().get_line_filters(), *([self._lowered] if self._lowered.enabled else [])]

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The candidate's own palette, so that `desk.tcss` names no colour."""
        drawn = {
            "ink": theme.INK.color,
            "soft": theme.SOFT.color,
            "here": theme.CHOSEN.bgcolor,
            "field": theme.FIELD.bgcolor,
        }
        named = {name: colour.name for name, colour in drawn.items() if colour is not None}
        return {"paper": theme.PAPER, "card": theme.PANEL, "deep": theme.DEEP, **named}

    def on_mount(self) -> None:
        self.push_screen(self.browse)

    def on_unmount(self) -> None:
        self.signatory.sign_out()
        self.bank.close()

    def action_leave(self) -> None:
        editor = next((each for each in self.screen_stack if isinstance(each, Editor)), None)
        if editor is None or editor.may_leave(
            _("Something was changed. Ctrl+Q again leaves without saving; Ctrl+S saves.")
        ):
            self.exit(0)

    def copy_to_clipboard(self, text: str) -> None:
        """Between fields of the desk only: OSC 52 would carry exam text to the machine outside."""
        self._clipboard = text

    def _handle_exception(self, error: Exception) -> None:
        """Textual would print locals, answer keys among them."""
        self._return_code = BROKEN
        self._return_value = BROKEN
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        self.panic(Text(_("The desk stopped ({kind}). The bank is whole.", kind=type(error).__name__)))

    def _fatal_error(self) -> None:
        self._handle_exception(RuntimeError())


def run(bank: OpenBank, key: Path | None, second: Signer | None = None) -> int:
    """The desk on this terminal, as wide as its signs are, deaf to what the terminal says of itself; its exit code."""
    widths.learn()
    lockdown.swallow_replies()
    app = DeskApp(bank, key, second)
    result = app.run()
    return result if result is not None else app.return_code or BROKEN
