"""Can this bank fill this rule? If not: the smallest set of demands that cannot be met together, and what each lacks.

A demand is a cell (so many units on a form, and where exposure is capped so many in the pool) or a mandatory tag.
Enemies are no demand but a fact: a form holds one unit of a group. Where they are the reason, the fewest groups are
named without which the set could be met. The smallest set is exact, by the duality of
conflicts and corrections: a conflict holds at least one demand of every set whose removal makes the rest possible. So
the fewest demands that meet all corrections found so far are the smallest conflict if they are a conflict at all, and
yield a new correction otherwise. Nothing is ever relaxed: this says what is missing, and a person decides.

Before: `bank.rules` (quick necessary conditions), `bank.composing.pool`. After: a rule officer signs.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bank.draw_facts import ItemFacts
from bank.rules import Rule, Unit, by_stratum, enemies
from bank.rules.solver import Model, form_rows
from bank.rules.units import units_in_cells


@dataclass(frozen=True, slots=True)
class Demand:
    """`kind` is "cell", "pool" or "tag"; `name` the stratum or the tag."""

    kind: str
    name: str
    needed: int
    available: int
    """Units there are for it, enemies not considered."""


@dataclass(frozen=True, slots=True)
class Lack:
    demand: Demand
    missing: int
    """So many more units, enemies of none, make the set possible; where several lack, this is one least way."""


@dataclass(frozen=True)
class Feasibility:
    """`conflict` is empty where a form exists."""

    conflict: tuple[Lack, ...]
    alone: tuple[Lack, ...]
    """All demands that are a conflict of one: where there are any, `conflict` is the first of them."""
    further: tuple[tuple[Lack, ...], ...]
    """Conflicts among the demands that are left when those of `conflict` and `alone` are taken away, and so on."""
    enemies: tuple[tuple[str, ...], ...]
    """Of `conflict` and each of `further`, the fewest enemy groups without which it would lack only what the bank does
    not hold; none where enemies are not the reason."""
    alone_enemies: tuple[tuple[str, ...], ...]
    """The same of each of `alone`."""
    form: tuple[str, ...]
    """The witness: ids of one form that meets everything but the tolerance."""
    below_multiple: tuple[Demand, ...]
    """Cells whose pool is all there is, less than `pool.multiple` asks: allowed, and to be known."""

    @property
    def feasible(self) -> bool:
        return not self.conflict


def check_feasibility(facts: Iterable[ItemFacts], rule: Rule, candidates: int | None = None) -> Feasibility:
    """`candidates`: how many a session has; with a cap on candidates each cell then needs a pool of a certain size."""
    members = by_stratum(facts, rule)
    demands = _demands(members, rule, candidates)
    bank = _Bank(members, rule)
    witness = bank.form(demands)
    alone, further = tuple[Lack, ...](), list[list[Demand]]()
    if witness is None:
        single = [demand for demand in demands if bank.form([demand]) is None]
        alone = tuple(lack for demand in single for lack in _lacks(bank, [demand]))
        left = [demand for demand in demands if demand not in single]
        while bank.form(left) is None:
            further.append(_smallest(bank, left))
            left = [demand for demand in left if demand not in further[-1]]
    conflicts = [[alone[0].demand], *further] if alone else further
    lacks = [_lacks(bank, those) for those in conflicts] or [()]
    alone_groups = tuple(bank.groups_at_fault([lack.demand]) for lack in alone)
    groups = (*alone_groups[:1], *(bank.groups_at_fault(those) for those in further))
    below = tuple(
        Demand("cell", cell.stratum, cell.count * rule.pool_multiple, len(members[cell.stratum]))
        for cell in rule.cells_as_read
        if len(members[cell.stratum]) < cell.count * rule.pool_multiple
    )
    return Feasibility(lacks[0], alone, tuple(lacks[1:]), groups, alone_groups, witness or (), below)


def in_tolerance(facts: Iterable[ItemFacts], rule: Rule, target: int) -> bool:
    """Whether any form at all lies within the tolerance: asked where no trial draw did."""
    units, model = units_in_cells(facts, rule), Model()
    for _ in units:
        model.integer()
    form_rows(model, units, rule, target)
    return model.solve() is not None


def _demands(members: Mapping[str, list[Unit]], rule: Rule, candidates: int | None) -> list[Demand]:
    demands = []
    for cell in rule.cells_as_read:
        available = len(members[cell.stratum])
        demands.append(Demand("cell", cell.stratum, cell.count, available))
        pool = cell.count if candidates is None else rule.pool_needed(cell, candidates)
        if pool > cell.count:
            demands.append(Demand("pool", cell.stratum, pool, available))
    for tag, needed in rule.mandatory.items():
        available = sum(unit.tagged(tag) for units in members.values() for unit in units)
        demands.append(Demand("tag", tag, needed, available))
    return demands


class _Bank:
    """The bank's units, alike ones as one: a thousand free items of a cell are one variable of 0 to 1,000."""

    def __init__(self, members: Mapping[str, list[Unit]], rule: Rule) -> None:
        grouped = enemies(units := [unit for cell in rule.cells for unit in members[cell.stratum]])
        contested = {n for those in grouped.values() for n in those}
        strata = [cell.stratum for cell in rule.cells for _ in members[cell.stratum]]
        alike: dict[tuple[object, ...], list[int]] = {}
        for n, unit in enumerate(units):
            tags = tuple(unit.tagged(tag) for tag in rule.mandatory)
            alike.setdefault((strata[n], tags, n if n in contested else None), []).append(n)
        self._classes = list(alike.values())
        self._units, self._strata = units, strata
        number = {those[0]: k for k, those in enumerate(self._classes)}
        self._enemies = {group: [number[n] for n in those] for group, those in grouped.items()}
        self._cells = {cell.stratum: cell for cell in rule.cells}

    def _model(self, demands: Sequence[Demand], *, peace: bool = True) -> tuple[Model, list[int]]:
        """Variables: classes first, then for each demand how much of it is left unmet."""
        model = Model()
        for those in self._classes:
            model.integer(high=len(those))
        unmet = [model.integer(high=demand.needed) for demand in demands]
        asked = {demand.name: lack for demand, lack in zip(demands, unmet, strict=True) if demand.kind == "cell"}
        for stratum, cell in self._cells.items():
            row = {k: 1.0 for k, those in enumerate(self._classes) if self._strata[those[0]] == stratum}
            if stratum in asked:
                model.row(row | {asked[stratum]: 1.0}, cell.count, cell.count)
            else:
                model.row(row, high=cell.count)
        for those in self._enemies.values() if peace else ():
            model.row(those, high=1)
        for demand, lack in zip(demands, unmet, strict=True):
            if demand.kind == "tag":
                tagged = {k: float(self._units[those[0]].tagged(demand.name)) for k, those in enumerate(self._classes)}
                model.row({k: n for k, n in tagged.items() if n} | {lack: 1.0}, low=demand.needed)
            elif demand.kind == "pool":
                model.row([lack], low=max(0, demand.needed - demand.available))
        return model, unmet

    def form(self, demands: Sequence[Demand]) -> tuple[str, ...] | None:
        """The items of a form that meets them all, or None where there is none."""
        model, unmet = self._model(demands)
        model.row(unmet, high=0)
        found = model.solve()
        if found is None:
            return None
        taken = zip(self._classes, found.values[: len(self._classes)], strict=True)
        return tuple(fact.id for those, n in taken for unit in those[: round(n)] for fact in self._units[unit].facts)

    def correction(self, demands: Sequence[Demand], kept: Collection[int]) -> set[int]:
        """The fewest demands, none of those kept, without which all others can be met."""
        model, unmet = self._model(demands)
        given_up = [model.integer(high=n not in kept, cost=1.0) for n in range(len(demands))]
        for demand, lack, flag in zip(demands, unmet, given_up, strict=True):
            model.row({lack: 1.0, flag: -float(demand.needed)}, high=0)
        found = model.solve()
        assert found is not None  # whoever gives up everything lacks nothing
        return {n for n, flag in enumerate(given_up) if found.values[flag] > 0.5}

    def groups_at_fault(self, demands: Sequence[Demand]) -> tuple[str, ...]:
        """The fewest enemy groups without which they lack as little as if there were none."""
        model, unmet = self._model(demands, peace=False)
        model.row(unmet, high=sum(self.missing(demands, peace=False)))
        lifted = {group: model.integer(cost=1.0) for group in self._enemies}
        for group, those in self._enemies.items():
            model.row(dict.fromkeys(those, 1.0) | {lifted[group]: -float(len(those))}, high=1)
        found = model.solve()
        assert found is not None  # whoever lifts every group has none
        return tuple(group for group, n in lifted.items() if found.values[n] > 0.5)

    def missing(self, demands: Sequence[Demand], *, peace: bool = True) -> list[int]:
        """How much each lacks, in one of the ways in which they lack least together."""
        model, unmet = self._model(demands, peace=peace)
        least = model.real(0, cost=1.0)
        model.row(dict.fromkeys(unmet, 1.0) | {least: -1.0}, high=0)
        found = model.solve()
        assert found is not None
        return [round(found.values[lack]) for lack in unmet]


def _smallest(bank: _Bank, demands: Sequence[Demand]) -> list[Demand]:
    corrections: list[set[int]] = []
    while True:
        candidate = _hitting(len(demands), corrections)
        chosen = [demands[n] for n in sorted(candidate)]
        if bank.form(chosen) is None:
            return chosen
        corrections.append(bank.correction(demands, candidate))


def _hitting(demands: int, corrections: Iterable[set[int]]) -> set[int]:
    """The fewest demands that hold one of each correction."""
    model = Model()
    for _ in range(demands):
        model.integer(cost=1.0)
    for correction in corrections:
        model.row(sorted(correction), low=1)
    found = model.solve()
    assert found is not None
    return set(found.chosen())


def _lacks(bank: _Bank, conflict: Sequence[Demand]) -> tuple[Lack, ...]:
    return tuple(map(Lack, conflict, bank.missing(conflict)))
