"""`examd bank browse`: the desk of authors and reviewers."""

import argparse
import sys

from tools.cli import unlock
from tools.cli.bank.open_bank import open_bank
from tools.cli.base import Commands
from tools.cli.language import _


def add(bank: Commands) -> None:
    """Adds `examd bank browse`."""
    browse = bank.add(
        "browse",
        run,
        _("the desk: search, read, edit and review items on one screen"),
        _("Search as you type, filters, edit, review queue, changes, history, exposure. F1 explains."),
        "examd bank browse bank/ --as stick/liming.key",
        reports=False,
    )
    browse.takes_bank()
    browse.takes_file("--as", _("your key file; its passphrase is asked for when you sign"), dest="key")
    browse.takes_file("--second", _("key file of who sits beside you: together you may read more than 300 items"))
    browse.takes_file("--second-passphrase-file", _("read the second person's passphrase here"))


def run(args: argparse.Namespace) -> int:
    """Raises Denied: when this is no terminal."""
    from bank.refused import Denied

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Denied("desk-no-terminal")
    from terminal import language as candidate
    from tools.author_desk import app
    from tools.cli import language

    candidate.set_language(language.current_language_from_environment())
    with open_bank(args) as bank:
        second = None if args.second is None else unlock.signer(args.second, args.second_passphrase_file)
        return app.run(bank, args.key, second)
