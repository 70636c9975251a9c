"""What the bureau issued: manifest, rule, roster, pool and answer keys, each against the manifest's commitment."""

import hashlib
from itertools import pairwise
from typing import Any

from . import canonical, merkle, statements
from .case import Case, mistyped
from .draw import Item
from .outcome import Outcome
from .rules import FACTS, RULE, margins, rule_of, stratum_of
from .shapes import boolean, hexadecimal, integer, list_of, one_of, pattern, record, text

MANIFEST = "package/manifest.json"
RULE_FILE = "package/rule.json"
EDITION = "package/edition.json"
ROSTER = "roster.jsonl"
POOL = "pool.jsonl"
ANSWERS = "answers.jsonl"
RESULT = "result.json"
LEDGER = "ledger.json"
CHECKPOINTS = "checkpoints.txt"
NEEDED = (MANIFEST, RULE_FILE, ROSTER, ANSWERS, POOL, "entries.jsonl", CHECKPOINTS, RESULT)
FOR_PEOPLE = ("rates.csv", "results.csv", "report.xlsx", "bulletin.html")

DAY = pattern(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "YYYY-MM-DD")
SESSION = record({"id": text, "name": text, "date": DAY, "site_id": text, "site_name": text, "mock": boolean})
_SIGNED = record(
    {
        "type": one_of("examd-package"),
        "v": one_of(1),
        "package_id": hexadecimal(16),
        "session": SESSION,
        "rule": record({"id": text, "version": integer(0), "sha256": hexadecimal(32)}),
        "pool": record({"root": hexadecimal(32), "n": integer(0)}),
        "roster": record({"sha256": hexadecimal(32), "n": integer(0)}),
        "items": record({"sha256": hexadecimal(32)}),
        "answers": record({"sha256": hexadecimal(32)}),
        "seed_commit": record({"bureau": hexadecimal(32)}),
        "keys": record(
            {
                "bureau": hexadecimal(32),
                "chief": hexadecimal(32),
                "site": hexadecimal(32),
                "site_age": text,
                "chief_age": text,
                "archive_age": text,
            }
        ),
        "parts": list_of(record({"name": text, "bytes": integer(0), "sha256": hexadecimal(32)})),
        "issued_at": text,
        "counter": integer(1),
        "window": record({"from": DAY, "until": DAY}),
        "seats_sign": one_of(True),
    },
    optional={"counter", "window", "seats_sign"},
)
_ROSTER_LINE = record(
    {"c": integer(1), "admission_no": text, "name": text, "id_tail": text, "id_masked": text, "institution": text}
)
_ANSWER_LINE = record({"id": text, "correct": list_of(integer(0)), "salt": hexadecimal(32)})


def files(case: Case, out: Outcome) -> None:
    """Every file that a result needs is there, and no file that nobody knows."""
    for name in NEEDED:
        if case.size_of(name) is None:
            out.fail("file_missing", name)
    for name in FOR_PEOPLE:
        if case.size_of(name) is None:
            out.fail("file_missing", name)
    known = {*NEEDED, *FOR_PEOPLE, EDITION, LEDGER, "package"}
    for folder, prefix in ((case.directory, ""), (case.directory / "package", "package/")):
        try:
            found = sorted(path.name for path in folder.iterdir())
        except OSError:
            continue
        for name in found:
            if prefix + name not in known:
                out.attend("file_unknown", prefix + name)


def manifest(case: Case, out: Outcome) -> None:
    """The manifest has its shape, and its parts stand once each, in order."""
    statement = case.json_of(MANIFEST, statements.shape(_SIGNED), out)
    if statement is None:
        return
    signed: dict[str, Any] = statement["signed"]
    case.manifest = signed
    case.manifest_statement = statement
    names = [part["name"] for part in signed["parts"]]
    if names != sorted(names, key=str.encode) or len(set(names)) != len(names):
        out.fail("parts_order", MANIFEST)


def manifest_signature(case: Case, out: Outcome) -> None:
    key = case.manifest["keys"]["bureau"]
    if not statements.signed_by(case.manifest_statement, bytes.fromhex(key)):
        out.fail("signature", MANIFEST, who="bureau", key=key)


def manifest_signer(case: Case, out: Outcome) -> None:
    claimed = case.manifest["keys"]["bureau"]
    if case.bureau_key is None:
        out.skip("not_pinned", MANIFEST, key=claimed)
    elif claimed != case.bureau_key.hex():
        slips = mistyped(case.bureau_key.hex(), claimed)
        if slips:
            out.fail("bureau_key_slip", MANIFEST, n=slips, key=claimed)
        else:
            out.fail("other_bureau", MANIFEST, key=claimed, expected=case.bureau_key.hex())


