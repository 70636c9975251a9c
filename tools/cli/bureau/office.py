"""`examd bureau init | template | code`: the bureau's keys, an empty roster, the release codes.

After: `tools.cli.bureau.issue` makes the sealed packages.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from bank.clock import now, time_of, today
from bank.durable import write_new
from bank.formats.sheets import xlsx
from bank.refused import BadFile, Denied
from bank.seal import codes
from examd.bureau.ledger import Issue
from examd.bureau.office import Office
from examd.bureau.releasing import Desk, at_the_desk
from examd.bureau.roster import HEADINGS
from examd.bureau.standings import standing
from tools.cli import unlock
from tools.cli.bureau import ledger_words
from tools.cli.files import read_file
from tools.cli.language import _
from tools.cli.output import report
from tools.cli.secrets import ask_line, ask_secret

LARGEST_CHECKPOINTS = 16 << 20
"""Bytes: three lines and two signatures a note, some tens of thousands of notes."""


def run_init(args: argparse.Namespace) -> int:
    passphrase = ask_secret("bureau", _("Issuing officer's passphrase"), file=args.passphrase_file, confirm=True)
    _office, bureau = Office.create(args.directory, args.id, args.name, passphrase)
    card = args.directory / "bureau.card.json"
    return report(
        args,
        {"card": str(card), "fingerprint": bureau.card.fingerprint},
        _("Made the bureau's keys. Sites are commissioned with {card}.", card=card),
        _("Fingerprint of the card: {fingerprint}", fingerprint=bureau.card.fingerprint),
    )


def run_template(args: argparse.Namespace) -> int:
    write_new(args.file, xlsx.write([HEADINGS], (20, 12, 24, 24, 36), "考生名单"), private=False)
    return report(args, {"file": str(args.file)}, _("Written: {path}", path=args.file))


def run_code(args: argparse.Namespace) -> int:
    office, package = Office(args.directory), package_number(args.package)
    bureau = unlock.bureau(office, args.passphrase_file)
    session = office.manifest(package, bureau.card).session
    text = _("Session {id}, {name}, {date}, at {site_name} ({site_id})")
    print(text.format_map({field: getattr(session, field) for field in session.__struct_fields__}), file=sys.stderr)
    give = _code_1(args, package) if args.number == 1 else _code_2(args, package)
    with at_the_desk(office, bureau, now()) as desk:
        code = give(desk)
        here = standing(desk.ledger, desk.ledger.of(package, Issue)[0], today())
    for alarm in here.alarms:
        print(_("! Alarm in the ledger, {at}: {what}",
            at=time_of(alarm.at), what=ledger_words.alarm(alarm)), file=sys.stderr)  # fmt: skip
    told = {"id": session.id, "name": session.name, "date": session.date, "site_id": session.site_id}
    alarms = [alarm.what for alarm in here.alarms]
    facts = {"alarms": alarms, "code": code, "number": args.number, "package_id": package, "session": told}
    return report(args, facts, code)


def package_number(typed: str) -> str:
    """Of a number, the name PKG-number, or a path to the package."""
    return Path(typed.strip()).resolve().name.lower().removeprefix("pkg-")


Give = Callable[[Desk], str]


def _code_1(args: argparse.Namespace, package: str) -> Give:
    if not args.commit:
        raise BadFile("commit-missing")
    room = _heard(" ".join(args.commit), codes.Short.ROOM, _("The room's commitment as it will stand in the ledger:"))
    return lambda desk: desk.code_1(package, room)


def _code_2(args: argparse.Namespace, package: str) -> Give:
    if args.checkpoint:
        checkpoints = read_file(args.checkpoint, LARGEST_CHECKPOINTS)
        return lambda desk: desk.code_2_by_checkpoints(package, checkpoints, file=str(args.checkpoint))
    if not args.closing:
        raise BadFile("closing-missing")
    told = _("The closing as it will stand in the ledger, open until the signed one comes:")
    statement = _heard(" ".join(args.closing), codes.Short.CLOSING, told)
    return lambda desk: desk.code_2_by_telephone(package, statement)


def _heard(typed: str, what: codes.Short, told: str) -> str:
    """What was read out, shown back and asked about before it is entered: it stays. Raises Denied: it is not so."""
    digits = codes.short_of(typed, what)
    if sys.stdin.isatty():
        print(told, file=sys.stderr)
        print("  " + codes.spoken_short(digits, what), file=sys.stderr)
        question = _("Does the site read out the same, group by group? (yes/no) ")
        if ask_line("spoken", question).lower() not in ("y", "yes", "是"):
            raise Denied("heard-not-confirmed")
    return digits
