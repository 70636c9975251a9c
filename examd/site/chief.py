"""The chief examiner's part in a session, as the site commands it: by their own device, or by a key at hand.

With a device the site never holds the key: requests and answers are files in a folder that both reach, such as a stick
(`examd.chief.messages`), and whoever gives the command again goes on with the answer that has come meanwhile. With the
key on the machine that serves, one holder could have done both, and every report says so.

Before: a folder, or `examd.holders`. After: `opening`, `closing`, `reopening`, `grading`, `checkpointing`.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from bank.durable import remove, write_atomically
from bank.refused import BadFile, Denied
from bank.seal import codes
from examd.chief.messages import ANSWER, MOST_ANSWER_BYTES, REQUEST, Order
from examd.holders import Holder
from examd.package import layout
from examd.package import open as opening
from examd.protocol.messages import Fact
from examd.record import notes, orders
from examd.record.entries import Kind
from examd.site.replies import AnswersLock, AskedChief, Checkpoint, ChiefAnswered, Prepared
from examd.site.staff_client import StaffClient

LOOK_S = 0.2
"""How often the folder is looked at for an answer."""


class Chief(Protocol):
    """What commands ask of the chief examiner. Each raises the refusal of whoever refuses."""

    async def unlock(self, client: StaffClient, prepared: Prepared) -> None:
        """Takes their layer off the package's locks."""

    def to_open(self, prepared: Prepared, code_1: str) -> Mapping[str, Fact]:
        """The facts of the command `open`."""

    async def cosign(self, client: StaffClient, made: Checkpoint, *, closing: bool = False) -> None:
        """Signs this checkpoint, or one over more."""

    async def order(self, client: StaffClient, package_id: str, asked: Sequence[Order]) -> list[str]:
        """Their signatures, in the same order."""

    def to_grade(self, lock: AnswersLock) -> tuple[str, str]:
        """Their age identity, and the lock that it opens; no identity where their layer is off."""


class KeyAtHand:
    """The key, on this machine. `one_holder`: on the machine that serves."""

    def __init__(self, holder: Holder, *, one_holder: bool) -> None:
        self._holder, self._one_holder = holder, one_holder

    async def unlock(self, client: StaffClient, prepared: Prepared) -> None:
        """Nothing to be asked beforehand."""

    def to_open(self, prepared: Prepared, code_1: str) -> Mapping[str, Fact]:
        chief, code = self._holder, codes.code_identity(code_1, prepared.package_id, 1)
        roster = opening.unlock(opening.decode_lock(prepared.roster_lock), layout.ROSTER, chief.identity, None)
        items = opening.unlock(opening.decode_lock(prepared.items_lock), layout.ITEMS, chief.identity, code)
        return {
            "roster_identity": roster.text, "items_identity": items.text, "chief": chief.card.name,
            "one_holder": self._one_holder,
        }  # fmt: skip

    async def cosign(self, client: StaffClient, made: Checkpoint, *, closing: bool = False) -> None:
        for name in (notes.CHIEF, notes.CLOSING) if closing else (notes.CHIEF,):
            await client.cosign(made, self._holder, name)

    async def order(self, client: StaffClient, package_id: str, asked: Sequence[Order]) -> list[str]:
        return [orders.sign(Kind(each.kind), package_id, each.words, self._holder.signing_key) for each in asked]

    def to_grade(self, lock: AnswersLock) -> tuple[str, str]:
        return self._holder.identity.text, lock.answers_lock


class ByDevice:
    """Their own device, reached by the folder `stick`. `waits` hears that a request lies there."""

    def __init__(self, stick: Path, waits: Callable[[], None] = lambda: None) -> None:
        self._stick, self._waits = stick, waits

    async def unlock(self, client: StaffClient, prepared: Prepared) -> None:
        if not prepared.unlocked:
            await self._ask(client, lambda answered: True)

    def to_open(self, prepared: Prepared, code_1: str) -> Mapping[str, Fact]:
        return {"code": code_1}

    async def cosign(self, client: StaffClient, made: Checkpoint, *, closing: bool = False) -> None:
        size = int(made.checkpoint.split("\n")[1])
        await self._ask(client, lambda answered: answered.size >= size)

    async def order(self, client: StaffClient, package_id: str, asked: Sequence[Order]) -> list[str]:
        def signed(answered: ChiefAnswered) -> list[str | None]:
            brought = [(msgspec.json.decode(each.order, type=Order), each.sig) for each in answered.orders]
            return [next((sig for order, sig in brought if order == each), None) for each in asked]

        if not asked:
            return []
        answered = await self._ask(client, lambda answered: None not in signed(answered), asked)
        return [sig for sig in signed(answered) if sig is not None]

    def to_grade(self, lock: AnswersLock) -> tuple[str, str]:
        return by_device_to_grade(lock)

    async def _ask(
        self, client: StaffClient, serves: Callable[[ChiefAnswered], bool], asked: Sequence[Order] = ()
    ) -> ChiefAnswered:
        """What the device answers; first what lies there since the command was given before."""
        since: int | None = None
        if (there := self._answer()) is not None and (answered := await self._taken(client, there)) is not None:
            if answered.since >= 0:
                since = answered.since
            elif serves(answered):
                return answered
        texts = [msgspec.json.encode(each).decode() for each in asked]
        while True:
            more = {} if since is None else {"since": since}
            request = await client.ask("ask-chief", AskedChief, orders=texts, **more)
            self._put(Path(request.request).read_bytes())
            self._waits()
            answered = await self._taken(client, await self._come())
            if answered is None:  # another command asked meanwhile, or the answer was to an older request
                continue
            if answered.since < 0:
                return answered
            since = answered.since

    async def _taken(self, client: StaffClient, answer: str) -> ChiefAnswered | None:
        """What the server makes of it; None where it answers another request. The folder is empty then."""
        try:
            return await client.ask("chief-answer", ChiefAnswered, answer=answer)
        except Denied as denied:
            if denied.code != "chief-answer-to-another":
                raise
            return None
        finally:
            for name in (REQUEST, ANSWER):
                remove(self._stick / name)

    def _put(self, request: bytes) -> None:
        try:
            remove(self._stick / ANSWER)
            write_atomically(self._stick / REQUEST, request)
        except OSError as error:
            raise BadFile("file-unreadable", file=str(self._stick), why=error.strerror) from None

    async def _come(self) -> str:
        while (answer := self._answer()) is None:
            await asyncio.sleep(LOOK_S)
        return answer

    def _answer(self) -> str | None:
        """None while there is none; the stick may be on its way."""
        try:
            with (self._stick / ANSWER).open("rb") as stream:
                return stream.read(MOST_ANSWER_BYTES).decode()
        except OSError:
            return None
        except UnicodeDecodeError:
            return "?"


def by_device_to_grade(lock: AnswersLock) -> tuple[str, str]:
    """Raises Denied: no device has answered the closing."""
    if not lock.unlocked:
        raise Denied("chief-not-answered")
    return "", lock.unlocked


def chief_of(given: "Chief | Holder", *, one_holder: bool = True) -> Chief:
    """Whoever was given: a key is at hand where the server runs, unless said otherwise."""
    return KeyAtHand(given, one_holder=one_holder) if isinstance(given, Holder) else given
