"""The terminal's journal: every act of the candidate is in a file of this machine before it is sent anywhere.

Owned by the app, never by a screen or a worker: a screen that goes away takes nothing with it. The file is
append-only; its records are messages of the protocol (Answer, Flag, HandIn, Ack, Signed, Receipt), Sat and Base, one a
line, each with its length and CRC. A torn tail, what a power cut leaves, is cut off at opening. Where whole records
follow the break the disk is at fault: the file is copied to `.torn` first, and the candidate is told. One file a
candidate and session, readable by its owner alone; one program at a time writes it. What an earlier program left
there is written once more before it is built upon: after an error Linux shows pages that the disk never got.

What `saved` and `acked` promise: acts up to `saved` are in the file and fsynced (已存); acts up to `acked` are in
the server's record (已确认). Only saved acts may be sent.

Sequence numbers rise by exactly one. Two acts for one slot keep both their numbers: the record shows the change.

Beside the acts runs their chain (`examd.protocol.acts`). The record's sequence is authoritative: what it acknowledged
keeps its number and its place in the chain for good, and only that is ever signed; what it has not is renumbered where
it must be, and chained anew from there. `Base.own` says from where on the acts are this machine's own: an earlier one,
which the record held already, it does not vouch for.

When a terminal and the record meet again (`reconcile`), there are four cases:
- the record is a prefix of this journal (answers given offline, or an acknowledgement that did not arrive), which is
  so where its head of the chain is the one here: the rest is sent again under its own numbers, repeats are harmless;
- the record knows more (the candidate went on at another seat) or knows something else: a new Base starts from the
  record. Where the record has an answer, it stays: nobody's recorded answer is overwritten by an older machine.
  Where it has none and this machine holds an unacknowledged one, that is given again under a new number. Slots that
  differ are told to the candidate;
- the record holds this journal's hand-in, and was opened again: a new Base starts from it;
- the record is shorter than what it acknowledged: `RecordLost`. The journal is then evidence; nothing is sent.

Before: `terminal.screens.question`. After: `terminal.conversation`, then `examd.record`.
"""

import errno
import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from io import FileIO
from pathlib import Path

import msgspec

try:
    import fcntl
except ImportError:
    fcntl = None  # type: ignore[assignment]

from examd.protocol import acts as chain
from examd.protocol.journal import SUFFIX, Base, Line, Sat, decode_lines, encode_line
from examd.protocol.messages import Ack, Answer, Flag, HandIn, Receipt, Signed, Welcome

Act = Answer | Flag | HandIn
Choice = tuple[int, ...]


class RecordLost(Exception):  # noqa: N818 - an alarm, not a fault of ours
    """The server does not hold what it acknowledged."""


class JournalInUse(OSError):  # noqa: N818 - the disk is well
    """Another program on this machine writes this candidate's journal."""


class Kept(Enum):
    """How safe a slot's newest act is."""

    NONE = "none"
    WRITING = "writing"
    SAVED = "saved"
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True)
class Restored:
    """What the candidate is told after signing in again."""

    answered: int = 0
    resent: int = 0
    """Acts of this machine that the record had not got."""
    differ: tuple[int, ...] = ()
    """Slots where this machine holds another answer than the record."""


def journal_name(session: str, admission_no: str) -> str:
    """A file name for any two strings: readable where they are plain, told apart by a digest always."""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", f"{session}-{admission_no}").strip("-")[:80]
    digest = hashlib.sha256(f"{session}\n{admission_no}".encode()).hexdigest()[:8]
    return f"{plain}-{digest}{SUFFIX}"


def stranded(torn: bytes) -> int:
    """How many whole records lie behind a break, out of reach."""
    return sum(bool(decode_lines(line + b"\n")[0]) for line in torn.split(b"\n"))


