"""The agent: one process that keeps a shared bank open for stated hours, and the line that commands reach it by.

The key is rebuilt, used and forgotten inside the agent. What crosses the line is `bank.store.Bank`'s own methods, by
name: their signatures say how arguments and results are read on either end, so `RemoteBank` is used as a Bank is. A
method crosses only if ACTS lists it, and ACTS says what it lets out: contents are counted, answer keys are counted
against the bound, changes are noted; each before it takes effect. `bank close`, the hour, or a signal ends it.

It runs as the keeper's own user. Another program of that user can ask it for what the keeper could ask for, within the
same bound and into the same journal; it cannot read the key out of its memory (no core, no ptrace), nor can another
user reach it.

Before: `bank.custody` opens. After: tools ask through `connect`.
"""

import contextlib
import functools
import inspect
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import msgspec

from bank import channel, refused
from bank.custody import Custody, Offered, Opening
from bank.handin import Taken
from bank.refused import BrokenStore, Denied, Refused
from bank.store import AddReport, Bank
from bank.vault import Vault

CHUNK = 500
"""Items in one frame of a listing."""
MOST_LINES = 16
_POLL_SECONDS = 0.2


class Reach(Enum):
    """What an act lets out."""

    LOOK = "numbers and names only"
    READ = "contents: counted, noted in bulk"
    KEYS = "answer keys: counted against the bound, each act noted"
    CHANGE = "the bank changes: noted"


ACTS: dict[str, Reach] = {
    **dict.fromkeys(
        (
            "answer_positions", "broken_acts", "calibrations", "carried_over", "chapters", "counts", "events",
            "exposure", "findings", "head", "marks", "numbers", "people", "pictures", "practice", "repeals", "sample",
            "seal", "slices", "states", "to_sign", "uses", "uses_of", "vault.problems", "vault.settings", "withheld",
        ),
        Reach.LOOK,
    ),
    **dict.fromkeys(("find", "items", "media", "newest", "numbered", "revisions"), Reach.READ),
    # `weigh` says whether a guessed answer key is the right one; `seal` tells nothing, its digests are salted.
    **dict.fromkeys(("answer_keys", "weigh", "weigh_drafts", "whole"), Reach.KEYS),
    **dict.fromkeys(
        (
            "accept", "add", "calibrate", "card", "end_person", "enrol", "expose", "mark", "perform", "repeal",
            "revise", "take_drafts", "withdraw",
        ),
        Reach.CHANGE,
    ),
}  # fmt: skip


def ids_of(given: dict[str, Any], result: Any) -> list[str]:
    """The items whose answer keys a result tells."""
    if isinstance(result, (AddReport, Taken)):
        return list(result.already)
    if isinstance(result, dict):
        return list(result)
    return [each.id for each in given["bank_items"]]


# ---- frames ----------------------------------------------------------------------------------------------------


class Ask(msgspec.Struct, tag="ask"):
    act: str
    arguments: dict[str, msgspec.Raw]
    said: str
    """What the caller says it is doing ("bank export"): a claim, and so called in the journal."""


class Told(msgspec.Struct, tag="told"):
    value: msgspec.Raw


class Part(msgspec.Struct, tag="part"):
    values: msgspec.Raw


class Progress(msgspec.Struct, tag="progress"):
    done: int
    total: int


class No(msgspec.Struct, tag="no"):
    kind: str
    code: str
    facts: dict[str, Any]

    @classmethod
    def of(cls, refusal: Refused) -> "No":
        return cls(type(refusal).__name__, refusal.code, refusal.facts)

    def refusal(self) -> Refused:
        kinds = {kind.__name__: kind for kind in (refused.BadFile, refused.Denied, refused.BrokenStore)}
        return kinds.get(self.kind, refused.BrokenStore)(self.code, **self.facts)


_encoder = msgspec.msgpack.Encoder(enc_hook=str)
_asks = msgspec.msgpack.Decoder(Ask)
_answers = msgspec.msgpack.Decoder(Told | Part | Progress | No)


class _Signature:
    """How the arguments and the result of one method cross: read off the method itself."""

    def __init__(self, method: Callable[..., Any]) -> None:
        hints = get_type_hints(method)
        self.names = inspect.signature(method)
        self.result = hints.pop("return")
        self.arguments = {name: _readable(hint) for name, hint in hints.items() if "Callable" not in str(hint)}
        self.progress = "progress" in self.names.parameters
        self.streams = get_origin(self.result) in (Iterator, Iterable)
        if self.streams:
            (self.element,) = get_args(self.result)

    def bind(self, *positional: Any, **named: Any) -> dict[str, Any]:
        given = self.names.bind(None, *positional, **named).arguments
        return {name: value for name, value in given.items() if name != "self"}


