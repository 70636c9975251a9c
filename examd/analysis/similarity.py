"""How many answers two candidates share, against what two strangers of their abilities would: every pair of a room.

p_i = Σ_o P(v chooses o) P(w chooses o); matches are a sum of independent trials with these. Pairs that stand out by the
normal approximation are reckoned exactly (Poisson-binomial, the generalised binomial test). Chosen options are
compared, not right and wrong: two who are both right have nothing to explain.

Sources: Wollack 1997 (ω, the normal form); van der Linden & Sotaridona 2006 (the exact form). A figure is called
similarity and not cheating: shared teaching and wrong answer keys make it too.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Choices = NDArray[np.int64]
BLOCK = 1_000


@dataclass(frozen=True, slots=True)
class Pair:
    first: int
    """Row of the candidate."""
    second: int
    matches: int
    expected: float
    z: float
    p_value: float
    """Exact, one-sided: that strangers share as many."""


def pairs(chosen: Choices, chances: Floats, least_z: float = 4.0) -> list[Pair]:
    """Those that stand out, the strongest first. `chosen`: (n_candidates, n_items), −1 for no answer and for what was
    not shown; `chances`: (n_candidates, n_items, n_options), rows adding up to 1 or less.
    """
    found = []
    for first, second in _candidates(chosen, chances, least_z):
        found.append(pair(chosen, chances, first, second))
    return sorted(found, key=lambda each: each.p_value)


def pair(chosen: Choices, chances: Floats, first: int, second: int) -> Pair:
    """One pair, exactly."""
    p = (chances[first] * chances[second]).sum(axis=1)
    matches = int(((chosen[first] == chosen[second]) & (chosen[first] >= 0)).sum())
    expected = float(p.sum())
    z = (matches - expected) / float(np.sqrt((p * (1 - p)).sum()))
    return Pair(first, second, matches, expected, z, tail(p, matches))


def tail(p: Floats, least: int) -> float:
    """P(at least `least` of these independent trials succeed)."""
    if least <= 0:
        return 1.0
    chances = np.zeros(len(p) + 1)
    chances[0] = 1.0
    for each in p:
        chances[1:] = chances[1:] * (1 - each) + chances[:-1] * each
        chances[0] *= 1 - each
    return float(min(1.0, chances[least:].sum()))


def _candidates(chosen: Choices, chances: Floats, least_z: float) -> Iterator[tuple[int, int]]:
    """By three matrix products a block, in single precision: what stands out is reckoned again exactly."""
    n, items, k = chances.shape
    picked = (chosen[:, :, None] == np.arange(k)).reshape(n, items * k).astype(np.float32)
    flat = chances.reshape(n, items * k).astype(np.float32)
    # (Σ_o P_o P'_o)² = Σ_o P_o² P'_o² + 2 Σ_{o<m} P_o P_m P'_o P'_m: products of one candidate's with the other's.
    single = chances.astype(np.float32)
    mixed = [np.float32(np.sqrt(2)) * single[:, :, o] * single[:, :, m] for o, m in combinations(range(k), 2)]
    squares = np.concatenate([(single**2).reshape(n, items * k), *mixed], axis=1)
    for at in range(0, n, BLOCK):
        rows = slice(at, at + BLOCK)
        mean = flat[rows] @ flat[at:].T
        excess = picked[rows] @ picked[at:].T
        excess -= mean
        mean -= squares[rows] @ squares[at:].T
        # z > least without a root: excess > 0 and excess² > least² × variance
        np.maximum(excess, 0, out=excess)
        excess *= excess
        mean *= np.float32(least_z**2)
        for i, j in np.argwhere(excess > mean):
            if j > i:
                yield at + int(i), at + int(j)


def option_chances(chosen: Choices, standing: Floats, n_options: int, width: float = 0.35) -> Floats:
    """P(option | standing), smoothed over candidates of like standing: (n_candidates, n_items, n_options).

    `standing`: (n_candidates,) an ability from the same answers. Ramsay's kernel smoothing (1991): no model of options
    has to be right. Evaluated on a grid and interpolated.
    """
    grid = np.linspace(standing.min() - 1e-9, standing.max() + 1e-9, 41)
    kernel = np.exp(-(((grid[:, None] - standing[None, :]) / (width * max(float(standing.std()), 1e-9))) ** 2) / 2)
    kernel /= kernel.sum(axis=1, keepdims=True)
    curves = np.stack([kernel @ (chosen == option) for option in range(n_options)], axis=2)
    place = (standing - grid[0]) / (grid[1] - grid[0])
    low = np.clip(place.astype(int), 0, len(grid) - 2)
    share = (place - low)[:, None, None]
    return np.asarray(curves[low] * (1 - share) + curves[low + 1] * share)
