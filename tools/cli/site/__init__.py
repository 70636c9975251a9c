"""`examd site …`: commissioning a site, and holding a session from opening to the bulletin."""

import argparse
import contextlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.cli.language import N_

DEFAULT_PORT = 8443
WARNINGS = {
    "low-disk": N_("! The disk is nearly full ({number} MiB left): no answer is acknowledged until there is room."),
    "disk-ok": N_("There is room on the disk again ({number} MiB)."),
    "alarm": N_(
        "! ALARM: candidate {number} of the roster was acknowledged answers that this record does not hold. "
        "See examd site status."
    ),
}
"""What the serving process tells without being asked."""


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    from tools.cli.base import help_formatter, port
    from tools.cli.language import _

    site = subparsers.add_parser(
        "site",
        help=_("hold a session: serve, open, start, close, grade, report"),
        description=_("The exam site's server and the acts of its staff. Commands are messages to the running server."),
        epilog=_("Example: examd site serve site"),
        formatter_class=help_formatter(),
    )
    commands = site.add_subparsers(dest="command", required=True, metavar=_("COMMAND"), prog="examd site")

    def add(name: str, run: Any, text: str, example: str, description: str | None = None) -> argparse.ArgumentParser:
        command = commands.add_parser(
            name,
            help=text,
            description=description or text,
            epilog=_("Example: {example}").format(example=example),
            formatter_class=help_formatter(),
        )
        command.add_argument("directory", type=Path, metavar=_("DIR"), help=_("the site's folder"))
        command.set_defaults(run=run)
        return command

    init = add(
        "init",
        run_init,
        _("commission a site: make its keys, name the bureau it trusts"),
        "examd site init site --id SX-12 --name 第一考试点 --bureau bureau.card.json",
    )
    init.add_argument("--id", required=True, help=_("the site's number: letters, digits, - and _"))
    init.add_argument("--name", required=True, help=_("the site's name"))
    init.add_argument("--bureau", type=Path, required=True, help=_("the bureau's public card"))
    _passphrase(init)

    staff = add(
        "staff",
        run_staff,
        _("enter a person on duty; prints the secret for their one-time-code app"),
        "examd site staff site --name 李娜 --role administrator",
    )
    staff.add_argument("--name", required=True, help=_("the person's sign-in name"))
    staff.add_argument(
        "--role", choices=("administrator", "invigilator"), default="administrator", help=_("what they may do")
    )
    staff.add_argument("--person-passphrase-file", type=Path, help=_("read the new person's passphrase from this file"))
    _passphrase(staff)

    serve = add(
        "serve", run_serve, _("run the server, and restart it whenever it dies"), "examd site serve site --port 8443"
    )
    serve.add_argument("--host", default="0.0.0.0", help=_("address to listen on (default: %(default)s)"))  # noqa: S104
    serve.add_argument("--port", type=port, default=DEFAULT_PORT, help=_("port (default: %(default)s)"))
    _passphrase(serve)

    opened = add(
        "open",
        run_open,
        _("open a package: chief examiner, release code 1"),
        "examd site open site stick/PKG-… --chief /media/stick --as 李娜",
    )
    opened.add_argument("package", type=Path, metavar=_("PACKAGE"), help=_("the package's folder"))
    opened.add_argument("--code-file", type=Path, help=_("read release code 1 from this file instead of asking"))
    _chief(opened)

    add(
        "start",
        run_start,
        _("start the session: the clock of every seat that is ready begins"),
        "examd site start site --as 李娜",
    )
    status = add("status", run_status, _("who is here, how far, how long left"), "examd site status site --as 李娜")
    pause = add(
        "pause",
        run_pause,
        _("stop the clock of the room, or of one seat"),
        "examd site pause site --reason 停电 --as 李娜",
    )
    resume = add("resume", run_resume, _("let the clock run again"), "examd site resume site --reason 来电 --as 李娜")
    added = add(
        "addtime",
        run_add_time,
        _("give compensation time (补时) to the room, or to one seat"),
        "examd site addtime site --minutes 5 --seat 2026001 --reason 换机 --as 李娜",
    )
    added.add_argument("--minutes", type=int, required=True, help=_("1 to 180"))
    for command in (pause, resume, added):
        command.add_argument(
            "--seat", default="", metavar=_("NUMBER"), help=_("admission number; the whole room if left out")
        )
        command.add_argument("--reason", required=True, help=_("why; it stands in the record"))

    close = add(
        "close",
        run_close,
        _("close the session: nothing enters the record after it"),
        "examd site close site --chief /media/stick --as 李娜",
    )
    close.add_argument(
        "--waive",
        action="append",
        default=[],
        metavar=_("NUMBER"),
        help=_("close although this candidate has not handed in (repeatable)"),
    )
    close.add_argument("--reason", default="", help=_("why seats are waived, or a session closed that never started"))
    _chief(close)

    grade = add(
        "grade",
        run_grade,
        _("open the answer keys with code 2, mark, sign the result"),
        "examd site grade site --chief /media/stick --as 李娜",
        _("Grading runs in a process of its own, the only one that sees answer keys, and only after closing."),
    )
    grade.add_argument("--code-file", type=Path, help=_("read release code 2 from this file instead of asking"))
    _chief(grade)

    report = add(
        "report", run_report, _("write workbook, CSV and bulletin; print the pass rates"), "examd site report site"
    )
    report.add_argument("--session", default="", help=_("session number (default: the current one)"))
    report.add_argument("--json", action="store_true", help=_("machine-readable output"))

    for command in (init, staff):
        command.add_argument("--json", action="store_true", help=_("machine-readable output"))
    for command in (opened, commands.choices["start"], status, pause, resume, added, close, grade):
        command.add_argument("--as", dest="person", required=True, metavar=_("NAME"), help=_("your sign-in name"))
        command.add_argument(
            "--totp-file", type=Path, help=_("read the one-time code from this file instead of asking")
        )
        command.add_argument("--json", action="store_true", help=_("machine-readable output"))
        _passphrase(command)


