"""`examd site init | staff | serve`: what a site needs before there is a session. After: `tools.cli.site.session`."""

import argparse
import signal
import sys

import segno

from examd.delivery.tls import ROOT
from examd.holders import Card, Holder
from examd.site.commissioning import commission, enter_person, note_employer
from examd.site.folder import SiteFolder
from examd.site.serving import supervised
from examd.staff import Role
from tools.cli.language import N_, _
from tools.cli.output import report
from tools.cli.secrets import ask_secret

EVENTS = {
    "places": N_("Room for {number} terminals at a time."),
    "ready": N_("Serving on port {number}. Stop with Ctrl+C."),
    "restarting": N_("! The server ended (code {number}); starting it again."),
    "low-disk": N_("! The disk is nearly full ({number} MiB left): no answer is acknowledged until there is room."),
    "disk-ok": N_("There is room on the disk again ({number} MiB)."),
    "alarm": N_(
        "! ALARM: candidate {number} of the roster was acknowledged answers that this record does not hold. "
        "See examd site status."
    ),
    "held-off": N_("! {about} asks for too much or talks nonsense: refused {number} times. Seats are not affected."),
    "slowed": N_("! Candidate {number} of the roster, at {about}, sends more than a person can: heard more slowly."),
    "unwitnessed": N_(
        "! The chief examiner has not co-signed for {number} min: examd site checkpoint. Until then this machine alone "
        "answers for what was entered since."
    ),
    "full": N_("! No place for another terminal: {number} are connected."),
}
"""What the supervisor and the serving process tell without being asked."""


def _administrator(args: argparse.Namespace) -> tuple[SiteFolder, Holder]:
    folder = SiteFolder(args.directory)
    return folder, folder.unlock(ask_secret("site", _("Site administrator's passphrase"), file=args.passphrase_file))


def run_init(args: argparse.Namespace) -> int:
    passphrase = ask_secret("site", _("Site administrator's passphrase"), file=args.passphrase_file, confirm=True)
    bureau = Card.read(args.bureau, "bureau")
    folder, holder = commission(args.directory, args.id, args.name, passphrase, bureau)
    told: dict[str, object] = {"card": str(args.directory / "site.card.json"), "root": str(args.directory / ROOT)}
    lines = [_("Site made. Give {card} to the bureau and {root} to every terminal.", **told)]
    for card, line in (
        (holder.card, N_("Fingerprint of the site's card: {digits}")),
        (bureau, N_("Fingerprint of the bureau's card, to be compared with the bureau: {digits}")),
    ):
        told[f"{card.role}_fingerprint"] = card.fingerprint
        lines.append(_(line, digits=card.fingerprint))
    if args.staff is not None:
        told["staff"] = _enter(args, folder, holder, args.staff, Role.ADMINISTRATOR)
    return report(args, told, *lines)


def run_staff(args: argparse.Namespace) -> int:
    folder, holder = _administrator(args)
    if args.employer and note_employer(folder, holder, args.name, args.employer):
        told = {"employer": args.employer, "name": args.name}
        return report(args, told, _("{name}, who is entered already, is employed by {employer}.", **told))
    facts = _enter(args, folder, holder, args.name, Role(args.role), args.employer)
    return report(args, facts, facts["uri"])


def _enter(
    args: argparse.Namespace, folder: SiteFolder, holder: Holder, name: str, role: Role, employer: str = ""
) -> dict[str, str]:
    """Asks the person for a passphrase, and shows what their app needs."""
    prompt = _("New passphrase of {name}", name=name)
    own = ask_secret("staff", prompt, file=args.person_passphrase_file, confirm=True)
    codes = enter_person(folder, holder, name, role, own, employer)
    if not args.json:
        print(_("Secret for the one-time-code app of {name} (shown once):", name=name), file=sys.stderr)
        groups = " ".join(codes.secret[at : at + 4] for at in range(0, len(codes.secret), 4))
        if sys.stderr.isatty():
            print(_("Scan it with the app, or type it by hand: {groups}", groups=groups), file=sys.stderr)
            show_qr(codes.uri)
        else:
            print(_("To type it into the app by hand: {groups}", groups=groups), file=sys.stderr)
    return {"name": name, "role": role.value, "secret": codes.secret, "uri": codes.uri}


def show_qr(text: str) -> None:
    """As half blocks on the keyboard's screen; black on white whatever its colours."""
    segno.make(text, error="l", micro=False).terminal(out=sys.stderr, border=2, compact=True)


def run_serve(args: argparse.Namespace) -> int:
    folder, holder = _administrator(args)

    def tell(event: str, number: int, about: str = "") -> None:
        if event in EVENTS:
            print(_(EVENTS[event], number=number, about=about), file=sys.stderr)

    supervisor = supervised(folder, holder, args.host, args.port, tell)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_ignored: supervisor.stop())
    with folder.held():
        return max(0, supervisor.run())
