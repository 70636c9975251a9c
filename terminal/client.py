"""The terminal's end of the wire: signs in, sends what the outbox holds, in order, and keeps trying. No widget here.

`hear` is called, in the event loop, with every message of the server and with what the client itself has to say
(`Link`, `Restored`, `Saved`, `GaveUp`, `Trouble`). The server is trusted by a chain to the site's root certificate,
nothing else: names and dates are not checked, because a site has no name service and a terminal's clock may be
years wrong.

The stream is restarted rather than repaired: after a gap, or when an act was refused for good, the connection is
closed and begun again from what the server then says it has. So a refusal still on its way can never meet a newer
act under the same number.

Before: `terminal.outbox`. After: `examd.delivery`.
"""

import asyncio
import contextlib
import importlib
import random
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from examd.protocol.messages import (
    Ack,
    Clock,
    FromTerminal,
    HandIn,
    Ready,
    Refusal,
    Resume,
    SignIn,
    ToTerminal,
    Welcome,
    decode_to_terminal,
    encode,
)
from examd.protocol.phase import Phase
from examd.protocol.reasons import Reason
from examd.protocol.trust import trusting
from terminal.heard import GaveUp, Heard, Link, Saved, Trouble
from terminal.outbox import Act, Outbox, RecordLost

if TYPE_CHECKING:
    import aiohttp

WINDOW = 32
HEARTBEAT_S = 5.0
CONNECT_S = 5.0
FIRST_RETRY_S = 0.5
LAST_RETRY_S = 5.0
FIRST_TURN_S = 0.02
OVERDUE_TICKS = 3
MAX_FORM_BYTES = 4 << 20
"""A form of 100 items is some 60 kB."""

_WAITS = {Reason.PAUSED, Reason.NOT_STARTED, Reason.STORE_FULL}
_NEVER = {Reason.TIME_UP, Reason.BAD_ANSWER}
_ENDED = {Reason.HANDED_IN, Reason.CLOSED}


class _Restart(Exception):  # noqa: N818 - a turn of the conversation
    """Begin the connection again at once."""


class _Stop(Exception):  # noqa: N818
    """This seat's conversation is over."""


