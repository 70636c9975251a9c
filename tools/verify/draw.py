"""The draw of docs/draw.md: seed, stream, selection, order and digest, from its text alone.

Takes the rule and the pool's facts; gives for a candidate's ordinal the one form that could be drawn.
"""

import hashlib
import hmac
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Any, TypeVar

from . import canonical

T = TypeVar("T")
Form = list[tuple[str, tuple[int, ...]]]
"""Item id and option order (own index by displayed position), by slot."""

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
BUDGET = 50_000_000
"""Items that one verification may sample: some hundred attempts for each of thousands of candidates. A hostile rule
that admits nothing must not keep an auditor waiting for ever."""


class NoForm(Exception):  # noqa: N818 - an answer of the draw, not a fault of ours
    """`args[0]` says why."""


@dataclass(frozen=True, slots=True)
class Item:
    id: str
    line: int
    stratum: str
    type: str
    chapter: str
    level: str
    points: int
    p4: int
    options: int
    locked: frozenset[int]
    enemies: frozenset[str]
    tags: frozenset[str]
    case: str = ""
    place: int = 0

    @property
    def unit(self) -> str:
        return self.case or self.id

    @property
    def section(self) -> str:
        """The type of cell that it stands in: whatever the items of a case group are, theirs is "case"."""
        return "case" if self.case else self.type

    @classmethod
    def of(cls, facts: Mapping[str, Any], line: int) -> "Item":
        """One line of the pool, as the verifier reads it."""
        given: dict[str, Any] = {each.name: facts[each.name] for each in fields(cls) if each.name in facts}
        given |= {name: frozenset(given[name]) for name in ("locked", "enemies", "tags")}
        return cls(line=line, **given)


Unit = tuple[Item, ...]
"""What is drawn as one (draw.md §2): an item, or a case group in ascending place."""


def units_of(items: Iterable[Item]) -> list[Unit]:
    """In byte order of the units' ids."""
    members: dict[str, list[Item]] = {}
    for item in items:
        members.setdefault(item.unit, []).append(item)
    ordered = sorted(members.items(), key=lambda unit: unit[0].encode())
    return [tuple(sorted(those, key=lambda item: item.place)) for _, those in ordered]


@dataclass(frozen=True, slots=True)
class Cell:
    stratum: str
    type: str
    chapter: str
    level: str
    count: int
    points: int
    size: int = 1
    """Items of a unit: of a cell of case groups, its `items`."""


@dataclass(frozen=True, slots=True)
class Rule:
    cells: tuple[Cell, ...]
    """In byte order of strata."""
    minutes: int
    pass_points: int
    partial: bool
    shuffle_items: str
    type_order: tuple[str, ...]
    shuffle_options: bool
    attempts: int
    tolerance: int | None
    """× 10⁴, as `target` is; None where the rule has no difficulty."""
    target: int | None
    mandatory: Mapping[str, int]
    multiple: int
    conduct: Mapping[str, int]
    """What the day may do to a candidate's time; {} in rules that do not say it."""


def lp(data: bytes) -> bytes:
    return len(data).to_bytes(8, "big") + data


def u64(number: int) -> bytes:
    return number.to_bytes(8, "big")


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def session_string(manifest: Mapping[str, Any]) -> str:
    return f"{manifest['session']['id']}/{manifest['roster']['sha256']}"


def commitment(session: str, party: str, pool_root: bytes, rule_hash: bytes, share: bytes) -> bytes:
    named = lp(b"exam-commit-v1") + lp(session.encode()) + lp(party.encode())
    return sha256(named, lp(pool_root), lp(rule_hash), lp(share))


def seed_of(
    session: str, pool_root: bytes, rule_hash: bytes, commitments: Mapping[str, bytes], shares: Mapping[str, bytes]
) -> bytes:
    """The session's seed from its parties' commitments and shares (docs/draw.md)."""
    parties = sorted(shares, key=str.encode)
    told = [lp(party.encode()) + lp(commitments[party]) + lp(shares[party]) for party in parties]
    return sha256(lp(b"exam-seed-v1"), lp(session.encode()), lp(pool_root), lp(rule_hash), *told)


def form_key(seed: bytes, session: str, ordinal: int, attempt: int) -> bytes:
    message = lp(b"paper") + lp(session.encode()) + lp(u64(ordinal)) + lp(u64(attempt))
    return hmac.digest(seed, message, "sha256")


