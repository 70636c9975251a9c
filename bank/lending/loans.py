"""Which of an owner's slices rules an item that came in several. Pure.

A *loan* is one item in one slice. Of one item the loans stand in the order in which the owner signed the slices; that
order decides, and not the order of arrival: a slice brought a second time, or late, moves nothing.

    words, answer key    of the newest loan that was not withdrawn, from the moment it arrives, or is approved where it
                         came without an approval: a correction is at once
    terms on a day       of the newest such loan that has begun by then: from its first day on it replaces the older
                         ones, wider or narrower, longer or shorter; until then the older ones go on

Withdrawing a slice lets the next older one rule again, unless that was withdrawn as well; an item of which every loan
was withdrawn is retired, and comes back only with a new slice.

Before: `bank.lending.slices` reads slices. After: `bank.store.slices` keeps what this says.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from bank.lending.slices import Terms


@dataclass(frozen=True, slots=True)
class Loan:
    revision: int
    """Of the item: the words and the answer key that came in the slice (`BankItem.number`)."""
    terms: Terms
    arrived: int
    """Which slice of the bank it was. Decides only between two that their owner signed in the same second."""
    withdrawn: bool
    item: str = ""
    """The content's identity."""
    approved: bool = True
    """By two people of its owner's bank, or by a reviewer here. What nobody approved does nothing."""
    in_review: bool = False
    """It waits for a reviewer here."""

    @property
    def age(self) -> tuple[str, int]:
        return self.terms.at, self.arrived


def in_force(loans: Iterable[Loan]) -> Loan | None:
    """Whose words and answer key stand."""
    return max(_standing(loans), key=lambda loan: loan.age, default=None)


def ruling(loans: Iterable[Loan], day: date) -> Loan | None:
    """Whose terms hold on `day`; where none has begun, the newest, which says so."""
    standing = _standing(loans)
    return in_force(loan for loan in standing if loan.terms.first <= day) or in_force(standing)


def _standing(loans: Iterable[Loan]) -> list[Loan]:
    return [loan for loan in loans if loan.approved and not loan.withdrawn]


def may_take(loans: Iterable[Loan], owner: str) -> bool:
    """Whether an item that came in `loans` may come in a slice of `owner`: another owner's must be withdrawn first."""
    return all(loan.withdrawn or loan.terms.owner.id == owner for loan in loans)
