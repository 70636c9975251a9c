"""What every document is printed from: the signed result, read into types and checked against itself.

Before: the `signed` part of `result.json` (docs/formats.md §6), the rule it names, the names on the roster.
After: `delimited`, `workbook`, `bulletin`. A document never shows a rate that its candidates do not bear out.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bank.refused import BadFile
from bank.rules import Rule
from bank.seal import statements
from examd import result
from examd.documents import incidents
from examd.documents.incidents import Incident
from examd.package import layout
from examd.package.layout import Session
from examd.rates.compute import Row, by_institution
from examd.result import Candidate, Count, Hashes


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
    """Admission number -> name. Printed on the score sheet and in results.csv, which are not for the public."""
    bureau: str = ""
    """The name of the body that held the examination."""
    incidents: tuple[Incident, ...] = ()

    @property
    def chief_examiner(self) -> str:
        return self.holders.get("chief", "")

    @classmethod
    def read(cls, folder: Path, bureau: str = "") -> "Report":
        """Of a graded result folder, after checking the site's signature against the key its manifest names.
        `bureau`: the name of the examination body, which a result does not hold.

        Raises BadFile: when a file is malformed, or the result contradicts itself.
        Raises Denied: when the site did not sign it.
        """
        file = (folder / result.RESULT).read_bytes()
        manifest, _ = layout.manifest_in(folder / "package")
        signed = statements.read(file, result.KIND, name=result.RESULT)
        statements.verify(file, manifest.keys.site, name=result.RESULT)
        rule = Rule.from_json(json.loads((folder / "package" / layout.RULE).read_bytes()))
        roster = layout.read_roster((folder / "roster.jsonl").read_bytes())
        names = {line.admission_no: line.name for line in roster}
        return replace(cls.from_signed(signed, rule, names), bureau=bureau, incidents=incidents.read(folder))

    @classmethod
    def from_signed(cls, signed: Mapping[str, Any], rule: Rule, names: Mapping[str, str]) -> "Report":
        """Reads what `result.json` signs. Raises BadFile: when it is malformed, or where its parts disagree."""
        if signed.get("type") != result.KIND or signed.get("v") != result.VERSION:
            raise BadFile("not-a-result", type=str(signed.get("type")), v=str(signed.get("v")))
        found = result.read(signed)
        report = cls(
            engine=found.engine,
            package_id=found.package_id,
            session=found.session,
            rule=rule,
            hashes=found.hashes,
            entries=found.entries,
            separated=found.separated,
            holders=found.holders,
            candidates=found.candidates,
            rates=tuple(_row(count) for count in found.rates),
            total=_row(found.total),
            names=dict(names),
        )
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


def _row(count: Count) -> Row:
    return Row(count.institution, count.enrolled, count.present, count.passed)
