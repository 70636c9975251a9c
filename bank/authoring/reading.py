"""How a reviewer reads what waits: one item after the other, each for as long as its words take, in their own name.

    {"type":"examd-reading","v":1,"bank":…,"by":…,"challenge":…}

A reviewer who begins signs what the bank has just made up, so it knows to whom it shows. Then it shows one item at a
time, all that an approval covers: stem, options, answer key, explanation, basis, pictures, and the revision in force
where there is one. Whoever goes on says whether they have read it. Sooner than the quickest honest reader could, that
is refused; and what was not read is approved by nobody, by whatever door. What was skipped was not read.

The bank proves what it showed to whom, and for how long. That somebody looked, no program can.

Before: `bank.authoring.people`. After: `bank.store.readings` shows and keeps; `bank.authoring.revisions` says what is
left to read.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from bank.authoring.people import Person, Role, Signer
from bank.item import Item
from bank.refused import BadFile, Denied
from bank.seal import statements

KIND = "examd-reading"
LEAST_S = 2
"""To take in a question and its answer at all."""
SIGNS_A_SECOND = 20
"""Of what is to be read: three times as quick as one reads Chinese with care. It keeps out who does not read, and holds
up nobody who does."""


@dataclass(frozen=True, slots=True)
class Shown:
    """All that an approval covers, as it was put before a reviewer."""

    item: Item
    before: Item | None
    """The revision in force that it would replace: then what differs is what there is to read."""
    rev_before: int
    pictures: Mapping[str, bytes]
    """By digest: those of the item that the bank holds."""
    least_s: int
    """Sooner it does not count as read."""


def least_s(item: Item, before: Item | None = None) -> int:
    """The least time that reading takes; of a change, reading what became of the words."""
    words = _words(item)
    if before is not None:
        known = set(_words(before))
        words = [each for each in words if each not in known]
    return LEAST_S + math.ceil(sum(map(len, words)) / SIGNS_A_SECOND)


def _words(item: Item) -> list[str]:
    background = item.background.text if item.background is not None else ""
    contents = [item.content, *(each.content for each in item.translations)]
    seen = [text for each in contents for text in (each.stem, *(option.text for option in each.options))]
    return [*seen, item.explanation, item.basis, *item.answer_key.accepted, background]


def to_sign(bank: str, by: str, challenge: str) -> dict[str, object]:
    return {"type": KIND, "v": 1, "bank": bank, "by": by, "challenge": challenge}


def sign(bank: str, signer: Signer, challenge: str) -> bytes:
    return statements.sign(to_sign(bank, signer.id, challenge), signer.key)


def challenge_of(statement: bytes) -> str:
    """What it answers. Raises BadFile: when it is no such statement."""
    found = statements.read(statement, KIND, name="").get("challenge")
    if not isinstance(found, str):
        raise BadFile("statement-malformed", file="")
    return found


def reader(statement: bytes, bank: str, people: Mapping[str, Person]) -> Person:
    """Who reads: a reviewer of this bank who signed this very challenge.

    Raises Denied: when nobody here did, or it is not their role.
    """
    said = statements.read(statement, KIND, name="")
    person = people.get(str(said.get("by")))
    if person is None or said != to_sign(bank, person.id, challenge_of(statement)):
        raise Denied("person-unknown", name=str(said.get("by"))[:64])
    statements.verify(statement, person.sign, name="")
    return person.require(Role.REVIEWER)
