"""`examd bench terminal`: the real terminal, as a candidate's machine runs it, timed from outside.

The program runs in tmux (in a plain pty where there is none, and says so), its own client attached to a pty of
ours; a small server in this process speaks the protocol. First paint counts from starting the program to the
sign-in form's words on the screen; key to paint from writing a key to the first byte of what it changed.
"""

import argparse
import asyncio
import contextlib
import os
import queue
import select
import shlex
import shutil
import signal
import ssl
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aiohttp import web

from examd.clock import utc_now
from examd.delivery import certificates
from examd.protocol import messages as m
from examd.protocol.messages import ItemView, OptionView
from examd.protocol.phase import Phase
from tools.cli.language import _
from tools.cli.output import report

WIDTH, HEIGHT = 120, 40
N_ITEMS = 100
EXAMD = (sys.executable, "-m", "tools.cli")
FIRST_WORDS = "考生登录"
QUIET_S = 0.06
"""A key's paint, the journal's word and the server's are all out within this."""
NEW_SCREEN_S = 0.8
"""Enter means nothing on a screen that has only just come."""


def run(args: argparse.Namespace) -> int:
    through = "tmux" if shutil.which("tmux") else "pty"
    if through == "pty":
        print(_("tmux is not here: measured in a pty"), file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder, small_server(Path(folder)) as server:
        firsts = sorted(_start_once(Path(folder), server, through) for _turn in range(args.starts - 1))
        first, times, rss = _sitting(Path(folder), server, through, args.keys)
        firsts = sorted([*firsts, first])
    times.sort()
    figures: dict[str, Any] = {
        "through": through,
        "size": [WIDTH, HEIGHT],
        "first_paint_s": round(statistics.median(firsts), 3),
        "first_paint_worst_s": round(firsts[-1], 3),
        "keys": len(times),
        "key_to_paint_p50_ms": round(times[len(times) // 2] * 1e3, 1),
        "key_to_paint_p95_ms": round(times[int(len(times) * 0.95)] * 1e3, 1),
        "key_to_paint_max_ms": round(times[-1] * 1e3, 1),
        "rss_mib": round(rss / 2**20, 1),
    }
    return report(
        args,
        figures,
        _("terminal, {width}x{height}, through {through}", width=WIDTH, height=HEIGHT, through=through),
        _("first paint    {first_paint_s} s (worst {first_paint_worst_s} s)", **figures),
        _("key to paint   p50 {key_to_paint_p50_ms} ms, p95 {key_to_paint_p95_ms} ms, {keys} keys", **figures),
        _("memory         {rss_mib} MiB", **figures),
    )


# ---- the terminal in a pty ------------------------------------------------------------------------------------------


class Seat:
    """The program, through tmux or not, on a pty of ours."""

    def __init__(self, folder: Path, server: str, through: str) -> None:
        import pty

        self._tmux = ["tmux", "-u", "-S", str(folder / "tmux"), "-f", os.devnull]
        self._through = through
        program = [*EXAMD, "--lang", "zh", "terminal", "--server", server, "--trust", str(folder / "root.pem")]
        program += ["--journal", tempfile.mkdtemp(dir=folder), "--admission-no", "1"]
        if through == "tmux":
            program = [*self._tmux, "new-session", "exec " + shlex.join(program)]
        self.began = time.perf_counter()
        self.pid, self._master = pty.fork()
        if self.pid == 0:
            import fcntl
            import termios

            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
            os.environ.update(TERM="xterm-256color", LANG="C.UTF-8", LC_ALL="C.UTF-8")
            os.environ.pop("TMUX", None)
            os.execvp(program[0], program)  # noqa: S606 - our own program, no shell

    def read(self, patience_s: float) -> bytes:
        """What comes within `patience_s`; empty where nothing does."""
        ready, _w, _x = select.select([self._master], [], [], patience_s)
        try:
            return os.read(self._master, 1 << 16) if ready else b""
        except OSError:
            return b""

    def until(self, words: str, patience_s: float = 60) -> None:
        """Reads until these words have been drawn. Raises TimeoutError: when they are not."""
        drawn, deadline = b"", time.perf_counter() + patience_s
        while words.encode() not in drawn:
            if time.perf_counter() > deadline:
                raise TimeoutError(words)
            drawn += self.read(0.05)

    def settle(self, quiet_s: float = QUIET_S) -> None:
        while self.read(quiet_s):
            pass

    def press(self, keys: bytes) -> float:
        """Write a key; seconds until the first byte of what it changed."""
        self.settle()
        began = time.perf_counter()
        os.write(self._master, keys)
        self.read(2)
        return time.perf_counter() - began

    def rss(self) -> int:
        """Memory of the program, in bytes."""
        pid = self.pid
        if self._through == "tmux":
            asked = subprocess.run([*self._tmux, "list-panes", "-F", "#{pane_pid}"], capture_output=True, check=True)
            pid = int(asked.stdout)
        status = Path(f"/proc/{pid}/status")
        if status.exists():
            line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
            return int(line.split()[1]) * 1024
        return int(subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, check=True).stdout) * 1024

    def end(self) -> None:
        """Ends the program, and tmux where it ran in one."""
        if self._through == "tmux":
            subprocess.run([*self._tmux, "kill-server"], capture_output=True, check=False)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
        while self.read(0.2):
            pass
        os.close(self._master)
        os.waitpid(self.pid, 0)


def _start_once(folder: Path, server: str, through: str) -> float:
    seat = Seat(folder, server, through)
    try:
        seat.until(FIRST_WORDS)
        return time.perf_counter() - seat.began
    finally:
        seat.end()


def _sitting(folder: Path, server: str, through: str, keys: int) -> tuple[float, list[float], int]:
    """First paint, key times and memory of one sitting: sign in, then answer, move, flag and move."""
    seat = Seat(folder, server, through)
    try:
        seat.until(FIRST_WORDS)
        first = time.perf_counter() - seat.began
        seat.settle(0.5)  # the network's modules load behind the first paint
        seat.press(b"000001")
        seat.press(b"\r")
        for words in ("是我本人", "我已阅读"):
            seat.until(words)
            seat.settle(NEW_SCREEN_S)
            seat.press(b"\r")
        seat.until("上一题")
        seat.settle(0.5)
        presses = (b"a", b"\x1b[C", b"b", b"f", b"\x1b[C", b"\x1b[B", b" ", b"\x1b[D")
        times = [seat.press(presses[number % len(presses)]) for number in range(keys)]
        return first, times, seat.rss()
    finally:
        seat.end()


# ---- a small server -------------------------------------------------------------------------------------------------


@contextmanager
def small_server(folder: Path) -> Iterator[str]:
    """Welcomes anybody, sends a form, acknowledges every act; "127.0.0.1:port" while the block runs."""
    started: queue.SimpleQueue[int] = queue.SimpleQueue()
    loop = asyncio.new_event_loop()
    runners: list[web.AppRunner] = []

    async def serve() -> None:
        app = web.Application()
        app.router.add_get("/seat", _seat)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=_certificate(folder)).start()
        runners.append(runner)
        started.put(runner.addresses[0][1])

    def work() -> None:
        loop.run_until_complete(serve())
        loop.run_forever()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{started.get(timeout=10)}"
    finally:
        asyncio.run_coroutine_threadsafe(runners.pop().cleanup(), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)


async def _seat(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    seq = 0

    async def say(message: m.Message) -> None:
        await socket.send_str(m.encode(message).decode())

    async for frame in socket:
        match m.decode_from_terminal(frame.data):
            case m.Present():
                await say(m.Enrolled("01", "0000", kept=True))
            case m.SignIn(admission_no=number) | m.Resume(token=number):
                who = m.Candidate(number, "测量", "0", "-")
                sitting = m.Sitting("bench", "测量", "-", True, 120, N_ITEMS, 100, 80)
                await say(m.Welcome("0" * 64, who, sitting, 1, 0, -1, "", {}, (), handed_in=False))
                await say(m.Clock(Phase.WAITING, 7_200_000, 0))
            case m.Ready():
                await say(m.FormView("0" * 64, tuple(map(_item, range(N_ITEMS)))))
                await say(m.Sign(0, "", 1, "0" * 64))
                await say(m.Clock(Phase.ANSWERING, 7_200_000, 0))
            case m.Answer() | m.Flag() | m.HandIn() as act:
                seq = act.seq
                await say(m.Ack(seq, 1, seq, "0" * 64))
    return socket


def _item(slot: int) -> ItemView:
    stem = f"第 {slot + 1} 道：在潮湿场所使用手持电动工具时，剩余电流动作保护器的额定漏电动作电流不应大于（　　）。"
    options = tuple(OptionView(f"{10 * (n + 1)} mA，动作时间不大于 0.1 s") for n in range(4))
    return ItemView(slot, "single", stem, options, 1)


def _certificate(folder: Path) -> ssl.SSLContext:
    made, both = certificates.make("bench", utc_now()), folder / "both.pem"
    (folder / "root.pem").write_bytes(made.root)
    both.write_bytes(made.certificate + made.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    return context
