"""Time given and time stood still: within the rule's bounds, or by the chief examiner's signed order. And incidents.

Nothing here is taken from what the product counted: each seat's minutes are added up anew from the entries.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any

from . import canonical, notes
from .case import Case
from .clock import ROOM, SLACK_MS
from .outcome import Outcome
from .record import Entry

UNSTATED_MINUTES = 180
UNSTATED_PRESENCE_MINUTES = 60
DRIFT_S = 60
"""Between wall clock and boot clock: crystals differ by some seconds a day, people by hours."""


@dataclass
class _Seat:
    added: int = 0
    paused: int = 0
    since: int | None = None
    """Session time since which it stands still."""


def limits(case: Case, out: Outcome) -> None:
    """No candidate got more time, or stood still for longer, than the rule allows or the chief examiner ordered."""
    stated = case.rule.conduct
    most_added = stated.get("added_minutes", UNSTATED_MINUTES) * 60_000
    most_paused = stated.get("paused_minutes", UNSTATED_MINUTES) * 60_000
    seats: dict[int, _Seat] = {}
    own: set[int] = set()
    room: int | None = None
    most = _Seat()
    for entry in case.record.entries:
        c = entry.c
        touched = list(seats.values()) if c == ROOM else [seats[c]] if c in seats else []
        if entry.type == "START" and c not in seats:
            seats[c] = _Seat(since=None if room is None else entry.t_ms)
        elif entry.type == "ADD_TIME":
            before = max((seat.added for seat in touched), default=0)
            for seat in touched:
                seat.added += entry.body["ms"]
            most.added = max(most.added, before + entry.body["ms"])
            _judge(case, out, entry, before + entry.body["ms"], most_added, {"before_ms": before})
        elif entry.type == "PAUSE":
            if c == ROOM:
                room = entry.t_ms
            else:
                own.add(c)
            for seat in touched:
                seat.since = entry.t_ms if seat.since is None else seat.since
        elif entry.type == "RESUME":
            since = (room if c == ROOM else touched[0].since if touched else None) or 0
            stood = [seat.paused + (0 if seat.since is None else entry.t_ms - seat.since) for seat in touched]
            if c == ROOM:
                room = None
            else:
                own.discard(c)
            for number, seat in seats.items():
                if c in (ROOM, number) and seat.since is not None and room is None and number not in own:
                    seat.paused, seat.since = seat.paused + entry.t_ms - seat.since, None
            most.paused = max(most.paused, max(stood, default=0))
            _judge(case, out, entry, max(stood, default=0), most_paused, {"since_ms": since})
        elif entry.type in ("ANSWER", "FLAG", "HAND_IN") and c in seats and entry.actor != "server":
            stands = seats[c].since
            # What was under way when the clock was stopped is taken; nobody reads and chooses in three seconds.
            if stands is not None and entry.t_ms - stands >= SLACK_MS:
                out.fail("during_pause", entry.place, c=c, ms=entry.t_ms - stands)
    out.note("limits", added=most.added // 60_000, paused=most.paused // 60_000)


def _judge(case: Case, out: Outcome, entry: Entry, found: int, most: int, bound: dict[str, int]) -> None:
    words: dict[str, Any] = {name: value for name, value in entry.body.items() if name != "sig"}
    signature = entry.body.get("sig")
    if signature is None:
        if found > most:
            out.fail("over_the_rule", entry.place, c=entry.c, minutes=found // 60_000, most=most // 60_000)
        return
    for name, value in bound.items():
        out.compare("differs", f"{entry.place} {name}", words.get(name), value)
    kind = f"examd-{entry.type.lower()}"
    signed = {"order": words, "package_id": case.manifest["package_id"], "type": kind, "v": 1}
    chief = bytes.fromhex(case.manifest["keys"]["chief"])
    if not notes.verified(chief, bytes.fromhex(signature), canonical.encode(signed)):
        out.fail("order_unsigned", entry.place, c=entry.c, type=entry.type)
    else:
        out.attend("ordered_over_the_rule", entry.place, c=entry.c, minutes=found // 60_000, most=most // 60_000)


def incidents(case: Case, out: Outcome) -> None:
    """What an auditor should ask about, though it is allowed: time given, pauses, seats waived, reboots."""
    boot = ""
    for entry in case.record.entries:
        if entry.type == "ADD_TIME":
            out.attend(
                "added", entry.place, c=entry.c, minutes=-(-entry.body["ms"] // 60_000), reason=entry.body["reason"]
            )
        elif entry.type == "PAUSE":
            out.attend("paused", entry.place, c=entry.c, reason=entry.body["reason"])
        elif entry.type == "WAIVE":
            out.attend("waived", entry.place, c=entry.c, reason=entry.body["reason"])
        if boot and entry.boot != boot:
            out.attend("rebooted", entry.place)
        boot = entry.boot


def presence(case: Case, out: Outcome) -> None:
    """Staff were there while candidates sat: acts and confirmations say so; and who was found missing (缺位)."""
    every = case.rule.conduct.get("presence_minutes", UNSTATED_PRESENCE_MINUTES) * 60_000
    sitting, last, longest = False, 0, 0
    institutions = {_plain(line["institution"]) for line in case.roster.values()} - {""}
    for entry in case.record.entries:
        if entry.type == "SESSION_START":
            sitting, last = True, entry.t_ms
        shown = entry.actor.startswith("staff:") and entry.type != "DUTY_LAPSE"
        if sitting and (shown or entry.type == "CLOSE"):
            longest = max(longest, entry.t_ms - last)
            if entry.t_ms - last > every:
                out.attend("nobody_shown", entry.place, minutes=(entry.t_ms - last) // 60_000, most=every // 60_000)
            last = entry.t_ms
        if _plain(entry.body.get("employer", "")) in institutions:
            out.fail("partial", entry.place, name=entry.body["name"], institution=entry.body["employer"])
        if entry.type == "DUTY_LAPSE":
            out.attend(f"lapse_{entry.body['what']}", entry.place, **{n: entry.body[n] for n in ("name", "reason")})
    out.note("presence", longest=longest // 60_000, confirmed=len(case.record.of("ON_DUTY")))


def _plain(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def drift(case: Case, out: Outcome) -> None:
    """Wall clock and boot clock run together within one boot: a wall clock that was moved is named, by how much."""
    first: Entry | None = None
    told = 0
    for entry in case.record.entries:
        if first is None or entry.boot != first.boot:
            first, told = entry, 0
        moved = (entry.wall_s - first.wall_s) - (entry.mono_ms - first.mono_ms) // 1000
        if abs(moved - told) > DRIFT_S:
            out.attend("wall_moved", entry.place, s=moved - told)
            told = moved
