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

A photo of one screen shows orders of one form. Orders seen on several screens belong in several traces.

Before: `bank.assembly` draws; `examd.bureau.tracing` reads what was sat. After: `tools.bank_guard` says it.
"""

import math
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from bank.assembly import Form
from bank.blueprint import Blueprint
from bank.content import OPTION_LETTERS, Content, ItemType
from bank.pool import ItemFacts
from bank.refused import BadFile, Denied


@dataclass(frozen=True, slots=True)
class Fragment:
    """What a person read off a photo: some of the stem, and the options from the top, or some of them."""

    stem: str
    """Part of the text, or the beginning of the item's id (8 hexadecimal digits or more)."""
    options: tuple[str, ...] = ()
    """As displayed; parts of their texts. One word of capitals alone is the item's own letters: "BDAC"."""

    @classmethod
    def parse(cls, text: str) -> "Fragment":
        """`part of the stem: option | option | …`, the colon of either width."""
        at = min((n for n in (text.find(":"), text.find("：")) if n >= 0), default=len(text))
        options = tuple(part.strip() for part in text[at + 1 :].replace("｜", "|").split("|") if part.strip())
        if not text[:at].strip():
            raise BadFile("seen-malformed", found=text[:40])
        return cls(text[:at].strip(), options)


@dataclass(frozen=True, slots=True)
class Seen:
    """An item recognised. `order`: its own option letters from the top, as far as they were seen."""

    item: str
    order: str


@dataclass(frozen=True, slots=True)
class Candidate:
    c: int
    """Ordinal of the draw."""
    admission_no: str
    form: Form


@dataclass(frozen=True)
class Sitting:
    """One session that was sat, its forms drawn again."""

    package: str
    session: str
    site: str
    blueprint: Blueprint
    pool: Sequence[ItemFacts]
    candidates: Sequence[Candidate]


@dataclass(frozen=True, slots=True)
class Match:
    sitting: Sitting
    candidate: Candidate
    items: int
    """How many of the items seen the form holds in the order seen."""


@dataclass(frozen=True, slots=True)
class Traced:
    matches: tuple[Match, ...]
    """Forms that show everything seen; empty where none does."""
    nearest: tuple[Match, ...]
    """Where none does: those that show most of it, if any shows two items or more."""
    candidates: int
    by_rule: float
    """The chance that at least one form of those looked through shows all of it by accident, as rules draw."""
    orders: float
    """The same for the forms that hold these items, whoever has them: only the orders are left to accident."""


# ---- recognising ---------------------------------------------------------------------------------------------------


def squeezed(text: str) -> str:
    """Letters and digits alone, in one width and case: a person copying from a photo gets no more than these right."""
    return "".join(char for char in unicodedata.normalize("NFKC", text).casefold() if char.isalnum())


def recognise(fragment: Fragment, held: Iterable[tuple[str, Content]]) -> Seen:
    """The one item of `held` (id, content) that the fragment fits. Denied where it fits none, or several."""
    stem = squeezed(fragment.stem)
    by_id = len(stem) >= 8 and all(char in "0123456789abcdef" for char in stem)
    readings = set()
    for identity, content in held:
        if (by_id and identity.startswith(stem)) or (stem and stem in squeezed(content.stem)):
            order = _order(fragment.options, content)
            if order is not None:
                readings.add(Seen(identity, order))
    if len(readings) != 1:
        raise Denied("seen-ambiguous" if readings else "seen-unknown", seen=fragment.stem[:40], found=len(readings))
    return readings.pop()


def _order(options: Sequence[str], content: Content) -> str | None:
    """The letters of the options named, or None where they are not this item's."""
    if len(options) == 1 and len(options[0]) > 1 and set(options[0]) <= set(OPTION_LETTERS[: len(content.options)]):
        return options[0] if len(set(options[0])) == len(options[0]) else None
    texts = [squeezed(option.text) for option in content.options]
    letters = ""
    for named in map(squeezed, options):
        fits = [n for n, text in enumerate(texts) if text == named] or [
            n for n, text in enumerate(texts) if named and named in text and OPTION_LETTERS[n] not in letters
        ]
        if len(fits) != 1 or OPTION_LETTERS[fits[0]] in letters:
            return None
        letters += OPTION_LETTERS[fits[0]]
    return letters


