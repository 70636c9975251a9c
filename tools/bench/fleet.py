"""A room full of terminals in one process: as many WebSockets over TLS as asked for, each speaking the protocol.

    python -m tools.bench.fleet        (started by `Fleet`; one JSON order a line in, one JSON report a line out)

Leaner than `tools.drill.candidate`, which is the terminal's own client with a journal on disk: here a terminal is one
connection and a few numbers, so that a thousand of them cost less than the server they load. Every answer is a
function of its number (`planned`), so whoever holds the record can tell that it is whole and unchanged.

Latency runs from just before an act is sent to the arrival of its acknowledgement, by one monotonic clock.

Before: `tools.drill.session` opened a room. After: `examd.delivery`, or the bare server of `tools.bench.bare`.
"""

import asyncio
import gc
import json
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import aiohttp

from examd.delivery import places
from examd.protocol.messages import (
    Ack,
    Answer,
    Enrolled,
    FormView,
    HandIn,
    Message,
    Pair,
    Present,
    Ready,
    Receipt,
    Refusal,
    SignIn,
    Welcome,
    decode_to_terminal,
    encode,
)
from examd.protocol.trust import trusting
from terminal.machine import Machine
from tools.drill.seat_chain import SeatChain

CONNECTING_AT_ONCE = 32
"""A thousand TLS handshakes at the same instant would measure the accept queue, not the server."""
PATIENCE_S = 60.0
BARE_ITEMS = 100
"""Items of the form that the terminals of the bare server make believe they have."""


def planned(seq: int, n_items: int) -> Answer:
    """The answer that every terminal gives as its act number `seq`."""
    return Answer(seq, seq % n_items, (seq % 2,), seq)


# ---- for whoever needs a fleet ----------------------------------------------------------------------------------


