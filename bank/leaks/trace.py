"""Whose screen a photo shows: items with the order of their options, looked for among forms drawn again from the seed.

Every form shuffles the options of every item anew, so their order is a mark that each candidate carries unawares.
Nothing is added to a form for this, and nothing but items and orders is needed: no answer key, no seat's own data.

The chance that a form nobody photographed shows the same is exact for forms as the rule draws them, items first and
orders apart from them:

    P = Π over cells (c)ₖ / (n)ₖ  ·  Π over seen items 1 / m

where a cell gives c of the pool's n units and the photo shows k of them ((x)ₖ = x·(x-1)···(x-k+1), the chance
that a sample without replacement holds k given ones), and m is how many of an item's option orders fit what was
seen: 1/m = orders that fit ÷ all orders of its unlocked options. Among N forms at least one shows it by chance
with 1 - (1 - P)ᴺ. Where the rule rejects whole forms (difficulty, enemies) the first factor is no longer exact;
`orders` then still is: it takes the items as they lie on the N forms and asks for the orders alone, so it says
less, and nothing of 判断 items, which are never shuffled. Five items of four options on 2,000 forms that all hold
them: 2,000 / 24⁵ = 0.025 %.

A person who copies a photo makes slips, so forms that show k of the n items are named as well, with the chance that
some form shows at least k of them: with S_m = Σ P over all choices of m of the n items, inclusion and exclusion give

    P(at least k) = Σ_{m ≥ k} (-1)^(m-k) · C(m-1, k-1) · S_m

which is exact as the first formula is, and is that one for k = n. What the best form does not show is looked for by
itself: two candidates' screens may lie in one photo.

A match is *sufficient* to name somebody only where one form alone has it and both chances are at most one in a
thousand: otherwise it is a place to look, and is called so.

Before: `bank.composing.assembly` draws; `examd.bureau.tracing` reads what was sat. After: `tools.cli.bank.trace` says
it.
"""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import zip_longest

from bank.authoring.fragments import Seen
from bank.composing.assembly import Form
from bank.content import OPTION_LETTERS, ItemType
from bank.draw_facts import ItemFacts
from bank.rules import Rule

LIMIT = Fraction(1, 1_000)
"""A false match may be no likelier than this where a match is to name somebody."""


@dataclass(frozen=True, slots=True)
class Candidate:
    c: int
    """Ordinal of the draw."""
    admission_no: str
    form: Form
    seats: tuple["Seat", ...] = ()
    """Where the candidate sat, one place after the other."""


@dataclass(frozen=True, slots=True)
class Seat:
    terminal: str
    """What the terminal calls itself: its seat."""
    minute: int
    """Of the session, counted from its start; below 0 before it."""


@dataclass(frozen=True)
class SatSession:
    """One session that was sat, its forms drawn again."""

    package: str
    session: str
    site: str
    rule: Rule
    pool: Sequence[ItemFacts]
    candidates: Sequence[Candidate]


@dataclass(frozen=True, slots=True)
class Match:
    sitting: SatSession
    candidate: Candidate
    shown: frozenset[Seen]
    """Of what was looked for, what the form holds in the order seen."""

    @property
    def items(self) -> int:
        return len({one.item for one in self.shown})


@dataclass(frozen=True, slots=True)
class BestFit:
    """The forms that show most of what was looked for."""

    matches: tuple[Match, ...]
    items: int
    """How many each of them shows …"""
    of: int
    """… of so many."""
    by_rule: float
    """The chance that at least one form of those looked through shows so many by accident, as rules draw."""
    orders: float
    """The same with the items as they lie on the forms: only the orders are left to accident."""

    @property
    def sufficient(self) -> bool:
        """Whether this names a form, rather than a place to look."""
        return len(self.matches) == 1 and max(self.by_rule, self.orders) <= LIMIT


@dataclass(frozen=True, slots=True)
class TraceResult:
    fits: tuple[BestFit, ...]
    """The best; then the best for what that one does not show, and so on while two items or more fit one form."""
    unplaced: tuple[Seen, ...]
    """What no form of `fits` shows as it was seen: misread, or of a form that is not here."""
    candidates: int

    @property
    def sufficient(self) -> bool:
        return bool(self.fits) and self.fits[0].sufficient


# ---- looking through forms -----------------------------------------------------------------------------------------


