"""A disk under Linux's page cache, made of the events of `tests.faults.traced`: what a power cut may leave.

Per file: what reached the disk, and what is on its way, in pages. An fsync brings all of that there. One that fails
brings none of it, and counts the pages as clean, so that a later fsync succeeds and brings nothing: only a page that is
written again gets there. Names come in two semantics. "journalled" (ext4, XFS): any fsync makes all earlier changes of
names durable, and a power cut leaves them up to some moment. "strict" (POSIX says no more): a name is durable once its
own folder was synced, and a power cut leaves any of the others.

Before: `traced`. After: `test_power`.
"""

import os
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.traced import Event

PAGE, SECTOR = 4096, 512
SEMANTICS = ("journalled", "strict")


@dataclass(slots=True, eq=False)
class File:
    cache: bytearray = field(default_factory=bytearray)
    disk: bytearray = field(default_factory=bytearray)
    waiting: list[tuple[int, bytes]] = field(default_factory=list)
    """(place, a page's bytes), or (-1, b"") after which `sizes` has how long the file became; in order."""
    sizes: list[int] = field(default_factory=list)

    def write(self, at: int, data: bytes) -> None:
        if len(self.cache) < at + len(data):
            self.cache.extend(bytes(at + len(data) - len(self.cache)))
        self.cache[at : at + len(data)] = data
        for place in range(at - at % PAGE, at + len(data), PAGE):
            self.waiting.append((place, bytes(self.cache[place : place + PAGE])))

    def resize(self, size: int) -> None:
        del self.cache[size:]
        self.cache.extend(bytes(size - len(self.cache)))
        self.waiting.append((-1, b""))
        self.sizes.append(size)

    def sync(self) -> None:
        self.disk = self.after([True] * len(self.waiting))
        self.forget()

    def forget(self) -> None:
        """The pages count as clean from here on, wherever they are."""
        self.waiting, self.sizes = [], []

    def after(self, which: Iterable[bool], torn: int = 0) -> bytearray:
        """The disk's bytes if only these of the waiting pages got there; the last of them cut after `torn` sectors."""
        found, sizes = bytearray(self.disk), iter(self.sizes)
        chosen = [(each, next(sizes) if each[0] < 0 else 0, yes) for each, yes in zip(self.waiting, which, strict=True)]
        last = max((n for n, (_, _, yes) in enumerate(chosen) if yes), default=-1)
        for n, ((place, data), size, yes) in enumerate(chosen):
            if not yes:
                continue
            if place < 0:
                del found[size:]
                found.extend(bytes(size - len(found)))
                continue
            piece = data[: torn * SECTOR] if n == last and torn else data
            if len(found) < place + len(piece):
                found.extend(bytes(place + len(piece) - len(found)))
            found[place : place + len(piece)] = piece
        return found


Names = dict[str, File | None]
"""Path -> its file; None for a folder."""


class Disk:
    def __init__(self, root: Path, semantics: str) -> None:
        self.root, self.strict = root.resolve(), semantics == "strict"
        self.names: Names = {}
        for path in sorted(self.root.rglob("*")):
            data = None if path.is_dir() else path.read_bytes()
            self.names[str(path)] = None if data is None else File(bytearray(data), bytearray(data))
        self.durable: Names = dict(self.names)
        self.waiting: list[tuple[Event, File | None]] = []

    def take(self, event: Event) -> None:
        file = self.names.get(event.path)
        match event.what:
            case "write" if file is not None:
                file.write(event.at, event.data)
            case "truncate" if file is not None:
                file.resize(event.at)
            case "sync" if file is not None:
                file.sync()
                if not self.strict:
                    self._settle_names(lambda _: True)
            case "failed" if file is not None:
                file.forget()
            case "syncdir":
                self._settle_names(lambda folder: not self.strict or folder == event.path)
            case "create" | "mkdir" | "rename" | "unlink":
                made = File() if event.what == "create" else None
                _rename(self.names, event, made)
                self.waiting.append((event, made))

    def _settle_names(self, settled) -> None:  # type: ignore[no-untyped-def]
        left = []
        for event, made in self.waiting:
            if settled(os.path.dirname(event.to or event.path)):
                _rename(self.durable, event, made)
            else:
                left.append((event, made))
        self.waiting = left

    def cut(self, dice: random.Random, how: str) -> dict[str, bytes | None]:
        """What is there after a power cut. `how`: "nothing" of what was on its way got there, "everything", "some"."""
        names = dict(self.durable)
        share = {"nothing": 0.0, "everything": 1.0}.get(how, dice.random())
        until = len(self.waiting) * share if how != "some" else dice.randint(0, len(self.waiting))
        for n, (event, made) in enumerate(self.waiting):
            if dice.random() < share if self.strict and how == "some" else n < until:
                _rename(names, event, made)
        found: dict[str, bytes | None] = {}
        for path, file in names.items():
            if all(str(folder) in names for folder in Path(path).parents if self.root in folder.parents):
                which = [] if file is None else [dice.random() < share for _ in file.waiting]
                torn = dice.randint(0, 7) if how == "some" else 0
                found[path] = None if file is None else bytes(file.after(which, torn))
        return found

    def put_back(self, to: Path, found: dict[str, bytes | None]) -> None:
        """Writes such a state into a folder."""
        for path in sorted(found):
            place, data = to / Path(path).relative_to(self.root), found[path]
            if data is None:
                place.mkdir(parents=True, exist_ok=True)
            else:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(data)
                place.chmod(0o600)

    def evict(self) -> None:
        """Of files none of whose pages wait, the system may give back what the disk has: it does so here, for all."""
        for path, file in self.names.items():
            if file is not None and not file.waiting and file.cache != file.disk:
                file.cache = bytearray(file.disk)
                Path(path).write_bytes(file.disk)


def _rename(names: Names, event: Event, made: File | None) -> None:
    """The change of names that `event` is; nothing where what it needs is not there."""
    match event.what:
        case "create" | "mkdir":
            names.setdefault(event.path, made)
        case "unlink":
            names.pop(event.path, None)
        case "rename":
            moved = {path: names.pop(path) for path in list(names) if _under(path, event.path)}
            for path in [path for path in names if _under(path, event.to)] if moved else []:
                del names[path]
            names.update({event.to + path[len(event.path) :]: file for path, file in moved.items()})


def _under(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + "/")