class Journal:
    """The file. Appends whole records; knows nothing of what they mean."""

    def __init__(self, path: Path) -> None:
        _make_folder(path.parent)
        self._file = _open_private(path)
        if not _lock(self._file):
            self._file.close()
            raise JournalInUse(errno.EBUSY, os.strerror(errno.EBUSY), str(path))
        self._ours = True
        data = self._file.read()
        self.found, whole = decode_lines(data)
        self.lost = stranded(data[whole:])
        if self.lost:
            self._keep_evidence(path, data)
        self._file.truncate(whole)  # later records must not follow a torn one
        self._file.seek(0)
        self._write(data[:whole])
        _sync_directory(path.parent)

    @staticmethod
    def _keep_evidence(path: Path, data: bytes) -> None:
        with _open_private(path.with_name(path.name + ".torn")) as copy:
            copy.seek(0, os.SEEK_END)  # behind what an earlier break left
            copy.write(data)
            os.fsync(copy.fileno())

    def append(self, lines: Iterable[Line]) -> None:
        """Raises OSError: when the disk refuses, or the journal was let go of."""
        if not self._ours:
            raise JournalInUse(errno.EBADF, os.strerror(errno.EBADF))
        self._write(b"".join(map(encode_line, lines)))

    def _write(self, data: bytes) -> None:
        while data:
            data = data[self._file.write(data) :]

    def let_go(self) -> None:
        """Another program may have it; nothing more is written here."""
        if self._ours:
            self._ours = False
            _unlock(self._file)

    def sync(self) -> None:
        os.fsync(self._file.fileno())


