"""What every document is printed from: the signed result, read into types and checked against itself.

Before: the `signed` part of `result.json` (docs/formats.md §6), the rule it names, the names on the roster.
After: `delimited`, `workbook`, `bulletin`. A document never shows a rate that its candidates do not bear out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bank.refused import BadFile
from bank.rules import Rule
from examd.rates.compute import Row, by_institution


@dataclass(frozen=True, slots=True)
class Session:
    id: str
    name: str
    date: str
    """YYYY-MM-DD."""
    site_id: str
    site_name: str
    mock: bool
    """A drill: every page says 演练."""


@dataclass(frozen=True, slots=True)
class Hashes:
    manifest: str
    rule: str
    pool_root: str
    answers: str
    closing_root: str
    closing_chain: str


@dataclass(frozen=True, slots=True)
class Candidate:
    c: int
    admission_no: str
    institution: str
    present: bool
    form: str
    answered: int
    points: int
    passed: bool
    late: int
    """Answers that reached the server after the deadline, given before it by a seat that was cut off."""


@dataclass(frozen=True, slots=True)
class Report:
    engine: str
    package_id: str
    session: Session
    rule: Rule
    hashes: Hashes
    entries: int
    separated: bool
    """False: one holder kept what two should."""
    holders: Mapping[str, str]
    """Role -> name."""
    candidates: tuple[Candidate, ...]
    rates: tuple[Row, ...]
    """In byte order of institution: no ranking."""
    total: Row
    names: Mapping[str, str]
    """Admission number -> name. Printed in results.csv and nowhere else."""

    @property
    def chief_examiner(self) -> str:
        return self.holders.get("chief", "")

    @classmethod
    def from_signed(cls, signed: Mapping[str, Any], rule: Rule, names: Mapping[str, str]) -> "Report":
        """Reads what `result.json` signs. Raises BadFile where it is malformed, or where its parts disagree."""
        if signed.get("type") != "examd-result" or signed.get("v") != 1:
            raise BadFile("not-a-result", type=str(signed.get("type")), v=str(signed.get("v")))
        try:
            report = cls(
                engine=signed["engine"],
                package_id=signed["package_id"],
                session=Session(**{field: signed["session"][field] for field in Session.__slots__}),
                rule=rule,
                hashes=Hashes(**{field: signed["hashes"][field] for field in Hashes.__slots__}),
                entries=signed["entries"],
                separated=signed["separated"],
                holders=dict(signed["holders"]),
                candidates=tuple(_candidate(fields) for fields in signed["candidates"]),
                rates=tuple(_row(fields, fields["institution"]) for fields in signed["rates"]),
                total=_row(signed["total"], ""),
                names=dict(names),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise BadFile("result-malformed", field=str(error)) from None
        report._check()
        return report

    def _check(self) -> None:
        if self.rule.sha256 != self.hashes.rule:
            raise BadFile("rule-is-another", expected=self.hashes.rule, found=self.rule.sha256)
        for candidate in self.candidates:
            if candidate.passed != (candidate.present and candidate.points >= self.rule.pass_points):
                raise BadFile("passed-differs-from-points", c=candidate.c, pass_points=self.rule.pass_points)
        rows, total = by_institution(
            [candidate.institution for candidate in self.candidates],
            [candidate.present for candidate in self.candidates],
            [candidate.passed for candidate in self.candidates],
        )
        if (rows, total) != (self.rates, self.total):
            raise BadFile("rates-differ-from-candidates")


def _candidate(fields: Mapping[str, Any]) -> Candidate:
    return Candidate(
        c=fields["c"],
        admission_no=fields["admission_no"],
        institution=fields["institution"],
        present=fields["status"] == "present",
        form=fields["form"],
        answered=fields["answered"],
        points=fields["points"],
        passed=fields["passed"],
        late=fields["late"],
    )


def _row(fields: Mapping[str, Any], institution: str) -> Row:
    return Row(institution, fields["enrolled"], fields["present"], fields["passed"])
