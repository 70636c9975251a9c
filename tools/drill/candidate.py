"""A simulated candidate: the terminal's own client and journal, with someone of stated ability in place of a person.

What the candidate "knows" comes from whoever simulates the room; nothing of it comes from the server.

Before: `tools.drill.demonstration` seats them. After: `terminal.client`, over TLS, as a real terminal would.
"""

import asyncio
import contextlib
import random
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from examd.protocol.messages import Clock, Enrolled, FormView, ItemView, Receipt, Refusal, Welcome
from examd.protocol.phase import Phase
from terminal.client import Client
from terminal.heard import Heard, Trouble
from terminal.machine import this_machine
from terminal.outbox import Outbox, journal_name

Knowledge = Mapping[tuple[str, frozenset[str]], frozenset[str]]
"""(stem, texts of the options) -> texts of the right options."""


@dataclass(frozen=True, slots=True)
class Part:
    """Whom to play."""

    admission_no: str
    id_tail: str
    ability: float
    """Chance of answering an item rightly, guessing aside; 0 to 1."""
    pace_s: float
    """Mean time an item takes."""
    seed: int


def machine(journals: Path, admission_no: str) -> Path:
    """The folder of the machine that this candidate sits at."""
    return journals / admission_no


async def pair(server: str, trust: Path, folder: Path, name: str, code: str) -> None:
    """Types the pairing code at one machine, and leaves once the server has taken it.

    Raises RuntimeError: when the server refuses it.
    """
    heard: asyncio.Queue[Heard] = asyncio.Queue()
    client = Client(server, trust, heard.put_nowait, lambda _: Outbox(folder / "none"), this_machine(folder))
    running = asyncio.create_task(client.run())
    client.introduce(code, name)
    try:
        while not isinstance(message := await heard.get(), Enrolled):
            if isinstance(message, Trouble | Refusal):
                raise RuntimeError(f"terminal {name}: {message}")
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


def play(server: str, trust: Path, journals: Path, part: Part, knowledge: Knowledge) -> None:
    """Sits the whole exam in this process. Raises RuntimeError where it cannot."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for whoever started the room; it ends its candidates
    asyncio.run(sit(server, trust, journals, part, knowledge))


async def sit(server: str, trust: Path, journals: Path, part: Part, knowledge: Knowledge) -> Receipt:
    """Sits the whole exam. Raises RuntimeError: when the server refuses what no simulated candidate does."""
    heard: asyncio.Queue[Heard] = asyncio.Queue()

    def journal(welcome: Welcome) -> Outbox:
        return Outbox(own / journal_name(welcome.sitting.session, welcome.candidate.admission_no))

    own = machine(journals, part.admission_no)
    client = Client(server, trust, heard.put_nowait, journal, this_machine(own))
    running = asyncio.create_task(client.run())
    answering: asyncio.Task[None] | None = None
    client.sign_in(part.admission_no, part.id_tail)
    try:
        while True:
            message = await heard.get()
            if isinstance(message, Receipt):
                return message
            if isinstance(message, Trouble | Refusal) and not _passes(message):
                raise RuntimeError(f"candidate {part.admission_no}: {message}")
            if isinstance(message, Clock) and message.phase is Phase.WAITING:
                client.ready()
            elif isinstance(message, FormView) and answering is None:
                answering = asyncio.create_task(_answer(client, message, part, knowledge))
    finally:
        for task in (running, answering):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task


async def _answer(client: Client, form: FormView, part: Part, knowledge: Knowledge) -> None:
    rng = random.Random(part.seed)  # noqa: S311 - a simulation that can be repeated, no secret
    used_ms = 0
    for item in form.items:
        pause_s = part.pace_s * rng.uniform(0.4, 1.6)
        await asyncio.sleep(pause_s)
        used_ms += int(pause_s * 1000)
        while client.outbox is None:  # between two connections the client holds no journal yet
            await asyncio.sleep(0.05)
        client.outbox.answer(item.slot, _choice(item, part.ability, knowledge, rng), used_ms)
        client.written()
    assert client.outbox is not None
    client.outbox.hand_in()
    client.written()


def _choice(item: ItemView, ability: float, knowledge: Knowledge, rng: random.Random) -> tuple[int, ...]:
    """The right options where the candidate knows them, a guess otherwise."""
    texts = [option.text for option in item.options]
    right = knowledge.get((item.stem, frozenset(texts)), frozenset())
    if right and rng.random() < ability:
        return tuple(n for n, text in enumerate(texts) if text in right)
    if item.type == "multiple":
        return tuple(sorted(rng.sample(range(len(texts)), rng.randint(2, len(texts)))))
    return (rng.randrange(len(texts)),)


def _passes(message: Trouble | Refusal) -> bool:
    """A gap while reconnecting mends itself."""
    return isinstance(message, Refusal) and message.reason.value in ("gap", "paused", "store-full", "not-started")
