"""The composition rule (组题规则): a table of cells, and nothing left to the moment of drawing.

A rule *is* its cells: type × chapter × level -> how many items, how many points each; or case group × chapter × level
-> how many groups (案例) of how many items. What people read beside them (the margins by type, chapter and level, the
total) is stated as well and must agree, so that one slip of the pen is found before an exam and not after it. Nothing
is rounded, relaxed or borrowed from a neighbour when a cell cannot be filled: that would be 擅自改变组题规则.

`parse` reads TOML, `Blueprint.from_record` the canonical JSON that it became (`Blueprint.record`); `sha256` is over the
latter, so two ways to write one rule have one hash. docs/rule.md explains every field to the person who writes one.

Before: a file written by the rule officer. After: `bank.facts` and `bank.assembly`.
"""

import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Any

from bank.canonical import digest
from bank.content import ItemType, Level
from bank.pool import ItemFacts
from bank.refused import BadFile, Denied
from bank.table import Table, choose, decimal

ANY = "any"
"""In a cell, as chapter or level: every one."""

DRAW = 1
"""The version of docs/draw.md that forms of a rule follow; part of the rule, so part of its hash."""

MAX_ATTEMPTS = 10_000
LOWEST_ACCEPTANCE = 100
"""×10⁴. Under one admissible form in a hundred draws, a rule leans on a few items and is not drawn but searched."""


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
    PARTIAL: 0 if any wrong option was chosen, else floor(p × c / n). `examd.grading` does the marking.
    """

    ALL_OR_NOTHING = "all-or-nothing"
    PARTIAL = "partial"


class ItemOrder(StrEnum):
    """What of a form's items is shuffled: within each type, everything together, nothing."""

    WITHIN_TYPE = "within-type"
    ALL = "all"
    NONE = "none"


class _CellLevel(StrEnum):
    KNOW = Level.KNOW.value
    GRASP = Level.GRASP.value
    MASTER = Level.MASTER.value
    NONE = Level.NONE.value
    ANY = ANY


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

    def record(self) -> dict[str, Any]:
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
class Difficulty:
    """A form is admitted if |Σ points·p4 − target| ≤ tolerance; both in points ×10⁴."""

    tolerance: int
    target: int | None = None
    """None: what a form drawn from this pool has on average (`bank.assembly.expectation`)."""

    def record(self) -> dict[str, str]:
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

    def record(self) -> dict[str, int]:
        stated = {"sessions": self.sessions, "candidates": self.candidates, "rest_days": self.rest_days}
        return {name: value for name, value in stated.items() if value is not None}


@dataclass(frozen=True)
class Overlap:
    """Of each cell's pool at most `share` (×10⁴) were in a pool of the last `sessions` sessions."""

    sessions: int
    share: int

    def record(self) -> dict[str, Any]:
        return {"sessions": self.sessions, "share": decimal(self.share)}


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
    try:
        data = tomllib.loads(text.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BadFile("rule-not-utf8", byte=error.start) from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadFile("rule-not-toml", detail=str(error)) from None
    return Blueprint.from_record(data)


# -- reading -----------------------------------------------------------------------------------------------------------


def _read(rule: Table) -> Blueprint:
    rule.integer("draw", DRAW, DRAW, default=DRAW)
    scoring, shuffle, pool = rule.table("scoring", {}), rule.table("shuffle", {}), rule.table("pool", {})
    types = _types(rule.table("types"))
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
        type_order=_type_order(shuffle, types),
        shuffle_options=shuffle.flag("options", True),
        difficulty=_difficulty(rule.table("difficulty")) if rule.has("difficulty") else None,
        pool_multiple=pool.integer("multiple", 1, 1_000, default=1),
        min_accept=rule.ten_thousandths("min_accept", decimal(LOWEST_ACCEPTANCE)),
        attempts=rule.integer("attempts", 1, MAX_ATTEMPTS, default=MAX_ATTEMPTS),
        mandatory=_numbers(rule.table("mandatory", {})),
        types=types,
        chapters=_chapters(rule.table("chapters")),
        levels=_levels(rule.table("levels")),
        cells=_cells(rule.sequence("cells")),
        exposure=_limits(rule.table("exposure")) if rule.has("exposure") else None,
        overlap=_overlap(rule.table("overlap")) if rule.has("overlap") else None,
    )
    for table in (rule, scoring, shuffle, pool):
        table.finish()
    return blueprint


def _difficulty(table: Table) -> Difficulty:
    difficulty = Difficulty(
        tolerance=table.ten_thousandths("tolerance"),
        target=table.ten_thousandths("target") if table.has("target") else None,
    )
    table.finish()
    return difficulty


def _limits(table: Table) -> Limits:
    names = [name for name in ("sessions", "candidates", "rest_days") if table.has(name)]
    limits = Limits(**{name: table.integer(name, 1, 1_000_000) for name in names})
    table.finish()
    if limits == Limits():
        raise BadFile("rule-missing-field", field=table.path("sessions"))
    return limits


