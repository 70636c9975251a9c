"""What the desk knows while it is open: the bank, who sits at it, what was asked for, and the stretch being looked at.

One thread of its own asks the bank, one question after the other, so that no key waits for a search. Answer keys are
fetched for one item at a time and kept by nobody here.

Before: `tools.cli.bank.open_bank`. After: `tools.author_desk.browse` shows what comes back.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeVar

from bank.authoring import lifecycle, people, review
from bank.authoring.people import Person, Signer
from bank.authoring.review import Act, Change, Event, State
from bank.content import ItemType, Level
from bank.item import Item
from bank.lending.slices import Slice
from bank.refused import Denied
from bank.store import BankItem, OpenBank
from bank.store.listing import Lack, Wanted

T = TypeVar("T")
BLOCK = 5
"""Items are fetched in stretches of so many: what a screen shows and little more. A bank in shares counts each."""
KEPT_BLOCKS = 800
MOST_LISTED = 20
"""Enemies or twins shown of one item."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The search and the filters as they stand on the screen; "" is no filter."""

    search: str = ""
    type: str = ""
    chapter: str = ""
    level: str = ""
    state: str = ""
    lacks: str = ""
    """One of `bank.store.listing.Lack`."""
    whose: str = ""
    """mine | review: waits for review and no hand of mine is in it."""


@dataclass(frozen=True, slots=True)
class Difference:
    before: int
    after: int
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """One act of an item's history, in names."""

    rev: int
    state: State
    event: Event
    who: str
    earlier: str
    """Who had a hand in the wording before, and did not write this one."""
    signed: bool


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
    more_enemies: int = 0
    """Enemies that are not in `enemies`: there are too many to list."""
    twins: tuple[tuple[BankItem, int], ...] | None = None
    """Near-duplicates and their likeness ×10⁴; None while they are being looked for."""


