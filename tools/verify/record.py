"""The record (docs/formats.md §5): entries in their right shape, and an index of who did what.

Takes the bytes of `entries.jsonl`; gives a Record that the checks of conduct, time and marks walk over.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any

from . import merkle
from .shapes import (
    Shape,
    Wrong,
    anything,
    boolean,
    hexadecimal,
    integer,
    list_of,
    map_of,
    one_of,
    pattern,
    record,
    text,
)

FILE = "entries.jsonl"
_CANDIDATE = integer(1)
_SEAT_OR_ROOM = integer(0)
_DAY = pattern(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "YYYY-MM-DD")

_VOUCHED = {
    "since": integer(0),
    "acts": hexadecimal(32),
    "size": integer(0),
    "root": hexadecimal(32),
    "sig": hexadecimal(64),
}

BODIES: dict[str, Shape] = {
    "BOOT": record({"version": text}),
    "PREPARE": record({"package_id": text, "manifest_sha256": hexadecimal(32), "room_commit": hexadecimal(32)}),
    "TERMINALS": record(
        {"terminals": list_of(record({"machine": hexadecimal(16), "name": text, "key": hexadecimal(32)}))}
    ),
    "OPEN": record(
        {
            "bureau_r": hexadecimal(32),
            "room_r": hexadecimal(32),
            "seed": hexadecimal(32),
            "pool_root": hexadecimal(32),
            "rule_sha256": hexadecimal(32),
            "roster_sha256": hexadecimal(32),
            "holders": map_of(text),
            "separated": boolean,
            "cosign_s": integer(1),
        },
        optional={"cosign_s"},
    ),
    "SIGN_IN": record(
        {
            "c": _CANDIDATE,
            "token_sha256": hexadecimal(32),
            "terminal": text,
            "machine": hexadecimal(16),
            "again": boolean,
        },
        optional={"machine"},
    ),
    "ADMIT": record({"c": _CANDIDATE, "terminal": text, "reason": text}),
    "READY": record({"c": _CANDIDATE}),
    "SESSION_START": record({}),
    "START": record({"c": _CANDIDATE, "form": hexadecimal(32), "attempt": integer(0), "limit_ms": integer(0)}),
    "ANSWER": record(
        {
            "c": _CANDIDATE,
            "seq": integer(1),
            "slot": integer(0),
            "choice": list_of(integer(0)),
            "used_ms": integer(0),
            "late": boolean,
        }
    ),
    "FLAG": record({"c": _CANDIDATE, "seq": integer(1), "slot": integer(0), "on": boolean}),
    "SIGNED": record({"c": _CANDIDATE, "seq": integer(0), **_VOUCHED}),
    "HAND_IN": record(
        {"c": _CANDIDATE, "seq": integer(0), "by": one_of("candidate", "clock", "server"), "form": text, **_VOUCHED},
        optional={"form", *_VOUCHED},
    ),
    "REOPEN": record({"c": _CANDIDATE, "hand_in": integer(0), "reason": text, "sig": hexadecimal(64)}),
    "LATE": record({"c": _CANDIDATE, "counts": boolean, "n": integer(1), "reason": text, "sig": hexadecimal(64)}),
    "RESTORE": record(
        {
            "c": _CANDIDATE,
            "answers": list_of(record({"slot": integer(0), "choice": list_of(integer(0))}), least=1),
            "journal": hexadecimal(32),
            "reason": text,
            "sig": hexadecimal(64),
        }
    ),
    "TICK": record({}),
    "PAUSE": record({"c": _SEAT_OR_ROOM, "reason": text}),
    "RESUME": record(
        {"c": _SEAT_OR_ROOM, "reason": text, "since_ms": integer(0), "sig": hexadecimal(64)},
        optional={"since_ms", "sig"},
    ),
    "ADD_TIME": record(
        {"c": _SEAT_OR_ROOM, "ms": integer(0), "reason": text, "before_ms": integer(0), "sig": hexadecimal(64)},
        optional={"before_ms", "sig"},
    ),
    "STAFF": record(
        {"name": text, "role": text, "act": text, "reason": text, "employer": text, "date": _DAY},
        optional={"reason", "employer", "date"},
    ),
    "ON_DUTY": record({"name": text, "role": text}),
    "DUTY_LAPSE": record({"name": text, "what": one_of("missing", "overstepping", "misplaced"), "reason": text}),
    "ALARM": record({"c": _SEAT_OR_ROOM, "what": text, "facts": anything}),
    "WAIVE": record({"c": _CANDIDATE, "reason": text}),
    "ABSENT": record({"c": _CANDIDATE}),
    "CLOSE": record(
        {
            "present": integer(0),
            "absent": integer(0),
            "handed_in": integer(0),
            "waived": integer(0),
            "late": integer(0),
        },
        optional={"late"},
    ),
}

_HEAD = record(
    {
        "v": one_of(1),
        "idx": integer(0),
        "type": one_of(*BODIES),
        "t_ms": integer(0),
        "mono_ms": integer(0),
        "boot": pattern(r"([0-9a-f]{2})+", "hex"),
        "epoch": integer(1),
        "wall_s": integer(-(2**53) + 1),
        "actor": pattern(r"server|seat:[1-9][0-9]*|staff:(?s:.+)", "server|seat:<c>|staff:<name>"),
        "salt": hexadecimal(16),
        "body": anything,
    }
)


def shape(value: Any, path: str, wrong: Wrong) -> None:
    """A shape: an entry's head, then the body that its type has."""
    before = len(wrong)
    _HEAD(value, path, wrong)
    if len(wrong) == before:
        BODIES[value["type"]](value["body"], path + ".body", wrong)


