"""The door: takes connections in, and keeps those that have not signed in yet few, small and short.

A stranger is refused before TLS costs anything: by what its address has asked for lately, by how many strangers there
are, by the places left. One that signs in stays, and has cost its address nothing; whoever has not within `STRANGER_S`
is cut. When strangers are too many, the oldest of the address that holds most of them goes, so that no machine can keep
another out. What is refused is counted by address, and the worst is told.

Before: `server` listens. After: `seats`, `staff_socket`, for whom each connection is a `Guest`.
"""

import asyncio
import contextlib
import itertools
import socket
import ssl
import struct
import sys
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address
from typing import Protocol

from aiohttp import web

from examd.delivery.budget import Budget
from examd.delivery.places import Places

STRANGER_S = 10.0
"""From connecting, or from the last message that made sense, to signing in."""
STRANGER_LIFE_S = 60.0
"""However much sense it makes."""
STRANGERS_OF_AN_ADDRESS = 64
ADDRESS_BURST, ADDRESS_PER_S = 128, 4
"""Connections and messages of strangers at one address. A candidate who mistypes needs two for each try."""
CONDEMNED_COSTS = 32
UNKNOWN_BURST, UNKNOWN_PER_S = 1024, 100
"""Connections from all addresses together at which nobody ever signed in."""
STRANGER_BYTES, STRANGER_BYTES_PER_S = 32 << 10, 4 << 10
"""A request and a sign-in are a kilobyte."""
SEAT_BYTES, SEAT_BYTES_PER_S = 512 << 10, 32 << 10
"""A thousand answers that were given while the network was away are 120 kB."""
REFUSALS_A_TURN = 32
LEAVE_S = 2.0
"""How long somebody who is sent away may take over the last words."""
ADDRESSES = 4096
"""Remembered at most."""
TELL_FROM, TELL_EVERY_S, FORGET_S = 20, 10.0, 60.0
"""So many refusals of one address within `FORGET_S` are told, one line each `TELL_EVERY_S` at most."""
TLS_BYTES, TLS_SHARE = 8 << 10, 8
"""Bytes on the wire that a connection may take beside those for us, and for each of ours: the smallest frame, an answer
to a ping, takes 33 for 6."""
WINDOW_BYTES = 1152
"""Of one connection, on the wire to us and not read: the least that Linux takes."""
LOOK_S, LOOK_AT = 0.05, 100
"""How often strangers are looked at, and how many that stay with them."""
_BYTES_RECEIVED = struct.Struct("=128xQ")
"""In Linux's tcp_info: tcpi_bytes_received."""
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER: closing sends a reset and leaves nothing behind in the kernel."""


class Tell(Protocol):
    """What the operator should hear without asking."""

    def __call__(self, event: str, number: int, about: str = "") -> None: ...


@dataclass(slots=True, eq=False)
class _Address:
    """What is remembered of one machine of the network."""

    name: str
    budget: Budget
    strangers: dict["Guest", None] = field(default_factory=dict)
    """Oldest first."""
    known: bool = False
    """Somebody has signed in from here."""
    refused: int = 0
    """Since it was told last."""


class Guest(web.RequestHandler):
    """One connection, from its acceptance on. It stays once somebody has signed in over it."""

    __slots__ = (
        "_bytes",
        "_connection",
        "_door",
        "_read",
        "address",
        "came_s",
        "heard_s",
        "opening",
        "pipe",
        "spent",
        "stays",
    )

    def __init__(
        self, door: "Door", server: web.Server, address: _Address, connection: socket.socket, now_s: float
    ) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(server, loop=loop, lingering_time=0, access_log=None)  # type: ignore[arg-type]  # as aiohttp does
        self._door, self.address, self._connection = door, address, connection
        self.came_s = self.heard_s = now_s
        self.pipe: asyncio.Transport | None = None
        self.opening: asyncio.Task[None] | None = None
        """The handshake of TLS, while it goes on."""
        self.spent = 1
        self.stays = False
        self._bytes = Budget(STRANGER_BYTES, STRANGER_BYTES_PER_S, now_s)
        self._read = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.pipe = self.transport  # aiohttp lets go of its own as soon as it wants to close, peers take their time

    def data_received(self, data: bytes) -> None:
        """Passes on what was sent, while whoever sends it has bytes left to spend."""
        self._read += len(data)
        if not self._bytes.afford(len(data), self._loop.time()):
            return self.condemn()  # frames without a message never come as far as anybody who counts messages
        return super().data_received(data)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._door.gone(self)
        super().connection_lost(exc)

    @property
    def wasteful(self) -> bool:
        """TLS has read far more here than it had for us: new keys, again and again. False where nobody counts."""
        if sys.platform != "linux" or self._connection.fileno() < 0:
            return False
        try:
            told = self._connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _BYTES_RECEIVED.size)
        except OSError:
            return False  # gone in the meantime
        if len(told) < _BYTES_RECEIVED.size:
            return False  # a kernel before 4.1
        (received,) = _BYTES_RECEIVED.unpack(told)
        return bool(received > TLS_BYTES + TLS_SHARE * self._read)

    def pay(self) -> bool:
        """A stranger has said something. False where its address had no more to spend, and the connection is cut."""
        if self.address.budget.afford(1, self._loop.time()):
            self.spent += 1
            return True
        self.cut()
        return False

    def made_sense(self) -> None:
        """It was a message of ours, so a little more time may be worth it."""
        self._door.heard(self)

    def stay(self, *, free: bool = True, nbytes: int = SEAT_BYTES, per_s: int = SEAT_BYTES_PER_S) -> None:
        """Somebody has signed in here. `free`: what that took is given back to the address."""
        if not self.stays:
            self._bytes = Budget(nbytes, per_s, self._loop.time())
            self._door.stayed(self, free=free)

    def condemn(self) -> None:
        """Cuts what is no terminal of ours, and makes it dear: its address is not heard again for a while."""
        self.address.refused += TELL_FROM
        self.address.budget.spend(CONDEMNED_COSTS, self._loop.time())
        self.cut()

    def cut(self) -> None:
        """Ends the connection without another word."""
        if self.pipe is not None:
            self.pipe.abort()
        elif self.opening is not None:
            self.opening.cancel()


Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class Door:
    """One listening socket and all connections that came through it."""

    def __init__(
        self,
        handler: Handler,
        context: ssl.SSLContext,
        places: Places,
        tell: Tell = lambda event, number, about="": None,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._server = web.Server(handler)
        self._context, self._places, self._tell = context, places, tell
        self._strangers: OrderedDict[Guest, None] = OrderedDict()
        """Longest silent first."""
        self._staying: OrderedDict[Guest, None] = OrderedDict()
        """Longest not looked at first."""
        self._addresses: OrderedDict[str, _Address] = OrderedDict()
        self._unknown = Budget(UNKNOWN_BURST, UNKNOWN_PER_S, self._loop.time())
        self._told_s = self._forgot_s = -FORGET_S
        self._turned_away = 0
        """For want of places, since that was told."""
        self._tasks: list[asyncio.Task[None]] = []

    def open(self, listening: socket.socket) -> None:
        """Begins to take connections in."""
        listening.setblocking(False)
        # A flood waits in its own machine's buffers: here each connection could pin 10 MB of the kernel's.
        for buffer in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            listening.setsockopt(socket.SOL_SOCKET, buffer, 64 << 10)
        if sys.platform == "linux":
            # Forty new keys of TLS fit in, each a fifth of a millisecond of work that nobody sees before it is done.
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_WINDOW_CLAMP, WINDOW_BYTES)
        self._tasks = [asyncio.create_task(self._take_in(listening)), asyncio.create_task(self._sweep())]

    async def close(self, patience_s: float) -> None:
        """Takes nobody in any more, and ends every connection."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for guest in list(self._strangers):
            guest.cut()
        await self._server.shutdown(patience_s)

    # ---- coming in ----------------------------------------------------------------------------------------------

    async def _take_in(self, listening: socket.socket) -> None:
        """Lets one in a turn of the loop, so that seats are heard in between; of those refused, some more."""
        with listening:
            refused = 0
            while True:
                try:
                    connection, peer = listening.accept() if refused else await self._loop.sock_accept(listening)
                    refused = 0 if self._let_in(connection, str(peer[0])) else (refused + 1) % REFUSALS_A_TURN
                except (BlockingIOError, ConnectionError):
                    refused = 0  # nobody else is waiting, or it thought better of it
                except OSError:  # no descriptor or no memory at this moment
                    refused = 0
                    await asyncio.sleep(0.1)

    def _let_in(self, connection: socket.socket, peer: str) -> bool:
        now_s, address = self._loop.time(), self._address(peer)
        if not address.budget.afford(1, now_s) or not (address.known or self._unknown.afford(1, now_s)):
            address.refused += 1
            _reset(connection)
            return False
        if len(address.strangers) >= STRANGERS_OF_AN_ADDRESS:
            self._lose(next(iter(address.strangers)))
        full = len(self._strangers) + len(self._staying) >= self._places.all
        if (full or len(self._strangers) >= self._places.strangers) and not self._make_place():
            self._turned_away += 1
            _reset(connection)
            return False
        guest = Guest(self, self._server, address, connection, now_s)
        self._strangers[guest] = address.strangers[guest] = None
        guest.opening = asyncio.create_task(self._shake_hands(guest, connection))
        return True

    async def _shake_hands(self, guest: Guest, connection: socket.socket) -> None:
        try:
            await self._first_byte(connection)
            await self._loop.connect_accepted_socket(
                lambda: guest,
                connection,
                ssl=self._context,
                ssl_handshake_timeout=STRANGER_S,
                ssl_shutdown_timeout=LEAVE_S,
            )
        except OSError:  # no TLS of ours, or gone in the middle of it
            self.gone(guest)
        except asyncio.CancelledError:
            self.gone(guest)
            _reset(connection)
            raise
        finally:
            guest.opening = None

    async def _first_byte(self, connection: socket.socket) -> None:
        """Waits until something was said: a connection without a word needs no TLS, which takes 50 kB."""
        said = asyncio.Event()
        try:
            self._loop.add_reader(connection, said.set)
        except NotImplementedError:  # Windows
            return
        try:
            await said.wait()
        finally:
            self._loop.remove_reader(connection)

    def _make_place(self) -> bool:
        """Cuts the oldest stranger of the address that holds most. False: there is none."""
        held = [guest.address for guest in self._strangers]
        if not held:
            return False
        self._lose(next(iter(max(held, key=lambda address: len(address.strangers)).strangers)))
        return True

    def _lose(self, guest: Guest) -> None:
        guest.cut()
        self.gone(guest)

    def _address(self, peer: str) -> _Address:
        name = _machine(peer)
        found = self._addresses.get(name)
        if found is None:
            found = self._addresses[name] = _Address(name, Budget(ADDRESS_BURST, ADDRESS_PER_S, self._loop.time()))
            if len(self._addresses) > ADDRESSES:
                idle = (each for each in self._addresses.values() if not each.strangers and not each.known)
                self._addresses.pop(next(idle, found).name)
        self._addresses.move_to_end(name)
        return found

    # ---- what becomes of a guest --------------------------------------------------------------------------------

    def heard(self, guest: Guest) -> None:
        now_s = self._loop.time()
        if guest in self._strangers and now_s - guest.came_s < STRANGER_LIFE_S - STRANGER_S:
            guest.heard_s = now_s
            self._strangers.move_to_end(guest)

    def stayed(self, guest: Guest, *, free: bool) -> None:
        """It is no stranger any more. `free`: what coming took is given back to its address."""
        if guest not in self._strangers:
            return  # cut in the same turn
        self._forget(guest)
        guest.stays, guest.address.known = True, True
        self._staying[guest] = None
        if free:
            guest.address.budget.give_back(guest.spent)
            self._unknown.give_back(1)

    def gone(self, guest: Guest) -> None:
        if guest in self._staying:
            del self._staying[guest]
        elif guest in self._strangers:
            guest.address.refused += 1
            self._forget(guest)

    def _forget(self, guest: Guest) -> None:
        del self._strangers[guest], guest.address.strangers[guest]

    # ---- again and again ----------------------------------------------------------------------------------------

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            now_s = self._loop.time()
            while self._strangers and now_s - (oldest := next(iter(self._strangers))).heard_s > STRANGER_S:
                self._lose(oldest)
            some = list(itertools.islice(self._staying, LOOK_AT))
            for guest in some:
                self._staying.move_to_end(guest)
            for guest in [*self._strangers, *some]:
                if guest.wasteful:
                    guest.condemn()
            self._tell_worst(now_s)

    def _tell_worst(self, now_s: float) -> None:
        if now_s - self._told_s < TELL_EVERY_S:
            return
        if self._turned_away:
            self._tell("full", self._places.all)
            self._turned_away, self._told_s = 0, now_s
        worst = max(self._addresses.values(), key=lambda each: each.refused, default=None)
        if worst is not None and worst.refused >= TELL_FROM:
            self._tell("held-off", worst.refused, worst.name)
            worst.refused, self._told_s = 0, now_s
        elif now_s - self._forgot_s >= FORGET_S:
            for each in self._addresses.values():
                each.refused = 0
            self._forgot_s = now_s


def _reset(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    connection.close()


def _machine(peer: str) -> str:
    """Which machine an address stands for: of IPv6 the network, in which a machine has as many as it likes."""
    if ":" not in peer:
        return peer
    address = ip_address(peer.partition("%")[0])
    if not isinstance(address, IPv6Address) or address.is_link_local or address.is_loopback:
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return f"{IPv6Address(int(address) >> 64 << 64)}/64"
