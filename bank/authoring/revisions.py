"""An item's revisions as a reader meets them: what is in use, what waits for review, what changed, who did what.

Before: `bank.store`. After: whoever lists, reviews or revises items, at a command line or at a desk.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from bank.authoring import lifecycle, people, review
from bank.authoring.people import Person, Signer
from bank.authoring.review import Act, Change, Event, State
from bank.item import Item
from bank.lending.slices import lent
from bank.refused import BadFile, Denied
from bank.store import BankItem, ItemOutline, OpenBank


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


def to_submit(bank: OpenBank) -> list[ItemOutline]:
    """All drafts but those that a reviewer returned: their author has something to change first."""
    drafts = bank.items.outlines(state=State.DRAFT)
    return [item for item in drafts if bank.history.events(item.number)[-1].act is not Act.RETURN]


def to_approve(bank: OpenBank, signer: Signer) -> list[ItemOutline]:
    """All that waits and that no hand of this person is in, whatever key it signed with."""
    mine = people.keys_of(signer.id, bank.people.all())
    waiting = bank.items.outlines(state=State.IN_REVIEW)
    return [item for item in waiting if not mine & review.hands(bank.history.events(item.number))]


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


def history(bank: OpenBank, lineage: str) -> list[PastAct]:
    """Every act on every revision, oldest first."""
    acts, known = [], bank.people.all()
    for item in bank.items.revisions(lineage):
        wrote = bank.authors.of(bank.proof.seal(item))
        for event in bank.history.events(item.number):
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