def _readable(hint: Any) -> Any:
    """An Iterable, as which anything passes, read as the list that was sent."""
    return list[get_args(hint)[0]] if get_origin(hint) in (Iterable, Collection, Iterator) else hint  # type: ignore[misc]


@functools.cache
def _signature(act: str) -> _Signature:
    method: Any
    owner, name = (Vault, act.removeprefix("vault.")) if act.startswith("vault.") else (Bank, act)
    method = inspect.getattr_static(owner, name, None)
    if act not in ACTS or method is None:
        raise Denied("agent-no-such-act", act=act[:40])
    if isinstance(method, property):
        method = method.fget
    return _Signature(method)


def _is_property(act: str) -> bool:
    return isinstance(inspect.getattr_static(Bank, act, None), property)


# ---- the agent's end -------------------------------------------------------------------------------------------


class Agent:
    """Serves one Opening on a listening socket until the hour, `close`, or `stop`."""

    def __init__(
        self, opening: Opening, listener: socket.socket, seconds: float, clock: Callable[[], float],
        guards: Sequence[str],
    ) -> None:  # fmt: skip
        self.opening = opening
        self._listener = listener
        self._clock = clock
        self._end = clock() + seconds
        self._guards = list(guards)
        self._lock = threading.Lock()
        self._ending = ""
        self._lines = 0

    @property
    def seconds_left(self) -> int:
        return max(0, int(self._end - self._clock()))

    def stop(self, reason: str) -> None:
        self._ending = self._ending or reason

    def serve(self) -> None:
        self._listener.settimeout(_POLL_SECONDS)
        try:
            while not self._over():
                try:
                    line, _ = self._listener.accept()
                except TimeoutError:
                    continue
                if self._lines >= MOST_LINES or not channel.admitted(line, self.opening.custody.bank):
                    line.close()
                    continue
                self._lines += 1
                threading.Thread(target=self._converse, args=(line,), daemon=True).start()
        finally:
            with self._lock:  # what has begun is ended first
                self._ending = self._ending or "fault"
                channel.hang_up(self.opening.custody.bank, self._listener)
                self.opening.close(self._ending)

    def _over(self) -> bool:
        if self._clock() >= self._end:
            self.stop("hour")
        return bool(self._ending)

    def _converse(self, line: socket.socket) -> None:
        with contextlib.suppress(OSError, msgspec.MsgspecError), line:
            line.settimeout(None)
            while True:
                ask = _asks.decode(channel.receive(line))
                for answer in self._answers(ask, line):
                    channel.send(line, answer)
        self._lines -= 1

    def _answers(self, ask: Ask, line: socket.socket) -> list[bytes]:
        """Everything is encoded, and noted, before the first byte of it leaves."""
        with self._lock:
            try:
                if self._over():  # also between two looks at the clock, and for whoever waited for the lock
                    raise Denied("agent-closed")
                if ask.act.startswith("agent."):
                    return [_told(self._own(ask))]
                return self._perform(ask, line)
            except Refused as refusal:
                return [_encoder.encode(No.of(refusal))]
            except msgspec.MsgspecError:
                return [_encoder.encode(No("BadFile", "agent-arguments", {"act": ask.act[:40]}))]
            except Exception as error:
                # A fault of ours is told by its kind alone: its text could hold an answer key.
                return [_encoder.encode(No("BrokenStore", "agent-fault", {"kind": type(error).__name__}))]

    def _own(self, ask: Ask) -> Any:
        if ask.act == "agent.status":
            return self.status()
        if ask.act == "agent.close":
            self.stop("closed")
            return self.status()
        if ask.act == "agent.backup":
            out = msgspec.msgpack.decode(ask.arguments["out"], type=str)
            return self.opening.backup(Path(out)).record()
        raise Denied("agent-no-such-act", act=ask.act[:40])

    def _perform(self, ask: Ask, line: socket.socket) -> list[bytes]:
        signature = _signature(ask.act)
        given = {
            name: msgspec.msgpack.decode(ask.arguments[name], type=hint)
            for name, hint in signature.arguments.items()
            if name in ask.arguments
        }
        opening, reach, said = self.opening, ACTS[ask.act], ask.said[:80]
        bank = opening.bank
        target = bank.vault if ask.act.startswith("vault.") else bank
        # What a caller sends as a listed item is only a number to us: an answer key handed out for one item must not
        # be counted as another's.
        if ask.act == "whole":
            given["bank_items"] = [bank._numbered(each.number) for each in given["bank_items"]]
        if _is_property(ask.act):
            return [_told(getattr(bank, ask.act))]
        method = getattr(target, ask.act.removeprefix("vault."))
        if ask.act in ("add", "take_drafts"):
            items = given["items"] if ask.act == "add" else bank._drafts(given["sealed"], given["file"])[1].items
            report = bank.weigh(items)
            if report.already:
                opening.let_keys_out("weigh", report.already, said)
            opening.note(ask.act, items=len(report.added), said=said)
        elif reach is Reach.CHANGE:
            many = [len(value) for value in given.values() if isinstance(value, (list, dict))]
            opening.note(ask.act, items=many[0] if many else 1, said=said)
        result = method(**given, progress=_progress(line)) if signature.progress else method(**given)
        if signature.streams:
            result = list(result)
        if reach is Reach.READ and result is not None:
            opening.let_contents_out("read", len(result) if isinstance(result, list) else 1, said)
        if reach is Reach.KEYS and (ids := ids_of(given, result)):
            opening.let_keys_out(ask.act, ids, said)
        if not signature.streams:
            return [_told(result)]
        parts = [
            _encoder.encode(Part(msgspec.Raw(_encoder.encode(result[at : at + CHUNK]))))
            for at in range(0, len(result), CHUNK)
        ]
        return [*parts, _told(None)]

    def status(self) -> dict[str, Any]:
        opening = self.opening
        return {
            "bank": opening.custody.bank,
            "directory": str(opening.bank.directory),
            "guards": self._guards,
            "holders": list(opening.present),
            "keys_out": opening.keys_out,
            "limit": opening.limit,
            "pid": os.getpid(),
            "position": opening.position.spoken,
            "seconds_left": self.seconds_left,
            "until": opening.until,
        }


