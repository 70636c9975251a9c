"""`examd bank owner|slice|accept|withdraw|slices`: items lent to another body, within a permission and a period."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from tools.cli import unlock
from tools.cli.bank.open_bank import open_bank
from tools.cli.bank.subjects import takes_subject
from tools.cli.base import Commands, day
from tools.cli.files import read_file
from tools.cli.language import _, joined
from tools.cli.output import as_json, report, rows

if TYPE_CHECKING:
    from bank.lending.owners import Owner
    from bank.lending.slices import Body, Slice
    from examd.holders import Card, Holder


def add(bank: Commands) -> None:
    """Adds `examd bank owner|slice|accept|withdraw|slices`."""
    owning = bank.add(
        "owner",
        run_owner,
        _("sign the card of a body that lends to this bank; list them"),
        _(
            "Two of the bank's people sign an owner's card once, each with a command of their own, after comparing its "
            "key with the owner by telephone: what two people approved in the owner's bank is in force here too. A new "
            "card of the same owner replaces the old one. Without a card: lists who is known. Exit code 1: one more "
            "person must sign."
        ),
        "examd bank owner bank/ province.card.json --as stick/wangfang.key",
    )
    slicing = bank.add(
        "slice",
        run_slice,
        _("lend items to another body: a signed slice, sealed to it"),
        _(
            "Writes a folder SLICE-<number>. Its statement names owner, receiver, permission and period; the items "
            "with their answer keys are sealed to the receiver. Items of other bodies cannot be lent on. A person of "
            "the bank signs with their own key, a second one with them above 300 items a day."
        ),
        "examd bank slice bank/ --office office --to city.card.json --permission exam --until 2027-12-31 --out stick "
        "--as stick/wangfang.key",
    )
    accepting = bank.add(
        "accept",
        run_accept,
        _("take in another body's slice, signed by a reviewer"),
        _(
            "Only from an owner whose card two of the bank's people signed (bank owner). What two people approved in "
            "the owner's bank is in force: their signatures come with the slice and are checked. What comes without "
            "them waits for review here (bank review). The items stay the owner's: here they are used within "
            "permission and period, and never written or retired. Of the slices of one owner the newest rules, "
            "whichever comes last. Exit code 1: an item of this bank's own, or of another "
            "owner, has another answer key."
        ),
        "examd bank accept bank/ stick/SLICE-0123 --office office --as stick/wangfang.key",
    )
    withdrawing = bank.add(
        "withdraw",
        run_withdraw,
        _("take a slice back (owner), or obey its withdrawal (receiver)"),
        _(
            "With --office and --reason, the owner writes the signed withdrawal WITHDRAWAL-<number>.json. With only "
            "the file of a withdrawal, the receiver's bank takes the slice out of force: the next draw is without it. "
            "A withdrawal that comes before its slice is kept, and the slice refused."
        ),
        "examd bank withdraw bank/ stick/WITHDRAWAL-0123.json",
    )
    slices = bank.add(
        "slices",
        run_slices,
        _("what other bodies lent to this bank"),
        _(
            "Owner, permission, period, how many of its items are in force by it and not by a newer slice, how many "
            "wait for review here, and whether it was withdrawn."
        ),
        "examd bank slices bank/",
    )
    for command in (owning, slicing, accepting, withdrawing, slices):
        command.takes_bank()

    owning.add_argument("card", type=Path, nargs="?", metavar="CARD", help=_("the owner's public card"))
    owning.takes_file("--as", _("your key file"))
    owning.takes_file("--key-passphrase-file", _("read your passphrase here"))

    slicing.takes_signers()
    slicing.add_argument("--to", type=Path, required=True, metavar="CARD", help=_("the receiving bureau's public card"))
    slicing.add_argument(
        "--permission", action="append", required=True, choices=("exam", "drill", "open"),
        help=_("what the items may be used for (exam, drill, open practice); may be repeated"),
    )  # fmt: skip
    slicing.add_argument("--from", dest="first", type=day, metavar="DATE", help=_("first day of use (default: today)"))
    slicing.add_argument("--until", type=day, required=True, metavar="DATE", help=_("last day of use"))
    takes_subject(slicing, _("of this subject (code or name)"))
    slicing.add_argument("--chapter", metavar="CODE", help=_("a chapter with its sub-chapters"))
    slicing.add_argument("--out", type=Path, required=True, metavar="DIR", help=_("where to put the slice (a stick)"))
    slicing.add_argument("items", nargs="*", metavar="ITEM", help=_("these items only (code, or beginning of the id)"))

    accepting.add_argument("slice", type=Path, metavar="SLICE", help=_("the slice's folder"))
    accepting.takes_key()

    withdrawing.add_argument(
        "file", type=Path, metavar="FILE", help=_("a withdrawal; or, for its owner, the slice's folder")
    )
    withdrawing.add_argument("--reason", metavar="TEXT", help=_("why; signed"))
    withdrawing.add_argument("--out", type=Path, metavar="DIR", help=_("where the owner's withdrawal is put"))

    for command in (slicing, accepting, withdrawing):
        needed = command is not withdrawing
        command.add_argument("--office", type=Path, required=needed, metavar="DIR", help=_("your bureau's folder"))
        command.takes_file("--office-passphrase-file", _("read the officer's passphrase from this file"))


def _office(args: argparse.Namespace) -> "Holder":
    from examd.bureau.office import Office

    return unlock.bureau(Office(args.office), args.office_passphrase_file)


def _body(card: "Card") -> "Body":
    from bank.lending.slices import Body

    return Body(card.id, card.name, card.sign, card.age)


def _read(path: Path) -> bytes:
    from bank.lending.slices import LARGEST

    return read_file(path, LARGEST)


# ---- whose items are taken in ----------------------------------------------------------------------------------------


def run_owner(args: argparse.Namespace) -> int:
    """1: one more person must sign. Raises BadFile: when only one of card and key is given."""
    from bank.lending import exchange
    from bank.refused import BadFile
    from bank.seal.statements import keyid
    from examd.holders import Card

    signing = vars(args)["as"]
    if (args.card is None) != (signing is None):
        raise BadFile("owner-needs-card-and-key")
    with open_bank(args) as bank:
        if args.card is not None:
            card = _body(Card.read(args.card, "bureau"))
            listed = [exchange.sign_owner(bank, card, unlock.signer(signing, args.key_passphrase_file))]
        else:
            listed = bank.owners.all()
        names = {person.id: person.name for person in bank.people.all().values()}
    if args.json:
        records = [
            {
                "by": list(each.by), "current": each.current, "id": each.body.id, "key": keyid(each.body.sign),
                "known": each.known, "name": each.body.name, "separated": each.separated,
            }
            for each in listed
        ]  # fmt: skip
        as_json(records[0] if args.card is not None else records)
    else:
        for each in listed:
            print(_("{id}  {name}  key {key}  signed by {by}: {state}").format(
                id=each.body.id, name=each.body.name, key=keyid(each.body.sign)[:16],
                by=joined(names[by] for by in each.by), state=_owner_state(each),
            ))  # fmt: skip
        if not listed:
            print(_("No owner is known: no slice can be taken in."))
    return 1 if args.card is not None and not listed[0].known else 0


def _owner_state(owner: "Owner") -> str:
    if not owner.known:
        return _("one more person must sign")
    if not owner.current:
        return _("replaced by a newer card")
    return _("known") if owner.separated else _("known; not separated: one holder")


# ---- lending ---------------------------------------------------------------------------------------------------------


def run_slice(args: argparse.Namespace) -> int:
    """Unlocks the bureau, reads the receiver's card, and opens the bank, in this order."""
    from bank.lending import exchange
    from bank.lending.slices import Permission
    from examd.holders import Card

    bureau, receiver = _office(args), Card.read(args.to, "bureau")
    with open_bank(args) as bank:
        lent = exchange.lend(
            bank, _body(bureau.card), bureau.signing_key, _body(receiver), args.out,
            permission=frozenset(map(Permission, args.permission)), first=args.first, until=args.until,
            signers=unlock.signers(args), names=args.items, subject=args.subject, chapter=args.chapter,
        )  # fmt: skip
    line = _("{n} items lent to {name} in {folder}").format(n=lent.items, name=receiver.name, folder=lent.folder)
    return report(args, {"items": lent.items, "slice": str(lent.folder)}, line)


