"""A hall in memory: speaks `examd.protocol.messages` over TLS on loopback, keeps one record a candidate, and can be
made to fail as networks and servers do. Tests tell their stories with it; runnable, it is a hall to look at:

    python tests/terminal/hall.py --port 8443 --trust /tmp/root.pem
"""

import argparse
import asyncio
import contextlib
import datetime
import hashlib
import json
import ssl
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType, web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from examd.protocol import acts as chain
from examd.protocol import messages as m
from examd.protocol.phase import Phase, Timetable, phase_at, remaining_ms, used_ms
from examd.protocol.reasons import Reason
from examd.protocol.receipt import receipt_code

Act = m.Answer | m.Flag | m.HandIn
PACKAGE = "5e" * 16

SAMPLES = (
    m.ItemView(
        0,
        "single",
        "发现有人触电、尚未脱离电源时，救护者首先应当做的是（　　）。",
        tuple(
            map(
                m.OptionView,
                (
                    "立即用手把触电者拉离带电体",
                    "就近断开电源开关，或用干燥的木棒、绝缘工具使触电者脱离电源",
                    "立即对触电者进行胸外心脏按压",
                    "跑回值班室报告，等待负责人到场后再处理",
                ),
            )
        ),
        1,
    ),
    m.ItemView(
        1,
        "truefalse",
        "在潮湿场所使用手持电动工具时，应装设额定漏电动作电流不大于 30 mA、动作时间不大于 0.1 s 的剩余电流动作保护器。",
        (m.OptionView("正确"), m.OptionView("错误")),
        1,
    ),
    m.ItemView(
        2,
        "multiple",
        "进入有限空间作业前，作业负责人应当确认的事项包括（　　）。",
        tuple(
            map(
                m.OptionView,
                (
                    "已按“先通风、再检测、后作业”的顺序进行，检测结果记录在案",
                    "出入口有专人监护，监护人员不得离开",
                    "作业人员佩戴的气体检测报警仪、呼吸防护用品完好",
                    "应急救援器材已放在作业点附近",
                    "作业票已经审批，且在有效期内",
                    "照明电压不超过 12 V",
                ),
            )
        ),
        2,
    ),
    m.ItemView(
        3,
        "single",
        "[@click=app.quit]x[/] a[i] > b[/j] [red]不是标记[/red]：下列说法正确的是（　　）。",
        tuple(map(m.OptionView, ("[b]x[/]", "a[i] > b[/j]", "\x1b[31m红\x1b]52;c;eA==\x07", "\u202e倒\u202c"))),
        1,
    ),
)


