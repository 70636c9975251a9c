"""A rule tried on a bank: would a session be issued under it, and how alike would its forms be?

Trial pools and trial draws go the way of real ones, with a key that everybody knows, so that a trial can be repeated;
no session is ever drawn with it.

Before: `bank.composing.availability`. After: a person reads, changes the rule or signs it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from hashlib import sha256
from typing import Any

import numpy as np

from bank.composing.assembly import Assembler, Form, Progress, expectation, require_p4
from bank.composing.availability import RuleAvailability
from bank.composing.fairness import PROMISED, Drawn, Fairness, Floats, Outlook, outlook
from bank.composing.forecast import Season, season
from bank.composing.pool_selection import alike, session_pool
from bank.draw_facts import ItemFacts
from bank.refused import Denied
from bank.rules import Rule
from bank.rules.feasibility import Feasibility, check_feasibility, in_tolerance

NEAR = 0.09
"""How far the pass mark may lie from the mean share of right answers: `bench forms` holds its promise up to here."""
DRAWS = 2_000
_KEY = b"examd rule try".ljust(32, b".")
_SESSION = "trial"
_POOLS = 4
"""A session's pool is selected at random: near its limits a rule is judged by the worst of so many."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    admitted: int
    draws: int

    def near_limit(self, rule: Rule) -> bool:
        """Whether fewer than twice as many are admissible as the rule asks."""
        return self.admitted * 10_000 < 2 * self.draws * rule.min_accept


@dataclass(frozen=True, slots=True)
class Issuable:
    """Whether a bank can fill a rule and a session would be issued: neither `refusal` nor a conflict is in the way."""

    feasibility: Feasibility
    refusal: Denied | None = None
    pool: Sequence[ItemFacts] = ()
    acceptance: Acceptance | None = None
    """From the worst of `pools` trial pools."""
    pools: int = 0
    alike: Fraction = Fraction(0)
    """Of a form's items those that another candidate's form has as well, on average, in the worst of the pools."""


def issuable(available: RuleAvailability, rule: Rule, candidates: int, progress: Progress | None = None) -> Issuable:
    """What issuing would say of a session of so many candidates."""
    feasibility = check_feasibility(available.free, rule, candidates)
    if not feasibility.feasible:
        return Issuable(feasibility)
    tried = []
    try:
        for n, key in enumerate((_KEY, *(sha256(_KEY + bytes([n])).digest() for n in range(1, _POOLS)))):
            pool = session_pool(available.in_cells, rule, key, available.ledger)
            assembler = Assembler(pool, rule, _KEY, _SESSION)
            tried.append((pool, _acceptance(assembler, pool, rule, candidates, _part(progress, n, _POOLS))))
            if assembler.admits_all:
                break
        common = max(alike(pool, rule) for pool, _acceptance in tried)
        rule.require_unlike(common)
    except Denied as refusal:
        return Issuable(feasibility, refusal)
    worst = min((acceptance for _pool, acceptance in tried), key=lambda each: each.admitted)
    return Issuable(feasibility, None, tried[0][0], worst, len(tried), common)


def _part(progress: Progress | None, n: int, parts: int) -> Progress | None:
    """Of so many equal parts the progress of part `n`, from 0."""
    return None if progress is None else lambda done, total: progress(n * total + done, parts * total)


def _acceptance(
    assembler: Assembler, pool: Sequence[ItemFacts], rule: Rule, candidates: int, progress: Progress | None
) -> Acceptance:
    """Of trial draws those admissible; where they are too few, whether any form at all lies within the tolerance."""
    try:
        found = Acceptance(assembler.acceptance(DRAWS, progress), DRAWS)
    except Denied as refusal:
        target = assembler.target
        if refusal.facts["admitted"] or target is None or in_tolerance(pool, rule, target):
            raise
        raise Denied("rule-no-form-in-tolerance", rule=rule.id) from None
    assembler.require_enough_attempts(candidates, found.admitted, found.draws)
    return found


