"""Whatever honest candidates and a plain run of bad luck leave in a record, graders and auditors count alike.

A room moved by dice: outages over deadlines, a slot changed twice meanwhile, pauses within pauses, added time, kills
and reboots. What is made of it is graded by the site's code and audited by the verifier's, which share none.
"""

import json
import random

import pytest

from examd.delivery import ending, export, signing
from examd.delivery.hall import Hall
from examd.delivery.room import OpenSession, Session
from examd.delivery.sign_in import resume, sign_in
from examd.documents.report import Report
from examd.documents.write import write_all
from examd.grading import result as grading
from examd.package import layout
from examd.package import open as opening
from examd.package import seed as seeding
from examd.protocol import messages as m
from examd.record import notes
from examd.record.entries import Kind
from examd.record.state import ROOM
from tests.examd.delivery.test_hall import LIMIT_MS, Sitting, Terminal
from tests.examd.room import Room
from tests.examd.served import verified
from tests.examd.toy_session import N_ITEMS, HandClock

ROOM_R = bytes(range(32))
HERE = (1, 2, 3)


class Honest(Sitting):
    """A room that can be killed and rebooted, and whose record is whole: with checkpoints and its package beside."""

    def __init__(self, toy, folder, clock=None, *, again=False):
        Room.__init__(self, folder, clock, again=again)
        self.toy, self.folder, package = toy, folder, toy.read()
        manifest = package.manifest
        self.items = opening.items(package, toy.unlock(package, layout.ITEMS))
        roster = opening.roster(package, toy.unlock(package, layout.ROSTER))
        self.session = Session(folder, toy.site, package, self.record)
        self.say(Kind.BOOT, {"version": "t"})
        if not again:
            opening.copy(package, folder / "package")
            commit = seeding.room_commit(manifest, ROOM_R)
            self.say(
                Kind.PREPARE,
                {
                    "manifest_sha256": package.manifest_sha256, "package_id": manifest.package_id,
                    "room_commit": commit,
                },
            )  # fmt: skip
            self.name("aa" * 16)
            seed = seeding.session_seed(manifest, self.items.bureau_r, ROOM_R, commit)
            self.say(
                Kind.OPEN,
                {
                    "bureau_r": self.items.bureau_r.hex(), "holders": {"chief": "甲"}, "pool_root": manifest.pool.root,
                    "room_r": ROOM_R.hex(), "roster_sha256": manifest.roster.sha256,
                    "rule_sha256": manifest.rule.sha256, "seed": seed.hex(), "separated": False,
                },
            )  # fmt: skip
            self.checkpoint()
        seed = bytes.fromhex(self.record.state.opened["seed"])
        self.hall = Hall(package, self.record, roster, self.items, seed)
        self.session = OpenSession(self.session, self.hall)

    def say(self, kind, body=None):
        self.append(kind, body, "server" if kind in (Kind.BOOT, Kind.TICK, Kind.TERMINALS) else "staff:李")
        return self.settle()[-1]

    def checkpoint(self):
        note = self.session.checkpoint()
        self.record.cosign_note(note.number, notes.cosign(note.body, notes.CHIEF, self.toy.chief.signing_key, 5))

    def result(self):
        self.checkpoint()
        export.write(self.session)
        folder, package = self.session.result, self.session.package
        answers = opening.answers_plaintext(package, self.toy.unlock(package, layout.ANSWERS))
        grading.grade(folder, answers)
        _, root, chain = self.record.head()
        hashes = {"closing_chain": chain.hex(), "closing_root": root.hex()}
        signing.sign(folder, package.manifest, hashes, self.toy.site.signing_key)
        write_all(Report.read(folder), folder, "zh")
        return folder


