"""The terminals' connections: one WebSocket each, strict messages in, queued messages out.

Before: `server` accepted the socket. After: `sign_in`, `answers`, `hall` decide.
"""

import asyncio
import contextlib
import logging
import struct

import msgspec
from aiohttp import WSMsgType, web

from examd.delivery.answers import act
from examd.delivery.enrolment import greet
from examd.delivery.room import Room
from examd.delivery.sign_in import resume, sign_in
from examd.protocol.messages import (
    MAX_MESSAGE_BYTES,
    FromTerminal,
    Message,
    Pair,
    Present,
    Ready,
    Refusal,
    Resume,
    SignIn,
    decode_from_terminal,
    encode,
)
from examd.protocol.reasons import Reason

STALLED_BYTES = 1 << 20
"""A terminal that lets this much pile up does not read: its connection is cut, its answers are safe."""
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

    def __init__(self, seats: "Seats", socket: web.WebSocketResponse, request: web.Request) -> None:
        self.terminal = self.address = request.remote or ""
        self.machine = ""
        self.c = 0
        self.last_heard_ms = 0
        self._seats = seats
        self._socket = socket
        self._transport = request.transport
        self._queue: list[bytes] = []
        self._closing = False
        self.bad_messages = 0

    def send(self, message: Message) -> None:
        if not self._queue:
            self._seats.to_flush(self)
        self._queue.append(encode(message))

    def drop(self, refusal: Refusal) -> None:
        self.send(refusal)
        self._closing = True

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

    def __init__(self, room: Room) -> None:
        self._room = room
        self._loop = asyncio.get_running_loop()
        self._dirty: list[SeatConnection] = []

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """One connection, to its end."""
        room = self._room
        socket = web.WebSocketResponse(
            max_msg_size=MAX_MESSAGE_BYTES, compress=False, heartbeat=HEARTBEAT_S, autoping=False
        )
        await socket.prepare(request)
        connection = SeatConnection(self, socket, request)
        try:
            async for frame in socket:
                if frame.type in (WSMsgType.PING, WSMsgType.PONG):  # somebody who is reading is not gone
                    if (hall := room.hall) is not None:
                        connection.last_heard_ms = hall.record.session_ms()
                    if frame.type is WSMsgType.PING:
                        await socket.pong(frame.data)
                    continue
                if frame.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                    break
                try:
                    message = decode_from_terminal(frame.data)
                except (msgspec.DecodeError, ValueError):
                    # What was in it goes nowhere: neither back nor into a log.
                    connection.bad_messages += 1
                    too_many = connection.bad_messages >= BAD_MESSAGES
                    (connection.drop if too_many else connection.send)(Refusal(Reason.MALFORMED, fatal=too_many))
                    continue
                _take(room, connection, message)
        except ConnectionError:
            pass  # it went away in the middle of a word; its outbox holds what was not acknowledged
        except Exception:  # a fault in one seat's handling must not take the room down
            logging.getLogger("examd.delivery").exception("a seat's connection failed")
        finally:
            if (hall := room.hall) is not None:
                hall.on_disconnect(connection)
        return socket

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


def _take(room: Room, connection: SeatConnection, message: FromTerminal) -> None:
    if isinstance(message, Present | Pair):
        return greet(room, connection, message)
    if not room.terminals.holds(connection.machine):
        return connection.send(Refusal(Reason.NOT_ENROLLED))
    if (hall := room.hall) is None:
        return connection.send(Refusal(Reason.NOT_OPEN))
    connection.last_heard_ms = hall.record.session_ms()
    if isinstance(message, SignIn):
        return sign_in(hall, connection, message)
    if isinstance(message, Resume):
        return resume(hall, connection, message)
    if not hall.seated(connection) or connection.c not in hall.record.state.seats:
        seq = 0 if isinstance(message, Ready) else message.seq
        return connection.send(Refusal(Reason.OUT_OF_ORDER, seq=seq))
    if isinstance(message, Ready):
        return hall.ready(connection.c)
    return act(hall, connection, message)
