"""Canonical JSON as docs/formats.md §1 fixes it: read strictly, written one way only.

`parse` refuses what two readers could understand differently (floats, numbers past 2⁵³ − 1, lone surrogates);
`encode` gives the RFC 8785 bytes. A record is canonical when `encode(parse(record)) == record`, which also
catches doubled names, spaces and `-0`.
"""

import json
from typing import Any, NoReturn

LARGEST = 2**53 - 1
_ASTRAL = 0x10000


class NotJson(ValueError):  # noqa: N818 - named for what the bytes are
    """The bytes are not JSON of the narrowed kind."""


def parse(data: bytes) -> Any:
    """JSON as a value. Raises NotJson: two readers could understand it differently."""
    try:
        return json.loads(data.decode(), parse_int=_integer, parse_float=_refuse, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:  # a bomb of brackets ends here, too
        raise NotJson(type(error).__name__) from None


def encode(value: Any) -> bytes:
    """The one canonical form. Raises NotJson: the value has none."""
    try:
        if _has_astral_name(value):
            value = _in_utf16_order(value)
            return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    except (ValueError, RecursionError) as error:  # UnicodeEncodeError: a lone surrogate has no UTF-8
        raise NotJson(type(error).__name__) from None


def read(data: bytes) -> tuple[Any, bool]:
    """The value, and whether `data` were its canonical bytes."""
    value = parse(data)
    return value, encode(value) == data


def _integer(digits: str) -> int:
    if len(digits) > 17 or abs(int(digits)) > LARGEST:
        raise NotJson("integer past 2^53 - 1")
    return int(digits)


def _refuse(text: str) -> NoReturn:
    raise NotJson(f"not an integer: {text[:20]}")


def _has_astral_name(value: Any) -> bool:
    """RFC 8785 sorts names by UTF-16 units, Python by code points: they differ only past U+FFFF."""
    if isinstance(value, dict):
        return any(max(map(ord, name), default=0) >= _ASTRAL for name in value) or any(
            _has_astral_name(inner) for inner in value.values() if isinstance(inner, dict | list)
        )
    if isinstance(value, list):
        return any(_has_astral_name(inner) for inner in value if isinstance(inner, dict | list))
    return False


def _in_utf16_order(value: Any) -> Any:
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
        return {name: _in_utf16_order(value[name]) for name in names}
    if isinstance(value, list):
        return [_in_utf16_order(inner) for inner in value]
    return value
