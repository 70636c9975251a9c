"""Watermarks: a few items of a package that no other package has, so that a leak which shows one names the site.

A watermark is an ordinary item. It was drawn into the pool by the rule like the rest, it is scored like the rest, and
no form holds one because it is a watermark: forms are drawn by the rule and by nothing else. What makes it one is what
happens at the bureau: of a pool, two items that never travelled before are kept out of every other pool until a day
that is noted beside them. Only a cell that can spare them gives watermarks, and they give way: where the items left
would not fill a pool, as many travel again as it lacks. Such a watermark is spent: `spent` says whose it was, and a
trace claims no package from it.

What a watermark shows: the text was in one package, hence at one site, or in the hands of the bank's own people. It
does not show which candidate (`bank.leaks.trace` does, from orders), it does not accuse anyone, and it says nothing
where the leak happens to show neither of the two: a form holds a given one with the share that its cell gives of its
pool.

Before: `bank.composing.pool_selection.session_pool` selected the pool. After: `bank.store` keeps watermarks,
`bank.composing.exposure` obeys them.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from fractions import Fraction

from bank.composing.draw import Stream
from bank.composing.exposure import Ledger
from bank.draw_facts import ItemFacts
from bank.rules import Rule, by_stratum

PER_PACKAGE = 2


def choose(pool: Sequence[ItemFacts], facts: Sequence[ItemFacts], rule: Rule, ledger: Ledger, key: bytes) -> list[str]:
    """The items of `pool` to keep out of others, at most PER_PACKAGE; fewer where the cells can spare no more.

    Cells of which most of the pool lies on every form come first, so that one photographed screen is likely to show a
    watermark; and a cell gives one only: what hides one cell from a camera hides both of its watermarks.
    """
    travelling, held = by_stratum(pool, rule), by_stratum(facts, rule)
    order = sorted(
        rule.cells, key=lambda cell: (-Fraction(cell.count, len(travelling[cell.stratum])), cell.stratum.encode())
    )
    chosen: list[str] = []
    for cell in order:
        units = held[cell.stratum]
        others = (unit for unit in units if ledger.watermarked.isdisjoint(fact.id for fact in unit.facts))
        free = ledger.free(list(others), cell, rule)
        fresh = [unit for unit in travelling[cell.stratum] if not any(ledger.uses.get(f.id) for f in unit.facts)]
        # The next pool must be as large without it.
        if fresh and len(free) > cell.count * rule.pool_multiple:
            chosen += [unit.facts[0].id for unit in Stream(key, f"mark/{cell.stratum}").sample(fresh, 1)]
        if len(chosen) == PER_PACKAGE:
            break
    return chosen


def on_a_form(watermarks: Collection[str], pool: Sequence[ItemFacts], rule: Rule) -> Fraction:
    """The chance that one form, as the rule draws it, shows at least one of them, which lie in different cells."""
    travelling = by_stratum(pool, rule)
    none = Fraction(1)
    for cell in rule.cells:
        units = travelling[cell.stratum]
        found = sum(any(fact.id in watermarks for fact in unit.facts) for unit in units)
        for n in range(found):
            none *= max(Fraction(len(units) - cell.count - n, len(units) - n), Fraction(0))
    return 1 - none


def spent(
    pool: Collection[str], kept: Iterable[tuple[str, str, str, str]], here: tuple[str, str], day: date
) -> dict[tuple[str, str], int]:
    """(session, site) -> how many of its watermarks the items of `pool` are, of those `kept` as (item, session, site,
    until) on `day`; the package's own session and site are `here`."""
    found = Counter(
        (session, site)
        for item, session, site, until in kept
        if item in pool and until > day.isoformat() and (session, site) != here
    )
    return dict(sorted(found.items()))
