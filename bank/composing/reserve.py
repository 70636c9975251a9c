"""Fixed reserve forms, with no item in common: chosen exactly as the rule says, secret, and not drawn.

Before: `bank.composing.availability`; `bank.rules.solver` chooses. After: print, seal, and keep them apart.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from bank.canonical import digest
from bank.composing.assembly import expectation, require_p4
from bank.composing.availability import RuleAvailability
from bank.composing.draw import Stream
from bank.composing.exposure import apart_until
from bank.draw_facts import ItemFacts
from bank.refused import Denied
from bank.rules import Cell, Rule, Unit
from bank.rules.solver import Model, form_rows
from bank.rules.units import units_in_cells
from bank.store import OpenBank

SITE = "reserve"
"""Stands for the site in the record of exposure."""


@dataclass(frozen=True, slots=True)
class ReserveForm:
    items: list[str]
    digest: str
    expected_points: float

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def reserve_forms(available: RuleAvailability, rule: Rule, forms: int) -> list[ReserveForm]:
    """So many forms of items that neither rest nor are capped."""
    made = []
    for form in reserve(available.free, rule, forms, secrets.token_bytes(32)):
        ids = [fact.id for fact in form]
        expected = sum(fact.points * fact.p4 for fact in form) / 10_000
        made.append(ReserveForm(ids, digest(ids), round(expected, 4)))
    return made


def keep(bank: OpenBank, rule: Rule, forms: Iterable[ReserveForm], day: date) -> None:
    """As a session that nobody sat yet: caps, rests and overlap count it, and its items stay out of other pools."""
    for form in forms:
        name = f"{rule.id}-{form.digest[:8]}"
        bank.exposure.add(name, SITE, dict.fromkeys(form.items, 0), day.isoformat())
        bank.watermarks.add(form.items, form.digest, name, SITE, apart_until(day))


def reserve(facts: Iterable[ItemFacts], rule: Rule, forms: int, key: bytes) -> list[list[ItemFacts]]:
    """`forms` forms with no item in common, each as the rule says: cells, enemies, tags, expected score in tolerance.

    Costs are random, from the stream of `key`: an objective of "best" would take the same items every year, and a
    distance from the target as objective would never be proved least.

    Raises Denied: when there are none.
    """
    units = units_in_cells(facts, rule)
    target = None
    if rule.difficulty is not None:
        listed = [fact for _, unit in units for fact in unit.facts]
        require_p4(listed)
        stated = rule.difficulty.target
        target = expectation(listed, rule) if stated is None else stated
    left, made = list(range(len(units))), list[list[int]]()
    for number in range(forms):
        form = _forms([units[n] for n in left], rule, target, 1, Stream(key, f"reserve/{number + 1}"))
        if form is None:  # taken one after the other they got in each other's way: perhaps not if made together
            together = _forms(units, rule, target, forms, Stream(key, "reserve"))
            if together is None:
                raise Denied("no-reserve-form", rule=rule.id, number=number + 1, forms=forms)
            made = together
            break
        made.append([left[n] for n in form[0]])
        taken = set(made[-1])
        left = [n for n in left if n not in taken]
    return [[fact for n in form for fact in units[n][1].facts] for form in made]


def _forms(
    units: Sequence[tuple[Cell, Unit]], rule: Rule, target: int | None, forms: int, stream: Stream
) -> list[list[int]] | None:
    """So many forms without a unit in common; None if there are none."""
    model = Model()
    for _ in range(forms * len(units)):
        model.integer(cost=stream.below(1_000))
    for form in range(forms):
        form_rows(model, units, rule, target, first=form * len(units))
    for n in range(len(units) if forms > 1 else 0):
        model.row(range(n, forms * len(units), len(units)), high=1)
    found = model.solve(gap=0.05)
    if found is None:
        return None
    chosen = found.chosen()
    return [[n % len(units) for n in chosen if n // len(units) == form] for form in range(forms)]
