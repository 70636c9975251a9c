"""Caps, rests and overlap act when a session pool is picked; too few left is a refusal, never a relaxation."""

from datetime import date, timedelta

import pytest

from bank.composing.exposure import Ledger, Use, expected, meeting
from bank.composing.pool_selection import session_pool
from bank.content import ItemType, Level
from bank.draw_facts import ItemFacts
from bank.refused import Denied
from bank.rules import Rule

TODAY = date(2026, 11, 21)


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
            "total_points": 10,
            "pass_points": 8,
            "types": {"single": {"count": 10, "points": 1}},
            "chapters": {"1": {"name": "一", "points": 10}},
            "levels": {"any": 10},
            "cells": [{"type": "single", "chapter": "1", "count": 10, "points": 1}],
            "pool": {"multiple": 2},
        }
        | changes
    )


def bank(items=60):
    return [
        ItemFacts(
            id=f"{n:032x}", rev=1, stratum="single/1/any", type=ItemType.SINGLE, chapter="1", level=Level.NONE,
            points=1, p4=7000, options=4, locked=(), enemies=(), tags=(), content="", salt="",
        )
        for n in range(items)
    ]  # fmt: skip


def used(items, *, session="old", days=1, candidates=10):
    return {f"{n:032x}": [Use(session, TODAY - timedelta(days=days), candidates)] for n in items}


def picked(rule, uses, candidates=40, key=b"k" * 32, items=60):
    return {int(fact.id, 16) for fact in session_pool(bank(items), rule, key, Ledger(uses, TODAY, candidates))}


def test_a_rule_with_limits_is_not_used_without_the_ledger():
    with pytest.raises(Denied, match="rule-needs-ledger"):
        session_pool(bank(), a_rule(exposure={"sessions": 3}), b"k" * 32)
    assert len(session_pool(bank(), a_rule(), b"k" * 32)) == 20


def test_without_limits_the_ledger_changes_nothing():
    key = b"k" * 32
    assert session_pool(bank(), a_rule(), key) == session_pool(bank(), a_rule(), key, Ledger(used(range(60)), TODAY, 9))


def test_an_item_travels_in_so_many_sessions_and_no_more():
    uses = used(range(30)) | {f"{n:032x}": [Use("a", TODAY, 1), Use("b", TODAY, 1)] for n in range(30, 40)}
    assert picked(a_rule(exposure={"sessions": 2}), uses).isdisjoint(range(30, 40))
    assert picked(a_rule(exposure={"sessions": 1}), uses) == set(range(40, 60))


@pytest.mark.parametrize(("days", "free"), [(13, False), (14, True), (-13, False), (-14, True)])
def test_an_item_rests_before_and_after_a_session(days, free):
    chosen = picked(a_rule(exposure={"rest_days": 14}), used(range(30), days=days))
    assert chosen.isdisjoint(range(30)) != free


def test_the_cap_on_candidates_counts_those_of_this_session_too():
    assert expected(40, 10, 20) == 20
    limits = {"candidates": 50}
    assert not picked(a_rule(exposure=limits), used(range(30), candidates=30)).isdisjoint(range(30))
    assert picked(a_rule(exposure=limits), used(range(30), candidates=31)).isdisjoint(range(30))


def test_the_fewer_travel_the_more_candidates_each_meets():
    # Twelve items are fresh: from a pool of 12 each meets ⌈40 × 10 ÷ 12⌉ = 34 of 40 candidates.
    uses = used(range(12, 60), candidates=30)
    assert picked(a_rule(exposure={"candidates": 34}), uses) == set(range(12))
    with pytest.raises(Denied) as refusal:
        picked(a_rule(exposure={"candidates": 33}), uses)
    assert refusal.value.facts["cell"] == "single/1/any"


@pytest.mark.parametrize("fresh", [60, 30, 16, 12])
def test_of_recent_sessions_only_their_share_comes_again(fresh):
    recent = set(range(fresh, 60))
    for number in range(30):
        chosen = picked(a_rule(overlap={"sessions": 1, "share": "0.2"}), used(recent), key=bytes([number]) * 32)
        assert len(chosen & recent) <= 0.2 * len(chosen)
        assert len(chosen) == min(20, fresh + fresh // 4)


def test_where_too_few_are_fresh_the_cell_is_named():
    with pytest.raises(Denied) as refusal:
        picked(a_rule(overlap={"sessions": 1, "share": "0.2"}), used(range(7, 60)))
    assert refusal.value.code == "cell-short-beside-overlap"
    assert refusal.value.facts == {"cell": "single/1/any", "needed": 10, "available": 8}


def test_the_ledger_notes_how_many_candidates_an_item_can_be_expected_to_meet():
    pool = session_pool(bank(), a_rule(), b"k" * 32)
    assert meeting(pool, a_rule(), 41) == {fact.id: 21 for fact in pool}  # 41 × 10 ÷ 20, rounded up


def test_recent_are_the_last_sessions_by_day():
    uses = {"a": [Use("s1", date(2026, 1, 1), 1)], "b": [Use("s0", date(2026, 2, 1), 1)], "c": [Use("s2", TODAY, 1)]}
    assert Ledger(uses, TODAY, 1).recent(2) == {"b", "c"}
    assert Ledger(uses, TODAY, 1).recent(9) == {"a", "b", "c"}
    reserve = {"d": [Use("r", TODAY, 0)]}
    assert Ledger(uses | reserve, TODAY, 1).recent(2) == {"b", "c"}
