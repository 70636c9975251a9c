"""`examd bank card|pack|take`: drafts from authors who do not have the bank."""

import argparse
from dataclasses import asdict
from functools import partial
from pathlib import Path

from tools.cli import unlock
from tools.cli.bank.open_bank import open_bank
from tools.cli.bank.question_files import (
    print_outcome,
    print_refused,
    print_remarks,
    progress_of,
    refusal_record,
    row_records,
    where,
)
from tools.cli.bank.subjects import takes_subject
from tools.cli.base import Commands
from tools.cli.files import read_file, write_new
from tools.cli.language import _
from tools.cli.output import as_json, progress, report


def add(bank: Commands) -> None:
    """Adds `examd bank card|pack|take`."""
    carding = bank.add(
        "card",
        run_card,
        _("write the bank's public card, for which authors pack drafts"),
        _(
            "The card, bank.card.json, may be given to anyone: what is packed for it opens in this bank alone. The "
            "private half is made the first time and never leaves the vault. The author compares the fingerprint."
        ),
        "examd bank card bank/ --name 某省题库",
    )
    carding.takes_bank()
    carding.add_argument("--name", default="", metavar="NAME", help=_("the bank's name for people (default: DIR)"))
    carding.takes_file("--out", _("the card's file (default: bank.card.json in DIR)"))

    packing = bank.add(
        "pack",
        run_pack,
        _("without the bank: seal question files for it, signed"),
        _(
            "Reads what “bank import” reads. The file holds items, answer keys and pictures, bears the author's "
            "signature, and only the bank whose card is named opens it. With --revises an item is another wording of "
            "one that the bank has; the bank refuses it where that one has gone on since. Exit code 1: some rows were "
            "refused; the others are packed."
        ),
        "examd bank pack items.xlsx --key stick/liming.key --to bank.card.json --out drafts.examd",
    )
    packing.takes_question_files()
    takes_subject(packing, _("what all items of the files are of, where their rows do not say it (code or name)"))
    packing.takes_key("--key")
    packing.add_argument("--to", type=Path, required=True, metavar="CARD", help=_("the bank's public card"))
    packing.add_argument(
        "--revises", type=_item_at, action="append", default=[], metavar="ITEM@REV",
        help=_("the item of this code is another wording of the bank's, made from that revision; may be repeated"),
    )  # fmt: skip
    packing.add_argument("--out", type=Path, required=True, metavar="DRAFTS", help=_("the file to write"))

    taking = bank.add(
        "take",
        run_take,
        _("take in a file of drafts that an author packed elsewhere"),
        _(
            "Refused by name: for another bank, by nobody enrolled here, by one whose work has ended, altered, taken "
            "before. Its items become drafts with the author as their writer. Exit code 0: all added or already "
            "there; 1: some row was refused, or contradicts the bank; 2 or 3: nothing was taken."
        ),
        "examd bank take bank/ drafts.examd --dry-run",
    )
    taking.takes_bank()
    taking.add_argument("drafts", type=Path, metavar="DRAFTS", help=_("the file that “bank pack” wrote"))
    taking.add_argument("--dry-run", action="store_true", help=_("say what would be added, add nothing"))


def run_card(args: argparse.Namespace) -> int:
    """Writes the card; the same one again is no refusal."""
    from bank.authoring.submissions import CARD

    with open_bank(args) as bank:
        card = bank.submissions.card(args.name or args.bank.resolve().name)
    place = args.out or args.bank / CARD
    write_new(place, card.file(), same_is_fine=True)
    record = {"bank": card.bank, "name": card.name, "recipient": card.recipient, "file": str(place)}
    return report(
        args,
        record | {"fingerprint": card.fingerprint},
        _("The bank's card is in {file}.").format(file=place),
        _("Fingerprint of the card: {fingerprint}").format(fingerprint=card.fingerprint),
    )


def _item_at(word: str) -> tuple[str, int]:
    item, at, rev = word.rpartition("@")
    if not (item and at and rev.isascii() and rev.isdecimal() and int(rev)):
        raise argparse.ArgumentTypeError(_("{word} is not ITEM@REV, such as q17@2").format(word=word))
    return item, int(rev)


def run_pack(args: argparse.Namespace) -> int:
    """1: some rows were refused."""
    from bank.authoring.importing import pack_files
    from bank.authoring.submissions import LARGEST_CARD, Card

    card = Card.read(read_file(args.to, LARGEST_CARD), args.to.name)
    signer = partial(unlock.signer, args.key, args.key_passphrase_file)
    read, sealed = pack_files(card, args.files, args.media, signer, args.revises, progress_of, args.subject or "")
    if sealed:
        write_new(args.out, sealed)
    if args.json:
        record = {"packed": len(read.items), "pictures": len(read.media), "bank": card.bank, "name": card.name}
        record |= {"fingerprint": card.fingerprint, "refused": [refusal_record(each) for each in read.refused]}
        as_json(record | {"remarks": [refusal_record(each) for each in read.remarks]})
        return 1 if read.refused else 0
    print_refused(read.refused)
    print_remarks(read.remarks)
    if sealed:
        line = _("{n} items with {pictures} pictures are in {file}, for {name} alone.")
        print(line.format(n=len(read.items), pictures=len(read.media), file=args.out, name=card.name))
        asked = _("Ask the bank by telephone whether its card's fingerprint is {fingerprint}; only then send the file.")
        print(asked.format(fingerprint=card.fingerprint))
    else:
        print(_("Nothing was packed."))
    return 1 if read.refused else 0


def run_take(args: argparse.Namespace) -> int:
    """1: some row was refused, or contradicts the bank."""
    from bank.authoring.submissions import LARGEST

    sealed = read_file(args.drafts, LARGEST)
    with open_bank(args) as bank, progress(args.drafts.name) as show:
        if args.dry_run:
            taken = bank.submissions.weigh(sealed, args.drafts.name)
        else:
            taken = bank.submissions.take(sealed, args.drafts.name, show)
    if args.json:
        record = {"dry_run": args.dry_run, "author": taken.author, "name": taken.name, "packed_at": taken.at}
        record |= {"sha256": taken.sha256, "added": len(taken.rows.added)}
        revised = [asdict(place) | {"item": item, "from": rev} for place, item, rev in taken.revised]
        as_json(record | {"revised": revised} | row_records(taken.rows))
    else:
        print(_("Packed and signed by {name} ({id}).").format(name=taken.name, id=taken.author))
        revised_lines = [(where(place), f"{item} @{rev}") for place, item, rev in taken.revised]
        print_outcome(taken.rows, revised_lines, dry_run=args.dry_run)
    return 0 if taken.rows.clean else 1
