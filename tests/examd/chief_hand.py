"""A chief examiner with a device of their own, and a session in one process, commanded without a wire."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import date
from pathlib import Path

from bank.durable import write_atomically
from examd.chief import messages
from examd.chief.device import Device
from examd.chief.judging import Question
from examd.chief.memory import Memory, MemoryFile
from examd.clock import Clock
from examd.delivery import answers, ending
from examd.delivery.room import Room
from examd.delivery.sign_in import sign_in
from examd.delivery.vouching import take_signature
from examd.grading import process, request
from examd.protocol import messages as m
from examd.record.entries import Kind
from examd.site.chief import ByDevice
from examd.staff import Person, Role
from tests.examd.delivery.test_hall import Terminal, key_of
from tests.examd.toy_session import HandClock, Staffed
from tests.faults.steps import Direct

DAY = date(2026, 11, 21)


class Hand:
    """The chief examiner: unlocked device, and the stick that travels."""

    def __init__(self, work: Path, toy: Staffed, clock: Clock | None = None) -> None:
        self.folder, self.stick = work / "device", work / "carried"
        self.toy, self.clock = toy, clock or HandClock(boot="cc" * 16)
        for folder in (self.folder, self.stick):
            folder.mkdir(parents=True, exist_ok=True)
        self.questions: list[Question] = []
        if not (self.folder / "chief.memory").exists():
            MemoryFile(self.folder, toy.chief.vault_key).write(Memory(toy.bureau.card))
        self.device = self.unlocked()

    def unlocked(self) -> Device:
        return Device(self.toy.chief, self.folder, self.clock)

    def look(self, file: bytes) -> bytes:
        """The answer to a request, whatever is asked. Raises the device's refusal."""
        judged = self.device.judge(file, DAY)
        if isinstance(judged, messages.Answer):
            return messages.written(judged)
        self.questions.append(judged)
        return self.device.sign(judged)

    async def tend(self) -> None:
        """Answers what lies on the stick, for as long as it runs."""
        while True:
            with contextlib.suppress(FileNotFoundError):
                file = (self.stick / messages.REQUEST).read_bytes()
                if not (self.stick / messages.ANSWER).exists():
                    write_atomically(self.stick / messages.ANSWER, self.look(file))
            await asyncio.sleep(0.01)

    @contextlib.asynccontextmanager
    async def at_work(self) -> AsyncIterator[ByDevice]:
        """What the site's commands are given; a refusal of the device is raised here."""
        tending = asyncio.create_task(self.tend())
        try:
            yield ByDevice(self.stick)
        finally:
            tending.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await tending


class House:
    """A site whose room is in this process."""

    def __init__(self, toy: Staffed, clock: Clock | None = None) -> None:
        self.toy, self.clock = toy, clock or HandClock()
        self.room = Room(toy.folder, toy.site, self.clock, asyncio.get_running_loop().call_soon_threadsafe)
        if toy.folder.current is not None:
            self.room.take_up(toy.folder.current)
        self.desk = Direct(self.room)
        request.run = process._grade  # a process of its own would take a second each

    async def sit(self, *cs: int, answers_each: int = 1, hand_in: bool = True) -> list[Terminal]:
        """Candidates come, answer, and hand in."""
        hall, terminals = self.room.running().hall, []
        for c in cs:
            terminal = Terminal(last_heard_ms=hall.record.session_ms())
            terminals.append(terminal)
            await self._name(terminal.machine)
            sign_in(hall, terminal, m.SignIn(self.toy.roster[c - 1].admission_no, self.toy.roster[c - 1].id_tail))
            await self.settled()
            hall.ready(c)
            await self.settled()
            ending.watch_deadlines(hall)
            await self._signed(terminal)
            for n in range(answers_each):
                answers.act(hall, terminal, terminal.chain.act(m.Answer(n + 1, n, (0,), 5)))
            if hand_in:
                answers.act(hall, terminal, terminal.chain.act(m.HandIn(answers_each + 1)))
            await self.settled()
        return terminals

    async def _name(self, machine: str) -> None:
        """The record names the machine's key."""
        running = self.room.running()
        if machine not in running.record.state.terminals:
            each = {"key": key_of(machine).public, "machine": machine, "name": "T"}  # type: ignore[no-untyped-call]
            await running.append(Kind.TERMINALS, Person("server", Role.ADMINISTRATOR), {"terminals": [each]})

    async def _signed(self, terminal: Terminal) -> None:
        """What it was asked to sign, it signs."""
        await self.settled()
        asked, terminal.signed = terminal.signed, []
        for each in asked:
            take_signature(self.room.running().hall, terminal, each)
        await self.settled()

    async def settled(self) -> None:
        await self.room.running().append(Kind.TICK, Person("server", Role.ADMINISTRATOR), {})
        await asyncio.sleep(0)

    async def end(self) -> None:
        await self.room.detach_session()
        self.room.staff.close()


def taken(file: bytes, change: Callable[[messages.Request], messages.Request]) -> bytes:
    """The request, changed, as a misused server would write it."""
    return messages.written(change(messages.read(file, messages.Request)))
