"""Main of the serving process: secrets in through a pipe, one site served until told to stop.

    python -m examd.delivery.serve SITE HOST PORT        (started by `examd.delivery.supervisor`, never by hand)

The first line on standard input holds the site's secrets: not in argv, not in the environment, where any process of
the machine could read them. "ready PORT" goes to standard output once the port listens. Exit codes: 0 told to stop,
74 the disk failed (`examd.record.writer`), 78 something a restart cannot mend.
"""

import asyncio
import contextlib
import ctypes
import logging
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path

from bank.refused import Refused
from examd.delivery.server import Server
from examd.holders import Holder
from examd.site import SiteFolder

EXIT_CONFIGURATION = 78  # EX_CONFIG of sysexits.h


def main() -> int:
    directory, host, port = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    site = Holder.from_secret_bytes(sys.stdin.buffer.readline())
    _keep_memory_private()
    try:
        return _loop_run(_serve(Server(SiteFolder(directory), site), host, port))
    except Refused as refused:
        print(f"refused {refused.code} {refused.facts}", flush=True)
        return EXIT_CONFIGURATION
    except OSError as error:
        print(f"refused port-unavailable {{'port': {port}, 'why': {error.strerror!r}}}", flush=True)
        return EXIT_CONFIGURATION


async def _serve(server: Server, host: str, port: int) -> int:
    stopping = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # Windows: the supervisor ends the process
            asyncio.get_running_loop().add_signal_handler(name, stopping.set)
    runner = await server.start(host, port)
    listening = runner.addresses[0][1]
    print(f"ready {listening}", flush=True)
    await stopping.wait()
    await runner.cleanup()  # first whoever asks, then what is asked for
    await server.stop()
    return 0


def _loop_run(main_coroutine: Coroutine[None, None, int]) -> int:
    try:
        import uvloop
    except ImportError:  # no wheel for Windows: the standard loop carries the same room with more memory
        return asyncio.run(main_coroutine)
    return int(uvloop.run(main_coroutine))


def _keep_memory_private() -> None:
    """No core dumps, and no other process of this user may read our memory: it holds a session's items."""
    if sys.platform != "linux":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE


if __name__ == "__main__":
    sys.exit(main())
