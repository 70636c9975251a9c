"""Case groups: the verifier, written from docs/draw.md alone, draws what the site draws and finds what is torn."""

import hashlib
import random

import pytest

from bank.composing.assembly import Assembler
from bank.draw_facts import ItemFacts
from bank.rules import Rule
from tests.verify.maker import BUREAU, Maker
from tools.verify import checks
from tools.verify.draw import Draw, Item
from tools.verify.draw import digest as verifiers_digest
from tools.verify.forms import pool_fits_rule
from tools.verify.outcome import Outcome
from tools.verify.rules import FACTS, RULE, margins, rule_of
from tools.verify.shapes import wrongs


def name(text, n=32):
    return hashlib.sha256(text.encode()).hexdigest()[:n]


def made(seed, items="within-type"):
    """A rule's record and a pool's records, as varied as the dice have it."""
    dice = random.Random(seed)
    size, groups, taken = dice.randint(1, 4), dice.randint(4, 9), dice.randint(1, 3)
    facts = []

    def add(text, stratum, type_, chapter, points, **more):
        options = {"truefalse": 2, "fill": 0}.get(type_, 4)
        facts.append(
            {
                "id": name(text), "rev": 1, "stratum": stratum, "type": type_, "chapter": chapter, "level": "know",
                "points": points, "p4": dice.randint(3000, 9500), "options": options,
                "locked": [3] if options == 4 and dice.random() < 0.3 else [],
                "enemies": [dice.choice("abcdef")] if dice.random() < 0.2 else [],
                "tags": ["t"] if dice.random() < 0.5 else [], "content": name("c" + text, 64), "salt": name(text, 64),
            } | more
        )  # fmt: skip

    for group in range(groups):
        for place in range(1, size + 1):
            type_ = dice.choice(("single", "multiple", "truefalse", "fill"))
            add(f"g{group}/{place}", "case/2/any", type_, "2.1", 3, case=name(f"g{group}", 64), place=place)
    for n in range(12):
        add(f"s{n}", "single/1/know", "single", "1", 1)
        add(f"f{n}", "fill/any/any", "fill", "7", 2)
    facts.sort(key=lambda each: each["id"].encode())
    points = taken * size * 3
    record = {
        "draw": 1, "id": "R", "version": 1, "name": "含案例", "source": "test", "effective_from": "2026-01-01",
        "grading": "site", "minutes": 30, "total_points": points + 10, "pass_points": 5,
        "difficulty": {"tolerance": "1"},
        "shuffle": {"items": items, "options": True}, "mandatory": {"t": 2}, "pool": {"multiple": 12},
        "types": {
            "case": {"count": taken * size, "points": 3}, "single": {"count": 4, "points": 1},
            "fill": {"count": 3, "points": 2},
        },
        "chapters": {
            "1": {"name": "一", "points": 4}, "2": {"name": "二", "points": points}, "any": {"name": "余", "points": 6},
        },
        "levels": {"know": 4, "any": points + 6},
        "subjects": ["SP-ELV"],
        "exposure": {"rest_days": 7}, "overlap": {"sessions": 1, "share": "0.5"},
        "cells": [
            {"type": "case", "chapter": "2", "count": taken, "items": size, "points": 3},
            {"type": "single", "chapter": "1", "level": "know", "count": 4, "points": 1},
            {"type": "fill", "count": 3, "points": 2},
        ],
    }  # fmt: skip
    return Rule.from_json(record), facts


