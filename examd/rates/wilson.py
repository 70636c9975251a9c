"""The Wilson score interval (Wilson 1927, JASA 22:209-212), for one rate and for arrays of them.

Written so that nothing cancels. With A = x + z²/2 and B = z·√(x(n-x)/n + z²/4) the textbook bounds are
(A ∓ B)/(n + z²); and since A² - B² = x²(n + z²)/n, the lower one equals x² / (n(A + B)): exactly 0 at x = 0, and by
symmetry the upper one is exactly 1 at x = n.
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Z95 = 1.959963984540054
"""The 97.5 % point of the normal distribution: two-sided 95 %."""


class Interval(NamedTuple):
    low: float
    high: float


def wilson(x: int, n: int, z: float = Z95) -> Interval:
    """The interval for `x` passed of `n`; of nobody nothing is known: 0 to 1. Raises ValueError: `x` is not in 0..n."""
    if not 0 <= x <= n:
        raise ValueError(f"{x} of {n} is no rate")
    if n == 0:
        return Interval(0.0, 1.0)
    b = z * math.sqrt(x * (n - x) / n + z * z / 4)
    y = n - x
    return Interval(x * x / (n * (x + z * z / 2 + b)), 1 - y * y / (n * (y + z * z / 2 + b)))


def wilson_arrays(
    x: npt.NDArray[np.int64], n: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """(low, high), each of the shape of `x` and `n`; the same numbers as `wilson`. Raises ValueError as that does."""
    if np.any((x < 0) | (x > n)):
        raise ValueError("more passed than counted")
    some = np.maximum(n, 1).astype(np.float64)  # where n = 0, x = 0: low is 0 by the formula, high set below
    y, z = n - x, Z95
    b = z * np.sqrt(x * y / some + z * z / 4)
    low = x * (x / (some * (x + z * z / 2 + b)))
    high = 1 - y * (y / (some * (y + z * z / 2 + b)))
    return low, np.where(n == 0, 1.0, high)
