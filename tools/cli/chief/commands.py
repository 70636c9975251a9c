"""What each `examd chief …` command takes.

Before: `tools.cli.chief`. After: `tools.cli.chief.running`.
"""

from pathlib import Path

from tools.cli.base import Command, Commands
from tools.cli.language import _


def declare(chief: Commands) -> None:
    """Adds the commands in the order of a device's life."""
    init = chief.add(
        "init", "tools.cli.chief.running:run_init", _("make the device: keys, public card, memory"),
        _("Key and memory stay with the chief examiner; the card goes to the bureau."),
        "examd chief init chief --name 张伟 --bureau bureau.card.json",
    )  # fmt: skip
    init.add_argument("directory", type=Path, metavar=_("DIR"), help=_("a new folder for the keys"))
    init.add_argument("--name", required=True, help=_("the chief examiner's name, as it stands on results"))
    init.add_argument("--id", default="chief", help=_("staff number (default: %(default)s)"))
    init.takes_file("--bureau", _("the bureau's public card: this device opens its packages and no other's"))

    pin = chief.add(
        "pin", "tools.cli.chief.running:run_pin", _("tell the device whose packages it opens"),
        _("Once in the life of a device. Compare the fingerprint that is shown with the bureau before going on."),
        "examd chief pin chief --bureau bureau.card.json",
    )  # fmt: skip
    pin.takes_file("--bureau", _("the bureau's public card"), required=True)

    answer = chief.add(
        "answer", "tools.cli.chief.running:run_answer", _("see what the site asks, and sign it or not"),
        _(
            "Reads the request on the stick, shows what is asked in figures that the device counted itself, asks, "
            "signs, and puts the answer beside it."
        ),
        "examd chief answer chief /media/stick",
    )  # fmt: skip
    watch = chief.add(
        "watch", "tools.cli.chief.running:run_watch", _("answer every request that comes, until the closing"),
        _(
            "Signs checkpoints between opening and closing unasked while nothing unusual stands in the record, and "
            "asks about everything else. Ctrl+C ends it."
        ),
        "examd chief watch chief /media/stick", reports=False,
    )  # fmt: skip
    status = chief.add(
        "status", "tools.cli.chief.running:run_status", _("what this device has signed"),
        _("Lists the sessions that it remembers: how far and when it signed each last."),
        "examd chief status chief",
    )  # fmt: skip
    for each in (pin, answer, watch, status):
        each.add_argument("directory", type=Path, metavar=_("DIR"), help=_("the device's folder"))
    for each in (answer, watch):
        each.add_argument("stick", type=Path, metavar=_("STICK"), help=_("the folder with the site's request"))
        each.add_argument("--yes", action="store_true", help=_("sign without asking"))
    for each in (init, pin, answer, watch, status):
        _takes_passphrase(each)


def _takes_passphrase(command: Command) -> None:
    command.takes_file("--passphrase-file", _("read the passphrase from this file instead of asking"))
