"""What a setup refuses before anybody is called, what it takes for done, and an office killed while it is founded."""

import os
import shutil

import pytest

from bank import durable
from bank.custody import found
from bank.refused import BadFile, Denied
from examd import holders
from examd.bureau import setup
from examd.bureau.office import Office
from examd.bureau.setup import Named, Notes, Plan, Seen, Standing, Step, Survey
from tests.faults.killed import killed_before_each_write

WORD = "correct horse battery staple"
WHOLE = Plan(
    bureau=Named("B-1", "某局"), issuing_officer="王海", keyholders=("王强", "李丽", "赵敏"), need=2,
    authors=(Named("liming", "李明"), Named("chen", "陈刚")), reviewers=(Named("wangfang", "王芳"),),
    rule_officers=(Named("zhang", "张三"), Named("li", "李四")), chief="张伟", site=Named("S-1", "考点"),
)  # fmt: skip


def changed(**fields):
    return setup.msgspec.structs.replace(WHOLE, **fields)


@pytest.fixture(autouse=True)
def apart(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"bureau": Named("B/1", "某局")}, "session-name"),
        ({"keyholders": ("王强", "王强")}, "holder-twice"),
        ({"need": 4}, "shares-need-above"),
        ({"need": 1}, "shares-policy"),
        ({"authors": (Named("Li", "李明"),)}, "person-file-name"),
        ({"reviewers": (Named("wangfang", "李 明"),)}, "setup-same-person"),
        ({"reviewers": (Named("liming", "王芳"),)}, "setup-same-person"),
        ({"rule_officers": (Named("zhang", "张三"),)}, "rules-too-few-officers"),
        ({"rule_officers": (Named("zhang", "张三"), Named("san", "张三"))}, "setup-same-person"),
        ({"keyholders": ("李明", "王芳"), "need": 2}, "setup-no-vouchers"),
    ],
)
def test_a_plan_that_a_later_step_would_refuse_is_refused_when_it_is_made(fields, code):
    assert WHOLE.checked() is WHOLE and not WHOLE.missing
    with pytest.raises((BadFile, Denied)) as refused:
        changed(**fields).checked()
    assert refused.value.code == code


def test_the_first_two_are_an_author_and_a_reviewer_and_are_vouched_for_by_others():
    assert [each.id for each in WHOLE.people] == ["liming", "wangfang", "chen"]
    assert changed(keyholders=("李明", "李丽", "赵敏")).checked()  # two others are left
    assert Plan().missing == "bureau" and changed(chief="").missing == "chief"


def survey(tmp_path, **notes):
    Notes(plan=WHOLE, agreed=True, **notes).keep(tmp_path / "office")
    return Survey.of(tmp_path / "office", tmp_path / "bank", is_open=False)


def stages(found_):
    return {each.step: each for each in found_.stages()}


def test_what_is_done_is_read_off_what_lies_there(tmp_path):
    before = stages(survey(tmp_path))
    assert [step for step, each in before.items() if each.standing is Standing.NOW] == [
        Step.OFFICE, Step.BANK, Step.OFFICERS,
    ]  # fmt: skip
    Office.create(tmp_path / "office", "B-1", "某局", WORD)
    found(tmp_path / "bank", WHOLE.keyholders, 2, lambda name: f"{name}的密码句子一二三")
    between = stages(survey(tmp_path, cards_printed=True))
    assert between[Step.OFFICE].standing is between[Step.BANK].standing is Standing.DONE
    assert between[Step.SHARES].who == WHOLE.keyholders and between[Step.PEOPLE].waits_for == (Step.SHARES,)
    (tmp_path / "bank/shares/share-1-2.json").unlink()
    after = survey(tmp_path, cards_printed=True, seen=Seen(people=("liming",)))
    assert stages(after)[Step.SHARES].who == ("王强", "赵敏")
    assert [each.id for each in after.to_enrol] == ["wangfang", "chen"]
    assert after.fixed == {"bureau", "keyholders", "need", "authors", "reviewers"}


def test_notes_that_are_damaged_are_named(tmp_path):
    (tmp_path / "office").mkdir()
    (tmp_path / "office/setup.json").write_text("{")
    with pytest.raises(BadFile) as refused:
        Notes.read(tmp_path / "office")
    assert refused.value.code == "setup-notes-malformed"
    assert Notes.read(tmp_path) == Notes()


def test_a_stick_is_one_persons_whatever_lies_on_it(tmp_path):
    (tmp_path / "stick").mkdir()
    setup.require_own(WHOLE, tmp_path / "stick", "李明")
    (tmp_path / "stick/liming.key").write_bytes(b"sealed")
    holders.create(tmp_path / "stick", "rule-officer", "li", "李 明", WORD)  # the same person in another role
    setup.require_own(WHOLE, tmp_path / "stick", "李明")
    with pytest.raises(Denied) as refused:
        setup.require_own(WHOLE, tmp_path / "stick", "王芳")
    assert (refused.value.code, refused.value.facts["other"]) == ("stick-of-another", "李明")


def test_a_card_that_came_here_is_not_exchanged_for_another(tmp_path):
    for name in ("one", "two"):
        holders.create(tmp_path / "media" / name, "chief", "chief", "张伟", WORD)
    (tmp_path / "media/broken").mkdir()
    (tmp_path / "media/broken/chief.card.json").write_text("{}")
    places = sorted((tmp_path / "media").iterdir())
    first, second = setup.cards_on(places, "chief", "张伟")
    assert setup.cards_on(places, "chief", "王伟") == []
    setup.keep_card(tmp_path / "office", first)
    setup.keep_card(tmp_path / "office", first)
    with pytest.raises(Denied) as refused:
        setup.keep_card(tmp_path / "office", second)
    assert refused.value.code == "card-here-already"
    assert first.fingerprint != second.fingerprint and len(first.fingerprint.split()) == 4


@pytest.mark.skipif(os.name == "nt", reason="no fork")
def test_an_office_killed_before_any_write_is_founded_by_the_next_try(tmp_path):
    (tmp_path / "place").mkdir()

    def founded(at):
        return Office.create(at / "office", "B-1", "某局", WORD)

    deaths = 0
    for broken in killed_before_each_write(tmp_path / "place", founded):
        deaths += 1
        if not durable.is_founded(broken / "office/bureau.key"):
            founded(broken)
        office = Office(broken / "office")
        assert office.unlock(WORD).card == office.rulebook().bureau
        assert office.archive_age() == holders.unlock(broken / "office", "archive", WORD).card.age
        shutil.rmtree(broken)
    assert deaths >= 8
