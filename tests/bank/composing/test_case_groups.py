"""Case groups: drawn whole, in order, first; and rules, leaves and forms from before them are what they were."""

import hashlib
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from bank.authoring.review import State
from bank.canonical import canonical
from bank.composing.assembly import Assembler, expectation
from bank.composing.pool import facts_of
from bank.composing.pool_selection import session_pool
from bank.content import Background, Content, ItemType, Level, Option
from bank.draw_facts import ItemFacts
from bank.refused import BadFile, Denied
from bank.rules import Rule, by_stratum, parse, require_enough
from bank.rules.parts import UNSTATED
from bank.store import BankItem

SAMPLE = Path(__file__).parents[3] / "tools/samples/SP-ELV-T/rule.toml"
CELLS = [
    {"type": "case", "chapter": "2", "count": 2, "items": 3, "points": 2},
    {"type": "single", "chapter": "1", "count": 4, "points": 1},
    {"type": "truefalse", "chapter": "1", "count": 4, "points": 1},
]


def a_rule(**changes):
    return Rule.from_json(
        {
            "id": "R",
            "version": 1,
            "name": "含案例",
            "source": "test",
            "effective_from": "2026-01-01",
            "grading": "site",
            "minutes": 30,
            "total_points": 20,
            "pass_points": 12,
            "difficulty": {"tolerance": "0.3"},
            "types": {
                "case": {"count": 6, "points": 2},
                "single": {"count": 4, "points": 1},
                "truefalse": {"count": 4, "points": 1},
            },
            "chapters": {"1": {"name": "一", "points": 8}, "2": {"name": "二", "points": 12}},
            "levels": {"any": 20},
            "cells": CELLS,
            "pool": {"multiple": 3},
        }
        | changes
    )


def name(text, n=32):
    return hashlib.sha256(text.encode()).hexdigest()[:n]


def fact(text, stratum, **changes):
    type_, chapter, _level = stratum.split("/")
    facts = {
        "id": name(text),
        "rev": 1,
        "stratum": stratum,
        "type": ItemType(type_) if type_ != "case" else ItemType.SINGLE,
        "chapter": chapter,
        "level": Level.NONE,
        "points": 2 if type_ == "case" else 1,
        "p4": 4000 + int(name(text, 4), 16) % 5900,
        "options": 2 if type_ == "truefalse" else 4,
        "locked": (),
        "enemies": (),
        "tags": (),
        "content": name("c" + text, 64),
        "salt": name("s" + text, 64),
    }
    return ItemFacts(**facts | changes)


def bank(cases=8, each=20):
    facts = [
        fact(f"case{k}/{place}", "case/2/any", case=name(f"case{k}", 64), place=place,
             type=(ItemType.SINGLE, ItemType.MULTIPLE, ItemType.TRUEFALSE)[place - 1],
             enemies=("e",) if k in (1, 2) and place == 2 else ())
        for k in range(cases) for place in (1, 2, 3)
    ]  # fmt: skip
    for stratum in ("single/1/any", "truefalse/1/any"):
        facts += [fact(f"{stratum}{n}", stratum) for n in range(each)]
    return facts


def forms(rule, facts, count=40):
    assembler = Assembler(facts, rule, b"s" * 32, "S")
    return [assembler.form(ordinal) for ordinal in range(1, count + 1)]


@pytest.mark.parametrize("order", ["within-type", "all", "none"])
def test_a_case_group_stays_together_and_in_order_wherever_it_stands(order):
    facts = bank()
    by_id = {each.id: each for each in facts}
    starts = set()
    for form in forms(a_rule(shuffle={"items": order}), facts):
        items = [by_id[item.id] for item in form.items]
        assert Counter(each.stratum for each in items) == {"case/2/any": 6, "single/1/any": 4, "truefalse/1/any": 4}
        places = [n for n, each in enumerate(items) if each.case and each.place == 1]
        for n in places:
            assert [each.case for each in items[n : n + 3]] == [items[n].case] * 3
            assert [each.place for each in items[n : n + 3]] == [1, 2, 3]
        starts.add(tuple(places))
    assert starts == {"within-type": {(8, 11)}, "none": {(0, 3)}}.get(order, starts)
    assert order != "all" or len(starts) > 10


def test_every_case_group_is_drawn_equally_often():
    seen = Counter(item.id for form in forms(a_rule(difficulty={"tolerance": "3"}), bank(), 800) for item in form.items)
    counts = [seen[name(f"case{k}/1")] for k in range(8) if k not in (1, 2)]
    assert all(150 < count < 260 for count in counts)


def test_two_groups_with_enemies_are_never_on_one_form_and_enemies_inside_one_do_not_count():
    inside = [replace(each, enemies=("own",)) if each.id.startswith(name("case0/1")[:8]) else each for each in bank()]
    inside = [replace(each, enemies=("own",)) if each.id == name("case0/2") else each for each in inside]
    rivals = {name("case1/1"), name("case2/1")}
    seen = set()
    for form in forms(a_rule(), inside, 200):
        ids = {item.id for item in form.items}
        assert len(ids & rivals) < 2
        seen |= ids
    assert name("case0/1") in seen


