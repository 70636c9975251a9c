"""Passphrases and codes: from the keyboard, or from a file of one's own; never from argv or the environment.

Those two are readable by every process of the same user, and end in shell histories and logs. Passphrases are typed
unseen; release codes are spoken aloud anyway, and 48 digits typed blind would be typed twice.
"""

import os
import stat
import sys
import warnings
from pathlib import Path

from bank.refused import BadFile, Denied
from tools.cli.language import _
from tools.cli.sentences import said

LARGEST = 4096


def ask_secret(name: str, prompt: str, file: Path | None = None, *, confirm: bool = False) -> str:
    """The secret called `name`. With `file` (or a pipe such as /dev/fd/3) its first line; else asked for on the tty.

    `confirm` asks twice at the keyboard: a slip in a new passphrase would lock its owner out.
    Raises Denied: when it is empty, or there is neither file nor keyboard.
    """
    secret = _typed(name, prompt, confirm) if file is None else _read(name, file)
    if not secret:
        raise Denied("secret-empty", name=name)
    return secret


def _typed(name: str, prompt: str, confirm: bool) -> str:
    from getpass import GetPassWarning, getpass

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", GetPassWarning)  # where echo cannot be turned off, do not ask at all
            secret = getpass(_asking(prompt))
            if confirm and secret:
                from bank.seal.passphrase import check_passphrase

                check_passphrase(secret)  # before it is typed again
                if getpass(_asking(_("Once more"))) != secret:
                    raise Denied("secret-mismatch", name=name)
    except (GetPassWarning, EOFError, OSError):
        raise Denied("secret-no-terminal", name=name) from None
    return secret


def _asking(prompt: str) -> str:
    return _("{prompt}: ", prompt=prompt)


def ask_code(name: str, prompt: str, file: Path | None = None) -> str:
    """A release code: from `file`, or group by group at the keyboard, each checked as soon as it is typed."""
    if file is not None:
        return ask_secret(name, prompt, file)
    from bank.seal import codes

    groups: list[str] = []
    while len(groups) < codes.GROUPS:
        typed = ask_line(name, _asking(f"{prompt} [{len(groups) + 1}/{codes.GROUPS}]"))
        try:
            groups += codes.groups_of(typed, len(groups) + 1)
        except Denied as denied:
            print(said(denied), file=sys.stderr)
    return " ".join(groups)


def ask_line(name: str, prompt: str) -> str:
    """What is typed at the keyboard, seen. Raises Denied: when there is none."""
    if not sys.stdin.isatty():
        raise Denied("secret-no-terminal", name=name)
    print(prompt, end="", file=sys.stderr, flush=True)
    line = sys.stdin.readline()
    if not line:
        raise Denied("secret-no-terminal", name=name)
    return line.strip()


def ask_words(name: str, prompt: str, file: Path | None = None) -> list[str]:
    """A share in clear: from `file`, or at the keyboard, some at a time, each checked as soon as it is typed.

    Typed where it is seen: 33 words typed blind would be typed many times. The screen is wiped afterwards.
    """
    from bank.seal import shares

    if file is not None:
        return shares.clear_parts(_read(name, file, whole=True))
    parts: list[str] = []
    while len(parts) < shares.WORDS + shares.GROUPS:
        typed = ask_line(name, _asking(f"{prompt} [{len(parts) + 1}/{shares.WORDS + shares.GROUPS}]"))
        try:
            for part in typed.split():  # what stands before a slip is kept
                parts += shares.clear_parts(part, len(parts) + 1)
                if len(parts) == shares.WORDS:
                    shares.check_words(parts)
        except Denied as denied:
            print(said(denied), file=sys.stderr)
            if denied.code in ("words-wrong", "words-several-wrong"):
                del parts[max(denied.facts["number"] - 1, 0) :]
    if sys.stderr.isatty():
        print("\x1b[3J\x1b[2J\x1b[H", end="", file=sys.stderr, flush=True)
    return parts


def _read(name: str, file: Path, *, whole: bool = False) -> str:
    try:
        with file.open("rb") as stream:
            mode = os.fstat(stream.fileno()).st_mode
            if os.name == "posix" and stat.S_IMODE(mode) & 0o077 and not stat.S_ISCHR(mode):
                raise Denied("secret-file-open", name=name, file=str(file))
            line = stream.read(LARGEST + 1) if whole else stream.readline(LARGEST + 1)
    except OSError as error:
        raise BadFile("secret-file-unreadable", name=name, file=str(file), error=error.strerror) from None
    try:
        if len(line) > LARGEST:
            raise ValueError
        return line.decode("utf-8-sig").rstrip("\r\n")
    except ValueError:
        raise BadFile("secret-file-malformed", name=name, file=str(file)) from None
