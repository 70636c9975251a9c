"""From items of the bank to the facts that a draw may know of them, under one rule. Only on the bank's side.

Before: `bank.store` lists items. After: `bank.composing.pool_selection.session_pool`. Apart from `bank.draw_facts`
because it knows the store, which the serving process never loads.
"""

import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date

from bank.composing.exposure import Ledger, Use
from bank.content import ItemType
from bank.draw_facts import ItemFacts
from bank.rules import CASE, Cell, Rule, chapter_of
from bank.store import ItemOutline, OpenBank


def new_salt() -> str:
    return secrets.token_hex(32)


def drawable(items: Iterable[ItemOutline]) -> list[ItemOutline]:
    """The items that the screen can show: those with pictures wait in the bank until it can."""
    return [item for item in items if not item.pictures]


def tally(items: Iterable[ItemOutline], subjects: Sequence[str] = ()) -> Counter[tuple[str, str, str]]:
    """Drawable items of these subjects that stand alone, by (type, chapter, level), the chapter as a rule of these
    subjects calls it: what `bank.rules.propose` shares out."""
    alone = ((item, chapter_of(subjects, item.subject, item.chapter)) for item in drawable(items) if not item.case)
    return Counter((it.type.value, chapter, it.level.value) for it, chapter in alone if chapter is not None)


def facts_of(items: Iterable[ItemOutline], rule: Rule, salt: Callable[[], str] = new_salt) -> list[ItemFacts]:
    """The facts of every drawable item that lies in a cell of the rule; the others are none of its business.

    A case group lies in a cell of case groups if all its items do and are as many as the cell says: one of which an
    item was withdrawn, or cannot be shown, is not shown at all.
    """
    listed = list(items)
    shown, cells = {item.id for item in drawable(listed)}, dict[str, Cell | None]()
    cases: dict[str, list[ItemOutline]] = {}
    for item in listed:
        if item.case:
            cases.setdefault(item.case, []).append(item)
        elif item.id in shown:
            cells[item.id] = rule.cell_of(item.type, item.subject, item.chapter, item.level.value)
    for members in cases.values():
        homes = {rule.cell_of(CASE, item.subject, item.chapter, item.level.value) for item in members}
        cell = homes.pop()
        whole = not homes and all(item.id in shown for item in members)
        if cell is not None and whole and len(members) == cell.size:
            cells.update((item.id, cell) for item in members)
    return [_facts(item, cell, rule, salt()) for item in listed if (cell := cells.get(item.id)) is not None]


def ledger_of(bank: OpenBank, day: date, candidates: int) -> Ledger:
    """What the bank's record of exposure says on `day`, for a session of so many candidates."""
    uses: dict[str, list[Use]] = {}
    for item, session, site, on, met in bank.exposure.uses():
        # A use that nobody dated counts for the caps, and rests no more.
        uses.setdefault(item, []).append(Use(f"{session}/{site}", date.fromisoformat(on) if on else date.min, met))
    marked = frozenset(mark.item for mark in bank.watermarks.all() if mark.until > day.isoformat())
    return Ledger(uses, day, candidates, marked)


def _facts(item: ItemOutline, cell: Cell, rule: Rule, salt: str) -> ItemFacts:
    return ItemFacts(
        id=item.id,
        rev=item.rev,
        stratum=cell.stratum,
        type=item.type,
        chapter=rule.chapter_of(item.subject, item.chapter) or "",
        level=item.level,
        points=cell.points,
        p4=item.expected_p4 or 0,  # 0 is "not stated": no usable item is one that nobody gets right
        options=item.options,
        locked=tuple(range(item.options)) if item.type is ItemType.TRUEFALSE else item.locked,
        enemies=item.enemies,
        tags=item.tags,
        content=item.content,
        salt=salt,
        case=item.case,
        place=item.place if item.case else 0,
    )
