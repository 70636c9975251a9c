"""Marks: what a candidate's answers are worth, once the answer keys may be read. Pure; no I/O, no clock.

Before: the record's last ANSWER of each slot, and the answer keys opened after closing. After: `examd.rates`, and
`result.json` (docs/formats.md §6). Marks are integers, and depend only on which options were chosen: the order of
items and options that a candidate happened to see changes nothing.

Run by its own short-lived process; the serving process never loads this module, nor any other that imports answer keys.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from bank.content import OPTION_LETTERS
from bank.item import AnswerKey
from bank.refused import BadFile
from bank.rules import MultipleScoring


@dataclass(frozen=True, slots=True)
class ItemMark:
    id: str
    chosen: tuple[int, ...]
    """Option indices in the item's own order, ascending; empty where nothing was answered."""
    points: int


@dataclass(frozen=True, slots=True)
class Marks:
    points: int
    answered: int
    per_item: tuple[ItemMark, ...]
    """In the order of the form's slots."""


def item_points(points: int, correct: Collection[int], chosen: Collection[int], multiple_rule: MultipleScoring) -> int:
    """What `chosen` earns of `points`. Both collections hold indices in the item's own option order.

    The partial rule needs no item type: a proper, non-empty part of the right options exists only where there
    are several of them.
    """
    picked, right = set(chosen), set(correct)
    if not picked:
        return 0
    if picked == right:
        return points
    if multiple_rule == MultipleScoring.PARTIAL and picked < right:
        return points * len(picked) // len(right)
    return 0


def mark(
    form_items: Sequence[tuple[str, str]],
    answers: Mapping[int, Sequence[int]],
    points: Mapping[str, int],
    answer_keys: Mapping[str, AnswerKey],
    multiple_rule: MultipleScoring,
) -> Marks:
    """One candidate's marks.

    `form_items`: (item id, option order) by slot; the order "CAB" shows the item's third option first.
    `answers`: zero-based slot -> displayed positions, the last that the record holds. `points`: item id -> points.
    Raises BadFile where answers, form and answer keys do not belong together: a mark is never guessed.
    """
    for slot in answers:
        if not 0 <= slot < len(form_items):
            raise BadFile("slot-outside-form", slot=slot, items=len(form_items))
    per_item = []
    for slot, (item_id, order) in enumerate(form_items):
        chosen = _original_options(slot, order, answers.get(slot, ()))
        if item_id not in answer_keys or item_id not in points:
            raise BadFile("no-answer-key", item=item_id)
        earned = item_points(points[item_id], answer_keys[item_id].correct, chosen, multiple_rule)
        per_item.append(ItemMark(item_id, chosen, earned))
    return Marks(
        points=sum(item.points for item in per_item),
        answered=sum(bool(item.chosen) for item in per_item),
        per_item=tuple(per_item),
    )


def _original_options(slot: int, order: str, displayed: Sequence[int]) -> tuple[int, ...]:
    for position in displayed:
        if not 0 <= position < len(order):  # -1 would quietly read the last option
            raise BadFile("choice-outside-options", slot=slot, position=position, options=len(order))
    return tuple(sorted({OPTION_LETTERS.index(order[position]) for position in displayed}))
