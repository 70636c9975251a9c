"""The serving process: one TLS port, terminals at /seat, staff at /desk, and the timers of the room.

It holds the items of one session in memory and no answer key, ever. Before: `serve` unlocked the site. After: `seats`,
`desk`, `hall`.
"""

import asyncio
import contextlib
import functools
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

from aiohttp import web, web_response

from bank.refused import BrokenStore, Denied
from examd import VERSION
from examd.clock import Clock, SystemClock
from examd.delivery import seats, staff_socket, tls
from examd.delivery.hall import Hall
from examd.delivery.seats import SeatConnection
from examd.holders import Holder
from examd.package import open as opening
from examd.protocol.messages import TICK_S
from examd.record import notes
from examd.record.entries import Kind
from examd.record.writer import Outcome, Record
from examd.site.folder import SessionSecrets, SiteFolder

CHECKPOINT_S = 30
WATCH_S = 0.25
CLOCKS_AT_ONCE = 50
"""Clocks sent between two turns of the loop: a thousand at once held acknowledgements up for 30 ms."""
STOP_S = 0.5
"""How long stopping waits for open connections: a terminal keeps its own until somebody ends it."""
LOW_DISK_BYTES = 256 << 20
"""Below this much free space nothing more is acknowledged; the ballast below keeps closing and export possible."""
BALLAST_BYTES = 64 << 20
FULL_DISK_BYTES = 4 << 20
"""Below this the ballast is given back unasked: the entries of the running session still need some room."""
BACKLOG = 2048

Tell = Callable[[str, int], None]
"""What the operator should hear without asking: "low-disk" and "disk-ok" (MiB free), "alarm" (candidate's number)."""


