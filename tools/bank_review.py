"""`examd bank person|submit|review|approve|return|retire|revise|diff|history|search|repeal`: an item's life."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import date

    from bank.item import Item
    from bank.people import Signer
    from bank.review import Change
    from bank.store import Bank, BankItem


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the commands to `examd bank`."""
    from tools.arguments import help_formatter, positive
    from tools.say import _

    def command(name: str, run: Callable[[argparse.Namespace], int], text: str, more: str, example: str) -> Any:
        parser = commands.add_parser(
            name,
            help=text,
            description=more,
            epilog=_("Example: {example}").format(example=example),
            formatter_class=help_formatter(),
        )
        parser.set_defaults(run=run)
        parser.add_argument("bank", type=Path, metavar="DIR", help=_("the bank's folder"))
        parser.add_argument("--passphrase-file", type=Path, metavar="FILE", help=_("read the bank's passphrase here"))
        return parser

    def signed(name: str, run: Callable[[argparse.Namespace], int], text: str, more: str, example: str) -> Any:
        parser = command(name, run, text, more, example)
        parser.add_argument("items", nargs="*", metavar="ITEM", help=_("code of the item, or the beginning of its id"))
        parser.add_argument("--as", dest="key", type=Path, required=True, metavar="FILE", help=_("your key file"))
        parser.add_argument("--key-passphrase-file", type=Path, metavar="FILE", help=_("read your passphrase here"))
        return parser

    person = command(
        "person",
        run_person,
        _("enrol authors and reviewers, list them, end their work"),
        _(
            "With --key: enrols its holder; the key file is made where there is none, and stays with its holder. The "
            "first two vouch for themselves, from the third on --sponsor signs too. Without --key: lists the people."
        ),
        "examd bank person bank/ --key stick/liming.key --name 李明 --role author --role reviewer",
    )
    person.add_argument("--key", type=Path, metavar="FILE", help=_("the person's key file, <id>.key"))
    person.add_argument("--name", metavar="NAME", help=_("the person's name"))
    person.add_argument(
        "--role",
        action="append",
        default=[],
        choices=("author", "reviewer"),
        help=_("what they may do; may be repeated"),
    )
    person.add_argument("--sponsor", type=Path, metavar="FILE", help=_("key file of one who is enrolled"))
    person.add_argument("--end", metavar="ID", help=_("from today this person signs nothing more"))
    person.add_argument("--key-passphrase-file", type=Path, metavar="FILE", help=_("read the person's passphrase here"))
    person.add_argument(
        "--sponsor-passphrase-file", type=Path, metavar="FILE", help=_("read the sponsor's passphrase here")
    )

    submitting = signed(
        "submit",
        run_submit,
        _("hand drafts in for review, signed by their author"),
        _("Who hands an item in answers for it, and cannot review it."),
        "examd bank submit bank/ q17 q18 --as stick/liming.key",
    )
    submitting.add_argument("--all", action="store_true", help=_("all drafts that were not returned"))
    queue = command(
        "review",
        run_queue,
        _("show what waits for review, with answer keys"),
        _("Each item as it would be approved; for a change, what differs from the revision in force."),
        "examd bank review bank/",
    )
    approving = signed(
        "approve",
        run_approve,
        _("approve items that somebody else handed in, signed by you"),
        _("From then on sessions may use them; the revision before is retired."),
        "examd bank approve bank/ q17 --as stick/wangfang.key",
    )
    approving.add_argument("--all", action="store_true", help=_("everything that waits, except your own work"))
    returning = signed(
        "return",
        run_return,
        _("send items back to their author, with remarks"),
        _("The revision stays as it was; what the author changes becomes the next one."),
        "examd bank return bank/ q17 --remarks 选项B与C同义 --as stick/wangfang.key",
    )
    retiring = signed(
        "retire",
        run_retire,
        _("take items out of use"),
        _("No session after this uses them. They stay in the bank with their history."),
        "examd bank retire bank/ q17 --remarks 依据已废止 --as stick/wangfang.key",
    )
    for parser in (returning, retiring):
        parser.add_argument("--remarks", required=True, metavar="TEXT", help=_("why; kept and signed"))

    revising = command(
        "revise",
        run_revise,
        _("put an item into other words: a new draft"),
        _("An approved revision is never changed. The draft goes through review like any other."),
        "examd bank revise bank/ q17 q17.csv --author liming",
    )
    revising.add_argument("item", metavar="ITEM", help=_("code of the item, or the beginning of its id"))
    revising.add_argument("file", type=Path, metavar="FILE", help=_("a question file with this one item"))
    revising.add_argument("--media", type=Path, metavar="DIR", help=_("the folder that holds the pictures"))
    revising.add_argument("--author", default="", metavar="ID", help=_("the person of the bank who wrote it"))

    differing = command(
        "diff",
        run_diff,
        _("what changed between two revisions of an item"),
        _("Shows answer keys. Taken away: [-…-]; added: {+…+}."),
        "examd bank diff bank/ q17",
    )
    differing.add_argument("--from", dest="before", type=positive, metavar="REV", help=_("default: the one before"))
    differing.add_argument("--to", dest="after", type=positive, metavar="REV", help=_("default: the newest"))
    history = command(
        "history",
        run_history,
        _("who wrote, handed in, approved, returned or retired an item, and when"),
        _("Every act of every revision, oldest first."),
        "examd bank history bank/ q17",
    )
    for parser in (differing, history):
        parser.add_argument("item", metavar="ITEM", help=_("code of the item, or the beginning of its id"))

    searching = command(
        "search",
        run_search,
        _("find items by words in stem, options or code"),
        _("Any part of a word, from one character on; width and case do not matter."),
        "examd bank search bank/ 触电",
    )
    searching.add_argument("words", metavar="TEXT", help=_("what to look for"))
    searching.add_argument("--limit", type=positive, default=50, metavar="N", help=_("at most so many (default: 50)"))

    repealing = command(
        "repeal",
        run_repeal,
        _("note that a provision is no longer in force, and list the items that cite it"),
        _("Items whose basis holds these words are listed by `bank check` and `bank list --repealed-on` from then on."),
        "examd bank repeal bank/ 安监总局令第30号 --on 2026-05-01",
    )
    repealing.add_argument("text", metavar="TEXT", help=_("words by which the provision is cited"))
    repealing.add_argument("--on", type=_day, required=True, metavar="DATE", help=_("first day out of force"))

    for parser in (person, queue, differing, history, searching, repealing):
        parser.add_argument("--json", action="store_true", help=_("print the report as JSON"))