class Outbox:
    """The candidate's acts and how far each has come. All of it can be rebuilt from the journal."""

    def __init__(self, path: Path) -> None:
        self.journal = Journal(path)
        self.fresh = not self.journal.found
        self.sat: Sat | None = None
        self.lost = self.journal.lost
        """Acts and acknowledgements that a damaged file held and nobody can read in order any more."""
        self._start(Base(0, 0, -1, "", {}, ()))
        for line in self.journal.found:
            self._take(line)
        self.saved = 0  # what was found may have been written but not fsynced: `flush` comes first
        self.journal.found = []

    # ---- state -------------------------------------------------------------------------------------------------

    def _start(self, base: Base) -> None:
        self.base = base
        self.acts: list[Act] = []
        self._heads = [bytes.fromhex(base.acts)]
        """Of the chain, after the base and after each act."""
        self.proof: Base | Ack = base
        """The newest acknowledgement: what `Resume` tells the server."""
        self.answers: dict[int, Choice] = dict(base.answers)
        self.flags: set[int] = set(base.flags)
        self._touched: dict[int, int] = {}
        self.saved = base.seq

    def _take(self, line: Line) -> None:
        if isinstance(line, Base):
            self._start(line)
        elif isinstance(line, Ack):
            if self.acked < line.seq <= self.last:
                self.proof = line
        elif isinstance(line, Sat):
            self.sat = line
        elif isinstance(line, Signed | Receipt):
            pass  # evidence, for whoever reads the journal
        elif line.seq == self.last + 1:  # anything else would be a hole: no such line is ever written
            self.acts.append(line)
            self._heads.append(_chained(self._heads[-1], line))
            _apply(line, self.answers, self.flags)
            if isinstance(line, Answer):
                self._touched[line.slot] = line.seq

    @property
    def last(self) -> int:
        return self.base.seq + len(self.acts)

    @property
    def acked(self) -> int:
        return self.proof.seq

    @property
    def pending(self) -> list[Act]:
        """Acts the record is not known to hold."""
        return self.acts[self.acked - self.base.seq :]

    @property
    def handed_in(self) -> HandIn | None:
        """The candidate's hand-in, once it is in the journal."""
        return next((act for act in reversed(self.acts) if isinstance(act, HandIn)), None)

    def sendable(self, after: int, window: int) -> list[Act]:
        """Saved acts following number `after`, at most `window` beyond what is acknowledged."""
        until = min(self.saved, self.acked + window)
        return self.acts[max(after, self.acked) - self.base.seq : max(0, until - self.base.seq)]

    def kept(self, slot: int) -> Kept:
        """How safe the newest answer to this slot is."""
        seq = self._touched.get(slot)
        if seq is None:
            return Kept.CONFIRMED if slot in self.base.answers else Kept.NONE
        if seq <= self.acked:
            return Kept.CONFIRMED
        return Kept.SAVED if seq <= self.saved else Kept.WRITING

    def at(self, seq: int) -> tuple[dict[int, Choice], set[int]]:
        """Answers and flags after act `seq` of this journal."""
        answers, flags = dict(self.base.answers), set(self.base.flags)
        for act in self.acts[: seq - self.base.seq]:
            _apply(act, answers, flags)
        return answers, flags

    def head(self, seq: int) -> str:
        """Of the chain after act `seq`, in hex; "" where this journal does not know it."""
        known = bool(self._heads[0]) and self.base.seq <= seq <= self.last
        return self._heads[seq - self.base.seq].hex() if known else ""

    # ---- acts --------------------------------------------------------------------------------------------------

    def begin(self, package_id: str, c: int, form: str) -> None:
        """The form was shown: from here on the acts have a chain, which begins as this machine reckons it."""
        head = chain.first(package_id, c, form).hex()
        if not self.last and self.base.acts != head:
            self._write(msgspec.structs.replace(self.base, acts=head))

    def sits(self, sat: Sat) -> None:
        """Notes who sits here, where the journal does not say so yet."""
        if sat != self.sat:
            self._write(sat)

    def keep(self, evidence: Signed | Receipt) -> None:
        """What was signed here, or what the server said of the hand-in. Not fsynced by itself."""
        self._write(evidence)

    def answer(self, slot: int, choice: Choice, used_ms: int) -> None:
        self._write(Answer(seq=self.last + 1, slot=slot, choice=choice, used_ms=used_ms))

    def flag(self, slot: int, on: bool) -> None:
        self._write(Flag(seq=self.last + 1, slot=slot, on=on))

    def hand_in(self, by_clock: bool = False) -> None:
        self._write(HandIn(seq=self.last + 1, by_clock=by_clock))

    def _write(self, *lines: Line) -> None:
        self.journal.append(lines)
        for line in lines:
            self._take(line)

    def flush(self) -> tuple[Base, int]:
        """fsync; returns what to `note_saved`. May run in another thread: changes nothing here."""
        written = self.base, self.last
        self.journal.sync()
        return written

    def let_go(self) -> None:
        """The seat is left: another program may write its journal."""
        self.journal.let_go()

    def note_saved(self, written: tuple[Base, int]) -> None:
        base, seq = written
        if base is self.base:  # numbers begun anew since then say nothing about these
            self.saved = max(self.saved, seq)

    def acknowledge(self, ack: Ack) -> None:
        """Note that the record holds acts 1..seq. Not fsynced: forgetting it only means sending again."""
        if self.acked < ack.seq <= self.last:
            self._write(ack)

    # ---- meeting the record again ------------------------------------------------------------------------------

    def reconcile(self, welcome: Welcome) -> Restored:
        """Bring journal and record together (the module's docstring has the rule).

        Raises RecordLost: when the server does not hold what it acknowledged.
        """
        said = welcome
        if said.durable_seq < self.acked:
            raise RecordLost
        agrees = bool(said.acts) and self.head(said.durable_seq) == said.acts
        own = self.base.own if agrees else said.durable_seq
        record = Base(said.durable_seq, said.epoch, said.idx, said.head, dict(said.answers), said.flags, said.acts, own)
        first = self.fresh and not self.acts
        self.fresh = False
        handed_in = self.handed_in
        opened_again = handed_in is not None and handed_in.seq <= record.seq and not said.handed_in
        if not first and not opened_again and (agrees or self._both_before_the_form(record)):
            answers, flags = self.at(record.seq)
            if answers == record.answers and flags == set(record.flags):
                self.acknowledge(Ack(record.seq, record.epoch, record.idx, record.head))
            else:  # the chief examiner has admitted answers from a journal: the acts are the same
                self._write(record, *self.acts[record.seq - self.base.seq :])
            return Restored(len(self.answers), len(self.pending))
        held = self._unacknowledged_answers()
        differ = tuple(sorted(slot for slot, act in held.items() if record.answers.get(slot, ()) != act.choice))
        again = [act for slot, act in held.items() if slot not in record.answers and act.choice]
        self._write(record, *_renumbered(again, record.seq))
        return Restored(len(self.answers), len(again), differ)

    def _both_before_the_form(self, record: Base) -> bool:
        return not (record.acts or self.base.acts or self.last or record.seq)

    def _unacknowledged_answers(self) -> dict[int, Answer]:
        return {act.slot: act for act in self.pending if isinstance(act, Answer)}

    def give_up(self, refused: Iterable[int]) -> int:
        """Take refused acts out of the line, renumber those behind them; how many went.

        The journal still shows them: the new Base is written after them, not over them.
        """
        gone = set(refused)
        kept = [act for act in self.pending if act.seq not in gone]
        count = len(self.pending) - len(kept)
        if count:
            answers, flags = self.at(self.acked)
            proof = self.proof
            flagged, own = tuple(sorted(flags)), min(self.base.own, proof.seq)
            base = Base(proof.seq, proof.epoch, proof.idx, proof.head, answers, flagged, self.head(proof.seq), own)
            self._write(base, *_renumbered(kept, base.seq))
        return count


