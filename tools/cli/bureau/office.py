"""`examd bureau init | template | code`: the bureau's keys, an empty roster, the release codes.

After: `tools.cli.bureau.issue` makes the sealed packages.
"""

import argparse
import sys
from pathlib import Path

from bank.durable import write_new
from bank.formats.sheets import xlsx
from bank.refused import BadFile, Denied
from bank.seal import codes
from examd.bureau.office import Office
from examd.bureau.roster import HEADINGS
from examd.holders import Holder
from tools.cli import unlock
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
    code = office.code_1(package, bureau) if args.number == 1 else _code_2(args, office, package, bureau)
    told = {"id": session.id, "name": session.name, "date": session.date, "site_id": session.site_id}
    facts = {"code": code, "number": args.number, "package_id": package, "session": told}
    return report(args, facts, code)


def package_number(typed: str) -> str:
    """Of a number, the name PKG-number, or a path to the package."""
    return Path(typed.strip()).resolve().name.lower().removeprefix("pkg-")


def _code_2(args: argparse.Namespace, office: Office, package: str, bureau: "Holder") -> str:
    if args.checkpoint:
        checkpoints = read_file(args.checkpoint, LARGEST_CHECKPOINTS)
        return office.code_2_by_checkpoints(package, bureau, checkpoints, file=str(args.checkpoint))
    if not args.root:
        raise BadFile("root-missing")
    root = codes.root_of(" ".join(args.root))
    if sys.stdin.isatty():
        print(_("The closing root as it will stand on file:"), file=sys.stderr)
        print(codes.spoken_root(root), file=sys.stderr)
        question = _("Does the site read out the same, group by group? (yes/no) ")
        if ask_line("root", question).lower() not in ("y", "yes", "是"):
            raise Denied("root-not-confirmed")
    return office.code_2(package, bureau, root)
