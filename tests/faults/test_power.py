"""The power fails at any moment, also after the disk has failed once: what was said to be safe is there.

States of the disk that a power cut may leave are made from what the product really wrote (`tests.faults.disk`), in both
semantics of names, and opened by the product. That the harness sees such losses is shown with their causes put back.
"""

import itertools
import os
import random
import shutil
from pathlib import Path

import pytest

import bank.vault
from bank import durable
from bank.refused import Refused
from examd.record.entries import Kind, decode_entry
from examd.record.writer import EXIT_IO_ERROR
from terminal.outbox import Outbox
from tests.examd.room import Room
from tests.faults.disk import SEMANTICS, Disk
from tests.faults.steps import INITS, Sitting, failed, issuing, whole_packages
from tests.faults.traced import Trace, needs_tracing, run

pytestmark = needs_tracing
HOW = ("nothing", "everything", "some", "some")


def first() -> None:
    room = Room(Path.cwd())
    room.say(Kind.BOOT, {"version": "t"})
    speak(room, 30)


def again() -> None:
    room = Room(Path.cwd(), again=True)
    room.say(Kind.BOOT, {"version": "t"})
    speak(room, 8)
    room.close()


def speak(room: Room, count: int) -> None:
    for n in range(count):
        outcome = room.say(Kind.STAFF, {"act": "x" * (300 * (n % 7)), "name": "李", "role": "administrator"})
        os.write(1, b"ack %d\n" % outcome.idx)


def acknowledged(trace: Trace, until: int) -> int:
    said = b"".join(event.data for event in trace.events[:until] if event.what == "said")
    return max((int(line.split()[1]) for line in said.splitlines()), default=-1)


def entries_in(folder: Path) -> int:
    """How many entries a record has, read back whole and in order."""
    room = Room(folder, again=True)
    try:
        found = [decode_entry(entry).idx for entry in room.record.entries()]
        assert found == list(range(len(found)))
        return len(found)
    finally:
        room.record.stop()


class Losses:
    """Power cuts after each event of a run: how many were tried, and what was acknowledged and is gone."""

    def __init__(self, place: Path) -> None:
        self.place, self.tries, self.lost = place, 0, 0
        self.places = itertools.count()

    def look(self, disk: Disk, safe: int, dice: random.Random, how: str) -> None:
        self.tries += 1
        folder = self.place / str(next(self.places))
        folder.mkdir(parents=True)
        disk.put_back(folder, disk.cut(dice, how))
        try:
            self.lost += max(0, safe + 1 - entries_in(folder))
        except Refused:
            self.lost += safe + 1
        shutil.rmtree(folder)


def after_an_error(tmp_path: Path, semantics: str, at: int, *, evicted: bool, every: int = 1) -> Losses:
    """An fsync of the log fails, the server dies, another takes up the record, and the power fails at any moment."""
    root, dice = tmp_path / "disk", random.Random(at)
    root.mkdir(parents=True)
    disk, losses = Disk(root, semantics), Losses(tmp_path / "cut")
    died = run(first, root, fail_sync=at, of="record.db-wal")
    assert died.code == EXIT_IO_ERROR
    for event in died.events:
        disk.take(event)
    safe = acknowledged(died, len(died.events))
    if evicted:
        disk.evict()
    back = run(again, root)
    assert back.code == 0 and acknowledged(back, len(back.events)) >= safe + 8, back.told
    for n, event in enumerate(back.events, 1):
        disk.take(event)
        if n % every == 0:
            for how in HOW:
                losses.look(disk, max(safe, acknowledged(back, n)), dice, how)
    return losses


ERRORS = [3, 7, 12, 20, 28]
SHORT = [pytest.param([7, 20], 4, id="some"), pytest.param(ERRORS, 1, marks=pytest.mark.campaign, id="each")]


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("evicted", [False, True], ids=["kept", "evicted"])
@pytest.mark.parametrize("semantics", SEMANTICS)
@pytest.mark.parametrize(("errors", "every"), SHORT)
def test_after_an_fsync_that_failed_and_a_restart_a_power_cut_loses_nothing(
    tmp_path, semantics, errors, every, evicted
):
    tries = 0
    for at in errors:
        losses = after_an_error(tmp_path / str(at), semantics, at, evicted=evicted, every=every)
        assert losses.lost == 0, at
        tries += losses.tries
    assert tries > 150 // every * len(errors)


