"""The journal keeps every act through crashes at any byte; journal and record find each other again."""

import hashlib
import os
import stat
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import terminal.outbox
from bank.canonical import canonical
from examd.protocol.journal import Base, decode_lines, encode_line
from examd.protocol.messages import Ack, Answer, Candidate, Flag, HandIn, Sitting, Welcome
from terminal.outbox import Journal, JournalInUse, Kept, Outbox, RecordLost, journal_name

ROOT = Path(__file__).parents[2]

SLOTS, CHOICES = st.integers(0, 5), st.sampled_from([(), (0,), (1,), (0, 2)])
ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("answer"), SLOTS, CHOICES),
        st.tuples(st.just("flag"), SLOTS, st.booleans()),
        st.tuples(st.just("ack"), st.integers(0, 12), st.none()),
    ),
    max_size=12,
)


def head(seq: int) -> str:
    return f"{seq:064x}"


def welcome(seq: int = 0, answers=None, flags=(), epoch: int = 1, acts: str = "") -> Welcome:
    """`acts`: the record's head of the chain; "" before the seat has started."""
    return Welcome(
        "t" * 64,
        Candidate("1", "王", "*", "校"),
        Sitting("s", "e", "x", True, 120, 100, 100, 80),
        epoch,
        seq,
        seq - 1,
        head(seq),
        answers or {},
        flags,
        acts=acts,
    )


ELSEWHERE = "ff" * 32
"""A head that no act here leads to."""


def play(outbox: Outbox, acts) -> None:
    for kind, a, b in acts:
        if kind == "answer":
            outbox.answer(a, b, 1000)
        elif kind == "flag":
            outbox.flag(a, b)
        else:
            outbox.acknowledge(Ack(min(a, outbox.last), 1, a, head(a)))


def state(outbox: Outbox):
    return outbox.answers, outbox.flags, outbox.last, outbox.acked, outbox.pending


def reopened(outbox: Outbox, path) -> Outbox:
    """The journal as the next program finds it, the one before having ended."""
    outbox.let_go()
    return Outbox(path)


@settings(max_examples=60, deadline=None)
@given(acts=ACTS)
def test_a_journal_read_again_gives_the_same_outbox(acts, tmp_path_factory):
    path = tmp_path_factory.mktemp("j") / "a.journal"
    outbox = Outbox(path)
    outbox.reconcile(welcome())
    play(outbox, acts)
    assert state(reopened(outbox, path)) == state(outbox)


@settings(max_examples=60, deadline=None)
@given(acts=ACTS, data=st.data())
def test_a_crash_at_any_byte_leaves_a_prefix_of_the_acts_and_the_journal_goes_on(acts, data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("j")
    outbox = Outbox(folder / "a.journal")
    outbox.reconcile(welcome())
    play(outbox, acts)
    whole = (folder / "a.journal").read_bytes()
    cut = data.draw(st.integers(0, len(whole)))
    garbage = data.draw(st.binary(max_size=40))
    (folder / "b.journal").write_bytes(whole[:cut] + garbage)
    again = Outbox(folder / "b.journal")
    assert again.acts == outbox.acts[: len(again.acts)]
    again.answer(0, (1,), 5)
    assert reopened(again, folder / "b.journal").acts == again.acts


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reading_of_a_journal(data):
    lines, place = decode_lines(data)
    assert b"".join(map(encode_line, lines)) == data[:place] or not lines


def test_a_flipped_bit_ends_the_journal_there(tmp_path):
    outbox = Outbox(tmp_path / "a")
    for slot in range(3):
        outbox.answer(slot, (1,), 0)
    data = bytearray((tmp_path / "a").read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "a").write_bytes(data)
    assert [act.seq for act in reopened(outbox, tmp_path / "a").acts] == [1]


def test_numbers_rise_by_one_and_a_changed_answer_keeps_both(tmp_path):
    outbox = Outbox(tmp_path / "a")
    outbox.answer(4, (0,), 10)
    outbox.answer(4, (2,), 20)
    outbox.flag(4, True)
    outbox.hand_in()
    assert [act.seq for act in outbox.acts] == [1, 2, 3, 4]
    assert outbox.answers == {4: (2,)}
    assert outbox.handed_in == HandIn(4)


def test_only_saved_acts_may_be_sent_and_no_more_than_the_window(tmp_path):
    outbox = Outbox(tmp_path / "a")
    for slot in range(50):
        outbox.answer(slot, (0,), 0)
    assert outbox.sendable(0, 32) == []
    assert outbox.kept(0) is Kept.WRITING
    outbox.note_saved(outbox.flush())
    assert outbox.kept(0) is Kept.SAVED
    assert [act.seq for act in outbox.sendable(0, 32)] == list(range(1, 33))
    outbox.acknowledge(Ack(10, 1, 9, head(10)))
    assert outbox.kept(9) is Kept.CONFIRMED
    assert [act.seq for act in outbox.sendable(32, 32)] == list(range(33, 43))


def test_a_save_under_way_says_nothing_of_acts_numbered_anew(tmp_path):
    outbox = Outbox(tmp_path / "a")
    outbox.answer(0, (0,), 0)
    written = outbox.flush()
    outbox.give_up([1])
    outbox.answer(1, (1,), 0)
    outbox.note_saved(written)
    assert outbox.kept(1) is Kept.WRITING


def test_the_journal_is_its_owners_alone(tmp_path):
    Outbox(tmp_path / "deep" / "a").answer(0, (0,), 0)
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "deep" / "a").stat().st_mode) == 0o600


