"""What a photo shows, held against the sessions that were sat: each with every form drawn again.

A form that the record says was shown and that the draw does not give is refused, as in grading: a photo must not be
traced to a form that nobody was shown. Whoever doubts the record itself runs `examd verify` first.

Before: a result folder (`examd.delivery.export`), a description of the photo. After: `examd bank trace` says it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from bank.authoring.fragments import Fragment, Seen
from bank.durable import read_bytes
from bank.formats.encoding import decode
from bank.leaks import trace
from bank.leaks.trace import Candidate, SatSession, Seat, TraceResult, TravelledSession
from bank.refused import Denied
from bank.store import OpenBank
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


# ---- what a person wrote down of a photo -------------------------------------------------------------------------


def lines_in(file: Path) -> list[tuple[int, str]]:
    """The lines that say something, each with its number from 1, in whatever encoding an office saves text.

    Raises BadFile: when the file cannot be read.
    """
    text = decode(read_bytes(file), file.name).text
    return [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]


@dataclass(frozen=True, slots=True)
class Unread:
    """A line that is no item, or not one item."""

    where: str
    text: str
    refusal: Denied
    nearest: tuple[str, str, int] | None
    """Id, stem, similarity ×10⁴ of the item that comes nearest."""


@dataclass(frozen=True, slots=True)
class Recognised:
    seen: list[Seen]
    unread: list[Unread]


def recognise(bank: OpenBank, fragments: Sequence[tuple[str, Fragment]], sittings: Sequence[SatSession]) -> Recognised:
    """The items that fragments, each with its place, are of. What left the bank is looked through before the rest."""
    pooled = frozenset(fact.id for sitting in sittings for fact in sitting.pool)
    left = pooled | {use[0] for use in bank.exposure.uses()}
    told = bank.near_duplicates.recognise([fragment for _where, fragment in fragments], [pooled, left])
    found = Recognised([], [])
    for (where, fragment), each in zip(fragments, told, strict=True):
        if each.seen is not None:
            found.seen.append(each.seen)
        else:
            found.unread.append(Unread(where, fragment.text, Denied(each.code, **each.facts or {}), each.nearest))
    return found


@dataclass(frozen=True, slots=True)
class Traced:
    ledger: list[TravelledSession]
    """To which sessions the items travelled."""
    forms: TraceResult

    @property
    def names_one(self) -> bool:
        """A form is named with sufficient evidence, or a package."""
        return self.forms.sufficient or any(each.watermarks or each.only for each in self.ledger)


def trace_items(
    bank: OpenBank, found: Recognised, sittings: Sequence[SatSession], packages: Collection[tuple[str, str]]
) -> Traced:
    """Where the items seen went. With `packages` (session, site): only to them, to those sat, and where a mark says so.

    Raises Denied: when no item was recognised.
    """
    if not found.seen:
        raise Denied("seen-nothing-known", lines=len(found.unread))
    watermarks: dict[tuple[str, str], list[str]] = {}
    for mark in bank.watermarks.all():
        watermarks.setdefault((mark.session, mark.site), []).append(mark.item)
    asked = {*packages, *((each.session, each.site) for each in sittings)}
    ledger = [
        each
        for each in trace.travelled({one.item for one in found.seen}, bank.exposure.uses(), watermarks)
        if not packages or (each.session, each.site) in asked or each.watermarks
    ]
    return Traced(ledger, trace.trace(found.seen, sittings))
