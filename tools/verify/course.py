"""The course of the session: what stands in the record, in which order, at what time.

Each function is one check over entries that are already in their right shape; none of them trusts a neighbour's.
"""

from collections.abc import Iterator

from . import canonical, notes
from .case import RECORD_LIMIT, Case, records
from .clock import SLACK_MS, Clock
from .outcome import Outcome
from .record import FILE, Entry, Record, entry_of, shape

TICK_MS = 5_000
ACTS = ("ANSWER", "FLAG", "HAND_IN")


def entries(case: Case, out: Outcome) -> None:
    """Every line of the record is an entry of its kind, canonical, in the order of `idx`."""
    data = case.bytes_of(FILE, out, RECORD_LIMIT)
    if data is None:
        return
    if not data:
        out.fail("empty", FILE)
    record = Record(lines=data.count(b"\n") + (not data.endswith(b"\n")) if data else 0)
    for line, _raw, value in records(FILE, data, shape, out):
        entry = entry_of(line, value)
        out.compare("idx", entry.place, entry.idx, line - 1)
        record.add(entry)
    case.record = record
    out.note("counted", n=record.lines)


def epochs(case: Case, out: Outcome) -> None:
    """The record begins with a BOOT; an epoch rises with each later one and nowhere else."""
    before: Entry | None = None
    boots: set[str] = set()
    for entry in case.record.entries:
        if before is None:
            if entry.type != "BOOT":
                out.fail("first_not_boot", entry.place, type=entry.type)
            out.compare("epoch", entry.place, entry.epoch, 1)
        elif entry.type == "BOOT":
            out.compare("epoch", entry.place, entry.epoch, before.epoch + 1)
            if entry.boot != before.boot and entry.boot in boots:
                out.fail("boot_again", entry.place)
        else:
            out.compare("epoch", entry.place, entry.epoch, before.epoch)
            if entry.boot != before.boot:
                out.fail("boot_changed", entry.place)
        boots.add(entry.boot)
        before = entry
    out.note("epochs", n=len(case.record.of("BOOT")), boots=len(boots))


def time(case: Case, out: Outcome) -> None:
    before: Entry | None = None
    for entry in case.record.entries:
        if before is None:
            if entry.idx == 0 and entry.t_ms != 0:
                out.fail("t_first", entry.place, found=entry.t_ms)
        elif entry.t_ms < before.t_ms:
            out.fail("t_back", entry.place, found=entry.t_ms, before=before.t_ms)
        elif entry.boot == before.boot:
            if entry.mono_ms < before.mono_ms:
                out.fail("mono_back", entry.place, found=entry.mono_ms, before=before.mono_ms)
            elif entry.t_ms - before.t_ms != entry.mono_ms - before.mono_ms:
                out.fail("t_not_mono", entry.place, t=entry.t_ms - before.t_ms, mono=entry.mono_ms - before.mono_ms)
        elif entry.t_ms > before.t_ms:
            out.attend("t_jump", entry.place, ms=entry.t_ms - before.t_ms)
        before = entry


def ticks(case: Case, out: Outcome) -> None:
    """A silence longer than two ticks while the session ran, within one life of the server."""
    running, last, longest = False, None, 0
    for entry in case.record.entries:
        if entry.type == "BOOT":
            last = entry if running else None
        elif entry.type in ("SESSION_START", "TICK", "CLOSE"):
            if last is not None:
                gap = entry.mono_ms - last.mono_ms
                longest = max(longest, gap)
                if gap > 2 * TICK_MS:
                    out.attend("tick_gap", entry.place, ms=gap, since=last.line)
            running = True
            last = entry
    out.note("ticks", n=len(case.record.of("TICK")), longest=longest)


def alarms(case: Case, out: Outcome) -> None:
    """What the server itself found wrong while the session ran: an auditor should ask what was done about it."""
    for entry in case.record.of("ALARM"):
        out.attend("alarm", entry.place, c=entry.c, what=entry.body["what"])


def attendance(case: Case, out: Outcome) -> None:
    """Whoever acts is on the roster, and whoever is on it is present or absent, never both."""
    record, roster = case.record, case.roster
    signed_in = {entry.c for entry in record.of("SIGN_IN")}
    absent = {entry.c for entry in record.of("ABSENT")}
    for entry in record.entries:
        if entry.c and entry.c not in roster:
            out.fail("stranger", entry.place, c=entry.c)
    for c in roster:
        if c in signed_in and c in absent:
            out.fail("both", record.candidate(c, "ABSENT")[0].place, c=c)
        if c not in signed_in and c not in absent:
            out.fail("neither", FILE, c=c)
        for again in record.candidate(c, "ABSENT")[1:]:
            out.fail("twice", again.place, c=c, type="ABSENT")
        for i, entry in enumerate(record.candidate(c, "SIGN_IN")):
            if entry.body["again"] != (i > 0):
                out.fail("again", entry.place, c=c)
        _moves(record.candidate(c, "SIGN_IN", "ADMIT"), out)
    out.note("attendance", present=len(signed_in), absent=len(absent))


