"""What the server says of the room -> the lines of `examd site status`. What cannot wait stands first."""

from collections.abc import Mapping
from typing import Any

from tools.cli.language import N_, _

PHASES = {
    "idle": N_("no session"),
    "prepared": N_("package read"),
    "open": N_("open, not started"),
    "started": N_("running"),
    "closed": N_("closed"),
    "waiting": N_("waiting"),
    "answering": N_("answering"),
    "paused": N_("paused"),
    "time-up": N_("time up"),
    "handed-in": N_("handed in"),
    "waived": N_("waived"),
}
"""Where a session stands, and a seat."""
RED, PLAIN = "\x1b[1;31m", "\x1b[0m"


def lines(facts: Mapping[str, Any], *, coloured: bool) -> list[str]:
    told = [f"{RED}{line}{PLAIN}" if coloured else line for line in _alarms(facts)]
    shown = {"session": "–", "entries": 0, "epoch": 0, **facts, "phase": _(PHASES[facts["phase"]])}
    told.append(_("Session {session} ({phase}); {entries} entries, epoch {epoch}").format_map(shown))
    if "candidates" in facts:
        told.append(_counts(facts))
    return told + [_seat(seat) for seat in facts.get("seats", [])]


def _alarms(facts: Mapping[str, Any]) -> list[str]:
    told = []
    if facts.get("low_disk"):
        told.append(_("! The disk is nearly full: no answer is acknowledged until there is room. Make room now."))
    if facts.get("alarms"):
        whose = ", ".join(alarm["admission_no"] for alarm in facts.get("alarmed", []))
        text = _("! Alarms in the record: {n} ({whose}). Somebody must look into them.")
        told.append(text.format(n=facts["alarms"], whose=whose))
    return told


def _counts(facts: Mapping[str, Any]) -> str:
    absent = facts["candidates"] - facts["signed_in"]
    line = _(
        "Enrolled {candidates}, signed in {signed_in}, ready {ready}, started {started}, handed in {handed_in}"
    ).format_map(facts)
    if facts["phase"] != "closed":
        return line + _(", not here {n}").format(n=absent)
    # Nobody is left open by a closing: who was here and has not handed in was waived.
    return line + _(", waived {waived}, absent {n}").format(waived=facts["signed_in"] - facts["handed_in"], n=absent)


def _seat(seat: Mapping[str, Any]) -> str:
    from rich.cells import set_cell_size

    minutes, seconds = divmod(seat["remaining_ms"] // 1000, 60)
    phase = set_cell_size(_(PHASES[seat["phase"]]), 10)
    mark = "●" if seat["connected"] else "○"
    return f"{mark} {seat['admission_no']}  {phase} {seat['answered']:>3}  {minutes:>3}:{seconds:02}  {seat['name']}"
