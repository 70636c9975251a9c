"""Reading `rule.json` and the pool's leaves: what the draw, the clock and the marks need of them."""

from collections.abc import Iterator
from typing import Any

from .draw import LETTERS, Cell, Rule
from .shapes import Wrong, boolean, hexadecimal, integer, list_of, map_of, maybe, one_of, pattern, record, text

TYPES = ("single", "multiple", "truefalse", "fill")
CASE = "case"
LEVELS = ("know", "grasp", "master", "none")
ANY = "any"
CONDUCT = ("added_minutes", "paused_minutes", "presence_minutes")
_DECIMAL = pattern(r"[0-9]{1,9}(\.[0-9]{1,4})?", "decimal with up to four places")
_POINTS = integer(0, 10**6)

FACTS = record(
    {
        "id": hexadecimal(16),
        "rev": integer(1),
        "stratum": text,
        "type": one_of(*TYPES),
        "chapter": text,
        "level": one_of(*LEVELS),
        "points": _POINTS,
        "p4": integer(0, 10_000),
        "options": integer(0, len(LETTERS)),
        "locked": list_of(integer(0)),
        "enemies": list_of(text),
        "tags": list_of(text),
        "content": hexadecimal(32),
        "salt": hexadecimal(32),
        "case": hexadecimal(32),
        "place": integer(1),
    },
    optional=("case", "place"),
)

_PLAIN_CELL = record(
    {
        "type": one_of(*TYPES, CASE),
        "chapter": text,
        "level": one_of(*LEVELS, ANY),
        "count": integer(1, 10**6),
        "points": _POINTS,
        "items": integer(1, 100),
    },
    optional=("items",),
)


def _CELL(value: Any, path: str, wrong: Wrong) -> None:  # noqa: N802 - a shape, as those above and below
    _PLAIN_CELL(value, path, wrong)
    if isinstance(value, dict) and ("items" in value) != (value.get("type") == CASE):
        wrong.append((f"{path}.items", "present in cells of case groups, and only there"))


RULE = record(
    {
        "id": text,
        "name": text,
        "version": integer(0),
        "source": text,
        "effective_from": text,
        "effective_to": maybe(text),
        "grading": one_of("site", "bureau"),
        "min_accept": text,
        "draw": one_of(1),
        "minutes": integer(1, 600),
        "total_points": integer(0),
        "pass_points": integer(0),
        "cells": list_of(_CELL, least=1),
        "scoring": record({"multiple": one_of("all-or-nothing", "partial")}),
        "shuffle": record(
            {
                "items": one_of("all", "within-type", "none"),
                "type_order": list_of(one_of(*TYPES, CASE)),
                "options": boolean,
            }
        ),
        "attempts": integer(1, 10_000),
        "difficulty": maybe(record({"tolerance": _DECIMAL, "target": maybe(_DECIMAL)}, optional=("target",))),
        "mandatory": maybe(map_of(integer(0))),
        "pool": record(
            {"multiple": integer(1, 10**6), "alike": record({"share": _DECIMAL, "reason": text})}, optional=("alike",)
        ),
        "types": maybe(map_of(record({"count": integer(0), "points": _POINTS}))),
        "chapters": maybe(map_of(record({"name": text, "points": integer(0)}))),
        "levels": maybe(map_of(integer(0))),
        # Of these nothing is drawn: they acted when the pool was picked.
        "subjects": list_of(text, least=1),
        "exposure": record(
            {name: integer(1) for name in ("sessions", "candidates", "rest_days")},
            optional=("sessions", "candidates", "rest_days"),
        ),
        "overlap": record({"sessions": integer(1), "share": _DECIMAL}),
        "conduct": record({name: integer(1, 600) for name in CONDUCT}, optional=CONDUCT),
    },
    optional=(
        "effective_to",
        "difficulty",
        "mandatory",
        "types",
        "chapters",
        "levels",
        "exposure",
        "overlap",
        "conduct",
        "subjects",
    ),
)


def stratum_of(cell: dict[str, Any]) -> str:
    return f"{cell['type']}/{cell['chapter']}/{cell['level']}"


def rule_of(value: dict[str, Any]) -> Rule:
    """From a `rule.json` in its right shape."""
    difficulty: dict[str, Any] = value.get("difficulty") or {}
    cells = [
        Cell(stratum_of(cell), **{name: cell[name] for name in _FIELDS}, size=cell.get("items", 1))
        for cell in value["cells"]
    ]
    return Rule(
        cells=tuple(sorted(cells, key=lambda cell: cell.stratum.encode())),
        minutes=value["minutes"],
        pass_points=value["pass_points"],
        partial=value["scoring"]["multiple"] == "partial",
        shuffle_items=value["shuffle"]["items"],
        type_order=tuple(value["shuffle"]["type_order"]),
        shuffle_options=value["shuffle"]["options"],
        attempts=value["attempts"],
        tolerance=times_10000(difficulty.get("tolerance")),
        target=times_10000(difficulty.get("target")),
        mandatory=value.get("mandatory") or {},
        multiple=value["pool"]["multiple"],
        conduct=value.get("conduct") or {},
    )


def margins(value: dict[str, Any]) -> Iterator[tuple[str, int, int]]:
    """Every margin of a rule in its right shape: its name, what the cells add up to, what the rule states."""

    def points(cells: list[dict[str, Any]]) -> int:
        return sum(cell["count"] * cell.get("items", 1) * cell["points"] for cell in cells)

    cells: list[dict[str, Any]] = value["cells"]
    yield "total_points", points(cells), value["total_points"]
    for type_, margin in (value.get("types") or {}).items():
        of_type = [cell for cell in cells if cell["type"] == type_]
        yield f"types.{type_}.count", sum(cell["count"] * cell.get("items", 1) for cell in of_type), margin["count"]
        yield f"types.{type_}", points(of_type), margin["count"] * margin["points"]
    for code, margin in (value.get("chapters") or {}).items():
        inside = [cell for cell in cells if cell["chapter"] == code or cell["chapter"].startswith(code + ".")]
        yield f"chapters.{code}", points(inside), margin["points"]
    for level, stated in (value.get("levels") or {}).items():
        yield f"levels.{level}", points([cell for cell in cells if cell["level"] == level]), stated


_FIELDS = ("type", "chapter", "level", "count", "points")


def times_10000(decimal: str | None) -> int | None:
    """ "0.25" -> 2500, exactly."""
    if decimal is None:
        return None
    whole, _, fraction = decimal.partition(".")
    return int(whole) * 10_000 + int(fraction.ljust(4, "0"))
