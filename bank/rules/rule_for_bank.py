"""A rule for a bank that nobody wrote one for.

Before: `bank.composing.pool.tally` counts. After: `bank.rules.rule`, like any other rule.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from bank.content import ItemType
from bank.refused import Denied
from bank.rules.parts import ANY
from bank.rules.rule import Rule


def propose(
    counts: Mapping[tuple[str, str, str], int],
    name: str,
    *,
    id: str = "DEMO",  # noqa: A002 - the word of the rule
    pool_multiple: int = 3,
    subjects: Sequence[str] = (),
) -> Rule:
    """A demonstration rule for a bank nobody wrote a rule for: `counts` holds items by (type, chapter, level), the
    chapter as a rule of these subjects calls it (`Rule.chapter_of`).

    Cells are type × top-level chapter, sharing the form in proportion to what the bank has, by largest remainder and
    never more than the bank can fill `pool_multiple` times. As many items as divide 100 points evenly; 80 to pass.

    Raises Denied: when the bank is too small.
    """
    bank = Counter[tuple[ItemType, str]]()
    chapterless = any(not chapter for _, chapter, _ in counts)
    for (type_, chapter, _), count in counts.items():
        bank[ItemType(type_), ANY if chapterless else chapter.split(".")[0]] += count
    room = {cell: count // pool_multiple for cell, count in sorted(bank.items())}
    items = next((n for n in (100, 50, 25, 20, 10, 5, 4, 2, 1) if n <= sum(room.values())), None)
    if items is None:
        raise Denied("bank-too-small", needed=pool_multiple, available=sum(bank.values()))
    points = 100 // items
    taken = {cell: count for cell, count in _apportion(items, room).items() if count}
    types, chapters = Counter[str](), Counter[str]()
    for (type_, chapter), count in taken.items():
        types[type_] += count
        chapters[chapter] += count * points
    record: dict[str, Any] = {
        "id": id,
        "version": 1,
        "name": name,
        "source": "演练",
        "effective_from": "2000-01-01",
        "grading": "site",
        "minutes": 120,
        "total_points": 100,
        "pass_points": 80,
        "pool": {"multiple": pool_multiple},
        "types": {str(type_): {"count": count, "points": points} for type_, count in types.items()},
        "chapters": {code: {"name": code, "points": total} for code, total in chapters.items()},
        "levels": {ANY: 100},
        "cells": [
            {"type": str(type_), "chapter": chapter, "count": count, "points": points}
            for (type_, chapter), count in taken.items()
        ],
    }
    if subjects:
        record["subjects"] = list(subjects)
    return Rule.from_json(record)


def _apportion(seats: int, room: Mapping[tuple[ItemType, str], int]) -> dict[tuple[ItemType, str], int]:
    """`seats` in proportion to `room`, by largest remainder; a share never exceeds its room, since seats ≤ Σ room."""
    total = sum(room.values())
    shares = {cell: seats * size // total for cell, size in room.items()}
    by_remainder = sorted(room, key=lambda cell: -(seats * room[cell] % total))
    for cell in by_remainder[: seats - sum(shares.values())]:
        shares[cell] += 1
    return shares
