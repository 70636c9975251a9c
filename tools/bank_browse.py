"""`examd bank browse`: the desk of authors and reviewers."""

import argparse
from pathlib import Path


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the command to `examd bank`."""
    from tools.arguments import help_formatter
    from tools.say import _

    parser = commands.add_parser(
        "browse",
        help=_("the desk: search, read, edit and review items on one screen"),
        description=_("Search as you type, filters, edit, review queue, changes, history, exposure. F1 explains."),
        epilog=_("Example: {example}").format(example="examd bank browse bank/ --as stick/liming.key"),
        formatter_class=help_formatter(),
    )
    parser.set_defaults(run=run)
    parser.add_argument("bank", type=Path, metavar="DIR", help=_("the bank's folder"))
    parser.add_argument("--passphrase-file", type=Path, metavar="FILE", help=_("read the bank's passphrase here"))
    parser.add_argument(
        "--as",
        dest="key",
        type=Path,
        metavar="FILE",
        help=_("your key file; its passphrase is asked for when you sign"),
    )


def run(args: argparse.Namespace) -> int:
    import sys

    from bank.refused import Denied
    from tools.open_bank import open_bank

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Denied("desk-no-terminal")
    from terminal import say as candidate
    from tools import say
    from tools.desk.app import BROKEN, DeskApp

    candidate.set_language(say.current_language_from_environment())
    with open_bank(args) as bank:
        app = DeskApp(bank, args.key)
        result = app.run()
    return result if result is not None else app.return_code or BROKEN