class Bad:
    """Luck: what happens next in the room."""

    def __init__(self, sitting, dice):
        self.sitting, self.dice = sitting, dice
        self.terminals = dict(zip(HERE, sitting.begin(*HERE), strict=True))
        self.tokens = {c: terminal.token for c, terminal in self.terminals.items()}
        self.paused = set()

    def step(self):
        dice = self.dice
        happens = dice.choices(
            (self.answer, self.flag, self.outage, self.back, self.time, self.pause, self.add, self.hand_in, self.boot),
            (40, 5, 8, 10, 25, 4, 3, 1, 2),
        )[0]
        happens(dice.choice(HERE))

    def answer(self, c):
        item = self.dice.randrange(N_ITEMS)
        options = len(self.sitting.hall.forms.view(c).items[item].options)
        choice = self.dice.choice([(), *[(n,) for n in range(options)]])
        used = self.dice.choice((5, LIMIT_MS // 2, LIMIT_MS - 1))
        self._act(c, lambda seq: m.Answer(seq, item, choice, used))

    def flag(self, c):
        self._act(c, lambda seq: m.Flag(seq, self.dice.randrange(N_ITEMS), self.dice.random() < 0.5))

    def hand_in(self, c):
        self._act(c, lambda seq: m.HandIn(seq, self.dice.random() < 0.5))

    def _act(self, c, message):
        terminal = self.terminals[c]
        if terminal.c:
            self.sitting.act(terminal, message(self.sitting.record.state.seats[c].seq + 1))

    def outage(self, c):
        if self.terminals[c].c:
            self.sitting.hall.on_disconnect(self.terminals[c])

    def back(self, c):
        terminal = Terminal()
        terminal.chain = self.terminals[c].chain  # its journal is on the machine
        if self.dice.random() < 0.5:
            resume(self.sitting.hall, terminal, m.Resume(self.tokens[c], 0, 1, -1, ""))
        else:
            line = self.sitting.toy.roster[c - 1]
            sign_in(self.sitting.hall, terminal, m.SignIn(line.admission_no, line.id_tail))
        self.sitting.drain()
        if terminal.c:
            self.terminals[c] = terminal
            self.tokens[c] = terminal.token

    def time(self, c):
        for _ in range(self.dice.choice((1, 1, 8))):
            self.sitting.clock.run(self.dice.choice((100, 2_999, 3_001, LIMIT_MS // 5)))
            self.sitting.watch()

    def pause(self, c):
        c = self.dice.choice((ROOM, c))
        with self.sitting.hall.changing_time():
            self.sitting.say(Kind.RESUME if c in self.paused else Kind.PAUSE, {"c": c, "reason": "停电"})
        self.paused ^= {c}

    def add(self, c):
        with self.sitting.hall.changing_time():
            self.sitting.say(Kind.ADD_TIME, {"c": self.dice.choice((ROOM, c)), "ms": 60_000, "reason": "补时"})

    def boot(self, c):
        """A kill; sometimes the machine's own end, where time stands still."""
        clock = self.sitting.clock
        self.sitting.close()
        clock.run(self.dice.choice((10, LIMIT_MS // 3)))
        if self.dice.random() < 0.3:
            clock = HandClock(mono_ms=5_000, boot=f"{self.dice.getrandbits(128):032x}")
        self.sitting = Honest(self.sitting.toy, self.sitting.folder, clock, again=True)
        chains = {c: terminal.chain for c, terminal in self.terminals.items()}
        self.terminals = {c: Terminal() for c in HERE}
        for c, chain in chains.items():
            self.terminals[c].chain = chain


@pytest.mark.parametrize("seeds", [range(6), pytest.param(range(6, 150), marks=pytest.mark.campaign)], ids=len)
def test_whatever_befalls_honest_candidates_verifies(issued, tmp_path, seeds):
    late = 0
    for seed in seeds:
        folder = tmp_path / str(seed)
        folder.mkdir()
        luck = Bad(Honest(issued, folder), random.Random(seed))
        for _ in range(120):
            luck.step()
        sitting = luck.sitting
        sitting.shut(ending.open_seats(sitting.hall))
        late += sum(seat.late for seat in sitting.record.state.seats.values())
        code, failed = verified(sitting.result(), issued.bureau.card.sign)
        assert (code, [each["findings"] for each in failed]) == (0, []), seed
        sitting.close()
    assert late > len(seeds)  # it was put to the test


def test_a_slot_changed_twice_and_one_taken_back_while_cut_off_are_four_late_answers(issued, tmp_path):
    sitting = Honest(issued, tmp_path)
    (terminal,) = sitting.begin(1)
    sitting.clock.run(LIMIT_MS - 5_000)
    sitting.hall.on_disconnect(terminal)
    sitting.clock.run(20_000)
    sitting.watch()
    back = Terminal()
    resume(sitting.hall, back, m.Resume(terminal.token, 0, 1, -1, ""))
    for slot, choice in ((0, (0,)), (0, (1,)), (1, (0,)), (1, ())):
        assert sitting.answer(back, slot, choice, LIMIT_MS - 1).late is True
    sitting.shut([1])
    result = sitting.result()
    assert json.loads((result / "result.json").read_bytes())["signed"]["candidates"][0]["late"] == 4
    assert verified(result, issued.bureau.card.sign) == (0, [])
    sitting.close()
