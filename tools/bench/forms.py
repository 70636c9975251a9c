"""`examd bench forms`: how long a thousand forms take, and how alike they are beside a plain stratified draw.

The bank is simulated: 5,000 items in ten chapters, three-parameter logistic (b ~ N(−1, 1) + chapter N(0, .3),
a ~ .9 lnN(0, .3), c ~ U(.10, .25)), which gives shares of right answers with mean .72 and SD .13. Its numbers come
from numpy's generator; the draw itself never does.
"""

import argparse
import json
import time
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bank.blueprint import Blueprint
    from bank.pool import ItemFacts
    from tools.fairness import Floats

CHAPTERS, PER_CHAPTER, TAKEN = 10, 500, 10
SIZE = CHAPTERS * PER_CHAPTER
FORM = CHAPTERS * TAKEN


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    from rich_argparse import RichHelpFormatter

    from tools.arguments import positive
    from tools.say import _

    parser = subparsers.add_parser(
        "forms",
        help=_("time the drawing of forms and measure how alike they are"),
        description=_("Draws forms of 100 from a simulated pool of 5,000 items, on one core."),
        epilog=_("Example: examd bench forms --tolerance 0.1"),
        formatter_class=RichHelpFormatter,
    )
    parser.add_argument("--forms", type=positive, default=1_000, help=_("how many forms (default: %(default)s)"))
    parser.add_argument("--tolerance", default="0.1", help=_("of the expected score, in points (default: %(default)s)"))
    parser.add_argument("--json", action="store_true", help=_("print the numbers as JSON"))
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from bank.assembly import Assembler
    from tools.fairness import Drawn, side_by_side
    from tools.say import _

    rule, bank = simulated_rule(args.tolerance), SimulatedBank.make()
    pool = bank.facts(rule)
    seed = sha256(b"examd bench forms").digest()
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


def simulated_rule(tolerance: str) -> "Blueprint":
    """One type, so that every item's options are shuffled: the dearest form there is to make."""
    from bank.blueprint import Blueprint

    codes = [str(n) for n in range(1, CHAPTERS + 1)]
    return Blueprint.from_record(
        {
            "id": "BENCH",
            "version": 1,
            "name": "bench",
            "source": "simulated",
            "effective_from": "2000-01-01",
            "grading": "site",
            "minutes": 120,
            "total_points": FORM,
            "pass_points": FORM * 8 // 10,
            "difficulty": {"tolerance": tolerance},
            "types": {"single": {"count": FORM, "points": 1}},
            "chapters": {code: {"name": code, "points": TAKEN} for code in codes},
            "levels": {"any": FORM},
            "cells": [{"type": "single", "chapter": code, "count": TAKEN, "points": 1} for code in codes],
        }
    )


@dataclass(frozen=True, slots=True)
class SimulatedBank:
    a: "Floats"
    b: "Floats"
    c: "Floats"

    @classmethod
    def make(cls) -> "SimulatedBank":
        import numpy as np

        random = np.random.default_rng(20_261_121)
        b = random.normal(-1.0, 1.0, SIZE) + np.repeat(random.normal(0.0, 0.3, CHAPTERS), PER_CHAPTER)
        return cls(a=0.9 * np.exp(random.normal(0.0, 0.3, SIZE)), b=b, c=random.uniform(0.10, 0.25, SIZE))

    def chances_at(self, ability: float) -> "Floats":
        import numpy as np

        chances: Floats = self.c + (1.0 - self.c) / (1.0 + np.exp(-self.a * (ability - self.b)))
        return chances

    def expected(self) -> "Floats":
        """Shares of right answers in a population of abilities N(0, 1), by Gauss-Hermite quadrature."""
        import numpy as np

        abilities, weights = np.polynomial.hermite_e.hermegauss(31)
        shares: Floats = np.tensordot(weights / weights.sum(), [self.chances_at(x) for x in abilities], axes=1)
        return shares

    def facts(self, rule: "Blueprint") -> "list[ItemFacts]":
        from bank.content import ItemType, Level
        from bank.pool import ItemFacts

        strata = {cell.chapter: cell.stratum for cell in rule.cells}
        return [
            ItemFacts(
                id=f"{n:032x}",
                rev=1,
                stratum=strata[chapter := str(n // PER_CHAPTER + 1)],
                type=ItemType.SINGLE,
                chapter=chapter,
                level=Level.NONE,
                points=1,
                p4=round(10_000 * share),
                options=4,
                locked=(),
                enemies=(),
                tags=(),
                content="",
                salt="",
            )
            for n, share in enumerate(self.expected().tolist())
        ]
