"""`examd chief init`: the chief examiner's keys, on a stick or device of their own."""

import argparse
from pathlib import Path

from tools.cli.base import Commands
from tools.cli.language import _
from tools.cli.output import report
from tools.cli.secrets import ask_secret


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the actor."""
    Commands(
        subparsers,
        "chief",
        _("the chief examiner's keys"),
        _("A session opens only with the chief examiner's key, kept apart from the site's server."),
        "examd chief init /media/stick --name 张伟",
        _declare,
    )


def _declare(chief: Commands) -> None:
    init = chief.add(
        "init",
        run_init,
        _("make the keys and the public card"),
        _("The key file stays with the chief examiner; the card goes to the bureau."),
        "examd chief init /media/stick --name 张伟",
    )
    init.add_argument("directory", type=Path, metavar=_("DIR"), help=_("a new folder for the keys"))
    init.add_argument("--name", required=True, help=_("the chief examiner's name, as it stands on results"))
    init.add_argument("--id", default="chief", help=_("staff number (default: %(default)s)"))
    init.takes_file("--passphrase-file", _("read the passphrase from this file instead of asking"))


def run_init(args: argparse.Namespace) -> int:
    from examd import holders

    passphrase = ask_secret("chief", _("Chief examiner's passphrase"), file=args.passphrase_file, confirm=True)
    card = holders.create(args.directory, "chief", args.id, args.name, passphrase).card
    facts = {"card": str(args.directory / "chief.card.json"), "key": str(args.directory / "chief.key")}
    return report(
        args,
        facts | {"fingerprint": card.fingerprint},
        _("Made {key} (keep it with you) and {card} (give it to the bureau).", **facts),
        _("Fingerprint of the card: {fingerprint}", fingerprint=card.fingerprint),
    )
