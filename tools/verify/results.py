"""The result: its statement, and marks and rates made again from nothing but the record and the answer keys."""

from typing import Any

from . import statements, witness
from .case import Case
from .issued import ANSWERS, MANIFEST, RESULT, ROSTER, RULE_FILE, SESSION
from .marks import score, wilson
from .outcome import Outcome
from .record import FILE
from .shapes import boolean, hexadecimal, integer, list_of, map_of, one_of, pattern, record, text

_RATE = record({"institution": text, "enrolled": integer(0), "present": integer(0), "passed": integer(0)})
_ROW = record(
    {
        "c": integer(1),
        "admission_no": text,
        "institution": text,
        "status": one_of("present", "absent"),
        "form": pattern(r"([0-9a-f]{64})?", "64 hex digits or nothing"),
        "answered": integer(0),
        "points": integer(0),
        "passed": boolean,
        "late": integer(0),
    }
)
_SIGNED = record(
    {
        "type": one_of("examd-result"),
        "v": one_of(1),
        "engine": text,
        "package_id": text,
        "session": SESSION,
        "hashes": record(
            {
                name: hexadecimal(32)
                for name in ("manifest", "rule", "pool_root", "answers", "closing_root", "closing_chain")
            }
        ),
        "entries": integer(0),
        "separated": boolean,
        "holders": map_of(text),
        "candidates": list_of(_ROW),
        "rates": list_of(_RATE),
        "total": _RATE,
    }
)


def result(case: Case, out: Outcome) -> None:
    """The result has its shape."""
    statement = case.json_of(RESULT, statements.shape(_SIGNED), out)
    if statement is None:
        return
    case.result = statement["signed"]
    case.result_statement = statement


def result_facts(case: Case, out: Outcome) -> None:
    """What the result says of its session is what manifest, record and files say."""
    signed, manifest = case.result, case.manifest
    expected: dict[str, Any] = {
        "package_id": manifest["package_id"],
        "session": manifest["session"],
        "entries": case.record.lines,
    }
    expected |= {name: case.opening.body[name] for name in ("separated", "holders")}
    for name, value in expected.items():
        out.compare("differs", f"{RESULT} {name}", signed[name], value)
    hashes = {
        "manifest": case.sha256_of(MANIFEST, out),
        "rule": case.sha256_of(RULE_FILE, out),
        "pool_root": manifest["pool"]["root"],
        "answers": case.sha256_of(ANSWERS, out),
    }
    for name, value in hashes.items():
        out.compare("hash", f"{RESULT} hashes.{name}", signed["hashes"][name], value)


def result_signature(case: Case, out: Outcome) -> None:
    key = case.manifest["keys"]["site"]
    if not statements.signed_by(case.result_statement, bytes.fromhex(key)):
        out.fail("signature", RESULT, who="site", key=key)


def marks(case: Case, out: Outcome) -> None:
    """Every row of the result is what record and answer keys give."""
    case.marks = [_row(case, c) for c in sorted(case.roster)]
    expected = {row["c"]: row for row in case.marks}
    seen: set[int] = set()
    before = 0
    for i, row in enumerate(case.result["candidates"]):
        place, c = f"{RESULT} candidates[{i}]", row["c"]
        if c in seen or c <= before:
            out.fail("unsorted", place)
        seen.add(c)
        before = c
        if c not in expected:
            out.fail("stranger", place, c=c)
            continue
        for name, value in expected[c].items():
            out.compare("differs", f"{place} c={c} {name}", row[name], value)
    for c in expected:
        if c not in seen:
            out.fail("left_out", RESULT, c=c, admission_no=case.roster[c]["admission_no"], where=ROSTER)
    out.note("marked", n=len(case.marks))


def _row(case: Case, c: int) -> dict[str, Any]:
    person = case.roster[c]
    row = {"c": c, "admission_no": person["admission_no"], "institution": person["institution"]}
    row |= {"status": "absent", "form": "", "answered": 0, "points": 0, "passed": False, "late": 0}
    if not case.record.candidate(c, "SIGN_IN"):
        return row
    row["status"] = "present"
    form = case.forms.get(c)
    if form is None:  # present, and never started
        return row
    row["form"] = case.digests[c]
    row["late"] = sum(entry.body["late"] for entry in case.record.candidate(c, "ANSWER"))
    for slot, choice in case.record.counting_answers(c).items():
        if slot >= len(form) or not choice:
            continue
        id_, option_order = form[slot]
        item, correct = case.pool[id_], case.answers.get(id_, frozenset())
        chosen = {option_order[position] for position in choice if position < len(option_order)}
        row["answered"] += 1
        row["points"] += score(item.points, item.type == "multiple", case.rule.partial, correct, chosen)
    row["passed"] = row["points"] >= case.rule.pass_points
    return row


def rates(case: Case, out: Outcome) -> None:
    """Every institution's counts are what the rows give."""
    case.rates = _rates(case.marks)
    expected = {row["institution"]: row for row in case.rates[:-1]}
    before: bytes | None = None
    seen: set[str] = set()
    for i, row in enumerate(case.result["rates"]):
        place, name = f"{RESULT} rates[{i}]", row["institution"]
        if before is not None and name.encode() <= before:
            out.fail("unsorted", place)
        before = name.encode()
        seen.add(name)
        if name not in expected:
            out.fail("no_institution", place, institution=name)
            continue
        _compare_rate(f"{place} {name}", row, expected[name], out)
    for name in expected:
        if name not in seen:
            out.fail("institution_left_out", RESULT, institution=name)
    _compare_rate(f"{RESULT} total", case.result["total"], case.rates[-1], out)
    total = case.rates[-1]
    out.note(
        "total",
        enrolled=total["enrolled"],
        present=total["present"],
        passed=total["passed"],
        low=f"{100 * wilson(total['passed'], total['present'])[0]:.1f}",
        high=f"{100 * wilson(total['passed'], total['present'])[1]:.1f}",
    )


def _compare_rate(place: str, row: dict[str, Any], expected: dict[str, Any], out: Outcome) -> None:
    for name in ("enrolled", "present", "passed"):
        out.compare("differs", f"{place} {name}", row[name], expected[name])


def _rates(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    by_name: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_name.setdefault(row["institution"], []).append(row)
    return [*(_rate(name, by_name[name]) for name in sorted(by_name, key=str.encode)), _rate("", rows)]


def _rate(institution: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "institution": institution,
        "enrolled": len(rows),
        "present": sum(row["status"] == "present" for row in rows),
        "passed": sum(row["passed"] for row in rows),
    }


def separation(case: Case, out: Outcome) -> None:
    """One holder of what two should hold is said, never ticked; and a claim to be separated must be possible."""
    opening, keys = case.opening, case.manifest["keys"]
    if not opening.body["separated"]:
        out.attend("not_separated", opening.place, holders=opening.body["holders"])
        return
    for one, other in (("bureau", "chief"), ("bureau", "site"), ("chief", "site")):
        if keys[one] == keys[other]:
            out.fail("same_key", f"{MANIFEST} keys", one=one, other=other)
    names: dict[str, str] = {}
    for role, name in sorted(opening.body["holders"].items()):
        if name in names:
            out.fail("same_holder", f"{FILE}:{opening.line} holders", name=name, one=names[name], other=role)
        names[name] = role
    out.note("separated", n=len(witness.seen(case)))
