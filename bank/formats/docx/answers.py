"""Answers gathered behind 参考答案: read in whatever way papers set them, and given to the questions they belong to.

    一、单选题  1-5 ABCDA 6-10 BCDAB      1.A 2.BC 3.√      a table of 题号 and 答案      1. 【答案】B 【解析】…

A group of answers goes to the section of its heading; without headings, by number where each number stands once, else
to one section after the other. An answer that finds no question is told, never dropped.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from bank.formats.docx import notation as marks
from bank.formats.docx.body import Line

_NUMBER = re.compile(r"\(?(\d{1,4})\)?[.、]?")
_COUNTED = ("题号", "题目", "序号", "编号")


@dataclass(slots=True)
class Entry:
    row: int
    number: int
    labels: dict[str, list[str]] = field(default_factory=dict)


@dataclass(slots=True)
class _Group:
    chapter: str
    type: str
    headed: bool
    entries: list[Entry] = field(default_factory=list)


@dataclass(slots=True)
class Section:
    """Questions that are numbered together."""

    chapter: str
    type: str
    numbers: dict[int, int] = field(default_factory=dict)
    """Printed number -> which question it is."""


def numbers_answers(line: Line) -> bool:
    """Whether a row of a table is one that tells which answers stand below it."""
    cells = [marks.folded(cell).replace(" ", "") for cell in line.cells]
    return any(cell in _COUNTED for cell in cells) or all(_NUMBER.fullmatch(cell) for cell in cells if cell)


class Answers:
    def __init__(self, names: dict[str, str]) -> None:
        self._names = names
        """Word of a label -> what it is a label of."""
        self._groups: list[_Group] = []
        self._chapter = self._type = ""
        self._headed = False
        self._numbers: list[tuple[int, int]] = []
        """Of the row of a table that numbers the answers below it: column, number."""
        self._columns: dict[int, str] = {}
        self._at = ""
        self._listed = 0

    def chapter(self, name: str) -> None:
        self._chapter, self._type, self._headed = name, "", True
        self._groups.append(_Group(name, "", True))

    def take(self, line: Line) -> bool:
        """Whether the line says something here."""
        if line.cells and self._cells(line):
            return True
        text = line.text
        heading = marks.KIND.fullmatch(marks.folded(text))
        if heading is not None:
            rest = text[heading.start(2) :].lstrip(" \t:：\u3000")
            rest = re.sub(r"^[(（][^()（）]*[)）]\s*[:：]?", "", rest)
            found = marks.answers_in(rest)
            if found is not None or not rest.strip(" 。.") or not re.search(r"\d", rest):
                self._type, self._headed = marks.type_of(heading[1]), True
                self._groups.append(_Group(self._chapter, self._type, True))
                self._all(line.row, found or ())
                return True
        case = marks.begins_case(text, False)
        if case is not None and (not case[0].strip() or marks.answers_in(case[0]) is not None):
            self._groups.append(_Group(self._chapter, self._type, False))  # 案例一 1.A 2.B
            text = case[0]
        found = marks.answers_in(text)
        if found is not None:
            self._all(line.row, found)
        return found is not None or not text.strip() or self._entry(line)

    def _all(self, row: int, found: Iterable[tuple[int, str]]) -> None:
        for number, answer in found:
            self._new(row, number).labels["answer"] = [answer]

    def _new(self, row: int, number: int) -> Entry:
        last = self._last()
        if not self._groups or (last is not None and number <= last.number):  # counted from the beginning again
            self._groups.append(_Group(self._chapter, self._type, self._headed and not self._groups))
        entry = Entry(row, number)
        self._groups[-1].entries.append(entry)
        self._at, self._listed = "answer", 0
        return entry

    def _last(self) -> Entry | None:
        return self._groups[-1].entries[-1] if self._groups and self._groups[-1].entries else None

    def _entry(self, line: Line) -> bool:
        """One answer with what is said about it, or more of what is said about the last."""
        stem = marks.STEM.fullmatch(marks.folded(line.text))
        last = self._last()
        if stem is not None and not stem["tight"]:
            number, rest = marks.number_of(stem), line.text[stem.start("rest") :]
            labelled = marks.label_of(rest)
            said = marks.parted(rest)
            plain = bool(marks.TOKEN.fullmatch(marks.folded(said[0][1]))) or (
                labelled is not None and labelled[0] in self._names
            )
            follows = last is None or number == last.number + 1 or (last.number < number and plain)
            listed = self._listed and number == self._listed + 1 and not plain
            if (follows and not listed) or (number == 1 and plain):
                entry = self._new(line.row, number)
                if labelled is not None and labelled[0] in self._names:
                    self._say(entry, self._names[labelled[0]], labelled[1])
                else:
                    self._say(entry, "answer", rest)
                return True
            if number == 1 or listed:
                self._listed = number
        if last is None:
            return False
        labelled = marks.label_of(line.text)
        if labelled is not None and labelled[0] in self._names:
            self._say(last, self._names[labelled[0]], labelled[1])
        elif not line.text.strip():
            return True
        elif self._at == "answer":
            return False
        else:
            last.labels[self._at].append(line.text)
        return True

    def _say(self, entry: Entry, name: str, text: str) -> None:
        parts = marks.parted(text) if name == "answer" else [("", text)]
        for word, said in parts:
            self._at = self._names.get(word, name)
            entry.labels.setdefault(self._at, []).append(said.strip() if name == "answer" else said)

    def _cells(self, line: Line) -> bool:
        cells = [marks.folded(cell).strip() for cell in line.cells]
        bare = [cell.replace(" ", "") for cell in cells]
        if any(cell in _COUNTED for cell in bare) and any(self._names.get(cell) == "answer" for cell in bare):
            self._columns = {
                n: "number" if cell in _COUNTED else self._names.get(cell, "") for n, cell in enumerate(bare)
            }
            return True
        numbers = [(n, _NUMBER.fullmatch(cell)) for n, cell in enumerate(cells)]
        counted = [(n, int(match[1])) for n, match in numbers if match is not None]
        if self._columns:
            named = [number for n, number in counted if self._columns.get(n) == "number"]
            if len(named) != 1:
                return False
            entry = self._new(line.row, named[0])
            for n, name in self._columns.items():
                if name not in ("", "number") and n < len(line.cells) and line.cells[n].strip():
                    entry.labels[name] = [line.cells[n]]
            return True
        others = [cell for n, cell in enumerate(bare) if cell and n not in dict(counted)]
        if len(counted) + len(others) > 1 and counted and all(cell in _COUNTED for cell in others):
            self._numbers = counted
            return True
        if self._numbers and all(self._names.get(cell) == "answer" for n, cell in enumerate(bare)
                                 if cell and n not in dict(self._numbers)):  # fmt: skip
            for column, number in self._numbers:
                if column < len(cells) and cells[column]:
                    self._new(line.row, number).labels["answer"] = [line.cells[column]]
            self._numbers = []
            return True
        return False

    def given(self, sections: list[Section], lost: Callable[[Entry], None]) -> Iterator[tuple[int, Entry]]:
        """(which question, its entry); `lost` is told of entries that belong to none."""
        left = list(sections)
        every = [number for section in sections for number in section.numbers]
        single = len(set(every)) == len(every)
        for group in self._groups:
            if not group.entries:
                continue
            wanted = {entry.number for entry in group.entries}
            fitting = [
                section
                for section in left
                if section.numbers.keys() & wanted
                and (not group.chapter or section.chapter == group.chapter)
                and (not group.type or section.type in ("", group.type))
            ]
            if not group.headed and single:
                numbers = {number: at for section in sections for number, at in section.numbers.items()}
            elif fitting:
                left.remove(fitting[0])
                numbers = fitting[0].numbers
            else:
                numbers = {}
            for entry in group.entries:
                at = numbers.get(entry.number)
                if at is None:
                    lost(entry)
                else:
                    yield at, entry
