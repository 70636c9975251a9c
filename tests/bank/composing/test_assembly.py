"""Forms: the same for the same inputs, equal for everyone, and never other than the rule says."""

import hashlib
import hmac
import struct
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bank.canonical import canonical
from bank.composing.assembly import Assembler, FormItem, expectation
from bank.composing.pool_selection import session_pool
from bank.content import ItemType, Level
from bank.draw_facts import ItemFacts
from bank.refused import Denied
from bank.rules import Rule

SEED, SESSION = bytes(range(32)), "S1/abc"
CELLS = [
    {"type": "truefalse", "chapter": "1", "level": "know", "count": 4, "points": 1},
    {"type": "single", "chapter": "1", "level": "know", "count": 3, "points": 1},
    {"type": "single", "chapter": "2", "count": 3, "points": 1},
    {"type": "multiple", "chapter": "10", "level": "master", "count": 2, "points": 2},
]


def a_rule(**changes):
    return Rule.from_json(
        {
            "id": "R",
            "version": 1,
            "name": "规则",
            "source": "test",
            "effective_from": "2026-01-01",
            "grading": "site",
            "minutes": 30,
            "total_points": 14,
            "pass_points": 10,
            "difficulty": {"tolerance": "0.2"},
            "types": {
                "truefalse": {"count": 4, "points": 1},
                "single": {"count": 6, "points": 1},
                "multiple": {"count": 2, "points": 2},
            },
            "chapters": {
                "1": {"name": "一", "points": 7},
                "2": {"name": "二", "points": 3},
                "10": {"name": "十", "points": 4},
            },
            "levels": {"know": 7, "any": 3, "master": 4},
            "cells": CELLS,
        }
        | changes
    )


def bank(each=15):
    """Items of varied difficulty; some have locked options, some enemies (in a cell and across cells), some a tag."""
    facts = []
    for n in range(each * len(CELLS)):
        cell = CELLS[n % len(CELLS)]
        level = cell.get("level", "any")
        type_ = ItemType(cell["type"])
        facts.append(
            ItemFacts(
                id=hashlib.sha256(b"%d" % n).hexdigest()[:32],
                rev=1,
                stratum=f"{type_.value}/{cell['chapter']}/{level}",
                type=type_,
                chapter=cell["chapter"] + ".1",
                level=Level.NONE if level == "any" else Level(level),
                points=cell["points"],
                p4=4000 + n * 7919 % 5900,
                options={"truefalse": 2, "single": 4, "multiple": 5}[type_.value],
                locked=(0, 1) if type_ is ItemType.TRUEFALSE else ((3,), (1, 3), ())[n % 3],
                enemies=(f"g{n % 7}",) if n % 5 == 0 else (),
                tags=("触电",) if n % 4 == 1 else (),
                content="",
                salt="",
            )
        )
    return facts


BANK = bank()
BY_ID = {fact.id: fact for fact in BANK}


def forms(rule=None, pool=BANK, count=60, seed=SEED):
    assembler = Assembler(pool, rule or a_rule(), seed, SESSION)
    return [assembler.form(ordinal) for ordinal in range(1, count + 1)]


def facts_of(form):
    return [BY_ID[item.id] for item in form.items]


def test_a_form_has_each_cells_count_and_no_item_twice():
    expected = {cell.stratum: cell.count for cell in a_rule().cells}
    for form in forms():
        assert Counter(fact.stratum for fact in facts_of(form)) == expected
        assert len({item.id for item in form.items}) == 12


def test_no_two_enemies_are_on_one_form():
    assert any(set(a.enemies) & set(b.enemies) for a, b in combinations(BANK, 2))
    for form in forms():
        groups = [group for fact in facts_of(form) for group in fact.enemies]
        assert len(groups) == len(set(groups))


def test_locked_options_stay_and_the_others_move():
    moved = 0
    for form in forms():
        for item in form.items:
            fact = BY_ID[item.id]
            assert sorted(item.order) == list("ABCDE"[: fact.options])
            assert all(item.order[n] == "ABCDE"[n] for n in fact.locked)
            moved += item.order != "ABCDE"[: fact.options]
    assert moved > 200


def test_true_false_options_stay_even_where_facts_forgot_to_lock_them():
    pool = [replace(fact, locked=()) for fact in BANK]
    orders = {i.order for form in forms(pool=pool) for i in form.items if BY_ID[i.id].type is ItemType.TRUEFALSE}
    assert orders == {"AB"}


def test_options_keep_their_order_where_the_rule_says_so():
    form = forms(a_rule(shuffle={"options": False}), count=1)[0]
    assert all(list(item.order) == sorted(item.order) for item in form.items)


