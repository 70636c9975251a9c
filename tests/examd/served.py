"""A site that is being served: the real supervisor, the real process, real TLS on a port of this machine."""

import asyncio
import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import aiohttp

from examd.clock import Clock
from examd.delivery.server import Server
from examd.documents.report import Report
from examd.documents.write import write_all
from examd.protocol import messages as m
from examd.protocol.trust import trusting
from examd.site.closing import EVERYBODY, Decision, close_session
from examd.site.grading import grade_session
from examd.site.opening import Opening, open_session
from examd.site.serving import supervised
from examd.site.staff_client import StaffClient
from terminal.machine import Machine
from tests.examd.toy_session import PASSPHRASE, Staffed
from tools.drill.seat_chain import SeatChain

STEP_S = 30
SPARE = 4

Kind = TypeVar("Kind", bound=m.Message)


class Served:
    def __init__(self, toy: Staffed, log: Path | None = None) -> None:
        self.toy, self.port, self.starts = toy, 0, 0
        self.trust = toy.site_folder / "root.pem"
        self._ready = threading.Condition()
        self._steps: dict[str, int] = {}
        self.events: list[tuple[str, int]] = []
        self.about: dict[str, str] = {}
        """What the last event of a kind was about."""
        self.machines: dict[str, Machine] = {}
        """The enrolled terminals, by name: "01", "02" … one for each candidate, and some to spare."""
        self.chains: dict[str, SeatChain] = {}
        """What they hold of their candidates' acts, beyond one connection."""
        self._next = 0
        self.supervisor = supervised(toy.folder, toy.site, "127.0.0.1", 0, self._tell, log)
        self._thread = threading.Thread(target=self.supervisor.run, daemon=True)

    def _tell(self, event: str, number: int, about: str = "") -> None:
        self.events.append((event, number))
        self.about[event] = about
        if event == "ready":
            with self._ready:
                self.port, self.starts = number, self.starts + 1
                self._ready.notify_all()

    def start(self) -> None:
        began = time.monotonic()
        self._thread.start()
        self.wait(1)
        self.start_s = time.monotonic() - began

    def wait(self, starts: int, patience_s: float = 60) -> None:
        """Until the server has been up so many times."""
        with self._ready:
            assert self._ready.wait_for(lambda: self.starts >= starts, patience_s), "the server did not come back"

    def kill(self) -> None:
        """kill -9, and wait for the next one."""
        before = self.starts
        os.kill(self.pid, signal.SIGKILL)
        self.wait(before + 1)

    @property
    def pid(self) -> int:
        assert self.supervisor.process is not None
        return self.supervisor.process.pid

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def stop(self) -> None:
        self.supervisor.stop()
        self._thread.join(60)

    # ---- staff ------------------------------------------------------------------------------------------------

    def code(self, name: str) -> str:
        """A one-time code that has not served: of the step before, of this one, of the next."""
        now, past_s = divmod(int(time.time()), STEP_S)
        # Late in a step the code of the step before might be too old by the time it is used.
        step = max(now - (past_s < STEP_S / 2), self._steps.get(name, 0) + 1)
        time.sleep(max(0, (step - 1) * STEP_S - time.time() + 0.1))
        self._steps[name] = step
        return self.toy.totp[name].at(step * STEP_S)

    @contextlib.asynccontextmanager
    async def desk(self, name: str = "admin") -> AsyncIterator[StaffClient]:
        desk = await StaffClient.connect(self.toy.site_folder)
        try:
            await desk.sign_in(name, PASSPHRASE, self.code(name))
            yield desk
        finally:
            await desk.close()

    async def open(self, name: str = "admin") -> Opening:
        toy = self.toy
        async with self.desk(name) as desk:
            await self.enrol(desk)
            return await open_session(desk, toy.directory, toy.chief, toy.issued.code_1, one_holder=True)

    async def enrol(self, desk: StaffClient) -> None:
        """Enrols the room's terminals, as staff do: the code typed at each, the list confirmed."""
        code = (await desk.command("pair"))["code"]
        async with aiohttp.ClientSession() as session:
            for n in range(1, self.toy.candidates + SPARE + 1):
                async with session.ws_connect(f"wss://{self.address}/seat", ssl=trusting(self.trust)) as socket:
                    machine = self.machines[f"{n:02}"] = Machine.new()
                    await say(socket, m.Pair(code, f"{n:02}", machine.key, machine.public))
                    assert not (await hear(socket, m.Enrolled)).kept
        waiting = (await desk.command("terminals"))["waiting"]
        assert len(waiting) == len(self.machines)
        await desk.command("enrol", ids=[each["id"] for each in waiting])

    def machine(self, folder: Path, name: str) -> Path:
        """A terminal's own folder, with the secrets of an enrolled one in it."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "machine.key").write_text(self.machines[name].key)
        (folder / "machine.sign").write_text(self.machines[name].seed)
        return folder

    async def close_and_grade(self, desk: StaffClient, waive: list[str], *, late_counts: bool = True) -> Path:
        late = {EVERYBODY: Decision(late_counts, "断网")}
        closed = await close_session(desk, self.toy.chief, dict.fromkeys(waive, "走了"), late=late)
        assert len(closed.closed.root) == 64
        result = await grade_session(desk, self.toy.chief, self.toy.issued.code_2)
        write_all(Report.read(result), result, "zh")
        return result

    # ---- seats ------------------------------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def socket(
        self, path: str = "/seat", terminal: str | None = None
    ) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """A connection of an enrolled terminal: the named one, or each time the next; of nobody where that is ""."""
        if terminal is None and self.machines:
            terminal = list(self.machines)[self._next % len(self.machines)]
            self._next += 1
        where = self.toy.folder.address if path == "/desk" else self.address
        async with aiohttp.ClientSession(connector=from_another_machine()) as session:
            async with session.ws_connect(f"wss://{where}{path}", ssl=trusting(self.trust)) as socket:
                if terminal and path == "/seat":
                    machine = self.machines[terminal]
                    await say(socket, m.Present(machine.key, machine.public))
                    assert (await hear(socket, m.Enrolled)).name == terminal
                    chain = self.chains.setdefault(terminal, SeatChain(machine))
                    _HANDS[socket] = _Hand(chain)
                yield socket


_MACHINES = itertools.cycle(f"127.0.{x}.{y}" for x in range(1, 200) for y in range(2, 250))


def another_machine() -> tuple[str, int]:
    """An address to connect from: each connection comes from its own, as terminals' do."""
    return (next(_MACHINES), 0)


