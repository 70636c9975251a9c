"""A graded result folder -> documents, and the pass-rate table for a terminal."""

import json
import os
from pathlib import Path
from typing import Any

from bank.rules import Rule
from bank.seal import statements
from examd.delivery.signing import KIND, RESULT
from examd.documents.report import Report
from examd.documents.write import write_all
from examd.package import layout
from examd.rates.compute import Definition, GroupSize, Row
from tools.cli.language import _

NAME_CELLS, RATE_CELLS = 30, 38
"""Widths of the table's columns."""


def report_on(folder: Path) -> Report:
    """Reads the signed result, after checking the site's signature against the key its manifest names."""
    result = (folder / RESULT).read_bytes()
    manifest_file = (folder / "package" / layout.MANIFEST).read_bytes()
    manifest = layout.read_manifest(statements.read(manifest_file, layout.KIND, name=layout.MANIFEST))
    signed = statements.read(result, KIND, name=RESULT)
    statements.verify(result, manifest.keys.site, name=RESULT)
    rule = Rule.from_json(json.loads((folder / "package" / layout.RULE).read_bytes()))
    roster = layout.read_roster((folder / "roster.jsonl").read_bytes())
    return Report.from_signed(signed, rule, {line.admission_no: line.name for line in roster})


def write_documents(report: Report, folder: Path) -> list[Path]:
    try:
        return write_all(report, folder, os.environ.get("EXAMD_LANG", "zh"))
    except OSError as error:
        error.filename = error.filename or str(folder)  # a full disk does not say which file it was
        raise


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


def rates_table(report: Report) -> list[str]:
    """Lines: one institution each, both definitions side by side, with the definitions named above."""
    lines = [
        _(
            "Pass rate of those present = passed ÷ present; of the enrolled = passed ÷ enrolled; "
            "[ ] = 95 % Wilson interval"
        ),
        f"{_pad(_('Training institution'), NAME_CELLS)}{_pad(_('of those present'), RATE_CELLS)}{_('of the enrolled')}",
    ]
    lines += [_line(row, row.institution) for row in report.rates]
    return [*lines, _line(report.total, _("Total"))]


def _line(row: Row, name: str) -> str:
    cells = [_rate(row, definition) for definition in (Definition.OF_PRESENT, Definition.OF_ENROLLED)]
    return f"{_pad(name, NAME_CELLS)}{_pad(cells[0], RATE_CELLS)}{cells[1]}"


def _rate(row: Row, definition: Definition) -> str:
    rate, n = row.rate(definition), row.denominator(definition)
    if rate is None:
        return "–"
    interval = row.interval(definition)
    small = " " + _("small") if row.size(definition) is GroupSize.SMALL else ""
    return f"{row.passed:>3}/{n:<3} {rate:6.1%} [{interval.low:.1%}, {interval.high:.1%}]{small}"


def _pad(text: str, cells: int) -> str:
    """Padded to a width in terminal cells, a Chinese character taking two; what is longer is cut with "…"."""
    from rich.cells import cell_len, set_cell_size

    if cell_len(text) >= cells:
        text = set_cell_size(text, cells - 2).rstrip() + "…"
    return text + " " * (cells - cell_len(text))
