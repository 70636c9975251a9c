"""`examd bank submit|review|approve|return|retire`: an item from hand to hand, each act signed by who does it."""

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tools.cli import unlock
from tools.cli.bank.changes import change_records, item_name, print_changes, print_whole
from tools.cli.bank.open_bank import open_bank
from tools.cli.base import Command, Commands, some
from tools.cli.language import _, plain
from tools.cli.output import as_json, progress, report

if TYPE_CHECKING:
    from bank.store import BankItem, OpenBank


def add(bank: Commands) -> None:
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
            "many are left. Exit code 3: some were not shown."
        ),
        "examd bank review bank/ q17",
    )
    queue.takes_bank()
    queue.takes_items()
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


def _chosen(bank: "OpenBank", args: argparse.Namespace) -> "list[BankItem]":
    if getattr(args, "all", False) and not args.items:
        return []
    return [bank.items.find(word) for word in some(args.items)]


def _done(args: argparse.Namespace, text: str, items: "Sequence[BankItem]", nothing: str = "") -> int:
    record = {"items": [{"item": item_name(item), "rev": item.rev} for item in items]}
    return report(args, record, text.format(n=len(items)) if items else nothing)


def run_submit(args: argparse.Namespace) -> int:
    from bank.authoring import lifecycle
    from bank.authoring.review import Act, State

    with open_bank(args) as bank:
        items = _chosen(bank, args)
        if args.all:
            drafts = bank.items.select(state=State.DRAFT)
            items = [item for item in drafts if bank.history.events(item.number)[-1].act is not Act.RETURN]
        signer = unlock.signer(args.key, args.key_passphrase_file)
        with progress(args.bank.name) as show:
            lifecycle.submit(bank, items, signer, show)
    nothing = _("Nothing to hand in: there is no draft but those that were returned.")
    return _done(args, _("{n} items handed in for review."), items, nothing)


def run_queue(args: argparse.Namespace) -> int:
    from bank.authoring.review import State
    from bank.refused import Denied

    with open_bank(args) as bank:
        waiting = [item for item in bank.items.select(verified=False, state=None) if item.state is State.IN_REVIEW]
        chosen = _in_review(bank, args.items) if args.items else waiting
        refusal = None
        for shown, item in enumerate(chosen):
            try:
                _show(bank, item, args)
            except Denied as denied:  # what was shown stays shown; the bound is told with what it left out
                if denied.code != "export-limit" or not shown:
                    raise
                refusal, chosen = denied, chosen[:shown]
                break
    if not args.json:
        print(_("{n} items wait for review.").format(n=len(waiting)), file=sys.stderr)
        if len(chosen) < len(waiting):
            print(_("{n} of them are shown.").format(n=len(chosen)), file=sys.stderr)
    if refusal is not None:
        raise refusal
    return 0


def _in_review(bank: "OpenBank", words: Sequence[str]) -> "list[BankItem]":
    from bank.authoring.review import State
    from bank.refused import Denied

    found = [bank.items.find(word) for word in dict.fromkeys(words)]
    for item in found:
        if item.state is not State.IN_REVIEW:
            raise Denied("not-in-review", item=item_name(item), state=item.state.value)
    return found


def _show(bank: "OpenBank", item: "BankItem", args: argparse.Namespace) -> None:
    from bank.authoring import review
    from bank.authoring.review import State

    inforce = next((each for each in bank.items.revisions(item.lineage) if each.state is State.APPROVED), None)
    before, whole = None, next(iter(bank.answer_keys.whole([item])))
    if inforce is not None:
        before = next(iter(bank.answer_keys.whole([inforce])))
    differs = () if before is None else review.changes(before, whole)
    hands = sorted(review.hands(bank.history.events(item.number)))
    if args.json:
        record = {"item": item_name(item), "lineage": item.lineage, "rev": item.rev, "hands": hands}
        as_json(record | {"fields": dict(review.fields_of(whole)), "changes": change_records(differs)})
        return
    known = bank.people.all()
    names = "、".join(known[one].name if one in known else one for one in hands)
    rev, by = _("revision {rev}").format(rev=item.rev), _("written by {names}").format(names=names)
    print(plain(f"── {item_name(item)}  {rev}  {by}"))
    print_changes(differs) if differs else print_whole(whole)


def run_approve(args: argparse.Namespace) -> int:
    from bank.authoring import lifecycle, people, review
    from bank.authoring.review import State

    with open_bank(args) as bank:
        items = _chosen(bank, args)
        signer = unlock.signer(args.key, args.key_passphrase_file)
        if args.all:
            waiting = bank.items.select(state=State.IN_REVIEW)
            mine = people.keys_of(signer.id, bank.people.all())
            items = [item for item in waiting if not mine & review.hands(bank.history.events(item.number))]
        with progress(args.bank.name) as show:
            lifecycle.approve(bank, items, signer, progress=show)
    return _done(args, _("{n} items approved."), items, _("Nothing to approve: nothing of others waits for review."))


def run_return(args: argparse.Namespace) -> int:
    from bank.authoring import lifecycle

    with open_bank(args) as bank:
        items = _chosen(bank, args)
        lifecycle.send_back(bank, items, unlock.signer(args.key, args.key_passphrase_file), args.remarks)
    return _done(args, _("{n} items returned to their authors."), items)


def run_retire(args: argparse.Namespace) -> int:
    from bank.authoring import lifecycle

    with open_bank(args) as bank:
        items = _chosen(bank, args)
        lifecycle.retire(bank, items, unlock.signer(args.key, args.key_passphrase_file), args.remarks)
    return _done(args, _("{n} items retired."), items)
