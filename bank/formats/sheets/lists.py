"""A list of anything that an office keeps in a spreadsheet, by its headings: all sheets, and all that is wrong at once.

For lists that are no questions (rosters): each row with the text of the columns asked for, where it stands, and whether
it is hidden. What a person would not take for the text of a row (struck out, a formula, a number whose last digits are
lost) is a problem of that row. Two headings that mean one column, a sheet without the headings: problems of the sheet.
What stands in the file and is in no row is remarked, by place: nothing visible is dropped silently.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from bank.formats import spelling
from bank.formats.sheets import csv_, xlsx
from bank.formats.sheets.table import HEADING_ROWS, Sheet, bare_heading, letters
from bank.refused import BadFile


@dataclass(frozen=True, slots=True)
class Columns:
    """What is asked for."""

    headings: Mapping[str, Collection[str]]
    """Column -> headings that mean it, in any width, case and spacing, with or without a legend in brackets."""
    optional: Collection[str] = ()
    text: Collection[str] = ()
    """Those in which a number is a problem: leading zeros, and digits behind the 15th, are lost in it."""
    below: Collection[str] = ()
    """Those in which a merged cell speaks for all the rows it covers."""
    foot: Callable[[str, Mapping[str, str]], bool] = lambda _first, _cells: False
    """Whether a row, by its first text and its columns asked for, is none of the list: totals, notes, signatures."""


@dataclass(frozen=True, slots=True)
class Row:
    sheet: str
    number: int
    """As a spreadsheet shows it."""
    cells: Mapping[str, str]
    """Column asked for -> its text, "" where the cell is empty."""
    hidden: bool
    """The row or its sheet is hidden: whoever prepared the list may not have seen it."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row, or where `number` is 0 a sheet, cannot be taken; or what deserves a look there."""

    sheet: str
    number: int
    reason: str
    facts: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(slots=True)
class Listed:
    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    hidden_sheets: list[str] = field(default_factory=list)
    """Those that name a column asked for, with something below it."""
    remarks: list[Problem] = field(default_factory=list)
    """What was not read, and what was read although it is hidden or its encoding nowhere said."""


_MOST_TOLD = 20


def read(data: bytes, file: str, columns: Columns) -> Listed:
    """All rows of all sheets.

    Raises BadFile: when the file is no table or workbook that can be read.
    """
    if data.startswith(xlsx.LOCKED_OR_OLD):
        raise BadFile("workbook-locked-or-old", file=file)
    if data.startswith(xlsx.MAGIC):
        return of(xlsx.read(data, file), columns)
    words = _words(columns)
    return of([csv_.read(data, file, lambda rows: len(_heading(rows, words)[1]))], columns)


def of(sheets: Collection[Sheet], columns: Columns) -> Listed:
    """The same of sheets that were read."""
    words = _words(columns)
    found = Listed()
    for sheet in sheets:
        if sheet.assumed:
            found.remarks.append(Problem(sheet.name, 0, "encoding-assumed", {"encoding": sheet.assumed}))
        if any(map(any, sheet.rows)):
            _sheet(sheet, columns, words, found)
        elif sheet.drawn:
            found.remarks.append(Problem(sheet.name, 0, "drawing-without-row"))
    return found


def _words(columns: Columns) -> dict[str, str]:
    return {spelling.plain(word): name for name, known in columns.headings.items() for word in (name, *known)}


