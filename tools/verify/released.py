"""The bureau's release ledger: what it says of this session, held against the record (docs/formats.md §4).

An extract names every entry about the session, each with the proof that it is in the tree under the signed head. That
these are all of them is the bureau's signed word: whoever holds the whole ledger can judge it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from . import canonical, merkle, notes, statements
from .case import Case, value_in
from .issued import DAY, LEDGER, MANIFEST, RESULT
from .outcome import Missing, Outcome
from .shapes import Shape, Wrong, boolean, hexadecimal, integer, list_of, one_of, pattern, record, text
from .witness import CHIEF, CLOSING

OFFICE = timezone(timedelta(hours=8))
"""Days are Beijing's."""

_SHORT = pattern(r"[0-9a-f]{32}", "32 hex digits")
_HEAD: dict[str, Shape] = {
    "n": integer(0),
    "at": pattern(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", "RFC 3339"),
    "before": integer(-1),
    "package": hexadecimal(16),
}
_MAYBE_SHORT = pattern(r"([0-9a-f]{32})?", "32 hex digits or none")
_ACTS: dict[str, dict[str, Shape]] = {
    "issue": {
        "manifest": hexadecimal(32),
        "session": text,
        "site": text,
        "date": DAY,
        "counter": integer(0),
        "on_file": boolean,
    },
    "void": {"reason": text, "by": text},
    "code-1": {"room": _SHORT},
    "checkpoint": {"what": one_of("opening", "interim"), "size": integer(1), "root": hexadecimal(32)},
    "closing": {
        "by": one_of("telephone", "checkpoint"),
        "statement": _MAYBE_SHORT,
        "size": integer(0),
        "root": pattern(r"([0-9a-f]{64})?", "64 hex digits or none"),
    },
    "code-2": {"by": one_of("telephone", "checkpoint")},
    "result": {"sha256": hexadecimal(32)},
    "alarm": {"what": text, "found": text},
}
_SHAPES = {act: record({"act": one_of(act), **_HEAD, **fields}) for act, fields in _ACTS.items()}


def _entry(value: Any, path: str, wrong: Wrong) -> None:
    """A shape: an entry of the ledger."""
    act = value.get("act") if type(value) is dict else None
    shape = _SHAPES.get(act) if type(act) is str else None
    if shape is None:
        wrong.append((path + ".act", "|".join(_SHAPES)))
    else:
        shape(value, path, wrong)


_EXTRACT = record(
    {
        "type": one_of("examd-ledger-extract"),
        "v": one_of(1),
        "bureau": text,
        "entries": list_of(record({"entry": _entry, "proof": list_of(hexadecimal(32))}), least=1),
        "head": text,
        "package": hexadecimal(16),
    }
)


def window(case: Case, out: Outcome) -> None:
    """The package was opened on one of its days: by the server's clock, or as staff stated where that was wrong."""
    days = case.manifest.get("window")
    if days is None:
        out.note("no_window", MANIFEST)
        return
    opens = case.record.of("OPEN")
    prepared = [
        entry for entry in case.record.of("STAFF")
        if entry.body["act"] == "prepare" and (not opens or entry.line < opens[0].line)
    ]  # fmt: skip
    if not prepared:
        out.fail("never_prepared", "entries.jsonl")
        return
    last = prepared[-1]
    by_clock, stated = _day(last.wall_s), last.body.get("date")
    day = by_clock if stated is None else stated
    if not days["from"] <= day <= days["until"]:
        out.fail("outside_window", last.place, day=day, first=days["from"], last=days["until"])
    if stated is not None and stated != by_clock:
        out.attend("day_stated", last.place, clock=by_clock, stated=stated, who=last.actor)
    case.opened_on = day


def ledger(case: Case, out: Outcome) -> None:
    """The bureau's ledger knows this package, this room and this closing, and no second of either."""
    data, place = _extract(case, out)
    if data is None:
        return
    statement = value_in(place, data, statements.shape(_EXTRACT), out)
    if statement is None:
        return
    if canonical.encode(statement) != data:
        out.fail("not_canonical", place)
    key = bytes.fromhex(case.manifest["keys"]["bureau"])
    if not statements.signed_by(statement, key):
        out.fail("signature", place, who="bureau", key=key.hex())
    signed = statement["signed"]
    out.compare("differs", f"{place} package", signed["package"], case.manifest["package_id"])
    _proved(signed, key, place, out)
    _Session(case, [each["entry"] for each in signed["entries"]], place, out).hold()


def _extract(case: Case, out: Outcome) -> tuple[bytes | None, str]:
    """From where the auditor has it, else from the folder; "not filed" where there is none."""
    given = case.asked.ledger
    if given is None:
        if case.size_of(LEDGER) is None:
            if case.manifest.get("counter"):
                out.skip("not_filed", LEDGER)
            else:
                out.skip("before_ledger", LEDGER)
            return None, LEDGER
        return case.bytes_of(LEDGER, out), LEDGER
    outside = Case(given.parent, None)
    return outside.bytes_of(given.name, out), str(given)


def _proved(signed: dict[str, Any], key: bytes, place: str, out: Outcome) -> None:
    """Each entry is in the tree under the head, which the bureau signed; entries of a package name the one before."""
    try:
        head = notes.read(signed["head"].encode())
    except (notes.BadNote, ValueError):
        out.fail("ledger_head", place)
        return
    if head.origin != "examd-ledger/" + signed["bureau"] or not head.signed_by("bureau/" + signed["bureau"], key):
        out.fail("ledger_head", place)
    newest: dict[str, int] = {}
    for number, each in enumerate(signed["entries"]):
        entry, proof = each["entry"], [bytes.fromhex(sibling) for sibling in each["proof"]]
        leaf = merkle.leaf(canonical.encode(entry))
        if merkle.root_by(leaf, entry["n"], head.size, proof) != head.root:
            out.fail("ledger_proof", f"{place} entries[{number}]", n=entry["n"])
        if entry["before"] != newest.get(entry["package"], -1):
            out.fail("ledger_gap", f"{place} entries[{number}]", n=entry["n"], before=entry["before"])
        newest[entry["package"]] = entry["n"]
    out.note("ledger_head_is", place, entries=head.size, root=head.root.hex())


class _Session:
    """Entries about one session, and what the record says to each."""

    def __init__(self, case: Case, entries: list[dict[str, Any]], place: str, out: Outcome) -> None:
        package = case.manifest["package_id"]
        self.case, self.place, self.out = case, place, out
        self.mine = [entry for entry in entries if entry["package"] == package]
        self.others = [entry for entry in entries if entry["package"] != package]

    def of(self, act: str) -> list[dict[str, Any]]:
        return [entry for entry in self.mine if entry["act"] == act]

    def hold(self) -> None:
        """Every entry is held against the case."""
        out, issues = self.out, self.of("issue")
        if len(issues) != 1:
            out.fail("ledger_issue", self.place, n=len(issues))
            return
        sha256 = self.case.sha256_of(MANIFEST, out)
        out.compare("ledger_manifest", self.place, issues[0]["manifest"], sha256)
        on_file = issues[0]["on_file"]
        for void in self.of("void"):
            out.fail("ledger_void", self.place, at=void["at"], reason=void["reason"], by=void["by"])
        for alarm in self.of("alarm"):
            said = out.attend if alarm["what"] in ("other-package", "result-refused") else out.fail
            said("ledger_alarm", self.place, at=alarm["at"], what=alarm["what"], found=alarm["found"])
        for other in {entry["package"] for entry in self.others if entry["act"] == "code-1"}:
            out.attend("ledger_other_package", self.place, package=other)
        if on_file:
            out.attend("ledger_on_file", self.place)
        self._code_1(on_file)
        self._checkpoints()
        self._closing(on_file)
        self._result()

    def _code_1(self, on_file: bool) -> None:
        given, out = self.of("code-1"), self.out
        prepares = self.case.record.of("PREPARE")
        if not given:
            if not on_file:
                out.fail("ledger_no_code", self.place, number=1)
            return
        for entry in given:
            if not prepares or prepares[0].body["room_commit"][:32] != entry["room"]:
                found = prepares[0].body["room_commit"][:32] if prepares else "–"
                out.fail("ledger_room", self.place, at=entry["at"], told=entry["room"], found=found)
        try:
            opened_on = self.case.opened_on
        except Missing:
            return
        days = {_day_of(entry["at"]) for entry in given}
        if opened_on not in days:
            out.fail("ledger_day", self.place, opened=opened_on, told=", ".join(sorted(days)))

    def _checkpoints(self) -> None:
        for entry in self.of("checkpoint"):
            self._root(entry)

    def _closing(self, on_file: bool) -> None:
        out, closings = self.out, self.of("closing")
        signed = [entry for entry in closings if entry["by"] == "checkpoint"]
        for entry in closings:
            if entry["by"] == "checkpoint":
                self._root(entry)
                if entry["size"] != self.case.tree.size:
                    out.fail(
                        "ledger_closing", self.place, at=entry["at"], told=entry["size"], found=self.case.tree.size
                    )
            elif entry["root"]:
                out.compare("ledger_told", self.place, entry["root"], self.case.tree.root().hex())
            if entry["statement"] and entry["statement"] not in self._statements():
                out.fail("ledger_statement", self.place, at=entry["at"], told=entry["statement"])
        if not self.of("code-2") and not on_file:
            out.fail("ledger_no_code", self.place, number=2)
        elif closings and not signed:
            out.attend("ledger_telephone", self.place, at=closings[0]["at"])

    def _result(self) -> None:
        for entry in self.of("result"):
            self.out.compare("ledger_result", self.place, entry["sha256"], self.case.sha256_of(RESULT, self.out))

    def _root(self, entry: dict[str, Any]) -> None:
        """The record goes through the checkpoint that the bureau noted."""
        size, tree = entry["size"], self.case.tree
        found = tree.root(size).hex() if size <= tree.size else "–"
        if found != entry["root"]:
            self.out.fail("ledger_root", self.place, at=entry["at"], size=size, told=entry["root"], found=found)

    def _statements(self) -> set[str]:
        """Of the closing checkpoint, as it can be read out: with each signature that site and chief examiner gave."""
        keys, site = self.case.manifest["keys"], self.case.manifest["session"]["site_id"]
        by_site, chief, found = bytes.fromhex(keys["site"]), bytes.fromhex(keys["chief"]), set()
        for _place, checkpoint in self.case.checkpoints:
            if checkpoint.size != self.case.tree.size:
                continue
            text = b"examd/closing/v1\n" + checkpoint.text + b"\n"
            for first in _good(checkpoint, lambda one: one.signed_by("site/" + site, by_site)):
                for second in _good(checkpoint, lambda one: any(one.cosigned_by(n, chief) for n in (CHIEF, CLOSING))):
                    found.add(hashlib.sha256(text + first + second).hexdigest()[:32])
        return found


def _good(checkpoint: notes.Checkpoint, is_good: Callable[[notes.Checkpoint], bool]) -> list[bytes]:
    """Signature lines of a checkpoint, as they stand, that are good each by itself."""
    good = [line for line in checkpoint.lines if is_good(replace(checkpoint, lines=(line,)))]
    return [f"— {line.name} {base64.b64encode(line.key_id + line.signature).decode()}\n".encode() for line in good]


def _day(wall_s: int) -> str:
    try:
        return datetime.fromtimestamp(wall_s, OFFICE).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return "–"


def _day_of(at: str) -> str:
    return datetime.strptime(at, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).astimezone(OFFICE).date().isoformat()
