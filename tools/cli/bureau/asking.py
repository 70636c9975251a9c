"""How `examd bureau setup` asks: until the answer can be used, and never so that a slip ends the whole.

Before: `tools.cli.secrets` reads the keyboard. After: `tools.cli.bureau.setup_steps`.
"""

import shutil
import sys
from collections.abc import Callable
from typing import TypeVar

from bank.refused import BrokenStore, Denied, Refused
from tools.cli.base import broken, cells
from tools.cli.language import _, plain
from tools.cli.secrets import ask_line, ask_secret
from tools.cli.sentences import said

Answer = TypeVar("Answer")
ROOM = 12
"""Cells that are left to type in, behind a prompt."""
NOT_ASKED = ("secret-no-terminal",)
"""Where there is no keyboard, asking again does not help."""


class Later(Exception):  # noqa: N818 - a wish, not a fault
    """Whoever sits there puts the step off."""


def tell(*lines: str) -> None:
    """To whoever sits there; standard output stays free for data."""
    for each in lines:
        for part in _fitting(plain(each)):
            print(part, file=sys.stderr, flush=True)


def _fitting(text: str, room: int = 0) -> list[str]:
    """As it stands where the screen is wide enough, with `room` beside it; else broken, and indented as it was."""
    width = shutil.get_terminal_size().columns - room
    if cells(text) <= width or not sys.stderr.isatty():
        return [text]
    indent = text[: len(text) - len(text.lstrip())]
    return [indent + part for part in broken(text, width - len(indent))]


def until(act: Callable[[], Answer]) -> Answer:
    """What `act`, which asks, gives; done again as long as it is refused, and each refusal is said."""
    while True:
        try:
            return act()
        except BrokenStore:
            raise
        except Refused as refusal:
            if refusal.code in NOT_ASKED:
                raise
            tell("✗ " + said(refusal))


def line(prompt: str, default: str = "", *, may_be_empty: bool = False) -> str:
    """What is typed; the default where nothing is."""
    shown = f"{prompt} [{default}]" if default else prompt
    *above, shown = _fitting(shown, ROOM)
    tell(*above)
    while True:
        typed = ask_line("setup", _("{prompt}: ", prompt=shown)) or default
        if typed or may_be_empty:
            return typed


def answer(prompt: str, read: Callable[[str], Answer], default: str = "") -> Answer:
    """What `read` makes of the line typed."""
    return until(lambda: read(line(prompt, default)))


def yes(question: str, *, default: bool = True) -> bool:
    """Whether they say yes; Enter is the default."""
    choice = _("Y/n") if default else _("y/N")
    while True:
        typed = line(f"{question} ({choice})", may_be_empty=True).lower()
        if not typed:
            return default
        if typed in ("y", "yes", "是", "n", "no", "否"):
            return typed in ("y", "yes", "是")


def again() -> bool:
    """Whether they try again; Enter does. Unseen: after a slip a passphrase may be typed here, too early."""
    prompt = _("Enter: try again; l: later")
    try:
        return ask_secret("setup", prompt).strip().lower() != "l"
    except Denied as refusal:
        if refusal.code != "secret-empty":
            raise
        return True


def number(prompt: str, least: int, most: int, default: int) -> int:
    """A whole number between those two."""
    while True:
        typed = line(prompt, str(default))
        if typed.isascii() and typed.isdigit() and least <= int(typed) <= most:
            return int(typed)
        tell("✗ " + _("A number from {least} to {most}.", least=least, most=most))


def new_passphrase(name: str) -> str:
    """Chosen and typed twice, until both are the same and it is long enough."""
    return until(lambda: ask_secret("setup", _("New passphrase of {name}", name=name), confirm=True))


def unlocked(name: str, unlock: Callable[[str], Answer]) -> tuple[str, Answer]:
    """The passphrase, and what it opens; asked again where it is the wrong one."""
    while True:
        typed = until(lambda: ask_secret("setup", _("Passphrase of {name}", name=name)))
        try:
            return typed, unlock(typed)
        except Denied as refusal:
            if refusal.code != "wrong-passphrase":
                raise
            tell("✗ " + said(refusal))
