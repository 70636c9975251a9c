"""A bank knows its trades: an item is of one subject, a rule draws from those it names, and nothing else gets in."""

from collections import Counter
from datetime import date

import pytest
from msgspec import structs

from bank import formats, subjects
from bank.authoring import lifecycle, review
from bank.authoring.review import State
from bank.composing.availability import availability, rule_availability
from bank.composing.pool import facts_of, tally
from bank.composing.pool_selection import session_pool
from bank.content import Background, Content, ItemType, Option
from bank.formats.draft import BadRow, Draft, DraftOption, finish
from bank.item import AnswerKey, Item, flaw
from bank.lending.slices import Permission
from bank.refused import BadFile, BrokenStore, Denied
from bank.rules import Rule, propose
from bank.store import Bank
from bank.store.listing import Lack, Wanted
from tests.bank.authoring.test_review import BOTH, bank, hand, item, keys, reopen, sql  # noqa: F401 - fixtures
from tests.bank.composing.test_availability import plain
from tests.reviewing import approve

DAY = date(2026, 12, 5)
ELECTRICIAN, RADIO = "SP-ELV", "X-CRAC"


def rule(*codes, **changes):
    said = {
        "id": "R", "version": 1, "name": "规则", "source": "test", "effective_from": "2026-01-01",
        "grading": "site", "minutes": 30, "total_points": 4, "pass_points": 3, "pool": {"multiple": 2},
        "types": {"single": {"count": 4, "points": 1}}, "chapters": {"1": {"name": "一", "points": 4}},
        "levels": {"any": 4}, "cells": [{"type": "single", "chapter": "1", "count": 4, "points": 1}],
    }  # fmt: skip
    return Rule.from_json(said | ({"subjects": list(codes)} if codes else {}) | changes)


@pytest.fixture
def mixed(tmp_path):
    """Three electrician's items and 87 of amateur radio, all of chapter 1, and two of which nobody said."""
    with Bank.create(tmp_path / "mixed", "correct horse battery", sample=True) as made:
        given = [plain(n, subject=ELECTRICIAN) for n in range(9)] + [plain(n, subject=RADIO) for n in range(9, 96)]
        made.drafts.add([*given, plain(96), plain(97)], approve_as_sample=True)
        yield made


# -- the code list -----------------------------------------------------------------------------------------------------


def test_the_list_is_dated_and_names_every_subject_once():
    listed = subjects.SUBJECTS.values()
    assert subjects.EDITION and len({each.name for each in listed}) == len(listed)
    assert all(subjects.well_formed(each.code) and subjects.named(each.name) == each.code for each in listed)
    kinds = {each.kind for each in listed} - {""}
    assert len(kinds) == 10 and kinds < subjects.SUBJECTS.keys()  # 其他特种作业 has no operations
    assert sum(each.kind == "SP-D" for each in listed) == 16


def test_every_subject_names_its_source_and_what_was_recalled_says_so():
    by_code = subjects.SUBJECTS
    assert {each.source.day.isoformat() for each in by_code.values() if each.source.day} == {"2010-05-24", "2022-02-24"}
    assert by_code["SP-ELV"].source is subjects.CATALOGUE and not by_code["SP-ELV"].recalled
    own = [each.name for each in by_code.values() if each.kind == "SP-E" and each.source is subjects.CATALOGUE]
    assert own == ["高压电工作业", "低压电工作业", "防爆电气作业"]  # 1.1 to 1.3 of the catalogue; the others came later
    assert {each.code for each in by_code.values() if each.recalled} == subjects.RECALLED <= by_code.keys()
    assert subjects.named("其他特种作业") == subjects.named("应急管理部认定的其他作业") == "SP-X"


@pytest.mark.parametrize(
    ("word", "code"),
    {"低压电工": "SP-ELV", "低压电工作业": "SP-ELV", " ｓｐ-elv ": "SP-ELV", "危险化学品 主要负责人": "HC-P", "x-crac": "X-CRAC",
     "低压 电工 作业": "SP-ELV", "无线电": None, "SP-ELW": None, "X-": None, "电工": "SP-E"}.items(),
)  # fmt: skip
def test_a_subject_is_named_by_code_or_name(word, code):
    assert subjects.named(word) == code


# -- items -------------------------------------------------------------------------------------------------------------


