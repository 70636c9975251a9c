"""Marks and rates as docs/formats.md §6 defines them: marks are exact integers, intervals are Wilson's."""

import math
from collections.abc import Collection

Z = 1.959963984540054


def score(points: int, multiple: bool, partial: bool, correct: Collection[int], chosen: Collection[int]) -> int:
    """Points for one item; `correct` and `chosen` are option indices in the item's own order."""
    right, picked = set(correct), set(chosen)
    if not picked:
        return 0
    if picked == right:
        return points
    if partial and multiple and picked < right:
        return points * len(picked) // len(right)
    return 0


def wilson(passed: int, n: int) -> tuple[float, float]:
    """The 95 % interval of Wilson (1927); the whole unit interval where nobody is counted."""
    if n == 0:
        return 0.0, 1.0
    share, z2 = passed / n, Z * Z
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)
