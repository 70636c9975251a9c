"""Terminals' journals against the record: what was acknowledged at a seat stands in it, under its number, unchanged.

A journal is what the candidate's own machine wrote before it sent anything. Those that the site collected are in
`journals/` of the result; an auditor may bring others. A journal can be forged by whoever holds the machine, and a
record by whoever runs the site: where the two contradict each other, one of them was, and seat and item
are named.
"""

from __future__ import annotations

import hashlib
import stat
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import canonical, notes
from .case import Case
from .outcome import Outcome
from .record import FILE, Entry, chained_all, leaves_of
from .seats import after, first
from .shapes import hexadecimal, map_of, record, text

FOLDER, INDEX = "journals", "index.json"
LIMIT = 16 << 20
_INDEX = record({"files": map_of(hexadecimal(32)), "of": text})


@dataclass
class _Journal:
    """What one file says, numbers as they stood when they were acknowledged."""

    name: str
    sat: dict[str, Any] = field(default_factory=dict)
    acts: dict[int, dict[str, Any]] = field(default_factory=dict)
    acknowledged: int = 0
    acks: list[tuple[int, int, str]] = field(default_factory=list)
    """seq, idx, head."""
    signed: list[dict[str, Any]] = field(default_factory=list)
    receipts: list[dict[str, Any]] = field(default_factory=list)
    torn: bool = False


def journals(case: Case, out: Outcome) -> None:
    """Each journal at hand agrees with the record; whose is missing is said."""
    files = [*_collected(case, out), *_brought(case, out)]
    if not files:
        if not out.failures:
            out.note("journals_none")
        return
    data = case.bytes_of(FILE, out, 2 << 30)
    if data is None:
        return
    chain = chained_all(leaves_of(data))
    lines = data.split(b"\n")
    seen: set[int] = set()
    for name, raw in files:
        journal = _read(name, raw)
        c = journal.sat.get("c")
        line = case.roster.get(c) if isinstance(c, int) else None
        if journal.sat.get("package_id") != case.manifest["package_id"] or line is None:
            out.attend("journal_other", name)
            continue
        if journal.sat.get("admission_no") != line["admission_no"]:
            out.fail("journal_owner", name, c=c, number=line["admission_no"])
            continue
        seen.add(line["c"])
        if journal.torn:
            out.attend("journal_torn", name, c=c)
        _against(case, journal, chain, lines, out)
    for c in sorted({entry.c for entry in case.record.of("ANSWER")} - seen):
        out.attend("journal_missing", FILE, c=c, terminal=_terminal(case, c))
    _restored(case, [hashlib.sha256(raw).hexdigest() for _, raw in files], out)
    out.note("journals", n=len(files), c=len(seen))


def _terminal(case: Case, c: int) -> str:
    sign_ins = case.record.candidate(c, "SIGN_IN")
    return str(sign_ins[-1].body["terminal"]) if sign_ins else "–"


def _collected(case: Case, out: Outcome) -> Iterator[tuple[str, bytes]]:
    folder = case.directory / FOLDER
    if not folder.is_dir() or folder.is_symlink():
        return
    index = case.json_of(f"{FOLDER}/{INDEX}", _INDEX, out)
    if index is None:
        return
    if index["of"] != case.manifest["package_id"]:
        out.fail("differs", f"{FOLDER}/{INDEX} of", found=index["of"], expected=case.manifest["package_id"])
    for name in sorted(path.name for path in folder.iterdir()):
        if name not in index["files"] and name != INDEX:
            out.fail("journal_unlisted", f"{FOLDER}/{name}")
    for name, sha256 in sorted(index["files"].items()):
        if "/" in name or name.startswith("."):
            out.fail("journal_unlisted", f"{FOLDER}/{name}")
            continue
        raw = case.bytes_of(f"{FOLDER}/{name}", out, LIMIT)
        if raw is None:
            continue
        if hashlib.sha256(raw).hexdigest() != sha256:
            out.fail("journal_altered", f"{FOLDER}/{name}")
        yield f"{FOLDER}/{name}", raw


def _brought(case: Case, out: Outcome) -> Iterator[tuple[str, bytes]]:
    for folder in case.asked.journals:
        found = [folder] if folder.is_file() else sorted(Path(folder).rglob("*.journal"))
        if not found:
            out.fail("journals_not_there", str(folder))
        for path in found:
            try:
                facts = path.lstat()
                if stat.S_ISREG(facts.st_mode) and facts.st_size <= LIMIT:
                    yield str(path), path.read_bytes()
            except OSError as error:
                out.fail("file_unreadable", str(path), why=error.strerror or type(error).__name__)


def _read(name: str, raw: bytes) -> _Journal:
    journal, at = _Journal(name), 0
    try:
        while at < len(raw):
            size, crc = int(raw[at : at + 8], 16), int(raw[at + 9 : at + 17], 16)
            body = raw[at + 18 : at + 18 + size]
            if len(body) != size or zlib.crc32(body) != crc or raw[at + 18 + size : at + 19 + size] != b"\n":
                raise ValueError
            _take(journal, canonical.parse(body))
            at += size + 19
    except (ValueError, KeyError, TypeError, AttributeError):
        journal.torn = True
    return journal


