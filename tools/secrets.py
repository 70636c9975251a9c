"""Passphrases and codes: from the keyboard, unseen, or from a file of one's own; never from argv or the environment.

Those two are readable by every process of the same user, and end in shell histories and logs.
"""

import os
import stat
import warnings
from pathlib import Path

from bank.refused import BadFile, Denied

LARGEST = 4096


def ask_secret(name: str, prompt: str, file: Path | None = None, *, confirm: bool = False) -> str:
    """The secret called `name`. With `file` (or a pipe such as /dev/fd/3) its first line; else asked for on the tty.

    `confirm` asks twice at the keyboard: a slip in a new passphrase would lock its owner out.
    """
    secret = _typed(name, prompt, confirm) if file is None else _read(name, file)
    if not secret:
        raise Denied("secret-empty", name=name)
    return secret


def _typed(name: str, prompt: str, confirm: bool) -> str:
    from getpass import GetPassWarning, getpass

    from tools.say import _

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", GetPassWarning)  # where echo cannot be turned off, do not ask at all
            secret = getpass(f"{prompt}: ")
            if confirm and secret and getpass(_("Once more") + ": ") != secret:
                raise Denied("secret-mismatch", name=name)
    except (GetPassWarning, EOFError, OSError):
        raise Denied("secret-no-terminal", name=name) from None
    return secret


def _read(name: str, file: Path) -> str:
    try:
        with file.open("rb") as stream:
            mode = os.fstat(stream.fileno()).st_mode
            if os.name == "posix" and stat.S_IMODE(mode) & 0o077 and not stat.S_ISCHR(mode):
                raise Denied("secret-file-open", name=name, file=str(file))
            line = stream.readline(LARGEST + 1)
    except OSError as error:
        raise BadFile("secret-file-unreadable", name=name, file=str(file), error=error.strerror) from None
    try:
        if len(line) > LARGEST:
            raise ValueError
        return line.decode("utf-8-sig").rstrip("\r\n")
    except ValueError:
        raise BadFile("secret-file-malformed", name=name, file=str(file)) from None