# ---- receiving -------------------------------------------------------------------------------------------------------


def run_accept(args: argparse.Namespace) -> int:
    """1: an item that is not this owner's has another answer key."""
    from bank.lending import exchange, slices

    statement, sealed = _read(args.slice / slices.STATEMENT), _read(args.slice / slices.ITEMS)
    lines = slices.unseal(slices.read(statement), sealed, _office(args).identity)
    with open_bank(args) as bank:
        signer = unlock.signer(args.key, args.key_passphrase_file)
        taken = exchange.accept(bank, statement, lines, signer)
    terms, done = taken.terms, taken.done
    line = _("{n} items of {owner} taken in, to be used until {day}.")
    lines_told = [line.format(n=len(done.added), owner=terms.owner.name, day=terms.until)]
    for text, ids in (
        (_("{n} items that the owner had lent before: from now on as this slice says."), done.renewed),
        (_("{n} items stand under a newer slice of the owner; this one changes nothing for them."), done.older),
        (_("{n} items were here already, not lent by this owner; they stay as they are."), done.already),
    ):
        lines_told += [text.format(n=len(ids))] if ids else []
    if done.approved_by:
        line = _("Approved in the bank of {owner} by {names}; their signatures were checked.")
        lines_told.append(line.format(owner=terms.owner.name, names=joined(done.approved_by)))
    if done.waiting:
        line = _(
            "{n} items came without signatures by which the bank of {owner} approved them: they wait for review here, "
            "and what stood before goes on until then: examd bank review {bank} --as {key}"
        )
        told = line.format(n=len(done.waiting), owner=terms.owner.name, bank=args.bank, key=args.key)
        lines_told.append(told)
    if not taken.owner.separated:
        lines_told.append(_("Not separated: one holder may stand behind all signatures on this owner's card."))
    report(
        args,
        {
            "added": len(done.added), "already": list(done.already), "approved_by": list(done.approved_by),
            "contradicting": list(done.contradicting),
            "corrected": list(done.corrected), "older": list(done.older), "owner": terms.owner.id,
            "renewed": list(done.renewed), "separated": taken.owner.separated, "slice": terms.slice,
            "until": terms.until.isoformat(), "waiting": list(done.waiting),
        },
        *lines_told,
    )  # fmt: skip
    if not args.json:
        for title, ids in (
            (
                _("The owner corrected the answer key (marks given by the old one stay as they were given):"),
                done.corrected,
            ),
            (_("Here with another answer key, one of the two is wrong:"), done.contradicting),
        ):
            rows(title, [(taken.names.get(item, item[:8]), "") for item in ids])
    return 1 if done.contradicting else 0


