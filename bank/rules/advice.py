"""What a rule may say and hardly anybody means: legal, and worth a second look before it is signed.

Before: `bank.rules.rule` refuses contradictions. After: a person reads it beside the check.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from bank.content import ItemType
from bank.rules.parts import ANY, CASE, CellType, MultipleScoring
from bank.rules.rule import Rule


@dataclass(frozen=True, slots=True)
class Doubt:
    """A code, and the facts of its sentence."""

    code: str
    facts: dict[str, object]


def doubts(rule: Rule) -> list[Doubt]:
    """What can be seen of the rule alone."""
    found = []
    if rule.multiple_scoring is MultipleScoring.PARTIAL:
        margin = rule.types.get(ItemType.MULTIPLE)
        if margin is None and CASE not in rule.types:
            found.append(Doubt("partial-without-multiple", {}))
        if margin is not None and margin.points == 1:  # ⌊1 × chosen ÷ right⌋ is 0 until all are chosen
            found.append(Doubt("partial-of-one-point", {"items": margin.count}))
    return found


def unasked(rule: Rule, held: Iterable[tuple[CellType, str, str, str]]) -> list[Doubt]:
    """Levels that no cell asks for: `held` is type, subject, chapter and level of what a session may use. In a chapter
    and a type of which the rule takes other levels, items of such a level are never drawn."""
    taken = {(cell.type, cell.chapter) for cell in rule.cells if cell.level != ANY}
    left = Counter[tuple[CellType, str, str]]()
    for type_, subject, chapter, level in held:
        named = rule.chapter_of(subject, chapter)
        if named is None or rule.cell_of(type_, subject, chapter, level) is not None:
            continue
        homes = [code for of, code in taken if of == type_ and (code in (ANY, named) or named.startswith(code + "."))]
        left.update((type_, code, level) for code in homes)
    names = [f"{type_.value}/{chapter}/{level}" for type_, chapter, level in sorted(left)]
    return [Doubt("level-never-drawn", {"cells": ", ".join(names), "items": left.total()})] if left else []
