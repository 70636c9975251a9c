"""What a bank cannot fill: the smallest set of demands, exact beside trying every set, and how many items it lacks."""

import random
from itertools import combinations, product

import pytest

from bank.content import ItemType, Level
from bank.draw_facts import ItemFacts
from bank.rules import Rule
from bank.rules.feasibility import check_feasibility, in_tolerance


def rule(counts, mandatory=None, **changes):
    chapters = {str(n): count for n, count in enumerate(counts, start=1)}
    total = sum(counts)
    return Rule.from_json(
        {
            "id": "R",
            "version": 1,
            "name": "规则",
            "source": "test",
            "effective_from": "2026-01-01",
            "grading": "site",
            "minutes": 30,
            "total_points": total,
            "pass_points": 1,
            "types": {"single": {"count": total, "points": 1}},
            "chapters": {code: {"name": code, "points": count} for code, count in chapters.items()},
            "levels": {"any": total},
            "cells": [{"type": "single", "chapter": c, "count": count, "points": 1} for c, count in chapters.items()],
            "mandatory": mandatory or {},
        }
        | changes
    )


def fact(n, chapter, enemies=(), tags=(), p4=7000):
    return ItemFacts(
        id=f"{n:032x}", rev=1, stratum=f"single/{chapter}/any", type=ItemType.SINGLE, chapter=str(chapter),
        level=Level.NONE, points=1, p4=p4, options=4, locked=(), enemies=tuple(enemies), tags=tuple(tags), content="",
        salt="",
    )  # fmt: skip


def told(found):
    return [(lack.demand.kind, lack.demand.name, lack.demand.needed, lack.missing) for lack in found.conflict]


def test_a_bank_that_can_fill_the_rule_is_shown_a_form():
    enemies, tags = {n: [f"g{n % 3}"] for n in range(6)}, {n: ["t"] for n in range(0, 20, 5)}
    facts = [fact(n, 1 + n % 2, enemies.get(n, ()), tags.get(n, ())) for n in range(20)]
    found = check_feasibility(facts, rule([4, 4], {"t": 2}))
    assert found.feasible
    form = [each for each in facts if each.id in found.form]
    assert len(form) == 8
    assert sum("t" in each.tags for each in form) >= 2


def test_one_cell_that_is_short_is_the_smallest_set_and_says_by_how_many():
    facts = [fact(n, 1) for n in range(9)] + [fact(10 + n, 2) for n in range(2)]
    found = check_feasibility(facts, rule([4, 5, 1]))
    assert told(found) == [("cell", "single/2/any", 5, 3)]
    assert [lack.demand.name for lack in found.alone] == ["single/2/any", "single/3/any"]


def test_cells_that_are_in_each_others_way_through_enemies_are_named_together():
    # Each cell alone can be filled; but chapters 1 and 2 have only enemies of one another.
    facts = [fact(n, 1 + n % 2, enemies=[f"g{n // 2}"]) for n in range(6)] + [fact(10 + n, 3) for n in range(5)]
    found = check_feasibility(facts, rule([2, 2, 3]))
    assert [name for _kind, name, _needed, _missing in told(found)] == ["single/1/any", "single/2/any"]
    assert sum(missing for *_rest, missing in told(found)) == 1
    assert not found.alone


def test_enemies_are_named_as_the_reason_and_only_where_they_are():
    facts = [fact(n, 1 + n % 2, enemies=[f"g{n // 2}"]) for n in range(6)] + [fact(10 + n, 3) for n in range(5)]
    found = check_feasibility(facts, rule([2, 2, 3]))
    assert len(found.enemies) == 1 and len(found.enemies[0]) == 1  # without any one of the three groups it could be met
    short = check_feasibility([fact(n, 1) for n in range(9)], rule([4, 5]))
    assert short.enemies == ((),)


def test_of_demands_impossible_alone_each_has_the_groups_that_hold_it_back():
    twins = [fact(n, 1, enemies=["g"] if n < 2 else ()) for n in range(5)]
    few = [fact(10 + n, 2, enemies=["h"] if n < 2 else ()) for n in range(4)]  # too few even without the group
    found = check_feasibility([*twins, *few, *(fact(20 + n, 3) for n in range(2))], rule([5, 5, 3]))
    assert [lack.missing for lack in found.alone] == [1, 2, 1]
    assert found.alone_enemies == (("g",), ("h",), ())
    assert found.enemies[0] == ("g",)


