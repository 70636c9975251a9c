"""Pool + rule + seed + ordinal -> form, the same on any machine. docs/draw.md says it for those who write their own.

What is drawn is a *unit*: an item that stands alone, or a case group with all its items in their order.

What travels to the site is the session pool (`bank.composing.pool_selection`); the draw is a pure function of pool,
rule, seed and ordinal.

A *form* is drawn from that pool. Attempt 0, 1, 2 … has the key `form_key(seed, session, ordinal, attempt)`, and:

1. for each cell, in byte order of strata: a sample of `count` from its units in byte order of id, by the stream of
   that key with the label `select/<stratum>`; strata of case groups come first, their names being the first in order;
2. the attempt is rejected, whole, if |Σ points·p4 − target| > tolerance (integers, points ×10⁴), if two units share a
   group of enemies, or if a mandatory tag has too few items. Never swapped or topped up: rejection is what keeps every
   admissible form equally likely, and exposure flat. Each attempt starts afresh from its own key;
3. the units of the first admitted attempt are put in order. `all`: a sample of all, label `order`. `within-type`: for
   each type of `type_order`, a sample of all units of that type, label `order/<type>`, one after the other; a case
   group is of type `case` whatever its items are. `none`: as they are after 1. Its items keep their own order;
4. each item's options: those not locked, in their own order, are sampled whole, label `options/<item id>`, and fill the
   places that are not locked. 判断 items are locked always, and all items where the rule shuffles no options.

The target is the rule's, or else what a form has on average: Σ over cells of count · (mean Σ points·p4 of its units),
an exact fraction rounded half up. So the same borderline candidate has the same chance whichever form is drawn.

Before: `bank.composing.pool_selection` (the pool), `bank.rules`, `bank.composing.draw`. After: `examd.delivery` shows
the form.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import ceil, floor, log, log1p, sqrt

from bank.canonical import digest
from bank.composing.draw import Sampler, Stream, form_key, keyed
from bank.content import OPTION_LETTERS, ItemType
from bank.draw_facts import ItemFacts
from bank.refused import Denied
from bank.rules import ItemOrder, Rule, Unit, by_stratum, enemies, require_enough

NO_FORM = 1e-6
"""The most that a session may be likely to leave any of its candidates without a form."""
Progress = Callable[[int, int], None]
"""Told how many draws of how many were made."""
_TOLD = 50


@dataclass(frozen=True, slots=True)
class FormItem:
    id: str
    order: str
    """The item's own option letters as displayed from the top: "BDAC" shows option B first."""