def test_identity_is_the_question_alone_and_what_was_signed_before_keeps_its_digest():
    assert item().id == structs.replace(item(), subject=ELECTRICIAN).id
    assert "subject" not in review.about(item())
    assert review.seal(item(), "s").about != review.seal(structs.replace(item(), subject=ELECTRICIAN), "s").about
    assert flaw(structs.replace(item(), subject="低压电工")) == "subject-malformed"


def draft(**more):
    return Draft(stem="先做什么？", options=[DraftOption("验电"), DraftOption("合闸")], answer="A", **more)


def test_a_row_states_its_subject_by_code_or_name_and_an_unknown_one_is_refused():
    assert finish(draft(subject="低压电工作业"), str).subject == "SP-ELV"
    assert finish(draft(kind_of_work="电工作业"), str).subject == "SP-E"
    assert finish(draft(kind_of_work="电工作业", subject="低压电工"), str).subject == "SP-ELV"
    assert finish(draft(subject="—"), str).subject == ""
    with pytest.raises(BadRow) as caught:
        finish(draft(subject="低压电公"), str)
    assert caught.value.reason == "unknown-subject"
    with pytest.raises(BadRow) as caught:
        finish(draft(kind_of_work="高处作业", subject="低压电工"), str)
    assert caught.value.reason == "subject-of-other-kind"


HEAD = "题干,答案,选项A,选项B,章节"


@pytest.mark.parametrize("heading", ["科目", "操作项目", "工种", "作业类别", "subject"])
def test_a_column_of_a_table_states_the_subject(tmp_path, heading):
    word = "电工作业" if heading == "作业类别" else "低压电工"
    (tmp_path / "a.csv").write_text(
        f"{HEAD},{heading}\n问一,A,甲,乙,1,{word}\n问二,A,甲,乙,1,无线电\n问三,A,甲,乙,1,\n"
    )
    found = formats.read(tmp_path / "a.csv")
    assert [each.subject for each in found.items] == [subjects.named(word), ""]
    assert [(each.row, each.reason) for each in found.refused] == [(3, "unknown-subject")]


def test_a_whole_file_is_said_to_be_of_one_subject_unless_a_row_says_another(tmp_path):
    (tmp_path / "a.csv").write_text(f"{HEAD},科目\n问一,A,甲,乙,1,\n问二,A,甲,乙,1,SP-ELV\n问三,A,甲,乙,1,SP-EHV\n")
    found = formats.read(tmp_path / "a.csv", subject="SP-ELV")
    assert [each.subject for each in found.items] == ["SP-ELV", "SP-ELV"]
    assert [(each.row, each.reason) for each in found.refused] == [(4, "subject-of-other-file")]


@pytest.mark.parametrize("form", [form for form in formats.FORMS if form != "aiken"])
def test_every_form_but_aiken_carries_the_subject(tmp_path, form):
    items = [structs.replace(item(n, code=f"q{n}"), subject=code) for n, code in enumerate(("SP-ELV", "X-CRAC", ""))]
    path = tmp_path / f"a{formats.suffix_of(form)}"
    assert formats.export(path, items, form=form).losses == []
    assert [each.subject for each in formats.read(path).items] == ["SP-ELV", "X-CRAC", ""]


def test_an_export_from_before_subjects_is_still_known_as_ours(tmp_path):
    formats.write(tmp_path / "a.csv", [item(explanation="=1+1")])
    rows = [line.split(",") for line in (tmp_path / "a.csv").read_text("utf-8-sig").splitlines()]
    at = rows[0].index("科目")
    (tmp_path / "old.csv").write_text("\n".join(",".join(row[:at] + row[at + 1 :]) for row in rows))
    assert formats.read(tmp_path / "old.csv").items[0].explanation == "=1+1"


def test_the_same_question_under_another_subject_is_told(mixed):
    report = mixed.drafts.weigh([plain(0, subject=RADIO, code="q"), plain(96, subject=RADIO), plain(1), plain(200)])
    told = [(each.row, each.stated, each.there) for each in report.other_subjects]
    assert told == [(0, RADIO, ELECTRICIAN), (1, RADIO, "")] and len(report.already) == 3


# -- rules -------------------------------------------------------------------------------------------------------------


