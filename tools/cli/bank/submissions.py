"""`examd bank card|pack|take`: drafts from authors who do not have the bank."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.cli import unlock
from tools.cli.bank.open_bank import open_bank
from tools.cli.bank.question_files import (
    contradiction_record,
    counted,
    near_record,
    place_record,
    print_remarks,
    print_rows,
    read_all,
    refusal_record,
    where,
)
from tools.cli.base import Commands
from tools.cli.files import read_file, write_new
from tools.cli.language import _
from tools.cli.output import Progress, as_json, report, rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bank.authoring.submissions import Note, Taken, Where
    from bank.formats import Place, Refusal
    from bank.item import Item
    from tools.cli.bank.question_files import Contradicting, Near


def add(bank: Commands) -> None:
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


def _revises(args: argparse.Namespace, items: "Sequence[Item]") -> dict[int, tuple[str, int]]:
    """Which items are other wordings: the one of that code or, where there is only one, that one."""
    from bank.refused import BadFile

    found = {}
    for word, rev in args.revises:
        numbers = [number for number, item in enumerate(items) if len(items) == 1 or item.code == word]
        if len(numbers) != 1:
            raise BadFile("revises-no-item", item=word, found=len(numbers))
        found[numbers[0]] = (word, rev)
    return found


def run_pack(args: argparse.Namespace) -> int:
    from bank.authoring import submissions
    from bank.clock import now

    card = submissions.Card.read(read_file(args.to, submissions.LARGEST_CARD), args.to.name)
    whole = read_all(args.files, args.media)
    if whole.items:
        of = _revises(args, whole.items)
        places = [(place.file, place.sheet, place.row) for place in whole.places]
        signer = unlock.signer(args.key, args.key_passphrase_file)
        write_new(args.out, submissions.pack(card, signer, whole.items, places, whole.media, now(), of))
    if args.json:
        record = {"packed": len(whole.items), "pictures": len(whole.media), "bank": card.bank, "name": card.name}
        record |= {"fingerprint": card.fingerprint, "refused": [refusal_record(each) for each in whole.refused]}
        as_json(record | {"remarks": [refusal_record(each) for each in whole.remarks]})
    else:
        print_rows(whole.refused, (), (), ())
        print_remarks(whole.remarks)
        if whole.items:
            line = _("{n} items with {pictures} pictures are in {file}, for {name} alone.")
            print(line.format(n=len(whole.items), pictures=len(whole.media), file=args.out, name=card.name))
            asked = _(
                "Ask the bank by telephone whether its card's fingerprint is {fingerprint}; only then send the file."
            )
            print(asked.format(fingerprint=card.fingerprint))
        else:
            print(_("Nothing was packed."))
    return 1 if whole.refused else 0


def run_take(args: argparse.Namespace) -> int:
    from bank.authoring.submissions import LARGEST

    sealed = read_file(args.drafts, LARGEST)
    with open_bank(args) as bank, Progress(args.drafts.name) as progress:
        if args.dry_run:
            taken = bank.submissions.weigh(sealed, args.drafts.name)
        else:
            taken = bank.submissions.take(sealed, args.drafts.name, progress.show)
    if args.json:
        as_json(_record(args, taken))
    else:
        _print_taken(args, taken)
    return 1 if taken.refused or taken.contradicting else 0


def _record(args: argparse.Namespace, taken: "Taken") -> dict[str, Any]:
    return {
        "dry_run": args.dry_run,
        "author": taken.author,
        "name": taken.name,
        "packed_at": taken.at,
        "sha256": taken.sha256,
        "added": len(taken.added),
        "revised": [place_record(_at(place)) | {"item": item, "from": rev} for place, item, rev in taken.revised],
        "already": len(taken.already) - len(taken.contradicting),
        "repeats": [place_record(_at(each)) for each in taken.repeats],
        "contradicting": [contradiction_record(*each) for each in _contradicting(taken)],
        "near": [near_record(*each) for each in _near(taken)],
        "pictures": taken.pictures,
        "refused": [refusal_record(_refusal(each)) for each in taken.refused],
        "remarks": [refusal_record(_refusal(each)) for each in taken.remarks],
    }


def _print_taken(args: argparse.Namespace, taken: "Taken") -> None:
    print(_("Packed and signed by {name} ({id}).").format(name=taken.name, id=taken.author))
    print_rows(
        [_refusal(each) for each in taken.refused],
        _contradicting(taken),
        [_at(each) for each in taken.repeats],
        _near(taken),
    )
    rows(
        _("Another wording of an item of the bank:"),
        [(where(_at(place)), f"{item} @{rev}") for place, item, rev in taken.revised],
    )
    if taken.revised:
        line = _("{n} would become new revisions.") if args.dry_run else _("{n} became new revisions.")
        print(line.format(n=len(taken.revised)))
    print_remarks([_refusal(each) for each in taken.remarks])
    contradicting = len(taken.contradicting)
    numbers = {"added": len(taken.added), "already": len(taken.already) - contradicting, "refused": len(taken.refused)}
    print(counted(dry_run=args.dry_run, contradicting=contradicting, pictures=taken.pictures, **numbers))


def _contradicting(taken: "Taken") -> "list[Contradicting]":
    return [(_at(place), other and _at(other), name) for place, other, name in taken.contradicting]


def _near(taken: "Taken") -> "list[Near]":
    return [(_at(place), twin, there and _at(there)) for place, twin, there in taken.near_duplicates]


def _refusal(note: "Note") -> "Refusal":
    from bank.formats import Refusal

    return Refusal(*note.where, note.reason, note.facts)


def _at(where: "Where") -> "Place":
    from bank.formats import Place

    return Place(*where)
