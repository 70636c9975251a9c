"""The room's own decisions, without a socket: terminals are lists of what they were sent, time is moved by hand."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest

from bank.refused import BrokenStore, Denied
from examd.delivery import answers, ending
from examd.delivery.hall import Hall, Stage
from examd.delivery.sign_in import resume, sign_in
from examd.delivery.vouching import ASK_AGAIN_MS, SIGN_EVERY_MS, ask_for_signatures, take_signature
from examd.delivery.wrong_sign_ins import TRIES, WINDOW_MS
from examd.grading.export import replay
from examd.package import layout
from examd.package import open as opening
from examd.package import seed as seeding
from examd.protocol import messages as m
from examd.protocol.phase import GRACE_MS, Phase
from examd.protocol.reasons import Reason
from examd.protocol.receipt import holds, receipt_code
from examd.record import orders
from examd.record.entries import Kind, decode_entry
from examd.record.state import SessionState
from terminal.machine import Machine
from tests.examd.room import Room, fill_up, limit_pages
from tests.examd.toy_session import MINUTES, N_ITEMS, HandClock
from tools.drill.seat_chain import SeatChain

LIMIT_MS = MINUTES * 60_000
ROOM_R = bytes(range(32))


@dataclass
class Terminal:
    """A terminal's end: all it was sent, and whether it was cut."""

    terminal: str = "T"
    machine: str = "aa" * 16
    address: str = "10.0.0.7"
    c: int = 0
    last_heard_ms: int = 0
    sent: list = field(default_factory=list)
    dropped: bool = False
    seq: int = 0
    token: str = ""
    signs: bool = True
    """It answers where it is asked to sign, once the room is drained."""

    def __post_init__(self):
        self.chain = SeatChain(key_of(self.machine))
        self.signed = []

    def send(self, message):
        self.sent.append(message)
        if isinstance(message, m.Welcome):
            self.token = message.token
        if (signed := self.chain.hear(message)) is not None and self.signs:
            self.signed.append(signed)

    def drop(self, refusal):
        self.send(refusal)
        self.dropped = True

    def last(self, kind: type) -> Any:
        return next((message for message in reversed(self.sent) if isinstance(message, kind)), None)

    def all(self, kind):
        return [message for message in self.sent if isinstance(message, kind)]


def key_of(machine):
    """The secrets of a test's machine, each time the same."""
    return Machine(machine, hashlib.sha256(machine.encode()).hexdigest())


class Sitting(Room):
    """A room with an opened session in it, and the terminals that came."""

    def __init__(self, toy, folder, clock=None, *, again=False):
        super().__init__(folder, clock, again=again)
        self.toy = toy
        package = toy.read()
        self.items = opening.items(package, toy.unlock(package, layout.ITEMS))
        roster = opening.roster(package, toy.unlock(package, layout.ROSTER))
        self.say(Kind.BOOT, {"version": "t"})
        if not again:
            commit = seeding.room_commit(package.manifest, ROOM_R)
            self.say(Kind.PREPARE, {"package_id": package.manifest.package_id, "room_commit": commit})
            seed = seeding.session_seed(package.manifest, self.items.bureau_r, ROOM_R, commit)
            self.say(Kind.OPEN, {"seed": seed.hex(), "holders": {}, "separated": True})
        seed = bytes.fromhex(self.record.state.opened["seed"])
        self.hall = Hall(package, self.record, roster, self.items, seed)

    def drain(self):
        """Runs until everything that the hall has appended was answered, signatures among it."""
        self.say(Kind.TICK)
        for live in list(self.hall.live.values()):
            if (terminal := live.connection) is not None and terminal.signed:
                signed, terminal.signed = terminal.signed, []
                for each in signed:
                    take_signature(self.hall, terminal, each)
                self.say(Kind.TICK)

    def name(self, machine, name="T"):
        """The record names the machine's key."""
        if machine not in self.record.state.terminals:
            each = {"key": key_of(machine).public, "machine": machine, "name": name}
            self.say(Kind.TERMINALS, {"terminals": [each]})

    def arrive(self, c, terminal=None) -> Terminal:
        """Candidate `c` signs in."""
        terminal = terminal or Terminal(last_heard_ms=self.record.session_ms())
        self.name(terminal.machine, terminal.terminal)
        line = self.toy.roster[c - 1]
        sign_in(self.hall, terminal, m.SignIn(line.admission_no, line.id_tail))
        self.drain()
        return terminal

    def begin(self, *cs) -> list[Terminal]:
        """Candidates sign in, are ready, and the session starts."""
        terminals = [self.arrive(c) for c in cs]
        for c in cs:
            self.hall.ready(c)
        self.drain()
        if self.record.state.started_ms is None:
            self.say(Kind.SESSION_START)
        for c in self.hall.waiting():
            self.hall.start_seat(c)
        self.drain()
        return terminals

    def act(self, terminal, message):
        before = len(terminal.sent)
        answers.act(self.hall, terminal, terminal.chain.act(message))
        self.drain()
        return terminal.sent[before:]

    def answer(self, terminal, slot=0, choice=(0,), used_ms=0, seq=None):
        seq = terminal.seq + 1 if seq is None else seq
        told = self.act(terminal, m.Answer(seq, slot, choice, used_ms))
        if isinstance(told[0], m.Ack):
            terminal.seq = told[0].seq
        return told[0]

    def hand_in(self, terminal, by_clock=False):
        terminal.seq += 1
        return self.act(terminal, m.HandIn(terminal.seq, by_clock))

    def heard(self, *terminals):
        """Their lines are alive now, if only by a pong."""
        for terminal in terminals:
            terminal.last_heard_ms = self.record.session_ms()

    def watch(self):
        ending.watch_deadlines(self.hall)
        ask_for_signatures(self.hall)
        self.drain()

    def entries(self, *kinds):
        found = map(decode_entry, self.record.entries())
        return [entry for entry in found if not kinds or entry.type in kinds]

    def late_orders(self, counts=True):
        """What the chief examiner orders of every late answer."""
        package_id, found = self.toy.read().manifest.package_id, []
        for c, n in ending.late_seats(self.hall).items():
            order = orders.Late(c, counts, n, "断网")
            sig = orders.sign(Kind.LATE, package_id, order.words, self.toy.chief.signing_key)
            found.append(msgspec.structs.replace(order, sig=sig))
        return found

    def shut(self, waive=(), reason="走了", late=None):
        told = []
        late = self.late_orders() if late is None else late
        ending.close(self.hall, dict.fromkeys(waive, reason), late, "staff:李", told.append)
        self.pump.until(lambda: told)
        return told[0]


@pytest.fixture
def sitting(issued, tmp_path):
    sitting = Sitting(issued, tmp_path)
    yield sitting
    sitting.close()


