"""Which keyholders of a shared bank are here, with which shares and passphrases."""

import argparse
import re
import sys
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tools.cli.base import Command, by_name
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
        help=_("a share's file; those on sticks in this machine are found by themselves"),
    )  # fmt: skip


def takes_loss(command: Command) -> None:
    command.add_argument(
        "--accept-loss", metavar=_("REASON"), default="",
        help=_("use an older copy knowingly; the reason goes into the journal"),
    )  # fmt: skip


def split(said: str) -> tuple[str, Path | None]:
    """NAME=FILE in two; the file holds a passphrase."""
    name, equals, file = said.partition("=")
    return name, Path(file) if equals else None


def passphrase_of(name: str, file: Path | None) -> str:
    """From the file, or asked of the holder."""
    _check_file(name, file)
    return ask_secret("holder", _("Passphrase of {name}").format(name=name), file)


def new_passphrase(name: str, file: Path | None) -> str:
    """The same for a new one, which must be good enough."""
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


def present(
    args: argparse.Namespace, custody: "Custody", wanted: "Sequence[Holder] | None" = None
) -> "list[tuple[Offered, str]]":
    """Shares and passphrases of those wanted, else of those here. Whether they suffice is said before anyone types."""
    from bank.custody import Offered, check_offered, find_share, sticks

    brought = args.share or [each.path for each in sticks.found_on(sticks.mounted(), custody)]
    enough = args.share or len(brought) >= custody.need
    said = args.holder or ([] if wanted is not None or enough else _ask_who(custody))
    named = [(custody.holder(name), file) for name, file in map(split, said)]
    if named or wanted is not None:
        wanted = [holder for holder, _file in named] if wanted is None else wanted
        offered = [find_share(args.bank, custody, holder, brought) for holder in wanted]
    else:
        offered = [Offered.read(path) for path in brought]
    files = by_name((holder.name, file) for holder, file in named)
    check_offered(custody, offered)
    return [(each, passphrase_of(each.head.holder, files.get(each.head.holder))) for each in offered]


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
    """Of a time in seconds since 1970: day and minute, as the office's clock shows it."""
    from bank.clock import office_time

    return office_time(seconds)
