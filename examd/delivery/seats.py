"""The terminals' connections: one WebSocket each, strict messages in, queued messages out.

Nobody is heard more than is fair: a few frames a turn of the loop, what a candidate may say in the long run, and
nothing more while replies lie unread. Whoever wants more is heard later, not refused, and waits in its own buffers.

Before: `door` took the connection in. After: `sign_in`, `answers`, `vouching`, `hall` decide.
"""

import asyncio
import contextlib
import logging
import struct

from aiohttp import WSMsgType, web

from examd.delivery.answers import act
from examd.delivery.budget import Budget
from examd.delivery.door import Guest, Tell
from examd.delivery.enrolment import greet
from examd.delivery.room import Room
from examd.delivery.sign_in import resume, sign_in
from examd.delivery.vouching import take_signature
from examd.protocol.messages import (
    MALFORMED,
    MAX_MESSAGE_BYTES,
    FromTerminal,
    Message,
    Pair,
    Present,
    Ready,
    Refusal,
    Resume,
    Signed,
    SignIn,
    decode_from_terminal,
    encode,
)
from examd.protocol.reasons import Reason

STALLED_BYTES = 1 << 20
"""A terminal that lets this much pile up does not read: its connection is cut, its answers are safe."""
UNREAD_BYTES, UNREAD_S, LOOK_AGAIN_S = 32 << 10, 10.0, 0.02
"""While so much lies unread nothing more is heard, and after so long the connection is cut."""
FRAMES_A_TURN = 8
"""Of one connection, before others are heard."""
CANDIDATE_BURST, CANDIDATE_PER_S = 2_000, 5
"""Frames of one candidate. Nobody goes on choosing five times a second; a form answered ten times over while the
network was away is caught up with at once. An hour of abuse is 20,000 entries, 8 MB."""
COMING_COSTS = 10
"""Frames that a sign-in or a return is worth: handshake, welcome, form."""
TELL_SLOWED_S = 60.0
HEARTBEAT_S = 10.0
BAD_MESSAGES = 20
"""After so many messages that make no sense the connection is cut."""
SIP_BYTES = 2048
"""OpenSSL's buffer keeps, for the life of a connection, the size of the largest piece ever written to it at once: a
form of 25 kB written whole cost 33 MB in a room of 1,000."""


class SeatConnection:
    """One terminal's end. `send` only queues: all queues are written once per turn of the loop.

    What is queued for one terminal leaves in one piece, framed here: a record of TLS for each turn, not for each
    acknowledgement, at half the cost. Pings, pongs and closing are aiohttp's, between our frames.
    """

    def __init__(self, seats: "Seats", socket: web.WebSocketResponse, request: web.BaseRequest) -> None:
        self.terminal = self.address = request.remote or ""
        self.machine = self.known = ""
        """`known`: the machine where it is enrolled or waits for staff to confirm it. Nobody else stays."""
        self.c = 0
        self.last_heard_ms = 0
        self._seats = seats
        self._socket = socket
        self._transport = request.transport
        self._queue: list[bytes] = []
        self._closing = False
        self.bad_messages = self.frames = 0

    def send(self, message: Message) -> None:
        if not self._queue:
            self._seats.to_flush(self)
        self._queue.append(encode(message))

    def drop(self, refusal: Refusal) -> None:
        self.send(refusal)
        self._closing = True

    @property
    def unread_bytes(self) -> int:
        """Written to the terminal and not taken by it, nor by the system on its way."""
        transport = self._transport
        return 0 if transport is None or transport.is_closing() else transport.get_write_buffer_size()

    def flush(self) -> None:
        """Writes what is queued. Never waits for the network."""
        queue, self._queue = self._queue, []
        transport = self._transport
        if self._socket.closed or transport is None or transport.is_closing():
            return
        if transport.get_write_buffer_size() > STALLED_BYTES:
            transport.abort()
            return
        frames = b"".join(map(_framed, queue))
        for at in range(0, len(frames), SIP_BYTES):
            transport.write(frames[at : at + SIP_BYTES])
        if self._closing:
            transport.close()


def _framed(message: bytes) -> bytes:
    """RFC 6455 §5.2: one whole text frame, unmasked as a server's are."""
    n = len(message)
    if n < 126:
        return bytes((0x81, n)) + message
    return (struct.pack("!BBH", 0x81, 126, n) if n < 1 << 16 else struct.pack("!BBQ", 0x81, 127, n)) + message


