"""`examd bureau …`: what the examination body does at home. Its keys, rosters and release codes stand here.

After: `tools.cli.bureau.issue` makes the sealed packages.
"""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bank.refused import BadFile, Denied
from tools.cli import unlock
from tools.cli.base import Commands
from tools.cli.files import read_file
from tools.cli.language import _
from tools.cli.output import report
from tools.cli.secrets import ask_line, ask_secret

if TYPE_CHECKING:
    from examd.bureau.office import Office
    from examd.holders import Holder

LARGEST_CHECKPOINTS = 16 << 20
"""Bytes: three lines and two signatures a note, some tens of thousands of notes."""


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    Commands(
        subparsers,
        "bureau",
        _("issue sealed session packages and give out release codes"),
        _("What the examination body does at home: keys, packages, codes."),
        "examd bureau init office --id SX-0349 --name 某市应急管理局",
        _declare,
    )


def _declare(bureau: Commands) -> None:
    from tools.cli.bureau import issue

    init = bureau.add(
        "init",
        run_init,
        _("make the bureau's keys"),
        _(
            "Makes the folder with the keys, sealed to the issuing officer's passphrase, and bureau.card.json, the "
            "public card with which sites are commissioned."
        ),
        "examd bureau init office --id SX-0349 --name 某市应急管理局",
    )
    init.add_argument("directory", type=Path, metavar=_("DIR"), help=_("a new folder for the keys"))
    init.add_argument("--id", required=True, help=_("the bureau's number"))
    init.add_argument("--name", required=True, help=_("the bureau's name, as it stands on bulletins"))

    template = bureau.add(
        "template",
        run_template,
        _("write an empty roster to fill in"),
        _("A workbook with the headings that “bureau issue” reads. A file that exists is never written over."),
        "examd bureau template roster.xlsx",
    )
    template.add_argument("file", type=Path, metavar="FILE", help=_("the workbook to write (.xlsx)"))

    issue.add(bureau)

    code = bureau.add(
        "code",
        run_code,
        _("read out a release code"),
        _(
            "Code 1 opens the items. Code 2 opens the answer keys and is given only against the closing: "
            "the exported checkpoints.txt, whose signatures are checked, or the closing root as the site reads it out."
        ),
        "examd bureau code office PKG-0123…cdef 2 --checkpoint checkpoints.txt",
    )
    code.add_argument("directory", type=Path, metavar=_("DIR"), help=_("the bureau's folder"))
    code.add_argument("package", metavar=_("PACKAGE"), help=_("package: its number, PKG-number, or its folder"))
    code.add_argument("number", type=int, choices=(1, 2), metavar="1|2", help=_("which code"))
    closing = code.add_mutually_exclusive_group()
    closing.add_argument(
        "--checkpoint", type=Path, metavar="FILE", help=_("checkpoints.txt of the closed session (for code 2)")
    )
    closing.add_argument(
        "--root", nargs="+", default=[], metavar=_("GROUP"),
        help=_("the closing root that the site reads out: eight groups of nine (for code 2)"),
    )  # fmt: skip
    for command in (init, code):
        command.takes_file("--passphrase-file", _("read the officer's passphrase from this file"))


def run_init(args: argparse.Namespace) -> int:
    from examd.bureau.office import Office

    passphrase = ask_secret("bureau", _("Issuing officer's passphrase"), file=args.passphrase_file, confirm=True)
    Office.create(args.directory, args.id, args.name, passphrase)
    card = args.directory / "bureau.card.json"
    line = _("Made the bureau's keys. Sites are commissioned with {card}.", card=card)
    return report(args, {"card": str(card)}, line)


def run_template(args: argparse.Namespace) -> int:
    from bank.durable import write_new
    from bank.formats.sheets import xlsx

    write_new(args.file, xlsx.write([("准考证号", "姓名", "身份证号", "培训机构")], (20, 12, 24, 36), "考生名单"))
    return report(args, {"file": str(args.file)}, _("Written: {path}", path=args.file))


def run_code(args: argparse.Namespace) -> int:
    from examd.bureau.office import Office

    office, package = Office(args.directory), package_number(args.package)
    bureau = unlock.bureau(office, args.passphrase_file)
    session = office.manifest(package, bureau).session
    text = _("Session {id}, {name}, {date}, at {site_name} ({site_id})")
    print(text.format_map({field: getattr(session, field) for field in session.__struct_fields__}), file=sys.stderr)
    code = office.code_1(package, bureau) if args.number == 1 else _code_2(args, office, package, bureau)
    told = {"id": session.id, "name": session.name, "date": session.date, "site_id": session.site_id}
    facts = {"code": code, "number": args.number, "package_id": package, "session": told}
    return report(args, facts, code)


def package_number(typed: str) -> str:
    """Of a number, the name PKG-number, or a path to the package."""
    return Path(typed).resolve().name.removeprefix("PKG-").lower()


def _code_2(args: argparse.Namespace, office: "Office", package: str, bureau: "Holder") -> str:
    from bank.seal import codes

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
