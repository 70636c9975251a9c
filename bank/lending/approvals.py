"""How an item was approved in its owner's bank, told so that another bank can check it. Pure.

An *approval* is the item's own acts there, each with the statement that was signed, and the keys of those who signed.
It travels with the item in a slice, where the owner's bureau signs it as well: so the receiver knows by name who
handed the item in and who approved exactly these words and this answer key, and that they were two.

What has no approval (a slice of an earlier version, a bank of samples) nobody is known to have read: it waits for a
reviewer of the receiver's.

Before: `bank.authoring.review` says what was signed. After: `bank.lending.slices` carries it, `bank.store.slices` takes
the item in by it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec import structs

from bank.authoring import review
from bank.authoring.people import Person, Role
from bank.authoring.review import Act, Event
from bank.canonical import canonical
from bank.item import NOWHERE, Item, Provenance
from bank.refused import BrokenStore


@dataclass(frozen=True, slots=True)
class Approval:
    """One item's, as its owner's bank has it."""

    lineage: str
    rev: int
    salt: str
    provenance: Provenance
    """There: a lent item's own says by which slice it came."""
    events: tuple[Event, ...]
    people: tuple[Person, ...]
    """All who signed or had a hand in it, and whom they were before."""

    @property
    def handed_in_by(self) -> str:
        """The name of who stood for the item."""
        return self._name(next(event.who for event in reversed(self.events) if event.act is Act.SUBMIT))

    @property
    def approved_by(self) -> str:
        return self._name(self.events[-1].who)

    def _name(self, who: str) -> str:
        return next(each.name for each in self.people if each.id == who)

    def to_json(self) -> dict[str, Any]:
        acts = [
            {
                "act": each.act.value, "at": each.at, "remarks": each.remarks, "statement": each.statement.decode(),
                "who": each.who,
            }
            for each in self.events
        ]  # fmt: skip
        people = [
            {"id": each.id, "name": each.name, "roles": sorted(each.roles), "sign": each.sign, "was": each.was}
            for each in self.people
        ]
        return {
            "acts": acts, "item": self.lineage, "people": people, "provenance": self.provenance.to_json(),
            "rev": self.rev, "salt": self.salt,
        }  # fmt: skip

    def to_bytes(self) -> bytes:
        return canonical(self.to_json())


def read(said: Mapping[str, Any]) -> Approval:
    """Its shape alone; raises KeyError, TypeError or ValueError where it has another."""
    if type(said["rev"]) is not int:
        raise ValueError
    return Approval(
        str(said["item"]),
        said["rev"],
        str(said["salt"]),
        Provenance.from_json(said["provenance"]) if said["provenance"] else NOWHERE,
        tuple(
            Event(Act(each["act"]), str(each["who"]), str(each["at"]), str(each["remarks"]), each["statement"].encode())
            for each in said["acts"]
        ),
        tuple(
            Person(
                str(each["id"]), str(each["name"]), str(each["sign"]), frozenset(map(Role, each["roles"])),
                was=str(each["was"]),
            )
            for each in said["people"]
        ),
    )  # fmt: skip


def kept(statement: bytes) -> Approval | None:
    """The approval that a bank keeps with an item that it took in; None where it came with none."""
    return read(json.loads(statement)) if statement else None


def of(
    item: Item, salt: str, lineage: str, rev: int, events: Sequence[Event], known: Mapping[str, Person]
) -> Approval | None:
    """The approval of an item in force; None where two people never signed for it, as in a bank of samples."""
    if not {Act.SUBMIT, Act.APPROVE} <= {event.act for event in events}:
        return None
    named = {*review.hands(events), events[-1].who}
    found: dict[str, Person] = {}
    for each in sorted(named & known.keys()):
        person = known[each]
        while person.id not in found:
            found[person.id] = person
            person = known.get(person.was, person)
    return Approval(lineage, rev, salt, item.provenance, tuple(events), tuple(found.values()))


def check(item: Item, approval: Approval) -> None:
    """Raises BrokenStore: unless a reviewer there signed exactly this item, which somebody else had handed in."""
    people = {each.id: each for each in approval.people}
    submitters = [event.who for event in approval.events if event.act is Act.SUBMIT]
    if not submitters or not all(_leads_to_a_first(each, people) for each in approval.people):
        raise BrokenStore("revision-unsigned", item=approval.lineage[:8], rev=approval.rev)
    sealed = review.seal(structs.replace(item, provenance=approval.provenance), approval.salt)
    # Who wrote it their own bank has proved, or it would not have taken the reviewer's signature.
    review.verify(
        approval.lineage, approval.rev, sealed, approval.events, people, sample=False, signed_by=submitters
    )  # fmt: skip


def _leads_to_a_first(person: Person, people: Mapping[str, Person]) -> bool:
    """Whether all whom this person was are here, and they end somewhere."""
    for _ in people:
        if not person.was:
            return True
        if person.was not in people:
            return False
        person = people[person.was]
    return False
