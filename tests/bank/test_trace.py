"""A photo is traced to its form, and how likely an innocent form would look the same is counted, not guessed."""

import itertools
import math
import random
from fractions import Fraction

import pytest

from bank import trace
from bank.assembly import Assembler
from bank.blueprint import Blueprint
from bank.content import OPTION_LETTERS, Content, ItemType, Level, Option
from bank.pool import ItemFacts
from bank.refused import BadFile, Denied
from bank.trace import Candidate, Fragment, Seen, Sitting, chance, order_chance, recognise, travelled

SEED = b"s" * 32


def rule(single=10, truefalse=2, multiple=2, shuffle=True):
    return Blueprint.from_record(
        {
            "id": "toy", "version": 1, "name": "样卷", "source": "本局文件", "effective_from": "2026-01-01",
            "grading": "site", "minutes": 60, "total_points": single + truefalse, "pass_points": 1,
            "pool": {"multiple": multiple}, "shuffle": {"options": shuffle},
            "types": {
                "single": {"count": single, "points": 1}, "truefalse": {"count": truefalse, "points": 1},
            },
            "chapters": {"1": {"name": "一", "points": single + truefalse}},
            "levels": {"any": single + truefalse},
            "cells": [
                {"type": "single", "chapter": "1", "count": single, "points": 1},
                {"type": "truefalse", "chapter": "1", "count": truefalse, "points": 1},
            ],
        }
    )  # fmt: skip


def fact(n, type_=ItemType.SINGLE, options=4, locked=()):
    return ItemFacts(
        id=f"{n:032x}", rev=1, stratum=f"{type_.value}/1/any", type=type_, chapter="1", level=Level.NONE, points=1,
        p4=7000, options=options, locked=locked, enemies=(), tags=(), content="", salt="",
    )  # fmt: skip


def pool(single=20, truefalse=4, **more):
    return [fact(n, **more) for n in range(single)] + [
        fact(100 + n, ItemType.TRUEFALSE, 2, (0, 1)) for n in range(truefalse)
    ]


def sitting(candidates=200, blueprint=None, facts=None, seed=SEED):
    blueprint, facts = blueprint or rule(), facts or pool()
    assembler = Assembler(facts, blueprint, seed, "S-1")
    sat = [Candidate(c, f"2026{c:04}", assembler.form(c)) for c in range(1, candidates + 1)]
    return Sitting("a" * 32, "S-1", "site-1", blueprint, facts, sat)


def photo(form, items=5):
    """What somebody reads off the first screens of `form`."""
    return [Seen(item.id, item.order) for item in form.items if int(item.id, 16) < 100][:items]


@pytest.mark.parametrize("c", [1, 77, 200])
def test_a_photo_of_five_items_names_the_one_form_of_two_hundred(c):
    sat = sitting()
    traced = trace.trace(photo(sat.candidates[c - 1].form), [sitting(50, seed=b"t" * 32), sat])
    assert [(match.candidate.c, match.candidate.admission_no) for match in traced.matches] == [(c, f"2026{c:04}")]
    assert traced.matches[0].sitting is sat and traced.candidates == 250
    assert 0 < traced.by_rule < 1e-4 and 0 < traced.orders < 1e-4


def test_five_items_that_all_have_identify_one_of_2000_with_a_false_match_of_a_fortieth_of_a_percent():
    """The number that security says: 2,000 / 24⁵."""
    whole = sitting(2_000, rule(single=10, truefalse=2, multiple=1), pool(10, 2))
    traced = trace.trace(photo(whole.candidates[1_233].form), [whole])
    assert [match.candidate.c for match in traced.matches] == [1_234]
    assert traced.by_rule == traced.orders == pytest.approx(0.00025, abs=2e-6)
    assert traced.by_rule == pytest.approx(1 - (1 - 1 / 24**5) ** 2_000)


def test_an_order_that_no_form_has_names_nobody_and_says_who_comes_nearest():
    sat = sitting()
    seen = photo(sat.candidates[4].form)
    seen[0] = Seen(seen[0].item, seen[0].order[::-1])
    traced = trace.trace(seen, [sat])
    assert traced.matches == ()
    assert (5, 4) in {(match.candidate.c, match.items) for match in traced.nearest}


def test_an_item_outside_the_pool_cannot_be_there_by_accident():
    sat = sitting(20)
    traced = trace.trace([Seen("f" * 32, "ABCD")], [sat])
    assert (traced.matches, traced.nearest, traced.by_rule, traced.orders) == ((), (), 0.0, 0.0)


def test_what_everybody_sees_alike_names_nobody_in_particular():
    """判断 items are never shuffled: on a paper of which all are on every form the chance is certainty."""
    sat = sitting(30, rule(single=2, truefalse=2, multiple=1), pool(2, 2))
    traced = trace.trace([Seen(f"{100:032x}", "AB"), Seen(f"{101:032x}", "")], [sat])
    assert len(traced.matches) == 30 and traced.by_rule == traced.orders == 1.0


