"""One value, one sequence of bytes: RFC 8785 canonical JSON, narrowed to what hashes the same everywhere.

Only objects with string keys, lists, strings, booleans, null and integers within ±(2^53 - 1) pass. Floats are
refused: their printed form is where two languages would disagree. Used wherever bytes are hashed or signed:
pool leaves, rules, forms, manifests, record entries.
"""

import hashlib
import json
from typing import Any

MAX_INTEGER = 2**53 - 1  # RFC 8785 §3.2.2.3: beyond this, readers that keep numbers as doubles differ


def canonical(value: Any) -> bytes:
    """The one encoding of `value`. Raises TypeError or ValueError for anything outside the narrow set."""
    _check(value)
    # UTF-16 order is what RFC 8785 §3.2.3 sorts by; it differs from code-point order beyond the BMP.
    return json.dumps(_sorted(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def digest(value: Any) -> str:
    """SHA-256 of the canonical bytes, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical(value)).hexdigest()


def _check(value: Any) -> None:
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, int):
        if abs(value) > MAX_INTEGER:
            raise ValueError("integer outside ±(2^53 - 1)")
    elif isinstance(value, str):
        value.encode()  # a lone surrogate has no UTF-8 form: UnicodeEncodeError is a ValueError
    elif isinstance(value, (list, tuple)):
        for element in value:
            _check(element)
    elif isinstance(value, dict):
        for key, element in value.items():
            if not isinstance(key, str):
                raise TypeError("object keys must be strings")
            _check(key)
            _check(element)
    else:
        raise TypeError(f"{type(value).__name__} has no canonical form")


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value, key=lambda k: k.encode("utf-16-be"))}
    if isinstance(value, (list, tuple)):
        return [_sorted(element) for element in value]
    return value
