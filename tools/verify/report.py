"""The outcomes in words (Chinese by default) or as JSON."""

import json
from typing import Any

from .case import Case
from .marks import wilson
from .outcome import Finding, Missing, Outcome, Status
from .text import plain, text

_MARKS = {Status.OK: "✓", Status.FAILED: "✗", Status.ATTENTION: "!", Status.SKIPPED: "–"}


def as_text(case: Case, outcomes: list[Outcome], language: str) -> str:
    """The outcomes as an auditor reads them, check by check."""
    lines = [text("head", language, directory=case.directory)]
    session = _session(case)
    if session:
        lines.append(text("session", language, **session))
        if session["mock"]:
            lines.append(text("mock", language))
    lines.append("")
    for out in outcomes:
        notes = "；" if language == "zh" else "; "
        said = notes.join(_sentence(note, language) for note in out.notes)
        lines.append(
            f"{_MARKS[out.status]} {out.number:2} {text('check_' + out.name, language)}"
            f"  [{text('status_' + out.status, language)}]" + (f"  {said}" if said else "")
        )
        lines += [f"       {_sentence(finding, language)}" for finding in _findings(out)]
    failed = "verdict_failed" if _count(outcomes, Status.FAILED) else "verdict_ok"
    return "\n".join([*lines, "", text(failed, language, n=len(outcomes), **_counts(outcomes))])


def as_json(case: Case, outcomes: list[Outcome], language: str) -> str:
    report = {
        "directory": str(case.directory),
        "session": _session(case),
        "passed": not _count(outcomes, Status.FAILED),
        "counts": _counts(outcomes),
        "checks": [
            {
                "number": out.number,
                "check": out.name,
                "name": text("check_" + out.name, language),
                "status": out.status.value,
                "findings": [_record(finding, language) for finding in _findings(out)],
                "notes": [_record(note, language) for note in out.notes],
            }
            for out in outcomes
        ],
        "rates": _rates(case),
    }
    return json.dumps(report, indent=1, default=str)  # ASCII: a lone surrogate in an archive must not end the report


def _findings(out: Outcome) -> list[Finding]:
    return [*out.failures, *out.skips, *out.attentions]


def _sentence(finding: Finding, language: str) -> str:
    said = text(finding.code, language, **finding.facts)
    return f"{plain(finding.place)}: {said}" if finding.place else said


def _record(finding: Finding, language: str) -> dict[str, Any]:
    said = text(finding.code, language, **finding.facts)
    return {"place": finding.place, "code": finding.code, "facts": dict(finding.facts), "text": said}


def _session(case: Case) -> dict[str, Any] | None:
    try:
        session: dict[str, Any] = case.manifest["session"]
    except Missing:
        return None
    return session


def _rates(case: Case) -> list[dict[str, Any]] | None:
    """As recomputed, with their intervals; the total last."""
    try:
        rates = case.rates
    except Missing:
        return None
    return [
        rate
        | {
            "of_enrolled": wilson(rate["passed"], rate["enrolled"]),
            "of_present": wilson(rate["passed"], rate["present"]),
        }
        for rate in rates
    ]


def _counts(outcomes: list[Outcome]) -> dict[str, int]:
    return {status.value: _count(outcomes, status) for status in Status}


def _count(outcomes: list[Outcome], status: Status) -> int:
    return sum(out.status is status for out in outcomes)
