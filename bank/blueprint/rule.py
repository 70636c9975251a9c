"""A rule as a whole: read, agreeing with itself, hashed.

Before: `bank.blueprint.reading`. After: `bank.blueprint.units` finds the items for it.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from bank.blueprint import reading
from bank.blueprint.parts import (
    Cell,
    CellType,
    ChapterMargin,
    Difficulty,
    Grading,
    ItemOrder,
    Limits,
    MultipleScoring,
    Overlap,
    TypeMargin,
    place,
    within,
)
from bank.canonical import digest
from bank.refused import BadFile, Denied
from bank.table import Table, decimal, read_toml

DRAW = 1
"""The version of docs/draw.md that forms of a rule follow; part of the rule, so part of its hash."""

MAX_ATTEMPTS = 10_000
LOWEST_ACCEPTANCE = 100
"""×10⁴. Under one admissible form in a hundred draws, a rule leans on a few items and is not drawn but searched."""


@dataclass(frozen=True)
class Blueprint:
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

    def record(self) -> dict[str, Any]:
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
            "pool": {"multiple": self.pool_multiple},
            "mandatory": dict(self.mandatory),
            "types": {type_.value: {"count": m.count, "points": m.points} for type_, m in self.types.items()},
            "chapters": {code: {"name": m.name, "points": m.points} for code, m in self.chapters.items()},
            "levels": dict(self.levels),
            "cells": [cell.record() for cell in self.cells],
        }
        if self.effective_to is not None:
            record["effective_to"] = self.effective_to.isoformat()
        if self.difficulty is not None:
            record["difficulty"] = self.difficulty.record()
        # Left out where not stated, unlike other defaults: rules older than these fields keep their hash.
        if self.exposure is not None:
            record["exposure"] = self.exposure.record()
        if self.overlap is not None:
            record["overlap"] = self.overlap.record()
        return record

    @cached_property
    def sha256(self) -> str:
        """The rule hash (hex): bound into the seed and named on every form, result and bulletin."""
        return digest(self.record())

    @property
    def items(self) -> int:
        return sum(cell.items for cell in self.cells)

    @property
    def cells_as_read(self) -> list[Cell]:
        """The cells in the order in which people look for them."""
        return sorted(self.cells, key=lambda cell: place((cell.type, cell.chapter, cell.level), self.type_order))

    def cell_of(self, type: CellType, chapter: str, level: str) -> Cell | None:  # noqa: A002
        """The one cell an item belongs to; cells are disjoint."""
        return next((cell for cell in self.cells if cell.holds(type, chapter, level)), None)

    def require_in_force(self, day: date) -> None:
        if day < self.effective_from:
            raise Denied("rule-not-yet-in-force", rule=self.id, day=str(day), effective_from=str(self.effective_from))
        if self.effective_to is not None and day > self.effective_to:
            raise Denied("rule-no-longer-in-force", rule=self.id, day=str(day), effective_to=str(self.effective_to))

    @classmethod
    def from_record(cls, record: Any) -> "Blueprint":
        """Reads and checks; the only way in, whether from TOML or from canonical JSON."""
        blueprint = _read(Table(record))
        _check_totals(blueprint)
        _check_cells(blueprint)
        _check_margins(blueprint)
        return blueprint


def parse(text: bytes) -> Blueprint:
    """A rule from TOML."""
    return Blueprint.from_record(read_toml(text))


def _read(rule: Table) -> Blueprint:
    rule.integer("draw", DRAW, DRAW, default=DRAW)
    scoring, shuffle, pool = rule.table("scoring", {}), rule.table("shuffle", {}), rule.table("pool", {})
    types = reading.types(rule.table("types"))
    blueprint = Blueprint(
        id=rule.line("id"),
        version=rule.integer("version", 1, 1_000_000),
        name=rule.line("name"),
        source=rule.line("source"),
        effective_from=rule.day("effective_from"),
        effective_to=rule.day("effective_to") if rule.has("effective_to") else None,
        grading=rule.one_of("grading", Grading),
        minutes=rule.integer("minutes", 1, 600),
        total_points=rule.integer("total_points", 1, 1_000),
        pass_points=rule.integer("pass_points", 1, 1_000),
        multiple_scoring=scoring.one_of("multiple", MultipleScoring, MultipleScoring.ALL_OR_NOTHING),
        item_order=shuffle.one_of("items", ItemOrder, ItemOrder.WITHIN_TYPE),
        type_order=reading.type_order(shuffle, types),
        shuffle_options=shuffle.flag("options", True),
        difficulty=reading.difficulty(rule.table("difficulty")) if rule.has("difficulty") else None,
        pool_multiple=pool.integer("multiple", 1, 1_000, default=1),
        min_accept=rule.ten_thousandths("min_accept", decimal(LOWEST_ACCEPTANCE)),
        attempts=rule.integer("attempts", 1, MAX_ATTEMPTS, default=MAX_ATTEMPTS),
        mandatory=reading.numbers(rule.table("mandatory", {})),
        types=types,
        chapters=reading.chapters(rule.table("chapters")),
        levels=reading.levels(rule.table("levels")),
        cells=reading.cells(rule.sequence("cells")),
        exposure=reading.limits(rule.table("exposure")) if rule.has("exposure") else None,
        overlap=reading.overlap(rule.table("overlap")) if rule.has("overlap") else None,
    )
    for table in (rule, scoring, shuffle, pool):
        table.finish()
    return blueprint


# -- contradictions ----------------------------------------------------------------------------------------------------


def _check_totals(blueprint: Blueprint) -> None:
    total = sum(cell.total for cell in blueprint.cells)
    if total != blueprint.total_points:
        each = Counter[tuple[CellType, int]]()
        for cell in blueprint.cells:
            each[cell.type, cell.points] += cell.items
        parts = " + ".join(f"{type_.value} {count}×{points}" for (type_, points), count in each.items())
        raise BadFile("rule-total-differs", stated=blueprint.total_points, found=total, parts=parts)
    if blueprint.pass_points > blueprint.total_points:
        raise BadFile("rule-pass-above-total", pass_points=blueprint.pass_points, total=blueprint.total_points)
    if blueprint.effective_to is not None and blueprint.effective_to < blueprint.effective_from:
        first, last = str(blueprint.effective_from), str(blueprint.effective_to)
        raise BadFile("rule-ends-before-it-begins", effective_from=first, effective_to=last)
    if not LOWEST_ACCEPTANCE <= blueprint.min_accept <= 10_000:
        found, low = decimal(blueprint.min_accept), decimal(LOWEST_ACCEPTANCE)
        raise BadFile("rule-out-of-range", field="min_accept", found=found, low=low, high=1)
    for tag, needed in blueprint.mandatory.items():
        if needed > blueprint.items:
            raise BadFile("rule-tag-above-items", tag=tag, needed=needed, items=blueprint.items)
    _check_difficulty(blueprint)


def _check_difficulty(blueprint: Blueprint) -> None:
    """A tolerance that no form could miss, or a target that none could meet, says something else than was meant."""
    if blueprint.difficulty is None:
        return
    for name, stated in (("tolerance", blueprint.difficulty.tolerance), ("target", blueprint.difficulty.target)):
        if stated is not None and stated > blueprint.total_points * 10_000:
            field, found = f"difficulty.{name}", decimal(stated)
            raise BadFile("rule-out-of-range", field=field, found=found, low=0, high=blueprint.total_points)


def _check_cells(blueprint: Blueprint) -> None:
    for n, cell in enumerate(blueprint.cells):
        for earlier in blueprint.cells[:n]:
            if cell.overlaps(earlier):
                raise BadFile("rule-cells-overlap", cell=cell.stratum, other=earlier.stratum)
        margin = blueprint.types.get(cell.type)
        if margin is not None and margin.points != cell.points:
            raise BadFile("rule-points-differ", cell=cell.stratum, found=cell.points, stated=margin.points)


def _check_margins(blueprint: Blueprint) -> None:
    """Each margin must be what its cells give; a cell outside every margin counts against the one it lacks."""
    types, levels, chapters = Counter[str](), Counter[str](), Counter[str]()
    for cell in blueprint.cells:
        types[cell.type] += cell.items
        levels[cell.level] += cell.total
        homes = [code for code in blueprint.chapters if within(code, cell.chapter)] or [cell.chapter]
        if len(homes) > 1:
            raise BadFile("rule-chapters-overlap", cell=cell.stratum, chapters=", ".join(homes))
        chapters[homes[0]] += cell.total
    _compare("rule-type-margin", {type_: margin.count for type_, margin in blueprint.types.items()}, types)
    _compare("rule-chapter-margin", {code: margin.points for code, margin in blueprint.chapters.items()}, chapters)
    _compare("rule-level-margin", blueprint.levels, levels)


def _compare(code: str, stated: Mapping[Any, int], found: Mapping[str, int]) -> None:
    for name in [*stated, *(name for name in found if name not in stated)]:
        if stated.get(name, 0) != found.get(name, 0):
            raise BadFile(code, margin=str(name), stated=stated.get(name, 0), found=found.get(name, 0))
