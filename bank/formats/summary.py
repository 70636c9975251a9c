"""What a report comes to: how many rows for each reason, and which one edit of the file would mend most of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from bank.places import Refusal

_MENDED_AT_ONCE = ("column", "sheet")
"""Facts that say where one edit would mend all rows: a heading, a sheet."""


@dataclass(frozen=True, slots=True)
class Total:
    """Rows with one reason, and one in the same place of the file where an edit could mend them together."""

    reason: str
    rows: int
    first: Refusal


def totals(refusals: Sequence[Refusal]) -> list[Total]:
    """Each reason with its rows, the most frequent first."""
    found: dict[str, list[Refusal]] = {}
    for each in refusals:
        found.setdefault(each.reason, []).append(each)
    counted = [Total(reason, len(rows), rows[0]) for reason, rows in found.items()]
    return sorted(counted, key=lambda total: -total.rows)


def mends_most(refused: Sequence[Refusal]) -> Total | None:
    """The refusals that one edit would mend together, where there are at least two: those of one reason and column.

    A sheet that was not read at all counts before any row: nobody knows how many it holds.
    """
    found: dict[tuple[str, str], list[Refusal]] = {}
    for each in refused:
        column = next((str(each.facts[name]) for name in _MENDED_AT_ONCE if name in each.facts), "")
        found.setdefault((each.reason, column), []).append(each)
    for (reason, _column), rows in found.items():
        if reason in ("no-heading", "repeated-heading"):
            return Total(reason, len(rows), rows[0])
    (reason, _column), rows = max(found.items(), key=lambda each: len(each[1]), default=(("", ""), []))
    return Total(reason, len(rows), rows[0]) if len(rows) > 1 else None
