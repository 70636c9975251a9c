"""The caller's end of the line: a bank whose methods run in the agent.

Before: `bank.agent.process` keeps the bank open. After: tools ask through `connect`.
"""

import secrets
import select
import socket
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from bank.agent import channel, readers
from bank.agent.acts import PARTS, signature
from bank.agent.frames import Ask, No, Part, Told, answers, encoder
from bank.authoring.people import Signer
from bank.custody import Custody
from bank.journal import CLOSED, SHARED, Journal
from bank.refused import BrokenStore, Denied, Refused
from bank.seal import statements
from bank.store import DATABASE, OpenBank
from bank.vault import held_by

_Part = TypeVar("_Part")


class RemoteBank(OpenBank):
    """A bank whose parts' methods run in the agent: those that ACTS lists."""

    def __init__(self, directory: Path, line: socket.socket, said: str, name: str) -> None:
        self.directory = directory
        self._line = line
        self._said = said
        self._reader = secrets.token_hex(16)
        self._asking: frozenset[str] = frozenset()
        self._busy = threading.Lock()
        for each, part in PARTS.items():
            setattr(self, each, _far(part, each, self._call))
        self.vault.name = name

    def status(self) -> dict[str, Any]:
        """What the agent says of itself (`bank.agent.serving.Agent.status`)."""
        return dict(self._ask("agent.status", {}, dict[str, Any]))

    @property
    def asking(self) -> frozenset[str]:
        """Of this line."""
        return self._asking

    def identify(self, *signers: Signer) -> None:
        """Says by their own keys who is asking from here on (`bank.agent.readers`); without any, that nobody does."""
        self._asking = frozenset()
        if not signers:
            self._reader = secrets.token_hex(16)
            return
        by = [each.id for each in signers]
        said = readers.to_sign(self.vault.name, str(self.status()["session"]), self._reader, by)
        statement = statements.sign(said, *(each.key for each in signers))
        self._ask("agent.identify", {"statement": statement}, None)
        self._asking = frozenset(by)

    def close_agent(self, out: Path | None = None) -> dict[str, Any]:
        """Ends the agent, and with it the opening; its last status, and what became of its copies. `out`: where the
        closing's copy goes, if not beside the bank."""
        return dict(self._ask("agent.close", {} if out is None else {"out": str(out.resolve())}, dict[str, Any]))

    def backup(self, out: Path) -> dict[str, Any]:
        """Has an encrypted copy made in a new folder; how far the bank had come."""
        return dict(self._ask("agent.backup", {"out": str(out.resolve())}, dict[str, Any]))

    def close(self) -> None:
        """Ends this line; the bank stays open."""
        self._line.close()

    def _call(self, act: str, *positional: Any, **named: Any) -> Any:
        crossing = signature(act)
        given = crossing.bind(*positional, **named)
        progress = next((given.pop(name) for name in list(given) if name not in crossing.arguments), None)
        for name, value in given.items():
            if isinstance(value, Iterable) and not isinstance(value, (str, bytes, Sequence, dict, set, frozenset)):
                given[name] = list(value)
        result = self._ask(act, given, crossing.result, crossing.element if crossing.streams else None, progress)
        return iter(result) if crossing.streams else result

    def _ask(
        self, act: str, given: dict[str, Any], kind: Any, element: Any = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Any:  # fmt: skip
        arguments = {name: msgspec.Raw(encoder.encode(value)) for name, value in given.items()}
        message = encoder.encode(Ask(act, arguments, self._said, self._reader))
        listed: list[Any] = []
        with self._busy:  # a desk asks from several threads
            try:
                self._dial_again_if_dropped()
                channel.send(self._line, message)
                while True:
                    answer = answers.decode(channel.receive(self._line))
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

    def _dial_again_if_dropped(self) -> None:
        """An agent that is asked by many drops the lines unused for longest. Nothing was under way on them."""
        if self._line.fileno() >= 0 and select.select([self._line], [], [], 0)[0]:  # it speaks only when asked
            line = channel.dial(self.vault.name)
            if line is None:
                raise ConnectionError
            self._line.close()
            self._line = line


def _far(part: type[_Part], name: str, call: Callable[..., Any]) -> _Part:
    """The part of that name, each of its public methods a `call`: to mypy and to whoever calls, the part itself."""

    def method(act: str) -> Callable[..., Any]:
        return lambda _self, *positional, **named: call(act, *positional, **named)

    public = [each for each in vars(part) if not each.startswith("_") and callable(getattr(part, each))]
    far: type[_Part] = type(part.__name__, (part,), {each: method(f"{name}.{each}") for each in public})
    return far.__new__(far)


def absence(directory: Path) -> Denied:
    """Why nobody answers for a shared bank: it is open out of reach, was never closed, or simply is not open."""
    for _attempt in range(5):
        pid = held_by(directory / DATABASE)
        if pid is None:
            break
        time.sleep(0.1)  # it may be just ending
    else:
        return Denied("agent-out-of-reach", pid=pid or "?")
    facts = {"file": str(directory), "need": Custody.read(directory).need}
    lines = Journal.read(directory).lines
    if lines and lines[-1].entry.act not in (CLOSED, SHARED):
        return Denied("bank-left-open", **facts, n=lines[-1].entry.n)
    return Denied("bank-not-open", **facts)


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


def require(directory: Path, said: str) -> RemoteBank:
    """The line to the agent. Raises Denied: when nobody answers, as `absence` has it."""
    remote = connect(directory, said)
    if remote is None:
        raise absence(directory)
    return remote
