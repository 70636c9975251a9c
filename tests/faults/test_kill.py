"""kill -9 in a loop, of the server and of a terminal, while candidates answer: nothing acknowledged is lost or doubled."""

import asyncio
import json
import random
import subprocess
import sys
import threading
from itertools import pairwise
from pathlib import Path

import pytest

from examd.delivery import supervisor
from examd.site.opening import Opening, open_session
from tests.examd.served import served, verified
from tests.examd.toy_session import Staffed
from tests.faults.person import Person

PEOPLE = 5
TIME_LOST_MS = 5_000  # what the tick promises at worst; a kill without a reboot should cost next to nothing


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """A supervisor gives up on a server that dies ten times in half a minute, and here it is killed that often."""
    monkeypatch.setattr(supervisor, "HOPELESS_STARTS", 10_000)


def entries(result: Path) -> list[dict]:
    return [json.loads(line) for line in (result / "entries.jsonl").read_bytes().splitlines()]


def acts(result: Path, c: int) -> dict[int, list]:
    """Sequence number -> act of candidate `c` in the record; twice the same number is an error."""
    found = {}
    for entry in entries(result):
        body = entry["body"]
        if entry["type"] in ("ANSWER", "FLAG", "HAND_IN") and body["c"] == c and body["seq"]:
            assert body["seq"] not in found, f"act {body['seq']} of {c} is there twice"
            rest = {"ANSWER": ("slot", "choice"), "FLAG": ("slot", "on"), "HAND_IN": ()}[entry["type"]]
            found[body["seq"]] = [entry["type"], *(body[name] for name in rest)]
    assert list(found) == list(range(1, len(found) + 1))
    return found


async def until(condition, patience_s=60.0):
    async with asyncio.timeout(patience_s):
        while not condition():
            await asyncio.sleep(0.02)


async def started(site, people, count):
    """Runs the candidates until the session has started for all of them."""
    async with site.desk() as desk:
        async with asyncio.timeout(60):
            while (await desk.command("status")).get("ready", 0) < count:
                await asyncio.sleep(0.05)
        await desk.command("start")
    await asyncio.gather(*(person.started.wait() for person in people))


async def finish(site):
    """Closes, grades, and has the session verified. The result folder."""
    async with site.desk("closer") as desk:
        result = await site.close_and_grade(desk, [])
    assert verified(result, site.toy.bureau.card.sign) == (0, [])
    return result


# ---- the server -----------------------------------------------------------------------------------------------


async def kill_servers(site, kills, journals):
    people = [
        Person(
            line.c,
            site.address,
            site.trust,
            site.machine(journals / f"{line.c}", f"{line.c:02}"),
            line.admission_no,
            line.id_tail,
        )
        for line in site.toy.roster
    ]
    sitting = [asyncio.create_task(person.sit()) for person in people]
    await started(site, people, len(people))
    rng = random.Random(kills)
    for _ in range(kills):
        before = sum(len(person.acknowledged) for person in people)
        await until(lambda b=before: sum(len(person.acknowledged) for person in people) > b + 3)  # under load
        await asyncio.sleep(rng.uniform(0, 0.3))
        await asyncio.to_thread(site.kill)
    for person in people:
        person.enough.set()
    async with asyncio.timeout(60):
        await asyncio.gather(*sitting)
    result = await finish(site)
    for person in people:
        found = acts(result, person.c)
        lost = {seq: act for seq, act in person.acknowledged.items() if found.get(seq) != act}
        assert not lost, f"acknowledged and not in the record: {lost}"
        assert found[len(found)] == ["HAND_IN"]
        assert all(form == person.forms[0] for form in person.forms)
        assert person.trouble == []
        assert person.epochs == sorted(person.epochs)
        assert max(person.ends_ms) - min(person.ends_ms) < TIME_LOST_MS
    boots = [entry["epoch"] for entry in entries(result) if entry["type"] == "BOOT"]
    assert boots == list(range(1, len(boots) + 1))
    assert boots[-1] >= kills  # a server killed before its first entry leaves no epoch
    assert sum(len(person.acknowledged) for person in people) > 10 * kills


@pytest.mark.slow
@pytest.mark.parametrize("kills", [3, pytest.param(60, marks=[pytest.mark.campaign, pytest.mark.timeout(900)])])
def test_kill_9_of_the_server_under_load_loses_and_doubles_nothing(tmp_path, kills):
    with served(Staffed(tmp_path, candidates=PEOPLE)) as site:
        asyncio.run(site.open())
        asyncio.run(kill_servers(site, kills, tmp_path / "journals"))


async def kill_at_the_start(site, journals):
    """The server dies while the seats are being started; then while the session is being closed."""
    people = [
        Person(
            line.c,
            site.address,
            site.trust,
            site.machine(journals / f"{line.c}", f"{line.c:02}"),
            line.admission_no,
            line.id_tail,
        )
        for line in site.toy.roster
    ]
    sitting = [asyncio.create_task(person.sit()) for person in people]
    async with site.desk() as desk:
        async with asyncio.timeout(60):
            while (await desk.command("status")).get("ready", 0) < len(people):
                await asyncio.sleep(0.02)
        start = asyncio.create_task(desk.command("start"))
        await asyncio.sleep(0.004)
        await asyncio.to_thread(site.kill)
        await asyncio.gather(start, return_exceptions=True)
    async with site.desk("deputy") as desk:
        if (await desk.command("status"))["phase"] == "open":
            await desk.command("start")
    async with asyncio.timeout(60):
        await asyncio.gather(*(person.started.wait() for person in people))
        for person in people:
            person.enough.set()
        await asyncio.gather(*sitting)
    async with site.desk("deputy") as desk:
        close = asyncio.create_task(desk.command("close"))
        await asyncio.sleep(0.004)
        await asyncio.to_thread(site.kill)
        await asyncio.gather(close, return_exceptions=True)
    await finish(site)


