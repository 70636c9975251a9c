"""Marks and the price of a leak: what the issuing officer is told, and what the next package then obeys."""

import secrets
from collections import Counter
from datetime import date, timedelta
from fractions import Fraction

import pytest

from bank.composing.assembly import Assembler
from bank.composing.exposure import Ledger, Use, apart_until
from bank.composing.pool_selection import session_pool
from bank.content import ItemType, Level
from bank.draw_facts import ItemFacts
from bank.leaks import watermarks
from bank.leaks.cost import leakage
from bank.rules import Rule

TODAY = date(2026, 11, 21)


def a_rule(**changes):
    return Rule.from_json(
        {
            "id": "toy", "version": 1, "name": "样卷", "source": "本局文件", "effective_from": "2026-01-01",
            "grading": "site", "minutes": 60, "total_points": 15, "pass_points": 9, "pool": {"multiple": 2},
            "types": {"single": {"count": 10, "points": 1}, "truefalse": {"count": 5, "points": 1}},
            "chapters": {"1": {"name": "一", "points": 15}}, "levels": {"any": 15},
            "cells": [
                {"type": "single", "chapter": "1", "count": 10, "points": 1},
                {"type": "truefalse", "chapter": "1", "count": 5, "points": 1},
            ],
        }
        | changes
    )  # fmt: skip


def bank(single=60, truefalse=30):
    return [
        ItemFacts(
            id=f"{base + n:032x}", rev=1, stratum=f"{type_.value}/1/any", type=type_, chapter="1", level=Level.NONE,
            points=1, p4=7000, options=4 if base == 0 else 2, locked=(), enemies=(), tags=(), content="", salt="",
        )
        for base, type_, count in ((0, ItemType.SINGLE, single), (1000, ItemType.TRUEFALSE, truefalse))
        for n in range(count)
    ]  # fmt: skip


class Season:
    """One package after the other from one bank, its ledger kept as the bank keeps it."""

    def __init__(self, facts, rule):
        self.facts, self.rule = facts, rule
        self.uses, self.watermarked, self.pools = {}, {}, []

    def ledger(self, day=TODAY):
        return Ledger(self.uses, day, 40, frozenset(self.watermarked))

    def issue(self, session):
        key, ledger = secrets.token_bytes(32), self.ledger()
        pool = session_pool(self.facts, self.rule, key, ledger)
        chosen = watermarks.choose(pool, self.facts, self.rule, ledger, key)
        for fact in pool:
            self.uses.setdefault(fact.id, []).append(Use(session, TODAY, 20))
        self.watermarked |= dict.fromkeys(chosen, session)
        self.pools.append((session, pool))
        return pool, chosen


def test_no_item_that_marks_one_package_travels_in_another():
    season = Season(bank(), a_rule())
    for n in range(8):
        pool, chosen = season.issue(f"S{n}")
        assert set(chosen) <= {fact.id for fact in pool} and len(chosen) <= 2
    travelled = Counter(fact.id for _, pool in season.pools for fact in pool)
    assert len(season.watermarked) >= 4  # the bank is small: later packages find nothing that never travelled
    assert all(travelled[item] == 1 for item in season.watermarked)
    assert max(travelled.values()) > 1  # as the others do


def test_a_package_has_two_marks_of_two_cells():
    _, chosen = Season(bank(), a_rule()).issue("S")
    assert len(chosen) == 2
    assert {item >= f"{1000:032x}" for item in chosen} == {True, False}


def test_a_cell_without_an_item_to_spare_gives_none():
    assert Season(bank(single=20, truefalse=10), a_rule()).issue("S")[1] == []
    assert len(Season(bank(single=21, truefalse=10), a_rule()).issue("S")[1]) == 1


def test_pools_stay_as_large_as_the_rule_says_whatever_is_marked():
    season = Season(bank(single=21, truefalse=10), a_rule())
    for n in range(6):
        pool, _ = season.issue(f"S{n}")
        assert len(pool) == 30


def test_no_more_marks_travel_than_a_pool_lacks():
    """21 items for pools of 20, of which 3 are marks: two have to travel, the third does not."""
    marked = frozenset(f"{n:032x}" for n in range(3))
    travelled = {fact.id for fact in session_pool(bank(single=21), a_rule(), b"k" * 32, Ledger({}, TODAY, 40, marked))}
    assert len(travelled & marked) == 2


def test_a_spent_mark_is_reported_with_the_package_whose_it_was():
    kept = [("a", "E2", "x", "2027-01-01"), ("b", "E2", "x", "2026-11-21"), ("c", "E8", "y", "2027-01-01"),
            ("d", "E3", "x", "2027-01-01")]  # fmt: skip
    assert watermarks.spent({"a", "b", "c"}, kept, ("E8", "y"), TODAY) == {("E2", "x"): 1}


