"""The chief examiner's key misused, and the record written anew: refused by the device by name, or named by the verifier.

The insider holds the site's key and passphrase, and brings to the chief examiner's device whatever they like.
"""

import hashlib
import json
from datetime import date
from pathlib import Path

import msgspec
import pytest

from bank.merkle import Tree, consistency, leaf_hash
from bank.refused import BadFile, BrokenStore, Denied
from examd.bureau import closing as bureau_closing
from examd.chief import messages, stick
from examd.chief.judging import Step
from examd.chief.messages import Answer, Order, Request
from examd.documents.report import Report
from examd.documents.write import write_all
from examd.record import notes
from examd.record.entries import Kind
from examd.site.checkpointing import cosign_now
from examd.site.closing import close_session
from examd.site.grading import grade_session
from examd.site.opening import open_session
from tests.examd.chief_hand import DAY, Hand, House
from tests.examd.toy_session import HandClock, Staffed, holder
from tools.verify import checks

MINUTE = 60_000


class Insider:
    """Writes the whole record of a site anew, signs its checkpoints, and brings them to the device."""

    def __init__(self, house, hand):
        self.house, self.hand = house, hand
        self.entries = [json.loads(line) for line in house.room.session.record.entries()]

    def write(self, kind, body, actor="server", ms=1_000):
        last = self.entries[-1]
        self.entries.append(
            {
                **last, "idx": len(self.entries), "type": kind.value, "body": body, "actor": actor,
                "t_ms": last["t_ms"] + ms, "mono_ms": last["mono_ms"] + ms, "wall_s": last["wall_s"] + ms // 1000,
            }
        )  # fmt: skip
        return self

    def request(self, since=0, **more):
        """Asks for a signature over what the insider has written."""
        lines = [json.dumps(each, ensure_ascii=False, sort_keys=True, separators=(",", ":")) for each in self.entries]
        leaves, tree = [leaf_hash(line.encode()) for line in lines], Tree()
        for leaf in leaves[:since]:
            tree.append(leaf)
        proof = consistency(tree.edge, since, leaves[since:])
        for leaf in leaves[since:]:
            tree.append(leaf)
        toy = self.house.toy
        body = notes.body(notes.origin("S-1", "T-1"), tree.size, tree.root())
        note = notes.note(body, notes.sign(body, "site/S-1", toy.site.signing_key))
        manifest = toy.read().manifest
        return messages.written(
            Request(
                messages.REQUEST_TYPE, 1, manifest.package_id, note, since, tuple(each.hex() for each in proof),
                tuple(lines[since:]), **more,
            )
        )  # fmt: skip

    def refused(self, since=0, **more):
        with pytest.raises((Denied, BadFile, BrokenStore)) as caught:
            self.hand.device.judge(self.request(since, **more), DAY)
        return caught.value.facts.get("contradiction", caught.value.code)


@pytest.fixture
def staffed(tmp_path):
    """A site of one's own, with people on duty."""
    return Staffed(tmp_path)


@pytest.fixture
async def held(staffed, tmp_path):
    """A session that two candidates sit, opened by the device, with one checkpoint co-signed between."""
    house, hand = House(staffed, HandClock()), Hand(tmp_path / "chief", staffed)
    async with hand.at_work() as chief:
        await open_session(house.desk, staffed.directory, chief, staffed.issued.code_1)
        await house.desk.command("start")
        await house.sit(1, 2, hand_in=False)
        await cosign_now(house.desk, chief)
        yield house, hand, chief
    await house.end()


def signed(hand):
    return hand.device.records["examd/S-1/T-1"].signed.size


# ---- attack 1: the record written anew before closing ------------------------------------------------------------


async def test_nothing_before_the_last_cosigned_checkpoint_is_written_anew(held):
    house, hand, _ = held
    insider = Insider(house, hand)
    for entry in insider.entries:
        if entry["type"] == "ANSWER" and entry["body"]["c"] == 1:
            entry["body"]["choice"] = [1]  # the majority's
    insider.write(Kind.TICK, {})
    for since in (0, signed(hand)):
        assert insider.refused(since) == "chief-record-rewritten"


