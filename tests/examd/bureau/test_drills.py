"""Drills draw on nothing of a bank that serves sessions: no confidential item, no exposure, no watermark."""

import secrets
from contextlib import nullcontext
from datetime import UTC, datetime

import pytest

from bank import rules
from bank.authoring import lifecycle, people
from bank.authoring.people import Role
from bank.authoring.review import State
from bank.clock import today
from bank.composing.availability import rule_availability
from bank.composing.trial import issuable, try_forms, try_season
from bank.content import Content, ItemType, Option
from bank.item import AnswerKey, Item
from bank.lending.outgoing import Door
from bank.lending.slices import Permission
from bank.refused import Denied
from bank.store import Bank
from examd import holders
from examd.bureau import roster
from examd.bureau.issuing import Order, RuleToUse, issue_session
from examd.bureau.office import Office
from examd.package.layout import Session
from tests.reviewing import approve

PASSPHRASE = "correct horse battery"
RULE = """\
id = "S"
version = 1
name = "小规则"
subjects = ["SP-ELV"]
source = "test"
effective_from = 2026-01-01
grading = "site"
minutes = 30
total_points = 5
pass_points = 4
cells = [{ type = "single", chapter = "1", count = 5, points = 1 }]
[pool]
multiple = 3
[types]
single = { count = 5, points = 1 }
[levels]
any = 5
[chapters]
"1" = { name = "一", points = 5 }
"""


def item(number, *tags):
    content = Content(ItemType.SINGLE, f"第 {number} 题：先做什么？", (Option("验电"), Option("合闸"), Option("离开")))
    return Item(content, AnswerKey((0,)), "1", p4=7_000, subject="SP-ELV", tags=tags)


OPEN = [item(n, "公开") for n in range(20)]
CONFIDENTIAL = [item(100 + n) for n in range(20)] + [item(200, "公开", "保密")]


@pytest.fixture
def bank(tmp_path):
    hands = {name: people.create(tmp_path / f"{name}.key", PASSPHRASE) for name in ("li", "wang")}
    with Bank.create(tmp_path / "bank", PASSPHRASE) as made:
        for name, hand in hands.items():
            lifecycle.enrol(made, hand, name, frozenset(Role))
        lifecycle.add(made, OPEN + CONFIDENTIAL, hands["li"])
        lifecycle.submit(made, list(made.items.outlines(state=State.DRAFT)), hands["li"])
        approve(made, list(made.items.outlines(state=State.IN_REVIEW)), hands["wang"])
        yield made


@pytest.fixture
def desk(tmp_path):
    office, bureau = Office.create(tmp_path / "office", "B", "局", PASSPHRASE)
    site, chief = (holders.create(tmp_path / role, role, role, role, PASSPHRASE) for role in ("site", "chief"))
    rows = [["准考证号", "姓名", "身份证号", "培训机构"], ["1", "王伟", "140600199001010011", "甲校"]]
    people_ = roster.check_rows(rows, "roster").whole()

    def issue(bank, *, mock=True, rule=RULE):
        session = Session("S-1", "场", today().isoformat(), "site", "考点", mock)
        given = (people_, site.card, chief.card, tmp_path / "stick", datetime.now(UTC))
        order = Order(session, RuleToUse(rules.parse(rule.encode())), *given)
        return issue_session(order, office, bureau, lambda: nullcontext(bank), secrets.token_bytes)

    return issue


def standing(bank):
    return bank.exposure.uses(), bank.watermarks.all(), bank.history.head()


def test_a_drill_takes_open_items_alone_and_leaves_the_bank_as_it_was(bank, desk):
    before = standing(bank)
    done = desk(bank)
    assert set(done.issued.meeting) <= {each.id for each in OPEN}
    assert done.withheld == {"item-confidential-at-drill": len(CONFIDENTIAL)}
    assert (done.issued.watermarks, done.counted, done.watermarks_until) == ((), False, "")
    assert standing(bank)[:2] == before[:2] == ([], [])
    (taken,) = bank.outgoing.all()  # but that these items left, and for whom, stands there
    assert (taken.door, taken.items, taken.to, taken.bureau_name) == (Door.ISSUE, 15, "S-1 site 考点", "局")


def test_a_drill_of_a_bank_without_open_items_is_refused(bank, desk):
    with pytest.raises(Denied, match="cell"):
        desk(bank, rule=RULE.replace("= 4", "= 17").replace("= 5", "= 21").replace("count = 5", "count = 21"))
    assert bank.outgoing.all() == []


def test_in_a_bank_of_samples_drills_are_all_there_is_and_they_are_counted(tmp_path, desk):
    with Bank.create(tmp_path / "samples", PASSPHRASE, sample=True) as samples:
        samples.drafts.add(CONFIDENTIAL, approve_as_sample=True)
        done = desk(samples)
        assert done.counted and len(samples.exposure.uses()) == 15 and samples.outgoing.all() == []


def test_trying_a_rule_uses_up_nothing(bank):
    rule, before = rules.parse(RULE.encode()), standing(bank)
    for kind, held in ((Permission.EXAM, 41), (Permission.DRILL, 20)):
        available = rule_availability(bank, rule, today(), kind, 10)
        assert len(available.in_cells) == held
        assert issuable(available, rule, 10).refusal is None
        try_forms(available, rule, 10, 20)
        try_season(available, rule, 10, 3, 7)
    assert standing(bank) == before and bank.outgoing.all() == []


def test_forms_more_alike_than_the_rule_lets_them_be_are_not_issued_and_nothing_leaves(bank, desk):
    with pytest.raises(Denied, match="rule-forms-alike") as caught:
        desk(bank, rule=RULE.replace("multiple = 3", "multiple = 1"))
    assert caught.value.facts == {"rule": "S", "found": "100%", "most": "50%"}
    assert bank.outgoing.all() == []
    said = RULE.replace("multiple = 3", 'multiple = 1\nalike = { share = "1", reason = "统一试卷" }')
    assert desk(bank, rule=said).issued.pool_size == 5
