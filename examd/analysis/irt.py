"""The two-parameter logistic model by marginal maximum likelihood, and abilities under it.

P(right | θ) = 1 / (1 + exp(−(aθ + d))), θ ~ N(0, 1), D = 1; difficulty b = −d / a. What was not on a form is missing,
what was shown and left out is wrong.

Sources: Bock & Aitkin 1981 (EM); Varadhan & Roland 2008 (SQUAREM, which speeds it up); Warm 1989 is not used: abilities
are expected a posteriori (Bock & Mislevy 1982).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
NODES = np.linspace(-6.0, 6.0, 61)
_weights = np.exp(-(NODES**2) / 2)
WEIGHTS = _weights / _weights.sum()
MOST_CYCLES = 2_000
LEAST_SLOPE, MOST_SLOPE = -4.0, 8.0


@dataclass(frozen=True, slots=True)
class Model:
    slope: Floats
    """a, (n_items,)."""
    intercept: Floats
    """d, (n_items,)."""
    log_likelihood: float
    cycles: int
    converged: bool

    @property
    def difficulty(self) -> Floats:
        """b."""
        return -self.intercept / self.slope

    def probabilities(self, ability: Floats) -> Floats:
        """P(right): (n_abilities, n_items)."""
        return 1 / (1 + np.exp(-(ability[:, None] * self.slope + self.intercept)))


def calibrate(scores: Floats, *, tolerance: float = 1e-5, common_slope: bool = False) -> Model:
    """`scores`: (n_candidates, n_items) of 0, 1 and nan. `common_slope`: one slope for all items (1PL).

    Ends when no parameter moves by more than `tolerance` in an EM cycle.
    """
    patterns = _Patterns(scores)
    with np.errstate(invalid="ignore"):
        p = np.clip(np.nanmean(scores, axis=0), 0.01, 0.99)
    n_items = scores.shape[1]
    x = np.concatenate([np.ones(n_items), np.log(p / (1 - p))])
    cycles, moved, likelihood = 0, np.inf, -np.inf
    while moved > tolerance and cycles < MOST_CYCLES:
        # SQUAREM: two EM cycles give a direction, a third steadies what was extrapolated along it.
        x1, _ = patterns.cycle(x, common_slope)
        x2, likelihood = patterns.cycle(x1, common_slope)
        r, v = x1 - x, (x2 - x1) - (x1 - x)
        moved, cycles = float(np.abs(x2 - x1).max()), cycles + 2
        if moved <= tolerance:
            x = x2
            break
        norm = float(np.sqrt(v @ v))
        step = -1.0 if norm == 0 else min(-1.0, -float(np.sqrt(r @ r)) / norm)
        ahead = _held(x - 2 * step * r + step * step * v)
        steadied, reached = patterns.cycle(ahead, common_slope)
        cycles += 1
        # Likelihood of `ahead` is what its cycle saw: where extrapolating lost some, go on from before it.
        x = steadied if reached >= likelihood - 1e-6 * abs(likelihood) else x2
    x, likelihood = patterns.cycle(x, common_slope)
    if x[:n_items].sum() < 0:  # the mirror image fits as well; right answers shall mean ability
        x[:n_items] *= -1
    return Model(x[:n_items], x[n_items:], likelihood, cycles, moved <= tolerance)


def abilities(model: Model, scores: Floats) -> tuple[Floats, Floats]:
    """Expected a posteriori and its standard deviation, (n_candidates,) each."""
    patterns = _Patterns(scores)
    posterior, _ = patterns.posterior(np.concatenate([model.slope, model.intercept]))
    mean = posterior @ NODES
    sd = np.sqrt(np.maximum(posterior @ NODES**2 - mean**2, 0))
    return mean[patterns.of], sd[patterns.of]


def _held(x: Floats) -> Floats:
    n = len(x) // 2
    return np.concatenate([np.clip(x[:n], LEAST_SLOPE, MOST_SLOPE), np.clip(x[n:], -20, 20)])


class _Patterns:
    """Each different row of scores once, with how many candidates gave it."""

    def __init__(self, scores: Floats) -> None:
        coded = np.where(np.isnan(scores), 2, scores).astype(np.int8)
        rows, of, count = np.unique(
            np.ascontiguousarray(coded).view(np.dtype((np.void, coded.shape[1]))).ravel(),
            return_inverse=True, return_counts=True,
        )  # fmt: skip
        unique = rows.view(np.int8).reshape(len(rows), coded.shape[1])
        self.of, self.count = of, count.astype(float)
        self.right = (unique == 1).astype(float)
        self.shown = None if (unique != 2).all() else (unique != 2).astype(float)

    def posterior(self, x: Floats) -> tuple[Floats, float]:
        """(n_patterns, n_nodes), and the log-likelihood of all candidates."""
        n = len(x) // 2
        logit = x[:n, None] * NODES + x[n:, None]
        # log P = logit − log(1 + e^logit); log Q = − log(1 + e^logit)
        wrong = -np.logaddexp(0.0, logit)
        log = self.right @ logit
        log += wrong.sum(axis=0) if self.shown is None else self.shown @ wrong
        log += np.log(WEIGHTS)
        top = log.max(axis=1, keepdims=True)
        log -= top
        np.exp(log, out=log)
        total = log.sum(axis=1, keepdims=True)
        log /= total
        return log, float(self.count @ (np.log(total) + top).ravel())

    def cycle(self, x: Floats, common_slope: bool) -> tuple[Floats, float]:
        """One EM cycle from `x`: the parameters after it, the log-likelihood before."""
        posterior, likelihood = self.posterior(x)
        posterior *= self.count[:, None]
        right = self.right.T @ posterior
        shown = posterior.sum(axis=0)[None, :] if self.shown is None else self.shown.T @ posterior
        return _maximised(x, right, shown, common_slope), likelihood


def _maximised(x: Floats, right: Floats, shown: Floats, common_slope: bool) -> Floats:
    """Newton's method on the expected log-likelihood, all items at once. `right`, `shown`: (n_items, n_nodes)."""
    n = len(x) // 2
    a, d = x[:n].copy(), x[n:].copy()
    for _ in range(12):
        p = 1 / (1 + np.exp(-(a[:, None] * NODES + d[:, None])))
        lack = right - shown * p
        weight = shown * p * (1 - p)
        g_a, g_d = lack @ NODES, lack.sum(axis=1)
        h_aa, h_ad, h_dd = weight @ NODES**2, weight @ NODES, weight.sum(axis=1)
        h_dd = np.maximum(h_dd, 1e-12)
        if common_slope:
            # One slope: its gradient and curvature are those of all items, intercepts eliminated.
            curvature = float((h_aa - h_ad**2 / h_dd).sum())
            step_a = np.full(n, float((g_a - g_d * h_ad / h_dd).sum()) / max(curvature, 1e-12))
        else:
            step_a = (g_a * h_dd - g_d * h_ad) / np.maximum(h_aa * h_dd - h_ad**2, 1e-12)
        step_d = (g_d - h_ad * step_a) / h_dd
        a += np.clip(step_a, -1, 1)
        d += np.clip(step_d, -1, 1)
        if max(np.abs(step_a).max(), np.abs(step_d).max()) < 1e-8:
            break
    return _held(np.concatenate([a, d]))