def test_the_summed_difficulty_lies_within_the_tolerance():
    target = expectation(BANK, a_rule())
    sums = [sum(fact.points * fact.p4 for fact in facts_of(form)) for form in forms()]
    assert all(abs(total - target) <= 2000 for total in sums)
    loose = [sum(f.points * f.p4 for f in facts_of(form)) for form in forms(replace(a_rule(), difficulty=None))]
    assert any(abs(total - target) > 2000 for total in loose)


def test_a_stated_target_is_kept_instead_of_the_pools_average():
    for form in forms(a_rule(difficulty={"tolerance": "0.1", "target": "10.5"}), count=10):
        assert abs(sum(fact.points * fact.p4 for fact in facts_of(form)) - 105_000) <= 1000


def test_the_target_is_the_exact_average_rounded_half_up():
    members = {}
    for fact in BANK:
        members.setdefault(fact.stratum, []).append(fact.points * fact.p4)
    exact = sum(
        Fraction(cell.count * sum(members[cell.stratum]), len(members[cell.stratum])) for cell in a_rule().cells
    )
    assert expectation(BANK, a_rule()) == (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)


def test_mandatory_tags_are_on_every_form():
    rule = a_rule(mandatory={"触电": 3}, difficulty={"tolerance": "1"})
    for form in forms(rule, count=20):
        assert sum("触电" in fact.tags for fact in facts_of(form)) >= 3


@settings(max_examples=10)
@given(st.randoms(), st.integers(1, 10**6))
def test_the_same_inputs_give_the_same_form_in_whatever_order_the_pool_comes(random, ordinal):
    shuffled = random.sample(BANK, len(BANK))
    assert Assembler(shuffled, a_rule(), SEED, SESSION).form(ordinal) == Assembler(BANK, a_rule(), SEED, SESSION).form(
        ordinal
    )


def test_another_seed_session_or_ordinal_gives_another_form():
    one = Assembler(BANK, a_rule(), SEED, SESSION).form(1).digest
    others = {
        Assembler(BANK, a_rule(), SEED, SESSION).form(2).digest,
        Assembler(BANK, a_rule(), bytes(32), SESSION).form(1).digest,
        Assembler(BANK, a_rule(), SEED, "S2/abc").form(1).digest,
    }
    assert len(others | {one}) == 4


def test_types_come_in_the_rules_order_and_are_shuffled_within():
    for form in forms(count=10):
        types = [fact.type.value for fact in facts_of(form)]
        assert types == ["truefalse"] * 4 + ["single"] * 6 + ["multiple"] * 2
    reverse = a_rule(shuffle={"type_order": ["multiple", "single", "truefalse"]})
    assert facts_of(forms(reverse, count=1)[0])[0].type is ItemType.MULTIPLE
    singles = [tuple(fact.stratum for fact in facts_of(form) if fact.type is ItemType.SINGLE) for form in forms()]
    assert len(set(singles)) > 5


def test_items_keep_the_order_of_strata_where_the_rule_shuffles_none():
    strata = [fact.stratum for fact in facts_of(forms(a_rule(shuffle={"items": "none"}), count=1)[0])]
    assert strata == sorted(strata)


