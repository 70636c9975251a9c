"""Who answers for the rule: the signed edition, the chain of registers behind it, the officers' hands under it.

The bureau's key signs packages; it must not be able to choose a rule alone. So a rule counts by the signatures of two
officers, and a change of officers by those of two before them. What the chain cannot prove is its own beginning, which
the bureau signs alone: the auditor gives the hash of the first register, from a source they trust. Nor can it prove its
end: a chain cut short holds together. So the auditor gives editions that they know from other packages.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from . import canonical, statements
from .case import LIMIT, Case, mistyped, value_in
from .issued import EDITION, as_listed, parts_named
from .outcome import Outcome
from .rules import RULE
from .shapes import Wrong, hexadecimal, integer, list_of, map_of, one_of, pattern, record

NEEDED = 2


def _line(value: Any, path: str, wrong: Wrong) -> None:
    """A name with a line break in it could write lines of its own where it is shown."""
    told = type(value) is str and value == value.strip() and value.replace("\u3000", "-").isprintable()
    if not told or not 0 < len(value) <= 200:
        wrong.append((path, "one line of text"))


_OFFICER = record({"id": _line, "name": _line, "sign": hexadecimal(32)})
_REGISTER = record(
    {
        "type": one_of("examd-rule-officers"),
        "v": one_of(1),
        "version": integer(1),
        "before": pattern(r"([0-9a-f]{64})?", "64 hex digits or nothing"),
        "officers": list_of(_OFFICER, least=NEEDED),
        "gone": map_of(_line),
        "rules": map_of(list_of(hexadecimal(32))),
        "namesakes": _line,
    },
    optional=["namesakes"],
)
_RULE = record(
    {
        "type": one_of("examd-rule"),
        "v": one_of(1),
        "rule": RULE,
        "sha256": hexadecimal(32),
        "supersedes": pattern(r"([0-9a-f]{64})?", "64 hex digits or nothing"),
        "register": record({"version": integer(1), "sha256": hexadecimal(32)}),
    }
)
_FILE = record({"officers": list_of(statements.shape(_REGISTER), least=1), "rule": statements.shape(_RULE)})

Json = dict[str, Any]


def rule_edition(case: Case, out: Outcome) -> None:
    """The edition is of this very rule, and in force on the session's day."""
    if _unsigned_drill(case, out):
        return
    data = case.bytes_of(EDITION, out)
    if data is None:
        return
    if not as_listed(case, EDITION, data, out):
        out.fail("part_unlisted", EDITION)
    value = case.json_of(EDITION, _FILE, out)
    if value is None:
        return
    case.registers = value["officers"]
    case.edition = value["rule"]
    signed, stated, day = value["rule"]["signed"], case.manifest["rule"], case.manifest["session"]["date"]
    sha256 = _digest(signed["rule"])
    for place, found in (("sha256", signed["sha256"]), ("rule", sha256)):
        out.compare("hash", f"{EDITION} {place}", found, stated["sha256"])
    first, last = signed["rule"]["effective_from"], signed["rule"].get("effective_to") or ""
    if day < first or (last and day > last):
        out.fail("rule_not_in_force", EDITION, day=day, first=first, last=last or "…")


def rule_officers(case: Case, out: Outcome) -> None:
    """Each register is the next one, and signed by the bureau and by officers of the one before."""
    if _unsigned_drill(case, out):
        return
    _chain(EDITION, case.registers, bytes.fromhex(case.manifest["keys"]["bureau"]), out)
    out.note("counted", n=len(case.registers))


def _chain(file: str, registers: list[Json], bureau: bytes, out: Outcome) -> None:
    before: Json | None = None
    for number, statement in enumerate(registers, 1):
        place, signed = f"{file} officers[{number - 1}]", statement["signed"]
        expected = _digest(before) if before else ""
        out.compare("differs", f"{place} version", signed["version"], number)
        out.compare("hash", f"{place} before", signed["before"], expected)
        for name in ("id", "sign"):
            if len({officer[name] for officer in signed["officers"]}) < len(signed["officers"]):
                out.fail("officer_twice", place, what=name)
        if bureau.hex() in {officer["sign"] for officer in signed["officers"]}:
            out.fail("officer_is_bureau", place)
        if not statements.signed_by(statement, bureau):
            out.fail("signature", place, who="bureau", key=bureau.hex())
        if before:
            _follows(place, statement, before, out)
        before = signed


def rule_officers_first(case: Case, out: Outcome) -> None:
    """The first register is the one whose hash the auditor was given."""
    if _unsigned_drill(case, out):
        return
    claimed = _digest(case.registers[0]["signed"])
    if case.officers_sha256 is None:
        out.skip("officers_not_pinned", EDITION, sha256=claimed)
    elif claimed != case.officers_sha256:
        slips = mistyped(case.officers_sha256, claimed)
        if slips:
            out.fail("officers_slip", EDITION, n=slips, sha256=claimed)
        else:
            out.fail("other_officers", EDITION, sha256=claimed, expected=case.officers_sha256)


