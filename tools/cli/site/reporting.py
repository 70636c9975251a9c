"""`examd site report`: a graded result -> documents, and the pass-rate table for a terminal.

Before: `tools.cli.site.session`. After: `examd verify`.
"""

import argparse
from typing import Any

from rich.cells import cell_len, set_cell_size

from examd.documents.report import Report
from examd.documents.words import percent
from examd.documents.write import write_all
from examd.rates.compute import Definition, GroupSize, Row
from examd.site.folder import SiteFolder
from tools.cli.language import _, current_language_from_environment
from tools.cli.output import report

NAME_CELLS, RATE_CELLS = 30, 38
"""Widths of the table's columns."""


def run_report(args: argparse.Namespace) -> int:
    site = SiteFolder(args.directory)
    folder = site.result(args.session)
    found = Report.read(folder, site.bureau().name)
    paths = write_all(found, folder, current_language_from_environment())
    rows = [rates_record(row) for row in (*found.rates, found.total)]
    written = [_("Written: {path}", path=path) for path in paths]
    return report(args, {"files": [str(path) for path in paths], "rates": rows}, *rates_table(found), *written)


def rates_record(row: Row) -> dict[str, Any]:
    """One institution's counts, and both rates with their 95 % intervals; null where nobody is counted."""

    record: dict[str, Any] = {field: getattr(row, field) for field in ("enrolled", "institution", "passed", "present")}
    for name, definition in (("of_enrolled", Definition.OF_ENROLLED), ("of_present", Definition.OF_PRESENT)):
        if (rate := row.rate(definition)) is None:
            record[name] = None
            continue
        low, high = row.interval(definition)
        record[name] = {"high": high, "low": low, "rate": rate, "size": row.size(definition).value}
    return record


def rates_table(found: Report) -> list[str]:
    """Lines: one institution each, both definitions side by side, with the definitions named above."""
    lines = [
        _(
            "Pass rate of those present = passed ÷ present; of the enrolled = passed ÷ enrolled; "
            "[ ] = 95 % Wilson interval"
        ),
        f"{_pad(_('Training institution'), NAME_CELLS)}{_pad(_('of those present'), RATE_CELLS)}{_('of the enrolled')}",
    ]
    lines += [_line(row, row.institution) for row in found.rates]
    return [*lines, _line(found.total, _("Total"))]


def _line(row: Row, name: str) -> str:
    cells = [_rate(row, definition) for definition in (Definition.OF_PRESENT, Definition.OF_ENROLLED)]
    return f"{_pad(name, NAME_CELLS)}{_pad(cells[0], RATE_CELLS)}{cells[1]}"


def _rate(row: Row, definition: Definition) -> str:
    rate, n = row.rate(definition), row.denominator(definition)
    if rate is None:
        return "–"
    interval = row.interval(definition)
    small = " " + _("small") if row.size(definition) is GroupSize.SMALL else ""
    low, high = percent(interval.low), percent(interval.high)
    return f"{row.passed:>3}/{n:<3} {percent(rate):>6} [{low}, {high}]{small}"


def _pad(text: str, cells: int) -> str:
    """Padded to a width in terminal cells, a Chinese character taking two; what is longer is cut with "…"."""

    if cell_len(text) >= cells:
        text = set_cell_size(text, cells - 2).rstrip() + "…"
    return text + " " * (cells - cell_len(text))