async def test_a_record_cut_short_or_without_its_proof_is_refused(held):
    house, hand, _ = held
    insider = Insider(house, hand)
    del insider.entries[signed(hand) - 1 :]
    assert insider.refused() == "chief-record-rewritten"
    insider = Insider(house, hand).write(Kind.TICK, {})
    forged = msgspec.structs.replace(
        messages.read(insider.request(signed(hand)), Request), proof=(hashlib.sha256(b"").hexdigest(),)
    )
    with pytest.raises(Denied) as caught:
        hand.device.judge(messages.written(forged), DAY)
    assert caught.value.code == "chief-record-rewritten"


async def test_the_proof_alone_extends_a_record_and_the_entries_must_fit_it_afterwards(held):
    house, hand, _ = held
    before, insider = signed(hand), Insider(house, hand).write(Kind.TICK, {})
    light = msgspec.structs.replace(messages.read(insider.request(before), Request), entries=())
    question = hand.device.judge(messages.written(light), DAY)
    assert (question.step, question.read) == (Step.INTERIM, False)
    hand.device.sign(question)
    insider.entries[-1]["body"] = {"x": 1}
    insider.write(Kind.TICK, {})
    assert insider.refused(before) in ("chief-record-rewritten", "chief-entry-malformed")


async def test_a_rewriting_behind_the_devices_back_contradicts_the_checkpoints_that_it_signed(staffed, tmp_path):
    """The insider closes with the device's true signatures and then changes an answer in the archive."""
    result = await graded(staffed, tmp_path)
    lines = (result / "entries.jsonl").read_text("utf-8").splitlines()
    at = next(i for i, line in enumerate(lines) if '"ANSWER"' in line)
    lines[at] = lines[at].replace('"choice":[0]', '"choice":[1]')
    (result / "entries.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    assert {"checkpoints", "chain"} <= failures(result, staffed)


# ---- attack 6: the chief examiner's key misused ------------------------------------------------------------------


async def test_a_second_closing_with_other_marks_is_refused_after_code_2(held, staffed):
    house, hand, chief = held
    before = Insider(house, hand)
    await close_session(house.desk, chief, {line.admission_no: "停电" for line in staffed.roster[:2]})
    first = signed(hand)
    answer = next(entry for entry in before.entries if entry["type"] == "ANSWER")
    before.write(Kind.ANSWER, {**answer["body"], "seq": 2, "choice": [1]}, "seat:1")
    assert before.refused() == "chief-closed-otherwise"
    again = Insider(house, hand).write(Kind.TICK, {})
    assert again.refused(first) == "chief-closed-otherwise"
    with pytest.raises(Denied):  # also by a device that was started anew: it is in its memory
        hand.unlocked().judge(again.request(first), DAY)


async def test_a_second_opening_of_a_package_is_refused(held, tmp_path):
    """A second sitting, the first one hidden: another record of the same session."""
    house, hand, _ = held
    package = messages.read(
        (house.room.session.folder / messages.REQUEST).read_bytes(), Request
    )  # what the site has on its disk
    second = Staffed(tmp_path / "second", site=house.toy.site, chief=house.toy.chief, bureau=house.toy.bureau)
    other = House(second)
    with pytest.raises(Denied) as caught:
        other_request = await asked(other, second)
        hand.device.judge(other_request, DAY)
    assert caught.value.code == "chief-other-package" and caught.value.facts["first"] == package.package_id
    await other.end()
    insider = Insider(house, hand)
    insider.entries = insider.entries[:2]
    insider.entries[1]["body"]["room_commit"] = "ab" * 32
    while len(insider.entries) <= signed(hand):
        insider.write(Kind.TICK, {})
    assert insider.refused() == "chief-record-rewritten"
    assert insider.refused(package=await first_parts(house)) == "chief-opened-otherwise"


async def asked(house, toy):
    """What a server asks the device at first."""
    await house.desk.command("prepare", package=str(toy.directory))
    return (await read(house)).read_bytes()


async def read(house):
    return Path((await house.desk.command("ask-chief", orders=[]))["request"])


@pytest.mark.parametrize("ms", [181 * MINUTE, 10**15, -5])
async def test_time_beyond_the_rule_without_an_order_is_refused(held, ms):
    insider = Insider(*held[:2]).write(Kind.ADD_TIME, {"c": 1, "ms": ms, "reason": "x"}, "staff:李")
    assert insider.refused() == ("over-the-rule" if ms > 0 else "time-taken")


async def test_an_order_of_theirs_serves_once_and_for_what_it_says(held):
    house, hand, _ = held
    words = {"c": 1, "ms": 200 * MINUTE, "before_ms": 0, "reason": "换机"}
    insider = Insider(house, hand).write(Kind.TICK, {})
    assert insider.refused(orders=(Order("ADD_TIME", {**words, "before_ms": 5}),)) == "chief-order-untrue"
    assert insider.refused(orders=(Order("LATE", {"c": 1, "counts": True, "n": 1, "reason": "x"}),)) == (
        "chief-order-untrue"
    )
    question = hand.device.judge(insider.request(orders=(Order("ADD_TIME", words),)), DAY)
    assert question.step is Step.ORDERS
    (sig,) = messages.read(hand.device.sign(question), Answer).orders
    insider.write(Kind.ADD_TIME, {**words, "sig": sig}, "staff:李")
    question = hand.device.judge(insider.request(), DAY)
    assert [(each.code, each.facts["minutes"], each.facts["name"]) for each in question.oddities] == [
        ("added", 200, "考生1")
    ]
    insider.write(Kind.ADD_TIME, {**words, "sig": sig}, "staff:李")
    assert insider.refused() == "order-of-another-moment"
    insider.entries[-1]["body"]["c"] = 2
    assert insider.refused() == "order-unsigned"


async def test_a_clock_that_was_moved_is_refused_or_named(held):
    house, hand, _ = held
    insider = Insider(house, hand).write(Kind.TICK, {})
    insider.entries[-1]["t_ms"] -= 500
    assert insider.refused() == "time-not-boot-clock"
    insider = Insider(house, hand).write(Kind.TICK, {}, ms=30 * MINUTE)  # boot clock and wall clock, both of the server
    found = {each.code: each.facts for each in hand.device.judge(insider.request(), DAY).oddities}
    assert found["clock-apart"] == {"minutes": 30} and found["wall-apart"]["minutes"] == 30
    insider = Insider(house, hand).write(Kind.TICK, {})
    insider.entries[-1]["wall_s"] += 3_600
    found = {each.code: each.facts for each in hand.device.judge(insider.request(), DAY).oddities}
    assert found["wall-moved"] == {"seconds": 3_600}


def act(insider, **more):
    answer = next(entry for entry in insider.entries if entry["type"] == "ANSWER")
    return {**answer["body"], "seq": 2, **more}


async def test_an_answer_during_a_pause_is_refused(held):
    insider = Insider(*held[:2]).write(Kind.PAUSE, {"c": 0, "reason": "停电"}, "staff:李")
    insider.write(Kind.ANSWER, act(insider), "seat:1", ms=60_000)
    assert insider.refused() == "act-in-pause"


async def test_sixteen_answers_after_the_deadline_are_refused_or_decided_upon_by_name(held):
    house, hand, _ = held
    insider = Insider(house, hand).write(Kind.TICK, {}, ms=31 * MINUTE)
    hand.clock.run(31 * MINUTE)
    hand.clock.wall_s += 31 * 60
    insider.write(Kind.ANSWER, act(insider), "seat:1")
    assert insider.refused() == "late-unmarked"
    insider.entries.pop()
    for n in range(2, 18):
        insider.write(Kind.ANSWER, act(insider, seq=n, slot=n % 10, late=True), "seat:1")
    found = {each.code: each.facts for each in hand.device.judge(insider.request(), DAY).oddities}
    assert (found["late"]["name"], found["late"]["n"], found["late"]["counts"]) == ("考生1", 16, "undecided")
    insider.write(Kind.LATE, {"c": 1, "counts": True, "n": 16, "reason": "x", "sig": "00" * 64}, "staff:李")
    assert insider.refused() == "order-unsigned"
    insider.entries.pop()
    insider.write(Kind.CLOSE, {"absent": 0, "handed_in": 0, "late": 0, "present": 2, "waived": 0}, "staff:李")
    assert insider.refused() == "late-undecided"


@pytest.mark.parametrize(
    ("kind", "body", "actor", "found"),
    [
        (Kind.START, {"c": 3, "form": "ab" * 32, "attempt": 0, "limit_ms": 1}, "server", "chief-entry-malformed"),
        (Kind.ANSWER, {}, "server", "act-not-by-seat"),
        (Kind.OPEN, {}, "staff:李", "twice"),
        (Kind.CLOSE, {"absent": 9, "handed_in": 0, "late": 0, "present": 2, "waived": 0}, "staff:李", "close-counts"),
    ],
)
async def test_a_record_that_contradicts_itself_is_never_signed(held, kind, body, actor, found):
    insider = Insider(*held[:2])
    insider.write(kind, body or (act(insider) if kind is Kind.ANSWER else body), actor)
    assert insider.refused() == found


# ---- nonsense brought to the device ------------------------------------------------------------------------------


async def test_a_package_of_another_bureau_or_for_another_key_is_refused(staffed, tmp_path):
    house = House(staffed)
    file = await asked(house, staffed)
    for changed, code in ((Staffed.__name__, "signature"), ("key", "chief-other-key")):
        toy = staffed if changed == "key" else None
        hand = Hand(tmp_path / changed, staffed)
        if toy is None:
            hand.device._memory.bureau = holder("bureau").card
        else:
            hand.device.holder = holder("chief")
        with pytest.raises(Denied) as caught:
            hand.device.judge(file, DAY)
        assert caught.value.code == code
    hand = Hand(tmp_path / "new", staffed)
    hand.device._memory.bureau = None
    with pytest.raises(Denied) as caught:
        hand.device.judge(file, DAY)
    assert caught.value.code == "chief-bureau-unknown"
    await house.end()


async def test_another_day_is_named_and_a_session_that_ran_already_is_no_opening(staffed, tmp_path):
    house, hand = House(staffed), Hand(tmp_path / "chief", staffed)
    question = hand.device.judge(await asked(house, staffed), date(2026, 12, 24))
    assert question.step is Step.UNLOCK and question.oddities[0].code == "other-date"
    await house.end()


async def test_an_opening_with_somebody_started_or_in_another_name_is_refused(staffed, tmp_path):
    house, hand = House(staffed, HandClock()), Hand(tmp_path / "chief", staffed)
    async with hand.at_work() as chief:
        await open_session(house.desk, staffed.directory, chief, staffed.issued.code_1)
    insider = Insider(house, hand)
    fresh = Hand(tmp_path / "fresh", staffed)
    parts = await first_parts(house)
    at = next(i for i, entry in enumerate(insider.entries) if entry["type"] == "OPEN")
    for change, code in (
        ({"separated": False}, "chief-separation-untrue"),
        ({"holders": {"chief": "别人"}}, "chief-other-name"),
        ({"cosign_s": 3_600}, "no-interval"),
    ):
        forged = Insider(house, fresh)
        forged.entries[at]["body"] = {**forged.entries[at]["body"], **change}
        assert forged.refused(package=parts) == code
    forged = Insider(house, fresh).write(Kind.SESSION_START, {}, "staff:李")
    assert forged.refused(package=parts) == "start-before-opening"
    await house.end()


async def first_parts(house):
    """The package's parts, as the first request brought them."""
    (house.room.session.folder / "chief-unlocked.json").unlink()
    return messages.read((await read(house)).read_bytes(), Request).package


async def test_an_interim_checkpoint_is_no_closing_at_the_bureau(held, staffed):
    house, _, _ = held
    file = notes.SEPARATOR.join(note.text for note in house.room.session.record.notes()).encode()
    with pytest.raises(Denied) as caught:
        bureau_closing.closing_of(file, staffed.read().manifest, file="checkpoints.txt")
    assert caught.value.code == "checkpoint-not-closing"


# ---- the device's memory and the stick ---------------------------------------------------------------------------


async def test_a_memory_that_was_edited_or_lost_signs_nothing(held):
    _, hand, _ = held
    file = hand.folder / "chief.memory"
    data = file.read_bytes()
    for n in (0, 20, len(data) - 1):
        file.write_bytes(data[:n] + bytes([data[n] ^ 1]) + data[n + 1 :])
        with pytest.raises(BrokenStore) as caught:
            hand.unlocked()
        assert caught.value.code == "chief-memory-altered"
    file.unlink()
    with pytest.raises(Denied) as lost:
        hand.unlocked()
    assert lost.value.code == "chief-memory-missing"


async def test_the_key_is_never_on_the_stick_that_goes_to_the_server(tmp_path):
    (tmp_path / "chief.key").write_bytes(b"")
    with pytest.raises(Denied) as caught:
        stick.waiting(tmp_path)
    assert caught.value.code == "chief-key-on-stick"


# ---- what the verifier says --------------------------------------------------------------------------------------


async def graded(staffed, tmp_path, silent_ms=0):
    house, hand = House(staffed, HandClock()), Hand(tmp_path / "chief", staffed)
    async with hand.at_work() as chief:
        await open_session(house.desk, staffed.directory, chief, staffed.issued.code_1)
        await house.desk.command("start")
        await house.sit(1, 2)
        await cosign_now(house.desk, chief)
        house.clock.run(silent_ms)
        await close_session(house.desk, chief, {})
        result = await grade_session(house.desk, None, staffed.issued.code_2)
    await house.end()
    write_all(Report.read(result), result, "zh")
    return result


def judged(result, toy):
    return {out.name: out for out in checks.run(result, bytes.fromhex(toy.bureau.card.sign))[1]}


def failures(result, toy):
    return {name for name, out in judged(result, toy).items() if out.failures}


async def test_gaps_between_co_signatures_and_clocks_that_part_are_named(staffed, tmp_path):
    result = await graded(staffed, tmp_path, silent_ms=20 * MINUTE)
    out = judged(result, staffed)["interim"]
    assert {each.code for each in out.attentions} == {"cosign_gap", "cosign_clock"} and not out.failures
    gap = next(each for each in out.attentions if each.code == "cosign_gap")
    assert (gap.facts["minutes"], gap.facts["promised"]) == (20, 5)


async def test_a_checkpoint_signed_as_the_closing_before_the_end_and_one_that_is_not_are_named(staffed, tmp_path):
    result = await graded(staffed, tmp_path)
    assert failures(result, staffed) == set()
    file = result / "checkpoints.txt"
    whole = file.read_text("utf-8")
    file.write_text("".join(line for line in whole.splitlines(True) if "chief/closing" not in line), "utf-8")
    assert failures(result, staffed) == {"closing-checkpoint"}
    first, *rest = whole.split(notes.SEPARATOR)
    body = first.partition("\n\n")[0] + "\n"
    early = first + notes.cosign(body, notes.CLOSING, staffed.chief.signing_key, 1_790_000_000)
    file.write_text(notes.SEPARATOR.join([early, *rest]), "utf-8")
    assert failures(result, staffed) == {"closing-checkpoint"}


async def test_separated_is_said_of_two_machines_alone(staffed, tmp_path):
    house = House(staffed, HandClock())
    hand = Hand(tmp_path / "chief", staffed, HandClock(boot=house.clock.boot))
    async with hand.at_work() as chief:
        opening = await open_session(house.desk, staffed.directory, chief, staffed.issued.code_1)
    assert opening.opened.separated is False
    await house.end()
