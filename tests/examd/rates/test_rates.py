"""Wilson intervals against R and Newcombe (1998); counts against a count by hand."""

import csv
import json
from collections import Counter
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bank.refused import BadFile
from examd.rates import compute
from examd.rates.compute import Definition, GroupSize, Row, by_institution, rates
from examd.rates.wilson import Z95, wilson, wilson_arrays
from examd.result import Candidate
from tests.shared import DATA, needs

INTERVALS = DATA / "intervals"


@needs(INTERVALS)
def test_wilson_agrees_with_r_over_the_whole_grid():
    """The table prints 13 decimals of the upper limit and 10 digits of the lower; a lower limit is 1 minus the upper
    one of the failures, so where those are in the table too it is held to 1e-12 as well."""
    with (INTERVALS / "wilson_clopper_grid_R.csv").open() as stream:
        grid = [(int(r["x"]), int(r["n"]), r["level"], r) for r in csv.DictReader(stream)]
    high = {(x, n, level): float(row["wilson_high"]) for x, n, level, row in grid}
    mirrored = 0
    for x, n, level, row in grid:
        ours = wilson(x, n, NormalDist().inv_cdf(0.5 + float(level) / 2))
        assert ours.high == pytest.approx(high[x, n, level], abs=1e-12)
        assert ours.low == pytest.approx(float(row["wilson_low"]), rel=6e-10, abs=1e-12)
        if (n - x, n, level) in high:
            assert ours.low == pytest.approx(1 - high[n - x, n, level], abs=1e-12)
            mirrored += 1
    assert len(grid) == 324
    assert mirrored > 100


@needs(INTERVALS)
def test_wilson_gives_newcombes_four_published_cases():
    cases = json.loads((INTERVALS / "newcombe1998_cases.json").read_text())
    for case in cases["published"]["cases"]:
        assert [round(bound, 4) for bound in wilson(case["x"], case["n"])] == case["wilson"]
    for case in cases["recomputed_R_4.2.2"]:
        assert wilson(case["x"], case["n"]) == pytest.approx(case["wilson"], abs=1e-6)


@pytest.mark.parametrize(
    ("x", "n", "low", "high"),
    [
        (0, 10, 0, 0.2775327999),
        (3, 10, 0.1077912674, 0.6032218525),
        (8, 12, 0.3906220889, 0.8618799089),
        (45, 50, 0.7863976856, 0.9565242351),
        (81, 263, 0.2552885199, 0.3662095770),
        (10, 10, 0.7224672001, 1),
    ],
)
def test_wilson_gives_the_figures_of_prop_test(x, n, low, high):
    assert wilson(x, n) == pytest.approx((low, high), abs=1e-10)


def test_the_quantile_is_the_normal_distributions():
    assert pytest.approx(NormalDist().inv_cdf(0.975), abs=1e-15) == Z95


