"""How many candidates a form puts on the right side of the pass mark, and how many a second form would put there again.

Source: Livingston & Lewis 1995, with a beta of two parameters for true scores (limits: no points and all points).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
POINTS = 4_001


@dataclass(frozen=True, slots=True)
class Decisions:
    effective_length: float
    accuracy: float
    """Share of candidates whose verdict is that of their true score."""
    consistency: float
    """Share who would get the same verdict on another form."""
    false_pass: float
    false_fail: float


def livingston_lewis(
    mean: float, sd: float, reliability: float, cut: float, most: float, least: float = 0.0
) -> Decisions:
    """`cut`: the points with which one passes, out of `least` … `most`."""
    variance = sd**2
    length = ((mean - least) * (most - mean) - reliability * variance) / (variance * (1 - reliability))
    n = max(1, round(length))
    true, weight = _true_scores((mean - least) / (most - least), variance / (most - least) ** 2, reliability, n)
    passing = math.ceil(n * (cut - least) / (most - least) - 1e-9)
    above = _at_least(n, passing, true)
    deserved = true >= (cut - least) / (most - least)
    hit = float(weight @ np.where(deserved, above, 1 - above))
    same = float(weight @ (above**2 + (1 - above) ** 2))
    false_pass, false_fail = float(weight @ (above * ~deserved)), float(weight @ ((1 - above) * deserved))
    return Decisions(length, hit, same, false_pass, false_fail)


def _true_scores(mean: float, variance: float, reliability: float, n: int) -> tuple[Floats, Floats]:
    """Points of the true-score distribution and their weights: a beta with the mean and the true variance."""
    true_variance = reliability * variance
    spread = mean * (1 - mean) / true_variance - 1
    alpha, beta = mean * spread, (1 - mean) * spread
    x = (np.arange(POINTS) + 0.5) / POINTS
    log = (alpha - 1) * np.log(x) + (beta - 1) * np.log1p(-x)
    weight = np.exp(log - log.max())
    return x, weight / weight.sum()


def _at_least(n: int, least: int, p: Floats) -> Floats:
    """P(Binomial(n, p) ≥ least), (len(p),)."""
    k = np.arange(least, n + 1)
    choose = np.array([math.lgamma(n + 1) - math.lgamma(each + 1) - math.lgamma(n - each + 1) for each in k])
    log = choose[:, None] + k[:, None] * np.log(p)[None, :] + (n - k)[:, None] * np.log1p(-p)[None, :]
    return np.asarray(np.minimum(1.0, np.exp(log).sum(axis=0)))
