"""The bureau's release ledger: what was issued, and for what each code was given; append-only, signed, chained.

`ledger.jsonl` in the bureau's folder, one line of canonical JSON an entry:

    {"entry": {"act": …, "at": …, "before": …, "n": …, "package": …, …}, "head": "<signed note>"}

The entries, as canonical JSON, are the leaves of an RFC 6962 tree. Each line bears the head over all entries up to its
own: a C2SP note that the issuing officer's key has signed, so one signature vouches for the entry and for everything
before it. A line is on the disk before anything of what it says is told: where it cannot be written, no code is given.

What it cannot show by itself: its newest lines cut off. So the head is held against whatever remembers an earlier one:
the files of each package beside it, the bank, extracts that travelled with results, heads that were printed (`hold`).

Before: the bureau's key. After: `examd.bureau.releasing` writes, `examd.bureau.standings` lists, `tools.verify` reads
extracts.
"""

import contextlib
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bank import durable, merkle
from bank.canonical import canonical
from bank.refused import BrokenStore, Denied
from bank.seal import codes, statements
from examd.holders import Card, Holder
from examd.record import notes

NAME = "ledger.jsonl"
EXTRACT, EXTRACT_KIND = "ledger.json", "examd-ledger-extract"
PATIENCE_S, LOOK_S = 10.0, 0.05
"""How long one writer waits for another, who is at it for moments."""
TELEPHONE, CHECKPOINT = "telephone", "checkpoint"
OPENING, INTERIM = "opening", "interim"


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="act"):
    """One line. What it is of; the numbers are given when it is appended."""

    n: int = 0
    """0, 1, 2 … without gaps."""
    at: str = ""
    """RFC 3339, UTC: the bureau's clock."""
    package: str = ""
    """32 hex digits; "" in `Begin` alone."""
    before: int = -1
    """Number of the entry before this one that is of the same package; -1 where it is the first."""


class Begin(Entry, frozen=True, kw_only=True, tag="begin"):
    """The first. `packages`: so many were issued before there was a ledger; each is entered next, `on_file`."""

    bureau: str
    packages: int


class Issue(Entry, frozen=True, kw_only=True, tag="issue"):
    manifest: str
    """SHA-256 of its file."""
    session: str
    site: str
    date: str
    counter: int
    """The office's running number for this site; 0 for packages of before there were numbers."""
    on_file: bool = False
    """Found when the ledger was begun: what was told of it before then, nobody wrote down."""


class Void(Entry, frozen=True, kw_only=True, tag="void"):
    reason: str
    by: str = ""
    """The package that is issued in its place."""


class Code1(Entry, frozen=True, kw_only=True, tag="code-1"):
    room: str
    """First 128 bits (hex) of the room's commitment."""


class Checkpoint(Entry, frozen=True, kw_only=True, tag="checkpoint"):
    """That of the opening, or one while the session ran: the record must be its continuation."""

    what: str
    size: int
    root: str


class Closing(Entry, frozen=True, kw_only=True, tag="closing"):
    by: str
    """TELEPHONE or CHECKPOINT."""
    statement: str = ""
    """First 128 bits (hex) of the co-signed closing checkpoint."""
    size: int = 0
    root: str = ""
    """By CHECKPOINT alone; and of before the ledger, by TELEPHONE, without a statement."""


class Code2(Entry, frozen=True, kw_only=True, tag="code-2"):
    by: str


class Result(Entry, frozen=True, kw_only=True, tag="result"):
    sha256: str
    """Of result.json."""


class Alarm(Entry, frozen=True, kw_only=True, tag="alarm"):
    """Something that an honest session does not bring about; it stays."""

    what: str
    """second-sitting: code 1 was asked for with another commitment; other-package: code 1 was given for another package
    of this session; other-closing: another closing than the one before; other-record: another checkpoint of the same
    size; second-result: another result than the one before; result-refused: a signed result that does not verify."""
    found: str
    """What came: digits, a package's number, names of checks."""


