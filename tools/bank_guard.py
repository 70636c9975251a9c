"""`examd bank exposure|trace|slice|accept|withdraw|slices`: where items went, who leaked them, who borrowed them."""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bank.sharing import Body
    from bank.store import Bank
    from bank.trace import Seen, Sitting, Traced, Travelled
    from examd.holders import Card


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the commands to `examd bank`."""
    from tools.arguments import help_formatter
    from tools.bank import day
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
        parser.add_argument("--json", action="store_true", help=_("print the report as JSON"))
        return parser

    exposing = command(
        "exposure",
        run_exposure,
        _("the ledger: which items went to which sessions and sites, and how many candidates met them"),
        _("Without items: all that ever left the bank, the most seen first."),
        "examd bank exposure bank/ q17",
    )
    exposing.add_argument("items", nargs="*", metavar="ITEM", help=_("code of the item, or the beginning of its id"))

    tracing = command(
        "trace",
        run_trace,
        _("name the package, form and seat that a photographed screen came from"),
        _(
            "Recognises the items by parts of their texts, says which packages had them (marks first), draws every "
            "form of the sessions given again and names those that show these items with their options in this order, "
            "with the chance that another form does so by accident. Exit code 0: a form or package is named; 1: none "
            "is."
        ),
        "examd bank trace bank/ --result site/sessions/S1/result --seen-file photo.txt",
    )
    tracing.add_argument(
        "--seen", action="append", default=[], metavar="ITEM",
        help=_("one item: part of the stem (or its id), a colon, the options from the top, divided by |"),
    )  # fmt: skip
    tracing.add_argument("--seen-file", type=Path, metavar="FILE", help=_("a text file with one such line an item"))
    tracing.add_argument(
        "--result", type=Path, action="append", default=[], metavar="DIR", help=_("result folder of a session")
    )
    tracing.add_argument(
        "--package", type=Path, action="append", default=[], metavar="DIR",
        help=_("a package that has no result: only whether the items travelled in it can be said"),
    )  # fmt: skip

    slicing = command(
        "slice",
        run_slice,
        _("lend items to another body: a signed slice, sealed to its bureau"),
        _(
            "Writes a folder SLICE-<number>. Its statement names owner, receiver, permission and period; the items "
            "with their answer keys are sealed to the receiver. Items of other bodies cannot be lent on."
        ),
        "examd bank slice bank/ --office office --to city.card.json --permission exam --until 2027-12-31 --out stick",
    )
    slicing.add_argument("--to", type=Path, required=True, metavar="CARD", help=_("the receiving bureau's public card"))
    slicing.add_argument(
        "--permission", action="append", required=True, choices=("exam", "drill", "open"),
        help=_("what the items may be used for (exam, drill, open practice); may be repeated"),
    )  # fmt: skip
    slicing.add_argument("--from", dest="first", type=day, metavar="DATE", help=_("first day of use (default: today)"))
    slicing.add_argument("--until", type=day, required=True, metavar="DATE", help=_("last day of use"))
    slicing.add_argument("--chapter", metavar="CODE", help=_("a chapter with its sub-chapters"))
    slicing.add_argument("--out", type=Path, required=True, metavar="DIR", help=_("where to put the slice (a stick)"))
    slicing.add_argument("items", nargs="*", metavar="ITEM", help=_("these items only (code, or beginning of the id)"))

    accepting = command(
        "accept",
        run_accept,
        _("take in a slice of another body's items, signed by one of this bank's reviewers"),
        _(
            "The items stay the owner's: here they are used within permission and period, and never written, approved "
            "or retired. Exit code 1: an item is here already with another answer key."
        ),
        "examd bank accept bank/ stick/SLICE-0123 --owner province.card.json --office office --as stick/wangfang.key",
    )
    accepting.add_argument("slice", type=Path, metavar="SLICE", help=_("the slice's folder"))
    accepting.add_argument("--owner", type=Path, required=True, metavar="CARD", help=_("the owner's public card"))
    accepting.add_argument("--as", dest="key", type=Path, required=True, metavar="FILE", help=_("your key file"))
    accepting.add_argument("--key-passphrase-file", type=Path, metavar="FILE", help=_("read your passphrase here"))

    withdrawing = command(
        "withdraw",
        run_withdraw,
        _("take a slice back (owner), or obey its withdrawal (receiver)"),
        _(
            "With --office and --reason, the owner writes the signed withdrawal WITHDRAWAL-<number>.json. With only "
            "the file of a withdrawal, the receiver's bank retires the items: the next draw is without them."
        ),
        "examd bank withdraw bank/ stick/WITHDRAWAL-0123.json",
    )
    withdrawing.add_argument(
        "file", type=Path, metavar="FILE", help=_("a withdrawal; or, for its owner, the slice's folder")
    )
    withdrawing.add_argument("--reason", metavar="TEXT", help=_("why; signed"))
    withdrawing.add_argument("--out", type=Path, metavar="DIR", help=_("where the owner's withdrawal is put"))
    for parser, needed in ((slicing, True), (accepting, True), (withdrawing, False)):
        parser.add_argument("--office", type=Path, required=needed, metavar="DIR", help=_("your bureau's folder"))
        parser.add_argument("--office-passphrase-file", type=Path, metavar="FILE",
                            help=_("read the officer's passphrase from this file"))  # fmt: skip

    command(
        "slices",
        run_slices,
        _("what other bodies lent to this bank"),
        _("Owner, permission, period, and whether it was withdrawn."),
        "examd bank slices bank/",
    )


def _open(args: argparse.Namespace) -> "Bank":
    from tools.open_bank import open_bank

    return open_bank(args)


# ---- the ledger ----------------------------------------------------------------------------------------------------


def run_exposure(args: argparse.Namespace) -> int:
    from tools.say import _

    with _open(args) as bank:
        wanted = [bank.find(word) for word in args.items]
        uses = bank.uses()
        names = {item.id: item.code or item.id[:8] for item in [*bank.items(), *wanted]}
        marks = {(mark.item, mark.session, mark.site): mark.until for mark in bank.marks()}
    asked = {item.id for item in wanted}
    ledger: dict[str, list[dict[str, Any]]] = {item: [] for item in asked}
    for item, session, site, on, candidates in uses:
        if item in names and (not asked or item in asked):
            use = {"candidates": candidates, "day": on, "session": session, "site": site}
            until = marks.get((item, session, site))
            ledger.setdefault(item, []).append(use | ({"mark_until": until} if until else {}))
    rows = [
        {
            "candidates": sum(use["candidates"] for use in each), "code": names[item], "item": item,
            "sessions": len({use["session"] for use in each}), "sites": len({use["site"] for use in each}),
            "uses": each,
        }
        for item, each in ledger.items()
    ]  # fmt: skip
    rows.sort(key=lambda row: (-row["candidates"], row["item"]))
    if args.json:
        print(json.dumps(rows, ensure_ascii=False))
        return 0
    line = _("{code}  sessions {sessions}, sites {sites}, candidates {candidates}")
    for row in rows:
        print(line.format(**row))
        for use in row["uses"] if asked else ():
            said = _("kept as a mark until {day}").format(day=use["mark_until"]) if "mark_until" in use else ""
            print(f"  {use['day'] or '–'}  {use['session']}  {use['site']}  {use['candidates']}  {said}".rstrip())
    if not rows:
        print(_("No item has left the bank."))
    return 0


# ---- tracing -------------------------------------------------------------------------------------------------------


def run_trace(args: argparse.Namespace) -> int:
    from bank import trace
    from bank.refused import BadFile
    from bank.review import State
    from examd.bureau import tracing

    fragments = [trace.Fragment.parse(text) for text in (*args.seen, *_lines(args.seen_file))]
    if not fragments:
        raise BadFile("seen-nothing")
    sittings = [tracing.sitting(folder) for folder in args.result]
    packages = [tracing.session_of(folder) for folder in args.package]
    with _open(args) as bank:
        # What was retired since may be on the photo; a draft never left the bank.
        states = (State.APPROVED, State.RETIRED)
        held = [(item.id, item.content) for state in states for item in bank.items(state=state)]
        uses, marks = bank.uses(), bank.marks()
    pooled = {fact.id for sitting in sittings for fact in sitting.pool}
    left = pooled | {use[0] for use in uses}
    # An item is told from its like by what left the bank, before by what else is in it.
    seen = [_recognised(fragment, held, pooled, left) for fragment in fragments]
    by_session: dict[tuple[str, str], list[str]] = {}
    for mark in marks:
        by_session.setdefault((mark.session, mark.site), []).append(mark.item)
    asked = {(each.session.id, each.session.site_id) for each in packages} | {(s.session, s.site) for s in sittings}
    ledger = [
        each
        for each in trace.travelled({one.item for one in seen}, uses, by_session)
        if not packages or (each.session, each.site) in asked or each.marks
    ]
    traced = trace.trace(seen, sittings)
    if args.json:
        print(json.dumps(_trace_record(seen, ledger, traced, sittings), ensure_ascii=False))
    else:
        _print_trace(seen, ledger, traced, sittings)
    return 0 if traced.matches or any(each.marks or each.only for each in ledger) else 1


def _lines(file: Path | None) -> list[str]:
    from bank.refused import BadFile

    if file is None:
        return []
    try:
        return [line for line in file.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise BadFile("file-unreadable", file=str(file), why=getattr(error, "strerror", "UTF-8")) from None


def _recognised(fragment: Any, held: list[Any], *known: set[str]) -> "Seen":
    from bank import trace
    from bank.refused import Denied

    for ids in known:
        try:
            return trace.recognise(fragment, (each for each in held if each[0] in ids))
        except Denied as refusal:
            if refusal.code == "seen-ambiguous":
                raise
    return trace.recognise(fragment, held)


def _trace_record(
    seen: "list[Seen]", ledger: "list[Travelled]", traced: "Traced", sittings: "list[Sitting]"
) -> dict[str, Any]:
    return {
        "seen": [{"item": one.item, "order": one.order} for one in seen],
        "packages": [
            {
                "day": each.day, "items": each.items, "marks": list(each.marks), "only_here": list(each.only),
                "session": each.session, "site": each.site,
            }
            for each in ledger
        ],
        "forms": [
            {
                "admission_no": match.candidate.admission_no, "items": match.items, "ordinal": match.candidate.c,
                "package": match.sitting.package, "session": match.sitting.session, "site": match.sitting.site,
                "whole": bool(traced.matches),
            }
            for match in traced.matches or traced.nearest
        ],
        "candidates": traced.candidates,
        "false_match": {"by_rule": traced.by_rule, "orders_alone": traced.orders},
    }  # fmt: skip


def _print_trace(
    seen: "list[Seen]", ledger: "list[Travelled]", traced: "Traced", sittings: "list[Sitting]"
) -> None:
    from tools.say import _

    for one in seen:
        print(_(
            "recognised {item}, options seen in the order "
            "{order}"
        ).format(item=one.item[:8], order=one.order or "–"))
    for each in ledger:
        said = _("session {session}, site {site}, {day}: {items} of {all} items were in its pool").format(
            session=each.session, site=each.site, day=each.day or "–", items=each.items, all=len(seen)
        )
        if each.marks:
            said += " · " + _("MARK of this package: {n}").format(n=len(each.marks))
        if each.only:
            said += " · " + _("in no other package: {n}").format(n=len(each.only))
        print(said)
    if not ledger:
        print(_("None of these items has left the bank in a package asked for."))
    for match in traced.matches:
        print(_("FORM {c}: admission number {number}, session {session}, site {site}").format(
            c=match.candidate.c, number=match.candidate.admission_no, session=match.sitting.session,
            site=match.sitting.site,
        ))  # fmt: skip
    if not sittings:
        return
    if traced.matches:
        print(_(
            "{n} forms looked through. The chance that one shows this by accident: "
            "{chance}; from the orders alone: {given}"
        ).format(
            n=traced.candidates, chance=_percent(traced.by_rule), given=_percent(traced.orders)
        ))  # fmt: skip
        return
    print(_("None of {n} forms shows all of this.").format(n=traced.candidates))
    for match in traced.nearest[:10]:
        print(_("  nearest: {items} of {all} on form {c}, admission number {number}, session {session}").format(
            items=match.items, all=len(seen), c=match.candidate.c, number=match.candidate.admission_no,
            session=match.sitting.session,
        ))  # fmt: skip


def _percent(chance: float) -> str:
    return f"{100 * chance:.3g} %"


# ---- sharing -------------------------------------------------------------------------------------------------------


def _card(card: "Card") -> "Body":
    from bank.sharing import Body

    return Body(card.id, card.name, card.sign, card.age)


def _office(args: argparse.Namespace) -> Any:
    from examd.bureau.office import Office
    from tools.say import _
    from tools.secrets import ask_secret

    passphrase = ask_secret("bureau", _("Issuing officer's passphrase"), file=args.office_passphrase_file)
    return Office(args.office).unlock(passphrase)


def _read(path: Path) -> bytes:
    from bank.refused import BadFile
    from bank.sharing import LARGEST

    try:
        if path.stat().st_size > LARGEST:
            raise BadFile("file-too-large", file=path.name, most=LARGEST, limit=LARGEST)
        return path.read_bytes()
    except OSError as error:
        raise BadFile("file-unreadable", file=str(path), why=error.strerror) from None


def run_slice(args: argparse.Namespace) -> int:
    from datetime import UTC, datetime

    from bank import sharing
    from bank.refused import Denied
    from bank.review import State
    from bank.store import now
    from examd.files import sync_directory, write_atomically
    from examd.holders import Card
    from tools.say import _

    bureau, receiver = _office(args), Card.read(args.to, "bureau")
    with _open(args) as bank:
        if bank.sample and "exam" in args.permission:
            raise Denied("bank-of-samples", file=args.bank.name)
        listed = [bank.find(word) for word in args.items]
        for item in listed:
            if item.state is not State.APPROVED:
                raise Denied("slice-not-approved", item=item.code or item.id[:8])
        if not listed:  # what is lent to us is not ours to lend
            ours = bank.items(chapter=args.chapter, verify=True)
            listed = [item for item in ours if not item.provenance.origin.startswith("slice ")]
        items = list(bank.whole(listed))
        shown = {sha256 for item in items for sha256 in item.pictures()}
        media = {sha256: data for sha256 in shown if (data := bank.media(sha256)) is not None}
    statement, sealed = sharing.make(
        items, media, owner=_card(bureau.card), key=bureau.signing_key, receiver=_card(receiver),
        permission=frozenset(map(sharing.Permission, args.permission)),
        first=args.first or datetime.now(UTC).date(), until=args.until, at=now(),
    )  # fmt: skip
    folder = args.out / f"SLICE-{sharing.read(statement).slice}"
    folder.mkdir(parents=True)
    write_atomically(folder / sharing.ITEMS, sealed)
    write_atomically(folder / sharing.STATEMENT, statement)
    sync_directory(args.out)
    if args.json:
        print(json.dumps({"items": len(items), "slice": str(folder)}, ensure_ascii=False))
    else:
        print(_("{n} items lent to {name} in {folder}").format(n=len(items), name=receiver.name, folder=folder))
    return 0


def run_accept(args: argparse.Namespace) -> int:
    from bank import people, sharing
    from bank.seal import statements
    from bank.store import now
    from examd.holders import Card
    from tools.say import _
    from tools.secrets import ask_secret

    statement, sealed = _read(args.slice / sharing.STATEMENT), _read(args.slice / sharing.ITEMS)
    terms = sharing.read(statement)
    sharing.require_owner(terms, _card(Card.read(args.owner, "bureau")))
    lines = sharing.unseal(terms, sealed, _office(args).identity)
    with _open(args) as bank:
        prompt = _("Passphrase of {file}").format(file=args.key.name)
        signer = people.unlock(args.key, ask_secret("key", prompt, args.key_passphrase_file))
        signer.check_not_rolled_back(bank.vault.name, lambda acts: bank.head(acts)[1])
        told = sharing.to_accept(bank.vault.name, terms, signer.id, now())
        report = bank.accept(statement, lines, statements.sign(told, signer.key))
        signer.note(bank.vault.name, *bank.head())
    if args.json:
        print(json.dumps({
            "added": len(report.added), "already": list(report.already), "contradicting": list(report.contradicting),
            "owner": terms.owner.id, "slice": terms.slice, "until": terms.until.isoformat(),
        }, ensure_ascii=False))  # fmt: skip
    else:
        print(_("{n} items of {owner} taken in, to be used until {day}; {already} were here already.").format(
            n=len(report.added), owner=terms.owner.name, day=terms.until, already=len(report.already)
        ))  # fmt: skip
        for item in report.contradicting:
            print(_(
                "Here with another answer key, one of the two is "
                "wrong: {item}"
            ).format(item=item[:8]), file=sys.stderr)
    return 1 if report.contradicting else 0


def run_withdraw(args: argparse.Namespace) -> int:
    from bank import sharing
    from bank.refused import BadFile
    from bank.store import now
    from examd.files import write_atomically
    from tools.say import _

    if args.office is None:
        with _open(args) as bank:
            retired = bank.withdraw(_read(args.file))
        print(json.dumps({"retired": retired}) if args.json else _(
            "{n} items retired at their owner's "
            "word."
        ).format(n=retired))
        return 0
    if not args.reason or args.out is None:
        raise BadFile("withdrawal-without-reason")
    terms = sharing.read(_read(args.file / sharing.STATEMENT))
    path = args.out / f"WITHDRAWAL-{terms.slice}.json"
    write_atomically(path, sharing.withdrawal(terms, _office(args).signing_key, now(), args.reason))
    print(json.dumps({"withdrawal": str(path)}, ensure_ascii=False) if args.json else
          _("Withdrawal written: {path}. It takes effect where it arrives.").format(path=path))  # fmt: skip
    return 0


def run_slices(args: argparse.Namespace) -> int:
    from tools.say import _
    from tools.sentences.guard import PERMISSIONS

    with _open(args) as bank:
        slices = bank.slices()
    if args.json:
        fields = ("id", "owner", "owner_name", "permission", "first", "until", "items", "accepted_by", "accepted_at",
                  "withdrawn_at")  # fmt: skip
        print(json.dumps([{name: getattr(each, name) for name in fields} for each in slices], ensure_ascii=False))
        return 0
    for each in slices:
        print(_("{slice}  {owner}: {items} items, {permission}, {first} to {until}{end}").format(
            slice=each.id[:8], owner=each.owner_name, items=each.items,
            permission=", ".join(_(PERMISSIONS[permission]) for permission in each.permission),
            first=each.first, until=each.until,
            end=" · " + _("withdrawn {day}").format(day=each.withdrawn_at[:10]) if each.withdrawn_at else "",
        ))  # fmt: skip
    if not slices:
        print(_("No other body has lent items to this bank."))
    return 0
