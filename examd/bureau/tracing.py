"""A session that was sat, with every form drawn again: what a photo is held against.

A form that the record says was shown and that the draw does not give is refused, as in grading: a photo must not be
traced to a form that nobody was shown. Whoever doubts the record itself runs `examd verify` first.

Before: a result folder (`examd.delivery.export`). After: `bank.leaks.trace`.
"""

import hashlib
import json
from pathlib import Path

from bank.composing.assembly import Assembler
from bank.draw_facts import ItemFacts, pool_root
from bank.leaks.trace import Candidate, SatSession, Seat
from bank.refused import BadFile, Denied
from bank.rules import Rule
from bank.seal import statements
from examd.grading.result import replay, seed_of
from examd.package import layout
from examd.record.entries import Kind, decode_entry

RESULT_FILES = ("roster.jsonl", "pool.jsonl", "entries.jsonl")


def session_of(package: Path) -> layout.Manifest:
    """Which session a package is for, from its manifest; nothing is opened."""
    return layout.read_manifest(statements.read(_read(package / layout.MANIFEST), layout.KIND, name=layout.MANIFEST))


def sitting(result: Path) -> SatSession:
    """Raises BadFile or Denied where the result contradicts its package or itself."""
    manifest = session_of(result / "package")
    roster, pool, entries = (_read(result / name) for name in RESULT_FILES)
    try:
        rule = Rule.from_json(json.loads(_read(result / "package" / layout.RULE)))
        facts = [ItemFacts.from_json(record) for record in layout.records_in(pool, what="pool")]
    except (ValueError, KeyError, TypeError):
        raise BadFile("part-malformed", what="pool") from None
    if rule.sha256 != manifest.rule.sha256 or pool_root(fact.to_json() for fact in facts) != manifest.pool.root:
        raise Denied("pool-root")
    if hashlib.sha256(roster).hexdigest() != manifest.roster.sha256:
        raise Denied("part-commitment", what=layout.ROSTER)
    state, *_ = replay(entries)
    if state.opened is None:
        raise Denied("not-closed")
    assembler = Assembler(facts, rule, seed_of(manifest, state), manifest.draw_session)
    seats = _seats(entries, state.started_ms or 0)
    candidates = []
    for line in layout.read_roster(roster):
        seat = state.seats.get(line.c)
        if seat is None or not seat.form:  # saw no item
            continue
        form = assembler.form(line.c)
        if (form.digest, form.attempt) != (seat.form, seat.attempt):
            raise Denied("form-is-another", c=line.c, expected=form.digest, found=seat.form)
        candidates.append(Candidate(line.c, line.admission_no, form, tuple(seats.get(line.c, ()))))
    session = manifest.session
    return SatSession(manifest.package_id, session.id, session.site_id, rule, facts, candidates)


def _seats(entries: bytes, started_ms: int) -> dict[int, list[Seat]]:
    """Ordinal -> the terminals at which the candidate signed in, one after the other."""
    found: dict[int, list[Seat]] = {}
    for line in entries.splitlines():
        if Kind.SIGN_IN.value.encode() in line and (entry := decode_entry(line)).type is Kind.SIGN_IN:
            sat = found.setdefault(entry.body["c"], [])
            terminal = entry.body.get("terminal", "")
            if terminal and (not sat or sat[-1].terminal != terminal):
                sat.append(Seat(terminal, (entry.t_ms - started_ms) // 60_000))
    return found


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadFile("file-unreadable", file=str(path), why=error.strerror) from None
