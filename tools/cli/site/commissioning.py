"""`examd site init | staff | serve`: what a site needs before there is a session. After: `tools.cli.site.session`."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tools.cli.base import Commands, port
from tools.cli.language import N_, _
from tools.cli.output import report
from tools.cli.secrets import ask_secret
from tools.cli.site import command, takes_passphrase

if TYPE_CHECKING:
    from examd.holders import Holder
    from examd.site.folder import SiteFolder

DEFAULT_PORT = 8443
EVENTS = {
    "ready": N_("Serving on port {number}. Stop with Ctrl+C."),
    "restarting": N_("! The server ended (code {number}); starting it again."),
    "low-disk": N_("! The disk is nearly full ({number} MiB left): no answer is acknowledged until there is room."),
    "disk-ok": N_("There is room on the disk again ({number} MiB)."),
    "alarm": N_(
        "! ALARM: candidate {number} of the roster was acknowledged answers that this record does not hold. "
        "See examd site status."
    ),
}
"""What the supervisor and the serving process tell without being asked."""


def add(site: Commands) -> None:
    """Adds the three commands."""
    init = command(
        site, "init", run_init, _("commission a site: make its keys, name the bureau it trusts"),
        "examd site init site --id SX-12 --name 第一考试点 --bureau bureau.card.json",
    )  # fmt: skip
    init.add_argument("--id", required=True, help=_("the site's number: letters, digits, - and _"))
    init.add_argument("--name", required=True, help=_("the site's name"))
    init.add_argument("--bureau", type=Path, required=True, help=_("the bureau's public card"))

    staff = command(
        site, "staff", run_staff, _("enter a person on duty; prints the secret for their one-time-code app"),
        "examd site staff site --name 李娜 --role administrator",
    )  # fmt: skip
    staff.add_argument("--name", required=True, help=_("the person's sign-in name"))
    staff.add_argument(
        "--role", choices=("administrator", "invigilator"), default="administrator", help=_("what they may do")
    )
    staff.takes_file("--person-passphrase-file", _("read the new person's passphrase from this file"))

    serve = command(
        site, "serve", run_serve, _("run the server, and restart it whenever it dies"),
        "examd site serve site --port 8443", reports=False,
    )  # fmt: skip
    serve.add_argument("--host", default="0.0.0.0", help=_("address to listen on (default: %(default)s)"))  # noqa: S104
    serve.add_argument("--port", type=port, default=DEFAULT_PORT, help=_("port (default: %(default)s)"))
    for each in (init, staff, serve):
        takes_passphrase(each)


def _administrator(args: argparse.Namespace) -> "tuple[SiteFolder, Holder]":
    from examd.site.folder import SiteFolder

    folder = SiteFolder(args.directory)
    return folder, folder.unlock(ask_secret("site", _("Site administrator's passphrase"), file=args.passphrase_file))


def run_init(args: argparse.Namespace) -> int:
    from examd.delivery.tls import ROOT
    from examd.holders import Card
    from examd.site.commissioning import commission

    passphrase = ask_secret("site", _("Site administrator's passphrase"), file=args.passphrase_file, confirm=True)
    commission(args.directory, args.id, args.name, passphrase, Card.read(args.bureau, "bureau"))
    facts = {"card": str(args.directory / "site.card.json"), "root": str(args.directory / ROOT)}
    return report(args, facts, _("Site made. Give {card} to the bureau and {root} to every terminal.", **facts))


def run_staff(args: argparse.Namespace) -> int:
    from examd.site.commissioning import enter_person
    from examd.staff import Role

    folder, holder = _administrator(args)
    prompt = _("New passphrase of {name}", name=args.name)
    own = ask_secret("staff", prompt, file=args.person_passphrase_file, confirm=True)
    codes = enter_person(folder, holder, args.name, Role(args.role), own)
    if not args.json:
        print(_("Secret for the one-time-code app of {name} (shown once):", name=args.name), file=sys.stderr)
        groups = " ".join(codes.secret[at : at + 4] for at in range(0, len(codes.secret), 4))
        print(_("To type it into the app by hand: {groups}", groups=groups), file=sys.stderr)
    facts = {"name": args.name, "role": args.role, "secret": codes.secret, "uri": codes.uri}
    return report(args, facts, codes.uri)


def run_serve(args: argparse.Namespace) -> int:
    import signal

    from examd.site.serving import supervised

    folder, holder = _administrator(args)

    def tell(event: str, number: int) -> None:
        if event in EVENTS:
            print(_(EVENTS[event], number=number), file=sys.stderr)

    supervisor = supervised(folder, holder, args.host, args.port, tell)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_ignored: supervisor.stop())
    with folder.held():
        return max(0, supervisor.run())