class Desk:
    def __init__(self, bank: OpenBank, key: Path | None = None) -> None:
        self.bank = bank
        self.key = key
        self.signer: Signer | None = None
        self.person: Person | None = None
        self.numbers: list[int] = []
        self.looked_at: set[int] = set()
        """Revisions that were shown here with their answer key, or as what differs from an approved one."""
        self._asked = Asked()
        self._blocks: dict[int, list[BankItem]] = {}
        self._thread = ThreadPoolExecutor(1, "bank")

    async def ask(self, question: Callable[..., T], *given: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, question, *given)

    def close(self) -> None:
        self._thread.shutdown(cancel_futures=True)

    @property
    def me(self) -> str:
        """Id of whoever sits here: proved once they have signed in, until then what `--as` says."""
        if self.signer is not None:
            return self.signer.id
        return "" if self.key is None else self.key.stem

    # ---- the list ------------------------------------------------------------------------------------------------

    def find(self, asked: Asked) -> list[int]:
        state = State(asked.state) if asked.state else None
        if asked.whose == "review":
            state = State.IN_REVIEW
        wanted = Wanted(
            search=asked.search,
            type=ItemType(asked.type) if asked.type else None,
            chapter=asked.chapter,
            level=Level(asked.level) if asked.level else None,
            state=state,
            lacks=Lack(asked.lacks) if asked.lacks else None,
            on=today().isoformat(),
            hand=self.me if asked.whose == "mine" else "",
            other_hand=self.me if asked.whose == "review" else "",
        )
        return self.bank.catalogue.find(wanted)

    async def look_for(self, asked: Asked) -> list[int] | None:
        """The same in the bank's thread; None where somebody asked for something else before its turn came."""
        self._asked = asked

        def find() -> list[int] | None:
            return self.find(asked) if asked is self._asked else None

        return await self.ask(find)

    def found(self, numbers: list[int]) -> None:
        self.numbers = numbers
        self._blocks = {}

    def at(self, place: int) -> BankItem | None:
        """The item at a place of the list, if it is here already."""
        block = self._blocks.get(place // BLOCK)
        return None if block is None or place >= len(self.numbers) else block[place % BLOCK]

    def missing(self, first: int, last: int) -> list[int]:
        """Blocks of the stretch that are not here yet."""
        last = min(last, len(self.numbers) - 1)
        return [block for block in range(first // BLOCK, last // BLOCK + 1) if block not in self._blocks]

    async def fetch(self, blocks: Sequence[int]) -> None:
        numbers = self.numbers
        wanted = [numbers[block * BLOCK : (block + 1) * BLOCK] for block in blocks]
        items = await self.ask(self.bank.items.at, [number for each in wanted for number in each])
        if numbers is not self.numbers:  # something else was asked for meanwhile
            return
        while len(self._blocks) > KEPT_BLOCKS - len(blocks):
            del self._blocks[next(iter(self._blocks))]
        for block, each in zip(blocks, wanted, strict=True):
            self._blocks[block], items = items[: len(each)], items[len(each) :]

    # ---- one item ------------------------------------------------------------------------------------------------

    def whole(self, item: BankItem) -> Item:
        """With its answer key: where the bank is open in shares, counted and noted."""
        found = next(iter(self.bank.answer_keys.whole([item])))
        self.looked_at.add(item.number)
        return found

    def difference(self, item: BankItem) -> Difference | None:
        """Against the revision in force, or else the one before; None for a first revision."""
        earlier = [each for each in self.bank.items.revisions(item.lineage) if each.rev < item.rev]
        if not earlier:
            return None
        before = next((each for each in earlier if each.state is State.APPROVED), earlier[-1])
        old, new = self.bank.answer_keys.whole([before, item])
        if before.state is State.APPROVED:
            self.looked_at.add(item.number)
        return Difference(before.rev, item.rev, review.changes(old, new))

    def history(self, item: BankItem) -> tuple[Told, ...]:
        """Every act on it; newest first."""
        known = self.bank.people.all()

        def names(ids: Sequence[str]) -> str:
            return "、".join(known[each].name if each in known else each for each in ids)

        rows = []
        for each in self.bank.items.revisions(item.lineage):
            wrote = self.bank.authors.of(self.bank.proof.seal(each))
            for event in self.bank.history.events(each.number):
                own, earlier = review.parted(event, wrote)
                signed = review.is_signed(event, wrote)
                rows.append(Told(each.rev, each.state, event, names(own), names(earlier), signed))
        return tuple(reversed(rows))

    def group(self, item: BankItem) -> tuple[BankItem, ...]:
        """The items of its case, in order."""
        return tuple(self.bank.items.at(self.bank.catalogue.related(item.number).group))

    def figures(self, item: BankItem) -> Figures:
        related = self.bank.catalogue.related(item.number)
        origin = item.provenance.origin
        return Figures(
            item,
            tuple(self.bank.exposure.uses_of(item.lineage)),
            tuple(self.bank.calibrations.of(item.lineage)),
            tuple(self.bank.items.at(related.group)),
            tuple(self.bank.items.at(related.enemies[:MOST_LISTED])),
            next((each for each in self.bank.slices.all() if origin == f"slice {each.id}"), None),
            max(0, len(related.enemies) - MOST_LISTED),
        )

    def twins(self, item: BankItem) -> tuple[tuple[BankItem, int], ...]:
        found = self.bank.near_duplicates.of(item.number)[:MOST_LISTED]
        items = self.bank.items.at([number for number, _likeness in found])
        return tuple((twin, likeness) for twin, (_number, likeness) in zip(items, found, strict=True))

    # ---- acts ----------------------------------------------------------------------------------------------------

    def sign_in(self, key: Path, passphrase: str) -> None:
        """The key stays open until the person leaves; the passphrase is kept by nobody."""
        signer = people.unlock(key, passphrase)
        person = self.bank.people.all().get(signer.id)
        if person is None or person.sign != signer.public:
            raise Denied("person-unknown", name=signer.id)
        self.key, self.signer, self.person = key, signer, person

    def leave(self) -> None:
        self.signer = self.person = None
        self.looked_at.clear()

    def act(self, act: Act, items: Sequence[BankItem], remarks: str) -> None:
        assert self.signer is not None
        if act is Act.SUBMIT:
            lifecycle.submit(self.bank, items, self.signer)
        elif act is Act.APPROVE:
            lifecycle.approve(self.bank, items, self.signer, remarks)
        elif act is Act.RETURN:
            lifecycle.send_back(self.bank, items, self.signer, remarks)
        else:
            lifecycle.retire(self.bank, items, self.signer, remarks)

    def submit(self, numbers: Sequence[int]) -> None:
        """Several drafts at once: each gets a statement and a signature of its own."""
        self.act(Act.SUBMIT, self.bank.items.at(numbers), "")

    def write(self, before: BankItem | None, item: Item, media: Mapping[str, bytes]) -> BankItem:
        """A new item, or the item in other words. A background that is written anew is so for its whole case."""
        assert self.signer is not None
        if before is None:
            return lifecycle.begin(self.bank, item, self.signer, media)
        others = self.sharing_background(before, item)
        waiting = next((each for each in others if each.state is State.IN_REVIEW), None)
        if waiting is not None:
            raise Denied("case-in-review", item=waiting.code or waiting.lineage[:8])
        wordings = [(before.lineage, before.rev, item)]
        for other, whole in zip(others, self.bank.answer_keys.whole(others) if others else (), strict=True):
            content = replace(whole.content, case=item.content.case)
            wordings.append((other.lineage, other.rev, replace(whole, content=content, background=item.background)))
        lifecycle.rewrite(self.bank, wordings, self.signer, media)
        return self.bank.items.newest(before.lineage)

    def sharing_background(self, before: BankItem, item: Item) -> list[BankItem]:
        """The other items of the case whose background `item` changes; none where it moves to another case."""
        case, now = before.content.case, item.content.case
        if not case or not now or case == now:
            return []
        others = [each for each in self.group(before) if each.lineage != before.lineage]
        return [] if self.bank.catalogue.has_case(now) else [self.bank.items.newest(each.lineage) for each in others]


def today() -> date:
    return datetime.now(UTC).date()