def _day(word: str) -> "date":
    from tools.bank import day

    return day(word)


def _open(args: argparse.Namespace) -> "Bank":
    from tools.open_bank import open_bank

    return open_bank(args)


def _signer(file: Path, passphrase_file: Path | None) -> "Signer":
    from bank import people
    from tools.say import _
    from tools.secrets import ask_secret

    return people.unlock(file, ask_secret("key", _("Passphrase of {file}").format(file=file.name), passphrase_file))


# -- people ------------------------------------------------------------------------------------------------------------


def run_person(args: argparse.Namespace) -> int:
    from datetime import UTC, datetime

    from tools.say import _

    with _open(args) as bank:
        if args.end is not None:
            bank.end_person(args.end, datetime.now(UTC).date().isoformat())
        elif args.key is not None:
            _enrol(bank, args)
        known = bank.people()
    from bank.seal.statements import keyid

    if args.json:
        for person in known.values():
            record = {"id": person.id, "name": person.name, "key": keyid(person.sign), "until": person.until}
            print(json.dumps(record | {"roles": sorted(person.roles)}, ensure_ascii=False))
        return 0
    for person in known.values():
        roles = " ".join(_word(role.value, "ROLES") for role in sorted(person.roles))
        until = _("until {day}").format(day=person.until) if person.until else ""
        print(f"{person.id}  {person.name}  {roles}  {keyid(person.sign)[:16]}  {until}".rstrip())
    return 0


