"""Who takes items out of the bank: many leave it by no door but in somebody's name. Pure.

Whoever exports, lends or lists signs what they take, how many, and to whom; above a number that everybody can know
(`ALONE`, in one day of the office) a second person of the bank signs as well. Stems count like answer keys: a question
that is known is lost, whichever half of it went first. For a session's package the issuing officer signs with the
bureau's key. A bank issues for the bureau that it first issued for; for another one two of its people sign.

A bank of samples asks for none of this: what is in it serves no session that counts.

Before: `bank.authoring.people`. After: `bank.store.outgoing` keeps what was signed among the bank's acts, and
`bank.agent.serving` lets nothing out that nobody signed for.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bank.authoring.people import Person, keys_of
from bank.canonical import digest
from bank.clock import day_of
from bank.refused import BadFile, Denied
from bank.seal import statements

KIND = "examd-outgoing"
ALONE = 300
"""Items that one person's key takes out in a day: as many as one session's pool."""
UNNAMED = 50
"""Items that anybody looks at in an opening before they say who they are."""


class Door(StrEnum):
    EXPORT = "export"
    SLICE = "slice"
    LIST = "list"
    ISSUE = "issue"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What somebody signed that they take out."""

    door: Door
    items: int
    to: str
    """Whom, as they say."""
    by: tuple[str, ...]
    """Ids of people of the bank."""
    bureau: str
    """Public key of the bureau that a package is issued by, hex; "" at any other door."""
    bureau_name: str
    at: str

    def told_by(self, people: Mapping[str, Person]) -> list[str]:
        """Who signed, as a journal names them."""
        key = [f"{self.bureau_name} {statements.keyid(self.bureau)[:16]}"] if self.bureau else []
        return [*key, *(f"{each} {people[each].name}" for each in self.by)]


def to_sign(
    bank: str, door: Door, ids: Collection[str], to: str, by: Iterable[str], at: str, bureau: tuple[str, str] = ("", "")
) -> dict[str, Any]:
    """What those who take these items out of the bank sign. `bureau`: public key and name, of whoever issues."""
    return {
        "type": KIND, "v": 1, "at": at, "bank": bank, "bureau": bureau[0], "bureau_name": bureau[1], "by": list(by),
        "door": door.value, "items": len(ids), "sha256": digest(sorted(ids)), "to": to,
    }  # fmt: skip


def parse(statement: bytes) -> Outgoing:
    """What stands in it, proved by nothing. Raises BadFile: when it is no such statement."""
    said = statements.read(statement, KIND, name="")
    try:
        names = (str(said["to"]), *([str(said["bureau_name"])] if said["bureau"] else []))
        if said["v"] != 1 or not all(map(statements.tellable, names)) or type(said["items"]) is not int:
            raise ValueError
        by = tuple(map(str, said["by"]))
        bureau, name = str(said["bureau"]), str(said["bureau_name"])
        return Outgoing(Door(said["door"]), said["items"], str(said["to"]), by, bureau, name, str(said["at"]))
    except (KeyError, TypeError, ValueError):
        raise BadFile("statement-malformed", file="") from None


def check(
    statement: bytes, ids: Collection[str], bank: str, people: Mapping[str, Person], before: Sequence[Outgoing]
) -> Outgoing:  # fmt: skip
    """That these items may leave so. `before`: all that was signed before.

    Raises BadFile: when it is about other items, or another bank.
    Raises Denied: when who signed may not, somebody has to sign with them, or the bank issues for another bureau.
    """
    found = parse(statement)
    said = json.loads(statement)["signed"]
    if said != to_sign(bank, found.door, ids, found.to, found.by, found.at, (found.bureau, found.bureau_name)):
        raise BadFile("statement-malformed", file="")
    for each in found.by:
        if each not in people:
            raise Denied("person-unknown", name=each)
        statements.verify(statement, people[each].require().sign, name="")
    hands = {frozenset(keys_of(each, people)) for each in found.by}
    if found.door is Door.ISSUE:
        statements.verify(statement, found.bureau, name="")
        bureaus = {each.bureau for each in before if each.bureau}
        if bureaus and found.bureau not in bureaus and len(hands) < 2:
            key = statements.keyid(found.bureau)[:16]
            raise Denied("outgoing-other-bureau", bureau=found.bureau_name, key=key)
        return found
    if not hands:
        raise Denied("outgoing-unnamed", items=found.items)
    if len(hands) == 1:
        day, (hand,) = day_of(found.at), hands
        alone = (each for each in before if each.door is not Door.ISSUE and len(each.by) == 1)
        taken = sum(each.items for each in alone if day_of(each.at) == day and hand.issuperset(each.by))
        if taken + found.items > ALONE:
            name = people[found.by[0]].name
            raise Denied("outgoing-needs-second", name=name, items=found.items, today=taken, most=ALONE)
    return found