def test_conflicts_that_have_nothing_to_do_with_each_other_are_all_told():
    one = [fact(n, 1 + n % 2, enemies=["g"]) for n in range(2)]
    other = [fact(10 + n, 3 + n % 2, enemies=["h"]) for n in range(2)]
    found = check_feasibility([*one, *other, *(fact(20 + n, 5) for n in range(3))], rule([1, 1, 1, 1, 4]))
    assert [lack.demand.name for lack in found.alone] == ["single/5/any"]
    sets = [[lack.demand.name.split("/")[1] for lack in lacks] for lacks in found.further]
    assert sorted(sets) == [["1", "2"], ["3", "4"]]
    assert found.enemies[0] == () and sorted(found.enemies[1:]) == [("g",), ("h",)]


def test_a_tag_that_the_cells_leave_no_room_for_is_named():
    facts = [fact(n, 1, tags=["t"]) for n in range(9)] + [fact(10 + n, 2) for n in range(9)]
    assert told(check_feasibility(facts, rule([2, 7], {"t": 3}))) == [("tag", "t", 3, 1)]


def test_a_tag_that_enemies_keep_apart_is_named():
    # Tagged items are enemies of one another: a form holds one of them.
    facts = [fact(n, 1, enemies=["g"], tags=["t"]) for n in range(4)] + [fact(9, 1)]
    found = check_feasibility(facts, rule([2], {"t": 2}))
    assert told(found) == [("tag", "t", 2, 1)]


def test_a_cap_on_candidates_asks_for_a_pool_of_a_certain_size():
    facts = [fact(n, 1) for n in range(12)]
    capped = rule([4], exposure={"candidates": 100})
    assert check_feasibility(facts, capped).feasible
    assert check_feasibility(facts, capped, 300).feasible  # ⌈300 × 4 ÷ 100⌉ = 12
    assert told(check_feasibility(facts, capped, 400)) == [("pool", "single/1/any", 16, 4)]


def test_cells_below_the_pools_multiple_are_reported_and_allowed():
    found = check_feasibility([fact(n, 1) for n in range(5)], rule([4], pool={"multiple": 3}))
    assert found.feasible
    assert [(d.name, d.needed, d.available) for d in found.below_multiple] == [("single/1/any", 12, 5)]


def test_a_tolerance_that_no_form_meets_is_proved_to_be_so():
    facts = [fact(n, 1, p4=7000 + 1000 * (n % 2)) for n in range(8)]
    tight = rule([3], difficulty={"tolerance": "0.04", "target": "2.25"})
    assert not in_tolerance(facts, tight, 22_500)
    assert in_tolerance(facts, tight, 22_000)


def brute(facts, counts, tag):
    """Whether cells (by chapter) and, where asked, the tag can be met, by trying every choice."""
    per = [list(combinations([f for f in facts if f.chapter == c], n)) for c, n in counts.items()]
    for choice in product(*per):
        chosen = [f for part in choice for f in part]
        groups = [g for f in chosen for g in f.enemies]
        if len(groups) == len(set(groups)) and sum("t" in f.tags for f in chosen) >= tag:
            return True
    return False


@pytest.mark.parametrize("seed", range(25))
def test_the_smallest_set_is_the_smallest_of_all(seed):
    dice = random.Random(seed)
    groups = [dice.sample(["a", "b", "c", "d"], dice.randint(0, 2)) for _ in range(dice.randint(7, 12))]
    facts = [fact(n, 1 + n % 3, enemies) for n, enemies in enumerate(groups)]
    counts = [dice.randint(1, 3) for _ in range(3)]
    found = check_feasibility(facts, rule(counts))
    wanted = {str(n): count for n, count in enumerate(counts, start=1)}
    impossible = {
        size: [those for those in combinations(wanted, size) if not brute(facts, {c: wanted[c] for c in those}, 0)]
        for size in (1, 2, 3)
    }
    smallest = next((size for size, found in impossible.items() if found), None)
    assert found.feasible == (smallest is None)
    if smallest is not None:
        assert len(found.conflict) == smallest
        assert tuple(lack.demand.name.split("/")[1] for lack in found.conflict) in impossible[smallest]
        assert sum(lack.missing for lack in found.conflict) > 0
