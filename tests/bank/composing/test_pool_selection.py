"""The session pool: caps hold in the pool that travels, and whether a rule can be issued is never luck."""

from datetime import date
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bank.composing.assembly import Assembler
from bank.composing.exposure import Ledger, Use, meeting
from bank.composing.pool_selection import session_pool
from bank.content import ItemType, Level
from bank.draw_facts import ItemFacts
from bank.refused import Denied
from bank.rules import Rule
from bank.rules.feasibility import check_feasibility

TODAY = date(2026, 11, 21)


def rule(counts=(10,), **changes):
    total = sum(counts)
    chapters = {str(n): count for n, count in enumerate(counts, start=1)}
    return Rule.from_json(
        {
            "id": "R", "version": 1, "name": "规则", "source": "test", "effective_from": "2026-01-01",
            "grading": "site", "minutes": 30, "total_points": total, "pass_points": 1,
            "types": {"single": {"count": total, "points": 1}},
            "chapters": {code: {"name": code, "points": count} for code, count in chapters.items()},
            "levels": {"any": total},
            "cells": [{"type": "single", "chapter": c, "count": count, "points": 1} for c, count in chapters.items()],
        }
        | changes
    )  # fmt: skip


def fact(n, chapter=1, enemies=(), tags=()):
    return ItemFacts(
        id=f"{n:032x}", rev=1, stratum=f"single/{chapter}/any", type=ItemType.SINGLE, chapter=str(chapter),
        level=Level.NONE, points=1, p4=7000, options=4, locked=(), enemies=tuple(enemies), tags=tuple(tags), content="",
        salt="",
    )  # fmt: skip


def keys(number):
    return (n.to_bytes(32, "big") for n in range(number))


def test_the_cap_on_candidates_holds_where_enemies_make_the_pool_small():
    # Ten groups of three: without regard for the cap ten items would travel, and each of 150 candidates see all of them.
    facts = [fact(n, enemies=[f"g{n % 10}"]) for n in range(30)]
    capped = rule(pool={"multiple": 3}, exposure={"candidates": 100})
    for key in keys(20):
        pool = session_pool(facts, capped, key, Ledger({}, TODAY, 150))
        assert max(meeting(pool, capped, 150).values()) <= 100


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_item_of_any_pool_meets_more_candidates_than_the_cap(data):
    number = st.integers(0, 12)
    facts = [fact(n, enemies=[f"g{data.draw(number)}"] if data.draw(st.booleans()) else ()) for n in range(24)]
    uses = {
        each.id: [Use("old", date(2026, 10, data.draw(st.integers(1, 20))), data.draw(st.integers(0, 60)))]
        for each in facts if data.draw(st.booleans())
    }  # fmt: skip
    cap, candidates = data.draw(st.integers(20, 120)), data.draw(st.integers(1, 150))
    more = {"overlap": {"sessions": 1, "share": "0.3"}} if data.draw(st.booleans()) else {}
    capped = rule([4], pool={"multiple": data.draw(st.integers(1, 4))}, exposure={"candidates": cap}, **more)
    try:
        pool = session_pool(facts, capped, b"k" * 32, Ledger(uses, TODAY, candidates))
    except Denied:
        return
    for item, met in meeting(pool, capped, candidates).items():
        assert met + sum(use.candidates for use in uses.get(item, ())) <= cap


def test_a_pool_too_small_for_its_cap_is_a_fault_of_the_rule_and_said_to_be():
    with pytest.raises(Denied) as refusal:
        session_pool([fact(n) for n in range(60)], rule(exposure={"candidates": 100}), b"k", Ledger({}, TODAY, 300))
    assert refusal.value.code == "rule-multiple-below-cap"
    assert (refusal.value.facts["multiple"], refusal.value.facts["needed"]) == (1, 3)


@pytest.mark.parametrize("multiple", [1, 3])
@pytest.mark.parametrize("tagged", [1, 2])
def test_a_rare_tag_that_the_bank_has_is_in_every_pool(multiple, tagged):
    facts = [fact(n, tags=["t"] if n < tagged else ()) for n in range(60)]
    wanted = rule(pool={"multiple": multiple}, mandatory={"t": tagged})
    for key in keys(30):
        pool = session_pool(facts, wanted, key)
        assert len(pool) == 10 * multiple
        Assembler(pool, wanted, key, "s").form(1)


def test_cells_that_are_each_others_enemies_get_a_pool_that_holds_a_form():
    facts = [fact(1, 1, ["g"]), fact(2, 1), fact(3, 2, ["g"])]
    for key in keys(40):
        pool = session_pool(facts, rule((1, 1)), key)
        assert {int(each.id, 16) for each in pool} == {2, 3}


