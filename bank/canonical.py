"""One value, one sequence of bytes: RFC 8785 canonical JSON, narrowed to what hashes the same everywhere.

Only objects with string keys, lists, strings, booleans, null and integers within ±(2^53 - 1) pass. Floats are
refused: their printed form is where two languages would disagree. Used wherever bytes are hashed or signed:
pool leaves, rules, forms, manifests, record entries.
"""

import hashlib
from json.encoder import encode_basestring as _string
from typing import Any

SPOKEN_DIGITS, SPOKEN_GROUP = 20, 5

MAX_INTEGER = 2**53 - 1  # RFC 8785 §3.2.2.3: beyond this, readers that keep numbers as doubles differ


def canonical(value: Any) -> bytes:
    """The one encoding of `value`. Raises TypeError or ValueError for anything outside the narrow set."""
    # A lone surrogate has no UTF-8 form: UnicodeEncodeError is a ValueError.
    return _written(value).encode()


def digest(value: Any) -> str:
    """SHA-256 of the canonical bytes, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical(value)).hexdigest()


def _written(value: Any) -> str:
    """In one walk, since an import takes it 100,000 times: what may not pass is refused, keys are brought into order.
    Texts, most of what there is, are not asked twice."""
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, dict):
        try:
            # UTF-16 order is what RFC 8785 §3.2.3 sorts by; it differs from code-point order beyond the BMP.
            keys = sorted(value) if all(map(str.isascii, value)) else sorted(value, key=_utf_16)
        except TypeError:
            raise TypeError("object keys must be strings") from None
        parts = [
            f"{_string(key)}:{_string(each) if type(each := value[key]) is str else _written(each)}" for key in keys
        ]
        return "{" + ",".join(parts) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join([_string(each) if type(each) is str else _written(each) for each in value]) + "]"
    if value is None or isinstance(value, bool):
        return "null" if value is None else "true" if value else "false"
    if not isinstance(value, int):
        raise TypeError(f"{type(value).__name__} has no canonical form")
    if abs(value) > MAX_INTEGER:
        raise ValueError("integer outside ±(2^53 - 1)")
    return int.__repr__(value)


def _utf_16(key: str) -> bytes:
    return str.encode(key, "utf-16-be")


def spoken(sha256: str) -> str:
    """A digest as twenty digits in groups of five: to be read out and compared (66 bits), not to be computed with."""
    digits = f"{int(sha256, 16) % 10**SPOKEN_DIGITS:0{SPOKEN_DIGITS}d}"
    return " ".join(digits[at : at + SPOKEN_GROUP] for at in range(0, SPOKEN_DIGITS, SPOKEN_GROUP))