def test_journal_names_are_safe_and_told_apart():
    names = {
        journal_name("s", "../../etc"),
        journal_name("s", "..-..-etc"),
        journal_name("s-1", "2"),
        journal_name("s", "1-2"),
    }
    assert len(names) == 4
    assert not any("/" in name or ".." in name for name in names)


# ---- meeting the record again ---------------------------------------------------------------------------------------


def answered(tmp_path, *slots: int, acked: int = 0) -> Outbox:
    outbox = Outbox(tmp_path / "a")
    outbox.reconcile(welcome())
    outbox.begin("p", 1, "f")
    for slot in slots:
        outbox.answer(slot, (1,), slot * 1000)
    if acked:
        outbox.acknowledge(Ack(acked, 1, acked - 1, head(acked)))
    return outbox


def test_a_fresh_terminal_starts_from_what_the_record_holds(tmp_path):
    outbox = Outbox(tmp_path / "a")
    restored = outbox.reconcile(welcome(7, {0: (1,), 3: (0, 2)}, (3,)))
    assert (restored.answered, restored.resent, restored.differ) == (2, 0, ())
    assert outbox.kept(0) is Kept.CONFIRMED
    outbox.answer(5, (0,), 0)
    assert outbox.pending[0].seq == 8
    assert reopened(outbox, tmp_path / "a").answers == {0: (1,), 3: (0, 2), 5: (0,)}


def test_answers_given_offline_go_out_again_under_their_own_numbers(tmp_path):
    before = answered(tmp_path, 0, 1, 2, 3, acked=2)
    again = reopened(before, tmp_path / "a")
    restored = again.reconcile(welcome(2, {0: (1,), 1: (1,)}, acts=before.head(2)))
    assert restored.resent == 2
    assert [act.seq for act in again.pending] == [3, 4]


def test_a_lost_acknowledgement_is_learnt_from_the_welcome(tmp_path):
    again = answered(tmp_path, 0, 1, 2, acked=1)
    restored = again.reconcile(welcome(3, {0: (1,), 1: (1,), 2: (1,)}, acts=again.head(3)))
    assert again.pending == []
    assert restored.resent == 0


def test_after_a_moved_seat_recorded_answers_stay_and_unrecorded_ones_come_back(tmp_path):
    """Here: 0 acknowledged, 1 to 3 given offline. At the other seat: 1 and 2 answered, 2 otherwise; 3 never."""
    outbox = answered(tmp_path, 0, 1, 2, 3, acked=1)
    restored = outbox.reconcile(welcome(9, {0: (1,), 1: (1,), 2: (0,)}, (2,), acts=ELSEWHERE))
    assert outbox.answers == {0: (1,), 1: (1,), 2: (0,), 3: (1,)}
    assert outbox.flags == {2}
    assert outbox.pending == [Answer(10, 3, (1,), 3000)]
    assert restored.differ == (2, 3)


def test_a_fork_of_equal_numbers_is_noticed(tmp_path):
    """The other seat made fewer acts than were given offline here: the numbers alone would look like a prefix."""
    outbox = answered(tmp_path, 0, 1, 2, 3, acked=1)
    outbox.reconcile(welcome(2, {0: (1,), 4: (0,)}, acts=ELSEWHERE))
    assert outbox.answers == {0: (1,), 4: (0,), 1: (1,), 2: (1,), 3: (1,)}
    assert [act.seq for act in outbox.pending] == [3, 4, 5]


