"""What the desk knows while it is open: the bank, who sits at it, what was asked for, and the stretch being looked at.

One thread of its own asks the bank, one question after the other, so that no key waits for a search. Answer keys are
fetched for one item at a time and kept by nobody here.

Before: `tools.open_bank`. After: `tools.desk.browse` shows what comes back.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeVar

from bank import life, people, review
from bank.content import ItemType, Level
from bank.item import Item
from bank.listing import Lack, Wanted
from bank.people import Person, Signer
from bank.refused import Denied
from bank.review import Act, Change, Event, State
from bank.store import Bank, BankItem

T = TypeVar("T")
BLOCK = 64
"""Items fetched at once: more than a screen shows, few enough to come within a key press."""
KEPT_BLOCKS = 64


@dataclass(frozen=True, slots=True)
class Asked:
    """The search and the filters as they stand on the screen; "" is no filter."""

    search: str = ""
    type: str = ""
    chapter: str = ""
    level: str = ""
    state: str = ""
    lacks: str = ""
    """basis | difficulty | force: cites a provision no longer in force."""
    whose: str = ""
    """mine | review: waits for review and no hand of mine is in it."""


@dataclass(frozen=True, slots=True)
class Difference:
    before: int
    after: int
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Use:
    """Exposure and statistics of one item."""

    uses: tuple[tuple[str, str, str, int], ...]
    measured: tuple[tuple[int, int, int, str], ...]
    judged: int | None


class Desk:
    def __init__(self, bank: Bank, key: Path | None = None) -> None:
        self.bank = bank
        self.key = key
        self.signer: Signer | None = None
        self.person: Person | None = None
        self.numbers: list[int] = []
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
        repeals = self.bank.repeals() if asked.lacks == "force" else {}
        state = State(asked.state) if asked.state else None
        if asked.whose == "review":
            state = State.IN_REVIEW
        wanted = Wanted(
            search=asked.search,
            type=ItemType(asked.type) if asked.type else None,
            chapter=asked.chapter,
            level=Level(asked.level) if asked.level else None,
            state=state,
            lacks=Lack(asked.lacks) if asked.lacks in tuple(Lack) else None,
            cites=tuple(repeals) if asked.lacks == "force" else None,
            hand=self.me if asked.whose == "mine" else "",
            other_hand=self.me if asked.whose == "review" else "",
        )
        numbers = self.bank.numbers(wanted)
        if asked.lacks != "force":
            return numbers
        found = life.repealed(self.bank.numbered(numbers), repeals, today())
        return [item.number for item, _ in found]

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

    async def fetch(self, block: int) -> None:
        numbers = self.numbers
        items = await self.ask(self.bank.numbered, numbers[block * BLOCK : (block + 1) * BLOCK])
        if numbers is self.numbers:  # else something else was asked for meanwhile
            while len(self._blocks) >= KEPT_BLOCKS:
                del self._blocks[next(iter(self._blocks))]
            self._blocks[block] = items

    # ---- one item ------------------------------------------------------------------------------------------------

    def whole(self, item: BankItem) -> Item:
        """With its answer key: where the bank is open in shares, counted and noted."""
        return next(iter(self.bank.whole([item])))

    def difference(self, item: BankItem) -> Difference | None:
        """Against the revision in force, or else the one before; None for a first revision."""
        earlier = [each for each in self.bank.revisions(item.lineage) if each.rev < item.rev]
        if not earlier:
            return None
        before = next((each for each in earlier if each.state is State.APPROVED), earlier[-1])
        old, new = self.bank.whole([before, item])
        return Difference(before.rev, item.rev, review.changes(old, new))

    def history(self, item: BankItem) -> tuple[tuple[int, State, str, Event], ...]:
        """Revision, its state, names, act; newest first."""
        known = self.bank.people()
        rows = []
        for each in self.bank.revisions(item.lineage):
            for event in self.bank.events(each.number):
                names = "、".join(known[who].name if who in known else who for who in event.who.split(","))
                rows.append((each.rev, each.state, names, event))
        return tuple(reversed(rows))

    def use(self, item: BankItem) -> Use:
        uses = tuple(map(tuple, self.bank.uses_of(item.lineage)))
        measured = tuple(map(tuple, self.bank.calibrations(item.lineage)))
        return Use(uses, measured, item.p4)  # type: ignore[arg-type]

    # ---- acts ----------------------------------------------------------------------------------------------------

    def sign_in(self, key: Path, passphrase: str) -> None:
        """The key stays open until the person leaves; the passphrase is kept by nobody."""
        signer = people.unlock(key, passphrase)
        person = self.bank.people().get(signer.id)
        if person is None or person.sign != signer.public:
            raise Denied("person-unknown", name=signer.id)
        self.key, self.signer, self.person = key, signer, person

    def leave(self) -> None:
        self.signer = self.person = None

    def act(self, act: Act, items: Sequence[BankItem], remarks: str) -> None:
        assert self.signer is not None
        if act is Act.SUBMIT:
            life.submit(self.bank, items, self.signer)
        elif act is Act.APPROVE:
            life.approve(self.bank, items, self.signer, remarks)
        elif act is Act.RETURN:
            life.send_back(self.bank, items, self.signer, remarks)
        else:
            life.retire(self.bank, items, self.signer, remarks)

    def write(self, lineage: str, item: Item) -> BankItem:
        assert self.signer is not None
        return life.write(self.bank, lineage, item, self.signer)


def today() -> date:
    return datetime.now(UTC).date()
