"""From results to pass rates per training institution: counts, two named definitions, marks for small groups.

Before: `examd.grading.mark` says who passed. After: `result.json` keeps the counts; `examd.documents` prints them.

Rows stand in the byte order of the institution's name and bear no rank: among sixty institutions of twenty candidates
the raw "best" is truly among the best tenth one time in four, so a list in order of rate would mostly rank luck.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum

import numpy as np
import numpy.typing as npt

from bank.refused import BadFile
from examd.rates.wilson import Interval, wilson, wilson_arrays
from examd.result import Candidate, Count

CHUNK = 1 << 16
"""Results taken at a time: their working copy (512 KiB) stays in the processor's cache."""


class Definition(StrEnum):
    """What a rate divides by. The value is printed beside every rate, so a figure can never change its meaning."""

    OF_ENROLLED = "D1t"
    """合格人数 ÷ 报考人数, of the theory exam alone: the absent count. (D1 itself counts certificates.)"""
    OF_PRESENT = "D2"
    """合格人数 ÷ 实考人数: present = signed in."""


class GroupSize(Enum):
    """How far a rate may be read, by its denominator."""

    SMALL = "small"
    """Fewer than 5: one candidate moves the rate by 25 points or more. Marked 小样本."""
    FEW = "few"
    """Fewer than 30: at a rate of 75 % the interval is wider than 30 points. Not to be compared with others."""
    ENOUGH = "enough"

    @classmethod
    def of(cls, n: int) -> "GroupSize":
        return cls.SMALL if n < 5 else cls.FEW if n < 30 else cls.ENOUGH


class Row(Count, frozen=True):
    """The counts of one institution, and what they say."""

    @property
    def absent(self) -> int:
        return self.enrolled - self.present

    def denominator(self, definition: Definition) -> int:
        return self.enrolled if definition is Definition.OF_ENROLLED else self.present

    def rate(self, definition: Definition) -> float | None:
        """None where nobody is counted: 0 of 0 is no rate."""
        n = self.denominator(definition)
        return self.passed / n if n else None

    def interval(self, definition: Definition) -> Interval:
        return wilson(self.passed, self.denominator(definition))

    def size(self, definition: Definition) -> GroupSize:
        return GroupSize.of(self.denominator(definition))


@dataclass(frozen=True, slots=True, eq=False)
class Rates:
    """Counts as arrays, one element an institution."""

    enrolled: npt.NDArray[np.int64]
    present: npt.NDArray[np.int64]
    passed: npt.NDArray[np.int64]

    def denominator(self, definition: Definition) -> npt.NDArray[np.int64]:
        return self.enrolled if definition is Definition.OF_ENROLLED else self.present

    def rate(self, definition: Definition) -> npt.NDArray[np.float64]:
        """NaN where nobody is counted."""
        n = self.denominator(definition)
        shares = np.full(n.shape, np.nan)
        np.divide(self.passed, n, out=shares, where=n > 0)
        return shares

    def interval(self, definition: Definition) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        return wilson_arrays(self.passed, self.denominator(definition))


def rates(
    institution_index: npt.NDArray[np.integer],
    present: npt.NDArray[np.bool_],
    passed: npt.NDArray[np.bool_],
    n_institutions: int,
) -> Rates:
    """Counts over results: three arrays of shape (n,), indices below `n_institutions`.

    One count over the pair (institution, what became of the candidate) gives all three numbers in a single pass.
    Raises BadFile: a candidate passed without being present. Raises ValueError: lengths differ, or an index is beyond.
    """
    if not len(institution_index) == len(present) == len(passed):
        raise ValueError("three arrays of one length")
    cells = np.zeros(n_institutions * 4, dtype=np.int64)
    for start in range(0, len(institution_index), CHUNK):
        part = slice(start, start + CHUNK)
        pair = institution_index[part].astype(np.intp)
        pair *= 4
        pair += present[part].view(np.uint8) * np.uint8(2) + passed[part].view(np.uint8)
        counted = np.bincount(pair, minlength=len(cells))  # refuses a negative index by itself
        if len(counted) > len(cells):
            raise ValueError("an index beyond the institutions")
        cells += counted
    absent, absent_passed, failed, present_passed = cells.reshape(n_institutions, 4).T
    if absent_passed.any():
        raise BadFile("passed-but-absent", candidates=int(absent_passed.sum()))
    return Rates(enrolled=absent + failed + present_passed, present=failed + present_passed, passed=present_passed)


def by_institution(candidates: Sequence[Candidate]) -> tuple[tuple[Row, ...], Row]:
    """Rows in byte order of the institution's name, and their total (with no name)."""
    names = sorted({candidate.institution for candidate in candidates}, key=str.encode)
    place = {name: index for index, name in enumerate(names)}
    counts = rates(
        np.array([place[candidate.institution] for candidate in candidates], dtype=np.intp),
        np.array([candidate.present for candidate in candidates], dtype=np.bool_),
        np.array([candidate.passed for candidate in candidates], dtype=np.bool_),
        len(names),
    )
    columns = (counts.enrolled.tolist(), counts.present.tolist(), counts.passed.tolist())
    rows = tuple(Row(*row) for row in zip(names, *columns, strict=True))
    return rows, Row("", *(sum(column) for column in columns))
