"""The terminals' journals, collected after closing into the session's result, named and hashed.

A journal is what a candidate's own machine wrote before it sent anything: whoever holds it against the record sees
whether the site changed what was acknowledged. Of each folder only journals of this very session are taken; a machine's
secrets lie beside them, and stay there.

Before: `examd.site.grading`. After: `examd verify` compares; `examd.site.restoring` reads one.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bank.canonical import canonical
from bank.durable import private_folder, read_bytes, write_atomically
from bank.refused import BadFile, Denied
from examd.protocol.journal import SUFFIX, Base, Sat, decode_lines
from examd.protocol.messages import Ack, Answer

FOLDER, INDEX = "journals", "index.json"
LARGEST = 16 << 20


@dataclass(frozen=True, slots=True)
class Journal:
    """One terminal's journal of one candidate."""

    path: Path
    data: bytes
    sat: Sat
    acknowledged: dict[int, Answer]
    """By number: answers of which the server said that they are in its record."""

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @classmethod
    def read(cls, path: Path) -> "Journal":
        """Raises BadFile: it is no journal, or of before journals said whose they are."""
        data = read_bytes(path, named=path.name)
        sat: Sat | None = None
        acts: dict[int, Answer] = {}
        acked = 0
        for line in decode_lines(data)[0]:  # as far as they are whole
            match line:
                case Sat():
                    sat = line
                case Base(seq=seq):
                    acts = {n: act for n, act in acts.items() if n <= min(acked, seq)}
                    acked = max(acked, seq)
                case Answer(seq=seq):
                    acts[seq] = line
                case Ack(seq=seq):
                    acked = max(acked, seq)
        if sat is None:
            raise BadFile("terminal-journal-malformed", file=path.name)
        return cls(path, data, sat, {n: act for n, act in acts.items() if n <= acked})


@dataclass(frozen=True, slots=True)
class Collected:
    """What came of it."""

    folder: Path
    names: tuple[str, ...]
    passed_over: tuple[str, ...]
    """Files that are no journals of this session."""
    missing: tuple[str, ...]
    """Admission numbers of candidates who acted, and whose journal nobody brought."""


def collect(result: Path, package_id: str, folders: Iterable[Path], acted: Iterable[str]) -> Collected:
    """Copies the session's journals from these folders, and from those in them, into `journals/` of the result; those
    that were collected before stay. `acted`: admission numbers of those whose journals there should be.

    Raises Denied: there is no journal of this session in any of them.
    """
    taken, passed_over, whose = dict[str, bytes](), list[str](), set[str]()
    kept = result / FOLDER
    places = [*([kept] if kept.is_dir() else []), *folders]
    for path in sorted(each for place in places for each in place.rglob("*" + SUFFIX)):
        if path.is_symlink() or not path.is_file() or path.stat().st_size > LARGEST:
            passed_over.append(path.name)
            continue
        try:
            found = Journal.read(path)
        except BadFile:
            passed_over.append(path.name)
            continue
        if found.sat.package_id != package_id:
            passed_over.append(path.name)
            continue
        whose.add(found.sat.admission_no)
        taken[f"{found.sat.c:05}-{found.sha256[:16]}{SUFFIX}"] = found.data
    if not taken:
        raise Denied("journals-none", found=len(passed_over))
    private_folder(kept)
    for name, data in taken.items():
        write_atomically(kept / name, data, private=True)
    index = {"files": {name: hashlib.sha256(data).hexdigest() for name, data in taken.items()}, "of": package_id}
    write_atomically(kept / INDEX, canonical(index), private=True)
    return Collected(kept, tuple(taken), tuple(passed_over), tuple(sorted(set(acted) - whose)))
