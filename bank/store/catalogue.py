"""The listing in memory: of each revision that can be listed the line by which it is found, always true to the bank.

It is read the first time that somebody asks, and then follows the bank's own record of acts: whatever changes a
revision leaves an act, so no writer needs to know of this. Held are questions and what is said about them, never an
answer key or an explanation; closing the bank lets go of it.

Before: `bank.store.listing` says what is wanted. After: every list, and the desk's stretches of one.
"""

import functools
import gc
import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from bank.authoring import people
from bank.authoring.review import State
from bank.content import ItemType, Level
from bank.store import listing, search_text
from bank.store.listing import Line, Related, Wanted
from bank.store.people import People
from bank.store.provisions import Provisions
from bank.vault import Connection, Vault

_ROWS = (
    "SELECT r.number, r.item, r.rev = i.newest, r.state, r.type, r.subject, r.chapter, r.level,"
    " r.p4 IS NOT NULL OR c.p4 IS NOT NULL, r.content, r.code, r.about, r.written_by, i.lineage"
    " FROM {of} CROSS JOIN revisions r ON r.item = i.number LEFT JOIN calibrations c ON c.revision = r.number"
    " WHERE r.rev = i.newest OR r.state = 'approved' OR r.state = 'in-review' OR r.state = 'draft'"
    " ORDER BY r.item, r.rev"
)
_ALL = _ROWS.format(of="items i")
_OF = _ROWS.format(of="json_each(?) s CROSS JOIN items i ON i.number = s.value")
_WRITES = ("write", "approve-as-sample")
"""Acts whose remarks name the revisions: one number, or the first and the last."""


class _Option(msgspec.Struct):
    text: str


class _Content(msgspec.Struct):
    stem: str
    options: list[_Option]
    case: str = ""


class _Basis(msgspec.Struct):
    text: str
    repealed_on: str = ""


class _About(msgspec.Struct):
    basis: str
    bases: list[_Basis]
    enemies: list[str]
    place: int


_content = msgspec.json.Decoder(_Content)  # what is needed and nothing else: half the time of reading all of it
_about = msgspec.json.Decoder(_About)