def _enrol(bank: "Bank", args: argparse.Namespace) -> None:
    from bank import life, people
    from bank.refused import BadFile
    from tools.say import _
    from tools.secrets import ask_secret

    if not args.name or not args.role:
        raise BadFile("person-malformed", name=args.key.stem)
    sponsor = None if args.sponsor is None else _signer(args.sponsor, args.sponsor_passphrase_file)
    if args.key.exists():
        signer = _signer(args.key, args.key_passphrase_file)
    else:
        prompt = _("New passphrase of {file}").format(file=args.key.name)
        signer = people.create(args.key, ask_secret("key", prompt, args.key_passphrase_file, confirm=True))
        print(_("{file} is this person's signature: it stays with them alone.").format(file=args.key), file=sys.stderr)
    life.enrol(bank, signer, args.name, frozenset(map(people.Role, args.role)), sponsor)


# -- acts --------------------------------------------------------------------------------------------------------------


def _chosen(bank: "Bank", args: argparse.Namespace) -> "list[BankItem]":
    return [bank.find(word) for word in dict.fromkeys(args.items)]


def _done(text: str, items: "Sequence[BankItem]") -> int:
    print(text.format(n=len(items)))
    return 0


def run_submit(args: argparse.Namespace) -> int:
    from bank import life
    from bank.review import Act, State
    from tools.bank import Progress
    from tools.say import _

    with _open(args) as bank:
        items = _chosen(bank, args)
        if args.all:
            drafts = bank.items(state=State.DRAFT)
            items = [item for item in drafts if bank.events(item.number)[-1].act is not Act.RETURN]
        signer = _signer(args.key, args.key_passphrase_file)
        with Progress(args.bank.name) as progress:
            life.submit(bank, items, signer, progress.show)
    return _done(_("{n} items handed in for review."), items)


def run_approve(args: argparse.Namespace) -> int:
    from bank import life, review
    from bank.review import State
    from tools.bank import Progress
    from tools.say import _

    with _open(args) as bank:
        items = _chosen(bank, args)
        signer = _signer(args.key, args.key_passphrase_file)
        if args.all:
            waiting = bank.items(state=State.IN_REVIEW)
            items = [item for item in waiting if signer.id not in review.hands(bank.events(item.number))]
        with Progress(args.bank.name) as progress:
            life.approve(bank, items, signer, progress=progress.show)
    return _done(_("{n} items approved."), items)


def run_return(args: argparse.Namespace) -> int:
    from bank import life
    from tools.say import _

    with _open(args) as bank:
        items = _chosen(bank, args)
        life.send_back(bank, items, _signer(args.key, args.key_passphrase_file), args.remarks)
    return _done(_("{n} items returned to their authors."), items)


def run_retire(args: argparse.Namespace) -> int:
    from bank import life
    from tools.say import _

    with _open(args) as bank:
        items = _chosen(bank, args)
        life.retire(bank, items, _signer(args.key, args.key_passphrase_file), args.remarks)
    return _done(_("{n} items retired."), items)


def run_revise(args: argparse.Namespace) -> int:
    from bank import formats
    from bank.refused import BadFile
    from tools.say import _

    with _open(args) as bank:
        before = bank.find(args.item)
        found = formats.read(args.file, args.media)
        if len(found.items) != 1:
            raise BadFile("one-item-file", file=args.file.name, found=len(found.items))
        after = bank.revise(before.lineage, found.items[0], found.media, by=args.author)
    print(_("{item} is now in revision {rev}, a draft.").format(item=_name(after), rev=after.rev))
    return 0


# -- looking -----------------------------------------------------------------------------------------------------------


def run_queue(args: argparse.Namespace) -> int:
    from bank import review
    from bank.review import State
    from tools.say import _

    with _open(args) as bank:
        waiting = list(bank.items(state=State.IN_REVIEW))
        for item, whole in zip(waiting, bank.whole(waiting), strict=True):
            inforce = next((each for each in bank.revisions(item.lineage) if each.state is State.APPROVED), None)
            differs = () if inforce is None else review.changes(next(bank.whole([inforce])), whole)
            hands = sorted(review.hands(bank.events(item.number)))
            if args.json:
                record = {"item": _name(item), "lineage": item.lineage, "rev": item.rev, "hands": hands}
                record |= {"fields": dict(review.told(whole)), "changes": list(map(_change_record, differs))}
                print(json.dumps(record, ensure_ascii=False))
                continue
            print(f"── {_name(item)}  {_('revision {rev}').format(rev=item.rev)}  {' '.join(hands)}")
            _print_changes(differs) if differs else _print_whole(whole)
    if not args.json:
        print(_("{n} items wait for review.").format(n=len(waiting)), file=sys.stderr)
    return 0


