"""Questions that are nearly the same: the twin named, and what the two differ in, so that a person can say which stays.

What is compared leaves out what people type differently (width, case, accents, spaces, punctuation, the order of
options) and what makes another item of the same words: which number stands there, 不 and its like. So 380 V and 220 V,
应当 and 不应当 are twins; that they differ in just this is told. Of two questions all threes of neighbouring characters
(3-gram shingles) of the stem and of each option are taken, beginning and end counted, a picture as two. Twins share
four fifths of all that they have (Jaccard); or they have one stem of some length and other options.

Before: `bank.formats` reads files. After: the report of an import. `bank.authoring.near_duplicate_search` finds what is
defined here.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from fractions import Fraction
from itertools import zip_longest
from typing import NamedTuple

from bank.content import Content, ItemType

LEAST_SIMILARITY = Fraction(4, 5)
"""From here on two questions are twins. Of 1,375 questions of a real bank 159 have one, most of one pattern with
another number, word or picture; below it (the highest, the lowest efficiency) nearly all are other questions."""
LONG_STEM = 12
"""A stem of so many characters is a question's own …"""
MOST_OF_A_STEM = 3
"""… unless more questions than this have it: then it is a turn of phrase (What should a driver do here?)."""
SHINGLE = 3
EDGE, NUMBER = "\0", "0"
NUMERALS = frozenset("一二两三四五六七八九十百千万亿零〇")
NEGATIONS = frozenset("不未无非没勿")
MOST_DIFFERENCES = 3
LONGEST_DIFFERENCE = 16
_WORD = re.compile(r"[a-z]+|\d+(?:\.\d+)*|[^\W_]")


class Question(NamedTuple):
    id: str
    name: str
    content: Content


@dataclass(frozen=True, slots=True)
class NearDuplicate:
    of: str
    """Id of the question that was asked about."""
    id: str
    name: str
    p4: int
    """Similarity ×10⁴, rounded down; 10,000 where they differ in nothing but numbers, negation, spelling and order."""
    differs: tuple[tuple[str, str | None], ...] = ()
    """What the one asked about has, and what the twin has instead: the first few, clipped. None is not to be told."""
    by_stem: bool = False
    """They have their stem in common, not their options."""
    other_pictures: bool = False

    def unseen(self) -> "NearDuplicate":
        """Without what is said of the twin's text."""
        return replace(self, differs=tuple((mine, None) for mine, _ in self.differs))


# ---- what is compared -------------------------------------------------------------------------------------------


class _Letters(dict[int, str]):
    """For str.translate: of each character what is left of it, found once."""

    def __init__(self, left: Callable[[str], str]) -> None:
        self._left = left

    def __missing__(self, point: int) -> str:
        self[point] = self._left(chr(point))
        return self[point]


def _folded(ch: str) -> str:
    return "".join(each for each in unicodedata.normalize("NFKD", ch).casefold() if each.isalnum())


def _masked(ch: str) -> str:
    letters = (each for each in _folded(ch) if each not in NEGATIONS)
    return "".join(NUMBER if each.isdecimal() or each in NUMERALS else each for each in letters)


_FOLDED, _MASKED = _Letters(_folded), _Letters(_masked)
_NUMBERS = re.compile(f"{NUMBER}{{2,}}")


def plain(text: str) -> str:
    """Letters, digits and ideographs alone, without width, case and accents."""
    return text.translate(_FOLDED)


def pattern(text: str) -> str:
    """`plain`, each number as one 0 and negations left out."""
    return _NUMBERS.sub(NUMBER, text.translate(_MASKED))


def parts(content: Content) -> list[str]:
    if content.type is ItemType.TRUEFALSE:  # 正确, 错误 say nothing of the question
        return [content.stem]
    return [content.stem, *(option.text for option in content.options)]


def shingles(content: Content) -> frozenset[str]:
    """All threes of neighbouring characters of the stem and of each option; a picture as two."""
    found: set[str] = set()
    for part in parts(content):
        text = EDGE + pattern(part) + EDGE
        found.update(text[n : n + SHINGLE] for n in range(len(text) - SHINGLE + 1))
    return frozenset(found.union(*((f"<{digest}", f"{digest}>") for digest in content.pictures)))


def similarity(one: Content, other: Content) -> Fraction:
    a, b = shingles(one), shingles(other)
    return Fraction(len(a & b), len(a | b)) if a | b else Fraction(0)


def spelling(content: Content) -> tuple[object, ...]:
    """Equal where two questions differ in nothing but how they are typed and the order of options."""
    stem, *options = map(plain, parts(content))
    return stem, tuple(sorted(options)), content.pictures


def near_duplicate(one: Question, other: Question, similarity: Fraction, *, by_stem: bool) -> NearDuplicate:
    return NearDuplicate(
        one.id, other.id, other.name, int(10_000 * similarity),
        () if by_stem else tuple(differences(one.content, other.content)), by_stem,
        Counter(one.content.pictures) != Counter(other.content.pictures),
    )  # fmt: skip


def differences(one: Content, other: Content) -> list[tuple[str, str]]:
    """The first few places in which they differ, whole words and numbers; the options paired whatever their order."""
    found: list[tuple[str, str]] = []
    stem, *options = parts(one)
    other_stem, *other_options = parts(other)
    pairs = [(stem, other_stem)]
    ours, theirs = Counter(map(plain, options)), Counter(map(plain, other_options))
    pairs += zip_longest(_beyond(options, theirs), _beyond(other_options, ours), fillvalue="")
    for mine, its in pairs:
        a, b = _words(mine), _words(its)
        for what, a1, a2, b1, b2 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
            difference = _clipped(a[a1:a2]), _clipped(b[b1:b2])
            if what != "equal" and difference not in found:
                found.append(difference)
            if len(found) == MOST_DIFFERENCES:
                return found
    return found


def _beyond(options: Iterable[str], others: Counter[str]) -> list[str]:
    """Those that are not among the others, by their spelling."""
    left = Counter(others)
    beyond = []
    for option in sorted(options, key=plain):
        if left[plain(option)]:
            left[plain(option)] -= 1
        else:
            beyond.append(option)
    return beyond


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def _clipped(words: Sequence[str]) -> str:
    text = ""
    for word in words:
        text += " " * (text[-1:].isascii() and word.isascii() and text != "") + word
    return text if len(text) <= LONGEST_DIFFERENCE else text[: LONGEST_DIFFERENCE - 1] + "…"
