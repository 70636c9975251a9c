"""Whoever is on the room's network and means no good: one process, one attack, as hard as it can.

    python -m tests.faults.hostile ATTACK SECONDS HOST PORT SOURCES [NUMBER TAIL KEY]  (started by `Hostile`)

SOURCES: addresses it comes from, with commas. NUMBER, TAIL, KEY: a candidate's and an
enrolled terminal's, for attacks by somebody who is signed in.
An attack is a function of `Enemy`; what it is told counts nothing and is thrown away. It comes again as soon as it is
cut. The report, JSON on standard output at the end: how often it connected, was refused and was cut, what it sent, how
long a connection was held and how many at once.
"""

import asyncio
import contextlib
import itertools
import json
import logging
import secrets
import ssl
import struct
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from examd.delivery import places
from examd.protocol import messages as m
from terminal.machine import Machine
from tools.drill.seat_chain import SeatChain

UPGRADE = (
    "GET /seat HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n{more}\r\n"
)
TEXT, PING, CONTINUATION = 0x1, 0x9, 0x0
_ZERO_MASK = bytes(4)


def frame(payload: bytes, opcode: int = TEXT, *, fin: bool = True, rsv1: bool = False) -> bytes:
    """A client's frame; a mask of zeros is a mask."""
    first, n = fin << 7 | rsv1 << 6 | opcode, len(payload)
    if n < 126:
        head = bytes((first, 0x80 | n))
    else:
        head = struct.pack("!BBH", first, 0xFE, n) if n < 1 << 16 else struct.pack("!BBQ", first, 0xFF, n)
    return head + _ZERO_MASK + payload


def said(message: m.Message) -> bytes:
    return frame(m.encode(message))


@dataclass
class Report:
    connects: int = 0
    refused: int = 0
    """No TCP or no TLS."""
    cut: int = 0
    sent: int = 0
    """Units of the attack: messages, requests, frames."""
    held_s: float = 0.0
    """Longest life of a connection."""
    held: int = 0
    """Most connections at one time."""


@dataclass
class Enemy:
    host: str
    port: int
    sources: list[str]
    until: float
    number: str = ""
    tail: str = ""
    machine: Machine = field(default_factory=Machine.new)
    report: Report = field(default_factory=Report)
    _open: int = 0

    def __post_init__(self) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._context.check_hostname, self._context.verify_mode = False, ssl.CERT_NONE
        self._next = itertools.cycle(self.sources)

    @property
    def left_s(self) -> float:
        return self.until - time.monotonic()

    @contextlib.asynccontextmanager
    async def connected(self, *, tls: bool = True) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """One connection, from the next of the sources; its end is counted, not raised."""
        try:
            reader, writer = await asyncio.open_connection(
                self.host,
                self.port,
                local_addr=(next(self._next), 0),
                ssl=self._context if tls else None,
                limit=1 << 22,
            )
        except OSError:
            self.report.refused += 1
            await asyncio.sleep(0.001)
            raise _Refused from None
        began = time.monotonic()
        self.report.connects += 1
        self._open += 1
        self.report.held = max(self.report.held, self._open)
        try:
            yield reader, writer
        except (OSError, asyncio.IncompleteReadError):
            self.report.cut += 1
        finally:
            self._open -= 1
            self.report.held_s = max(self.report.held_s, time.monotonic() - began)
            writer.transport.abort()

    async def again_and_again(self, attack: Callable[[], Awaitable[None]], n: int = 1) -> None:
        """`attack` in `n` places at once, begun again whenever it ends, until time is up."""

        async def one() -> None:
            while self.left_s > 0:
                with contextlib.suppress(_Refused, TimeoutError):
                    async with asyncio.timeout(self.left_s):
                        await attack()

        await asyncio.gather(*(one() for _ in range(n)))

    async def flood(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, unit: bytes, at_once: int
    ) -> None:
        """Sends `unit` for ever, as fast as it is taken, and throws away what comes back."""

        async def listen() -> None:
            while await reader.read(1 << 16):
                pass

        listening = asyncio.create_task(listen())
        try:
            while not listening.done():
                writer.write(unit * at_once)
                await writer.drain()
                self.report.sent += at_once
                await asyncio.sleep(0)
            raise ConnectionResetError
        finally:
            listening.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError):
                await listening


class _Refused(Exception):
    pass


