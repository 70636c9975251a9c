"""`examd bank submit|review|approve|return|retire`: an item from hand to hand, each act signed by who does it."""

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from tools.cli import unlock
from tools.cli.bank.changes import change_records, item_name, print_changes, print_whole
from tools.cli.bank.open_bank import open_bank
from tools.cli.base import Command, Commands, some
from tools.cli.language import _, joined, plain
from tools.cli.output import as_json, progress, report
from tools.cli.sentences import said

if TYPE_CHECKING:
    from bank.authoring.people import Signer
    from bank.authoring.reading import Shown
    from bank.authoring.revisions import ForReview, Turn
    from bank.store import ItemOutline, OpenBank


def add(bank: Commands) -> None:
    """Adds `examd bank submit|review|approve|return|retire`."""
    submitting = bank.add(
        "submit",
        run_submit,
        _("hand drafts in for review, signed by their author"),
        _("Who hands an item in answers for it, and cannot review it."),
        "examd bank submit bank/ q17 q18 --as stick/liming.key",
    )
    queue = bank.add(
        "review",
        run_queue,
        _("show what waits for review, with answer keys"),
        _(
            "Each item as it would be approved; for a change, what differs from the revision in force. Without ITEM "
            "all that wait, one after the other; where the opening's bound on answer keys is reached, it says how "
            "many are left. Exit code 3: some were not shown. With --as at a terminal a reviewer reads in their own "
            "name, one item at a time, at the pace of its words; only what they have read can they approve. Elsewhere "
            "--as says who looks, and more than 50 are shown."
        ),
        "examd bank review bank/ --as stick/wangfang.key",
    )
    queue.takes_bank()
    queue.takes_items()
    queue.takes_key(required=False)
    approving = bank.add(
        "approve",
        run_approve,
        _("approve items that somebody else handed in, signed by you"),
        _(
            "From then on sessions may use them; the revision before is retired. What you have not read (bank review "
            "--as, or the desk) you cannot approve."
        ),
        "examd bank approve bank/ q17 --as stick/wangfang.key",
    )
    returning = bank.add(
        "return",
        run_return,
        _("send items back to their author, with remarks"),
        _(
            "The revision stays as it was; what the author changes becomes the next one. An item that another body "
            "lent is turned down for good: its owner lends it again in other words."
        ),
        "examd bank return bank/ q17 --remarks 选项B与C同义 --as stick/wangfang.key",
    )
    retiring = bank.add(
        "retire",
        run_retire,
        _("take items out of use"),
        _("No session after this uses them. They stay in the bank with their history."),
        "examd bank retire bank/ q17 --remarks 依据已废止 --as stick/wangfang.key",
    )
    for command in (submitting, approving, returning, retiring):
        _signed(command)
    submitting.add_argument("--all", action="store_true", help=_("all your own drafts that were not returned"))
    approving.add_argument("--all", action="store_true", help=_("everything that waits and that you have read"))
    for command in (returning, retiring):
        command.add_argument("--remarks", required=True, metavar="TEXT", help=_("why; kept and signed"))


def _signed(command: Command) -> None:
    command.takes_bank()
    command.takes_items()
    command.takes_key()


def _chosen(bank: "OpenBank", args: argparse.Namespace) -> "list[ItemOutline]":
    if getattr(args, "all", False) and not args.items:
        return []
    return [bank.items.outline(word) for word in some(args.items)]


def _done(args: argparse.Namespace, text: str, items: "Sequence[ItemOutline]", nothing: str = "") -> int:
    record = {"items": [{"item": item_name(item), "rev": item.rev} for item in items]}
    return report(args, record, text.format(n=len(items)) if items else nothing)


def run_submit(args: argparse.Namespace) -> int:
    """Chooses first, then asks for the passphrase."""
    from bank.authoring import lifecycle, revisions

    left = 0
    with open_bank(args) as bank:
        chosen = _chosen(bank, args)
        signer = unlock.signer(args.key, args.key_passphrase_file)
        if args.all:
            own = revisions.to_submit(bank, signer)
            chosen, left = list(own.items), own.left
        with progress(args.bank.name) as show:
            lifecycle.submit(bank, chosen, signer, show)
    if left:
        print(_("{n} drafts of others are left: their writers hand them in.", n=left), file=sys.stderr)
    nothing = _("Nothing to hand in: you have no draft but those that were returned.")
    return _done(args, _("{n} items handed in for review."), chosen, nothing)


