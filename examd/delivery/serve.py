"""Main of the serving process: secrets in through a pipe, one site served until told to stop.

    python -m examd.delivery.serve SITE HOST PORT DESK   (started by `examd.delivery.supervisor`, never by hand)

The first line on standard input holds the site's secrets: not in argv, not in the environment, where any process of
the machine could read them. "places N", "desk PORT", "ready PORT" go to standard output once the ports are served, and
later whatever the operator should hear without asking (`examd.delivery.server`), a line each. Exit codes: 0 told to
stop, 74 the disk failed or is full (`examd.record.writer`), 78 something a restart cannot mend.
"""

import asyncio
import contextlib
import errno
import logging
import os
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path

from aiohttp.http_exceptions import HttpProcessingError

from bank.hardening import harden
from bank.refused import Refused
from examd.delivery import places
from examd.delivery.server import Server
from examd.holders import Holder
from examd.record.writer import EXIT_IO_ERROR
from examd.site.folder import SiteFolder

EXIT_CONFIGURATION = 78  # EX_CONFIG of sysexits.h
OF_THE_DISK = ("store-io", "store-full")
"""Refusals that a disk can take back."""
ERRORS_OF_THE_DISK = (
    errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.ENODEV, errno.ENXIO, errno.ESTALE, errno.ETIMEDOUT
)  # fmt: skip


def main() -> int:
    """Serves until told to stop. Returns the exit code."""
    directory, host, port, desk_port = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("aiohttp.server").addFilter(_ours_in_one_line)
    logging.getLogger("aiohttp.websocket").setLevel(logging.ERROR)  # strangers choose what it warns of
    site = Holder.from_secret_bytes(sys.stdin.buffer.readline())
    harden(lock=False)
    places.raise_limit()
    folder = SiteFolder(directory)
    try:
        with folder.held("server"):  # before anything in the folder is opened
            return _loop_run(_serve(folder, site, host, port, desk_port))
    except Refused as refused:
        print(f"refused {refused.code} {refused.facts}", flush=True)
        return EXIT_IO_ERROR if refused.code in OF_THE_DISK else EXIT_CONFIGURATION
    except OSError as error:
        facts = {"file": str(error.filename or directory), "why": error.strerror}
        print(f"refused file-unreadable {facts}", flush=True)
        return EXIT_IO_ERROR if error.errno in ERRORS_OF_THE_DISK else EXIT_CONFIGURATION


async def _serve(folder: SiteFolder, site: Holder, host: str, port: int, desk_port: int) -> int:
    server = Server(folder, site, tell=_tell)
    stopping = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # Windows: the supervisor ends the process
            asyncio.get_running_loop().add_signal_handler(name, stopping.set)
    await server.start(host, port, desk_port)
    for event, number in (("places", server.places.all), ("desk", server.desk_port), ("ready", server.port)):
        _tell(event, number)
    await stopping.wait()
    await server.stop()
    return 0


def _tell(event: str, number: int, about: str = "") -> None:
    """A line to the supervisor. Where that was killed nobody reads, and the server goes on."""
    with contextlib.suppress(OSError):
        os.write(1, f"{event} {number} {about}".rstrip().encode() + b"\n")


def _ours_in_one_line(record: logging.LogRecord) -> bool:
    """What strangers send that is no HTTP is no fault of ours: the door counts and tells it, by address."""
    what = record.exc_info[0] if record.exc_info else None
    if what is not None and issubclass(what, HttpProcessingError):
        return False
    record.msg, record.args = f"{record.getMessage()} ({what.__name__ if what else 'no exception'})", None
    record.exc_info = record.exc_text = None
    return True


def _loop_run(main_coroutine: Coroutine[None, None, int]) -> int:
    try:
        import uvloop
    except ImportError:  # no wheel for Windows: the standard loop carries the same room with more memory
        return asyncio.run(main_coroutine)
    return int(uvloop.run(main_coroutine))


if __name__ == "__main__":
    sys.exit(main())
