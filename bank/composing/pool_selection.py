"""The session pool: which units of the bank travel to the site. A leak there costs one pool, never the bank.

Selected once, at issue: for each cell, in byte order of strata, its units are shuffled from byte order of id by the
stream of the pool's key with the label `pool/<stratum>`, and taken in that order up to `count` × `pool.multiple`,
passing over enemies of units already in the pool. Those passed over are taken only where the cell would otherwise hold
fewer than `count`, or than the cap on candidates needs: forms then rarely hold enemies, and are rarely rejected (35
pairs among 420 items would leave one draw in a hundred admissible).

What was taken blindly may hold no form, where a tag is rare or cells are each other's enemies; or it comes out too
small for its caps and its limit of overlap, because enemies were passed over. Then the whole pool is chosen at once,
exactly and at random costs, with a form inside: whether a rule that the bank can meet is issued must not be luck.

Caps, rests and the limit of overlap act here and nowhere else. Where a cell's pool comes out smaller than it was
thought to be, each of its units meets more candidates: then the caps are asked anew.

Before: `bank.composing.pool`, `bank.composing.exposure`. After: `examd.package.issue` seals the pool,
`bank.composing.assembly` draws from it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from bank.composing.draw import Stream
from bank.composing.exposure import Ledger, require_large_enough
from bank.draw_facts import ItemFacts
from bank.refused import Denied
from bank.rules import Cell, Rule, Unit, by_stratum, enemies, require_enough
from bank.rules.feasibility import check_feasibility
from bank.rules.solver import Model, form_rows

Members = Mapping[str, Sequence[Unit]]

_WORTH = 1_000
"""Of a unit in a pool chosen exactly; chance adds up to as much again."""
_QUARREL = 4 * _WORTH
"""The price of a further unit of an enemy group: more than a unit is worth, so it is paid only where it must be."""


def session_pool(facts: Iterable[ItemFacts], rule: Rule, key: bytes, ledger: Ledger | None = None) -> list[ItemFacts]:
    """The items that travel, by id. `ledger`: which items travelled before, for a rule with caps, rests or a limit of
    overlap; such a rule refuses to be used without.

    Raises Denied: when the bank cannot fill the rule, or the ledger is missing.
    """
    if ledger is None and (rule.exposure is not None or rule.overlap is not None):
        raise Denied("rule-needs-ledger", rule=rule.id)
    if ledger is not None:
        require_large_enough(rule, ledger.candidates)
    members = by_stratum(facts, rule)
    try:
        pool = _pool(members, rule, key, ledger)
    except Denied:
        if ledger is None or not ledger.watermarked:
            raise
        # Other packages' watermarks give way to the rule, never the rule to watermarks.
        pool = _pool(members, rule, key, replace(ledger, watermarked=frozenset()))
    return sorted((fact for unit in pool for fact in unit.facts), key=lambda fact: fact.id.encode())


def alike(pool: Iterable[ItemFacts], rule: Rule) -> Fraction:
    """Of a form's items the share that another form from the same pool has as well, on average."""
    units = {stratum: len(members) for stratum, members in by_stratum(pool, rule).items()}
    return (
        sum((Fraction(cell.items * cell.count, units[cell.stratum]) for cell in rule.cells), Fraction(0)) / rule.items
    )


def _pool(members: Members, rule: Rule, key: bytes, ledger: Ledger | None) -> list[Unit]:
    selection = _Selection(members, rule, key, ledger)
    pool = selection.blind()
    return selection.exact() if pool is None or not _holds_a_form(pool, rule) else pool


