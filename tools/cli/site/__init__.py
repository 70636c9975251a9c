"""`examd site …`: commissioning a site, and holding a session from opening to the bulletin."""

import argparse
from collections.abc import Callable
from pathlib import Path

from tools.cli.base import Command, Commands
from tools.cli.language import _


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the actor."""
    Commands(
        subparsers,
        "site",
        _("hold a session: serve, open, start, close, grade, report"),
        _("The exam site's server and the acts of its staff. Commands are messages to the running server."),
        "examd site serve site",
        _declare,
    )


def _declare(site: Commands) -> None:
    from tools.cli.site import commissioning, reporting, session

    commissioning.add(site)
    session.add(site)
    reporting.add(site)


def command(
    site: Commands, name: str, run: Callable[[argparse.Namespace], int], text: str, example: str, **more: str | bool
) -> Command:
    """A command on a site's folder. `more`: a longer `description`; `reports` as `Commands.add` takes it."""
    found = site.add(name, run, text, str(more.get("description", text)), example, reports=bool(more.get("reports", 1)))
    found.add_argument("directory", type=Path, metavar=_("DIR"), help=_("the site's folder"))
    return found


def takes_passphrase(command: Command) -> None:
    """The passphrase of whoever gives the command."""
    command.takes_file("--passphrase-file", _("read the passphrase from this file instead of asking"))