def test_where_the_bank_itself_holds_no_form_that_is_said():
    facts = [fact(1, 1, ["g"]), fact(2, 2, ["g"]), fact(3, 3, ["h"]), fact(4, 3, ["k"])]
    with pytest.raises(Denied, match="pool-without-form"):
        session_pool(facts, rule((1, 1, 1)), b"k")


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_rule_that_is_proved_possible_is_never_refused_by_its_pool(data):
    group, mark = st.sampled_from(["", "a", "b", "c", "d"]), st.sampled_from([(), ("t",)])
    facts = [
        fact(n, 1 + n % 3, [g] if (g := data.draw(group)) else [], data.draw(mark)) for n in range(12)
    ]  # fmt: skip
    wanted = rule(
        (2, 1, 2), mandatory={"t": data.draw(st.integers(1, 4))}, pool={"multiple": data.draw(st.integers(1, 2))}
    )
    if check_feasibility(facts, wanted).feasible:
        pool = session_pool(facts, wanted, data.draw(st.binary(min_size=32, max_size=32)))
        assert check_feasibility(pool, wanted).feasible


def test_a_unit_that_many_have_met_travels_in_a_large_pool_though_enemies_fill_it():
    # Two items met by six already may meet four more: only a pool of five lets them, and so enemies have to travel.
    facts = [fact(1), fact(2), *(fact(3 + n, enemies=[f"g{n % 2}"]) for n in range(7))]
    uses = {fact(n).id: [Use("old", date(2026, 10, 1), 6)] for n in (1, 2)}
    wanted = rule((3,), pool={"multiple": 3}, exposure={"candidates": 10})
    for key in keys(10):
        pool = session_pool(facts, wanted, key, Ledger(uses, TODAY, 6))
        assert {fact(1).id, fact(2).id} & {each.id for each in pool}
        assert check_feasibility(pool, wanted).feasible
        assert all(met + 6 * (item in uses) <= 10 for item, met in meeting(pool, wanted, 6).items())


def test_enemies_travel_where_recent_items_would_be_too_many_of_a_smaller_pool():
    fresh = [fact(n, enemies=["g"]) for n in range(4)]
    recent = [fact(10 + n, tags=["t"]) for n in range(4)]
    uses = {each.id: [Use("old", date(2026, 10, 1), 5)] for each in recent}
    wanted = rule((3,), pool={"multiple": 2}, overlap={"sessions": 1, "share": "0.5"}, mandatory={"t": 2})
    for key in keys(20):
        pool = session_pool(facts := fresh + recent, wanted, key, Ledger(uses, TODAY, 10))
        assert check_feasibility(pool, wanted).feasible and len(facts) > len(pool)
        assert 2 * sum(each.id in uses for each in pool) <= len(pool)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whether_a_pool_is_picked_is_the_truth_and_not_the_key(data):
    """Held against every form there is, at every size that a pool may have."""
    group = st.sampled_from([(), (), ("a",), ("b",), ("a", "b")])
    facts = [fact(n, enemies=data.draw(group), tags=["t"] if data.draw(st.booleans()) else ()) for n in range(9)]
    uses = {
        each.id: [Use("old", date(2026, 10, 1), data.draw(st.integers(0, 6)))]
        for each in facts if data.draw(st.booleans())
    }  # fmt: skip
    count, multiple, cap, candidates, share = 3, data.draw(st.integers(1, 3)), 10, data.draw(st.integers(3, 10)), "0.34"
    wanted = rule(
        (count,), pool={"multiple": multiple}, exposure={"candidates": cap}, mandatory={"t": 1},
        overlap={"sessions": 1, "share": share},
    )  # fmt: skip
    recent = {item for item, (use,) in uses.items() if use.candidates}

    def possible(size):
        meets = -(-candidates * count // size)
        able = [f for f in facts if sum(use.candidates for use in uses.get(f.id, ())) + meets <= cap]
        most = int(size * 0.34)
        if len([f for f in able if f.id not in recent]) + min(most, len(recent & {f.id for f in able})) < size:
            return False
        return any(
            len(groups := [g for f in form for g in f.enemies]) == len(set(groups))
            and any(f.tags for f in form)
            and sum(f.id in recent for f in form) <= most
            for form in combinations(able, count)
        )

    truth = any(possible(size) for size in range(count, count * multiple + 1))
    for key in keys(3):
        try:
            session_pool(facts, wanted, key, Ledger(uses, TODAY, candidates))
            picked = True
        except Denied:
            picked = False
        assert picked == truth


def test_marks_of_other_packages_give_way_where_a_form_needs_them():
    facts = [fact(n, tags=["t"] if n == 0 else ()) for n in range(60)]
    wanted = rule(pool={"multiple": 3}, mandatory={"t": 1})
    ledger = Ledger({}, TODAY, 10, frozenset({facts[0].id, facts[1].id}))
    assert facts[0] in session_pool(facts, wanted, b"k", ledger)
    assert facts[1] not in session_pool(facts, rule(pool={"multiple": 3}), b"k", ledger)