@given(st.integers(0, 10**7).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_holds_its_rate_and_touches_the_ends_only_at_none_and_all(counts):
    x, n = counts
    low, high = wilson(x, n)
    assert 0 <= low <= high <= 1
    assert (low == 0) == (x == 0)
    assert (high == 1) == (x == n)
    if n:
        assert low <= x / n <= high
        assert low == pytest.approx(1 - wilson(n - x, n).high, abs=1e-15)


@given(st.lists(st.integers(0, 10**9).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=1))
def test_arrays_give_the_numbers_of_the_scalar(counts):
    x, n = np.array(counts, dtype=np.int64).T
    low, high = wilson_arrays(x, n)
    expected = [wilson(*pair) for pair in counts]
    assert low == pytest.approx([bounds.low for bounds in expected], rel=1e-14)
    assert high == pytest.approx([bounds.high for bounds in expected], rel=1e-14)


@pytest.mark.parametrize(("x", "n"), [(-1, 5), (6, 5)])
def test_more_passed_than_counted_is_no_rate(x, n):
    with pytest.raises(ValueError, match=f"^{x} of {n} is no rate$"):
        wilson(x, n)
    with pytest.raises(ValueError, match="^more passed than counted$"):
        wilson_arrays(np.array([x]), np.array([n]))


results = st.lists(st.tuples(st.integers(0, 9), st.booleans(), st.booleans()), max_size=200)


@given(results, st.sampled_from([1, 7, 1 << 16]), st.sampled_from([np.uint8, np.int32, np.int64]))
def test_counts_are_those_of_a_count_by_hand(some, chunk, integer):
    some = [(index, present, passed and present) for index, present, passed in some]
    usual, compute.CHUNK = compute.CHUNK, chunk
    try:
        counts = rates(
            np.array([index for index, _, _ in some], dtype=integer),
            np.array([present for _, present, _ in some], dtype=bool),
            np.array([passed for _, _, passed in some], dtype=bool),
            10,
        )
    finally:
        compute.CHUNK = usual
    for array, chosen in (
        (counts.enrolled, some),
        (counts.present, [r for r in some if r[1]]),
        (counts.passed, [r for r in some if r[2]]),
    ):
        by_hand = Counter(index for index, _, _ in chosen)
        assert array.tolist() == [by_hand[index] for index in range(10)]


def test_whoever_passed_was_present():
    with pytest.raises(BadFile) as refused:
        rates(np.array([0, 0, 1]), np.array([True, False, False]), np.array([True, True, True]), 2)
    assert refused.value.code == "passed-but-absent"
    assert refused.value.facts == {"candidates": 2}


@pytest.mark.parametrize("index", [-1, 2, 3])
def test_an_index_that_names_no_institution_is_refused(index):
    with pytest.raises(ValueError):
        rates(np.array([0, index]), np.array([True, True]), np.array([False, False]), 2)


def test_institutions_stand_in_byte_order_of_name_and_not_of_rate():
    names = ["朔州", "b", "山西", "B", "", "b", "é"]
    passed = [True, False, True, True, False, True, False]
    rows, total = by_institution(
        [
            Candidate(c, str(c), name, "absent" if c == 7 else "present", passed=good)
            for c, (name, good) in enumerate(zip(names, passed), 1)
        ]
    )
    assert [row.institution for row in rows] == ["", "B", "b", "é", "山西", "朔州"]
    assert rows[2] == Row("b", 2, 2, 1)
    assert total == Row("", 7, 6, 4)


def test_nobody_at_all_makes_no_rows():
    assert by_institution([]) == ((), Row("", 0, 0, 0))


def test_the_two_definitions_differ_by_the_absent():
    row = Row("朔州", 10, 8, 6)
    assert row.absent == 2
    assert row.rate(Definition.OF_ENROLLED) == 0.6
    assert row.rate(Definition.OF_PRESENT) == 0.75
    assert row.interval(Definition.OF_PRESENT) == wilson(6, 8)
    nobody = Row("朔州", 3, 0, 0)
    assert nobody.rate(Definition.OF_PRESENT) is None
    assert nobody.interval(Definition.OF_PRESENT) == (0, 1)


def test_rates_and_intervals_of_arrays_are_those_of_rows():
    counts = rates(np.array([0, 0, 2]), np.array([True, False, False]), np.array([True, False, False]), 3)
    for definition in Definition:
        rows = [Row("", *row) for row in zip(counts.enrolled.tolist(), counts.present.tolist(), counts.passed.tolist())]
        with np.errstate(all="raise"):
            shares = counts.rate(definition)
        low, high = counts.interval(definition)
        for place, row in enumerate(rows):
            assert np.isnan(shares[place]) if row.rate(definition) is None else shares[place] == row.rate(definition)
            assert (low[place], high[place]) == pytest.approx(row.interval(definition))


@pytest.mark.parametrize(("n", "size"), [(0, "small"), (4, "small"), (5, "few"), (29, "few"), (30, "enough")])
def test_small_groups_are_marked(n, size):
    assert GroupSize.of(n) is GroupSize(size)


def test_a_rows_size_is_that_of_the_group_a_rate_divides_by():
    row = Row("朔州", 40, 4, 0)
    assert row.size(Definition.OF_ENROLLED) is GroupSize.ENOUGH
    assert row.size(Definition.OF_PRESENT) is GroupSize.SMALL


def test_definitions_are_printed_under_the_names_that_documents_explain():
    assert [*Definition] == ["D1t", "D2"]


def test_arrays_that_do_not_belong_together_are_refused():
    with pytest.raises(ValueError, match="^three arrays of one length$"):
        rates(np.array([0]), np.array([True, True]), np.array([False]), 1)
    with pytest.raises(ValueError, match="^an index beyond the institutions$"):
        rates(np.array([1]), np.array([True]), np.array([False]), 1)
