"""What a season does to a bank under a rule: session after session a pool is selected, and what travelled is noted.

The caps, rests and overlap of the rule act as they would; where a cell runs dry the season ends there, by name.
Candidates of an item are those who can be expected to meet it. Used by `rule try`.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from bank.composing.exposure import Ledger, Use, meeting
from bank.composing.pool_selection import session_pool
from bank.draw_facts import ItemFacts
from bank.refused import Denied
from bank.rules import Rule


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
    new_first: float | None
    new_last: float | None
    """Share of the first and of the last pool that had never travelled before; None where there were not two."""
    dry: str
    """The cell that ran dry, or ""."""

    def to_json(self) -> dict[str, Any]:
        return {name: round(v, 4) if isinstance(v, float) else v for name, v in asdict(self).items()}


def season(
    facts: Sequence[ItemFacts], rule: Rule, sessions: int, candidates: int, every: int, key: bytes, ledger: Ledger
) -> Season:
    """`every`: days from one session to the next; the first is on the day of `ledger`, the bank's own record so far."""
    uses, here = {item: list(those) for item, those in ledger.uses.items()}, {fact.id for fact in facts}
    start, held, fresh, pool, dry = ledger.day, 0, [], list[ItemFacts](), ""
    for number in range(sessions):
        day, name = start + timedelta(days=every * number), f"forecast {number:06d}"
        try:
            pool = session_pool(facts, rule, key + name.encode(), Ledger(uses, day, candidates, ledger.watermarked))
        except Denied as refusal:
            dry = str(refusal.facts.get("cell", refusal.facts.get("tag", refusal.code)))
            break
        held += 1
        fresh.append(sum(fact.id not in uses for fact in pool) / len(pool))
        for item, candidates_met in meeting(pool, rule, candidates).items():
            uses.setdefault(item, []).append(Use(name, day, candidates_met))
    counted = [those for item, those in uses.items() if item in here]
    met = [sum(use.candidates for use in those) for those in counted]
    return Season(
        sessions=held,
        pool=len(pool),
        travelled=len(counted),
        held=len(facts),
        seen_mean=sum(met) / len(met) if met else 0.0,
        seen_most=max(met, default=0),
        sessions_most=max(map(len, counted), default=0),
        new_first=fresh[0] if len(fresh) > 1 else None,
        new_last=fresh[-1] if len(fresh) > 1 else None,
        dry=dry,
    )
