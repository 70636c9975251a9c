"""An outage over the deadline: what candidates gave in time is in the record, however long nobody noticed it."""

import asyncio
import contextlib
import json
import os
import signal
import time

import pytest

from bank.refused import BadFile, Denied
from examd.delivery import server as server_module
from examd.documents import incidents
from examd.protocol import messages as m
from examd.protocol.phase import GRACE_MS
from examd.site.closing import Decision, close_session
from tests.examd.served import hear, in_this_process, say, served, verified
from tests.examd.toy_session import MINUTES, N_ITEMS, HandClock, Staffed, toy_rule
from tests.faults.person import Person, plain
from tests.faults.test_kill import acts, started, until
from tests.faults.wire import wire_to

PEOPLE = 4
LIMIT_MS = MINUTES * 60_000


@contextlib.asynccontextmanager
async def sitting(site, address, journals):
    """Everyone on the roster sits and answers, through `address`."""
    people = [
        Person(
            line.c,
            address,
            site.trust,
            site.machine(journals / f"{line.c}", f"{line.c:02}"),
            line.admission_no,
            line.id_tail,
        )
        for line in site.toy.roster
    ]
    tasks = [asyncio.create_task(person.sit()) for person in people]
    await started(site, people, len(people))
    await until(lambda: all(len(person.acknowledged) > 3 for person in people))
    try:
        yield people, tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def held(person):
    """What the candidate's own machine has of their acts."""
    return {act.seq: plain(act) for act in person.client.outbox.acts}


async def nothing_lost(site, people, tasks):
    """All hand in and are acknowledged; what is on their machines is what is in the record."""
    for person in people:
        person.enough.set()
    async with asyncio.timeout(60):
        await asyncio.gather(*tasks)
    async with site.desk("closer") as desk:
        result = await site.close_and_grade(desk, [])
    for person in people:
        assert acts(result, person.c) == held(person)
        assert person.trouble == []
    assert verified(result, site.toy.bureau.card.sign) == (0, [])


@pytest.mark.parametrize("cut_ms", [7_000, 14_000])
async def test_a_network_that_is_cut_over_the_deadline_costs_no_answer_given_before_it(tmp_path, cut_ms):
    clock = HandClock(wall_s=int(time.time()))
    async with in_this_process(Staffed(tmp_path, candidates=PEOPLE), clock) as site, wire_to(site.port) as wire:
        async with sitting(site, wire.address, tmp_path / "journals") as (people, tasks):
            clock.run(LIMIT_MS - 3_000)
            wire.cut()
            before = [len(held(person)) for person in people]
            await until(lambda: all(len(held(p)) > n + 7 for p, n in zip(people, before, strict=True)))
            clock.run(3_000 + GRACE_MS)  # the server still believes that they are connected
            await asyncio.sleep(3 * server_module.WATCH_S)
            clock.run(cut_ms - 3_000 - GRACE_MS)
            await asyncio.sleep(3 * server_module.WATCH_S)
            wire.mend()
            await nothing_lost(site, people, tasks)


@pytest.mark.parametrize("counts", [True, False])
async def test_answers_given_anew_after_the_deadline_with_an_invented_time_count_only_by_order(tmp_path, counts):
    """A seat comes back 35 s late and says that it had answered all along: shown, and decided upon, by name."""
    clock = HandClock(wall_s=int(time.time()))
    async with in_this_process(Staffed(tmp_path, candidates=1), clock) as site, site.desk("deputy") as desk:
        line = site.toy.roster[0]
        async with site.socket(terminal="01") as socket:
            await say(socket, m.SignIn(line.admission_no, line.id_tail))
            token = (await hear(socket, m.Welcome)).token
            await say(socket, m.Ready())
            await until(lambda: site.server.room.hall.waiting() == [1])
            await desk.command("start")
            await hear(socket, m.FormView)
            await say(socket, m.Answer(1, 0, (0,), 1_000))
            await hear(socket, m.Ack)
        clock.run(LIMIT_MS + 35_000)
        async with site.socket(terminal="01") as socket:
            await say(socket, m.Resume(token))
            await hear(socket, m.Welcome)
            for slot in range(1, N_ITEMS):
                await say(socket, m.Answer(slot + 1, slot, (0,), 2_000))
                assert (await hear(socket, m.Ack)).late
            await say(socket, m.HandIn(N_ITEMS + 1, by_clock=True))
            await hear(socket, m.Receipt)
        (seat,) = (await desk.status()).seats
        assert (seat.late, seat.late_ms) == (N_ITEMS - 1, 35_000)
        with pytest.raises(Denied) as caught:
            await close_session(desk, site.toy.chief, {})
        assert (caught.value.code, caught.value.facts["seats"]) == ("late-undecided", [line.admission_no])
        with pytest.raises(BadFile, match="order-unsigned"):
            await close_session(desk, site.toy.bureau, {}, late={line.admission_no: Decision(True, "x")})
        result = await site.close_and_grade(desk, [], late_counts=counts)
    (row,) = json.loads((result / "result.json").read_bytes())["signed"]["candidates"]
    assert (row["answered"], row["late"]) == (N_ITEMS if counts else 1, N_ITEMS - 1)
    what = incidents.What.LATE_COUNTED if counts else incidents.What.LATE_DROPPED
    assert incidents.read(result) == (incidents.Incident(1, what, "断网", n=N_ITEMS - 1),)
    assert verified(result, site.toy.bureau.card.sign) == (0, [])


async def stalled(site, journals):
    """A real minute of examination; the server stands still from 3 s before its end for 8 s."""
    async with sitting(site, site.address, journals) as (people, tasks):
        ends_ms = min(person.ends_ms[-1] for person in people)
        now_ms = time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000
        await asyncio.sleep((ends_ms - now_ms) / 1000 - 3)
        os.kill(site.pid, signal.SIGSTOP)
        await asyncio.sleep(2.5)
        for person in people:
            person.enough.set()
        await asyncio.sleep(5.5)
        os.kill(site.pid, signal.SIGCONT)
        await nothing_lost(site, people, tasks)


@pytest.mark.campaign
def test_a_server_that_stands_still_over_the_deadline_costs_no_answer_given_before_it(tmp_path):
    toy = Staffed(tmp_path, candidates=PEOPLE, rule=toy_rule(minutes=1))
    with served(toy) as site:
        asyncio.run(site.open())
        asyncio.run(stalled(site, tmp_path / "journals"))