class Stream:
    def __init__(self, key: bytes, label: str) -> None:
        self._shake = hashlib.shake_256(lp(b"exam-drbg-v1") + lp(key) + lp(label.encode()))
        self._words: tuple[int, ...] = ()
        self._next = 0

    def word(self) -> int:
        """The next 64-bit word of the stream."""
        if self._next == len(self._words):
            count = max(16, 2 * len(self._words))
            self._words = struct.unpack(f">{count}Q", self._shake.digest(8 * count))
        self._next += 1
        return self._words[self._next - 1]

    def below(self, n: int) -> int:
        least = (1 << 64) % n
        while True:
            word = self.word()
            if word >= least:
                return word % n

    def sample(self, things: Sequence[T], k: int) -> list[T]:
        """The first `k` of a Fisher-Yates shuffle of `things`."""
        left = list(things)
        for i in range(k):
            j = i + self.below(len(left) - i)
            left[i], left[j] = left[j], left[i]
        return left[:k]


class Draw:
    """All that a session's draws have in common; `form` makes one candidate's."""

    def __init__(self, rule: Rule, items: Iterable[Item], seed: bytes, session: str) -> None:
        self._rule, self._seed, self._session = rule, seed, session
        by_stratum: dict[str, list[Item]] = {cell.stratum: [] for cell in rule.cells}
        for item in items:
            if item.stratum in by_stratum:
                by_stratum[item.stratum].append(item)
        self._cells = [
            (f"select/{cell.stratum}", units_of(by_stratum[cell.stratum]), cell.count) for cell in rule.cells
        ]
        self.target = target_of(rule, by_stratum)
        self._budget = BUDGET

    def form(self, ordinal: int) -> tuple[int, Form]:
        """The admitted attempt and the form. Raises NoForm: none is admitted, or a cell is short."""
        for _, units, count in self._cells:
            if count > len(units):
                raise NoForm("a cell is short of items")
        for attempt in range(self._rule.attempts):
            key = form_key(self._seed, self._session, ordinal, attempt)
            selection: list[Unit] = []
            for label, units, count in self._cells:
                selection += Stream(key, label).sample(units, count)
            if not refusals(self._rule, self.target, [item for unit in selection for item in unit]):
                return attempt, self._ordered(key, selection)
            self._budget -= len(selection) + len(self._cells) + 1
            if self._budget < 0:
                raise NoForm("too many attempts for this verification")
        raise NoForm(f"none of {self._rule.attempts} attempts is admitted")

    def _ordered(self, key: bytes, selection: list[Unit]) -> Form:
        rule = self._rule
        if rule.shuffle_items == "all":
            order = Stream(key, "order").sample(selection, len(selection))
        elif rule.shuffle_items == "within-type":
            order = []
            for type_ in rule.type_order:
                of_type = [unit for unit in selection if unit[0].section == type_]
                order += Stream(key, f"order/{type_}").sample(of_type, len(of_type))
        else:
            order = selection
        return [(item.id, self._option_order(key, item)) for unit in order for item in unit]

    def _option_order(self, key: bytes, item: Item) -> tuple[int, ...]:
        own = range(item.options)
        if item.type == "truefalse" or not self._rule.shuffle_options:
            return tuple(own)
        free = [index for index in own if index not in item.locked]
        drawn = iter(Stream(key, f"options/{item.id}").sample(free, len(free)))
        return tuple(index if index in item.locked else next(drawn) for index in own)


def target_of(rule: Rule, by_stratum: Mapping[str, Sequence[Item]]) -> int | None:
    """Expected points ×10⁴ that a form has to meet: as stated, or the mean over the pool; None without a tolerance."""
    if rule.tolerance is None or rule.target is not None:
        return rule.target
    mean = Fraction(0)
    for cell in rule.cells:
        items = by_stratum[cell.stratum]
        if items:
            units = sum(not item.case for item in items) + len({item.case for item in items if item.case})
            mean += cell.count * Fraction(sum(item.points * item.p4 for item in items), units)
    return (mean + Fraction(1, 2)).__floor__()


def refusals(rule: Rule, target: int | None, selection: Sequence[Item]) -> list[tuple[str, dict[str, Any]]]:
    """Each predicate of draw.md §9 that the selection fails, with its facts."""
    found: list[tuple[str, dict[str, Any]]] = []
    if rule.tolerance is not None and target is not None:
        off = abs(sum(item.points * item.p4 for item in selection) - target)
        if off > rule.tolerance:
            found.append(("form_tolerance", {"found": off, "expected": rule.tolerance}))
    bearers: dict[str, str] = {}
    for item in selection:
        for group in sorted(item.enemies):
            if bearers.setdefault(group, item.unit) != item.unit:  # within one unit they do not count
                found.append(("form_enemies", {"group": group}))
    for tag, least in rule.mandatory.items():
        bearing = sum(tag in item.tags for item in selection)
        if bearing < least:
            found.append(("form_mandatory", {"tag": tag, "found": bearing, "expected": least}))
    return found


def digest(form: Form) -> str:
    """SHA-256 over the canonical JSON of [[id, letters], …]."""
    return sha256(canonical.encode([[id_, "".join(LETTERS[i] for i in order)] for id_, order in form])).hex()
