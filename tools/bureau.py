"""`examd bureau init|issue|code`: the bureau's keys, sealed packages, release codes."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bank.blueprint import Blueprint
    from examd.bureau.office import Office
    from examd.holders import Holder
    from examd.package.issue import Issued

LARGEST_CHECKPOINTS = 16 << 20
"""Bytes: three lines and two signatures a note, some tens of thousands of notes."""


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    from tools.arguments import help_formatter
    from tools.say import _

    bureau = subparsers.add_parser(
        "bureau",
        help=_("issue sealed session packages and give out release codes"),
        description=_("What the examination body does at home: keys, packages, codes."),
        epilog=_("Example: examd bureau init office --id SX-0349 --name 某市应急管理局"),
        formatter_class=help_formatter(),
    )
    commands = bureau.add_subparsers(dest="command", required=True, metavar=_("COMMAND"), prog="examd bureau")

    init = commands.add_parser(
        "init", help=_("make the bureau's keys"), formatter_class=help_formatter(),
        epilog=_("Example: examd bureau init office --id SX-0349 --name 某市应急管理局"),
    )  # fmt: skip
    init.add_argument("directory", type=Path, metavar=_("DIR"))
    init.add_argument("--id", required=True, help=_("the bureau's number"))
    init.add_argument("--name", required=True, help=_("the bureau's name, as it stands on bulletins"))
    init.set_defaults(run=run_init)

    issue = commands.add_parser(
        "issue",
        help=_("draw a session pool and seal it for one site"),
        description=_(
            "Bank + rule + roster -> a sealed package for one session at one site. "
            "Needs the issuing officer's passphrase and the bank keyholder's. "
            "The two release codes stay with the bureau (examd bureau code). "
            "Columns of the roster: admission number, name, ID number, training institution."
        ),
        epilog=_(
            "Example: examd bureau issue office --bank bank --rule rule.toml --roster roster.xlsx "
            "--site site.card.json --chief chief.card.json --session 20261121-01 "
            "--name 低压电工理论第1场 --date 2026-11-21 --out stick"
        ),
        formatter_class=help_formatter(),
    )
    issue.add_argument("directory", type=Path, metavar=_("DIR"), help=_("the bureau's folder"))
    for name, text in (
        ("--bank", _("folder of the bank")),
        ("--roster", _("candidates: .xlsx or .csv with admission number, name, ID number, training institution")),
        ("--site", _("the site's public card")),
        ("--chief", _("the chief examiner's public card")),
        ("--out", _("where to put the package (a stick)")),
    ):
        issue.add_argument(name, type=Path, required=True, help=text)
    issue.add_argument(
        "--rule", required=True, metavar=_("RULE"),
        help=_("id of a rule in the bureau's register, or its file; an unsigned file is for drills (--mock) only"),
    )  # fmt: skip
    issue.add_argument("--session", required=True, help=_("session number: letters, digits, - and _"))
    issue.add_argument("--name", required=True, help=_("the session's name for people"))
    issue.add_argument("--date", required=True, help=_("day of the exam, YYYY-MM-DD"))
    issue.add_argument("--mock", action="store_true", help=_("a drill (演练): marked on every screen and paper"))
    issue.add_argument("--again", action="store_true", help=_("although this session has a package already"))
    issue.add_argument("--bank-passphrase-file", type=Path, help=_("read the bank's passphrase from this file"))
    issue.add_argument("--json", action="store_true", help=_("machine-readable output"))
    issue.set_defaults(run=run_issue)

    code = commands.add_parser(
        "code",
        help=_("read out a release code"),
        description=_(
            "Code 1 opens the items. Code 2 opens the answer keys and is given only against the closing: "
            "the exported checkpoints.txt, whose signatures are checked, or the closing root as the site reads it out."
        ),
        epilog=_("Example: examd bureau code office PKG-0123…cdef 2 --checkpoint checkpoints.txt"),
        formatter_class=help_formatter(),
    )
    code.add_argument("directory", type=Path, metavar=_("DIR"), help=_("the bureau's folder"))
    code.add_argument("package", metavar=_("PACKAGE"), help=_("package: its number, PKG-number, or its folder"))
    code.add_argument("number", type=int, choices=(1, 2), metavar="1|2", help=_("which code"))
    closing = code.add_mutually_exclusive_group()
    closing.add_argument(
        "--checkpoint", type=Path, metavar="FILE", help=_("checkpoints.txt of the closed session (for code 2)")
    )
    closing.add_argument(
        "--root", nargs="+", default=[], metavar=_("GROUP"),
        help=_("the closing root that the site reads out: eight groups of nine (for code 2)"),
    )  # fmt: skip
    code.set_defaults(run=run_code)

    template = commands.add_parser(
        "template", help=_("write an empty roster to fill in"), formatter_class=help_formatter(),
        epilog=_("Example: examd bureau template roster.xlsx"),
    )  # fmt: skip
    template.add_argument("file", type=Path, metavar="FILE", help=_("the workbook to write (.xlsx)"))
    template.set_defaults(run=run_template)

    for command in (init, code):
        command.add_argument("--json", action="store_true", help=_("machine-readable output"))
    for command in (init, issue, code):
        command.add_argument("--passphrase-file", type=Path, help=_("read the officer's passphrase from this file"))


def run_init(args: argparse.Namespace) -> int:
    from examd.bureau.office import Office
    from tools.say import _
    from tools.secrets import ask_secret

    passphrase = ask_secret("bureau", _("Issuing officer's passphrase"), file=args.passphrase_file, confirm=True)
    Office.create(args.directory, args.id, args.name, passphrase)
    card = args.directory / "bureau.card.json"
    text = _("Made the bureau's keys. Sites are commissioned with {card}.").format(card=card)
    print(json.dumps({"card": str(card)}, ensure_ascii=False) if args.json else text)
    return 0


def run_template(args: argparse.Namespace) -> int:
    from bank.formats import xlsx
    from tools.say import _

    with args.file.open("xb") as stream:
        stream.write(xlsx.write([("准考证号", "姓名", "身份证号", "培训机构")], (20, 12, 24, 36), "考生名单"))
    print(_("Written: {path}").format(path=args.file))
    return 0


def run_issue(args: argparse.Namespace) -> int:
    from collections import Counter
    from datetime import date

    from bank import marks
    from bank.facts import ledger_of
    from bank.refused import Denied
    from bank.sharing import Permission
    from examd.bureau import roster
    from examd.bureau.office import Office
    from examd.holders import Card
    from examd.package.issue import issue
    from examd.package.layout import Session
    from tools.open_bank import open_bank
    from tools.say import _
    from tools.secrets import ask_secret

    office = Office(args.directory)
    bureau = office.unlock(ask_secret("bureau", _("Issuing officer's passphrase"), file=args.passphrase_file))
    site, chief = Card.read(args.site, "site"), Card.read(args.chief, "chief")
    rule = _rule(office, args.rule, args.date, mock=args.mock)
    people = roster.read(args.roster)
    session = Session(args.session, args.name, args.date, site.id, site.name, args.mock)
    if not args.again and (before := office.issued_for(session.id, site.id, bureau)):
        raise Denied("issued-before", session=session.id, site=site.id, package=before[-1])
    with open_bank(args, prompt=_("Bank keyholder's passphrase"), file=args.bank_passphrase_file) as bank:
        if bank.sample and not args.mock:
            raise Denied("bank-of-samples", file=args.bank.name)
        if bank.practice and not args.mock:
            raise Denied("bank-for-practice", file=args.bank.name)
        withheld = bank.withheld(session.date, Permission.DRILL if args.mock else Permission.EXAM)
        _tell_withheld(withheld)
        issued = issue(
            args.out,
            session=session,
            blueprint=rule,
            items=[item for item in bank.items(verify=True) if item.id not in withheld],
            answer_keys=bank.answer_keys,
            roster=people,
            ledger=ledger_of(bank, date.fromisoformat(session.date), len(people)),
            bureau=bureau,
            site=site,
            chief=chief,
            archive_age=office.archive_age(),
        )
        # Before the codes are kept: a package that the ledger does not know of can never be opened.
        bank.expose(session.id, site.id, issued.meeting, session.date)
        until = marks.until(date.fromisoformat(session.date))
        bank.mark(issued.marks, issued.package_id, session.id, site.id, until)
    office.keep_codes(issued, bureau)
    if args.json:
        print(json.dumps({
            "candidates": len(people), "leakage": issued.leakage.record(),
            "marks": {"chance_on_a_form": round(issued.mark_chance, 4), "items": list(issued.marks), "until": until},
            "package": str(issued.directory), "package_id": issued.package_id, "pool_items": issued.pool_size,
            "rule_sha256": rule.sha256, "trial_acceptance_of_2000": issued.acceptance,
            "withheld": dict(Counter(withheld.values())),
        }))  # fmt: skip
        return 0
    print(_("Package {directory}").format(directory=issued.directory))
    print(_("{candidates} candidates, a pool of {pool} items, {share:.0%} of trial draws admissible").format(
        candidates=len(people), pool=issued.pool_size, share=issued.acceptance / 2000
    ))  # fmt: skip
    _print_leakage(issued, until)
    print(_("The release codes stay with the bureau: examd bureau code {directory} {package} 1").format(
        directory=args.directory, package=issued.package_id
    ))  # fmt: skip
    return 0


def _tell_withheld(withheld: dict[str, str]) -> None:
    """Items that other bodies lent and that this session may not use."""
    import sys
    from collections import Counter

    from tools.say import _
    from tools.sentences import told

    for code, items in sorted(Counter(withheld.values()).items()):
        print(_("{n} items of other bodies stay out: {why}").format(n=items, why=told(code, {})), file=sys.stderr)


def _print_leakage(issued: "Issued", until: str) -> None:
    """What the officer answers for: the pool's size is the rule's choice, and this is its price."""
    from tools.say import _

    cost = issued.leakage
    worst = cost.worst
    print(_(
        "If the site leaks the pool: {items} of {bank} items ({share:.0%}) are "
        "lost; worst cell {cell}: {lost} of {held}"
    ).format(
        items=cost.items, bank=cost.bank, share=cost.items / cost.bank, cell=worst.stratum, lost=worst.pool,
        held=worst.bank,
    ))  # fmt: skip
    before = min(cell.sessions_before for cell in cost.cells)
    after = min(cell.sessions_after for cell in cost.cells)
    print(_(
        "  of a later form {known:.0%} would be known; fresh pools left before a "
        "repeat: {after} instead of {before}"
    ).format(
        known=cost.known, after=after, before=before
    ))  # fmt: skip
    if cost.issued:
        first = cost.issued[0]
        print(_(
            "  packages issued for this or a later day that lose items: {n}; most, "
            "session {session}: {items} of {pool}"
        ).format(
            n=len(cost.issued), session=first.session, items=first.items, pool=first.pool
        ))  # fmt: skip
    if issued.marks:
        print(_(
            "{n} marks: items that no other package gets until {until}; a form "
            "shows one with chance {chance:.0%}"
        ).format(
            n=len(issued.marks), until=until, chance=issued.mark_chance
        ))  # fmt: skip
    else:
        print(_("No marks: no cell of the bank has an item to spare. A leak of the pool would not name the site."))


def _rule(office: "Office", named: str, day: str, *, mock: bool) -> "Blueprint":
    """The rule to use: the signed version in force on the day; for a drill also a file of one's own."""
    from datetime import date

    from bank import blueprint
    from bank.refused import BadFile

    try:
        on = date.fromisoformat(day)
    except ValueError:
        raise BadFile("session-date", found=day) from None
    book, path = office.rulebook(), Path(named)
    if not path.is_file():
        return book.in_force(named, on)
    try:
        rule = blueprint.parse(path.read_bytes())
    except OSError as error:
        raise BadFile("file-unreadable", file=named, why=error.strerror) from None
    if not mock:
        book.require(rule, on)
    return rule


