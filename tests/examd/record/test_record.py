"""The record: what is acknowledged is on the disk, in order, chained, and cannot be told otherwise later."""

import base64
import json
import shutil
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from bank import merkle
from bank.canonical import canonical
from bank.refused import BrokenStore
from bank.seal.statements import public_hex
from bank.vault import Vault
from examd.grading.export import replay
from examd.protocol.phase import used_ms
from examd.record import notes
from examd.record.entries import NO_CHAIN, Kind, chain_hash, decode_entry
from examd.record.state import SessionState
from examd.record.writer import APPLICATION, EXIT_IO_ERROR, Record
from tests.examd.room import KEY, Pump, Room, limit_pages
from tests.examd.toy_session import HandClock
from tools.verify import notes as verifier
from tools.verify.clock import Clock
from tools.verify.record import Entry


def fill(room, n=10):
    room.append(Kind.BOOT, {"version": "t"})
    for number in range(n - 1):
        room.clock.run(100)
        room.append(Kind.STAFF, {"act": f"act {number}", "name": "李", "role": "administrator"})
    room.settle()


# ---- what an acknowledgement means ----------------------------------------------------------------------------


def test_entries_are_canonical_and_chain_tree_and_state_are_found_again_after_reopening(tmp_path):
    room = Room(tmp_path)
    fill(room, 70)
    head, entries = room.record.head(), room.record.entries()
    chain = NO_CHAIN
    for number, entry in enumerate(entries):
        assert canonical(json.loads(entry)) == entry
        assert decode_entry(entry).idx == number
        chain = chain_hash(chain, merkle.leaf_hash(entry))
        assert room.record.chain_at(number) == room.told[number].chain == chain
    assert head == (70, merkle.root(map(merkle.leaf_hash, entries)), chain)
    room = room.again()
    assert (room.record.head(), room.record.entries()) == (head, entries)
    assert room.record.chain_at(70) is None
    assert room.record.chain_at(-1) is None
    assert room.record.epoch == 2
    room.close()


def test_a_caller_is_told_only_after_commit_and_in_the_order_of_the_calls(tmp_path):
    room, log = Room(tmp_path), []
    room.record._vault.connection.set_trace_callback(
        lambda statement: log.append("commit") if statement == "COMMIT" else None
    )
    for n in range(50):
        room.record.append(Kind.STAFF, "server", {"n": n}, lambda outcome, n=n: log.append((n, outcome.idx)))
        if n % 7 == 0:
            time.sleep(0.002)
    room.pump.until(lambda: sum(1 for line in log if line != "commit") == 50)
    assert log[0] == "commit"
    assert [line for line in log if line != "commit"] == [(n, n) for n in range(50)]
    assert log.count("commit") < 50  # those that came together were committed together
    room.close()


def test_one_callers_fault_keeps_nobody_else_from_hearing(tmp_path):
    room = Room(tmp_path)
    room.append(Kind.BOOT, {"version": "t"})
    room.record.append(Kind.SIGN_IN, "server", {"c": 1, "token_sha256": ""}, lambda _: 1 / 0)
    room.append(Kind.READY, {"c": 1})
    room.settle()
    assert room.record.state.seats[1].ready
    room.close()


