"""The conversation with a hall that cuts lines, loses acknowledgements, restarts, pauses, fills up and rolls back."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from examd.protocol import acts
from examd.protocol import messages as m
from examd.protocol.reasons import Reason
from terminal import client as client_module
from terminal.client import Client
from terminal.conversation import OVERDUE_TICKS
from terminal.heard import GaveUp, Link, Trouble
from terminal.machine import Machine
from terminal.outbox import Kept, Outbox, Restored
from tests.terminal.hall import PACKAGE, Hall, certificate

NUMBER, TAIL = "2406150312", "12345X"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(client_module, "FIRST_RETRY_S", 0.05)
    monkeypatch.setattr(client_module, "LAST_RETRY_S", 0.2)
    monkeypatch.setattr(client_module, "CONNECT_S", 60)  # a busy machine is not an absent network
    monkeypatch.setattr(client_module, "HEARTBEAT_S", 60)


@pytest.fixture
async def hall(tmp_path):
    async with Hall(tmp_path, n_items=10) as hall:
        yield hall


@dataclass
class Terminal:
    """A client with an outbox and nobody at the screen."""

    hall: Hall
    journal: Path
    trust: Path | None = None
    heard: list = field(default_factory=list)

    async def __aenter__(self) -> "Terminal":
        self.machine = Machine.new()
        trust = self.trust or self.hall.trust
        self.client = Client(self.hall.server, trust, self.heard.append, self._open, self.machine)
        self._task = asyncio.create_task(self.client.run())
        return self

    async def __aexit__(self, *_) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        if self.client.outbox is not None:
            self.client.outbox.let_go()  # as the system does when a program ends

    def _open(self, welcome: m.Welcome) -> Outbox:
        self.outbox = Outbox(self.journal)
        return self.outbox

    async def until(self, true, what: str = "") -> None:
        async with asyncio.timeout(60):
            while not true():
                await asyncio.sleep(0.01)

    def has(self, kind) -> bool:
        return any(isinstance(h, kind) if isinstance(kind, type) else h == kind for h in self.heard)

    async def begin(self) -> None:
        """Signed in, ready, started."""
        self.client.sign_in(NUMBER, TAIL)
        await self.until(lambda: self.has(m.Welcome))
        self.client.ready()
        await self.until(lambda: self.record.ready)
        await self.hall.start()
        await self.until(lambda: self.has(m.FormView))

    @property
    def record(self):
        return self.hall.records[NUMBER]

    async def answer(self, *slots: int, choice=(1,)) -> None:
        for slot in slots:
            self.outbox.answer(slot, choice, 1000)
        self.client.written()

    async def at_rest(self) -> None:
        """The client has let go of its line and waits to be asked: nothing more comes of itself."""
        await self.until(lambda: not self.client.conversation.wanted.is_set() and self.client._socket is None)

    async def confirmed(self) -> None:
        await self.until(lambda: not self.outbox.pending)


async def test_answers_arrive_in_order_and_are_confirmed(hall, tmp_path):
    async with Terminal(hall, tmp_path / "j") as terminal:
        await terminal.begin()
        await terminal.answer(*range(10))
        await terminal.confirmed()
        assert [act.seq for act in terminal.record.acts] == list(range(1, 11))
        assert terminal.outbox.kept(9) is Kept.CONFIRMED


async def test_a_wrong_candidate_is_told_and_may_try_again(hall, tmp_path):
    async with Terminal(hall, tmp_path / "j") as terminal:
        terminal.client.sign_in(NUMBER, "000000")
        await terminal.until(lambda: terminal.has(m.Refusal))
        assert terminal.heard[-1].reason is Reason.UNKNOWN_CANDIDATE
        terminal.client.sign_in(NUMBER, TAIL)
        await terminal.until(lambda: terminal.has(m.Welcome))


async def test_a_server_outside_the_chain_is_never_spoken_to(hall, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    async with Terminal(hall, tmp_path / "j", certificate(other)[0]) as terminal:
        terminal.client.sign_in(NUMBER, TAIL)
        await terminal.until(lambda: terminal.has(Link.UNTRUSTED))
        assert hall.heard == []


async def test_answers_given_while_the_network_is_away_catch_up(hall, tmp_path):
    async with Terminal(hall, tmp_path / "j") as terminal:
        await terminal.begin()
        await terminal.answer(0)
        await terminal.confirmed()
        await hall.go_away()
        await terminal.until(lambda: terminal.has(Link.AWAY))
        await terminal.answer(1, 2, 3)
        await terminal.until(lambda: terminal.outbox.kept(3) is Kept.SAVED)
        assert len(terminal.record.acts) == 1
        hall.come_back()
        await terminal.confirmed()
        assert [act.slot for act in terminal.record.acts] == [0, 1, 2, 3]


async def test_a_line_cut_again_and_again_loses_nothing_and_doubles_nothing(hall, tmp_path):
    async with Terminal(hall, tmp_path / "j") as terminal:
        await terminal.begin()
        for turn in range(12):
            await terminal.answer(turn % 10, choice=(turn % 2,))
            hall.lose_acks = turn % 3
            await asyncio.sleep(0.01)  # long enough for anything or nothing of it to arrive
            await hall.cut()
        hall.lose_acks = 0
        await terminal.confirmed()
        assert [act.seq for act in terminal.record.acts] == list(range(1, 13))
        assert terminal.record.answers() == terminal.outbox.answers


async def test_lost_acknowledgements_are_learnt_at_the_next_welcome(hall, tmp_path):
    async with Terminal(hall, tmp_path / "j") as terminal:
        await terminal.begin()
        hall.lose_acks = 3
        await terminal.answer(0, 1, 2)
        await terminal.until(lambda: len(terminal.record.acts) == 3)
        await hall.cut()
        await terminal.confirmed()
        assert len(terminal.record.acts) == 3


async def test_a_server_that_ticks_and_does_not_acknowledge_is_asked_anew(hall, tmp_path):
    async with Terminal(hall, tmp_path / "j") as terminal:
        await terminal.begin()
        hall.lose_acks = 1
        await terminal.answer(0)
        await terminal.until(lambda: len(terminal.record.acts) == 1)
        for _ in range(OVERDUE_TICKS):
            await hall.change()
        await terminal.confirmed()


async def test_a_killed_terminal_signs_in_again_and_sends_what_was_pending(hall, tmp_path):
    async with Terminal(hall, tmp_path / "j") as terminal:
        await terminal.begin()
        await terminal.answer(0, 1)
        await terminal.confirmed()
        await hall.go_away()
        await terminal.answer(2, 3)
        await terminal.until(lambda: terminal.outbox.kept(3) is Kept.SAVED)
    hall.come_back()
    async with Terminal(hall, tmp_path / "j") as again:
        again.client.sign_in(NUMBER, TAIL)
        await again.until(lambda: again.has(Restored))
        restored = next(h for h in again.heard if isinstance(h, Restored))
        assert (restored.answered, restored.resent) == (4, 2)
        await again.confirmed()
        assert [act.slot for act in again.record.acts] == [0, 1, 2, 3]


async def test_a_second_program_gets_the_journal_when_the_first_lets_go_of_it(hall, tmp_path):
    """Which it does when it hears that its seat was taken over."""
    first = Outbox(tmp_path / "j")
    async with Terminal(hall, tmp_path / "j") as terminal:
        asyncio.get_running_loop().call_later(0.2, first.let_go)
        terminal.client.sign_in(NUMBER, TAIL)
        await terminal.until(lambda: terminal.has(Restored))
        assert not terminal.has(Trouble.IN_USE)


async def test_a_journal_that_another_program_keeps_open_is_named(hall, tmp_path):
    stubborn = Outbox(tmp_path / "j")
    async with Terminal(hall, tmp_path / "j") as terminal:
        terminal.client.sign_in(NUMBER, TAIL)
        await terminal.until(lambda: terminal.has(Trouble.IN_USE))
        assert terminal.client.outbox is None
        stubborn.let_go()
        terminal.client.sign_in(NUMBER, TAIL)
        await terminal.until(lambda: terminal.has(Restored))


async def test_another_machine_goes_on_from_the_record(hall, tmp_path):
    async with Terminal(hall, tmp_path / "j") as terminal:
        await terminal.begin()
        await terminal.answer(0, 1)
        await terminal.confirmed()
    async with Terminal(hall, tmp_path / "other") as other:
        other.client.sign_in(NUMBER, TAIL)
        await other.until(lambda: other.has(Restored))
        await other.answer(2)
        await other.confirmed()
        assert [act.seq for act in other.record.acts] == [1, 2, 3]


async def test_a_server_rolled_back_below_its_acknowledgement_is_an_alarm_on_both_sides(hall, tmp_path):
    async with Terminal(hall, tmp_path / "j") as terminal:
        await terminal.begin()
        await terminal.answer(0, 1, 2)
        await terminal.confirmed()
        await hall.go_away()
        del terminal.record.acts[1:], terminal.record.heads[2:]
        hall.come_back()
        await terminal.until(lambda: terminal.has(Trouble.RECORD_LOST))
        assert len(terminal.record.acts) == 1


async def test_a_rolled_back_server_is_shown_the_journal_after_a_restart_too(hall, tmp_path):
    """Signing in carries no acknowledgement, so the terminal comes again with Resume before it sends anything."""
    async with Terminal(hall, tmp_path / "j") as terminal:
        await terminal.begin()
        await terminal.answer(0, 1, 2)
        await terminal.confirmed()
    del terminal.record.acts[1:], terminal.record.heads[2:]
    async with Terminal(hall, tmp_path / "j") as again:
        again.client.sign_in(NUMBER, TAIL)
        await again.until(lambda: again.has(Trouble.RECORD_LOST))
    assert hall.heard[-1].acked_seq == 3


async def test_acts_refused_for_a_pause_wait_and_go_out_when_it_ends(hall, tmp_path):
    async with Terminal(hall, tmp_path / "j") as terminal:
        await terminal.begin()
        hall.mute = True  # the terminal has not heard of the pause
        await hall.pause()
        await terminal.answer(0, 1, 2)
        await terminal.until(lambda: terminal.has(m.Refusal))
        assert terminal.record.acts == []
        hall.mute = False
        await hall.go_on()
        await terminal.confirmed()
        assert len(terminal.record.acts) == 3


async def test_a_full_store_is_waited_for(hall, tmp_path):
    async with Terminal(hall, tmp_path / "j") as terminal:
        await terminal.begin()
        hall.full = True
        await terminal.answer(0, 1)
        await terminal.until(lambda: terminal.has(m.Refusal))
        hall.full = False
        await hall.change()  # the next tick
        await terminal.confirmed()


async def test_answers_after_the_deadline_are_given_up_and_the_hand_in_still_counts(hall, tmp_path):
    async with Terminal(hall, tmp_path / "j") as terminal:
        await terminal.begin()
        await terminal.answer(0)
        await terminal.confirmed()
        await hall.change(limit_ms=0)
        await terminal.answer(1, 2)
        terminal.outbox.hand_in(by_clock=True)
        terminal.client.written()
        await terminal.until(lambda: terminal.has(m.Receipt))
        assert sum(h.count for h in terminal.heard if isinstance(h, GaveUp)) == 2
        assert [type(act) for act in terminal.record.acts] == [m.Answer, m.HandIn]


async def test_a_gap_is_closed_by_beginning_again(hall, tmp_path):
    async with Terminal(hall, tmp_path / "j") as terminal:
        await terminal.begin()
        await terminal.answer(0)
        await terminal.confirmed()
        terminal.client.conversation.connection.sent = 2  # as if an act had gone missing on the way
        await terminal.answer(1, 2, 3)
        await terminal.confirmed()
        assert sum(isinstance(h, m.Resume) for h in hall.heard) == 1
        assert [act.slot for act in terminal.record.acts] == [0, 1, 2, 3]


async def test_a_seat_taken_over_is_let_go(hall, tmp_path):
    async with Terminal(hall, tmp_path / "j") as terminal:
        await terminal.begin()
        await hall._refuse(terminal.record.socket, Reason.TAKEN_OVER, fatal=True)
        await terminal.until(lambda: terminal.has(Trouble.TAKEN_OVER))
        await terminal.at_rest()
        assert sum(isinstance(h, m.SignIn | m.Resume) for h in hall.heard) == 1


async def test_garbage_from_the_server_only_begins_the_connection_again(hall, tmp_path):
    async with Terminal(hall, tmp_path / "j") as terminal:
        await terminal.begin()
        await terminal.record.socket.send_str('{"t":"no-such-thing"}')
        await terminal.until(lambda: terminal.has(Link.AWAY))
        await terminal.answer(0)
        await terminal.confirmed()


async def test_a_word_of_another_epoch_counts_for_nothing(hall, tmp_path):
    async with Terminal(hall, tmp_path / "j") as terminal:
        await terminal.begin()
        hall.epoch = 99
        await terminal.answer(0)
        await terminal.until(lambda: len(terminal.record.acts) == 1)
        await terminal.until(lambda: terminal.has(m.Ack))
        assert terminal.outbox.pending
        await hall.cut()
        await terminal.confirmed()


async def test_a_journal_that_cannot_be_written_is_trouble_and_sends_nothing(hall, tmp_path, monkeypatch):
    async with Terminal(hall, tmp_path / "j") as terminal:
        await terminal.begin()

        def broken() -> None:
            raise OSError(28, "full")

        monkeypatch.setattr(terminal.outbox.journal, "sync", broken)
        await terminal.answer(0)
        await terminal.until(lambda: terminal.has(Trouble.JOURNAL))
        assert terminal.record.acts == []
        assert terminal.outbox.kept(0) is Kept.WRITING


async def test_leaving_the_seat_forgets_it(hall, tmp_path):
    async with Terminal(hall, tmp_path / "j") as terminal:
        terminal.client.sign_in(NUMBER, TAIL)
        await terminal.until(lambda: terminal.has(m.Welcome))
        terminal.client.leave()
        await terminal.until(lambda: terminal.record.socket is None)
        await terminal.at_rest()
        assert sum(isinstance(h, m.Resume) for h in hall.heard) == 0
        assert not terminal.has(Link.AWAY)


async def test_a_journal_that_cannot_be_opened_is_trouble_and_not_a_dead_network(hall, tmp_path):
    (tmp_path / "j").mkdir()  # a folder where the file should be
    async with Terminal(hall, tmp_path / "j") as terminal:
        terminal.client.sign_in(NUMBER, TAIL)
        await terminal.until(lambda: terminal.has(Trouble.JOURNAL))
        await terminal.at_rest()
        assert not terminal.has(Link.AWAY)
        assert sum(isinstance(h, m.SignIn | m.Resume) for h in hall.heard) == 1


async def test_signing_in_again_after_the_welcome_keeps_the_seat(hall, tmp_path):
    async with Terminal(hall, tmp_path / "j") as terminal:
        await terminal.begin()
        terminal.client.sign_in(NUMBER, TAIL)
        await hall.cut()
        await terminal.answer(0)
        await terminal.confirmed()


async def test_what_was_acknowledged_is_signed_when_asked_and_a_hand_in_over_all(hall, tmp_path):
    async with Terminal(hall, tmp_path / "j") as terminal:
        await terminal.begin()
        await terminal.until(lambda: terminal.record.signed)
        await terminal.answer(0, 1, 2)
        await terminal.confirmed()
        await hall.ask(terminal.record)
        await terminal.until(lambda: len(terminal.record.signed) == 2)
        head = terminal.record.head.hex()
        terminal.outbox.hand_in()
        terminal.client.written()
        await terminal.until(lambda: terminal.has(m.Receipt))
        signed = terminal.record.signed[-1]
        assert (signed.seq, signed.acts, signed.since) == (3, head, 0)
        (handed_in,) = [message for message in hall.heard if isinstance(message, m.HandIn)]
        for each in (signed, handed_in.signed):
            said = acts.Vouched(PACKAGE, 1, hall.form.digest, 0, each.seq, each.acts, each.size, each.root)
            assert said.is_signed(each.sig, terminal.machine.public)
            assert not said.is_signed(each.sig, Machine.new().public)
        assert handed_in.signed.acts == terminal.record.head.hex()


async def test_a_terminal_signs_its_own_acts_whatever_head_the_server_names(hall, tmp_path):
    async with Terminal(hall, tmp_path / "j") as terminal:
        await terminal.begin()
        await terminal.answer(0, 1)
        await terminal.confirmed()
        own = terminal.outbox.head(2)
        terminal.record.acts[0] = m.Answer(1, 0, (3,), 1000)  # rewritten behind its back
        await hall.ask(terminal.record)
        await terminal.until(lambda: any(each.seq == 2 for each in terminal.record.signed))
        assert terminal.record.signed[-1].acts == own != terminal.record.head.hex()


async def test_a_receipt_over_other_answers_is_not_shown(hall, tmp_path):
    async with Terminal(hall, tmp_path / "j") as terminal:
        await terminal.begin()
        await terminal.answer(0, 1)
        await terminal.confirmed()
        terminal.record.acts[0] = m.Answer(1, 0, (3,), 1000)
        terminal.outbox.hand_in()
        terminal.client.written()
        await terminal.until(lambda: terminal.has(Trouble.RECORD_LOST))
        assert not terminal.has(m.Receipt)
