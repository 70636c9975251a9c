"""The two tables of a result, rates and candidates, as plain values: printed by `delimited` and by `workbook`.

The auditor's program reads the CSV columns by position, since titles depend on the language: new ones go to the end.
"""

from dataclasses import dataclass
from enum import Enum

from examd.documents.incidents import of_candidate
from examd.documents.report import Report
from examd.documents.words import (
    definition_formula,
    definition_name,
    incident,
    institution_name,
    session_kind,
    size_note,
)
from examd.protocol.catalogue import Translate
from examd.rates.compute import Definition, Row
from examd.result import Candidate

Value = str | int | float | None


class Kind(Enum):
    TEXT = "text"
    COUNT = "count"
    SHARE = "share"
    """A number from 0 to 1, shown as a percentage where the format can."""


@dataclass(frozen=True, slots=True)
class Column:
    title: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Table:
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    totals: tuple[tuple[Value, ...], ...] = ()
    """Printed last, and kept out of sorting and filtering."""


def rates_table(report: Report, _: Translate) -> Table:
    """One row an institution: counts, then rate and interval by each definition; the total last."""
    columns = [Column(_("Training institution"), Kind.TEXT)]
    columns += [Column(title, Kind.COUNT) for title in (_("Enrolled"), _("Present"), _("Absent"), _("Passed"))]
    for definition in Definition:
        rate = _("Pass rate {definition}").format(definition=definition.value)
        meaning = f"{definition_name(definition, _)}, {definition_formula(definition, _)}"
        columns += [
            Column(f"{rate} ({meaning})", Kind.SHARE),
            Column(_("{definition} low (95%)").format(definition=definition.value), Kind.SHARE),
            Column(_("{definition} high (95%)").format(definition=definition.value), Kind.SHARE),
        ]
    columns += [Column(_("Note"), Kind.TEXT), *_session_columns(_)]
    return Table(
        title=_("Pass rates"),
        columns=tuple(columns),
        rows=tuple(
            _rate_row(report, row, institution_name(row.institution, _), size_note(row, _), _) for row in report.rates
        ),
        totals=(_rate_row(report, report.total, _("Total"), "", _),),
    )


def results_table(report: Report, _: Translate) -> Table:
    """One row a candidate, by name."""
    columns = [
        Column(_("No."), Kind.COUNT),
        Column(_("Admission number"), Kind.TEXT),
        Column(_("Name"), Kind.TEXT),
        Column(_("Training institution"), Kind.TEXT),
        Column(_("Items answered"), Kind.COUNT),
        Column(_("Points"), Kind.COUNT),
        Column(_("Result"), Kind.TEXT),
        Column(_("Answers received late"), Kind.COUNT),
        Column(_("Form digest"), Kind.TEXT),
        *_session_columns(_),
        Column(_("Incidents"), Kind.TEXT),
        Column(_("Receipt"), Kind.TEXT),
    ]
    return Table(
        title=_("Results"),
        columns=tuple(columns),
        rows=tuple(_result_row(report, candidate, _) for candidate in report.result.candidates),
    )


def _session_columns(_: Translate) -> tuple[Column, ...]:
    """On every row, so that rows stay what they are when files of many sessions are put together."""
    return Column(_("Session"), Kind.TEXT), Column(_("Kind"), Kind.TEXT)


def _rate_row(report: Report, row: Row, name: str, note: str, _: Translate) -> tuple[Value, ...]:
    shares: list[Value] = []
    for definition in Definition:
        rate = row.rate(definition)
        shares += (None, None, None) if rate is None else (rate, *row.interval(definition))
    counts = (row.enrolled, row.present, row.absent, row.passed)
    return name, *counts, *shares, note, report.session.id, session_kind(report, _)


def _result_row(report: Report, candidate: Candidate, _: Translate) -> tuple[Value, ...]:
    befell = of_candidate(report.incidents, candidate.c) if candidate.present else []
    # The absent have no marks: an empty cell, since a nought would enter averages.
    marks = (candidate.answered, candidate.points) if candidate.present else (None, None)
    return (
        candidate.c,
        candidate.admission_no,
        report.names.get(candidate.admission_no, ""),
        institution_name(candidate.institution, _),
        *marks,
        _outcome(candidate, _),
        candidate.late if candidate.present else None,
        candidate.form,
        report.session.id,
        session_kind(report, _),
        "; ".join(incident(each, _) for each in befell),
        report.receipts.get(candidate.c, "") if candidate.present else "",
    )


def _outcome(candidate: Candidate, _: Translate) -> str:
    if not candidate.present:
        return _("Absent")
    return _("Passed") if candidate.passed else _("Failed")
