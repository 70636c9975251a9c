"""A bucket that fills by itself."""

import pytest

from examd.delivery.budget import Budget


def test_so_much_at_once_and_so_much_a_second_after_that():
    budget = Budget(3, 2, now_s=100)
    assert [budget.afford(1, 100) for _ in range(4)] == [True, True, True, False]
    assert not budget.afford(1, 100.4)
    assert budget.afford(1, 100.5)
    assert not budget.afford(1, 100.5)
    assert [budget.afford(1, 1_000) for _ in range(4)] == [True, True, True, False], (
        "it never holds more than its burst"
    )


def test_what_cannot_be_afforded_takes_nothing():
    budget = Budget(3, 1, now_s=0)
    assert not budget.afford(4, 0)
    assert budget.afford(3, 0)


def test_on_credit_the_wait_is_as_long_as_the_debt():
    budget = Budget(2, 4, now_s=0)
    assert budget.spend(2, 0) == 0
    assert budget.spend(1, 0) == pytest.approx(0.25)
    assert budget.spend(1, 0) == pytest.approx(0.5)
    assert not budget.afford(1, 0.5)
    assert budget.afford(1, 0.75)


def test_what_is_given_back_can_be_had_again_and_never_more_than_the_burst():
    budget = Budget(2, 1, now_s=0)
    budget.spend(2, 0)
    budget.give_back(1)
    assert budget.afford(1, 0)
    budget.give_back(100)
    assert [budget.afford(1, 0) for _ in range(3)] == [True, True, False]
