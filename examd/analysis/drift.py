"""Whether an item has become easier since it was calibrated: a leak makes it easier, and faster.

Sources: Page 1954 (CUSUM); the two-period z with pooled variance, and Anscombe's arcsine form for small numbers.
"""

import math
from collections.abc import Iterable, Iterator


def two_periods(right: int, n: int, later_right: int, later_n: int) -> float:
    """z of the later share of right answers against the earlier one; above 0: easier."""
    pooled = (right + later_right) / (n + later_n)
    return (later_right / later_n - right / n) / math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / later_n))


def two_periods_arcsine(right: int, n: int, later_right: int, later_n: int) -> float:
    """The same where counts are small."""

    def angle(x: int, of: int) -> float:
        return math.asin(math.sqrt((x + 0.375) / (of + 0.75)))

    return (angle(later_right, later_n) - angle(right, n)) / math.sqrt(1 / (4 * n + 2) + 1 / (4 * later_n + 2))


def cusum(answers: Iterable[int], before: float, leaked: float) -> Iterator[float]:
    """The sum after each answer (1 right, 0 wrong): evidence for a share `leaked` against `before`, never below 0."""
    up, down, at = math.log(leaked / before), math.log((1 - leaked) / (1 - before)), 0.0
    for answer in answers:
        at = max(0.0, at + (up if answer else down))
        yield at
