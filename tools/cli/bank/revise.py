"""`examd bank revise|adopt|diff|history|repeal`: an item is put into other words, and why it should be."""

import argparse
import sys
from pathlib import Path

from tools.cli import unlock
from tools.cli.bank.changes import change_records, item_name, print_changes, word
from tools.cli.bank.open_bank import open_bank
from tools.cli.base import Commands, day, positive, some
from tools.cli.language import _, plain
from tools.cli.output import as_json, report

MOST_NAMED = 10


def add(bank: Commands) -> None:
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
        _("Every act of every revision, oldest first, with its day and whether a signature proves it."),
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
    from bank import formats
    from bank.authoring import lifecycle
    from bank.refused import BadFile

    with open_bank(args) as bank:
        before = bank.items.find(args.item)
        writer = unlock.writer(bank, args)
        found = formats.read(args.file, args.media)
        if len(found.items) != 1:
            raise BadFile("one-item-file", file=args.file.name, found=len(found.items))
        if writer is None:
            after = bank.drafts.revise(before.lineage, found.items[0], found.media)
        else:
            after = lifecycle.write(bank, before.lineage, found.items[0], writer, found.media, rev=before.rev)
    told = {"item": item_name(after), "rev": after.rev}
    return report(args, told, _("{item} is now in revision {rev}, a draft.").format(**told))


def run_adopt(args: argparse.Namespace) -> int:
    from bank.authoring import lifecycle

    with open_bank(args) as bank:
        items = bank.drafts.unwritten() if args.all else [bank.items.find(word) for word in some(args.items)]
        if items:
            lifecycle.adopt(bank, items, unlock.signer(args.key, args.key_passphrase_file))
    told = {"items": [{"item": item_name(item), "rev": item.rev} for item in items]}
    if not items:
        return report(args, told, _("Nothing to adopt: of every draft it is known who wrote it."))
    return report(args, told, _("You are now the writer of {n} drafts.").format(n=len(items)))


def run_diff(args: argparse.Namespace) -> int:
    from bank.authoring import review
    from bank.refused import Denied

    with open_bank(args) as bank:
        revisions = {item.rev: item for item in bank.items.revisions(bank.items.find(args.item).lineage)}
        after = args.after or max(revisions)
        before = args.before or after - 1
        if not before:
            raise Denied("revision-first", item=args.item)
        for rev in (before, after):
            if rev not in revisions:
                raise Denied("revision-unknown", item=args.item, rev=rev, found=max(revisions))
        old, new = bank.answer_keys.whole([revisions[before], revisions[after]])
        changes = review.changes(old, new)
    if args.json:
        as_json({"from": before, "to": after, "changes": change_records(changes)})
        return 0
    print_changes(changes)
    if not changes:
        print(_("Nothing differs."), file=sys.stderr)
    return 0


def run_history(args: argparse.Namespace) -> int:
    from bank.authoring import review

    with open_bank(args) as bank:
        people = bank.people.all()
        for item in bank.items.revisions(bank.items.find(args.item).lineage):
            wrote = bank.authors.of(bank.proof.seal(item))
            for event in bank.history.events(item.number):
                signed = review.is_signed(event, wrote)
                own, earlier = review.parted(event, wrote)
                who = "、".join(people[one].name if one in people else one for one in own)
                before = "、".join(people[one].name if one in people else one for one in earlier)
                if args.json:
                    record = {"rev": item.rev, "act": event.act.value, "who": event.who, "at": event.at}
                    record |= {"remarks": event.remarks, "signed": signed}
                    as_json(record | {"by": own, "hands_before": earlier})
                    continue
                act = word(event.act.value, "ACTS")
                sign = "✓" if signed else " "
                inherited = _("(hands in it before: {names})").format(names=before) if before else ""
                line = f"{item.rev}  {event.at}  {sign} {act}"
                print(plain("  ".join(filter(None, (line, who, inherited, event.remarks))).rstrip()))
    return 0


def run_repeal(args: argparse.Namespace) -> int:
    from bank.authoring import lifecycle
    from bank.authoring.review import State

    with open_bank(args) as bank:
        lifecycle.repeal(bank, args.text, args.on, unlock.writer(bank, args))
        items = [item for item in bank.items.select(state=None) if item.state is not State.RETIRED]
        found = lifecycle.repealed(items, {args.text: args.on.isoformat()}, args.on)
    for item, basis in found if args.json else found[:MOST_NAMED]:
        report(args, {"item": item_name(item), "basis": basis}, item_name(item))
    if len(found) > MOST_NAMED and not args.json:
        print("  " + _("… and {n} more (--json lists them all)").format(n=len(found) - MOST_NAMED))
    print(_("{n} items cite it: revise or retire them.").format(n=len(found)), file=sys.stderr)
    return 0