def _overlap(table: Table) -> Overlap:
    overlap = Overlap(table.integer("sessions", 1, 1_000), table.ten_thousandths("share"))
    table.finish()
    if overlap.share >= 10_000:
        found = decimal(overlap.share)
        raise BadFile("rule-out-of-range", field=table.path("share"), found=found, low=0, high="0.9999")
    return overlap


def _cell_type(name: Any, field: str) -> CellType:
    return CASE if name == CASE.value else choose(name, ItemType, field)


def _types(table: Table) -> dict[CellType, TypeMargin]:
    margins = {}
    for name in table.names():
        margin = table.table(name)
        type_ = _cell_type(name, table.path(name))
        margins[type_] = TypeMargin(margin.integer("count", 1, 1_000), margin.integer("points", 1, 1_000))
        margin.finish()
    return margins


def _type_order(shuffle: Table, types: Mapping[CellType, TypeMargin]) -> tuple[CellType, ...]:
    """Every type of the rule, once."""
    usual: list[Any] = [type_ for type_ in TYPE_ORDER if type_ in types]
    field = shuffle.path("type_order")
    order = tuple(_cell_type(name, field) for name in shuffle.sequence("type_order", usual))
    if sorted(order) != sorted(types):
        raise BadFile("rule-type-order", field=field, found=", ".join(order), expected=", ".join(usual))
    return order


def _chapters(table: Table) -> dict[str, ChapterMargin]:
    margins = {}
    for code in table.names():
        margin = table.table(code)
        margins[_any(code)] = ChapterMargin(margin.line("name"), margin.integer("points", 1, 1_000))
        margin.finish()
    return margins


def _levels(table: Table) -> dict[str, int]:
    levels = {}
    for name in table.names():
        level = choose(_any(name), _CellLevel, table.path(name))
        levels[level.value] = table.integer(name, 1, 1_000)
    return levels


def _numbers(table: Table) -> dict[str, int]:
    return {name: table.integer(name, 1, 1_000) for name in table.names()}


def _cells(cells: list[Any]) -> tuple[Cell, ...]:
    """In byte order of strata, as they are drawn: the order a person wrote them in must not change the rule hash."""
    read = (_cell(Table(cell, f"cells[{n}]")) for n, cell in enumerate(cells, start=1))
    return tuple(sorted(read, key=lambda cell: cell.stratum.encode()))


def _cell(table: Table) -> Cell:
    type_ = _cell_type(table.line("type"), table.path("type"))
    cell = Cell(
        type=type_,
        chapter=_any(table.line("chapter", ANY)),
        level=choose(_any(table.line("level", ANY)), _CellLevel, table.path("level")).value,
        count=table.integer("count", 1, 1_000),
        points=table.integer("points", 1, 1_000),
        size=table.integer("items", 1, 100) if type_ is CASE else 1,
    )
    table.finish()
    return cell


def _any(name: str) -> str:
    return ANY if name == "*" else name


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


# -- can this be filled? -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unit:
    """What is drawn: one item, or a case group with its items in their order. Never taken apart."""

    id: str
    """The item's id, or the case group's digest."""
    facts: tuple[ItemFacts, ...]
    enemies: frozenset[str]
    weight: int
    """Σ points·p4, points ×10⁴."""

    @classmethod
    def of(cls, id: str, facts: Sequence[ItemFacts]) -> "Unit":  # noqa: A002 - the word of the facts
        enemies = frozenset(group for fact in facts for group in fact.enemies)
        return cls(id, tuple(facts), enemies, sum(fact.points * fact.p4 for fact in facts))

    @property
    def type(self) -> CellType:
        """The section of a form that it stands in: a case group is CASE whatever its items are."""
        return CASE if self.facts[0].case else self.facts[0].type

    def tagged(self, tag: str) -> int:
        return sum(tag in fact.tags for fact in self.facts)


def by_stratum(facts: Iterable[ItemFacts], blueprint: Blueprint) -> dict[str, list[Unit]]:
    """Each cell's units, strata and units' ids in byte order; refuses a fact outside the cell it names, or there twice,
    and a case group that is not whole."""
    cells = {cell.stratum: cell for cell in blueprint.cells}
    members: dict[str, dict[str, list[ItemFacts]]] = {stratum: {} for stratum in cells}
    for fact in sorted(facts, key=lambda fact: (fact.unit.encode(), fact.place)):
        cell = cells.get(fact.stratum)
        if cell is None or not cell.holds(CASE if fact.case else fact.type, fact.chapter, fact.level):
            raise BadFile("fact-outside-rule", item=fact.id, cell=fact.stratum, rule=blueprint.id)
        if fact.points != cell.points:
            raise BadFile("fact-outside-rule", item=fact.id, cell=fact.stratum, rule=blueprint.id)
        members[fact.stratum].setdefault(fact.unit, []).append(fact)
    met: set[str] = set()
    for stratum, units in members.items():
        for unit, those in units.items():
            if len({fact.id for fact in those}) < len(those) or unit in met:
                raise BadFile("fact-twice", item=those[-1].id, cell=stratum)
            met.add(unit)
            if len(those) != cells[stratum].size:
                needed, found = cells[stratum].size, len(those)
                raise BadFile("case-not-whole", case=unit, cell=stratum, needed=needed, found=found)
    return {stratum: [Unit.of(*unit) for unit in units.items()] for stratum, units in members.items()}


