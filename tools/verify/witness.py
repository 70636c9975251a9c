"""The chief examiner's hand under the record while candidates sat: what it bounds, and where it was missing.

Whoever holds the site's key can write the record anew only behind the newest checkpoint that another hand has signed.
So the times between two of them are judged, and the witness's clock against the record's.
"""

from __future__ import annotations

from dataclasses import dataclass

from .case import Case
from .issued import CHECKPOINTS
from .outcome import Outcome

CHIEF, CLOSING = "chief", "chief/closing"
CLOCK_APART_S = 600


@dataclass(frozen=True)
class Seen:
    """A checkpoint that the chief examiner signed."""

    place: str
    size: int
    stamp_s: int
    """When, by the witness's own clock."""
    t_ms: int
    """Session time of the last entry under it."""


def seen(case: Case) -> list[Seen]:
    key = bytes.fromhex(case.manifest["keys"]["chief"])
    times = {entry.idx: entry.t_ms for entry in case.record.entries}
    return [
        Seen(place, checkpoint.size, min(stamps), times[checkpoint.size - 1])
        for place, checkpoint in case.checkpoints
        for stamps in [checkpoint.stamps(CHIEF, key)]
        if stamps and checkpoint.size - 1 in times
    ]


def interim(case: Case, out: Outcome) -> None:
    """Sizes and times rise together, at the intervals that OPEN promises, by two clocks that agree."""
    signed = seen(case)
    pairs = [(signed[i], signed[i + 1]) for i in range(len(signed) - 1)]
    for before, after in pairs:
        if after.size < before.size or (after.size > before.size and after.stamp_s < before.stamp_s):
            out.fail("cosign_back", after.place, size=after.size, before=before.size)
    if not signed:
        return
    opens, starts = case.record.of("OPEN"), case.record.of("SESSION_START")
    every_s = opens[0].body.get("cosign_s") if opens else None
    longest_ms = 0
    for before, after in pairs if starts else ():
        silent_ms = after.t_ms - max(before.t_ms, starts[0].t_ms)
        longest_ms = max(longest_ms, silent_ms)
        if every_s is not None and silent_ms > 2000 * every_s:
            out.attend(
                "cosign_gap", after.place, minutes=silent_ms // 60_000, entries=after.size - before.size,
                promised=every_s // 60,
            )  # fmt: skip
    apart = 0
    for each in signed:
        found = (each.stamp_s - signed[0].stamp_s) - (each.t_ms - signed[0].t_ms) // 1000
        if abs(found) > max(abs(apart), CLOCK_APART_S):
            apart = found
    if apart and every_s is not None:
        out.attend("cosign_clock", CHECKPOINTS, minutes=abs(apart) // 60)
    out.note("cosigned", n=len(signed), longest=longest_ms // 1000)
