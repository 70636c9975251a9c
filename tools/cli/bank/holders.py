"""Which keyholders of a shared bank are here, with which shares and passphrases."""

import argparse
import re
import sys
import time
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tools.cli.base import Command
from tools.cli.language import _
from tools.cli.secrets import ask_secret

if TYPE_CHECKING:
    from bank.custody import Custody, Holder, Offered


def takes_holders(command: Command) -> None:
    command.add_argument(
        "--holder", action="append", default=[], metavar=_("NAME[=FILE]"),
        help=_("a holder who is present; FILE holds the passphrase, else it is asked for"),
    )  # fmt: skip


def takes_shares(command: Command) -> None:
    command.add_argument(
        "--share", action="append", type=Path, default=[], metavar="FILE",
        help=_("a share's file, e.g. on its holder's stick"),
    )  # fmt: skip


def takes_loss(command: Command) -> None:
    command.add_argument(
        "--accept-loss", metavar=_("REASON"), default="",
        help=_("use an older copy knowingly; the reason goes into the journal"),
    )  # fmt: skip


def custody_of(args: argparse.Namespace) -> "Custody":
    from bank.custody import Custody

    return Custody.read(args.bank)


def split(said: str) -> tuple[str, Path | None]:
    name, equals, file = said.partition("=")
    return name, Path(file) if equals else None


def passphrase_of(name: str, file: Path | None) -> str:
    _check_file(name, file)
    return ask_secret("holder", _("Passphrase of {name}").format(name=name), file)


def new_passphrase(name: str, file: Path | None) -> str:
    from bank.seal.passphrase import check_passphrase

    _check_file(name, file)
    passphrase = ask_secret("holder", _("New passphrase of {name}").format(name=name), file, confirm=True)
    check_passphrase(passphrase)
    return passphrase


def _check_file(name: str, file: Path | None) -> None:
    """Whoever writes NAME=passphrase shall not read it again in an error, or in a log of one."""
    from bank.refused import BadFile

    if file is not None and not file.exists():
        raise BadFile("holder-file-missing", name=name)


def share_of(args: argparse.Namespace, custody: "Custody", holder: "Holder") -> "Offered":
    """The holder's share: among those named, or where they are made."""
    from bank.custody import SHARES, Offered
    from bank.refused import BadFile

    name = f"share-{custody.generation}-{holder.index}.json"
    for path in args.share:
        offered = Offered.read(path)
        if offered.head.index == holder.index:
            return offered
    path = args.bank / SHARES / name
    if not path.exists():
        raise BadFile("share-missing", holder=holder.name, file=name)
    return Offered.read(path)


def present(args: argparse.Namespace, custody: "Custody") -> "list[tuple[Offered, str]]":
    """Shares and passphrases of those present. Whether the shares can do it is said before anyone types."""
    from bank.custody import Offered, check_offered

    files: dict[int, Path | None] = {}
    if args.holder or not args.share:
        said = args.holder or _ask_who(custody)
        offered = []
        for each in said:
            name, file = split(each)
            holder = custody.holder(name)
            files[holder.index] = file
            offered.append(share_of(args, custody, holder))
    else:
        offered = [Offered.read(path) for path in args.share]
    check_offered(custody, offered)
    return [(each, passphrase_of(each.head.holder, files.get(each.head.index))) for each in offered]


def _ask_who(custody: "Custody") -> list[str]:
    from bank.refused import Denied

    if not sys.stdin.isatty():
        raise Denied("holders-not-named", need=custody.need)
    for holder in custody.holders:
        print(f"  {holder.index}  {holder.name}", file=sys.stderr)
    print(_("Who is here? Numbers of at least {need}, e.g. 1 3: ").format(need=custody.need), end="", file=sys.stderr)
    sys.stderr.flush()
    return re.split(r"[\s,、;。.]+", unicodedata.normalize("NFKC", sys.stdin.readline()).strip())


def local_time(seconds: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))


def joined(names: Sequence[str]) -> str:
    return _(", ").join(names)
