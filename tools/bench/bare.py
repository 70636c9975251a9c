"""What the record's server is measured against: the same writes with nothing around them.

    python -m tools.bench.bare echo SITE WORK   a WebSocket server that commits a row for each frame, then echoes it
    python -m tools.bench.bare loop WORK        the same commits without a network (JSON on standard output)

The rows, the vault, its settings and the group commit in a thread of its own are those of `examd.record.writer`; gone
are messages, checks, state, hash chain and tree. What remains is the floor of this machine, disk and library.
"""

import asyncio
import contextlib
import json
import queue
import secrets
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from aiohttp import web

from bank.vault import Vault
from examd.clock import SystemClock
from examd.delivery import tls
from examd.holders import Holder
from examd.record.entries import Draft, Kind, chain_hash, entry_bytes, leaf_hash
from examd.record.writer import APPLICATION, MAX_BATCH, SCHEMA, insert
from tools.bench.fleet import run_loop

Thunk = Callable[[], None]
RunLater = Callable[[Thunk], object]


class BareWriter:
    """Group commit and nothing else: whatever has arrived is one transaction; then each caller is told."""

    def __init__(self, work: Path, run_later: RunLater) -> None:
        self._vault = Vault.create(work / f"bare-{secrets.token_hex(4)}.db", secrets.token_bytes(32),
                                   application=APPLICATION, wipe_memory=False)  # fmt: skip
        with self._vault.transaction() as connection:
            for statement in SCHEMA:
                connection.execute(statement)
        body = {"c": 500, "choice": (1,), "late": False, "seq": 57, "slot": 57, "used_ms": 123_456}
        draft = Draft(Kind.ANSWER, "seat:500", body, SystemClock().now())
        self._entry = entry_bytes(12_345, 1, 123_456, draft, secrets.token_hex(16))
        self._chain = chain_hash(bytes(32), leaf_hash(self._entry))
        self._queue: queue.SimpleQueue[Thunk | None] = queue.SimpleQueue()
        self._run_later = run_later
        self.rows = self.commits = 0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def append(self, told: Thunk) -> None:
        self._queue.put(told)

    def stop(self) -> None:
        """Commits what has arrived and ends the thread."""
        self._queue.put(None)
        self._thread.join()
        self._vault.close()

    def _run(self) -> None:
        while (told := self._queue.get()) is not None:
            batch = [told]
            with contextlib.suppress(queue.Empty):
                while len(batch) < MAX_BATCH and (told := self._queue.get_nowait()) is not None:
                    batch.append(told)
            rows = [(self.rows + n, self._entry, self._chain) for n in range(len(batch))]
            with self._vault.transaction() as connection:
                insert(connection, rows)
            self.rows += len(batch)
            self.commits += 1
            self._run_later(partial(_tell_all, batch))
            if told is None:
                return


def _tell_all(batch: list[Thunk]) -> None:
    for tell in batch:
        tell()


# ---- over the wire ----------------------------------------------------------------------------------------------


async def _echo(site: Path, work: Path) -> None:
    holder = Holder.from_secret_bytes(sys.stdin.buffer.readline())
    loop = asyncio.get_running_loop()
    writer = BareWriter(work, loop.call_soon_threadsafe)
    committed: asyncio.Queue[tuple[Any, str]] = asyncio.Queue()

    async def serve(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        async for frame in socket:
            writer.append(partial(committed.put_nowait, (socket, frame.data)))
        return socket

    async def reply() -> None:
        while True:
            socket, data = await committed.get()
            with contextlib.suppress(ConnectionError):
                await socket.send_str(data)

    replying = asyncio.create_task(reply())
    app = web.Application()
    app.router.add_get("/seat", serve)
    runner = web.AppRunner(app, access_log=None, handle_signals=False)
    await runner.setup()
    context = tls.server_context(site, holder.identity)
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context, backlog=2048).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.to_thread(sys.stdin.buffer.read)  # until whoever started us is done
    replying.cancel()
    await runner.cleanup()
    writer.stop()


# ---- without it -------------------------------------------------------------------------------------------------


def _loop(work: Path, seconds: float, outstanding: int, rate: int) -> dict[str, Any]:
    """Rows a second with so many always under way, then the latency of single rows at `rate` a second."""
    told: queue.SimpleQueue[Thunk] = queue.SimpleQueue()
    writer = BareWriter(work, told.put)
    nothing = lambda: None  # noqa: E731

    began, cpu, rows, commits = time.perf_counter(), time.process_time(), 0, 0
    for _ in range(outstanding):
        writer.append(nothing)
    while time.perf_counter() - began < seconds:
        told.get()
        commits += 1
        for _ in range(writer.rows - rows):
            writer.append(nothing)
        rows = writer.rows
    figures = {
        "rows_per_s": round(rows / (time.perf_counter() - began)), "rows_a_commit": round(rows / max(1, commits)),
        "cpu_us": round((time.process_time() - cpu) / max(1, rows) * 1e6, 1),
    }  # fmt: skip
    writer.stop()

    latencies: list[float] = []

    def arrived(sent: float) -> None:
        latencies.append(time.perf_counter() - sent)

    writer = BareWriter(work, lambda batch: batch())
    began = time.perf_counter()
    for n in range(int(seconds * rate)):
        if (ahead := began + n / rate - time.perf_counter()) > 0:
            time.sleep(ahead)
        writer.append(partial(arrived, time.perf_counter()))
    writer.stop()
    latencies.sort()
    at = {p: round(latencies[len(latencies) * p // 100] * 1000, 2) for p in (50, 99)}
    return figures | {"paced_p50_ms": at[50], "paced_p99_ms": at[99]}


def main() -> int:
    """Exit code of the process."""
    what, *places = sys.argv[1:]
    if what == "echo":
        run_loop(_echo(Path(places[0]), Path(places[1])))
    else:
        print(json.dumps(_loop(Path(places[0]), float(places[1]), int(places[2]), int(places[3]))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
