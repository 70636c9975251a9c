"""A session that was sat, with every form drawn again: what a photo is held against.

A form that the record says was shown and that the draw does not give is refused, as in grading: a photo must not be
traced to a form that nobody was shown. Whoever doubts the record itself runs `examd verify` first.

Before: a result folder (`examd.delivery.export`). After: `bank.leaks.trace`.
"""

from pathlib import Path

from bank.leaks.trace import Candidate, SatSession, Seat
from examd.grading.export import Export
from examd.record.entries import Kind, decode_entry


def sitting(result: Path) -> SatSession:
    """Of a result folder. Raises as `Export.read` and `Export.forms` do: where it contradicts its package or itself."""
    export = Export.read(result)
    shown, seats = export.forms(), _seats(export.entries, export.state.started_ms or 0)
    candidates = []
    for line in export.roster:
        seat = export.state.seats.get(line.c)
        if seat is not None and seat.form:  # else they saw no item
            candidates.append(Candidate(line.c, line.admission_no, shown(line, seat), tuple(seats.get(line.c, ()))))
    manifest = export.manifest
    session = manifest.session
    return SatSession(manifest.package_id, session.id, session.site_id, export.rule, list(export.facts), candidates)


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
