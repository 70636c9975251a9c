"""Keeps the serving process alive: a server that was killed is back within a second, unaided.

The supervisor holds the site's secrets (from the administrator's passphrase) and hands them to each new server through
a pipe. It does nothing else, so there is little in it to fail. If it is itself killed, the server goes on; only the
unaided restart is gone, and `examd site serve` says so.
"""

import contextlib
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from bank.refused import Denied, Refused
from examd.clock import SystemClock
from examd.delivery.door import Tell
from examd.delivery.serve import EXIT_CONFIGURATION
from examd.holders import Holder
from examd.record.writer import EXIT_IO_ERROR

RESTART_S = 0.1
TOLD = ("places", "desk", "ready", "low-disk", "disk-ok", "alarm", "slowed", "held-off", "full", "unwitnessed")
"""What the server says of itself (`examd.delivery.server`), passed on as events."""
LONGEST_WAIT_S = 5.0
"""Before a server that its disk ended is tried again; the first time at once, for most errors are gone by then."""
HOPELESS_STARTS, HOPELESS_MS = 10, 30_000
"""A server that dies this often within this time will not be mended by starting it again. One that its disk ended is
tried for as long as nobody stops it: the disk may come back, and the room waits for nothing else."""


class Supervisor:
    """Runs one server process at a time. `on_event` is told "ready" (port), "restarting" (exit code), "stopped".

    And before that "places" (connections there can be) and "desk" (port for staff), later what `examd.delivery.server`
    tells.
    """

    def __init__(
        self, directory: Path, site: Holder, host: str, port: int, on_event: Tell, log: Path | None = None
    ) -> None:
        """`log`: where the server's own messages go; to our standard error where none is named."""
        self._command = [sys.executable, "-P", "-m", "examd.delivery.serve", str(directory), host]
        self._port, self._desk_port = port, 0
        self._secrets = site.secret_bytes() + b"\n"
        self._on_event = on_event
        self._log = log
        self._stopping = threading.Event()
        self.process: subprocess.Popen[bytes] | None = None

    def run(self) -> int:
        """Returns the server's exit code once it ends for good. Raises Denied: it cannot start, or keeps dying."""
        clock, starts, wait_s = SystemClock(), list[int](), RESTART_S
        while True:
            now_ms = clock.now().mono_ms
            starts = [at for at in starts if now_ms - at < HOPELESS_MS] + [now_ms]
            if len(starts) > HOPELESS_STARTS:
                raise Denied("server-keeps-dying", starts=len(starts))
            code = self._run_once()
            if self._stopping.is_set() or code == 0:
                self._on_event("stopped", code)
                return code
            self._on_event("restarting", code)
            if code == EXIT_IO_ERROR:
                starts.clear()
                self._stopping.wait(wait_s)
                wait_s = RESTART_S if clock.now().mono_ms - now_ms > HOPELESS_MS else min(2 * wait_s, LONGEST_WAIT_S)
            else:
                wait_s = RESTART_S
                time.sleep(RESTART_S)

    def stop(self) -> None:
        """Ends the server and with it `run`. Safe from a signal handler and from another thread."""
        self._stopping.set()
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def _run_once(self) -> int:
        # glibc gives each thread an arena of its own; what a room's sign-ins leave in them never comes back.
        environment = {**os.environ, "MALLOC_ARENA_MAX": "2"}
        with (
            contextlib.nullcontext() if self._log is None else self._log.open("ab") as log,
            subprocess.Popen(
                [*self._command, str(self._port), str(self._desk_port)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment,
            ) as process,
        ):
            self.process = process
            if self._stopping.is_set():
                process.terminate()
            assert process.stdin is not None and process.stdout is not None
            try:
                process.stdin.write(self._secrets)
                process.stdin.close()
            except BrokenPipeError:
                pass  # it died at once; its exit code says why
            last = b""
            for line in process.stdout:
                last = line
                match line.decode(errors="replace").strip().split(" ", 2):
                    case [event, number, *about] if event in TOLD and number.isdigit():
                        if event == "ready":
                            self._port = int(number)  # port 0 was asked for: terminals must find it again
                        elif event == "desk":
                            self._desk_port = int(number)
                        self._on_event(event, int(number), *about)
            code = process.wait()
        if code == EXIT_CONFIGURATION and not self._stopping.is_set():
            raise _refusal(last.decode(errors="replace"))
        return code


def _refusal(line: str) -> Refused:
    """The server's own refusal, as it printed it."""
    import ast

    word, _, rest = line.strip().partition(" ")
    code, _, facts = rest.partition(" ")
    if word != "refused":
        return Denied("server-keeps-dying", starts=1)
    try:
        return Denied(code, **ast.literal_eval(facts or "{}"))
    except (ValueError, SyntaxError):
        return Denied(code)
