"""Release codes: 40 random digits a person reads over a telephone, and the lock they open.

Eight groups of five digits, each with its own Damm check digit, so a misheard group is named at once instead of
failing as a whole. 40 digits are 132.9 bits: nothing to guess offline even with the lock in hand.

Before: `examd.package.issue` makes two codes per package. After: `bank.seal.locks` turns a code into an identity.
"""

import secrets

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bank.refused import Denied
from bank.seal import locks

GROUPS = 8
GROUP_DIGITS = 5

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
    state = 0
    for digit in digits:
        state = int(_DAMM[state][int(digit)])
    return str(state)


def digits_of(spoken: str) -> str:
    """The 40 digits of a typed code. Raises Denied naming the first group (1-8) whose check digit disagrees."""
    digits = "".join(c for c in spoken if c not in " -\t")
    if len(digits) != GROUPS * (GROUP_DIGITS + 1) or not (digits.isascii() and digits.isdigit()):
        raise Denied("code-shape", expected=GROUPS * (GROUP_DIGITS + 1), found=len(digits))
    groups = [digits[i : i + GROUP_DIGITS + 1] for i in range(0, len(digits), GROUP_DIGITS + 1)]
    for number, group in enumerate(groups, 1):
        if check_digit(group[:-1]) != group[-1]:
            raise Denied("code-group", group=number)
    return "".join(group[:-1] for group in groups)


def code_identity(spoken: str, package_id: str, number: int) -> locks.Identity:
    """The identity that code `number` (1 opens items, 2 answer keys) of this package stands for."""
    derive = HKDF(SHA256(), 32, salt=package_id.encode(), info=f"examd/release/{number}".encode())
    return locks.Identity.from_private_bytes(derive.derive(digits_of(spoken).encode()))
