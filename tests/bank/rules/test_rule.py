"""The rule: what it says is what it hashes, and a slip of the pen is refused by name and number."""

import copy
import json
import re
import tomllib
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bank.canonical import canonical
from bank.content import ItemType, Level
from bank.draw_facts import ItemFacts
from bank.refused import BadFile, Denied
from bank.rules import Rule, parse, propose, require_enough
from bank.rules.advice import doubts, unasked
from bank.rules.parts import covers
from bank.rules.strict_toml import StrictTable, decimal

SAMPLE = Path(__file__).parents[3] / "tools/samples/SP-ELV-T/rule.toml"

SMALL = {
    "id": "SMALL",
    "version": 1,
    "name": "小规则",
    "source": "test",
    "effective_from": "2026-01-01",
    "grading": "site",
    "minutes": 30,
    "total_points": 10,
    "pass_points": 8,
    "types": {"truefalse": {"count": 4, "points": 1}, "single": {"count": 3, "points": 2}},
    "chapters": {"1": {"name": "一", "points": 6}, "3": {"name": "三", "points": 4}},
    "levels": {"know": 6, "any": 4},
    "cells": [
        {"type": "truefalse", "chapter": "1", "level": "know", "count": 2, "points": 1},
        {"type": "single", "chapter": "1.2", "level": "know", "count": 2, "points": 2},
        {"type": "truefalse", "chapter": "3", "count": 2, "points": 1},
        {"type": "single", "chapter": "3", "level": "*", "count": 1, "points": 2},
    ],
}


def small(**changes):
    """SMALL with fields changed: `cells__0__count=3` changes the count of the first cell; None takes a field away."""
    record = copy.deepcopy(SMALL)
    for path, value in changes.items():
        *parents, last = (int(part) if part.isdecimal() else part for part in path.split("__"))
        place = record
        for parent in parents:
            place = place[str(parent)] if isinstance(place, dict) else place[parent]
        last = str(last) if isinstance(place, dict) else last
        if value is None:
            del place[last]
        else:
            place[last] = value
    return record


def fact(stratum, n, **changes):
    type_, chapter, level = stratum.split("/")
    facts = {
        "id": f"{stratum}-{n:03d}",
        "rev": 1,
        "stratum": stratum,
        "type": ItemType(type_),
        "chapter": chapter,
        "level": Level.NONE if level == "any" else Level(level),
        "points": 2 if type_ == "single" else 1,
        "p4": 5000 + 100 * (n % 40),
        "options": 2 if type_ == "truefalse" else 4,
        "locked": (),
        "enemies": (),
        "tags": (),
        "content": "",
        "salt": "",
    }
    return ItemFacts(**facts | changes)


def bank_for(rule, each=9):
    return [fact(cell.stratum, n) for cell in rule.cells for n in range(each)]


def test_the_sample_rule_is_in_order():
    rule = parse(SAMPLE.read_bytes())
    assert rule.items == rule.total_points == 100
    assert (rule.minutes, rule.pass_points, rule.pool_multiple) == (120, 80, 3)
    assert rule.difficulty.tolerance == 2500
    assert len(rule.cells) == 59
    assert len(rule.chapters) == 11
    assert "示例" in rule.source


def test_a_rule_survives_its_own_canonical_json():
    rule = parse(SAMPLE.read_bytes())
    again = Rule.from_json(json.loads(canonical(rule.to_json())))
    assert again.sha256 == rule.sha256
    assert canonical(again.to_json()) == canonical(rule.to_json())


def test_two_ways_to_write_one_rule_have_one_hash():
    other = small(
        cells=list(reversed(SMALL["cells"])),
        levels={"*": 4, "know": 6},
        shuffle={"items": "within-type", "type_order": ["truefalse", "single"]},
        effective_from=date(2026, 1, 1),
        difficulty={"tolerance": "0.250"},
    )
    assert (
        Rule.from_json(other).sha256
        == Rule.from_json(small(difficulty={"tolerance": "0.25"})).sha256
        != Rule.from_json(SMALL).sha256
    )