class Fleet:
    """The process, from outside. Orders are methods of `_Room`, by name."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.pid = process.pid

    @classmethod
    async def start(cls, server: str, trust: Path, seats: Sequence[tuple[str, str]], *, bare: bool = False) -> "Fleet":
        """`seats`: admission number and last six of the ID; for a bare server, anything."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "tools.bench.fleet",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, limit=1 << 26,
        )  # fmt: skip
        fleet = cls(process)
        await fleet._say({"bare": bare, "seats": list(seats), "server": server, "trust": str(trust)})
        return fleet

    async def order(self, name: str, **facts: float | str) -> dict[str, Any]:
        """Raises RuntimeError where the fleet failed."""
        await self._say({"order": name, **facts})
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError("the fleet ended")
        report: dict[str, Any] = json.loads(line)
        return report

    async def pair(self, code: str) -> None:
        """Has the pairing code typed at every terminal. Raises RuntimeError where the fleet failed."""
        await self.order("pair", code=code)

    async def stop(self) -> None:
        """Ends the process, in ten seconds at most."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), 10)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    async def _say(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message).encode() + b"\n")
        await self._process.stdin.drain()


# ---- the process ------------------------------------------------------------------------------------------------


class _Terminal:
    """One connection. Acts are acknowledged in the order they were sent, so a queue of send times is enough."""

    def __init__(self, room: "_Room", admission_no: str, id_tail: str) -> None:
        self.admission_no = admission_no
        self.seq = self.acked = 0
        self.handed_in = False
        self._room = room
        self._id_tail = id_tail
        self._machine = Machine.new()
        self._chain = SeatChain(self._machine)
        self._n_items = BARE_ITEMS
        self._sent: deque[float] = deque()
        self._socket: Any = None

    async def pair(self, session: Any, url: str, code: str) -> None:
        async with session.ws_connect(url, compress=0) as socket:
            await socket.send_str(
                encode(Pair(code, self.admission_no, self._machine.key, self._machine.public)).decode()
            )
            answer = decode_to_terminal(await socket.receive_str())
            if not isinstance(answer, Enrolled):
                raise RuntimeError(f"not paired: {answer}")

    async def connect(self, session: Any, url: str, *, bare: bool) -> None:
        self._socket = await session.ws_connect(url, compress=0, max_msg_size=1 << 22)
        self._room.connected += 1
        self._room.tasks.append(asyncio.create_task(self._echoes() if bare else self._hear()))
        if not bare:
            await self._send(Present(self._machine.key, self._machine.public))
            await self._send(SignIn(self.admission_no, self._id_tail))

    async def answer(self) -> None:
        self.seq += 1
        await self._act(planned(self.seq, self._n_items))

    async def hand_in(self) -> None:
        self.seq += 1
        await self._act(HandIn(self.seq))

    async def _act(self, act: Answer | HandIn) -> None:
        data = encode(self._chain.act(act)).decode()
        self._sent.append(time.perf_counter())
        self._room.sent += 1
        await self._socket.send_str(data)

    async def _send(self, message: Message) -> None:
        await self._socket.send_str(encode(message).decode())

    async def _echoes(self) -> None:
        async for _ in self._socket:
            await self._acknowledged()
        self._room.lost += 1

    async def _hear(self) -> None:
        async for frame in self._socket:
            message = decode_to_terminal(frame.data)
            if (signed := self._chain.hear(message)) is not None:
                await self._send(signed)
            if isinstance(message, Ack):
                if message.seq != self.acked + 1:
                    raise RuntimeError(f"acknowledged {message.seq} after {self.acked}")
                await self._acknowledged()
            elif isinstance(message, Welcome):
                self._n_items = message.sitting.n_items
                await self._send(Ready())
            elif isinstance(message, FormView):
                self._room.forms += 1
            elif isinstance(message, Receipt):
                self.handed_in = True
            elif isinstance(message, Refusal):
                self._room.refused[message.reason.value] = self._room.refused.get(message.reason.value, 0) + 1
        self._room.lost += 1

    async def _acknowledged(self) -> None:
        now = time.perf_counter()
        self.acked += 1
        self._room.acked += 1
        self._room.latencies.append(now - self._sent.popleft())
        if now < self._room.go_on_until:
            await self.answer()


class _Room:
    """All terminals of this process. Each public method below `ORDERS` is an order; what it returns is the report."""

    def __init__(self, brief: dict[str, Any]) -> None:
        self.terminals = [_Terminal(self, number, tail) for number, tail in brief["seats"]]
        self.tasks: list[asyncio.Task[None]] = []
        self.connected = self.forms = self.sent = self.acked = self.lost = 0
        self.latencies: list[float] = []
        self.refused: dict[str, int] = {}
        self.go_on_until = 0.0
        """Until then every acknowledgement is answered with the next answer."""
        self._bare = bool(brief["bare"])
        self._url = f"wss://{brief['server']}/seat"
        self._trust = Path(brief["trust"])
        self._session: Any = None

    async def pair(self, code: str) -> dict[str, Any]:
        """The pairing code is typed at every terminal."""
        began = time.perf_counter()
        await self._each(lambda terminal, session: terminal.pair(session, self._url, code))
        return {"paired": len(self.terminals), "seconds": time.perf_counter() - began}

    async def connect(self) -> dict[str, Any]:
        """All connect and sign in, so many at a time; the report comes when the last has sent its sign-in."""
        began = time.perf_counter()
        await self._each(lambda terminal, session: terminal.connect(session, self._url, bare=self._bare))
        return {"connected": self.connected, "seconds": time.perf_counter() - began}

    async def _each(self, step: Callable[["_Terminal", Any], Coroutine[None, None, None]]) -> None:
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusting(self._trust), limit=0))
        gate = asyncio.Semaphore(CONNECTING_AT_ONCE)

        async def one(terminal: _Terminal) -> None:
            async with gate:
                await step(terminal, self._session)

        await asyncio.gather(*(one(terminal) for terminal in self.terminals))

    async def await_forms(self) -> dict[str, Any]:
        began = time.perf_counter()
        await self._until(lambda: self.forms >= len(self.terminals))
        # A collection of this process's garbage in the middle of a run would be counted as the server's latency.
        gc.collect()
        gc.freeze()
        return {"forms": self.forms, "seconds": time.perf_counter() - began, "refused": self.refused}

    async def paced(self, seconds: float) -> dict[str, Any]:
        """One answer a second from each terminal, spread evenly over the second."""
        self._reset()
        count = len(self.terminals)
        began, lag = time.perf_counter(), 0.0
        for n in range(int(count * seconds)):
            due = began + n / count
            if (ahead := due - time.perf_counter()) > 0:
                await asyncio.sleep(ahead)
            lag = max(lag, time.perf_counter() - due)
            await self.terminals[n % count].answer()
        await self._until(lambda: self.acked >= self.sent)
        return self._figures(began) | {"lag_ms": round(lag * 1000, 2)}

    async def saturate(self, seconds: float, terminals: float, window: float) -> dict[str, Any]:
        """Closed loop: each of some terminals keeps `window` acts under way."""
        self._reset()
        began = time.perf_counter()
        self.go_on_until = began + seconds
        for terminal in self.terminals[: int(terminals)]:
            for _ in range(int(window)):
                await terminal.answer()
        await self._until(lambda: time.perf_counter() >= self.go_on_until and self.acked >= self.sent)
        return self._figures(began)

    async def hand_in(self, within: float) -> dict[str, Any]:
        self._reset()
        began = time.perf_counter()
        for n, terminal in enumerate(self.terminals):
            if (ahead := began + within * n / len(self.terminals) - time.perf_counter()) > 0:
                await asyncio.sleep(ahead)
            await terminal.hand_in()
        await self._until(lambda: self.acked >= self.sent and all(t.handed_in for t in self.terminals))
        return self._figures(began) | {"receipts": sum(t.handed_in for t in self.terminals)}

    async def acknowledged(self) -> dict[str, Any]:
        """What the record must hold: the newest act acknowledged to each terminal."""
        return {terminal.admission_no: terminal.acked for terminal in self.terminals}

    async def leave(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def _reset(self) -> None:
        self.sent = self.acked = 0
        self.latencies = []
        self.refused = {}
        self.go_on_until = 0.0

    async def _until(self, done: Callable[[], bool]) -> None:
        """Waits, but not for ever: a report with gaps in it says more than none."""
        given_up = time.perf_counter() + PATIENCE_S
        while not done() and time.perf_counter() < given_up and not self.lost:
            await asyncio.sleep(0.002)

    def _figures(self, began: float) -> dict[str, Any]:
        seconds = time.perf_counter() - began
        ordered = sorted(self.latencies) or [0.0]
        percentiles = {
            f"p{p}_ms": round(ordered[min(len(ordered) - 1, len(ordered) * p // 100)] * 1000, 2) for p in (50, 95, 99)
        }
        return {
            "sent": self.sent, "acked": self.acked, "lost": self.lost, "refused": self.refused,
            "seconds": round(seconds, 3), "per_s": round(self.acked / seconds), **percentiles,
            "max_ms": round(ordered[-1] * 1000, 2),
        }  # fmt: skip


ORDERS = ("pair", "connect", "await_forms", "paced", "saturate", "hand_in", "acknowledged")


async def _obey() -> None:
    room = _Room(json.loads(await asyncio.to_thread(sys.stdin.readline)))
    try:
        while line := await asyncio.to_thread(sys.stdin.readline):
            facts = json.loads(line)
            order = facts.pop("order")
            assert order in ORDERS
            print(json.dumps(await getattr(room, order)(**facts)), flush=True)
    finally:
        await room.leave()


def run_loop(main: Coroutine[None, None, None]) -> None:
    """On uvloop where there is one, as the server runs."""
    try:
        import uvloop
    except ImportError:  # no wheel for Windows
        asyncio.run(main)
    else:
        uvloop.run(main)


def main() -> int:
    """Exit code of the process."""
    places.raise_limit()  # as the server does for its own end
    run_loop(_obey())
    return 0


if __name__ == "__main__":
    sys.exit(main())
