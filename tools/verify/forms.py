"""The forms: can the pool fill the rule, is every form the one that had to be drawn, does every form obey the rule."""

from collections import Counter
from collections.abc import Mapping

from .case import Case
from .draw import Cell, Draw, Item, NoForm, digest, refusals, session_string
from .issued import POOL
from .outcome import Outcome
from .rules import ANY


def pool_fits_rule(case: Case, out: Outcome) -> None:
    rule, held = case.rule, Counter(item.stratum for item in case.pool.values())
    cells = {cell.stratum: cell for cell in rule.cells}
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


def _fitting(item: Item, cells: Mapping[str, Cell]) -> list[str]:
    """The strata that may hold the item: its chapter, any above it, or "any"; its level, or "any"."""
    codes = item.chapter.split(".")
    chapters = {ANY, *(".".join(codes[:depth]) for depth in range(1, len(codes) + 1))}
    strata = {f"{item.type}/{chapter}/{level}" for chapter in chapters for level in (ANY, item.level)}
    return sorted(strata & cells.keys())


def _misfits(item: Item, cell: Cell) -> list[tuple[str, object, object]]:
    within = cell.chapter in (ANY, item.chapter) or item.chapter.startswith(cell.chapter + ".")
    tests = (
        ("type", item.type, cell.type, item.type == cell.type),
        ("chapter", item.chapter, cell.chapter, within),
        ("level", item.level, cell.level, cell.level in (ANY, item.level)),
        ("points", item.points, cell.points, item.points == cell.points),
    )
    return [(what, found, expected) for what, found, expected, good in tests if not good]


def forms(case: Case, out: Outcome) -> None:
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
        if start.body["form"] != digests[c]:
            out.fail("form", start.place, c=c, found=start.body["form"], expected=digests[c])
        if start.body["attempt"] != attempt:
            out.fail("attempt", start.place, c=c, found=start.body["attempt"], expected=attempt)
    case.forms, case.digests, case.target = drawn, digests, draw.target
    out.note("drawn", n=len(drawn), attempts=most)


def form_rules(case: Case, out: Outcome) -> None:
    """The rule's own demands, asked of the finished form without regard to how it came about."""
    wanted = {cell.stratum: cell.count for cell in case.rule.cells}
    places = {start.c: start.place for start in case.record.starts()}
    for c, form in case.forms.items():
        place, items = places[c], [case.pool[id_] for id_, _ in form]
        held = Counter(item.stratum for item in items)
        for stratum in wanted.keys() | held.keys():
            if held[stratum] != wanted.get(stratum, 0):
                facts = {"stratum": stratum, "found": held[stratum], "expected": wanted.get(stratum, 0)}
                out.fail("form_cell", place, c=c, **facts)
        for id_, times in Counter(item.id for item in items).items():
            if times > 1:
                out.fail("form_repeat", place, c=c, id=id_)
        for code, facts in refusals(case.rule, case.target, items):
            out.fail(code, place, c=c, **facts)
        for item, (_, order) in zip(items, form, strict=True):
            fixed = range(item.options) if item.type == "truefalse" else item.locked
            if sorted(order) != list(range(item.options)) or any(order[index] != index for index in fixed):
                out.fail("form_locked", place, c=c, id=item.id)
