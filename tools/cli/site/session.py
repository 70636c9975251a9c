"""`examd site open | start | checkpoint | status | pause | resume | addtime | admit | reopen | close | grade`: staff
command.

Before: `tools.cli.site.terminals`. After: `tools.cli.site.reporting`.
"""

import argparse
import contextlib
import sys
import unicodedata
from collections.abc import Iterator, Sequence

import msgspec

from bank.clock import today
from bank.refused import Denied
from bank.seal import codes
from examd import holders
from examd.chief.stick import require_no_key
from examd.package.layout import Session
from examd.record.entries import Kind
from examd.site.checkpointing import cosign_now, keep_cosigning
from examd.site.chief import ByDevice, Chief, KeyAtHand
from examd.site.closing import DecidedLate, Decision, Waived, close_session
from examd.site.grading import grade_session
from examd.site.opening import ToOpen, open_session
from examd.site.reopening import reopen_hand_in
from examd.site.replies import RuleTold, Status
from examd.site.staff_client import Attended
from examd.site.timing import BeyondTheRule, change_time
from tools.cli.base import by_name
from tools.cli.language import _, joined, plain
from tools.cli.output import as_json, report
from tools.cli.secrets import ask_code, ask_line, ask_secret
from tools.cli.site import room_status

# ---- signing in: that the server answers is known before anybody types a secret -----------------------------------


@contextlib.contextmanager
def signed_in(args: argparse.Namespace) -> Iterator[Attended]:
    """The server's desk, once the person is known there."""
    with Attended(args.directory) as attended:
        _sign_in(attended, args)
        yield attended


@contextlib.contextmanager
def with_chief(args: argparse.Namespace) -> Iterator[tuple[Attended, Chief]]:
    with Attended(args.directory) as attended:
        chief = _chief(args)
        _sign_in(attended, args)
        yield attended, chief


def _chief(args: argparse.Namespace) -> Chief:
    if args.chief is None:
        require_no_key(args.chief_device)
        return ByDevice(args.chief_device, lambda: _wait_for_device(args))
    passphrase = ask_secret("chief", _("Chief examiner's passphrase"), file=args.chief_passphrase_file)
    # The chief examiner's key used on the very machine that serves: then one holder could have done both.
    return KeyAtHand(holders.unlock(args.chief, "chief", passphrase), one_holder=True)


def _wait_for_device(args: argparse.Namespace) -> None:
    text = _(
        "For the chief examiner: a request lies in {stick}. On their device: examd chief answer DIR STICK\n"
        "Waiting for the answer … (Ctrl+C ends; the same command again goes on)"
    )
    print(text.format(stick=args.chief_device), file=sys.stderr, flush=True)


def _sign_in(attended: Attended, args: argparse.Namespace) -> None:
    passphrase = ask_secret("staff", _("Passphrase of {name}", name=args.person), file=args.passphrase_file)
    code = ask_secret("totp", _("One-time code of {name}", name=args.person), file=args.totp_file)
    attended.run(attended.client.sign_in(args.person, passphrase, unicodedata.normalize("NFKC", code).strip()))


# ---- the commands -------------------------------------------------------------------------------------------------


def run_open(args: argparse.Namespace) -> int:
    def code_1(asked: ToOpen) -> str:
        if not args.date:
            _warn_of_the_date(asked.session)
        _tell_rule(asked.rule)
        groups = codes.spoken_short(asked.room_commit, codes.Short.ROOM)
        print(_("The room's commitment. Read it to the bureau, which gives code 1 for it and for no other:"),
            file=sys.stderr)  # fmt: skip
        print("  " + groups, file=sys.stderr)
        if args.code_file is None and not sys.stdin.isatty():
            raise Denied("code-1-needed", groups=groups)
        return ask_code("code-1", _("Release code 1"), file=args.code_file)

    with with_chief(args) as (attended, chief):
        done = attended.run(
            open_session(
                attended.client,
                args.package,
                chief,
                lambda asked: attended.from_person(lambda: code_1(asked)),
                cosign_minutes=args.cosign_minutes,
                stated_date=args.date,
            )
        )
    facts = msgspec.to_builtins(done.opened)
    line = _("Open: {session}, {candidates} candidates. Not separated: one holder.", **facts)
    if done.opened.separated:
        line = _("Open: {session}, {candidates} candidates. The chief examiner's key was on a machine apart.", **facts)
    return report(args, facts | {"room_commit": done.room_commit, "rule": msgspec.to_builtins(done.rule)}, line)