def child(tmp_path, trace, *more):
    """A process that appends forty entries one by one and prints each acknowledgement, under strace."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    script = textwrap.dedent(
        f"""
        import os, sys
        sys.path.insert(0, {str(Path(__file__).parents[3])!r})
        from pathlib import Path
        from examd.record.entries import Kind
        from tests.examd.room import Room
        room = Room(Path({str(tmp_path)!r}))
        for n in range(40):
            outcome = room.say(Kind.STAFF, {{"n": n}})
            os.write(1, f"ack {{outcome.idx}}\\n".encode())
        os.write(1, b"end\\n")
        room.close()
        """
    )
    log = tmp_path / "strace"
    done = subprocess.run(
        ["strace", "-f", "-qq", "-o", log, "-e", trace, *more, sys.executable, "-c", script],
        capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    if b"ptrace" in done.stderr.lower() and not log.exists():
        pytest.skip("this machine lets nobody trace")
    return done, log.read_text()


def test_between_two_acknowledgements_the_disk_was_told_to_keep_what_it_has(tmp_path):
    done, log = child(tmp_path, "trace=fsync,fdatasync,write")
    assert done.returncode == 0
    synced, acks = False, 0
    for line in log.splitlines():
        if "sync(" in line and line.endswith("= 0") or "sync resumed" in line:
            synced = True
        elif 'write(1, "ack' in line:
            assert synced, line
            synced, acks = False, acks + 1
    assert acks == 40


def test_a_disk_that_fails_to_sync_ends_the_process_at_once_with_74(tmp_path):
    done, _ = child(tmp_path, "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:error=EIO:when=30+")
    assert done.returncode == EXIT_IO_ERROR
    acks = [line for line in done.stdout.decode().splitlines() if line.startswith("ack")]
    assert 0 < len(acks) < 40
    assert b"end" not in done.stdout
    assert b"Traceback" not in done.stderr
    room = Room(tmp_path, again=True)  # on a disk that works again: all that was acknowledged is there
    assert room.record.size >= len(acks)
    room.close()


# ---- a full disk ----------------------------------------------------------------------------------------------


def test_a_full_disk_refuses_the_whole_batch_and_later_commits_work(tmp_path):
    room = Room(tmp_path)
    fill(room)
    before = room.record.head()
    limit_pages(room, 2)
    for _ in range(30):
        room.append(Kind.STAFF, {"act": "x" * 3_000})
    refused = room.settle()[10:]
    assert {outcome.code for outcome in refused} == {"store-full"}
    assert room.record.head() == before
    small = room.say(Kind.TICK)
    assert small.idx == 10
    limit_pages(room, 10_000)
    assert room.say(Kind.STAFF, {"act": "x" * 30_000}).idx == 11
    room = room.again()
    assert room.record.size == 12
    room.close()


def test_what_was_appended_before_the_refusal_was_heard_is_refused_with_it(tmp_path):
    """An act may rest on the one before: were the second of two taken where the first was not, it would be a hole."""
    room = Room(tmp_path)
    fill(room)
    limit_pages(room, 2)
    room.append(Kind.STAFF, {"act": "x" * 100_000})
    room.pump.waiting(1)  # the writer has tried; nobody has been told
    room.append(Kind.TICK)
    outcomes = room.settle()[10:]
    assert [type(outcome) for outcome in outcomes] == [BrokenStore, BrokenStore]
    assert room.record.size == 10
    assert room.say(Kind.TICK).idx == 10
    room.close()


def test_stopping_while_the_disk_is_full_tells_everyone_and_stops(tmp_path):
    room = Room(tmp_path)
    fill(room)
    limit_pages(room, 0)
    room.append(Kind.STAFF, {"act": "x" * 100_000})
    room.record._queue.put(None)
    room.settle()
    room.record.stop()
    assert isinstance(room.told[-1], BrokenStore)


@pytest.mark.parametrize("refusals", [1, 2, 5])
def test_a_boot_that_a_full_disk_refused_comes_before_the_next_entry(tmp_path, refusals):
    """Without it the record's epochs would never verify."""
    room = Room(tmp_path)
    fill(room)
    room = room.again()
    limit_pages(room, 0)
    told = []
    for n in range(1, refusals + 1):
        room.record.append(Kind.BOOT, "server", {"version": "t" * 100_000}, told.append)
        room.pump.until(lambda n=n: len(told) == n)
        assert isinstance(told[-1], BrokenStore)
    limit_pages(room, 10_000)
    assert room.say(Kind.TICK).idx == 11
    kinds = [(entry.type, entry.epoch) for entry in map(decode_entry, room.record.entries()[9:])]
    assert kinds == [(Kind.STAFF, 1), (Kind.BOOT, 2), (Kind.TICK, 2)]
    assert room.say(Kind.TICK).idx == 12
    room.record.stop()


# ---- the database in hostile hands ----------------------------------------------------------------------------


def doctored(tmp_path, *statements):
    room = Room(tmp_path)
    fill(room)
    size, root, _ = room.record.head()
    room.record.add_note(size - 2, notes.note(notes.body("examd/S/T", size - 2, root), ""))
    room.close()
    with Vault.open(room.path, KEY, application=APPLICATION, wipe_memory=False) as vault:
        with vault.transaction() as connection:
            for name in ("ev_stays", "ev_keeps", "note_keeps"):
                connection.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                connection.execute(statement)
    with pytest.raises(BrokenStore) as caught:
        Record.open(room.path, KEY, HandClock(), Pump())
    return caught.value


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ev SET entry = CAST(replace(entry, 'act 3', 'act 4') AS BLOB) WHERE idx = 4",
        "UPDATE ev SET (entry, chain) = (SELECT entry, chain FROM ev WHERE idx = 2) WHERE idx = 3",
        "UPDATE ev SET chain = zeroblob(32) WHERE idx = 9",
        "DELETE FROM ev WHERE idx = 0",
        "DELETE FROM ev WHERE idx = 5",
        "DELETE FROM ev WHERE idx >= 6",
        "DELETE FROM ev",
        "UPDATE ev SET idx = idx + 1000 WHERE idx > 5",
        "INSERT INTO ev SELECT idx + 10, entry, chain FROM ev WHERE idx = 9",
    ],
)
def test_a_changed_dropped_or_spliced_entry_is_refused_at_opening(tmp_path, statement):
    assert doctored(tmp_path, statement).code == "record-chain-broken"


