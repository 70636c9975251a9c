"""What the device is asked, in words that are read in ten seconds on eighty columns.

Before: `examd.chief.judging`. After: `tools.cli.chief.running` asks.
"""

from bank.clock import office_time
from examd.chief.judging import Oddity, Question, Step
from examd.chief.messages import Order
from examd.record.entries import Kind
from examd.record.state import ROOM
from tools.cli.language import N_, _

RULE = "─" * 64
MOST_NAMED = 8
"""Of what is unusual before the rest is only counted: one screen holds it all."""

STEPS = {
    Step.UNLOCK: N_("unlock the package (first of two for the opening)"),
    Step.OPENING: N_("OPEN the session"),
    Step.INTERIM: N_("a checkpoint while candidates sit"),
    Step.ORDERS: N_("orders upon single candidates"),
    Step.CLOSING: N_("CLOSE the session"),
}
AFTER = {
    Step.UNLOCK: N_("After it: the site can open the items with release code 1."),
    Step.OPENING: N_("After it: candidates may start."),
    Step.INTERIM: N_("After it: no answer given so far can be changed by anybody."),
    Step.ORDERS: N_("After it: what stands below is done, and recorded for ever."),
    Step.CLOSING: N_("After it: nothing more enters; code 2 can open the answer keys."),
}
DONE = {
    Step.UNLOCK: N_("Signed: package unlocked. Take the stick back to the site, and expect it once more."),
    Step.OPENING: N_("Signed: opening. Take the stick back to the site."),
    Step.INTERIM: N_("Signed: {entries} entries, {name}."),
    Step.ORDERS: N_("Signed: {n} orders. Take the stick back to the site."),
    Step.CLOSING: N_("Signed: closing. Take the stick back to the site. This device will sign no other closing."),
}
ODDITIES = {
    "other-date": N_("This package is for {date}; today is {today}."),
    "added": N_("{admission_no} {name}: {minutes} min added, above the {most} allowed"),
    "waived": N_("{admission_no} {name}: closed without a hand-in. Reason: {reason}"),
    "late": N_("{admission_no} {name}: {n} answers after the deadline, the last by {seconds} s: {counts}"),
    "alarm": N_("{admission_no} {name}: alarm, the record lost acknowledged answers"),
    "reboots": N_("The server's machine was started anew {n} times."),
    "wall-moved": N_("The server's date and time were moved by {seconds} s."),
    "wall-apart": N_("The server's clock and this device's differ by {minutes} min."),
    "clock-apart": N_("The record's time and this device's clock have gone {minutes} min apart."),
    "silent": N_("{minutes} min have passed since the last signature."),
}
COUNTS = {
    "undecided": N_("not decided upon"), "decided": N_("decided upon"), "replaced": N_("answered anew in time"),
}  # fmt: skip


