"""The number that a list of questions puts before a stem: "3、…", "（12）…", "Q：…".

It says where the question stood, not what it asks: left in place it makes two questions of one.
"""

import re

_BEFORE = re.compile(
    r"\s*(?:(?:[Qq]|(?i:question)|题目|题干|问)\s*\d{0,5}\s*[:：]"
    r"|[Qq]\d{1,5}\s*[.．、)]"
    r"|(?P<open>[(（【\[])\s*(?P<round>\d{1,5})\s*[)）】\]]\s*[.．、]?"
    r"|(?P<plain>\d{1,5})\s*(?:(?P<sign>[.．、:：)）])(?!\d)|\t))\s*(?=\S)"
)
_ALONE = re.compile(r"\s*\d{1,5}\s*[.．、)）]\s*")
_LEFT = re.compile(r"\s*第\s*\d{1,5}\s*题\s*[:：.．、]|\s*[(（]?\d{1,5}\s*(?:[、)）]|[.．](?!\d))")


def without(stem: str) -> str:
    """The stem without its number. Where it begins a list within the stem (1. … 2. …), it stays."""
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
