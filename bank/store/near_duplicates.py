"""Questions that are nearly the same as one of the bank: compared where the bank is open, so that none leaves it.

Before: `bank.authoring.near_duplicates` says what nearly the same is. After: the report of an import,
`bank.store.submissions`.
"""

from collections.abc import Callable, Collection, Iterator, Sequence

import msgspec

from bank.authoring.near_duplicates import NearDuplicate, Question
from bank.content import Content
from bank.store.history import History

_content = msgspec.json.Decoder(Content)  # straight into the type: 50,000 in 0.2 s, a third of the way by dictionaries


class Near(History):
    def near(
        self, fresh: Sequence[Question], progress: Callable[[int, int], None] | None = None
    ) -> list[NearDuplicate]:
        """Of each of `fresh` that the bank does not hold its nearest twin, in the bank or further up among `fresh`."""
        with self.vault.reading() as connection:
            there = {row[0] for row in connection.execute("SELECT id FROM revisions")}
        new = {question.id: question for question in reversed(fresh) if question.id not in there}
        order = [question for question in fresh if new.get(question.id) is question]
        if not order:
            return []
        from bank.authoring import near_duplicate_search  # numpy takes its time, and few commands come here

        return near_duplicate_search.find(order, self._questions(), progress=progress)

    def _questions(self, besides: Collection[str] = ()) -> Iterator[Question]:
        """Of each item the newest revision, as it lies in the bank."""
        query = (
            "SELECT r.id, r.code, r.content FROM revisions r JOIN items i ON i.number = r.item"
            " WHERE r.rev = i.newest ORDER BY r.item"
        )
        with self.vault.reading() as connection:
            for identity, code, content in connection.execute(query):
                if identity not in besides:
                    yield Question(identity, code or identity[:8], _content.decode(content))