def reason(message):
    assert isinstance(message, m.Refusal), message
    return message.reason


# ---- signing in -----------------------------------------------------------------------------------------------


def test_a_candidate_is_welcomed_once_the_sign_in_is_in_the_record(sitting):
    terminal, line = Terminal(), sitting.toy.roster[0]
    sign_in(sitting.hall, terminal, m.SignIn(line.admission_no, line.id_tail))
    assert terminal.sent == []
    sitting.drain()
    welcome = terminal.last(m.Welcome)
    assert welcome.candidate.name == line.name
    assert welcome.durable_seq == 0
    assert welcome.sitting.n_items == N_ITEMS
    assert terminal.last(m.Clock).phase is Phase.WAITING
    assert terminal.token not in "".join(entry.decode() for entry in sitting.record.entries())


@pytest.mark.parametrize("typed", ["000000", "", "0000１X", "x" * 5_000])
def test_a_wrong_id_and_an_unknown_number_are_refused_in_the_same_words_the_same_number_of_times(sitting, typed):
    known, unknown = at("07"), at("08")
    for _ in range(TRIES + 2):
        sign_in(sitting.hall, known, m.SignIn(sitting.toy.roster[0].admission_no, typed))
        sign_in(sitting.hall, unknown, m.SignIn("20269999", typed))
    assert known.sent == unknown.sent
    reasons = [message.reason for message in known.sent]
    assert reasons == [Reason.UNKNOWN_CANDIDATE] * TRIES + [Reason.TOO_MANY_TRIES] * 2


def at(name, **more):
    """Another machine of the room."""
    return Terminal(terminal=name, machine=f"{name:0>32}", **more)


def guess(sitting, number, times, terminal):
    """What is heard by somebody at this terminal who offers so many wrong IDs."""
    before = len(terminal.sent)
    for _ in range(times):
        sign_in(sitting.hall, terminal, m.SignIn(number, "000000"))
    return [message.reason for message in terminal.sent[before:]]


