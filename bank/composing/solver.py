"""Exact choice of items by integer programming (HiGHS): for what is fixed or proved, never for a candidate's form.

What a solver gives back depends on its version, so it can be checked but not recomputed. Forms of a session are drawn
(`bank.composing.assembly`); here fixed reserve forms are made, rules are proved feasible or not
(`bank.rules.feasibility`), and cells are proposed from margins (`bank.rules.cell_proposal`).

`Model` is integer variables and linear rows; `solve` minimises, or says that it cannot be done.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from bank.composing.draw import Stream
from bank.draw_facts import ItemFacts
from bank.refused import Denied
from bank.rules import Cell, Rule, Unit, by_stratum, enemies

SECONDS = 60.0
"""For one solution; whatever is not decided by then is refused, never guessed."""


@dataclass(frozen=True, slots=True)
class Solution:
    objective: float
    values: tuple[float, ...]

    def chosen(self) -> list[int]:
        return [n for n, value in enumerate(self.values) if value > 0.5]


class Model:
    def __init__(self) -> None:
        self._columns: list[tuple[float, float, float, bool]] = []
        self._rows: list[tuple[Mapping[int, float], float, float]] = []

    def integer(self, low: float = 0, high: float = 1, cost: float = 0.0) -> int:
        """A new variable's number."""
        self._columns.append((low, high, cost, True))
        return len(self._columns) - 1

    def real(self, low: float = -inf, high: float = inf, cost: float = 0.0) -> int:
        self._columns.append((low, high, cost, False))
        return len(self._columns) - 1

    def row(self, terms: Mapping[int, float] | Iterable[int], low: float = -inf, high: float = inf) -> None:
        """low ≤ Σ coefficient · variable ≤ high; an iterable of numbers stands for coefficients 1."""
        self._rows.append((terms if isinstance(terms, Mapping) else dict.fromkeys(terms, 1.0), low, high))

    def solve(self, *, gap: float = 0.0) -> Solution | None:
        """The least cost within relative `gap`, or None where no solution exists (proved). One thread, fixed seed.

        Raises Denied: when it was not decided in time.
        """
        import highspy
        import numpy as np

        if not self._columns:  # to the solver an empty model has no status of its own
            possible = all(low <= 0.0 <= high for _, low, high in self._rows)
            return Solution(0.0, ()) if possible else None

        class Silent(highspy.Highs):
            def enableCallbacks(self) -> None:  # noqa: N802
                """Called while made; as the first call it would print a banner amid what a command reports."""
                self.silent()
                super().enableCallbacks()  # type: ignore[no-untyped-call]

        solver = Silent()  # type: ignore[no-untyped-call]
        for option, value in (
            ("mip_rel_gap", gap), ("mip_abs_gap", 0.0 if gap == 0 else 1e-6), ("time_limit", SECONDS),
            ("threads", 1), ("random_seed", 0),
        ):  # fmt: skip
            solver.setOptionValue(option, value)
        lp: Any = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(self._columns), len(self._rows)
        lows, highs, costs, whole = zip(*self._columns, strict=True)
        lp.col_lower_, lp.col_upper_, lp.col_cost_ = np.array(lows), np.array(highs), np.array(costs)
        kinds = highspy.HighsVarType
        lp.integrality_ = [kinds.kInteger if each else kinds.kContinuous for each in whole]
        lp.row_lower_ = np.array([low for _, low, _ in self._rows])
        lp.row_upper_ = np.array([high for _, _, high in self._rows])
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = np.cumsum([0] + [len(terms) for terms, _, _ in self._rows])
        lp.a_matrix_.index_ = np.array([column for terms, _, _ in self._rows for column in terms], dtype=np.int32)
        lp.a_matrix_.value_ = np.array([float(v) for terms, _, _ in self._rows for v in terms.values()])
        solver.passModel(lp)
        solver.run()
        status, states = solver.getModelStatus(), highspy.HighsModelStatus
        if status in (states.kInfeasible, states.kUnboundedOrInfeasible):
            return None
        if status != states.kOptimal:
            raise Denied("solver-undecided", seconds=int(SECONDS), status=solver.modelStatusToString(status))
        return Solution(solver.getInfo().objective_function_value, tuple(solver.getSolution().col_value))


# -- fixed reserve forms -----------------------------------------------------------------------------------------------


def reserve(facts: Iterable[ItemFacts], rule: Rule, forms: int, key: bytes) -> list[list[ItemFacts]]:
    """`forms` forms with no item in common, each as the rule says: cells, enemies, tags, expected score in tolerance.

    Costs are random, from the stream of `key`: an objective of "best" would take the same items every year, and a
    distance from the target as objective would never be proved least.

    Raises Denied: when there are none.
    """
    units = [(cell, unit) for cell, units in _cells(facts, rule) for unit in units]
    target = None
    if rule.difficulty is not None:
        from bank.composing.assembly import expectation, require_p4

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


def _cells(facts: Iterable[ItemFacts], rule: Rule) -> list[tuple[Cell, list[Unit]]]:
    members = by_stratum(facts, rule)
    return [(cell, members[cell.stratum]) for cell in rule.cells]


def form_rows(model: Model, units: Sequence[tuple[Cell, Unit]], rule: Rule, target: int | None, first: int = 0) -> None:
    """What makes a choice of `units` (variables `first`, `first` + 1 … of the model) a form of the rule."""
    for cell in rule.cells:
        model.row([first + n for n, (mine, _) in enumerate(units) if mine is cell], cell.count, cell.count)
    for those in enemies(unit for _, unit in units).values():
        model.row([first + n for n in those], high=1)
    for tag, needed in rule.mandatory.items():
        tagged = {first + n: float(count) for n, (_, unit) in enumerate(units) if (count := unit.tagged(tag))}
        model.row(tagged, low=needed)
    if target is not None and rule.difficulty is not None:
        # In points, not in ten-thousandths: a solver's feasibility tolerance is absolute.
        slack = rule.difficulty.tolerance
        weights = {first + n: unit.weight / 10_000 for n, (_, unit) in enumerate(units)}
        model.row(weights, (target - slack) / 10_000, (target + slack) / 10_000)