def test_a_hand_in_that_never_arrived_is_not_repeated_after_a_moved_seat(tmp_path):
    outbox = answered(tmp_path, 0, acked=1)
    outbox.hand_in()
    outbox.reconcile(welcome(5, {0: (0,)}, acts=ELSEWHERE))
    assert outbox.handed_in is None


def test_a_record_shorter_than_its_acknowledgement_is_an_alarm(tmp_path):
    outbox = answered(tmp_path, 0, 1, 2, acked=3)
    with pytest.raises(RecordLost):
        outbox.reconcile(welcome(2, {0: (1,), 1: (1,)}))
    assert outbox.answers == {0: (1,), 1: (1,), 2: (1,)}


def test_refused_acts_leave_the_line_and_the_rest_close_up(tmp_path):
    outbox = answered(tmp_path, 0, 1, 2, acked=1)
    outbox.hand_in(by_clock=True)
    assert outbox.give_up([2, 3]) == 2
    assert outbox.pending == [HandIn(2, by_clock=True)]
    assert outbox.answers == {0: (1,)}
    lines, _ = decode_lines((tmp_path / "a").read_bytes())
    assert Answer(3, 2, (1,), 2000) in lines, "the journal still shows what was refused"
    assert state(reopened(outbox, tmp_path / "a")) == state(outbox)


@settings(max_examples=80, deadline=None)
@given(before=ACTS, elsewhere=ACTS, reached=st.integers(0, 12))
def test_no_recorded_answer_is_ever_overwritten_and_no_unrecorded_one_is_lost(
    before, elsewhere, reached, tmp_path_factory
):
    """Whatever was done here and at another seat: the record's answers stand, the gaps are filled from here."""
    folder = tmp_path_factory.mktemp("j")
    here, there = Outbox(folder / "here"), Outbox(folder / "there")
    for outbox in (here, there):
        outbox.reconcile(welcome())
        outbox.begin("p", 1, "f")
    play(here, before)
    for act in here.acts[: max(here.acked, min(reached, here.last))]:  # what of ours reached the record
        there._write(act)
    play(there, [act for act in elsewhere if act[0] != "ack"])
    record = welcome(there.last, dict(there.answers), tuple(sorted(there.flags)), acts=there.head(there.last))
    held = here._unacknowledged_answers()
    same_line = here.acts[: there.last] == there.acts
    here.reconcile(record)
    assert [act.seq for act in here.pending] == list(range(record.durable_seq + 1, here.last + 1))
    assert here.head(record.durable_seq) == record.acts  # the chain goes on from the record's
    assert here.base.own == (0 if same_line else record.durable_seq)  # what came from elsewhere is not vouched for
    if not same_line:
        for slot, choice in record.answers.items():
            assert here.answers[slot] == choice
        for slot, act in held.items():
            if act.choice and slot not in record.answers:
                assert here.answers[slot] == act.choice


def test_flags_and_base_round_trip():
    lines = [Base(3, 1, 2, head(3), {0: (1, 2)}, (0, 4)), Flag(4, 1, True), Ack(4, 1, 3, head(4))]
    assert decode_lines(b"".join(map(encode_line, lines)))[0] == lines


def test_a_journal_damaged_in_its_middle_is_kept_beside_and_told(tmp_path):
    path = tmp_path / "j"
    outbox = Outbox(path)
    for slot in range(5):
        outbox.answer(slot, (1,), 0)
    outbox.flush()
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    again = reopened(outbox, path)
    assert again.last == 2
    assert again.lost == 2
    torn = path.with_name("j.torn")
    assert torn.read_bytes() == data
    assert torn.stat().st_mode & 0o777 == 0o600
    assert reopened(again, path).lost == 0


def test_a_torn_tail_is_no_damage(tmp_path):
    path = tmp_path / "j"
    outbox = Outbox(path)
    outbox.answer(0, (1,), 0)
    outbox.answer(1, (1,), 0)
    path.write_bytes(path.read_bytes()[:-5])
    assert (reopened(outbox, path).lost, list(tmp_path.iterdir())) == (0, [path])


TWICE = """
import sys
from pathlib import Path
from terminal.outbox import JournalInUse, Outbox
try:
    Outbox(Path(sys.argv[1])).answer(1, (0,), 0)
except JournalInUse:
    sys.exit(7)
"""


def test_two_programs_do_not_write_one_journal(tmp_path):
    path = tmp_path / "j"
    outbox = Outbox(path)
    outbox.answer(0, (1,), 0)
    before = path.read_bytes()
    second = [sys.executable, "-c", TWICE, str(path)]
    assert subprocess.run(second, check=False, cwd=ROOT).returncode == 7
    assert path.read_bytes() == before
    outbox.let_go()
    assert subprocess.run(second, check=False, cwd=ROOT).returncode == 0
    with pytest.raises(JournalInUse):  # whoever let go of it writes no more
        outbox.answer(2, (1,), 0)
    assert [act.slot for act in Outbox(path).acts] == [0, 1]