def test_every_default_is_written_out_in_the_record():
    record = Rule.from_json(SMALL).to_json()
    assert record["draw"] == 1
    assert record["shuffle"] == {"items": "within-type", "type_order": ["truefalse", "single"], "options": True}
    assert record["scoring"] == {"multiple": "all-or-nothing"}
    assert record["pool"] == {"multiple": 1}
    assert (record["attempts"], record["min_accept"]) == (10_000, "0.01")


def test_the_forty_twenty_twenty_two_rule_is_refused_because_it_adds_up_to_120():
    cells = [
        {"type": "single", "chapter": "1", "count": 40, "points": 1},
        {"type": "multiple", "chapter": "1", "count": 20, "points": 2},
        {"type": "truefalse", "chapter": "1", "count": 20, "points": 1},
        {"type": "multiple", "chapter": "2", "count": 2, "points": 10},
    ]
    types = {name: {"count": 20, "points": 1} for name in ("single", "multiple", "truefalse")}
    with pytest.raises(BadFile) as refusal:
        Rule.from_json(small(total_points=100, pass_points=80, cells=cells, types=types))
    assert refusal.value.code == "rule-total-differs"
    assert (refusal.value.facts["stated"], refusal.value.facts["found"]) == (100, 120)
    for part in ("single 40×1", "multiple 20×2", "truefalse 20×1", "multiple 2×10"):
        assert part in refusal.value.facts["parts"]


CONTRADICTIONS = {
    "a chapter's margin": ({"chapters__3__points": 5}, "rule-chapter-margin", {"margin": "3", "stated": 5, "found": 4}),
    "a chapter without cells": (
        {"chapters__2": {"name": "二", "points": 1}},
        "rule-chapter-margin",
        {"margin": "2", "stated": 1, "found": 0},
    ),
    "a cell without a chapter": (
        {"chapters__3": None},
        "rule-chapter-margin",
        {"margin": "3", "stated": 0, "found": 4},
    ),
    "a type's margin": ({"types__single__count": 4}, "rule-type-margin", {"margin": "single", "stated": 4, "found": 3}),
    "a level's margin": ({"levels__know": 5}, "rule-level-margin", {"margin": "know", "stated": 5, "found": 6}),
    "a type's points": (
        {"types__single__points": 3},
        "rule-points-differ",
        {"cell": "single/1.2/know", "found": 2, "stated": 3},
    ),
    "the total": ({"total_points": 11}, "rule-total-differs", {"stated": 11, "found": 10}),
    "the pass mark": ({"pass_points": 11}, "rule-pass-above-total", {"pass_points": 11, "total": 10}),
    "nested margins": (
        {"chapters__1.2": {"name": "一之二", "points": 4}},
        "rule-chapters-overlap",
        {"cell": "single/1.2/know", "chapters": "1, 1.2"},
    ),
    "a cell given twice": (
        {"cells__0__count": 1, "cells__2": SMALL["cells"][0] | {"count": 3}},
        "rule-cells-overlap",
        {"cell": "truefalse/1/know", "other": "truefalse/1/know"},
    ),
    "overlapping levels": (
        {"cells__2__chapter": "1.1"},
        "rule-cells-overlap",
        {"cell": "truefalse/1/know", "other": "truefalse/1.1/any"},
    ),
    "the dates": ({"effective_to": "2025-12-31"}, "rule-ends-before-it-begins", {"effective_to": "2025-12-31"}),
    "an unknown field": ({"colour": "red"}, "rule-unknown-field", {"field": "colour"}),
    "a misspelt field in a cell": ({"cells__1__levl": "know"}, "rule-unknown-field", {"field": "cells[2].levl"}),
    "a missing field": ({"cells__1__count": None}, "rule-missing-field", {"field": "cells[2].count"}),
    "points as a float": ({"cells__1__points": 2.0}, "rule-not-integer", {"field": "cells[2].points"}),
    "points as a truth": ({"cells__1__points": True}, "rule-not-integer", {"field": "cells[2].points"}),
    "no points at all": ({"cells__1__points": 0}, "rule-out-of-range", {"field": "cells[2].points", "found": 0}),
    "a tolerance as a float": ({"difficulty": {"tolerance": 0.25}}, "rule-not-decimal", {}),
    "more tagged items than items": (
        {"mandatory": {"触电": 999}},
        "rule-tag-above-items",
        {"tag": "触电", "needed": 999},
    ),
    "a tolerance that no form could miss": (
        {"difficulty": {"tolerance": "999999"}},
        "rule-out-of-range",
        {"field": "difficulty.tolerance"},
    ),
    "a target above the total": (
        {"difficulty": {"tolerance": "0.1", "target": "500"}},
        "rule-out-of-range",
        {"field": "difficulty.target"},
    ),
    "a tolerance too fine": ({"difficulty": {"tolerance": "0.00001"}}, "rule-not-decimal", {}),
    "a bad date": ({"effective_from": "2026-02-30"}, "rule-not-date", {"field": "effective_from"}),
    "a date as a number": ({"effective_from": 20260101}, "rule-not-date", {"field": "effective_from"}),
    "a type nobody knows": ({"cells__1__type": "essay"}, "rule-not-one-of", {"found": "essay"}),
    "a level nobody knows": ({"levels": {"expert": 10}}, "rule-not-one-of", {"field": "levels.expert"}),
    "a place nobody knows": ({"grading": "home"}, "rule-not-one-of", {"allowed": "site, bureau"}),
    "a type order that lacks one": ({"shuffle": {"type_order": ["single"]}}, "rule-type-order", {"found": "single"}),
    "cells that are no list": ({"cells": {}}, "rule-not-list", {"field": "cells"}),
    "a cell that is no table": ({"cells__0": 7}, "rule-not-table", {"field": "cells[1]"}),
    "a name of two lines": ({"name": "a\nb"}, "rule-not-line", {"field": "name"}),
    "an acceptance under one in a hundred": ({"min_accept": "0.001"}, "rule-out-of-range", {"field": "min_accept"}),
    "too many attempts": ({"attempts": 10_001}, "rule-out-of-range", {"field": "attempts", "high": 10_000}),
    "another draw": ({"draw": 2}, "rule-out-of-range", {"field": "draw"}),
}


