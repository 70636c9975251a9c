"""What became of the rows that somebody brought, each by its place: the one report of an import and of a drafts file.

Before: `bank.store.drafts` weighs or adds, `bank.authoring.near_duplicates` compares. After: whoever brought them.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from bank.authoring.near_duplicates import NearDuplicate
from bank.places import Place, Refusal


@dataclass(frozen=True, slots=True)
class Contradiction:
    """An item given with another answer key than the same question has: one of the two is wrong."""

    row: int
    """Its place among the items given, from 0."""
    against: int | None
    """The place of the other, which was added; None where that is an item of the bank."""
    item: str
    name: str
    """Code of the bank's item, or the beginning of its id; "" where the other was given along."""


@dataclass(frozen=True, slots=True)
class OtherSubject:
    """An item given under another subject than the same question has: it stays under that one until it is revised."""

    row: int
    """Its place among the items given, from 0."""
    name: str
    """Code of the item that is there, or the beginning of its id."""
    stated: str
    there: str


@dataclass(frozen=True, slots=True)
class AddReport:
    """Ids in the order given. An item that was given twice is in `added` once and in `already` once."""

    added: tuple[str, ...]
    already: tuple[str, ...]
    contradictions: tuple[Contradiction, ...]
    """Already there, but with another answer key; these are in `already` too."""
    other_subjects: tuple[OtherSubject, ...] = ()
    """Already there, but under another subject, or none; these are in `already` too."""

    @property
    def contradicting(self) -> tuple[str, ...]:
        return tuple(each.item for each in self.contradictions)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Places and names, no exam text and no answer key but for what near duplicates differ in."""

    added: tuple[str, ...]
    already: tuple[str, ...]
    repeats: tuple[Place, ...]
    """Rows whose item stands further up in what was brought."""
    contradicting: tuple[tuple[Place, Place | None, str], ...]
    """Place; place of the other, or else the name of the bank's item that has another answer key."""
    near: tuple[tuple[Place, NearDuplicate, Place | None], ...]
    """Place, near duplicate, place of that unless it is the bank's."""
    other_subjects: tuple[tuple[Place, OtherSubject], ...]
    without_subject: int
    """How many of the rows state no subject: no session draws them."""
    pictures: int
    refused: tuple[Refusal, ...]
    remarks: tuple[Refusal, ...]

    @property
    def held(self) -> int:
        """How many rows the bank holds already. Each row counts once: one that contradicts the bank is not held."""
        return len(self.already) - len(self.contradicting)

    @property
    def clean(self) -> bool:
        return not self.refused and not self.contradicting and not self.other_subjects


def outcome(
    ids: Sequence[str],
    places: Sequence[Place],
    report: AddReport,
    near: Iterable[NearDuplicate],
    brought: Collection[str],
    without_subject: int,
    pictures: int,
    refused: Iterable[Refusal],
    remarks: Iterable[Refusal],
) -> Outcome:
    """Of the rows with these ids at these places; a near duplicate that is among those `brought` is named by its."""
    first: dict[str, Place] = {}
    against = {each.row for each in report.contradictions}
    repeats = []
    for row, (identity, place) in enumerate(zip(ids, places, strict=True)):
        if first.setdefault(identity, place) is not place and row not in against:
            repeats.append(place)
    contradicting = tuple(
        (places[each.row], None if each.against is None else places[each.against], each.name)
        for each in report.contradictions
    )
    twins = tuple((first[twin.of], twin, first[twin.id] if twin.id in brought else None) for twin in near)
    others = tuple((places[each.row], each) for each in report.other_subjects)
    return Outcome(
        report.added, report.already, tuple(repeats), contradicting, twins, others, without_subject, pictures,
        tuple(refused), tuple(remarks),
    )  # fmt: skip
