"""The number that a list of questions puts before a stem: "3、…", "（12）…", "Q：…".

It says where the question stood, not what it asks: left in place it makes two questions of one.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

_BEFORE = re.compile(
    r"\s*(?:(?:[Qq]|(?i:question)|题目|题干|问)\s*\d{0,5}\s*[:：]"
    r"|[Qq]\d{1,5}\s*[.．、)]"
    r"|(?P<open>[(（【\[])\s*(?P<round>\d{1,5})\s*[)）】\]]\s*[.．、]?"
    r"|(?P<plain>\d{1,5})\s*(?:(?P<sign>[.．、:：)）])(?!\d)|\t))\s*(?=\S)"
)
_POINTS = re.compile(r"\s*[(（\[【]\s*(?:本题|每题|共)?\s*\d{1,2}(?:\.5)?\s*分\s*[)）\]】]\s*(?=\S)")
"""What the question counts for."""
_ALONE = re.compile(r"\s*\d{1,5}\s*[.．、)）]\s*")
_LEFT = re.compile(
    r"\s*第\s*\d{1,5}\s*题|\s*[Nn][Oo]\.?\s*\d|\s*\d{1,5}(?:\s*[:：]|\s+(?:[\u4e00-\u9fff\d(（《]|[A-Z][\u4e00-\u9fff])|[.．]\d+[.．、，人名个台次号层条])"
    r"|\s*[(（]?\d{1,5}\s*(?:[、)）．]|\.(?!\d))"
)


def without(stem: str, taken: bool = False) -> str:
    """The stem without its number, where that is not `taken` off yet, and without what it counts for. Where the number
    begins a list within the stem (1. … 2. …), it stays.
    """
    rest = stem if taken else _unnumbered(stem)
    points = _POINTS.match(rest)
    if points is None:
        return rest
    return rest[points.end() :] if taken else _unnumbered(rest[points.end() :])


def _unnumbered(stem: str) -> str:
    match = _BEFORE.match(stem)
    if match is None:
        return "" if _ALONE.fullmatch(stem) else stem
    number = match["plain"] or match["round"]
    rest = stem[match.end() :]
    if number is not None:
        following = str(int(number) + 1)
        sign = r"[.．、:：)）]" if match["plain"] else r"[)）】\]]"
        if re.search(rf"(?<!\d){following}\s*{sign}(?!\d)", rest):
            return stem
    return rest


def left(stem: str) -> bool:
    """Whether a number still stands before the stem that may be the question's own."""
    return _LEFT.match(stem) is not None


_MEASURE = r"[个名台次号层条人年月日天时分秒种类级项章节步位座相千伏瓦安米吨度岁周倍根只块批组℃%A-Za-z]"
_COUNTS = re.compile(
    r"\s*(?:第\s*(\d{1,5})\s*题|(?:[Nn][Oo]\.?\s*|[Qq]\s*|[(（\[【]\s*)?(\d{1,5})(?!\d)\s*题?)"
    rf"(?:\s*[.．、:：)）\]】]|\s|(?!{_MEASURE}))\s*(?=\S)"
)
"""第1题 counts; 第1个电工 and 2个电工 say which or how many."""
_ENOUGH = 3
"""So many stems that are counted one by one are no chance."""


def counted(stems: Sequence[str], rows: Sequence[int], codes: Sequence[str], taken: Sequence[str]) -> dict[int, str]:
    """Of the stems of one list that still begin with a number, in whatever sign or none: which, and their rest, where
    the list as a whole shows that it counts its questions (12 甲, 13 乙, 14 丙; No.4 beside 序号 4).

    `taken`: what was taken off before each stem already.
    """
    numbers: dict[int, int] = {}
    found: dict[int, re.Match[str]] = {}
    for n, (stem, before) in enumerate(zip(stems, taken, strict=True)):
        match = re.search(r"\d+", before) if before else _COUNTS.match(stem)
        if match is not None:
            numbers[n] = int(match[0] if before else match[1] or match[2])
            if not before:
                found[n] = match
    if len(numbers) * 10 < len(stems) * 9 or not found:
        return {}
    places = list(numbers)
    following = {(m, n) for m, n in pairwise(places) if numbers[n] - numbers[m] in (1, rows[n] - rows[m])}
    coded = {n for n, number in numbers.items() if codes[n] == str(number)}
    runs = len(places) >= _ENOUGH and len(following) * 5 >= (len(places) - 1) * 4
    if not runs and (len(coded) < 2 or len(coded) * 10 < len(places) * 9):
        return {}
    sure = {n for pair in following for n in pair} | coded
    return {n: match.string[match.end() :] for n, match in found.items() if n in sure}
