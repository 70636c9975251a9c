"""How alike a set of forms is to the candidate on the edge of passing; used by `rule try` and `bench forms`.

The measure is the pass chance of one and the same borderline candidate on each form: the exact distribution of the sum
of independent marks (Poisson-binomial, by convolution), at the ability where the mean chance over forms is one half.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bank.assembly import Form
from bank.pool import ItemFacts

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Chances = Callable[[float], Floats]
"""Ability -> chance of a right answer to each item of the pool."""


@dataclass(frozen=True, slots=True)
class Fairness:
    forms: int
    attempts: int
    expected_sd: float
    """SD over forms of the expected score, in points."""
    pass_sd: float
    pass_low: float
    pass_high: float
    """SD, 5 % and 95 % points over forms of the borderline candidate's pass chance."""
    exposure_max: float
    exposure_mean: float
    overlap: float
    """Share of a form's items that another form holds too, mean over all pairs."""

    def record(self) -> dict[str, Any]:
        return {name: round(value, 5) for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class Drawn:
    """Forms as rows of positions in the pool; columns in order of points, so that each column has one weight."""

    rows: Indices
    points: npt.NDArray[np.int64]
    attempts: int

    @classmethod
    def of(cls, forms: Sequence[Form], pool: Sequence[ItemFacts]) -> "Drawn":
        position = {fact.id: n for n, fact in enumerate(pool)}
        points = np.array([fact.points for fact in pool])
        rows = np.array([[position[item.id] for item in form.items] for form in forms])
        rows = np.take_along_axis(rows, np.argsort(points[rows], axis=1, kind="stable"), axis=1)
        return cls(rows, points[rows[0]], sum(form.attempt + 1 for form in forms))

    def pass_chances(self, chances: Floats, pass_points: int) -> Floats:
        """For each form, the chance of `pass_points` or more."""
        right = chances[self.rows]
        distribution = np.zeros((len(self.rows), int(self.points.sum()) + 1))
        distribution[:, 0] = 1.0
        for column, points in enumerate(self.points):
            scored = distribution[:, :-points] * right[:, column, None]
            distribution *= 1.0 - right[:, column, None]
            distribution[:, points:] += scored
        tail: Floats = distribution[:, pass_points:].sum(axis=1)
        return tail

    def borderline(self, chances_at: Chances, pass_points: int) -> float:
        """The ability at which the mean pass chance is one half."""
        low, high = -8.0, 8.0
        for _ in range(16):  # to 16 / 2^16: far finer than the spread to be seen
            middle = (low + high) / 2
            if self.pass_chances(chances_at(middle), pass_points).mean() < 0.5:
                low = middle
            else:
                high = middle
        return (low + high) / 2

    def fairness(self, expected: Floats, chances: Floats, pass_points: int) -> Fairness:
        """`expected`: the chances that expected scores are counted with; `chances`: the borderline candidate's."""
        passing = self.pass_chances(chances, pass_points)
        low, high = np.quantile(passing, (0.05, 0.95))
        forms, length = self.rows.shape
        seen = np.bincount(self.rows.ravel(), minlength=len(chances))
        pairs = forms * (forms - 1)
        return Fairness(
            forms=forms,
            attempts=self.attempts,
            expected_sd=float((expected[self.rows] @ self.points).std()),
            pass_sd=float(passing.std()),
            pass_low=float(low),
            pass_high=float(high),
            exposure_max=float(seen.max() / forms),
            exposure_mean=float(seen.mean() / forms),
            overlap=float((seen * (seen - 1)).sum() / pairs / length) if pairs else 0.0,
        )


def side_by_side(fair: Fairness, plain: Fairness) -> None:
    """Prints both, as people read them."""
    from rich.console import Console
    from rich.table import Table

    from tools.say import _

    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for title in (_("this rule"), _("plain stratified draw")):
        table.add_column(title, justify="right")
    rows: list[tuple[str, Callable[[Fairness], str]]] = [
        (_("forms"), lambda f: str(f.forms)),
        (_("draws admitted"), lambda f: f"{f.forms / f.attempts:.1%}"),
        (_("SD of expected score, points"), lambda f: f"{f.expected_sd:.3f}"),
        (_("SD of the borderline candidate's pass chance"), lambda f: f"{f.pass_sd:.3f}"),
        (_("its 5th to 95th percentile"), lambda f: f"{f.pass_low:.2f}-{f.pass_high:.2f}"),
        (_("exposure of the most used item"), lambda f: f"{f.exposure_max:.1%}"),
        (_("exposure, mean"), lambda f: f"{f.exposure_mean:.1%}"),
        (_("share of items two forms have in common"), lambda f: f"{f.overlap:.1%}"),
    ]
    for name, show in rows:
        table.add_row(name, show(fair), show(plain))
    Console(highlight=False).print(table)