def run_code(args: argparse.Namespace) -> int:
    from examd.bureau.office import Office
    from tools.say import _
    from tools.secrets import ask_secret

    office, package = Office(args.directory), package_number(args.package)
    bureau = office.unlock(ask_secret("bureau", _("Issuing officer's passphrase"), file=args.passphrase_file))
    session = office.manifest(package, bureau).session
    text = _("Session {id}, {name}, {date}, at {site_name} ({site_id})")
    print(text.format_map({field: getattr(session, field) for field in session.__struct_fields__}), file=sys.stderr)
    code = office.code_1(package, bureau) if args.number == 1 else _code_2(args, office, package, bureau)
    told = {"id": session.id, "name": session.name, "date": session.date, "site_id": session.site_id}
    facts = {"code": code, "number": args.number, "package_id": package, "session": told}
    print(json.dumps(facts, ensure_ascii=False) if args.json else code)
    return 0


def package_number(typed: str) -> str:
    """Of a number, the name PKG-number, or a path to the package."""
    return Path(typed).resolve().name.removeprefix("PKG-").lower()


def _code_2(args: argparse.Namespace, office: "Office", package: str, bureau: "Holder") -> str:
    from bank.refused import BadFile, Denied
    from bank.seal import codes
    from tools.say import _
    from tools.secrets import ask_line

    if args.checkpoint:
        try:
            with args.checkpoint.open("rb") as stream:
                checkpoints = stream.read(LARGEST_CHECKPOINTS)
        except OSError as error:
            raise BadFile("file-unreadable", file=str(args.checkpoint), why=error.strerror) from None
        return office.code_2_by_checkpoints(package, bureau, checkpoints, file=str(args.checkpoint))
    if not args.root:
        raise BadFile("root-missing")
    root = codes.root_of(" ".join(args.root))
    if sys.stdin.isatty():
        print(_("The closing root as it will stand on file:"), file=sys.stderr)
        print(codes.spoken_root(root), file=sys.stderr)
        question = _("Does the site read out the same, group by group? (yes/no) ")
        if ask_line("root", question).lower() not in ("y", "yes", "是"):
            raise Denied("root-not-confirmed")
    return office.code_2(package, bureau, root)
