"""An item's revisions as a reader meets them: what is in use, what waits for review, what changed, who did what.

Before: `bank.store`. After: whoever lists, reviews or revises items, at a command line or at a desk.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Any

from bank.authoring import lifecycle, people, review
from bank.authoring.people import Person, Signer
from bank.authoring.reading import Shown
from bank.authoring.review import Act, Change, Event, State
from bank.item import Item
from bank.lending.slices import lent
from bank.refused import BadFile, Denied
from bank.store import BankItem, ItemOutline, OpenBank
from bank.store.listing import Wanted


def select(bank: OpenBank, state: State | None = None, **wanted: Any) -> list[BankItem]:
    """Items in that state, as they lie in the bank; without one of each the newest revision, unless it is retired.

    `wanted` as `bank.items.select` takes it.
    """
    items = bank.items.select(verified=False, state=state, **wanted)
    return [item for item in items if state is not None or item.state is not State.RETIRED]


def outlines(bank: OpenBank, state: State | None = None, **wanted: Any) -> list[ItemOutline]:
    """The same without a word of the questions."""
    items = bank.items.outlines(verified=False, state=state, **wanted)
    return [item for item in items if state is not None or item.state is not State.RETIRED]


# ---- what waits --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ForReview:
    """An item as it would be approved."""

    item: BankItem
    whole: Item
    changes: tuple[Change, ...]
    """From the revision in force; none where there is none."""
    hands: tuple[str, ...]
    """Ids of all who wrote or submitted it."""
    names: tuple[str, ...]
    """Theirs."""


@dataclass(frozen=True, slots=True)
class Queue:
    waiting: int
    shown: int
    refusal: Denied | None
    """Why what was asked for was not shown to its end: the bound on answer keys is reached."""


def show_queue(bank: OpenBank, named: Sequence[str], show: Callable[[ForReview], None]) -> Queue:
    """Shows what waits for review, or those named of it, one after the other, each with its answer key.

    Raises Denied: when one that is named does not wait, or the bound lets not even the first be shown.
    """
    waiting = [item for item in bank.items.outlines(verified=False, state=None) if item.state is State.IN_REVIEW]
    chosen = [bank.items.outline(name) for name in dict.fromkeys(named)] if named else waiting
    for item in chosen:
        if item.state is not State.IN_REVIEW:
            raise Denied("not-in-review", item=item.name, state=item.state.value)
    known = bank.people.all()
    for shown, item in enumerate(chosen):
        try:
            for_review = _for_review(bank, bank.items.at([item.number])[0], known)
        except Denied as denied:  # what was shown stays shown; the bound is told with what it left out
            if denied.code not in ("export-limit", "reader-unnamed") or not shown:
                raise
            return Queue(len(waiting), shown, denied)
        show(for_review)
    return Queue(len(waiting), len(chosen), None)


def _for_review(bank: OpenBank, item: BankItem, known: Mapping[str, Person]) -> ForReview:
    in_force = next((each for each in bank.items.revisions(item.lineage) if each.state is State.APPROVED), None)
    whole = next(iter(bank.answer_keys.whole([item])))
    changes: tuple[Change, ...] = ()
    if in_force is not None:
        changes = review.changes(next(iter(bank.answer_keys.whole([in_force]))), whole)
    hands = tuple(sorted(review.hands(bank.history.events(item.number))))
    return ForReview(item, whole, changes, hands, names(hands, known))


@dataclass(frozen=True, slots=True)
class Chosen:
    """What an act on all is on, and how many it leaves."""

    items: tuple[ItemOutline, ...]
    left: int


def to_submit(bank: OpenBank, signer: Signer) -> Chosen:
    """This person's own drafts but those that a reviewer returned: their author has something to change first. Left are
    those that others wrote."""
    own = bank.drafts.written_by(people.keys_of(signer.id, bank.people.all()))
    chosen = [item for item in own if bank.history.events(item.number)[-1].act is not Act.RETURN]
    return Chosen(tuple(chosen), bank.items.count_states().get(State.DRAFT, 0) - len(own))


def to_read(bank: OpenBank, who: str) -> tuple[list[int], list[int]]:
    """Numbers of the revisions that wait for somebody else's review than that of the hands in them: those that this
    person has not read yet, and those that they have."""
    waiting = bank.catalogue.find(Wanted(state=State.IN_REVIEW, other_hand=who))
    read = set(bank.readings.by(who))
    return [each for each in waiting if each not in read], [each for each in waiting if each in read]


class Turn(Enum):
    """What a reviewer does with what they have before them."""

    READ = "read"
    SKIP = "skip"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class ReadThrough:
    read: int
    skipped: int
    left: int
    """Not come to, for the reviewer stopped."""


def read_through(
    bank: OpenBank,
    signer: Signer,
    named: Sequence[str],
    turn: Callable[[ForReview, Shown, int, int], Turn],
    refuse: Callable[[Denied], None],
) -> ReadThrough:
    """A reviewer reads, one after the other, what waits for their review, or what is named of it. `turn` has it before
    them, with its place and of how many; `refuse` tells why it does not count as read yet."""
    reader, known = lifecycle.begin_reading(bank, signer), bank.people.all()
    chosen = [bank.items.find(name).number for name in dict.fromkeys(named)] or to_read(bank, signer.id)[0]
    read = skipped = 0
    for place, number in enumerate(chosen, 1):
        shown, (item,) = bank.readings.show(reader, number), bank.items.at([number])
        hands = tuple(sorted(review.hands(bank.history.events(number))))
        changes = () if shown.before is None else review.changes(shown.before, shown.item)
        waits = ForReview(item, shown.item, changes, hands, names(hands, known))
        while (said := turn(waits, shown, place, len(chosen))) is Turn.READ:
            try:
                bank.readings.read(reader)
                read += 1
                break
            except Denied as denied:
                refuse(denied)
        skipped += said is Turn.SKIP
        if said is Turn.STOP:
            break
    return ReadThrough(read, skipped, len(chosen) - read - skipped)


def to_approve(bank: OpenBank, signer: Signer) -> Chosen:
    """All that waits and that this person has read. Left is what waits for others' eyes than those of its writers and
    that they have not read."""
    unread, read = to_read(bank, signer.id)
    wanted = set(read)
    waiting = bank.items.outlines(state=State.IN_REVIEW)
    return Chosen(tuple(each for each in waiting if each.number in wanted), len(unread))


def without_subject(bank: OpenBank, chapter: str | None = None) -> tuple[list[ItemOutline], int]:
    """The bank's own items not retired that state no subject, and how many more of them are in review."""
    ours = [item for item in outlines(bank, subject="", chapter=chapter) if not lent(item.provenance)]
    free = [item for item in ours if item.state is not State.IN_REVIEW]
    return free, len(ours) - len(free)


