"""Whether a candidate's pattern of right and wrong fits the model: lz*, and Ht without one. Advice, never a verdict.

Source: Snijders 2001 (lz*, which corrects lz for an ability that was estimated from the same answers); Sijtsma & Meijer
1992 (Ht).
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
MOST_ABILITY = 4.0


def maximum_likelihood(scores: Floats, slope: Floats, intercept: Floats) -> Floats:
    """Ability of each candidate, (n_candidates,), held within ±4: all right or all wrong has no maximum."""
    shown = ~np.isnan(scores)
    right = np.where(shown, scores, 0.0)
    low, high = np.full(len(scores), -MOST_ABILITY), np.full(len(scores), MOST_ABILITY)
    for _ in range(60):  # the derivative falls steadily where slopes are positive: bisection cannot go astray
        middle = (low + high) / 2
        p = 1 / (1 + np.exp(-(middle[:, None] * slope + intercept)))
        rises = ((right - p * shown) * slope).sum(axis=1) > 0
        low, high = np.where(rises, middle, low), np.where(rises, high, middle)
    return np.asarray((low + high) / 2)


def standardised_log_likelihood(scores: Floats, slope: Floats, intercept: Floats) -> tuple[Floats, Floats]:
    """(lz, lz*), (n_candidates,) each, at maximum likelihood abilities; far below 0: the pattern does not fit."""
    ability = maximum_likelihood(scores, slope, intercept)
    shown = ~np.isnan(scores)
    x = np.where(shown, scores, 0.0)
    p = 1 / (1 + np.exp(-(ability[:, None] * slope + intercept)))
    weight = np.log(p / (1 - p))
    both = p * (1 - p) * shown
    lack = ((x - p) * shown * weight).sum(axis=1)
    lz = lack / np.sqrt((both * weight**2).sum(axis=1))
    # r is the weight of the ability's own likelihood equation: under the two-parameter model the slope.
    c = (both * slope * weight).sum(axis=1) / (both * slope**2).sum(axis=1)
    corrected = weight - c[:, None] * slope
    star = (lack - 0.0) / np.sqrt((both * corrected**2).sum(axis=1))
    return lz, star


def transposed_scalability(scores: Floats) -> Floats:
    """Ht of each candidate, for one form that all had: how far their pattern goes with everybody else's."""
    n = scores.shape[1]
    p = scores.mean(axis=1)
    covariance = scores @ scores.T / n - np.outer(p, p)
    most = np.minimum(p[:, None], p[None, :]) - np.outer(p, p)
    np.fill_diagonal(covariance, 0.0)
    np.fill_diagonal(most, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(most.sum(axis=1) > 0, covariance.sum(axis=1) / most.sum(axis=1), np.nan)