def lines(question: Question, name: str) -> list[str]:
    """The whole question, without the line that asks."""
    record, sitting = question.record, question.sitting
    session = record.session
    drill = _(" DRILL") if session.mock else ""
    told = [
        RULE,
        _("{name}, you are asked to sign: {step}", name=name, step=_(STEPS[question.step])),
        RULE,
        _("  Session   {name} ({id}){drill}", name=session.name, id=session.id, drill=drill),
        _("  Site      {name} ({id}), {date}", name=session.site_name, id=session.site_id, date=session.date),
    ]
    if question.step is Step.UNLOCK:
        told.append(_("  Enrolled  {n} candidates, {minutes} minutes", n=len(record.people), minutes=record.minutes))
    else:
        told.append(_people(question))
    if not question.apart:
        told.append(_("  NOTE      this device is the server's own machine: not separated, one holder"))
    if question.before is not None:
        told.append(
            _("  Signed    last at {time}; {n} new entries since",
              time=office_time(question.before.at.wall_s), n=question.entries)
        )  # fmt: skip
    if question.step not in (Step.UNLOCK, Step.OPENING):
        told.append(
            _("  Time      added {added} min in all, at most {most} min a candidate; {pauses} pauses",
              added=sum(sitting.added_ms.values()) // 60_000,
              most=max(sitting.added_ms.values(), default=0) // 60_000, pauses=sitting.pauses)
        )  # fmt: skip
    told += [_order(question, n) for n in range(len(question.request.orders))]
    odd = question.oddities
    told += [_("! Look at these {n}:", n=len(odd))] if odd else [_("Nothing unusual.")]
    told += ["! " + oddity(each) for each in odd[:MOST_NAMED]]
    if len(odd) > MOST_NAMED:
        told.append(_("! … and {n} more", n=len(odd) - MOST_NAMED))
    return [*told, _(AFTER[question.step])]


def _people(question: Question) -> str:
    state, sitting = question.sitting.state, question.sitting
    return _(
        "  People    {n} enrolled: {here} signed in, {handed_in} handed in, {absent} absent, {waived} waived",
        n=len(question.record.people), here=len(state.seats), handed_in=sitting.handed_in,
        absent=len(state.absent), waived=len(sitting.waived),
    )  # fmt: skip


def _order(question: Question, number: int) -> str:
    order = question.request.orders[number]
    words = order.words
    if order.kind in (Kind.ADD_TIME, Kind.RESUME):
        return _time_order(question, order)
    person = question.record.name_of(int(words["c"]))
    facts = {
        "admission_no": person.admission_no,
        "name": person.name,
        "reason": words["reason"],
        "n": words.get("n", 0),
    }
    if order.kind == Kind.RESTORE:
        facts["n"] = len(words["answers"])
        return _(
            "> {admission_no} {name}: {n} answers that the record lost COUNT, by a journal. Reason: {reason}", **facts
        )
    if order.kind == Kind.REOPEN:
        return _("> {admission_no} {name}: open the hand-in again. Reason: {reason}", **facts)
    if words.get("counts"):
        return _("> {admission_no} {name}: {n} late answers COUNT. Reason: {reason}", **facts)
    return _("> {admission_no} {name}: {n} late answers do not count. Reason: {reason}", **facts)


def _time_order(question: Question, order: Order) -> str:
    words, c = order.words, int(order.words["c"])
    person = question.record.name_of(c)
    who = _("the whole room") if c == ROOM else f"{person.admission_no} {person.name}"
    if order.kind == Kind.ADD_TIME:
        added, before = int(words["ms"]), int(words["before_ms"])
        return _(
            "> {who}: add {minutes} min, {all} in all; the rule allows {most}. Reason: {reason}",
            who=who, minutes=added // 60_000, all=(added + before) // 60_000,
            most=question.record.limits.added_ms // 60_000, reason=words["reason"],
        )  # fmt: skip
    return _(
        "> {who}: a pause longer than the {most} min the rule allows ends. Reason: {reason}",
        who=who, most=question.record.limits.paused_ms // 60_000, reason=words["reason"],
    )  # fmt: skip


def oddity(each: Oddity) -> str:
    facts = {name: _(COUNTS[str(value)]) if name == "counts" else value for name, value in each.facts.items()}
    return _(ODDITIES[each.code], **facts)


def asking() -> str:
    return _("Sign? Type yes and press Enter; Enter alone does not sign: ")


def done(question: Question) -> str:
    """What was signed, in one line."""
    name = question.record.session.name
    return _(DONE[question.step], entries=question.head.size, name=name, n=len(question.request.orders))


def record(question: Question) -> dict[str, object]:
    """The same for a program."""
    return {
        "step": question.step.value, "session": question.record.session.id, "entries": question.head.size,
        "new": question.entries, "separated": question.apart,
        "unusual": [{"code": each.code, **each.facts} for each in question.oddities],
    }  # fmt: skip


def remembered(each: dict[str, object]) -> str:
    """A session that the device has signed anything of."""
    text = _("{name} ({session}), {site}: signed {times} times, last at {last} over {entries} entries; not closed")
    if each["closed"]:
        text = _("{name} ({session}), {site}: signed {times} times, last at {last} over {entries} entries; CLOSED")
    return text.format_map(each)