@pytest.mark.slow
def test_a_server_killed_at_the_start_and_at_the_close_goes_on_from_there(tmp_path):
    with served(Staffed(tmp_path, candidates=PEOPLE)) as site:
        asyncio.run(site.open())
        asyncio.run(kill_at_the_start(site, tmp_path / "journals"))


# ---- a terminal -----------------------------------------------------------------------------------------------


class Terminal:
    """A candidate's terminal as a process, and what it had been told by the time it died."""

    def __init__(self, site, journals):
        line = site.toy.roster[0]
        command = [sys.executable, "-m", "tests.faults.person", site.address, str(site.trust), str(site.machine(journals, "01")),
                   line.admission_no, line.id_tail]  # fmt: skip
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
        )
        self.told: list[dict] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            if line.endswith(b"\n"):
                self.told.append(json.loads(line))

    def acknowledged(self):
        return {fact["seq"]: fact["act"] for fact in self.told if "seq" in fact}

    def end(self, *, kill: bool):
        if kill:
            self.process.kill()
        else:
            self.process.stdin.write(b"hand in\n")
            self.process.stdin.close()
        self.process.wait(30)
        self._reader.join(5)


async def kill_terminals(site, kills, journals):
    rng, acknowledged, forms = random.Random(kills), {}, set()
    terminal = Terminal(site, journals)
    try:
        async with site.desk() as desk:
            async with asyncio.timeout(60):
                while (await desk.command("status")).get("ready", 0) < 1:
                    await asyncio.sleep(0.05)
            await desk.command("start")
        for number in range(kills + 1):
            before = len(acknowledged)
            await until(lambda b=before: len({**acknowledged, **terminal.acknowledged()}) > b + 3)
            await asyncio.sleep(rng.uniform(0, 0.2))
            await asyncio.to_thread(terminal.end, kill=number < kills)
            assert all(acknowledged.get(seq, act) == act for seq, act in terminal.acknowledged().items())
            acknowledged |= terminal.acknowledged()
            forms |= {fact["form"] for fact in terminal.told if "form" in fact}
            assert not [fact for fact in terminal.told if "trouble" in fact]
            if number < kills:
                terminal = Terminal(site, journals)
        assert [fact for fact in terminal.told if "receipt" in fact]
    finally:
        terminal.process.kill()
        terminal.process.wait()
    result = await finish(site)
    found = acts(result, 1)
    lost = {seq: act for seq, act in acknowledged.items() if found.get(seq) != act}
    assert not lost, f"acknowledged and not in the record: {lost}"
    assert len(forms) == 1
    sign_ins = [entry["body"]["again"] for entry in entries(result) if entry["type"] == "SIGN_IN"]
    assert sign_ins == [False] + [True] * kills
    times = [entry["t_ms"] for entry in entries(result)]
    assert all(a <= b for a, b in pairwise(times))


@pytest.mark.slow
@pytest.mark.parametrize("kills", [3, pytest.param(60, marks=[pytest.mark.campaign, pytest.mark.timeout(900)])])
def test_kill_9_of_a_terminal_loses_and_doubles_nothing(tmp_path, kills):
    with served(Staffed(tmp_path, candidates=1)) as site:
        asyncio.run(site.open())
        asyncio.run(kill_terminals(site, kills, tmp_path / "journals"))


# ---- opening --------------------------------------------------------------------------------------------------


async def open_at_last(site, pauses):
    """The server dies a little later at each attempt; the opening is simply done again."""
    toy = site.toy
    for attempt, pause in enumerate(pauses):
        async with site.desk(("admin", "deputy", "closer")[attempt % 3]) as desk:
            opening = asyncio.create_task(
                open_session(desk, toy.directory, toy.chief, toy.issued.code_1, one_holder=True)
            )
            await asyncio.sleep(pause)
            if pause:
                await asyncio.to_thread(site.kill)
            (outcome,) = await asyncio.gather(opening, return_exceptions=True)
            opened = isinstance(outcome, Opening) or getattr(outcome, "code", "") == "session-running"
            if opened and not pause:  # and co-signed; the server lives
                await site.enrol(desk)
                return
    pytest.fail(f"not opened at the last attempt: {outcome!r}")


@pytest.mark.slow
@pytest.mark.parametrize(
    "pauses",
    [
        [0.004, 0.02, 0.05, 0],
        pytest.param([0.004, 0.008, 0.012, 0.02, 0.03, 0.04, 0.05, 0], marks=pytest.mark.campaign),
    ],
    ids=len,
)
def test_a_server_killed_while_opening_is_opened_again(tmp_path, pauses):
    with served(Staffed(tmp_path, candidates=1)) as site:
        asyncio.run(open_at_last(site, pauses))
        asyncio.run(kill_terminals(site, 0, tmp_path / "journals"))
