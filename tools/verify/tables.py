"""The two tables for people, `rates.csv` and `results.csv`, held against what was recomputed.

UTF-8 with a byte order mark, RFC 4180. Columns go by position (their titles are in either language): a table that
a newspaper prints from must not say another number than the signed result.
"""

import csv
import io

from .case import Case
from .marks import wilson
from .outcome import Outcome

RATES = "rates.csv"
RESULTS = "results.csv"
WORDS = {
    "合格": "passed",
    "Passed": "passed",
    "不合格": "failed",
    "Failed": "failed",
    "缺考": "absent",
    "Absent": "absent",
}


def rates(case: Case, out: Outcome) -> None:
    rows = _rows(case, RATES, 11, len(case.rates), out)
    for (line, cells), rate in zip(rows, case.rates, strict=False):
        place = f"{RATES}:{line}"
        if rate is not case.rates[-1]:
            _name(place, 0, cells[0], rate["institution"], out)
        enrolled, present, passed = rate["enrolled"], rate["present"], rate["passed"]
        for column, count in enumerate((enrolled, present, enrolled - present, passed), 1):
            _count(place, column, cells[column], count, out)
        for column, n in ((5, enrolled), (8, present)):
            shares = (passed / n, *wilson(passed, n)) if n else (None, None, None)
            for offset, share in enumerate(shares):
                _share(place, column + offset, cells[column + offset], share, out)


def results(case: Case, out: Outcome) -> None:
    rows = _rows(case, RESULTS, 9, len(case.marks), out)
    for (line, cells), row in zip(rows, case.marks, strict=False):
        place, present = f"{RESULTS}:{line}", row["status"] == "present"
        _count(place, 0, cells[0], row["c"], out)
        _name(place, 1, cells[1], row["admission_no"], out)
        _name(place, 3, cells[3], row["institution"], out)
        for column, name in ((4, "answered"), (5, "points"), (7, "late")):
            _count(place, column, cells[column], row[name] if present else None, out)
        _name(place, 8, cells[8], row["form"], out)
        outcome = "absent" if not present else "passed" if row["passed"] else "failed"
        if cells[6] not in WORDS:
            out.attend("word", f"{place} [7]", word=cells[6])
        elif WORDS[cells[6]] != outcome:
            out.fail("differs", f"{place} [7]", found=cells[6], expected=outcome)


def _rows(case: Case, name: str, columns: int, wanted: int, out: Outcome) -> list[tuple[int, list[str]]]:
    data = case.bytes_of(name, out)
    if data is None:
        return []
    found: list[tuple[int, list[str]]] = []
    try:
        reader = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        for cells in reader:
            found.append((reader.line_num, cells))
    except (UnicodeDecodeError, csv.Error) as error:
        out.fail("not_csv", name, why=str(error))
        return []
    rows = found[1:]
    out.compare("count", name, len(rows), wanted)
    good = []
    for line, cells in rows:
        if len(cells) < columns:
            out.fail("columns", f"{name}:{line}", found=len(cells), expected=columns)
            return []  # positions mean nothing any more
        good.append((line, cells))
    return good


def _name(place: str, column: int, cell: str, value: str, out: Outcome) -> None:
    if value and cell.removeprefix("'") != value.removeprefix("'"):  # spreadsheets' own escape of a formula
        out.fail("differs", f"{place} [{column + 1}]", found=cell, expected=value)


def _count(place: str, column: int, cell: str, value: int | None, out: Outcome) -> None:
    if cell != ("" if value is None else str(value)):
        out.fail("differs", f"{place} [{column + 1}]", found=cell, expected="" if value is None else value)


def _share(place: str, column: int, cell: str, value: float | None, out: Outcome) -> None:
    """Equal as far as the cell is printed."""
    try:
        good = value is not None and abs(_decimal(cell) - value) <= 0.5000001 * 10.0 ** -_places(cell)
    except ValueError:
        good = False
    if not (good or (value is None and cell == "")):
        out.fail("differs", f"{place} [{column + 1}]", found=cell, expected="" if value is None else f"{value:.6f}")


def _decimal(cell: str) -> float:
    whole, dot, fraction = cell.partition(".")
    if not (whole.isascii() and whole.isdigit() and dot and fraction.isascii() and fraction.isdigit()):
        raise ValueError(cell)
    if len(cell) > 24 or len(fraction) < 4:  # fewer places would let a wrong share pass as a rounded one
        raise ValueError(cell)
    return float(cell)


def _places(cell: str) -> int:
    return len(cell.partition(".")[2])