def far_mean(pool: Sequence[ItemFacts], rule: Rule) -> float | None:
    """The mean share of right answers, where the pass mark lies too far from it for equal chances; else None."""
    if rule.difficulty is None or any(fact.p4 == 0 for fact in pool):
        return None
    mean = expectation(pool, rule) / 10_000 / rule.total_points
    return mean if abs(rule.pass_points / rule.total_points - mean) > NEAR else None


@dataclass(frozen=True, slots=True)
class CellExposure:
    """One cell of trial forms: units on a form and in the pool; shares of all forms that show an item of it."""

    cell: str
    count: int
    pool: int
    exposure: float
    """If all were equally likely."""
    exposure_most: float
    exposure_least: float
    overlap: float
    """What two forms share of the cell."""


@dataclass(frozen=True)
class Trial:
    """Forms of a rule beside those of a plain stratified draw from the same pool."""

    pool: Sequence[ItemFacts]
    acceptance: Acceptance
    fair: Fairness
    plain: Fairness
    outlook: Outlook
    cells: Sequence[CellExposure]
    scores: tuple[list[float], list[float]]
    """The score to be expected of each form, in points: of the rule, of the plain draw."""

    @property
    def promise_kept(self) -> bool:
        return self.outlook.known.sd <= PROMISED["known"]

    def to_json(self) -> dict[str, Any]:
        return {
            "fair": self.fair.to_json(), "plain": self.plain.to_json(), "pool": len(self.pool),
            "acceptance": asdict(self.acceptance), "outlook": self.outlook.to_json(),
            "cells": [asdict(cell) for cell in self.cells],
        }  # fmt: skip


def try_forms(
    available: RuleAvailability, rule: Rule, candidates: int, forms: int, progress: Progress | None = None
) -> Trial:
    """Draws so many forms. Raises Denied: when no session of so many candidates would be issued."""
    pool = session_pool(available.in_cells, rule, _KEY, available.ledger)
    require_p4(pool)
    ours, plain = (Assembler(pool, each, _KEY, _SESSION) for each in (rule, replace(rule, difficulty=None)))
    acceptance = _acceptance(ours, pool, rule, candidates, _part(progress, 0, 3))
    drawn = [
        Drawn.of(list(_forms(draw, forms, _part(progress, n, 3))), pool)
        for n, draw in enumerate((ours, plain), start=1)
    ]
    ahead = outlook(drawn[0], drawn[1], pool, rule.pass_points)
    stated: Floats = np.array([fact.p4 for fact in pool]) / 10_000
    found = [each.fairness(stated, spread) for each, spread in zip(drawn, (ahead.known, ahead.plain), strict=True)]
    scores = [(stated[each.rows] @ each.points).tolist() for each in drawn]
    return Trial(pool, acceptance, found[0], found[1], ahead, _exposures(rule, pool, drawn[0]), (scores[0], scores[1]))


def _forms(assembler: Assembler, forms: int, progress: Progress | None) -> Iterator[Form]:
    for n in range(1, forms + 1):
        if progress is not None:
            progress(n, forms)
        yield assembler.form(n)


def try_season(available: RuleAvailability, rule: Rule, candidates: int, sessions: int, every: int) -> Season:
    """What so many sessions, `every` so many days, would do to the bank."""
    return season(available.in_cells, rule, sessions, candidates, every, _KEY, available.ledger)


def _exposures(rule: Rule, pool: Sequence[ItemFacts], drawn: Drawn) -> list[CellExposure]:
    forms, seen = len(drawn.rows), drawn.seen
    pairs = forms * (forms - 1)
    cells = []
    for cell in rule.cells_as_read:
        those = [n for n, fact in enumerate(pool) if fact.stratum == cell.stratum]
        counts, units = seen[those], len(those) // cell.size
        overlap = float((counts * (counts - 1)).sum()) / pairs / cell.items if pairs else 0.0
        shares = (cell.count / units, float(counts.max()) / forms, float(counts.min()) / forms, overlap)
        cells.append(CellExposure(cell.stratum, cell.count, units, *(round(share, 4) for share in shares)))
    return cells