def test_the_simulation_sees_the_loss_where_the_log_is_believed_as_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(bank.vault, "_settle_log", lambda _path: None)
    assert after_an_error(tmp_path, "journalled", 12, evicted=False, every=3).lost > 0


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("semantics", SEMANTICS)
@pytest.mark.parametrize("every", [7, pytest.param(1, marks=pytest.mark.campaign)])
def test_a_power_cut_at_any_moment_loses_no_acknowledged_entry(tmp_path, semantics, every):
    root, dice = tmp_path / "disk", random.Random(1)
    root.mkdir()
    disk, losses = Disk(root, semantics), Losses(tmp_path / "cut")
    trace = run(first, root)
    for n, event in enumerate(trace.events, 1):
        disk.take(event)
        safe = acknowledged(trace, n)
        if n % every == 0 and safe >= 0:
            for how in HOW:
                losses.look(disk, safe, dice, how)
    assert (losses.lost, losses.tries > 300 // every) == (0, True)


def test_the_simulation_sees_the_loss_where_a_commit_does_not_wait_for_the_disk(tmp_path, monkeypatch):
    weaker = tuple((name, *(("NORMAL", 1) if name == "synchronous" else rest)) for name, *rest in bank.vault.SETTINGS)
    monkeypatch.setattr(bank.vault, "SETTINGS", weaker)
    root, losses = tmp_path / "disk", Losses(tmp_path / "cut")
    root.mkdir()
    disk = Disk(root, "journalled")
    trace = run(first, root)
    for event in trace.events:
        disk.take(event)
    losses.look(disk, acknowledged(trace, len(trace.events)), random.Random(1), "nothing")
    assert losses.lost > 0


# ---- after "done" -------------------------------------------------------------------------------------------------


def left_after(step, root: Path, semantics: str, to: Path) -> Path:
    """What is there when the power fails right after a step has ended well: nothing more than it waited for."""
    disk = Disk(root, semantics)
    trace = run(step, root)
    assert trace.code == 0, trace.told
    for event in trace.events:
        disk.take(event)
    to.mkdir(parents=True)
    disk.put_back(to, disk.cut(random.Random(1), "nothing"))
    return to


@pytest.mark.parametrize("semantics", SEMANTICS)
@pytest.mark.parametrize("name", INITS)
def test_keys_and_banks_are_there_after_a_power_cut(tmp_path, name, semantics):
    init, opens = INITS[name]
    (tmp_path / "disk").mkdir()
    opened = run(opens, left_after(init, tmp_path / "disk", semantics, tmp_path / "after"))
    assert opened.code == 0, opened.told


@pytest.mark.parametrize("semantics", SEMANTICS)
def test_a_stick_that_was_said_to_be_ready_is_whole_and_its_codes_are_on_file(office, tmp_path, semantics):
    shutil.copytree(office[0], tmp_path / "disk")
    step, issuer = issuing(office)
    left = left_after(step, tmp_path / "disk", semantics, tmp_path / "after")
    assert len(whole_packages(left, issuer)) == 1


@pytest.mark.parametrize("semantics", SEMANTICS)
def test_a_session_that_was_graded_verifies_after_a_power_cut(commissioned, tmp_path, semantics):
    toy, model = commissioned
    shutil.copytree(model, tmp_path / "disk")
    left = left_after(Sitting(toy), tmp_path / "disk", semantics, tmp_path / "after")
    assert failed(left / "site" / "sessions" / "T-1" / "result", toy.bureau.card.sign) == []


def test_the_simulation_sees_the_loss_where_a_folders_new_names_are_not_synced(office, tmp_path, monkeypatch):
    monkeypatch.setattr(durable, "sync_directory", lambda _folder: None)
    shutil.copytree(office[0], tmp_path / "disk")
    step, issuer = issuing(office)
    assert whole_packages(left_after(step, tmp_path / "disk", "strict", tmp_path / "after"), issuer) == []


def broken_off(step, model: Path | None, semantics: str, place: Path, every: int):
    """Folders as a power cut leaves them at some moment of a step."""
    root, dice, numbers = place / "disk", random.Random(2), itertools.count()
    shutil.copytree(model, root) if model else root.mkdir(parents=True)
    disk = Disk(root, semantics)
    trace = run(step, root)
    assert trace.code == 0, trace.told
    for n, event in enumerate(trace.events, 1):
        disk.take(event)
        if n % every == 0:
            left = place / f"{next(numbers)}"
            left.mkdir()
            disk.put_back(left, disk.cut(dice, HOW[n // every % len(HOW)]))
            yield n, left
            shutil.rmtree(left)


EVERY = pytest.mark.parametrize(
    "every",
    [pytest.param(11, id="some"), pytest.param(1, id="each", marks=[pytest.mark.campaign, pytest.mark.timeout(3600)])],
)


@EVERY
@pytest.mark.parametrize("semantics", SEMANTICS)
@pytest.mark.parametrize("name", INITS)
def test_an_init_that_a_power_cut_broke_off_is_run_again(tmp_path, name, semantics, every):
    init, opens = INITS[name]
    for at, left in broken_off(init, None, semantics, tmp_path, every):
        serves = run(opens, left).code == 0
        made = run(init, left)
        assert made.code == 0 or (serves and "-exists " in made.told), (at, made.told)
        assert run(opens, left).code == 0, at


@EVERY
@pytest.mark.parametrize("semantics", SEMANTICS)
def test_an_issue_that_a_power_cut_broke_off_is_run_again(office, tmp_path, semantics, every):
    step, issuer = issuing(office)
    for at, left in broken_off(step, office[0], semantics, tmp_path, every):
        before = whole_packages(left, issuer)
        made = run(step, left)
        assert made.code == 0 or (before and made.told.startswith("issued-before")), (at, made.told)
        assert len(whole_packages(left, issuer)) == 1, at


@pytest.mark.slow
@pytest.mark.parametrize(
    "every",
    [pytest.param(61, id="some"), pytest.param(1, id="each", marks=[pytest.mark.campaign, pytest.mark.timeout(3600)])],
)
@pytest.mark.parametrize("semantics", SEMANTICS)
def test_a_session_that_a_power_cut_broke_off_goes_on_and_verifies(commissioned, tmp_path, semantics, every):
    toy, model = commissioned
    for at, left in broken_off(Sitting(toy), model, semantics, tmp_path, every):
        again = run(Sitting(toy), left)
        assert again.code == 0, (at, again.told)
        assert failed(left / "site" / "sessions" / "T-1" / "result", toy.bureau.card.sign) == [], at


def write_journal() -> None:
    outbox = Outbox(Path("new/folder/j"))
    for slot in range(5):
        outbox.answer(slot, (0,), 5)
    outbox.flush()


def write_more() -> None:
    outbox = Outbox(Path("new/folder/j"))
    outbox.answer(7, (0,), 5)
    outbox.flush()


@pytest.mark.parametrize("semantics", SEMANTICS)
@pytest.mark.parametrize("error", [False, True])
def test_a_terminals_saved_answers_are_there_after_a_power_cut_also_after_an_error(tmp_path, semantics, error):
    root = tmp_path / "disk"
    root.mkdir()
    if error:
        disk = Disk(root, semantics)
        died = run(write_journal, root, fail_sync=1, of="/j")
        assert "Input/output error" in died.told
        for event in died.events:
            disk.take(event)
        more = run(write_more, root)
        assert more.code == 0, more.told
        for event in more.events:
            disk.take(event)
        (tmp_path / "after").mkdir()
        disk.put_back(tmp_path / "after", disk.cut(random.Random(1), "nothing"))
    else:
        left_after(write_journal, root, semantics, tmp_path / "after")
    assert Outbox(tmp_path / "after" / "new/folder/j").last == 5 + error


def test_where_the_disk_refuses_again_the_log_is_not_believed_after_all(tmp_path):
    assert run(first, tmp_path, fail_sync=9, of="record.db-wal").code == EXIT_IO_ERROR
    back = run(again, tmp_path, fail_sync=1, of="record.db-wal")
    assert (back.code, back.told.split()[0]) == (3, "store-io")
    assert run(again, tmp_path).code == 0
