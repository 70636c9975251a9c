"""Somebody who goes on changing answers until told to hand in, through the terminal's own client and journal.

What was acknowledged to them, and what they were shown, is written down: as a process, one JSON line each on standard
output, at the moment it happens, so that a killed terminal leaves what it had been told.
"""

import asyncio
import contextlib
import json
import os
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from examd.protocol.messages import Ack, Answer, Clock, Flag, FormView, HandIn, Receipt, Welcome
from examd.protocol.phase import Phase
from terminal.client import Client
from terminal.heard import Trouble
from terminal.machine import this_machine
from terminal.outbox import Outbox, journal_name


def plain(act: Answer | Flag | HandIn) -> list[object]:
    """An act as the record should hold it."""
    if isinstance(act, Answer):
        return ["ANSWER", act.slot, list(act.choice)]
    return ["FLAG", act.slot, act.on] if isinstance(act, Flag) else ["HAND_IN"]


@dataclass
class Person:
    c: int
    address: str
    trust: Path
    journals: Path
    number: str
    tail: str
    pace_s: float = 0.1
    """On the average. Whoever goes on faster than people can is heard more slowly (`examd.delivery.seats`)."""
    tell: Callable[[dict[str, Any]], object] | None = None
    acknowledged: dict[int, list[object]] = field(default_factory=dict)
    """Sequence number -> act, of all that the server ever acknowledged."""
    forms: list[FormView] = field(default_factory=list)
    epochs: list[int] = field(default_factory=list)
    ends_ms: list[int] = field(default_factory=list)
    """When each Clock said that time would be up, on this machine's clock."""
    started: asyncio.Event = field(default_factory=asyncio.Event)
    enough: asyncio.Event = field(default_factory=asyncio.Event)
    receipt: Receipt | None = None
    trouble: list[str] = field(default_factory=list)

    async def sit(self) -> Receipt:
        heard: asyncio.Queue[object] = asyncio.Queue()
        self.client = Client(self.address, self.trust, heard.put_nowait, self._journal, this_machine(self.journals))
        tasks = [asyncio.create_task(self.client.run())]
        self.client.sign_in(self.number, self.tail)
        try:
            while self.receipt is None:
                message = await heard.get()
                self._note(message)
                if isinstance(message, FormView) and len(tasks) == 1:
                    self.started.set()
                    tasks.append(asyncio.create_task(self._answer(message)))
        finally:
            for task in tasks:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        return self.receipt

    def _journal(self, welcome: Welcome) -> Outbox:
        return Outbox(self.journals / journal_name(welcome.sitting.session, welcome.candidate.admission_no))

    def _note(self, message: object) -> None:
        now_ms = time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000
        match message:
            case Ack():
                self._acknowledged()
            case Welcome():
                self.epochs.append(message.epoch)
                self._say({"epoch": message.epoch})
                self._acknowledged()
            case FormView():
                self.forms.append(message)
                self._say({"form": message.digest})
            case Clock(phase=Phase.WAITING):
                self.client.ready()
            case Clock(phase=Phase.ANSWERING):
                self.ends_ms.append(now_ms + message.remaining_ms)
            case Receipt():
                self.receipt = message
                self._say({"receipt": message.code})
            case Trouble():
                self.trouble.append(message.value)
                self._say({"trouble": message.value})

    def _acknowledged(self) -> None:
        outbox = self.client.outbox
        if outbox is None:
            return
        for act in outbox.acts[: outbox.acked - outbox.base.seq]:
            if act.seq not in self.acknowledged:
                self.acknowledged[act.seq] = plain(act)
                self._say({"seq": act.seq, "act": plain(act)})

    def _say(self, fact: dict[str, Any]) -> None:
        if self.tell is not None:
            self.tell(fact)

    async def _answer(self, form: FormView) -> None:
        rng = random.Random(os.urandom(8))
        began = time.monotonic()
        while not self.enough.is_set():
            await asyncio.sleep(self.pace_s * rng.uniform(0.2, 1.8))
            outbox = self.client.outbox
            if outbox is None or outbox.handed_in:
                continue
            item = rng.choice(form.items)
            most = len(item.options) if item.type == "multiple" else 1
            choice = tuple(sorted(rng.sample(range(len(item.options)), rng.randint(0, most))))
            if rng.random() < 0.2:
                outbox.flag(item.slot, rng.random() < 0.5)
            else:
                outbox.answer(item.slot, choice, int((time.monotonic() - began) * 1000))
            self.client.written()
        while self.client.outbox is None:
            await asyncio.sleep(0.05)
        if not self.client.outbox.handed_in:
            self.client.outbox.hand_in()
        self.client.written()


async def main() -> None:
    address, trust, journals, number, tail = sys.argv[1:]
    loop = asyncio.get_running_loop()
    person = Person(
        1, address, Path(trust), Path(journals), number, tail,
        tell=lambda fact: os.write(1, json.dumps(fact).encode() + b"\n"),
    )  # fmt: skip
    loop.add_reader(0, person.enough.set)  # anything on standard input: hand in
    await person.sit()


if __name__ == "__main__":
    asyncio.run(main())
