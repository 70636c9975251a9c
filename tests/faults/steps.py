"""The steps that are broken off here: inits, an issue, a whole session; each with what must hold once it was run again.

A step works in the current folder, on what it finds there, as a person does who repeats a command.
"""

import asyncio
import secrets
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bank.refused import Refused
from bank.rules import parse
from bank.store import Bank
from examd import holders
from examd.bureau.issuing import Order, RuleToUse, finish_issue, issue_session
from examd.bureau.ledger import Issue
from examd.bureau.office import Office
from examd.clock import SystemClock
from examd.delivery import answers, ending
from examd.delivery.room import Room
from examd.delivery.sign_in import sign_in
from examd.delivery.staff_socket import COMMANDS
from examd.delivery.vouching import take_signature
from examd.documents.report import Report
from examd.documents.write import write_all
from examd.grading import process, request
from examd.holders import Card, Holder
from examd.package import open as opening
from examd.package.layout import Session
from examd.protocol import messages as m
from examd.protocol.messages import Fact
from examd.record.entries import Kind
from examd.site.closing import close_session
from examd.site.commissioning import commission
from examd.site.folder import SiteFolder
from examd.site.grading import grade_session
from examd.site.opening import open_session
from examd.site.staff_client import StaffClient
from examd.staff import Act, Person, Role
from tests.examd.delivery.test_hall import Terminal, key_of
from tests.examd.toy_session import Staffed, toy_roster
from tools.verify import checks

WORD = "一个够长的口令 of some length"
BUREAU = holders.Card("bureau", "B", "局", "age1x", "00" * 32)


# ---- keys and banks -----------------------------------------------------------------------------------------------


def chief() -> None:
    holders.create(Path("deep/chief"), "chief", "C-1", "主考", WORD)


def bureau() -> None:
    Office.create(Path("office"), "B-1", "局", WORD)


def site() -> None:
    commission(Path("site"), "S-1", "考点", WORD, BUREAU)


def bank() -> None:
    Bank.create(Path("bank"), WORD, sample=True).close()


def opens_chief() -> None:
    assert holders.unlock(Path("deep/chief"), "chief", WORD).card == holders.Card.read(
        Path("deep/chief/chief.card.json"), "chief"
    )


def opens_bureau() -> None:
    office = Office(Path("office"))
    assert office.unlock(WORD).card.role == "bureau"
    assert holders.unlock(Path("office"), "archive", WORD).card.age == office.archive_age()


def opens_site() -> None:
    folder = SiteFolder(Path("site"))
    folder.staff(folder.unlock(WORD)).close()
    assert {path.name for path in Path("site").iterdir()} >= {"root.pem", "tls.pem", "tls.age", "sessions"}


def opens_bank() -> None:
    with Bank.open(Path("bank"), WORD) as opened:
        assert opened.sample


INITS = {"chief": (chief, opens_chief), "bureau": (bureau, opens_bureau), "site": (site, opens_site),
         "bank": (bank, opens_bank)}  # fmt: skip


# ---- issuing ------------------------------------------------------------------------------------------------------


RULE = """
id = "S"
version = 1
name = "小规则"
source = "test"
effective_from = 2026-01-01
grading = "site"
minutes = 30
total_points = 5
pass_points = 3
pool = { multiple = 2 }
cells = [{ type = "single", chapter = "1", count = 5, points = 1 }]
[types]
single = { count = 5, points = 1 }
[levels]
any = 5
[chapters]
"1" = { name = "一", points = 5 }
"""


def issuing(office: tuple[Path, Holder, Card, Card]) -> tuple[Callable[[], None], Holder]:
    _, issuer, site_card, chief_card = office
    session = Session("S-1", "场次", "2026-11-21", site_card.id, "考点", True)
    order = Order(
        session, RuleToUse(parse(RULE.encode())), toy_roster(3), site_card, chief_card, Path("stick"),
        datetime(2026, 11, 20, tzinfo=UTC),
    )  # fmt: skip

    def step() -> None:
        made = Office(Path("office"))
        if finish_issue(order, made, issuer) is None:
            with Bank.open(Path("bank"), WORD) as opened:
                issue_session(order, made, issuer, lambda: nullcontext(opened), secrets.token_bytes)

    return step, issuer