def run_queue(args: argparse.Namespace) -> int:
    """Shows as far as the bounds go, then says how many are left; with --as, at a terminal, to a reviewer who reads."""
    from bank.authoring import revisions

    with open_bank(args) as bank:
        if args.key is not None:
            signer = unlock.signer(args.key, args.key_passphrase_file)
            bank.identify(signer)
            if sys.stdin.isatty() and sys.stdout.isatty() and not args.json:
                return _read_through(bank, signer, args)
        queue = revisions.show_queue(bank, args.items, partial(_show, as_record=args.json))
    if not args.json:
        print(_("{n} items wait for review.").format(n=queue.waiting), file=sys.stderr)
        if queue.shown < queue.waiting:
            print(_("{n} of them are shown.").format(n=queue.shown), file=sys.stderr)
    if queue.refusal is not None:
        raise queue.refusal
    return 0


def _read_through(bank: "OpenBank", signer: "Signer", args: argparse.Namespace) -> int:
    from bank.authoring import revisions

    done = revisions.read_through(bank, signer, args.items, _turn, lambda why: print(said(why), file=sys.stderr))
    told = {"read": done.read, "skipped": done.skipped, "left": done.left}
    lines = [_("{read} items read, {skipped} skipped, {left} left.", **told)]
    if done.read:
        line = _("You sign what you have read with: examd bank approve {bank} --all --as {key}")
        lines.append(line.format(bank=args.bank, key=args.key))
    return report(args, told, *lines)


def _turn(waits: "ForReview", shown: "Shown", place: int, total: int) -> "Turn":
    """The item as it would be approved, and what the reviewer says to it."""
    from bank.authoring.revisions import Turn
    from tools.cli.pictures import print_picture

    print(_("── {place} of {total}", place=place, total=total))
    _show(waits, as_record=False)
    if waits.changes:
        print(_("As it would be approved:"))
        print_whole(waits.whole)
    for digest in sorted(waits.whole.pictures()):
        print_picture(digest, shown.pictures.get(digest))
    words = {"": Turn.READ, "s": Turn.SKIP, "q": Turn.STOP}
    while True:
        try:
            answer = input(_("Enter: read; s: skip; q: stop ")).strip().lower()
        except EOFError:
            return Turn.STOP
        if answer in words:
            return words[answer]


def _show(waits: "ForReview", *, as_record: bool) -> None:
    from bank.authoring import review

    item = waits.item
    if as_record:
        record = {"item": item_name(item), "lineage": item.lineage, "rev": item.rev, "hands": waits.hands}
        fields = dict(review.fields_of(waits.whole))
        as_json(record | {"fields": fields, "changes": change_records(waits.changes)})
        return
    rev, by = _("revision {rev}").format(rev=item.rev), _("written by {names}").format(names=joined(waits.names))
    if not waits.names:  # another body's
        by = _("lent by {owner}").format(owner=item.provenance.owner)
    print(plain(f"── {item_name(item)}  {rev}  {by}"))
    print_changes(waits.changes) if waits.changes else print_whole(waits.whole)


def run_approve(args: argparse.Namespace) -> int:
    """With --all whatever others wrote and this reviewer has read."""
    from bank.authoring import lifecycle, revisions

    unread = 0
    with open_bank(args) as bank:
        chosen = _chosen(bank, args)
        signer = unlock.signer(args.key, args.key_passphrase_file)
        if args.all:
            read = revisions.to_approve(bank, signer)
            chosen, unread = list(read.items), read.left
        with progress(args.bank.name) as show:
            lifecycle.approve(bank, chosen, signer, progress=show)
    if unread:
        line = _("{n} items wait that you have not read: examd bank review {bank} --as {key}")
        print(line.format(n=unread, bank=args.bank, key=args.key), file=sys.stderr)
    nothing = _("Nothing to approve: nothing of others that you have read waits for review.")
    return _done(args, _("{n} items approved."), chosen, nothing)


def run_return(args: argparse.Namespace) -> int:
    """All or none."""
    from bank.authoring import lifecycle

    return _with_remarks(args, lifecycle.send_back, _("{n} items returned."))


def run_retire(args: argparse.Namespace) -> int:
    """All or none."""
    from bank.authoring import lifecycle

    return _with_remarks(args, lifecycle.retire, _("{n} items retired."))


def _with_remarks(
    args: argparse.Namespace, act: "Callable[[OpenBank, list[ItemOutline], Signer, str], None]", text: str
) -> int:
    with open_bank(args) as bank:
        items = _chosen(bank, args)
        act(bank, items, unlock.signer(args.key, args.key_passphrase_file), args.remarks)
    return _done(args, text, items)
