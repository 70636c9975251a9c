"""The door: who is let in, who has to go, who is told of. Real sockets and TLS, an echo of a room behind it."""

import asyncio
import contextlib
import resource
import socket
import ssl
import time
from datetime import UTC, datetime

import pytest
from aiohttp import web

from examd.delivery import certificates
from examd.delivery import door as door_module
from examd.delivery.door import ADDRESS_BURST, STRANGERS_OF_AN_ADDRESS, Door, Guest, _machine
from examd.delivery.places import DESKS, KEPT, STRANGERS, Places
from tests.examd.served import served
from tests.examd.toy_session import Staffed


@pytest.fixture(scope="module")
def contexts(tmp_path_factory):
    """The server's and a client's."""
    folder, made = tmp_path_factory.mktemp("tls"), certificates.make("S-1", datetime.now(UTC))
    (folder / "certificate").write_bytes(made.certificate)
    (folder / "key").write_bytes(made.key)
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(folder / "certificate", folder / "key")
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    theirs.check_hostname, theirs.verify_mode = False, ssl.CERT_NONE
    return ours, theirs


class Doorway:
    """A door to knock at. /stay is what signing in is; /x keeps whoever asks waiting."""

    def __init__(self, contexts):
        self.ours, self.theirs = contexts
        self.told, self._open = [], []

    @contextlib.asynccontextmanager
    async def open(self, places):
        async def answer(request):
            if request.path == "/stay":
                assert isinstance(request.protocol, Guest)
                request.protocol.stay()
            await asyncio.sleep(0 if request.path == "/" else 3600)
            raise web.HTTPNotFound

        self.door = Door(answer, self.ours, places, lambda *event: self.told.append(event))
        listening = socket.create_server(("127.0.0.1", 0))
        self.port = listening.getsockname()[1]
        self.door.open(listening)
        try:
            yield self
        finally:
            for writer in self._open:
                writer.transport.abort()
            await self.door.close(0.1)

    async def knock(self, address, path="", *, tls=True):
        """A connection, having asked for `path` where one is given. Raises OSError: refused."""
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self.port, local_addr=(address, 0), ssl=self.theirs if tls else None
        )
        self._open.append(writer)
        if path:
            writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            await asyncio.sleep(0.02)
        return reader

    async def knocks(self, address, n, path="", *, tls=True):
        return [await self.knock(address, path, tls=tls) for _ in range(n)]


