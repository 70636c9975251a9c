"""Time given, stopped or claimed beyond the rule, a person where they may not be: refused, or named by the verifier.

The insider here holds the site's key and writes into the record whatever they like (`Honest.say`).
"""

import json
import subprocess
import sys
import time

import pytest

from bank.refused import BadFile, Denied
from examd.protocol import messages as m
from examd.record import orders
from examd.record.entries import Kind
from examd.site.timing import change_time
from examd.staff import Role
from tests.examd.served import hear, in_this_process, say, verified
from tests.examd.test_honest import Honest
from tests.examd.toy_session import HandClock, Staffed, Toy, holder, toy_rule

CONDUCT = {"added_minutes": 10, "paused_minutes": 20, "presence_minutes": 30}
MINUTE = 60_000


@pytest.fixture(scope="module")
def strict(tmp_path_factory):
    """A package whose rule bounds time added and pauses."""
    return Toy(tmp_path_factory.mktemp("strict"), rule=toy_rule(conduct=CONDUCT))


@pytest.fixture(scope="module")
def issued(tmp_path_factory):
    """One whose rule says nothing of it."""
    return Toy(tmp_path_factory.mktemp("issued"))


def outcomes(result, toy):
    """Check -> its findings, as the verifier writes them."""
    command = [sys.executable, "-P", "-m", "tools.verify", str(result), "--json", "--bureau-key", toy.bureau.card.sign]
    done = subprocess.run(command, capture_output=True, check=False)
    return {each["check"]: (each["status"], each["findings"]) for each in json.loads(done.stdout)["checks"]}


def failed(sitting, toy):
    sitting.shut([1])
    result = sitting.result()
    sitting.close()
    return {check["check"] for check in verified(result, toy.bureau.card.sign)[1]}


@pytest.mark.parametrize("ms", [11 * MINUTE, 10**15])
def test_more_time_than_the_rule_gives_is_named(strict, tmp_path, ms):
    sitting = Honest(strict, tmp_path)
    sitting.begin(1)
    sitting.say(Kind.ADD_TIME, {"c": 1, "ms": ms, "reason": "补时"})
    assert failed(sitting, strict) == {"limits"}


def test_time_given_in_pieces_adds_up(strict, tmp_path):
    sitting = Honest(strict, tmp_path)
    sitting.begin(1)
    for c in (1, 0, 1):
        sitting.say(Kind.ADD_TIME, {"c": c, "ms": 4 * MINUTE, "reason": "补时"})
    assert failed(sitting, strict) == {"limits"}


def test_a_rule_that_says_nothing_still_gives_no_more_than_three_hours(issued, tmp_path):
    sitting = Honest(issued, tmp_path)
    sitting.begin(1)
    sitting.say(Kind.ADD_TIME, {"c": 0, "ms": 181 * MINUTE, "reason": "补时"})
    assert failed(sitting, issued) == {"limits"}


def test_a_pause_longer_than_the_rule_allows_is_named(strict, tmp_path):
    sitting = Honest(strict, tmp_path)
    sitting.begin(1)
    sitting.say(Kind.PAUSE, {"c": 0, "reason": "停电"})
    for _ in range(21):
        sitting.clock.run(MINUTE)
        sitting.say(Kind.TICK)
    sitting.say(Kind.RESUME, {"c": 0, "reason": "来电"})
    assert failed(sitting, strict) == {"limits"}


def test_an_answer_written_into_a_pause_is_named(strict, tmp_path):
    sitting = Honest(strict, tmp_path)
    (terminal,) = sitting.begin(1)
    assert isinstance(sitting.answer(terminal, 0, (0,)), m.Ack)
    sitting.say(Kind.PAUSE, {"c": 1, "reason": "换机"})
    sitting.clock.run(5_000)
    body = {"c": 1, "choice": (1,), "late": False, "seq": 2, "slot": 0, "used_ms": 9}
    sitting.append(Kind.ANSWER, body, "seat:1")
    sitting.settle()
    sitting.say(Kind.RESUME, {"c": 1, "reason": "换机"})
    assert failed(sitting, strict) == {"limits"}


@pytest.mark.parametrize("forged", ["nobody", "another", "for less"])
def test_an_order_beyond_the_rule_is_the_chief_examiners_and_for_this_very_act(strict, tmp_path, forged):
    sitting = Honest(strict, tmp_path)
    sitting.begin(1)
    words = {"c": 1, "ms": 30 * MINUTE, "reason": "补时", "before_ms": 0}
    key = strict.chief.signing_key if forged == "for less" else strict.site.signing_key
    signed = words | ({"before_ms": 0, "ms": MINUTE} if forged == "for less" else {})
    signature = orders.sign(Kind.ADD_TIME, strict.issued.package_id, signed, key)
    sitting.say(Kind.ADD_TIME, words | {"sig": "00" * 64 if forged == "nobody" else signature})
    assert failed(sitting, strict) == {"limits"}


