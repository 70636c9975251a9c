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

if TYPE_CHECKING:
    from bank.authoring.people import Signer
    from bank.authoring.revisions import ForReview
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
            "many are left. More than 50 are shown to whoever says with their key who they are (--as). Exit code 3: "
            "some were not shown."
        ),
        "examd bank review bank/ q17 --as stick/wangfang.key",
    )
    queue.takes_bank()
    queue.takes_items()
    queue.takes_key(required=False)
    approving = bank.add(
        "approve",
        run_approve,
        _("approve items that somebody else handed in, signed by you"),
        _("From then on sessions may use them; the revision before is retired."),
        "examd bank approve bank/ q17 --as stick/wangfang.key",
    )
    returning = bank.add(
        "return",
        run_return,
        _("send items back to their author, with remarks"),
        _("The revision stays as it was; what the author changes becomes the next one."),
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
    submitting.add_argument("--all", action="store_true", help=_("all drafts that were not returned"))
    approving.add_argument("--all", action="store_true", help=_("everything that waits, except your own work"))
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

    with open_bank(args) as bank:
        chosen = _chosen(bank, args)
        items = revisions.to_submit(bank) if args.all else chosen
        signer = unlock.signer(args.key, args.key_passphrase_file)
        with progress(args.bank.name) as show:
            lifecycle.submit(bank, items, signer, show)
    nothing = _("Nothing to hand in: there is no draft but those that were returned.")
    return _done(args, _("{n} items handed in for review."), items, nothing)


def run_queue(args: argparse.Namespace) -> int:
    """Shows as far as the bound on answer keys goes, then says how many are left."""
    from bank.authoring import revisions

    with open_bank(args) as bank:
        if args.key is not None:
            bank.identify(unlock.signer(args.key, args.key_passphrase_file))
        queue = revisions.show_queue(bank, args.items, partial(_show, as_record=args.json))
    if not args.json:
        print(_("{n} items wait for review.").format(n=queue.waiting), file=sys.stderr)
        if queue.shown < queue.waiting:
            print(_("{n} of them are shown.").format(n=queue.shown), file=sys.stderr)
    if queue.refusal is not None:
        raise queue.refusal
    return 0


def _show(waits: "ForReview", *, as_record: bool) -> None:
    from bank.authoring import review

    item = waits.item
    if as_record:
        record = {"item": item_name(item), "lineage": item.lineage, "rev": item.rev, "hands": waits.hands}
        fields = dict(review.fields_of(waits.whole))
        as_json(record | {"fields": fields, "changes": change_records(waits.changes)})
        return
    rev, by = _("revision {rev}").format(rev=item.rev), _("written by {names}").format(names=joined(waits.names))
    print(plain(f"── {item_name(item)}  {rev}  {by}"))
    print_changes(waits.changes) if waits.changes else print_whole(waits.whole)


def run_approve(args: argparse.Namespace) -> int:
    """With --all whatever others wrote."""
    from bank.authoring import lifecycle, revisions

    with open_bank(args) as bank:
        chosen = _chosen(bank, args)
        signer = unlock.signer(args.key, args.key_passphrase_file)
        items = revisions.to_approve(bank, signer) if args.all else chosen
        with progress(args.bank.name) as show:
            lifecycle.approve(bank, items, signer, progress=show)
    return _done(args, _("{n} items approved."), items, _("Nothing to approve: nothing of others waits for review."))


def run_return(args: argparse.Namespace) -> int:
    """All or none."""
    from bank.authoring import lifecycle

    return _with_remarks(args, lifecycle.send_back, _("{n} items returned to their authors."))


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
