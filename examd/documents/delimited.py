"""results.csv and rates.csv: UTF-8 with a byte order mark, CRLF, RFC 4180 quoting; shares as fractions of 1.

The mark makes spreadsheet programs read Chinese right. A text cell that such a program would take for a formula is
given a leading apostrophe, and so is one that begins with an apostrophe; `plain_text` takes it away again.
"""

import csv
import io

from examd.documents.language import translator
from examd.documents.report import Report
from examd.documents.tables import Kind, Table, Value, rates_table, results_table

FORMULA_STARTS = "=+-@\t\r\n＝＋－＠'"
"""What begins a formula in a spreadsheet program (full width too), or our own escape."""


def results_csv(report: Report, language: str) -> bytes:
    """One line a candidate, by name."""
    return _csv(results_table(report, translator(language)))


def rates_csv(report: Report, language: str) -> bytes:
    """One line an institution, the total last."""
    return _csv(rates_table(report, translator(language)))


def plain_text(cell: str) -> str:
    """The text that was written as `cell`."""
    return cell[1:] if cell.startswith("'") else cell


def _csv(table: Table) -> bytes:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\r\n")
    kinds = [column.kind for column in table.columns]
    writer.writerow([_cell(column.title, Kind.TEXT) for column in table.columns])
    for row in (*table.rows, *table.totals):
        writer.writerow([_cell(value, kind) for value, kind in zip(row, kinds, strict=True)])
    return stream.getvalue().encode("utf-8-sig")


def _cell(value: Value, kind: Kind) -> str:
    if value is None:
        return ""
    if kind is Kind.SHARE:
        return f"{value:.6f}"
    text = str(value)
    return "'" + text if kind is Kind.TEXT and text.startswith(tuple(FORMULA_STARTS)) else text
