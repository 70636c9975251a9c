"""The forms: can the pool fill the rule, is every form the one that had to be drawn, does every form obey the rule."""

from collections import Counter
from collections.abc import Mapping
from itertools import groupby

from .case import Case
from .draw import Cell, Draw, Item, NoForm, Unit, digest, refusals, session_string, units_of
from .issued import POOL
from .outcome import Outcome
from .rules import ANY


def pool_fits_rule(case: Case, out: Outcome) -> None:
    """Every item of the pool belongs to a cell of the rule, and every cell has enough."""
    rule = case.rule
    cells = {cell.stratum: cell for cell in rule.cells}
    units = units_of(case.pool.values())
    held = Counter(unit[0].stratum for unit in units)
    for unit in units:
        _whole(unit, cells, out)
    for item in case.pool.values():
        place, cell = f"{POOL}:{item.line}", cells.get(item.stratum)
        if cell is None:
            out.fail("no_cell", place, id=item.id, stratum=item.stratum)
            continue
        fitting = _fitting(item, cells)
        if len(fitting) > 1:
            out.fail("cells_many", place, id=item.id, found=len(fitting))
        for what, found, expected in _misfits(item, cell):
            out.fail("cell_misfit", place, id=item.id, stratum=cell.stratum, what=what, found=found, expected=expected)
    for cell in rule.cells:
        found = held[cell.stratum]
        if found < cell.count:
            out.fail("cell_short", POOL, stratum=cell.stratum, found=found, expected=cell.count)
        if found > cell.count * rule.multiple:
            out.fail("cell_over", POOL, stratum=cell.stratum, found=found, expected=cell.count * rule.multiple)


def _whole(unit: Unit, cells: Mapping[str, Cell], out: Outcome) -> None:
    """A case group travels with all its items, in one cell, each in a place of its own."""
    first = unit[0]
    cell, place = cells.get(first.stratum), f"{POOL}:{first.line}"
    if cell is not None and len(unit) != cell.size:
        out.fail("case_size", place, case=first.unit, stratum=cell.stratum, found=len(unit), expected=cell.size)
    if len({item.stratum for item in unit}) > 1 or len({item.place for item in unit}) < len(unit):
        out.fail("case_torn", place, case=first.unit)
    if any(bool(item.case) != (item.place > 0) for item in unit):
        out.fail("case_place", place, case=first.unit)


def _fitting(item: Item, cells: Mapping[str, Cell]) -> list[str]:
    """The strata that may hold the item: its chapter, any above it, or "any"; its level, or "any"."""
    codes = item.chapter.split(".")
    chapters = {ANY, *(".".join(codes[:depth]) for depth in range(1, len(codes) + 1))}
    strata = {f"{item.section}/{chapter}/{level}" for chapter in chapters for level in (ANY, item.level)}
    return sorted(strata & cells.keys())


def _misfits(item: Item, cell: Cell) -> list[tuple[str, object, object]]:
    within = cell.chapter in (ANY, item.chapter) or item.chapter.startswith(cell.chapter + ".")
    tests = (
        ("type", item.section, cell.type, item.section == cell.type),
        ("chapter", item.chapter, cell.chapter, within),
        ("level", item.level, cell.level, cell.level in (ANY, item.level)),
        ("points", item.points, cell.points, item.points == cell.points),
    )
    return [(what, found, expected) for what, found, expected, good in tests if not good]


def forms(case: Case, out: Outcome) -> None:
    """Each form in the record is the one that its ordinal draws."""
    draw = Draw(case.rule, case.pool.values(), case.seed, session_string(case.manifest))
    drawn, digests, most = {}, {}, 0
    for start in case.record.starts():
        c = start.c
        try:
            attempt, form = draw.form(c)
        except NoForm as refusal:
            out.fail("no_form", start.place, c=c, why=str(refusal))
            continue
        drawn[c], digests[c], most = form, digest(form), max(most, attempt + 1)
        out.compare("form", start.place, start.body["form"], digests[c], c=c)
        out.compare("attempt", start.place, start.body["attempt"], attempt, c=c)
    case.forms, case.digests, case.target = drawn, digests, draw.target
    out.note("drawn", n=len(drawn), attempts=most)


def form_rules(case: Case, out: Outcome) -> None:
    """The rule's own demands, asked of the finished form without regard to how it came about."""
    wanted = {cell.stratum: cell.count * cell.size for cell in case.rule.cells}
    in_order = {unit[0].unit: [item.place for item in unit] for unit in units_of(case.pool.values())}
    places = {start.c: start.place for start in case.record.starts()}
    for c, form in case.forms.items():
        place, items = places[c], [case.pool[id_] for id_, _ in form]
        held = Counter(item.stratum for item in items)
        for stratum in wanted.keys() | held.keys():
            if held[stratum] != wanted.get(stratum, 0):
                facts = {"stratum": stratum, "found": held[stratum], "expected": wanted.get(stratum, 0)}
                out.fail("form_cell", place, c=c, **facts)
        for unit, those in groupby(items, key=lambda item: item.unit):
            found = [item.place for item in those]
            expected = in_order[unit]
            out.compare("form_case", place, found, expected, c=c, case=unit)
        for id_, times in Counter(item.id for item in items).items():
            if times > 1:
                out.fail("form_repeat", place, c=c, id=id_)
        for code, facts in refusals(case.rule, case.target, items):
            out.fail(code, place, c=c, **facts)
        for item, (_, order) in zip(items, form, strict=True):
            own = range(item.options)
            fixed = own if item.type == "truefalse" else item.locked.intersection(own)  # others: locked_range says so
            if sorted(order) != list(own) or any(order[index] != index for index in fixed):
                out.fail("form_locked", place, c=c, id=item.id)