@dataclass(frozen=True)
class Form:
    ordinal: int
    attempt: int
    items: tuple[FormItem, ...]

    def to_json(self) -> list[list[str]]:
        return [[item.id, item.order] for item in self.items]

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) of the canonical JSON [[id, order], …]."""
        return digest(self.to_json())


def expectation(pool: Iterable[ItemFacts], rule: Rule) -> int:
    """Σ points·p4 of a form drawn from `pool`, on average, rounded half up: points ×10⁴."""
    members = by_stratum(pool, rule)
    mean = sum(
        Fraction(cell.count * sum(unit.weight for unit in members[cell.stratum]), len(members[cell.stratum]))
        for cell in rule.cells
    )
    return floor(mean + Fraction(1, 2))


@dataclass(frozen=True, slots=True)
class _Stratum:
    sampler: Sampler
    units: list[Unit]
    weights: list[int]
    """Of each unit, in step with `units`."""


class Assembler:
    """Draws the forms of one session. Prepared once: sorting and sums are the same for every form."""

    def __init__(self, pool: Sequence[ItemFacts], rule: Rule, seed: bytes, session: str) -> None:
        require_enough(pool, rule)
        self._rule = rule
        self._seed = seed
        self._session = session
        counts = {cell.stratum: cell.count for cell in rule.cells}
        self._strata = [
            _Stratum(Sampler(f"select/{stratum}", counts[stratum]), those, [unit.weight for unit in those])
            for stratum, those in by_stratum(pool, rule).items()
        ]
        difficulty = rule.difficulty
        self.target: int | None = None
        """Points ×10⁴; None where the rule does not ask for forms of equal difficulty."""
        self._lowest, self._highest = 0, 0
        if difficulty is not None:
            require_p4(pool)
            self.target = expectation(pool, rule) if difficulty.target is None else difficulty.target
            self._lowest, self._highest = self.target - difficulty.tolerance, self.target + difficulty.tolerance

    def form(self, ordinal: int) -> Form:
        """The form of one candidate. Raises Denied: when no attempt was admissible."""
        for attempt in range(self._rule.attempts):
            key = form_key(self._seed, self._session, ordinal, attempt)
            chosen = self._admit(key)
            if chosen is not None:
                return Form(ordinal, attempt, tuple(self._arrange(key, chosen)))
        raise Denied("no-admissible-form", rule=self._rule.id, ordinal=ordinal, attempts=self._rule.attempts)

    def acceptance(self, draws: int = 2_000, progress: Progress | None = None) -> int:
        """How many of `draws` first attempts are admissible.

        Raises Denied: when they are too rare for the rule's `min_accept`.
        """
        admitted = 0
        for ordinal in range(draws):
            admitted += self._admit(form_key(self._seed, self._session, ordinal, 0)) is not None
            if progress is not None and ordinal % _TOLD == 0:
                progress(ordinal, draws)
        if admitted * 10_000 < draws * self._rule.min_accept:
            least = -(-draws * self._rule.min_accept // 10_000)
            code, why = self._in_the_way(draws)
            raise Denied(code, rule=self._rule.id, admitted=admitted, draws=draws, least=least, **why)
        return admitted

    def _in_the_way(self, draws: int) -> tuple[str, dict[str, str]]:
        """What rejects most of so many trial draws: the tolerance, one enemy group or another, or one tag."""
        outside, groups, untagged = 0, Counter[str](), Counter[str]()
        quarrels = 0
        for ordinal in range(draws):
            key = form_key(self._seed, self._session, ordinal, 0)
            chosen = self._drawn(key)
            total = sum(unit.weight for unit in chosen)
            outside += self.target is not None and not self._lowest <= total <= self._highest
            met = [group for group, n in Counter(g for unit in chosen for g in unit.enemies).items() if n > 1]
            quarrels += bool(met)
            groups.update(met)
            untagged.update(t for t, n in self._rule.mandatory.items() if not _tagged(chosen, {t: n}))
        tag, missed = max(untagged.items(), key=lambda entry: (entry[1], entry[0]), default=("", 0))
        if quarrels > max(outside, missed):
            most = sorted(groups, key=lambda group: (-groups[group], group))[:5]
            return "rule-rarely-at-peace", {"groups": ", ".join(most)}
        return ("rule-rarely-tagged", {"tag": tag}) if missed > outside else ("rule-rarely-admits", {})

    def fails(self, candidates: int, admitted: int, draws: int) -> float:
        """At most so likely is it that any of so many candidates gets no form, after `admitted` of `draws` trials.

        What a draw is admitted with is taken to be no more than its lower 99.9 % limit (Wilson).
        """
        if self.admits_all:
            return 0.0
        return min(1.0, candidates * (1.0 - _at_least(admitted, draws)) ** self._rule.attempts)

    @property
    def admits_all(self) -> bool:
        """Whether there is nothing for which a draw could be rejected."""
        peaceful = not enemies(unit for stratum in self._strata for unit in stratum.units)
        return self.target is None and peaceful and not self._rule.mandatory

    def require_enough_attempts(self, candidates: int, admitted: int, draws: int = 2_000) -> None:
        """A candidate without a form cannot sit the exam. Raises Denied: unless that is as good as impossible."""
        chance, rule = self.fails(candidates, admitted, draws), self._rule
        if chance > NO_FORM:
            least = _at_least(admitted, draws)
            raise Denied(
                "rule-attempts-too-few", rule=rule.id, attempts=rule.attempts, candidates=candidates,
                admitted=admitted, draws=draws, share=f"{floor(least * 1_000) / 10:.1f}",
                chance=f"{chance:.2g}", most=f"{NO_FORM:g}",
                enough=ceil(log(NO_FORM / candidates) / log1p(-least)),
            )  # fmt: skip

    def _admit(self, key: bytes) -> list[Unit] | None:
        """The units of one attempt in stratum order, or None. Most fail on the sum, so the weights are drawn first."""
        if self.target is not None:
            start = keyed(key)
            total = sum([sum(stratum.sampler.sample(key, start, stratum.weights)) for stratum in self._strata])
            if not self._lowest <= total <= self._highest:
                return None
        chosen = self._drawn(key)
        return chosen if _at_peace(chosen) and _tagged(chosen, self._rule.mandatory) else None

    def _drawn(self, key: bytes) -> list[Unit]:
        start = keyed(key)
        return [unit for stratum in self._strata for unit in stratum.sampler.sample(key, start, stratum.units)]

    def _arrange(self, key: bytes, chosen: list[Unit]) -> Iterable[FormItem]:
        for unit in self._in_order(key, chosen):
            for fact in unit.facts:
                yield FormItem(fact.id, self._option_order(key, fact))

    def _in_order(self, key: bytes, chosen: list[Unit]) -> list[Unit]:
        match self._rule.item_order:
            case ItemOrder.NONE:
                return chosen
            case ItemOrder.ALL:
                return Stream(key, "order").sample(chosen, len(chosen))
            case ItemOrder.WITHIN_TYPE:
                ordered = []
                for type_ in self._rule.type_order:
                    those = [unit for unit in chosen if unit.type is type_]
                    ordered += Stream(key, f"order/{type_.value}").sample(those, len(those))
                return ordered

    def _option_order(self, key: bytes, fact: ItemFacts) -> str:
        letters = OPTION_LETTERS[: fact.options]
        if fact.type is ItemType.TRUEFALSE or not self._rule.shuffle_options:
            return letters
        if not fact.locked:
            return "".join(Stream(key, f"options/{fact.id}").sample(letters, fact.options))
        free = [letter for n, letter in enumerate(letters) if n not in fact.locked]
        shuffled = iter(Stream(key, f"options/{fact.id}").sample(free, len(free)))
        return "".join(letter if n in fact.locked else next(shuffled) for n, letter in enumerate(letters))


def _at_least(admitted: int, draws: int) -> float:
    """The share of draws that is admitted at least, as far as so many trials can tell (Wilson, 99.9 %)."""
    share, z = admitted / draws, 3.09
    half = z * sqrt(share * (1 - share) / draws + z * z / (4 * draws * draws))
    return (share + z * z / (2 * draws) - half) / (1 + z * z / draws)


def require_p4(pool: Iterable[ItemFacts]) -> None:
    """Forms cannot be made equal in a difficulty that nobody stated.

    Raises Denied: when an item lacks its share of right answers.
    """
    unknown = Counter(fact.stratum for fact in pool if fact.p4 == 0)
    for stratum, count in sorted(unknown.items()):
        raise Denied("cell-without-difficulty", cell=stratum, items=count)


def _at_peace(chosen: Iterable[Unit]) -> bool:
    groups = [group for unit in chosen for group in unit.enemies]
    return len(groups) == len(set(groups))


def _tagged(chosen: Sequence[Unit], mandatory: Mapping[str, int]) -> bool:
    return all(sum(unit.tagged(tag) for unit in chosen) >= needed for tag, needed in mandatory.items())
