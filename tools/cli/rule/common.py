"""What the commands on a rule have in common: the file, the bank it is held against, trial draws, its heading."""

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bank import subjects
from bank.clock import today
from bank.composing.availability import RuleAvailability, rule_availability
from bank.composing.trial import NEAR, far_mean
from bank.draw_facts import ItemFacts
from bank.refused import BadFile, Refused
from bank.rules import Rule, TypeMargin
from bank.rules.advice import Doubt
from bank.store import OpenBank
from tools.cli.bank.open_bank import open_bank
from tools.cli.language import _, joined
from tools.cli.output import report
from tools.cli.rule import withheld
from tools.cli.rule.names import type_name
from tools.cli.sentences import said, told


def read(path: Path) -> bytes:
    """The rule's file. Raises BadFile: when it cannot be read."""

    try:
        return path.read_bytes()
    except OSError as error:
        raise BadFile("rule-unreadable", file=str(path), reason=error.strerror or "") from None


def require_subjects(args: argparse.Namespace, rule: Rule) -> None:
    """As issuing asks for them. Raises BadFile: when the rule names none, or an unknown one, and this is no drill."""
    if not args.mock:
        rule.require_subjects()


@contextmanager
def bank_and_availability(
    args: argparse.Namespace, rule: Rule, candidates: int
) -> Iterator[tuple[OpenBank, RuleAvailability]]:
    """The open bank, and what a session on the day asked for may use of it; what it may not is told on stderr."""

    on = args.date or today()
    with open_bank(args) as bank:
        found = rule_availability(bank, rule, on, withheld.kind_of(bank, args), candidates)
        if not args.json:
            withheld.tell_kind(bank, args)
            withheld.tell(found.of_bank.reasons)
        yield bank, found


def availability_of(args: argparse.Namespace, rule: Rule, candidates: int) -> RuleAvailability:
    with bank_and_availability(args, rule, candidates) as (_bank, found):
        return found


def off_the_mark(pool: Sequence[ItemFacts], rule: Rule) -> str:
    """A warning where the pass mark lies too far from what candidates score on average; else ""."""

    mean = far_mean(pool, rule)
    if mean is None:
        return ""
    line = _(
        "WARNING: the pass mark is {mark:.0%}, but candidates score {mean:.0%} on average. Equal forms are promised "
        "where the two are no further apart than {near} percentage points; further off, a form's chances differ more "
        "than promised."
    )
    return line.format(mark=rule.pass_points / rule.total_points, mean=mean, near=round(NEAR * 100))


def warning(doubt: Doubt) -> str:
    """In a line of its own, what is legal and hardly meant."""
    return _("WARNING: {doubt}", doubt=told(doubt.code, doubt.facts))


def found_wrong(args: argparse.Namespace, refusal: Refused, others: Sequence[Refused] = ()) -> int:
    """Exit code 1: what is refused elsewhere is a finding where one asked whether it holds. `others`: found besides."""

    findings = [{"code": each.code, "facts": each.facts, "sentence": said(each)} for each in (refusal, *others)]
    more = {"others": findings[1:]} if others else {}
    report(args, {"ok": False} | findings[0] | more, *(str(each["sentence"]) for each in findings))
    return 1


def print_heading(rule: Rule) -> None:
    """What the rule is, in a few lines."""
    print(f"{rule.name}  ({rule.id} v{rule.version})")
    print(_("rule hash {hash}", hash=rule.sha256))
    if rule.subjects:
        print(_("draws from: {subjects}", subjects=joined(map(subjects.told, rule.subjects))))
    else:
        print(_("names no subject: draws from items of every subject, for drills alone"))
    parts = [f"{_part(t.value, rule.types[t])}" for t in rule.type_order]
    print(
        _(
            "{items} items, {points} points, {minutes} minutes, {passing} to pass: {parts}",
            items=rule.items,
            points=rule.total_points,
            minutes=rule.minutes,
            passing=rule.pass_points,
            parts=" + ".join(parts),
        )
    )


def _part(type_: str, margin: TypeMargin) -> str:
    return _("{type} {count} × {points} points", type=type_name(type_), count=margin.count, points=margin.points)
