"""What a parsed JSON value must look like before any check touches it.

A shape is a function (value, path, wrong) that appends (path, what was expected) to `wrong`. Checks work on values
that passed, so hostile input becomes a finding with its place instead of a traceback.
"""

import re
from collections.abc import Callable, Collection
from typing import Any

Wrong = list[tuple[str, str]]
Shape = Callable[[Any, str, Wrong], None]


def wrongs(shape: Shape, value: Any) -> Wrong:
    """What of `value` is not as `shape` says: (path, what was expected)."""
    wrong: Wrong = []
    shape(value, "", wrong)
    return wrong


def integer(low: int, high: int = 2**53 - 1) -> Shape:
    def check(value: Any, path: str, wrong: Wrong) -> None:
        if type(value) is not int or not low <= value <= high:  # a bool is an int to isinstance
            wrong.append((path, f"integer {low}…" if high == 2**53 - 1 else f"integer {low}…{high}"))

    return check


def text(value: Any, path: str, wrong: Wrong) -> None:
    if type(value) is not str:
        wrong.append((path, "string"))


def boolean(value: Any, path: str, wrong: Wrong) -> None:
    if type(value) is not bool:
        wrong.append((path, "boolean"))


def anything(value: Any, path: str, wrong: Wrong) -> None:
    return None


def pattern(expression: str, name: str) -> Shape:
    """A shape: a string that `expression` matches whole; `name` is what is told to be expected."""
    match = re.compile(expression, re.ASCII).fullmatch

    def check(value: Any, path: str, wrong: Wrong) -> None:
        if type(value) is not str or match(value) is None:
            wrong.append((path, name))

    return check


def hexadecimal(bytes_: int) -> Shape:
    return pattern(rf"[0-9a-f]{{{2 * bytes_}}}", f"{2 * bytes_} hex digits")


def one_of(*allowed: Any) -> Shape:
    def check(value: Any, path: str, wrong: Wrong) -> None:
        if not any(value == choice and type(value) is type(choice) for choice in allowed):
            wrong.append((path, "|".join(map(str, allowed))))

    return check


def list_of(shape: Shape, least: int = 0) -> Shape:
    def check(value: Any, path: str, wrong: Wrong) -> None:
        if type(value) is not list or len(value) < least:
            wrong.append((path, f"list of {least}…" if least else "list"))
            return
        for i, inner in enumerate(value):
            shape(inner, f"{path}[{i}]", wrong)

    return check


def map_of(shape: Shape) -> Shape:
    def check(value: Any, path: str, wrong: Wrong) -> None:
        if type(value) is not dict:
            wrong.append((path, "object"))
            return
        for name, inner in value.items():
            shape(inner, f"{path}.{name}", wrong)

    return check


def record(fields: dict[str, Shape], optional: Collection[str] = ()) -> Shape:
    """Exactly these fields: a field the format does not know could hide what a reader elsewhere obeys."""
    needed = fields.keys() - set(optional)

    def check(value: Any, path: str, wrong: Wrong) -> None:
        if type(value) is not dict:
            wrong.append((path, "object"))
            return
        for name in sorted(needed - value.keys()):
            wrong.append((f"{path}.{name}", "present"))
        for name in sorted(value.keys() - fields.keys()):
            wrong.append((f"{path}.{name}", "no such field"))
        for name, shape in fields.items():
            if name in value:
                shape(value[name], f"{path}.{name}", wrong)

    return check


def maybe(shape: Shape) -> Shape:
    def check(value: Any, path: str, wrong: Wrong) -> None:
        if value is not None:
            shape(value, path, wrong)

    return check
