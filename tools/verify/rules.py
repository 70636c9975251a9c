"""Reading `rule.json` and the pool's leaves: what the draw, the clock and the marks need of them."""

from typing import Any

from .draw import LETTERS, Cell, Rule
from .shapes import at_least, boolean, hexadecimal, integer, list_of, map_of, maybe, one_of, pattern, record, text

TYPES = ("single", "multiple", "truefalse")
LEVELS = ("know", "grasp", "master", "none")
ANY = "any"
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
        "options": integer(1, len(LETTERS)),
        "locked": list_of(integer(0)),
        "enemies": list_of(text),
        "tags": list_of(text),
        "content": hexadecimal(32),
        "salt": hexadecimal(32),
    }
)

_CELL = at_least(
    {
        "type": one_of(*TYPES),
        "chapter": text,
        "level": one_of(*LEVELS, ANY),
        "count": integer(1, 10**6),
        "points": _POINTS,
    }
)

RULE = at_least(
    {
        "id": text,
        "version": integer(0),
        "draw": one_of(1),
        "minutes": integer(1, 10**5),
        "total_points": integer(0),
        "pass_points": integer(0),
        "cells": list_of(_CELL, least=1),
        "scoring": at_least({"multiple": one_of("all-or-nothing", "partial")}),
        "shuffle": at_least(
            {"items": one_of("all", "within-type", "none"), "type_order": list_of(one_of(*TYPES)), "options": boolean}
        ),
        "attempts": integer(1),
        "difficulty": maybe(at_least({"tolerance": _DECIMAL, "target": maybe(_DECIMAL)}, optional=("target",))),
        "mandatory": maybe(map_of(integer(0))),
        "pool": at_least({"multiple": integer(1, 10**6)}),
    },
    optional=("difficulty", "mandatory"),
)


def rule_of(value: dict[str, Any]) -> Rule:
    """From a `rule.json` in its right shape."""
    difficulty: dict[str, Any] = value.get("difficulty") or {}
    cells = [
        Cell("/".join(cell[name] for name in ("type", "chapter", "level")), **{name: cell[name] for name in _FIELDS})
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
    )


_FIELDS = ("type", "chapter", "level", "count", "points")


def times_10000(decimal: str | None) -> int | None:
    """ "0.25" -> 2500, exactly."""
    if decimal is None:
        return None
    whole, _, fraction = decimal.partition(".")
    return int(whole) * 10_000 + int(fraction.ljust(4, "0"))
