"""`examd bench forms`: how alike forms are to the candidate on the edge of passing, and how long a thousand take.

For each length of form: with the true shares of right answers, with shares from 100 responses an item, with experts'
labels, and a plain stratified draw; each seen with the eyes of a candidate who knows the truth.
"""

import argparse
import json
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tools.fairness import Fairness

PASS_SD = {"known": 0.03, "responses": 0.055}
EXPOSURE = 1.2
"""Promised in docs/rule.md: SD of the borderline candidate's pass chance, and exposure over a flat one."""


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    from rich_argparse import RichHelpFormatter

    from tools.arguments import positive
    from tools.say import _

    parser = subparsers.add_parser(
        "forms",
        help=_("time the drawing of forms and measure how alike they are"),
        description=_(
            "Draws forms from a simulated pool of 5,000 items, on one core; the pass mark is 80 in 100. Exit code 1 "
            "where the spread of the borderline candidate's pass chance, or exposure, is larger than promised."
        ),
        epilog=_("Example: examd bench forms --lengths 30,60,100 --tolerance 0.1"),
        formatter_class=RichHelpFormatter,
    )
    parser.add_argument("--forms", type=positive, default=1_000, help=_("how many forms (default: %(default)s)"))
    parser.add_argument(
        "--lengths", type=_lengths, default=(30, 60, 100), metavar="N,N",
        help=_("items of a form, multiples of ten (default: 30,60,100)"),
    )  # fmt: skip
    parser.add_argument("--tolerance", default="0.1", help=_("of the expected score, in points (default: %(default)s)"))
    parser.add_argument("--json", action="store_true", help=_("print the numbers as JSON"))
    parser.set_defaults(run=run)


def _lengths(text: str) -> tuple[int, ...]:
    lengths = tuple(int(part) for part in text.split(","))
    if any(length % 10 or not 10 <= length <= 1_000 for length in lengths):
        raise ValueError(text)
    return lengths


def run(args: argparse.Namespace) -> int:
    from tools.bench.simulated import SIZE
    from tools.say import _

    report = {length: measure(length, args.tolerance, args.forms) for length in args.lengths}
    broken = [
        (length, name) for length, found in report.items() for name, (fairness, _s) in found.items()
        if fairness.exposure_tilt > EXPOSURE + _by_chance(length, args.forms)
        or fairness.pass_sd > PASS_SD.get(name, 1.0)
    ]  # fmt: skip
    if args.json:
        lengths = {
            str(length): {name: each.record() | {"seconds": round(spent, 3)} for name, (each, spent) in found.items()}
            for length, found in report.items()
        }
        print(json.dumps({"ok": not broken, "items": SIZE, "tolerance": args.tolerance, "lengths": lengths}))
        return 1 if broken else 0
    print(
        _("{forms} forms of each kind from {items} items, tolerance {tolerance} points, 80 % to pass").format(
            forms=args.forms, items=SIZE, tolerance=args.tolerance
        )
    )
    _print(report)
    print(_("All within what is promised.") if not broken else _("Larger than promised."))
    return 1 if broken else 0


def _by_chance(length: int, forms: int) -> float:
    """What counting so few forms adds: three standard errors of the exposure of a twentieth of the items."""
    return float(3.0 / (forms * length / 20) ** 0.5)


def measure(length: int, tolerance: str, forms: int) -> "dict[str, tuple[Fairness, float]]":
    """By what difficulties are known from: how alike the forms are, and the seconds they took."""
    from dataclasses import replace

    from bank.assembly import Assembler
    from tools.bench.simulated import SimulatedBank, simulated_rule
    from tools.fairness import EXPERT_ERROR, RESPONSES, Drawn

    rule, bank = simulated_rule(tolerance, length), SimulatedBank.make()
    stated = {
        "known": bank.expected(), "responses": bank.measured(RESPONSES), "experts": bank.judged(EXPERT_ERROR),
        "plain": bank.expected(),
    }  # fmt: skip
    drawn, seconds = {}, {}
    for name, shares in stated.items():
        pool = bank.facts(rule, shares)
        began = time.perf_counter()
        blueprint = replace(rule, difficulty=None) if name == "plain" else rule
        assembler = Assembler(pool, blueprint, b"examd bench forms".ljust(32, b"."), "bench")
        made = [assembler.form(ordinal) for ordinal in range(1, forms + 1)]
        seconds[name] = time.perf_counter() - began
        drawn[name] = Drawn.of(made, pool)
    borderline = bank.chances_at(drawn["plain"].borderline(bank.chances_at, rule.pass_points))
    expected = bank.expected()
    return {
        name: (each.fairness(expected, borderline, rule.pass_points), seconds[name]) for name, each in drawn.items()
    }


def _print(report: "dict[int, dict[str, tuple[Fairness, float]]]") -> None:
    from rich.console import Console
    from rich.table import Table

    from tools.say import _

    names = {
        "known": _("difficulties known"), "responses": _("from 100 responses an item"),
        "experts": _("experts' labels alone"), "plain": _("plain stratified draw"),
    }  # fmt: skip
    table = Table(box=None, pad_edge=False)
    for title in (_("items"), _("difficulties")):
        table.add_column(title)
    for title in (
        _("SD of pass chance"), _("promised"), _("5th to 95th"), _("SD of score"), _("exposure × flat"),
        _("most used item"), _("draws a form"), _("seconds"),
    ):  # fmt: skip
        table.add_column(title, justify="right")
    for length, found in report.items():
        for name, (each, spent) in found.items():
            promised = f"≤ {PASS_SD[name]}" if name in PASS_SD else ""
            table.add_row(
                str(length), names[name], f"{each.pass_sd:.3f}", promised, f"{each.pass_low:.2f}-{each.pass_high:.2f}",
                f"{each.expected_sd:.3f}", f"{each.exposure_tilt:.2f}", f"{each.exposure_max:.1%}",
                f"{each.attempts / each.forms:.1f}", f"{spent:.2f}",
            )  # fmt: skip
    Console(highlight=False, width=140).print(table)
