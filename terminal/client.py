"""The terminal's end of the wire: carries one conversation through as many connections as it takes. No widget here.

`hear` is called, in the event loop, with every message of the server and with what the client itself has to say
(`terminal.heard`). The server is trusted by a chain to the site's root certificate, nothing else: names and dates are
not checked, because a site has no name service and a terminal's clock may be years wrong.

Before: `terminal.conversation`, `terminal.outbox`. After: `examd.delivery`.
"""

import asyncio
import contextlib
import importlib
import random
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from examd.protocol.messages import Enrolled, FromTerminal, Welcome, decode_to_terminal, encode
from examd.protocol.trust import trusting
from terminal.conversation import Conversation, Restart, Stop
from terminal.heard import Heard, Link, Saved, Trouble
from terminal.machine import Machine
from terminal.outbox import Outbox

if TYPE_CHECKING:
    import aiohttp

HEARTBEAT_S = 5.0
CONNECT_S = 5.0
ASK_AGAIN_S = 1.0
"""How often a machine that was paired asks whether staff have confirmed it."""
FIRST_RETRY_S = 0.5
LAST_RETRY_S = 5.0
MAX_FORM_BYTES = 4 << 20
"""A form of 100 items is some 60 kB."""


class Client:
    """One seat at the site's server."""

    def __init__(
        self,
        server: str,
        trust: Path,
        hear: Callable[[Heard], None],
        open_outbox: Callable[[Welcome], Outbox],
        machine: Machine,
    ) -> None:
        self.conversation = Conversation(hear, open_outbox, machine)
        self._url = f"wss://{server}/seat"
        self._trust = trust
        self._hear = hear
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._delay_s = FIRST_RETRY_S
        """Before the next try, where the network is away."""

    # ---- what the app asks for ---------------------------------------------------------------------------------

    @property
    def outbox(self) -> Outbox | None:
        return self.conversation.outbox

    def introduce(self, code: str = "", name: str = "") -> None:
        """Ask whether this machine is enrolled, until there is an answer; with a code, ask for it to be, as `name`."""
        self.conversation.introduce(code, name)

    def sign_in(self, admission_no: str, id_tail: str) -> None:
        """Ask for this candidate's seat, until there is an answer."""
        self.conversation.sign_in(admission_no, id_tail)

    def ready(self) -> None:
        """The candidate has read the rules."""
        self.conversation.ready()

    def leave(self) -> None:
        """The person at the screen is not this candidate: forget the seat."""
        self.conversation.forget()
        if self._socket is not None:
            self._closing = asyncio.create_task(self._close(self._socket))

    @staticmethod
    async def _close(socket: "aiohttp.ClientWebSocketResponse") -> None:
        with contextlib.suppress(OSError):
            await socket.close()

    def written(self) -> None:
        """The outbox holds something new."""
        self.conversation.unsaved.set()

    # ---- the two tasks -----------------------------------------------------------------------------------------

    async def run(self) -> None:
        """For as long as the app lives. A fault here becomes Trouble, never a silent screen."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._keep_saving())
                tasks.create_task(self._keep_talking())
        except* Stop:
            pass
        except* Exception:
            self._hear(Trouble.FAULT)
            raise

    async def _keep_saving(self) -> None:
        loop, unsaved = asyncio.get_running_loop(), self.conversation.unsaved
        while True:
            await unsaved.wait()
            unsaved.clear()
            if (outbox := self.conversation.outbox) is None:
                continue
            try:
                outbox.note_saved(await loop.run_in_executor(None, outbox.flush))
            except OSError:
                self._hear(Trouble.JOURNAL)  # unsaved acts are never sent, so nothing is shown safer than it is
                raise Stop from None
            self._hear(Saved())
            self.conversation.unsent.set()

    async def _keep_talking(self) -> None:
        await asyncio.to_thread(importlib.import_module, "aiohttp")  # 0.25 s of import that no first paint waits for
        import aiohttp

        context, wanted = trusting(self._trust), self.conversation.wanted
        while True:
            await wanted.wait()
            try:
                self._hear(Link.TRYING)
                async with aiohttp.ClientSession() as session:
                    async with asyncio.timeout(CONNECT_S):
                        socket = await session.ws_connect(
                            self._url,
                            ssl=context,
                            heartbeat=HEARTBEAT_S,
                            max_msg_size=MAX_FORM_BYTES,
                            timeout=aiohttp.ClientWSTimeout(ws_close=1.0),
                        )
                    async with socket:
                        self._socket = socket
                        await self._converse(socket)
                self._lost(Link.AWAY)
            except Restart:
                await asyncio.sleep(self.conversation.turn_s)
                self.conversation.turn_s = min(LAST_RETRY_S, self.conversation.turn_s * 4)
                continue
            except Stop:
                continue
            except aiohttp.ClientConnectorCertificateError:
                self._lost(Link.UNTRUSTED)
            except (aiohttp.ClientError, OSError, TimeoutError):
                self._lost(Link.AWAY)
            finally:
                self._socket = None
            if wanted.is_set():
                await asyncio.sleep(self._delay_s * (0.5 + random.random() / 2))  # noqa: S311 - a room comes back not all at once
                self._delay_s = min(LAST_RETRY_S, self._delay_s * 2)

    def _lost(self, link: Link) -> None:
        if self.conversation.wanted.is_set():  # nobody to tell where the seat was left
            self._hear(link)

    # ---- one connection ----------------------------------------------------------------------------------------

    async def _converse(self, socket: "aiohttp.ClientWebSocketResponse") -> None:
        import aiohttp

        conversation = self.conversation
        for message in conversation.greeting():
            await self._say(socket, message)
        pump: asyncio.Task[None] | None = None
        try:
            async for frame in socket:
                if frame.type is not aiohttp.WSMsgType.TEXT or not conversation.wanted.is_set():
                    break
                try:
                    heard = decode_to_terminal(frame.data)
                except msgspec.DecodeError:
                    break  # not our server's language: begin again
                if isinstance(heard, Welcome | Enrolled):
                    self._delay_s = FIRST_RETRY_S
                try:
                    conversation.take(heard)
                except OSError:  # not the socket's: what is taken in is written only to the journal
                    conversation.give_up_seat(Trouble.JOURNAL)
                if isinstance(heard, Enrolled) and not heard.kept:
                    await asyncio.sleep(ASK_AGAIN_S)
                    await self._say(socket, conversation.still_there())
                if isinstance(heard, Welcome) and pump is None:
                    self._hear(Link.UP)
                    pump = asyncio.create_task(self._pump(socket))
        finally:
            if pump is not None:
                pump.cancel()
                with contextlib.suppress(asyncio.CancelledError, ConnectionError, aiohttp.ClientError):
                    await pump

    async def _say(self, socket: "aiohttp.ClientWebSocketResponse", message: FromTerminal) -> None:
        await socket.send_str(encode(message).decode())

    async def _pump(self, socket: "aiohttp.ClientWebSocketResponse") -> None:
        """Send what may be sent; wait for more. A broken socket is the reader's to notice."""
        unsent = self.conversation.unsent
        with contextlib.suppress(ConnectionError):
            while True:
                unsent.clear()
                for message in self.conversation.to_send():
                    await self._say(socket, message)
                await unsent.wait()
