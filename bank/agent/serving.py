"""The agent's end of the line: every act counted and noted before anything of it leaves.

Before: `bank.custody.opening`. After: `bank.agent.process` is where it runs.
"""

import contextlib
import operator
import os
import socket
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from bank.agent import channel
from bank.agent.acts import ACTS, NOTED, Reach, ids_of, signature, whom
from bank.agent.frames import Ask, No, Part, Progress, Told, asks, encoder
from bank.agent.readers import Reader, Readers, Shown, shown_in
from bank.authoring.review import State
from bank.clock import since_boot
from bank.custody import Opening
from bank.custody.opening import named
from bank.item import Item
from bank.refused import Denied, Refused
from bank.store import Bank

CHUNK = 500
"""Items in one frame of a listing."""
MOST_LINES = 16
_POLL_SECONDS = 0.2
_ANSWER_SECONDS = 60
"""For one frame to be taken: whoever asks and does not listen holds up all others."""
_ANSWERING = float("inf")


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
        self._idle_since: dict[socket.socket, float] = {}
        self._readers = Readers(opening.bank, opening.session_public)

    @property
    def seconds_left(self) -> int:
        return max(0, int(self._end - self._clock()))

    def stop(self, reason: str) -> None:
        """Ends the serving soon; the first reason given stands in the journal."""
        self._ending = self._ending or reason

    def serve(self) -> None:
        """Answers whoever calls, until it is over; then closes the bank."""
        self._listener.settimeout(_POLL_SECONDS)
        try:
            while not self._over():
                try:
                    line, _ = self._listener.accept()
                except TimeoutError:
                    continue
                if not channel.admitted(line, self.opening.custody.bank) or not self._room():
                    line.close()
                    continue
                self._idle_since[line] = since_boot()
                threading.Thread(target=self._converse, args=(line,), daemon=True).start()
        finally:
            with self._lock:  # what has begun is ended first
                self._ending = self._ending or "fault"
                channel.hang_up(self.opening.custody.bank, self._listener)
                self.opening.close(self._ending)

    def _room(self) -> bool:
        """Whoever comes gets the line of whoever is idle for longest: lines kept open must not keep out `close`."""
        lines = dict(self._idle_since)
        if len(lines) < MOST_LINES:
            return True
        idlest = min(lines, key=lines.__getitem__)
        if lines[idlest] == _ANSWERING:
            return False
        self._idle_since.pop(idlest, None)
        with contextlib.suppress(OSError):
            idlest.shutdown(socket.SHUT_RDWR)
        return True

    def _over(self) -> bool:
        if self._clock() >= self._end:
            self.stop("hour")
        return bool(self._ending)

    def _converse(self, line: socket.socket) -> None:
        with contextlib.suppress(OSError, msgspec.MsgspecError), line:
            while line in self._idle_since:
                line.settimeout(None)
                ask = asks.decode(channel.receive(line))
                self._idle_since[line] = _ANSWERING
                line.settimeout(_ANSWER_SECONDS)
                for answer in self._answers(ask, line):
                    channel.send(line, answer)
                self._idle_since[line] = since_boot()
        self._idle_since.pop(line, None)

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
                return [encoder.encode(No.of(refusal))]
            except msgspec.MsgspecError:
                return [encoder.encode(No("BadFile", "agent-arguments", {"act": ask.act[:40]}))]
            except Exception as error:
                # A fault of ours is told by its kind alone: its text could hold an answer key.
                return [encoder.encode(No("BrokenStore", "agent-fault", {"kind": type(error).__name__}))]

    def _own(self, ask: Ask) -> Any:
        if ask.act == "agent.status":
            return self.status()
        if ask.act == "agent.close":
            out = msgspec.msgpack.decode(ask.arguments["out"], type=str) if "out" in ask.arguments else ""
            try:
                done = self.opening.finish("closed", Path(out) if out else None)
            finally:
                self.stop("closed")
            copies = [{"place": each.place, "no": each.refusal and No.of(each.refusal)} for each in done]
            return self.status() | {"backups": copies}
        if ask.act == "agent.backup":
            out = msgspec.msgpack.decode(ask.arguments["out"], type=str)
            return self.opening.backup(Path(out)).to_json()
        if ask.act == "agent.identify":
            return self._readers.identify(ask.reader, msgspec.msgpack.decode(ask.arguments["statement"], type=bytes))
        raise Denied("agent-no-such-act", act=ask.act[:40])

    def _perform(self, ask: Ask, line: socket.socket) -> list[bytes]:
        crossing = signature(ask.act)
        given = {
            name: msgspec.msgpack.decode(ask.arguments[name], type=hint)
            for name, hint in crossing.arguments.items()
            if name in ask.arguments
        }
        opening, reach, said = self.opening, ACTS[ask.act], printable(ask.said[:80])
        bank, noted, reader = opening.bank, NOTED.get(ask.act, ""), self._readers.of(ask.reader)
        # What a caller sends as a listed item is only a number to us: an answer key handed out for one item must not
        # be counted as another's.
        if ask.act in ("answer_keys.whole", "slices.to_lend"):
            given["bank_items"] = bank.items.at([each.number for each in given["bank_items"]])
        if ask.act == "media.find":
            self._readers.require_picture(reader, given["sha256"])
        method = operator.attrgetter(ask.act)(bank)
        doing: contextlib.AbstractContextManager[None] = contextlib.nullcontext()
        if ask.act in ("drafts.add", "drafts.write", "submissions.take"):
            items, changed = _brought(bank, ask.act, given)
            report = bank.drafts.weigh(items)
            if report.already:
                opening.let_answer_keys_out("weigh", report.already, said)
            doing = opening.doing(noted, items=len(report.added) + changed, said=said)
        elif ask.act == "slices.accept":
            # A slice made up with guessed answer keys of our own items would be told which are right.
            if already := bank.slices.weigh(given["statement"], given["lines"]).already:
                opening.let_answer_keys_out("weigh", already, said)
            doing = opening.doing(noted, items=1, said=said)
        elif reach is Reach.CHANGE:
            many = [len(value) for value in given.values() if isinstance(value, (list, dict))]
            about = {name: _printable(text) for name, text in whom(ask.act, given, bank).items()}
            doing = opening.doing(noted, items=many[0] if many else 1, said=said, **about)
        with doing:
            if ask.act == "outgoing.permit":
                self._readers.require_room(given["statement"], given["ids"])
            result = method(**given, progress=_progress(line)) if crossing.progress else method(**given)
        if crossing.streams:
            result = list(result)
        if ask.act == "outgoing.permit":
            self._readers.permit(ask.reader, result, given["ids"])
        self._let_read(ask.act, reader, given, result, said)
        if reach is Reach.READ and result is not None:
            opening.let_contents_out("read", len(result) if isinstance(result, (list, dict)) else 1, said, reader.names)
        if ask.act == "answer_keys.positions":
            listed = bank.items.select(verified=False, state=None)
            opening.let_answer_keys_out(noted, [each.id for each in listed if each.state is not State.RETIRED], said)
        elif reach is Reach.ANSWER_KEYS and (ids := ids_of(given, result)):
            by = self._reading_by(ask.act, given) or reader.names
            try:
                opening.let_answer_keys_out(noted, ids, said, by)
            except BaseException:
                if ask.act == "readings.show":  # what does not leave was shown to nobody
                    bank.readings.take_away(given["reader"])
                raise
        if not crossing.streams:
            return [_told(result)]
        parts = [
            encoder.encode(Part(msgspec.Raw(encoder.encode(result[at : at + CHUNK]))))
            for at in range(0, len(result), CHUNK)
        ]
        return [*parts, _told(None)]

    def _let_read(self, act: str, reader: Reader, given: dict[str, Any], result: Any, said: str) -> None:
        """Who asks may read what is about to leave; that they may not is written down.

        Questions that are compared (`near_duplicates.find`, `drafts.weigh`) whoever asks has before them already.
        """
        if act == "readings.show":  # what waits is for its reviewer to read; the revision in force counts like any
            shown = [] if result.before is None else [Shown(result.before.id, pictures=result.before.pictures())]
            reader = reader if reader.hands else self._readers.person(self.opening.bank.readings.who(given["reader"]))
        elif act in ("answer_keys.whole", "slices.to_lend"):
            shown = shown_in(given["bank_items"])
        elif act == "answer_keys.of":
            shown = [Shown(each) for each in result]
        elif ACTS[act] is Reach.READ and act not in ("media.find", "near_duplicates.find"):
            shown = shown_in(result)
        else:
            return
        try:
            self._readers.require(reader, shown)
        except Denied as refusal:
            if act == "readings.show":
                self.opening.bank.readings.take_away(given["reader"])
            self.opening.note("refused", what=refusal.code, items=len(shown), said=said, **named(reader.names))
            raise

    def _reading_by(self, act: str, given: dict[str, Any]) -> list[str]:
        """The reviewer to whom something is shown, by what they signed; nobody where that is not the act."""
        who = whom(act, given, self.opening.bank).get("by") if act == "readings.show" else None
        return list(map(printable, who)) if isinstance(who, list) else []

    def status(self) -> dict[str, Any]:
        """Whose bank it is, who opened it until when, and what has left it."""
        opening = self.opening
        return {
            "accepted": opening.accepted,
            "bank": opening.custody.bank,
            "directory": str(opening.bank.directory),
            "guards": self._guards,
            "holders": list(opening.present),
            "keys_out": opening.answer_keys_out,
            "limit": opening.limit,
            "pid": os.getpid(),
            "position": opening.position.spoken,
            "seconds_left": self.seconds_left,
            "session": opening.session_public,
            "until": opening.until,
        }


