"""The one place where the desk asks the bank, and changes something in it: every question and act by its types.

One thread of its own asks the bank, one question after the other, so that no key waits for a search; whoever gives up
waiting takes a question back that has not begun. Answer keys are fetched for one item at a time and kept by nobody
here.

Before: `tools.cli.bank.open_bank`. After: `tools.author_desk.browse` and its parts show what comes back.
"""

import asyncio
import functools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from msgspec import structs

from bank.agent.remote import RemoteBank
from bank.authoring import lifecycle, people, review, revisions
from bank.authoring.people import Role, Signer
from bank.authoring.reading import Shown
from bank.authoring.review import Act, State
from bank.authoring.revisions import Difference, PastAct
from bank.clock import now, today
from bank.content import ItemType, Level
from bank.item import Item
from bank.refused import Denied
from bank.store import BankItem, OpenBank
from bank.store.listing import Lack, Wanted
from bank.store.writing import Progress
from tools.author_desk.filters import Search
from tools.author_desk.item_facts import Figures
from tools.author_desk.signatory import SignedIn
from tools.cli.bank.changes import item_name

P = ParamSpec("P")
T = TypeVar("T")
MOST_LISTED = 20
"""Enemies or twins shown of one item."""


def _in_thread(
    question: Callable[Concatenate["BankAccess", P], T],
) -> Callable[Concatenate["BankAccess", P], Awaitable[T]]:
    @functools.wraps(question)
    async def asked(self: "BankAccess", /, *given: P.args, **named: P.kwargs) -> T:
        turn = functools.partial(question, self, *given, **named)
        return await asyncio.get_running_loop().run_in_executor(self._thread, turn)

    return asked