async def test_the_room_refuses_what_is_beyond_the_rule_until_the_chief_examiner_orders_it(tmp_path):
    toy, clock = Staffed(tmp_path, rule=toy_rule(conduct=CONDUCT)), HandClock(wall_s=int(time.time()))
    async with in_this_process(toy, clock) as site, site.desk("deputy") as desk, site.socket() as socket:
        line = toy.roster[0]
        await say(socket, m.SignIn(line.admission_no, line.id_tail))
        await hear(socket, m.Welcome)
        await say(socket, m.Ready())
        await desk.command("start")
        await hear(socket, m.FormView)

        async def nobody(beyond):
            return None

        async def chief(beyond):
            asked.append((beyond.minutes, beyond.most))
            return toy.chief

        async def stranger(beyond):
            return holder("chief")

        asked = []
        await change_time(desk, Kind.ADD_TIME, "换机", chief, ms=6 * MINUTE)
        assert not asked
        with pytest.raises(Denied, match="order-needed"):
            await change_time(desk, Kind.ADD_TIME, "换机", nobody, ms=6 * MINUTE)
        with pytest.raises(BadFile, match="order-unsigned"):
            await change_time(desk, Kind.ADD_TIME, "换机", stranger, ms=6 * MINUTE)
        await change_time(desk, Kind.ADD_TIME, "换机", chief, ms=6 * MINUTE, admission_no=line.admission_no)
        assert asked == [(12, 10)]
        await change_time(desk, Kind.PAUSE, "停电", nobody)
        clock.run(25 * MINUTE)
        with pytest.raises(Denied, match="order-needed"):
            await change_time(desk, Kind.RESUME, "来电", nobody)
        await change_time(desk, Kind.RESUME, "来电", chief)
        assert asked[1:] == [(25, 20)]
        await desk.command("on-duty")
        await desk.command("duty-lapse", name="王强", what="missing", reason="离岗")
        result = await site.close_and_grade(desk, [line.admission_no])
    found = outcomes(result, toy)
    assert [name for name, (status, _) in found.items() if status == "failed"] == []
    assert found["limits"][0] == "attention" and len(found["limits"][1]) >= 2
    said = json.dumps(found["incidents"][1], ensure_ascii=False)
    assert said.count("补时") == 2 and "停电" in said
    assert "王强 缺位：离岗" in json.dumps(found["presence"][1], ensure_ascii=False)


async def test_who_is_employed_by_a_training_institution_of_the_session_gives_no_command_in_it(tmp_path):
    toy = Staffed(tmp_path)
    book = toy.folder.staff(toy.site)
    book.change_employer("helper", "　甲 校")
    book.change_employer("closer", "某学院")
    book.close()
    async with in_this_process(toy, HandClock(wall_s=int(time.time()))) as site:
        async with site.desk("closer") as desk:
            await desk.status()
        async with site.desk("helper") as desk:
            with pytest.raises(Denied) as caught:
                await desk.command("start")
        assert caught.value.code == "conflict-of-interest"
        assert caught.value.facts == {"name": "helper", "institution": "　甲 校"}


def test_staff_of_a_training_institution_in_the_record_are_named_by_the_verifier(issued, tmp_path):
    sitting = Honest(issued, tmp_path)
    sitting.begin(1)
    sitting.say(Kind.STAFF, {"act": "start", "employer": "乙校", "name": "李", "role": Role.ADMINISTRATOR.value})
    assert failed(sitting, issued) == {"presence"}


def test_a_wall_clock_that_was_moved_and_hours_without_staff_are_told(strict, tmp_path):
    sitting = Honest(strict, tmp_path)
    sitting.begin(1)
    sitting.clock.wall_s += 7_200
    for _ in range(40):
        sitting.clock.run(MINUTE)
        sitting.clock.wall_s += 60
        sitting.say(Kind.TICK)
    sitting.shut([1])
    found = outcomes(sitting.result(), strict)
    sitting.close()
    assert found["clock-drift"][0] == found["presence"][0] == "attention"
    assert [each["facts"] for each in found["clock-drift"][1]] == [{"s": 7_200}]
    assert [each["facts"] for each in found["presence"][1]] == [{"minutes": 40, "most": 30}]


async def test_a_passphrase_is_changed_by_whoever_signed_in_with_the_one_of_before(tmp_path):
    toy, clock = Staffed(tmp_path), HandClock(wall_s=int(time.time()))
    async with in_this_process(toy, clock) as site:
        async with site.desk("watcher") as desk:
            with pytest.raises(Denied, match="passphrase-guessable"):
                await desk.command("new-passphrase", new="watcher-watcher")
            await desk.command("new-passphrase", new="梧桐 扳手 清明 十四行")
        clock.run(60_000)
        clock.wall_s += 60
        with pytest.raises(Denied, match="bad-staff"):
            async with site.desk("watcher"):
                pass