@pytest.mark.parametrize(("changes", "code", "facts"), CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_a_contradiction_is_refused_by_place_and_numbers(changes, code, facts):
    with pytest.raises(BadFile) as refusal:
        Rule.from_json(small(**changes))
    assert refusal.value.code == code
    assert facts.items() <= refusal.value.facts.items()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"\xff\xfe", "rule-not-utf8"),
        (b"id = ", "rule-not-toml"),
        (b"a = " + b"[" * 9999, "rule-too-large"),
        (b"a = " + b"9" * 5_000, "rule-too-large"),
    ],
)
def test_what_is_not_toml_is_refused(text, code):
    with pytest.raises(BadFile) as refusal:
        parse(text)
    assert refusal.value.code == code


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists))
def test_whatever_stands_in_a_field_is_refused_and_never_a_crash(value):
    for field in SMALL:
        try:
            Rule.from_json(SMALL | {field: value})
        except BadFile:
            continue
        assert field in ("id", "name", "source", "version", "minutes", "pass_points")


@given(st.integers(0, 9_999_999_999))
def test_decimals_read_back_as_they_were_written(value):
    assert StrictTable({"x": decimal(value)}).ten_thousandths("x") == value


def test_a_rule_is_refused_outside_its_days():
    rule = Rule.from_json(small(effective_to="2026-12-31"))
    rule.require_in_force(date(2026, 1, 1))
    rule.require_in_force(date(2026, 12, 31))
    with pytest.raises(Denied, match="rule-not-yet-in-force"):
        rule.require_in_force(date(2025, 12, 31))
    with pytest.raises(Denied, match="rule-no-longer-in-force"):
        rule.require_in_force(date(2027, 1, 1))