@pytest.mark.parametrize(
    "statement",
    ["UPDATE ev SET chain = chain", "DELETE FROM ev WHERE idx = 0", "DELETE FROM note", "UPDATE ev SET idx = 7"],
)
def test_the_record_is_append_only_for_its_own_server_too(tmp_path, statement):
    room = Room(tmp_path)
    fill(room)
    room.record.add_note(10, "note")
    with pytest.raises(Exception, match="append-only"):
        room.record._vault.connection.execute(statement)
    room.close()


def test_no_second_process_opens_the_record_of_a_running_server(tmp_path):
    """Two writers would write two records into one file. POSIX drops a process's locks rather easily."""
    room = Room(tmp_path)
    fill(room)
    script = f"from tests.examd.room import Room; from pathlib import Path; Room(Path({str(tmp_path)!r}), again=True)"
    root = Path(__file__).parents[3]
    second = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, check=False, timeout=60)
    assert b"vault-in-use" in second.stderr
    room.say(Kind.TICK)
    room.close()
    assert subprocess.run([sys.executable, "-c", script], cwd=root, check=False, timeout=60).returncode == 0


def test_a_record_that_was_never_finished_being_made_does_not_stand_in_the_way(tmp_path):
    (tmp_path / "record.db.part").write_bytes(b"half a database")
    room = Room(tmp_path)
    fill(room)
    room.close()
    assert [path.name for path in tmp_path.iterdir()] == ["record.db"]


# ---- session time ---------------------------------------------------------------------------------------------


def times(room):
    return [decode_entry(entry).t_ms for entry in room.record.entries()]


def test_session_time_begins_with_the_first_entry_and_runs_on_while_the_server_is_down(tmp_path):
    room = Room(tmp_path)
    assert room.record.session_ms() == 0
    room.clock.run(9_999)
    room.say(Kind.BOOT)
    room.clock.run(1_000)
    room.say(Kind.TICK)
    room = room.again(HandClock(room.clock.mono_ms + 60_000))
    assert room.record.session_ms() == 61_000
    room.say(Kind.BOOT)
    assert times(room) == [0, 1_000, 61_000]
    room.close()


def test_after_a_reboot_session_time_goes_on_from_the_last_entry_whatever_the_clocks_say(tmp_path):
    room = Room(tmp_path)
    for _ in range(3):
        room.say(Kind.TICK)
        room.clock.run(5_000)
    room.clock.run(4_000)  # lost: nothing was written after the last tick
    room = room.again(HandClock(mono_ms=17, boot="bb" * 16, wall_s=5))
    assert room.record.session_ms() == 10_000
    room.say(Kind.BOOT)
    room.clock.run(2_500)
    room.say(Kind.TICK)
    room = room.again(HandClock(mono_ms=3, boot="cc" * 16))
    room.say(Kind.BOOT)
    assert times(room) == [0, 5_000, 10_000, 10_000, 12_500, 12_500]
    assert [decode_entry(entry).epoch for entry in room.record.entries()] == [1, 1, 1, 2, 2, 3]
    room.close()


def test_a_wall_clock_set_back_and_forth_changes_no_session_time(tmp_path):
    room = Room(tmp_path)
    for wall_s in (1_790_000_000, 0, 4_000_000_000):
        room.clock.wall_s = wall_s
        room.say(Kind.TICK)
        room.clock.run(10)
    assert times(room) == [0, 10, 20]
    room.close()


# ---- the fold -------------------------------------------------------------------------------------------------


