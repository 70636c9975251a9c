"""What the bank is asked about one item: what differs, what was done with it, how it fared. Values alone.

Before: `tools.author_desk.bank_access` fetches them. After: `tools.author_desk.drawing` and
`tools.author_desk.figures` put them on a page.
"""

from dataclasses import dataclass

from bank.authoring.review import Change, Event, State
from bank.lending.slices import Slice
from bank.store import BankItem


@dataclass(frozen=True, slots=True)
class Difference:
    before: int
    """Revision."""
    after: int
    changes: tuple[Change, ...]
    from_approved: bool
    """What it is compared with is in force."""


@dataclass(frozen=True, slots=True)
class PastAct:
    """One act of an item's history, in names."""

    rev: int
    state: State
    event: Event
    who: str
    earlier: str
    """Who had a hand in the wording before, and did not write this one."""
    signed: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """What is known of one item in numbers; what nobody knows is None or empty, never 0."""

    item: BankItem
    uses: tuple[tuple[str, str, str, int], ...]
    """Session, site, day, candidates."""
    measured: tuple[tuple[int, int, int, str], ...]
    """Revision, share of right answers ×10⁴, responses, when."""
    group: tuple[BankItem, ...]
    enemies: tuple[BankItem, ...]
    lent: Slice | None
    """The slice by which another body lent it."""
    lent_now: bool
    """This day is one of those for which it was lent."""
    more_enemies: int = 0
    """Enemies that are not in `enemies`: there are too many to list."""
    twins: tuple[tuple[BankItem, int], ...] | None = None
    """Near-duplicates and their likeness ×10⁴; None while they are being looked for."""
