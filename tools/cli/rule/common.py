"""What the commands on a rule have in common: the file, the bank it is held against, trial draws, its heading."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.cli.bank.open_bank import open_bank
from tools.cli.base import Command, day
from tools.cli.language import _
from tools.cli.output import report
from tools.cli.rule import withheld
from tools.cli.rule.names import type_name

if TYPE_CHECKING:
    from bank.composing.availability import Stock
    from bank.draw_facts import ItemFacts
    from bank.refused import Refused
    from bank.rules import Rule, TypeMargin
    from bank.store import OpenBank

NEAR = 0.09
"""How far the pass mark may lie from the mean share of right answers: `bench forms` holds its promise up to here."""
TRIAL = b"examd rule try".ljust(32, b".")
"""Key and seed of trial draws: public, so that a trial can be repeated, and never a session's."""


def takes_rule_and_bank(command: Command, *, rule: bool = True, bank: bool = False) -> None:
    """Of the two, those which `command` cannot do without are said to be so."""
    command.add_argument(
        "rule", type=Path, metavar=_("RULE"), nargs=None if rule else "?", help=_("the rule, a TOML file")
    )
    command.add_argument("--bank", type=Path, metavar="DIR", required=bank, help=_("the bank's folder"))
    command.takes_file("--passphrase-file", _("read the bank's passphrase here"))
    command.add_argument("--date", type=day, metavar="YYYY-MM-DD", help=_("for a session on this day (default: today)"))
    command.add_argument("--mock", action="store_true", help=_("for a drill (演练): items lent for drills count too"))


def read(path: Path) -> bytes:
    from bank.refused import BadFile

    try:
        return path.read_bytes()
    except OSError as error:
        raise BadFile("rule-unreadable", file=str(path), reason=error.strerror or "") from None


@contextmanager
def stocked(args: argparse.Namespace, rule: "Rule", candidates: int) -> "Iterator[tuple[OpenBank, Stock]]":
    """The open bank, and what a session on the day asked for may use of it; what it may not is told on stderr."""
    from datetime import UTC, datetime

    from bank.composing.availability import stock_of

    on = args.date or datetime.now(UTC).date()
    with open_bank(args) as bank:
        found = stock_of(bank, rule, on, withheld.kind_of(bank, args), candidates)
        if not args.json:
            withheld.tell_kind(bank, args)
            withheld.tell(found.usable.reasons)
        yield bank, found


def stock(args: argparse.Namespace, rule: "Rule", candidates: int) -> "Stock":
    with stocked(args, rule, candidates) as (_bank, found):
        return found


def acceptance_of(pool: "list[ItemFacts]", rule: "Rule", assembler: Any, draws: int = 2_000) -> dict[str, int]:
    """Of trial draws those admissible; where they are too few, whether any form at all lies within the tolerance."""
    from bank.refused import Denied
    from bank.rules.feasibility import in_tolerance

    try:
        return {"admitted": assembler.acceptance(draws), "draws": draws}
    except Denied as refusal:
        target = assembler.target
        if refusal.facts["admitted"] or target is None or in_tolerance(pool, rule, target):
            raise
        raise Denied("rule-no-form-in-tolerance", rule=rule.id) from None


def off_the_mark(pool: "list[ItemFacts]", rule: "Rule") -> str:
    """A warning where the pass mark lies too far from what candidates score on average; else ""."""
    from bank.composing.assembly import expectation

    if rule.difficulty is None or any(fact.p4 == 0 for fact in pool):
        return ""
    mean = expectation(pool, rule) / 10_000 / rule.total_points
    mark = rule.pass_points / rule.total_points
    if abs(mark - mean) <= NEAR:
        return ""
    line = _(
        "WARNING: the pass mark is {mark:.0%}, but candidates score {mean:.0%} on average. Equal forms are promised "
        "where the two are no further apart than {near} percentage points; further off, a form's chances differ more "
        "than promised."
    )
    return line.format(mark=mark, mean=mean, near=round(NEAR * 100))


def found_wrong(args: argparse.Namespace, refusal: "Refused") -> int:
    """Exit code 1: what is refused elsewhere is a finding where one asked whether it holds."""
    from tools.cli.sentences import said

    sentence = said(refusal)
    report(args, {"ok": False, "code": refusal.code, "facts": refusal.facts, "sentence": sentence}, sentence)
    return 1


def print_heading(rule: "Rule") -> None:
    print(f"{rule.name}  ({rule.id} v{rule.version})")
    print(_("rule hash {hash}").format(hash=rule.sha256))
    parts = [f"{_part(t.value, rule.types[t])}" for t in rule.type_order]
    summary = _("{items} items, {points} points, {minutes} minutes, {passing} to pass: {parts}")
    print(
        summary.format(
            items=rule.items,
            points=rule.total_points,
            minutes=rule.minutes,
            passing=rule.pass_points,
            parts=" + ".join(parts),
        )
    )


def _part(type_: str, margin: "TypeMargin") -> str:
    told = _("{type} {count} × {points} points")
    return told.format(type=type_name(type_), count=margin.count, points=margin.points)