def _tell_rule(rule: RuleTold) -> None:
    """Who answers for the composition of the forms; the register's number is what other sites must read as well."""
    text = _("Rule {id} v{version}, {name}: unsigned rule, drill.")
    if rule.signed_by:
        text = _("Rule {id} v{version}, {name}: signed by {names}. Register of rule officers {officers}")
    names = joined(rule.signed_by)
    line = text.format(id=rule.id, version=rule.version, name=rule.name, names=names, officers=rule.officers)
    print(plain(line), file=sys.stderr)
    for gone in rule.gone or ():
        text = _("  Register {register} of rule officers says that {id} could not consent: {why}")
        print(plain(text.format(register=gone.register, id=gone.id, why=gone.why)), file=sys.stderr)


def _warn_of_the_date(session: Session) -> None:
    day = today().isoformat()
    if session.date != day:
        text = _("! This package is for {date}; today is {today}. Is it the right one?")
        print(text.format(date=session.date, today=day), file=sys.stderr)


def run_start(args: argparse.Namespace) -> int:
    with signed_in(args) as attended:
        facts = attended.run(attended.client.command("start"))
    return report(args, facts, _("Started: {started} seats running, {signed_in} of {candidates} signed in.", **facts))


def run_checkpoint(args: argparse.Namespace) -> int:
    def told(status: Status) -> str:
        return _("Co-signed: {entries} entries of {session}.", entries=status.entries, session=status.session)

    with with_chief(args) as (attended, chief):
        if not args.keep_on:
            status = attended.run(cosign_now(attended.client, chief))
            return report(args, {"entries": status.entries, "phase": status.phase}, told(status))
        every_s = None if args.every is None else args.every * 60
        keeping = keep_cosigning(
            attended.client, chief, every_s, lambda status: print(told(status), file=sys.stderr, flush=True)
        )
        status = attended.run(keeping)
    line = _("The session is closed: nothing more is to be co-signed here.")
    return report(args, {"entries": status.entries, "phase": status.phase}, line)


def run_status(args: argparse.Namespace) -> int:
    with signed_in(args) as attended:
        facts = attended.run(attended.client.command("status"))
    if args.json:
        as_json(facts)
    else:
        print("\n".join(room_status.lines(msgspec.convert(facts, Status), coloured=sys.stdout.isatty())))
    return 0


def _change_time(args: argparse.Namespace, kind: Kind, ms: int = 0) -> int:
    def orders(beyond: BeyondTheRule) -> Chief | None:
        given = (getattr(args, name, None) for name in ("chief", "chief_device"))
        if all(each is None for each in given):
            return None
        text = _("! The rule allows {most} minutes in all; this makes {minutes}. The chief examiner orders it, signed.")
        print(text.format(most=beyond.most, minutes=beyond.minutes), file=sys.stderr)
        return _chief(args)

    with signed_in(args) as attended:

        async def ask(beyond: BeyondTheRule) -> Chief | None:
            return await attended.from_person(lambda: orders(beyond))

        which = {"admission_no": args.candidate, "seat": args.seat}
        attended.run(change_time(attended.client, kind, args.reason, ask, ms=ms, **which))
    return report(args, {}, _("Done; it stands in the record."))


def run_pause(args: argparse.Namespace) -> int:
    return _change_time(args, Kind.PAUSE)


def run_resume(args: argparse.Namespace) -> int:
    return _change_time(args, Kind.RESUME)


def run_add_time(args: argparse.Namespace) -> int:
    return _change_time(args, Kind.ADD_TIME, ms=args.minutes * 60_000)