def trace(seen: Sequence[Seen], sittings: Sequence[SatSession]) -> TraceResult:
    """The forms on which most of what was seen stands as it was seen, and how likely that is by accident."""
    left, fits = list(dict.fromkeys(seen)), list[BestFit]()
    while left:
        found = _best(left, sittings)
        # One item alone of several fits some form nearly always.
        if found is None or (found.items < 2 and found.of + len(fits) > 1):
            break
        fits.append(found)
        shown = frozenset[Seen]().union(*(match.shown for match in found.matches))
        left = [one for one in left if one not in shown]
    return TraceResult(tuple(fits), tuple(left), sum(len(sitting.candidates) for sitting in sittings))


def _best(seen: Sequence[Seen], sittings: Sequence[SatSession]) -> BestFit | None:
    matches = [
        Match(sitting, candidate, _shown(candidate.form, seen))
        for sitting in sittings
        for candidate in sitting.candidates
    ]
    most = max((match.items for match in matches), default=0)
    if not most:
        return None
    miss_rule, miss_orders = 0.0, 0.0  # logarithms of the chance that no form shows so many
    for sitting in sittings:
        miss_rule += _none(chance(seen, sitting, most), len(sitting.candidates))
        wanted = {one.item for one in seen}
        held = Counter(
            frozenset(wanted & {item.id for item in candidate.form.items}) for candidate in sitting.candidates
        )
        for items, forms in held.items():
            on_it = [one for one in seen if one.item in items]
            miss_orders += _none(_at_least(most, _moments(_order_chances(on_it, sitting).values())), forms)
    best = [match for match in matches if match.items == most]
    # Forms that show nothing in common with the first are of another screen, and found with what is left.
    rivals = tuple(match for match in best if match.shown & best[0].shown)
    return BestFit(
        rivals, most, len({one.item for one in seen}), abs(math.expm1(miss_rule)), abs(math.expm1(miss_orders))
    )


def _none(chance: Fraction, forms: int) -> float:
    return 0.0 if not forms else -math.inf if chance == 1 else forms * math.log1p(-float(chance))


def _shown(form: Form, seen: Sequence[Seen]) -> frozenset[Seen]:
    orders = {item.id: item.order for item in form.items}
    return frozenset(one for one in seen if one.item in orders and is_subsequence(one.order, orders[one.item]))


def is_subsequence(part: str, whole: str) -> bool:
    letters = iter(whole)
    return all(letter in letters for letter in part)


def chance(seen: Sequence[Seen], sitting: SatSession, least: int | None = None) -> Fraction:
    """That one form, as the rule draws it, shows at least `least` of `seen`, or else all: the formulas above."""
    facts = {fact.id: fact for fact in sitting.pool}
    units: dict[str, dict[str, list[Fraction]]] = {}
    """Stratum -> unit -> for each of its items that was seen, the chance that its order fits."""
    for item, fits in _order_chances(seen, sitting).items():
        units.setdefault(facts[item].stratum, {}).setdefault(facts[item].unit, []).append(fits)
    pooled = Counter({fact.unit: fact.stratum for fact in sitting.pool}.values())
    counts = {cell.stratum: cell.count for cell in sitting.rule.cells}
    moments = [Fraction(1)]
    for stratum, mine in units.items():
        # By how many units of the cell are chosen: the polynomial whose coefficient m is Σ P over m items of them.
        chosen: list[list[Fraction]] = [[Fraction(1)]]
        for those in mine.values():
            some = [Fraction(0), *_moments(those)[1:]]
            chosen = [
                _plus(chosen[k] if k < len(chosen) else [], _times(chosen[k - 1], some) if k else [])
                for k in range(len(chosen) + 1)
            ]
        together = [Fraction(0)]
        for k, polynomial in enumerate(chosen):
            held = Fraction(math.perm(counts[stratum], k), math.perm(pooled[stratum], k))
            together = _plus(together, [held * term for term in polynomial])
        moments = _times(moments, together)
    return _at_least(len({one.item for one in seen}) if least is None else least, moments)


def _order_chances(seen: Sequence[Seen], sitting: SatSession) -> dict[str, Fraction]:
    """Of each item seen that the pool has, the chance that a form which holds it shows this order; or one of these,
    where it was seen in several: they shut each other out, or else the chance is less than said."""
    facts = {fact.id: fact for fact in sitting.pool}
    found: dict[str, Fraction] = {}
    for one in dict.fromkeys(seen):
        if one.item in facts:
            fits = _orders(one.order, facts[one.item], shuffled=sitting.rule.shuffle_options)
            found[one.item] = min(Fraction(1), found.get(one.item, Fraction(0)) + fits)
    return found