class BankAccess:
    def __init__(self, bank: OpenBank, second: Signer | None = None) -> None:
        """`second`: somebody who is here as well, so that more is read than one may alone."""
        self._bank, self._second = bank, second
        self._thread = ThreadPoolExecutor(1, "bank")
        self.name = bank.directory.name

    def close(self) -> None:
        self._thread.shutdown(cancel_futures=True)

    @_in_thread
    def find(self, search: Search, me: str) -> list[int]:
        """Numbers of the revisions that `search` leaves to the person of the id `me`."""
        state = State.IN_REVIEW if search.whose == "review" else State(search.state) if search.state else None
        wanted = Wanted(
            search=search.text,
            type=ItemType(search.type) if search.type else None,
            subject=search.subject,
            chapter=search.chapter,
            level=Level(search.level) if search.level else None,
            state=state,
            lacks=Lack(search.lacks) if search.lacks else None,
            on=today().isoformat(),
            hand=me if search.whose == "mine" else "",
            other_hand=me if search.whose == "review" else "",
        )
        return self._bank.catalogue.find(wanted)

    @_in_thread
    def items(self, numbers: Sequence[int]) -> list[BankItem]:
        return self._bank.items.at(numbers)

    @_in_thread
    def chapters(self, subject: str = "") -> Mapping[str, int]:
        """How many items each has, of one subject or of all."""
        return self._bank.catalogue.chapters(subject)

    @_in_thread
    def subjects(self) -> Mapping[str, int]:
        """How many items each has."""
        return self._bank.catalogue.subjects()

    @_in_thread
    def pictures_and_repeals(self) -> tuple[frozenset[str], dict[str, str]]:
        """Digests of the pictures that it holds; words of each provision that was repealed, with the day."""
        return self._bank.media.digests(), self._bank.provisions.repealed()

    @_in_thread
    def picture(self, digest: str) -> bytes | None:
        return self._bank.media.find(digest)

    @_in_thread
    def pictures(self, digests: Sequence[str]) -> dict[str, bytes]:
        """Those of them that it holds."""
        found = {digest: self._bank.media.find(digest) for digest in digests}
        return {digest: data for digest, data in found.items() if data is not None}

    @_in_thread
    def answer_keys_out(self) -> tuple[int, int] | None:
        """How many answer keys were let out, and how many may be; None where the bank is not open in shares."""
        if not isinstance(self._bank, RemoteBank):
            return None
        status = self._bank.status()
        return status["keys_out"], status["limit"]

    @_in_thread
    def newest(self, lineage: str) -> BankItem:
        return self._bank.items.newest(lineage)

    @_in_thread
    def whole(self, item: BankItem) -> Item:
        """With its answer key: where the bank is open in shares, counted and noted."""
        return next(iter(self._bank.answer_keys.whole([item])))

    @_in_thread
    def difference(self, item: BankItem) -> Difference | None:
        """Against the revision in force, or else the one before; None for a first revision."""
        earlier = [each for each in self._bank.items.revisions(item.lineage) if each.rev < item.rev]
        if not earlier:
            return None
        before = next((each for each in earlier if each.state is State.APPROVED), earlier[-1])
        old, new = self._bank.answer_keys.whole([before, item])
        return Difference(before.rev, item.rev, review.changes(old, new), before.state is State.APPROVED)

    @_in_thread
    def history(self, item: BankItem) -> tuple[PastAct, ...]:
        """Every act on it; newest first."""
        return tuple(reversed(revisions.history(self._bank, item.lineage)))

    @_in_thread
    def group(self, item: BankItem) -> tuple[BankItem, ...]:
        """The items of its case, in order."""
        return tuple(self._bank.items.at(self._bank.catalogue.related(item.number).group))

    @_in_thread
    def figures(self, item: BankItem) -> Figures:
        """All but its near-duplicates, which take longer to find."""
        related = self._bank.catalogue.related(item.number)
        lent = next((each for each in self._bank.slices.all() if item.provenance.origin == f"slice {each.id}"), None)
        return Figures(
            item,
            tuple(self._bank.exposure.uses_of(item.lineage)),
            tuple(self._bank.calibrations.of(item.lineage)),
            tuple(self._bank.items.at(related.group)),
            tuple(self._bank.items.at(related.enemies[:MOST_LISTED])),
            lent,
            lent is not None and lent.first <= today().isoformat() <= lent.until,
            max(0, len(related.enemies) - MOST_LISTED),
        )

    @_in_thread
    def twins(self, item: BankItem) -> tuple[tuple[BankItem, int], ...]:
        """Its near-duplicates with their likeness ×10⁴, the likest first."""
        found = self._bank.near_duplicates.of(item.number)[:MOST_LISTED]
        items = self._bank.items.at([number for number, _likeness in found])
        return tuple((twin, likeness) for twin, (_number, likeness) in zip(items, found, strict=True))

    @_in_thread
    def sign_in(self, key: Path, passphrase: str) -> SignedIn:
        """Opens the key file; the passphrase is kept by nobody.

        Raises Denied: when the bank knows no person of this key.
        """
        signer = people.unlock(key, passphrase)
        person = self._bank.people.all().get(signer.id)
        if person is None or person.sign != signer.public:
            raise Denied("person-unknown", name=signer.id)
        self._bank.identify(signer, *([] if self._second is None else [self._second]))
        reads = Role.REVIEWER in person.roles and not person.until
        return SignedIn(signer, person, lifecycle.begin_reading(self._bank, signer) if reads else "")

    @_in_thread
    def check(self, act: Act, numbers: Sequence[int], who: str) -> None:
        """Whether this person may do that: asked before they are asked for anything.

        Raises Denied: when they may not.
        """
        self._bank.reviews.to_sign(act, numbers, who, now())

    @_in_thread
    def require(self, who: str, role: Role, item: BankItem | None = None) -> None:
        """Whether this person is at work in that role, and the item this bank's own. Raises Denied: when not."""
        people = self._bank.people.all()
        if who not in people:
            raise Denied("person-unknown", name=who)
        people[who].require(role)
        if item is not None:
            review.require_own(self._bank.history.events(self._bank.items.newest(item.lineage).number))

    @_in_thread
    def to_read(self, who: str) -> tuple[list[int], list[int]]:
        """What waits for this person's review: not read yet, and read."""
        return revisions.to_read(self._bank, who)

    @_in_thread
    def read_by(self, who: str) -> frozenset[int]:
        return frozenset(self._bank.readings.by(who))

    @_in_thread
    def show(self, reader: str, number: int, *, read: bool = False) -> Shown:
        """A revision put before a reviewer, in their name: counted and noted where the bank is in shares."""
        return self._bank.readings.show(reader, number, read=read)

    @_in_thread
    def read(self, reader: str) -> None:
        """What is before this reviewer is read."""
        self._bank.readings.read(reader)

    @_in_thread
    def approve(self, numbers: Sequence[int], signer: Signer, progress: Progress) -> None:
        """Several that the person has read: each gets a statement and a signature of its own; all or none."""
        lifecycle.approve(self._bank, self._bank.items.at(numbers), signer, progress=progress)

    @_in_thread
    def sign_out(self) -> None:
        """From here on nobody is asking by name."""
        self._bank.identify()

    @property
    def asks_who_reads(self) -> bool:
        """Whether few items are shown before somebody says who they are (`bank.agent.readers`)."""
        return isinstance(self._bank, RemoteBank) and not self._bank.sample

    @_in_thread
    def act(self, act: Act, item: BankItem, signer: Signer, remarks: str) -> None:
        """Submits, approves, returns or retires it, signed; `bank.authoring.review` says whether that may be."""
        if act is Act.SUBMIT:
            lifecycle.submit(self._bank, [item], signer)
        else:
            do = {Act.APPROVE: lifecycle.approve, Act.RETURN: lifecycle.send_back, Act.RETIRE: lifecycle.retire}[act]
            do(self._bank, [item], signer, remarks)

    @_in_thread
    def submit(self, numbers: Sequence[int], signer: Signer) -> None:
        """Several drafts at once: each gets a statement and a signature of its own."""
        lifecycle.submit(self._bank, self._bank.items.at(numbers), signer)

    @_in_thread
    def write(self, before: BankItem | None, item: Item, media: Mapping[str, bytes], signer: Signer) -> BankItem:
        """A new item, or the item in other words. A background that is written anew is so for its whole case.

        Raises Denied: when another item of that case waits for its reviewer.
        """
        if before is None:
            return lifecycle.begin(self._bank, item, signer, media)
        others = self._sharing_background(before, item)
        waiting = next((each for each in others if each.state is State.IN_REVIEW), None)
        if waiting is not None:
            raise Denied("case-in-review", item=item_name(waiting))
        wordings = [(before.lineage, before.rev, item)]
        for other, whole in zip(others, self._bank.answer_keys.whole(others) if others else (), strict=True):
            content = replace(whole.content, case=item.content.case)
            wordings.append(
                (other.lineage, other.rev, structs.replace(whole, content=content, background=item.background))
            )
        lifecycle.rewrite(self._bank, wordings, signer, media)
        return self._bank.items.newest(before.lineage)

    def _sharing_background(self, before: BankItem, item: Item) -> list[BankItem]:
        """The other items of the case whose background `item` changes; none where it moves to another case."""
        case, now = before.content.case, item.content.case
        if not case or not now or case == now:
            return []
        group = self._bank.catalogue.related(before.number).group
        others = [each for each in self._bank.items.at(group) if each.lineage != before.lineage]
        return [] if self._bank.catalogue.has_case(now) else [self._bank.items.newest(each.lineage) for each in others]
