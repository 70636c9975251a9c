"""Keys from the terminal's bytes, without what is no key: Textual types a sequence it does not know letter by letter.

`ESC [ ? 1 0 4 9 l`, or a terminal's word on its background colour, would so press F, flag the item and choose A.

Before: a terminal. After: Textual's own events.
"""

import re
from collections.abc import Iterable

from textual import events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._xterm_parser import XTermParser, _re_mouse_event, _re_terminal_mode_response
from textual.keys import Keys
from textual.message import Message

_CONTROL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
"""A whole control sequence (ECMA-48, 5.4)."""
_STRING = re.compile(r"\x1b[\]P_^X][^\x07\x1b]{0,4096}(?:\x07|\x1b\\)")
"""A whole control string (ECMA-48, 5.6): a reply comes in one piece, so one that never ends swallows no key."""


class QuietParser(XTermParser):
    def feed(self, data: str) -> Iterable[Message]:
        return super().feed(_STRING.sub("", data) if "\x1b" in data else data)

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[events.Key]:
        keys = list(super()._sequence_to_key_events(sequence, alt))
        return keys or ([events.Key(Keys.Ignore, sequence)] if _unknown(sequence) else [])


def _unknown(sequence: str) -> bool:
    """A control sequence that is whole, and neither begins nor is anything that Textual knows."""
    if not _CONTROL.fullmatch(sequence) or sequence == "\x1b[M":
        return False
    if _re_mouse_event.match(sequence) or _re_terminal_mode_response.match(sequence):
        return False
    return not any(known.startswith(sequence) for known in ANSI_SEQUENCES_KEYS)