def test_the_chance_by_rule_is_what_a_simulation_finds():
    """20,000 forms of other seeds against a photo small enough to be matched by accident now and then."""
    blueprint, facts, draws = rule(single=10, truefalse=2), pool(), 20_000
    sat = sitting(1, blueprint, facts)
    seen = [Seen(fact(3).id, "BD"), Seen(fact(7).id, "A"), Seen(fact(11).id, "CAB")]
    seen += [Seen(f"{101:032x}", "AB")]
    expected = chance(seen, sat)
    # 10·9·8 / 20·19·18 forms hold the three, 2 of 4 the fourth; orders 1/2 · 1 · 1/6 · 1
    assert expected == Fraction(720, 6840) * Fraction(1, 2) * Fraction(1, 12)
    found = 0
    for n in range(20):
        assembler = Assembler(facts, blueprint, n.to_bytes(32, "big"), "other")
        for c in range(1, draws // 20 + 1):
            orders = {item.id: item.order for item in assembler.form(c).items}
            found += all(s.item in orders and trace.is_subsequence(s.order, orders[s.item]) for s in seen)
    mean = float(expected) * draws
    assert abs(found - mean) < 4 * math.sqrt(mean)  # 87.7 expected


def test_counting_orders_agrees_with_listing_them():
    numbers = random.Random(7)
    for _ in range(300):
        options = numbers.randint(2, 6)
        locked = tuple(sorted(numbers.sample(range(options), numbers.randint(0, options))))
        letters = OPTION_LETTERS[:options]
        order = "".join(numbers.sample(letters, numbers.randint(0, options)))
        free = [letter for n, letter in enumerate(letters) if n not in locked]
        every = []
        for shuffled in itertools.permutations(free):
            rest = iter(shuffled)
            every.append("".join(letter if n in locked else next(rest) for n, letter in enumerate(letters)))
        fits = sum(trace.is_subsequence(order, one) for one in every)
        facts = [fact(0, options=options, locked=locked)]
        sat = Sitting("", "", "", rule(), facts, [])
        assert order_chance([Seen(facts[0].id, order)], sat) == Fraction(fits, len(every)), (order, options, locked)


def test_a_rule_that_shuffles_no_options_gives_no_mark():
    sat = Sitting("", "", "", rule(shuffle=False), pool(), [])
    assert order_chance([Seen(fact(1).id, "ABCD")], sat) == 1
    assert order_chance([Seen(fact(1).id, "BACD")], sat) == 0


HELD = [
    ("1" * 32, Content(ItemType.SINGLE, "触电急救首先应做什么？", tuple(map(Option, ("断电", "喊人", "先断电，再喊人", "离开"))))),
    ("2" * 32, Content(ItemType.SINGLE, "下列说法正确的是（　）。", tuple(map(Option, ("甲", "乙", "丙"))))),
    ("3" * 32, Content(ItemType.SINGLE, "下列说法正确的是（　）。", tuple(map(Option, ("丁", "戊", "己"))))),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "item", "order"),
    [
        ("触电 急救，首先: 离开 | 断电 | 先断电 | 喊人", "1", "DACB"),
        ("触电急救：再喊人｜断电", "1", "CA"),
        ("说法正确: 己 | 丁", "3", "CA"),
        ("11111111: BDAC", "1", "BDAC"),
        ("触电急救", "1", ""),
    ],
)
def test_items_are_recognised_by_what_a_person_copies_from_a_photo(text, item, order):
    assert recognise(Fragment.parse(text), HELD) == Seen(item * 32, order)


@pytest.mark.parametrize(
    ("text", "code"),
    [("说法正确", "seen-ambiguous"), ("雷雨天: 停 | 走", "seen-unknown"), ("触电急救: 拔牙", "seen-unknown"),
     ("触电急救: 断电 | 断电", "seen-unknown"), ("11111111: BBAC", "seen-unknown")],
)  # fmt: skip
def test_what_is_not_one_item_is_refused_by_name(text, code):
    with pytest.raises(Denied, match=code):
        recognise(Fragment.parse(text), HELD)


def test_a_line_without_a_stem_is_no_item():
    with pytest.raises(BadFile, match="seen-malformed"):
        Fragment.parse(": 甲 | 乙")


def test_the_ledger_names_packages_marks_first():
    uses = [("a", "S1", "x", "2026-01-01", 9), ("a", "S2", "y", "2026-01-02", 9), ("b", "S2", "y", "2026-01-02", 9),
            ("a", "S3", "z", "2026-01-03", 9), ("m", "S3", "z", "2026-01-03", 9), ("q", "S4", "z", "", 9)]  # fmt: skip
    found = travelled({"a", "b", "m"}, uses, {("S3", "z"): ["m"]})
    assert [(each.session, each.items, each.only, each.marks) for each in found] == [
        ("S3", 2, ("m",), ("m",)), ("S2", 2, ("b",), ()), ("S1", 1, (), ()),
    ]  # fmt: skip
