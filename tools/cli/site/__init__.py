"""`examd site …`: commissioning a site, and holding a session from opening to the bulletin."""

import argparse

from tools.cli.base import Commands
from tools.cli.language import _


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the actor."""
    Commands(
        subparsers,
        "site",
        _("hold a session: serve, open, start, close, grade, report"),
        _("The exam site's server and the acts of its staff. Commands are messages to the running server."),
        "examd site serve site",
        "tools.cli.site.commands:declare",
    )