def _chained(head: bytes, act: Act) -> bytes:
    if not head:
        return head
    match act:
        case Answer(seq=seq, slot=slot, choice=choice, used_ms=used_ms):
            return chain.answered(head, seq, slot, choice, used_ms)
        case Flag(seq=seq, slot=slot, on=on):
            return chain.flagged(head, seq, slot, on)
        case HandIn(seq=seq):
            return chain.handed_in(head, seq)


def _apply(act: Act, answers: dict[int, Choice], flags: set[int]) -> None:
    match act:
        case Answer(slot=slot, choice=choice):
            answers[slot] = choice
            if not choice:
                del answers[slot]
        case Flag(slot=slot, on=on):
            (flags.add if on else flags.discard)(slot)


def _renumbered(acts: Iterable[Act], after: int) -> Iterator[Act]:
    for seq, act in enumerate(acts, after + 1):
        yield msgspec.structs.replace(act, seq=seq)


def _open_private(path: Path) -> FileIO:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
    return FileIO(handle, "r+b")


def _make_folder(directory: Path) -> None:
    """And its parents, for its owner alone; their names survive a power cut."""
    new = [place for place in (directory, *directory.parents) if not place.exists()]
    for place in reversed(new):
        place.mkdir(mode=0o700, exist_ok=True)
        _sync_directory(place.parent)


def _sync_directory(directory: Path) -> None:
    if os.name == "posix":  # a new file's name is durable only with its directory
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _lock(file: FileIO) -> bool:
    """Whether the file is ours alone; the system lets go of it when the program ends."""
    try:
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            _lock_far_byte(file, take=True)
    except OSError:
        return False
    return True


def _unlock(file: FileIO) -> None:
    if fcntl is not None:
        fcntl.flock(file, fcntl.LOCK_UN)
    else:
        _lock_far_byte(file, take=False)


def _lock_far_byte(file: FileIO, *, take: bool) -> None:
    """Windows locks bytes, and against reading too: one far behind the end stands for all."""
    import msvcrt

    place = file.tell()
    file.seek(1 << 30)
    mode = msvcrt.LK_NBLCK if take else msvcrt.LK_UNLCK  # type: ignore[attr-defined]
    msvcrt.locking(file.fileno(), mode, 1)  # type: ignore[attr-defined]
    file.seek(place)


def try_directory(directory: Path) -> None:
    """Raises OSError where no journal could be kept; said before a candidate sits down, not after."""
    _make_folder(directory)
    probe = directory / f".{os.getpid()}.probe"
    _open_private(probe).close()
    probe.unlink()


def default_directory(environment: Mapping[str, str]) -> Path:
    """Where journals live unless told otherwise: the user's own state directory."""
    if "LOCALAPPDATA" in environment:
        return Path(environment["LOCALAPPDATA"]) / "examd" / "journals"
    if "XDG_STATE_HOME" in environment:
        return Path(environment["XDG_STATE_HOME"]) / "examd" / "journals"
    return Path(environment.get("HOME", "~")).expanduser() / ".local" / "state" / "examd" / "journals"
