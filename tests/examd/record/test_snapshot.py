"""A run that begins at a snapshot is the run that would have read everything, and finds out where it is not."""

import random
import time

import pytest

from bank.refused import BrokenStore
from bank.vault import Vault
from examd.record import snapshot, writer
from examd.record.entries import Kind
from examd.record.snapshot import FILE, SnapshotFile
from examd.record.writer import APPLICATION, EXIT_IO_ERROR
from tests.examd.room import KEY, Room
from tests.faults.traced import needs_tracing, run

SEATS = 20


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(writer, "SNAPSHOT_ENTRIES", 50)


def sit(room, n, seed=1):
    """Some acts of a room, as any record holds them."""
    dice = random.Random(seed)
    for _ in range(n):
        room.clock.run(dice.randrange(50))
        c = dice.randint(1, SEATS)
        seat = room.record.state.seats.get(c)
        if seat is None:
            room.say(Kind.SIGN_IN, {"again": False, "c": c, "terminal": f"T{c}", "token_sha256": f"{c:064x}"})
            room.say(Kind.READY, {"c": c})
            room.say(Kind.START, {"attempt": 0, "c": c, "form": "f" * 64, "limit_ms": 60_000})
        elif dice.random() < 0.2:
            body = {"c": c, "on": dice.random() < 0.5, "seq": seat.seq + 1, "slot": dice.randrange(30)}
            room.say(Kind.FLAG, body)
        else:
            choice = dice.choice(([0], [1], [0, 2], []))
            body = {
                "c": c,
                "choice": choice,
                "late": False,
                "seq": seat.seq + 1,
                "slot": dice.randrange(30),
                "used_ms": 5,
            }
            room.say(Kind.ANSWER, body)


def snapped(room, patience_s=30):
    """Has a snapshot made, with one more entry in it."""
    file = room.path.with_name(FILE)
    before = file.stat().st_mtime_ns if file.exists() else 0
    room.record.want_snapshot()
    room.say(Kind.TICK)
    end = time.monotonic() + patience_s
    while not file.exists() or file.stat().st_mtime_ns == before:
        assert time.monotonic() < end
        time.sleep(0.01)


def facts(record):
    return record.head(), record.tree.edge, record.state, record.epoch, record.session_ms()


def test_a_run_that_begins_at_a_snapshot_is_the_run_that_reads_everything(tmp_path):
    room = Room(tmp_path)
    room.say(Kind.BOOT, {"version": "t"})
    sit(room, 120)
    snapped(room)
    sit(room, 30, seed=2)
    room.close()
    begun = SnapshotFile(tmp_path / FILE, KEY).read()
    assert begun is not None and 120 < begun.size < 250
    short = Room(tmp_path, room.clock, again=True)
    assert short.record._begun_at is not None
    found = facts(short.record)
    short.record.all_read()
    assert short.record.unread == 0
    short.close()
    (tmp_path / FILE).unlink()
    long = Room(tmp_path, room.clock, again=True)
    assert (facts(long.record), long.record.unread) == (found, 0)
    sit(long, 10, seed=3)
    long.close()


def test_a_snapshot_of_another_key_fold_or_of_garbage_is_left_aside(tmp_path, monkeypatch):
    room = Room(tmp_path)
    sit(room, 60)
    snapped(room)
    room.close()
    whole = (tmp_path / FILE).read_bytes()
    assert SnapshotFile(tmp_path / FILE, bytes(32)).read() is None
    for garbled in (b"", b"x", whole[:-1], bytes([whole[0] ^ 1]) + whole[1:], whole[:40] + b"x" + whole[41:]):
        (tmp_path / FILE).write_bytes(garbled)
        again = Room(tmp_path, room.clock, again=True)
        assert again.record._begun_at is None
        again.close()
    (tmp_path / FILE).write_bytes(whole)
    monkeypatch.setattr(snapshot, "FOLD", "another")
    assert SnapshotFile(tmp_path / FILE, KEY).read() is None


def test_no_snapshot_is_made_before_the_record_has_grown(tmp_path):
    room = Room(tmp_path)
    sit(room, 5)
    room.record.want_snapshot()
    sit(room, 5)
    room.close()
    assert not (tmp_path / FILE).exists()


def doctored(tmp_path, *statements):
    """A record with a snapshot, then changed behind its back by somebody who has its key."""
    room = Room(tmp_path)
    sit(room, 120)
    snapped(room)
    sit(room, 20, seed=2)
    room.close()
    with Vault.open(tmp_path / "record.db", KEY, application=APPLICATION, wipe_memory=False) as vault:
        with vault.transaction() as connection:
            for name in ("ev_keeps", "ev_stays"):
                connection.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                connection.execute(statement)
    return room.clock


def test_a_record_cut_short_behind_its_snapshot_is_refused_at_once(tmp_path):
    clock = doctored(tmp_path, "DELETE FROM ev WHERE idx > 80")
    with pytest.raises(BrokenStore) as caught:
        Room(tmp_path, clock, again=True)
    assert caught.value.code == "record-chain-broken"


@needs_tracing
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ev SET entry = (SELECT entry FROM ev WHERE idx = 7) WHERE idx = 8",
        "DELETE FROM ev WHERE idx = 8",
        "UPDATE ev SET chain = zeroblob(32) WHERE idx = 8",
    ],
)
def test_an_entry_altered_before_the_snapshot_ends_the_run_and_the_next_one_says_why(tmp_path, statement):
    clock = doctored(tmp_path, statement)

    def served():
        room = Room(tmp_path, clock, again=True)
        room.record.all_read()
        room.say(Kind.TICK)

    trace = run(served, tmp_path)
    assert (trace.code, (tmp_path / FILE).exists()) == (EXIT_IO_ERROR, False)
    with pytest.raises(BrokenStore) as caught:
        Room(tmp_path, clock, again=True)
    assert (caught.value.code, caught.value.facts["idx"]) == ("record-chain-broken", 8)


@needs_tracing
def test_a_snapshot_whose_state_is_not_the_records_ends_the_run_and_the_next_one_reads_everything(tmp_path):
    clock = doctored(tmp_path)
    file = SnapshotFile(tmp_path / FILE, KEY)
    begun = file.read()
    state = begun.state()
    state.seats[1].answers[0] = (3,)
    file.write(snapshot.Snapshot.of(begun.size, begun.chain, begun.edge, state))

    def served():
        Room(tmp_path, clock, again=True).record.all_read()

    assert run(served, tmp_path).code == EXIT_IO_ERROR
    room = Room(tmp_path, clock, again=True)
    assert room.record.state.seats[1].answers.get(0) != (3,)
    room.close()
