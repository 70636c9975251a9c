"""A made-up session on one machine: bureau, site, chief examiner and operator, each part the real one, all played here.

One place for what `tools.drill.demonstration` shows step by step and what load and fault runs need at once
(`hall_for`): an encrypted bank filled, a package issued under rule and roster, server and supervisor as processes, the
ceremonies of opening, closing and grading. Everything is marked 演练 and lies in one folder that may be thrown away.

Before: `examd.bureau.issuing`, `examd.site`: what the command lines call as well. After: simulated candidates
(`tools.drill.candidate`; `examd bench` has its own).
"""

import asyncio
import contextlib
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

import pyotp

from bank import formats, rules
from bank.clock import now as office_time
from bank.clock import today as office_day
from bank.composing.assembly import Progress
from bank.durable import read_bytes, write_atomically
from bank.formats import ImportResult
from bank.refused import Denied
from bank.rules import Rule
from bank.seal import codes
from bank.store import Bank
from examd import clock
from examd.bureau import identity, roster
from examd.bureau.issuing import Order, RuleToUse, issue_session
from examd.bureau.office import Office
from examd.bureau.receiving import CHECKPOINTS, Received, receive
from examd.bureau.releasing import Desk, at_the_desk
from examd.chief import device
from examd.delivery.supervisor import Supervisor
from examd.holders import Holder
from examd.package.issue import Issued
from examd.package.layout import RosterLine, Session
from examd.protocol.messages import Fact
from examd.site.checkpointing import cosign_now
from examd.site.chief import ByDevice
from examd.site.closing import EVERYBODY, Decision, close_session
from examd.site.commissioning import commission, enter_person
from examd.site.enrolling import enrol_terminals
from examd.site.grading import grade_session
from examd.site.opening import Opening, ToOpen, open_session
from examd.site.replies import Closed, Status, WaitingTerminal
from examd.site.serving import supervised
from examd.site.staff_client import StaffClient
from examd.staff import Role
from tools.cli.bureau.receive import verifier

SAMPLES = Path(__file__).parents[1] / "samples" / "SP-ELV-T"
INSTITUTIONS = ("晨光安全技术培训中心", "恒安职业培训学校", "平朔矿山安全培训基地", "北方电力培训学院")
SURNAMES, GIVEN = "王李张刘陈杨赵黄周吴徐孙马朱胡林郭何高罗", "伟芳娜敏静丽强磊军洋勇艳杰涛明超兰霞平刚"
SERVER_START_S = 20
T = TypeVar("T")
_GONE = ("server-went-away", "server-unreachable")


class PatientClient(StaffClient):
    """An operator who signs in again when the server was killed under the connection."""

    drill: "Drill"

    async def command(self, act: str, **facts: Fact) -> dict[str, Any]:
        patience = time.monotonic() + SERVER_START_S
        while True:
            try:
                return await super().command(act, **facts)
            except Denied as denied:
                if denied.code not in _GONE or time.monotonic() > patience:
                    raise
            with contextlib.suppress(Denied):
                await self.reconnect()
                await self.sign_in("operator", self.drill.words["operator"], await self.drill.code())
            await asyncio.sleep(0.3)


