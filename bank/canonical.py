"""One value, one sequence of bytes: RFC 8785 canonical JSON, narrowed to what hashes the same everywhere.

Only objects with string keys, lists, strings, booleans, null and integers within ±(2^53 - 1) pass. Floats are
refused: their printed form is where two languages would disagree. Used wherever bytes are hashed or signed:
pool leaves, rules, forms, manifests, record entries.
"""

import hashlib
from typing import Any

import msgspec

SPOKEN_DIGITS, SPOKEN_GROUP = 20, 5

MAX_INTEGER = 2**53 - 1  # RFC 8785 §3.2.2.3: beyond this, readers that keep numbers as doubles differ

_by_name, _as_given = msgspec.json.Encoder(order="deterministic"), msgspec.json.Encoder()


def canonical(value: Any) -> bytes:
    """The one encoding of `value`. Raises TypeError or ValueError for anything outside the narrow set."""
    # A lone surrogate has no UTF-8 form: UnicodeEncodeError is a ValueError.
    return _by_name.encode(value) if _passes(value) else _as_given.encode(_in_order(value))


def digest(value: Any) -> str:
    """SHA-256 of the canonical bytes, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical(value)).hexdigest()


def _passes(value: Any) -> bool:
    """Refuses what may not pass; whether all keys are ASCII, and so in the same order however they are compared.

    Texts, most of what there is, are not looked at: an import comes here 80,000 times."""
    ascii_keys = True
    if isinstance(value, dict):
        try:
            ascii_keys = "".join(value).isascii()
        except TypeError:
            raise TypeError("object keys must be strings") from None
        value = value.values()
    elif isinstance(value, (list, tuple)):
        pass
    elif value is None or isinstance(value, (str, bool)):
        return True
    elif not isinstance(value, int):
        raise TypeError(f"{type(value).__name__} has no canonical form")
    elif abs(value) > MAX_INTEGER:
        raise ValueError("integer outside ±(2^53 - 1)")
    else:
        return True
    for each in value:
        if type(each) is not str:
            ascii_keys &= _passes(each)
    return ascii_keys


def _in_order(value: Any) -> Any:
    """UTF-16 order is what RFC 8785 §3.2.3 sorts by; it differs from code-point order beyond the BMP."""
    if isinstance(value, dict):
        return {key: _in_order(value[key]) for key in sorted(value, key=_utf_16)}
    return [_in_order(each) for each in value] if isinstance(value, (list, tuple)) else value


def _utf_16(key: str) -> bytes:
    return str.encode(key, "utf-16-be")


def spoken(sha256: str) -> str:
    """A digest as twenty digits in groups of five: to be read out and compared (66 bits), not to be computed with."""
    digits = f"{int(sha256, 16) % 10**SPOKEN_DIGITS:0{SPOKEN_DIGITS}d}"
    return " ".join(digits[at : at + SPOKEN_GROUP] for at in range(0, SPOKEN_DIGITS, SPOKEN_GROUP))
