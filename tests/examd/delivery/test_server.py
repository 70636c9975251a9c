"""The serving process, knocked at over its real port with what nobody should send."""

import asyncio
import contextlib
import json
import os
import signal
import socket as sockets
import ssl
import subprocess
import time
from ipaddress import ip_address
from pathlib import Path

import aiohttp
import pytest

from bank.refused import BadFile, BrokenStore, Denied
from examd.delivery import disk as disk_module
from examd.delivery import server as server_module
from examd.delivery.seats import BAD_MESSAGES
from examd.delivery.wrong_sign_ins import TRIES as WRONG_TRIES
from examd.delivery.wrong_sign_ins import WINDOW_MS
from examd.documents import incidents
from examd.protocol import messages as m
from examd.protocol.phase import Phase
from examd.protocol.reasons import Reason
from examd.protocol.trust import trusting
from examd.record import orders
from examd.record.entries import Kind
from examd.site.closing import close_session
from examd.site.opening import open_session
from examd.site.reopening import reopen_hand_in
from examd.site.staff_client import StaffClient
from examd.staff import LOCK_S, TRIES
from tests.examd.served import (
    Served,
    another_machine,
    from_another_machine,
    hear,
    in_this_process,
    say,
    served,
    verified,
)
from tests.examd.toy_session import MINUTES, PASSPHRASE, HandClock, Staffed, Toy, holder


@pytest.fixture(scope="module")
def closed(tmp_path_factory):
    """A site that is served and has no session open."""
    with served(Staffed(tmp_path_factory.mktemp("closed"))) as site:
        asyncio.run(enrolled(site))
        yield site


