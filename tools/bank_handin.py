"""`examd bank card|pack|take`: drafts from authors who do not have the bank."""

import argparse
import contextlib
import json
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bank.formats import Place, Refusal
    from bank.handin import Note, Taken, Where


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the commands to `examd bank`."""
    from tools.arguments import help_formatter
    from tools.say import _

    def command(name: str, run: Any, text: str, more: str, example: str) -> Any:
        parser = commands.add_parser(
            name,
            help=text,
            description=more,
            epilog=_("Example: {example}").format(example=example),
            formatter_class=help_formatter(),
        )
        parser.set_defaults(run=run)
        return parser

    def of_a_bank(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("bank", type=Path, metavar="DIR", help=_("the bank's folder"))
        parser.add_argument("--passphrase-file", type=Path, metavar="FILE", help=_("read the bank's passphrase here"))

    carding = command(
        "card",
        run_card,
        _("write the bank's public card, which authors elsewhere pack drafts for"),
        _(
            "The card, bank.card.json, may be given to anyone: what is packed for it opens in this bank alone. The "
            "private half is made the first time and never leaves the vault. The author compares the fingerprint."
        ),
        "examd bank card bank/ --name 某省题库",
    )
    of_a_bank(carding)
    carding.add_argument("--name", default="", metavar="NAME", help=_("the bank's name for people (default: DIR)"))
    carding.add_argument("--out", type=Path, metavar="FILE", help=_("the card's file (default: bank.card.json in DIR)"))

    packing = command(
        "pack",
        run_pack,
        _("for an author without the bank: make question files into one signed, sealed file"),
        _(
            "Reads what “bank import” reads. The file holds items, answer keys and pictures, bears the author's "
            "signature, and only the bank whose card is named opens it. Exit code 1: some rows were refused; the "
            "others are packed."
        ),
        "examd bank pack items.xlsx --key stick/liming.key --to bank.card.json --out drafts.examd",
    )
    packing.add_argument("files", type=Path, nargs="+", metavar="FILE", help=_("question files"))
    packing.add_argument("--key", type=Path, required=True, metavar="FILE", help=_("your key file"))
    packing.add_argument("--to", type=Path, required=True, metavar="CARD", help=_("the bank's public card"))
    packing.add_argument("--out", type=Path, required=True, metavar="DRAFTS", help=_("the file to write"))
    packing.add_argument("--media", type=Path, metavar="DIR", help=_("the folder that holds the pictures"))
    packing.add_argument("--key-passphrase-file", type=Path, metavar="FILE", help=_("read your passphrase here"))

    taking = command(
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
    of_a_bank(taking)
    taking.add_argument("drafts", type=Path, metavar="DRAFTS", help=_("the file that “bank pack” wrote"))
    taking.add_argument("--dry-run", action="store_true", help=_("say what would be added, add nothing"))

    for parser in (carding, packing, taking):
        parser.add_argument("--json", action="store_true", help=_("print the report as JSON"))


def run_card(args: argparse.Namespace) -> int:
    from bank.handin import CARD
    from tools.open_bank import open_bank
    from tools.say import _

    with open_bank(args) as bank:
        card = bank.card(args.name or args.bank.resolve().name)
    place = args.out or args.bank / CARD
    _write(place, card.file(), same_is_fine=True)
    if args.json:
        record = {"bank": card.bank, "name": card.name, "recipient": card.recipient, "file": str(place)}
        print(json.dumps(record | {"fingerprint": card.fingerprint}, ensure_ascii=False))
        return 0
    print(_("The bank's card is in {file}.").format(file=place))
    print(_("Fingerprint of the card: {fingerprint}").format(fingerprint=card.fingerprint))
    return 0


def run_pack(args: argparse.Namespace) -> int:
    from bank import formats, handin
    from bank.refused import BadFile
    from bank.store import now
    from tools.bank import Progress
    from tools.bank_review import _signer
    from tools.say import _

    if args.media is not None and not args.media.is_dir():
        raise BadFile("media-missing", file=str(args.media))
    card = handin.Card.read(_read(args.to, handin.LARGEST_CARD), args.to.name)
    whole = formats.ImportResult()
    for path in args.files:
        with Progress(path.name) as progress:
            part = formats.read(path, args.media, progress.show)
        whole.items += part.items
        whole.places += part.places
        whole.media |= part.media
        whole.refused += part.refused
        whole.remarks += part.remarks
    if whole.items:
        signer = _signer(args.key, args.key_passphrase_file)
        places = [(place.file, place.sheet, place.row) for place in whole.places]
        _write(args.out, handin.pack(card, signer, whole.items, places, whole.media, now()))
    if args.json:
        record = {"packed": len(whole.items), "pictures": len(whole.media), "bank": card.bank, "name": card.name}
        record |= {"fingerprint": card.fingerprint, "refused": [_record(each) for each in whole.refused]}
        print(json.dumps(record | {"remarks": [_record(each) for each in whole.remarks]}, ensure_ascii=False))
    else:
        _print_notes(whole.refused, whole.remarks)
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
    from bank.handin import LARGEST
    from tools.bank import Progress
    from tools.open_bank import open_bank

    sealed = _read(args.drafts, LARGEST)
    with open_bank(args) as bank, Progress(args.drafts.name) as progress:
        if args.dry_run:
            taken = bank.weigh_drafts(sealed, args.drafts.name)
        else:
            taken = bank.take_drafts(sealed, args.drafts.name, progress.show)
    if args.json:
        print(json.dumps(_taken_record(args, taken), ensure_ascii=False))
    else:
        _print_taken(args, taken)
    return 1 if taken.refused or taken.contradicting else 0


def _taken_record(args: argparse.Namespace, taken: "Taken") -> dict[str, Any]:
    def place(where: "Where") -> dict[str, Any]:
        return dict(zip(("file", "sheet", "row"), where, strict=True))

    return {
        "dry_run": args.dry_run,
        "author": taken.author,
        "name": taken.name,
        "packed_at": taken.at,
        "sha256": taken.sha256,
        "added": len(taken.added),
        "already": len(taken.already),
        "repeats": [place(each) for each in taken.repeats],
        "contradicting": [place(each) for each in taken.contradicting],
        "near": [place(each) | {"twin": twin, "percent": percent} for each, twin, percent in taken.near],
        "pictures": taken.pictures,
        "refused": [_record(_refusal(each)) for each in taken.refused],
        "remarks": [_record(_refusal(each)) for each in taken.remarks],
    }


def _print_taken(args: argparse.Namespace, taken: "Taken") -> None:
    from tools.bank import _place, _print_rows
    from tools.say import _

    print(_("Packed and signed by {name} ({id}).").format(name=taken.name, id=taken.author))
    _print_notes([_refusal(each) for each in taken.refused], [])
    _print_rows(
        _("The same question with another answer key (not added; one of the two is wrong):"),
        [(_place(_at(each)), "") for each in taken.contradicting],
    )
    _print_rows(_("Repeats of a row further up:"), [(_place(_at(each)), "") for each in taken.repeats])
    _print_rows(
        _("Nearly the same as another question (added all the same; look whether one of the two should go):"),
        [(_place(_at(each)), f"≈ {twin} {percent} %") for each, twin, percent in taken.near],
    )
    _print_notes([], [_refusal(each) for each in taken.remarks])
    counts = _("{added} added, {already} already there, {refused} refused; {pictures} pictures.")
    if args.dry_run:
        counts = _("Nothing was changed. It would be: {added} added, {already} already there, {refused} refused.")
    print(
        counts.format(
            added=len(taken.added), already=len(taken.already), refused=len(taken.refused), pictures=taken.pictures
        )
    )


def _print_notes(refused: "list[Refusal]", remarks: "list[Refusal]") -> None:
    from tools.bank import _place, _print_rows
    from tools.say import _

    _print_rows(_("Refused:"), [(_place(each), _reason(each)) for each in refused])
    _print_rows(_("Worth a look:"), [(_place(each), _reason(each)) for each in remarks])


def _reason(refusal: "Refusal") -> str:
    from tools import bank
    from tools.say import sentence
    from tools.sentences.handin import SENTENCES

    if refusal.reason in SENTENCES:
        return sentence(refusal.reason, refusal.facts, SENTENCES)
    return bank._reason(refusal)


def _record(refusal: "Refusal") -> dict[str, Any]:
    told = {"file": refusal.file, "sheet": refusal.sheet, "row": refusal.row, "reason": refusal.reason}
    return told | {"facts": refusal.facts, "sentence": _reason(refusal)}


def _refusal(note: "Note") -> "Refusal":
    from bank.formats import Refusal

    return Refusal(*note.where, note.reason, note.facts)


def _at(where: "Where") -> "Place":
    from bank.formats import Place

    return Place(*where)


# ---- files -----------------------------------------------------------------------------------------------------------


def _read(path: Path, most: int) -> bytes:
    from bank.refused import BadFile

    try:
        with path.open("rb") as stream:
            data = stream.read(most + 1)
    except FileNotFoundError:
        raise BadFile("file-missing", file=str(path)) from None
    except OSError as error:
        raise BadFile("file-unreadable", file=str(path), error=error.strerror) from None
    if len(data) > most:
        raise BadFile("file-too-large", file=path.name, most=most)
    return data


def _write(path: Path, data: bytes, *, same_is_fine: bool = False) -> None:
    """Whole or not at all, and never over another file: a slip in --out must not cost an author the key."""
    from bank.refused import BrokenStore, Denied

    passing = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        if same_is_fine and path.is_file() and path.read_bytes() == data:
            return
        with os.fdopen(os.open(passing, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644), "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        if path.exists():
            raise Denied("handin-file-exists", file=str(path))
        passing.rename(path)
    except OSError as error:
        raise BrokenStore("store-io", file=str(path), error=error.strerror) from None
    finally:
        with contextlib.suppress(OSError):
            passing.unlink()
