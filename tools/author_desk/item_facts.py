"""What the bank is asked about one item in numbers: where it was, how it fared. Values alone.

Before: `tools.author_desk.bank_access` fetches them. After: `tools.author_desk.figures` puts them on a page.
"""

from dataclasses import dataclass

from bank.lending.slices import Slice
from bank.store import BankItem


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
