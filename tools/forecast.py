"""What a season does to a bank under a rule: session after session a pool is picked, and what travelled is noted.

The caps, rests and overlap of the rule act as they would; where a cell runs dry the season ends there, by name.
Candidates of an item are those who can be expected to meet it. Used by `rule try`.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from bank.assembly import session_pool
from bank.blueprint import Blueprint
from bank.exposure import Ledger, Use, meeting
from bank.pool import ItemFacts
from bank.refused import Denied


@dataclass(frozen=True, slots=True)
class Season:
    sessions: int
    """That could be held."""
    pool: int
    travelled: int
    """Items of the rule's cells that left the bank at all, of `held`."""
    held: int
    seen_mean: float
    seen_most: int
    """Candidates that an item met: of those that travelled, on average and at most."""
    sessions_most: int
    new_first: float
    new_last: float
    """Share of the second and of the last pool that had never travelled before."""
    dry: str
    """The cell that ran dry, or ""."""

    def record(self) -> dict[str, Any]:
        return {name: round(v, 4) if isinstance(v, float) else v for name, v in asdict(self).items()}


def season(
    facts: Sequence[ItemFacts], blueprint: Blueprint, sessions: int, candidates: int, every: int, key: bytes
) -> Season:
    """`every`: days from one session to the next."""
    uses: dict[str, list[Use]] = {}
    start, held, fresh, pool, dry = date(2000, 1, 1), 0, [], list[ItemFacts](), ""
    for number in range(sessions):
        day, name = start + timedelta(days=every * number), f"{number:06d}"
        try:
            pool = session_pool(facts, blueprint, key + name.encode(), Ledger(uses, day, candidates))
        except Denied as refusal:
            dry = str(refusal.facts.get("cell", refusal.facts.get("tag", refusal.code)))
            break
        held += 1
        fresh.append(sum(fact.id not in uses for fact in pool) / len(pool))
        for item, candidates_met in meeting(pool, blueprint, candidates).items():
            uses.setdefault(item, []).append(Use(name, day, candidates_met))
    met = [sum(use.candidates for use in those) for those in uses.values()]
    return Season(
        sessions=held,
        pool=len(pool),
        travelled=len(uses),
        held=len(facts),
        seen_mean=sum(met) / len(met) if met else 0.0,
        seen_most=max(met, default=0),
        sessions_most=max(map(len, uses.values()), default=0),
        new_first=fresh[1] if len(fresh) > 1 else 1.0,
        new_last=fresh[-1] if fresh else 0.0,
        dry=dry,
    )
