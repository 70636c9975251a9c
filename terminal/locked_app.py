"""An App without what Textual offers and an examination does not: every built-in way out leads nowhere.

Before: `terminal.lockdown`, which has scrubbed the environment. After: `terminal.app`.
"""

from collections.abc import Iterable, Sequence
from enum import IntEnum
from pathlib import Path
from typing import Any, ClassVar, NoReturn

from rich.text import Text
from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.filter import LineFilter
from textual.screen import Screen

from terminal import lockdown
from terminal.language import _
from terminal.palette import Lowered


class ExitCode(IntEnum):
    """What the program's end says to whoever started it; 128 + n: ended by signal n."""

    HANDED_IN = 0
    """The receipt was shown."""
    UNUSABLE = 2
    """There is nowhere to keep answers."""
    ENDED_BY_STAFF = 3
    """Before the receipt."""
    BROKEN = 4
    """This machine or program failed."""


class LockedApp(App[int], inherit_bindings=False):
    """Faults are noted in the folder `journal`, and shown as one sentence."""

    ENABLE_COMMAND_PALETTE = False
    COMMANDS: ClassVar[set[Any]] = set()
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = []
    ESCAPE_TO_MINIMIZE = False

    def __init__(self, journal: Path) -> None:
        super().__init__()
        self._journal = journal
        self._lowered = Lowered(self.console.color_system)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's, and the colours of terminals that have few."""
        return [*super().get_line_filters(), *([self._lowered] if self._lowered.enabled else [])]

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        return ()

    def _not_here(self, *_args: object, **_more: object) -> NoReturn:
        raise RuntimeError("not in an examination")

    export_text_screenshot = save_screenshot = deliver_screenshot = deliver_text = deliver_binary = _not_here
    open_url = _not_here

    def action_nothing(self) -> None:
        """In place of every built-in action that leads out."""

    action_quit = action_help_quit = action_screenshot = action_suspend_process = action_nothing  # type: ignore[assignment]
    action_command_palette = action_change_theme = action_toggle_dark = action_copy_text = action_nothing

    def copy_to_clipboard(self, text: str) -> None:
        """OSC 52 would carry exam text to the machine outside."""

    def bell(self) -> None:
        """An examination room is quiet."""

    def _handle_exception(self, error: Exception) -> None:
        """Textual would print locals, exam text and tokens among them; a plain sentence has to do."""
        self._return_code = self._return_value = ExitCode.BROKEN
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        lockdown.note_fault(self._journal, error)
        self.panic(Text(_("This program stopped. Your answers are kept on this machine. Please raise your hand.")))

    def _fatal_error(self) -> None:
        self._handle_exception(RuntimeError())