def test_an_electricians_rule_draws_nothing_of_amateur_radio(mixed):
    available = rule_availability(mixed, rule(ELECTRICIAN), DAY, Permission.DRILL, 3)
    own = {each.id for each in mixed.items.select(subject=ELECTRICIAN)}
    assert len(own) == 9 and {fact.id for fact in available.in_cells} == own
    assert available.of_bank.reasons == {"item-of-other-subject": 87, "item-without-subject": 2}
    cell = available.cells["single/1/any"]
    assert (cell.held, cell.free, cell.withheld) == (9, 9, {})
    for number in range(5):
        pool = session_pool(available.in_cells, rule(ELECTRICIAN), bytes([number]) * 32, available.ledger)
        assert len(pool) == 8 and {fact.id for fact in pool} <= own
    only = facts_of(list(mixed.items.outlines()), rule(ELECTRICIAN))  # also where nobody asked what is available
    assert {fact.id for fact in only} == own


def test_a_pools_leaf_is_the_same_whether_the_rule_names_its_one_subject_or_none(mixed):
    items = list(mixed.items.outlines(subject=ELECTRICIAN))
    with_subject, before = (facts_of(items, each, lambda: "00") for each in (rule(ELECTRICIAN), rule()))
    assert [fact.to_json() for fact in with_subject] == [fact.to_json() for fact in before]


def test_of_several_subjects_each_numbers_its_chapters_by_itself(mixed):
    cells = [
        {"type": "single", "chapter": "SP-ELV.1", "count": 3, "points": 1},
        {"type": "single", "chapter": "X-CRAC", "count": 1, "points": 1},
    ]
    chapters = {"SP-ELV.1": {"name": "一", "points": 3}, "X-CRAC": {"name": "无线电", "points": 1}}
    both = rule(RADIO, ELECTRICIAN, cells=cells, chapters=chapters)
    assert both.subjects == (ELECTRICIAN, RADIO)
    facts = facts_of(list(mixed.items.outlines()), both)
    assert Counter((fact.stratum, fact.chapter) for fact in facts) == {
        ("single/SP-ELV.1/any", "SP-ELV.1"): 9, ("single/X-CRAC/any", "X-CRAC.1"): 87,
    }  # fmt: skip
    counted = tally(mixed.items.outlines(), both.subjects)
    assert counted == {("single", "SP-ELV.1", "none"): 9, ("single", "X-CRAC.1", "none"): 87}
    assert propose(counted, "规则", subjects=both.subjects).subjects == both.subjects


def refusal(call):
    with pytest.raises((BadFile, Denied, BrokenStore)) as caught:
        call()
    return caught.value.code


def test_a_rule_of_several_subjects_says_whose_chapter_it_means():
    assert refusal(lambda: rule(ELECTRICIAN, RADIO)) == "rule-chapter-of-no-subject"
    near = {"type": "single", "chapter": "SP-ELV.1", "count": 4, "points": 1}  # SP-E is not the beginning of SP-ELV
    margin = {"SP-ELV.1": {"name": "一", "points": 4}}
    assert refusal(lambda: rule("SP-E", RADIO, cells=[near], chapters=margin)) == "rule-chapter-of-no-subject"


def test_a_rule_without_subjects_reads_as_ever_and_serves_no_session_that_counts():
    old = rule()
    assert "subjects" not in old.to_json() and Rule.from_json(old.to_json()).sha256 == old.sha256
    assert refusal(old.require_subjects) == "rule-without-subjects"
    assert refusal(rule("SP-LONGGONE").require_subjects) == "rule-subject-unknown"  # a later list may have it
    rule(ELECTRICIAN).require_subjects()
    assert rule(ELECTRICIAN).sha256 not in (old.sha256, rule(RADIO).sha256)
    assert refusal(lambda: rule("低压电工")) == "rule-subject-unknown"
    assert refusal(lambda: rule(ELECTRICIAN, ELECTRICIAN)) == "rule-subject-twice"
    assert refusal(lambda: rule(subjects=[])) == "rule-without-subjects"


def test_a_case_group_of_two_subjects_is_not_drawn(tmp_path):
    background = Background("某厂停电检修。")

    def of_case(place, subject):
        content = Content(ItemType.SINGLE, f"问{place}", tuple(map(Option, "甲乙")), case=background.sha256())
        return Item(content, AnswerKey((0,)), "1", p4=7_000, background=background, place=place, subject=subject)

    cells = [{"type": "case", "chapter": "1", "count": 1, "items": 2, "points": 2}]
    cased = rule(ELECTRICIAN, cells=cells, types={"case": {"count": 2, "points": 2}})
    for name, second in (("one", ELECTRICIAN), ("two", RADIO)):
        with Bank.create(tmp_path / name, "correct horse battery", sample=True) as made:
            made.drafts.add([of_case(1, ELECTRICIAN), of_case(2, second)], approve_as_sample=True)
            found = rule_availability(made, cased, DAY, Permission.DRILL, 1)
            assert len(found.in_cells) == (2 if second == ELECTRICIAN else 0)
            assert bool(found.of_bank.withheld) == (second == RADIO)


