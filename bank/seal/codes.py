"""What is read over a telephone: release codes with the lock they open, and the digests that codes are asked with.

A code is 40 random digits: eight groups of five, each with its own Damm check digit, so a misheard group is named at
once instead of failing as a whole. 40 digits are 132.9 bits: nothing to guess offline even with the lock in hand.
A root is 64 hexadecimal digits: eight groups of eight, each with a check digit of its own, which knows its place too.
Of a digest that is only compared, the first 128 bits are read out: four such groups, whose check digits know what they
are of. Whoever wants two statements with the same 128 bits has to try some 2^64 of them, and for a second one to a
statement that is already told, 2^128.

Before: `examd.package.issue` makes two codes per package. After: `bank.seal.locks` turns a code into an identity.
"""

import secrets
import unicodedata
from enum import Enum

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bank.refused import Denied
from bank.seal import locks

GROUPS = 8
GROUP_DIGITS = 5
ROOT_DIGITS, ROOT_GROUP_DIGITS = 64, 8
SHORT_DIGITS = 32


class Short(Enum):
    """What the first 128 bits of a digest are read out of."""

    CLOSING = "closing"
    """The closing checkpoint with its two signatures: code 2 is asked with it."""
    ROOM = "room"
    """The room's commitment to its share of the seed: code 1 is asked with it."""
    HEAD = "head"
    """The root of the bureau's release ledger."""


_FIRST_GROUP = {Short.CLOSING: 1, Short.ROOM: 5, Short.HEAD: 9}
"""The number that the check digit of the first group knows: groups of one kind are none of another."""


# Damm 2004: the totally anti-symmetric quasigroup of order 10 printed in the dissertation; catches every single
# wrong digit and every swap of two neighbours.
_DAMM = (
    "0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
    "3674209581", "5869720134", "8945362017", "9438617205", "2581436790",
)  # fmt: skip


def new_code() -> str:
    """A fresh code as it is spoken: eight groups of six digits."""
    groups = ("".join(secrets.choice("0123456789") for _ in range(GROUP_DIGITS)) for _ in range(GROUPS))
    return " ".join(group + check_digit(group) for group in groups)


def check_digit(digits: str) -> str:
    """The last character of a code, from those before it."""
    state = 0
    for digit in digits:
        state = int(_DAMM[state][int(digit)])
    return str(state)


def digits_of(spoken: str) -> str:
    """The 40 digits of a typed code. Raises Denied naming the first group (1-8) whose check digit disagrees."""
    groups = groups_of(spoken)
    if len(groups) != GROUPS:
        raise Denied("code-shape", expected=GROUPS * (GROUP_DIGITS + 1), found=len(_plain(spoken)))
    return "".join(group[:-1] for group in groups)


def groups_of(spoken: str, first: int = 1) -> list[str]:
    """Group `first` and those after it, as far as they were typed, each with its check digit. Raises Denied."""
    digits, size = _plain(spoken), GROUP_DIGITS + 1
    most = (GROUPS + 1 - first) * size
    if not digits or len(digits) > most or len(digits) % size or not (digits.isascii() and digits.isdigit()):
        raise Denied("code-shape", expected=most, found=len(digits))
    groups = _split(digits, size)
    for number, group in enumerate(groups, first):
        if check_digit(group[:-1]) != group[-1]:
            raise Denied("code-group", group=number)
    return groups


def spoken_root(root: str) -> str:
    """A closing root (64 hexadecimal digits) as it is spoken: eight groups of eight digits and a check digit."""
    return _grouped(root, 1)


def root_of(spoken: str) -> str:
    """The root of what `spoken_root` gave. Raises Denied naming the first group (1-8) that is wrong or out of place."""
    expected = ROOT_DIGITS // ROOT_GROUP_DIGITS * (ROOT_GROUP_DIGITS + 1)
    if (digits := _hexadecimal(spoken, expected)) is None:
        raise Denied("root-shape", expected=expected, found=len(_plain(spoken)))
    if wrong := _wrong_group(digits, 1):
        raise Denied("root-group", group=wrong)
    return _without_checks(digits)


def short(digest: str) -> str:
    """What is read out of a digest (hex): its first 128 bits."""
    return digest[:SHORT_DIGITS]


def spoken_short(digest: str, what: Short) -> str:
    """The first 128 bits of a digest (hex) as they are spoken: four groups of eight digits and a check digit."""
    return _grouped(short(digest), _FIRST_GROUP[what])


def short_of(spoken: str, what: Short) -> str:
    """The 32 hexadecimal digits of what `spoken_short` gave. Raises Denied naming the first group (1-4) that is wrong,
    or what these are the groups of."""
    expected = SHORT_DIGITS // ROOT_GROUP_DIGITS * (ROOT_GROUP_DIGITS + 1)
    if (digits := _hexadecimal(spoken, expected)) is None:
        raise Denied("short-shape", spoken=what.value, expected=expected, found=len(_plain(spoken)))
    if wrong := _wrong_group(digits, _FIRST_GROUP[what]):
        for other, first in _FIRST_GROUP.items():
            if not _wrong_group(digits, first):
                raise Denied("short-of-another", spoken=what.value, other=other.value)
        raise Denied("short-group", spoken=what.value, group=wrong)
    return _without_checks(digits)


def _grouped(digits: str, first: int) -> str:
    groups = (digits[i : i + ROOT_GROUP_DIGITS] for i in range(0, len(digits), ROOT_GROUP_DIGITS))
    return " ".join(group + root_check_digit(group, number) for number, group in enumerate(groups, first))


def _hexadecimal(spoken: str, expected: int) -> str | None:
    digits = _plain(spoken).lower()
    return digits if len(digits) == expected and all(digit in "0123456789abcdef" for digit in digits) else None


def _wrong_group(digits: str, first: int) -> int:
    """The first group, counted from 1, whose check digit disagrees; 0 where all agree."""
    size = ROOT_GROUP_DIGITS + 1
    for place, group in enumerate(_split(digits, size)):
        if root_check_digit(group[:-1], first + place) != group[-1]:
            return place + 1
    return 0


def _without_checks(digits: str) -> str:
    return "".join(group[:-1] for group in _split(digits, ROOT_GROUP_DIGITS + 1))


def _split(digits: str, size: int) -> list[str]:
    return [digits[i : i + size] for i in range(0, len(digits), size)]


def root_check_digit(group: str, number: int) -> str:
    """Damm's construction over GF(16), begun with the group's number (1-12): state ← 2·(state + digit).

    As 2 and 2 + 1 are invertible there, every wrong digit, every swap of neighbours and every group in another
    group's place is found out.
    """
    state = number
    for digit in group:
        state = (state ^ int(digit, 16)) << 1
        state = state ^ 0b10011 if state & 16 else state
    return f"{state:x}"


def _plain(spoken: str) -> str:
    """Without what people put between groups; full-width digits, which a Chinese keyboard gives, as the plain ones."""
    return "".join(c for c in unicodedata.normalize("NFKC", spoken) if not c.isspace() and c not in "-–—")


def code_identity(spoken: str, package_id: str, number: int) -> locks.Identity:
    """The identity that code `number` (1 opens items, 2 answer keys) of this package stands for."""
    derive = HKDF(SHA256(), 32, salt=package_id.encode(), info=f"examd/release/{number}".encode())
    return locks.Identity.from_private_bytes(derive.derive(digits_of(spoken).encode()))
