"""What each `examd site …` command takes. Its module is imported when it runs.

Before: `tools.cli.site`. After: `tools.cli.site.commissioning`, `session`, `reporting`.
"""

import argparse
from pathlib import Path

from tools.cli.base import Command, Commands, port, positive
from tools.cli.language import _

DEFAULT_PORT = 8443


def declare(site: Commands) -> None:
    """Adds the commands in the order of a session."""
    for commands in (_commissioning, _duty, _terminals, _session, _reporting):
        commands(site)


def _commissioning(site: Commands) -> None:
    """Adds the three commands."""
    init = _command(
        site, "init", "commissioning:run_init", _("commission a site: make its keys, name the bureau it trusts"),
        "examd site init site --id SX-12 --name 第一考试点 --bureau bureau.card.json",
    )  # fmt: skip
    init.add_argument("--id", required=True, help=_("the site's number: letters, digits, - and _"))
    init.add_argument("--name", required=True, help=_("the site's name"))
    init.add_argument("--bureau", type=Path, required=True, help=_("the bureau's public card"))
    init.add_argument("--staff", metavar="NAME", help=_("and enter the first administrator (see: examd site staff)"))

    staff = _command(
        site, "staff", "commissioning:run_staff",
        _("enter a person on duty; prints the secret for their one-time-code app"),
        "examd site staff site --name 李娜 --role administrator",
    )  # fmt: skip
    staff.add_argument("--name", required=True, help=_("the person's sign-in name"))
    staff.add_argument(
        "--role", choices=("administrator", "invigilator", "inspector"), default="administrator",
        help=_("what they may do"),
    )  # fmt: skip
    staff.add_argument(
        "--employer", default="", metavar=_("NAME"),
        help=_(
            "whose employee they are: nobody serves where their employer trained candidates. "
            "Also for one entered before"
        ),
    )  # fmt: skip
    for each in (init, staff):
        each.takes_file("--person-passphrase-file", _("read the new person's passphrase from this file"))

    serve = _command(
        site, "serve", "commissioning:run_serve", _("run the server, and restart it whenever it dies"),
        "examd site serve site --port 8443", reports=False,
    )  # fmt: skip
    serve.add_argument("--host", default="0.0.0.0", help=_("address to listen on (default: %(default)s)"))  # noqa: S104
    serve.add_argument("--port", type=port, default=DEFAULT_PORT, help=_("port (default: %(default)s)"))
    for each in (init, staff, serve):
        _takes_passphrase(each)


def _duty(site: Commands) -> None:
    """Adds the three commands."""
    present = _command(
        site, "present", "duty:run_present", _("confirm that you are at your post; it stands in the record"),
        "examd site present site --as 李娜",
    )  # fmt: skip
    lapse = _command(
        site, "lapse", "duty:run_lapse", _("note that somebody was missing, overstepped or did another's work"),
        "examd site lapse site --name 王强 --what missing --reason 离岗20分钟 --as 李娜",
        description=_(
            "Enters in the record that somebody was not at their post (缺位), did what their role may not (越位), "
            "or did another's work instead of their own (错位). Verification names it."
        ),
    )  # fmt: skip
    lapse.add_argument("--name", required=True, help=_("who"))
    lapse.add_argument(
        "--what", choices=("missing", "overstepping", "misplaced"), required=True, help=_("which of the three")
    )
    lapse.add_argument("--reason", required=True, help=_("why; it stands in the record"))
    own = _command(
        site, "passphrase", "duty:run_passphrase", _("change the passphrase that you sign in with"),
        "examd site passphrase site --as 李娜",
    )  # fmt: skip
    own.takes_file("--new-passphrase-file", _("read the new passphrase here"))
    for each in (present, lapse, own):
        _takes_staff(each)


def _terminals(site: Commands) -> None:
    """Adds the three commands."""
    pair = _command(
        site, "pair", "terminals:run_pair", _("enrol the room's terminals: a code to type at each, a list to confirm"),
        "examd site pair site --as 李娜",
        description=_(
            "Shows a pairing code. Walk through the room and type it at each machine with its name; come back and "
            "confirm the list. Once in the life of a machine: only enrolled terminals sign anybody in."
        ),
    )  # fmt: skip
    pair.add_argument("--expect", type=positive, default=0, metavar="N", help=_("go on as soon as so many have come"))
    pair.add_argument("--yes", action="store_true", help=_("do not ask whether all of them stand in the room"))
    terminals = _command(
        site, "terminals", "terminals:run_terminals", _("list the enrolled terminals, or take some off the list"),
        "examd site terminals site --remove 07 --as 李娜",
    )  # fmt: skip
    terminals.add_argument(
        "--remove", action="append", default=[], metavar=_("NAME"), help=_("this one no longer (repeatable)")
    )
    release = _command(
        site, "release", "terminals:run_release", _("let a terminal go on at once after too many wrong sign-ins"),
        "examd site release site --terminal 07 --as 李娜",
    )  # fmt: skip
    release.add_argument("--terminal", required=True, metavar=_("NAME"), help=_("name of the terminal"))
    for each in (pair, terminals, release):
        _takes_staff(each)