# -- the bank ----------------------------------------------------------------------------------------------------------


def test_lists_are_narrowed_to_a_subject_and_to_what_has_none(mixed):
    assert mixed.catalogue.subjects() == {ELECTRICIAN: 9, RADIO: 87, "": 2}
    assert mixed.catalogue.chapters(ELECTRICIAN) == {"1": 9} and mixed.catalogue.chapters() == {"1": 98}
    assert len(mixed.catalogue.find(Wanted(subject=RADIO))) == 87
    assert len(mixed.catalogue.find(Wanted(lacks=Lack.SUBJECT))) == 2
    assert availability(mixed, DAY, Permission.DRILL).reasons == {}  # whoever asks for no rule's sake sees all


@pytest.fixture
def approved(bank, hand):  # noqa: F811
    """Items without a subject, as a bank from before has them."""
    lifecycle.add(bank, [item(1), item(2)], hand["li"])
    drafts = list(bank.items.select(state=State.DRAFT))
    lifecycle.submit(bank, drafts, hand["li"])
    approve(bank, drafts, hand["wang"])
    return bank


def downgraded(bank):  # noqa: F811
    """As a bank of the version before subjects stands on the disk."""
    sql(bank, "ALTER TABLE revisions DROP COLUMN subject")
    sql(bank, "UPDATE vault SET version = 2")
    sql(bank, "PRAGMA user_version = 2")


def test_a_bank_of_version_2_opens_its_signatures_hold_and_its_items_have_no_subject(reopen, approved):  # noqa: F811
    approved.vault.connection.set_authorizer(None)
    downgraded(approved)
    approved.close()
    with reopen() as again:
        assert [(each.state, each.subject) for each in again.items.select()] == [(State.APPROVED, "")] * 2
        assert again.audit.findings() == [] and again.vault.problems() == []
        found = rule_availability(again, rule(ELECTRICIAN), DAY, Permission.EXAM, 1)
        assert (found.in_cells, found.of_bank.reasons) == ([], {"item-without-subject": 2})


def test_the_subject_of_old_items_is_stated_in_bulk_signed_and_approved_like_any_change(approved, hand):  # noqa: F811
    lifecycle.set_subject(approved, list(approved.items.select()), ELECTRICIAN, hand["li"])
    assert [each.subject for each in approved.items.select()] == ["", ""]  # what is in force stays, and out of pools
    drafts = list(approved.items.select(state=State.DRAFT))
    assert [(each.rev, each.subject, each.id) for each in drafts] == [(2, ELECTRICIAN, item(n).id) for n in (1, 2)]
    old, new = approved.answer_keys.whole([next(approved.items.select()), drafts[0]])
    assert [each.field for each in review.changes(old, new)] == ["subject"]
    lifecycle.submit(approved, drafts, hand["li"])
    with pytest.raises(Denied, match="own-item"):
        lifecycle.approve(approved, drafts, hand["li"])
    approve(approved, drafts, hand["wang"])
    assert [each.subject for each in approved.items.select()] == [ELECTRICIAN] * 2
    assert approved.audit.findings() == []


def test_a_subject_changed_behind_the_signatures_is_found(approved):
    sql(approved, "UPDATE revisions SET subject = 'X-CRAC'")
    with pytest.raises(BrokenStore, match="revision-about-changed"):
        list(approved.items.select())


def test_a_statement_of_another_subject_or_an_unknown_one_sets_nothing(approved, hand, monkeypatch):  # noqa: F811
    chosen = list(approved.items.select())
    with pytest.raises(BadFile, match="unknown-subject"):
        lifecycle.set_subject(approved, chosen, "SP-ELW", hand["li"])
    numbers, write = [each.number for each in chosen], type(approved.drafts).set_subject
    monkeypatch.setattr(
        type(approved.drafts), "set_subject", lambda drafts, _n, _s, said: write(drafts, numbers, RADIO, said)
    )
    with pytest.raises(BadFile, match="drafts-altered"):
        lifecycle.set_subject(approved, chosen, ELECTRICIAN, hand["li"])
    assert len(list(approved.items.select(state=None))) == 2 == len(list(approved.items.select()))
