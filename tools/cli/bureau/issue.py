"""`examd bureau issue`: bank, rule and roster in, a sealed package for one session at one site out."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tools.cli import unlock
from tools.cli.bank.open_bank import open_bank, require_bank
from tools.cli.base import Commands
from tools.cli.language import _
from tools.cli.output import as_json
from tools.cli.rule import in_use, withheld
from tools.cli.rule.names import cell_name

if TYPE_CHECKING:
    from bank.rules import Rule
    from examd.bureau.office import Office
    from examd.package.issue import Issued


def add(bureau: Commands) -> None:
    issue = bureau.add(
        "issue",
        run_issue,
        _("draw a session pool and seal it for one site"),
        _(
            "Bank + rule + roster -> a sealed package for one session at one site. "
            "Needs the issuing officer's passphrase and the bank keyholder's. "
            "The two release codes stay with the bureau (examd bureau code). "
            "Columns of the roster: admission number, name, ID number, training institution."
        ),
        "examd bureau issue office --bank bank --rule rule.toml --roster roster.xlsx --site site.card.json "
        "--chief chief.card.json --session 20261121-01 --name 低压电工理论第1场 --date 2026-11-21 --out stick",
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
    issue.takes_file("--bank-passphrase-file", _("read the bank's passphrase here"))
    issue.takes_file("--passphrase-file", _("read the officer's passphrase from this file"))


def run_issue(args: argparse.Namespace) -> int:
    from datetime import date

    from bank.composing.availability import rule_availability
    from bank.leaks import watermarks
    from bank.lending.slices import Permission
    from bank.refused import Denied
    from bank.rules import signed_rule as signed_rules
    from examd.bureau import last_seen, roster
    from examd.bureau.office import Office
    from examd.holders import Card
    from examd.package.issue import issue
    from examd.package.layout import Session

    office = Office(args.directory)
    require_bank(args.bank)
    site, chief = Card.read(args.site, "site"), Card.read(args.chief, "chief")
    book = None if args.mock and Path(args.rule).is_file() else office.checked_rulebook()
    rule = _rule(office, args.rule, args.date, mock=args.mock)
    signed = book.travelling(rule) if book is not None else None
    proof = signed_rules.unpack(signed, book.bureau.sign, name="edition.json") if book is not None and signed else None
    # Before a key is opened: the one who issues may know an officer listed here to be dismissed.
    print("\n".join(in_use.lines(rule, proof)), file=sys.stderr if args.json else sys.stdout, flush=True)
    people = roster.read(args.roster)
    session = Session(args.session, args.name, args.date, site.id, site.name, args.mock)
    bureau = unlock.bureau(office, args.passphrase_file)
    if not args.again and (before := office.issued_for(session.id, site.id, bureau)):
        raise Denied("issued-before", session=session.id, site=site.id, package=before[-1])
    with open_bank(args, prompt=_("Bank keyholder's passphrase"), file=args.bank_passphrase_file) as bank:
        if bank.sample and not args.mock:
            raise Denied("bank-of-samples", file=args.bank.name)
        if bank.practice and not args.mock:
            raise Denied("bank-for-practice", file=args.bank.name)
        if book is not None:
            book.hold_against(last_seen.of_names(bank.rules.noted(), bureau.card.sign), args.bank.name)
        kind = Permission.DRILL if args.mock else Permission.EXAM
        available = rule_availability(bank, rule, date.fromisoformat(session.date), kind, len(people))
        withheld.tell(available.of_bank.reasons)
        with withheld.explained(available, rule):
            issued = issue(
                args.out,
                session=session,
                rule=rule,
                items=available.of_bank.items,
                answer_keys=bank.answer_keys.of,
                roster=people,
                ledger=available.ledger,
                bureau=bureau,
                site=site,
                chief=chief,
                archive_age=office.archive_age(),
                signed_rule=signed,
            )
        # Before the codes are kept: a package that the ledger does not know of can never be opened.
        bank.exposure.add(session.id, site.id, issued.meeting, session.date)
        on = date.fromisoformat(session.date)
        until = watermarks.until(on)
        kept = [(mark.item, mark.session, mark.site, mark.until) for mark in bank.watermarks.all()]
        spent = watermarks.spent(issued.meeting, kept, (session.id, site.id), on)
        bank.watermarks.add(issued.watermarks, issued.package_id, session.id, site.id, until)
        if book is not None and not args.mock:  # the keyholders' key protects it: no newer rule can vanish unseen
            bank.rules.note(bureau.card.sign, book.packed().decode())
    office.keep_codes(issued, bureau)
    if args.json:
        as_json({
            "candidates": len(people), "leakage": issued.leakage.to_json(),
            "marks": {
                "chance_on_a_form": round(issued.mark_chance, 4), "items": list(issued.watermarks),
                "spent": [{"items": n, "session": of, "site": at} for (of, at), n in spent.items()], "until": until,
            },
            "package": str(issued.directory), "package_id": issued.package_id, "pool_items": issued.pool_size,
            "rule_sha256": rule.sha256, "trial_acceptance_of_2000": issued.acceptance,
            "withheld": available.of_bank.reasons,
        } | in_use.to_json(rule, proof))  # fmt: skip
        return 0
    print(_("Package {directory}").format(directory=issued.directory))
    print(_("{candidates} candidates, a pool of {pool} items, {share:.0%} of trial draws admissible").format(
        candidates=len(people), pool=issued.pool_size, share=issued.acceptance / 2000
    ))  # fmt: skip
    _print_leakage(issued, until)
    for (of, at), n in spent.items():
        line = _("{n} marks of session {session}, site {site}, had to travel again: they no longer name that site.")
        print(line.format(n=n, session=of, site=at))
    print(_("The release codes stay with the bureau: examd bureau code {directory} {package} 1").format(
        directory=args.directory, package=issued.package_id
    ))  # fmt: skip
    return 0


def _print_leakage(issued: "Issued", until: str) -> None:
    """What the officer answers for: the pool's size is the rule's choice, and this is its price."""

    cost = issued.leakage
    worst = cost.worst
    print(_(
        "If the site leaks the pool: {items} of {bank} items ({share:.0%}) are "
        "lost; worst cell {cell}: {lost} of {held}"
    ).format(
        items=cost.items, bank=cost.bank, share=cost.items / cost.bank, cell=cell_name(worst.stratum), lost=worst.pool,
        held=worst.bank,
    ))  # fmt: skip
    left = {
        name: min(getattr(cell, name) for cell in cost.cells)
        for name in ("sessions_before", "sessions_after", "fresh_before", "fresh_after")
    }
    print(_("  of a later form {known:.0%} would be known").format(known=cost.known))
    print(_(
        "  pools without a common item that may still travel today: {sessions_after} instead of {sessions_before}; "
        "wholly of items that never left: {fresh_after} instead of {fresh_before}"
    ).format(**left))  # fmt: skip
    if cost.issued:
        first = cost.issued[0]
        print(_(
            "  packages issued for this or a later day that lose items: {n}; most, "
            "session {session}: {items} of {pool}"
        ).format(
            n=len(cost.issued), session=first.session, items=first.items, pool=first.pool
        ))  # fmt: skip
    if issued.watermarks:
        print(_(
            "{n} marks: items that no other package gets until {until}; a form "
            "shows one with chance {chance:.0%}"
        ).format(
            n=len(issued.watermarks), until=until, chance=issued.mark_chance
        ))  # fmt: skip
    else:
        print(_("No marks: no cell of the bank has an item to spare. A leak of the pool would not name the site."))


def _rule(office: "Office", named: str, day: str, *, mock: bool) -> "Rule":
    """The rule to use: the signed version in force on the day; for a drill also a file of one's own."""
    from datetime import date

    from bank import rules
    from bank.refused import BadFile

    try:
        on = date.fromisoformat(day)
    except ValueError:
        raise BadFile("session-date", found=day) from None
    book, path = office.rulebook(), Path(named)
    if not path.is_file():
        return book.in_force(named, on)
    try:
        rule = rules.parse(path.read_bytes())
    except OSError as error:
        raise BadFile("file-unreadable", file=named, why=error.strerror) from None
    if not mock:
        book.require(rule, on)
    return rule