def _session(site: Commands) -> None:
    """Adds the commands in the order of a session."""
    opened = _command(
        site, "open", "session:run_open", _("open a package: chief examiner, release code 1"),
        "examd site open site stick/PKG-… --chief /media/stick --as 李娜",
    )  # fmt: skip
    opened.add_argument("package", type=Path, metavar=_("PACKAGE"), help=_("the package's folder"))
    opened.takes_file("--code-file", _("read release code 1 from this file instead of asking"))
    opened.add_argument(
        "--cosign-minutes", type=positive, metavar="N",
        help=_("how often the chief examiner co-signs while candidates sit: 1 to 15 (default: 5)"),
    )  # fmt: skip
    opened.add_argument(
        "--date", default="", metavar="DATE",
        help=_("today (YYYY-MM-DD), where this machine's clock is wrong; it stands in the record"),
    )  # fmt: skip
    start = _command(
        site, "start", "session:run_start", _("start the session: the clock of every seat that is ready begins"),
        "examd site start site --as 李娜",
    )  # fmt: skip
    checkpoint = _command(
        site, "checkpoint", "session:run_checkpoint", _("have the chief examiner co-sign the record of this moment"),
        "examd site checkpoint site --chief-device /media/stick --keep-on --as 李娜",
        description=_(
            "Nothing before a co-signed checkpoint can be written anew. Until closing there should be one every few "
            "minutes; verifying reports the gaps."
        ),
    )  # fmt: skip
    checkpoint.add_argument("--keep-on", action="store_true", help=_("again and again, until the session is closed"))
    checkpoint.add_argument(
        "--every", type=positive, metavar="N", help=_("minutes between two (default: as the session promised)")
    )
    status = _command(
        site,
        "status",
        "session:run_status",
        _("who is here, how far, how long left"),
        "examd site status site --as 李娜",
    )
    pause = _command(
        site, "pause", "session:run_pause", _("stop the clock of the room, or of one seat"),
        "examd site pause site --reason 停电 --as 李娜",
    )  # fmt: skip
    resume = _command(
        site,
        "resume",
        "session:run_resume",
        _("let the clock run again"),
        "examd site resume site --reason 来电 --as 李娜",
    )
    added = _command(
        site, "addtime", "session:run_add_time", _("give compensation time (补时) to the room, or to one seat"),
        "examd site addtime site --minutes 5 --seat 07 --reason 换机 --as 李娜",
    )  # fmt: skip
    added.add_argument("--minutes", type=int, required=True, help=_("1 to 180"))
    admit = _command(
        site, "admit", "session:run_admit", _("let a candidate who sits somewhere sign in at another terminal"),
        "examd site admit site --candidate 2026001 --terminal 12 --reason 换机 --as 李娜",
    )  # fmt: skip
    admit.add_argument("--terminal", default="", metavar=_("NAME"), help=_("at this one; at any if left out"))
    reopen = _command(
        site, "reopen", "session:run_reopen", _("open a hand-in again, by order of the chief examiner"),
        "examd site reopen site --candidate 2026001 --reason 误触交卷 --minutes 3 --chief /media/stick --as 李娜",
    )  # fmt: skip
    reopen.add_argument(
        "--minutes", type=int, default=0, help=_("time given back beside it, 0 to 180 (default: %(default)s)")
    )
    restore = _command(
        site, "restore", "journals:run_restore",
        _("admit answers that the server lost from a terminal's journal, by order of the chief examiner"),
        "examd site restore site --journal stick/07/2026001.journal --reason 磁盘回退 --chief /media/stick --as 李娜",
    )  # fmt: skip
    restore.add_argument("--journal", type=Path, required=True, metavar="FILE", help=_("the terminal's journal"))
    restore.add_argument("--reason", required=True, help=_("why; it stands in the record"))
    restore.add_argument("--yes", action="store_true", help=_("do not ask whether these answers are to be admitted"))
    for each in (admit, reopen):
        each.add_argument("--candidate", required=True, metavar=_("NUMBER"), help=_("admission number"))
        each.add_argument("--reason", required=True, help=_("why; it stands in the record"))
    for each in (pause, resume, added):
        which = each.add_mutually_exclusive_group()
        which.add_argument(
            "--seat", default="", metavar=_("SEAT"), help=_("name of the seat; the whole room if left out")
        )
        which.add_argument("--candidate", default="", metavar=_("NUMBER"), help=_("the same by admission number"))
        each.add_argument("--reason", required=True, help=_("why; it stands in the record"))

    close = _command(
        site, "close", "session:run_close", _("close the session: nothing enters the record after it"),
        "examd site close site --chief /media/stick --as 李娜",
    )  # fmt: skip
    close.add_argument(
        "--waive", action="append", default=[], type=_waiver, metavar=_("NUMBER=REASON"),
        help=_("close although this candidate has not handed in, and why (repeatable)"),
    )  # fmt: skip
    close.add_argument(
        "--count-late", action="append", default=[], type=_waiver, metavar=_("NUMBER=REASON"),
        help=_("answers of this candidate that came after the deadline count, and why (repeatable; all=REASON)"),
    )  # fmt: skip
    close.add_argument(
        "--drop-late", action="append", default=[], type=_waiver, metavar=_("NUMBER=REASON"),
        help=_("they do not count, and why (repeatable; all=REASON)"),
    )  # fmt: skip
    close.add_argument(
        "--never-started", default="", metavar=_("REASON"), help=_("close a session that never started, and why")
    )
    close.add_argument(
        "--yes",
        action="store_true",
        help=_("do not ask once more before candidates are waived or late answers decided upon"),
    )
    close.add_argument("--reason", action=_Unpaired, help=argparse.SUPPRESS)
    grade = _command(
        site, "grade", "session:run_grade", _("open the answer keys with code 2, mark, sign the result"),
        "examd site grade site --chief /media/stick --as 李娜",
        description=_(
            "Grading runs in a process of its own, the only one that sees answer keys, and only after closing."
        ),
    )  # fmt: skip
    grade.takes_file("--code-file", _("read release code 2 from this file instead of asking"))

    for each in (opened, checkpoint, reopen, restore, close):
        _takes_chief(each, required=True)
    for each in (resume, added):
        _takes_chief(each, _("folder with the chief examiner's key: beyond what the rule allows they order it"))
    _takes_chief(grade, device=False)
    for each in (opened, start, checkpoint, status, pause, resume, added, admit, reopen, restore, close, grade):
        _takes_staff(each)