def _passphrase(command: argparse.ArgumentParser) -> None:
    from tools.cli.language import _

    command.add_argument("--passphrase-file", type=Path, help=_("read the passphrase from this file instead of asking"))


def _chief(command: argparse.ArgumentParser) -> None:
    from tools.cli.language import _

    command.add_argument(
        "--chief", type=Path, required=True, metavar=_("DIR"), help=_("folder with the chief examiner's key")
    )
    command.add_argument(
        "--chief-passphrase-file", type=Path, help=_("read the chief examiner's passphrase from this file")
    )


# ---- commissioning --------------------------------------------------------------------------------------------


def run_init(args: argparse.Namespace) -> int:
    from examd.delivery import tls
    from examd.holders import Card
    from examd.site.folder import SiteFolder
    from tools.cli.language import _
    from tools.cli.secrets import ask_secret

    passphrase = ask_secret("site", _("Site administrator's passphrase"), file=args.passphrase_file, confirm=True)
    bureau = Card.read(args.bureau, "bureau")
    folder, holder = SiteFolder.create(args.directory, args.id, args.name, passphrase, bureau)
    tls.ensure(folder.directory, holder)
    facts = {"card": str(args.directory / "site.card.json"), "root": str(args.directory / tls.ROOT)}
    return _print(args, facts, _("Site made. Give {card} to the bureau and {root} to every terminal."))


def run_staff(args: argparse.Namespace) -> int:
    import pyotp

    from examd.site.folder import SiteFolder
    from examd.staff import Role
    from tools.cli.language import _
    from tools.cli.secrets import ask_secret

    folder = SiteFolder(args.directory)
    holder = folder.unlock(ask_secret("site", _("Site administrator's passphrase"), file=args.passphrase_file))
    own = ask_secret(
        "staff", _("New passphrase of {name}").format(name=args.name), file=args.person_passphrase_file, confirm=True
    )
    book = folder.staff(holder)
    try:
        secret = book.add(args.name, Role(args.role), own)
    finally:
        book.close()
    uri = pyotp.TOTP(secret).provisioning_uri(name=args.name, issuer_name=f"examd {holder.card.id}")
    if not args.json:
        print(_("Secret for the one-time-code app of {name} (shown once):").format(name=args.name), file=sys.stderr)
        groups = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
        print(_("To type it into the app by hand: {groups}").format(groups=groups), file=sys.stderr)
    return _print(args, {"name": args.name, "role": args.role, "secret": secret, "uri": uri}, "{uri}")


