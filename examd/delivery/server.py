"""The serving process: a TLS port for terminals, one for staff that only this machine reaches, the timers of the room.

It holds the items of one session in memory and no answer key, ever. Before: `serve` unlocked the site. After: `door`
takes connections in for `seats` and `staff_socket`; `room`.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable

from aiohttp import web, web_response

from bank.refused import BrokenStore, Denied
from examd.clock import Clock, SystemClock
from examd.delivery import disk, tls
from examd.delivery.door import Door, Handler, Tell
from examd.delivery.ending import watch_deadlines
from examd.delivery.places import DESKS, Places
from examd.delivery.room import Room, Session
from examd.delivery.seats import Seats
from examd.delivery.staff_socket import StaffSocket
from examd.delivery.vouching import ask_for_signatures
from examd.holders import Holder
from examd.protocol.messages import TICK_S
from examd.record.entries import Kind
from examd.site.folder import SiteFolder

CHECKPOINT_S = 30
WATCH_S = 0.25
CLOCKS_AT_ONCE = 50
"""Clocks sent between two turns of the loop: a thousand at once held acknowledgements up for 30 ms."""
STOP_S = 0.5
"""How long stopping waits for open connections: a terminal keeps its own until somebody ends it."""
BACKLOG = 2048

DESK_HOST = "127.0.0.1"
"""Staff command at the server: no other machine may try their passphrases, or fill the places kept for them."""


def _silent(event: str, number: int, about: str = "") -> None:
    """For whoever runs a server and has no operator to tell."""


class Server:
    """The site's server, made in the loop that it runs in.

    `tell` hears "low-disk" and "disk-ok" (MiB free), "alarm" (candidate's number), "slowed" (candidate's number, its
    terminal), "held-off" (refusals, address), "full" (connections), "unwitnessed" (minutes without a co-signature).
    """

    def __init__(self, folder: SiteFolder, site: Holder, clock: Clock | None = None, tell: Tell = _silent) -> None:
        self._loop = asyncio.get_running_loop()
        self.room = Room(folder, site, clock or SystemClock(), self._run_later)
        self.places = Places.here()
        self.port = self.desk_port = 0
        """Where terminals and where staff are served, once they are."""
        self._tell = tell
        self._doors: list[Door] = []
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, host: str, port: int, desk_port: int = 0) -> None:
        """Takes up the current session where the record left it, then serves. Raises Refused.

        The ports first: a server that nobody could reach must not leave an entry in the record.
        """
        with contextlib.ExitStack() as listening:
            seats = listening.enter_context(_listening(host, port))
            desks = listening.enter_context(_listening(DESK_HOST, desk_port))
            self.port, self.desk_port = seats.getsockname()[1], desks.getsockname()[1]
            await self._start(seats, desks)
            listening.pop_all()

    async def _start(self, seats: socket.socket, desks: socket.socket) -> None:
        folder, site = self.room.folder, self.room.site
        tls.ensure(folder.directory, site)
        context = tls.server_context(folder.directory, site.identity)
        _limit_tls_buffers()
        # Also in answers that no handler of ours gives; versions help attackers.
        web_response.SERVER_SOFTWARE = "examd"  # type: ignore[attr-defined]
        if folder.current is not None:
            # Without a record a power cut came between choosing the session and its first entry: it is opened again.
            self.room.take_up(folder.current)
        for path, serve, places, listening in (
            ("/seat", Seats(self.room, self._tell).serve, self.places, seats),
            ("/desk", StaffSocket(self.room).serve, Places(DESKS, DESKS), desks),
        ):
            door = Door(_only(path, serve), context, places, self._tell)
            door.open(listening)
            self._doors.append(door)
        self._tasks = [asyncio.create_task(job()) for job in (self._ticks, self._checkpoints, self._watch)]

    async def stop(self) -> None:
        """Sends everybody away, ends the timers, signs a last checkpoint, closes record and staff book."""
        await asyncio.gather(
            *(door.close(STOP_S) for door in self._doors)
        )  # first whoever asks, then what is asked for
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._checkpoint()
        await self.room.detach_session()
        self.room.staff.close()

    def _run_later(self, function: Callable[[], None]) -> None:
        # RuntimeError: the loop has ended, so nobody is left to tell
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(function)

    async def _ticks(self) -> None:
        """Every TICK_S: an entry that a reboot can fall back to, and a clock for every seat."""
        while True:
            await asyncio.sleep(TICK_S)
            hall = self.room.hall
            if hall is not None and not hall.closing:
                hall.record.append(Kind.TICK, "server", {}, lambda _: None)
                for at, c in enumerate(list(hall.record.state.seats), 1):
                    hall.show_clock(c)
                    if at % CLOCKS_AT_ONCE == 0:
                        await asyncio.sleep(0)

    async def _watch(self) -> None:
        while True:
            self._watch_disk()
            hall, session = self.room.hall, self.room.session
            if hall is not None and not hall.closing:
                hall.low_disk = self.room.low_disk
                watch_deadlines(hall)
                ask_for_signatures(hall)
            if session is not None:
                alarms = session.record.state.alarms
                for alarm in alarms[session.alarms_told :]:
                    self._tell("alarm", alarm.c)
                session.alarms_told = len(alarms)
                self._watch_witness(session)
            await asyncio.sleep(WATCH_S)

    def _watch_witness(self, session: Session) -> None:
        """Says so once in every two intervals that pass without the chief examiner's signature."""
        state, every_ms = session.record.state, session.cosign_s * 1000
        if state.started_ms is None or state.closed or not every_ms:
            session.silence_told = 0
            return
        silent_ms = session.record.session_ms() - session.witnessed.t_ms
        silence = silent_ms // (2 * every_ms)
        if silence > session.silence_told:
            self._tell("unwitnessed", silent_ms // 60_000)
        session.silence_told = silence

    def _watch_disk(self) -> None:
        room = self.room
        free = disk.free_bytes(room.folder.directory)
        if free < disk.FULL_BYTES and room.session is not None:
            disk.release_reserve(room.session.folder)
        session = room.session
        if session is not None and not session.record.state.closed and not disk.reserved(session.folder):
            disk.reserve(session.folder)  # released before, or never laid: once there is room again
        if (free < disk.LOW_BYTES) is not room.low_disk:
            room.low_disk = not room.low_disk
            self._tell("low-disk" if room.low_disk else "disk-ok", free >> 20)

    async def _checkpoints(self) -> None:
        while True:
            await asyncio.sleep(CHECKPOINT_S)
            self._checkpoint()

    def _checkpoint(self) -> None:
        session = self.room.session
        if session is not None and session.record.size:
            # A full disk has no room for a checkpoint; the entries it would name are safe.
            with contextlib.suppress(BrokenStore):
                session.checkpoint()
            session.record.want_snapshot()


def _only(path: str, serve: Handler) -> Handler:
    """One generic answer for everything else, and no second one: who knocks with browser or scanner learns nothing."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        try:
            if request.method != "GET" or request.path != path:
                raise web.HTTPNotFound
            return await serve(request)
        except web.HTTPException as refused:
            refused.force_close()
            raise

    return answer


def _listening(host: str, port: int) -> socket.socket:
    """A socket that has the port for itself. Raises Denied("port-unavailable")."""
    try:
        family = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][0]
        both = family == socket.AF_INET6 and socket.has_dualstack_ipv6()
        return socket.create_server((host, port), family=family, backlog=BACKLOG, dualstack_ipv6=both)
    except (OSError, OverflowError) as error:
        raise Denied("port-unavailable", port=port, why=getattr(error, "strerror", "") or str(error)) from None


def _limit_tls_buffers() -> None:
    """Under plain asyncio each TLS connection takes a 256 KiB read buffer: 318 MB for 1,000 seats, 72 MB with 16 KiB.

    uvloop needs nothing of the kind. The attribute is not documented; where it is gone, only memory is lost.
    """
    import asyncio.sslproto

    if hasattr(asyncio.sslproto.SSLProtocol, "max_size"):
        asyncio.sslproto.SSLProtocol.max_size = 16 * 1024