def test_the_session_pool_holds_whole_groups():
    pool = session_pool(bank(), a_rule(), b"k" * 32)
    assert Counter(Counter(each.case for each in pool if each.case).values()) == {3: 6}
    assert by_stratum(pool, a_rule()).keys() == {"case/2/any", "single/1/any", "truefalse/1/any"}


def test_the_target_counts_a_group_as_one_unit():
    facts = bank()
    cases = [each.p4 * 2 for each in facts if each.case]
    rest = [[each.p4 for each in facts if each.stratum == s] for s in ("single/1/any", "truefalse/1/any")]
    exact = 2 * sum(cases) / 8 + sum(4 * sum(those) / 20 for those in rest)
    assert expectation(facts, a_rule()) == int(exact + 0.5)


def test_a_group_that_is_not_whole_is_refused():
    with pytest.raises(BadFile) as refusal:
        require_enough(bank()[1:], a_rule())
    assert (refusal.value.code, refusal.value.facts["found"]) == ("case-not-whole", 2)


def test_an_item_of_a_group_is_never_drawn_alone():
    with pytest.raises(BadFile, match="fact-outside-rule"):
        require_enough([*bank(), fact("x", "single/1/any", case=name("case9", 64), place=1)], a_rule())


def test_too_few_groups_are_named():
    with pytest.raises(Denied) as refusal:
        require_enough(bank(cases=1), a_rule())
    assert refusal.value.facts == {"cell": "case/2/any", "needed": 2, "available": 1}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"cells": [CELLS[0] | {"items": 0}, *CELLS[1:]]}, "rule-out-of-range"),
        ({"cells": [{k: v for k, v in CELLS[0].items() if k != "items"}, *CELLS[1:]]}, "rule-missing-field"),
        ({"cells": [CELLS[0], CELLS[1] | {"items": 1}, CELLS[2]]}, "rule-unknown-field"),
        ({"cells": [CELLS[0] | {"count": 1}, *CELLS[1:]]}, "rule-total-differs"),
        ({"overlap": {"sessions": 2, "share": "1"}}, "rule-out-of-range"),
        ({"exposure": {}}, "rule-missing-field"),
        ({"exposure": {"rest": 3}}, "rule-unknown-field"),
    ],
)
def test_a_slip_of_the_pen_in_the_new_fields_is_refused(changes, code):
    with pytest.raises(BadFile) as refusal:
        a_rule(**changes)
    assert refusal.value.code == code


def test_a_rule_with_every_field_survives_its_canonical_json():
    whole = a_rule(
        exposure={"sessions": 6, "candidates": 900, "rest_days": 14}, overlap={"sessions": 3, "share": "0.25"},
        effective_to="2027-12-31",
    )  # fmt: skip
    again = Rule.from_json(json.loads(canonical(whole.to_json())))
    assert again == whole
    assert again.sha256 == whole.sha256 != a_rule().sha256


def test_rules_and_leaves_from_before_case_groups_keep_their_hashes():
    sample = parse(SAMPLE.read_bytes())
    assert (
        replace(sample, subjects=(), conduct=UNSTATED).sha256
        == "bc3256452a195a71aea706199960782f335d8bc474421e66dbbb8d0b88e634ac"
    )
    assert {"exposure", "overlap"}.isdisjoint(sample.to_json())
    leaf = fact("x", "single/1/any").to_json()
    assert {"case", "place"}.isdisjoint(leaf)
    assert ItemFacts.from_json(leaf).to_json() == leaf
    grouped = bank()[0].to_json()
    assert ItemFacts.from_json(json.loads(canonical(grouped))).to_json() == grouped


def items(groups, **changes):
    """Items of the bank: for each group its places; `changes` by item name."""
    listed = []
    for group, places in groups.items():
        background = Background(f"背景 {group}")
        for place in places:
            text = f"{group}{place}"
            content = Content(ItemType.SINGLE, text, tuple(map(Option, "甲乙丙丁")), case=background.sha256())
            item = BankItem(
                id=content.item_id(), rev=1, state=State.APPROVED, content=content, chapter="2.1", level=Level.NONE,
                p4=7000, basis="", enemies=(), locked=(), tags=(), code=text, source="", background=background,
                place=place,
            )  # fmt: skip
            listed.append(replace(item, **changes.get(text, {})))
    return listed


def drawn_of(listed):
    codes = {item.id: item.code for item in listed}
    return [(codes[each.id], each.place) for each in facts_of([item.outline for item in listed], a_rule())]


def test_only_whole_groups_of_the_cells_size_are_drawn_from_the_bank():
    assert drawn_of(items({"a": (1, 2, 3), "b": (1, 2), "c": (1, 2, 3, 4)})) == [("a1", 1), ("a2", 2), ("a3", 3)]


def test_a_group_of_which_an_item_lies_elsewhere_is_not_drawn():
    assert drawn_of(items({"a": (1, 2, 3)}, a2={"chapter": "1"})) == []


def test_measured_difficulty_outweighs_the_judged_one():
    listed = items({"a": (1, 2, 3)}, a2={"calibrated_p4": 4321})
    facts = facts_of([item.outline for item in listed], a_rule())
    assert sorted(each.p4 for each in facts) == [4321, 7000, 7000]