@pytest.mark.parametrize("items", ["within-type", "all", "none"])
@pytest.mark.parametrize("seed", range(6))
def test_both_draw_the_same_forms(seed, items):
    rule, facts = made(seed, items)
    record = rule.to_json()
    assert wrongs(RULE, record) == []
    assert [wrong for each in facts for wrong in wrongs(FACTS, each)] == []
    assert all(found == stated for _what, found, stated in margins(record))
    pool = [ItemFacts.from_json(each) for each in facts]
    assembler = Assembler(pool, rule, b"s" * 32, "S/1")
    draw = Draw(rule_of(record), [Item.of(each, n) for n, each in enumerate(facts)], b"s" * 32, "S/1")
    assert draw.target == assembler.target
    for ordinal in range(1, 25):
        form = assembler.form(ordinal)
        attempt, drawn = draw.form(ordinal)
        assert (attempt, verifiers_digest(drawn)) == (form.attempt, form.digest)


class Case:
    def __init__(self, rule, facts):
        self.rule = rule_of(rule.to_json())
        self.pool = {each["id"]: Item.of(each, n) for n, each in enumerate(facts, start=1)}


def found(rule, facts):
    out = Outcome(1, "pool")
    pool_fits_rule(Case(rule, facts), out)
    return {each.code for each in out.failures}


LIES = {
    "an item of a group left behind": (lambda group: group.pop(), "case_size"),
    "two items in one place": (lambda group: group[0].update(place=group[1]["place"]), "case_torn"),
    "an item of a group in a cell of its own": (lambda group: group[0].update(stratum="single/1/know"), "case_torn"),
    "an item without a place": (lambda group: group[0].update(place=0), "case_place"),
}


@pytest.mark.parametrize(("lie", "code"), LIES.values(), ids=LIES)
def test_a_torn_group_is_found(lie, code):
    rule, facts = next((b, f) for b, f in map(made, range(50)) if b.cells[0].size > 2)
    assert not found(rule, facts)
    group = [each for each in facts if each.get("case") == name("g1", 64)]
    others = [each for each in facts if each.get("case") != name("g1", 64)]
    lie(group)
    assert code in found(rule, others + group)


def test_items_belongs_to_cells_of_case_groups_and_only_there():
    record = made(0)[0].to_json()
    record["cells"][1]["items"] = 1
    del record["cells"][0]["items"]
    assert [path for path, _expected in wrongs(RULE, record)] == [".cells[0].items", ".cells[1].items"]


def with_cases(facts):
    """The four true-false items become two case groups of two, whose places are not the byte order of their ids."""
    grouped = [each for each in facts if each["type"] == "truefalse"]
    for n, each in enumerate(grouped):
        each.update(stratum="case/1/grasp", case=name(f"background {n % 2}", 64), place=2 - n // 2)


def ruled(rule):
    cells = rule["cells"]
    rule["cells"] = [
        {"type": "case", "chapter": "1", "level": "grasp", "count": 1, "items": 2, "points": 20}, *cells[:2],
    ]  # fmt: skip
    rule["types"]["case"] = rule["types"].pop("truefalse")
    rule["shuffle"]["type_order"] = ["single", "case", "multiple"]


def failures(directory):
    _case, outcomes = checks.run(directory, bytes.fromhex(BUREAU.hex))
    return {each.code for outcome in outcomes for each in outcome.failures}


def test_an_honest_session_with_case_groups_is_found_honest(tmp_path):
    assert failures(Maker(facts=with_cases, rule=ruled).write(tmp_path)) == set()


def test_a_session_that_left_items_of_groups_out_of_its_pool_is_not(tmp_path):
    def torn(facts):
        with_cases(facts)
        left_out = next(each for each in facts if each.get("place") == 2)
        facts.remove(left_out)

    def loosely_ruled(rule):
        ruled(rule)
        rule["difficulty"]["tolerance"] = "60"  # such a form is far from the average

    assert "case_size" in failures(Maker(facts=torn, rule=loosely_ruled).write(tmp_path))


def test_a_session_whose_candidates_saw_a_group_backwards_is_not(tmp_path):
    class Backwards(Maker):
        @staticmethod
        def _units(facts):
            return [unit[::-1] for unit in Maker._units(facts)]

    assert "form" in failures(Backwards(facts=with_cases, rule=ruled).write(tmp_path))
