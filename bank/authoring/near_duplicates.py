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
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from fractions import Fraction
from itertools import zip_longest
from typing import NamedTuple

from bank.content import Content, ItemType

ALIKE = Fraction(4, 5)
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
CHUNK = 4_096
"""Questions that are taken apart at once: some 30 MB of work space."""
_WORD = re.compile(r"[a-z]+|\d+(?:\.\d+)*|[^\W_]")


class Question(NamedTuple):
    id: str
    name: str
    content: Content


@dataclass(frozen=True, slots=True)
class Twin:
    of: str
    """Id of the question that was asked about."""
    id: str
    name: str
    p4: int
    """Likeness ×10⁴, rounded down; 10,000 where they differ in nothing but numbers, negation, spelling and order."""
    differs: tuple[tuple[str, str | None], ...] = ()
    """What the one asked about has, and what the twin has instead: the first few, clipped. None is not to be told."""
    by_stem: bool = False
    """They have their stem in common, not their options."""
    other_pictures: bool = False

    def unseen(self) -> "Twin":
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
    found: set[str] = set()
    for part in parts(content):
        text = EDGE + pattern(part) + EDGE
        found.update(text[n : n + SHINGLE] for n in range(len(text) - SHINGLE + 1))
    return frozenset(found.union(*((f"<{digest}", f"{digest}>") for digest in content.pictures)))


def likeness(one: Content, other: Content) -> Fraction:
    a, b = shingles(one), shingles(other)
    return Fraction(len(a & b), len(a | b)) if a | b else Fraction(0)


def spelling(content: Content) -> tuple[object, ...]:
    """Equal where two questions differ in nothing but how they are typed and the order of options."""
    stem, *options = map(plain, parts(content))
    return stem, tuple(sorted(options)), content.pictures


# ---- the twins of many ------------------------------------------------------------------------------------------


def near(
    fresh: Sequence[Question],
    held: Iterable[Question],
    alike: Fraction = ALIKE,
    progress: Callable[[int, int], None] | None = None,
) -> list[Twin]:
    """Of each fresh question its nearest twin among those held and the fresh ones before it; in the order of `fresh`.

    The most alike; of those entirely alike one that is also spelled alike; else the earliest.
    """
    from bank.authoring.near_duplicate_search import Texts  # numpy takes its time, and few commands come here

    if not fresh:
        return []
    known = [*held, *fresh]
    first = len(known) - len(fresh)
    texts = Texts(alike)
    for begin in range(0, len(known), CHUNK):
        texts.add([question.content for question in known[begin : begin + CHUNK]])
        if progress is not None:
            progress(begin, len(known) + len(fresh))
    texts.sort()
    found: dict[int, tuple[int, Fraction]] = {}
    for group in texts.entirely_alike(first):
        found.update((late, (early, Fraction(1))) for late, early in _spelled_alike(known, group, first))
    for text, twin, likeness in texts.nearest(first, found):
        found[text] = twin, likeness
        if progress is not None:
            progress(len(known) + text - first, len(known) + len(fresh))
    by_stem: dict[int, tuple[int, Fraction]] = {}
    for group in texts.of_one_stem(first, LONG_STEM):
        for late, early in _of_one_stem(known, group):
            if late >= first and late not in found:
                likeness = texts.likeness(late, early)
                if late not in by_stem or likeness > by_stem[late][1]:
                    by_stem[late] = early, likeness
    return [
        _told(known[late], known[early], likeness, late in by_stem)
        for late, (early, likeness) in sorted((found | by_stem).items())
    ]


def twins(one: Question, others: Iterable[Question]) -> list[Twin]:
    """All twins of one among a few others, by comparing it with each; the most alike first."""
    stem = pattern(one.content.stem)
    long = len(stem) >= LONG_STEM and not one.content.needs_picture
    found, by_stem = [], []
    for other in others:
        alike = likeness(one.content, other.content)
        if alike >= ALIKE:
            found.append((alike, other))
        if long and not other.content.needs_picture and plain(other.content.stem) == plain(one.content.stem):
            by_stem.append((alike, other))
    told = [_told(one, other, alike, False) for alike, other in found]
    if len(by_stem) < MOST_OF_A_STEM:
        told += [_told(one, other, alike, True) for alike, other in by_stem if alike < ALIKE]
    return sorted(told, key=lambda twin: -twin.p4)


def _spelled_alike(known: Sequence[Question], group: Sequence[int], first: int) -> Iterator[tuple[int, int]]:
    """Each fresh text of the group but its first, with the earliest that is spelled alike, or else the earliest."""
    seen: dict[tuple[object, ...], int] = {}
    for text in group:
        spelled = spelling(known[text].content)
        if text >= first and seen:
            yield text, seen.get(spelled, group[0])
        seen.setdefault(spelled, text)


def _of_one_stem(known: Sequence[Question], group: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Pairs, the later first, with the same stem word for word. With another picture it may ask another thing."""
    stems: dict[str, list[int]] = {}
    for text in group:
        if not known[text].content.needs_picture:
            stems.setdefault(plain(known[text].content.stem), []).append(text)
    for those in stems.values():
        if len(those) <= MOST_OF_A_STEM:
            yield from ((late, early) for n, late in enumerate(those) for early in those[:n])


def _told(one: Question, other: Question, likeness: Fraction, by_stem: bool) -> Twin:
    return Twin(
        one.id, other.id, other.name, int(10_000 * likeness),
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