def run_serve(args: argparse.Namespace) -> int:
    import signal

    from bank.durable import write_atomically
    from examd.delivery.supervisor import Supervisor
    from examd.site.folder import SiteFolder
    from examd.site.staff_client import ADDRESS
    from tools.cli.language import _
    from tools.cli.secrets import ask_secret

    folder = SiteFolder(args.directory)
    holder = folder.unlock(ask_secret("site", _("Site administrator's passphrase"), file=args.passphrase_file))

    def tell(event: str, number: int) -> None:
        if event == "ready":
            host = "127.0.0.1" if args.host in ("0.0.0.0", "::") else args.host  # noqa: S104
            address, said = args.directory / ADDRESS, f"{host}:{number}\n"
            if not address.exists() or address.read_text() != said:
                write_atomically(address, said.encode())  # not again after each restart: the disk may be full by then
            print(_("Serving on port {number}. Stop with Ctrl+C.").format(number=number), file=sys.stderr)
        elif event == "restarting":
            print(_("! The server ended (code {number}); starting it again.").format(number=number), file=sys.stderr)
        elif event in WARNINGS:
            print(_(WARNINGS[event]).format(number=number), file=sys.stderr)

    supervisor = Supervisor(args.directory, holder, args.host, args.port, tell)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_ignored: supervisor.stop())
    with folder.held():
        return max(0, supervisor.run())


# ---- the session ----------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _at_desk(args: argparse.Namespace) -> Iterator[tuple[Any, Any, Any]]:
    """The desk, signed in to; what runs one step of it; the chief examiner, where the command needs one.

    That the server answers is known before anybody types a secret."""
    import unicodedata

    from examd.site.staff_client import tended
    from tools.cli.language import _
    from tools.cli.secrets import ask_secret

    with tended(args.directory) as (desk, run):
        chief = _unlock_chief(args) if "chief" in args else None
        passphrase = ask_secret("staff", _("Passphrase of {name}").format(name=args.person), file=args.passphrase_file)
        code = ask_secret("totp", _("One-time code of {name}").format(name=args.person), file=args.totp_file)
        run(desk.sign_in(args.person, passphrase, unicodedata.normalize("NFKC", code).strip()))
        yield desk, run, chief


def _command(args: argparse.Namespace, act: str, **facts: Any) -> dict[str, Any]:
    with _at_desk(args) as (desk, run, _chief):
        return dict(run(desk.command(act, **facts)))


def _unlock_chief(args: argparse.Namespace) -> Any:
    from examd import holders
    from tools.cli.language import _
    from tools.cli.secrets import ask_secret

    passphrase = ask_secret("chief", _("Chief examiner's passphrase"), file=args.chief_passphrase_file)
    return holders.unlock(args.chief, "chief", passphrase)


def _print(args: argparse.Namespace, facts: dict[str, Any], text: str) -> int:
    print(json.dumps(facts, ensure_ascii=False) if args.json else text.format_map(facts))
    return 0


def run_open(args: argparse.Namespace) -> int:
    from examd.site.staff_client import open_prepared, prepare
    from tools.cli.language import _
    from tools.cli.secrets import ask_code

    with _at_desk(args) as (desk, run, chief):
        prepared = run(prepare(desk, args.package))
        _warn_of_the_date(args.package)
        _tell_rule(prepared["rule"])
        code = ask_code("code-1", _("Release code 1"), file=args.code_file)
        # The chief examiner's key used on the very machine that serves: then one holder could have done both.
        facts = run(open_prepared(desk, prepared, chief, code, one_holder=True))
    return _print(args, facts, _("Open: {session}, {candidates} candidates. Not separated: one holder."))


def _tell_rule(rule: dict[str, Any]) -> None:
    """Who answers for the composition of the forms; the register's number is what other sites must read as well."""
    from tools.cli.language import _, plain

    text = _("Rule {id} v{version}, {name}: unsigned rule, drill.")
    if rule["signed_by"]:
        text = _("Rule {id} v{version}, {name}: signed by {names}. Register of rule officers {officers}")
    names = "、".join(rule["signed_by"])
    print(plain(text.format_map(rule | {"names": names})), file=sys.stderr)
    for gone in rule.get("gone", ()):
        text = _("  Register {register} of rule officers says that {id} could not consent: {why}")
        print(plain(text.format_map(gone)), file=sys.stderr)


