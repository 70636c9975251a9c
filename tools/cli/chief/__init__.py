"""`examd chief …`: the chief examiner's own device, on a machine of their own."""

import argparse

from tools.cli.base import Commands
from tools.cli.language import _


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the actor."""
    Commands(
        subparsers,
        "chief",
        _("the chief examiner's own device: keys, memory, signatures"),
        _(
            "A session opens, is co-signed while it runs, and closes only with the chief examiner's key, on a machine "
            "of their own. The site's requests come on a stick; what is asked is shown before anything is signed."
        ),
        "examd chief answer chief /media/stick",
        "tools.cli.chief.commands:declare",
    )