def sample_form(n: int = 100) -> m.FormView:
    items = []
    for slot in range(n):
        view = SAMPLES[slot] if slot < len(SAMPLES) else SAMPLES[(0, 1)[slot % 2]]
        items.append(m.ItemView(slot, view.type, view.stem, view.options, view.points))
    return m.FormView("0" * 64, tuple(items))


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A root and, signed by it, a server certificate long out of date: terminals' clocks may be years wrong."""
    root_private, private = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "site root")])
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "today")])
    then = datetime.datetime(2001, 1, 1, tzinfo=datetime.UTC)

    def build(subject: x509.Name, public: ec.EllipticCurvePublicKey, ca: bool) -> x509.Certificate:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(root_name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(then)
            .not_valid_after(then + datetime.timedelta(days=2))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .sign(root_private, hashes.SHA256())
        )

    pem = serialization.Encoding.PEM
    trust, chain = folder / "root.pem", folder / "server.pem"
    trust.write_bytes(build(root_name, root_private.public_key(), True).public_bytes(pem))
    chain.write_bytes(
        build(name, private.public_key(), False).public_bytes(pem)
        + private.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(chain)
    return trust, context


@dataclass
class Record:
    """One candidate's acts, as a server would hold them."""

    acts: list[Act] = field(default_factory=list)
    heads: list[str] = field(default_factory=lambda: [""])
    token: str = ""
    timetable: Timetable = field(default_factory=lambda: Timetable(limit_ms=0))
    receipt: m.Receipt | None = None
    ready: bool = False
    socket: web.WebSocketResponse | None = None
    first: bytes = b""
    """Head of the chain of acts, before any; there once the seat has started."""
    signed: list[m.Signed] = field(default_factory=list)

    def append(self, act: Act) -> None:
        self.acts.append(act)
        self.heads.append(hashlib.sha256(self.heads[-1].encode() + m.encode(act)).hexdigest())

    @property
    def head(self) -> bytes:
        """Of the chain of acts."""
        head = self.first
        for act in self.acts:
            if isinstance(act, m.Answer):
                head = chain.answered(head, act.seq, act.slot, act.choice, act.used_ms)
            elif isinstance(act, m.Flag):
                head = chain.flagged(head, act.seq, act.slot, act.on)
            elif isinstance(act, m.HandIn):
                head = chain.handed_in(head, act.seq)
        return head

    def handed_in(self, form: str, n_items: int, by_clock: bool) -> m.Receipt:
        """Closes the seat: an entry as a record has it, and its receipt."""
        idx, before = len(self.acts) - 1, hashlib.sha256(self.token.encode()).digest()
        entry = json.dumps({"body": {"acts": self.head.hex(), "form": form}, "salt": self.token})
        leaf = hashlib.sha256(b"\x00" + entry.encode()).digest()
        code = receipt_code(hashlib.sha256(b"examd/chain/v1" + before + leaf).digest())
        self.receipt = m.Receipt(code, idx, len(self.answers()), n_items, by_clock, entry, before.hex())
        return self.receipt

    def answers(self) -> dict[int, tuple[int, ...]]:
        answers: dict[int, tuple[int, ...]] = {}
        for act in self.acts:
            if isinstance(act, m.Answer):
                answers.pop(act.slot, None)
                if act.choice:
                    answers[act.slot] = act.choice
        return answers

    def flags(self) -> tuple[int, ...]:
        flags: set[int] = set()
        for act in self.acts:
            if isinstance(act, m.Flag):
                (flags.add if act.on else flags.discard)(act.slot)
        return tuple(sorted(flags))


class Hall:
    """`async with Hall(folder) as hall:` serves until the block ends."""

    def __init__(
        self, folder: Path, *, n_items: int = 100, minutes: int = 120, mock: bool = True, port: int = 0
    ) -> None:
        self.folder, self.port = folder, port
        self.form = sample_form(n_items)
        self.minutes, self.mock = minutes, mock
        self.epoch = 1
        self.records: dict[str, Record] = {}
        self.people = {"2406150312": ("王建国", "12345X"), "2406150313": ("买买提·艾力", "00000X")}
        self.started = self.away = self.mute = self.full = False
        self.heard: list[m.FromTerminal] = []
        self.started_at = time.monotonic()
        self.lose_acks = 0
        self.code: str | None = None
        """Where there is one, machines must pair with it; without one each is known as 07."""
        self.machines: dict[str, tuple[str, bool]] = {}
        """Secret -> name, and whether staff have confirmed it."""

    @property
    def server(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def __aenter__(self) -> "Hall":
        self.trust, context = certificate(self.folder)
        app = web.Application()
        app.router.add_get("/seat", self._seat)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, ssl_context=context)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self._ticks = asyncio.create_task(self._tick())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._ticks.cancel()
        await self.cut()
        await self._runner.cleanup()

    # ---- what a test does to the hall ------------------------------------------------------------------------------

    def now(self) -> int:
        return int((time.monotonic() - self.started_at) * 1000)

    async def start(self) -> None:
        self.started = True
        for record in self.records.values():
            await self._begin(record)

    async def change(self, **facts: Any) -> None:
        """Change every seat's timetable and say so."""
        for record in self.records.values():
            record.timetable = Timetable(**{**_fields(record.timetable), **facts})
            await self._clock(record)

    async def pause(self) -> None:
        await self.change(paused_since_ms=self.now())

    async def go_on(self) -> None:
        for record in self.records.values():
            table = record.timetable
            paused = self.now() - (table.paused_since_ms or self.now())
            record.timetable = Timetable(
                **{**_fields(table), "paused_since_ms": None, "paused_ms": table.paused_ms + paused}
            )
            await self._clock(record)

    async def cut(self) -> None:
        for record in self.records.values():
            if record.socket is not None:
                with contextlib.suppress(Exception):
                    record.socket._writer.transport.abort()  # type: ignore[union-attr]
                record.socket = None

    async def go_away(self) -> None:
        self.away = True
        await self.cut()

    def come_back(self, *, new_epoch: bool = True) -> None:
        self.away = False
        self.epoch += new_epoch

    async def reopen(self, number: str) -> None:
        """The chief examiner opens this hand-in again."""
        record = self.records[number]
        record.receipt = None
        record.timetable = Timetable(**{**_fields(record.timetable), "handed_in": False})
        assert record.socket is not None
        await self._refuse(record.socket, Reason.REOPENED, fatal=True)
        await record.socket.close()

    # ---- the wire ----------------------------------------------------------------------------------------------

    async def _seat(self, request: web.Request) -> web.StreamResponse:
        if self.away:
            raise web.HTTPServiceUnavailable
        socket = web.WebSocketResponse(max_msg_size=m.MAX_MESSAGE_BYTES)
        await socket.prepare(request)
        record: Record | None = None
        key = ""
        async for frame in socket:
            if frame.type is not WSMsgType.TEXT:
                break
            message = m.decode_from_terminal(frame.data)
            self.heard.append(message)
            if isinstance(message, m.Present | m.Pair):
                key = message.key
                await self._introduced(socket, message)
            elif not self.kept(key):
                await self._refuse(socket, Reason.NOT_ENROLLED)
            elif isinstance(message, m.SignIn | m.Resume):
                record = await self._greet(socket, message)
            elif record is None:
                await self._refuse(socket, Reason.OUT_OF_ORDER)
            elif isinstance(message, m.Ready):
                record.ready = True
                await self._begin(record)
            elif isinstance(message, m.Signed):
                record.signed.append(message)
            else:
                await self._take(socket, record, message)
        if record is not None and record.socket is socket:
            record.socket = None
        return socket

    def kept(self, key: str) -> bool:
        return self.code is None or self.machines.get(key, ("", False))[1]

    async def _introduced(self, socket: web.WebSocketResponse, message: m.Present | m.Pair) -> None:
        if isinstance(message, m.Pair):
            if message.code != self.code:
                return await self._refuse(socket, Reason.BAD_CODE)
            self.machines[message.key] = (message.name, False)
        if self.code is None or message.key in self.machines:
            name = self.machines.get(message.key, ("07", True))[0]
            return await self._say(socket, m.Enrolled(name, "3F2A", self.kept(message.key)))
        return await self._refuse(socket, Reason.NOT_ENROLLED)

    async def _say(self, socket: web.WebSocketResponse | None, message: m.Message) -> None:
        with contextlib.suppress(ConnectionError, RuntimeError):
            assert socket is not None
            await socket.send_str(m.encode(message).decode())

    async def _refuse(
        self, socket: web.WebSocketResponse, reason: Reason, seq: int = 0, fatal: bool = False, **facts: Any
    ) -> None:
        await self._say(socket, m.Refusal(reason, seq, facts, fatal))

    async def _greet(self, socket: web.WebSocketResponse, message: m.SignIn | m.Resume) -> Record | None:
        if isinstance(message, m.Resume):
            found = [(no, r) for no, r in self.records.items() if r.token == message.token]
            if not found:
                await self._refuse(socket, Reason.BAD_TOKEN, fatal=True)
                return None
            number, record = found[0]
            if message.acked_seq > len(record.acts) or (
                message.head and message.acked_seq and record.heads[message.acked_seq] != message.head
            ):
                await self._refuse(socket, Reason.RECORD_LOST, fatal=True)
                return None
        else:
            number = message.admission_no
            if self.people.get(number, ("", None))[1] != message.id_tail:
                await self._refuse(socket, Reason.UNKNOWN_CANDIDATE)
                return None
            record = self.records.setdefault(number, Record(timetable=Timetable(limit_ms=self.minutes * 60_000)))
            record.token = hashlib.sha256(f"{number}{time.monotonic_ns()}".encode()).hexdigest()
        record.socket = socket
        await self._say(
            socket,
            m.Welcome(
                record.token,
                m.Candidate(number, self.people[number][0], "1401**********345X", "晋源职业技能培训学校"),
                m.Sitting(
                    "2024-0615-A",
                    "低压电工作业 理论考试",
                    "朔州市第二考试点",
                    self.mock,
                    self.minutes,
                    len(self.form.items),
                    100,
                    80,
                ),
                self.epoch,
                len(record.acts),
                len(record.acts) - 1,
                record.heads[-1],
                record.answers(),
                record.flags(),
                record.receipt is not None,
                PACKAGE,
                self.number(number),
                record.head.hex(),
            ),
        )
        await self._clock(record)
        if record.timetable.started_ms is not None:
            await self._say(socket, self.form)
            await self.ask(record)
        if record.receipt is not None:
            await self._say(socket, record.receipt)
        return record

    async def _begin(self, record: Record) -> None:
        if self.started and record.ready and record.timetable.started_ms is None:
            record.timetable = Timetable(**{**_fields(record.timetable), "started_ms": self.now()})
            number = next(self.number(no) for no, each in self.records.items() if each is record)
            record.first = chain.first(PACKAGE, number, self.form.digest)
            await self._say(record.socket, self.form)
            await self.ask(record)
            await self._clock(record)

    def number(self, admission_no: str) -> int:
        return list(self.people).index(admission_no) + 1

    async def ask(self, record: Record) -> None:
        """Asks the terminal to sign what this record holds."""
        await self._say(record.socket, m.Sign(len(record.acts), record.head.hex(), len(record.acts), "ab" * 32))

    async def _clock(self, record: Record) -> None:
        table, now = record.timetable, self.now()
        if record.socket is not None and not self.mute:
            clock = m.Clock(phase_at(table, now), remaining_ms(table, now), used_ms(table, now), table.added_ms)
            await self._say(record.socket, clock)

    async def _tick(self) -> None:
        last: dict[str, Phase] = {}
        for turn in range(10**9):
            await asyncio.sleep(0.1)
            for number, record in self.records.items():
                phase = phase_at(record.timetable, self.now())
                if phase is not last.get(number) or turn % 50 == 0:
                    last[number] = phase
                    await self._clock(record)

    async def _take(self, socket: web.WebSocketResponse, record: Record, act: Act) -> None:
        phase = phase_at(record.timetable, self.now())
        durable = len(record.acts)
        if act.seq > durable:
            handing = isinstance(act, m.HandIn) and phase is Phase.TIME_UP
            refused = {
                Phase.WAITING: Reason.NOT_STARTED,
                Phase.PAUSED: Reason.PAUSED,
                Phase.TIME_UP: Reason.TIME_UP,
                Phase.HANDED_IN: Reason.HANDED_IN,
                Phase.CLOSED: Reason.CLOSED,
            }.get(phase)
            if act.seq > durable + 1:
                return await self._refuse(socket, Reason.GAP, act.seq, expected=durable + 1)
            if refused and not handing:
                return await self._refuse(socket, refused, act.seq)
            if self.full:
                return await self._refuse(socket, Reason.STORE_FULL, act.seq)
            record.append(act)
        if self.lose_acks:
            self.lose_acks -= 1
        else:
            await self._say(socket, m.Ack(act.seq, self.epoch, act.seq - 1, record.heads[act.seq]))
        if isinstance(act, m.HandIn) and record.receipt is None:
            record.handed_in(self.form.digest, len(self.form.items), act.by_clock)
            record.timetable = Timetable(**{**_fields(record.timetable), "handed_in": True})
            await self._say(socket, record.receipt)  # type: ignore[arg-type]
            await self._clock(record)
        return None


def _fields(table: Timetable) -> dict[str, Any]:
    return {name: getattr(table, name) for name in Timetable.__dataclass_fields__}


async def _serve(args: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with Hall(Path(folder), port=args.port, minutes=args.minutes, mock=not args.real) as hall:
            hall.started = not args.wait
            Path(args.trust).write_bytes(hall.trust.read_bytes())
            print(f"hall at {hall.server}; commands: start pause on away back up close", flush=True)
            reader = asyncio.StreamReader()
            await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
            while line := (await reader.readline()).decode().strip() or "none":
                match line:
                    case "start":
                        await hall.start()
                    case "pause":
                        await hall.pause()
                    case "on":
                        await hall.go_on()
                    case "away":
                        await hall.go_away()
                    case "back":
                        hall.come_back()
                    case "up":
                        await hall.change(limit_ms=0)
                    case "close":
                        await hall.change(closed=True)
                    case "none":
                        await asyncio.sleep(3600)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8443)
    parser.add_argument("--trust", required=True)
    parser.add_argument("--minutes", type=int, default=120)
    parser.add_argument("--real", action="store_true", help="not marked as a drill")
    parser.add_argument("--wait", action="store_true", help="start only at the word")
    asyncio.run(_serve(parser.parse_args()))