def _sheet(sheet: Sheet, columns: Columns, words: Mapping[str, str], found: Listed) -> None:
    at, places = _heading(_under_merged(sheet), words)
    if sheet.hidden:
        if not places or not any(map(any, sheet.rows[at + 1 :])):  # such as lists to choose from in templates
            found.remarks.append(Problem(sheet.name, 0, "hidden-sheet-not-read"))
            return
        found.hidden_sheets.append(sheet.name)
    heading = _under_merged(sheet)[at]
    repeated = {name: held for name, held in places.items() if len(held) > 1}
    for name, held in repeated.items():
        said = " / ".join(heading[column] for column in held)
        found.problems.append(Problem(sheet.name, at + 1, "repeated-heading", {"column": said, "means": name}))
    missing = sorted(set(columns.headings) - set(columns.optional) - places.keys())
    found.problems += [Problem(sheet.name, 0, "list-column-missing", {"column": name}) for name in missing]
    if missing or repeated:
        return
    column_of = {name: held[0] for name, held in places.items()}
    _remark(sheet, at, column_of, found)
    covered = {
        (row, column): first
        for first, last, column in sheet.merged
        if column in column_of.values()
        for row in range(first + 1, last + 1)
    }
    text, hidden = {column_of[name] for name in columns.text if name in column_of}, set(sheet.hidden_rows)
    below: list[tuple[int, str]] = []
    for number in range(at + 1, len(sheet.rows)):
        row = sheet.rows[number]
        own = {name: _cell(row, column) for name, column in column_of.items()}
        if not any(row) or list(row) == list(heading):
            continue
        if columns.foot(next(filter(None, row)), own):
            below.append((number, next(filter(None, row))))
            continue
        if not any(own.values()):
            found.remarks.append(Problem(sheet.name, number + 1, "row-not-read"))
            continue
        if any(row[len(heading) :]):  # an unquoted comma has moved every cell after it
            facts = {"expected": len(heading), "found": len(row)}
            found.problems.append(Problem(sheet.name, number + 1, "extra-cells", facts))
            continue
        origin = {name: (covered.get((number, column), number), column) for name, column in column_of.items()}
        shown = {name: place for name, place in origin.items() if place[0] == number or name in columns.below}
        numbers = text.intersection(sheet.numbers[number]) if sheet.numbers else ()
        bad = [
            (name, why)
            for name, place in shown.items()
            if (why := sheet.unsafe.get(place) or ("cell-number" if place[1] in numbers else ""))
        ]
        for name, why in bad:
            form = {"form": sheet.forms[origin[name]]} if origin[name] in sheet.forms else {}
            # A number that no form can show whole is told as such, whatever form it has.
            reason = "number-too-long" if _cell(row, column_of[name]) == xlsx.LOST and form else why
            found.problems.append(Problem(sheet.name, number + 1, reason, {"column": name} | form))
        if not bad:
            texts = {name: _cell(sheet.rows[row], column) for name, (row, column) in shown.items()}
            cells = dict.fromkeys(column_of, "") | texts  # what lies beneath a merged cell is not shown
            found.rows.append(Row(sheet.name, number + 1, cells, sheet.hidden or number in hidden))
    if below:
        said = "  ".join(f"{number + 1}: {first[:12]}" for number, first in below[:_MOST_TOLD])
        counts: dict[str, str | int] = {"found": len(below), "rows": said + (" …" if len(below) > _MOST_TOLD else "")}
        found.remarks.append(Problem(sheet.name, below[0][0] + 1, "foot-rows", counts))


def _remark(sheet: Sheet, at: int, column_of: Mapping[str, int], found: Listed) -> None:
    """What stands on the sheet and is in no row, and what may not have been seen."""
    heading, read_ = _under_merged(sheet)[at], set(column_of.values())
    above = [number for number, row in enumerate(_above(sheet, at, heading), 1) if any(row)]
    if above:
        found.remarks.append(Problem(sheet.name, above[0], "rows-above-heading", {"found": len(above)}))
    for column in range(len(heading)):
        if column not in read_:
            filled = heading[column] or any(_cell(row, column) for row in sheet.rows[at + 1 :])
            named = heading[column][:40] or letters(column)
            if filled:
                found.remarks.append(Problem(sheet.name, at + 1, "column-not-read", {"column": named}))
        elif column in sheet.hidden_columns:
            found.remarks.append(Problem(sheet.name, at + 1, "hidden-column", {"column": heading[column]}))
    for first in sorted({max(drawn.first, 0) for drawn, _data in sheet.drawn}):
        found.remarks.append(Problem(sheet.name, first + 1, "drawing-on-list"))


def _under_merged(sheet: Sheet) -> list[Sequence[str]]:
    """The rows among which the heading is looked for; a cell merged downwards speaks in each row that it covers."""
    rows = [list(row) for row in sheet.rows[:HEADING_ROWS]]
    for first, last, column in sheet.merged:
        for row in rows[first + 1 : last + 1]:
            if column < len(row) and not row[column]:
                row[column] = _cell(rows[first], column)
    return [*rows]


def _above(sheet: Sheet, at: int, heading: Sequence[str]) -> list[list[str]]:
    """What stands above the heading and is no part of it."""
    return [
        ["" if n < len(heading) and cell == heading[n] else cell for n, cell in enumerate(row)]
        for row in sheet.rows[:at]
    ]


def _cell(row: Sequence[str], column: int) -> str:
    return row[column] if column < len(row) else ""


def _heading(rows: Sequence[Sequence[str]], words: Mapping[str, str]) -> tuple[int, dict[str, list[int]]]:
    """The row that names most of the columns, and where each is named."""
    best: tuple[int, dict[str, list[int]]] = (0, {})
    for number, row in enumerate(rows[:HEADING_ROWS]):
        places: dict[str, list[int]] = {}
        for column, cell in enumerate(row):
            name = words.get(bare_heading(cell))
            if name is not None:
                places.setdefault(name, []).append(column)
        if len(places) > len(best[1]):
            best = number, places
    return best
