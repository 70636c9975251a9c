"""What a workbook shows for a number: 0.05 formatted 0% is 5 %, 36 formatted 0"V" is 36V. Exactly that, or nothing.

An author means what the screen shows. Where the form is one that we do not know, or hides digits that the cell holds,
there is no text that is surely meant: None, and the row is refused. Neighbour: `xlsx_look`.
"""

import re
from decimal import Decimal, InvalidOperation

BUILT_IN = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%",
    11: "0.00E+00", 12: "# ?/?", 13: "# ??/??", 48: "##0.0E+0", 37: "#,##0", 38: "#,##0",
    39: "#,##0.00", 40: "#,##0.00", 49: "@",
}  # fmt: skip
"""Codes that a workbook names by number alone, those of dates left out."""
PLAIN = frozenset(["General", "@", ""])
_GENERAL = re.compile(r"General|G/通用格式", re.I)
"""As Chinese programs write it."""
DATES = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
_LITERAL = re.compile(
    r'"([^"]*)"|\\(.)|[_*].|\[(?:Black|Blue|Cyan|Green|Magenta|Red|White|Yellow|Color ?\d+)\]'
    r"|\[\$([^\]\[-]*)(?:-(?:[0-9A-F]{1,4}|[A-Z]{2}-[A-Z]{2}))?\]",
    re.I,
)
"""Longer names of a place, as in [$-2000401], may ask for other digits than ours."""
_NUMBER = re.compile(r"([^#0?,.%\x00]*)([#0?,]*)(?:\.([0#?]+))?(%?)([^#0?,.%\x00]*)")
_SPACE = re.compile(r"[-+ ()$¥￥:]*")
_DATE = re.compile(r"[ymdhs]|AM/PM|上午", re.I)
MOST_DIGITS = 15
"""So many a workbook keeps; what stood behind them is lost."""


def is_date(code: str) -> bool:
    bare = _LITERAL.sub("", code)
    return code not in PLAIN and _DATE.search(re.sub(r"(?i)\[(?:\$[^\]]*|DBNum\d)\]", "", bare)) is not None


def general(number: float) -> str | None:
    """As it was typed: no 0.30000000000000004, no 1.2e+17."""
    if abs(number) >= 10**MOST_DIGITS:
        return None
    return str(int(number)) if number.is_integer() else format(Decimal(f"{number:.{MOST_DIGITS}g}"), "f")


def shown(value: str, code: str) -> str | None:
    try:
        number = Decimal(value)
        if not number.is_finite():
            return None
        if code in PLAIN or _GENERAL.fullmatch(code):
            return general(float(number))
        return _formatted(Decimal(f"{float(number):.{MOST_DIGITS}g}"), code)
    except (InvalidOperation, ValueError, OverflowError):
        return None


def _formatted(number: Decimal, code: str) -> str | None:
    literals: list[str] = []

    def kept(match: re.Match[str]) -> str:
        text = match[1] or match[2] or match[3] or ""
        literals.append(text)
        return "\0" if text else ""

    sections = _LITERAL.sub(kept, code).split(";")
    pattern = _GENERAL.sub("\1", sections[0])
    if (number < 0 and len(sections) > 1) or (number == 0 and len(sections) > 2):
        return None
    holes = pattern.count("\0")
    literals = [text for text in literals if text][:holes]
    if "\1" in pattern:
        return _filled(pattern, literals, number, general(abs(float(number))))
    match = _NUMBER.fullmatch(pattern.replace("\0", ""))
    if match is None or not match[2] + (match[3] or "") or not _SPACE.fullmatch(match[1] + match[5]):
        return None
    if match[2].endswith(",") or "?" in pattern or abs(number) >= 10**MOST_DIGITS:
        return None  # thousands left out, columns of fractions
    if match[4]:
        number *= 100
    decimals = match[3] or ""
    rounded = number.quantize(Decimal(1).scaleb(-len(decimals)))
    if rounded != number:
        return None
    digits, _, rest = format(abs(rounded), "f").partition(".")
    digits = digits.lstrip("0").rjust(match[2].count("0"), "0")
    if "," in match[2]:
        digits = re.sub(r"(?<=\d)(?=(?:\d{3})+$)", ",", digits)
    rest = rest[: decimals.rfind("0") + 1] + rest[decimals.rfind("0") + 1 :].rstrip("0")
    text = digits + (f".{rest}" if decimals else "") + match[4]
    middle = re.sub(r"^[^#0?]*|[^#0?,.%]*$", "", pattern)
    if "\0" in middle:
        return None  # 000"-"0000
    return _filled(pattern.replace(middle, "\1", 1), literals, rounded, text)


def _filled(pattern: str, literals: list[str], number: Decimal, digits: str | None) -> str | None:
    """The pattern with its digits at \\1 and its literals at each \\0; None where anything else steers it."""
    ahead, found, behind = pattern.partition("\1")
    if not found or digits is None or not _SPACE.fullmatch((ahead + behind).replace("\0", "")):
        return None
    fill = iter(literals)
    ahead, behind = (re.sub("\0", lambda _: next(fill, ""), part) for part in (ahead, behind))
    return ("-" if number < 0 else "") + ahead + digits + behind