@dataclass(frozen=True, slots=True)
class Entry:
    line: int
    """In the file, from 1; entry i stands on line i + 1."""
    type: str
    idx: int
    t_ms: int
    mono_ms: int
    wall_s: int
    boot: str
    epoch: int
    actor: str
    body: dict[str, Any]

    @property
    def place(self) -> str:
        return f"{FILE}:{self.line}"

    @property
    def c(self) -> int:
        """The candidate's ordinal; 0 for the room."""
        c: int = self.body.get("c", 0)
        return c


@dataclass(slots=True)
class Record:
    lines: int
    """Lines of the file, readable or not."""
    entries: list[Entry] = field(default_factory=list)
    by_type: dict[str, list[Entry]] = field(default_factory=dict)
    by_candidate: dict[int, list[Entry]] = field(default_factory=dict)

    def add(self, entry: Entry) -> None:
        """Takes the next entry into the index."""
        self.entries.append(entry)
        self.by_type.setdefault(entry.type, []).append(entry)
        if entry.c:
            self.by_candidate.setdefault(entry.c, []).append(entry)

    def of(self, *types: str) -> list[Entry]:
        return [entry for type_ in types for entry in self.by_type.get(type_, [])]

    def candidate(self, c: int, *types: str) -> list[Entry]:
        return [entry for entry in self.by_candidate.get(c, []) if entry.type in types]

    def starts(self) -> Iterator[Entry]:
        """Each candidate's first START."""
        seen: set[int] = set()
        for entry in self.by_type.get("START", []):
            if entry.c not in seen:
                seen.add(entry.c)
                yield entry

    @property
    def decides_late(self) -> bool:
        """Late answers count by order of the chief examiner; in records of before that, whose CLOSE says nothing of
        them, all do."""
        return any("late" in entry.body for entry in self.of("CLOSE"))

    def counting_answers(self, c: int) -> dict[int, list[int]]:
        """The choice that counts in each slot, an emptied one too: the last answer, of the late ones those ordered, and
        what was admitted from a journal where no answer came after that."""
        counting: dict[int, list[int]] = {}
        late: dict[int, list[int]] = {}
        for entry in self.candidate(c, "ANSWER", "LATE", "RESTORE"):
            if entry.type == "LATE":
                counting.update(late if entry.body["counts"] else {})
                late = {}
                continue
            answers = entry.body["answers"] if entry.type == "RESTORE" else [entry.body]
            for answer in answers:
                slot, choice = answer["slot"], answer["choice"]
                if entry.body.get("late"):
                    late[slot] = choice
                else:
                    counting[slot] = choice
                    late.pop(slot, None)
        return counting if self.decides_late else {**counting, **late}

    @property
    def keys(self) -> list[tuple[Entry, dict[str, Any]]]:
        """Each terminal that the record names, with the entry that does."""
        return [(entry, each) for entry in self.of("TERMINALS") for each in entry.body["terminals"]]


_NAMES = [each.name for each in fields(Entry) if each.name != "line"]


def entry_of(line: int, value: dict[str, Any]) -> Entry:
    """From a value in its right shape."""
    return Entry(line, **{name: value[name] for name in _NAMES})


def chained(leaves: list[bytes]) -> bytes:
    """The head of the hash chain over leaf hashes."""
    return chained_all(leaves)[-1] if leaves else bytes(32)


def chained_all(leaves: list[bytes]) -> list[bytes]:
    """The chain value at each leaf."""
    head, found = bytes(32), []
    for leaf in leaves:
        head = hashlib.sha256(b"examd/chain/v1" + head + leaf).digest()
        found.append(head)
    return found


def leaves_of(data: bytes) -> list[bytes]:
    """Leaf hashes over the lines as they stand, whatever they hold."""
    return [merkle.leaf(line) for line in data.removesuffix(b"\n").split(b"\n")] if data else []
