"""From margins to cells: a proposal by controlled rounding, which people read, change and sign.

Written are the margins by type, chapter and level; a table that meets them all exactly, and lies as near as whole
numbers can to shares in proportion, is found with HiGHS. Where the bank is known, no cell asks for more than it holds
`pool.multiple` times. Where no such table exists, that is said: margins are never changed.

Before: a rule file without cells. After: `bank.blueprint.parse` checks what came of it as any other rule.
"""

import tomllib
from collections.abc import Mapping
from typing import Any

from bank.blueprint import ANY, CASE, Blueprint, within
from bank.optimiser import Model
from bank.refused import BadFile, Denied


def propose_cells(text: bytes, held: Mapping[tuple[str, str, str], int] | None = None) -> Blueprint:
    """The rule of a file of margins (a rule without `cells`). `held`: units by type, chapter and level in the bank."""
    try:
        rule: dict[str, Any] = tomllib.loads(text.decode("utf-8-sig"))
        if "cells" in rule:
            raise Denied("margins-with-cells")
        types: dict[str, tuple[int, int]] = {
            name: (margin["count"], margin["points"]) for name, margin in rule["types"].items()
        }
        chapters: dict[str, int] = {code: margin["points"] for code, margin in rule["chapters"].items()}
        levels: dict[str, int] = dict(rule["levels"])
        sums = [sum(n * points for n, points in types.values()), sum(chapters.values()), sum(levels.values())]
        multiple = int(rule.get("pool", {}).get("multiple", 1))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadFile("rule-not-toml", detail=str(error)) from None
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise BadFile("margins-malformed", detail=str(error)) from None
    if CASE.value in types:
        raise Denied("margins-with-cases")
    for name, found in zip(("types", "chapters", "levels"), sums, strict=True):
        if found != rule.get("total_points"):
            raise BadFile("margins-differ", margin=name, stated=rule.get("total_points"), found=found)
    counts = _rounded(types, chapters, levels, _room(types, chapters, levels, held, multiple))
    cells = [
        {"type": type_, "chapter": chapter, "level": level, "count": count, "points": types[type_][1]}
        for (type_, chapter, level), count in counts.items()
        if count
    ]
    return Blueprint.from_record(rule | {"cells": cells})


Key = tuple[str, str, str]


def _room(
    types: Mapping[str, tuple[int, int]],
    chapters: Mapping[str, int],
    levels: Mapping[str, int],
    held: Mapping[Key, int] | None,
    multiple: int,
) -> dict[Key, int]:
    room = {}
    for key in ((t, c, level) for t in types for c in chapters for level in levels):
        type_, chapter, level = key
        most = types[type_][0]
        if held is not None:
            having = (n for (t, c, k), n in held.items() if t == type_ and level in (ANY, k) and _in(chapter, c))
            most = min(most, sum(having) // multiple)
        room[key] = most
    return room


def _in(chapter: str, inner: str) -> bool:
    return chapter == ANY or within(chapter, inner)


def _rounded(
    types: Mapping[str, tuple[int, int]],
    chapters: Mapping[str, int],
    levels: Mapping[str, int],
    room: Mapping[Key, int],
) -> dict[Key, int]:
    """Whole numbers with every margin exact, least Σ |count − share|; the second unit of distance costs threefold, so
    that many cells off by a little are preferred to one off by much."""
    total = sum(levels.values())
    model, number = Model(), dict[Key, int]()
    for type_, chapter, level in room:
        share = types[type_][0] * chapters[chapter] * levels[level] / total / total
        key = (type_, chapter, level)
        number[key] = model.integer(high=room[key])
        below, above = model.real(0, 1, 1.0), model.real(0, 1, 1.0)
        far_below, far_above = model.real(0, cost=3.0), model.real(0, cost=3.0)
        model.row({number[key]: 1.0, below: 1.0, far_below: 1.0, above: -1.0, far_above: -1.0}, share, share)
    for type_, (count, _) in types.items():
        model.row([n for key, n in number.items() if key[0] == type_], count, count)
    for chapter, points in chapters.items():
        model.row({n: types[key[0]][1] for key, n in number.items() if key[1] == chapter}, points, points)
    for level, points in levels.items():
        model.row({n: types[key[0]][1] for key, n in number.items() if key[2] == level}, points, points)
    found = model.solve(gap=0.0)
    if found is None:
        raise Denied("margins-impossible")
    return {key: round(found.values[n]) for key, n in number.items()}


def with_cells(text: str, blueprint: Blueprint) -> str:
    """The author's own text with the proposed cells written in, before its first table."""
    lines = [
        "# Cells proposed from the margins by controlled rounding; a proposal until two rule officers sign it.",
        "cells = [",
    ]
    by_chapter = sorted(blueprint.cells, key=lambda cell: list(blueprint.chapters).index(cell.chapter))
    for cell in sorted(by_chapter, key=lambda cell: list(blueprint.chapters).index(cell.chapter)):
        if not lines[-1].startswith("  {") or f'chapter = "{cell.chapter}"' not in lines[-1]:
            lines.append(f"  # {cell.chapter} {blueprint.chapters[cell.chapter].name}")
        fields = f'type = "{cell.type.value}", chapter = "{cell.chapter}", level = "{cell.level}"'
        lines.append(f"  {{ {fields}, count = {cell.count}, points = {cell.points} }},")
    head, bracket, tables = text.partition("\n[")
    return f"{head.rstrip()}\n\n" + "\n".join([*lines, "]"]) + "\n" + bracket + tables
