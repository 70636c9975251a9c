"""Documents that people identify themselves with: their kinds, the numbers each can have, and how one is recognised.

A number without a stated kind is taken for one only where it can be of no other. Neighbour: `examd.bureau.roster`.
Sources: GB 11643 (citizens' numbers; since 1999 with 18 characters) and GB/T 2260 (its first two digits); the rules of
the Ministry of Public Security for travel permits and residence permits (addresses 810000, 820000, 830000), and of the
National Immigration Administration for permanent residence (15 characters; since December 2023 18, the first a 9).
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Kind(StrEnum):
    RESIDENT = "resident"
    RESIDENT_OLD = "resident-15"
    """A citizen's number of 15 digits, as given until 1999: without the century, and with no check character."""
    SETTLED = "residence-permit"
    """港澳居民居住证, 台湾居民居住证."""
    HK_MACAO = "hk-macao-permit"
    TAIWAN = "taiwan-permit"
    PERMANENT = "permanent-residence"
    PASSPORT = "passport"
    OTHER = "other"


WORDS = {
    word: kind
    for kind, words in {
        Kind.RESIDENT: "居民身份证 身份证 二代身份证 第二代居民身份证 中华人民共和国居民身份证 中国居民身份证"
        " 大陆身份证 内地居民身份证 idcard",
        Kind.SETTLED: "港澳台居民居住证 港澳居民居住证 台湾居民居住证 香港居民居住证 澳门居民居住证 港澳台居住证"
        " 中华人民共和国港澳居民居住证 中华人民共和国台湾居民居住证",
        Kind.HK_MACAO: "港澳居民来往内地通行证 港澳通行证 回乡证 港澳居民通行证 港澳居民往来内地通行证",
        Kind.TAIWAN: "台湾居民来往大陆通行证 台胞证 台湾居民通行证 台湾居民往来大陆通行证",
        Kind.PERMANENT: "外国人永久居留身份证 外国人永久居留证 永久居留身份证 外国人永居证",
        Kind.PASSPORT: "护照 中国护照 外国护照 普通护照 因私护照 因私普通护照 外籍护照 外国人护照 passport",
        Kind.OTHER: "其他 其它 其他证件 其它证件 other",
    }.items()
    for word in words.split()
}
"""What a kind is called, without spaces. 港澳通行证 is also what mainlanders travel to Hong Kong with: numbers tell."""

_PROVINCE = "1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]"
_SHAPES = {
    Kind.RESIDENT: re.compile(rf"(?:{_PROVINCE})[0-9]{{15}}[0-9X]"),
    Kind.RESIDENT_OLD: re.compile(rf"(?:{_PROVINCE})[0-9]{{13}}"),
    Kind.SETTLED: re.compile(r"8[123]0000[0-9]{11}[0-9X]"),
    Kind.HK_MACAO: re.compile(r"[HM][0-9]{8}(?:[0-9]{2})?"),
    Kind.TAIWAN: re.compile(r"[0-9]{8}|[0-9]{10}"),
    Kind.PERMANENT: re.compile(r"[A-Z]{3}[0-9]{12}|9[0-9]{16}[0-9X]"),
    Kind.PASSPORT: re.compile(r"(?=.*[0-9])[A-Z0-9]{6,12}"),
    Kind.OTHER: re.compile(r"(?=.*[0-9])[A-Z0-9]{6,32}"),
}
_CERTAIN = {
    Kind.RESIDENT: _SHAPES[Kind.RESIDENT],
    Kind.SETTLED: _SHAPES[Kind.SETTLED],
    Kind.PERMANENT: _SHAPES[Kind.PERMANENT],
    Kind.RESIDENT_OLD: _SHAPES[Kind.RESIDENT_OLD],
    Kind.HK_MACAO: re.compile(r"[HM][0-9]{10}"),
    Kind.PASSPORT: re.compile(r"[EG][0-9]{8}|E[A-HJ-NP-Z][0-9]{7}"),
}
"""Numbers that no other kind has: with 8 digits behind H a permit may be a passport."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a number is; or, where `reason` says so, why it is no number of any kind or of that one."""

    kind: Kind
    reason: str = ""


def recognised(number: str, stated: Kind | None) -> Found:
    """`number`: in capitals. `stated`: the kind that stands beside it, if any.

    Reasons: roster-id-unclear, -id-shape, -id-check, -id-rounded, -id-date.
    """
    if stated is None:
        # All 18-character numbers are made alike: a wrong character is told as such, whatever the first two digits are.
        like = next((kind for kind, shape in _CERTAIN.items() if shape.fullmatch(number)), None)
        if like is None:
            return (
                Found(Kind.RESIDENT, "roster-id-shape") if len(number) == 18 else Found(Kind.OTHER, "roster-id-unclear")
            )
        stated = like
    elif stated is Kind.RESIDENT and len(number) == 15:
        stated = Kind.RESIDENT_OLD
    if not _SHAPES[stated].fullmatch(number):
        return Found(stated, "roster-id-shape")
    if len(number) == 18 and stated in (Kind.RESIDENT, Kind.SETTLED, Kind.PERMANENT):
        if number[-1] != check_character(number):
            return Found(stated, "roster-id-rounded" if number.endswith("000") else "roster-id-check")
        if stated is not Kind.PERMANENT and not _is_date(number[6:14]):
            return Found(stated, "roster-id-date")
    if stated is Kind.RESIDENT_OLD and not _is_date("19" + number[6:12]):
        return Found(stated, "roster-id-date")
    return Found(stated)


def check_character(number: str) -> str:
    """The 18th of an ID number, from the first 17: GB 11643, which is ISO 7064 MOD 11-2."""
    state = 0
    for digit in number[:17]:
        state = (state + int(digit)) * 2 % 11
    return "0123456789X"[(1 - state) % 11]


def same_person(number: str, kind: Kind) -> str:
    """What stays the same when a document is issued anew: old citizens' numbers as they are today, permits without
    the count of issues."""
    if kind is Kind.RESIDENT_OLD:
        number = f"{number[:6]}19{number[6:]}"
        return number + check_character(number)
    issued_again = {Kind.HK_MACAO: 9, Kind.TAIWAN: 8}
    return number[: issued_again.get(kind)]


def _is_date(digits: str) -> bool:
    try:
        date.fromisoformat(digits)
    except ValueError:
        return False
    return True