async def ended(reader, patience_s=1.0):
    """Whether the connection has come to its end."""
    try:
        async with asyncio.timeout(patience_s):
            return await reader.read(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


async def test_who_stays_is_not_cut_by_strangers_and_strangers_make_place_for_each_other(contexts):
    async with Doorway(contexts).open(Places(all=8, strangers=4)) as way:
        seats = [await way.knock(f"127.0.1.{n}", "/stay") for n in range(4)]
        idle = await way.knocks("127.0.2.1", 4, tls=False)
        fifth = await way.knock("127.0.1.5", "/stay")
        assert await ended(idle[0]), "the address that holds most strangers loses its oldest"
        for _ in range(20):
            await way.knock("127.0.2.1", tls=False)
        assert not any([await ended(seat, 0.05) for seat in (*seats, fifth)])


async def test_a_full_room_refuses_and_says_so_and_a_stranger_is_put_out_for_a_seat(contexts, monkeypatch):
    monkeypatch.setattr(door_module, "TELL_EVERY_S", 0.1)
    async with Doorway(contexts).open(Places(all=4, strangers=2)) as way:
        stranger = await way.knock("127.0.2.1", tls=False)
        for n in range(4):
            await way.knock(f"127.0.1.{n}", "/stay")
        assert await ended(stranger)
        with pytest.raises(OSError):
            await way.knock("127.0.1.9", "/stay")
        await until(lambda: ("full", 4) in way.told)


async def test_one_address_has_so_many_strangers_and_no_more(contexts):
    async with Doorway(contexts).open(Places(all=1000, strangers=500)) as way:
        idle = await way.knocks("127.0.2.1", STRANGERS_OF_AN_ADDRESS + 10, tls=False)
        await asyncio.sleep(0.1)
        assert sum([await ended(each, 0.01) for each in idle]) == 10
        assert await ended(idle[9], 0.01) and not await ended(idle[10], 0.01), "the oldest go"


async def test_who_has_spent_what_an_address_may_is_refused_before_tls_and_told_and_others_are_not(
    contexts, monkeypatch
):
    monkeypatch.setattr(door_module, "TELL_EVERY_S", 0.1)
    async with Doorway(contexts).open(Places(all=1000, strangers=500)) as way:
        refused = 0
        for _ in range(ADDRESS_BURST + 60):
            try:
                reader = await way.knock("127.0.2.1", "", tls=False)
                refused += await ended(reader, 0.001) and len(way._open) > ADDRESS_BURST
            except OSError:
                refused += 1
        assert refused >= 40
        assert not await ended(await way.knock("127.0.2.2"), 0.1)
        await until(lambda: [event for event in way.told if event[0] == "held-off" and event[2] == "127.0.2.1"])


async def test_signing_in_costs_an_address_nothing(contexts):
    async with Doorway(contexts).open(Places(all=1000, strangers=500)) as way:
        for _ in range(ADDRESS_BURST + 60):
            last = await way.knock("127.0.2.1", "/stay")
        assert not await ended(last, 0.05)


@pytest.mark.slow
async def test_who_does_not_sign_in_is_cut_in_seconds_whatever_they_do_meanwhile(contexts, monkeypatch):
    monkeypatch.setattr(door_module, "STRANGER_S", 1.5)
    async with Doorway(contexts).open(Places(all=1000, strangers=500)) as way:
        began = time.monotonic()
        idle = [
            await way.knock("127.0.2.1", tls=False),
            await way.knock("127.0.2.2"),
            await way.knock("127.0.2.3", "/x"),
        ]
        seat = await way.knock("127.0.2.4", "/stay")
        await way.knock("127.0.2.5")
        drips = way._open[-1]

        async def drip():
            while True:
                drips.write(b"x")
                await asyncio.sleep(0.1)

        dripping = asyncio.create_task(drip())
        assert len(way.door._strangers) == 4
        await until(lambda: not way.door._strangers)
        assert 1.3 < time.monotonic() - began < 4
        dripping.cancel()
        assert all([await ended(each) for each in idle])
        assert not await ended(seat, 0.2)


async def test_after_an_answer_the_connection_is_closed_and_no_second_request_heard(contexts):
    async with Doorway(contexts).open(Places(all=10, strangers=5)) as way:
        reader = await way.knock("127.0.2.1", "/")
        assert (await reader.read(1 << 16)).count(b"HTTP/1.1 404") == 1


async def test_a_stranger_who_sends_more_than_a_sign_in_takes_is_cut(contexts):
    async with Doorway(contexts).open(Places(all=10, strangers=5)) as way:
        reader = await way.knock("127.0.2.1", "/x")
        writer = way._open[-1]
        for _ in range(40):
            writer.write(b"x" * 1024)
        assert await ended(reader)


def test_places_keep_some_for_what_is_no_terminal_and_a_share_at_most_for_strangers():
    assert Places.of(1024) == Places(1024 - KEPT, (1024 - KEPT) // 4)
    assert Places.of(20_000) == Places(20_000 - KEPT, STRANGERS)
    assert KEPT > DESKS
    assert Places.of(10).all > 0


def test_the_server_takes_all_descriptors_the_system_gives_and_says_how_many_terminals_that_is(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    few = min(hard, 512)
    resource.setrlimit(resource.RLIMIT_NOFILE, (few // 2, hard))
    try:
        with served(Staffed(tmp_path)) as site:
            allowed = resource.prlimit(site.pid, resource.RLIMIT_NOFILE)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert allowed[0] == min(hard, 1 << 17) > few // 2
    assert dict(site.events)["places"] == allowed[0] - KEPT
    assert [event for event, _ in site.events][:3] == ["places", "desk", "ready"]


@pytest.mark.parametrize(
    ("peer", "machine"),
    [
        ("192.168.1.7", "192.168.1.7"),
        ("::ffff:192.168.1.7", "192.168.1.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::1"),
        ("::1", "::1"),
    ],
)
def test_of_an_ipv6_network_all_addresses_are_one_machine(peer, machine):
    assert _machine(peer) == machine


async def until(condition, patience_s=10.0):
    async with asyncio.timeout(patience_s):
        while not condition():
            await asyncio.sleep(0.02)
