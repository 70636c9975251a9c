"""The units that a rule's cells draw from: sorted into cells, and whether there are enough of them.

Before: `bank.composing.pool`. After: `bank.composing.assembly` draws, `bank.rules.feasibility` decides what is not
plain from here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bank.draw_facts import ItemFacts
from bank.refused import BadFile, Denied
from bank.rules.parts import CASE, Cell, CellType
from bank.rules.rule import Rule


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


def by_stratum(facts: Iterable[ItemFacts], rule: Rule) -> dict[str, list[Unit]]:
    """Each cell's units, strata and units' ids in byte order; refuses a fact outside the cell it names, or there twice,
    and a case group that is not whole.

    Raises BadFile: when it is one of these.
    """
    cells = {cell.stratum: cell for cell in rule.cells}
    members: dict[str, dict[str, list[ItemFacts]]] = {stratum: {} for stratum in cells}
    for fact in sorted(facts, key=lambda fact: (fact.unit.encode(), fact.place)):
        cell = cells.get(fact.stratum)
        if cell is None or not cell.holds(CASE if fact.case else fact.type, fact.chapter, fact.level):
            raise BadFile("fact-outside-rule", item=fact.id, cell=fact.stratum, rule=rule.id)
        if fact.points != cell.points:
            raise BadFile("fact-outside-rule", item=fact.id, cell=fact.stratum, rule=rule.id)
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


def units_in_cells(facts: Iterable[ItemFacts], rule: Rule) -> list[tuple[Cell, Unit]]:
    """All units, each with its cell. Raises BadFile: as `by_stratum` does."""
    members = by_stratum(facts, rule)
    return [(cell, unit) for cell in rule.cells for unit in members[cell.stratum]]


def require_enough(facts: Iterable[ItemFacts], rule: Rule) -> None:
    """That there are items for a form, as far as that is quickly seen: `bank.rules.feasibility` decides, and names the
    smallest set of cells at fault. That forms within tolerance are common enough, `Assembler.acceptance` finds out.

    Raises Denied: when a cell cannot be filled.
    """
    members = by_stratum(facts, rule)
    for cell in rule.cells:
        available = len(members[cell.stratum])
        if available < cell.count:
            raise Denied("cell-short-of-items", cell=cell.stratum, needed=cell.count, available=available)
    _enough_beside_enemies(members, rule)
    _enough_tagged(members, rule)


def _enough_beside_enemies(members: Mapping[str, list[Unit]], rule: Rule) -> None:
    """A form holds one unit of a group, so of its grouped units no more than there are groups, in a cell and in all."""
    everywhere, still_needed = set[str](), 0
    for cell in rule.cells:
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


def _enough_tagged(members: Mapping[str, list[Unit]], rule: Rule) -> None:
    for tag, needed in rule.mandatory.items():
        available = 0
        for cell in rule.cells:
            available += sum(sorted((unit.tagged(tag) for unit in members[cell.stratum]), reverse=True)[: cell.count])
        if available < needed:
            raise Denied("tag-short-of-items", tag=tag, needed=needed, available=available)


def enemies(units: Iterable[Unit]) -> dict[str, list[int]]:
    """For each group of two units or more, the numbers of its units."""
    groups: dict[str, list[int]] = {}
    for n, unit in enumerate(units):
        for group in unit.enemies:
            groups.setdefault(group, []).append(n)
    return {group: those for group, those in sorted(groups.items()) if len(those) > 1}
