"""`examd passphrase FILE`: a key file gets another passphrase; the key in it stays the same.

Any file that one person's passphrase seals: of a site, a bureau, a chief examiner, an officer, an author, a bank with
one holder. A holder's share of a bank is changed by `examd bank new-passphrase`, what staff sign in with by
`examd site passphrase`.
"""

import argparse
from pathlib import Path

from tools.cli.base import help_formatter
from tools.cli.language import _
from tools.cli.output import report
from tools.cli.secrets import ask_secret


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the command."""
    parser = subparsers.add_parser(
        "passphrase",
        help=_("give a key file another passphrase"),
        description=_(
            "Opens a key file with its passphrase and seals it with another; the key stays, and with it cards and "
            "packages. Copies of the file that lie elsewhere keep the old passphrase: destroy them. Whoever had both "
            "file and passphrase has the key: then it is replaced, not sealed anew."
        ),
        epilog=_("Example: examd passphrase office/bureau.key"),
        formatter_class=help_formatter(),
    )
    parser.add_argument("file", type=Path, metavar="FILE", help=_("the key file: …/NAME.key"))
    parser.add_argument("--passphrase-file", type=Path, metavar="FILE", help=_("read the passphrase of now here"))
    parser.add_argument("--new-passphrase-file", type=Path, metavar="FILE", help=_("read the new passphrase here"))
    parser.add_argument("--json", action="store_true", help=_("print the report as JSON"))
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from examd import holders

    old = ask_secret("old", _("Passphrase of {name}", name=args.file.name), file=args.passphrase_file)
    new = ask_secret(
        "new", _("New passphrase of {name}", name=args.file.name), file=args.new_passphrase_file, confirm=True
    )
    holders.change_passphrase(args.file, old, new)
    return report(
        args,
        {"file": str(args.file)},
        _("{file} has its new passphrase; the old one opens it no more.", file=args.file),
    )
