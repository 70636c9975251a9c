"""What every document is printed from: the signed result, read into types and checked against itself.

Before: the `signed` part of `result.json` (docs/formats.md §6), the rule it names, the names on the roster.
After: `delimited`, `workbook`, `bulletin`. A document never shows a rate that its candidates do not bear out.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from bank.refused import BadFile
from bank.rules import Rule
from bank.seal import statements
from examd import result
from examd.documents import incidents, receipts
from examd.documents.incidents import Incident
from examd.package import layout
from examd.package.layout import Session
from examd.rates.compute import Row, by_institution
from examd.result import Result


@dataclass(frozen=True, slots=True)
class Report:
    result: Result
    rule: Rule
    rates: tuple[Row, ...]
    """In byte order of institution: no ranking."""
    total: Row
    names: Mapping[str, str]
    """Admission number -> name. Printed on the score sheet and in results.csv, which are not for the public."""
    bureau: str = ""
    """The name of the body that held the examination."""
    incidents: tuple[Incident, ...] = ()
    receipts: Mapping[int, str] = field(default_factory=dict)
    """Candidate's number -> the code that stood on the terminal's last screen."""

    @property
    def session(self) -> Session:
        return self.result.session

    @property
    def chief_examiner(self) -> str:
        return self.result.holders.get("chief", "")

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
        return replace(
            cls.from_signed(signed, rule, names),
            bureau=bureau,
            incidents=incidents.read(folder),
            receipts=receipts.read(folder),
        )

    @classmethod
    def from_signed(cls, signed: Mapping[str, Any], rule: Rule, names: Mapping[str, str]) -> "Report":
        """Reads what `result.json` signs. Raises BadFile: when it is malformed, or where its parts disagree."""
        if signed.get("type") != result.KIND or signed.get("v") != result.VERSION:
            raise BadFile("not-a-result", type=str(signed.get("type")), v=str(signed.get("v")))
        found = result.read(signed)
        if rule.sha256 != found.hashes.rule:
            raise BadFile("rule-is-another", expected=found.hashes.rule, found=rule.sha256)
        for candidate in found.candidates:
            if candidate.passed != (candidate.present and candidate.points >= rule.pass_points):
                raise BadFile("passed-differs-from-points", c=candidate.c, pass_points=rule.pass_points)
        rates, total = by_institution(found.candidates)
        if msgspec.to_builtins((rates, total)) != msgspec.to_builtins((found.rates, found.total)):
            raise BadFile("rates-differ-from-candidates")
        return cls(found, rule, rates, total, dict(names))