def _moments(chances: Iterable[Fraction]) -> list[Fraction]:
    """Coefficient m: Σ over all choices of m of these independent chances of their product."""
    found = [Fraction(1)]
    for each in chances:
        found = _times(found, [Fraction(1), each])
    return found


def _at_least(least: int, moments: Sequence[Fraction]) -> Fraction:
    if least == 0:
        return Fraction(1)
    return sum(
        ((-1) ** (m - least) * math.comb(m - 1, least - 1) * moments[m] for m in range(least, len(moments))),
        Fraction(0),
    )


def _times(one: Sequence[Fraction], other: Sequence[Fraction]) -> list[Fraction]:
    found = [Fraction(0)] * (len(one) + len(other) - 1)
    for n, a in enumerate(one):
        for m, b in enumerate(other):
            found[n + m] += a * b
    return found


def _plus(one: Sequence[Fraction], other: Sequence[Fraction]) -> list[Fraction]:
    return [a + b for a, b in zip_longest(one, other, fillvalue=Fraction(0))]


def _orders(order: str, fact: ItemFacts, *, shuffled: bool) -> Fraction:
    locked = fact.locked
    if fact.type is ItemType.TRUEFALSE or not shuffled:
        locked = tuple(range(fact.options))
    free = fact.options - len(set(locked))
    return Fraction(_fitting(order, fact.options, frozenset(locked)), math.factorial(free))


@lru_cache(maxsize=4096)
def _fitting(order: str, options: int, locked: frozenset[int]) -> int:
    """How many orders of the unlocked options show the letters of `order` one after the other from the top.

    Places are filled from the top; what matters of the past is only how many letters of `order` are out.
    """
    own = [n for n in range(options) if n not in locked]
    loose = sum(OPTION_LETTERS[n] not in order for n in own)  # free letters that `order` says nothing of
    ways = Counter({0: 1})
    filled = 0  # free places so far
    for place in range(options):
        following = Counter[int]()
        for out, count in ways.items():
            upcoming = OPTION_LETTERS.find(order[out]) if out < len(order) else -1
            if place in locked:
                if OPTION_LETTERS[place] not in order:
                    following[out] += count
                elif upcoming == place:
                    following[out + 1] += count
                continue
            if upcoming >= 0 and upcoming not in locked:
                following[out + 1] += count
            left = loose - (filled - sum(OPTION_LETTERS.find(letter) not in locked for letter in order[:out]))
            if left > 0:
                following[out] += count * left
        filled += place not in locked
        ways = following
    return ways[len(order)]


# ---- what the ledger says ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TravelledSession:
    """A session to which the items seen travelled, by the bank's ledger."""

    session: str
    site: str
    day: str
    items: int
    """Of those seen."""
    only: tuple[str, ...]
    """Of those, what travelled to no other session: each alone names this one, or somebody at the bank."""
    watermarks: tuple[str, ...]
    """Of those, what was kept back from others as this package's watermark (`bank.leaks.watermarks`), and travelled
    in no other."""
    spent: tuple[str, ...] = ()
    """What was kept back as its watermark and had to travel again: it names several packages, and none by itself."""


def travelled(
    seen: Collection[str],
    uses: Iterable[tuple[str, str, str, str, int]],
    watermarks: Mapping[tuple[str, str], Collection[str]],
) -> list[TravelledSession]:
    """`uses` as the bank has it, `watermarks` by (session, site). Sessions with one first, then those that had most."""
    had: dict[tuple[str, str, str], set[str]] = {}
    places: dict[str, set[tuple[str, str]]] = {}
    for item, session, site, day, _ in uses:
        if item in seen:
            had.setdefault((session, site, day), set()).add(item)
            places.setdefault(item, set()).add((session, site))

    def kept(session: str, site: str) -> set[str]:
        return set(watermarks.get((session, site), ()))

    found = [
        TravelledSession(
            session, site, day, len(items),
            tuple(sorted(item for item in items if len(places[item]) == 1)),
            tuple(sorted(item for item in items & kept(session, site) if len(places[item]) == 1)),
            tuple(sorted(item for item in items & kept(session, site) if len(places[item]) > 1)),
        )
        for (session, site, day), items in had.items()
    ]  # fmt: skip
    return sorted(
        found, key=lambda each: (-len(each.watermarks), -each.items, -len(each.only), each.session, each.site)
    )