def test_marks_give_way_where_the_rest_would_not_fill_a_pool():
    everything = frozenset(fact.id for fact in bank())
    ledger = Ledger({}, TODAY, 40, everything)
    assert len(session_pool(bank(), a_rule(), b"k" * 32, ledger)) == 30


def test_the_draw_knows_nothing_of_marks():
    """Forms of one pool are the same whichever items are its marks: marking adds no argument to the draw."""
    season = Season(bank(), a_rule())
    pool, chosen = season.issue("S")
    forms = Assembler(pool, a_rule(), b"s" * 32, "S")
    shown = Counter(item.id for c in range(4_000) for item in forms.form(c).items)
    for item in chosen:  # half of all forms, as every item of the pool
        assert abs(shown[item] - 2_000) < 160


def test_the_chance_that_a_form_shows_a_mark_is_what_drawing_finds():
    pool, chosen = Season(bank(), a_rule()).issue("S")
    chance = watermarks.on_a_form(chosen, pool, a_rule())
    assert chance == 1 - Fraction(1, 2) ** 2
    forms = Assembler(pool, a_rule(), b"s" * 32, "S")
    found = sum(any(item.id in chosen for item in forms.form(c).items) for c in range(4_000))
    assert abs(found - 3_000) < 120
    assert watermarks.on_a_form([], pool, a_rule()) == 0


def test_a_mark_is_kept_for_a_year():
    assert apart_until(TODAY) == "2027-11-21"


# ---- the price of a leak -------------------------------------------------------------------------------------------


def test_a_leak_costs_its_pool_and_so_much_of_every_later_form():
    facts = bank()
    pool = session_pool(facts, a_rule(), b"k" * 32)
    cost = leakage(pool, facts, a_rule(), None)
    assert (cost.items, cost.bank, cost.issued) == (30, 90, ())
    assert [(cell.stratum, cell.pool, cell.bank, cell.sessions_before, cell.sessions_after) for cell in cost.cells] == [
        ("single/1/any", 20, 60, 3, 2), ("truefalse/1/any", 10, 30, 3, 2),
    ]  # fmt: skip
    assert cost.known == pytest.approx(1 / 3)
    assert {(cell.fresh_before, cell.fresh_after) for cell in cost.cells} == {(3, 2)}
    leaked = {fact.id for fact in pool}
    known = []
    for n in range(200):  # what a later session meets
        later = session_pool(facts, a_rule(), n.to_bytes(32, "big"))
        form = Assembler(later, a_rule(), b"s" * 32, str(n)).form(1)
        known.append(sum(item.id in leaked for item in form.items) / 15)
    assert sum(known) / len(known) == pytest.approx(cost.known, abs=0.03)


def test_packages_that_are_out_already_are_named_with_what_they_lose():
    facts = bank()
    pool = session_pool(facts, a_rule(), b"k" * 32)
    ours, others = [fact.id for fact in pool], [fact.id for fact in facts if fact not in pool]
    uses = {item: [Use("later", TODAY + timedelta(days=3), 9)] for item in (*ours[:7], *others[:23])}
    uses |= {item: [Use("past", TODAY - timedelta(days=3), 9)] for item in ours[7:]}
    uses |= {item: [Use("apart", TODAY, 9)] for item in others[23:]}
    cost = leakage(pool, facts, a_rule(), Ledger(uses, TODAY, 40))
    assert [(each.session, each.items, each.pool) for each in cost.issued] == [("later", 7, 30)]
    assert cost.to_json()["issued_packages_hit"] == [{"items": 7, "pool": 30, "session": "later"}]


def test_pools_that_are_left_are_counted_from_the_ledger():
    facts = bank()
    pool = session_pool(facts, a_rule(), b"k" * 32)
    elsewhere = [fact.id for fact in facts if fact not in pool]
    ledger = Ledger({item: [Use("before", TODAY - timedelta(days=9), 9)] for item in elsewhere[:-1]}, TODAY, 40)

    def left(rule):
        cost = leakage(pool, facts, rule, ledger)
        return {(c.sessions_before, c.sessions_after, c.fresh_before, c.fresh_after) for c in cost.cells}

    assert left(a_rule()) == {(3, 2, 1, 0)}
    assert left(a_rule(exposure={"rest_days": 30})) == {(1, 0, 1, 0)}


def test_the_worst_cell_is_the_one_that_loses_most_of_itself():
    facts = bank(single=25, truefalse=30)
    cost = leakage(session_pool(facts, a_rule(), b"k" * 32), facts, a_rule(), None)
    assert (cost.worst.stratum, cost.worst.sessions_before, cost.worst.sessions_after) == ("single/1/any", 1, 0)
