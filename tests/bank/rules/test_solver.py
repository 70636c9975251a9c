"""The solver reaches published optima, and says where there is no solution."""

import csv
import json
import math
import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import inf

import pytest

from bank.rules.solver import Model, Solution
from tests.shared import DATA, needs

ATA = DATA / "ata"


@dataclass(frozen=True, slots=True)
class Bound:
    """low ≤ how many of `items` are chosen ≤ high."""

    items: Sequence[int]
    low: float = -inf
    high: float = inf


def best(
    items: int, bounds: Iterable[Bound], information: Sequence[Sequence[float]], together: Iterable[Sequence[int]] = ()
) -> Solution | None:
    """Of `items`, those with the most information: `information[k][i]` is what item i tells at the k-th ability.

    With one ability its sum is greatest; with several the smallest of their sums is. Items `together` are chosen all or
    none of them.
    """
    model = Model()
    if len(information) == 1:
        for value in information[0]:
            model.integer(cost=-value)
    else:
        for _ in range(items):
            model.integer()
        least = model.real(low=0.0, cost=-1.0)
        for values in information:
            model.row(dict(enumerate(values)) | {least: -1.0}, low=0.0)
    for bound in bounds:
        model.row(bound.items, bound.low, bound.high)
    for first, *others in together:
        for other in others:
            model.row({first: 1.0, other: -1.0}, 0, 0)
    found = model.solve()
    return None if found is None else Solution(-found.objective, found.values[:items])


def science():
    with (ATA / "itemattrib_science_1000.csv").open() as attributes, (ATA / "itempool_science_1000.csv").open() as pool:
        rows = [a | p for a, p in zip(csv.DictReader(attributes), csv.DictReader(pool), strict=True)]
    for row in rows:
        row.update({name: float(row[name]) for name in ("LEVEL", "STANDARD", "DOK", "PTBIS")})
        row.update(a=float(row["PAR1"]), b=float(row["PAR2"]), c=float(row["PAR3"]))
    return rows


def holds(condition, row):
    """The few forms of condition that the constraints file uses."""
    for part in filter(None, condition.split(" & ")):
        name, operator, value = re.fullmatch(r"(\w+) (==|>=|<|%in%) (.+)", part).groups()
        values = [float(v) if v[0] != '"' else v.strip('"') for v in re.findall(r'"[^"]*"|[\d.]+', value)]
        found = row[name]
        test = {"==": found in values, "%in%": found in values}.get(operator)
        if test is None:
            test = found >= values[0] if operator == ">=" else found < values[0]
        if not test:
            return False
    return True


def bounds(rows):
    with (ATA / "constraints_science_1000.csv").open() as file:
        for line in csv.DictReader(file):
            if line["TYPE"] == "Order":  # says how items are printed
                continue
            those = [n for n, row in enumerate(rows) if holds(line["CONDITION"], row)]
            match line["TYPE"]:
                case "Number":
                    yield Bound(those, float(line["LB"]), float(line["UB"]))
                case "Enemy":
                    yield Bound(those, high=1)
                case "Exclude":
                    yield Bound(those, high=0)
                case "Include":
                    yield Bound(those, low=len(those))
                case "AllOrNone":
                    yield those


def information(row, theta):
    p = row["c"] + (1 - row["c"]) / (1 + math.exp(-row["a"] * (theta - row["b"])))
    return row["a"] ** 2 * (1 - p) / p * ((p - row["c"]) / (1 - row["c"])) ** 2


@needs(ATA)
@pytest.mark.parametrize("number", range(4))
def test_the_optimum_is_the_published_one_proved_by_two_other_solvers(number):
    optimum = json.loads((ATA / "science_1000_optima.json").read_text())["solutions"][number]
    rows, limits, both = science(), [], []
    for each in bounds(rows):
        (limits if isinstance(each, Bound) else both).append(each)
    values = [[information(row, theta) for row in rows] for theta in optimum["theta"]]
    found = best(len(rows), limits, values, together=both)
    assert found.objective == pytest.approx(optimum["objective"], rel=1e-7)
    if len(values) == 1:
        assert [rows[n]["ID"] for n in found.chosen()] == optimum["selected_ids"]


@pytest.mark.parametrize("seed", range(6))
def test_the_optimum_is_that_of_trying_every_choice(seed):
    """The published optima need files that are not everybody's; this needs none."""
    dice = random.Random(seed)
    values = [[dice.random() for _ in range(13)] for _ in range(1 + seed % 2)]
    limits = [Bound(range(13), 5, 5), Bound(range(6), 2, 3), Bound((0, 7), high=1), Bound((3,), high=0)]
    possible = [
        sum(1 << n for n in those)
        for those in combinations(range(13), 5)
        if 2 <= sum(n < 6 for n in those) <= 3 and not {0, 7} <= set(those) and 3 not in those
        and (1 in those) == (8 in those)
    ]  # fmt: skip
    told = [min(sum(v for n, v in enumerate(row) if those >> n & 1) for row in values) for those in possible]
    found = best(13, limits, values, together=[(1, 8)])
    assert found.objective == pytest.approx(max(told), rel=1e-9)
    assert sum(1 << n for n in found.chosen()) == possible[told.index(max(told))]


def test_a_model_that_cannot_be_met_has_no_solution():
    model = Model()
    model.row([model.integer(), model.integer()], low=3)
    assert model.solve() is None
    empty = Model()
    assert empty.solve().values == ()
    empty.row([], low=1)
    assert empty.solve() is None
