"""`examd bank share|cards|verify-shares|rekey|replace-holder|new-passphrase`: the shares of a bank's key."""

import argparse
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.cli.bank.holders import (
    new_passphrase,
    passphrase_of,
    present,
    split,
    takes_holders,
    takes_loss,
    takes_shares,
)
from tools.cli.bank.open_bank import open_single
from tools.cli.base import Commands, by_name
from tools.cli.language import _
from tools.cli.output import report
from tools.cli.secrets import ask_words

if TYPE_CHECKING:
    from bank.custody import HandedOver


def add(bank: Commands) -> None:
    """Adds `examd bank share|cards|verify-shares|rekey|replace-holder|new-passphrase`."""
    sharing = bank.add(
        "share",
        run_share,
        _("give the bank to keyholders, several of whom must open it"),
        _(
            "The bank gets a new key, and the key is split: any K of the holders open the bank, fewer learn nothing. "
            "Each holder types a passphrase of their own. Every combination is tried before this ends; then the single "
            "passphrase is destroyed, and what it opened is opened by nothing."
        ),
        "examd bank share bank/ --need 2 --holder 王强 --holder 李丽 --holder 赵敏",
    )
    cards = bank.add(
        "cards",
        run_cards,
        _("print the shares as cards with a QR code (PDF)"),
        _(
            "One page a holder. The QR code is the sealed share; it needs the holder's passphrase. With --words a "
            "holder's 33 words are printed in clear, against a forgotten passphrase: they belong in a sealed envelope."
        ),
        "examd bank cards bank/ cards.pdf",
    )
    checking = bank.add(
        "verify-shares",
        run_verify,
        _("check shares by recombining them; nothing is opened"),
        _("Rebuilds the key from every combination of the shares present, and compares it with the bank's."),
        "examd bank verify-shares bank/ --holder 王强 --holder 李丽 --holder 赵敏",
    )
    rekey = bank.add(
        "rekey",
        run_rekey,
        _("give the bank a new key; all its holders must be present"),
        _("Old shares, old cards and the old key open nothing any more. Old copies of the bank keep their old key."),
        "examd bank rekey bank/",
    )
    replacing = bank.add(
        "replace-holder",
        run_replace,
        _("replace a keyholder; all others must be present"),
        _("The bank gets a new key and everyone a new share. The share of who left opens nothing any more."),
        "examd bank replace-holder bank/ 李丽 周杰 --share /media/a/share-1-1.json --share /media/c/share-1-3.json",
    )
    passphrase = bank.add(
        "new-passphrase",
        run_passphrase,
        _("give one holder's share a new passphrase"),
        _(
            "Asks for the old passphrase; where it or the file is lost, --words asks for the words in clear instead, "
            "as “bank cards --words” printed them: 33 words, then 8 groups of digits and letters."
        ),
        "examd bank new-passphrase bank/ 王强",
    )
    for command in (sharing, cards, checking, rekey, replacing, passphrase):
        command.takes_bank(passphrase=command is sharing)

    sharing.add_argument("--need", type=int, default=2, metavar="K", help=_("how many must be present (default: 2)"))
    cards.add_argument("out", type=Path, metavar="PDF", help=_("the file to write"))
    cards.add_argument(
        "--holder", action="append", default=[], metavar=_("NAME"),
        help=_("only this holder's card; may be repeated (default: every holder's)"),
    )  # fmt: skip
    cards.add_argument(
        "--words", action="append", default=[], metavar=_("NAME[=FILE]"),
        help=_("print this holder's words in clear (asks the passphrase, or reads it from FILE)"),
    )  # fmt: skip
    replacing.add_argument("old", metavar=_("LEAVES"), help=_("who leaves: name or number"))
    replacing.add_argument("new", metavar=_("COMES[=FILE]"), help=_("who comes; FILE holds the new passphrase"))
    passphrase.add_argument("name", metavar=_("NAME[=FILE]"), help=_("the holder; FILE holds the new passphrase"))
    passphrase.takes_file("--old", _("read the old passphrase here"))
    passphrase.add_argument("--words", nargs="?", type=Path, const=Path(), metavar="FILE",
                            help=_("from the words in clear: asked for, or read from FILE"))  # fmt: skip

    for command in (rekey, replacing):
        takes_loss(command)
    for command in (sharing, checking, rekey, replacing):
        takes_holders(command)
    for command in (cards, checking, rekey, replacing, passphrase):
        takes_shares(command)
    for command in (sharing, rekey, replacing):
        command.add_argument("--shares-in", type=Path, metavar="DIR", help=_("where new shares go, if not DIR/shares"))


def run_share(args: argparse.Namespace) -> int:
    """Asks for the bank's passphrase, then every holder for a new one."""
    from bank.agent import keeping

    files = by_name(map(split, args.holder))
    names = [name for name, _file in map(split, args.holder)]
    done = keeping.share(
        args.bank,
        names,
        args.need,
        partial(open_single, args),
        lambda name: new_passphrase(name, files[name]),
        args.shares_in,
    )
    line = _("Copies of before open with the old passphrase: destroy them, and make a backup now (examd bank backup).")
    return handed_over(args, done, line)


