"""Reserve forms keep every rule, share no item and follow their key."""

import hashlib
from collections import Counter
from dataclasses import replace

import pytest

from bank.composing.assembly import expectation
from bank.composing.reserve import reserve
from bank.content import ItemType, Level
from bank.draw_facts import ItemFacts
from bank.refused import Denied
from bank.rules import Rule

CELLS = [
    {"type": "truefalse", "chapter": "1", "count": 4, "points": 1},
    {"type": "single", "chapter": "1", "count": 6, "points": 1},
    {"type": "single", "chapter": "2", "count": 5, "points": 1},
]


def rule(**changes):
    return Rule.from_json(
        {
            "id": "R", "version": 1, "name": "规则", "source": "test", "effective_from": "2026-01-01",
            "grading": "site", "minutes": 30, "total_points": 15, "pass_points": 12,
            "difficulty": {"tolerance": "0.05"},
            "types": {"truefalse": {"count": 4, "points": 1}, "single": {"count": 11, "points": 1}},
            "chapters": {"1": {"name": "一", "points": 10}, "2": {"name": "二", "points": 5}},
            "levels": {"any": 15}, "cells": CELLS, "mandatory": {"触电": 3},
        } | changes
    )  # fmt: skip


def bank(each=40):
    return [
        ItemFacts(
            id=hashlib.sha256(f"{k}/{n}".encode()).hexdigest()[:32], rev=1,
            stratum=f"{cell['type']}/{cell['chapter']}/any", type=ItemType(cell["type"]), chapter=cell["chapter"],
            level=Level.NONE, points=1, p4=4000 + n * 7919 % 5900, options=4, locked=(),
            enemies=(f"g{n % 9}",) if n % 3 == 0 else (), tags=("触电",) if n % 4 == 1 else (), content="", salt="",
        )
        for k, cell in enumerate(CELLS) for n in range(each)
    ]  # fmt: skip


def test_reserve_forms_share_no_item_and_each_is_as_the_rule_says():
    facts = bank()
    forms = reserve(facts, rule(), 5, b"k" * 32)
    assert len({fact.id for form in forms for fact in form}) == 5 * 15
    target = expectation(facts, rule())
    for form in forms:
        assert Counter(fact.stratum for fact in form) == {"truefalse/1/any": 4, "single/1/any": 6, "single/2/any": 5}
        groups = [group for fact in form for group in fact.enemies]
        assert len(groups) == len(set(groups))
        assert sum("触电" in fact.tags for fact in form) >= 3
        assert abs(sum(fact.p4 for fact in form) - target) <= 500 + 1


def test_reserve_forms_follow_their_key_alone():
    assert reserve(bank(), rule(), 2, b"a" * 32) == reserve(bank()[::-1], rule(), 2, b"a" * 32)
    assert reserve(bank(), rule(), 1, b"a" * 32) != reserve(bank(), rule(), 1, b"b" * 32)


def test_where_the_bank_is_used_up_the_form_is_named_and_no_rule_is_relaxed():
    with pytest.raises(Denied) as refusal:
        reserve(bank(12), rule(), 4, b"k" * 32)
    assert refusal.value.code == "no-reserve-form"
    assert refusal.value.facts["number"] <= 3  # 12 items give 6 of a cell twice at most


def test_without_a_difficulty_no_item_needs_a_share():
    facts = [replace(fact, p4=0) for fact in bank()]
    assert len(reserve(facts, replace(rule(), difficulty=None), 1, b"k" * 32)) == 1
