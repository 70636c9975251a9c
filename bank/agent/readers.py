"""Who asks over the line, by their own keys, and what they have read in this opening: so many items and no more.

Nobody is asked who they are for a look at a few items (`bank.lending.outgoing.UNNAMED`, of all who do not say it
together). Beyond that a person of the bank says so with their own key; above `ALONE` items in force or once in force, a
second person with them. Contents and answer keys count alike. What somebody signed that they take out
(`outgoing.permit`) they may then read. In a bank of samples nobody is asked.

Before: `bank.agent.remote` signs. After: `bank.agent.serving` asks before anything leaves.
"""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from bank.authoring.fragments import Recognition
from bank.authoring.people import keys_of
from bank.authoring.review import State
from bank.content import Content
from bank.item import Item
from bank.lending import outgoing
from bank.lending.outgoing import ALONE, UNNAMED, Outgoing
from bank.refused import BadFile, Denied
from bank.seal import statements
from bank.store import BankItem, OpenBank

KIND = "examd-reader"
ASSET = frozenset({State.APPROVED, State.RETIRED})
"""What candidates meet, or have met. Drafts and what waits for review are for those who work on them to read."""
Hand = frozenset[str]
"""All ids of one person."""


@dataclass(eq=False)
class Reader:
    """Whoever holds one end of a line, over all the lines that they dial."""

    hands: frozenset[Hand] = frozenset()
    names: list[str] = field(default_factory=list)
    """For the journal; none while they have not said it."""
    permitted: set[str] = field(default_factory=set)
    pictures: set[str] = field(default_factory=set)
    """Of items that they have read."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An item that is about to leave, or a picture that nothing read before shows."""

    id: str
    asset: bool = True
    pictures: frozenset[str] = frozenset()


def to_sign(bank: str, session: str, token: str, by: Iterable[str]) -> dict[str, Any]:
    """What people sign to say who asks: in this opening (`session`, its public key), over lines with this token."""
    reader = hashlib.sha256(token.encode()).hexdigest()
    return {"type": KIND, "v": 1, "bank": bank, "by": list(by), "reader": reader, "session": session}


def shown_in(result: Any) -> list[Shown]:
    """The items that a result tells, by what they are."""
    if isinstance(result, BankItem):
        return [Shown(result.id, result.state in ASSET, result.pictures())]
    if isinstance(result, Item):
        return [Shown(result.id, pictures=result.pictures())]
    if isinstance(result, dict):
        return [
            Shown(name, pictures=frozenset(value.pictures if isinstance(value, Content) else ()))
            for name, value in result.items()
        ]
    if isinstance(result, Recognition):
        return [] if result.nearest is None else [Shown(result.nearest[0])]
    return [each for part in result for each in shown_in(part)] if isinstance(result, list) else []


class Readers:
    """All who ask in one opening."""

    def __init__(self, bank: OpenBank, session: str) -> None:
        self._bank = bank
        self._session = session
        self._readers: dict[str, Reader] = {}
        self._read: dict[frozenset[Hand], set[str]] = {}

    def of(self, token: str) -> Reader:
        """The reader whose lines bear that token."""
        return self._readers.setdefault(token, Reader()) if token else Reader()

    def identify(self, token: str, statement: bytes) -> None:
        """From now on the lines with that token are asked on by the people who signed.

        Raises Denied: when they are not the bank's, or signed for other lines or another opening.
        """
        people = self._bank.people.all()
        said = statements.read(statement, KIND, name="")
        try:
            by = [str(each) for each in said["by"]]
        except (KeyError, TypeError):
            raise BadFile("statement-malformed", file="") from None
        if not by or said != to_sign(self._bank.vault.name, self._session, token, by):
            raise Denied("signature", file="")
        for each in by:
            if each not in people:
                raise Denied("person-unknown", name=each)
            statements.verify(statement, people[each].require().sign, name="")
        reader = self.of(token)
        reader.hands = frozenset(frozenset(keys_of(each, people)) for each in by)
        reader.names = [f"{each} {people[each].name}" for each in by]

    def person(self, identity: str) -> Reader:
        """Somebody who proved to the bank itself who they are (`bank.store.readings`)."""
        people = self._bank.people.all()
        return Reader(frozenset({frozenset(keys_of(identity, people))}), [f"{identity} {people[identity].name}"])

    def require_room(self, statement: bytes, ids: Collection[str]) -> None:
        """That one person who signs alone has not read too much already. Raises Denied: when they have."""
        found, people = outgoing.parse(statement), self._bank.people.all()
        hands = frozenset(frozenset(keys_of(each, people)) for each in found.by)
        if len(hands) == 1 and found.door is not outgoing.Door.ISSUE:
            read = self._read.get(hands, set())
            if len(read | set(ids)) > ALONE:
                name = people[found.by[0]].name
                raise Denied("outgoing-needs-second", name=name, items=len(ids), today=len(read), most=ALONE)

    def permit(self, token: str, found: Outgoing, ids: Collection[str]) -> None:
        """What was signed for may be read over lines with that token, and counts as read."""
        reader, people = self.of(token), self._bank.people.all()
        reader.permitted |= set(ids)
        reader.names = reader.names or found.told_by(people)
        if found.door is not outgoing.Door.ISSUE:
            hands = frozenset(frozenset(keys_of(each, people)) for each in found.by)
            self._read.setdefault(hands, set()).update(ids)

    def require(self, reader: Reader, shown: Iterable[Shown]) -> None:
        """Counts what is about to leave. Raises Denied: when it is more than who asks may read."""
        leaving = list(shown)
        if not self._bank.sample:
            named, alone = bool(reader.hands), len(reader.hands) == 1
            fresh = {each.id for each in leaving if (each.asset or not named) and each.id not in reader.permitted}
            read = self._read.setdefault(reader.hands, set())
            if not named and len(read | fresh) > UNNAMED:
                raise Denied("reader-unnamed", items=len(fresh), most=UNNAMED)
            if alone and len(read | fresh) > ALONE:
                raise Denied("reader-alone", names=reader.names, items=len(fresh), read=len(read), most=ALONE)
            read |= fresh
        reader.pictures.update(*(each.pictures for each in leaving))

    def require_picture(self, reader: Reader, sha256: str) -> None:
        """The same for a picture: of an item that they have read it counts no more."""
        if sha256 not in reader.pictures:
            self.require(reader, [Shown(sha256)])
