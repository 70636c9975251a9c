"""The one way in which a command comes to an open bank: through the agent, or with the single passphrase.

A bank in shares has no other door than its agent: whoever was not present at its opening holds no key to it.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bank.store import Bank, OpenBank


def open_bank(args: argparse.Namespace, *, prompt: str = "", file: Path | None = None) -> "OpenBank":
    """The bank of `args.bank`. `file` (else `args.passphrase_file`) is read for a bank with a single passphrase."""
    from bank import agent, custody

    require_bank(args.bank)
    if not custody.is_shared(args.bank):
        return open_single(args, prompt=prompt, file=file)
    return agent.require(args.bank, _purpose(args))


def open_single(args: argparse.Namespace, *, prompt: str = "", file: Path | None = None) -> "Bank":
    """The same, for a bank with a single passphrase."""
    from bank.store import Bank
    from tools.cli.language import _
    from tools.cli.secrets import ask_secret

    require_bank(args.bank)
    passphrase = ask_secret("bank", prompt or _("Passphrase of the bank"), file or args.passphrase_file)
    return Bank.open(args.bank, passphrase)


def require_bank(directory: Path) -> None:
    """Before anybody types a passphrase for it. Raises BadFile: when there is no bank in the folder."""
    from bank import custody
    from bank.refused import BadFile
    from bank.store import KEY_FILE

    if not custody.is_shared(directory) and not (directory / KEY_FILE).exists():
        raise BadFile("bank-missing", file=str(directory))


def _purpose(args: argparse.Namespace) -> str:
    """What the journal is told: the command's name, nothing of its arguments."""
    return " ".join(str(word) for word in (getattr(args, "actor", ""), getattr(args, "command", "")) if word)