@st.composite
def courses(draw):
    """(milliseconds passed, kind, body) of a course of events that delivery could have let happen."""
    course, signed, started, handed, seq = [], set(), set(), set(), {}
    paused: set[int] = set()
    for _ in range(draw(st.integers(1, 40))):
        options = ["TICK", "SIGN_IN", "ADD_TIME", "PAUSE", "RESUME", "READY", "START", "ANSWER", "FLAG", "HAND_IN"]
        kind, c = Kind(draw(st.sampled_from(options))), draw(st.integers(1, 3))
        body = {"c": c}
        if kind is Kind.TICK:
            body = {}
        elif kind is Kind.SIGN_IN:
            body |= {"again": c in signed, "terminal": "t", "token_sha256": draw(st.sampled_from(["aa", "bb"]))}
            signed.add(c)
        elif c not in signed:
            continue
        elif kind is Kind.START:
            if c in started:
                continue
            started.add(c)
            body |= {"attempt": 0, "form": "f" * 64, "limit_ms": 60_000}
        elif kind in (Kind.PAUSE, Kind.RESUME):
            whom = draw(st.sampled_from([0, c]))
            if (whom in paused) == (kind is Kind.PAUSE) or (whom and whom not in started):
                continue
            (paused.add if kind is Kind.PAUSE else paused.discard)(whom)
            body = {"c": whom, "reason": "因"}
        elif kind is Kind.ADD_TIME:
            body = {"c": draw(st.sampled_from([0, c])), "ms": draw(st.integers(1, 9_000)), "reason": "因"}
        elif kind is not Kind.READY:
            if c not in started or c in handed:
                continue
            seq[c] = seq.get(c, 0) + 1
            body["seq"] = seq[c]
            if kind is Kind.ANSWER:
                choice = draw(st.sets(st.integers(0, 3)))
                body |= {
                    "choice": tuple(sorted(choice)),
                    "late": draw(st.booleans()),
                    "slot": draw(st.integers(0, 9)),
                    "used_ms": 5,
                }
            elif kind is Kind.FLAG:
                body |= {"on": draw(st.booleans()), "slot": draw(st.integers(0, 9))}
            else:
                body["by"] = "candidate"
                handed.add(c)
        course.append((draw(st.integers(0, 3_000)), kind, body))
    return course


@settings(max_examples=25, deadline=None)
@given(courses(), st.integers(0, 40))
def test_the_state_after_a_restart_and_in_grading_is_the_state_that_was_lived(tmp_path_factory, course, restart_at):
    room = Room(tmp_path_factory.mktemp("record"))
    for number, (ms, kind, body) in enumerate(course):
        if number == restart_at:
            room = room.again()
        room.clock.run(ms)
        room.append(kind, body)
    room.settle()
    lived = room.record.state
    entries = room.record.entries()
    replayed, size, root, chain = replay(b"".join(entry + b"\n" for entry in entries))
    assert replayed == lived
    assert (size, root, chain) == room.record.head()
    room = room.again()
    assert room.record.state == lived
    room.close()
    folded = SessionState()
    for entry in map(decode_entry, entries):
        folded.apply(entry.type, entry.body, entry.t_ms, entry.idx)
    assert folded == lived


@given(courses())
def test_a_seats_clock_is_what_the_verifiers_own_clock_says(course):
    """Two tellings of the rule of time, written apart: pauses of a seat and of the room, added time, starts."""
    state, clock, now = SessionState(), Clock(), 0
    for number, (ms, kind, body) in enumerate(course):
        now += ms
        entry = Entry(number + 1, kind.value, number, now, now, 0, "aa", 1, "server", dict(body))
        state.apply(kind, body, now, number)
        assert clock.see(entry) is None
        over = clock.over(entry)
        if over is not None:
            table = state.seats[body["c"]].timetable
            assert over == used_ms(table, now) - table.limit_ms - table.added_ms


# ---- checkpoints ----------------------------------------------------------------------------------------------


def test_checkpoints_are_notes_that_the_verifiers_own_reader_accepts():
    site, chief = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    text = notes.body(notes.origin("S-1", "T-1"), 7, bytes(32))
    assert text == f"examd/S-1/T-1\n7\n{base64.b64encode(bytes(32)).decode()}\n"
    note = notes.note(text, notes.sign(text, "site/S-1", site), notes.cosign(text, "chief", chief, 1_790_000_000))
    checkpoint = verifier.read(note.encode())
    assert checkpoint.signed_by("site/S-1", site.public_key().public_bytes_raw())
    assert checkpoint.cosigned_by("chief", chief.public_key().public_bytes_raw())


def test_a_cosignature_counts_only_under_the_very_text_by_the_very_key():
    chief, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    text = notes.body(notes.origin("S-1", "T-1"), 7, bytes(32))
    line = notes.cosign(text, "chief", chief, 1_790_000_000)
    public = public_hex(chief)
    assert notes.is_cosignature(line, text, "chief", public)
    assert not notes.is_cosignature(line, text.replace("7", "8"), "chief", public)
    assert not notes.is_cosignature(line, text, "chief", public_hex(other))
    assert not notes.is_cosignature(line, text, "bureau", public)
    for broken in ("", "\n", "— chief \n", "— chief !!!\n", line + line, line[:-1], notes.sign(text, "chief", chief)):
        assert not notes.is_cosignature(broken, text, "chief", public)