def rule_signatures(case: Case, out: Outcome) -> None:
    """Two officers of the register that it names, while that register was in force."""
    if _unsigned_drill(case, out):
        return
    signed, version = case.edition["signed"], case.edition["signed"]["register"]["version"]
    if version > len(case.registers):
        out.fail("register_unknown", f"{EDITION} rule", version=version, n=len(case.registers))
        return
    register = case.registers[version - 1]["signed"]
    if signed["register"]["sha256"] != _digest(register):
        expected = _digest(register)
        out.fail("hash", f"{EDITION} rule register", found=signed["register"]["sha256"], expected=expected)
    hands = {officer["sign"]: officer["name"] for officer in _hands(case.edition, register["officers"])}
    if len(hands) < NEEDED:
        out.fail("officers_few", f"{EDITION} rule", found=len(hands), needed=NEEDED)
    _not_late(signed, case.registers, out)
    for path in case.known:
        _held_against(case, signed, path, out)
    out.note("signed_by", names="、".join(hands.values()))


def _not_late(signed: Json, registers: list[Json], out: Outcome) -> None:
    """What is not in the next register's list was signed by officers who were no longer any."""
    version = signed["register"]["version"]
    if version < len(registers):
        kept = registers[version]["signed"]["rules"].get(signed["rule"]["id"], [])
        if signed["sha256"] not in kept[signed["rule"]["version"] - 1 : signed["rule"]["version"]]:
            out.fail("register_over", f"{EDITION} rule", version=version, newer=version + 1)


def _held_against(case: Case, signed: Json, path: Path, out: Outcome) -> None:
    """An edition that the auditor knows from another package: this one may not know less and say otherwise."""
    try:
        with path.open("rb") as stream:
            known = value_in(path.name, stream.read(LIMIT), _FILE, out)
    except OSError as error:
        out.fail("not_json", path.name, why=str(error))
        return
    if known is None:
        return
    _chain(path.name, known["officers"], bytes.fromhex(case.manifest["keys"]["bureau"]), out)
    for number, (here, there) in enumerate(zip(case.registers, known["officers"], strict=False)):
        expected, found = _digest(there["signed"]), _digest(here["signed"])
        if found != expected:
            out.fail("hash", f"{EDITION} officers[{number}]", found=found, expected=expected)
            return
    if len(known["officers"]) > len(case.registers):
        _not_late(signed, known["officers"], out)
    newest, rule = known["rule"]["signed"], signed["rule"]
    texts = dict(enumerate(known["officers"][-1]["signed"]["rules"].get(rule["id"], []), 1))
    if newest["rule"]["id"] == rule["id"]:
        hands = list(_hands(known["rule"], _officers_of(newest, known["officers"])))
        if len(hands) < NEEDED:
            out.fail("officers_few", path.name, found=len(hands), needed=NEEDED)
            return
        version, first = newest["rule"]["version"], newest["rule"]["effective_from"]
        texts |= {version: _digest(newest["rule"]), version - 1: newest["supersedes"]}
        if version > rule["version"] and first <= case.manifest["session"]["date"]:
            out.fail("superseded", f"{EDITION} rule", version=rule["version"], newer=version, first=first)
    for version, found in ((rule["version"], signed["sha256"]), (rule["version"] - 1, signed["supersedes"])):
        if texts.get(version, found) != found:
            out.fail("hash", f"{EDITION} rule, version {version}", found=found, expected=texts[version])


def _officers_of(signed: Json, registers: list[Json]) -> list[Json]:
    version = signed["register"]["version"]
    if version > len(registers) or signed["register"]["sha256"] != _digest(registers[version - 1]["signed"]):
        return []
    officers: list[Json] = registers[version - 1]["signed"]["officers"]
    return officers


def _follows(place: str, statement: Json, before: Json, out: Outcome) -> None:
    signed = statement["signed"]
    gone, signs = signed["gone"], {officer["sign"] for officer in signed["officers"]}
    left = [officer for officer in before["officers"] if officer["id"] not in gone]
    for name in gone:
        outgoing = [officer for officer in before["officers"] if officer["id"] == name]
        if not outgoing or outgoing[0]["sign"] in signs:
            out.fail("gone_wrongly", place, id=name)
    for rule, hashes in before["rules"].items():
        if signed["rules"].get(rule, [])[: len(hashes)] != hashes:
            out.fail("rules_forgotten", place, rule=rule)
    needed = max(1, min(NEEDED, len(left)))
    found = len(list(_hands(statement, left)))
    if found < needed:
        out.fail("officers_few", place, found=found, needed=needed)
    if gone:
        out.attend("officers_gone", place, gone=gone, found=found)


def _hands(statement: Json, officers: list[Json]) -> Iterator[Json]:
    for officer in officers:
        if statements.signed_by(statement, bytes.fromhex(officer["sign"])):
            yield officer


def _unsigned_drill(case: Case, out: Outcome) -> bool:
    """A drill may use a rule that nobody signed; then no package of it lists an edition."""
    drill: bool = case.manifest["session"]["mock"] and not parts_named(case, EDITION)
    if drill:
        out.skip("unsigned_drill")
    return drill


def _digest(value: Any) -> str:
    return hashlib.sha256(canonical.encode(value)).hexdigest()