async def enrolled(site):
    async with site.desk() as desk:
        await site.enrol(desk)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A site with an open session."""
    with served(Staffed(tmp_path_factory.mktemp("open"))) as site:
        asyncio.run(site.open())
        yield site


@pytest.fixture(autouse=True)
def lives_on(request):
    """Whatever was done to it: the same process is there afterwards, and seats the next candidate."""
    yield
    for name in ("site", "closed"):
        if name in request.fixturenames:
            there: Served = request.getfixturevalue(name)
            assert there.starts == 1
            assert there.supervisor.process.poll() is None


def raw(site, data, *, tls=True, version=None):
    """What comes back for these bytes, up to a few kilobytes."""
    connection = sockets.create_connection(("127.0.0.1", site.port), 30, another_machine())
    try:
        if tls:
            context = trusting(site.trust)
            connection = context.wrap_socket(connection)
        connection.sendall(data)
        connection.shutdown(sockets.SHUT_WR) if not tls else None
        connection.settimeout(2)
        return connection.recv(8192)
    except OSError:  # cut in the middle of a word, say
        return b""
    finally:
        connection.close()


async def sit(site, socket, c):
    line = site.toy.roster[c - 1]
    await say(socket, m.SignIn(line.admission_no, line.id_tail))
    return await hear(socket, m.Welcome)


# ---- the port -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data", [b"\x00" * 10_000, b"\xff" * 3, b"GET / HTTP/1.1\r\n\r\n", b"SSH-2.0-x\r\n", bytes(range(256)) * 64]
)
def test_garbage_and_plain_http_on_the_port_get_nothing_out_of_it(site, data):
    answer = raw(site, data, tls=False)
    assert b"HTTP/" not in answer
    assert len(answer) < 100  # a TLS alert at most


def test_a_client_that_connects_and_says_nothing_keeps_nobody_waiting(site):
    silent = [sockets.create_connection(("127.0.0.1", site.port)) for _ in range(50)]
    try:
        assert asyncio.run(one_seat(site, 5)).candidate.name == "考生5"
    finally:
        for connection in silent:
            connection.close()


async def one_seat(site, c):
    async with site.socket(terminal=f"{c:02}") as socket:
        return await sit(site, socket, c)


@pytest.mark.parametrize("path", ["/", "/desk", "/seat", "/../../etc/passwd", "/seat?x=1", "/static/x"])
async def test_a_browser_gets_nothing(site, path):
    async with aiohttp.ClientSession(connector=from_another_machine()) as session:
        url = f"https://{site.address}{path}"
        async with session.get(url, ssl=trusting(site.trust)) as answer:
            assert answer.status in (400, 404, 426)
            assert len(await answer.text()) < 200
        async with session.post(url, ssl=trusting(site.trust), data=b"x" * 10_000) as answer:
            assert answer.status == 404
        with pytest.raises(aiohttp.ClientError):  # more than a stranger may say
            await session.post(url, ssl=trusting(site.trust), data=b"x" * 100_000)


@pytest.mark.parametrize(
    "data", [b"GET /seat HTTP/1.1\r\n" + b"x: y\r\n" * 50_000, b"GET /" + b"a" * 100_000, b"\r\n" * 1_000, b"\x16\x03"]
)
def test_malformed_http_inside_tls_is_answered_or_cut_and_forgotten(site, data):
    assert b"Traceback" not in raw(site, data)


def test_who_knocks_learns_no_versions_and_fills_no_console(tmp_path):
    log = tmp_path / "log"
    with served(Staffed(tmp_path / "site"), log) as site:
        said = [
            raw(site, b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n"),
            raw(site, b"GET /seat HTTP/1.1\r\nx: " + b"y" * 100_000 + b"\r\n\r\n"),
            raw(site, b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"),
        ]
    assert said[2].startswith(b"HTTP/1.1 404")
    assert not [answer for answer in said if b"aiohttp" in answer or b"Python" in answer]
    assert b"Server: examd\r\n" in said[2]
    console = log.read_text()
    assert "Traceback" not in console
    assert len(console.splitlines()) <= 2


def test_tls_1_2_is_refused(site):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises((ssl.SSLError, ConnectionError)), sockets.create_connection(("127.0.0.1", site.port)) as plain:
        context.wrap_socket(plain)


async def test_a_terminal_refuses_a_server_of_another_root(site, closed):
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await session.ws_connect(f"wss://{site.address}/seat", ssl=trusting(closed.trust))


def test_told_to_stop_with_terminals_connected_the_server_stops_at_once(tmp_path):
    async def stop(site):
        async with site.socket() as socket:
            began = time.monotonic()
            await asyncio.to_thread(site.stop)
            assert time.monotonic() - began < 20  # aiohttp by itself would wait for 60
            assert (await socket.receive(timeout=30)).type is not aiohttp.WSMsgType.TEXT

    with served(Staffed(tmp_path)) as site:
        asyncio.run(stop(site))
        assert site.supervisor.process.returncode == 0


def test_the_server_speaks_tls_1_3_and_hands_out_no_tickets(site):
    with sockets.create_connection(("127.0.0.1", site.port)) as plain, trusting(site.trust).wrap_socket(plain) as tls:
        assert tls.version() == "TLSv1.3"
        tls.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"404" in tls.recv(4096)
        assert tls.session is None or not tls.session.has_ticket


# ---- messages -------------------------------------------------------------------------------------------------

BIG = 2**70


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "null", "1", '"x"', "{}", '{"t":"nobody"}', '{"t":"answer"}', '{"t":"ack","seq":1}',
        '{"t":"sign-in","admission_no":1,"id_tail":"x"}', '{"t":"sign-in","admission_no":"1","id_tail":"x","extra":1}',
        '{"t":"answer","seq":"1","slot":0,"choice":[0],"used_ms":0}',
        '{"t":"answer","seq":1.5,"slot":0,"choice":[0],"used_ms":0}',
        '{"t":"answer","seq":1,"slot":0,"choice":0,"used_ms":0}',
        f'{{"t":"answer","seq":1,"slot":0,"choice":[0],"used_ms":{BIG}}}',
        f'{{"t":"answer","seq":{BIG},"slot":0,"choice":[0],"used_ms":0}}',
        f'{{"t":"answer","seq":1,"slot":0,"choice":[{BIG}],"used_ms":0}}',
        f'{{"t":"resume","token":"x","acked_seq":{BIG}}}', f'{{"t":"resume","token":"x","idx":{2**63}}}',
        '{"t":"sign-in","admission_no":"\\ud800","id_tail":"x"}', "[" * 5_000, '{"t":"ready"}}',
    ],
)  # fmt: skip
async def test_a_message_that_makes_no_sense_is_refused_as_malformed_and_the_next_is_heard(site, text):
    async with site.socket() as socket:
        await socket.send_str(text)
        refused = await hear(socket)
        assert (refused.reason, refused.fatal, refused.facts) == (Reason.MALFORMED, False, {})
        await say(socket, m.Ready())
        assert (await hear(socket)).reason is Reason.OUT_OF_ORDER


async def test_bytes_that_are_no_text_are_refused_as_malformed(site):
    async with site.socket() as socket:
        for data in (b"\x00\xff" * 100, b"\xff", b""):
            await socket.send_bytes(data)
            assert (await hear(socket)).reason is Reason.MALFORMED


async def test_after_so_many_messages_without_sense_the_connection_is_cut(site):
    async with site.socket() as socket:
        for number in range(1, BAD_MESSAGES + 1):
            await socket.send_str("?")
            assert (await hear(socket)).fatal == (number == BAD_MESSAGES)
        assert (await socket.receive(timeout=30)).type in (
            aiohttp.WSMsgType.CLOSED,
            aiohttp.WSMsgType.CLOSE,
            aiohttp.WSMsgType.ERROR,
        )


@pytest.mark.parametrize("size", [m.MAX_MESSAGE_BYTES + 1, 1 << 20])
async def test_an_oversized_message_ends_the_connection_and_nothing_else(site, size):
    async with site.socket() as socket:
        await socket.send_str("x" * size)
        ended = await socket.receive(timeout=30)
        assert ended.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
    assert (await one_seat(site, 4)).candidate.name == "考生4"


async def test_a_terminal_of_another_protocol_is_told_so_and_cut(site):
    async with site.socket() as socket:
        await say(socket, m.Present("ab" * 32, "12" * 32, protocol=99))
        refused = await hear(socket)
        assert (refused.reason, refused.fatal, refused.facts) == (Reason.MALFORMED, True, {"protocol": m.PROTOCOL})
        assert (await socket.receive(timeout=30)).type is not aiohttp.WSMsgType.TEXT


async def test_before_opening_nobody_is_signed_in(closed):
    async with closed.socket() as socket:
        line = closed.toy.roster[0]
        for message in (m.SignIn(line.admission_no, line.id_tail), m.Resume("0" * 64), m.Ready(), m.HandIn(1)):
            await say(socket, message)
            assert (await hear(socket)).reason is Reason.NOT_OPEN


async def test_acts_without_a_seat_are_out_of_order(site):
    async with site.socket() as socket:
        for message in (m.Ready(), m.Answer(1, 0, (0,), 0), m.Flag(1, 0, True), m.HandIn(1)):
            await say(socket, message)
            assert (await hear(socket)).reason is Reason.OUT_OF_ORDER


async def test_somebody_who_only_answers_pings_is_heard_and_handed_in_when_the_time_is_up(tmp_path):
    """Reading an item sends nothing: the frames below the messages say that the line is alive."""
    clock = HandClock(wall_s=int(time.time()))
    async with in_this_process(Staffed(tmp_path), clock) as site, site.socket() as socket, site.desk("deputy") as desk:
        await sit(site, socket, 1)
        await say(socket, m.Ready())
        await until(lambda: site.server.room.hall.waiting() == [1])
        await desk.command("start")
        await hear(socket, m.FormView)
        clock.run(MINUTES * 60_000)
        while (await hear(socket, m.Clock)).phase is not Phase.TIME_UP:
            pass
        clock.run(60_000)
        await asyncio.sleep(3 * server_module.WATCH_S)
        assert (await desk.status()).handed_in == 0  # not heard since it was asked
        await socket.ping()
        assert (await hear(socket, m.Receipt)).by_clock


# ---- enrolled terminals -----------------------------------------------------------------------------------------


async def test_a_machine_that_staff_did_not_enrol_is_heard_by_nobody(site):
    line = site.toy.roster[0]
    async with site.socket(terminal="") as socket:
        await say(socket, m.Present("ab" * 32, "12" * 32))
        assert (await hear(socket)).reason is Reason.NOT_ENROLLED
        for message in (m.SignIn(line.admission_no, line.id_tail), m.Resume("0" * 64), m.Ready(), m.HandIn(1)):
            await say(socket, message)
            assert (await hear(socket)).reason is Reason.NOT_ENROLLED
        await say(socket, m.Pair("00000000", "07", "ab" * 32, "12" * 32))
        assert (await hear(socket)).reason is Reason.NOT_PAIRING


async def test_a_room_is_enrolled_by_a_code_typed_at_each_machine_and_a_list_that_staff_confirm(tmp_path):
    with served(Staffed(tmp_path)) as site:
        async with site.desk() as desk, site.socket() as socket, site.socket() as thief:
            code = (await desk.command("pair"))["code"]
            await say(socket, m.Pair(code, " 07 ", "ab" * 32, "12" * 32))
            waiting = await hear(socket, m.Enrolled)
            assert (waiting.name, waiting.kept) == ("07", False)
            await say(thief, m.Pair(code, "07", "cd" * 32, "cd" * 32))
            assert (await hear(thief)).reason is Reason.NAME_TAKEN
            await say(
                thief, m.Pair(code, "08", "cd" * 32, "cd" * 32)
            )  # somebody who saw the code on the staff's screen
            assert (await hear(thief, m.Enrolled)).kept is False
            await say(socket, m.SignIn("1", "1"))
            assert (await hear(socket)).reason is Reason.NOT_ENROLLED  # not before staff say so
            came = (await desk.command("terminals"))["waiting"]
            assert [each["name"] for each in came] == ["07", "08"]
            assert all(each["address"].startswith("127.0.") for each in came)
            assert came[0]["check"] == waiting.check
            assert await desk.command("enrol", ids=[came[0]["id"]]) == {"enrolled": ["07"], "terminals": 1}
            for one, key, kept in ((socket, "ab", True), (thief, "cd", None)):
                await say(one, m.Present(key * 32, "12" * 32))
                answer = await hear(one)
                assert getattr(answer, "kept", None) is kept
            await say(thief, m.Pair(code, "09", "cd" * 32, "cd" * 32))
            assert (await hear(thief)).reason is Reason.NOT_PAIRING  # confirming ended it
            await say(socket, m.SignIn("1", "1"))
            assert (await hear(socket)).reason is Reason.NOT_OPEN
        site.kill()
        async with site.socket() as socket:  # enrolled for good
            await say(socket, m.Present("ab" * 32, "12" * 32))
            assert await hear(socket) == m.Enrolled("07", waiting.check, kept=True)
        folder = site.toy.site_folder
        assert (folder / "terminals.json").stat().st_mode & 0o77 == 0
        assert "ab" * 32 not in (folder / "terminals.json").read_text()
        async with site.desk("deputy") as desk, site.socket() as socket:
            await say(socket, m.Present("ab" * 32, "12" * 32))
            await hear(socket, m.Enrolled)
            await desk.command("remove-terminal", terminal="07")
            await say(socket, m.SignIn("1", "1"))
            assert (await hear(socket)).reason is Reason.NOT_ENROLLED
            for act, facts in (
                ("remove-terminal", {"terminal": "07"}),
                ("enrol", {"ids": ["x"]}),
                ("enrol", {"ids": 1}),
            ):
                with pytest.raises((Denied, BadFile)):
                    await desk.command(act, **facts)


async def test_a_terminal_taken_off_the_list_loses_its_seat_and_the_candidate_goes_on_at_another_once_admitted(
    tmp_path,
):
    clock = HandClock(wall_s=int(time.time()))
    async with in_this_process(Staffed(tmp_path), clock) as site, site.desk("deputy") as desk:
        line = site.toy.roster[0]
        async with site.socket(terminal="01") as first, site.socket(terminal="02") as second:
            await sit(site, first, 1)
            await say(second, m.SignIn(line.admission_no, line.id_tail))
            assert (await hear(second)).reason is Reason.UNKNOWN_CANDIDATE
            told = await desk.status()
            assert [(each.admission_no, each.terminal) for each in told.elsewhere] == [(line.admission_no, "02")]
            await desk.command("remove-terminal", terminal="01")
            assert (await hear(first, m.Refusal)).reason is Reason.NOT_ENROLLED
            for facts, code in (
                ({"admission_no": "none", "reason": "x"}, "unknown-candidate"),
                ({"admission_no": line.admission_no, "reason": " "}, "reason-missing"),
                ({"admission_no": site.toy.roster[2].admission_no, "reason": "x"}, "not-signed-in"),
                ({"admission_no": line.admission_no, "reason": "x", "terminal": "99"}, "terminal-unknown"),
            ):
                with pytest.raises(Denied) as caught:
                    await desk.command("admit", **facts)
                assert caught.value.code == code
            await desk.command("admit", admission_no=line.admission_no, terminal="02", reason="换机")
            assert (await sit(site, second, 1)).candidate.name == line.name
            assert (await desk.status()).elsewhere == ()


async def test_staff_release_a_terminal_that_made_too_many_wrong_sign_ins(tmp_path):
    clock = HandClock(wall_s=int(time.time()))
    async with in_this_process(Staffed(tmp_path), clock) as site, site.desk("deputy") as desk:
        async with site.socket(terminal="02") as socket:
            for _ in range(WRONG_TRIES + 1):
                await say(socket, m.SignIn("x", "x"))
                refused = await hear(socket)
            assert refused.reason is Reason.TOO_MANY_TRIES
            waits = {each["name"]: each["wait_s"] for each in (await desk.command("terminals"))["terminals"]}
            assert waits["02"] == WINDOW_MS // 1000 and waits["01"] == 0
            await desk.command("release", terminal="02")
            assert (await sit(site, socket, 1)).candidate.name == "考生1"
            with pytest.raises(Denied):
                await desk.command("release", terminal="nobody")


async def test_a_hand_in_is_opened_again_by_the_chief_examiners_signed_order_and_by_nobody_else(tmp_path):
    clock, one = HandClock(wall_s=int(time.time())), "01"
    async with in_this_process(Staffed(tmp_path), clock) as site, site.desk("deputy") as desk:
        toy, number = site.toy, site.toy.roster[0].admission_no
        async with site.socket(terminal=one) as socket:
            token = (await sit(site, socket, 1)).token
            await say(socket, m.Ready())
            await until(lambda: site.server.room.hall.waiting() == [1])
            await desk.command("start")
            await hear(socket, m.FormView)
            with pytest.raises(Denied, match="not-handed-in"):
                await reopen_hand_in(desk, toy.chief, number, "误触", 0)
            await say(socket, m.HandIn(1))
            await hear(socket, m.Receipt)
            with pytest.raises(BadFile, match="order-unsigned"):
                await reopen_hand_in(desk, toy.bureau, number, "误触", 0)
            with pytest.raises(Denied, match="reason-missing"):
                await reopen_hand_in(desk, toy.chief, number, " ", 0)
            with pytest.raises(Denied, match="time-out-of-range"):
                await reopen_hand_in(desk, toy.chief, number, "误触", 181)
            clock.run(MINUTES * 60_000)
            with pytest.raises(Denied, match="no-time-left"):
                await reopen_hand_in(desk, toy.chief, number, "误触", 0)
            seat = (await desk.status()).seats[0]
            words = {"c": 1, "hand_in": seat.hand_in - 1, "reason": "误触"}
            sig = orders.sign(Kind.REOPEN, toy.issued.package_id, words, toy.chief.signing_key)
            with pytest.raises(Denied, match="not-handed-in"):  # an order for another hand-in
                await desk.command(
                    "reopen", admission_no=number, hand_in=seat.hand_in - 1, reason="误触", ms=0, signature=sig
                )
            assert (await reopen_hand_in(desk, toy.chief, number, "误触", 3)).hand_in == seat.hand_in
            assert (await hear(socket, m.Refusal)).reason is Reason.REOPENED
        async with site.socket(terminal=one) as socket:
            await say(socket, m.Resume(token))
            assert (await hear(socket, m.Welcome)).handed_in is False
            assert (await hear(socket, m.Clock)).remaining_ms == 3 * 60_000
            await say(socket, m.HandIn(2))
            await hear(socket, m.Receipt)
        result = await site.close_and_grade(desk, [])
        assert verified(result, toy.bureau.card.sign) == (0, [])
        assert [(each.what, each.reason) for each in incidents.read(result)] == [
            (incidents.What.TIME_ADDED, "误触"), (incidents.What.REOPENED, "误触"),
        ]  # fmt: skip


# ---- what the room is told --------------------------------------------------------------------------------------


async def status(site, name="watcher"):
    async with site.desk(name) as desk:
        return await desk.command("status")


async def test_an_alarm_stands_in_the_status_and_on_the_console(tmp_path):
    clock = HandClock(wall_s=int(time.time()))
    async with in_this_process(Staffed(tmp_path), clock) as site:
        async with site.socket(terminal="02") as socket:
            token = (await sit(site, socket, 2)).token
        async with site.socket(terminal="02") as socket:
            await say(socket, m.Resume(token, acked_seq=7, epoch=1, idx=5, head="00" * 32))
            assert (await hear(socket)).reason is Reason.RECORD_LOST
        await until(lambda: ("alarm", 2) in site.told)
        told = await status(site)
        assert told["alarms"] == 1
        assert told["alarmed"] == [{"admission_no": site.toy.roster[1].admission_no, "what": "record-lost"}]
        await asyncio.sleep(2 * server_module.WATCH_S)
        assert [event for event, _ in site.told].count("alarm") == 1


async def test_a_disk_that_is_nearly_full_is_told_once_and_so_is_its_end(tmp_path, monkeypatch):
    free = 1 << 40
    monkeypatch.setattr(disk_module, "free_bytes", lambda _: free)
    clock = HandClock(wall_s=int(time.time()))
    async with in_this_process(Staffed(tmp_path), clock) as site:
        assert (await status(site))["low_disk"] == 0
        free = 200 << 20
        await until(lambda: site.told == [("low-disk", 200)])
        assert (await status(site, "deputy"))["low_disk"] == 1
        assert site.server.room.hall.low_disk
        disk_module.release_reserve(site.server.room.session.folder)
        free = 400 << 20
        await until(lambda: site.told == [("low-disk", 200), ("disk-ok", 400)])
        assert not site.server.room.hall.low_disk
        assert disk_module.reserved(site.server.room.session.folder)  # laid again
        await asyncio.sleep(2 * server_module.WATCH_S)
        assert len(site.told) == 2


async def until(condition, patience_s=60.0):
    async with asyncio.timeout(patience_s):
        while not condition():
            await asyncio.sleep(0.02)


@pytest.fixture
def small_disk(tmp_path, monkeypatch):
    """A disk of 24 MiB that a test may fill, and a server that reckons with so small a one."""
    monkeypatch.setattr(disk_module, "LOW_BYTES", 6 << 20)
    monkeypatch.setattr(disk_module, "RESERVE_BYTES", 4 << 20)
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(disk)]
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except OSError:
        pytest.skip("no mount command")
    if done.returncode:
        pytest.skip("mounting a small disk needs root")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def fill(disk):
    """To the last byte."""
    with contextlib.suppress(OSError), (disk / "filler").open("ab", buffering=0) as filler:
        while True:
            filler.write(bytes(4096))


async def test_on_a_disk_without_a_byte_left_staff_still_sign_in_and_close(small_disk, monkeypatch):
    monkeypatch.setattr(disk_module, "FULL_BYTES", 0)  # the watch lets it come to the very end
    clock = HandClock(wall_s=int(time.time()))
    async with in_this_process(Staffed(small_disk), clock) as site:
        fill(small_disk)
        await until(lambda: site.server.room.hall.low_disk)
        async with site.desk("deputy") as desk:
            assert (await desk.command("status"))["low_disk"] == 1
            closed = await close_session(desk, site.toy.chief, [], "无人到场")
        assert (Path(closed.closed.result) / "entries.jsonl").exists()


def test_a_server_killed_on_a_disk_without_a_byte_left_is_back_and_hears_staff(small_disk):
    toy = Staffed(small_disk)
    with served(toy) as site:
        asyncio.run(site.open())
        os.kill(site.pid, signal.SIGSTOP)  # or its watch might release the reserve while the disk is being filled
        (toy.folder.session(toy.session_id) / "ballast").write_bytes(bytes(4 << 20))
        fill(small_disk)
        site.kill()
        assert asyncio.run(status(site, "deputy"))["low_disk"] == 1


async def test_before_the_last_byte_the_reserve_is_released(small_disk, monkeypatch):
    monkeypatch.setattr(disk_module, "FULL_BYTES", 2 << 20)
    clock = HandClock(wall_s=int(time.time()))
    async with in_this_process(Staffed(small_disk), clock) as site:
        reserve = site.toy.folder.session(site.toy.session_id) / "ballast"
        assert reserve.stat().st_size == 4 << 20
        fill(small_disk)
        await until(lambda: not reserve.exists())


async def test_closing_a_session_that_nobody_came_to_needs_a_reason_and_the_record_keeps_it(tmp_path):
    clock = HandClock(wall_s=int(time.time()))
    async with in_this_process(Staffed(tmp_path), clock) as site, site.desk("deputy") as desk:
        with pytest.raises(Denied) as caught:
            await close_session(desk, site.toy.chief, {}, " ")
        assert caught.value.code == "never-started"
        closed = await close_session(desk, site.toy.chief, {}, "停电改期")
        written = (Path(closed.closed.result) / "entries.jsonl").read_text().splitlines()
        acts = [entry["body"] for entry in map(json.loads, written) if entry["type"] == "STAFF"]
        assert acts[-1] == {"act": "close", "name": "deputy", "reason": "停电改期", "role": "administrator"}


async def test_who_is_waived_is_waived_for_a_reason_of_their_own_and_shown_by_name_before(tmp_path):
    clock = HandClock(wall_s=int(time.time()))
    async with contextlib.AsyncExitStack() as stack:
        site = await stack.enter_async_context(in_this_process(Staffed(tmp_path), clock))
        desk = await stack.enter_async_context(site.desk("deputy"))
        for c in (1, 2, 3):
            await sit(site, await stack.enter_async_context(site.socket()), c)
        await desk.command("start")
        one, two, three, four, *_ = (line.admission_no for line in site.toy.roster)
        reasons, shown = {one: "离场", two: "作弊", three: "生病", four: "未到"}, []

        async def no(waived, late):
            assert late == ()
            shown.extend((each.seat.admission_no, each.seat.name, each.reason) for each in waived)
            raise Denied("close-not-confirmed")

        with pytest.raises(Denied, match="close-not-confirmed"):
            await close_session(desk, site.toy.chief, reasons, confirm=no)
        assert shown == [(one, "考生1", "离场"), (two, "考生2", "作弊"), (three, "考生3", "生病")]
        assert (await desk.status()).phase == "started"
        with pytest.raises(Denied, match="reason-missing"):
            await close_session(desk, site.toy.chief, reasons | {two: " "})
        done = await close_session(desk, site.toy.chief, reasons)
        assert done.needless == (four,)
        written = (Path(done.closed.result) / "entries.jsonl").read_text().splitlines()
        waived = [entry["body"] for entry in map(json.loads, written) if entry["type"] == "WAIVE"]
        assert waived == [{"c": 1, "reason": "离场"}, {"c": 2, "reason": "作弊"}, {"c": 3, "reason": "生病"}]


async def test_a_wall_clock_set_forth_and_back_changes_nothing_but_which_code_is_right(tmp_path):
    clock = HandClock(wall_s=int(time.time()))
    async with contextlib.AsyncExitStack() as stack:
        site = await stack.enter_async_context(in_this_process(Staffed(tmp_path), clock))
        desk = await stack.enter_async_context(site.desk("deputy"))
        socket = await stack.enter_async_context(site.socket())
        await sit(site, socket, 1)
        await say(socket, m.Ready())
        await until(lambda: site.server.room.running().record.state.seats[1].ready)
        await desk.command("start")
        form = await hear(socket, m.FormView)
        left = (await desk.status()).seats[0].remaining_ms
        for n, step_s in enumerate((9 * 3600, -40 * 86_400, 365 * 86_400), 1):
            clock.wall_s += step_s
            assert (await desk.status()).seats[0].remaining_ms == left
            await say(socket, m.Answer(n, 0, (0,), 0))
            assert (await hear(socket, m.Ack)).seq == n
            await desk.command("add-time", reason="x", ms=60_000)
            left += 60_000
        assert len(form.items) > 1
        for _ in range(TRIES):  # wrong tries lock for as long as ever, whatever the wall clock does
            refused = await refused_at_desk(site, m.StaffSignIn("closer", "wrong words", "000000"))
            clock.wall_s += 86_400
        refused = await refused_at_desk(site, m.StaffSignIn("closer", "wrong words", "000000"))
        assert refused.facts["code"] == "too-many-tries" and refused.facts["wait_s"] == LOCK_S
        clock.run(LOCK_S * 1000)
        assert (await refused_at_desk(site, m.StaffSignIn("closer", "x", "000000"))).facts["code"] == "bad-staff"


# ---- the staff socket -----------------------------------------------------------------------------------------


async def refused_at_desk(site, *messages):
    """The refusal of the last of these at the staff socket."""
    async with site.socket("/desk") as socket:
        for message in messages:
            await socket.send_str(message if isinstance(message, str) else m.encode(message).decode())
            reply = m.decode_to_staff(await socket.receive_str())
        return reply


async def test_without_signing_in_no_command_is_obeyed(site):
    for act in ("status", "prepare", "open", "start", "close", "answers-lock", "sign-result", "shutdown", ""):
        refused = await refused_at_desk(site, m.StaffCommand(act, {}))
        assert refused.facts["code"] == "bad-staff"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"t":"sign-in","admission_no":"1","id_tail":"x"}',
        '{"t":"staff-command"}',
        '{"t":"staff-command","act":"status","facts":{"a":{"b":{}}}}',
        '{"t":"staff-command","act":"status","facts":{"a":null}}',
    ],
)
async def test_what_is_no_staff_message_is_malformed(site, text):
    assert (await refused_at_desk(site, text)).reason is Reason.MALFORMED


async def test_a_wrong_passphrase_and_a_replayed_code_are_refused_and_an_invigilator_may_only_look(site):
    code = site.code("watcher")
    refused = await refused_at_desk(site, m.StaffSignIn("watcher", "wrong words", code))
    assert refused.facts["code"] == "bad-staff"
    signed_in = m.StaffSignIn("watcher", PASSPHRASE, code)
    async with site.socket("/desk") as socket:
        await say(socket, signed_in)
        assert m.decode_to_staff(await socket.receive_str()).facts == {"name": "watcher", "role": "invigilator"}
        await say(socket, m.StaffCommand("status"))
        assert m.decode_to_staff(await socket.receive_str()).facts["phase"] == "open"
        for act in ("start", "close", "prepare", "open", "pause", "add-time", "answers-lock", "sign-result", "cosign"):
            await say(socket, m.StaffCommand(act, {}))
            assert m.decode_to_staff(await socket.receive_str()).facts["code"] == "not-allowed"
    assert (await refused_at_desk(site, signed_in)).facts["code"] == "stale-code"


async def test_an_administrators_slips_are_refused_each_by_name(site):
    number = site.toy.roster[0].admission_no
    slips = [
        ("nonsense", {}, "unknown-act"),
        ("pause", {}, "command-fact-missing"),
        ("pause", {"reason": " "}, "reason-missing"),
        ("pause", {"reason": "x", "admission_no": "nobody"}, "unknown-candidate"),
        ("pause", {"reason": "x", "admission_no": number}, "seat-not-started"),
        ("pause", {"reason": "x", "seat": "99"}, "seat-unknown"),
        ("resume", {"reason": "x"}, "not-paused"),
        ("add-time", {"reason": "x", "ms": 0}, "time-out-of-range"),
        ("add-time", {"reason": "x", "ms": 10**9}, "time-out-of-range"),
        ("add-time", {"reason": "x", "ms": "soon"}, "command-fact-malformed"),
        ("add-time", {"reason": "x", "ms": BIG}, "command-fact-malformed"),
        ("open", {}, "already-open"),
        ("prepare", {"package": "/nowhere"}, "session-running"),
        ("answers-lock", {}, "not-closed"),
        ("sign-result", {}, "not-closed"),
        ("cosign", {"note": 1, "line": "— chief AAAA\n"}, "cosignature-malformed"),
        ("cosign", {"note": 10**12, "line": ""}, "cosignature-malformed"),
        ("close", {"waive": {"nobody": "x"}, "reason": "x"}, "unknown-candidate"),
        ("close", {"waive": [number], "reason": "x"}, "command-fact-malformed"),
        ("close", {"waive": {}}, "never-started"),
    ]
    async with site.desk("deputy") as desk:
        for act, facts, code in slips:
            with pytest.raises((Denied, BadFile)) as caught:
                await desk.command(act, **facts)
            assert (act, facts, caught.value.code) == (act, facts, code)
        assert (await desk.command("status"))["phase"] == "open"


async def test_a_folder_that_is_no_package_is_refused_while_others_can_still_command(closed, tmp_path):
    trap = tmp_path / "trap"
    trap.mkdir()
    os.mkfifo(trap / "manifest.json")
    async with closed.desk("closer") as desk, asyncio.timeout(60):
        for package, code in (
            ("/nowhere", "file-unreadable"),
            ("\0", "file-unreadable"),
            (str(trap), "file-irregular"),
        ):
            with pytest.raises(BadFile) as caught:
                await desk.command("prepare", package=package)
            assert caught.value.code == code
        with pytest.raises(Denied, match="not-open"):
            await desk.command("start")


async def test_staff_are_heard_from_this_machine_alone(site):
    """A machine of the LAN could lock the administrator out with five wrong passphrases."""
    host, _, port = site.toy.folder.address.rpartition(":")
    assert ip_address(host).is_loopback and int(port) != site.port
    async with aiohttp.ClientSession() as session:
        async with session.get(f"https://{site.address}/desk", ssl=trusting(site.trust)) as answer:
            async with session.get(f"https://{site.address}/nothing", ssl=trusting(site.trust)) as other:
                assert (answer.status, await answer.text()) == (other.status, await other.text())


async def test_a_package_for_another_site_of_another_bureau_or_with_a_wrong_code_does_not_open(closed, tmp_path):
    toy = closed.toy
    elsewhere = Toy(tmp_path / "a", bureau=toy.bureau, chief=toy.chief)
    foreign = Toy(tmp_path / "b", site=toy.site, chief=toy.chief)
    async with closed.desk() as desk:
        for package, code in ((elsewhere, "package-other-keys"), (foreign, "signature")):
            with pytest.raises(Denied) as caught:
                await open_session(desk, package.directory, toy.chief, package.issued.code_1, one_holder=True)
            assert caught.value.code == code
        for chief, spoken, what in (
            (toy.chief, toy.issued.code_2, "items/code"), (holder("chief"), toy.issued.code_1, "roster/chief")
        ):  # fmt: skip
            with pytest.raises(Denied) as caught:
                await open_session(desk, toy.directory, chief, spoken, one_holder=True)
            assert caught.value.facts["what"] == what
        for secret in ("", "AGE-SECRET-KEY-1X", toy.chief.identity.text):
            with pytest.raises((Denied, BadFile, BrokenStore)) as caught:
                await desk.command("open", roster_identity=secret, items_identity=secret, chief="x", one_holder=True)
            assert caught.value.code in ("identity-malformed", "lock")
            assert "SECRET" not in json.dumps(caught.value.facts)
        assert (await desk.command("status"))["phase"] == "prepared"


@pytest.mark.slow
async def test_a_package_put_aside_before_it_was_opened_goes_on_with_its_own_record(tmp_path_factory):
    toy = Staffed(tmp_path_factory.mktemp("aside"))
    wrong = toy.issue("T-2")
    with served(toy) as site:
        desk = await StaffClient.connect(toy.site_folder)
        await desk.sign_in("admin", PASSPHRASE, site.code("admin"))
        first = await desk.command("prepare", package=str(toy.directory))
        other = await desk.command("prepare", package=str(wrong.directory))
        assert other["package_id"] != first["package_id"]
        again = await desk.command("prepare", package=str(toy.directory))
        assert again["room_commit"] == first["room_commit"], "the room's share must not be rolled a second time"
        opening = await open_session(desk, toy.directory, toy.chief, toy.issued.code_1, one_holder=True)
        assert opening.opened.candidates == len(toy.roster)
        with pytest.raises(Denied) as caught:
            await desk.command("prepare", package=str(wrong.directory))
        assert caught.value.code == "session-running"
        await desk.close()


async def test_a_desk_with_nobody_at_it_is_told_that_the_server_is_not_there(tmp_path):
    with pytest.raises(Denied) as caught:
        await StaffClient.connect(tmp_path)
    assert caught.value.code == "server-unreachable"


async def test_beginning_a_session_twice_at_two_desks_begins_it_once(site):
    """Last of this module: it starts the session."""
    async with site.desk("admin") as one, site.desk("deputy") as two:
        outcomes = await asyncio.gather(one.command("start"), two.command("start"), return_exceptions=True)
    codes = sorted(outcome.code if isinstance(outcome, Denied) else "done" for outcome in outcomes)
    assert codes == ["already-started", "done"]