def run_withdraw(args: argparse.Namespace) -> int:
    """Of the receiver without --office, of the owner with it. Raises BadFile: when the owner says not why or where."""
    from bank.lending import exchange, slices
    from bank.refused import BadFile

    if args.office is None:
        with open_bank(args) as bank:
            done = bank.slices.withdraw(_read(args.file))
        record = {"here": done.here, "retired": done.retired, "slice": done.slice, "standing": done.standing}
        if not done.here:
            line = _("Slice {slice} of {owner} is not in this bank. The withdrawal is kept: the slice will be refused.")
            return report(args, record, line.format(slice=done.slice[:8], owner=done.owner))
        told = [_("{n} items retired at their owner's word.").format(n=done.retired)]
        if done.standing:
            told.append(_("{n} items stay in force by another slice of the owner.").format(n=done.standing))
        return report(args, record, *told)
    if not args.reason or args.out is None:
        raise BadFile("withdrawal-without-reason")
    terms = slices.read(_read(args.file / slices.STATEMENT))
    path = exchange.take_back(terms, _office(args).signing_key, args.reason, args.out)
    line = _("Withdrawal written: {path}. It takes effect where it arrives.").format(path=path)
    return report(args, {"withdrawal": str(path)}, line)


def _slice_end(each: "Slice") -> str:
    from bank.clock import day_of

    waits = _("{n} wait for review").format(n=each.waiting) if each.waiting else ""
    over = _("withdrawn {day}").format(day=day_of(each.withdrawn_at)) if each.withdrawn_at else ""
    return "".join(f" · {said}" for said in (waits, over) if said)


def run_slices(args: argparse.Namespace) -> int:
    """Every slice that came, in its order."""
    from tools.cli.sentences.guarding import PERMISSIONS

    with open_bank(args) as bank:
        slices = bank.slices.all()
    if args.json:
        fields = ("id", "owner", "owner_name", "permission", "first", "until", "items", "in_force", "waiting",
                  "accepted_by", "accepted_at", "withdrawn_at")  # fmt: skip
        as_json([{name: getattr(each, name) for name in fields} for each in slices])
        return 0
    for each in slices:
        print(_("{slice}  {owner}: {items} items ({standing} in force), {permission}, {first} to {until}{end}").format(
            slice=each.id[:8], owner=each.owner_name, items=each.items, standing=each.in_force,
            permission=joined(_(PERMISSIONS[permission]) for permission in each.permission),
            first=each.first, until=each.until,
            end=_slice_end(each),
        ))  # fmt: skip
    if not slices:
        print(_("No other body has lent items to this bank."))
    return 0
