"""`examd bureau issue`: bank, rule and roster in, a sealed package for one session at one site out."""

import argparse
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from bank.composing.availability import RuleAvailability
from bank.rules import Rule
from bank.store import OpenBank
from examd import clock
from examd.bureau.issuing import Finished, Issuance, Order, finish_issue, issue_session, rule_to_use
from examd.bureau.office import Office
from examd.holders import Card
from examd.package.issue import Issued
from examd.package.layout import Session
from tools.cli import unlock
from tools.cli.bank.open_bank import open_bank, require_bank
from tools.cli.bureau import roster
from tools.cli.language import _
from tools.cli.output import as_json, progress, report
from tools.cli.rule import in_use, withheld
from tools.cli.rule.names import cell_name


def run_issue(args: argparse.Namespace) -> int:
    office = Office(args.directory)
    require_bank(args.bank)
    site, chief = Card.read(args.site, "site"), Card.read(args.chief, "chief")
    rule = rule_to_use(office, args.rule, args.date, mock=args.mock)
    # Before a key is opened: the one who issues may know an officer listed here to be dismissed.
    told = sys.stderr if args.json else sys.stdout
    print("\n".join(in_use.lines(rule.rule, rule.proof)), file=told, flush=True)
    people = roster.whole(args.roster)
    session = Session(args.session, args.name, args.date, site.id, site.name, args.mock)
    order = Order(session, rule, people, site, chief, args.out, clock.utc_now(), args.again, until=args.until)
    bureau = unlock.bureau(office, args.passphrase_file)
    if (finished := finish_issue(order, office, bureau)) is not None:
        return _tell_finished(args, order, finished)
    order = replace(order, signers=unlock.signers(args))

    def keyholder() -> OpenBank:
        return open_bank(args, prompt=_("Bank keyholder's passphrase"), file=args.bank_passphrase_file)

    with progress(_("trial draws")) as shown:
        done = issue_session(order, office, bureau, keyholder, secrets.token_bytes, _explained, shown)
    if args.json:
        as_json(_to_json(order, done))
    else:
        _print(args, order, done)
    return 0


def _tell_finished(args: argparse.Namespace, order: Order, finished: Finished) -> int:
    number, pool = finished.manifest.package_id, finished.manifest.pool.n
    facts = {
        "candidates": len(order.roster), "finished": True, "package": str(finished.directory), "package_id": number,
        "pool_items": pool,
    }  # fmt: skip
    line = _(
        "Package {directory}: an earlier try had broken off at its last step; it is finished now.",
        directory=finished.directory,
    )  # fmt: skip
    facts |= in_use.to_json(order.rule.rule, order.rule.proof)
    return report(args, facts, f"{line}\n{_codes_stay(args, number)}")


def _codes_stay(args: argparse.Namespace, number: str) -> str:
    return _("The release codes stay with the bureau: examd bureau code {directory} {package} 1",
        directory=args.directory, package=number
    )  # fmt: skip


@contextmanager
def _explained(available: RuleAvailability, rule: Rule) -> Iterator[None]:
    withheld.tell(available.of_bank.reasons)
    with withheld.explained(available, rule):
        yield


def _to_json(order: Order, done: Issuance) -> dict[str, object]:
    issued, rule = done.issued, order.rule
    return {
        "candidates": len(order.roster), "leakage": issued.leakage.to_json(),
        "marks": {
            "chance_on_a_form": round(issued.watermark_chance, 4), "items": list(issued.watermarks),
            "spent": [{"items": n, "session": of, "site": at} for (of, at), n in done.repeated.items()],
            "until": done.watermarks_until,
        },
        "package": str(issued.directory), "package_id": issued.package_id, "pool_items": issued.pool_size,
        "rule_sha256": rule.rule.sha256, "trial_acceptance_of_2000": issued.acceptance, "withheld": done.withheld,
        "counted": done.counted,
    } | in_use.to_json(rule.rule, rule.proof)  # fmt: skip


def _print(args: argparse.Namespace, order: Order, done: Issuance) -> None:
    issued = done.issued
    print(_("Package {directory}", directory=issued.directory))
    print(_("May be opened from {first} to {last}.", first=order.window.first, last=order.window.last))
    print(_("{candidates} candidates, a pool of {pool} items, {share:.0%} of trial draws admissible",
        candidates=len(order.roster), pool=issued.pool_size, share=issued.acceptance / 2000
    ))  # fmt: skip
    _print_leakage(issued, done)
    for (of, at), n in done.repeated.items():
        line = _(
            "{n} watermarks of session {session}, site {site}, had to travel again: they no longer name that site."
        )
        print(line.format(n=n, session=of, site=at))
    print(_codes_stay(args, issued.package_id))


def _print_leakage(issued: Issued, done: Issuance) -> None:
    """What the officer answers for: the pool's size is the rule's choice, and this is its price."""

    cost = issued.leakage
    worst = cost.worst
    print(_(
        "If the site leaks the pool: {items} of {bank} items ({share:.0%}) are "
        "lost; worst cell {cell}: {lost} of {held}",
        items=cost.items, bank=cost.bank, share=cost.items / cost.bank, cell=cell_name(worst.stratum), lost=worst.pool,
        held=worst.bank,
    ))  # fmt: skip
    left = {
        name: min(getattr(cell, name) for cell in cost.cells)
        for name in ("sessions_before", "sessions_after", "fresh_before", "fresh_after")
    }
    print(_("  of a later form {known:.0%} would be known", known=cost.known))
    print(_(
        "  pools without a common item that may still travel today: {sessions_after} instead of {sessions_before}; "
        "wholly of items that never left: {fresh_after} instead of {fresh_before}", **left))  # fmt: skip
    if cost.issued:
        first = cost.issued[0]
        print(_(
            "  packages issued for this or a later day that lose items: {n}; most, "
            "session {session}: {items} of {pool}",
            n=len(cost.issued), session=first.session, items=first.items, pool=first.pool
        ))  # fmt: skip
    if issued.watermarks:
        print(_(
            "{n} watermarks: items that no other package gets until {until}; a form "
            "shows one with chance {chance:.0%}",
            n=len(issued.watermarks), until=done.watermarks_until, chance=issued.watermark_chance
        ))  # fmt: skip
    elif not done.counted:
        print(_("A drill: no exposure is counted, and no item is kept apart as a watermark."))
    else:
        print(_("No watermarks: no cell of the bank has an item to spare. A leak of the pool would not name the site."))
