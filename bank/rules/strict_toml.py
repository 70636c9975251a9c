"""Strict reading of one table of a rule: every field known, of its type, within its bounds, or a refusal that names it.

The same reader takes a TOML table and the canonical JSON object it became, so both pass the same checks.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from bank.refused import BadFile

E = TypeVar("E", bound=StrEnum)

_DECIMAL = re.compile(r"(\d{1,6})(?:\.(\d{1,4}))?")
_UNQUOTED = re.compile(r"""\s*([\w.-]+)\s*=\s*[^\s"'\[{\d+-]""")
"""A word behind the sign of equality, or one in quotation marks of print."""
_REQUIRED: Any = object()


def read_toml(text: bytes) -> dict[str, Any]:
    """A rule's file, or what stands in for one, as plain values. Raises BadFile: when it is not TOML in UTF-8."""
    try:
        return tomllib.loads(text.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BadFile("rule-not-utf8", byte=error.start) from None
    except tomllib.TOMLDecodeError as error:
        # The place; the parser's own words are English and speak of its grammar.
        found = re.search(r"line (\d+), column (\d+)", str(error))
        line, column = found.groups() if found else (text.count(b"\n") + 1, 1)
        if (unquoted := _UNQUOTED.match(text.decode("utf-8-sig").split("\n")[int(line) - 1])) is not None:
            raise BadFile("rule-not-quoted", line=int(line), name=unquoted[1]) from None
        raise BadFile("rule-not-toml", line=int(line), column=int(column), detail=str(error)) from None
    except (RecursionError, ValueError):  # tables ten thousand deep, a number of five thousand digits
        raise BadFile("rule-too-large") from None


class StrictTable:
    """`where` is the dotted path that a refusal shows, e.g. "cells[3]"."""

    def __init__(self, data: Any, where: str = "") -> None:
        if not isinstance(data, Mapping):
            raise BadFile("rule-not-table", field=where or "(rule)")
        self._data = data
        self._where = where
        self._read: set[str] = set()

    def path(self, name: str) -> str:
        return f"{self._where}.{name}" if self._where else name

    def names(self) -> Iterator[str]:
        """The fields' names, for tables whose names are data; a name must be a non-empty line of text.

        Raises BadFile: when one is not.
        """
        for name in self._data:
            if not _is_line(name):
                raise BadFile("rule-not-line", field=self._where)
            yield name

    def has(self, name: str) -> bool:
        return name in self._data

    def _get(self, name: str, default: Any) -> Any:
        self._read.add(name)
        value = self._data.get(name, default)
        if value is _REQUIRED:
            raise BadFile("rule-missing-field", field=self.path(name))
        return value

    def line(self, name: str, default: str = _REQUIRED) -> str:
        """A field of text on one line. Raises BadFile: when it is not."""
        value = self._get(name, default)
        if value is not default and not _is_line(value):
            raise BadFile("rule-not-line", field=self.path(name))
        return str(value)

    def integer(self, name: str, low: int, high: int, default: int = _REQUIRED) -> int:
        """A whole number of low to high. Raises BadFile: when it is not."""
        value = self._get(name, default)
        if not isinstance(value, int) or isinstance(value, bool):  # points as 0.5 would make marks that do not add up
            raise BadFile("rule-not-integer", field=self.path(name))
        if not low <= value <= high:
            raise BadFile("rule-out-of-range", field=self.path(name), found=value, low=low, high=high)
        return value

    def flag(self, name: str, default: bool = _REQUIRED) -> bool:
        """True or false. Raises BadFile: when it is neither."""
        value = self._get(name, default)
        if not isinstance(value, bool):
            raise BadFile("rule-not-flag", field=self.path(name))
        return value

    def ten_thousandths(self, name: str, default: str = _REQUIRED) -> int:
        """A decimal written as a string, times 10⁴: a float would differ between languages, and so would the hash.

        Raises BadFile: when it is none.
        """
        value = self._get(name, default)
        match = _DECIMAL.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            raise BadFile("rule-not-decimal", field=self.path(name))
        return int(match[1]) * 10_000 + int((match[2] or "").ljust(4, "0"))

    def day(self, name: str) -> date:
        """A date, as TOML or as ISO text. Raises BadFile: when it is none."""
        value = self._get(name, _REQUIRED)
        if type(value) is date:
            return value
        try:
            return date.fromisoformat(value)
        except (TypeError, ValueError):
            raise BadFile("rule-not-date", field=self.path(name)) from None

    def one_of(self, name: str, kind: type[E], default: E = _REQUIRED) -> E:
        return choose(self._get(name, default), kind, self.path(name))

    def table(self, name: str, default: Mapping[str, Any] = _REQUIRED) -> "StrictTable":
        return StrictTable(self._get(name, default), self.path(name))

    def sequence(self, name: str, default: list[Any] = _REQUIRED) -> list[Any]:
        """A list. Raises BadFile: when it is none."""
        value = self._get(name, default)
        if not isinstance(value, list):
            raise BadFile("rule-not-list", field=self.path(name))
        return value

    def finish(self) -> None:
        """A misspelt field must not be silently without effect.

        Raises BadFile: when there is a field that was not asked for.
        """
        for name in self._data:
            if name not in self._read:
                raise BadFile("rule-unknown-field", field=self.path(name), known=sorted(self._read))


def choose(value: Any, kind: type[E], field: str) -> E:
    """The member with this value. Raises BadFile: when there is none."""
    try:
        return kind(value)
    except ValueError:
        allowed = ", ".join(kind)
        raise BadFile("rule-not-one-of", field=field, found=str(value)[:40], allowed=allowed) from None


def decimal(value: int) -> str:
    """The shortest decimal of a number of ten-thousandths: the inverse of `StrictTable.ten_thousandths`."""
    return f"{value // 10_000}.{value % 10_000:04d}".rstrip("0").rstrip(".")


def _is_line(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 200 and value.isprintable() and value == value.strip()
