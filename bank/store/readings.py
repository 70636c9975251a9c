"""What reviewers are shown, one item at a time and in their own name, and what they have read since.

Shown is said here, and nowhere else, to whom and of what; read is an act of the bank. An item that somebody has before
them is nothing yet: it is read when they go on from it and say so, after the time that its words take
(`bank.authoring.reading`). One person has one item before them, through however many lines they ask.

Before: `bank.authoring.reading` says who reads and how long it takes. After: `bank.store.reviews` takes no approval of
what was not read.
"""

import math
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from bank.authoring import reading, review
from bank.authoring.reading import Shown
from bank.authoring.review import Act, Event, State
from bank.clock import now, since_boot
from bank.refused import Denied
from bank.store import acts
from bank.store.answer_keys import AnswerKeys
from bank.store.authors import Authors
from bank.store.bank_item import BankItem
from bank.store.history import History
from bank.store.items import Items
from bank.store.media import Media
from bank.store.people import People
from bank.store.proof import Proof
from bank.vault import Vault

MOST_CHALLENGES = 64
"""Begun and not answered: the oldest go."""


@dataclass(frozen=True, slots=True)
class _Before:
    """What a person has before them."""

    number: int
    seal: str
    least_s: int
    since: float
    pictures_missing: int


@dataclass(eq=False)
class Readings:
    """Who was shown what, and has read it."""

    _vault: Vault
    _people: People
    _history: History
    _authors: Authors
    _proof: Proof
    _items: Items
    _answer_keys: AnswerKeys
    _media: Media
    clock: Callable[[], float] = field(default_factory=lambda: since_boot)
    """Seconds, for how long something was before somebody."""
    _challenges: dict[str, None] = field(default_factory=dict)
    _readers: dict[str, str] = field(default_factory=dict)
    """Answered challenges, each known to its reader alone, and who that is."""
    _before: dict[str, _Before] = field(default_factory=dict)
    """By person."""

    def challenge(self) -> str:
        """For a reviewer to sign (`bank.authoring.reading`); whoever signed it reads by it."""
        while len(self._challenges) >= MOST_CHALLENGES:
            del self._challenges[next(iter(self._challenges))]
        made = secrets.token_hex(32)
        self._challenges[made] = None
        return made

    def begin(self, statement: bytes) -> None:
        """From now on its challenge stands for whoever signed it. Raises Denied: when it is none of this opening's."""
        challenge = reading.challenge_of(statement)
        if challenge not in self._challenges:
            raise Denied("reader-unknown")
        person = reading.reader(statement, self._vault.name, self._people.all())
        del self._challenges[challenge]
        self._readers[challenge] = person.id

    def show(self, reader: str, number: int, *, read: bool = False) -> Shown:
        """Puts a revision that waits before its reader, with all that an approval covers; `read`: the one that they
        had before them is read.

        Raises Denied: when it is not theirs to approve, or the one before was read too briefly.
        """
        who = self.who(reader)
        item = self._items.numbered(number)
        known, events, sealed = self._people.all(), self._history.events(number), self._proof.seal(item)
        review.check_act(Act.APPROVE, known[who], events, known)
        review.check_writer(Act.APPROVE, item.code or item.lineage[:8], known[who], events, self._authors.of(sealed))
        if read:
            self.read(reader)
        (whole,) = self._answer_keys.whole([item])
        in_force = next((e for e in self._items.revisions(item.lineage) if e.state is State.APPROVED), None)
        before = None if in_force is None else next(iter(self._answer_keys.whole([in_force])))
        wanted = whole.pictures() | (before.pictures() if before is not None else frozenset())
        held = {digest: data for digest in sorted(wanted) if (data := self._media.find(digest)) is not None}
        least = reading.least_s(whole, before)
        missing = len(whole.pictures() - held.keys())
        here = self._before.get(who)
        # Shown once more while it is before them, it goes on being so.
        since = here.since if here is not None and here.number == number else self.clock()
        self._before[who] = _Before(number, sealed.digest(), least, since, missing)
        return Shown(whole, before, 0 if in_force is None else in_force.rev, held, least)

    def read(self, reader: str) -> None:
        """What this person has before them is read.

        Raises Denied: when it was before them too briefly, or without one of its pictures. It stays before them then.
        """
        who = self.who(reader)
        here = self._before.get(who)
        if here is None:
            return
        name = self._name(self._items.numbered(here.number))
        if here.pictures_missing:
            raise Denied("read-without-picture", item=name, pictures=here.pictures_missing)
        seconds = self.clock() - here.since
        if seconds < here.least_s:
            raise Denied("read-too-briefly", item=name, least=here.least_s, left=math.ceil(here.least_s - seconds))
        with self._vault.transaction() as connection:
            told = f"{here.seal} {int(seconds)}"
            acts.chain(connection, [(here.number, Act.READ.value, who, now(), told, b"")])
        del self._before[who]

    def take_away(self, reader: str) -> None:
        """What this person was about to have before them did not reach them."""
        self._before.pop(self.who(reader), None)

    def who(self, reader: str) -> str:
        """Id of the person. Raises Denied: when nobody reads by that."""
        if reader not in self._readers:
            raise Denied("reader-unknown")
        return self._people.acting(self._readers[reader]).id

    def by(self, who: str) -> list[int]:
        """Revisions in review that this person has read, in the order the bank holds them."""
        query = (
            "SELECT DISTINCT r.number FROM revisions r CROSS JOIN acts a ON a.revision = r.number"
            " WHERE r.state = 'in-review' AND a.act = ? AND a.who = ? ORDER BY r.number"
        )
        return [number for (number,) in self._vault.rows(query, (Act.READ.value, who))]

    def require(self, item: BankItem, who: str, seal: str) -> None:
        """That this person has read exactly that. Raises Denied: when they have not."""
        if not any(event.who == who and event.remarks.split()[0] == seal for event in self.of(item.number)):
            raise Denied("approve-unread", item=self._name(item))

    def of(self, number: int) -> list[Event]:
        """Who has read a revision, when, and for how long: remarks are its seal's digest and seconds."""
        query = "SELECT who, at, remarks FROM acts WHERE revision = ? AND act = ? ORDER BY number"
        return [Event(Act.READ, *row) for row in self._vault.rows(query, (number, Act.READ.value))]

    @staticmethod
    def _name(item: BankItem) -> str:
        return item.code or item.lineage[:8]
