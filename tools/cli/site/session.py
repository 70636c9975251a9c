"""`examd site open | start | status | pause | resume | addtime | close | grade`: staff command the running server.

Before: `tools.cli.site.commissioning`. After: `tools.cli.site.reporting`.
"""

import argparse
import contextlib
import sys
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tools.cli.base import Command, Commands
from tools.cli.language import _, plain
from tools.cli.output import as_json, report
from tools.cli.secrets import ask_code, ask_secret
from tools.cli.site import command, takes_passphrase

if TYPE_CHECKING:
    from examd.holders import Holder
    from examd.package.layout import Session
    from examd.site.opening import ToOpen
    from examd.site.replies import RuleTold
    from examd.site.staff_client import Attended


def add(site: Commands) -> None:
    """Adds the commands in the order of a session."""
    opened = command(
        site, "open", run_open, _("open a package: chief examiner, release code 1"),
        "examd site open site stick/PKG-… --chief /media/stick --as 李娜",
    )  # fmt: skip
    opened.add_argument("package", type=Path, metavar=_("PACKAGE"), help=_("the package's folder"))
    opened.takes_file("--code-file", _("read release code 1 from this file instead of asking"))
    start = command(
        site, "start", run_start, _("start the session: the clock of every seat that is ready begins"),
        "examd site start site --as 李娜",
    )  # fmt: skip
    status = command(
        site, "status", run_status, _("who is here, how far, how long left"), "examd site status site --as 李娜"
    )
    pause = command(
        site, "pause", run_pause, _("stop the clock of the room, or of one seat"),
        "examd site pause site --reason 停电 --as 李娜",
    )  # fmt: skip
    resume = command(
        site, "resume", run_resume, _("let the clock run again"), "examd site resume site --reason 来电 --as 李娜"
    )
    added = command(
        site, "addtime", run_add_time, _("give compensation time (补时) to the room, or to one seat"),
        "examd site addtime site --minutes 5 --seat 2026001 --reason 换机 --as 李娜",
    )  # fmt: skip
    added.add_argument("--minutes", type=int, required=True, help=_("1 to 180"))
    for each in (pause, resume, added):
        each.add_argument(
            "--seat", default="", metavar=_("NUMBER"), help=_("admission number; the whole room if left out")
        )
        each.add_argument("--reason", required=True, help=_("why; it stands in the record"))

    close = command(
        site, "close", run_close, _("close the session: nothing enters the record after it"),
        "examd site close site --chief /media/stick --as 李娜",
    )  # fmt: skip
    close.add_argument(
        "--waive", action="append", default=[], metavar=_("NUMBER"),
        help=_("close although this candidate has not handed in (repeatable)"),
    )  # fmt: skip
    close.add_argument("--reason", default="", help=_("why seats are waived, or a session closed that never started"))
    grade = command(
        site, "grade", run_grade, _("open the answer keys with code 2, mark, sign the result"),
        "examd site grade site --chief /media/stick --as 李娜",
        description=_(
            "Grading runs in a process of its own, the only one that sees answer keys, and only after closing."
        ),
    )  # fmt: skip
    grade.takes_file("--code-file", _("read release code 2 from this file instead of asking"))

    for each in (opened, close, grade):
        _takes_chief(each)
    for each in (opened, start, status, pause, resume, added, close, grade):
        each.add_argument("--as", dest="person", required=True, metavar=_("NAME"), help=_("your sign-in name"))
        each.takes_file("--totp-file", _("read the one-time code from this file instead of asking"))
        takes_passphrase(each)


def _takes_chief(command: Command) -> None:
    command.add_argument(
        "--chief", type=Path, required=True, metavar=_("DIR"), help=_("folder with the chief examiner's key")
    )
    command.takes_file("--chief-passphrase-file", _("read the chief examiner's passphrase from this file"))


# ---- signing in: that the server answers is known before anybody types a secret -----------------------------------


@contextlib.contextmanager
def _signed_in(args: argparse.Namespace) -> "Iterator[Attended]":
    from examd.site.staff_client import Attended

    with Attended(args.directory) as attended:
        _sign_in(attended, args)
        yield attended


@contextlib.contextmanager
def _with_chief(args: argparse.Namespace) -> "Iterator[tuple[Attended, Holder]]":
    from examd import holders
    from examd.site.staff_client import Attended

    with Attended(args.directory) as attended:
        passphrase = ask_secret("chief", _("Chief examiner's passphrase"), file=args.chief_passphrase_file)
        chief = holders.unlock(args.chief, "chief", passphrase)
        _sign_in(attended, args)
        yield attended, chief


