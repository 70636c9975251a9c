"""Exact choice of items by integer programming (HiGHS): for what is fixed or proved, never for a candidate's form.

What a solver gives back depends on its version, so it can be checked but not recomputed. Forms of a session are drawn
(`bank.composing.assembly`); by a Model fixed reserve forms are made (`bank.composing.reserve`), rules are proved
feasible or not (`bank.rules.feasibility`), and cells are proposed from margins (`bank.rules.cell_proposal`).

`Model` is integer variables and linear rows; `solve` minimises, or says that it cannot be done.

Before: `bank.rules.units`. After: `bank.rules.feasibility`, `bank.composing.pool_selection`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from bank.refused import Denied
from bank.rules import Cell, Rule, Unit, enemies

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
