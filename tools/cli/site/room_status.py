"""What the server says of the room -> the lines of `examd site status`. What cannot wait stands first."""

from rich.cells import set_cell_size

from examd.site.replies import SeatStatus, Status
from tools.cli.language import N_, _, joined, plain

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


def lines(status: Status, *, coloured: bool) -> list[str]:
    """Alarms, where the session stands, and a line for each seat."""
    told = [f"{RED}{line}{PLAIN}" if coloured else line for line in _alarms(status)]
    text = _("Session {session} ({phase}); {entries} entries, epoch {epoch}")
    phase = _(PHASES[status.phase])
    told.append(text.format(session=status.session, phase=phase, entries=status.entries, epoch=status.epoch))
    if status.unread:
        told.append(_("Started again: {n} of them are still being read and recomputed.", n=status.unread))
    if status.cosign_s and status.phase in ("open", "started"):
        told.append(_witness(status, coloured=coloured))
    if status.candidates is not None:
        told.append(_counts(status, status.candidates - status.signed_in))
    for each in status.elsewhere:
        text = _("! {number} gave the right numbers at terminal {terminal}, and sits elsewhere: examd site admit")
        told.append(plain(text.format(number=each.admission_no, terminal=each.terminal)))
    return told + [_seat(seat) for seat in status.seats]


def _witness(status: Status, *, coloured: bool) -> str:
    """How far back the record has been seen by nobody but this machine."""
    minutes = max(status.unwitnessed_ms, 0) // 60_000
    line = _("Last co-signed by the chief examiner {n} min ago.", n=minutes)
    if status.unwitnessed_ms <= 2000 * status.cosign_s:
        return line
    line = _("! Last co-signed by the chief examiner {n} min ago. Now: examd site checkpoint", n=minutes)
    return f"{RED}{line}{PLAIN}" if coloured else line


def _alarms(status: Status) -> list[str]:
    told = []
    if status.low_disk:
        told.append(_("! The disk is nearly full: no answer is acknowledged until there is room. Make room now."))
    if status.alarms:
        whose = joined(alarm.admission_no for alarm in status.alarmed)
        text = _("! Alarms in the record: {n} ({whose}). Somebody must look into them.")
        told.append(text.format(n=status.alarms, whose=whose))
    return told


def _counts(status: Status, absent: int) -> str:
    line = _(
        "Enrolled {candidates}, signed in {signed_in}, ready {ready}, started {started}, handed in {handed_in}",
        candidates=status.candidates, signed_in=status.signed_in, ready=status.ready, started=status.started,
        handed_in=status.handed_in,
    )  # fmt: skip
    if status.phase != "closed":
        return line + _(", not here {n}", n=absent)
    # Nobody is left open by a closing: who was here and has not handed in was waived.
    waived = status.signed_in - status.handed_in
    return line + _(", waived {waived}, absent {n}", waived=waived, n=absent)


def _seat(seat: SeatStatus) -> str:
    minutes, seconds = divmod(seat.remaining_ms // 1000, 60)
    phase = set_cell_size(_(PHASES[seat.phase]), 10)
    dot = "●" if seat.connected else "○"
    who = f"{seat.name}  {_('seat {name}').format(name=seat.terminal)}" if seat.terminal else seat.name
    if seat.late:
        who += _("  late answers: {n}, to be decided at closing", n=seat.late)
    return f"{dot} {seat.admission_no}  {phase} {seat.answered:>3}  {minutes:>3}:{seconds:02}  {who}"
