"""A bank at a glance: how many items of what, what they lack, what their signatures do not prove, whether it is whole.

Before: `bank.store`. After: `examd bank check`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bank.authoring import lifecycle, revisions
from bank.clock import today
from bank.content import OPTION_LETTERS, ItemType
from bank.rules import by_number
from bank.store import Finding, OpenBank


@dataclass(frozen=True, slots=True)
class Cell:
    subject: str
    type: str
    chapter: str
    level: str
    items: int


@dataclass(frozen=True, slots=True)
class Cited:
    item: str
    """Its name."""
    basis: str


@dataclass(frozen=True, slots=True)
class Head:
    """How far the bank has come."""

    acts: int
    hash: str
    """Of the last act: it binds them all."""


@dataclass(frozen=True, slots=True)
class Difficulty:
    """Expected shares of right answers."""

    mean_p4: int | None
    """×10⁴; None where nothing is known of any item."""
    tenths: Sequence[int]
    """How many items, by tenths from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Lacking:
    difficulty: int
    basis: int
    subject: int
    chapter: int
    level: int
    picture: int
    """Needed, and not in the bank."""


@dataclass(frozen=True, slots=True)
class Health:
    problems: list[str]
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Overview:
    """Of each item the newest revision, unless it is retired."""

    items: int
    types: dict[str, int]
    levels: dict[str, int]
    subjects: dict[str, int]
    chapters: dict[str, int]
    cells: list[Cell]
    states: dict[str, int]
    approved: int
    sample: bool
    carried_over: int
    repealed: list[Cited]
    """What cites a basis no longer in force."""
    head: Head
    findings: list[Finding]
    """What signatures do not prove."""
    difficulty: Difficulty
    answer_positions: dict[str, dict[str, int]]
    """Type -> letter -> how many right answers stand there; empty unless asked for."""
    lacking: Lacking
    needing_picture: int
    beyond_f: int
    """With more than six options."""
    exposed: int
    vault: Health

    @property
    def sound(self) -> bool:
        """The vault is whole, and every approved revision proved."""
        return not self.vault.problems and not self.findings


def overview(bank: OpenBank, *, with_positions: bool) -> Overview:
    """`with_positions`: also where right answers stand; in a shared bank counted like the answer keys of all items."""
    items = revisions.outlines(bank)
    pictures = bank.media.digests()
    positions: dict[str, dict[str, int]] = {}
    for kind, found in bank.answer_keys.positions().items() if with_positions else ():
        letters = ("true", "false") if kind is ItemType.TRUEFALSE else OPTION_LETTERS
        positions[kind.value] = dict(sorted((letters[n], number) for n, number in found.items()))
    shares = [item.p4 for item in items if item.p4 is not None]
    with_picture = [item for item in items if item.pictures]
    cells = Counter((item.subject, item.chapter, item.type.value, item.level.value) for item in items)
    repealed = lifecycle.repealed(items, bank.provisions.repealed(), today())
    return Overview(
        len(items),
        _counted(item.type.value for item in items),
        _counted(item.level.value for item in items),
        _counted(item.subject for item in items),
        _counted(item.chapter for item in items),
        [Cell(of, kind, chapter, level, number) for (of, chapter, kind, level), number in sorted(cells.items())],
        {state.value: number for state, number in bank.items.count_states().items()},
        sum(bank.items.count().values()),
        bank.sample,
        bank.meta.carried_over(),
        [Cited(item.name, basis) for item, basis in repealed],
        Head(*bank.history.head()),
        bank.audit.findings(),
        Difficulty(
            round(sum(shares) / len(shares)) if shares else None,
            [sum(1 for p4 in shares if min(p4, 9_999) // 1_000 == tenth) for tenth in range(10)],
        ),
        positions,
        Lacking(
            difficulty=len(items) - len(shares),
            basis=sum(1 for item in items if not item.basis),
            subject=sum(1 for item in items if not item.subject),
            chapter=sum(1 for item in items if not item.chapter),
            level=sum(1 for item in items if item.level.value == "none"),
            picture=sum(1 for item in with_picture if not pictures.issuperset(item.pictures)),
        ),
        len(with_picture),
        sum(1 for item in items if item.options > 6),
        len(bank.exposure.totals()),
        Health(bank.vault.problems(), bank.vault.settings()),
    )


def _counted(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items(), key=lambda entry: by_number(entry[0])))