AnyEntry = Begin | Issue | Void | Code1 | Checkpoint | Closing | Code2 | Result | Alarm
Of = TypeVar("Of", bound=Entry)


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    entry: AnyEntry
    head: str


_decode = msgspec.json.Decoder(_Line).decode


@dataclass
class Ledger:
    """The ledger of one bureau, read and found whole."""

    path: Path
    bureau: Card
    entries: list[AnyEntry] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    """The signed head after each entry."""
    leaves: list[bytes] = field(default_factory=list)
    roots: list[bytes] = field(default_factory=list)
    _tree: merkle.Tree = field(default_factory=merkle.Tree)
    _torn: int = 0
    _newest: dict[str, int] = field(default_factory=dict)
    """Package -> number of its newest entry."""

    @classmethod
    def read(cls, office: Path, bureau: Card, *, every_signature: bool = False) -> "Ledger":
        """Every whole line; a last one without its end is a write that a power cut broke: what it says never happened.
        The newest head's signature vouches for all before it; `every_signature` looks at each.

        Raises BrokenStore: when a line is not what was written, or the disk refuses.
        """
        path = office / NAME
        try:
            data = path.read_bytes() if path.exists() else b""
        except OSError as error:
            raise BrokenStore("store-io", file=NAME, error=error.strerror) from None
        whole, _, torn = data.rpartition(b"\n")
        ledger = cls(path, bureau, _torn=len(torn))
        lines = whole.split(b"\n") if whole else []
        for number, line in enumerate(lines, 1):
            ledger._take_line(line, number, signed=every_signature or number == len(lines))
        return ledger

    @property
    def size(self) -> int:
        return len(self.entries)

    @property
    def root(self) -> bytes:
        return self._tree.root()

    @property
    def origin(self) -> str:
        return f"examd-ledger/{self.bureau.id}"

    @property
    def signer(self) -> str:
        """The name under which the head is signed."""
        return f"bureau/{self.bureau.id}"

    def of(self, package: str, kind: type[Of]) -> list[Of]:
        """This package's entries of a kind, oldest first."""
        return [entry for entry in self._of_package(package) if isinstance(entry, kind)]

    def issued(self) -> list[Issue]:
        return [entry for entry in self.entries if isinstance(entry, Issue)]

    def of_session(self, package: str) -> list[str]:
        """All packages of the session that this one is of, itself among them."""
        mine = self.of(package, Issue)
        session = [(each.session, each.site) for each in mine]
        return [each.package for each in self.issued() if (each.session, each.site) in session]

    def next_counter(self, site: str) -> int:
        """The running number of the next package for this site."""
        return 1 + max((each.counter for each in self.issued() if each.site == site), default=0)

    def hold(self, head: str, where: str) -> None:
        """Holds the ledger against an earlier head (a note); `where` it was kept, for people.

        Raises Denied: when that is of another ledger, or this one is an older or another copy than the one it was of.
        """
        try:
            known = notes.read(head)
        except ValueError:
            raise Denied("ledger-head-foreign", where=where) from None
        if known.origin != self.origin or not self._is_signed(known):
            raise Denied("ledger-head-foreign", where=where)
        self.hold_root(known.size, known.root.hex(), where)

    def hold_root(self, size: int, root: str, where: str) -> None:
        """The same for a head of which the size and (the first digits of) the root are known.

        Raises Denied: when this ledger is an older or another copy.
        """
        if size > self.size:
            raise Denied("ledger-rolled-back", where=where, known=size, found=self.size)
        if size < 1 or not self.roots[size - 1].hex().startswith(root):
            raise Denied("ledger-another", where=where, known=size)

    def extract(self, package: str, key: Ed25519PrivateKey) -> bytes:
        """All entries about the session of this package, each with the proof that it is in the tree, under the head.

        Signed: that these are all of them is the bureau's word, which whoever holds the whole ledger can judge.
        """
        packages = set(self.of_session(package))
        told = [entry for entry in self.entries if entry.package in packages]
        return statements.sign(
            {
                "type": EXTRACT_KIND,
                "v": 1,
                "bureau": self.bureau.id,
                "entries": [
                    {
                        "entry": msgspec.to_builtins(entry),
                        "proof": [each.hex() for each in merkle.inclusion(self.leaves, entry.n)],
                    }
                    for entry in told
                ],
                "head": self.heads[-1],
                "package": package,
            },
            key,
        )

    def spoken_head(self) -> str:
        """The newest head as it is printed and read out: the number of entries, and four groups."""
        return f"{self.size} {codes.spoken_short(self.root.hex(), codes.Short.HEAD)}"

    # ---- writing ----------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """While it lasts nobody else writes. Raises Denied: when somebody does, and goes on to."""
        handle = os.open(self.path.with_name(".ledger.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            tries = int(PATIENCE_S / LOOK_S)
            while not durable.lock(handle):
                if not (tries := tries - 1):
                    raise Denied("ledger-busy")
                time.sleep(LOOK_S)
            yield
        finally:
            os.close(handle)

    def begin(self, entries: Sequence[Entry], at: str, bureau: Holder) -> None:
        """The first entries, all or none. Raises BrokenStore: when the disk refuses."""
        lines = []
        for entry in entries:
            line = self._line(entry, at, bureau)
            self._take_line(line, self.size + 1, signed=True)
            lines.append(line + b"\n")
        with durable.store_errors(NAME):
            durable.write_atomically(self.path, b"".join(lines))

    def append(self, entry: Entry, at: str, bureau: Holder) -> None:
        """Enters it, on the disk when this returns; otherwise as if it had not been tried.

        Raises BrokenStore: when the disk refuses.
        """
        line = self._line(entry, at, bureau)
        with durable.store_errors(NAME):
            durable.append(self.path, line + b"\n", torn=self._torn)
        self._torn = 0
        self._take_line(line, self.size + 1, signed=True)

    def _line(self, entry: Entry, at: str, bureau: Holder) -> bytes:
        before = self._newest.get(entry.package, -1) if entry.package else -1
        entered = msgspec.to_builtins(msgspec.structs.replace(entry, n=self.size, at=at, before=before))
        tree = merkle.Tree.of(self._tree.size, self._tree.edge)
        tree.append(merkle.leaf_hash(canonical(entered)))
        text = notes.body(self.origin, tree.size, tree.root())
        head = notes.note(text, notes.sign(text, self.signer, bureau.signing_key))
        return canonical({"entry": entered, "head": head})

    # ---- reading ----------------------------------------------------------------------------------------------

    def _take_line(self, line: bytes, number: int, *, signed: bool) -> None:
        try:
            read = _decode(line)
            entry, head = read.entry, notes.read(read.head)
            plain = canonical(msgspec.to_builtins(entry))
            if line != canonical({"entry": msgspec.to_builtins(entry), "head": read.head}):
                raise ValueError
        except (msgspec.DecodeError, ValueError):
            raise BrokenStore("ledger-malformed", line=number) from None
        self._tree.append(merkle.leaf_hash(plain))
        root = self._tree.root()
        before = self._newest.get(entry.package, -1) if entry.package else -1
        found = (head.origin, head.size, head.root, entry.n, entry.before, isinstance(entry, Begin))
        if found != (self.origin, number, root, number - 1, before, number == 1):
            raise BrokenStore("ledger-edited", line=number)
        if signed and not self._is_signed(head):
            raise BrokenStore("ledger-edited", line=number)
        self.entries.append(entry)
        self.heads.append(read.head)
        self.leaves.append(merkle.leaf_hash(plain))
        self.roots.append(root)
        if entry.package:
            self._newest[entry.package] = entry.n

    def _is_signed(self, head: notes.Checkpoint) -> bool:
        return any(notes.is_signature(line, head.text, self.signer, self.bureau.sign) for line in head.lines)

    def _of_package(self, package: str) -> Sequence[AnyEntry]:
        found: list[AnyEntry] = []
        at = self._newest.get(package, -1)
        while at >= 0:
            found.append(self.entries[at])
            at = self.entries[at].before
        return found[::-1]
