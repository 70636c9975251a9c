"""A simulated bank: 5,000 items in ten chapters, whose answers follow a three-parameter logistic model.

b ~ N(−1, 1) + chapter N(0, .3), a ~ .9 lnN(0, .3), c ~ U(.10, .25): shares of right answers with mean .72 and SD .13.
These numbers come from numpy's generator; the draw itself never does.
"""

from dataclasses import dataclass

import numpy as np

from bank.composing.fairness import Floats
from bank.content import ItemType, Level
from bank.draw_facts import ItemFacts
from bank.rules import Rule

CHAPTERS, PER_CHAPTER = 10, 500
SIZE = CHAPTERS * PER_CHAPTER


def simulated_rule(tolerance: str, form: int = 100) -> Rule:
    """`form` items of one type, so that every item's options are shuffled: the dearest form there is to make."""
    taken = form // CHAPTERS
    codes = [str(n) for n in range(1, CHAPTERS + 1)]
    return Rule.from_json(
        {
            "id": "BENCH",
            "version": 1,
            "name": "bench",
            "source": "simulated",
            "effective_from": "2000-01-01",
            "grading": "site",
            "minutes": 120,
            "total_points": form,
            "pass_points": form * 8 // 10,
            "difficulty": {"tolerance": tolerance},
            "types": {"single": {"count": form, "points": 1}},
            "chapters": {code: {"name": code, "points": taken} for code in codes},
            "levels": {"any": form},
            "cells": [{"type": "single", "chapter": code, "count": taken, "points": 1} for code in codes],
        }
    )


@dataclass(frozen=True, slots=True)
class SimulatedBank:
    a: Floats
    b: Floats
    c: Floats

    @classmethod
    def make(cls) -> "SimulatedBank":
        """The same bank every time."""
        random = np.random.default_rng(20_261_121)
        b = random.normal(-1.0, 1.0, SIZE) + np.repeat(random.normal(0.0, 0.3, CHAPTERS), PER_CHAPTER)
        return cls(a=0.9 * np.exp(random.normal(0.0, 0.3, SIZE)), b=b, c=random.uniform(0.10, 0.25, SIZE))

    def chances_at(self, ability: float) -> Floats:
        chances: Floats = self.c + (1.0 - self.c) / (1.0 + np.exp(-self.a * (ability - self.b)))
        return chances

    def expected(self) -> Floats:
        """Shares of right answers in a population of abilities N(0, 1), by Gauss-Hermite quadrature."""
        abilities, weights = np.polynomial.hermite_e.hermegauss(31)
        shares: Floats = np.tensordot(weights / weights.sum(), [self.chances_at(x) for x in abilities], axes=1)
        return shares

    def measured(self, responses: int) -> Floats:
        """The shares as so many answers to each item would show them."""
        shares: Floats = np.random.default_rng(responses).binomial(responses, self.expected()) / responses
        return shares

    def judged(self, error: float) -> Floats:
        """The shares as experts would judge them, with an error of that SD."""
        return self.expected() + np.random.default_rng(5).normal(0.0, error, SIZE)

    def facts(self, rule: Rule, stated: Floats | None = None) -> list[ItemFacts]:
        """`stated`: the shares that the bank believes in; the true ones unless given."""
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
                p4=min(9_999, max(1, round(10_000 * share))),
                options=4,
                locked=(),
                enemies=(),
                tags=(),
                content="",
                salt="",
            )
            for n, share in enumerate((self.expected() if stated is None else stated).tolist())
        ]
