"""The parts of a rule out of a table that a person wrote, each refused with the name of its field.

Before: `bank.rules.strict_toml`. After: `bank.rules.rule` puts them together.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from bank.content import ItemType, Level
from bank.refused import BadFile
from bank.rules.parts import (
    ANY,
    CASE,
    TYPE_ORDER,
    UNSTATED,
    Alike,
    Cell,
    CellType,
    ChapterMargin,
    Conduct,
    Difficulty,
    Limits,
    Overlap,
    TypeMargin,
)
from bank.rules.strict_toml import StrictTable, choose, decimal
from bank.subjects import well_formed


class _CellLevel(StrEnum):
    KNOW = Level.KNOW.value
    GRASP = Level.GRASP.value
    MASTER = Level.MASTER.value
    NONE = Level.NONE.value
    ANY = ANY


def difficulty(table: StrictTable) -> Difficulty:
    """The `[difficulty]` table."""
    difficulty = Difficulty(
        tolerance=table.ten_thousandths("tolerance"),
        target=table.ten_thousandths("target") if table.has("target") else None,
    )
    table.finish()
    return difficulty


def alike(table: StrictTable) -> Alike:
    """The `pool.alike` table. Raises BadFile: when the share is out of range."""
    alike = Alike(table.ten_thousandths("share"), table.line("reason"))
    table.finish()
    if not 0 < alike.share <= 10_000:
        raise BadFile("rule-out-of-range", field=table.path("share"), found=decimal(alike.share), low="0.0001", high=1)
    return alike


def multiple(pool: StrictTable) -> int:
    """`pool.multiple`, which nobody may leave unsaid. Raises BadFile: when it is not there."""
    if not pool.has("multiple"):
        raise BadFile("rule-without-multiple")
    return pool.integer("multiple", 1, 1_000)


def limits(table: StrictTable) -> Limits:
    """The `[exposure]` table. Raises BadFile: when it sets no limit."""
    names = [name for name in ("sessions", "candidates", "rest_days") if table.has(name)]
    limits = Limits(**{name: table.integer(name, 1, 1_000_000) for name in names})
    table.finish()
    if limits == Limits():
        raise BadFile("rule-missing-field", field=table.path("sessions"))
    return limits


def conduct(table: StrictTable) -> Conduct:
    """The `[conduct]` table. Raises BadFile: when it says nothing."""
    names = [name for name in ("added_minutes", "paused_minutes", "presence_minutes") if table.has(name)]
    conduct = Conduct(**{name: table.integer(name, 1, 600) for name in names})
    table.finish()
    if conduct == UNSTATED:
        raise BadFile("rule-missing-field", field=table.path("added_minutes"))
    return conduct


def overlap(table: StrictTable) -> Overlap:
    """The `[overlap]` table. Raises BadFile: when the share is out of range."""
    overlap = Overlap(table.integer("sessions", 1, 1_000), table.ten_thousandths("share"))
    table.finish()
    if overlap.share >= 10_000:
        found = decimal(overlap.share)
        raise BadFile("rule-out-of-range", field=table.path("share"), found=found, low=0, high="0.9999")
    return overlap


def _cell_type(name: Any, field: str) -> CellType:
    return CASE if name == CASE.value else choose(name, ItemType, field)


def types(table: StrictTable) -> dict[CellType, TypeMargin]:
    """The `[types]` table: margins by type."""
    margins = {}
    for name in table.names():
        margin = table.table(name)
        type_ = _cell_type(name, table.path(name))
        margins[type_] = TypeMargin(margin.integer("count", 1, 1_000), margin.integer("points", 1, 1_000))
        margin.finish()
    return margins


def type_order(shuffle: StrictTable, types: Mapping[CellType, TypeMargin]) -> tuple[CellType, ...]:
    """Every type of the rule, once. Raises BadFile: when it is another set of types."""
    usual: list[Any] = [type_ for type_ in TYPE_ORDER if type_ in types]
    field = shuffle.path("type_order")
    order = tuple(_cell_type(name, field) for name in shuffle.sequence("type_order", usual))
    if sorted(order) != sorted(types):
        raise BadFile("rule-type-order", field=field, found=", ".join(order), expected=", ".join(usual))
    return order


def chapters(table: StrictTable) -> dict[str, ChapterMargin]:
    """The `[chapters]` table: margins by chapter."""
    margins = {}
    for code in table.names():
        margin = table.table(code)
        margins[_any(code)] = ChapterMargin(margin.line("name"), margin.integer("points", 1, 1_000))
        margin.finish()
    return margins


def levels(table: StrictTable) -> dict[str, int]:
    """The `[levels]` table: items by level."""
    levels = {}
    for name in table.names():
        level = choose(_any(name), _CellLevel, table.path(name))
        levels[level.value] = table.integer(name, 1, 1_000)
    return levels


def subjects(codes: list[Any]) -> tuple[str, ...]:
    """Codes of exam subjects, in byte order. Raises BadFile: when one is none, or stands there twice.

    Whether a later list still has them is not asked: what was signed under a code is read for ever.
    """
    if not codes:
        raise BadFile("rule-without-subjects")
    for code in codes:
        if not isinstance(code, str) or not well_formed(code):
            raise BadFile("rule-subject-unknown", found=str(code)[:40])
    if len(set(codes)) < len(codes):
        raise BadFile("rule-subject-twice", found=", ".join(sorted(codes)))
    return tuple(sorted(codes))


def numbers(table: StrictTable) -> dict[str, int]:
    return {name: table.integer(name, 1, 1_000) for name in table.names()}


def cells(cells: list[Any]) -> tuple[Cell, ...]:
    """In byte order of strata, as they are drawn: the order a person wrote them in must not change the rule hash."""
    read = (_cell(StrictTable(cell, f"cells[{n}]")) for n, cell in enumerate(cells, start=1))
    return tuple(sorted(read, key=lambda cell: cell.stratum.encode()))


def _cell(table: StrictTable) -> Cell:
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