def plain_form(pool, rule, ordinal):
    """docs/draw.md §5 to §11, written a second time and without haste."""

    def lp(data):
        return struct.pack(">Q", len(data)) + data

    class Words:
        def __init__(self, key, label):
            self.data = hashlib.shake_256(lp(b"exam-drbg-v1") + lp(key) + lp(label.encode())).digest(8 * 500)

        def below(self, n):
            while True:
                word, self.data = int.from_bytes(self.data[:8], "big"), self.data[8:]
                if word >= 2**64 % n:
                    return word % n

    def sample(key, label, sequence, k):
        words, a = Words(key, label), list(sequence)
        for i in range(k):
            j = i + words.below(len(a) - i)
            a[i], a[j] = a[j], a[i]
        return a[:k]

    record = rule.to_json()
    strata = {}
    for fact in sorted((fact.to_json() for fact in pool), key=lambda fact: fact["id"].encode()):
        strata.setdefault(fact["stratum"], []).append(fact)
    takes = {f"{c['type']}/{c['chapter']}/{c['level']}": c["count"] for c in record["cells"]}
    target = sum(Fraction(k * sum(f["points"] * f["p4"] for f in strata[s]), len(strata[s])) for s, k in takes.items())
    target = (target + Fraction(1, 2)).__floor__()
    tolerance = Fraction(record["difficulty"]["tolerance"]) * 10_000
    for attempt in range(record["attempts"]):
        message = lp(b"paper") + lp(SESSION.encode()) + lp(struct.pack(">Q", ordinal)) + lp(struct.pack(">Q", attempt))
        key = hmac.new(SEED, message, "sha256").digest()
        chosen = []
        for stratum in sorted(takes, key=str.encode):
            chosen += sample(key, f"select/{stratum}", strata[stratum], takes[stratum])
        groups = [group for fact in chosen for group in fact["enemies"]]
        if abs(sum(f["points"] * f["p4"] for f in chosen) - target) > tolerance or len(groups) > len(set(groups)):
            continue
        ordered = []
        for type_ in record["shuffle"]["type_order"]:
            those = [fact for fact in chosen if fact["type"] == type_]
            ordered += sample(key, f"order/{type_}", those, len(those))
        form = []
        for fact in ordered:
            letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[: fact["options"]]
            free = [n for n in range(len(letters)) if n not in fact["locked"]]
            shown = list(letters)
            for place, n in zip(free, sample(key, f"options/{fact['id']}", free, len(free)), strict=True):
                shown[place] = letters[n]
            form.append([fact["id"], "".join(shown)])
        return attempt, form
    return None


def test_forms_are_those_of_the_specification_written_a_second_time():
    rejected = 0
    for form in forms(count=25):
        assert (form.attempt, form.to_json()) == plain_form(BANK, a_rule(), form.ordinal)
        assert form.digest == hashlib.sha256(canonical(form.to_json())).hexdigest()
        rejected += form.attempt
    assert rejected > 25


def test_forms_stay_what_they_were_when_they_were_first_drawn():
    """A changed draw would leave every recorded form without proof."""
    form = forms(count=1)[0]
    assert form.attempt == 0
    assert form.items[0] == FormItem(form.items[0].id, "AB")
    assert form.digest == "fe272d5934cb955586970c91c9c4a86e1367b2f851c37e5ca6dcef3f6356abf0"


def test_the_session_pool_holds_the_stated_multiple_of_each_cell():
    rule = a_rule(pool={"multiple": 3})
    pool = session_pool(BANK, rule, bytes(32))
    assert Counter(fact.stratum for fact in pool) == {cell.stratum: 3 * cell.count for cell in rule.cells}
    assert [fact.id for fact in pool] == sorted(fact.id for fact in pool)
    assert pool == session_pool(list(reversed(BANK)), rule, bytes(32))
    assert pool != session_pool(BANK, rule, bytes([1]) * 32)


def test_a_session_pool_takes_all_there_is_where_the_multiple_is_out_of_reach():
    peaceful = [replace(fact, enemies=()) for fact in BANK]
    pool = session_pool(peaceful, a_rule(pool={"multiple": 4}), bytes(32))
    assert Counter(fact.stratum for fact in pool)["truefalse/1/know"] == 15


def test_of_enemies_one_travels_in_a_session_pool():
    pool = session_pool(BANK, a_rule(pool={"multiple": 9}), bytes(32))
    groups = [group for fact in pool for group in fact.enemies]
    assert len(groups) == len(set(groups))
    assert len(pool) == len(BANK) - sum(bool(fact.enemies) for fact in BANK) + len(groups)


def test_enemies_travel_where_their_cell_could_not_be_filled_without_them():
    others = [replace(fact, enemies=()) for fact in BANK if fact.stratum != "single/2/any"]
    earlier = next(n for n, fact in enumerate(others) if fact.type is ItemType.MULTIPLE)
    others[earlier] = replace(others[earlier], enemies=("a", "b"))
    scarce = [fact for fact in BANK if fact.stratum == "single/2/any"][:3]
    feuding = [replace(fact, enemies=(name,)) for fact, name in zip(scarce, "abc", strict=True)]
    pool = session_pool(others + feuding, a_rule(pool={"multiple": 9}), bytes(32))
    assert Counter(fact.stratum for fact in pool)["single/2/any"] == 3


def test_a_session_pool_that_cannot_fill_one_form_is_refused():
    scarce = [fact for fact in BANK if fact.stratum == "single/2/any"]
    few = [fact for fact in BANK if fact not in scarce[2:]]
    with pytest.raises(Denied) as refusal:
        session_pool(few, a_rule(pool={"multiple": 3}), bytes(32))
    assert refusal.value.facts == {"cell": "single/2/any", "needed": 3, "available": 2}


