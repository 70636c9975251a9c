"""Who has seen an item before: caps, rests and overlap, as a rule states them. Pure; the store keeps the ledger.

They decide which units may travel in the next session pool, and act nowhere else. Nothing is relaxed where too few are
left: `bank.assembly.session_pool` refuses and names the cell.

Before: `bank.store` (what travelled where, and how many candidates it was meant for). After: `bank.assembly`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from bank.blueprint import Blueprint, Cell, Limits, Unit, by_stratum
from bank.pool import ItemFacts


@dataclass(frozen=True, slots=True)
class Use:
    """One item in the pool of one session."""

    session: str
    day: date
    candidates: int
    """How many of its candidates had, or can be expected to have, the item on their forms."""


@dataclass(frozen=True)
class Ledger:
    """What is known on `day`, when the pool for `candidates` is picked."""

    uses: Mapping[str, Sequence[Use]]
    """By item id; an item that never travelled may be left out."""
    day: date
    candidates: int
    marked: frozenset[str] = frozenset()
    """Marks of other packages (`bank.marks`), kept out of this one."""

    def free(self, units: Sequence[Unit], cell: Cell, blueprint: Blueprint) -> list[Unit]:
        """The units that caps and rests leave; a case group waits for each of its items.

        The fewer travel, the more candidates each of them meets: so units are taken away until the cap on candidates
        holds for those that are left. Marks are left out as well, unless too few others would remain for a full pool:
        they are the bureau's convenience, and the pool's size is the rule's.
        """
        free = self._uncapped(units, cell, blueprint)
        unmarked = [unit for unit in free if self.marked.isdisjoint(fact.id for fact in unit.facts)]
        return unmarked if len(unmarked) >= cell.count * blueprint.pool_multiple else free

    def _uncapped(self, units: Sequence[Unit], cell: Cell, blueprint: Blueprint) -> list[Unit]:
        limits, free = blueprint.exposure, list(units)
        if limits is None:
            return free
        while free:
            each = expected(self.candidates, cell.count, min(len(free), cell.count * blueprint.pool_multiple))
            left = [unit for unit in free if all(self._may_travel(fact.id, limits, each) for fact in unit.facts)]
            if len(left) == len(free):
                break
            free = left
        return free

    def recent(self, sessions: int) -> frozenset[str]:
        """Items in the pools of the last `sessions` sessions; those of one day are the last together, by name."""
        days = {use.session: use.day for uses in self.uses.values() for use in uses}
        last = set(sorted(days, key=lambda session: (days[session], session))[-sessions:])
        return frozenset(item for item, uses in self.uses.items() if any(use.session in last for use in uses))

    def _may_travel(self, item: str, limits: Limits, meeting: int) -> bool:
        uses = self.uses.get(item, ())
        if limits.sessions is not None and len({use.session for use in uses}) >= limits.sessions:
            return False
        # Both ways: a package for a later day may have been issued already.
        if limits.rest_days is not None and any(abs((self.day - use.day).days) < limits.rest_days for use in uses):
            return False
        return limits.candidates is None or sum(use.candidates for use in uses) + meeting <= limits.candidates


def meeting(pool: Iterable[ItemFacts], blueprint: Blueprint, candidates: int) -> dict[str, int]:
    """For each item of a session pool, how many of `candidates` can be expected to meet it: what the ledger notes."""
    members = by_stratum(pool, blueprint)
    return {
        fact.id: expected(candidates, cell.count, len(members[cell.stratum]))
        for cell in blueprint.cells
        for unit in members[cell.stratum]
        for fact in unit.facts
    }


def expected(candidates: int, count: int, pool: int) -> int:
    """How many of `candidates` see one unit of a cell that gives `count` of `pool`, on average, rounded up."""
    return -(-candidates * count // pool)
