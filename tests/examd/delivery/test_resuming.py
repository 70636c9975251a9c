"""An opening or closing that was broken off before the chief examiner had signed is gone on with, and nothing before."""

import asyncio
import shutil
from pathlib import Path

import pytest

from bank.refused import Denied
from examd.clock import SystemClock
from examd.delivery import disk
from examd.delivery.room import Room
from examd.site.closing import close_session
from examd.site.grading import grade_session
from examd.site.opening import open_session
from tests.faults.steps import Direct


class Lost(Exception):  # noqa: N818 - what happens to a wire
    """The operator's connection."""


class Cut(Direct):
    """Loses its connection before a command reaches the server."""

    before = ""

    async def command(self, act, **facts):
        if act == self.before:
            raise Lost
        return await super().command(act, **facts)


def client(toy, before=""):
    """Staff of a server that has just been started."""
    room = Room(toy.folder, toy.site, SystemClock(), asyncio.get_running_loop().call_soon_threadsafe)
    if toy.folder.current is not None:
        room.take_up(toy.folder.current)
    found = Cut(room)
    found.before = before
    return found


async def ended(client):
    await client.room.detach_session()
    client.room.staff.close()


def opening(client, toy, package=None):
    return open_session(client, package or toy.directory, toy.chief, toy.issued.code_1, one_holder=True)


def reason(caught):
    return caught.value.code


@pytest.mark.parametrize("killed", [False, True])
async def test_an_opening_without_the_chief_examiners_signature_starts_nothing_and_is_gone_on_with(staffed, killed):
    desk = client(staffed, before="cosign")
    with pytest.raises(Lost):
        await opening(desk, staffed)
    if killed:
        await ended(desk)
        desk = client(staffed)
    desk.before = ""
    with pytest.raises(Denied) as caught:
        await desk.command("start")
    assert reason(caught) == "opening-not-cosigned"
    other = staffed.issue("T-2")
    with pytest.raises(Denied) as caught:  # of all packages the one that is open
        await opening(desk, staffed, other.directory)
    assert reason(caught) == "session-running"
    opened = await opening(desk, staffed)
    assert opened.opened.candidates == 5
    await desk.command("start")
    for again in (opening(desk, staffed), desk.command("open")):
        with pytest.raises(Denied) as caught:
            await again
        assert reason(caught) in ("session-running", "already-open")
    await ended(desk)


async def test_a_closing_without_the_chief_examiners_signature_hands_no_answers_out_and_is_gone_on_with(staffed):
    desk = client(staffed)
    await opening(desk, staffed)
    desk.before = "cosign"
    with pytest.raises(Lost):
        await close_session(desk, staffed.chief, {}, "停电")
    await ended(desk)
    desk = client(staffed)
    with pytest.raises(Denied) as caught:
        await grade_session(desk, staffed.chief, staffed.issued.code_2)
    assert reason(caught) == "closing-not-cosigned"
    closing = await close_session(desk, staffed.chief, {})
    assert closing.again
    result = await grade_session(desk, staffed.chief, staffed.issued.code_2)
    assert (result / "result.json").exists()
    await ended(desk)


async def test_an_export_that_a_kill_kept_from_the_signature_is_made_again_before_grading(staffed):
    desk = client(staffed)
    await opening(desk, staffed)
    closing = await close_session(desk, staffed.chief, {}, "停电")
    shutil.rmtree(Path(closing.closed.result))
    await grade_session(desk, staffed.chief, staffed.issued.code_2)
    assert (Path(closing.closed.result) / "checkpoints.txt").read_text().count("— chief ") == 2
    await ended(desk)


def test_the_reserve_is_laid_again_once_there_is_room_and_made_whole_where_it_is_not(tmp_path, monkeypatch):
    monkeypatch.setattr(disk, "RESERVE_BYTES", 1 << 20)
    room = [disk.LOW_BYTES]
    monkeypatch.setattr(disk, "free_bytes", lambda _folder: room[0])
    disk.reserve(tmp_path)
    assert not disk.reserved(tmp_path)
    room[0] = disk.LOW_BYTES * 2
    (tmp_path / disk.RESERVE).write_bytes(b"half")  # a kill, or a disk that was nearly full
    disk.reserve(tmp_path)
    status = (tmp_path / disk.RESERVE).stat()
    assert (disk.reserved(tmp_path), status.st_size, status.st_blocks * 512 >= 1 << 20) == (True, 1 << 20, True)
    assert disk.release_reserve(tmp_path)
    assert not disk.release_reserve(tmp_path)
