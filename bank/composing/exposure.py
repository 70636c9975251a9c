"""Who has seen an item before: caps, rests and overlap, as a rule states them. Pure; the store keeps the ledger.

They decide which units may travel in the next session pool, and act nowhere else. Nothing is relaxed where too few are
left: `bank.composing.pool_selection.session_pool` refuses and names the cell.

Before: `bank.store` (what travelled where, and how many candidates it was meant for). After:
`bank.composing.pool_selection`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from bank.draw_facts import ItemFacts
from bank.refused import Denied
from bank.rules import Cell, Limits, Rule, Unit, by_stratum


@dataclass(frozen=True, slots=True)
class Use:
    """One item in the pool of one session."""

    session: str
    day: date
    candidates: int
    """How many of its candidates had, or can be expected to have, the item on their forms."""


class Bar(StrEnum):
    """Why a unit must not travel in this session."""

    SESSIONS = "sessions-cap"
    RESTING = "resting"
    CANDIDATES = "candidates-cap"


@dataclass(frozen=True)
class Ledger:
    """What is known on `day`, when the pool for `candidates` is selected."""

    uses: Mapping[str, Sequence[Use]]
    """By item id; an item that never travelled may be left out."""
    day: date
    candidates: int
    watermarked: frozenset[str] = frozenset()
    """Watermarks of other packages (`bank.leaks.watermarks`), kept out of this one."""

    def free(self, units: Sequence[Unit], cell: Cell, rule: Rule, pool: int | None = None) -> list[Unit]:
        """The units that caps and rests leave where `pool` of them travel (unless said: as many as the rule wants).

        Marks are left out as well. Where too few others would remain for a full pool, as many of them travel as it
        lacks, and no more: they are the bureau's convenience, and the pool's size is the rule's.
        """
        barred = self.barred(units, cell, rule, pool)
        free = [unit for unit in units if unit.id not in barred]
        marked = {unit.id for unit in free if not self.watermarked.isdisjoint(fact.id for fact in unit.facts)}
        lacking = max(0, cell.count * rule.pool_multiple - (len(free) - len(marked)))
        kept = set(sorted(marked)[lacking:])
        return [unit for unit in free if unit.id not in kept]

    def barred(self, units: Sequence[Unit], cell: Cell, rule: Rule, pool: int | None = None) -> dict[str, Bar]:
        """Of `units` those that must not travel, and why; a case group waits for each of its items.

        The fewer travel, the more candidates each of them meets: so units are taken away until the cap on candidates
        holds for those that are left.
        """
        barred, left = dict[str, Bar](), list(units)
        wanted = cell.count * rule.pool_multiple if pool is None else pool
        while left:
            found = self._bars(left, rule, expected(self.candidates, cell.count, min(len(left), wanted)))
            if not found:
                break
            barred |= found
            left = [unit for unit in left if unit.id not in barred]
        return barred

    def barred_at_best(self, units: Sequence[Unit], cell: Cell, rule: Rule) -> dict[str, Bar]:
        """Those of `units` that must not travel even in a full pool."""
        return self._bars(units, rule, expected(self.candidates, cell.count, cell.count * rule.pool_multiple))

    def least_pool(self, unit: Unit, cell: Cell, rule: Rule) -> int:
        """How many units the pool of a cell must hold for `unit`, free in a full one, to be free in it too."""
        before = max(sum(use.candidates for use in self.uses.get(fact.id, ())) for fact in unit.facts)
        return rule.pool_needed(cell, self.candidates, before)

    def again(self, unit: Unit, limits: Limits) -> date | None:
        """The first day on which no item of `unit` rests any more."""
        rest = timedelta(days=limits.rest_days or 0)
        return max((use.day + rest for use in self._uses(unit) if use.day > date.min), default=None)

    def recent(self, sessions: int) -> frozenset[str]:
        """Items in the pools of the last `sessions` sessions; those of one day are the last together, by name.

        A use that nobody met is that of a reserve form: no session, however recent.
        """
        days = {use.session: use.day for uses in self.uses.values() for use in uses if use.candidates}
        last = set(sorted(days, key=lambda session: (days[session], session))[-sessions:])
        return frozenset(item for item, uses in self.uses.items() if any(use.session in last for use in uses))

    def _uses(self, unit: Unit) -> Iterator[Use]:
        return (use for fact in unit.facts for use in self.uses.get(fact.id, ()))

    def _bars(self, units: Iterable[Unit], rule: Rule, meeting: int) -> dict[str, Bar]:
        limits = rule.exposure
        return {unit.id: why for unit in units if limits is not None and (why := self._bar(unit, limits, meeting))}

    def _bar(self, unit: Unit, limits: Limits, meeting: int) -> Bar | None:
        uses = [self.uses.get(fact.id, ()) for fact in unit.facts]
        if limits.sessions is not None and any(len({use.session for use in of}) >= limits.sessions for of in uses):
            return Bar.SESSIONS
        # Both ways: a package for a later day may have been issued already.
        rest = limits.rest_days
        if rest is not None and any(abs((self.day - use.day).days) < rest for of in uses for use in of):
            return Bar.RESTING
        most = limits.candidates
        if most is not None and any(sum(use.candidates for use in of) + meeting > most for of in uses):
            return Bar.CANDIDATES
        return None


def meeting(pool: Iterable[ItemFacts], rule: Rule, candidates: int) -> dict[str, int]:
    """For each item of a session pool, how many of `candidates` can be expected to meet it: what the ledger notes."""
    members = by_stratum(pool, rule)
    return {
        fact.id: expected(candidates, cell.count, len(members[cell.stratum]))
        for cell in rule.cells
        for unit in members[cell.stratum]
        for fact in unit.facts
    }


def expected(candidates: int, count: int, pool: int) -> int:
    """How many of `candidates` see one unit of a cell that gives `count` of `pool`, on average, rounded up."""
    return -(-candidates * count // pool)


def require_large_enough(rule: Rule, candidates: int) -> None:
    """That a full pool would keep the cap on candidates: no bank, however large, helps a rule whose pools are small.

    Raises Denied: when it would not.
    """
    if rule.cap is not None and candidates > rule.cap * rule.pool_multiple:
        raise Denied(
            "rule-multiple-below-cap", rule=rule.id, multiple=rule.pool_multiple, cap=rule.cap,
            candidates=candidates, needed=-(-candidates // rule.cap),
        )  # fmt: skip


def apart_until(day: date) -> str:
    """The day (ISO) from which what a package or reserve form of `day` keeps out of pools may travel again.

    A session's items are talked about for a season, not for ever.
    """
    return (day + timedelta(days=365)).isoformat()