def whole_packages(root: Path, issuer: Holder) -> list[Path]:
    """The packages that show themselves on the stick; each is whole, and its codes are on file."""
    shown = sorted((root / "stick").glob("PKG-*"))
    for package in shown:
        number = opening.read(package, issuer.card.sign).manifest.package_id
        kept = Office(root / "office")
        told = kept.codes(number, issuer)
        assert told.first != told.second and kept.ledger(issuer.card).of(number, Issue)
    return shown


# ---- a session ----------------------------------------------------------------------------------------------------


class Direct(StaffClient):
    """Staff whose commands need no wire."""

    def __init__(self, room: Room) -> None:
        super().__init__(room.folder.directory, SystemClock())
        self.room = room

    async def command(self, act: str, **facts: Fact) -> dict[str, Any]:
        return dict(await COMMANDS[Act(act)](self.room, Person("李", Role.ADMINISTRATOR), facts))


class Sitting:
    """A whole session by people who simply repeat what was broken off."""

    def __init__(self, toy: Staffed) -> None:
        self.toy, self.site, self.issued = toy, Path("site"), Path("stick") / toy.directory.name

    def __call__(self) -> None:
        asyncio.run(self.hold())

    async def hold(self) -> None:
        folder, toy = SiteFolder(self.site), self.toy
        room = Room(folder, toy.site, SystemClock(), asyncio.get_running_loop().call_soon_threadsafe)
        if folder.current is not None:
            room.take_up(folder.current)
        client = Direct(room)
        request.run = process._grade  # a process of its own would take a second each
        if (await client.command("status"))["phase"] in ("idle", "prepared", "open"):
            try:
                await open_session(client, self.issued, toy.chief, toy.issued.code_1, one_holder=True)
            except Refused as refused:
                if refused.code != "session-running":
                    raise
            await client.command("start")
        if (await client.command("status"))["phase"] != "closed":
            await self.sit(room)
        closing = await close_session(client, toy.chief, {self.toy.roster[1].admission_no: "走了"})
        assert len(closing.closed.root) == 64
        result = await grade_session(client, toy.chief, toy.issued.code_2)
        write_all(Report.read(result), result, "zh")
        await room.detach_session()
        room.staff.close()

    async def sit(self, room: Room) -> None:
        """Two candidates; one answers and hands in."""
        hall = room.running().hall
        for line in self.toy.roster[:2]:
            terminal = Terminal()
            if terminal.machine not in room.running().record.state.terminals:
                key = key_of(terminal.machine).public  # type: ignore[no-untyped-call]
                named = {"terminals": [{"key": key, "machine": terminal.machine, "name": "T"}]}
                await room.running().append(Kind.TERMINALS, Person("server", Role.ADMINISTRATOR), named)
            sign_in(hall, terminal, m.SignIn(line.admission_no, line.id_tail))
            await self.settled(room)
            hall.ready(line.c)
            await self.settled(room)  # ready
            ending.watch_deadlines(hall)  # as the server does all the time: who is ready, and whom a kill left waiting
            await self.settled(room)  # started, and asked to sign
            asked, terminal.signed = terminal.signed, []
            for each in asked:
                take_signature(hall, terminal, each)
            await self.settled(room)
            if line.c == 1 and terminal.last(m.Receipt) is None:
                seq = hall.record.state.seats[1].seq
                for act in (m.Answer(seq + 1, 0, (0,), 5), m.HandIn(seq + 2)):
                    answers.act(hall, terminal, terminal.chain.act(act))
                await self.settled(room)

    async def settled(self, room: Room) -> None:
        await room.running().append(Kind.TICK, Person("server", Role.ADMINISTRATOR), {})
        await asyncio.sleep(0)


def failed(result: Path, key: str) -> list[object]:
    _, outcomes = checks.run(result, bytes.fromhex(key))
    return [(out.name, out.failures) for out in outcomes if out.failures]
