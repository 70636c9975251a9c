"""`examd bench forms`: how long a thousand forms take, and how alike they are beside a plain stratified draw."""

import argparse
import json
import time


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    from tools.arguments import help_formatter, positive
    from tools.say import _

    parser = subparsers.add_parser(
        "forms",
        help=_("time the drawing of forms and measure how alike they are"),
        description=_("Draws forms of 100 from a simulated pool of 5,000 items, on one core."),
        epilog=_("Example: examd bench forms --tolerance 0.1"),
        formatter_class=help_formatter(),
    )
    parser.add_argument("--forms", type=positive, default=1_000, help=_("how many forms (default: %(default)s)"))
    parser.add_argument("--tolerance", default="0.1", help=_("of the expected score, in points (default: %(default)s)"))
    parser.add_argument("--json", action="store_true", help=_("print the numbers as JSON"))
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from dataclasses import replace

    from bank.assembly import Assembler
    from tools.bench.simulated import FORM, SIZE, SimulatedBank, simulated_rule
    from tools.fairness import Drawn, side_by_side
    from tools.say import _

    rule, bank = simulated_rule(args.tolerance), SimulatedBank.make()
    pool = bank.facts(rule)
    seed = b"examd bench forms".ljust(32, b".")
    drawn, seconds = {}, {}
    for name, blueprint in (("fair", rule), ("plain", replace(rule, difficulty=None))):
        began = time.perf_counter()
        assembler = Assembler(pool, blueprint, seed, "bench")
        forms = [assembler.form(ordinal) for ordinal in range(1, args.forms + 1)]
        seconds[name] = time.perf_counter() - began
        drawn[name] = Drawn.of(forms, pool)
    borderline = bank.chances_at(drawn["plain"].borderline(bank.chances_at, rule.pass_points))
    found = {name: those.fairness(bank.expected(), borderline, rule.pass_points) for name, those in drawn.items()}
    if args.json:
        report = {name: found[name].record() | {"seconds": round(seconds[name], 3)} for name in found}
        setting = {"items": SIZE, "form": FORM, "pass_points": rule.pass_points, "tolerance": args.tolerance}
        print(json.dumps(setting | report))
        return 0
    print(
        _("{forms} forms of {form} from {items} items, tolerance {tolerance} points, {passing} to pass").format(
            forms=args.forms, form=FORM, items=SIZE, tolerance=args.tolerance, passing=rule.pass_points
        )
    )
    side_by_side(found["fair"], found["plain"])
    print(_("time: {fair:.2f} s; plain: {plain:.2f} s").format(**seconds))
    return 0
