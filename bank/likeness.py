"""Questions that are nearly the same: the twin named, so that a person can say which of the two stays. Pure.

Compared are the sets of all three neighbouring characters (3-gram shingles) of the stem and of each option, after
taking away width, case, spaces and punctuation; so the order of options does not matter. Likeness is shared ÷ all
(Jaccard), computed exactly: of each text only its rarest shingles are looked up, as many as a text that is alike enough
must share at least one of (prefix filter, Chaudhuri 2006), and what is found is counted in full.

Before: `bank.formats` reads files. After: the report of an import.
"""

import unicodedata
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from bank.content import Content, ItemType

ALIKE = Fraction(4, 5)
"""From here on two questions are reported. Among 13,600 questions of real banks 266 have such a twin: 20 the same but
for spelling, the others reworded or of one pattern (相位失真, 非线性失真): a person tells them apart."""
SHINGLE = 3


@dataclass(frozen=True, slots=True)
class Twin:
    id: str
    likeness: Fraction
    """1 where the two differ in nothing but width, case, spaces, punctuation and the order of options."""


def plain(text: str) -> str:
    """Letters, digits and ideographs alone."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(ch for ch in folded if ch.isalnum())


def shingles(content: Content) -> frozenset[str]:
    """Never empty for a question with a word in it: a part shorter than a shingle is one itself."""
    parts = [content.stem]
    if content.type is not ItemType.TRUEFALSE:  # 正确, 错误 say nothing of the question
        parts += [option.text for option in content.options]
    found: set[str] = set()
    for part in map(plain, parts):
        found.update(part[n : n + SHINGLE] for n in range(max(1, len(part) - SHINGLE + 1)))
    return frozenset(found | set(content.pictures)) - {""}


def likeness(one: Content, other: Content) -> Fraction:
    a, b = shingles(one), shingles(other)
    return Fraction(len(a & b), len(a | b)) if a | b else Fraction(0)


class Index:
    """Questions known, to be asked for the twins of one. The rarer a shingle among them, the sooner it is looked up."""

    def __init__(
        self,
        known: Iterable[tuple[str, Content]],
        alike: Fraction = ALIKE,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self._alike = alike
        self._ids: list[str] = []
        self._numbers: dict[str, int] = {}
        """Shingle -> its number."""
        self._sets: list[array[int]] = []
        counts: Counter[int] = Counter()
        listed = list(known)
        for done, (identity, content) in enumerate(listed):
            numbers = array("I", [self._numbers.setdefault(each, len(self._numbers)) for each in shingles(content)])
            counts.update(numbers)
            self._ids.append(identity)
            self._sets.append(numbers)
            if progress is not None and done % 500 == 0:
                progress(done, len(listed))
        self._counts = counts
        self._postings: dict[int, list[int]] = {}
        for text, numbers in enumerate(self._sets):
            for number in self._rarest(numbers):
                self._postings.setdefault(number, []).append(text)

    def twins(self, content: Content, besides: str = "") -> list[Twin]:
        """All known questions alike enough, the most alike first; not the one with the id `besides`."""
        asked = shingles(content)
        numbers = [self._numbers[each] for each in asked if each in self._numbers]
        # A shingle that nobody knows is the rarest of all, and found nowhere: it takes a place in the prefix.
        room = self._prefix(len(asked)) - (len(asked) - len(numbers))
        if room <= 0:
            return []
        wanted = set(numbers)
        seen = {text for number in sorted(numbers, key=self._rarity)[:room] for text in self._postings.get(number, ())}
        found = []
        least, of, size = self._alike.numerator, self._alike.denominator, len(asked)
        for text in seen:
            held = self._sets[text]
            # A text much shorter or longer cannot be alike, whatever they share.
            if min(len(held), size) * of < max(len(held), size) * least or self._ids[text] == besides:
                continue
            shared = len(wanted.intersection(held))
            every = len(held) + size - shared
            if shared * of >= every * least:
                found.append(Twin(self._ids[text], Fraction(shared, every)))
        return sorted(found, key=lambda twin: (-twin.likeness, twin.id))

    def _rarity(self, number: int) -> tuple[int, int]:
        return self._counts[number], number

    def _rarest(self, numbers: Sequence[int]) -> list[int]:
        return sorted(numbers, key=self._rarity)[: self._prefix(len(numbers))]

    def _prefix(self, size: int) -> int:
        """Of `size` shingles, how many must be looked up so that no text alike enough is missed."""
        return size - ceil(self._alike * size) + 1 if size else 0


def near(
    fresh: Sequence[tuple[str, Content]],
    held: Iterable[tuple[str, Content]],
    alike: Fraction = ALIKE,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, list[Twin]]:
    """Twins of each fresh question among those held and the fresh ones before it. Ids that have none are left out."""
    index = Index([*held, *fresh], alike, progress)
    order = {identity: place for place, (identity, _) in enumerate(fresh)}
    found = {}
    for place, (identity, content) in enumerate(fresh):
        twins = [twin for twin in index.twins(content, besides=identity) if order.get(twin.id, -1) < place]
        if twins:
            found[identity] = twins
    return found