def _told(value: Any) -> bytes:
    return _encoder.encode(Told(msgspec.Raw(_encoder.encode(value))))


def _progress(line: socket.socket) -> Callable[[int, int], None]:
    last = 0.0

    def show(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if done == total or now - last > 0.05:
            last = now
            with contextlib.suppress(OSError):  # whoever asked may be gone; the act goes on as it would have
                channel.send(line, _encoder.encode(Progress(done, total)))

    return show


# ---- the process -----------------------------------------------------------------------------------------------


def start(
    directory: Path, present: Sequence[tuple[Path, str]], *, hours: int, limit: int, accept_loss: str = ""
) -> dict[str, Any]:
    """Starts the agent and hands it the holders' passphrases through a pipe; its status once the bank is open."""
    order = {
        "accept_loss": accept_loss,
        "directory": str(directory.resolve()),
        "hours": hours,
        "limit": limit,
        "present": [[str(path.resolve()), passphrase] for path, passphrase in present],
    }
    root = os.fspath(Path(__file__).parents[1])
    path = os.pathsep.join(part for part in (root, os.environ.get("PYTHONPATH", "")) if part)
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "bank.agent"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": path},
        start_new_session=True,
    )
    assert process.stdin is not None and process.stdout is not None
    with contextlib.suppress(BrokenPipeError), process.stdin as pipe:
        pipe.write(json.dumps(order).encode())
    with process.stdout as pipe:
        told = pipe.readline()
    if not told:
        raise BrokenStore("agent-did-not-start", exit=process.wait())
    answer = json.loads(told)
    if "code" in answer:
        process.wait()
        raise No(**answer).refusal()
    return dict(answer)


