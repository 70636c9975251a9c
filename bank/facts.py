"""From items of the bank to the facts that a draw may know of them, under one rule. Only on the bank's side.

Before: `bank.store` lists items. After: `bank.assembly.session_pool`. Apart from `bank.pool` because it knows the
store, which the serving process never loads.
"""

import secrets
from collections import Counter
from collections.abc import Callable, Iterable

from bank.blueprint import Blueprint
from bank.content import ItemType
from bank.pool import ItemFacts
from bank.store import BankItem


def new_salt() -> str:
    return secrets.token_hex(32)


def drawable(items: Iterable[BankItem]) -> list[BankItem]:
    """The items that the screen can show: those with pictures wait in the bank until it can."""
    return [item for item in items if not item.content.needs_picture]


def tally(items: Iterable[BankItem]) -> Counter[tuple[str, str, str]]:
    """Drawable items by (type, chapter, level): what `bank.blueprint.propose` shares out."""
    return Counter((item.content.type.value, item.chapter, item.level.value) for item in drawable(items))


def facts_of(items: Iterable[BankItem], blueprint: Blueprint, salt: Callable[[], str] = new_salt) -> list[ItemFacts]:
    """The facts of every drawable item that lies in a cell of the rule; the others are none of its business."""
    facts = []
    for item in drawable(items):
        cell = blueprint.cell_of(item.content.type, item.chapter, item.level.value)
        if cell is None:
            continue
        options = len(item.content.options)
        facts.append(
            ItemFacts(
                id=item.id,
                rev=item.rev,
                stratum=cell.stratum,
                type=item.content.type,
                chapter=item.chapter,
                level=item.level,
                points=cell.points,
                p4=item.p4 or 0,  # 0 is "not stated": no usable item is one that nobody gets right
                options=options,
                locked=tuple(range(options)) if item.content.type is ItemType.TRUEFALSE else item.locked,
                enemies=item.enemies,
                tags=item.tags,
                content=item.content.sha256(),
                salt=salt(),
            )
        )
    return facts