def run_diff(args: argparse.Namespace) -> int:
    from bank import review
    from bank.refused import Denied
    from tools.say import _

    with _open(args) as bank:
        revisions = {item.rev: item for item in bank.revisions(bank.find(args.item).lineage)}
        after = args.after or max(revisions)
        before = args.before or after - 1
        for rev in (before, after):
            if rev not in revisions:
                raise Denied("revision-unknown", item=args.item, rev=rev, found=max(revisions))
        old, new = bank.whole([revisions[before], revisions[after]])
        changes = review.changes(old, new)
    if args.json:
        print(
            json.dumps({"from": before, "to": after, "changes": list(map(_change_record, changes))}, ensure_ascii=False)
        )
        return 0
    _print_changes(changes)
    if not changes:
        print(_("Nothing differs."), file=sys.stderr)
    return 0


def run_history(args: argparse.Namespace) -> int:
    with _open(args) as bank:
        people = bank.people()
        for item in bank.revisions(bank.find(args.item).lineage):
            for event in bank.events(item.number):
                who = [people[one].name if one in people else one for one in event.who.split(",")]
                if args.json:
                    record = {"rev": item.rev, "act": event.act.value, "who": event.who, "at": event.at}
                    record |= {"remarks": event.remarks, "signed": bool(event.statement)}
                    print(json.dumps(record, ensure_ascii=False))
                    continue
                act = _word(event.act.value, "ACTS")
                sign = "✓" if event.statement else " "
                print(f"{item.rev}  {event.at}  {sign} {act}  {'、'.join(who)}  {event.remarks}".rstrip())
    return 0


def run_search(args: argparse.Namespace) -> int:
    from tools.bank import item_line, item_record

    with _open(args) as bank:
        for item in bank.items(state=None, search=args.words, limit=args.limit):
            print(json.dumps(item_record(item), ensure_ascii=False) if args.json else item_line(item))
    return 0


def run_repeal(args: argparse.Namespace) -> int:
    from bank import life
    from bank.review import State
    from tools.say import _

    with _open(args) as bank:
        bank.repeal(args.text, args.on.isoformat())
        items = [item for item in bank.items(state=None) if item.state is not State.RETIRED]
        found = life.repealed(items, {args.text: args.on.isoformat()}, args.on)
    for item, basis in found:
        print(json.dumps({"item": _name(item), "basis": basis}, ensure_ascii=False) if args.json else _name(item))
    print(_("{n} items cite it: revise or retire them.").format(n=len(found)), file=sys.stderr)
    return 0


def _name(item: "BankItem") -> str:
    return item.code or item.lineage[:8]


def _word(word: str, table: str) -> str:
    from tools.say import sentence
    from tools.sentences import review

    return sentence(word, {}, getattr(review, table))


def _field(name: str) -> str:
    """`option B` and `content en` keep what follows."""
    from tools.say import _

    for prefix, told in (("option ", _("option {letter}")), ("content ", _("translation {letter}"))):
        if name.startswith(prefix):
            return told.format(letter=name.removeprefix(prefix))
    return _word(name, "FIELDS")


def _change_record(change: "Change") -> dict[str, str]:
    return {"field": change.field, "before": change.before, "after": change.after}


def _print_changes(changes: "Sequence[Change]") -> None:
    for change in changes:
        marks = {"=": "{}", "-": "[-{}-]", "+": "{{+{}+}}"}
        print(f"{_field(change.field)}: " + "".join(marks[sign].format(text) for sign, text in change.pieces()))


def _print_whole(item: "Item") -> None:
    from bank import review

    for name, text in review.told(item).items():
        if text:
            print(f"{_field(name)}: {text}")
