"""A record with nobody around it: a clock that is moved by hand, and a loop that runs when it is told to."""

import functools
import queue
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bank.refused import BrokenStore
from examd.record.entries import Committed, Kind
from examd.record.writer import Record
from tests.examd.toy_session import HandClock

KEY = bytes(range(32))


class Pump:
    """What the server's event loop is to the record: runs what the writer's thread hands over, in this thread."""

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()

    def __call__(self, function: Callable[[], None]) -> None:
        self._waiting.put(function)

    def waiting(self, n: int, patience_s: float = 60.0) -> None:
        """Until so much has arrived, and runs none of it."""
        end = time.monotonic() + patience_s
        while self._waiting.qsize() < n:
            if time.monotonic() > end:
                raise TimeoutError("the record did not answer")
            time.sleep(0.005)

    def until(self, done: Callable[[], bool], patience_s: float = 60.0) -> None:
        """Runs what arrives until `done()`."""
        end = time.monotonic() + patience_s
        while not done():
            try:
                self._waiting.get(timeout=max(0.001, end - time.monotonic()))()
            except queue.Empty:
                raise TimeoutError("the record did not answer") from None


class Room:
    """A record in `folder`, and the outcomes of what was appended to it, in the order they were told."""

    def __init__(self, folder: Path, clock: HandClock | None = None, *, again: bool = False) -> None:
        self.path, self.clock, self.pump = folder / "record.db", clock or HandClock(), Pump()
        make = Record.open if again else Record.create
        self.record: Record = make(self.path, KEY, self.clock, self.pump)
        self.appended = 0
        self.told: list[Committed | BrokenStore] = []
        self.record.start()

    def append(self, kind: Kind, body: dict[str, Any] | None = None, actor: str = "server") -> None:
        self.appended += 1
        self.record.append(kind, actor, body or {}, self.told.append)

    def settle(self) -> list[Committed | BrokenStore]:
        self.pump.until(lambda: len(self.told) == self.appended)
        return self.told

    def say(self, kind: Kind, body: dict[str, Any] | None = None) -> Committed | BrokenStore:
        self.append(kind, body)
        return self.settle()[-1]

    def close(self) -> None:
        self.settle()
        self.record.stop()

    def again(self, clock: HandClock | None = None) -> "Room":
        self.close()
        return Room(self.path.parent, clock or self.clock, again=True)


def limit_pages(room: Room, more: int) -> None:
    """Stands in for a disk with so much room: SQLite's own limit gives the same SQLITE_FULL."""
    connection = room.record._vault.connection
    connection.set_authorizer(None)
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages + more}")


def fill_up(room: Room) -> None:
    """Appends until not even the smallest entry fits."""
    full = False
    while not full:
        told: list[Committed | BrokenStore] = []
        room.record.append(Kind.TICK, "server", {}, told.append)
        room.pump.until(functools.partial(bool, told))
        full = isinstance(told[0], BrokenStore)
