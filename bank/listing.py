"""What a reader of the bank may ask for at once: filters and a search, as one value, and the query it makes. Pure.

A list of 50,000 items is a list of numbers until somebody looks at a stretch of it: `Bank.numbers` gives them,
`Bank.numbered` the items of the stretch.

Before: `bank.schema` has the tables. After: `bank.store` runs the query; the desk shows what it finds.
"""

from dataclasses import dataclass
from enum import StrEnum

from bank.canonical import canonical
from bank.content import ItemType, Level
from bank.review import State

_SOURCES = (
    "revisions r ON {on} CROSS JOIN items i ON i.number = r.item LEFT JOIN calibrations c ON c.revision = r.number"
)
ALL = "SELECT r.number FROM (SELECT 1) s CROSS JOIN " + _SOURCES.format(on="1")  # noqa: S608 - words of ours
_OF = " FROM json_each(?) s CROSS JOIN " + _SOURCES.format(on="r.number = s.value")
OF, OF_TEXT = "SELECT r.number" + _OF, "SELECT r.number, r.content, r.code" + _OF
_HAND = (
    "(r.written_by = ? OR instr(r.written_by, ',') > 0 AND instr(',' || r.written_by || ',', ',' || ? || ',') > 0"
    " OR EXISTS (SELECT 1 FROM acts a"
    " WHERE a.revision = r.number AND a.who = ? AND (a.act = 'submit' OR a.act = 'write')))"
)


class Lack(StrEnum):
    BASIS = "basis"
    DIFFICULTY = "difficulty"
    """Neither judged nor measured."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Everything given must hold. Of each item the newest revision is meant, or the one in `state`."""

    search: str = ""
    type: ItemType | None = None
    chapter: str = ""
    """With its sub-chapters."""
    level: Level | None = None
    state: State | None = None
    lacks: Lack | None = None
    cites: tuple[str, ...] | None = None
    """One of these words stands in what is said about it, or the day on which a provision ends."""
    hand: str = ""
    """Id of a person who wrote it or handed it in (`bank.review.hands`)."""
    other_hand: str = ""
    """Id of a person who did neither."""

    def where(self) -> tuple[str, list[str | int | bytes]]:
        """A condition on `ALL` and `OF`, and its values; `search` is not in it."""
        wanted: list[str] = []
        values: list[str | int | bytes] = []
        for column, value in (("r.type", self.type), ("r.level", self.level), ("r.state", self.state)):
            if value is not None:
                wanted.append(f"{column} = ?")
                values.append(value.value)
        if self.state in (None, State.RETIRED):  # a revision that another took the place of is history
            wanted.append("r.rev = i.newest")
        if self.chapter:
            wanted.append("(r.chapter = ? OR substr(r.chapter, 1, ?) = ?)")
            values += [self.chapter, len(self.chapter) + 1, self.chapter + "."]
        # Canonical JSON, hence these very bytes; inside a string its quotes would have backslashes.
        if self.lacks is Lack.BASIS:
            wanted.append("instr(r.about, ?) > 0 AND instr(r.about, ?) > 0")
            values += [b'"basis":""', b'"bases":[]']
        elif self.lacks is Lack.DIFFICULTY:
            wanted.append("r.p4 IS NULL AND c.p4 IS NULL")
        if self.cites is not None:
            words = [b'"repealed_on":', *(_escaped(each) for each in self.cites)]
            wanted.append("(" + " OR ".join("instr(r.about, ?) > 0" for _ in words) + ")")
            values += words
        for person, form in ((self.hand, _HAND), (self.other_hand, f"NOT {_HAND}")):
            if person:
                wanted.append(form)
                values += [person, person, person]
        return " AND ".join(wanted) or "1", values


def _escaped(word: str) -> bytes:
    return canonical(word)[1:-1]
