"""The staff's end of the wire: signing in, one command at a time, its typed reply.

The chief examiner's private key stays in this process; the server is sent what it unlocked and what it signed.

Before: whoever commands a session. After: `examd.delivery.staff_socket`; `examd.site.opening`, `closing`, `grading`.
"""

import asyncio
import contextlib
import queue
import ssl
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Self, TypeVar

import aiohttp
import msgspec

from bank.refused import Denied, Refused
from examd.clock import Clock, SystemClock
from examd.grading.request import Told
from examd.holders import Holder
from examd.protocol.messages import Fact, Refusal, StaffCommand, StaffReply, StaffSignIn, decode_to_staff, encode
from examd.protocol.reasons import Reason
from examd.protocol.trust import trusting
from examd.record import notes
from examd.site.folder import SiteFolder
from examd.site.replies import Checkpoint, Status

MAX_REPLY_BYTES = 1 << 26
"""A status of 100,000 seats is some 20 MiB."""
CODE_S = 30
"""A one-time code's step (RFC 6238)."""
T = TypeVar("T")


class StaffClient:
    """A staff connection to a running server."""

    def __init__(self, site: Path, clock: Clock) -> None:
        self._site = site
        self._clock = clock
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._session: aiohttp.ClientSession | None = None
        self._replies: asyncio.Queue[str | None] = asyncio.Queue()
        """None: the server went away."""
        self._reading: asyncio.Task[None] | None = None

    @classmethod
    async def connect(cls, site: Path, clock: Clock | None = None) -> Self:
        """To the server of this site folder. Raises Denied: when it cannot be reached."""
        client = cls(site, clock or SystemClock())
        await client.reconnect()
        return client

    async def reconnect(self) -> None:
        """Begins anew; signing in comes next. Raises Denied: when the server cannot be reached."""
        await self.close()
        try:
            address = SiteFolder(self._site).address
            context = trusting(self._site / "root.pem")
        except OSError:
            raise Denied("server-unreachable", site=str(self._site)) from None
        self._session = aiohttp.ClientSession()
        try:
            self._socket = await self._session.ws_connect(
                f"wss://{address}/desk", ssl=context, max_msg_size=MAX_REPLY_BYTES
            )
        except (aiohttp.ClientError, OSError, ssl.SSLError):
            await self.close()
            raise Denied("server-unreachable", site=str(self._site)) from None
        # Somebody must always be reading: aiohttp answers the server's pings only while it reads, and the server cuts
        # off whoever leaves them unanswered, such as an operator who gives no command while the room is writing.
        self._replies = asyncio.Queue()
        self._reading = asyncio.create_task(_read(self._socket, self._replies))

    async def sign_in(self, name: str, passphrase: str, code: str) -> None:
        """`code`: a one-time code that was not used yet."""
        await self._ask(StaffSignIn(name, passphrase, code))

    async def command(self, act: str, **facts: Fact) -> dict[str, Any]:
        """The facts of the reply as they came. Raises the server's refusal."""
        return dict((await self._ask(StaffCommand(act, facts))).facts)

    async def ask(self, act: str, reply: type[T], **facts: Fact) -> T:
        """The same as a type (`examd.site.replies`)."""
        return msgspec.convert(await self.command(act, **facts), reply)

    async def status(self) -> Status:
        """Who is here, how far, how long left."""
        return await self.ask("status", Status)

    async def cosign(self, made: Checkpoint, chief: Holder, name: str = notes.CHIEF) -> None:
        """Has the chief examiner's signature kept under a checkpoint."""
        line = notes.cosign(made.checkpoint, name, chief.signing_key, self._clock.now().wall_s)
        await self.command("cosign", note=made.note, line=line)

    async def close(self) -> None:
        """Ends the connection; a server that has gone is no fault."""
        if self._reading is not None:
            self._reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reading
        if self._socket is not None:
            await self._socket.close()
        if self._session is not None:
            await self._session.close()
        self._socket = self._session = self._reading = None

    async def _ask(self, message: StaffSignIn | StaffCommand) -> StaffReply:
        if self._socket is None:
            raise Denied("server-went-away")
        try:
            await self._socket.send_str(encode(message).decode())
        except (aiohttp.ClientError, ConnectionError):
            raise Denied("server-went-away") from None
        if (text := await self._replies.get()) is None:
            self._replies.put_nowait(None)  # whoever asks next is told the same
            raise Denied("server-went-away")
        reply: StaffReply | Refusal = decode_to_staff(text)
        if isinstance(reply, Refusal):
            raise _refused(reply, self._clock.now().wall_s)
        return reply


async def _read(socket: aiohttp.ClientWebSocketResponse, replies: "asyncio.Queue[str | None]") -> None:
    try:
        # Answering a ping of a server that has cut us off fails here, and is the same news as its silence.
        with contextlib.suppress(aiohttp.ClientError, ConnectionError):
            async for frame in socket:
                if frame.type is aiohttp.WSMsgType.TEXT:
                    replies.put_nowait(frame.data)
    finally:
        replies.put_nowait(None)


def _refused(refusal: Refusal, now_s: int) -> Refused:
    if refusal.reason is not Reason.REFUSED:
        return Denied(refusal.reason.value, **refusal.facts)
    facts = dict(refusal.facts)
    code, family = str(facts.pop("code", "refused")), str(facts.pop("family", "denied"))
    if code == "stale-code":
        return Denied("code-used", wait_s=CODE_S - now_s % CODE_S)
    if code == "package-other-site" and facts.get("expected") == facts.get("found"):
        return Denied("package-other-keys", site=facts["found"])
    return Told(code, facts, family).refusal()


class Attended:
    """A connection for a person at a keyboard: a thread of its own keeps it alive while the person looks for a code."""

    def __init__(self, site: Path) -> None:
        """Raises Denied: when the server cannot be reached."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="staff", daemon=True)
        self._questions: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        """None: the step is done."""
        self._thread.start()
        try:
            self.client = self.run(StaffClient.connect(site))
        except BaseException:
            self._stop()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.run(self.client.close())
        finally:
            self._stop()

    def run(self, step: Coroutine[Any, Any, T]) -> T:
        """Runs one step over there, and here what it asks of the person."""
        done = asyncio.run_coroutine_threadsafe(step, self._loop)
        done.add_done_callback(lambda _: self._questions.put(None))
        try:
            while (question := self._questions.get()) is not None:
                question()
        except BaseException:  # the person gave up: nobody waits for the answer any more
            done.cancel()
            raise
        return done.result()

    async def from_person(self, question: Callable[[], T]) -> T:
        """For a step that runs: what `question` returns in the person's own thread."""
        answer: Future[T] = Future()

        def put() -> None:
            try:
                answer.set_result(question())
            except Exception as error:
                answer.set_exception(error)

        self._questions.put(put)
        return await asyncio.wrap_future(answer)

    def _stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
