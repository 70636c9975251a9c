"""A list of anything that an office keeps in a spreadsheet, by its headings: all sheets, and all that is wrong at once.

For lists that are no questions (rosters): each row with the text of the columns asked for, where it stands, and whether
it is hidden. What a person would not take for the text of a row (struck out, a formula, a number whose last digits are
lost) is a problem of that row. Two headings that mean one column, a sheet without the headings: problems of the sheet.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from bank.formats import spelling
from bank.formats.sheets import csv_, xlsx
from bank.formats.sheets.table import HEADING_ROWS, Sheet


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
    """Why a row, or where `number` is 0 a sheet, cannot be taken."""

    sheet: str
    number: int
    reason: str
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Listed:
    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    """Headings of columns that nobody asked for."""
    hidden_columns: list[str] = field(default_factory=list)
    """Columns asked for that are hidden, by their headings."""
    assumed: str = ""
    """The encoding, where nothing in the file says it."""


def read(data: bytes, file: str, columns: Mapping[str, Collection[str]], optional: Collection[str] = ()) -> Listed:
    """All rows of all sheets. `columns`: name -> headings that mean it, in any width, case and spacing.

    Raises BadFile: when the file is no table or workbook that can be read.
    """
    sheets = xlsx.read(data, file) if data.startswith(xlsx.MAGIC) else [csv_.read(data, file)]
    words = {spelling.plain(word): name for name, known in columns.items() for word in (name, *known)}
    found = Listed(assumed=sheets[0].assumed if sheets else "")
    for sheet in sheets:
        if any(map(any, sheet.rows)):
            _sheet(sheet, words, set(columns) - set(optional), found)
    return found


def _sheet(sheet: Sheet, words: Mapping[str, str], wanted: set[str], found: Listed) -> None:
    at, places = _heading(sheet.rows, words)
    missing = sorted(wanted - places.keys())
    for _name, held in places.items():
        if len(held) > 1:
            said = " / ".join(sheet.rows[at][column] for column in held)
            found.problems.append(Problem(sheet.name, at + 1, "repeated-heading", {"column": said}))
    if missing:
        found.problems.append(Problem(sheet.name, 0, "list-columns-missing", {"columns": " ".join(missing)}))
    if missing or any(len(held) > 1 for held in places.values()):
        return
    column_of = {name: held[0] for name, held in places.items()}
    heading = sheet.rows[at]
    found.unread += [text for column, text in enumerate(heading) if text and column not in column_of.values()]
    found.hidden_columns += [heading[column] for column in column_of.values() if column in sheet.hidden_columns]
    hidden = set(sheet.hidden_rows)
    for number in range(at + 1, len(sheet.rows)):
        row = sheet.rows[number]
        cells = {name: row[column] if column < len(row) else "" for name, column in column_of.items()}
        if not any(cells.values()) or list(row) == list(heading):
            continue
        bad = [(name, why) for name, column in column_of.items() if (why := sheet.unsafe.get((number, column)))]
        found.problems += [Problem(sheet.name, number + 1, why, {"column": name}) for name, why in bad]
        if not bad:
            found.rows.append(Row(sheet.name, number + 1, cells, sheet.hidden or number in hidden))


def _heading(rows: Sequence[Sequence[str]], words: Mapping[str, str]) -> tuple[int, dict[str, list[int]]]:
    """The row that names most of the columns, and where each is named."""
    best: tuple[int, dict[str, list[int]]] = (0, {})
    for number, row in enumerate(rows[:HEADING_ROWS]):
        places: dict[str, list[int]] = {}
        for column, cell in enumerate(row):
            name = words.get(spelling.plain(cell).strip("*:"))
            if name is not None:
                places.setdefault(name, []).append(column)
        if len(places) > len(best[1]):
            best = number, places
    return best
