"""`examd bench forms`: how alike forms are to the candidate on the edge of passing, and how long a thousand take.

For each length of form: with the true shares of right answers, with shares from 100 responses an item, with experts'
labels, and a plain stratified draw; each seen with the eyes of a candidate who knows the truth, at several pass marks.
What is promised holds at pass marks near the bank's mean share of right answers; the others are measured and told.
"""

import argparse
import time
from dataclasses import dataclass, replace

from rich.console import Console
from rich.table import Table

from bank.composing.assembly import Assembler
from bank.composing.fairness import EXPERT_ERROR, PROMISED, RESPONSES, Drawn, Fairness
from tools.bench.simulated import SIZE, SimulatedBank, simulated_rule
from tools.cli.language import _, joined
from tools.cli.output import as_json

MARKS = (60, 70, 80, 90)
"""Pass marks, in 100."""
PROMISED_AT = (70, 80)
EXPOSURE = 1.2
"""Promised in docs/rule.md: exposure over a flat one."""


@dataclass(frozen=True, slots=True)
class Measured:
    fairness: dict[int, Fairness]
    """By pass mark: the forms are the same, the borderline candidate is another."""
    seconds: float


def run(args: argparse.Namespace) -> int:
    report = {length: measure(length, args.tolerance, args.forms) for length in args.lengths}
    broken = [
        (length, name, mark) for length, found in report.items() for name, each in found.items() for mark in PROMISED_AT
        if each.fairness[mark].exposure_tilt > EXPOSURE + _by_chance(length, args.forms)
        or each.fairness[mark].pass_sd > PROMISED.get(name, 1.0)
    ]  # fmt: skip
    mean = float(SimulatedBank.make().expected().mean())
    if args.json:
        lengths = {
            str(length): {
                name: each.fairness[80].to_json() | {"seconds": round(each.seconds, 3), "pass_sd_at": _by_mark(each)}
                for name, each in found.items()
            }
            for length, found in report.items()
        }
        as_json({
            "ok": not broken, "items": SIZE, "mean_share": round(mean, 4), "tolerance": args.tolerance,
            "promised_at": PROMISED_AT, "lengths": lengths,
        })  # fmt: skip
        return 1 if broken else 0
    line = _(
        "{forms} forms of each kind from {items} items, right answers {mean:.0%} on average, tolerance {tolerance}"
    )
    print(line.format(forms=args.forms, items=SIZE, mean=mean, tolerance=args.tolerance))
    _print(report)
    print(_("Promised at pass marks of {marks} in 100.", marks=joined(PROMISED_AT)))
    print(_("All within what is promised.") if not broken else _("Larger than promised."))
    return 1 if broken else 0


def _by_mark(each: Measured) -> dict[str, float]:
    return {str(mark): round(fairness.pass_sd, 5) for mark, fairness in each.fairness.items()}


def _by_chance(length: int, forms: int) -> float:
    """What counting so few forms adds: three standard errors of the exposure of a twentieth of the items."""
    return float(3.0 / (forms * length / 20) ** 0.5)


def measure(length: int, tolerance: str, forms: int) -> dict[str, Measured]:
    """By what difficulties are known from: how alike the forms are, and the seconds they took."""

    rule, bank = simulated_rule(tolerance, length), SimulatedBank.make()
    stated = {
        "known": bank.expected(), "responses": bank.measured(RESPONSES), "experts": bank.judged(EXPERT_ERROR),
        "plain": bank.expected(),
    }  # fmt: skip
    drawn, seconds = {}, {}
    for name, shares in stated.items():
        pool = bank.facts(rule, shares)
        began = time.perf_counter()
        drawn_by = replace(rule, difficulty=None) if name == "plain" else rule
        assembler = Assembler(pool, drawn_by, b"examd bench forms".ljust(32, b"."), "bench")
        made = [assembler.form(ordinal) for ordinal in range(1, forms + 1)]
        seconds[name] = time.perf_counter() - began
        drawn[name] = Drawn.of(made, pool)
    expected = bank.expected()
    passes = {mark: length * mark // 100 for mark in MARKS}
    at = {mark: bank.chances_at(drawn["plain"].borderline(bank.chances_at, passes[mark])) for mark in MARKS}
    return {
        name: Measured(
            {mark: each.fairness(expected, each.spread(at[mark], passes[mark])) for mark in MARKS}, seconds[name]
        )
        for name, each in drawn.items()
    }


def _print(report: dict[int, dict[str, Measured]]) -> None:
    names = {
        "known": _("difficulties known"), "responses": _("from 100 responses an item"),
        "experts": _("experts' labels alone"), "plain": _("plain stratified draw"),
    }  # fmt: skip
    table = Table(box=None, pad_edge=False)
    for title in (_("items"), _("difficulties")):
        table.add_column(title, no_wrap=True)
    for title in (
        *(_("SD at {mark}", mark=mark) for mark in MARKS), _("promised"), _("5th to 95th at 80"),
        _("exposure × flat"), _("most used item"), _("draws a form"), _("seconds"),
    ):  # fmt: skip
        table.add_column(title, justify="right")
    for length, found in report.items():
        for name, measured in found.items():
            each = measured.fairness[80]
            table.add_row(
                str(length), names[name], *(f"{measured.fairness[mark].pass_sd:.3f}" for mark in MARKS),
                f"≤ {PROMISED[name]}" if name in PROMISED else "", f"{each.pass_low:.0%}～{each.pass_high:.0%}",
                f"{each.exposure_tilt:.2f}", f"{each.exposure_max:.1%}",
                f"{each.attempts / each.forms:.1f}", f"{measured.seconds:.2f}",
            )  # fmt: skip
    Console(highlight=False, width=140).print(table)
