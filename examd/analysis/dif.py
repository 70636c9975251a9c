"""Whether an item is harder for one group than for another of equal ability: Mantel–Haenszel, with ETS's three classes.

Before: a grouping that was chosen beforehand (language, site, institution). After: a person looks at the item.
Sources: Mantel & Haenszel 1959; Holland & Thayer 1988; Zwick 2012 (the classes). Below 100 candidates a group nothing
is claimed.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
LEAST_IN_GROUP = 100


class Effect(StrEnum):
    A = "A"
    """Negligible, or not significant."""
    B = "B"
    C = "C"
    """Large: |Δ| ≥ 1.5 and significantly above 1."""


@dataclass(frozen=True, slots=True)
class Difference:
    chi_square: float
    """With continuity correction, 1 degree of freedom."""
    p_value: float
    odds_ratio: float
    """Above 1: easier for the reference group."""
    delta: float
    """−2.35 ln(odds ratio), ETS's scale."""
    effect: Effect


def mantel_haenszel(right: Floats, total: Floats, focal: NDArray[np.bool_]) -> Difference:
    """`right`: (n,) 0 or 1 on the item studied; `total`: (n,) score to match by, the item in it; `focal`: (n,)."""
    tables = [_table(right, focal, total == value) for value in np.unique(total)]
    return of_tables(np.array([table for table in tables if table.sum() > 1]))


def _table(right: Floats, focal: NDArray[np.bool_], here: NDArray[np.bool_]) -> Floats:
    reference = here & ~focal
    own = here & focal
    return np.array(
        [[right[reference].sum(), (1 - right[reference]).sum()], [right[own].sum(), (1 - right[own]).sum()]]
    )


def of_tables(tables: Floats) -> Difference:
    """`tables`: (n_strata, 2, 2), rows reference and focal, columns right and wrong."""
    a, b, c, d = tables[:, 0, 0], tables[:, 0, 1], tables[:, 1, 0], tables[:, 1, 1]
    t = a + b + c + d
    expected = (a + b) * (a + c) / t
    variance = (a + b) * (c + d) * (a + c) * (b + d) / (t**2 * (t - 1))
    top = max(0.0, abs(float((a - expected).sum())) - 0.5)
    spread = float(variance.sum())
    chi_square = top**2 / spread if spread > 0 else 0.0
    ad, bc = float((a * d / t).sum()), float((b * c / t).sum())
    if ad <= 0 or bc <= 0:
        return Difference(chi_square, _upper_tail(chi_square), math.nan, math.nan, Effect.A)
    ratio = ad / bc
    delta = -2.35 * math.log(ratio)
    return Difference(chi_square, _upper_tail(chi_square), ratio, delta, _effect(chi_square, delta, _se(tables, ratio)))


def _se(tables: Floats, ratio: float) -> float:
    """Of ln(odds ratio): Phillips & Holland 1987."""
    a, b, c, d = tables[:, 0, 0], tables[:, 0, 1], tables[:, 1, 0], tables[:, 1, 1]
    t = a + b + c + d
    top = ((a * d + ratio * b * c) * (a + d + ratio * (b + c)) / t**2).sum()
    return math.sqrt(float(top) / (2 * float((a * d / t).sum()) ** 2))


def _effect(chi_square: float, delta: float, se: float) -> Effect:
    if chi_square < 3.8415 or abs(delta) < 1:
        return Effect.A
    surely_above = abs(delta) - 1 > 1.645 * 2.35 * se
    return Effect.C if abs(delta) >= 1.5 and surely_above else Effect.B


def _upper_tail(chi_square: float) -> float:
    return math.erfc(math.sqrt(chi_square / 2))
