"""Grading a closed session: exported record + answer keys -> the result that the site signs.

Runs in its own short-lived process, the only one that ever holds answer keys at a site. It reads the export, never
the database, and draws every form again: a form that was not the rule's own is refused, not marked.

Before: `examd.delivery.export`; the answers part, unlocked. After: `examd.delivery.signing`, `examd.documents`.
"""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bank import merkle
from bank.canonical import canonical
from bank.composing.assembly import Assembler
from bank.draw_facts import ItemFacts, pool_root
from bank.durable import write_atomically
from bank.item import AnswerKey
from bank.refused import BadFile, Denied
from bank.rules import Rule
from bank.seal import statements
from examd import VERSION
from examd.delivery.signing import KIND, UNSIGNED
from examd.grading.mark import mark
from examd.package import layout
from examd.package import open as opening
from examd.package.layout import RosterLine
from examd.package.seed import session_seed
from examd.rates.compute import by_institution
from examd.record.entries import NO_CHAIN, chain_hash, decode_entry, leaf_hash
from examd.record.state import SessionState

ANSWERS = "answers.jsonl"


def grade(folder: Path, answers: bytes, progress: Callable[[int, int], None] = lambda done, of: None) -> None:
    """Writes the answers' plaintext and the unsigned result into the result folder.

    Raises BadFile or Denied where the export contradicts the package or itself. `progress` gets (done, of).
    """
    manifest_file = (folder / "package" / layout.MANIFEST).read_bytes()
    manifest = layout.read_manifest(statements.read(manifest_file, layout.KIND, name=layout.MANIFEST))
    if hashlib.sha256(answers).hexdigest() != manifest.answers.sha256:
        raise Denied("part-commitment", what=layout.ANSWERS)
    rule = Rule.from_json(json.loads((folder / "package" / layout.RULE).read_bytes()))
    facts = [ItemFacts.from_json(r) for r in layout.records_in((folder / "pool.jsonl").read_bytes(), what="pool")]
    if rule.sha256 != manifest.rule.sha256 or pool_root(f.to_json() for f in facts) != manifest.pool.root:
        raise Denied("pool-root")
    signed_rule = folder / "package" / layout.SIGNED_RULE
    opening.rule_proof(signed_rule.read_bytes() if signed_rule.exists() else None, manifest, rule)
    roster = layout.read_roster((folder / "roster.jsonl").read_bytes())
    state, size, root, chain = replay((folder / "entries.jsonl").read_bytes())
    if not state.closed or state.opened is None:
        raise Denied("not-closed")

    keys = {
        record["id"]: AnswerKey(tuple(record["correct"])) for record in layout.records_in(answers, what=layout.ANSWERS)
    }
    points = {f.id: f.points for f in facts}
    assembler = Assembler(facts, rule, seed_of(manifest, state), manifest.draw_session)
    candidates = []
    for line in roster:
        candidates.append(_candidate(line, state, assembler, rule, points, keys))
        progress(len(candidates), len(roster))
    rows, total = by_institution(
        [c["institution"] for c in candidates],
        [c["status"] == "present" for c in candidates],
        [c["passed"] for c in candidates],
    )
    signed = {
        "candidates": candidates,
        "engine": VERSION,
        "entries": size,
        "hashes": {
            "answers": manifest.answers.sha256,
            "closing_chain": chain.hex(),
            "closing_root": root.hex(),
            "manifest": hashlib.sha256(manifest_file).hexdigest(),
            "pool_root": manifest.pool.root,
            "rule": manifest.rule.sha256,
        },
        "holders": dict(state.opened["holders"]),
        "package_id": manifest.package_id,
        "rates": [_counts(row) for row in rows],
        "separated": state.opened["separated"],
        "session": {name: getattr(manifest.session, name) for name in manifest.session.__struct_fields__},
        "total": _counts(total),
        "type": KIND,
        "v": 1,
    }
    write_atomically(folder / ANSWERS, answers, private=True)
    write_atomically(folder / UNSIGNED, canonical(signed), private=True)


def seed_of(manifest: layout.Manifest, state: SessionState) -> bytes:
    """From the shares, not as claimed: a seed of somebody's choosing would choose the forms."""
    assert state.opened is not None
    if state.prepared is None:
        raise Denied("seed-commitment", party="room")
    bureau_r, room_r = bytes.fromhex(state.opened["bureau_r"]), bytes.fromhex(state.opened["room_r"])
    return session_seed(manifest, bureau_r, room_r, state.prepared["room_commit"])


def _candidate(
    line: RosterLine,
    state: SessionState,
    assembler: Assembler,
    rule: Rule,
    points: dict[str, int],
    keys: dict[str, AnswerKey],
) -> dict[str, Any]:
    result = {
        "admission_no": line.admission_no, "answered": 0, "c": line.c, "form": "", "institution": line.institution,
        "late": 0, "passed": False, "points": 0, "status": "absent",
    }  # fmt: skip
    seat = state.seats.get(line.c)
    if seat is None:
        return result
    result["status"] = "present"
    if not seat.form:  # signed in, never started: present, and nothing to mark
        return result
    form = assembler.form(line.c)
    if (form.digest, form.attempt) != (seat.form, seat.attempt):
        raise Denied("form-is-another", c=line.c, expected=form.digest, found=seat.form)
    marks = mark([(item.id, item.order) for item in form.items], seat.answers, points, keys, rule.multiple_scoring)
    return result | {
        "answered": marks.answered,
        "form": seat.form,
        "late": seat.late,
        "passed": marks.points >= rule.pass_points,
        "points": marks.points,
    }


def replay(entries: bytes) -> tuple[SessionState, int, bytes, bytes]:
    """(state, size, tree root, chain value) of an exported record."""
    state, tree, chain = SessionState(), merkle.Tree(), NO_CHAIN
    for number, line in enumerate(entries.splitlines()):
        try:
            entry = decode_entry(line)
        except ValueError:
            raise BadFile("entry-malformed", line=number + 1) from None
        if entry.idx != number:
            raise BadFile("entry-out-of-place", line=number + 1, found=entry.idx)
        leaf = leaf_hash(line)
        tree.append(leaf)
        chain = chain_hash(chain, leaf)
        state.apply(entry.type, entry.body, entry.t_ms, entry.idx)
    return state, tree.size, tree.root(), chain


def _counts(row: Any) -> dict[str, Any]:
    return {
        "enrolled": row.enrolled, "institution": row.institution, "passed": row.passed, "present": row.present,
    }  # fmt: skip