def test_after_too_many_tries_even_the_right_words_wait_at_that_terminal_and_nowhere_else(sitting):
    terminal, line = at("07"), sitting.toy.roster[0]
    guess(sitting, line.admission_no, TRIES, terminal)
    sign_in(sitting.hall, terminal, m.SignIn(line.admission_no, line.id_tail))
    refused = terminal.sent[-1]
    assert (refused.reason, refused.facts) == (Reason.TOO_MANY_TRIES, {"wait_s": WINDOW_MS // 1000 + 1})
    assert sitting.arrive(2, at("08")).last(m.Welcome)
    sitting.clock.run(WINDOW_MS)
    assert sitting.arrive(1, terminal).last(m.Welcome)


def test_no_terminal_can_lock_a_candidate_out_at_another_however_many_numbers_it_tries(sitting):
    cheat = at("66")
    heard = [reason for line in sitting.toy.roster for reason in guess(sitting, line.admission_no, 20, cheat)]
    assert heard.count(Reason.UNKNOWN_CANDIDATE) == TRIES
    for line in sitting.toy.roster:
        assert sitting.arrive(line.c, at(f"{line.c}")).last(m.Welcome)


def test_staff_let_a_terminal_go_on_at_once_after_too_many_tries(sitting):
    terminal = at("07")
    guess(sitting, "x", TRIES, terminal)
    sitting.hall.wrong_sign_ins.release(terminal.machine)
    assert sitting.arrive(1, terminal).last(m.Welcome)


def test_that_somebody_sits_elsewhere_is_told_to_staff_and_to_nobody_at_a_terminal(sitting):
    first, line = sitting.arrive(1, at("07")), sitting.toy.roster[0]
    right, wrong = at("08"), at("09")
    for _ in range(TRIES + 1):
        sign_in(sitting.hall, right, m.SignIn(line.admission_no, line.id_tail))
        sign_in(sitting.hall, wrong, m.SignIn(line.admission_no, "000000"))
    assert right.sent == wrong.sent
    assert sitting.hall.elsewhere == {1: "08"}
    assert not first.dropped


@pytest.mark.parametrize("gone", ["connected", "silent", "broken", "restarted server"])
def test_a_seat_is_not_taken_from_another_terminal_whatever_became_of_its_own(issued, tmp_path, gone):
    sitting = Sitting(issued, tmp_path)
    line, first = issued.roster[0], sitting.arrive(1, at("07"))
    if gone == "silent":
        sitting.clock.run(10 * 60_000)
    elif gone == "broken":
        sitting.hall.on_disconnect(first)
    elif gone == "restarted server":
        sitting.close()
        sitting = Sitting(issued, tmp_path, sitting.clock, again=True)
    thief = at("08")
    sign_in(sitting.hall, thief, m.SignIn(line.admission_no, line.id_tail))
    sitting.drain()
    assert [message.reason for message in thief.sent] == [Reason.UNKNOWN_CANDIDATE]
    assert thief.c == 0
    stolen = at("08")
    resume(sitting.hall, stolen, m.Resume(first.token))  # not even with the token: it is this machine's
    assert reason(stolen.sent[0]) is Reason.BAD_TOKEN
    assert sitting.arrive(1, at("07")).last(m.Welcome)  # its own terminal needs nobody
    sitting.close()


@pytest.mark.parametrize("terminal", ["08", ""])
def test_whom_staff_admit_goes_on_at_another_terminal_once_and_the_old_one_is_told(sitting, terminal):
    (first,) = sitting.begin(1)
    sitting.answer(first, 3, (0,))
    sitting.say(Kind.ADMIT, {"c": 1, "reason": "换机", "terminal": terminal})
    sitting.hall.live[1].admitted = terminal
    if terminal:
        wrong = sitting.arrive(1, at("09"))
        assert reason(wrong.sent[0]) is Reason.UNKNOWN_CANDIDATE
    second = sitting.arrive(1, at("08"))
    welcome = second.last(m.Welcome)
    assert (welcome.durable_seq, welcome.answers) == (1, {3: (0,)})
    assert second.last(m.FormView) == first.last(m.FormView)
    assert reason(first.sent[-1]) is Reason.TAKEN_OVER
    assert first.dropped
    assert reason(sitting.answer(first, 1)) is Reason.OUT_OF_ORDER
    assert reason(sitting.arrive(1, at("10")).sent[0]) is Reason.UNKNOWN_CANDIDATE  # once
    assert [entry.body["again"] for entry in sitting.entries(Kind.SIGN_IN)] == [False, True]
    assert [entry.body["machine"] for entry in sitting.entries(Kind.SIGN_IN)] == [first.machine, second.machine]


def test_an_admission_outlives_the_server(issued, tmp_path):
    sitting = Sitting(issued, tmp_path)
    sitting.arrive(1, at("07"))
    sitting.say(Kind.ADMIT, {"c": 1, "reason": "换机", "terminal": "08"})
    sitting.close()
    sitting = Sitting(issued, tmp_path, sitting.clock, again=True)
    assert sitting.arrive(1, at("08")).last(m.Welcome)
    sitting.close()


def test_two_sign_ins_on_their_way_to_the_disk_are_the_first_and_one_again(sitting):
    line, first = sitting.toy.roster[0], Terminal()
    sign_in(sitting.hall, first, m.SignIn(line.admission_no, line.id_tail))
    sitting.hall.on_disconnect(first)
    sitting.arrive(1)
    assert [entry.body["again"] for entry in sitting.entries(Kind.SIGN_IN)] == [False, True]


def test_a_terminal_that_signs_somebody_else_in_leaves_its_first_seat(sitting):
    terminal = sitting.arrive(1)
    sitting.arrive(2, terminal)
    assert terminal.c == 2
    assert sitting.hall.live[1].connection is None


# ---- coming back ----------------------------------------------------------------------------------------------


def test_a_terminal_that_comes_back_with_its_token_has_its_seat_again(sitting):
    (first,) = sitting.begin(1)
    ack = sitting.answer(first, 0, (1,))
    second = Terminal()
    resume(sitting.hall, second, m.Resume(first.token, ack.seq, ack.epoch, ack.idx, ack.head))
    sitting.drain()
    assert second.last(m.Welcome).durable_seq == 1
    assert second.last(m.Welcome).head == ack.head
    assert reason(first.sent[-1]) is Reason.TAKEN_OVER


def test_a_token_that_nobody_was_given_opens_no_seat(sitting):
    sitting.arrive(1)
    for token in ("", "0" * 64, "谁"):
        terminal = Terminal()
        resume(sitting.hall, terminal, m.Resume(token))
        assert reason(terminal.sent[0]) is Reason.BAD_TOKEN
        assert terminal.c == 0


def test_after_signing_in_again_the_old_token_is_worth_nothing(sitting):
    first = sitting.arrive(1)
    sitting.arrive(1)
    terminal = Terminal()
    resume(sitting.hall, terminal, m.Resume(first.token))
    assert reason(terminal.sent[0]) is Reason.BAD_TOKEN


@pytest.mark.parametrize(
    "proof", [{"acked_seq": 2}, {"idx": 10_000}, {"idx": -1}, {"head": "00" * 32}, {"head": ""}, {"idx": 2**53 - 1}]
)
def test_a_terminal_that_was_acknowledged_what_the_record_no_longer_holds_raises_the_alarm(sitting, proof):
    (first,) = sitting.begin(1)
    ack = sitting.answer(first)
    second = Terminal()
    fields = {"acked_seq": ack.seq, "epoch": ack.epoch, "idx": ack.idx, "head": ack.head} | proof
    resume(sitting.hall, second, m.Resume(first.token, **fields))
    sitting.drain()
    assert reason(second.sent[0]) is Reason.RECORD_LOST
    assert second.dropped
    assert second.c == 0
    (alarm,) = sitting.entries(Kind.ALARM)
    assert (alarm.body["c"], alarm.body["what"]) == (1, "record-lost")
    assert sitting.record.state.alarms == [(1, "record-lost")]


def test_a_rolled_back_record_is_noticed_by_the_first_terminal_that_comes_back(issued, tmp_path):
    (tmp_path / "a").mkdir()
    sitting = Sitting(issued, tmp_path / "a")
    (terminal,) = sitting.begin(1)
    sitting.answer(terminal, 0)
    sitting.close()
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "record.db").write_bytes(sitting.path.read_bytes())
    sitting = Sitting(issued, tmp_path / "a", sitting.clock, again=True)
    ack = sitting.act(terminal_back(sitting, terminal), m.Answer(2, 1, (0,), 0))[0]
    sitting.close()
    rolled_back = Sitting(issued, tmp_path / "old", sitting.clock, again=True)
    late = Terminal()
    resume(rolled_back.hall, late, m.Resume(terminal.token, ack.seq, ack.epoch, ack.idx, ack.head))
    rolled_back.drain()
    assert reason(late.sent[0]) is Reason.RECORD_LOST
    assert len(rolled_back.entries(Kind.ALARM)) == 1
    rolled_back.close()


def terminal_back(sitting, terminal, ack=None):
    back = Terminal()
    proof = {} if ack is None else {"acked_seq": ack.seq, "epoch": ack.epoch, "idx": ack.idx, "head": ack.head}
    resume(sitting.hall, back, m.Resume(terminal.token, **proof))
    sitting.drain()
    back.seq = back.last(m.Welcome).durable_seq
    return back


# ---- starting -------------------------------------------------------------------------------------------------


def test_the_form_comes_with_the_start_and_is_the_rules_own(sitting):
    (terminal,) = sitting.begin(1)
    form = terminal.last(m.FormView)
    assert form.digest == sitting.hall.forms.assembler.form(1).digest == sitting.entries(Kind.START)[0].body["form"]
    assert len(form.items) == N_ITEMS
    assert terminal.last(m.Clock) == m.Clock(Phase.ANSWERING, LIMIT_MS, 0)


def test_nobody_starts_twice_however_often_they_say_ready(sitting):
    sitting.begin(1)
    late = sitting.arrive(2)
    for _ in range(3):
        sitting.hall.ready(2)
    sitting.pump.until(lambda: late.last(m.FormView) is not None)
    sitting.hall.ready(2)
    for c in (1, 2):
        sitting.hall.start_seat(c)
        sitting.hall.start_seat(c)
    sitting.drain()
    assert [entry.body["c"] for entry in sitting.entries(Kind.START)] == [1, 2]
    assert [entry.body["c"] for entry in sitting.entries(Kind.READY)] == [1, 2]
    assert len(late.all(m.FormView)) == 1


def test_seats_that_a_killed_server_had_not_come_to_are_started_by_the_next(issued, tmp_path):
    sitting = Sitting(issued, tmp_path)
    terminals = [sitting.arrive(c) for c in (1, 2)]
    for c in (1, 2):
        sitting.hall.ready(c)
    sitting.drain()
    sitting.say(Kind.SESSION_START)
    sitting.close()  # killed before any START
    sitting = Sitting(issued, tmp_path, sitting.clock, again=True)
    back = terminal_back(sitting, terminals[0])
    sitting.watch()
    assert back.last(m.FormView)
    assert [entry.body["c"] for entry in sitting.entries(Kind.START)] == [1, 2]
    sitting.close()


def test_a_connection_that_was_replaced_unseats_nobody_and_is_nobodys_afterwards(sitting):
    first, second = sitting.arrive(1), Terminal(c=1)
    assert sitting.hall.seated(first) and not sitting.hall.seated(second)
    sitting.hall.on_disconnect(second)
    assert second.c == 0
    assert sitting.hall.seated(first)
    sitting.hall.on_disconnect(first)
    assert first.c == 0
    assert not sitting.hall.seated(first)


def test_a_readiness_that_found_the_disk_full_is_said_again_by_the_candidate(sitting):
    sitting.arrive(1)
    limit_pages(sitting, 0)
    fill_up(sitting)
    sitting.hall.ready(1)
    fill_up(sitting)
    assert sitting.hall.live[1].stage is Stage.SIGNED_IN
    limit_pages(sitting, 1_000)
    sitting.hall.ready(1)
    sitting.drain()
    (entry,) = sitting.entries(Kind.READY)
    assert (entry.actor, sitting.hall.live[1].stage) == ("seat:1", Stage.READY)


def test_after_a_restart_a_seat_is_as_far_as_the_record_says(issued, tmp_path):
    sitting = Sitting(issued, tmp_path)
    for c in (1, 2):
        sitting.arrive(c)
    sitting.hall.ready(2)
    sitting.drain()
    sitting.close()
    sitting = Sitting(issued, tmp_path, sitting.clock, again=True)
    assert [sitting.hall.live[c].stage for c in (1, 2, 3)] == [Stage.SIGNED_IN, Stage.READY, Stage.ABSENT]
    sitting.close()


def test_an_admission_number_names_its_candidate_and_one_that_is_not_on_the_roster_nobody(sitting):
    line = sitting.toy.roster[2]
    assert sitting.hall.number_of(line.admission_no) == line.c
    with pytest.raises(Denied) as caught:
        sitting.hall.number_of("none")
    assert (caught.value.code, caught.value.facts) == ("unknown-candidate", {"admission_no": "none"})


# ---- acts -----------------------------------------------------------------------------------------------------


def test_an_answer_is_acknowledged_with_its_place_in_the_chain(sitting):
    (terminal,) = sitting.begin(1)
    ack = sitting.answer(terminal, 4, (1,), 1_500)
    entry = decode_entry(sitting.record.entry(ack.idx))
    assert entry.body == {"c": 1, "choice": [1], "late": False, "seq": 1, "slot": 4, "used_ms": 1_500}
    assert entry.actor == "seat:1"
    assert ack.head == sitting.record.chain_at(ack.idx).hex()
    assert (ack.epoch, ack.late) == (1, False)


def test_a_repeat_is_acknowledged_again_and_enters_nothing(sitting):
    (terminal,) = sitting.begin(1)
    first = sitting.answer(terminal, 0, (0,))
    second = sitting.answer(terminal, 1, (0,))
    size = len(sitting.entries(Kind.ANSWER))
    for repeat in (
        m.Answer(1, 0, (0,), 0),
        m.Answer(1, 0, (1,), 0),
        m.Answer(2, 1, (0,), 0),
        m.HandIn(2),
        m.Flag(0, 0, True),
    ):
        (again,) = sitting.act(terminal, repeat)
        assert (again.seq, again.idx, again.head) == (2, second.idx, second.head)
    assert len(sitting.entries(Kind.ANSWER)) == size == 2
    assert first.idx < second.idx


def test_a_repeat_of_what_is_still_on_its_way_to_the_disk_enters_once(sitting):
    (terminal,) = sitting.begin(1)
    for _ in range(3):
        answers.act(sitting.hall, terminal, m.Answer(1, 0, (0,), 0))
    sitting.drain()
    assert len(terminal.all(m.Ack)) == 1
    assert len(sitting.entries(Kind.ANSWER)) == 1


def test_a_gap_is_refused_with_the_number_that_is_missing(sitting):
    (terminal,) = sitting.begin(1)
    sitting.answer(terminal)
    for seq in (3, 4, 2**53 - 1):
        refused = sitting.answer(terminal, seq=seq)
        assert (refused.reason, refused.facts, refused.seq) == (Reason.GAP, {"expected": 2}, seq)


@pytest.mark.parametrize(
    ("slot", "choice", "used_ms"),
    [
        (-1, (0,), 0), (N_ITEMS, (0,), 0), (10**9, (0,), 0), (0, (9,), 0), (0, (-1,), 0), (0, (0, 0), 0),
        (0, (1, 0), 0), (0, (0,), -1), ("single", (0, 1), 0), ("truefalse", (2,), 0), ("multiple", (0, 1, 2, 3, 4), 0),
    ],
)  # fmt: skip
def test_a_choice_that_the_form_does_not_offer_is_refused_and_the_number_stays_free(sitting, slot, choice, used_ms):
    (terminal,) = sitting.begin(1)
    if isinstance(slot, str):
        slot = next(item.slot for item in terminal.last(m.FormView).items if item.type == slot)
    assert reason(sitting.answer(terminal, slot, choice, used_ms)) is Reason.BAD_ANSWER
    assert isinstance(sitting.answer(terminal, 0, ()), m.Ack)


def test_a_flag_beyond_the_form_is_refused(sitting):
    (terminal,) = sitting.begin(1)
    assert reason(sitting.act(terminal, m.Flag(1, N_ITEMS, True))[0]) is Reason.BAD_ANSWER
    assert isinstance(sitting.act(terminal, m.Flag(1, N_ITEMS - 1, True))[0], m.Ack)


def test_an_answer_may_be_changed_and_taken_back_and_the_last_one_counts(sitting):
    (terminal,) = sitting.begin(1)
    for choice in ((0,), (1,), ()):
        sitting.answer(terminal, 0, choice)
    sitting.answer(terminal, 1, (1,))
    seat = sitting.record.state.seats[1]
    assert (seat.answers, seat.answered) == ({0: (), 1: (1,)}, 1)
    assert terminal_back(sitting, terminal).last(m.Welcome).answers == {1: (1,)}


def test_before_the_start_nothing_is_taken(sitting):
    terminal = sitting.arrive(1)
    assert reason(sitting.answer(terminal)) is Reason.NOT_STARTED
    assert reason(sitting.answer(Terminal())) is Reason.OUT_OF_ORDER


def test_handing_in_gives_a_receipt_for_the_very_entry_and_nothing_is_taken_after(sitting):
    (terminal,) = sitting.begin(1)
    sitting.answer(terminal, 0)
    sitting.hand_in(terminal)
    (entry,) = sitting.entries(Kind.HAND_IN)
    receipt = terminal.last(m.Receipt)
    assert receipt.code == receipt_code(sitting.record.chain_at(entry.idx))
    assert holds(receipt.code, receipt.entry, receipt.before, entry.body["acts"], entry.body["form"])
    assert (receipt.answered, receipt.n_items, receipt.by_clock) == (1, N_ITEMS, False)
    assert terminal.last(m.Clock).phase is Phase.HANDED_IN
    for act in (m.Answer(3, 1, (0,), 0), m.Flag(3, 0, True), m.HandIn(3)):
        assert reason(sitting.act(terminal, act)[0]) is Reason.HANDED_IN
    back = terminal_back(sitting, terminal)
    assert back.last(m.Receipt) == receipt


def test_an_answer_right_behind_the_hand_in_is_not_taken_though_that_is_not_yet_on_the_disk(sitting):
    (terminal,) = sitting.begin(1)
    answers.act(sitting.hall, terminal, terminal.chain.act(m.HandIn(1)))
    answers.act(sitting.hall, terminal, m.Answer(2, 0, (0,), 0))
    sitting.drain()
    assert terminal.last(m.Refusal).reason is Reason.HANDED_IN
    assert sitting.entries(Kind.ANSWER) == []


def test_that_the_clock_handed_in_is_believed_only_when_it_was_time(sitting):
    early, just = sitting.begin(1, 2)
    sitting.hand_in(early, by_clock=True)
    sitting.clock.run(LIMIT_MS - GRACE_MS + 1)
    sitting.hand_in(just, by_clock=True)
    assert [entry.body["by"] for entry in sitting.entries(Kind.HAND_IN)] == ["candidate", "clock"]


def test_when_the_disk_is_nearly_full_nothing_more_is_acknowledged_and_closing_still_works(sitting):
    (terminal,) = sitting.begin(1)
    sitting.answer(terminal)
    sitting.hall.low_disk = True
    assert reason(sitting.answer(terminal, 1)) is Reason.STORE_FULL
    assert isinstance(sitting.answer(terminal, 1, seq=1), m.Ack)  # what is on the disk is acknowledged still
    assert reason(sitting.arrive(2).sent[0]) is Reason.STORE_FULL
    assert sitting.shut([1])


def test_acts_that_found_the_disk_full_come_again_under_the_same_numbers(sitting):
    (terminal,) = sitting.begin(1)
    limit_pages(sitting, 0)
    fill_up(sitting)
    for seq in range(1, 20):
        answers.act(sitting.hall, terminal, m.Answer(seq, 0, (0,), 0))
    fill_up(sitting)
    assert {refusal.reason for refusal in terminal.all(m.Refusal)} == {Reason.STORE_FULL}
    assert terminal.all(m.Ack) == []
    limit_pages(sitting, 1_000)
    for _ in range(5):
        assert isinstance(sitting.answer(terminal, 1), m.Ack)
    assert [entry.body["seq"] for entry in sitting.entries(Kind.ANSWER)] == [1, 2, 3, 4, 5]


# ---- time -----------------------------------------------------------------------------------------------------


def pause(sitting, c, kind=Kind.PAUSE):
    sitting.say(kind, {"c": c, "reason": "停电"})
    sitting.hall.show_clocks()


def test_a_pause_stops_one_clock_or_all_and_nothing_is_taken_meanwhile(sitting):
    one, two = sitting.begin(1, 2)
    pause(sitting, 1)
    assert reason(sitting.answer(one)) is Reason.PAUSED
    assert isinstance(sitting.answer(two), m.Ack)
    sitting.clock.run(60_000)
    pause(sitting, 1, Kind.RESUME)
    assert one.last(m.Clock).remaining_ms == LIMIT_MS
    assert two.last(m.Clock).remaining_ms == LIMIT_MS - 60_000
    pause(sitting, 0)
    sitting.clock.run(LIMIT_MS)
    sitting.watch()
    assert {one.last(m.Clock).phase, two.last(m.Clock).phase} == {Phase.PAUSED}
    assert sitting.entries(Kind.HAND_IN) == []
    pause(sitting, 0, Kind.RESUME)
    assert isinstance(sitting.answer(one), m.Ack)


def test_who_starts_during_a_pause_of_the_room_starts_paused_with_all_the_time(sitting):
    sitting.begin(1)
    pause(sitting, 0)
    (late,) = sitting.begin(2)
    sitting.clock.run(60_000)
    assert late.last(m.Clock).phase is Phase.PAUSED
    pause(sitting, 0, Kind.RESUME)
    assert late.last(m.Clock).remaining_ms == LIMIT_MS


def test_when_time_is_up_the_server_hands_in_for_whoever_is_there(sitting):
    (terminal,) = sitting.begin(1)
    sitting.answer(terminal)
    sitting.clock.run(LIMIT_MS)
    sitting.watch()
    assert terminal.last(m.Clock).phase is Phase.TIME_UP
    sitting.clock.run(GRACE_MS - 1)
    sitting.heard(terminal)
    sitting.watch()
    assert sitting.entries(Kind.HAND_IN) == []  # an answer may still be on the wire
    sitting.clock.run(1)
    sitting.heard(terminal)
    sitting.watch()
    sitting.watch()
    (entry,) = sitting.entries(Kind.HAND_IN)
    seat = sitting.record.state.seats[1]
    assert entry.body == {"acts": seat.acts.hex(), "by": "server", "c": 1, "form": seat.form, "seq": 0}
    assert seat.signed_seq == seat.seq == 1  # it was asked once more before that
    assert terminal.last(m.Receipt).by_clock


def test_a_seat_is_not_handed_in_while_its_line_may_be_dead_or_while_it_still_brings_acts(sitting):
    (terminal,) = sitting.begin(1)
    sitting.clock.run(LIMIT_MS)
    sitting.watch()  # asked
    sitting.clock.run(60_000)
    sitting.watch()
    assert sitting.entries(Kind.HAND_IN) == []  # nothing was heard since: nobody knows what it holds
    assert sitting.answer(terminal, 0, (0,), LIMIT_MS).late
    sitting.clock.run(GRACE_MS - 1)
    sitting.heard(terminal)
    sitting.watch()
    assert sitting.answer(terminal, 1, (0,), LIMIT_MS).late
    sitting.clock.run(GRACE_MS)
    sitting.watch()
    assert sitting.entries(Kind.HAND_IN) == []
    sitting.heard(terminal)
    sitting.watch()  # asked to sign
    sitting.watch()
    assert [entry.body["by"] for entry in sitting.entries(Kind.HAND_IN)] == ["server"]
    assert reason(sitting.answer(terminal, 2, (0,), LIMIT_MS)) is Reason.HANDED_IN


def test_a_seat_whose_acts_found_no_room_on_the_disk_at_its_deadline_is_asked_again_before_it_is_handed_in(sitting):
    (terminal,) = sitting.begin(1)
    sitting.clock.run(LIMIT_MS)
    sitting.watch()
    sitting.hall.low_disk = True
    assert reason(sitting.answer(terminal, 0, (0,), 5)) is Reason.STORE_FULL
    sitting.clock.run(60_000)
    sitting.heard(terminal)
    sitting.watch()
    sitting.hall.low_disk = False
    told = len(terminal.all(m.Clock))
    sitting.watch()
    assert sitting.entries(Kind.HAND_IN) == []
    assert len(terminal.all(m.Clock)) == told + 1  # which makes the terminal bring what it holds
    assert sitting.answer(terminal, 0, (0,), 5).late


def test_an_act_that_found_the_disk_full_at_the_deadline_is_waited_for_until_it_comes_again(sitting):
    (terminal,) = sitting.begin(1)
    sitting.clock.run(LIMIT_MS)
    sitting.watch()
    limit_pages(sitting, 0)
    fill_up(sitting)
    answers.act(sitting.hall, terminal, m.Answer(1, 0, (0,), 5))
    fill_up(sitting)
    assert terminal.last(m.Refusal).reason is Reason.STORE_FULL
    limit_pages(sitting, 1_000)
    sitting.clock.run(m.TICK_S * 1000)
    sitting.heard(terminal)
    sitting.watch()
    assert sitting.entries(Kind.HAND_IN) == []
    assert isinstance(sitting.answer(terminal, 0, (0,), 5), m.Ack)


def test_an_answer_in_the_grace_counts_as_in_time_and_one_after_it_is_marked_late(sitting):
    (terminal,) = sitting.begin(1)
    sitting.clock.run(LIMIT_MS + GRACE_MS - 1)
    ack = sitting.answer(terminal, 0, (0,), LIMIT_MS)
    assert (type(ack), ack.late) == (m.Ack, False)
    sitting.clock.run(1)
    assert sitting.answer(terminal, 1, (0,), LIMIT_MS).late is True
    assert reason(sitting.answer(terminal, 2, (0,), LIMIT_MS + 1)) is Reason.TIME_UP  # by the terminal's own word
    assert isinstance(sitting.hand_in(terminal, by_clock=True)[0], m.Ack)


def test_a_seat_that_was_cut_off_at_its_deadline_still_brings_what_it_had_answered_before_it(sitting):
    (terminal,) = sitting.begin(1)
    sitting.clock.run(LIMIT_MS - 5_000)
    sitting.hall.on_disconnect(terminal)
    sitting.clock.run(10_000)
    sitting.watch()
    sitting.clock.run(60_000)
    back = terminal_back(sitting, terminal)
    sitting.watch()
    ack = sitting.answer(back, 0, (0,), LIMIT_MS - 1)
    assert (type(ack), ack.late) == (m.Ack, True)
    assert reason(sitting.answer(back, 1, (0,), LIMIT_MS + 1)) is Reason.TIME_UP
    assert isinstance(sitting.act(back, m.Flag(2, 0, True))[0], m.Ack)
    back.seq = 2
    assert isinstance(sitting.hand_in(back, by_clock=True)[0], m.Ack)
    assert sitting.record.state.seats[1].late == 1


def test_whoever_ran_out_of_time_while_the_server_was_down_was_cut_off(issued, tmp_path):
    sitting = Sitting(issued, tmp_path)
    (terminal,) = sitting.begin(1)
    sitting.close()
    sitting.clock.run(LIMIT_MS + 60_000)
    sitting = Sitting(issued, tmp_path, sitting.clock, again=True)
    back = terminal_back(sitting, terminal)
    ack = sitting.answer(back, 0, (0,), 1_000)
    assert (type(ack), ack.late, ack.epoch) == (m.Ack, True, 2)
    sitting.close()


def test_time_added_after_time_was_up_lets_the_seat_answer_again(sitting):
    (terminal,) = sitting.begin(1)
    sitting.clock.run(LIMIT_MS + 1_000)
    sitting.watch()
    sitting.say(Kind.ADD_TIME, {"c": 1, "ms": 60_000, "reason": "补时"})
    sitting.hall.show_clocks()
    assert terminal.last(m.Clock) == m.Clock(Phase.ANSWERING, 59_000, LIMIT_MS + 1_000, 60_000)
    assert sitting.answer(terminal, 0, (0,), LIMIT_MS + 900).late is False
    sitting.hall.on_disconnect(terminal)
    sitting.watch()
    sitting.clock.run(59_000)
    sitting.watch()  # the next deadline decides anew who was cut off
    sitting.clock.run(GRACE_MS)
    back = terminal_back(sitting, terminal)
    assert sitting.answer(back, 1, (0,), LIMIT_MS + 30_000).late is True


def test_while_added_time_is_on_its_way_to_the_disk_nobody_is_handed_in_or_called_late(sitting):
    (terminal,) = sitting.begin(1)
    sitting.clock.run(LIMIT_MS + GRACE_MS)
    with sitting.hall.changing_time():
        sitting.watch()
        assert reason(sitting.answer(terminal, 0, (0,), 5)) is Reason.PAUSED
        sitting.say(Kind.ADD_TIME, {"c": 0, "ms": 60_000, "reason": "补时"})
    sitting.watch()
    assert sitting.answer(terminal, 0, (0,), 5).late is False
    assert sitting.entries(Kind.HAND_IN) == []


def test_after_a_kill_a_seat_has_the_time_that_the_clock_left_it(issued, tmp_path):
    sitting = Sitting(issued, tmp_path)
    (terminal,) = sitting.begin(1)
    sitting.clock.run(10_000)
    ack = sitting.answer(terminal)
    sitting.close()
    sitting.clock.run(20_000)
    sitting = Sitting(issued, tmp_path, sitting.clock, again=True)
    back = terminal_back(sitting, terminal, ack)
    assert back.last(m.Clock).remaining_ms == LIMIT_MS - 30_000
    assert back.last(m.FormView) == terminal.last(m.FormView)
    sitting.close()
    reboot = HandClock(5, "bb" * 16)
    sitting = Sitting(issued, tmp_path, reboot, again=True)
    assert terminal_back(sitting, terminal, ack).last(m.Clock).remaining_ms == LIMIT_MS - 30_000
    sitting.close()


# ---- late answers, hand-ins opened again ------------------------------------------------------------------------


@pytest.mark.parametrize("counts", [True, False])
def test_what_came_after_the_deadline_counts_where_the_chief_examiner_says_so(sitting, counts):
    (terminal,) = sitting.begin(1)
    for slot in (0, 1, 2):
        sitting.answer(terminal, slot, (0,), 5)
    sitting.hall.on_disconnect(terminal)
    sitting.clock.run(LIMIT_MS + 35_000)
    back = terminal_back(sitting, terminal)
    for slot, choice in ((1, (1,)), (2, ()), (3, (1,)), (3, (0,))):
        assert sitting.answer(back, slot, choice, 6).late
    seat = sitting.record.state.seats[1]
    assert seat.held == {0: (0,), 1: (1,), 2: (), 3: (0,)}
    assert seat.answers == {0: (0,), 1: (0,), 2: (0,)}
    assert (seat.late, seat.late_ms) == (4, 35_000)
    assert terminal_back(sitting, terminal).last(m.Welcome).answers == {0: (0,), 1: (1,), 3: (0,)}  # what it holds too
    sitting.shut([1], late=sitting.late_orders(counts))
    state, *_ = replay(b"".join(entry + b"\n" for entry in sitting.record.entries()))
    counting = {0: (0,), 1: (1,), 2: (), 3: (0,)} if counts else {0: (0,), 1: (0,), 2: (0,)}
    assert state.seats[1].answers == counting
    assert sitting.entries(Kind.CLOSE)[0].body["late"] == 1
    (order,) = sitting.entries(Kind.LATE)
    assert {name: order.body[name] for name in ("c", "counts", "n")} == {"c": 1, "counts": counts, "n": 4}


def test_no_session_closes_over_late_answers_that_nobody_decided_upon(sitting):
    (terminal,) = sitting.begin(1)
    sitting.clock.run(LIMIT_MS + GRACE_MS)
    sitting.answer(terminal, 0, (0,), 5)
    orders = sitting.late_orders()
    sitting.answer(terminal, 1, (0,), 5)  # one more since
    for late in ([], orders):
        with pytest.raises(Denied) as caught:
            sitting.shut([1], late=late)
        assert (caught.value.code, caught.value.facts) == (
            "late-undecided", {"seats": [sitting.toy.roster[0].admission_no]},
        )  # fmt: skip
    orders = sitting.late_orders()
    answers.act(sitting.hall, terminal, m.Answer(3, 2, (0,), 5))  # one on its way to the disk
    with pytest.raises(Denied, match="late-undecided"):
        sitting.shut([1], late=orders)
    sitting.drain()
    assert not sitting.hall.closing
    assert sitting.shut([1])


def test_an_answer_given_anew_in_added_time_needs_no_decision(sitting):
    (terminal,) = sitting.begin(1)
    sitting.clock.run(LIMIT_MS + GRACE_MS)
    sitting.answer(terminal, 0, (0,), 5)
    sitting.say(Kind.ADD_TIME, {"c": 1, "ms": 60_000, "reason": "补时"})
    assert sitting.answer(terminal, 0, (1,), LIMIT_MS).late is False
    assert sitting.late_orders() == []
    sitting.shut([1], late=[])
    assert sitting.record.state.seats[1].answers == {0: (1,)}


def test_a_record_of_before_late_answers_were_decided_upon_counts_them():
    state = SessionState()
    state.apply(Kind.SIGN_IN, {"c": 1, "token_sha256": "", "terminal": "T", "again": False}, 0, 0)
    state.apply(Kind.START, {"c": 1, "form": "", "attempt": 0, "limit_ms": 60_000}, 0, 1)
    body = {"c": 1, "slot": 0, "used_ms": 0}
    state.apply(Kind.ANSWER, body | {"choice": [0], "seq": 1, "late": False}, 1_000, 2)
    state.apply(Kind.ANSWER, body | {"choice": [1], "seq": 2, "late": True}, 70_000, 3)
    state.apply(Kind.CLOSE, {"present": 1, "absent": 0, "handed_in": 0, "waived": 1}, 80_000, 4)
    assert state.seats[1].answers == {0: (1,)}


def test_a_hand_in_opened_again_lets_the_seat_go_on_from_the_record(sitting):
    (terminal,) = sitting.begin(1)
    sitting.answer(terminal, 0, (0,))
    sitting.hand_in(terminal)
    hand_in = sitting.record.state.seats[1].hand_in_idx
    sitting.say(Kind.REOPEN, {"c": 1, "hand_in": hand_in, "reason": "误触", "sig": "00" * 64})
    sitting.hall.reopened(1)
    assert reason(terminal.sent[-1]) is Reason.REOPENED
    back = terminal_back(sitting, terminal)
    assert back.last(m.Welcome).handed_in is False
    assert back.last(m.Clock).phase is Phase.ANSWERING
    assert back.all(m.Receipt) == []
    assert sitting.answer(back, 1, (0,)).seq == 3
    assert ending.open_seats(sitting.hall) == [1]
    sitting.hand_in(back)
    assert back.last(m.Receipt).answered == 2
    assert terminal_back(sitting, terminal).last(m.Welcome).handed_in is True
    sitting.shut()
    assert sitting.entries(Kind.CLOSE)[0].body["handed_in"] == 1


# ---- closing --------------------------------------------------------------------------------------------------


def test_closing_names_every_seat_that_has_not_handed_in(sitting):
    one, *_ = sitting.begin(1, 2)
    sitting.arrive(3)
    sitting.hand_in(one)
    with pytest.raises(Denied) as caught:
        sitting.shut([3])
    assert (caught.value.code, caught.value.facts) == ("seats-open", {"seats": [sitting.toy.roster[1].admission_no]})
    assert not sitting.hall.closing
    assert isinstance(sitting.answer(sitting.hall.live[2].connection, 0), m.Ack)  # the room goes on


def test_closing_writes_waived_and_absent_by_name_and_is_the_last_entry(sitting):
    one, two = sitting.begin(1, 2)
    sitting.hand_in(one)
    sitting.shut([2])
    tail = sitting.entries()[-5:]
    assert [(entry.type, entry.body.get("c")) for entry in tail] == [
        (Kind.WAIVE, 2), (Kind.ABSENT, 3), (Kind.ABSENT, 4), (Kind.ABSENT, 5), (Kind.CLOSE, None),
    ]  # fmt: skip
    assert tail[-1].body == {"absent": 3, "handed_in": 1, "late": 0, "present": 2, "waived": 1}
    assert two.last(m.Clock).phase is Phase.CLOSED


def test_nothing_enters_after_closing_whoever_knocks(sitting):
    one, two = sitting.begin(1, 2)
    ack = sitting.answer(two)
    sitting.shut([1, 2])
    size = sitting.record.size
    for terminal in (one, two):
        for message in (m.Answer(2, 0, (0,), 0), m.Flag(2, 0, True), m.HandIn(2)):
            answers.act(sitting.hall, terminal, message)
    assert {refusal.reason for refusal in two.all(m.Refusal)} == {Reason.CLOSED}
    stranger, cheat = Terminal(), Terminal()
    sign_in(sitting.hall, stranger, m.SignIn(sitting.toy.roster[4].admission_no, sitting.toy.roster[4].id_tail))
    assert reason(stranger.sent[0]) is Reason.CLOSED
    resume(sitting.hall, cheat, m.Resume(two.token, ack.seq, ack.epoch, ack.idx, "00" * 32))  # no alarm after CLOSE
    assert reason(cheat.sent[0]) is Reason.RECORD_LOST
    sitting.hall.ready(1)
    sitting.hall.start_seat(1)
    sitting.clock.run(10 * LIMIT_MS)
    ending.watch_deadlines(sitting.hall)
    back = Terminal()
    resume(sitting.hall, back, m.Resume(two.token))
    assert back.last(m.Clock).phase is Phase.CLOSED
    assert sitting.record._queue.empty()
    assert sitting.record.size == size


def test_a_hand_in_and_a_sign_in_on_their_way_to_the_disk_are_counted_at_closing(sitting):
    one, *_ = sitting.begin(1, 2)
    line, late = sitting.toy.roster[2], Terminal()
    answers.act(sitting.hall, one, one.chain.act(m.HandIn(1)))
    sign_in(sitting.hall, late, m.SignIn(line.admission_no, line.id_tail))
    assert ending.open_seats(sitting.hall) == [2, 3]
    sitting.shut([2, 3])
    close = sitting.entries(Kind.CLOSE)[0]
    assert close.body == {"absent": 2, "handed_in": 1, "late": 0, "present": 3, "waived": 2}
    assert sorted(entry.body["c"] for entry in sitting.entries(Kind.ABSENT)) == [4, 5]


def test_a_closing_that_found_the_disk_full_is_said_and_done_again(sitting):
    (one,) = sitting.begin(1)
    sitting.hand_in(one)
    limit_pages(sitting, 0)
    fill_up(sitting)
    assert isinstance(sitting.shut(), BrokenStore)
    assert not sitting.hall.closing
    limit_pages(sitting, 1_000)
    assert sitting.shut()
    entries = sitting.record.entries()
    state, *_ = replay(b"".join(entry + b"\n" for entry in entries))
    assert state.closed
    assert state.absent == {2, 3, 4, 5}
    assert sitting.entries(Kind.CLOSE)[0].idx == len(entries) - 1


# ---- terminals vouch ------------------------------------------------------------------------------------------


def test_no_act_is_taken_before_the_terminal_has_signed_and_it_is_asked_again(sitting):
    terminal = Terminal(signs=False)
    sitting.arrive(1, terminal)
    sitting.hall.ready(1)
    sitting.drain()
    sitting.say(Kind.SESSION_START)
    sitting.hall.start_seat(1)
    sitting.drain()
    asked = terminal.last(m.Sign)
    assert (asked.seq, asked.acts) == (0, sitting.record.state.seats[1].acts.hex())
    assert reason(sitting.answer(terminal)) is Reason.UNSIGNED
    terminal.signs = True
    sitting.watch()
    assert sitting.entries(Kind.SIGNED) == []  # not so soon
    sitting.clock.run(ASK_AGAIN_MS)
    sitting.watch()
    (entry,) = sitting.entries(Kind.SIGNED)
    assert (entry.actor, entry.body["seq"], entry.body["since"]) == ("seat:1", 0, 0)
    assert isinstance(sitting.answer(terminal), m.Ack)


def test_a_seat_that_acts_signs_once_a_minute_and_after_each_checkpoint_of_the_chief_examiner(sitting):
    (terminal,) = sitting.begin(1)
    sitting.answer(terminal)
    sitting.watch()
    assert [entry.body["seq"] for entry in sitting.entries(Kind.SIGNED)] == [0]
    sitting.clock.run(SIGN_EVERY_MS)
    sitting.watch()
    assert [entry.body["seq"] for entry in sitting.entries(Kind.SIGNED)] == [0, 1]
    sitting.clock.run(SIGN_EVERY_MS)
    sitting.watch()  # nothing new to vouch for
    sitting.answer(terminal)
    sitting.hall.cosigned_ms = sitting.record.session_ms() + 1
    sitting.watch()
    assert [entry.body["seq"] for entry in sitting.entries(Kind.SIGNED)] == [0, 1, 2]


@pytest.mark.parametrize("what", ["another key", "another head", "another checkpoint", "another candidate's"])
def test_a_signature_that_is_not_this_seats_over_these_acts_enters_nowhere(sitting, what):
    one, two = sitting.begin(1, 2)
    sitting.answer(one)
    sitting.hall.ask_to_sign(1)
    signed, one.signed = one.signed[-1], []
    if what == "another key":
        signed = msgspec.structs.replace(signed, sig="00" * 64)
    elif what == "another head":
        one.chain._heads[-1] = bytes(32)
        signed = one.chain.hear(one.last(m.Sign))
    elif what == "another checkpoint":
        signed = msgspec.structs.replace(signed, root="ab" * 32)
    else:
        signed = msgspec.structs.replace(signed, sig=two.chain.hear(two.last(m.Sign)).sig)
    before = len(sitting.entries(Kind.SIGNED))
    take_signature(sitting.hall, one, signed)
    sitting.drain()
    assert len(sitting.entries(Kind.SIGNED)) == before
    alarms = [entry.body["what"] for entry in sitting.entries(Kind.ALARM)]
    # of another checkpoint nothing was asked: it is an answer to an earlier question, and no alarm
    assert alarms == {"another head": ["acts-differ"], "another checkpoint": []}.get(what, ["bad-signature"])


def test_a_hand_in_over_other_acts_is_not_taken_and_said(sitting):
    (terminal,) = sitting.begin(1)
    sitting.answer(terminal)
    terminal.chain._heads[-1] = bytes(32)  # as a terminal has it whose answer the server changed
    terminal.seq += 1
    assert reason(sitting.act(terminal, m.HandIn(terminal.seq))[0]) is Reason.UNSIGNED
    assert [entry.body["what"] for entry in sitting.entries(Kind.ALARM)] == ["acts-differ"]
    unsigned = m.HandIn(terminal.seq)
    answers.act(sitting.hall, terminal, unsigned)
    assert reason(terminal.sent[-1]) is Reason.UNSIGNED


def test_at_another_seat_the_chain_goes_on_under_the_new_terminals_key(sitting):
    (first,) = sitting.begin(1)
    sitting.answer(first, 3, (0,))
    sitting.say(Kind.ADMIT, {"c": 1, "reason": "换机", "terminal": "08"})
    sitting.hall.live[1].admitted = "08"
    second = sitting.arrive(1, at("08"))
    assert second.last(m.Welcome).acts == sitting.record.state.seats[1].acts.hex()
    sitting.drain()
    entry = sitting.entries(Kind.SIGNED)[-1]
    assert (entry.body["seq"], entry.body["since"]) == (1, 1)  # it vouches for nothing that was given elsewhere
    second.seq = 1
    assert isinstance(sitting.answer(second, 4), m.Ack)
    sitting.hand_in(second)
    assert sitting.entries(Kind.HAND_IN)[-1].body["since"] == 1
