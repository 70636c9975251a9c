"""What a session of one kind on one day may use of a bank, and why the rest is withheld.

There is one answer to this, for whoever asks: issuing, checking a rule, trying it, proposing one, making reserve forms.

Withheld are items of other subjects than the rule names, or of none (an electrician is not asked about radio), items
whose owner lent them for something else or for other days (`bank.lending.slices`), confidential items for a drill (what
was shown at one is known, and nothing is counted at it), items that cite
a provision no longer in force on the day (the law that an answer key rests on may say the opposite now), and items that
the screen cannot show. Of a case group all items are withheld if one is.

Before: `bank.store` gives approved items, each proved as signed. After: `bank.composing.pool`,
`bank.composing.pool_selection`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from bank.authoring.lifecycle import repealed
from bank.composing.exposure import Bar, Ledger
from bank.composing.pool import drawable, facts_of, ledger_of
from bank.draw_facts import ItemFacts
from bank.lending.slices import Permission, confidential, lent
from bank.rules import CASE, Rule, by_stratum
from bank.rules.advice import Doubt, doubts, unasked
from bank.store import ItemOutline, OpenBank

REPEALED, PICTURE, CASE_NOT_WHOLE = "item-repealed", "item-with-picture", "case-group-not-whole"
CONFIDENTIAL = "item-confidential-at-drill"
NO_SUBJECT, OTHER_SUBJECT = "item-without-subject", "item-of-other-subject"


@dataclass(frozen=True)
class Availability:
    items: Sequence[ItemOutline]
    withheld: Mapping[str, str]
    """Id of each approved item that may not be used -> why, as a code."""
    approved: Sequence[ItemOutline]
    """Both."""
    kind: Permission
    """What for."""

    @property
    def reasons(self) -> dict[str, int]:
        """Why -> how many items."""
        return dict(sorted(Counter(self.withheld.values()).items()))


def availability(bank: OpenBank, day: date, kind: Permission, subjects: Sequence[str] = ()) -> Availability:
    """Of the bank's approved items those that a session on `day` may use, and of each other one why not. `subjects`:
    those that its rule names; () for a rule from before rules named any, which knows no other subject."""
    approved = list(bank.items.outlines())
    shown = {item.id for item in drawable(approved)}
    withheld = {item.id: PICTURE for item in approved if item.id not in shown}
    withheld |= {item.id: REPEALED for item, _words in repealed(approved, bank.provisions.repealed(), day)}
    if kind is Permission.DRILL and not bank.sample:
        own = (item for item in approved if not lent(item.provenance))
        withheld |= {item.id: CONFIDENTIAL for item in own if confidential(item.tags)}
    withheld |= bank.slices.withheld(day.isoformat(), kind)
    if subjects:
        withheld |= {
            item.id: OTHER_SUBJECT if item.subject else NO_SUBJECT for item in approved if item.subject not in subjects
        }
    groups = {item.case: withheld[item.id] for item in approved if item.case and item.id in withheld}
    withheld |= {
        item.id: groups[case] for item in approved if (case := item.case) in groups and item.id not in withheld
    }
    return Availability([item for item in approved if item.id not in withheld], withheld, approved, kind)


@dataclass(frozen=True)
class CellAvailability:
    """One cell of a rule: the units that the bank holds for it, and those which may travel."""

    held: int
    free: int
    withheld: Mapping[str, int]
    """Why units may not travel (a code of `Availability.withheld`, or a `bank.composing.exposure.Bar`) -> how many."""
    again: date | None
    """The first day on which a unit that rests may travel again."""
    recent: int
    """Of those free, how many were in a pool of the last sessions."""
    most: int
    """The largest pool: of all free ones, or fewer where the recent would make up more than the rule's share."""


@dataclass(frozen=True)
class RuleAvailability:
    """What a bank holds for one rule, on one day, for one session."""

    of_bank: Availability
    in_cells: Sequence[ItemFacts]
    """Of every item available that lies in a cell; caps and rests are not yet considered."""
    free: Sequence[ItemFacts]
    """Of those, what caps and rests leave where the pool is full."""
    ledger: Ledger
    cells: Mapping[str, CellAvailability]
    """By stratum."""

    def doubts(self, rule: Rule) -> list[Doubt]:
        """What is legal of the rule, seen with this bank, and hardly meant."""
        held = (
            (CASE if item.case else item.type, item.subject, item.chapter, item.level.value)
            for item in self.of_bank.items
        )
        return [*doubts(rule), *unasked(rule, held)]

    @property
    def measured(self) -> int:
        """Of `in_cells`, those whose share of right answers was measured on candidates."""
        measured = {item.id for item in self.of_bank.items if item.calibrated_p4 is not None}
        return sum(fact.id in measured for fact in self.in_cells)


def rule_availability(bank: OpenBank, rule: Rule, day: date, kind: Permission, candidates: int) -> RuleAvailability:
    """The same by the rule's cells, with its caps and rests for a session of so many candidates."""
    found, ledger = availability(bank, day, kind, rule.subjects), ledger_of(bank, day, candidates)
    facts = facts_of(found.items, rule)
    members = by_stratum(facts, rule)
    held, withheld = _by_cell(found, rule)
    cells, free = dict[str, CellAvailability](), list[ItemFacts]()
    for cell in rule.cells:
        units = members[cell.stratum]
        barred = ledger.barred_at_best(units, cell, rule)
        left = [unit for unit in units if unit.id not in barred]
        free += [fact for unit in left for fact in unit.facts]
        resting = (unit for unit in units if barred.get(unit.id) is Bar.RESTING)
        days = [again for unit in resting if rule.exposure and (again := ledger.again(unit, rule.exposure))]
        met = ledger.recent(rule.overlap.sessions) if rule.overlap else frozenset[str]()
        recent = sum(any(fact.id in met for fact in unit.facts) for unit in left)
        share = rule.overlap.share if rule.overlap else 10_000
        fresh = len(left) - recent
        cells[cell.stratum] = CellAvailability(
            held[cell.stratum],
            len(left),
            dict(sorted((withheld[cell.stratum] + Counter(why.value for why in barred.values())).items())),
            min(days, default=None),
            recent,
            # r of f fresh and r recent ones are at most the share s: r ≤ s (f + r), so r ≤ s f / (1 − s).
            fresh + (recent if share == 10_000 else min(recent, share * fresh // (10_000 - share))),
        )
    return RuleAvailability(found, facts, free, ledger, cells)


def _by_cell(found: Availability, rule: Rule) -> tuple[Counter[str], dict[str, Counter[str]]]:
    """By stratum: how many units, and for what reason how many are withheld before caps and rests are asked."""
    units: dict[str, list[ItemOutline]] = {}
    for item in found.approved:
        units.setdefault(item.case or item.id, []).append(item)
    held, withheld = Counter[str](), {cell.stratum: Counter[str]() for cell in rule.cells}
    for members in units.values():
        first = members[0]
        cell = rule.cell_of(CASE if first.case else first.type, first.subject, first.chapter, first.level.value)
        if cell is None:
            continue
        held[cell.stratum] += 1
        why = found.withheld.get(first.id, CASE_NOT_WHOLE if len(members) != cell.size else "")
        if why:
            withheld[cell.stratum][why] += 1
    return held, withheld