def _sign_in(attended: "Attended", args: argparse.Namespace) -> None:
    passphrase = ask_secret("staff", _("Passphrase of {name}", name=args.person), file=args.passphrase_file)
    code = ask_secret("totp", _("One-time code of {name}", name=args.person), file=args.totp_file)
    attended.run(attended.client.sign_in(args.person, passphrase, unicodedata.normalize("NFKC", code).strip()))


# ---- the commands -------------------------------------------------------------------------------------------------


def run_open(args: argparse.Namespace) -> int:
    import msgspec

    from examd.site.opening import open_session

    def code_1(asked: "ToOpen") -> str:
        _warn_of_the_date(asked.session)
        _tell_rule(asked.rule)
        return ask_code("code-1", _("Release code 1"), file=args.code_file)

    with _with_chief(args) as (attended, chief):
        # The chief examiner's key used on the very machine that serves: then one holder could have done both.
        done = attended.run(
            open_session(
                attended.client,
                args.package,
                chief,
                lambda asked: attended.from_person(lambda: code_1(asked)),
                one_holder=True,
            )
        )
    facts = msgspec.to_builtins(done.opened)
    line = _("Open: {session}, {candidates} candidates. Not separated: one holder.", **facts)
    return report(args, facts | {"room_commit": done.room_commit, "rule": msgspec.to_builtins(done.rule)}, line)


def _tell_rule(rule: "RuleTold") -> None:
    """Who answers for the composition of the forms; the register's number is what other sites must read as well."""
    text = _("Rule {id} v{version}, {name}: unsigned rule, drill.")
    if rule.signed_by:
        text = _("Rule {id} v{version}, {name}: signed by {names}. Register of rule officers {officers}")
    names = "、".join(rule.signed_by)
    line = text.format(id=rule.id, version=rule.version, name=rule.name, names=names, officers=rule.officers)
    print(plain(line), file=sys.stderr)
    for gone in rule.gone or ():
        text = _("  Register {register} of rule officers says that {id} could not consent: {why}")
        print(plain(text.format(register=gone.register, id=gone.id, why=gone.why)), file=sys.stderr)


def _warn_of_the_date(session: "Session") -> None:

    today = datetime.now().astimezone().date().isoformat()
    if session.date != today:
        text = _("! This package is for {date}; today is {today}. Is it the right one?")
        print(text.format(date=session.date, today=today), file=sys.stderr)


def run_start(args: argparse.Namespace) -> int:
    with _signed_in(args) as attended:
        facts = attended.run(attended.client.command("start"))
    return report(args, facts, _("Started: {started} seats running, {signed_in} of {candidates} signed in.", **facts))


def run_status(args: argparse.Namespace) -> int:
    import msgspec

    from examd.site.replies import Status
    from tools.cli.site import room_status

    with _signed_in(args) as attended:
        facts = attended.run(attended.client.command("status"))
    if args.json:
        as_json(facts)
    else:
        print("\n".join(room_status.lines(msgspec.convert(facts, Status), coloured=sys.stdout.isatty())))
    return 0


def _room_act(args: argparse.Namespace, act: str, **more: int) -> int:
    with _signed_in(args) as attended:
        facts = attended.run(attended.client.command(act, reason=args.reason, admission_no=args.seat, **more))
    return report(args, facts, _("Done; it stands in the record."))


def run_pause(args: argparse.Namespace) -> int:
    return _room_act(args, "pause")


def run_resume(args: argparse.Namespace) -> int:
    return _room_act(args, "resume")


def run_add_time(args: argparse.Namespace) -> int:
    return _room_act(args, "add-time", ms=args.minutes * 60_000)


def run_close(args: argparse.Namespace) -> int:
    import msgspec

    from bank.seal import codes
    from examd.site.closing import close_session

    with _with_chief(args) as (attended, chief):
        done = attended.run(close_session(attended.client, chief, args.waive, args.reason))
    if done.again:
        print(_("It was closed already; this is the same closing."), file=sys.stderr)
    for number in done.needless:
        print(_("{number} had handed in or never signed in: nothing was waived.", number=number), file=sys.stderr)
    facts = msgspec.to_builtins(done.closed) | {"root_spoken": codes.spoken_root(done.closed.root)}
    text = _(
        "Closed with {entries} entries, exported to {result}\n"
        "For code 2, send the bureau {result}/checkpoints.txt, or read it this closing root, group by group:\n"
        "{root_spoken}"
    )
    return report(args, facts, text.format_map(facts))


def run_grade(args: argparse.Namespace) -> int:
    from examd.site.grading import grade_session

    def code_2() -> str:
        return ask_code("code-2", _("Release code 2"), file=args.code_file)

    with _with_chief(args) as (attended, chief):
        result = attended.run(grade_session(attended.client, chief, lambda: attended.from_person(code_2)))
    return report(args, {"result": str(result)}, _("Graded and signed: {result}", result=result))
