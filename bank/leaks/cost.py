"""What a leaked session pool would cost, told to the officer who issues it. Pure.

A pool is many times a form, because the larger it is the less two candidates share; and it is the part of the bank
that is lost if the site leaks it. Both are the rule's choice (`pool.multiple`), and this is its price.

Before: `bank.composing.pool_selection.session_pool`, `bank.composing.exposure`. After: `examd bureau issue` shows it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from bank.composing.exposure import Ledger
from bank.draw_facts import ItemFacts
from bank.rules import Rule, by_stratum


@dataclass(frozen=True, slots=True)
class CellLoss:
    stratum: str
    pool: int
    """Units (items, or case groups) that travel."""
    bank: int
    """Units that the bank holds for this cell."""
    sessions_before: int
    """Pools without a common item that can be selected of units which ledger, caps and rests let travel today."""
    sessions_after: int
    """The same once the leaked units are out of use."""
    fresh_before: int
    """Pools without a common item of units that never travelled."""
    fresh_after: int


@dataclass(frozen=True, slots=True)
class Issued:
    """A package for this or a later day that was issued already."""

    session: str
    items: int
    """Of its pool, how many the leak gives away."""
    pool: int


@dataclass(frozen=True, slots=True)
class Leakage:
    items: int
    bank: int
    cells: tuple[CellLoss, ...]
    known: float
    """Of the items of a form drawn later from the bank as it is, the share to be expected among the leaked."""
    issued: tuple[Issued, ...]
    """Packages that are out already and lose something, the worst hit first."""

    @property
    def worst(self) -> CellLoss:
        return max(self.cells, key=lambda cell: (Fraction(cell.pool, cell.bank), cell.stratum))

    def to_json(self) -> dict[str, Any]:
        return {
            "bank_items": self.bank,
            "cells": [
                {
                    "cell": cell.stratum, "pool": cell.pool, "bank": cell.bank,
                    "fresh_after": cell.fresh_after, "fresh_before": cell.fresh_before,
                    "sessions_after": cell.sessions_after, "sessions_before": cell.sessions_before,
                }
                for cell in self.cells
            ],
            "issued_packages_hit": [
                {"items": each.items, "pool": each.pool, "session": each.session} for each in self.issued
            ],
            "items": self.items,
            "known_share_of_later_forms": round(self.known, 4),
        }  # fmt: skip


def leakage(pool: Sequence[ItemFacts], facts: Sequence[ItemFacts], rule: Rule, ledger: Ledger | None) -> Leakage:
    """The price of `pool` for a bank whose facts under this rule are `facts`."""
    travelling, held = by_stratum(pool, rule), by_stratum(facts, rule)
    cells = []
    known = Fraction(0)
    for cell in rule.cells:
        units = held[cell.stratum]
        mine, all_of_it = len(travelling[cell.stratum]), len(units)
        # Where the bank cannot fill even one pool, what it has is the pool.
        each = min(cell.count * rule.pool_multiple, all_of_it)
        leaked = {unit.id for unit in travelling[cell.stratum]}
        free = units if ledger is None else ledger.free(units, cell, rule)
        fresh = [unit for unit in free if ledger is None or not any(ledger.uses.get(f.id) for f in unit.facts)]
        pools = [
            number // each
            for those in (free, fresh)
            for number in (len(those), sum(unit.id not in leaked for unit in those))
        ]
        cells.append(CellLoss(cell.stratum, mine, all_of_it, *pools))
        known += Fraction(cell.items * mine, all_of_it)
    return Leakage(
        len(pool), len(facts), tuple(cells), float(known / rule.items), _issued(pool, ledger) if ledger else ()
    )


def _issued(pool: Sequence[ItemFacts], ledger: Ledger) -> tuple[Issued, ...]:
    leaked = {fact.id for fact in pool}
    pools, lost = Counter[str](), Counter[str]()
    for item, uses in ledger.uses.items():
        for session in {use.session for use in uses if use.day >= ledger.day}:
            pools[session] += 1
            lost[session] += item in leaked
    hit = [Issued(session, items, pools[session]) for session, items in lost.items() if items]
    return tuple(sorted(hit, key=lambda each: (-each.items, each.session)))
