"""`examd bank init|template`: an empty bank, and a workbook to write its first items in."""

import argparse
from pathlib import Path

from tools.cli.bank.holders import new_passphrase, split, takes_holders
from tools.cli.bank.shares import handed_over
from tools.cli.base import Commands, by_name
from tools.cli.language import _
from tools.cli.output import report
from tools.cli.secrets import ask_secret


def add(bank: Commands) -> None:
    """Adds `examd bank init|template`."""
    init = bank.add(
        "init",
        run_init,
        _("make an empty bank"),
        _(
            "Makes the folder with an empty, encrypted bank in it. With --holder it is in shares from the start: each "
            "keyholder chooses a passphrase of their own. Else asks for one passphrase, twice; without it nobody "
            "opens the bank, and nothing can restore it. Exit code 3: there is a bank already."
        ),
        "examd bank init bank/ --need 2 --holder 王强 --holder 李丽 --holder 赵敏",
    )
    init.takes_bank()
    takes_holders(init)
    init.add_argument("--need", type=int, default=2, metavar="K", help=_("how many must be present (default: 2)"))
    init.add_argument(
        "--sample", action="store_true",
        help=_("a bank of samples: takes items without review, and serves drills only, for ever"),
    )  # fmt: skip
    init.add_argument(
        "--open", dest="practice", action="store_true",
        help=_("a bank that candidates practise from: takes only items tagged as open, for ever"),
    )  # fmt: skip

    template = bank.add(
        "template",
        run_template,
        _("write a workbook with an example of each type, to fill in"),
        _("What “bank import” reads, with the Chinese headings. A file that exists is never written over."),
        "examd bank template items.xlsx",
    )
    template.add_argument("file", type=Path, metavar="FILE", help=_("the file to write: .xlsx, .csv or .jsonl"))


def run_init(args: argparse.Namespace) -> int:
    """Asks for the passphrase twice; with holders, each of them for theirs."""
    from bank.store import Bank

    if args.holder:
        return _found(args)
    passphrase = ask_secret("bank", _("New passphrase of the bank"), args.passphrase_file, confirm=True)
    Bank.create(args.bank, passphrase, sample=args.sample, practice=args.practice).close()
    return report(
        args,
        {"bank": str(args.bank), "sample": args.sample, "open": args.practice},
        _("An empty bank is in {place}. Without the passphrase nobody can open it.").format(place=args.bank),
    )


def _found(args: argparse.Namespace) -> int:
    from bank.agent import keeping
    from bank.refused import BadFile

    if args.sample or args.practice:
        raise BadFile("bank-kind-in-shares")
    files = by_name(map(split, args.holder))
    names = [name for name, _file in map(split, args.holder)]
    done = keeping.found(args.bank, names, args.need, lambda name: new_passphrase(name, files[name]))
    return handed_over(args, done)


def run_template(args: argparse.Namespace) -> int:
    """Raises FileExistsError: when a file is there already."""
    import errno
    import os

    from bank import formats

    if args.file.exists():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(args.file))
    formats.write(args.file, formats.read(Path(__file__).parents[2] / "samples" / "template.jsonl").items)
    return report(args, {"file": str(args.file)}, _("Written: {path}").format(path=args.file))
