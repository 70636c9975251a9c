"""How alike a set of forms is to the candidate on the edge of passing; used by `rule try` and `bench forms`.

The measure is the pass chance of one and the same borderline candidate on each form: the exact distribution of the sum
of independent marks (Poisson-binomial, by convolution), at the ability where the mean chance over forms is one half.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from bank.composing.assembly import Form
from bank.content import ItemType
from bank.draw_facts import ItemFacts

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
    exposure_tilt: float
    """Exposure of the most exposed twentieth of the items, taken by difficulty, over what a flat draw gives them. Of
    single items the most exposed differs from the mean by chance alone; a rule that leans on some shows here."""
    overlap: float
    """Share of a form's items that another form holds too, mean over all pairs."""

    def to_json(self) -> dict[str, Any]:
        return {name: round(value, 5) for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class Drawn:
    """Forms as rows of positions in the pool; columns in order of points, so that each column has one weight."""

    rows: Indices
    points: npt.NDArray[np.int64]
    attempts: int
    flat: Floats
    """Each item's exposure if all units of its cell were equally likely."""

    @classmethod
    def of(cls, forms: Sequence[Form], pool: Sequence[ItemFacts]) -> "Drawn":
        """The forms of one rule and pool."""
        position = {fact.id: n for n, fact in enumerate(pool)}
        points = np.array([fact.points for fact in pool])
        rows = np.array([[position[item.id] for item in form.items] for form in forms])
        rows = np.take_along_axis(rows, np.argsort(points[rows], axis=1, kind="stable"), axis=1)
        held, taken = Counter(fact.stratum for fact in pool), Counter(pool[n].stratum for n in rows[0].tolist())
        flat = np.array([taken[fact.stratum] / held[fact.stratum] for fact in pool])
        return cls(rows, points[rows[0]], sum(form.attempt + 1 for form in forms), flat)

    @property
    def seen(self) -> Indices:
        """On how many forms each item of the pool is."""
        return np.bincount(self.rows.ravel(), minlength=len(self.flat))

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

    def spread(self, chances: Floats, pass_points: int) -> "Spread":
        """Of the pass chances of a candidate who has these `chances` of a right answer to each item."""
        return _spread([self.pass_chances(chances, pass_points)])

    def fairness(self, expected: Floats, passing: "Spread") -> Fairness:
        """`expected`: the chances that expected scores are counted with; `passing`: the borderline candidate's."""
        forms, length = self.rows.shape
        seen = self.seen
        parts = np.array_split(np.argsort(expected, kind="stable"), min(20, len(expected)))
        pairs = forms * (forms - 1)
        return Fairness(
            forms=forms,
            attempts=self.attempts,
            expected_sd=float((expected[self.rows] @ self.points).std()),
            pass_sd=passing.sd,
            pass_low=passing.low,
            pass_high=passing.high,
            exposure_max=float(seen.max() / forms),
            exposure_mean=float(seen.mean() / forms),
            exposure_tilt=max(float(seen[part].sum() / forms / self.flat[part].sum()) for part in parts),
            overlap=float((seen * (seen - 1)).sum() / pairs / length) if pairs else 0.0,
        )


EXPERT_ERROR = 0.15
"""SD of experts' labels about the share of right answers that is measured later."""
EXPERTS_LEAVE = 0.10
"""SD of that share about what such labels let one expect, in a bank whose shares have an SD of 0.13: extreme labels are
to be taken half as seriously. This is what a draw by labels cannot see."""
RESPONSES = 100
PROMISED = {"known": 0.03, "responses": 0.055}
"""SD of the borderline candidate's pass chance, by what difficulties are known from; docs/rule.md says where."""


@dataclass(frozen=True, slots=True)
class Spread:
    """The borderline candidate's pass chance over forms: its SD, and the 5 % and 95 % points."""

    sd: float
    low: float
    high: float

    def to_json(self) -> dict[str, float]:
        return {name: round(value, 5) for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a trial can say of forms whose items' shares of right answers alone are stated."""

    known: Spread
    """If the stated shares are the true ones."""
    responses: Spread
    """If they were measured on RESPONSES candidates an item."""
    experts: Spread
    """If experts judged them."""
    plain: Spread
    """A plain stratified draw, which asks nobody."""
    chances: tuple[Floats, Floats]
    """Pass chances, form by form, under `known` and `plain`: for a picture."""

    def to_json(self) -> dict[str, dict[str, float]]:
        return {name: getattr(self, name).to_json() for name in ("known", "responses", "experts", "plain")}


def outlook(fair: Drawn, plain: Drawn, pool: Sequence[ItemFacts], pass_points: int) -> Outlook:
    """A share does not say how steeply chances rise with ability, nor what guessing gives, and both move the borderline
    candidate. So both are drawn eight times as they are found in real banks, and errors of the shares with them."""
    random = np.random.default_rng(20_261_121)
    stated = np.array([fact.p4 for fact in pool]) / 10_000
    measuring = np.sqrt(stated * (1.0 - stated) / RESPONSES)
    errors = {
        "known": np.zeros_like(stated),
        # What is measured scatters more than the truth does, so that a little less is left to err.
        "responses": measuring * np.sqrt(max(0.5, 1.0 - (measuring**2).mean() / max(stated.var(), 1e-9))),
        "experts": np.full_like(stated, EXPERTS_LEAVE),
    }
    few, others = (replace(each, rows=each.rows[:400]) for each in (fair, plain))  # enough for an SD to two places
    found: dict[str, list[Floats]] = {name: [] for name in (*errors, "plain")}
    for _ in range(8):
        for name, error in errors.items():
            chances_at = _items_like(pool, random.normal(stated, error), random)
            borderline = chances_at(others.borderline(chances_at, pass_points))
            found[name].append((fair if name == "known" else few).pass_chances(borderline, pass_points))
            if name == "known":
                found["plain"].append(plain.pass_chances(borderline, pass_points))
    spreads = {name: _spread(those) for name, those in found.items()}
    return Outlook(**spreads, chances=(np.concatenate(found["known"]), np.concatenate(found["plain"])))


def _spread(chances: Sequence[Floats]) -> Spread:
    low, high = np.quantile(np.concatenate(chances), (0.05, 0.95))
    return Spread(float(np.sqrt(np.mean([each.var() for each in chances]))), float(low), float(high))


_ABILITIES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(21)


def _items_like(pool: Sequence[ItemFacts], shares: Floats, random: np.random.Generator) -> Chances:
    """Items with these shares among candidates of abilities N(0, 1): three-parameter logistic, slopes .9 lnN(0, .3),
    guessing between .4 and 1 of what blind chance among the possible answers gives."""
    blind = np.array([1.0 / _answers(fact) for fact in pool])
    guessing = random.uniform(0.4, 1.0, len(pool)) * blind
    slopes = 0.9 * np.exp(random.normal(0.0, 0.3, len(pool)))
    shares = np.clip(shares, guessing + 0.02, 0.98)
    weights = _WEIGHTS / _WEIGHTS.sum()
    low, high = np.full(len(pool), -12.0), np.full(len(pool), 12.0)

    def at(ability: float, places: Floats) -> Floats:
        chances: Floats = guessing + (1.0 - guessing) / (1.0 + np.exp(slopes * (places - ability)))
        return chances

    for _ in range(20):  # where each item lies on the scale of ability, by halving
        middle = (low + high) / 2
        easier = np.tensordot(weights, [at(x, middle) for x in _ABILITIES], axes=1) > shares
        low, high = np.where(easier, middle, low), np.where(easier, high, middle)
    places = (low + high) / 2
    return lambda ability: at(ability, places)


def _answers(fact: ItemFacts) -> int:
    """Among how many answers a blind guess chooses: of several right options it has to hit them all."""
    several = fact.type is ItemType.MULTIPLE
    return max(2, 2**fact.options - fact.options - 1 if several else fact.options)
