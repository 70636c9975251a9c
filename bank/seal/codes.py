"""What is read over a telephone: release codes with the lock they open, and the closing root that code 2 is asked with.

A code is 40 random digits: eight groups of five, each with its own Damm check digit, so a misheard group is named at
once instead of failing as a whole. 40 digits are 132.9 bits: nothing to guess offline even with the lock in hand.
A root is 64 hexadecimal digits: eight groups of eight, each with a check digit of its own, which knows its place too.

Before: `examd.package.issue` makes two codes per package. After: `bank.seal.locks` turns a code into an identity.
"""

import secrets
import unicodedata

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bank.refused import Denied
from bank.seal import locks

GROUPS = 8
GROUP_DIGITS = 5
ROOT_DIGITS, ROOT_GROUP_DIGITS = 64, 8

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
    groups = [digits[i : i + size] for i in range(0, len(digits), size)]
    for number, group in enumerate(groups, first):
        if check_digit(group[:-1]) != group[-1]:
            raise Denied("code-group", group=number)
    return groups


def spoken_root(root: str) -> str:
    """A closing root (64 hexadecimal digits) as it is spoken: eight groups of eight digits and a check digit."""
    groups = (root[i : i + ROOT_GROUP_DIGITS] for i in range(0, ROOT_DIGITS, ROOT_GROUP_DIGITS))
    return " ".join(group + root_check_digit(group, number) for number, group in enumerate(groups, 1))


def root_of(spoken: str) -> str:
    """The root of what `spoken_root` gave. Raises Denied naming the first group (1-8) that is wrong or out of place."""
    digits, size = _plain(spoken).lower(), ROOT_GROUP_DIGITS + 1
    expected = ROOT_DIGITS // ROOT_GROUP_DIGITS * size
    if len(digits) != expected or not all(digit in "0123456789abcdef" for digit in digits):
        raise Denied("root-shape", expected=expected, found=len(digits))
    groups = [digits[i : i + size] for i in range(0, expected, size)]
    for number, group in enumerate(groups, 1):
        if root_check_digit(group[:-1], number) != group[-1]:
            raise Denied("root-group", group=number)
    return "".join(group[:-1] for group in groups)


def root_check_digit(group: str, number: int) -> str:
    """Damm's construction over GF(16), begun with the group's number (1-8): state ← 2·(state + digit).

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