async def upgraded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, more: str = "") -> bytes:
    writer.write(UPGRADE.format(more=more).encode())
    return await reader.readuntil(b"\r\n\r\n")


async def seated(enemy: Enemy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> m.Welcome:
    await upgraded(reader, writer)
    writer.write(said(m.Present(enemy.machine.key, enemy.machine.public)) + said(m.SignIn(enemy.number, enemy.tail)))
    while True:
        message = await heard(reader)
        if isinstance(message, m.Welcome):
            writer.write(said(m.Ready()))
            return message
        if isinstance(message, m.Refusal):
            await asyncio.sleep(0.2)
            raise ConnectionResetError


async def heard(reader: asyncio.StreamReader) -> m.Message | None:
    """The next message; None for a frame that holds none."""
    first, second = await reader.readexactly(2)
    n = second & 0x7F
    if n == 126:
        (n,) = struct.unpack("!H", await reader.readexactly(2))
    elif n == 127:
        (n,) = struct.unpack("!Q", await reader.readexactly(8))
    payload = await reader.readexactly(n)
    return m.decode_to_terminal(payload) if first & 0xF == TEXT else None


# ---- held and half said -----------------------------------------------------------------------------------------


async def _hold(enemy: Enemy, n: int, say: Callable[[asyncio.StreamWriter], None] | None, *, tls: bool = True) -> None:
    async def one() -> None:
        async with enemy.connected(tls=tls) as (reader, writer):
            if say is not None:
                say(writer)
            await reader.read()
            raise ConnectionResetError

    await enemy.again_and_again(one, n)


async def idle(enemy: Enemy) -> None:
    """TCP and not a word."""
    await _hold(enemy, 1100, None, tls=False)


async def idle_tls(enemy: Enemy) -> None:
    """TLS and not a word."""
    await _hold(enemy, 400, None)


async def half_requests(enemy: Enemy) -> None:
    """A request that is never finished."""
    await _hold(enemy, 200, lambda writer: writer.write(b"GET /seat HTTP/1.1\r\nHost:"))


async def half_closed(enemy: Enemy) -> None:
    """A request, and no ear for the answer."""

    def say(writer: asyncio.StreamWriter) -> None:
        writer.write(b"GET /seat HTTP/1.1\r\n")
        if writer.can_write_eof():
            writer.write_eof()

    await _hold(enemy, 200, say, tls=False)


async def dripped(enemy: Enemy) -> None:
    """A header a second."""

    async def one() -> None:
        async with enemy.connected() as (reader, writer):
            writer.write(b"GET /seat HTTP/1.1\r\n")
            while not reader.at_eof():
                writer.write(b"x: y\r\n")
                await writer.drain()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(1.0):
                        await reader.read(1)
            raise ConnectionResetError

    await enemy.again_and_again(one, 100)


# ---- floods of connections --------------------------------------------------------------------------------------


async def connects(enemy: Enemy) -> None:
    """TCP connections, opened and dropped."""

    async def one() -> None:
        async with enemy.connected(tls=False):
            pass

    await enemy.again_and_again(one, 20)


async def handshakes(enemy: Enemy) -> None:
    """TLS handshakes, each to its end."""

    async def one() -> None:
        async with enemy.connected():
            pass

    await enemy.again_and_again(one, 20)


async def hellos(enemy: Enemy) -> None:
    """The first message of a handshake, which costs the server a signature, and away."""
    inside, outside = ssl.MemoryBIO(), ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        enemy._context.wrap_bio(inside, outside).do_handshake()
    hello = outside.read()

    async def one() -> None:
        async with enemy.connected(tls=False) as (reader, writer):
            writer.write(hello)
            await reader.read(1)

    await enemy.again_and_again(one, 20)


# ---- floods of words, by strangers ------------------------------------------------------------------------------


async def _flooded(
    enemy: Enemy, unit: bytes, at_once: int, n: int, first: bytes = b"", *, upgrade: bool = True
) -> None:
    async def one() -> None:
        async with enemy.connected() as (reader, writer):
            if upgrade:
                await upgraded(reader, writer)
            writer.write(first)
            await enemy.flood(reader, writer, unit, at_once)

    await enemy.again_and_again(one, n)


WRONG = said(m.SignIn("20260001", "999999"))


async def sign_ins(enemy: Enemy) -> None:
    """Wrong sign-ins on one connection."""
    await _flooded(enemy, WRONG, 64, 1)


async def sign_ins_20(enemy: Enemy) -> None:
    """Wrong sign-ins on twenty."""
    await _flooded(enemy, WRONG, 64, 20)


async def bad_tokens(enemy: Enemy) -> None:
    """Returns with a token that nobody was given."""
    await _flooded(enemy, said(m.Resume(secrets.token_hex(32))), 64, 4)


async def deep_json(enemy: Enemy) -> None:
    """Objects in objects, as deep as a message is long."""
    deep = b'{"x":' * 3000
    await _flooded(
        enemy, frame(deep) + frame(b"[" * 16_000) + frame(b'{"t":"sign-in","admission_no":' + b"[" * 9000), 4, 4
    )


async def pings(enemy: Enemy) -> None:
    await _flooded(enemy, frame(b"x" * 125, PING), 256, 4)


async def fragments(enemy: Enemy) -> None:
    """A message in pieces of nothing, without end."""
    await _flooded(enemy, frame(b"", CONTINUATION, fin=False), 2048, 4, first=frame(b"{", fin=False))


async def compressed(enemy: Enemy) -> None:
    """Compression, offered and then simply used."""

    async def one() -> None:
        async with enemy.connected() as (reader, writer):
            answer = await upgraded(reader, writer, "Sec-WebSocket-Extensions: permessage-deflate\r\n")
            assert b"deflate" not in answer
            await enemy.flood(reader, writer, frame(b"\x00" * 8000, rsv1=True), 4)

    await enemy.again_and_again(one, 4)


async def requests(enemy: Enemy) -> None:
    """Requests on one connection, without waiting for answers."""
    await _flooded(enemy, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 256, 4, upgrade=False)


async def headers(enemy: Enemy) -> None:
    """Headers without end."""
    await _flooded(enemy, b"x: " + b"y" * 8000 + b"\r\n", 4, 4, b"GET /seat HTTP/1.1\r\n", upgrade=False)


async def subprotocols(enemy: Enemy) -> None:
    """What a library would write into its log for us."""

    async def one() -> None:
        async with enemy.connected() as (reader, writer):
            await upgraded(reader, writer, "Sec-WebSocket-Protocol: " + "\x7fx" * 3000 + "\r\n")
            enemy.report.sent += 1

    await enemy.again_and_again(one, 4)


async def key_updates(enemy: Enemy) -> None:
    """New keys of TLS, again and again: what became of renegotiation."""

    async def one() -> None:
        enemy.report.connects += 1
        openssl = await asyncio.create_subprocess_exec(
            "openssl", "s_client", "-connect", f"{enemy.host}:{enemy.port}", "-bind", f"{next(enemy._next)}:0",
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            assert openssl.stdin is not None
            while openssl.returncode is None:
                openssl.stdin.write(b"K\n")
                await openssl.stdin.drain()
                enemy.report.sent += 1
                await asyncio.sleep(0)
        except OSError:
            enemy.report.cut += 1
        finally:
            with contextlib.suppress(ProcessLookupError):
                openssl.kill()
            await openssl.wait()

    await enemy.again_and_again(one, 2)


async def unread(enemy: Enemy) -> None:
    """Asks and asks, and reads no answer."""

    async def one() -> None:
        async with enemy.connected() as (reader, writer):
            await upgraded(reader, writer)
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            while True:
                writer.write((WRONG + frame(b"x" * 125, PING)) * 32)
                await writer.drain()
                enemy.report.sent += 64
                await asyncio.sleep(0)

    await enemy.again_and_again(one, 160)


# ---- by somebody who is signed in -------------------------------------------------------------------------------


async def flip(enemy: Enemy) -> None:
    """One answer, changed as fast as it is acknowledged and faster."""
    seq = 0

    async def one() -> None:
        nonlocal seq
        async with enemy.connected() as (reader, writer):
            welcome = await seated(enemy, reader, writer)
            seq = welcome.durable_seq
            chain = SeatChain(enemy.machine)
            chain.hear(welcome)
            while (signed := chain.hear(await heard(reader) or m.Ready())) is None:
                pass
            writer.write(said(signed))  # nothing of it would be taken before

            async def listen() -> None:
                while await reader.read(1 << 16):
                    pass

            listening = asyncio.create_task(listen())
            try:
                while not listening.done():
                    acts = [m.Answer(n, 0, (n % 2,), n) for n in range(seq + 1, seq + 257)]
                    writer.write(b"".join(map(said, acts)))
                    seq += len(acts)
                    await writer.drain()
                    enemy.report.sent += len(acts)
                    await asyncio.sleep(0)
                raise ConnectionResetError
            finally:
                listening.cancel()
                with contextlib.suppress(asyncio.CancelledError, OSError):
                    await listening

    await enemy.again_and_again(one)


async def repeats(enemy: Enemy) -> None:
    """The same act again and again: each is acknowledged again."""

    async def one() -> None:
        async with enemy.connected() as (reader, writer):
            await seated(enemy, reader, writer)
            await enemy.flood(reader, writer, said(m.Answer(1, 0, (0,), 1)), 64)

    await enemy.again_and_again(one)


async def comes_again(enemy: Enemy) -> None:
    """Signs in, goes, signs in."""

    async def one() -> None:
        async with enemy.connected() as (reader, writer):
            await seated(enemy, reader, writer)
            enemy.report.sent += 1

    await enemy.again_and_again(one, 4)


async def resumes_unread(enemy: Enemy) -> None:
    """Resumes on one connection, each time sent a form, and reads nothing."""

    async def one() -> None:
        async with enemy.connected() as (reader, writer):
            token = (await seated(enemy, reader, writer)).token
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            while True:
                writer.write(said(m.Resume(token)) * 16)
                await writer.drain()
                enemy.report.sent += 16
                await asyncio.sleep(0)

    await enemy.again_and_again(one)


async def false_alarms(enemy: Enemy) -> None:
    """Says that the record has lost what it was acknowledged."""
    token = ""

    async def one() -> None:
        nonlocal token
        async with enemy.connected() as (reader, writer):
            if token:
                await upgraded(reader, writer)
            else:
                token = (await seated(enemy, reader, writer)).token
            writer.write(said(m.Resume(token, acked_seq=10**6, epoch=1, idx=5, head="00" * 32)))
            enemy.report.sent += 1
            while True:
                message = await heard(reader)
                if isinstance(message, m.Refusal) and message.fatal:
                    return

    await enemy.again_and_again(one)


async def spin(enemy: Enemy) -> None:
    """Nothing to the server: what an attacker on the same machine costs by being busy there."""
    while enemy.left_s > 0:
        for _ in range(20_000):
            enemy.report.sent += 1
        await asyncio.sleep(0)


STRANGERS: dict[str, Callable[[Enemy], Awaitable[None]]] = {
    each.__name__: each
    for each in (
        idle, idle_tls, half_requests, half_closed, dripped, connects, handshakes, hellos, sign_ins, sign_ins_20,
        bad_tokens, deep_json, pings, fragments, compressed, requests, headers, subprotocols, key_updates, unread,
    )
}  # fmt: skip
SEATED: dict[str, Callable[[Enemy], Awaitable[None]]] = {
    each.__name__: each for each in (flip, repeats, comes_again, resumes_unread, false_alarms)
}


# ---- the process ------------------------------------------------------------------------------------------------


class Hostile:
    """The process, from outside."""

    def __init__(self, attack: str, seconds: float, address: str, sources: list[str], *seat: str) -> None:
        host, _, port = address.rpartition(":")
        self._command = [
            sys.executable,
            "-m",
            "tests.faults.hostile",
            attack,
            str(seconds),
            host,
            port,
            ",".join(sources),
        ]
        self._command += seat

    async def run(self) -> Report:
        """To the end of its time."""
        process = await asyncio.create_subprocess_exec(
            *self._command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
        )
        try:
            assert process.stdout is not None
            output = await process.stdout.read()
            await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        assert process.returncode == 0
        return Report(**json.loads(output))


async def _main() -> None:
    attack, seconds, host, port, sources, *seat = sys.argv[1:]
    enemy = Enemy(host, int(port), sources.split(","), time.monotonic() + float(seconds))
    if seat:
        enemy.number, enemy.tail, key, seed = seat
        enemy.machine = Machine(key, seed)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(float(seconds) + 5):
            await (STRANGERS | SEATED | {"spin": spin})[attack](enemy)
    print(json.dumps(asdict(enemy.report)))


def main() -> None:
    places.raise_limit()
    logging.disable()  # what asyncio says of connections that were cut
    asyncio.run(_main())


if __name__ == "__main__":
    main()
