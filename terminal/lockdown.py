"""What a candidate must not reach: switches in the environment, suspending, a traceback that shows exam text.

`scrub` runs before Textual is imported, because Textual reads its switches while it is: TEXTUAL_PRESS types keys,
TEXTUAL_SCREENSHOT writes the paper to disk, TEXTUAL_DRIVER loads any class, TEXTUAL_LOG and devtools send the
screen elsewhere. After: `terminal.app`.
"""

import asyncio
import contextlib
import os
import signal
import traceback
from collections.abc import Callable, MutableMapping
from pathlib import Path


def scrub(environment: MutableMapping[str, str]) -> None:
    """Take every switch of Textual's out of `environment`, and sizes that are not the window's."""
    for name in [name for name in environment if name.upper().startswith("TEXTUAL") or name in ("COLUMNS", "LINES")]:
        del environment[name]


def answer_signals(leave: Callable[[int], None]) -> None:
    """TERM, HUP, INT and QUIT end the app in order, the terminal restored; TSTP does nothing, so no shell appears."""
    if os.name != "posix":
        return
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        with contextlib.suppress(RuntimeError, ValueError):  # not the main thread: a test's app
            loop.add_signal_handler(number, leave, 128 + number)
    with contextlib.suppress(ValueError):
        signal.signal(signal.SIGTSTP, signal.SIG_IGN)


def swallow_replies() -> None:
    """What a terminal says of itself and Textual does not know must not be taken for keys: letters are answers."""
    import importlib

    from terminal.replies import QuietParser

    driver = importlib.import_module(f"textual.drivers.{'linux_driver' if os.name == 'posix' else 'win32'}")
    vars(driver)["XTermParser"] = QuietParser


def note_fault(directory: Path, error: BaseException) -> None:
    """Where it broke, for whoever mends it: places and kinds only. Messages and locals may hold exam text."""
    lines = [type(error).__name__]
    for frame in traceback.extract_tb(error.__traceback__):
        lines.append(f"  {Path(frame.filename).name}:{frame.lineno} {frame.name}")
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            note_fault(directory, inner)
    with contextlib.suppress(OSError), (directory / "faults.txt").open("a", encoding="utf-8") as stream:
        stream.write("\n".join(lines) + "\n")
