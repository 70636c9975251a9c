"""Which other bodies a bank takes items from: those whose card two of its people have signed. Pure.

An owner's items are in force without any review here, so whoever could name an owner alone could have whatever they
like approved: anybody can make a bureau of any name. Each of the two answers for having compared the card with its
owner, by telephone or on paper. A bank of samples, which serves drills only, does with one. There, and where nobody but
the one holder of the bank vouches for its people, this is no separation, and is said not to be.

A body whose key is changed gets a new card, signed by two again: from then on only that one opens slices, while those
that came before stay good. What is signed here lies among the bank's acts.

Before: `bank.authoring.people`. After: `bank.lending.slices` proves slices against this list.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bank.authoring.people import Person, first
from bank.lending.slices import Body, Terms
from bank.refused import BrokenStore, Denied, Refused
from bank.seal import statements

KIND = "examd-owner"
PEOPLE = 2


@dataclass(frozen=True, slots=True)
class Owner:
    """A card, and who signed that it is the owner's."""

    body: Body
    by: tuple[str, ...]
    """Ids of people, in the order in which they signed."""
    known: bool
    """Enough of them have."""
    current: bool
    """The newest card known of this owner: the one that new slices must be signed with."""
    separated: bool
    """Two people signed it, and others vouched for each of them: else one holder may be both."""


def to_sign(bank: str, body: Body, by: str, at: str) -> dict[str, Any]:
    """What a person of the bank signs: this card is that body's."""
    return {"type": KIND, "v": 1, "at": at, "bank": bank, "by": by, "owner": body.to_json()}


def check(bank: str, file: bytes, people: Mapping[str, Person]) -> tuple[Body, str, str]:
    """(card, by, at), as one of the bank's people signed it. Raises Denied: when none of them did."""
    try:
        signed = statements.read(file, KIND, name="")
        body, by, at = Body(**signed["owner"]), str(signed["by"]), str(signed["at"])
        person = people[by]
        statements.verify(file, person.sign, name="")
    except (Refused, KeyError, TypeError):
        raise Denied("owner-signature") from None
    if signed != to_sign(bank, body, by, at) or not body.id or " " in body.id:
        raise Denied("owner-signature")
    return body, by, at


def listed(bank: str, files: Iterable[bytes], people: Mapping[str, Person], *, needed: int) -> list[Owner]:
    """All cards that anybody signed, in the order in which they came to be known. Raises BrokenStore for a forged
    signature."""
    signed: dict[Body, list[str]] = {}
    known: list[Body] = []
    for file in files:
        try:
            body, by, _at = check(bank, file, people)
        except Denied:
            raise BrokenStore("owner-forged") from None
        hands = signed.setdefault(body, [])
        if first(people[by], people).id not in {first(people[each], people).id for each in hands}:
            hands.append(by)
        if len(hands) >= needed and body not in known:
            known.append(body)
    newest = {body.id: body for body in known}
    waiting = [body for body in signed if body not in known]
    return [
        Owner(
            body, tuple(hands := signed[body]), body in known, newest.get(body.id) == body,
            len(hands) >= PEOPLE and all(people[by].vouched for by in hands),
        )
        for body in (*known, *waiting)
    ]  # fmt: skip


def require(owners: Sequence[Owner], terms: Terms) -> Owner:
    """The owner of a slice as the bank knows it. Raises Denied: when its card is not known, or a newer one is."""
    wanted = (terms.owner.id, terms.owner.sign)
    found = next((each for each in reversed(owners) if (each.body.id, each.body.sign) == wanted), None)
    if found is not None and found.current:
        return found
    facts = {"owner": terms.owner.name, "key": statements.keyid(terms.owner.sign)[:16]}
    if found is not None and found.known:
        raise Denied("owner-card-replaced", **facts)
    if found is not None:
        raise Denied("owner-half-signed", **facts, by=" ".join(found.by))
    raise Denied("owner-unknown", **facts)