class Drill:
    """One made-up session in the folder `work`. Its steps are called in the order they stand here."""

    def __init__(self, work: Path) -> None:
        self.work = work
        self.words = {who: secrets.token_urlsafe(12) for who in ("keyholder", "bureau", "site", "chief", "operator")}
        """Passphrases of the people played."""
        self.site = work / "site"
        self.stick = work / "chief-stick"
        """What is carried between the site and the chief examiner's device."""
        self.trust = self.site / "root.pem"
        """What terminals trust, from `serve` on."""
        self.port = 0
        self._totp_step = 0
        self.supervisor: Supervisor | None = None
        self._supervising: threading.Thread | None = None
        self._watching: subprocess.Popen[bytes] | None = None

    # ---- the bureau -------------------------------------------------------------------------------------------

    def fill_bank(self, source: Path = SAMPLES / "items.jsonl") -> tuple[Bank, ImportResult, int]:
        """A new encrypted bank, what was read from the file, and how many items the bank took."""
        found = formats.read(source)
        bank = Bank.create(self.work / "bank", self.words["keyholder"], sample=True)
        return bank, found, len(bank.drafts.add(found.items, found.media, approve_as_sample=True).added)

    def issue(self, bank: Bank, rule: Rule, people: list[RosterLine]) -> Issued:
        """Founds bureau, site, chief examiner and operator, and issues the session's package."""
        self.office, self.bureau = Office.create(self.work / "bureau", "DEMO", "演练应急管理局", self.words["bureau"])
        self.folder, self.holder = commission(self.site, "DEMO-01", "演练考试点", self.words["site"], self.bureau.card)
        self.chief: Holder = device.create(
            self.work / "chief", "C-001", "演练主考官", self.words["chief"], self.bureau.card
        )
        self.stick.mkdir()
        totp = enter_person(self.folder, self.holder, "operator", Role.ADMINISTRATOR, self.words["operator"])
        self._totp = pyotp.TOTP(totp.secret)
        spoken = "".join(f"{who}: {word}\n" for who, word in self.words.items())
        write_atomically(self.work / "passphrases.txt", spoken.encode(), private=True)
        now = clock.utc_now()
        today = office_day().isoformat()
        session = Session("DEMO-1", f"{rule.name} {today}", today, "DEMO-01", "演练考试点", True)
        site, chief = self.holder.card, self.chief.card
        order = Order(session, RuleToUse(rule), people, site, chief, self.work / "stick", now)
        done = issue_session(order, self.office, self.bureau, lambda: nullcontext(bank), secrets.token_bytes)
        self.issued = done.issued
        return self.issued

    # ---- the site ---------------------------------------------------------------------------------------------

    def serve(self) -> int:
        """Starts supervisor and server. The port. Raises Denied: when they do not come up."""
        ready = threading.Event()

        def tell(event: str, number: int, about: str = "") -> None:
            if event == "ready":
                self.port = number
                ready.set()

        supervisor = supervised(self.folder, self.holder, "127.0.0.1", 0, tell, self.work / "server.log")

        def supervise() -> None:
            try:
                supervisor.run()
            finally:
                ready.set()

        self.supervisor = supervisor
        self._supervising = threading.Thread(target=supervise, name="supervisor", daemon=True)
        self._supervising.start()
        ready.wait(SERVER_START_S)
        if not self.port or not self._supervising.is_alive():
            raise Denied("server-keeps-dying", starts=1)
        return self.port

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def server_pid(self) -> int:
        """The serving process of this moment: another one after a restart."""
        assert self.supervisor is not None and self.supervisor.process is not None
        return self.supervisor.process.pid

    async def sign_in(self) -> "PatientClient":
        """The operator's connection, signed in."""
        client = await PatientClient.connect(self.site)
        client.drill = self
        await client.sign_in("operator", self.words["operator"], await self.code())
        return client

    async def code(self) -> str:
        """A one-time code that was not used yet. One serves once; the next one is taken up to 30 s early."""
        while (step := max(self._totp_step + 1, int(time.time()) // 30)) > int(time.time()) // 30 + 1:
            await asyncio.sleep(1)
        self._totp_step = step
        return self._totp.at(step * 30)

    async def open(self, client: StaffClient) -> Opening:
        """Opens it with code 1, which the bureau gives for the room's commitment."""

        async def code_1(asked: ToOpen) -> str:
            with self._desk() as desk:
                return desk.code_1(self.issued.package_id, codes.short(asked.room_commit))

        self._watch()
        opening = open_session(client, self.issued.directory, ByDevice(self.stick), code_1)
        return await self._with_device(opening)

    def _desk(self) -> AbstractContextManager[Desk]:
        return at_the_desk(self.office, self.bureau, office_time())

    def _watch(self) -> None:
        """The chief examiner's device: a process of its own, that signs what it is asked until the closing."""
        word = self.work / "chief" / "passphrase"
        write_atomically(word, self.words["chief"].encode(), private=True)
        command = [
            sys.executable, "-P", "-m", "tools.cli", "chief", "watch", str(self.work / "chief"), str(self.stick),
            "--yes", "--passphrase-file", str(word),
        ]  # fmt: skip
        with (self.work / "chief.log").open("ab") as log:
            self._watching = subprocess.Popen(command, stdout=log, stderr=log)

    async def _with_device(self, step: Coroutine[Any, Any, T]) -> T:
        """What the step gives. Raises Denied: the device ended, for which it would wait for ever."""
        stepping = asyncio.ensure_future(step)
        while not (await asyncio.wait([stepping], timeout=1))[0]:
            if self._watching is None or self._watching.poll() is not None:
                stepping.cancel()
                raise Denied("chief-not-answered")
        return stepping.result()

    async def cosign(self, client: StaffClient) -> Status:
        """A checkpoint while candidates sit."""
        return await self._with_device(cosign_now(client, ByDevice(self.stick)))

    async def enrol(self, client: StaffClient, pair: Callable[[str], Awaitable[None]], n: int) -> None:
        """Enrols `n` simulated machines the way a room's are: `pair` types the code at each, staff confirm.

        Raises Denied: fewer came.
        """
        typing: list[asyncio.Future[None]] = []

        async def all_that_came(waiting: Sequence[WaitingTerminal]) -> Sequence[WaitingTerminal]:
            await asyncio.gather(*typing)
            if len(waiting) != n:
                raise Denied("not-all-ready", expected=n)
            return waiting

        await enrol_terminals(
            client,
            lambda begun: typing.append(asyncio.ensure_future(pair(begun.code))),
            lambda came: None,
            lambda waiting: len(waiting) == n or any(each.done() for each in typing),
            all_that_came,
        )

    async def close(self, client: StaffClient, waived: list[str]) -> Closed:
        """Whoever came late is counted: nobody cheats in a drill."""
        waive, late = dict.fromkeys(waived, "演练：考生中途离开"), {EVERYBODY: Decision(True, "演练")}
        return (await self._with_device(close_session(client, ByDevice(self.stick), waive, late=late))).closed

    async def grade(self, client: StaffClient, result: Path) -> Path:
        """Grades with code 2, given against the signed closing. The result folder."""
        checkpoints = read_bytes(result / CHECKPOINTS)

        async def code_2() -> str:
            with self._desk() as desk:
                return desk.code_2_by_checkpoints(self.issued.package_id, checkpoints, file=CHECKPOINTS)

        return await grade_session(client, None, code_2)

    def receive(self, result: Path, shown: Progress) -> Received:
        """The result comes home to the bureau, is verified whole, and filed."""
        return receive(self.office, self._desk, result, verifier(self.office, self.bureau, shown))

    def stop(self) -> None:
        """Ends server and supervisor, and waits until they are gone."""
        if self.supervisor is not None and self._supervising is not None:
            self.supervisor.stop()
            self._supervising.join(SERVER_START_S)
        if self._watching is not None and self._watching.poll() is None:
            self._watching.terminate()
            self._watching.wait()


def sample_rule() -> Rule:
    return rules.parse((SAMPLES / "rule.toml").read_bytes())


def made_up_roster(n: int) -> list[RosterLine]:
    """`n` candidates from four training institutions."""
    rows = [["准考证号", "姓名", "身份证号", "培训机构"]]
    for c in range(1, n + 1):
        name = SURNAMES[c % len(SURNAMES)] + GIVEN[c * 7 % len(GIVEN)] + (GIVEN[c * 3 % len(GIVEN)] if c % 2 else "")
        # 420 birthdays and 1,000 serial numbers repeat together after 21,000: then another district.
        id_number = f"1406{c // 21_000:02}{1970 + c % 30}{1 + c % 12:02}{1 + c % 28:02}{c % 1000:03}"
        id_number += identity.check_character(id_number)
        rows.append([f"2026112101{c:05}", name, id_number, INSTITUTIONS[c % len(INSTITUTIONS)]])
    return roster.check_rows(rows, "roster").whole()


@contextlib.asynccontextmanager
async def hall_for(candidates: int, work: Path) -> AsyncIterator[tuple[Drill, StaffClient, list[RosterLine]]]:
    """A site with a package of the sample bank for so many candidates, served until the block ends.

    Enrol its terminals, then open: the opening names them.
    """
    drill = Drill(work)
    people = made_up_roster(candidates)
    bank, _, _ = drill.fill_bank()
    with bank:
        drill.issue(bank, sample_rule(), people)
    drill.serve()
    try:
        client = await drill.sign_in()
        try:
            yield drill, client, people
        finally:
            await client.close()
    finally:
        drill.stop()
