"""Classical item analysis: how hard an item is, whether it tells the strong from the weak, what its options do.

Before: marked answers of many forms. After: a person looks at what stands out. Neighbours: `irt`, `dif`.
Sources: Lord & Novick 1968 (corrected point-biserial); Kelley 1939 (27 % groups); Cronbach 1951, Kuder & Richardson
1937.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]
GROUP = 0.27
"""Kelley's share of candidates in the upper and in the lower group."""
LEAST_TOGETHER = 30
"""Candidates who had both: below, a covariance is noise."""


@dataclass(frozen=True, slots=True)
class Items:
    """One figure an item; `nan` where too few candidates had it, or all did alike."""

    n: NDArray[np.int64]
    """Candidates who had it on their form."""
    p: Scores
    """Mean score: the share of right answers."""
    r_total: Scores
    """Correlation with the total, the item itself in it."""
    r_rest: Scores
    """Correlation with the rest of the form: the one to judge by."""
    discrimination: Scores
    """Mean of the upper 27 % less that of the lower, with fractions of those who tie at the boundary."""


def items(scores: Scores) -> Items:
    """`scores`: (n_candidates, n_items)."""
    shown = ~np.isnan(scores)
    filled = np.where(shown, scores, 0.0)
    total = filled.sum(axis=1)
    n = shown.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        p = np.where(n > 0, filled.sum(axis=0) / n, np.nan)
    r_total = _correlations(filled, np.broadcast_to(total[:, None], filled.shape), shown)
    r_rest = _correlations(filled, total[:, None] - filled, shown)
    return Items(n, p, r_total, r_rest, _upper_less_lower(filled, shown, total))


def _correlations(x: Scores, y: Scores, shown: NDArray[np.bool_]) -> Scores:
    """Column by column, over the candidates who had the item."""
    n = shown.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_x, mean_y = (x * shown).sum(axis=0) / n, (y * shown).sum(axis=0) / n
        dx, dy = (x - mean_x) * shown, (y - mean_y) * shown
        spread = np.sqrt((dx * dx).sum(axis=0) * (dy * dy).sum(axis=0))
        return np.where(spread > 1e-12 * np.maximum(n, 1), (dx * dy).sum(axis=0) / spread, np.nan)


def _upper_less_lower(filled: Scores, shown: NDArray[np.bool_], total: Scores) -> Scores:
    """Who ties at the boundary of a group belongs to it with the fraction that fills it: no order of sorting counts."""
    upper, lower = _weights(total), _weights(-total)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (upper @ filled) / (upper @ shown) - (lower @ filled) / (lower @ shown)


def _weights(total: Scores) -> Scores:
    wanted = GROUP * len(total)
    weights, filled = np.zeros(len(total)), 0.0
    for value in np.unique(total)[::-1]:
        tied = total == value
        weights[tied] = min(1.0, (wanted - filled) / tied.sum())
        filled += weights[tied].sum()
        if filled >= wanted - 1e-9:
            break
    return weights


@dataclass(frozen=True, slots=True)
class Reliability:
    """Of forms of `k` items out of these."""

    k: int
    alpha: float
    """Cronbach's; with items of 0 and 1 it is KR-20."""
    mean: float
    sd: float
    """Of totals, with divisor n − 1."""
    sem: float
    """Standard error of measurement, in items."""


def reliability(scores: Scores, k: int | None = None) -> Reliability:
    """From variances of items and covariances of those that met on a form, averaged: with one form for all it is
    Cronbach's alpha exactly, with drawn forms that of a form of `k` items (left out: what candidates had on average).

    Raises ValueError: when hardly any two items met.
    """
    shown = ~np.isnan(scores)
    filled = np.where(shown, scores, 0.0)
    if k is None:
        k = round(float(shown.sum(axis=1).mean()))
    together = shown.T.astype(float) @ shown
    with np.errstate(invalid="ignore", divide="ignore"):
        cross = filled.T @ filled
        left = filled.T @ shown  # sum of i over those who had j too
        covariance = (cross - left * left.T / together) / (together - 1)
    several = together >= LEAST_TOGETHER
    own = np.eye(len(together), dtype=bool)
    if not (several & ~own).any():
        raise ValueError(f"no two items were on {LEAST_TOGETHER} forms together")
    variance, shared = float(covariance[own & several].mean()), float(covariance[~own & several].mean())
    alpha = float(k * shared / (variance + (k - 1) * shared))
    totals = filled.sum(axis=1)
    sd = float(totals.std(ddof=1))
    return Reliability(k, alpha, float(totals.mean()), sd, sd * float(np.sqrt(max(0.0, 1 - alpha))))


@dataclass(frozen=True, slots=True)
class Options:
    """One row an option of an item."""

    chosen: Scores
    """Share of the candidates who had the item."""
    r_rest: Scores
    """Correlation of having chosen it with the rest of the form: to be negative for what is wrong."""


def options(chosen: NDArray[np.int64], rest: Scores, n_options: int) -> Options:
    """`chosen`: (n,) option by candidate who had the item, -1 for none; `rest`: (n,) their score on all other items."""
    picked = chosen[:, None] == np.arange(n_options)[None, :]
    everybody = np.ones_like(picked)
    repeated = np.broadcast_to(rest[:, None], picked.shape)
    return Options(picked.mean(axis=0), _correlations(picked.astype(float), repeated, everybody))