class Client:
    """One conversation with the site's server, through as many connections as it takes."""

    def __init__(
        self,
        server: str,
        trust: Path,
        hear: Callable[[Heard], None],
        open_outbox: Callable[[Welcome], Outbox],
        *,
        terminal: str = "",
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._url = f"wss://{server}/seat"
        self._trust = trust
        self._hear = hear
        self._open_outbox = open_outbox
        self._terminal = terminal
        self._jitter = jitter
        self._credentials: tuple[str, str] | None = None
        self._token = ""
        self._ready = False
        self._wanted = asyncio.Event()
        self._kick = asyncio.Event()
        self._dirty = asyncio.Event()
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._proved = False
        """This journal's newest acknowledgement has been shown to the server."""
        self._epoch = 0
        self._sent = 0
        self._held = False
        """An act was refused for now; it and its followers wait."""
        self._welcome_here = False
        """The server has welcomed this connection."""
        self._overdue = 0
        """Clock messages since something sent was last acknowledged."""
        self._delay = FIRST_RETRY_S
        self._turn = FIRST_TURN_S
        self._over = False
        """Nothing enters the record any more: acts stay in the journal."""
        self.outbox: Outbox | None = None

    # ---- what the app asks for ---------------------------------------------------------------------------------

    def sign_in(self, admission_no: str, id_tail: str) -> None:
        if self._token:
            return  # welcomed already: to sign in again would throw the seat's token away
        self._credentials = (admission_no, id_tail)
        self._wanted.set()

    def ready(self) -> None:
        self._ready = True
        self._kick.set()

    def leave(self) -> None:
        """The person at the screen is not this candidate: forget the seat."""
        self._forget()
        if self._socket is not None:
            self._close_soon(self._socket)

    def written(self) -> None:
        """The outbox holds something new."""
        self._dirty.set()

    # ---- the two tasks -----------------------------------------------------------------------------------------

    async def run(self) -> None:
        """For as long as the app lives. A fault here becomes Trouble, never a silent screen."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._keep_saving())
                tasks.create_task(self._keep_talking())
        except* _Stop:
            pass
        except* Exception:
            self._hear(Trouble.FAULT)
            raise

    async def _keep_saving(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            if (outbox := self.outbox) is None:
                continue
            try:
                outbox.mark_saved(await loop.run_in_executor(None, outbox.flush))
            except OSError:
                self._hear(Trouble.JOURNAL)  # unsaved acts are never sent, so nothing is shown safer than it is
                raise _Stop from None
            self._hear(Saved())
            self._kick.set()

    async def _keep_talking(self) -> None:
        await asyncio.to_thread(importlib.import_module, "aiohttp")  # 0.25 s of import that no first paint waits for
        import aiohttp

        context = trusting(self._trust)
        while True:
            await self._wanted.wait()
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
            except _Restart:
                await asyncio.sleep(self._turn)
                self._turn = min(LAST_RETRY_S, self._turn * 4)
                continue
            except _Stop:
                continue
            except aiohttp.ClientConnectorCertificateError:
                self._lost(Link.UNTRUSTED)
            except (aiohttp.ClientError, OSError, TimeoutError):
                self._lost(Link.AWAY)
            finally:
                self._socket = None
            if self._wanted.is_set():
                await asyncio.sleep(self._delay * (0.5 + self._jitter() / 2))
                self._delay = min(LAST_RETRY_S, self._delay * 2)

    def _lost(self, link: Link) -> None:
        if self._wanted.is_set():  # nobody to tell where the seat was left
            self._hear(link)

    # ---- one connection ----------------------------------------------------------------------------------------

    async def _converse(self, socket: "aiohttp.ClientWebSocketResponse") -> None:
        import aiohttp

        self._held = self._welcome_here = False
        self._overdue = 0
        await self._say(socket, self._greeting())
        pump: asyncio.Task[None] | None = None
        try:
            async for frame in socket:
                if frame.type is not aiohttp.WSMsgType.TEXT or not self._wanted.is_set():
                    break
                try:
                    message = decode_to_terminal(frame.data)
                except msgspec.DecodeError:
                    break  # not our server's language: begin again
                try:
                    self._obey(message)
                except OSError:  # not the socket's: what obeys writes only to the journal
                    self._forget()
                    self._hear(Trouble.JOURNAL)
                    raise _Stop from None
                if isinstance(message, Welcome) and pump is None:
                    self._hear(Link.UP)
                    pump = asyncio.create_task(self._pump(socket))
        finally:
            if pump is not None:
                pump.cancel()
                with contextlib.suppress(asyncio.CancelledError, ConnectionError, aiohttp.ClientError):
                    await pump

    def _greeting(self) -> FromTerminal:
        if self._token:
            if self.outbox is None:
                return Resume(self._token)
            proof = self.outbox.proof
            self._proved = True
            return Resume(self._token, proof.seq, proof.epoch, proof.idx, proof.head)
        if self._credentials is None:  # left while the connection was being made
            raise _Stop
        return SignIn(*self._credentials, terminal=self._terminal)

    async def _say(self, socket: "aiohttp.ClientWebSocketResponse", message: FromTerminal) -> None:
        await socket.send_str(encode(message).decode())

    async def _pump(self, socket: "aiohttp.ClientWebSocketResponse") -> None:
        """Send what may be sent; wait for more. A broken socket is the reader's to notice."""
        told_ready = False
        with contextlib.suppress(ConnectionError):
            while True:
                self._kick.clear()
                if self._ready and not told_ready:
                    told_ready = True
                    await self._say(socket, Ready())
                for act in self._sendable():
                    await self._say(socket, act)
                    self._sent = act.seq
                await self._kick.wait()

    def _sendable(self) -> list[Act]:
        if self.outbox is None or self._held or self._over:
            return []
        return self.outbox.sendable(self._sent, WINDOW)

    # ---- what the server says ----------------------------------------------------------------------------------

    def _obey(self, message: ToTerminal) -> None:
        match message:
            case Welcome():
                self._welcomed(message)
            case Ack():
                if self.outbox is not None and message.epoch == self._epoch:  # another epoch's word counts for nothing
                    self.outbox.acknowledge(message)
                    self._turn, self._overdue = FIRST_TURN_S, 0
                    self._kick.set()
            case Clock(phase=phase):
                self._over = phase in (Phase.HANDED_IN, Phase.CLOSED)
                self._watch_overdue()
                if self._held and phase in (Phase.ANSWERING, Phase.TIME_UP) and self.outbox is not None:
                    self._held, self._sent = False, self.outbox.acked
                self._kick.set()
                if phase is not Phase.WAITING:
                    self._ready = False  # said and heard; a reconnect need not repeat it
            case Refusal():
                self._refused(message)
                return
        self._hear(message)

    def _watch_overdue(self) -> None:
        """A server that ticks and does not acknowledge has lost an act or its own way: begin the connection again."""
        waiting = self.outbox is not None and not self._held and not self._over and self._sent > self.outbox.acked
        self._overdue = self._overdue + 1 if waiting else 0
        if self._overdue >= OVERDUE_TICKS:
            raise _Restart

    def _welcomed(self, welcome: Welcome) -> None:
        self._token = welcome.token
        self._credentials = None
        self._epoch = welcome.epoch
        self._delay = FIRST_RETRY_S
        if self.outbox is None:
            self.outbox = self._open_outbox(welcome)
            self._proved = not self.outbox.acked
        if not self._proved:
            # Signing in carries no acknowledgement: show the journal's, so that a rolled-back server finds out.
            raise _Restart
        try:
            restored = self.outbox.reconcile(welcome)
        except RecordLost:
            self._forget()
            self._hear(Trouble.RECORD_LOST)
            raise _Stop from None
        self._sent = welcome.durable_seq
        self._welcome_here = True
        self._dirty.set()
        self._hear(restored)

    def _refused(self, refusal: Refusal) -> None:
        reason, outbox = refusal.reason, self.outbox
        if outbox is None or not self._token:
            self._forget()
            self._hear(refusal)
            raise _Stop
        if reason in (Reason.TAKEN_OVER, Reason.RECORD_LOST):
            self._forget()
            self._hear(Trouble.TAKEN_OVER if reason is Reason.TAKEN_OVER else Trouble.RECORD_LOST)
            raise _Stop
        if reason is Reason.BAD_TOKEN:
            self._forget()
            self._hear(refusal)
            raise _Stop
        if not self._welcome_here:
            raise _Restart  # a server that has only just come up, say: ask again
        if reason is Reason.GAP:
            self._gap(refusal, outbox)
        elif reason in _NEVER and refusal.seq:
            self._give_up(refusal, outbox)
        elif reason in _WAITS:
            self._held = True
        elif reason in _ENDED:
            self._over = True
        self._hear(refusal)

    def _gap(self, refusal: Refusal, outbox: Outbox) -> None:
        if self._held:
            return  # followers of a refused act; all are sent again when the hold ends
        expected = refusal.facts.get("expected")
        if isinstance(expected, int) and expected <= outbox.acked:
            self._forget()
            self._hear(Trouble.RECORD_LOST)
            raise _Stop
        raise _Restart

    def _give_up(self, refusal: Refusal, outbox: Outbox) -> None:
        if refusal.reason is Reason.BAD_ANSWER:
            refused = [refusal.seq]
        else:  # what follows a late answer is later still; only the hand-in still counts
            refused = [act.seq for act in outbox.pending if act.seq >= refusal.seq and not isinstance(act, HandIn)]
        count = outbox.give_up(refused)
        self._dirty.set()
        if count:
            self._hear(GaveUp(refusal.reason, count))
        raise _Restart

    # ---- endings -----------------------------------------------------------------------------------------------

    def _forget(self) -> None:
        self._wanted.clear()
        self._token, self._credentials, self._ready = "", None, False
        self._proved = self._held = self._over = False
        self.outbox = None

    def _close_soon(self, socket: "aiohttp.ClientWebSocketResponse") -> None:
        self._closing = asyncio.create_task(self._close(socket))

    @staticmethod
    async def _close(socket: "aiohttp.ClientWebSocketResponse") -> None:
        with contextlib.suppress(OSError):
            await socket.close()
