"""A photo is traced to its form, and how likely an innocent form would look the same is counted, not guessed."""

import itertools
import math
import random
from fractions import Fraction

import pytest

from bank.authoring.fragments import Fragment, KnownItems, Seen
from bank.composing.assembly import Assembler
from bank.content import OPTION_LETTERS, Content, ItemType, Level, Option
from bank.draw_facts import ItemFacts
from bank.leaks import trace
from bank.leaks.trace import Candidate, SatSession, _order_chances, chance, travelled
from bank.refused import BadFile, Denied
from bank.rules import Rule

SEED = b"s" * 32


def order_chance(seen, sitting):
    """That a form which holds the items shows their options in the orders seen."""
    found = _order_chances(seen, sitting)
    return math.prod(found.values(), start=Fraction(len(found) == len({one.item for one in seen})))


def a_rule(single=10, truefalse=2, multiple=2, shuffle=True):
    return Rule.from_json(
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


def sitting(candidates=200, rule=None, facts=None, seed=SEED):
    rule, facts = rule or a_rule(), facts or pool()
    assembler = Assembler(facts, rule, seed, "S-1")
    sat = [Candidate(c, f"2026{c:04}", assembler.form(c)) for c in range(1, candidates + 1)]
    return SatSession("a" * 32, "S-1", "site-1", rule, facts, sat)


def photo(form, items=5):
    """What somebody reads off the first screens of `form`."""
    return [Seen(item.id, item.order) for item in form.items if int(item.id, 16) < 100][:items]


@pytest.mark.parametrize("c", [1, 77, 200])
def test_a_photo_of_five_items_names_the_one_form_of_two_hundred(c):
    sat = sitting()
    traced = trace.trace(photo(sat.candidates[c - 1].form), [sitting(50, seed=b"t" * 32), sat])
    (fit,) = traced.fits
    assert [(match.candidate.c, match.candidate.admission_no) for match in fit.matches] == [(c, f"2026{c:04}")]
    assert fit.matches[0].sitting is sat and traced.candidates == 250 and traced.unplaced == ()
    assert 0 < fit.by_rule < 1e-4 and 0 < fit.orders < 1e-4 and traced.sufficient


def test_five_items_that_all_have_identify_one_of_2000_with_a_false_match_of_a_fortieth_of_a_percent():
    """The number that security says: 2,000 / 24⁵."""
    whole = sitting(2_000, a_rule(single=10, truefalse=2, multiple=1), pool(10, 2))
    traced = trace.trace(photo(whole.candidates[1_233].form), [whole])
    (fit,) = traced.fits
    assert [match.candidate.c for match in fit.matches] == [1_234]
    assert fit.by_rule == fit.orders == pytest.approx(0.00025, abs=2e-6)
    assert fit.by_rule == pytest.approx(1 - (1 - 1 / 24**5) ** 2_000)


def test_one_slip_of_five_still_names_the_form_with_the_chance_of_four_of_five():
    sat = sitting()
    seen = photo(sat.candidates[4].form)
    seen[0] = Seen(seen[0].item, seen[0].order[::-1])
    traced = trace.trace(seen, [sat])
    (fit,) = traced.fits
    assert [match.candidate.c for match in fit.matches] == [5] and (fit.items, fit.of) == (4, 5)
    assert traced.unplaced == (seen[0],)
    assert fit.by_rule == pytest.approx(1 - (1 - float(chance(seen, sat, 4))) ** 200)
    # 5 ways to slip, each form holding the other four in order with 10·9·8·7 / 20·19·18·17 · 24⁻⁴
    assert fit.by_rule == pytest.approx(200 * 5 * (5040 / 116280) / 24**4, rel=0.02)
    assert fit.by_rule > chance(seen, sat) * 200


def test_a_photo_of_two_screens_names_both_forms():
    sat = sitting()
    mine, other = sat.candidates[4].form, sat.candidates[9].form
    first = photo(mine)[:4]
    second = [one for one in photo(other, 10) if one.item not in {each.item for each in first}][:3]
    traced = trace.trace([*second, *first], [sat])
    assert [[match.candidate.c for match in fit.matches] for fit in traced.fits] == [[5], [10]]
    assert [(fit.items, fit.of) for fit in traced.fits] == [(4, 7), (3, 3)]
    assert traced.unplaced == () and all(0 < fit.by_rule < 1 for fit in traced.fits)


def test_one_item_in_two_orders_is_of_two_screens():
    sat = sitting()
    mine, other = sat.candidates[4].form, sat.candidates[9].form
    common = {item.id for item in other.items if int(item.id, 16) < 100}
    first = [one for one in photo(mine, 10) if one.item in common][:3]
    second = [Seen(item.id, item.order) for item in other.items if item.id in {one.item for one in first}]
    traced = trace.trace([*first, *second], [sat])
    assert [fit.matches[0].candidate.c for fit in traced.fits] == [5, 10] and traced.unplaced == ()


def test_the_chance_of_at_least_some_is_what_a_simulation_finds():
    rule, facts, draws = a_rule(single=10, truefalse=2), pool(), 20_000
    seen = [Seen(fact(3).id, "BD"), Seen(fact(7).id, "AC"), Seen(fact(11).id, "CAB"), Seen(f"{101:032x}", "AB")]
    found = dict.fromkeys(range(1, 5), 0)
    for n in range(20):
        assembler = Assembler(facts, rule, n.to_bytes(32, "big"), "other")
        for c in range(1, draws // 20 + 1):
            orders = {item.id: item.order for item in assembler.form(c).items}
            shown = sum(s.item in orders and trace.is_subsequence(s.order, orders[s.item]) for s in seen)
            for least in found:
                found[least] += shown >= least
    for least, count in found.items():
        mean = float(chance(seen, sitting(1, rule, facts), least)) * draws
        assert abs(count - mean) < 4 * math.sqrt(mean) + 1, least
    assert chance(seen, sitting(1, rule, facts), 4) == chance(seen, sitting(1, rule, facts))


@pytest.mark.parametrize(("items", "expected"), [(1, False), (2, False), (5, True)])
def test_what_may_well_be_an_accident_is_no_ground_to_name_anybody(items, expected):
    sat = sitting()
    traced = trace.trace(photo(sat.candidates[4].form, items), [sat])
    assert traced.sufficient is expected
    assert max(traced.fits[0].by_rule, traced.fits[0].orders) > trace.LIMIT or expected


def test_several_forms_that_show_the_same_name_nobody():
    twice = sitting(3)
    again = SatSession("b" * 32, "S-2", "site-1", twice.rule, twice.pool, twice.candidates[:1])
    (fit,) = trace.trace(photo(twice.candidates[0].form), [twice, again]).fits
    assert len(fit.matches) == 2 and fit.orders < trace.LIMIT and not fit.sufficient


def test_an_item_outside_the_pool_cannot_be_there_by_accident():
    sat = sitting(20)
    traced = trace.trace([Seen("f" * 32, "ABCD")], [sat])
    assert (traced.fits, len(traced.unplaced)) == ((), 1)
    assert chance([Seen("f" * 32, "ABCD")], sat) == order_chance([Seen("f" * 32, "ABCD")], sat) == 0


def test_what_everybody_sees_alike_names_nobody_in_particular():
    """判断 items are never shuffled: on a paper of which all are on every form the chance is certainty."""
    sat = sitting(30, a_rule(single=2, truefalse=2, multiple=1), pool(2, 2))
    (fit,) = trace.trace([Seen(f"{100:032x}", "AB"), Seen(f"{101:032x}", "")], [sat]).fits
    assert len(fit.matches) == 30 and fit.by_rule == fit.orders == 1.0 and not fit.sufficient


def test_the_chance_by_rule_is_what_a_simulation_finds():
    """20,000 forms of other seeds against a photo small enough to be matched by accident now and then."""
    rule, facts, draws = a_rule(single=10, truefalse=2), pool(), 20_000
    sat = sitting(1, rule, facts)
    seen = [Seen(fact(3).id, "BD"), Seen(fact(7).id, "A"), Seen(fact(11).id, "CAB")]
    seen += [Seen(f"{101:032x}", "AB")]
    expected = chance(seen, sat)
    # 10·9·8 / 20·19·18 forms hold the three, 2 of 4 the fourth; orders 1/2 · 1 · 1/6 · 1
    assert expected == Fraction(720, 6840) * Fraction(1, 2) * Fraction(1, 12)
    found = 0
    for n in range(20):
        assembler = Assembler(facts, rule, n.to_bytes(32, "big"), "other")
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
        sat = SatSession("", "", "", a_rule(), facts, [])
        assert order_chance([Seen(facts[0].id, order)], sat) == Fraction(fits, len(every)), (order, options, locked)


def test_a_rule_that_shuffles_no_options_gives_no_mark():
    sat = SatSession("", "", "", a_rule(shuffle=False), pool(), [])
    assert order_chance([Seen(fact(1).id, "ABCD")], sat) == 1
    assert order_chance([Seen(fact(1).id, "BACD")], sat) == 0


HELD = [
    ("1" * 32, Content(ItemType.SINGLE, "触电急救首先应做什么？", tuple(map(Option, ("断电", "喊人", "先断电，再喊人", "离开"))))),
    ("2" * 32, Content(ItemType.SINGLE, "下列说法正确的是（　）。", tuple(map(Option, ("甲", "乙", "丙"))))),
    ("4" * 32, Content(ItemType.TRUEFALSE, "判断：触电后：立即断电。", tuple(map(Option, ("正确", "错误"))))),
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
        ("判断：触电后：立即", "4", ""),
        ("判断：触电后：立即断电: 正确 | 错误", "4", "AB"),
    ],
)
def test_items_are_recognised_by_what_a_person_copies_from_a_photo(text, item, order):
    assert KnownItems(HELD).recognise(Fragment.parse(text)) == Seen(item * 32, order)


@pytest.mark.parametrize(
    ("text", "code"),
    [("说法正确", "seen-ambiguous"), ("雷雨天: 停 | 走", "seen-unknown"), ("触电急救: 拔牙", "seen-other-options"),
     ("触电急救: 断电 | 断电", "seen-other-options"), ("11111111: BBAC", "seen-other-options")],
)  # fmt: skip
def test_what_is_not_one_item_is_refused_by_name(text, code):
    with pytest.raises(Denied, match=code):
        KnownItems(HELD).recognise(Fragment.parse(text))


def test_a_stem_with_a_slip_is_proposed_and_not_taken():
    known = KnownItems(HELD)
    slip = Fragment.parse("触电急救首先应做甚么: 离开 | 断电")
    with pytest.raises(Denied, match="seen-unknown"):
        known.recognise(slip)
    item, stem, similarity = known.most_similar(slip)
    assert item == "1" * 32 and stem.startswith("触电急救") and 5_000 <= similarity < 10_000
    assert known.most_similar(Fragment.parse("雷雨天: 停 | 走")) is None


def test_an_item_is_told_from_its_like_by_what_left_the_bank():
    known = KnownItems(HELD)
    assert known.recognise(Fragment.parse("说法正确"), [{"3" * 32}]).item == "3" * 32


def test_a_line_without_a_stem_is_no_item():
    with pytest.raises(BadFile, match="fragment-malformed"):
        Fragment.parse(": 甲 | 乙")


def test_a_mark_that_travelled_again_names_no_package():
    uses = [("m", "S1", "x", "2026-01-01", 9), ("m", "S8", "y", "2026-02-01", 9), ("n", "S1", "x", "2026-01-01", 9)]
    found = travelled({"m", "n"}, uses, {("S1", "x"): ["m", "n"]})
    assert [(each.session, each.watermarks, each.spent) for each in found] == [("S1", ("n",), ("m",)), ("S8", (), ())]


def test_the_ledger_names_packages_marks_first():
    uses = [("a", "S1", "x", "2026-01-01", 9), ("a", "S2", "y", "2026-01-02", 9), ("b", "S2", "y", "2026-01-02", 9),
            ("a", "S3", "z", "2026-01-03", 9), ("m", "S3", "z", "2026-01-03", 9), ("q", "S4", "z", "", 9)]  # fmt: skip
    found = travelled({"a", "b", "m"}, uses, {("S3", "z"): ["m"]})
    assert [(each.session, each.items, each.only, each.watermarks) for each in found] == [
        ("S3", 2, ("m",), ("m",)), ("S2", 2, ("b",), ()), ("S1", 1, (), ()),
    ]  # fmt: skip