# ---- what changed, and who did it --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Difference:
    before: int
    """Revision."""
    after: int
    changes: tuple[Change, ...]
    from_approved: bool
    """What it is compared with is in force."""


def difference(bank: OpenBank, name: str, before: int | None = None, after: int | None = None) -> Difference:
    """Between two revisions of an item: by default the newest and the one before.

    Raises Denied: when there is no earlier one, or none of that number.
    """
    revisions = {item.rev: item for item in bank.items.revisions(bank.items.find(name).lineage)}
    after = after or max(revisions)
    before = before or after - 1
    if not before:
        raise Denied("revision-first", item=name)
    for rev in (before, after):
        if rev not in revisions:
            raise Denied("revision-unknown", item=name, rev=rev, found=max(revisions))
    old, new = bank.answer_keys.whole([revisions[before], revisions[after]])
    in_force = revisions[before].state is State.APPROVED
    return Difference(before, after, review.changes(old, new), in_force)


@dataclass(frozen=True, slots=True)
class PastAct:
    """One act of an item's history."""

    rev: int
    state: State
    event: Event
    by: list[str]
    """Ids of those whose act it is."""
    who: tuple[str, ...]
    """Their names."""
    hands_before: list[str]
    """Ids of those who had a hand in the wording before, and did not write this one."""
    earlier: tuple[str, ...]
    """Their names."""
    signed: bool
    """A signature proves it."""

    @property
    def read_s(self) -> int | None:
        """For how many seconds a reviewer had it before them, where that is the act."""
        return int(self.event.remarks.split()[1]) if self.event.act is Act.READ else None


def history(bank: OpenBank, lineage: str) -> list[PastAct]:
    """Every act on every revision, oldest first."""
    acts, known = [], bank.people.all()
    for item in bank.items.revisions(lineage):
        wrote = bank.authors.of(bank.proof.seal(item))
        for event in bank.history.events(item.number, readings=True):
            by, before = review.parted(event, wrote)
            who, earlier = names(by, known), names(before, known)
            signed = review.is_signed(event, wrote)
            acts.append(PastAct(item.rev, item.state, event, by, who, before, earlier, signed))
    return acts


def names(ids: Iterable[str], known: Mapping[str, Person]) -> tuple[str, ...]:
    """Whose ids they are, as people call them."""
    return tuple(known[each].name if each in known else each for each in ids)


# ---- other words -------------------------------------------------------------------------------------------------


def revise(bank: OpenBank, before: BankItem, file: Path, media: Path | None, writer: Signer | None) -> BankItem:
    """The draft that puts `before` into the words of the one item in `file`; in a bank of samples nobody has to sign.

    Raises BadFile: when there is no item in the file, or several.
    """
    from bank import formats  # its readers take their time to load, and few readers of items come here

    found = formats.read(file, media)
    if len(found.items) != 1:
        raise BadFile("one-item-file", file=file.name, found=len(found.items))
    if writer is None:
        return bank.drafts.revise(before.lineage, found.items[0], found.media)
    return lifecycle.write(bank, before.lineage, found.items[0], writer, found.media, rev=before.rev)


def repeal(bank: OpenBank, text: str, on: date, writer: Signer | None) -> Sequence[tuple[ItemOutline, str]]:
    """Notes that a provision ends; the items not retired that cite it, each with its words."""
    lifecycle.repeal(bank, text, on, writer)
    items = [item for item in bank.items.outlines(state=None) if item.state is not State.RETIRED]
    return lifecycle.repealed(items, {text: on.isoformat()}, on)
