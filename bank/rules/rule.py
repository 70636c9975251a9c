"""A rule as a whole: read, agreeing with itself, hashed.

Before: `bank.rules.reading`. After: `bank.rules.units` finds the items for it.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Any

from bank.canonical import digest
from bank.refused import BadFile, Denied
from bank.rules import reading
from bank.rules.parts import (
    ANY,
    UNSTATED,
    Alike,
    Cell,
    CellType,
    ChapterMargin,
    Conduct,
    Difficulty,
    Grading,
    ItemOrder,
    Limits,
    MultipleScoring,
    Overlap,
    TypeMargin,
    chapter_of,
    place,
    within,
)
from bank.rules.strict_toml import StrictTable, decimal, read_toml
from bank.subjects import is_known

DRAW = 1
"""The version of docs/draw.md that forms of a rule follow; part of the rule, so part of its hash."""

MAX_ATTEMPTS = 10_000
MOST_ALIKE = 5_000
"""×10⁴. Half of a form: two neighbours who have more in common can help each other to pass."""
LOWEST_ACCEPTANCE = 100
"""×10⁴. Under one admissible form in a hundred draws, a rule leans on a few items and is not drawn but searched."""


@dataclass(frozen=True)
class Rule:
    id: str
    version: int
    name: str
    source: str
    effective_from: date
    effective_to: date | None
    """The last day in force; None: until replaced."""
    grading: Grading
    minutes: int
    total_points: int
    pass_points: int
    multiple_scoring: MultipleScoring
    item_order: ItemOrder
    type_order: tuple[CellType, ...]
    shuffle_options: bool
    difficulty: Difficulty | None
    pool_multiple: int
    """How many times a cell's count the session pool holds, where the bank has that many."""
    min_accept: int
    """×10⁴: the least share of draws that must be admissible for the rule to be used."""
    attempts: int
    """Draws for one form before giving up: fails closed."""
    mandatory: Mapping[str, int]
    """Tag -> the least number of items carrying it on every form."""
    types: Mapping[CellType, TypeMargin]
    chapters: Mapping[str, ChapterMargin]
    levels: Mapping[str, int]
    cells: tuple[Cell, ...]
    """In byte order of strata."""
    exposure: Limits | None = None
    overlap: Overlap | None = None
    alike: Alike | None = None
    """None: the usual bound."""
    conduct: Conduct = UNSTATED
    subjects: tuple[str, ...] = ()
    """Codes of the exam subjects that it draws from (`bank.subjects`), in byte order; () in a rule from before rules
    named them, which draws from everything and serves drills alone."""

    def to_json(self) -> dict[str, Any]:
        """The canonical-JSON form, in the shape of the TOML with every default written out."""
        record: dict[str, Any] = {
            "draw": DRAW,
            "id": self.id,
            "version": self.version,
            "name": self.name,
            "source": self.source,
            "effective_from": self.effective_from.isoformat(),
            "grading": self.grading.value,
            "minutes": self.minutes,
            "total_points": self.total_points,
            "pass_points": self.pass_points,
            "min_accept": decimal(self.min_accept),
            "attempts": self.attempts,
            "scoring": {"multiple": self.multiple_scoring.value},
            "shuffle": {
                "items": self.item_order.value,
                "type_order": [type_.value for type_ in self.type_order],
                "options": self.shuffle_options,
            },
            "pool": {"multiple": self.pool_multiple} | ({} if self.alike is None else {"alike": self.alike.to_json()}),
            "mandatory": dict(self.mandatory),
            "types": {type_.value: {"count": m.count, "points": m.points} for type_, m in self.types.items()},
            "chapters": {code: {"name": m.name, "points": m.points} for code, m in self.chapters.items()},
            "levels": dict(self.levels),
            "cells": [cell.to_json() for cell in self.cells],
        }
        if self.effective_to is not None:
            record["effective_to"] = self.effective_to.isoformat()
        if self.difficulty is not None:
            record["difficulty"] = self.difficulty.to_json()
        # Left out where not stated, unlike other defaults: rules older than these fields keep their hash.
        if self.exposure is not None:
            record["exposure"] = self.exposure.to_json()
        if self.overlap is not None:
            record["overlap"] = self.overlap.to_json()
        if self.conduct != UNSTATED:
            record["conduct"] = self.conduct.to_json()
        if self.subjects:
            record["subjects"] = list(self.subjects)
        return record

    @cached_property
    def sha256(self) -> str:
        """The rule hash (hex): bound into the seed and named on every form, result and bulletin."""
        return digest(self.to_json())

    @property
    def items(self) -> int:
        return sum(cell.items for cell in self.cells)

    @property
    def cells_as_read(self) -> list[Cell]:
        """The cells in the order in which people look for them."""
        return sorted(self.cells, key=lambda cell: place((cell.type, cell.chapter, cell.level), self.type_order))

    def chapter_of(self, subject: str, chapter: str) -> str | None:
        """What the rule calls a chapter of this subject; None where it does not draw from the subject."""
        return chapter_of(self.subjects, subject, chapter)

    def cell_of(self, type: CellType, subject: str, chapter: str, level: str) -> Cell | None:  # noqa: A002
        """The one cell that an item belongs to, `chapter` being the bank's; cells are disjoint."""
        named = self.chapter_of(subject, chapter)
        if named is None:
            return None
        return next((cell for cell in self.cells if cell.holds(type, named, level)), None)

    @property
    def cap(self) -> int | None:
        """How many candidates may meet an item; None where that is not limited."""
        return None if self.exposure is None else self.exposure.candidates

    def pool_needed(self, cell: Cell, candidates: int, before: int = 0) -> int:
        """How many units a cell's pool must hold so that none, met by `before` already, meets more than the cap."""
        if self.cap is None:
            return cell.count
        return max(cell.count, -(-candidates * cell.count // max(1, self.cap - before)))

    @property
    def most_alike(self) -> int:
        """×10⁴: what two forms may have in common on average."""
        return MOST_ALIKE if self.alike is None else self.alike.share

    def require_unlike(self, share: Fraction | None = None) -> None:
        """That two candidates' forms differ as the rule promises. `share`: of a form's items that another one has, on
        average; without it, what is the least with as large a pool as the rule asks for.

        Raises Denied: when they have more in common.
        """
        found = Fraction(1, self.pool_multiple) if share is None else share
        if found * 10_000 > self.most_alike:
            percent = f"{float(found):.0%}", f"{self.most_alike / 10_000:.0%}"
            raise Denied("rule-forms-alike", rule=self.id, found=percent[0], most=percent[1])

    def require_subjects(self) -> None:
        """That it says what it draws from: no session that counts mixes the items of several trades by chance.

        Raises BadFile: when it names no subjects, or one that no code list has.
        """
        if not self.subjects:
            raise BadFile("rule-without-subjects")
        for code in self.subjects:
            if not is_known(code):
                raise BadFile("rule-subject-unknown", found=code)

    def require_in_force(self, day: date) -> None:
        """That sessions on this day may use it. Raises Denied: before it begins, and once it is over."""
        if day < self.effective_from:
            raise Denied("rule-not-yet-in-force", rule=self.id, day=str(day), effective_from=str(self.effective_from))
        if self.effective_to is not None and day > self.effective_to:
            raise Denied("rule-no-longer-in-force", rule=self.id, day=str(day), effective_to=str(self.effective_to))

    @classmethod
    def from_json(cls, record: Any) -> "Rule":
        """Reads and checks; the only way in, whether from TOML or from canonical JSON."""
        rule = _read(StrictTable(record))
        _check_totals(rule)
        _check_cells(rule)
        _check_margins(rule)
        _check_subjects(rule)
        return rule


def parse(text: bytes) -> Rule:
    """A rule from TOML. What a signed rule has written out, a person has to say.

    Raises BadFile: when it is no rule, or leaves `pool.multiple` unsaid.
    """
    table = StrictTable(read_toml(text))
    reading.multiple(table.table("pool", {}))
    return Rule.from_json(read_toml(text))


def _read(table: StrictTable) -> Rule:
    table.integer("draw", DRAW, DRAW, default=DRAW)
    scoring, shuffle, pool = table.table("scoring", {}), table.table("shuffle", {}), table.table("pool", {})
    types = reading.types(table.table("types"))
    rule = Rule(
        id=table.line("id"),
        version=table.integer("version", 1, 1_000_000),
        name=table.line("name"),
        source=table.line("source"),
        effective_from=table.day("effective_from"),
        effective_to=table.day("effective_to") if table.has("effective_to") else None,
        grading=table.one_of("grading", Grading),
        minutes=table.integer("minutes", 1, 600),
        total_points=table.integer("total_points", 1, 1_000),
        pass_points=table.integer("pass_points", 1, 1_000),
        multiple_scoring=scoring.one_of("multiple", MultipleScoring, MultipleScoring.ALL_OR_NOTHING),
        item_order=shuffle.one_of("items", ItemOrder, ItemOrder.WITHIN_TYPE),
        type_order=reading.type_order(shuffle, types),
        shuffle_options=shuffle.flag("options", True),
        difficulty=reading.difficulty(table.table("difficulty")) if table.has("difficulty") else None,
        pool_multiple=pool.integer("multiple", 1, 1_000, default=1),
        alike=reading.alike(pool.table("alike")) if pool.has("alike") else None,
        min_accept=table.ten_thousandths("min_accept", decimal(LOWEST_ACCEPTANCE)),
        attempts=table.integer("attempts", 1, MAX_ATTEMPTS, default=MAX_ATTEMPTS),
        mandatory=reading.numbers(table.table("mandatory", {})),
        types=types,
        chapters=reading.chapters(table.table("chapters")),
        levels=reading.levels(table.table("levels")),
        cells=reading.cells(table.sequence("cells")),
        exposure=reading.limits(table.table("exposure")) if table.has("exposure") else None,
        overlap=reading.overlap(table.table("overlap")) if table.has("overlap") else None,
        conduct=reading.conduct(table.table("conduct")) if table.has("conduct") else UNSTATED,
        subjects=reading.subjects(table.sequence("subjects")) if table.has("subjects") else (),
    )
    for part in (table, scoring, shuffle, pool):
        part.finish()
    return rule


# -- contradictions ----------------------------------------------------------------------------------------------------


def _check_totals(rule: Rule) -> None:
    total = sum(cell.total for cell in rule.cells)
    if total != rule.total_points:
        each = Counter[tuple[CellType, int]]()
        for cell in rule.cells:
            each[cell.type, cell.points] += cell.items
        parts = " + ".join(f"{type_.value} {count}×{points}" for (type_, points), count in each.items())
        raise BadFile("rule-total-differs", stated=rule.total_points, found=total, parts=parts)
    if rule.pass_points > rule.total_points:
        raise BadFile("rule-pass-above-total", pass_points=rule.pass_points, total=rule.total_points)
    if rule.effective_to is not None and rule.effective_to < rule.effective_from:
        first, last = str(rule.effective_from), str(rule.effective_to)
        raise BadFile("rule-ends-before-it-begins", effective_from=first, effective_to=last)
    if not LOWEST_ACCEPTANCE <= rule.min_accept <= 10_000:
        found, low = decimal(rule.min_accept), decimal(LOWEST_ACCEPTANCE)
        raise BadFile("rule-out-of-range", field="min_accept", found=found, low=low, high=1)
    for tag, needed in rule.mandatory.items():
        if needed > rule.items:
            raise BadFile("rule-tag-above-items", tag=tag, needed=needed, items=rule.items)
    _check_difficulty(rule)


def _check_difficulty(rule: Rule) -> None:
    """A tolerance that no form could miss, or a target that none could meet, says something else than was meant."""
    if rule.difficulty is None:
        return
    for name, stated in (("tolerance", rule.difficulty.tolerance), ("target", rule.difficulty.target)):
        if stated is not None and stated > rule.total_points * 10_000:
            field, found = f"difficulty.{name}", decimal(stated)
            raise BadFile("rule-out-of-range", field=field, found=found, low=0, high=rule.total_points)


def _check_cells(rule: Rule) -> None:
    for n, cell in enumerate(rule.cells):
        for earlier in rule.cells[:n]:
            if cell.overlaps(earlier):
                raise BadFile("rule-cells-overlap", cell=cell.stratum, other=earlier.stratum)
        margin = rule.types.get(cell.type)
        if margin is not None and margin.points != cell.points:
            raise BadFile("rule-points-differ", cell=cell.stratum, found=cell.points, stated=margin.points)


def _check_margins(rule: Rule) -> None:
    """Each margin must be what its cells give; a cell outside every margin counts against the one it lacks."""
    types, levels, chapters = Counter[str](), Counter[str](), Counter[str]()
    for cell in rule.cells:
        types[cell.type] += cell.items
        levels[cell.level] += cell.total
        homes = [code for code in rule.chapters if within(code, cell.chapter)] or [cell.chapter]
        if len(homes) > 1:
            raise BadFile("rule-chapters-overlap", cell=cell.stratum, chapters=", ".join(homes))
        chapters[homes[0]] += cell.total
    _compare("rule-type-margin", {type_: margin.count for type_, margin in rule.types.items()}, types)
    _compare("rule-chapter-margin", {code: margin.points for code, margin in rule.chapters.items()}, chapters)
    _compare("rule-level-margin", rule.levels, levels)


def _check_subjects(rule: Rule) -> None:
    """Chapter 1 of which trade? A rule of several subjects says it with every chapter."""
    if len(rule.subjects) < 2:
        return
    for chapter in dict.fromkeys((*rule.chapters, *(cell.chapter for cell in rule.cells))):
        if chapter != ANY and not any(within(code, chapter) for code in rule.subjects):
            first = rule.subjects[0]
            raise BadFile("rule-chapter-of-no-subject", chapter=chapter, first=first, subjects=", ".join(rule.subjects))


def _compare(code: str, stated: Mapping[Any, int], found: Mapping[str, int]) -> None:
    for name in [*stated, *(name for name in found if name not in stated)]:
        if stated.get(name, 0) != found.get(name, 0):
            raise BadFile(code, margin=str(name), stated=stated.get(name, 0), found=found.get(name, 0))