# ---- looking through forms -----------------------------------------------------------------------------------------


def trace(seen: Sequence[Seen], sittings: Sequence[Sitting]) -> Traced:
    """Every form on which all that was seen stands as it was seen, and how likely that is by accident."""
    matches = [
        Match(sitting, candidate, sum(_shows(candidate.form, one) for one in seen))
        for sitting in sittings
        for candidate in sitting.candidates
    ]
    most = max((match.items for match in matches), default=0)
    best = tuple(match for match in matches if match.items == most)
    whole = most == len(seen) > 0
    miss_rule, miss_orders = 0.0, 0.0  # logarithms of the chance that no form shows it
    for sitting in sittings:
        orders = order_chance(seen, sitting)
        holding = sum({s.item for s in seen} <= {i.id for i in each.form.items} for each in sitting.candidates)
        miss_rule += _none(chance(seen, sitting), len(sitting.candidates))
        miss_orders += _none(orders, holding)
    return Traced(
        best if whole else (),
        best if not whole and most > 1 else (),
        sum(len(sitting.candidates) for sitting in sittings),
        abs(math.expm1(miss_rule)),
        abs(math.expm1(miss_orders)),
    )


def _none(chance: Fraction, forms: int) -> float:
    return 0.0 if not forms else -math.inf if chance == 1 else forms * math.log1p(-float(chance))


def _shows(form: Form, seen: Seen) -> bool:
    return any(item.id == seen.item and is_subsequence(seen.order, item.order) for item in form.items)


def is_subsequence(part: str, whole: str) -> bool:
    letters = iter(whole)
    return all(letter in letters for letter in part)


def chance(seen: Sequence[Seen], sitting: Sitting) -> Fraction:
    """That one form, as the rule draws it, shows all of `seen`: the formula above."""
    facts = {fact.id: fact for fact in sitting.pool}
    if any(one.item not in facts for one in seen):
        return Fraction(0)
    units = {fact.unit: fact.stratum for fact in sitting.pool}
    pooled = Counter(units.values())
    shown = Counter(units[unit] for unit in {facts[one.item].unit for one in seen})
    counts = {cell.stratum: cell.count for cell in sitting.blueprint.cells}
    together = Fraction(1)
    for stratum, k in shown.items():
        together *= Fraction(math.perm(counts[stratum], k), math.perm(pooled[stratum], k))
    return together * order_chance(seen, sitting)


def order_chance(seen: Sequence[Seen], sitting: Sitting) -> Fraction:
    """That a form which holds the items shows their options in the orders seen."""
    facts = {fact.id: fact for fact in sitting.pool}
    found = Fraction(1)
    for one in {one.item: one for one in seen}.values():
        fact = facts.get(one.item)
        found *= 0 if fact is None else _orders(one.order, fact, shuffled=sitting.blueprint.shuffle_options)
    return found


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
class Travelled:
    """A session to which the items seen travelled, by the bank's ledger."""

    session: str
    site: str
    day: str
    items: int
    """Of those seen."""
    only: tuple[str, ...]
    """Of those, what travelled to no other session: each alone names this one, or somebody at the bank."""
    marks: tuple[str, ...]
    """Of those, what was kept back from others as this package's mark (`bank.marks`)."""


def travelled(
    seen: Collection[str],
    uses: Iterable[tuple[str, str, str, str, int]],
    marks: Mapping[tuple[str, str], Collection[str]],
) -> list[Travelled]:
    """`uses` as `Bank.uses`, `marks` by (session, site). Sessions with a mark first, then by how much they had."""
    had: dict[tuple[str, str, str], set[str]] = {}
    places: dict[str, set[tuple[str, str]]] = {}
    for item, session, site, day, _ in uses:
        if item in seen:
            had.setdefault((session, site, day), set()).add(item)
            places.setdefault(item, set()).add((session, site))
    found = [
        Travelled(
            session, site, day, len(items),
            tuple(sorted(item for item in items if len(places[item]) == 1)),
            tuple(sorted(items & set(marks.get((session, site), ())))),
        )
        for (session, site, day), items in had.items()
    ]  # fmt: skip
    return sorted(found, key=lambda each: (-len(each.marks), -each.items, -len(each.only), each.session, each.site))
