"""What the server answers to its staff is what the types say, field by field; and a person may give up at any moment."""

import asyncio

import aiohttp
import msgspec
import pytest

from bank.refused import Denied
from examd.protocol import messages as m
from examd.site.closing import close_session
from examd.site.opening import open_session
from examd.site.replies import (
    AnswersLock,
    Closed,
    EnrolledTerminals,
    Opened,
    PairingBegun,
    Prepared,
    RoomTerminals,
    Status,
)
from examd.site.staff_client import Attended, _read
from tests.examd.served import hear, say, served
from tests.examd.toy_session import PASSPHRASE, Staffed


class Listening:
    """A client that also remembers what came, and that the type says all of it and nothing else."""

    def __init__(self, client):
        self.client, self.heard, self.replies = client, [], []

    async def ask(self, act, reply, **facts):
        came = await self.client.command(act, **facts)
        self.heard.append((act, reply))
        read = msgspec.convert(came, reply)
        assert msgspec.json.decode(msgspec.json.encode(read)) == came
        self.replies.append(read)
        return read

    async def status(self):
        return await self.ask("status", Status)

    async def cosign(self, made, *chief):
        await self.client.cosign(made, *chief)

    async def command(self, act, **facts):
        return await self.client.command(act, **facts)


async def test_every_reply_is_read_whole(tmp_path):
    with served(Staffed(tmp_path / "toy")) as site:
        toy = site.toy
        async with site.desk() as client:
            await site.enrol(Listening(client))
        async with site.desk("deputy") as client, site.socket() as seat:
            assert await client.status() == Status("idle")
            listening = Listening(client)
            await open_session(listening, toy.directory, toy.chief, toy.issued.code_1, one_holder=True)
            await say(seat, m.SignIn(toy.roster[0].admission_no, toy.roster[0].id_tail))
            await hear(seat, m.Welcome)
            seats = (await listening.status()).seats
            assert [(each.name, each.phase, each.connected) for each in seats] == [("考生1", "waiting", 1)]
            closing = await close_session(listening, toy.chief, {each.admission_no: "停电" for each in seats}, "停电")
            assert (closing.again, closing.needless) == (False, ())
            again = await close_session(listening, toy.chief, {toy.roster[1].admission_no: "停电"}, "停电")
            assert (again.again, again.closed.root, again.needless) == (True, closing.closed.root, ())
            await listening.ask("answers-lock", AnswersLock)
            await listening.ask("pair", PairingBegun)
            await say(seat, m.Pair(listening.replies[-1].code, "99", "ab" * 32, "ab" * 32))
            await hear(seat, m.Enrolled)
            room = await listening.ask("terminals", RoomTerminals)
            assert (room.waiting[0].name, len(room.terminals)) == ("99", len(site.machines))
            await listening.ask("enrol", EnrolledTerminals, ids=[room.waiting[0].id])
        heard = {Prepared, Opened, Status, Closed, AnswersLock, PairingBegun, RoomTerminals, EnrolledTerminals}
        assert {reply for _, reply in listening.heard} == heard


def test_whoever_gives_up_at_a_question_is_let_go(tmp_path):
    def gives_up():
        raise KeyboardInterrupt

    def refuses():
        raise Denied("secret-empty", name="x")

    with served(Staffed(tmp_path / "toy")) as site, Attended(site.toy.site_folder) as attended:
        attended.run(attended.client.sign_in("admin", PASSPHRASE, site.code("admin")))
        assert attended.run(attended.from_person(lambda: "typed")) == "typed"
        with pytest.raises(Denied, match="secret-empty"):
            attended.run(attended.from_person(refuses))
        with pytest.raises(KeyboardInterrupt):
            attended.run(attended.from_person(gives_up))
        assert attended.run(attended.client.status()).phase == "idle"


async def test_a_server_that_cut_the_line_while_nobody_listened_has_gone_away_and_no_more():
    class Cut:
        def __aiter__(self):
            return self

        async def __anext__(self):
            raise aiohttp.ClientConnectionResetError("Cannot write to closing transport")

    replies = asyncio.Queue()
    await _read(Cut(), replies)
    assert replies.get_nowait() is None