def from_another_machine() -> aiohttp.TCPConnector:
    return aiohttp.TCPConnector(local_addr=another_machine())


@contextlib.contextmanager
def served(toy: Staffed, log: Path | None = None) -> Iterator[Served]:
    site = Served(toy, log)
    site.start()
    try:
        yield site
    finally:
        site.stop()


class Here(Served):
    """The same without a process: the server in the test's own loop, with a clock that the test moves."""

    def __init__(self, toy: Staffed, clock: Clock) -> None:
        super().__init__(toy)
        self.told: list[tuple[str, int]] = []
        self.server = Server(toy.folder, toy.site, clock, lambda *event: self.told.append(event))


@contextlib.asynccontextmanager
async def in_this_process(toy: Staffed, clock: Clock) -> AsyncIterator[Here]:
    """Its session is open."""
    site = Here(toy, clock)
    await site.server.start("127.0.0.1", 0)
    site.port = site.server.port
    toy.folder.note_address("127.0.0.1", site.server.desk_port)
    try:
        await site.open()
        yield site
    finally:
        await site.server.stop()


@dataclass
class _Hand:
    """What a seat that speaks the protocol by hand keeps, so that it can sign."""

    chain: SeatChain
    unheard: list[m.Message] = field(default_factory=list)


_HANDS: "weakref.WeakKeyDictionary[object, _Hand]" = weakref.WeakKeyDictionary()


async def say(socket: aiohttp.ClientWebSocketResponse, message: m.Message) -> None:
    if isinstance(message, m.Answer | m.Flag | m.HandIn) and (hand := _hand(socket)) is not None:
        message = hand.chain.act(message)
    await socket.send_str(m.encode(message).decode())


def _hand(socket: object) -> _Hand | None:
    return _HANDS.get(getattr(socket, "socket", socket))


async def _heard(socket: aiohttp.ClientWebSocketResponse, hand: _Hand | None) -> m.Message:
    """The next message; where it asks for a signature, that has been given."""
    message: m.Message = m.decode_to_terminal(await socket.receive_str())
    if hand is not None and (signed := hand.chain.hear(message)) is not None:
        await say(socket, signed)
    return message


async def hear(
    socket: aiohttp.ClientWebSocketResponse,
    kind: type[Kind] = m.Message,  # type: ignore[assignment]
    patience_s: float = 20.0,
) -> Kind:
    """The next message of this kind."""
    async with asyncio.timeout(patience_s):
        hand = _hand(socket)
        while True:
            message = hand.unheard.pop(0) if hand is not None and hand.unheard else await _heard(socket, hand)
            if isinstance(message, m.FormView) and hand is not None:
                hand.unheard.append(await _heard(socket, hand))  # behind a form there is mostly something to sign
            if isinstance(message, kind):
                return message


def verified(result: Path, bureau_key: str) -> tuple[int, list[dict[str, Any]]]:
    """(exit code, failed checks) of the program that shares no code with the rest."""
    command = [sys.executable, "-P", "-m", "tools.verify", str(result), "--json", "--bureau-key", bureau_key]
    done = subprocess.run(command, capture_output=True, check=False)
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    return done.returncode, [check for check in json.loads(done.stdout)["checks"] if check["status"] == "failed"]