def _take(journal: _Journal, line: dict[str, Any]) -> None:
    kind = line["t"]
    if kind == "sat":
        journal.sat = line
    elif kind == "base":
        # Acts behind it were refused and numbered anew, or the record went on elsewhere.
        journal.acts = {seq: act for seq, act in journal.acts.items() if seq <= min(journal.acknowledged, line["seq"])}
        journal.acknowledged = max(journal.acknowledged, line["seq"])
        if line["idx"] >= 0:
            journal.acks.append((line["seq"], line["idx"], line["head"]))
    elif kind in ("answer", "flag", "hand-in"):
        journal.acts[line["seq"]] = line
    elif kind == "ack":
        journal.acknowledged = max(journal.acknowledged, line["seq"])
        journal.acks.append((line["seq"], line["idx"], line["head"]))
    elif kind == "signed":
        journal.signed.append(line)
    elif kind == "receipt":
        journal.receipts.append(line)


_TYPES = {"answer": "ANSWER", "flag": "FLAG", "hand-in": "HAND_IN"}


def _against(case: Case, journal: _Journal, chain: list[bytes], lines: list[bytes], out: Outcome) -> None:
    c, seat = journal.sat["c"], journal.sat.get("terminal", "")
    held = {entry.body["seq"]: entry for entry in case.record.candidate(c, "ANSWER", "FLAG", "HAND_IN")}
    if journal.acknowledged and not case.record.candidate(c, "SIGN_IN"):
        out.fail("journal_absent", journal.name, c=c, seat=seat, n=journal.acknowledged)
        return
    lost = [seq for seq in journal.acts if seq <= journal.acknowledged and seq not in held]
    for seq in sorted(journal.acts):
        if seq > journal.acknowledged or seq not in held:
            continue
        act, entry = journal.acts[seq], held[seq]
        if not _same(act, entry):
            item = act.get("slot", entry.body.get("slot", -1)) + 1
            facts = {"found": _said(entry.body), "expected": _said(act)}
            out.fail("journal_differs", entry.place, c=c, seat=seat, item=item, seq=seq, **facts)
    if lost:
        items = sorted({journal.acts[seq]["slot"] + 1 for seq in lost if "slot" in journal.acts[seq]})
        out.fail("journal_lost", journal.name, c=c, seat=seat, n=len(lost), items=items)
    for seq, idx, head in journal.acks:
        if not 0 <= idx < len(chain) or chain[idx].hex() != head:
            out.fail("journal_ack", journal.name, c=c, seat=seat, seq=seq, idx=idx)
            break
    for receipt in journal.receipts:
        idx = receipt.get("idx", -1)
        if not (
            isinstance(idx, int)
            and 0 <= idx < len(lines)
            and lines[idx].decode("utf-8", "replace") == receipt.get("entry")
        ):
            out.fail("journal_receipt", journal.name, c=c, seat=seat, receipt=receipt.get("code", ""))
    _signatures(case, journal, out)
    waiting = [seq for seq in journal.acts if seq > journal.acknowledged and seq not in held]
    if waiting:
        items = sorted({journal.acts[seq]["slot"] + 1 for seq in waiting if "slot" in journal.acts[seq]})
        out.attend("journal_waiting", journal.name, c=c, seat=seat, n=len(waiting), items=items)


def _signatures(case: Case, journal: _Journal, out: Outcome) -> None:
    """What this terminal signed: the record's acts lead to that head. Such a line nobody else can have written."""
    c, seat = journal.sat["c"], journal.sat.get("terminal", "")
    starts = case.record.candidate(c, "START")
    if not starts:
        return
    form = starts[0].body["form"]
    heads = [first(case.manifest["package_id"], c, form)]
    for entry in case.record.candidate(c, "ANSWER", "FLAG", "HAND_IN"):
        if entry.body["seq"]:
            heads.append(after(heads[-1], entry))
    keys = {each["key"] for _, each in case.record.keys}
    for line in journal.signed:
        said = {name: line[name] for name in ("acts", "root", "seq", "since", "size")}
        said.update({"c": c, "form": form, "package_id": case.manifest["package_id"], "type": "examd-acts", "v": 1})
        try:
            sign = journal.sat["sign"]
            good = sign in keys and notes.verified(
                bytes.fromhex(sign), bytes.fromhex(line["sig"]), canonical.encode(said)
            )
        except (ValueError, TypeError, canonical.NotJson):
            good = False
        if not good:
            out.attend("journal_signature", journal.name, c=c, seat=seat, seq=line["seq"])
        elif line["seq"] >= len(heads) or heads[line["seq"]].hex() != line["acts"]:
            out.fail("journal_signed", journal.name, c=c, seat=seat, seq=line["seq"])
            return


def _restored(case: Case, hashes: list[str], out: Outcome) -> None:
    """What the chief examiner admitted from a journal: that journal is at hand."""
    for entry in case.record.of("RESTORE"):
        if entry.body["journal"] not in hashes:
            out.attend("restore_unseen", entry.place, c=entry.c)


def _same(act: dict[str, Any], entry: Entry) -> bool:
    if _TYPES[act["t"]] != entry.type:
        return False
    return all(act.get(name) == entry.body.get(name) for name in ("slot", "choice", "on", "used_ms"))


def _said(body: dict[str, Any]) -> str:
    if "choice" in body:
        return "".join(chr(65 + place) for place in body["choice"] if 0 <= place < 26) or "–"
    return str(body.get("on", "–"))
