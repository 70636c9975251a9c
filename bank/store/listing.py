"""What a reader of the bank may ask for at once, as one value, and the lines of the listing that it is asked of. Pure.

A list of 50,000 items is a list of numbers until somebody looks at a stretch of it: `Catalogue.find` gives them,
`Items.at` the items of the stretch. A Line is what one revision is found by; asking 50,000 of them in turn takes
some ten milliseconds whatever the words are, which no index of a text in which every word recurs can promise.

Before: `bank.store.catalogue` keeps the lines, and asks them. After: every list; the desk shows what is found.
"""

from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum

from bank.authoring.review import State
from bank.content import ItemType, Level

_NAMED = 4
"""Letters of an item's name that are looked for in names."""


class Lack(StrEnum):
    SUBJECT = "subject"
    BASIS = "basis"
    DIFFICULTY = "difficulty"
    """Neither judged nor measured."""
    FORCE = "force"
    """It cites a provision that is no longer in force."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Everything given must hold. Of each item the newest revision is meant, or the one in `state`."""

    search: str = ""
    type: ItemType | None = None
    subject: str = ""
    chapter: str = ""
    """With its sub-chapters."""
    level: Level | None = None
    state: State | None = None
    lacks: Lack | None = None
    on: str = ""
    """The day (ISO) on which `Lack.FORCE` is asked."""
    hand: str = ""
    """Id of a person who wrote it or handed it in (`bank.authoring.review.hands`), under whatever id."""
    other_hand: str = ""
    """Id of a person who did neither."""


@dataclass(frozen=True, slots=True)
class Line:
    """A revision as it is found: nothing here reveals an answer."""

    number: int
    item: int
    newest: bool
    state: State
    type: ItemType
    subject: str
    chapter: str
    level: Level
    judged: bool
    """Somebody, or a measurement, says how difficult it is."""
    text: str
    """`bank.store.search_text.searched`."""
    name: str
    """The beginning of its lineage, by which an item without a code is called; "" for one that has a code."""
    basis: str
    """The words of all provisions cited, one below the other."""
    ended: str
    """The first day (ISO) on which a provision cited is no longer in force, as the item itself says; "" for none."""
    hands: tuple[str, ...]
    enemies: tuple[str, ...]
    case: str
    place: int


@dataclass(frozen=True, slots=True)
class Related:
    """Numbers of the revisions that belong to one: its case group in order, itself included, and its enemies."""

    group: tuple[int, ...] = ()
    enemies: tuple[int, ...] = ()


def found(
    lines: Sequence[Line], wanted: Wanted, search: str, repeals: Iterable[str], ids: Callable[[str], Set[str]]
) -> list[int]:
    """Numbers of the lines that are as `wanted`, in their order.

    `search` is its text as the lines are spelt, `repeals` the words of provisions that the bank knows to have ended;
    `ids` gives every id under which a person was ever enrolled: with a new key old work is still one's own.
    """
    left: Sequence[Line] = lines
    if wanted.state in (None, State.RETIRED):  # a revision that another took the place of is history
        left = [line for line in left if line.newest]
    if wanted.state is not None:
        left = [line for line in left if line.state is wanted.state]
    if wanted.type is not None:
        left = [line for line in left if line.type is wanted.type]
    if wanted.level is not None:
        left = [line for line in left if line.level is wanted.level]
    if wanted.subject:
        left = [line for line in left if line.subject == wanted.subject]
    if wanted.chapter:
        within = wanted.chapter + "."
        left = [line for line in left if line.chapter == wanted.chapter or line.chapter.startswith(within)]
    if search:
        if len(search) >= _NAMED:  # fewer are too often a number in a text
            left = [line for line in left if search in line.text or line.name.startswith(search)]
        else:
            left = [line for line in left if search in line.text]
    if wanted.hand:
        own = ids(wanted.hand)
        left = [line for line in left if not own.isdisjoint(line.hands)]
    if wanted.other_hand:
        own = ids(wanted.other_hand)
        left = [line for line in left if own.isdisjoint(line.hands)]
    if wanted.lacks is Lack.SUBJECT:
        left = [line for line in left if not line.subject]
    elif wanted.lacks is Lack.BASIS:
        left = [line for line in left if not line.basis]
    elif wanted.lacks is Lack.DIFFICULTY:
        left = [line for line in left if not line.judged]
    elif wanted.lacks is Lack.FORCE:
        gone = tuple(repeals)
        left = [
            line
            for line in left
            if (line.ended and line.ended <= wanted.on) or (line.basis and any(text in line.basis for text in gone))
        ]
    return [line.number for line in left]


def related(lines: Iterable[Line], to: Line) -> Related:
    """Among the newest revisions that are not retired, and `to` itself."""
    near = [line for line in lines if line.newest and line.state is not State.RETIRED and line.item != to.item]
    group = [line for line in near if to.case and line.case == to.case]
    enemies = [line for line in near if not set(to.enemies).isdisjoint(line.enemies)] if to.enemies else []
    ordered = sorted([*group, to], key=lambda line: (line.place, line.number)) if to.case else []
    return Related(tuple(line.number for line in ordered), tuple(line.number for line in enemies))
