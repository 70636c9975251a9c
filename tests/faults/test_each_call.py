"""Killed before each system call that changes a file, then run again: every step goes on or is undone, and holds.

All calls of all steps: `uv run pytest -m campaign tests/faults`. By default every few of them.
"""

import asyncio
import itertools
import secrets
import shutil
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bank.content import Content, ItemType, Option
from bank.item import AnswerKey, Item
from bank.refused import Refused
from bank.rules import parse
from bank.store import Bank
from examd import holders
from examd.bureau.issuing import Order, RuleToUse, finish_issue, issue_session
from examd.bureau.office import Office
from examd.clock import SystemClock
from examd.delivery import answers
from examd.delivery.room import Room
from examd.delivery.sign_in import sign_in
from examd.delivery.staff_socket import COMMANDS
from examd.documents.report import Report
from examd.documents.write import write_all
from examd.grading import process, request
from examd.package import open as opening
from examd.package.layout import Session
from examd.protocol import messages as m
from examd.record.entries import Kind
from examd.site.closing import close_session
from examd.site.commissioning import commission
from examd.site.folder import SiteFolder
from examd.site.grading import grade_session
from examd.site.opening import open_session
from examd.site.staff_client import StaffClient
from examd.staff import Act, Person, Role
from tests.examd.delivery.test_hall import Terminal
from tests.examd.toy_session import Staffed, toy_roster
from tests.faults.traced import kills, needs_tracing, run
from tools.verify import checks

pytestmark = needs_tracing
WORD = "一个够长的口令 of some length"
BUREAU = holders.Card("bureau", "B", "局", "age1x", "00" * 32)


class Fresh:
    """A folder for each try: empty, or a copy of one made once."""

    def __init__(self, place: Path, model: Path | None = None) -> None:
        self.place, self.model, self.numbers = place, model, itertools.count()
        self.last: Path | None = None

    def __call__(self) -> Path:
        if self.last is not None:
            shutil.rmtree(self.last)
        self.last = self.place / str(next(self.numbers))
        if self.model is None:
            self.last.mkdir(parents=True)
        else:
            shutil.copytree(self.model, self.last)
        return self.last


def seldom(short: int):
    """Every call in the campaign, every few otherwise."""
    campaign = pytest.param(1, marks=[pytest.mark.campaign, pytest.mark.timeout(3600)], id="each")
    return pytest.mark.parametrize("every", [pytest.param(short, id="some"), campaign])


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


@seldom(5)
@pytest.mark.parametrize("name", INITS)
def test_an_init_killed_at_any_call_is_run_again_and_nothing_half_made_serves(tmp_path, name, every):
    """What is half made will be made anew, so nobody may have begun to use it by then."""
    init, opens = INITS[name]
    tried = 0
    for tried, (at, root) in enumerate(kills(init, Fresh(tmp_path / "try"), every), 1):  # noqa: B007
        marked, serves = list(root.rglob(".*.unfinished")), run(opens, root).code == 0
        assert not (marked and serves), at
        again = run(init, root)
        assert again.code == 0 or (serves and "-exists " in again.told), (at, again.told)
        assert (run(opens, root).code, list(root.rglob(".*"))) == (0, []), at
    assert tried > 10 // every


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


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """An office with a bank, and the holders that issuing needs."""
    model = tmp_path_factory.mktemp("office")
    made, issuer = Office.create(model / "office", "B-1", "局", WORD)
    options = tuple(map(Option, "甲乙丙丁"))
    items = [Item(Content(ItemType.SINGLE, f"第 {n} 题", options), AnswerKey((0,)), "1", p4=7_000) for n in range(20)]
    with Bank.create(model / "bank", WORD, sample=True) as made_bank:
        made_bank.drafts.add(items, approve_as_sample=True)
    cards = [
        holders.create(tmp_path_factory.mktemp(role), role, "X-1", "某某", WORD).card for role in ("site", "chief")
    ]
    return model, issuer, *cards


def issuing(office):
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


def whole_packages(root: Path, issuer) -> list[Path]:
    """The packages that show themselves on the stick; each is whole, and its codes are on file."""
    shown = sorted((root / "stick").glob("PKG-*"))
    for package in shown:
        number = opening.read(package, issuer.card.sign).manifest.package_id
        kept = Office(root / "office")
        assert kept.code_1(number, issuer) != kept.code_2(number, issuer, "00" * 32)
    return shown


@seldom(4)
def test_an_issue_killed_at_any_call_leaves_no_package_without_codes_and_is_run_again(office, tmp_path, every):
    step, issuer = issuing(office)
    fresh = Fresh(tmp_path / "try", office[0])
    tried = 0
    for tried, (at, root) in enumerate(kills(step, fresh, every), 1):  # noqa: B007
        before = whole_packages(root, issuer)
        again = run(step, root)
        if before:
            assert again.code == 3 and again.told.startswith("issued-before"), at
        else:
            assert again.code == 0, (at, again.told)
        assert len(whole_packages(root, issuer)) == 1, at
        assert len(list((root / "stick").iterdir())) == 1, at
    assert tried > 40 // every


# ---- a session ----------------------------------------------------------------------------------------------------


class Direct(StaffClient):
    """Staff whose commands need no wire."""

    def __init__(self, room: Room) -> None:
        super().__init__(room.folder.directory, SystemClock())
        self.room = room

    async def command(self, act, **facts):
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
        request.run = process._grade  # type: ignore[assignment]  # a process of its own would take a second each
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
            sign_in(hall, terminal, m.SignIn(line.admission_no, line.id_tail))
            await self.settled(room)
            hall.ready(line.c)
            await self.settled(room)  # ready
            await self.settled(room)  # started
            if line.c == 1 and terminal.last(m.Receipt) is None:
                seq = hall.record.state.seats[1].seq
                answers.act(hall, terminal, m.Answer(seq + 1, 0, (0,), 5))
                answers.act(hall, terminal, m.HandIn(seq + 2))
                await self.settled(room)

    async def settled(self, room: Room) -> None:
        await room.running().append(Kind.TICK, Person("server", Role.ADMINISTRATOR), {})
        await asyncio.sleep(0)


@pytest.fixture(scope="module")
def commissioned(tmp_path_factory) -> tuple[Staffed, Path]:
    model = tmp_path_factory.mktemp("commissioned")
    toy = Staffed(model, candidates=3)
    return toy, model


def failed(result: Path, key: str) -> list[object]:
    _, outcomes = checks.run(result, bytes.fromhex(key))
    return [(out.name, out.failures) for out in outcomes if out.failures]


@pytest.mark.slow
@seldom(29)
def test_a_session_killed_at_any_call_from_opening_to_report_goes_on_and_verifies(commissioned, tmp_path, every):
    toy, model = commissioned
    fresh = Fresh(tmp_path / "try", model)
    tried = 0
    for tried, (at, root) in enumerate(kills(Sitting(toy), fresh, every), 1):  # noqa: B007
        again = run(Sitting(toy), root)
        assert again.code == 0, (at, again.told)
        result = root / "site" / "sessions" / "T-1" / "result"
        assert failed(result, toy.bureau.card.sign) == [], at
    assert tried > 150 // every