@dataclass(eq=False)
class Catalogue:
    """All lines, and what is asked of them."""

    _vault: Vault
    _people: People
    _provisions: Provisions
    _items: dict[int, list[Line]] = field(default_factory=dict)
    _ordered: list[Line] = field(default_factory=list)
    _acts: int = -1
    """The last act that the lines know of; -1 before any was read."""
    _measured: frozenset[int] = frozenset()
    """Revisions whose difficulty was measured: that is no act."""
    _counted: tuple[int, float] = (0, 0.0)

    def find(self, wanted: Wanted) -> list[int]:
        """The revisions (`BankItem.number`) that are as `wanted`, in the order their items were added."""
        repeals = (text for text, day in self._provisions.repealed().items() if day <= wanted.on) if wanted.on else ()
        ids = functools.partial(people.keys_of, known=self._people.all())
        return listing.found(self.lines(), wanted, search_text.folded(wanted.search.strip()), repeals, ids)

    def line(self, number: int) -> Line | None:
        """The line of a revision; None where it is not listed."""
        return next((each for each in self.lines() if each.number == number), None)

    def related(self, number: int) -> Related:
        """The case group of a revision and its enemies, by number."""
        line = self.line(number)
        return Related() if line is None else listing.related(self.lines(), line)

    def has_case(self, sha256: str) -> bool:
        """Whether any item that can be listed belongs to the case group of this name."""
        return any(line.case == sha256 for line in self.lines())

    def subjects(self) -> dict[str, int]:
        """Subject -> items whose newest revision is of it; "" for those without."""
        return dict(Counter(line.subject for line in self.lines() if line.newest))

    def chapters(self, subject: str = "") -> dict[str, int]:
        """Chapter -> items whose newest revision stands in it; of all subjects, or of one."""
        return dict(Counter(line.chapter for line in self.lines() if line.newest and subject in ("", line.subject)))

    def lines(self) -> list[Line]:
        """All of them as the bank is now, in the order their items were added."""
        with self._vault.reading() as connection:
            return self._lines(connection)

    def _lines(self, connection: Connection) -> list[Line]:
        (acts,) = connection.execute("SELECT coalesce(max(number), 0) FROM acts").fetchone()
        counted = connection.execute("SELECT count(*), total(revision) FROM calibrations").fetchone()
        if (acts, counted) == (self._acts, self._counted):
            return self._ordered
        measured = self._measured
        if counted != self._counted:
            measured = frozenset(row[0] for row in connection.execute("SELECT revision FROM calibrations"))
        if self._acts < 0:
            self._take(connection, connection.execute(_ALL), None)
            gc.freeze()  # or Python's collector walks through all of them again and again: 60 ms amid somebody's typing
        else:
            items = sorted(self._touched(connection, measured ^ self._measured))
            for item in items:
                self._items.pop(item, None)
            self._take(connection, connection.execute(_OF, (json.dumps(items),)), items)
        self._acts, self._counted, self._measured = acts, counted, measured
        self._ordered = [line for item in sorted(self._items) for line in self._items[item]]
        return self._ordered

    def _touched(self, connection: Connection, measured: Iterable[int]) -> set[int]:
        """Items that an act was done to, or that were measured, since the lines were read."""
        of = "SELECT r.item FROM json_each(?) s CROSS JOIN revisions r ON r.number = s.value"
        found = {row[0] for row in connection.execute(of, (json.dumps(list(measured)),))}
        query = "SELECT revision, act, remarks FROM acts WHERE number > ?"
        for revision, act, remarks in connection.execute(query, (self._acts,)).fetchall():
            first, _, last = (str(revision), "", "") if revision is not None else remarks.partition("-")
            if revision is not None or act in _WRITES:
                span = (int(first), int(last or first))
                rows = connection.execute("SELECT item FROM revisions WHERE number BETWEEN ? AND ?", span)
                found.update(row[0] for row in rows)
        return found

    def _take(self, connection: Connection, rows: Iterable[Any], items: list[int] | None) -> None:
        hands = self._hands(connection, items)
        one: dict[Any, Any] = {}
        """One object for all that are equal: there are few chapters, few people, few provisions."""
        for row in rows:
            number, item, newest, state, kind, subject, chapter, level, judged, content, code, about, by, lineage = row
            shown, said = _content.decode(content), _about.decode(about)
            who = tuple(sorted({*filter(None, by.split(",")), *hands.get(number, ())}))
            basis = "\n".join(filter(None, (said.basis, *(each.text for each in said.bases))))
            enemies = tuple(said.enemies)
            line = Line(
                number,
                item,
                bool(newest),
                State(state),
                ItemType(kind),
                one.setdefault(subject, subject),
                one.setdefault(chapter, chapter),
                Level(level),
                bool(judged),
                search_text.folded("\n".join((shown.stem, *(option.text for option in shown.options), code))),
                "" if code else lineage[:8],
                one.setdefault(basis, basis),
                min((each.repealed_on for each in said.bases if each.repealed_on), default=""),
                one.setdefault(who, who),
                one.setdefault(enemies, enemies),
                one.setdefault(shown.case, shown.case),
                said.place,
            )
            self._items.setdefault(item, []).append(line)

    @staticmethod
    def _hands(connection: Connection, items: list[int] | None) -> dict[int, set[str]]:
        """Who wrote or submitted a revision, besides the one that its row names."""
        query = (
            "SELECT a.revision, a.who FROM acts a{of} WHERE (a.act = 'submit' OR a.act = 'write') AND a.revision > 0"
        )
        if items is None:
            rows = connection.execute(query.format(of=""))
        else:
            of = " JOIN revisions r ON r.number = a.revision JOIN json_each(?) s ON s.value = r.item"
            rows = connection.execute(query.format(of=of), (json.dumps(items),))
        found: defaultdict[int, set[str]] = defaultdict(set)
        for revision, who in rows:
            found[revision].update(filter(None, who.split(",")))
        return found