class Seats:
    """All terminals that are connected to this room."""

    def __init__(self, room: Room, tell: Tell) -> None:
        self._room = room
        self._tell = tell
        self._loop = asyncio.get_running_loop()
        self._dirty: list[SeatConnection] = []
        self._budgets: dict[int | str, Budget] = {}
        """By candidate, for a new connection is no new candidate; by machine, where nobody sits yet."""
        self._slowed_s: dict[int | str, float] = {}
        """When it was told last that one of them is heard late."""

    async def serve(self, request: web.BaseRequest) -> web.WebSocketResponse:
        """One connection, to its end. Raises HTTPNotFound: it came through no door."""
        guest = request.protocol
        if not isinstance(guest, Guest):
            raise web.HTTPNotFound
        socket = web.WebSocketResponse(
            max_msg_size=MAX_MESSAGE_BYTES, compress=False, heartbeat=HEARTBEAT_S, autoping=False
        )
        await socket.prepare(request)
        connection = SeatConnection(self, socket, request)
        try:
            await self._converse(socket, guest, connection)
        except ConnectionError:
            pass  # it went away in the middle of a word; its outbox holds what was not acknowledged
        except Exception:  # a fault in one seat's handling must not take the room down
            logging.getLogger("examd.delivery").exception("a seat's connection failed")
        finally:
            if (hall := self._room.hall) is not None:
                hall.on_disconnect(connection)
        return socket

    async def _converse(self, socket: web.WebSocketResponse, guest: Guest, connection: SeatConnection) -> None:
        room = self._room
        async for frame in socket:
            if not guest.stays and not guest.pay():
                break
            if frame.type in (WSMsgType.PING, WSMsgType.PONG):  # somebody who is reading is not gone
                if (hall := room.hall) is not None:
                    connection.last_heard_ms = hall.record.session_ms()
                if frame.type is WSMsgType.PING:
                    await socket.pong(frame.data)
            elif frame.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                break
            else:
                try:
                    message = decode_from_terminal(frame.data)
                except MALFORMED:
                    # What was in it goes nowhere: neither back nor into a log.
                    connection.bad_messages += 1
                    too_many = connection.bad_messages >= BAD_MESSAGES
                    (connection.drop if too_many else connection.send)(Refusal(Reason.MALFORMED, fatal=too_many))
                else:
                    _take(room, connection, message)
                    if connection.known and isinstance(message, Pair | Present | SignIn | Resume):
                        self._came(guest, connection)
                    elif not guest.stays:
                        guest.made_sense()
            if pause_s := self._pause_s(connection):
                await asyncio.sleep(pause_s)
            elif connection.frames % FRAMES_A_TURN == 0:
                await asyncio.sleep(0)
            if connection.unread_bytes > UNREAD_BYTES and not await _has_read(connection):
                guest.condemn()
                break

    def _came(self, guest: Guest, connection: SeatConnection) -> None:
        """A terminal of ours, or somebody at it. Who comes again and again pays for it, at the address too."""
        owes_s = self._budget(connection.c or connection.known).spend(COMING_COSTS, self._loop.time())
        guest.stay(free=not owes_s)

    def _pause_s(self, connection: SeatConnection) -> float:
        """How long nothing more is heard here, after one frame."""
        connection.frames += 1
        if not (who := connection.c or connection.known):
            return 0.0
        now_s = self._loop.time()
        owes_s = self._budget(who).spend(1, now_s)
        if owes_s and now_s - self._slowed_s.get(who, -TELL_SLOWED_S) >= TELL_SLOWED_S:
            self._slowed_s[who] = now_s
            self._tell("slowed", connection.c, connection.address)
        return owes_s

    def _budget(self, who: int | str) -> Budget:
        found = self._budgets.get(who)
        if found is None:
            found = self._budgets[who] = Budget(CANDIDATE_BURST, CANDIDATE_PER_S, self._loop.time())
        return found

    def to_flush(self, connection: SeatConnection) -> None:
        if not self._dirty:
            self._loop.call_soon(self._flush)
        self._dirty.append(connection)

    def _flush(self) -> None:
        dirty, self._dirty = self._dirty, []
        for connection in dirty:
            # Whoever went away: what it missed it will ask for when it resumes.
            with contextlib.suppress(ConnectionError, RuntimeError):
                connection.flush()


async def _has_read(connection: SeatConnection) -> bool:
    """Waits until little lies unread. False: that took too long."""
    for _ in range(int(UNREAD_S / LOOK_AGAIN_S)):
        await asyncio.sleep(LOOK_AGAIN_S)
        if connection.unread_bytes <= UNREAD_BYTES:
            return True
    return False


def _take(room: Room, connection: SeatConnection, message: FromTerminal) -> None:
    if isinstance(message, Present | Pair):
        connection.known = greet(room, connection, message)
        return None
    if not room.terminals.holds(connection.machine):
        return connection.send(Refusal(Reason.NOT_ENROLLED))
    if (hall := room.hall) is None:
        return connection.send(Refusal(Reason.NOT_OPEN))
    connection.last_heard_ms = hall.record.session_ms()
    if isinstance(message, SignIn | Resume) and not hall.closing:
        room.introduce(connection.machine)
    if isinstance(message, SignIn):
        return sign_in(hall, connection, message)
    if isinstance(message, Resume):
        return resume(hall, connection, message)
    if not hall.seated(connection) or connection.c not in hall.record.state.seats:
        seq = 0 if isinstance(message, Ready) else message.seq
        return connection.send(Refusal(Reason.OUT_OF_ORDER, seq=seq))
    if isinstance(message, Ready):
        return hall.ready(connection.c)
    if isinstance(message, Signed):
        return take_signature(hall, connection, message)
    return act(hall, connection, message)
