"""How many cells this terminal gives to signs whose width is left open (①, ×, ≥, Ω: "ambiguous", UAX #11).

Most terminals give them one, those that were made for Chinese give them two, and some decide sign by sign; a line
measured wrongly runs over its end. So the terminal is asked, once, before anything is drawn: one sign of each kind is
written, and where the cursor stands then is reported (CPR, ECMA-48 8.3.14). A terminal that does not answer is taken
for a wide one where exam text is concerned: then a line is at worst too short.

Before: `terminal.app.run`. After: `rich.cells`, which Textual and `terminal.text` measure with.
"""

import contextlib
import os
import re
import select
import sys
import time
import unicodedata
from collections.abc import Mapping

from rich import cells
from rich._unicode_data import load

KINDS = {
    "×": (0x00A1, 0x00FF), "Ω": (0x0370, 0x03FF), "Я": (0x0400, 0x045F), "“": (0x2010, 0x205F), "℃": (0x2100, 0x214F),
    "Ⅰ": (0x2150, 0x218F), "→": (0x2190, 0x21FF), "≥": (0x2200, 0x22FF), "①": (0x2460, 0x24FF), "─": (0x2500, 0x257F),
    "█": (0x2580, 0x259F), "●": (0x25A0, 0x25FF), "★": (0x2600, 0x27FF),
}  # fmt: skip
"""One sign for all of ambiguous width in a stretch of code points."""
DRAWN = "─█●→"
"""What the screen is drawn with: narrow where the terminal does not say."""
UNANSWERED = {sign: 1 if sign in DRAWN else 2 for sign in KINDS}
PATIENCE_S = 0.6
_REPORT = re.compile(rb"\x1b\[\d+;(\d+)R")


def learn() -> None:
    """Asks the terminal, if there is one, and measures as it draws from now on."""
    if sys.__stdin__ is not None and sys.__stderr__ is not None and sys.__stdin__.isatty() and sys.__stderr__.isatty():
        measure_as(asked(sys.__stdin__.fileno(), sys.__stderr__.fileno()))


def asked(keyboard: int, screen: int, patience_s: float = PATIENCE_S) -> dict[str, int]:
    """Cells of each sign of `KINDS`, as the terminal behind these two file descriptors reports them."""
    try:
        import termios
        import tty
    except ImportError:  # Windows
        return dict(UNANSWERED)
    before = termios.tcgetattr(keyboard)
    try:
        tty.setcbreak(keyboard)
        os.write(screen, "".join(f"\r{sign}\x1b[6n" for sign in KINDS).encode() + b"\r\x1b[K")
        columns = _reports(keyboard, patience_s)
    finally:
        termios.tcsetattr(keyboard, termios.TCSAFLUSH, before)
    found = {sign: column - 1 for sign, column in zip(KINDS, columns, strict=False)}
    # A report that is missing may be any of them: then none is believed.
    return found if len(found) == len(KINDS) and set(found.values()) <= {1, 2} else dict(UNANSWERED)


def _reports(keyboard: int, patience_s: float) -> list[int]:
    heard, until = b"", time.monotonic() + patience_s
    while len(_REPORT.findall(heard)) < len(KINDS) and (left := until - time.monotonic()) > 0:
        if not select.select([keyboard], [], [], left)[0]:
            break
        with contextlib.suppress(InterruptedError):
            heard += os.read(keyboard, 4096)
    return [int(column) for column in _REPORT.findall(heard)]


def measure_as(found: Mapping[str, int]) -> None:
    """From now on this process measures signs of ambiguous width so. Rich has them at one cell each, for good."""
    wide = frozenset(
        code
        for sign, (first, last) in KINDS.items()
        if found[sign] == 2
        for code in range(first, last + 1)
        if unicodedata.east_asian_width(chr(code)) == "A" and cells.get_character_cell_size(chr(code)) == 1
    )
    if not wide:
        return
    table = load("auto")
    others = [entry for entry in table.widths if not wide.intersection(range(entry[0], entry[1] + 1))]
    widths = sorted([*others, *((code, code, 2) for code in wide)])
    taught = table._replace(widths=widths)
    single = frozenset(sign for sign in cells._SINGLE_CELLS if ord(sign) not in wide)
    vars(cells).update(load_cell_table=lambda _version="auto": taught, _is_single_cell_widths=single.issuperset)
    for each in (cells.get_character_cell_size, cells.cached_cell_len):
        each.cache_clear()