def run_admit(args: argparse.Namespace) -> int:
    with signed_in(args) as attended:
        facts = attended.run(
            attended.client.command("admit", admission_no=args.candidate, terminal=args.terminal, reason=args.reason)
        )
    line = _("Candidate {number} may sign in once at terminal {terminal}.")
    if not args.terminal:
        line = _("Candidate {number} may sign in once at any terminal.")
    return report(args, facts, line.format(number=args.candidate, terminal=args.terminal))


def run_reopen(args: argparse.Namespace) -> int:
    with with_chief(args) as (attended, chief):
        seat = attended.run(reopen_hand_in(attended.client, chief, args.candidate, args.reason, args.minutes))
    line = _(
        "Opened again: {name}, {n} answered. The terminal goes on from the record.", name=seat.name, n=seat.answered
    )
    return report(args, msgspec.to_builtins(seat), line)


def run_close(args: argparse.Namespace) -> int:
    waive = by_name(args.waive)
    late = by_name(
        (number, Decision(counts, reason))
        for counts, given in ((True, args.count_late), (False, args.drop_late))
        for number, reason in given
    )
    with with_chief(args) as (attended, chief):

        async def confirm(waived: Sequence[Waived], decided: Sequence[DecidedLate]) -> None:
            await attended.from_person(lambda: _confirm(waived, decided, sure=args.yes))

        closing = close_session(attended.client, chief, waive, args.never_started, confirm, late)
        done = attended.run(closing)
    if done.again:
        print(_("It was closed already; this is the same closing."), file=sys.stderr)
    for number in done.needless:
        print(_("{number} had handed in or never signed in: nothing was waived.", number=number), file=sys.stderr)
    spoken = codes.spoken_short(done.statement, codes.Short.CLOSING)
    facts = msgspec.to_builtins(done.closed) | {"closing_spoken": spoken}
    text = _(
        "Closed with {entries} entries, exported to {result}\n"
        "For code 2, send the bureau {result}/checkpoints.txt, or read it this closing, group by group:\n"
        "{closing_spoken}"
    )
    return report(args, facts, text.format_map(facts))


def _confirm(waived: Sequence[Waived], decided: Sequence[DecidedLate], *, sure: bool) -> None:
    """Shows who is waived and whose late answers count, and why. Raises Denied: nobody at the keyboard confirmed it."""
    if decided:
        print(_("Answers that came after the deadline, decided for ever:"), file=sys.stderr)
    for late in decided:
        text = _(
            "  {number}  {name}  {n} late answers, the last {seconds} s after the deadline: do not count. {reason}"
        )
        if late.decision.counts:
            text = _("  {number}  {name}  {n} late answers, the last {seconds} s after the deadline: count. {reason}")
        seat = late.seat
        facts = {"number": seat.admission_no, "name": seat.name, "n": seat.late, "seconds": seat.late_ms // 1000}
        print(plain(text.format(reason=late.decision.reason, **facts)), file=sys.stderr)
    if waived:
        print(_("Waived, and so recorded for ever:"), file=sys.stderr)
    for each in waived:
        told = _(
            "  {number}  {name}  ({phase}, {n} answered)  reason: {reason}",
            number=each.seat.admission_no,
            name=each.seat.name,
            phase=_(room_status.PHASES[each.seat.phase]),
            n=each.seat.answered,
            reason=each.reason,
        )
        print(plain(told), file=sys.stderr)
    if sure:
        return
    question = _("Close the session so? (yes/no) ")
    if not sys.stdin.isatty() or ask_line("close", question).lower() not in ("y", "yes", "是"):
        raise Denied("close-not-confirmed")


def run_grade(args: argparse.Namespace) -> int:
    def code_2() -> str:
        return ask_code("code-2", _("Release code 2"), file=args.code_file)

    with Attended(args.directory) as attended:
        # Their device has taken its layer off the answer keys when it answered the closing.
        chief = None if args.chief is None else _chief(args)
        _sign_in(attended, args)
        result = attended.run(grade_session(attended.client, chief, lambda: attended.from_person(code_2)))
    return report(args, {"result": str(result)}, _("Graded and signed: {result}", result=result))
