"""`examd bank revise|adopt|diff|history|repeal`: an item is put into other words, and why it should be."""

import argparse
import sys
from pathlib import Path

from tools.cli import unlock
from tools.cli.bank.changes import change_records, item_name, print_changes, word
from tools.cli.bank.open_bank import open_bank
from tools.cli.base import Commands, day, positive, some
from tools.cli.language import _, joined, plain
from tools.cli.output import as_json, report

MOST_NAMED = 10


def add(bank: Commands) -> None:
    """Adds `examd bank revise|adopt|diff|history|repeal`."""
    revising = bank.add(
        "revise",
        run_revise,
        _("put an item into other words: a new draft"),
        _(
            "An approved revision is never changed. The draft goes through review like any other; whoever wrote it "
            "signs for it and reviews it as little as those whose draft it replaces."
        ),
        "examd bank revise bank/ q17 q17.csv --as stick/liming.key",
    )
    adopting = bank.add(
        "adopt",
        run_adopt,
        _("answer for drafts of unknown writers"),
        _(
            "Drafts from before writers signed go through review only when somebody answers for having written them. "
            "Whoever does so approves none of them."
        ),
        "examd bank adopt bank/ q17 q18 --as stick/liming.key",
    )
    adopting.takes_bank()
    adopting.takes_items()
    adopting.takes_key()
    adopting.add_argument("--all", action="store_true", help=_("all drafts whose writer is unknown"))
    differing = bank.add(
        "diff",
        run_diff,
        _("what changed between two revisions of an item"),
        _("Shows answer keys. Taken away: [-…-]; added: {+…+}."),
        "examd bank diff bank/ q17",
    )
    history = bank.add(
        "history",
        run_history,
        _("who wrote, handed in, approved, returned or retired an item"),
        _(
            "Every act of every revision, oldest first, with its time in Beijing, who read it and for how long, and "
            "whether a signature proves it. With --json times are in UTC."
        ),
        "examd bank history bank/ q17",
    )
    for command in (revising, differing, history):
        command.takes_bank()
        command.takes_item()
    revising.add_argument("file", type=Path, metavar="FILE", help=_("a question file with this one item"))
    revising.takes_media()
    revising.takes_key(required=False)
    differing.add_argument("--from", dest="before", type=positive, metavar="REV", help=_("default: the one before"))
    differing.add_argument("--to", dest="after", type=positive, metavar="REV", help=_("default: the newest"))

    repealing = bank.add(
        "repeal",
        run_repeal,
        _("note that a provision ends, and list the items that cite it"),
        _("Items whose basis holds these words are listed by `bank check` and `bank list --repealed-on` from then on."),
        "examd bank repeal bank/ 安监总局令第30号 --on 2026-05-01 --as stick/liming.key",
    )
    repealing.takes_bank()
    repealing.takes_key(required=False)
    repealing.add_argument("text", metavar="TEXT", help=_("words by which the provision is cited"))
    repealing.add_argument("--on", type=day, required=True, metavar="DATE", help=_("first day out of force"))


def run_revise(args: argparse.Namespace) -> int:
    """Finds the item first, then asks who writes."""
    from bank.authoring import revisions

    with open_bank(args) as bank:
        before = bank.items.find(args.item)
        after = revisions.revise(bank, before, args.file, args.media, unlock.writer(bank, args))
    told = {"item": item_name(after), "rev": after.rev}
    return report(args, told, _("{item} is now in revision {rev}, a draft.").format(**told))


def run_adopt(args: argparse.Namespace) -> int:
    """Asks for the passphrase only where there is something to adopt."""
    from bank.authoring import lifecycle

    with open_bank(args) as bank:
        items = bank.drafts.unwritten() if args.all else [bank.items.outline(word) for word in some(args.items)]
        if items:
            lifecycle.adopt(bank, items, unlock.signer(args.key, args.key_passphrase_file))
    told = {"items": [{"item": item_name(item), "rev": item.rev} for item in items]}
    if not items:
        return report(args, told, _("Nothing to adopt: of every draft it is known who wrote it."))
    return report(args, told, _("You are now the writer of {n} drafts.").format(n=len(items)))


def run_diff(args: argparse.Namespace) -> int:
    """Shows answer keys, like the items themselves."""
    from bank.authoring import revisions

    with open_bank(args) as bank:
        found = revisions.difference(bank, args.item, args.before, args.after)
    if args.json:
        as_json({"from": found.before, "to": found.after, "changes": change_records(found.changes)})
        return 0
    print_changes(found.changes)
    if not found.changes:
        print(_("Nothing differs."), file=sys.stderr)
    return 0


def run_history(args: argparse.Namespace) -> int:
    """One act a line, oldest first."""
    from bank.authoring import revisions
    from bank.clock import time_of

    with open_bank(args) as bank:
        acts = revisions.history(bank, bank.items.outline(args.item).lineage)
    for each in acts:
        event = each.event
        if args.json:
            record = {"rev": each.rev, "act": event.act.value, "who": event.who, "at": event.at}
            record |= {"remarks": event.remarks, "signed": each.signed}
            as_json(record | {"by": each.by, "hands_before": each.hands_before})
            continue
        inherited = _("(hands in it before: {names})").format(names=joined(each.earlier)) if each.earlier else ""
        line = f"{each.rev}  {time_of(event.at)}  {'✓' if each.signed else ' '} {word(event.act.value, 'ACTS')}"
        more = event.remarks if each.read_s is None else _("{n} s").format(n=each.read_s)
        print(plain("  ".join(filter(None, (line, joined(each.who), inherited, more))).rstrip()))
    return 0


def run_repeal(args: argparse.Namespace) -> int:
    """Names the first few items that cite it; --json all of them."""
    from bank.authoring import revisions

    with open_bank(args) as bank:
        found = revisions.repeal(bank, args.text, args.on, unlock.writer(bank, args))
    for item, basis in found if args.json else found[:MOST_NAMED]:
        report(args, {"item": item_name(item), "basis": basis}, item_name(item))
    if len(found) > MOST_NAMED and not args.json:
        print("  " + _("… and {n} more (--json lists them all)").format(n=len(found) - MOST_NAMED))
    print(_("{n} items cite it: revise or retire them.").format(n=len(found)), file=sys.stderr)
    return 0
