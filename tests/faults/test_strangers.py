"""Somebody with a machine on the room's network, and somebody at a terminal of the room, who want a seat not theirs."""

import asyncio

import aiohttp
import pytest

from bank.canonical import canonical
from examd.delivery.wrong_sign_ins import TRIES
from examd.protocol import messages as m
from examd.protocol.reasons import Reason
from examd.protocol.trust import trusting
from examd.terminals import FILE, MISSES, MISSES_OF_AN_ADDRESS, Terminals, machine_id
from tests.examd.served import hear, say, served
from tests.examd.toy_session import Staffed

CANDIDATES = 80


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with served(Staffed(tmp_path_factory.mktemp("room"), candidates=CANDIDATES)) as site:
        asyncio.run(site.open())
        yield site


async def storm(site, address):
    """What a machine hears that tries every number from this address of its own."""
    connector = aiohttp.TCPConnector(ssl=trusting(site.trust), local_addr=(address, 0))
    async with aiohttp.ClientSession(connector=connector) as session:
        async with session.ws_connect(f"wss://{site.address}/seat") as socket:
            await say(socket, m.Present("00" * 32, "00" * 32))
            heard = [await hear(socket)]
            for line in site.toy.roster:
                await say(socket, m.SignIn(line.admission_no, "000000"))
                heard.append(await hear(socket))
    return {refusal.reason for refusal in heard}


async def sit(site, socket, line):
    await say(socket, m.SignIn(line.admission_no, line.id_tail))
    return await hear(socket)


async def test_forty_addresses_of_one_machine_lock_out_nobody(site):
    heard = await asyncio.gather(*(storm(site, f"127.0.1.{n}") for n in range(1, 41)))
    assert set().union(*heard) == {Reason.NOT_ENROLLED}
    for line in site.toy.roster:
        async with site.socket(terminal=f"{line.c:02}") as socket:
            assert isinstance(await sit(site, socket, line), m.Welcome)


async def test_a_victim_whose_line_is_broken_loses_the_seat_to_nobody(site):
    """With the right numbers, from a stranger's machine and from another terminal of the room, a hundred times each."""
    line = site.toy.roster[0]
    async with site.socket(terminal="01") as victim:
        await say(victim, m.SignIn(line.admission_no, line.id_tail))
        token = (await hear(victim, m.Welcome)).token
    for thief in ("", "81") * 5:
        async with site.socket(terminal=thief) as socket:  # each time from another address: a stranger is soon cut off
            for _ in range(20):
                for message in (m.SignIn(line.admission_no, line.id_tail), m.Resume(token), m.HandIn(1)):
                    await say(socket, message)
                    assert isinstance(await hear(socket), m.Refusal)
    async with site.socket(terminal="01") as victim:
        await say(victim, m.Resume(token))
        assert (await hear(victim, m.Welcome)).handed_in is False


async def test_a_right_guess_and_a_wrong_one_sound_the_same_at_every_try(site):
    seated, other = site.toy.roster[1], site.toy.roster[2]
    async with (
        site.socket(terminal="02") as one,
        site.socket(terminal="82") as right,
        site.socket(terminal="83") as wrong,
    ):
        await sit(site, one, seated)
        for _ in range(TRIES + 2):
            assert await sit(site, right, seated) == await guess(wrong, other.admission_no)


async def guess(socket, number):
    await say(socket, m.SignIn(number, "000000"))
    return await hear(socket)


def test_a_pairing_code_is_guessed_at_a_hundred_times_and_no_more(tmp_path):
    """Even so from ever new addresses; whoever guessed right would still wait for staff."""
    terminals, right = Terminals(tmp_path), 0
    terminals.begin(lambda n: 12_345_678, 0)
    heard = []
    for n in range(10 * MISSES):
        try:
            terminals.pair(f"{n:08}", f"{n}", f"{n:064}", f"{n:064}", f"fe80::{n // 7:x}", 1_000)
            right += 1
        except Exception as refused:
            heard.append(refused.code)
    assert right == 0
    assert heard.count("bad-code") == MISSES
    assert heard[MISSES_OF_AN_ADDRESS:7] == ["too-many-tries"] * (7 - MISSES_OF_AN_ADDRESS)
    assert heard[-1] == "not-pairing"
    with pytest.raises(Exception, match="not-pairing"):
        terminals.pair("12345678", "07", "ab" * 32, "ab" * 32, "10.0.0.7", 2_000)


def test_a_key_is_taken_once_from_a_machine_of_before_and_another_key_is_another_machine(tmp_path):
    (tmp_path / FILE).write_bytes(canonical([{"by": "李", "id": machine_id("ab" * 32), "name": "07"}]))
    terminals = Terminals(tmp_path)
    assert terminals.find("ab" * 32, "") is None  # it speaks an earlier protocol, or says nothing of a key
    assert terminals.find("ab" * 32, "12" * 32).sign == "12" * 32
    assert Terminals(tmp_path).find("ab" * 32, "34" * 32) is None
    assert Terminals(tmp_path).find("ab" * 32, "12" * 32).name == "07"