def printable(text: str) -> str:
    """What callers say stands in the journal, and on whoever's screen reads it: nothing there steers a terminal."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def _printable(said: str | list[str]) -> str | list[str]:
    return printable(said) if isinstance(said, str) else list(map(printable, said))


def _brought(bank: Bank, act: str, given: dict[str, Any]) -> tuple[list[Item], int]:
    """What is to be added, and so compared with what is there; and how many are other wordings of what is there."""
    if act == "drafts.add":
        return list(given["items"]), 0
    if act == "drafts.write":
        new = [draft.item for draft in given["drafts"] if not draft.of]
        return new, len(given["drafts"]) - len(new)
    drafts = bank.submissions.open(given["sealed"], given["file"])
    return drafts.items, len(drafts.changes)


def _told(value: Any) -> bytes:
    return encoder.encode(Told(msgspec.Raw(encoder.encode(value))))


def _progress(line: socket.socket) -> Callable[[int, int], None]:
    last = 0.0

    def show(done: int, total: int) -> None:
        nonlocal last
        now = since_boot()
        if (done == total and last < now) or now - last > 0.05:
            last = now
            try:
                channel.send(line, encoder.encode(Progress(done, total)))
            except OSError:  # whoever asked is gone, or does not listen; the act goes on as it would have
                last = float("inf")

    return show