class _Selection:
    def __init__(self, members: Members, rule: Rule, key: bytes, ledger: Ledger | None) -> None:
        self._members, self._rule, self._key, self._ledger = members, rule, key, ledger
        self._recent, self._share = frozenset[str](), 10_000
        if ledger is not None and rule.overlap is not None:
            self._recent, self._share = ledger.recent(rule.overlap.sessions), rule.overlap.share
        require_enough((fact for cell in rule.cells for unit in self._free(cell) for fact in unit.facts), rule)

    def blind(self) -> list[Unit] | None:
        """The units as they come, cell by cell; None where a cell then holds fewer than a form takes."""
        pool: list[Unit] = []
        met = set[str]()
        for cell in self._rule.cells:
            wanted = cell.count * self._rule.pool_multiple
            while True:
                free = self._free(cell, wanted)
                drawn = Stream(self._key, f"pool/{cell.stratum}").sample(free, len(free))
                chosen = self._travelling(drawn, cell, wanted, met)
                if len(chosen) < cell.count:
                    return None
                if len(chosen) >= min(len(free), wanted) or self._rule.cap is None:
                    break
                wanted = len(chosen)
            met.update(group for unit in chosen for group in unit.enemies)
            pool += chosen
        return pool

    def exact(self) -> list[Unit]:
        """A pool that keeps every limit and holds a form, at random costs: as large as the rule wants, without enemies
        as far as that can be. Refused is only what is proved impossible."""
        units = [(cell, unit) for cell in self._rule.cells for unit in self._free(cell)]
        model, costs = Model(), Stream(self._key, "pool")
        for _ in units:
            model.integer(cost=-_WORTH - costs.below(_WORTH))
        inside = [model.integer() for _ in units]
        for n, on_form in enumerate(inside):
            model.row({on_form: 1.0, n: -1.0}, high=0)
        form_rows(model, units, self._rule, None, inside[0])
        for cell in self._rule.cells:
            self._limit(model, cell, {n: unit for n, (mine, unit) in enumerate(units) if mine is cell})
        for those in enemies(unit for _, unit in units).values():
            too_many = model.real(low=0, cost=_QUARREL)
            model.row(dict.fromkeys(those, 1.0) | {too_many: -1.0}, high=1)
        found = model.solve(gap=0.005)
        if found is None:
            self._require_large_pools()
            raise Denied("pool-without-form", rule=self._rule.id)
        return [units[n][1] for n in found.chosen() if n < len(units)]

    def _limit(self, model: Model, cell: Cell, mine: Mapping[int, Unit]) -> None:
        """What makes some of a cell's units (by variable) its pool: of a size that is itself chosen, the recent ones no
        more than their share of it, and each unit only in a pool as large as the cap on candidates asks of it."""
        size = model.integer(cell.count, cell.count * self._rule.pool_multiple)
        model.row(dict.fromkeys(mine, 1.0) | {size: -1.0}, 0, 0)
        if recent := [n for n, unit in mine.items() if self._seen(unit)]:
            model.row(dict.fromkeys(recent, 1.0) | {size: -self._share / 10_000}, high=0)
        for n, unit in mine.items():
            least = self._least_pool(unit, cell)
            if least > cell.count:
                model.row({size: 1.0, n: -float(least)}, low=0)

    def _require_large_pools(self) -> None:
        """That each cell has a pool by itself, of whatever size: else it is the reason."""
        for cell in self._rule.cells:
            free, available = self._free(cell), 0
            for size in range(1, cell.count * self._rule.pool_multiple + 1):
                able = [unit for unit in free if self._least_pool(unit, cell) <= max(size, cell.count)]
                recent = sum(map(self._seen, able))
                if len(able) - recent + min(recent, size * self._share // 10_000) >= size:
                    available = size
            if available < cell.count:
                raise Denied("cell-short-beside-overlap", cell=cell.stratum, needed=cell.count, available=available)

    def _least_pool(self, unit: Unit, cell: Cell) -> int:
        return cell.count if self._ledger is None else self._ledger.least_pool(unit, cell, self._rule)

    def _free(self, cell: Cell, pool: int | None = None) -> list[Unit]:
        units = list(self._members[cell.stratum])
        return units if self._ledger is None else self._ledger.free(units, cell, self._rule, pool)

    def _seen(self, unit: Unit) -> bool:
        """Whether it was in a pool of the last sessions."""
        return any(fact.id in self._recent for fact in unit.facts)

    def _travelling(self, drawn: Sequence[Unit], cell: Cell, wanted: int, met: Collection[str]) -> list[Unit]:
        """Of a cell's shuffled units those that travel: new ones all, those of recent sessions up to their share."""
        wanted = min(len(drawn), wanted)
        least = cell.count
        if self._ledger is not None:
            least = min(wanted, self._rule.pool_needed(cell, self._ledger.candidates))
        chosen: list[Unit] = []
        spare: list[Unit] = []
        met, again, most = set(met), 0, wanted * self._share // 10_000
        for unit in drawn:
            if len(chosen) == wanted:
                break
            if not met.isdisjoint(unit.enemies):
                spare.append(unit)
            elif again < most or not self._seen(unit):
                again += self._seen(unit)
                chosen.append(unit)
                met |= unit.enemies
        for unit in spare:
            if len(chosen) < max(least, cell.count) and (again < most or not self._seen(unit)):
                again += self._seen(unit)
                chosen.append(unit)
        while again * 10_000 > self._share * len(chosen):  # fewer travel than were wanted, so fewer may be recent ones
            chosen.remove(next(unit for unit in reversed(chosen) if self._seen(unit)))
            again -= 1
        return chosen


def _holds_a_form(pool: Sequence[Unit], rule: Rule) -> bool:
    """Exact. Without enemies or tags any pool that fills its cells does, and its cells are filled."""
    if not rule.mandatory and not enemies(pool):
        return True
    return check_feasibility((fact for unit in pool for fact in unit.facts), rule).feasible