def rule(case: Case, out: Outcome) -> None:
    """The rule is the one that the manifest names, by hash."""
    data = case.bytes_of(RULE_FILE, out)
    if data is None:
        return
    out.compare("hash", RULE_FILE, hashlib.sha256(data).hexdigest(), case.manifest["rule"]["sha256"])
    as_listed(case, RULE_FILE, data, out)
    value = case.json_of(RULE_FILE, RULE, out)
    if value is None:
        return
    if canonical.encode(value) != data:
        out.fail("not_canonical", RULE_FILE)
    for name in ("id", "version"):
        out.compare("differs", f"{RULE_FILE} {name}", value[name], case.manifest["rule"][name])
    strata = [stratum_of(cell) for cell in value["cells"]]
    if any(one.encode() >= other.encode() for one, other in pairwise(strata)):
        out.fail("unsorted", f"{RULE_FILE} cells")
    for what, found, stated in margins(value):
        out.compare("rule_sum", RULE_FILE, found, stated, what=what)
    case.rule = rule_of(value)


def parts_named(case: Case, file: str) -> list[dict[str, Any]]:
    """What the manifest says of `file`; nothing where it does not list it."""
    return [part for part in case.manifest["parts"] if part["name"] == file.rpartition("/")[2]]


def as_listed(case: Case, file: str, data: bytes, out: Outcome) -> bool:
    """Whether the manifest lists `file`; where it does, as another than `data`, `out` says so."""
    parts, sha256 = parts_named(case, file), hashlib.sha256(data).hexdigest()
    for part in parts:
        if (part["sha256"], part["bytes"]) != (sha256, len(data)):
            out.fail("hash", f"{MANIFEST} parts", found=sha256, expected=part["sha256"])
    return bool(parts)


def roster(case: Case, out: Outcome) -> None:
    """The roster is the one that the manifest commits to, its lines in order."""
    sha256 = case.sha256_of(ROSTER, out)
    lines = None if sha256 is None else case.lines_of(ROSTER, _ROSTER_LINE, out)
    if lines is None:
        return
    committed = case.manifest["roster"]
    out.compare("hash", ROSTER, sha256, committed["sha256"])
    out.compare("count", ROSTER, len(lines), committed["n"])
    people: dict[int, dict[str, Any]] = {}
    before = b""
    for number, (line, _raw, person) in enumerate(lines, 1):
        out.compare("ordinal", f"{ROSTER}:{line}", person["c"], number)
        admission_no = person["admission_no"].encode()
        if number > 1 and admission_no <= before:
            out.fail("unsorted", f"{ROSTER}:{line}")
        before = admission_no
        people.setdefault(person["c"], person)
    case.roster = people


def pool(case: Case, out: Outcome) -> None:
    """The pool's leaves are in order and hash to the manifest's root."""
    lines = case.lines_of(POOL, FACTS, out)
    if lines is None:
        return
    _sorted_ids(POOL, [(line, facts["id"]) for line, _raw, facts in lines], out)
    committed = case.manifest["pool"]
    root = merkle.Tree(merkle.leaf(raw) for _line, raw, _facts in lines).root().hex()
    out.compare("hash", POOL, root, committed["root"])
    out.compare("count", POOL, len(lines), committed["n"])
    for line, _raw, facts in lines:
        if any(index >= facts["options"] for index in facts["locked"]):
            out.fail("locked_range", f"{POOL}:{line}", id=facts["id"])
            facts["locked"] = [index for index in facts["locked"] if index < facts["options"]]  # told; the draw goes on
    case.pool = {facts["id"]: Item.of(facts, line) for line, _raw, facts in lines}


def answers(case: Case, out: Outcome) -> None:
    """The answer keys are those that the manifest commits to: one an item, each leaf's hash met."""
    sha256 = case.sha256_of(ANSWERS, out)
    lines = None if sha256 is None else case.lines_of(ANSWERS, _ANSWER_LINE, out)
    if lines is None:
        return
    out.compare("hash", ANSWERS, sha256, case.manifest["answers"]["sha256"])
    _sorted_ids(ANSWERS, [(line, each["id"]) for line, _raw, each in lines], out)
    case.answers = {each["id"]: frozenset(each["correct"]) for _line, _raw, each in lines}
    for line, _raw, each in lines:
        place, item, correct = f"{ANSWERS}:{line}", case.pool.get(each["id"]), each["correct"]
        if item is None:
            out.fail("not_in_pool", place, id=each["id"])
            continue
        if not correct or len(set(correct)) != len(correct) or any(index >= item.options for index in correct):
            out.fail("answer_range", place, id=each["id"], correct=correct)
        if item.type != "multiple" and len(correct) > 1:
            out.fail("answer_many", place, id=each["id"], correct=correct)
    for id_, item in case.pool.items():
        if id_ not in case.answers:
            out.fail("no_answer", f"{POOL}:{item.line}", id=id_)


def _sorted_ids(name: str, ids: list[tuple[int, str]], out: Outcome) -> None:
    for (_, before), (line, id_) in pairwise(ids):
        if id_.encode() <= before.encode():
            out.fail("unsorted", f"{name}:{line}")