class Server:
    """The site's server. `hall` is the session being held, from `open` on."""

    def __init__(
        self,
        folder: SiteFolder,
        site: Holder,
        clock: Clock | None = None,
        tell: Tell = lambda _event, _number: None,
    ) -> None:
        self.folder = folder
        self.site = site
        self.clock = clock or SystemClock()
        self.staff = folder.staff(site)
        self.staff_lock = asyncio.Lock()
        self.acting = asyncio.Lock()
        """Held by the one staff command that is changing something."""
        self.hall: Hall | None = None
        self.package: opening.Package | None = None
        self.record: Record | None = None
        self.low_disk = False
        self._tell = tell
        self._alarms_told = 0
        self._dirty: list[SeatConnection] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    # ---- starting and stopping --------------------------------------------------------------------------------

    async def start(self, host: str, port: int) -> web.AppRunner:
        """Takes up the current session where the record left it, then serves. Raises Refused.

        The port first: a server that nobody could reach must not leave an entry in the record.
        """
        self._loop = asyncio.get_running_loop()
        listening = _listening(host, port)
        try:
            return await self._start(listening)
        except BaseException:
            listening.close()
            raise

    async def _start(self, listening: socket.socket) -> web.AppRunner:
        tls.ensure(self.folder.directory, self.site)
        context = tls.server_context(self.folder.directory, self.site.identity)
        _limit_tls_buffers()
        # Also in answers that no handler of ours gives; versions help attackers.
        web_response.SERVER_SOFTWARE = "examd"  # type: ignore[attr-defined]
        if self.folder.current is not None:
            self.take_up(self.folder.current)
        app = web.Application()
        app.router.add_get("/seat", functools.partial(seats.serve_seat, self))
        app.router.add_get("/desk", functools.partial(staff_socket.serve_desk, self))
        # One generic answer for everything else: whoever knocks with a browser or a scanner learns nothing.
        runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=STOP_S)
        await runner.setup()
        await web.SockSite(runner, listening, ssl_context=context, backlog=BACKLOG).start()
        self._tasks = [asyncio.create_task(job()) for job in (self._ticks, self._checkpoints, self._watch)]
        return runner

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.record is not None:
            self.checkpoint()
            await asyncio.to_thread(self.record.stop)
        self.staff.close()

    def take_up(self, session_id: str) -> None:
        """Goes on with a session of this site where its record left it."""
        folder = self.folder.session(session_id)
        if not (folder / "record.db").exists():
            return  # a power cut came between choosing the session and its first entry: `site open` begins again
        session = self.folder.read_secrets(folder, self.site)
        self.package = opening.read(folder / "package", self.folder.bureau().sign)
        self.record = Record.open(folder / "record.db", session.record_key, self.clock, self.run_later)
        if session.items is not None and self.record.state.opened is not None:
            self.hall = self.make_hall(session)
        self.record.start()
        if not self.record.state.closed:
            self._boot()

    def _boot(self) -> None:
        """The first entry of this run of the server. A full disk must not keep it out: its epoch hangs on it."""
        record = self.record
        assert record is not None

        def booted(outcome: Outcome) -> None:
            if isinstance(outcome, BrokenStore):
                self.drop_ballast()
                record.append(Kind.BOOT, "server", {"version": VERSION}, _ignore)

        record.append(Kind.BOOT, "server", {"version": VERSION}, booted)

    async def put_down(self) -> None:
        """Ends the record of the session being held, and forgets it; its folder stays as it is."""
        if self.record is not None:
            await asyncio.to_thread(self.record.stop)
        self.record = self.hall = self.package = None
        self._alarms_told = 0

    def make_hall(self, session: SessionSecrets) -> Hall:
        assert self.package is not None and self.record is not None and session.items and session.roster
        return Hall(
            self.package,
            self.record,
            opening.roster(self.package, session.roster),
            opening.items(self.package, session.items),
        )

    def run_later(self, function: "staff_socket.Thunk") -> None:
        """Hands a function from the record's thread to the loop."""
        assert self._loop is not None
        # RuntimeError: the loop has ended, so nobody is left to tell
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(function)

    # ---- sending ----------------------------------------------------------------------------------------------

    def to_flush(self, connection: SeatConnection) -> None:
        if not self._dirty:
            assert self._loop is not None
            self._loop.call_soon(self._flush)
        self._dirty.append(connection)

    def _flush(self) -> None:
        dirty, self._dirty = self._dirty, []
        for connection in dirty:
            # Whoever went away: what it missed it will ask for when it resumes.
            with contextlib.suppress(ConnectionError, RuntimeError):
                connection.flush()

    # ---- timers -----------------------------------------------------------------------------------------------

    async def _ticks(self) -> None:
        """Every TICK_S: an entry that a reboot can fall back to, and a clock for every seat."""
        while True:
            await asyncio.sleep(TICK_S)
            if self.hall is not None and not self.hall.closing:
                self.hall.record.append(Kind.TICK, "server", {}, _ignore)
                for at, c in enumerate(list(self.hall.record.state.seats), 1):
                    self.hall.show_clock(c)
                    if at % CLOCKS_AT_ONCE == 0:
                        await asyncio.sleep(0)

    async def _watch(self) -> None:
        while True:
            self._watch_disk()
            if self.hall is not None and not self.hall.closing:
                self.hall.low_disk = self.low_disk
                self.hall.watch_deadlines()
            if self.record is not None:
                alarms = self.record.state.alarms
                for c, _what in alarms[self._alarms_told :]:
                    self._tell("alarm", c)
                self._alarms_told = len(alarms)
            await asyncio.sleep(WATCH_S)

    def _watch_disk(self) -> None:
        free = _free(self.folder.directory)
        if free < FULL_DISK_BYTES:
            self.drop_ballast()
        if (free < LOW_DISK_BYTES) is not self.low_disk:
            self.low_disk = not self.low_disk
            self._tell("low-disk" if self.low_disk else "disk-ok", free >> 20)

    async def _checkpoints(self) -> None:
        while True:
            await asyncio.sleep(CHECKPOINT_S)
            self.checkpoint()

    # ---- checkpoints ------------------------------------------------------------------------------------------

    @property
    def origin(self) -> str:
        assert self.package is not None
        session = self.package.manifest.session
        return notes.origin(session.site_id, session.id)

    def checkpoint(self) -> tuple[int, str] | None:
        """Signs the record's head where it has moved. Returns (number, body) of the newest note."""
        if self.record is None or self.record.size == 0:
            return None
        size, root, _ = self.record.head()
        text = notes.body(self.origin, size, root)
        kept = self.record.notes()
        if kept and kept[-1][1] == size:
            return kept[-1][0], text
        line = notes.sign(text, f"site/{self.site.card.id}", self.site.signing_key)
        try:
            return self.record.add_note(size, notes.note(text, line)), text
        except BrokenStore:
            return None  # a full disk has no room for a checkpoint; the entries it would name are safe

    # ---- the disk ---------------------------------------------------------------------------------------------

    def lay_ballast(self, folder: Path) -> None:
        """Space that is given back when the disk is full, so that closing and export still fit."""
        ballast = folder / "ballast"
        if not ballast.exists() and _free(folder) > LOW_DISK_BYTES + BALLAST_BYTES:
            with ballast.open("wb") as stream:
                for _ in range(BALLAST_BYTES >> 20):
                    stream.write(bytes(1 << 20))

    def drop_ballast(self) -> None:
        if self.package is not None:
            folder = self.folder.session(self.package.manifest.session.id)
            (folder / "ballast").unlink(missing_ok=True)


def _listening(host: str, port: int) -> socket.socket:
    """A socket that has the port for itself. Raises Denied("port-unavailable")."""
    try:
        family = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][0]
        both = family == socket.AF_INET6 and socket.has_dualstack_ipv6()
        return socket.create_server((host, port), family=family, backlog=BACKLOG, dualstack_ipv6=both)
    except (OSError, OverflowError) as error:
        raise Denied("port-unavailable", port=port, why=getattr(error, "strerror", "") or str(error)) from None


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def _ignore(_: Outcome) -> None:
    """For entries nobody waits for."""


def _limit_tls_buffers() -> None:
    """Under plain asyncio each TLS connection takes a 256 KiB read buffer: 318 MB for 1,000 seats, 72 MB with 16 KiB.

    uvloop needs nothing of the kind. The attribute is not documented; where it is gone, only memory is lost.
    """
    import asyncio.sslproto

    if hasattr(asyncio.sslproto.SSLProtocol, "max_size"):
        asyncio.sslproto.SSLProtocol.max_size = 16 * 1024


__all__ = ["Server"]