def main() -> int:
    """The agent's own process: one order on stdin, one line on stdout, then only the socket."""
    guards = harden()
    order = json.loads(sys.stdin.buffer.read())
    try:
        directory = Path(order["directory"])
        present = [(Offered.read(Path(path)), passphrase) for path, passphrase in order.pop("present")]
        os.chdir(directory)  # a folder in use is not unmounted unnoticed
        opening = Opening.begin(
            directory, present, hours=order["hours"], limit=order["limit"], accept_loss=order["accept_loss"]
        )
        del present
        try:
            listener = channel.listen(opening.custody.bank)
        except BaseException:
            opening.close("refused")
            raise
    except Refused as refusal:
        _say(msgspec.to_builtins(No.of(refusal), enc_hook=str))
        return 3
    agent = Agent(opening, listener, order["hours"] * 3600, since_boot, guards)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: agent.stop("signal"))
    _say(agent.status())
    agent.serve()
    return 0


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps({k: v for k, v in answer.items() if k != "type"}) + "\n")
    sys.stdout.flush()
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def since_boot() -> float:
    """Seconds that no change of the wall clock moves; where the system counts them, those asleep included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def harden() -> list[str]:
    """Keeps this process's memory to itself as far as the system lets it; what was achieved."""
    if os.name == "nt":
        return []
    import ctypes
    import resource

    achieved = []
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    achieved.append("no-core")
    if sys.platform == "linux":
        library = ctypes.CDLL(None, use_errno=True)
        if library.prctl(4, 0, 0, 0, 0) == 0:  # PR_SET_DUMPABLE: no ptrace, no /proc/PID/mem for the same user
            achieved.append("not-dumpable")
        # Where memory may be locked only in part, locking all of it would make later allocations fail.
        if resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] == resource.RLIM_INFINITY and library.mlockall(3) == 0:
            achieved.append("locked")
    return achieved


# ---- the caller's end ------------------------------------------------------------------------------------------


class RemoteBank:
    """A Bank whose methods run in the agent: those that ACTS lists, under their own names."""

    def __init__(self, directory: Path, line: socket.socket, said: str, name: str) -> None:
        self.directory = directory
        self.vault = _Remote(self, "vault.", name)
        self._line = line
        self._said = said
        self._busy = threading.Lock()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._call(name) if _is_property(name) else functools.partial(self._call, name)

    def status(self) -> dict[str, Any]:
        return dict(self._ask("agent.status", {}, dict[str, Any]))

    def close_agent(self) -> dict[str, Any]:
        return dict(self._ask("agent.close", {}, dict[str, Any]))

    def backup(self, out: Path) -> dict[str, Any]:
        return dict(self._ask("agent.backup", {"out": str(out.resolve())}, dict[str, Any]))

    def close(self) -> None:
        """Ends this line; the bank stays open."""
        self._line.close()

    def __enter__(self) -> "RemoteBank":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _call(self, act: str, *positional: Any, **named: Any) -> Any:
        signature = _signature(act)
        given = signature.bind(*positional, **named)
        progress = next((given.pop(name) for name in list(given) if name not in signature.arguments), None)
        for name, value in given.items():
            if isinstance(value, Iterable) and not isinstance(value, (str, bytes, Sequence, dict, set, frozenset)):
                given[name] = list(value)
        result = self._ask(act, given, signature.result, signature.element if signature.streams else None, progress)
        return iter(result) if signature.streams else result

    def _ask(
        self, act: str, given: dict[str, Any], kind: Any, element: Any = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Any:  # fmt: skip
        arguments = {name: msgspec.Raw(_encoder.encode(value)) for name, value in given.items()}
        message = _encoder.encode(Ask(act, arguments, self._said))
        listed: list[Any] = []
        with self._busy:  # a desk asks from several threads
            try:
                channel.send(self._line, message)
                while True:
                    answer = _answers.decode(channel.receive(self._line))
                    if isinstance(answer, Told):
                        break
                    if isinstance(answer, No):
                        raise answer.refusal()
                    if isinstance(answer, Part):
                        listed += msgspec.msgpack.decode(answer.values, type=list[element])
                    elif progress is not None:
                        progress(answer.done, answer.total)
            except OSError:
                raise BrokenStore("agent-gone") from None
        return listed if element is not None else msgspec.msgpack.decode(answer.value, type=kind)


class _Remote:
    """`bank.vault` of a RemoteBank, as far as reports need it."""

    def __init__(self, bank: RemoteBank, prefix: str, name: str) -> None:
        self._bank = bank
        self._prefix = prefix
        self.name = name

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return functools.partial(self._bank._call, self._prefix + name)


def connect(directory: Path, said: str = "") -> RemoteBank | None:
    """The line to the agent that holds this bank open, or None. Raises Denied where it holds another copy of it."""
    custody = Custody.read(directory)
    line = channel.dial(custody.bank)
    if line is None:
        return None
    remote = RemoteBank(directory, line, said, custody.bank)
    try:
        held = Path(remote.status()["directory"])
    except Refused as refusal:
        remote.close()
        if refusal.code in ("agent-closed", "agent-gone"):  # just ending
            return None
        raise
    if not (held.exists() and held.samefile(directory)):
        remote.close()
        raise Denied("agent-other-copy", held=str(held))
    return remote



if __name__ == "__main__":
    sys.exit(main())
