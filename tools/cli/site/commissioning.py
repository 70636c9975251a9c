"""`examd site init | staff | serve`: what a site needs before there is a session. After: `tools.cli.site.session`."""

import argparse
import signal
import sys

import segno

from examd.delivery.tls import ROOT
from examd.holders import Card, Holder
from examd.site.commissioning import commission, enter_person
from examd.site.folder import SiteFolder
from examd.site.serving import supervised
from examd.staff import Role
from tools.cli.language import N_, _
from tools.cli.output import report
from tools.cli.secrets import ask_secret

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


def _administrator(args: argparse.Namespace) -> tuple[SiteFolder, Holder]:
    folder = SiteFolder(args.directory)
    return folder, folder.unlock(ask_secret("site", _("Site administrator's passphrase"), file=args.passphrase_file))


def run_init(args: argparse.Namespace) -> int:
    passphrase = ask_secret("site", _("Site administrator's passphrase"), file=args.passphrase_file, confirm=True)
    commission(args.directory, args.id, args.name, passphrase, Card.read(args.bureau, "bureau"))
    facts = {"card": str(args.directory / "site.card.json"), "root": str(args.directory / ROOT)}
    return report(args, facts, _("Site made. Give {card} to the bureau and {root} to every terminal.", **facts))


def run_staff(args: argparse.Namespace) -> int:
    folder, holder = _administrator(args)
    prompt = _("New passphrase of {name}", name=args.name)
    own = ask_secret("staff", prompt, file=args.person_passphrase_file, confirm=True)
    codes = enter_person(folder, holder, args.name, Role(args.role), own)
    if not args.json:
        print(_("Secret for the one-time-code app of {name} (shown once):", name=args.name), file=sys.stderr)
        groups = " ".join(codes.secret[at : at + 4] for at in range(0, len(codes.secret), 4))
        if sys.stderr.isatty():
            print(_("Scan it with the app, or type it by hand: {groups}", groups=groups), file=sys.stderr)
            show_qr(codes.uri)
        else:
            print(_("To type it into the app by hand: {groups}", groups=groups), file=sys.stderr)
    facts = {"name": args.name, "role": args.role, "secret": codes.secret, "uri": codes.uri}
    return report(args, facts, codes.uri)


def show_qr(text: str) -> None:
    """As half blocks on the keyboard's screen; black on white whatever its colours."""
    segno.make(text, error="l", micro=False).terminal(out=sys.stderr, border=2, compact=True)


def run_serve(args: argparse.Namespace) -> int:
    folder, holder = _administrator(args)

    def tell(event: str, number: int) -> None:
        if event in EVENTS:
            print(_(EVENTS[event], number=number), file=sys.stderr)

    supervisor = supervised(folder, holder, args.host, args.port, tell)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_ignored: supervisor.stop())
    with folder.held():
        return max(0, supervisor.run())
