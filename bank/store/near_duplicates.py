"""Questions that are nearly the same as one of the bank: compared where the bank is open, so that none leaves it.

Before: `bank.authoring.near_duplicates` says what nearly the same is. After: the report of an import,
`bank.store.submissions`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

import msgspec

from bank.authoring import near_duplicates
from bank.authoring.fragments import Fragment, KnownItems, Recognition
from bank.authoring.near_duplicates import NearDuplicate, Question
from bank.authoring.review import State
from bank.content import Content
from bank.store.catalogue import Catalogue
from bank.store.items import Items
from bank.store.listing import Line
from bank.store.writing import Progress
from bank.vault import Vault

_SHINGLE = 3
_SAMPLE = 500
_content = msgspec.json.Decoder(Content)  # straight into the type: 50,000 in 0.2 s, a third of the way by dictionaries


@dataclass(frozen=True, eq=False)
class NearDuplicates:
    """Compares with every question of the bank."""

    _vault: Vault
    _items: Items
    _catalogue: Catalogue

    def find(self, fresh: Sequence[Question], progress: Progress | None = None) -> list[NearDuplicate]:
        """Of each of `fresh` that the bank does not hold the nearest, in the bank or further up among `fresh`."""
        there = {row[0] for row in self._vault.rows("SELECT id FROM revisions")}
        new = {question.id: question for question in reversed(fresh) if question.id not in there}
        order = [question for question in fresh if new.get(question.id) is question]
        if not order:
            return []
        from bank.authoring import near_duplicate_search  # numpy takes its time, and few commands come here

        return near_duplicate_search.find(order, self.questions(), progress=progress)

    def questions(self) -> Iterator[Question]:
        """Of each item the newest revision, as it lies in the bank."""
        query = (
            "SELECT r.id, r.code, r.content FROM revisions r JOIN items i ON i.number = r.item"
            " WHERE r.rev = i.newest ORDER BY r.item"
        )
        with self._vault.reading() as connection:
            for identity, code, content in connection.execute(query):
                yield Question(identity, code or identity[:8], _content.decode(content))

    def recognise(self, fragments: Sequence[Fragment], among: Sequence[frozenset[str]]) -> list[Recognition]:
        """Of what items in force, or once in force, somebody read fragments; looked for in each of `among` before all.

        A draft never left the bank; what was retired since may have.
        """
        query = "SELECT id, content FROM revisions WHERE state = ? ORDER BY item, rev"
        held = [
            (identity, _content.decode(content))
            for state in (State.APPROVED, State.RETIRED)
            for identity, content in self._vault.rows(query, (state.value,))
        ]
        known = KnownItems(held)
        return [known.told(fragment, among) for fragment in fragments]

    def of(self, number: int) -> list[tuple[int, int]]:
        """Near duplicates of a revision among items not retired: number, similarity ×10⁴; the most similar first."""
        line = self._catalogue.line(number)
        if line is None:
            return []
        content = self._items.numbered(number).content
        possible = _possible(self._catalogue.lines(), line, content)
        found = ((each.number, similarity_p4(content, self._items.numbered(each.number).content)) for each in possible)
        return sorted(((other, p4) for other, p4 in found if p4), key=lambda each: -each[1])


def _possible(lines: Sequence[Line], to: Line, content: Content) -> list[Line]:
    """Those that could be near duplicates of `content`, the content of `to`; none is left out.

    A text that shares four fifths of the shingles has at least one of any fifth of them, so the rarest fifth is looked
    for; or it begins with the same stem.
    """
    others = [line for line in lines if line.newest and line.state is not State.RETIRED and line.item != to.item]
    every = near_duplicates.shingles(content)
    # Only these are in a text whose parts have been run together.
    own = [each for each in every if len(each) == _SHINGLE and near_duplicates.EDGE not in each]
    enough = len(every) - ceil(near_duplicates.LEAST_SIMILARITY * len(every)) + 1
    if len(own) < enough:
        return others
    sample = [near_duplicates.pattern(line.text) for line in others[:: max(1, len(others) // _SAMPLE)]]
    common = {shingle: sum(shingle in text for text in sample) for shingle in own}
    rare = sorted(own, key=lambda shingle: (common[shingle], shingle))[:enough]
    stem = near_duplicates.pattern(content.stem)
    found = []
    for line in others:
        text = near_duplicates.pattern(line.text)
        if text.startswith(stem) or any(map(text.__contains__, rare)):
            found.append(line)
    return found


def similarity_p4(one: Content, other: Content) -> int:
    """Of two near duplicates, as `bank.authoring.near_duplicates` says; 0 where they are none."""
    share = near_duplicates.similarity(one, other)
    stem = near_duplicates.plain(one.stem)
    same_stem = (
        len(stem) >= near_duplicates.LONG_STEM
        and stem == near_duplicates.plain(other.stem)
        and not (one.needs_picture or other.needs_picture)
    )
    return int(10_000 * share) if share >= near_duplicates.LEAST_SIMILARITY or same_stem else 0
