"""Serving a site from its own machine: a supervisor that also writes down where the server is to be found.

Before: `examd.site.commissioning`. After: `examd.delivery.supervisor`; staff connect to the address.
"""

from collections.abc import Callable
from pathlib import Path

from examd.delivery.supervisor import Supervisor
from examd.holders import Holder
from examd.site.folder import SiteFolder

EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104


def supervised(
    folder: SiteFolder, site: Holder, host: str, port: int, tell: Callable[[str, int], None], log: Path | None = None
) -> Supervisor:
    """The supervisor, not yet running. `tell` gets its events; when it hears "ready" staff can connect."""

    def on_event(event: str, number: int) -> None:
        if event == "ready":
            folder.note_address("127.0.0.1" if host in EVERYWHERE else host, number)
        tell(event, number)

    return Supervisor(folder.directory, site, host, port, on_event, log)
