"""Which items went to which sessions, and how many met them: the record of exposure, item by item.

Before: `bank.store.exposure`, `bank.store.watermarks`. After: `examd bank exposure`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bank.store import OpenBank


@dataclass(frozen=True, slots=True)
class Use:
    candidates: int
    day: str
    """ISO; "" where nobody dated it."""
    session: str
    site: str
    mark_until: str
    """The day until which it was kept as this package's watermark; "" where it was none."""


@dataclass(frozen=True, slots=True)
class ItemUses:
    candidates: int
    code: str
    """Its name."""
    item: str
    sessions: int
    sites: int
    uses: tuple[Use, ...]


def uses_by_item(bank: OpenBank, names: Sequence[str] = ()) -> list[ItemUses]:
    """Of the items named, also those that never left; else of all that ever left the bank. The most seen first."""
    wanted = [bank.items.outline(name) for name in names]
    codes = {item.id: item.code or item.id[:8] for item in [*bank.items.outlines(verified=False), *wanted]}
    marks = {(mark.item, mark.session, mark.site): mark.until for mark in bank.watermarks.all()}
    found: dict[str, list[Use]] = {item.id: [] for item in wanted}
    for item, session, site, day, candidates in bank.exposure.uses():
        if item in codes and (not wanted or item in found):
            use = Use(candidates, day, session, site, marks.get((item, session, site), ""))
            found.setdefault(item, []).append(use)
    listed = [
        ItemUses(
            sum(use.candidates for use in uses),
            codes[item],
            item,
            len({use.session for use in uses}),
            len({use.site for use in uses}),
            tuple(uses),
        )
        for item, uses in found.items()
    ]
    return sorted(listed, key=lambda each: (-each.candidates, each.item))