def _moves(entries: list[Entry], out: Outcome) -> None:
    """Whoever sat at one machine sits at another only where staff admitted them there, once a time."""
    machine, admitted = "", None
    for entry in entries:
        if entry.type == "ADMIT":
            admitted = entry.body["terminal"]
            continue
        here = entry.body.get("machine", "")  # "" in records of before machines were enrolled
        if machine and here not in ("", machine) and admitted not in ("", entry.body["terminal"]):
            out.fail("moved", entry.place, c=entry.c, terminal=entry.body["terminal"])
        machine, admitted = here or machine, None


def order(case: Case, out: Outcome) -> None:
    """Who may act when: sign-in, session start, START, acts, hand-in, and nothing after."""
    started, opened = False, False
    signed_in: set[int] = set()
    running: set[int] = set()
    done: set[int] = set()
    handed_in: dict[int, int] = {}
    for entry in case.record.entries:
        c = entry.c
        actor_c = int(entry.actor[5:]) if entry.actor.startswith("seat:") else None
        if actor_c is not None and actor_c != c:
            out.fail("other_seat", entry.place, actor=entry.actor, c=c)
        if entry.type in ("ANSWER", "FLAG") and actor_c is None:
            out.fail("not_by_seat", entry.place, actor=entry.actor, type=entry.type)
        match entry.type:
            case "OPEN":
                opened = True
            case "SESSION_START":
                if started:
                    out.fail("again_started", entry.place)
                started = True
            case "SIGN_IN":
                signed_in.add(c)
            case "START":
                if not opened or not started:
                    out.fail("start_early", entry.place, c=c)
                if c not in signed_in:
                    out.fail("start_unsigned", entry.place, c=c)
                if c in running:
                    out.fail("twice", entry.place, c=c, type="START")
                running.add(c)
            case "REOPEN":
                if c not in done or handed_in[c] != entry.body["hand_in"]:
                    out.fail("reopened", entry.place, c=c, hand_in=entry.body["hand_in"])
                done.discard(c)
            case "ANSWER" | "FLAG" | "HAND_IN":
                if c not in running:
                    out.fail("before_start", entry.place, c=c, type=entry.type)
                if c in done:
                    out.fail("after_hand_in", entry.place, c=c, type=entry.type)
                if entry.type == "HAND_IN":
                    done.add(c)
                    handed_in[c] = entry.idx
                    by_seat = entry.body["by"] != "server"
                    if by_seat != (actor_c is not None):
                        out.fail("hand_in_actor", entry.place, actor=entry.actor, by=entry.body["by"])


def orders(case: Case, out: Outcome) -> None:
    """What the chief examiner alone may order bears their signature; every late answer is decided upon, by name."""
    record, chief = case.record, bytes.fromhex(case.manifest["keys"]["chief"])
    for entry in record.of("REOPEN", "LATE", "RESTORE"):
        words = {name: value for name, value in entry.body.items() if name != "sig"}
        kind = f"examd-{entry.type.lower()}"
        signed = {"order": words, "package_id": case.manifest["package_id"], "type": kind, "v": 1}
        if not notes.verified(chief, bytes.fromhex(entry.body["sig"]), canonical.encode(signed)):
            out.fail("order_unsigned", entry.place, c=entry.c, type=entry.type)
    for c in sorted(record.by_candidate):
        n, undecided = 0, set[int]()
        for entry in record.candidate(c, "ANSWER", "LATE"):
            if entry.type == "ANSWER" and entry.body["late"]:
                n += 1
                undecided.add(entry.body["slot"])
            elif entry.type == "ANSWER":
                undecided.discard(entry.body["slot"])
            else:
                if entry.body["n"] != n:
                    out.fail("late_count", entry.place, c=c, found=entry.body["n"], expected=n)
                undecided.clear()
        if undecided and record.decides_late:
            out.fail("late_undecided", record.candidate(c, "ANSWER")[-1].place, c=c, n=n)
        if n and not record.decides_late:
            out.attend("late_uncounted", record.candidate(c, "ANSWER")[-1].place, c=c, n=n)
    for entry in record.of("RESTORE"):
        items = [answer["slot"] + 1 for answer in entry.body["answers"]]
        out.attend("restored", entry.place, c=entry.c, items=items, reason=entry.body["reason"])
    out.note("orders", reopened=len(record.of("REOPEN")), late=len(record.of("LATE")))