def run_rekey(args: argparse.Namespace) -> int:
    """All holders are asked for their passphrases."""
    return _renew(args, None, None)


def run_replace(args: argparse.Namespace) -> int:
    """All who stay are asked for their passphrases, and who comes for a new one."""
    name, file = split(args.new)
    return _renew(args, (args.old, name), file)


def _renew(args: argparse.Namespace, replace: tuple[str, str] | None, file: Path | None) -> int:
    from bank.agent import keeping

    done = keeping.renew(
        args.bank,
        partial(present, args),
        lambda name: new_passphrase(name, file),
        replace=replace,
        accept_loss=args.accept_loss,
        shares_in=args.shares_in,
    )
    line = _(
        "Destroy every share and card of before, on sticks too: with a copy of before they open that copy. Backups of "
        "before open only with them: make a new backup."
    )
    return handed_over(args, done, line)


def handed_over(args: argparse.Namespace, done: "HandedOver", *of_before: str) -> int:
    """Tells whose share lies where, and what to write down."""
    custody = done.custody
    line = _("The bank has a new key. {need} of {of} holders open it; all {n} combinations were tried.")
    shares = list(zip(custody.holders, done.files, strict=True))
    return report(
        args,
        {
            "combinations": done.combinations, "custody": custody.to_json(), "fingerprint": custody.fingerprint,
            "position": done.position.spoken, "shares": [str(file) for _holder, file in shares],
        },
        line.format(need=custody.need, of=len(custody.holders), n=done.combinations),
        *(f"  {holder.index}  {holder.name}  {file}" for holder, file in shares),
        _("Custody fingerprint: {digits}").format(digits=custody.fingerprint),
        _("Position: {position}").format(position=done.position.spoken),
        _("Next: print the cards (examd bank cards), then move each share to its holder's own stick."),
        *of_before,
    )  # fmt: skip


def run_cards(args: argparse.Namespace) -> int:
    """Asks for a passphrase only of those whose words are printed in clear."""
    from bank.custody import Custody, check_offered, find_share
    from bank.durable import store_errors, write_atomically
    from bank.seal.shares import in_clear
    from tools.cli.bank.cards import print_cards

    custody = Custody.read(args.bank)
    in_words = by_name((custody.holder(name).name, file) for name, file in map(split, args.words))
    wanted = [custody.holder(name) for name in args.holder] or list(custody.holders)
    wanted += [holder for holder in custody.holders if holder.name in in_words and holder not in wanted]
    offered = [find_share(args.bank, custody, holder, args.share) for holder in wanted]
    check_offered(custody, offered, all_needed=False)
    words = {
        holder.index: in_clear(share.unseal(passphrase_of(holder.name, in_words[holder.name])))
        for holder, share in zip(wanted, offered, strict=True)
        if holder.name in in_words
    }
    printed = print_cards(custody, offered, words, args.bank.resolve().name)
    if not printed.font:
        print(_("No font of this machine shows Chinese: the cards are in English."), file=sys.stderr)
    if printed.missing:
        line = _("These characters cannot be shown; the holder's number stands in their place: {missing}")
        print(line.format(missing=printed.missing), file=sys.stderr)
    with store_errors(str(args.out)):
        write_atomically(args.out, printed.pdf, private=True)
    told = {"n": len(offered), "file": str(args.out)}
    report(args, {"cards": told["n"], "file": told["file"]}, _("{n} cards: {file}").format(**told))
    if words:
        print(_("It holds words in clear: print it, seal them, then delete the file."), file=sys.stderr)
    return 0


def run_passphrase(args: argparse.Namespace) -> int:
    """From the old passphrase, or from the words in clear."""
    from bank.custody import SHARES, Custody, find_share, reseal, share_name

    custody = Custody.read(args.bank)
    name, file = split(args.name)
    holder = custody.holder(name)
    opened: Any
    if args.words is not None:
        from_file = args.words if args.words.name else None
        opened = ask_words("words", _("Words of {name}").format(name=holder.name), from_file)
        place = args.share[0] if args.share else args.bank / SHARES / share_name(custody.generation, holder.index)
    else:
        offered = find_share(args.bank, custody, holder, args.share)
        opened, place = offered.unseal(passphrase_of(holder.name, args.old)), offered.path
    written = reseal(custody, holder, opened, new_passphrase(holder.name, file), place)
    told = {"name": holder.name, "file": str(written)}
    report(args, told, _("The share of {name} has a new passphrase: {file}").format(**told))
    line = _("The old card opens with the old passphrase: destroy it, and print a new one: {command}")
    command = f"examd bank cards {args.bank} card.pdf --holder {holder.name} --share {written}"
    print(line.format(command=command), file=sys.stderr)
    return 0


def run_verify(args: argparse.Namespace) -> int:
    """Opens nothing."""
    from bank import agent
    from bank.custody import Custody, verify_shares

    custody = Custody.read(args.bank)
    agent.harden()
    opened = [each.unseal(passphrase) for each, passphrase in present(args, custody)]
    told = {"n": len(opened), "tried": verify_shares(custody, opened)}
    line = _("{n} shares, {tried} combinations: each rebuilds the bank's key.")
    return report(args, {"shares": told["n"], "combinations": told["tried"]}, line.format(**told))
