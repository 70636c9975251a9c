"""From the bank's items to what a draw may know of them."""

from dataclasses import fields

from bank.authoring.review import State
from bank.composing.pool import facts_of, tally
from bank.content import TRUEFALSE_OPTIONS, Content, ItemType, Level, Option
from bank.draw_facts import ItemFacts
from bank.rules import propose
from bank.store import BankItem


def item(n, type_=ItemType.SINGLE, chapter="1.2", media=()):
    options = TRUEFALSE_OPTIONS if type_ is ItemType.TRUEFALSE else ("甲", "乙", "丙")
    content = Content(type_, f"第 {n} 题", tuple(Option(text) for text in options), media)
    return BankItem(
        id=content.item_id(),
        rev=2,
        state=State.APPROVED,
        content=content,
        chapter=chapter,
        level=Level.KNOW,
        p4=None,
        basis="依据",
        enemies=("g",),
        locked=(2,),
        tags=("t",),
        code="",
        source="",
    ).outline


BANK = [item(n) for n in range(9)] + [item(n, ItemType.TRUEFALSE) for n in range(9)]


def test_facts_name_the_cell_its_points_and_nothing_of_the_content_but_its_hash():
    rule = propose(tally(BANK), "演示")
    facts = facts_of(BANK, rule)
    assert len(facts) == 18
    single = next(fact for fact in facts if fact.id == BANK[0].id)
    assert (single.stratum, single.chapter, single.rev, single.p4) == ("single/1/any", "1.2", 2, 0)
    assert (single.points, single.options, single.locked) == (rule.cells[0].points, 3, (2,))
    assert single.content == Content(ItemType.SINGLE, "第 0 题", tuple(map(Option, ("甲", "乙", "丙")))).sha256()
    assert not {"stem", "basis", "answer_key"} & {field.name for field in fields(ItemFacts)}


def test_true_false_options_are_locked_whatever_the_bank_says():
    facts = facts_of(BANK, propose(tally(BANK), "演示"))
    assert {fact.locked for fact in facts if fact.type is ItemType.TRUEFALSE} == {(0, 1)}


def test_items_with_pictures_and_items_of_no_cell_stay_in_the_bank():
    rule = propose(tally(BANK), "演示")
    outside = [item(50, media=("ab" * 32,)), item(51, chapter="7")]
    assert len(facts_of(BANK + outside, rule)) == 18
    assert sum(tally(BANK + outside[:1]).values()) == 18


def test_every_salt_is_fresh():
    rule = propose(tally(BANK), "演示")
    salts = {fact.salt for fact in facts_of(BANK, rule) + facts_of(BANK, rule)}
    assert len(salts) == 36
    assert {len(salt) for salt in salts} == {64}
