"""What a session may use is asked in one place, and what stays at home is counted by its reason."""

from datetime import date

import pytest

from bank.authoring import lifecycle
from bank.composing.availability import availability, rule_availability
from bank.content import Content, ItemType, Option
from bank.item import AnswerKey, Basis, Item
from bank.lending.slices import Permission
from bank.rules import Rule
from bank.store import Bank

DRILL = Permission.DRILL


def plain(n, **more):
    content = Content(ItemType.SINGLE, f"第 {n} 题：先做什么？", tuple(map(Option, ("验电", "合闸", "离开"))))
    return Item(content, AnswerKey((0,)), "1", p4=7_000, **more)


def rule(**changes):
    return Rule.from_json(
        {
            "id": "R", "version": 1, "name": "规则", "source": "test", "effective_from": "2026-01-01",
            "grading": "site", "minutes": 30, "total_points": 4, "pass_points": 3,
            "types": {"single": {"count": 4, "points": 1}}, "chapters": {"1": {"name": "一", "points": 4}},
            "levels": {"any": 4}, "cells": [{"type": "single", "chapter": "1", "count": 4, "points": 1}],
        }
        | changes
    )  # fmt: skip


@pytest.fixture
def bank(tmp_path):
    with Bank.create(tmp_path / "bank", "correct horse battery", sample=True) as made_here:
        items = [plain(n, basis="《旧规程》第三条") for n in range(3)] + [plain(n) for n in range(3, 12)]
        items.append(plain(20, bases=(Basis("某条", repealed_on=date(2027, 1, 1)),)))
        made_here.drafts.add(items, approve_as_sample=True)
        yield made_here


def test_items_that_cite_a_repealed_basis_stay_at_home_from_that_day_on(bank):
    assert availability(bank, date(2026, 11, 21), DRILL).reasons == {}
    lifecycle.repeal(bank, "《旧规程》", date(2026, 12, 1), None)
    assert availability(bank, date(2026, 11, 30), DRILL).reasons == {}
    assert availability(bank, date(2026, 12, 1), DRILL).reasons == {"item-repealed": 3}
    assert availability(bank, date(2027, 1, 1), DRILL).reasons == {"item-repealed": 4}
    available = rule_availability(bank, rule(), date(2027, 1, 1), DRILL, 10)
    assert len(available.in_cells) == 9
    cell = available.cells["single/1/any"]
    assert (cell.held, cell.free, cell.withheld) == (13, 9, {"item-repealed": 4})


def test_a_cell_says_what_rests_what_is_capped_and_when_the_first_is_free_again(bank):
    ids = [each.id for each in bank.items.select()]
    bank.exposure.add("s1", "A", dict.fromkeys(ids[:5], 10), "2026-11-10")
    bank.exposure.add("s2", "A", dict.fromkeys(ids[3:8], 10), "2026-11-15")
    limits = {"sessions": 2, "rest_days": 14}
    cell = rule_availability(bank, rule(exposure=limits), date(2026, 11, 21), DRILL, 10).cells["single/1/any"]
    assert (cell.held, cell.free, cell.withheld) == (13, 5, {"resting": 6, "sessions-cap": 2})
    assert cell.again == date(2026, 11, 24)
    overlapping = rule(overlap={"sessions": 1, "share": "0.2"})
    cell = rule_availability(bank, overlapping, date(2026, 11, 21), DRILL, 10).cells["single/1/any"]
    assert (cell.free, cell.recent, cell.most) == (13, 5, 10)
