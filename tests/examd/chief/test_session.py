"""A session held with the chief examiner's own device: what it signs, and what stands in the record of it."""

import json
from pathlib import Path

from examd.chief import messages
from examd.chief.judging import Step
from examd.chief.messages import Answer
from examd.documents.report import Report
from examd.documents.write import write_all
from examd.site.checkpointing import cosign_now
from examd.site.chief import ByDevice
from examd.site.closing import close_session
from examd.site.grading import grade_session
from examd.site.opening import open_session
from tests.examd.chief_hand import Hand, House
from tests.examd.toy_session import HandClock
from tests.faults.steps import failed


async def test_an_answer_that_was_lost_is_asked_for_again_and_a_command_goes_on_with_what_came(staffed, tmp_path):
    house, hand = House(staffed, HandClock()), Hand(tmp_path / "chief", staffed)
    lost = hand.look(await asked(house))  # signed and remembered, and never seen by the site
    assert messages.read(lost, Answer).lines
    async with hand.at_work() as chief:
        await open_session(house.desk, staffed.directory, chief, staffed.issued.code_1)
        await house.desk.command("start")
    (hand.stick / messages.ANSWER).write_bytes(lost)  # of another request: it is put aside
    async with hand.at_work() as chief:
        await cosign_now(house.desk, chief)
    request = await asked(house)
    (hand.stick / messages.ANSWER).write_bytes(hand.look(request))  # came while nobody waited
    n = len(hand.questions)
    await ByDevice(hand.stick).order(house.desk, "", [])
    await cosign_now(house.desk, ByDevice(hand.stick))
    assert len(hand.questions) == n and not list(hand.stick.iterdir())
    await house.end()


async def asked(house):
    if (await house.desk.status()).phase == "idle":
        await house.desk.command("prepare", package=str(house.toy.directory))
    return Path((await house.desk.command("ask-chief", orders=[]))["request"]).read_bytes()


async def test_a_device_that_was_given_a_later_beginning_asks_for_the_entries_before_it(staffed, tmp_path):
    house, hand = House(staffed, HandClock()), Hand(tmp_path / "chief", staffed)
    async with hand.at_work() as chief:
        await open_session(house.desk, staffed.directory, chief, staffed.issued.code_1)
    await house.settled()
    size = house.room.session.record.size
    late = Path((await house.desk.command("ask-chief", orders=[], since=size - 1))["request"]).read_bytes()
    answer = messages.read(hand.look(late), Answer)
    assert answer.lines == () and answer.since == hand.device.records["examd/S-1/T-1"].size
    await house.end()


async def test_a_whole_session_by_the_device(staffed, tmp_path):
    clock = HandClock()
    house, hand = House(staffed, clock), Hand(tmp_path / "chief", staffed)
    async with hand.at_work() as chief:
        opening = await open_session(house.desk, staffed.directory, chief, staffed.issued.code_1)
        assert opening.opened.separated
        assert [each.step for each in hand.questions] == [Step.UNLOCK, Step.OPENING]
        await house.desk.command("start")
        await house.sit(1, 2)
        clock.run(300_000)
        hand.clock.run(300_000)
        hand.clock.wall_s += 300
        assert (await house.desk.status()).unwitnessed_ms == 300_000
        await house.settled()
        status = await cosign_now(house.desk, chief)
        assert status.unwitnessed_ms == 0
        await house.sit(3, hand_in=False)
        number = staffed.roster[2].admission_no
        closing = await close_session(house.desk, chief, {number: "走了"})
        assert [each.step for each in hand.questions[2:]] == [Step.INTERIM, Step.CLOSING]
        asked = hand.questions[-1]
        assert [(each.code, each.facts["admission_no"]) for each in asked.oddities if "admission_no" in each.facts] == [
            ("waived", number)
        ]
        result = await grade_session(house.desk, None, staffed.issued.code_2)
    await house.end()
    write_all(Report.read(result), result, "zh")
    assert failed(result, staffed.bureau.card.sign) == []
    found = json.loads((result / "result.json").read_bytes())["signed"]
    assert found["separated"] is True and found["holders"]["chief"] == staffed.chief.card.name
    assert closing.closed.root == found["hashes"]["closing_root"]
    assert (result / "checkpoints.txt").read_text().count("— chief ") == 4
    assert (result / "checkpoints.txt").read_text().count("— chief/closing ") == 1