def test_chapters_nest_by_dots_and_not_by_digits():
    assert covers("1", "1.1.3")
    assert covers("any", "")
    assert not covers("1", "11")
    assert not covers("1.1", "1")


def test_a_cell_the_bank_cannot_fill_is_named_with_what_it_needs_and_what_there_is():
    rule = Rule.from_json(SMALL)
    facts = [each for each in bank_for(rule) if each.stratum != "single/1.2/know"] + [fact("single/1.2/know", 0)]
    with pytest.raises(Denied) as refusal:
        require_enough(facts, rule)
    assert refusal.value.code == "cell-short-of-items"
    assert refusal.value.facts == {"cell": "single/1.2/know", "needed": 2, "available": 1}


def test_a_cell_of_nothing_but_enemies_is_refused():
    rule = Rule.from_json(SMALL)
    facts = bank_for(rule) + [fact("single/1.2/know", 50)]
    facts = [
        fact(each.stratum, int(each.id[-3:]), enemies=("g",)) if each.stratum == "single/1.2/know" else each
        for each in facts
    ]
    with pytest.raises(Denied) as refusal:
        require_enough(facts, rule)
    assert refusal.value.code == "cell-short-beside-enemies"
    assert refusal.value.facts == {"cell": "single/1.2/know", "needed": 2, "available": 1}


def test_groups_that_suffice_for_each_cell_and_not_for_all_are_refused():
    rule = Rule.from_json(SMALL)
    facts = [fact(cell.stratum, n, enemies=(f"g{n % 3}",)) for cell in rule.cells for n in range(9)]
    with pytest.raises(Denied) as refusal:
        require_enough(facts, rule)
    assert refusal.value.code == "form-short-beside-enemies"
    assert refusal.value.facts == {"needed": 7, "available": 3}


def test_a_tag_that_cannot_be_on_a_form_often_enough_is_refused():
    rule = Rule.from_json(small(mandatory={"触电": 3}))
    facts = bank_for(rule) + [fact("single/1.2/know", 60 + n, tags=("触电",)) for n in range(5)]
    with pytest.raises(Denied) as refusal:
        require_enough(facts, rule)
    assert refusal.value.facts == {"tag": "触电", "needed": 3, "available": 2}


@pytest.mark.parametrize("changes", [{"chapter": "4"}, {"points": 9}, {"stratum": "single/9/any"}])
def test_a_fact_outside_the_cell_it_names_is_refused(changes):
    rule = Rule.from_json(SMALL)
    with pytest.raises(BadFile, match="fact-outside-rule"):
        require_enough([*bank_for(rule), replace(fact("single/1.2/know", 99), **changes)], rule)


def test_an_item_that_is_there_twice_is_refused():
    rule = Rule.from_json(SMALL)
    with pytest.raises(BadFile, match="fact-twice"):
        require_enough([*bank_for(rule), fact("single/1.2/know", 0)], rule)


CHAPTER = st.sampled_from(["", "1", "1.1", "2.3", "10", "安全"])
COUNTS = st.dictionaries(
    st.tuples(st.sampled_from([t.value for t in ItemType]), CHAPTER, st.sampled_from(["none", "know"])),
    st.integers(1, 400),
    min_size=1,
)


@given(COUNTS, st.integers(1, 4))
def test_a_proposed_rule_totals_100_and_never_asks_for_more_than_the_bank_has(counts, multiple):
    try:
        rule = propose(counts, "演示", pool_multiple=multiple)
    except Denied as refusal:
        assert refusal.code == "bank-too-small"
        return
    assert rule.total_points == 100
    for cell in rule.cells:
        held = sum(n for (type_, chapter, level), n in counts.items() if cell.holds(ItemType(type_), chapter, level))
        assert held >= cell.count * multiple