def feasible(facts: Iterable[ItemFacts], blueprint: Blueprint, multiple: int = 1) -> dict[str, int]:
    """How many units each cell can draw from, by stratum; refuses if any cell cannot be filled `multiple` times over.

    What is checked here is necessary and quick; `bank.proof` decides, and names the smallest set of cells at fault.
    That forms within tolerance are common enough, `Assembler.acceptance` finds out.
    """
    members = by_stratum(facts, blueprint)
    for cell in blueprint.cells:
        available, needed = len(members[cell.stratum]), cell.count * multiple
        if available < needed:
            raise Denied("cell-short-of-items", cell=cell.stratum, needed=needed, available=available)
    _enough_beside_enemies(members, blueprint)
    _enough_tagged(members, blueprint)
    return {stratum: len(those) for stratum, those in members.items()}


def _enough_beside_enemies(members: Mapping[str, list[Unit]], blueprint: Blueprint) -> None:
    """A form holds one unit of a group, so of its grouped units no more than there are groups, in a cell and in all."""
    everywhere, still_needed = set[str](), 0
    for cell in blueprint.cells:
        grouped = [unit for unit in members[cell.stratum] if unit.enemies]
        groups = {group for unit in grouped for group in unit.enemies}
        free = len(members[cell.stratum]) - len(grouped)
        most = free + min(len(grouped), len(groups))
        if most < cell.count:
            raise Denied("cell-short-beside-enemies", cell=cell.stratum, needed=cell.count, available=most)
        everywhere |= groups
        still_needed += max(0, cell.count - free)
    if still_needed > len(everywhere):
        raise Denied("form-short-beside-enemies", needed=still_needed, available=len(everywhere))


def _enough_tagged(members: Mapping[str, list[Unit]], blueprint: Blueprint) -> None:
    for tag, needed in blueprint.mandatory.items():
        available = 0
        for cell in blueprint.cells:
            available += sum(sorted((unit.tagged(tag) for unit in members[cell.stratum]), reverse=True)[: cell.count])
        if available < needed:
            raise Denied("tag-short-of-items", tag=tag, needed=needed, available=available)


# -- a rule for any bank -----------------------------------------------------------------------------------------------


def propose(
    counts: Mapping[tuple[str, str, str], int],
    name: str,
    minutes: int = 120,
    *,
    id: str = "DEMO",  # noqa: A002 - the word of the rule
    source: str = "演练",
    effective_from: date = date(2000, 1, 1),
    tolerance: str | None = None,
    pool_multiple: int = 3,
) -> Blueprint:
    """A demonstration rule for a bank nobody wrote a rule for: `counts` holds items by (type, chapter, level).

    Cells are type × top-level chapter, sharing the form in proportion to what the bank has, by largest remainder and
    never more than the bank can fill `pool_multiple` times. As many items as divide 100 points evenly; 80 to pass.
    """
    bank = Counter[tuple[ItemType, str]]()
    chapterless = any(not chapter for _, chapter, _ in counts)
    for (type_, chapter, _), count in counts.items():
        bank[ItemType(type_), ANY if chapterless else chapter.split(".")[0]] += count
    room = {cell: count // pool_multiple for cell, count in sorted(bank.items())}
    items = next((n for n in (100, 50, 25, 20, 10, 5, 4, 2, 1) if n <= sum(room.values())), None)
    if items is None:
        raise Denied("bank-too-small", needed=pool_multiple, available=sum(bank.values()))
    points = 100 // items
    taken = {cell: count for cell, count in _apportion(items, room).items() if count}
    types, chapters = Counter[str](), Counter[str]()
    for (type_, chapter), count in taken.items():
        types[type_] += count
        chapters[chapter] += count * points
    record: dict[str, Any] = {
        "id": id,
        "version": 1,
        "name": name,
        "source": source,
        "effective_from": effective_from,
        "grading": "site",
        "minutes": minutes,
        "total_points": 100,
        "pass_points": 80,
        "pool": {"multiple": pool_multiple},
        "types": {str(type_): {"count": count, "points": points} for type_, count in types.items()},
        "chapters": {code: {"name": code, "points": total} for code, total in chapters.items()},
        "levels": {ANY: 100},
        "cells": [
            {"type": str(type_), "chapter": chapter, "count": count, "points": points}
            for (type_, chapter), count in taken.items()
        ],
    }
    if tolerance is not None:
        record["difficulty"] = {"tolerance": tolerance}
    return Blueprint.from_record(record)


def _apportion(seats: int, room: Mapping[tuple[ItemType, str], int]) -> dict[tuple[ItemType, str], int]:
    """`seats` in proportion to `room`, by largest remainder; a share never exceeds its room, since seats ≤ Σ room."""
    total = sum(room.values())
    shares = {cell: seats * size // total for cell, size in room.items()}
    by_remainder = sorted(room, key=lambda cell: -(seats * room[cell] % total))
    for cell in by_remainder[: seats - sum(shares.values())]:
        shares[cell] += 1
    return shares
