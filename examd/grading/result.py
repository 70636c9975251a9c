"""Grading a closed session: exported record + answer keys -> the result that the site signs.

Runs in its own short-lived process, the only one that ever holds answer keys at a site.

Before: `examd.grading.export`; the answers part, unlocked. After: `examd.delivery.signing`, `examd.documents`.
"""

import hashlib
from pathlib import Path

import msgspec

from bank.canonical import canonical
from bank.composing.assembly import Form
from bank.durable import write_atomically
from bank.item import AnswerKey
from bank.refused import Denied
from bank.rules import Rule
from examd import VERSION
from examd import result as stated
from examd.grading.export import Export
from examd.grading.mark import mark
from examd.package import layout
from examd.package import open as opening
from examd.rates.compute import by_institution
from examd.record.state import Seat
from examd.result import Candidate, Hashes, Result

ANSWERS = "answers.jsonl"


def grade(folder: Path, answers: bytes) -> None:
    """Writes the answers' plaintext and the unsigned result into the result folder.

    Raises Denied: when the answers are not those of the package, the rule's signatures do not hold, or the session is
    not closed. And as `Export.read` and `Export.forms` do.
    """
    export = Export.read(folder)
    manifest, state, rule = export.manifest, export.state, export.rule
    if hashlib.sha256(answers).hexdigest() != manifest.answers.sha256:
        raise Denied("part-commitment", what=layout.ANSWERS)
    signed_rule = folder / "package" / layout.SIGNED_RULE
    opening.rule_proof(signed_rule.read_bytes() if signed_rule.exists() else None, manifest, rule)
    if not state.closed or state.opened is None:
        raise Denied("not-closed")

    keys = {
        record["id"]: AnswerKey(tuple(record["correct"])) for record in layout.records_in(answers, what=layout.ANSWERS)
    }
    points, shown = {f.id: f.points for f in export.facts}, export.forms()
    candidates = []
    for line in export.roster:
        candidate, seat = Candidate(line.c, line.admission_no, line.institution), state.seats.get(line.c)
        if seat is not None:
            form = shown(line, seat) if seat.form else None  # signed in, never started: nothing to mark
            candidate = _present(candidate, seat, form, rule, points, keys)
        candidates.append(candidate)
    rates, total = by_institution(candidates)
    result = Result(
        type=stated.KIND,
        v=stated.VERSION,
        engine=VERSION,
        package_id=manifest.package_id,
        session=manifest.session,
        hashes=Hashes(
            manifest=export.manifest_sha256,
            rule=manifest.rule.sha256,
            pool_root=manifest.pool.root,
            answers=manifest.answers.sha256,
            closing_root=export.root.hex(),
            closing_chain=export.chain.hex(),
        ),
        entries=export.size,
        separated=state.opened["separated"],
        holders=dict(state.opened["holders"]),
        candidates=tuple(candidates),
        rates=rates,
        total=total,
    )
    write_atomically(folder / ANSWERS, answers, private=True)
    write_atomically(folder / stated.UNSIGNED, canonical(result.to_json()), private=True)


def _present(
    absent: Candidate, seat: Seat, form: Form | None, rule: Rule, points: dict[str, int], keys: dict[str, AnswerKey]
) -> Candidate:
    present = msgspec.structs.replace(absent, status="present")
    if form is None:
        return present
    marks = mark([(item.id, item.order) for item in form.items], seat.answers, points, keys, rule.multiple_scoring)
    return msgspec.structs.replace(
        present,
        form=seat.form,
        answered=marks.answered,
        points=marks.points,
        passed=marks.points >= rule.pass_points,
        late=seat.late,
    )