def test_a_proposed_rule_shares_the_form_as_the_bank_is_shared():
    rule = propose(
        {("single", "1.1", "none"): 600, ("multiple", "1.2", "none"): 300, ("single", "2", "none"): 300}, "演示"
    )
    assert {cell.stratum: cell.count for cell in rule.cells} == {
        "multiple/1/any": 25,
        "single/1/any": 50,
        "single/2/any": 25,
    }


def test_the_sample_rule_is_written_in_toml_that_says_it_is_a_sample():
    assert "示例规则" in tomllib.loads(SAMPLE.read_text("utf-8"))["source"]


def refused(code, call):
    with pytest.raises((BadFile, Denied)) as caught:
        call()
    assert caught.value.code == code


# -- what a person has to say ------------------------------------------------------------------------------------------


def test_a_rule_in_toml_says_how_large_the_pool_is_and_what_was_signed_without_means_what_it_meant():
    text = SAMPLE.read_text("utf-8")
    unsaid = re.sub(r"(?m)^multiple = 3.*$", "", text, count=1)
    refused("rule-without-multiple", lambda: parse(unsaid.encode()))
    record = parse(text.encode()).to_json()
    assert Rule.from_json(record | {"pool": {}}).pool_multiple == 1


def test_forms_that_have_more_than_half_in_common_need_a_reason():
    record = parse(SAMPLE.read_bytes()).to_json()
    same = Rule.from_json(record | {"pool": {"multiple": 1}})
    refused("rule-forms-alike", same.require_unlike)
    assert "alike" not in same.to_json()["pool"]
    stated = {"multiple": 1, "alike": {"share": "1", "reason": "统一试卷"}}
    allowed = Rule.from_json(record | {"pool": stated})
    allowed.require_unlike()
    assert allowed.to_json()["pool"] == stated and allowed.sha256 != same.sha256
    Rule.from_json(record | {"pool": {"multiple": 2}}).require_unlike()
    three = Rule.from_json(record)
    three.require_unlike(Fraction(1, 2))
    refused("rule-forms-alike", lambda: three.require_unlike(Fraction(51, 100)))
    for alike in ({"share": "1"}, {"share": "1.1", "reason": "x"}, {"share": "1", "reason": ""}, {"reason": "x"}):
        with pytest.raises(BadFile):
            Rule.from_json(record | {"pool": {"multiple": 1, "alike": alike}})


def test_what_is_legal_and_foolish_is_said():
    record = parse((SAMPLE.parents[1] / "HC-P-T/rule.toml").read_bytes()).to_json()
    assert doubts(Rule.from_json(record)) == []
    partial = record | {"scoring": {"multiple": "partial"}}
    assert doubts(Rule.from_json(partial)) == []  # two points an item
    electrician = parse(SAMPLE.read_bytes()).to_json() | {"scoring": {"multiple": "partial"}}
    assert [each.code for each in doubts(Rule.from_json(electrician))] == ["partial-without-multiple"]
    margins = {
        "types": {"multiple": {"count": 4, "points": 1}},
        "levels": {"know": 4},
        "total_points": 4,
        "pass_points": 3,
    }
    cells = [{"type": "multiple", "chapter": "1", "level": "know", "count": 4, "points": 1}]
    single = partial | margins | {"cells": cells, "chapters": {"1": {"name": "一", "points": 4}}}
    single["shuffle"] = {"items": "all"}
    one = Rule.from_json(single)
    assert [(each.code, each.facts) for each in doubts(one)] == [("partial-of-one-point", {"items": 4})]
    of = one.subjects[0]
    held = [(ItemType.MULTIPLE, of, "1.2", "know"), (ItemType.MULTIPLE, of, "1.2", "master"),
            (ItemType.MULTIPLE, of, "2", "master"), (ItemType.MULTIPLE, "X-1", "1", "master"),
            (ItemType.SINGLE, of, "1", "master")]  # fmt: skip
    assert [each.facts for each in unasked(one, held)] == [{"cells": "multiple/1/master", "items": 1}]
