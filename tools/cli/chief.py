"""`examd chief init`: the chief examiner's keys, on a stick or device of their own."""

import argparse
import json
from pathlib import Path


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    from tools.cli.base import help_formatter
    from tools.cli.language import _

    chief = subparsers.add_parser(
        "chief",
        help=_("the chief examiner's keys"),
        description=_("A session opens only with the chief examiner's key, kept apart from the site's server."),
        epilog=_("Example: examd chief init /media/stick --name 张伟"),
        formatter_class=help_formatter(),
    )
    commands = chief.add_subparsers(dest="command", required=True, metavar=_("COMMAND"), prog="examd chief")
    init = commands.add_parser(
        "init",
        help=_("make the keys and the public card"),
        description=_("The key file stays with the chief examiner; the card goes to the bureau."),
        epilog=_("Example: examd chief init /media/stick --name 张伟"),
        formatter_class=help_formatter(),
    )
    init.add_argument("directory", type=Path, metavar=_("DIR"), help=_("a new folder for the keys"))
    init.add_argument("--name", required=True, help=_("the chief examiner's name, as it stands on results"))
    init.add_argument("--id", default="chief", help=_("staff number (default: %(default)s)"))
    init.add_argument("--passphrase-file", type=Path, help=_("read the passphrase from this file instead of asking"))
    init.add_argument("--json", action="store_true", help=_("machine-readable output"))
    init.set_defaults(run=run_init)


def run_init(args: argparse.Namespace) -> int:
    from examd import holders
    from tools.cli.language import _
    from tools.cli.secrets import ask_secret

    passphrase = ask_secret("chief", _("Chief examiner's passphrase"), file=args.passphrase_file, confirm=True)
    holders.create(args.directory, "chief", args.id, args.name, passphrase)
    facts = {"card": str(args.directory / "chief.card.json"), "key": str(args.directory / "chief.key")}
    text = _("Made {key} (keep it with you) and {card} (give it to the bureau).")
    print(json.dumps(facts, ensure_ascii=False) if args.json else text.format_map(facts))
    return 0