def sequences(case: Case, out: Outcome) -> None:
    for c in sorted(case.record.by_candidate):
        expected = 1
        for entry in case.record.candidate(c, *ACTS):
            seq = entry.body["seq"]
            if entry.type == "HAND_IN" and entry.body["by"] == "server":
                out.compare("seq", entry.place, seq, 0, c=c)
                continue
            out.compare("seq", entry.place, seq, expected, c=c)
            expected = seq + 1


def choices(case: Case, out: Outcome) -> None:
    """Every answer names a slot of that candidate's form and displayed positions that exist there."""
    pool, forms = case.pool, case.forms
    named = [(entry, entry.body) for entry in case.record.of("ANSWER", "FLAG")]
    named += [(entry, answer) for entry in case.record.of("RESTORE") for answer in entry.body["answers"]]
    for entry, body in named:
        form = forms.get(entry.c)
        if form is None:
            continue  # no START, or none that could be drawn: said by those checks
        slot = body["slot"]
        if not 0 <= slot < len(form):
            out.fail("no_slot", entry.place, c=entry.c, slot=slot)
            continue
        if entry.type == "FLAG":
            continue
        item, choice = pool[form[slot][0]], body["choice"]
        if len(set(choice)) != len(choice):
            out.fail("choice_twice", entry.place, c=entry.c, choice=choice)
        if any(position >= item.options for position in choice):
            out.fail("choice_range", entry.place, c=entry.c, choice=choice, options=item.options)
        if item.type != "multiple" and len(choice) > 1:
            out.fail("choice_many", entry.place, c=entry.c, choice=choice)


def deadlines(case: Case, out: Outcome) -> None:
    """Every act stands within its seat's time, or bears the mark of having come late."""
    clock, limit, late = Clock(), case.rule.minutes * 60_000, 0
    for entry in case.record.entries:
        refused = clock.see(entry)
        if refused is not None:
            out.fail(refused, entry.place, c=entry.c)
        if entry.type == "START" and entry.body["limit_ms"] != limit:
            out.fail("limit", entry.place, c=entry.c, found=entry.body["limit_ms"], expected=limit)
        over = clock.over(entry)
        if over is None:
            continue
        if entry.type == "ANSWER":
            late += entry.body["late"]
            if over >= SLACK_MS and not entry.body["late"]:
                out.fail("late_unmarked", entry.place, c=entry.c, ms=over)
            if over < SLACK_MS and entry.body["late"]:
                out.fail("late_unearned", entry.place, c=entry.c, ms=SLACK_MS - over)
        elif entry.type == "HAND_IN" and entry.body["by"] != "candidate" and over < -SLACK_MS:
            out.fail("cut_short", entry.place, c=entry.c, ms=-over, by=entry.body["by"])
    out.note("late", n=late)


def hand_ins(case: Case, out: Outcome) -> None:
    for start in case.record.starts():
        ends = case.record.candidate(start.c, "HAND_IN", "REOPEN", "WAIVE")
        if not ends or ends[-1].type == "REOPEN":
            out.fail("no_hand_in", start.place, c=start.c)


def closing(case: Case, out: Outcome) -> None:
    """The record ends with one CLOSE, which counts what it closes over."""
    record = case.record
    closes = record.of("CLOSE")
    if not closes:
        out.fail("no_close", FILE)
        return
    for entry in closes[1:]:
        out.fail("close_twice", entry.place)
    close = closes[0]
    for entry in record.entries:
        if entry.line > close.line:
            out.fail("after_close", entry.place, type=entry.type)
    for name, count in _counts(record):
        out.compare("close_count", f"{close.place} {name}", close.body.get(name, count), count)


def _counts(record: Record) -> Iterator[tuple[str, int]]:
    for name, type_ in (("present", "SIGN_IN"), ("absent", "ABSENT"), ("waived", "WAIVE"), ("late", "LATE")):
        yield name, len({entry.c for entry in record.of(type_)})
    ends = [record.candidate(c, "HAND_IN", "REOPEN")[-1:] for c in record.by_candidate]
    yield "handed_in", sum(end[0].type == "HAND_IN" for end in ends if end)
