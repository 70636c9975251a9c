"""The staff's end of the wire, and the three ceremonies that need the chief examiner beside it.

Before: `tools.cli.site` and `tools.cli.demo` ask people for what only they have. After: `examd.delivery.staff_socket`.
The chief examiner's private key stays in this process; the server is sent what it unlocked and what it signed.
"""

import asyncio
import contextlib
import json
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from pathlib import Path
from typing import Any, Self, TypeVar

import aiohttp

from bank.refused import BadFile, BrokenStore, Denied, Refused
from bank.seal import codes
from examd.clock import SystemClock
from examd.holders import Holder
from examd.package import layout
from examd.package import open as opening
from examd.protocol.messages import Refusal, StaffCommand, StaffReply, StaffSignIn, decode_to_staff, encode
from examd.protocol.reasons import Reason
from examd.protocol.trust import trusting
from examd.record import notes

ADDRESS = "address"
"""File in a site's folder that `site serve` writes: host and port."""
MAX_REPLY_BYTES = 1 << 26
"""A status of 100,000 seats is some 20 MiB."""
CODE_S = 30
"""A one-time code's step (RFC 6238)."""
T = TypeVar("T")


class Desk:
    """A staff connection to a running server."""

    def __init__(self, site: Path) -> None:
        self._site = site
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._session: aiohttp.ClientSession | None = None
        self._replies: asyncio.Queue[str | None] = asyncio.Queue()
        """None: the server went away."""
        self._reading: asyncio.Task[None] | None = None

    @classmethod
    async def connect(cls, site: Path) -> Self:
        """To the server of this site folder. Raises Denied("server-unreachable")."""
        desk = cls(site)
        await desk.reconnect()
        return desk

    async def reconnect(self) -> None:
        """Begins anew; signing in comes next."""
        await self.close()
        try:
            address = (self._site / ADDRESS).read_text().strip()
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
        await self._ask(StaffSignIn(name, passphrase, code))

    async def command(self, act: str, **facts: Any) -> dict[str, Any]:
        return dict((await self._ask(StaffCommand(act, facts))).facts)

    async def close(self) -> None:
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
            raise _refused(reply)
        return reply


async def _read(socket: aiohttp.ClientWebSocketResponse, replies: "asyncio.Queue[str | None]") -> None:
    try:
        async for frame in socket:
            if frame.type is aiohttp.WSMsgType.TEXT:
                replies.put_nowait(frame.data)
    finally:
        replies.put_nowait(None)


@contextlib.contextmanager
def tended(site: Path) -> Iterator[tuple[Desk, Callable[[Coroutine[Any, Any, T]], T]]]:
    """A desk for a person at a keyboard, and what runs one step of it: a thread of its own keeps the connection alive
    while the person looks for a code."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="desk", daemon=True)
    thread.start()

    def run(step: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(step, loop).result()

    try:
        desk = asyncio.run_coroutine_threadsafe(Desk.connect(site), loop).result()
        try:
            yield desk, run
        finally:
            asyncio.run_coroutine_threadsafe(desk.close(), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _refused(refusal: Refusal) -> Refused:
    if refusal.reason is not Reason.REFUSED:
        return Denied(refusal.reason.value, **refusal.facts)
    facts = dict(refusal.facts)
    code, family = str(facts.pop("code", "refused")), facts.pop("family", "denied")
    if code == "stale-code":
        return Denied("code-used", wait_s=CODE_S - SystemClock().now().wall_s % CODE_S)
    if code == "package-other-site" and facts.get("expected") == facts.get("found"):
        return Denied("package-other-keys", site=facts["found"])
    return {"broken": BrokenStore, "bad-file": BadFile}.get(str(family), Denied)(code, **facts)


async def open_session(desk: Desk, package: Path, chief: Holder, code_1: str, *, one_holder: bool) -> dict[str, Any]:
    """Prepare, unlock, open, co-sign. Raises Refused; a failed attempt may be repeated."""
    return await open_prepared(desk, await prepare(desk, package), chief, code_1, one_holder=one_holder)


async def prepare(desk: Desk, package: Path) -> dict[str, Any]:
    """The server checks the package and hands out its locks: whatever is wrong with it is said before code 1 is."""
    return await desk.command("prepare", package=str(package.resolve()))


async def open_prepared(
    desk: Desk, prepared: Mapping[str, Any], chief: Holder, code_1: str, *, one_holder: bool
) -> dict[str, Any]:
    identity = codes.code_identity(code_1, prepared["package_id"], 1)
    roster = opening.unlock(opening.decode_lock(prepared["roster_lock"]), layout.ROSTER, chief.identity, None)
    items = opening.unlock(opening.decode_lock(prepared["items_lock"]), layout.ITEMS, chief.identity, identity)
    opened = await desk.command(
        "open", roster_identity=roster.text, items_identity=items.text, chief=chief.card.name, one_holder=one_holder
    )
    await _cosign(desk, opened, chief)
    return opened | {"room_commit": prepared["room_commit"], "rule": prepared["rule"]}


async def close_session(desk: Desk, chief: Holder, waive: list[str], reason: str) -> dict[str, Any]:
    """Close and co-sign the closing checkpoint. Raises Denied("seats-open") naming who has not handed in."""
    closed = await desk.command("close", waive=waive, reason=reason)
    await _cosign(desk, closed, chief)
    return closed


async def _cosign(desk: Desk, facts: Mapping[str, Any], chief: Holder) -> None:
    line = notes.cosign(facts["checkpoint"], notes.CHIEF, chief.signing_key, SystemClock().now().wall_s)
    await desk.command("cosign", note=facts["note"], line=line)


async def grade_session(desk: Desk, chief: Holder, code_2: str) -> Path:
    """Grades in a process of its own, which alone sees the answer keys, and has the site sign. The result folder."""
    facts = await desk.command("answers-lock")
    await asyncio.to_thread(grade, facts, chief, code_2)
    await desk.command("sign-result")
    return Path(facts["result"])


def grade(facts: Mapping[str, Any], chief: Holder, code_2: str) -> None:
    """`facts`: what the server answered to "answers-lock". Raises the grading process's refusal."""
    request = {
        "chief": chief.identity.text,
        "code": code_2,
        "lock": facts["answers_lock"],
        "package": facts["package"],
        "result": facts["result"],
    }
    command = [sys.executable, "-P", "-m", "examd.grading.process"]
    done = subprocess.run(command, input=json.dumps(request).encode(), capture_output=True, check=False)
    if done.returncode:
        raise _told(done.stdout)


def _told(output: bytes) -> Refused:
    """The grading process's refusal."""
    try:
        told = json.loads(output)
        return {"broken": BrokenStore, "bad-file": BadFile}.get(told["family"], Denied)(told["code"], **told["facts"])
    except (ValueError, KeyError, TypeError):
        return BrokenStore("grading-failed")