def test_a_form_nobody_can_draw_is_refused_after_the_last_attempt():
    assembler = Assembler(BANK, a_rule(difficulty={"tolerance": "0", "target": "14"}, attempts=50), SEED, SESSION)
    with pytest.raises(Denied) as refusal:
        assembler.form(7)
    assert refusal.value.code == "no-admissible-form"
    assert refusal.value.facts == {"rule": "R", "ordinal": 7, "attempts": 50}


def test_a_rule_under_which_admissible_forms_are_rare_is_refused():
    assert Assembler(BANK, a_rule(), SEED, SESSION).acceptance(500) > 25
    with pytest.raises(Denied) as refusal:
        Assembler(BANK, a_rule(difficulty={"tolerance": "0.001"}), SEED, SESSION).acceptance(500)
    assert refusal.value.code == "rule-rarely-admits"
    assert refusal.value.facts["least"] == 5


def test_what_makes_admissible_forms_rare_is_said_and_nothing_else_blamed():
    def refused(rule, pool):
        with pytest.raises(Denied) as refusal:
            Assembler(pool, rule, SEED, SESSION).acceptance(500)
        return refusal.value

    free = replace(a_rule(), difficulty=None, min_accept=9_000)
    peaceful = [replace(fact, enemies=(), tags=()) for fact in BANK]
    feuding = [replace(fact, enemies=("feud",)) if n % 3 == 0 else fact for n, fact in enumerate(peaceful)]
    quarrel = refused(replace(free, mandatory={}), feuding)
    assert (quarrel.code, quarrel.facts["groups"]) == ("rule-rarely-at-peace", "feud")
    tagged = [replace(fact, tags=("rare",)) if n % 9 == 0 else fact for n, fact in enumerate(peaceful)]
    rare = refused(replace(free, mandatory={"rare": 2}), tagged)
    assert (rare.code, rare.facts["tag"]) == ("rule-rarely-tagged", "rare")


def test_equal_difficulty_is_refused_where_nobody_stated_a_difficulty():
    with pytest.raises(Denied) as refusal:
        Assembler([replace(f, p4=0) if f.chapter == "2.1" else f for f in BANK], a_rule(), SEED, SESSION)
    assert refusal.value.facts == {"cell": "single/2/any", "items": 15}
    assert forms(replace(a_rule(), difficulty=None), [replace(fact, p4=0) for fact in BANK], count=1)


def test_every_admissible_form_is_equally_likely():
    """Three of six items, two of them enemies: 16 of the 20 selections remain, and rejection keeps them equal."""
    rule = a_rule(
        total_points=3,
        pass_points=3,
        types={"single": {"count": 3, "points": 1}},
        chapters={"2": {"name": "二", "points": 3}},
        levels={"any": 3},
        cells=[CELLS[2]],
    )
    six = [replace(fact, enemies=()) for fact in BANK if fact.stratum == "single/2/any"][:6]
    pool = [replace(six[0], enemies=("g",)), replace(six[1], enemies=("g",)), *six[2:]]
    assembler = Assembler(pool, replace(rule, difficulty=None), SEED, SESSION)
    seen = Counter(frozenset(item.id for item in assembler.form(ordinal).items) for ordinal in range(4_000))
    assert len(seen) == 16
    assert sum((n - 250) ** 2 / 250 for n in seen.values()) < 37.7  # χ²(15) at .001; the input is fixed


def test_a_rule_that_may_leave_a_candidate_without_a_form_is_refused():
    tight = a_rule(difficulty={"tolerance": "0.1"}, attempts=1)
    assembler = Assembler(BANK, tight, SEED, SESSION)
    admitted = assembler.acceptance(500)
    assert assembler.fails(100, admitted, 500) == 1.0
    with pytest.raises(Denied) as refusal:
        assembler.require_enough_attempts(100, admitted, 500)
    assert refusal.value.code == "rule-attempts-too-few"
    assert refusal.value.facts["attempts"] == 1
    enough = replace(tight, attempts=refusal.value.facts["enough"])
    Assembler(BANK, enough, SEED, SESSION).require_enough_attempts(100, admitted, 500)
    Assembler(BANK, a_rule(difficulty={"tolerance": "0.1"}), SEED, SESSION).require_enough_attempts(
        10**5, admitted, 500
    )


def test_a_rule_that_admits_every_draw_needs_one_attempt():
    peaceful = [replace(each, enemies=()) for each in BANK]
    assembler = Assembler(peaceful, replace(a_rule(), difficulty=None, mandatory={}, attempts=1), SEED, SESSION)
    assert assembler.fails(10**6, 500, 500) == 0.0
