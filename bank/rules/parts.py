"""What a rule is made of: cells, the margins stated beside them, limits. Plain values.

Before: `bank.rules.reading` takes them from a table. After: `bank.rules.rule` holds them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bank.content import ItemType, Level
from bank.rules.strict_toml import decimal

ANY = "any"
"""In a cell, as chapter or level: every one."""


class CaseType(StrEnum):
    """What stands for a type in a cell of case groups: their items may be of any type."""

    CASE = "case"


CASE = CaseType.CASE
CellType = ItemType | CaseType

TYPE_ORDER: tuple[CellType, ...] = (ItemType.TRUEFALSE, ItemType.SINGLE, ItemType.MULTIPLE, ItemType.FILL, CASE)
"""判断, 单选, 多选, 填空, 案例: the order candidates know from every exam of this kind."""


class Grading(StrEnum):
    """Where answer keys are read: with BUREAU they never travel to the site."""

    SITE = "site"
    BUREAU = "bureau"


class MultipleScoring(StrEnum):
    """Marks of a multiple-answer item worth p points with n right options, of which a candidate chose c.

    ALL_OR_NOTHING: p if exactly the right options were chosen, else 0.
    PARTIAL: 0 if any wrong option was chosen, else floor(p × c / n). `examd.grading.mark` does the marking.
    """

    ALL_OR_NOTHING = "all-or-nothing"
    PARTIAL = "partial"


class ItemOrder(StrEnum):
    """What of a form's items is shuffled: within each type, everything together, nothing."""

    WITHIN_TYPE = "within-type"
    ALL = "all"
    NONE = "none"


@dataclass(frozen=True)
class Cell:
    """`count` units of one type, chapter and level: items, or case groups of `size` items; each item worth `points`."""

    type: CellType
    chapter: str
    """Holds for chapters nested in it too ("1" for "1.1.3"), or ANY."""
    level: str
    """A `Level`'s value, or ANY."""
    count: int
    points: int
    size: int = 1
    """Items of a unit; more or less than 1 only in a case group."""

    @property
    def items(self) -> int:
        return self.count * self.size

    @property
    def total(self) -> int:
        return self.items * self.points

    @property
    def stratum(self) -> str:
        """The cell's name in the draw, in facts and in refusals, e.g. "single/3/grasp"."""
        return f"{self.type.value}/{self.chapter}/{self.level}"

    def holds(self, type: CellType, chapter: str, level: str) -> bool:  # noqa: A002 - the word of the rule
        return self.type == type and covers(self.chapter, chapter) and self.level in (ANY, level)

    def overlaps(self, other: "Cell") -> bool:
        """Whether an item could lie in both: then the draw could take it twice."""
        return (
            self.type == other.type
            and (covers(self.chapter, other.chapter) or covers(other.chapter, self.chapter))
            and (self.level == other.level or ANY in (self.level, other.level))
        )

    def to_json(self) -> dict[str, Any]:
        record = {
            "type": self.type.value,
            "chapter": self.chapter,
            "level": self.level,
            "count": self.count,
            "points": self.points,
        }
        return record | {"items": self.size} if self.type is CASE else record


def within(chapter: str, inner: str) -> bool:
    """Whether `inner` is `chapter` or nested in it: dots nest, so "1.1.3" is within "1" and "11" is not."""
    return inner == chapter or inner.startswith(chapter + ".")


def by_number(chapter: str) -> list[tuple[int, str]]:
    """Sorts 2.10 after 2.9."""
    return [(int(part), "") if part.isdecimal() else (10**9, part) for part in chapter.split(".")]


_LEVELS = (*(level.value for level in Level), ANY)


def place(cell: tuple[str, str, str], types: Sequence[str]) -> tuple[list[tuple[int, str]], int, int]:
    """Where people look for a cell (type, chapter, level): by chapter, in the order of `types`, from 了解 up."""
    type_, chapter, level = cell
    return by_number(chapter), types.index(type_), _LEVELS.index(level)


def chapter_of(subjects: Sequence[str], subject: str, chapter: str) -> str | None:
    """What a rule of these subjects calls a chapter of `subject`; None where it does not draw from that.

    A rule of one subject, or from before rules named any, calls it as the bank does. Of several, each numbers its
    chapters by itself: there the subject stands before the chapter, and its chapters are nested in it ("SP-ELV.1").
    """
    if subjects and subject not in subjects:
        return None
    return chapter if len(subjects) < 2 else f"{subject}.{chapter}".removesuffix(".")


def covers(chapter: str, inner: str) -> bool:
    """Whether a cell of `chapter` takes items of `inner`."""
    return chapter == ANY or within(chapter, inner)


@dataclass(frozen=True)
class TypeMargin:
    count: int
    points: int
    """Of each item, as on the form's cover: 判断 70 × 1."""


@dataclass(frozen=True)
class ChapterMargin:
    name: str
    points: int
    """Of all its items together."""


@dataclass(frozen=True)
class Alike:
    """What two candidates' forms may have in common, where a rule allows another share than is usual."""

    share: int
    """×10⁴, of a form's items, on average."""
    reason: str

    def to_json(self) -> dict[str, str]:
        return {"share": decimal(self.share), "reason": self.reason}


@dataclass(frozen=True)
class Difficulty:
    """A form is admitted if |Σ points·p4 − target| ≤ tolerance; both in points ×10⁴."""

    tolerance: int
    target: int | None = None
    """None: what a form drawn from this pool has on average (`bank.composing.assembly.expectation`)."""

    def to_json(self) -> dict[str, str]:
        stated = {"tolerance": decimal(self.tolerance)}
        return stated if self.target is None else stated | {"target": decimal(self.target)}


@dataclass(frozen=True)
class Limits:
    """What an item must not exceed to travel in a session pool; each None where the rule does not limit it."""

    sessions: int | None = None
    """In how many pools it may have travelled before."""
    candidates: int | None = None
    """How many candidates may have seen it, those of this session (as expected) included."""
    rest_days: int | None = None
    """It may travel again so many days after a session it travelled to, at the earliest."""

    def to_json(self) -> dict[str, int]:
        stated = {"sessions": self.sessions, "candidates": self.candidates, "rest_days": self.rest_days}
        return {name: value for name, value in stated.items() if value is not None}


@dataclass(frozen=True)
class Conduct:
    """What the day may do to a candidate's time; each None where the rule does not say it."""

    added_minutes: int | None = None
    """补时: so much in all for one candidate, without the chief examiner's order."""
    paused_minutes: int | None = None
    """Pauses: so much in all, without the chief examiner's order."""
    presence_minutes: int | None = None
    """Staff show that they are there this often, at least (缺位)."""

    def to_json(self) -> dict[str, int]:
        return {name: value for name, value in vars(self).items() if value is not None}


UNSTATED = Conduct()


@dataclass(frozen=True)
class Overlap:
    """Of each cell's pool at most `share` (×10⁴) were in a pool of the last `sessions` sessions."""

    sessions: int
    share: int

    def to_json(self) -> dict[str, Any]:
        return {"sessions": self.sessions, "share": decimal(self.share)}