def _warn_of_the_date(package: Path) -> None:
    from datetime import datetime

    from bank.seal import statements
    from examd.package import layout
    from tools.cli.language import _

    signed = statements.read((package / layout.MANIFEST).read_bytes(), layout.KIND, name=layout.MANIFEST)
    session, today = layout.read_manifest(signed).session, datetime.now().astimezone().date().isoformat()
    if session.date != today:
        text = _("! This package is for {date}; today is {today}. Is it the right one?")
        print(text.format(date=session.date, today=today), file=sys.stderr)


def run_start(args: argparse.Namespace) -> int:
    from tools.cli.language import _

    facts = _command(args, "start")
    return _print(args, facts, _("Started: {started} seats running, {signed_in} of {candidates} signed in."))


def run_status(args: argparse.Namespace) -> int:
    from tools.cli.site import room_status

    facts = _command(args, "status")
    if args.json:
        return _print(args, facts, "")
    print("\n".join(room_status.lines(facts, coloured=sys.stdout.isatty())))
    return 0


def _room_act(args: argparse.Namespace, act: str, **more: Any) -> int:
    from tools.cli.language import _

    facts = _command(args, act, reason=args.reason, admission_no=args.seat, **more)
    return _print(args, facts, _("Done; it stands in the record."))


def run_pause(args: argparse.Namespace) -> int:
    return _room_act(args, "pause")


def run_resume(args: argparse.Namespace) -> int:
    return _room_act(args, "resume")


def run_add_time(args: argparse.Namespace) -> int:
    return _room_act(args, "add-time", ms=args.minutes * 60_000)


def run_close(args: argparse.Namespace) -> int:
    from bank.seal import codes
    from examd.site.staff_client import close_session
    from tools.cli.language import _

    with _at_desk(args) as (desk, run, chief):
        before = run(desk.command("status"))
        facts = run(close_session(desk, chief, args.waive, args.reason))
    if before["phase"] == "closed":
        print(_("It was closed already; this is the same closing."), file=sys.stderr)
    else:
        still = {seat["admission_no"] for seat in before.get("seats", []) if seat["phase"] != "handed-in"}
        for number in sorted(set(args.waive) - still):
            text = _("{number} had handed in or never signed in: nothing was waived.")
            print(text.format(number=number), file=sys.stderr)
    facts |= {"root_spoken": codes.spoken_root(facts["root"])}
    return _print(
        args,
        facts,
        _(
            "Closed with {entries} entries, exported to {result}\n"
            "For code 2, send the bureau {result}/checkpoints.txt, or read it this closing root, group by group:\n"
            "{root_spoken}"
        ),
    )


def run_grade(args: argparse.Namespace) -> int:
    from examd.site.staff_client import grade
    from tools.cli.language import _
    from tools.cli.secrets import ask_code

    with _at_desk(args) as (desk, run, chief):
        facts = run(desk.command("answers-lock"))
        code = ask_code("code-2", _("Release code 2"), file=args.code_file)
        grade(facts, chief, code)
        run(desk.command("sign-result"))
    return _print(args, {"result": facts["result"]}, _("Graded and signed: {result}"))


def run_report(args: argparse.Namespace) -> int:
    from bank.refused import Denied
    from examd.site.folder import SiteFolder
    from tools.cli.language import _
    from tools.cli.site.reporting import rates_record, rates_table, report_on, write_documents

    folder = SiteFolder(args.directory)
    session = args.session or folder.current
    if session is None:
        raise Denied("no-session", site=str(args.directory))
    # By its name among those that are there: a number with dots and slashes would lead out of the folder.
    held = sorted(path.name for path in folder.session("").glob("*") if path.is_dir())
    if session not in held:
        raise Denied("session-unknown", session=session, held=held or ["–"])
    result = folder.session(session) / "result"
    if not (result / "result.json").exists():
        raise Denied("not-graded", folder=str(result))
    report = report_on(result)
    paths = write_documents(report, result)
    if args.json:
        rows = [rates_record(row) for row in (*report.rates, report.total)]
        print(json.dumps({"files": [str(p) for p in paths], "rates": rows}, ensure_ascii=False))
        return 0
    print("\n".join(rates_table(report)))
    for path in paths:
        print(_("Written: {path}").format(path=path))
    return 0