def test_what_an_earlier_program_left_is_written_once_more_before_it_is_built_upon(tmp_path, monkeypatch):
    """After an I/O error the system may show what the disk never got, and calls it clean."""
    outbox = Outbox(tmp_path / "j")
    outbox.answer(0, (1,), 0)
    outbox.answer(1, (1,), 0)
    whole = (tmp_path / "j").read_bytes()
    outbox.let_go()
    written = []
    real = Journal._write
    monkeypatch.setattr(
        Journal, "_write", lambda self, data: (written.append((self._file.tell(), data)), real(self, data))
    )
    again = Outbox(tmp_path / "j")
    assert (written, again.saved) == ([(0, whole)], 0)


def test_the_folders_of_a_journal_are_its_owners_and_survive_a_power_cut(tmp_path, monkeypatch):
    synced = []
    real = terminal.outbox._sync_directory
    monkeypatch.setattr(terminal.outbox, "_sync_directory", lambda place: (synced.append(place), real(place)))
    before = os.umask(0)
    Outbox(tmp_path / "a" / "b" / "j")
    os.umask(before)
    assert synced == [tmp_path, tmp_path / "a", tmp_path / "a" / "b"]
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in ("a", "a/b")] == [0o700, 0o700]


# ---- the chain of acts -----------------------------------------------------------------------------------------------


def chained(outbox: Outbox, acts) -> str:
    """The head that these acts lead to from the beginning, reckoned anew from their canonical JSON."""
    head = hashlib.sha256(b"examd/acts/v1" + canonical({"c": 1, "form": "f", "package_id": "p"})).digest()
    for act in acts:
        match act:
            case Answer(seq=seq, slot=slot, choice=choice, used_ms=used_ms):
                said = {"choice": list(choice), "seq": seq, "slot": slot, "used_ms": used_ms}
            case Flag(seq=seq, slot=slot, on=on):
                said = {"on": on, "seq": seq, "slot": slot}
            case HandIn(seq=seq):
                said = {"hand_in": True, "seq": seq}
        head = hashlib.sha256(head + canonical(said)).digest()
    return head.hex()


@settings(max_examples=80, deadline=None)
@given(acts=ACTS, gone=st.sets(st.integers(1, 12), max_size=3), more=ACTS)
def test_the_chain_follows_what_counts_through_refusals_and_restarts(acts, gone, more, tmp_path_factory):
    path = tmp_path_factory.mktemp("j") / "a"
    outbox = Outbox(path)
    outbox.reconcile(welcome())
    outbox.begin("p", 1, "f")
    play(outbox, acts)
    kept = [act for act in outbox.acts if act.seq not in gone or act.seq <= outbox.acked]
    acked = outbox.head(outbox.acked)
    outbox.give_up(gone)
    assert outbox.head(outbox.acked) == acked  # what was acknowledged keeps its place
    play(outbox, more)
    outbox = reopened(outbox, path)
    play(outbox, [("answer", 3, (1,))])
    numbered = [msgspec.structs.replace(act, seq=n) for n, act in enumerate(kept, 1)]
    behind = [act for act in outbox.acts if act.seq > len(numbered)]
    assert outbox.head(outbox.last) == chained(outbox, [*numbered, *behind])


def test_what_the_record_held_before_is_not_this_machines_own(tmp_path):
    outbox = Outbox(tmp_path / "a")
    outbox.reconcile(welcome(7, {0: (1,)}, acts=ELSEWHERE))
    outbox.answer(1, (0,), 0)
    assert (outbox.base.own, outbox.head(7)) == (7, ELSEWHERE)
    outbox.give_up([8])
    assert reopened(outbox, tmp_path / "a").base.own == 7


def test_answers_admitted_from_a_journal_are_taken_up_and_the_chain_goes_on(tmp_path):
    outbox = answered(tmp_path, 0, 1, 2, acked=2)
    head = outbox.head(3)
    outbox.reconcile(welcome(2, {0: (1,), 1: (1,), 5: (0,)}, acts=outbox.head(2)))
    assert outbox.answers == {0: (1,), 1: (1,), 2: (1,), 5: (0,)}
    assert ([act.seq for act in outbox.pending], outbox.head(3), outbox.base.own) == ([3], head, 0)