def _reporting(site: Commands) -> None:
    """Adds the two commands."""
    journals = _command(
        site, "journals", "journals:run_journals", _("collect the terminals' journals into the session's result"),
        "examd site journals site --from /media/stick/journals",
        description=_(
            "After grading: copy *.journal of each terminal's journal folder to a stick, one folder a terminal, and "
            "collect them here. examd verify then holds each against the record."
        ),
    )  # fmt: skip
    journals.add_argument("folder", type=Path, nargs="*", metavar=_("FOLDER"), help=_("a terminal's journals"))
    journals.add_argument(
        "--from", dest="from_", type=Path, action="append", default=[], metavar=_("DIR"),
        help=_("a folder with such folders in it (repeatable)"),
    )  # fmt: skip
    journals.add_argument("--session", default="", help=_("session number (default: the current one)"))
    found = _command(
        site, "report", "reporting:run_report", _("write workbook, CSV and bulletin; print the pass rates"),
        "examd site report site",
    )  # fmt: skip
    found.add_argument("--session", default="", help=_("session number (default: the current one)"))


def _waiver(text: str) -> tuple[str, str]:
    number, _equals, reason = text.partition("=")
    if not number.strip() or not reason.strip():
        raise argparse.ArgumentTypeError(_("NUMBER=REASON is expected, such as 2026001=离场"))
    return number.strip(), reason.strip()


class _Unpaired(argparse.Action):
    """`--waive A --reason x --waive B --reason y` once recorded y for both."""

    def __call__(self, command: argparse.ArgumentParser, *_ignored: object) -> None:
        command.error(_("--reason would not say for whom: write --waive NUMBER=REASON, or --never-started REASON"))


def _takes_staff(command: Command) -> None:
    command.add_argument("--as", dest="person", required=True, metavar=_("NAME"), help=_("your sign-in name"))
    command.takes_file("--totp-file", _("read the one-time code from this file instead of asking"))
    _takes_passphrase(command)


def _takes_chief(command: Command, text: str = "", *, required: bool = False, device: bool = True) -> None:
    """Their own device, or the key on this machine; grading needs neither where the device answered the closing."""
    which = command.add_mutually_exclusive_group(required=required)
    text = text or _("folder with the chief examiner's key (then: one holder)")
    which.add_argument("--chief", type=Path, metavar=_("DIR"), help=text)
    if device:
        which.add_argument(
            "--chief-device", type=Path, metavar=_("STICK"),
            help=_("folder for requests to the chief examiner's own device, such as a stick"),
        )  # fmt: skip
    command.takes_file("--chief-passphrase-file", _("read the chief examiner's passphrase from this file"))


def _command(
    site: Commands, name: str, run: str, text: str, example: str, *, description: str = "", reports: bool = True
) -> Command:
    """A command on a site's folder; its text is the description, too, where there is no longer one."""
    found = site.add(name, f"tools.cli.site.{run}", text, description or text, example, reports=reports)
    found.add_argument("directory", type=Path, metavar=_("DIR"), help=_("the site's folder"))
    return found


def _takes_passphrase(command: Command) -> None:
    """The passphrase of whoever gives the command."""
    command.takes_file("--passphrase-file", _("read the passphrase from this file instead of asking"))
