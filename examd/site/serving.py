"""Serving a site from its own machine: a supervisor that also writes down where staff find the server.

Before: `examd.site.commissioning`. After: `examd.delivery.supervisor`; staff connect to the address.
"""

from pathlib import Path

from examd.delivery.door import Tell
from examd.delivery.server import DESK_HOST
from examd.delivery.supervisor import Supervisor
from examd.holders import Holder
from examd.site.folder import SiteFolder


def supervised(
    folder: SiteFolder, site: Holder, host: str, port: int, tell: Tell, log: Path | None = None
) -> Supervisor:
    """The supervisor, not yet running. `tell` gets its events; when it hears "ready" staff can connect."""

    def on_event(event: str, number: int, about: str = "") -> None:
        if event == "desk":
            folder.note_address(DESK_HOST, number)
        tell(event, number, about)

    return Supervisor(folder.directory, site, host, port, on_event, log)
