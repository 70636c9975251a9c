"""Figures of items, forms and candidates equal what mirt, ltm, difR, psych, aberrance and PerFit print for the same data.

Where the shared response data are not at hand, the tests that read them skip.
"""

import csv
import hashlib
import json

import numpy as np
import pytest

from examd.analysis import classical, decisions, dif, drift, irt, person_fit, similarity
from tests.shared import DATA, needs

RESPONSES = DATA / "responses"
needs_responses = needs(RESPONSES)


def table(name):
    """Header without the candidate's column, and the rows as text."""
    with (RESPONSES / name).open(newline="") as stream:
        head, *rows = csv.reader(stream)
    return head[1:], [row[1:] for row in rows]


def scores(name):
    return np.array([[float(cell) if cell not in ("", "NA") else np.nan for cell in row] for row in table(name)[1]])


def known(*path):
    found = json.loads((RESPONSES / "reference_results.json").read_text())
    for name in path:
        found = found[name]
    return list(found.values()) if isinstance(found, dict) else found


CLASSICAL = [
    ("lsat6_responses.csv", ("lsat6", "ctt")),
    ("lsat7_responses.csv", ("lsat7", "ctt")),
    ("fraction_subtraction_responses.csv", ("fraction_subtraction", "ctt")),
]


@needs_responses
@pytest.mark.parametrize(("file", "where"), CLASSICAL, ids=lambda each: each[0] if isinstance(each, tuple) else None)
def test_item_statistics_and_alpha_are_the_known_ones(file, where):
    x = scores(file)
    found, form = classical.items(x), classical.reliability(x)
    assert found.p == pytest.approx(known(*where, "p"), abs=1e-6)
    assert found.r_total == pytest.approx(known(*where, "point_biserial_total"), abs=1e-6)
    assert found.r_rest == pytest.approx(known(*where, "point_biserial_rest"), abs=1e-6)
    assert form.alpha == pytest.approx(known(*where, "cronbach_alpha"), abs=1e-7)
    assert form.sd == pytest.approx(known(*where, "sd_total_n_minus_1"), abs=1e-7)
    for at, without in enumerate(known(*where, "alpha_if_deleted")):
        assert classical.reliability(np.delete(x, at, axis=1)).alpha == pytest.approx(without, abs=1e-6)


@needs_responses
def test_ties_at_the_boundary_of_the_upper_and_lower_group_count_by_fractions():
    found = classical.items(scores("lsat7_responses.csv"))
    assert found.discrimination == pytest.approx([0.4329720, 0.7198374, 0.5816079, 0.7420596, 0.3753749], abs=1e-7)


@needs_responses
def test_alpha_with_answers_missing_is_that_of_pairs_of_items():
    assert classical.reliability(scores("icar_ability_scored.csv"), 16).alpha == pytest.approx(0.8292414, abs=1e-6)


@needs_responses
def test_a_wrong_answer_key_shows_in_the_table_of_options():
    chosen = np.array([[int(cell) for cell in row] for row in table("sat12_chosen_options.csv")[1]])
    key = np.array([int(row[0]) for row in table("sat12_key.csv")[1]])
    right = (chosen == key).astype(float)
    rest = right.sum(axis=1) - right[:, 31]
    found = classical.options(np.where(chosen[:, 31] == 8, -1, chosen[:, 31] - 1), rest, 5)
    assert classical.reliability(right).alpha == pytest.approx(0.79789186, abs=1e-7)
    assert found.r_rest[4] == pytest.approx(0.037065, abs=1e-6)  # the key that was printed
    assert found.r_rest[2] == pytest.approx(0.202641, abs=1e-6)  # the one that it should have been
    assert found.chosen.argmax() == 2


@needs_responses
@pytest.mark.parametrize(
    ("exam", "likelihood", "slope", "intercept"),
    [
        ("lsat6", -2466.6534, [0.82566, 0.72274, 0.89087, 0.68837, 0.65686], [2.77323, 0.99020, 0.24915, 1.28476, 2.05327]),
        ("lsat7", -2658.8051, [0.98755, 1.08084, 1.70748, 0.76499, 0.73567], [1.85586, 0.80797, 1.80521, 0.48600, 1.85446]),
    ],
)  # fmt: skip
def test_two_parameter_models_are_mirts(exam, likelihood, slope, intercept):
    model = irt.calibrate(scores(f"{exam}_responses.csv"))
    assert model.converged and model.log_likelihood == pytest.approx(likelihood, abs=1e-4)
    assert model.slope == pytest.approx(slope, abs=1e-4) and model.intercept == pytest.approx(intercept, abs=1e-4)


@needs_responses
@pytest.mark.parametrize(("exam", "likelihood"), [("lsat6", -2466.9376), ("lsat7", -2664.9009)])
def test_with_one_slope_for_all_items_the_model_is_ltms(exam, likelihood):
    model = irt.calibrate(scores(f"{exam}_responses.csv"), common_slope=True)
    assert model.log_likelihood == pytest.approx(likelihood, abs=1e-4) and np.ptp(model.slope) < 1e-12


@needs_responses
def test_abilities_are_the_known_ones():
    model = irt.calibrate(scores("lsat6_responses.csv"))
    mean, sd = irt.abilities(model, np.array([[0, 0, 0, 0, 0], [0, 0, 0, 0, 1], [1, 1, 1, 1, 1.0]]))
    assert mean == pytest.approx([-1.896770, -1.474814, 0.645621], abs=1e-5)
    assert sd == pytest.approx([0.801278, 0.802276, 0.859007], abs=1e-5)


@pytest.mark.parametrize("shown", [1.0, 0.4], ids=["one form", "drawn forms"])
def test_a_model_finds_the_parameters_that_answers_were_made_with(shown):
    dice = np.random.default_rng(5)
    slope, difficulty, ability = np.exp(dice.normal(0, 0.3, 40)), dice.normal(-0.5, 1, 40), dice.normal(size=4_000)
    x = (dice.random((4_000, 40)) < 1 / (1 + np.exp(-slope * (ability[:, None] - difficulty)))).astype(float)
    x[dice.random(x.shape) > shown] = np.nan
    model = irt.calibrate(x)
    assert model.converged
    assert np.sqrt(np.mean((model.slope - slope) ** 2)) < 0.1 / shown
    assert np.sqrt(np.mean((model.difficulty - difficulty) ** 2)) < 0.1 / shown
    assert np.corrcoef(irt.abilities(model, x)[0], ability)[0, 1] > (0.9 if shown == 1 else 0.8)


def test_what_was_not_shown_is_never_wrong():
    """Half of the items go to each half of the candidates: zeros in their place would halve every share."""
    dice = np.random.default_rng(7)
    x = (dice.random((400, 10)) < 0.8).astype(float)
    x[:200, 5:] = np.nan
    x[200:, :5] = np.nan
    found = classical.items(x)
    assert found.p == pytest.approx(np.nanmean(x, axis=0)) and list(found.n) == [200] * 10
    assert classical.reliability(x).k == 5
    with pytest.raises(ValueError, match="on 30 forms"):
        classical.reliability(np.where(np.eye(10) > 0, 1.0, np.nan))


# ---- groups ------------------------------------------------------------------------------------------------------------


@needs_responses
def test_differences_between_groups_are_difrs():
    head, rows = table("verbal_dif_responses.csv")
    x = np.array(rows, dtype=float)
    focal, right = x[:, head.index("Gender")] == 1, x[:, :24]
    found = [dif.mantel_haenszel(right[:, at], right.sum(axis=1), focal) for at in range(24)]
    wanted = json.loads((RESPONSES / "reference_results.json").read_text())["verbal"]["mantel_haenszel"]
    assert [each.chi_square for each in found] == pytest.approx([each["mh_chisq"] for each in wanted], abs=1e-5)
    assert [each.odds_ratio for each in found] == pytest.approx([each["alpha_mh"] for each in wanted], abs=1e-5)
    assert [each.delta for each in found] == pytest.approx([each["delta_mh"] for each in wanted], abs=1e-4)
    assert [each.p_value for each in found] == pytest.approx([each["p_value"] for each in wanted], abs=1e-5)
    significant = [at + 1 for at, each in enumerate(found) if each.chi_square > 3.8415]
    assert significant == [6, 12, 16, 17, 19, 20]
    assert {at + 1 for at, each in enumerate(found) if each.effect is not dif.Effect.A} == set(significant)


def test_differences_over_three_tables():
    found = dif.of_tables(np.array([[[20, 30], [10, 20]], [[40, 25], [15, 20]], [[35, 5], [30, 10]]], dtype=float))
    assert found.odds_ratio == pytest.approx(1.8533333333)
    assert (found.chi_square, found.p_value) == pytest.approx((4.25391887, 0.03915987), abs=1e-8)


# ---- candidates ----------------------------------------------------------------------------------------------------------

PATTERNS = (
    "01001010100000000000 10101001001000000100 10111111000000010000 10011100110101000000 11100001000000001000 "
    "11010110100010010000 11110101000001001001 01010110101000110000 11010101110101010100 11000010000010001000 "
    "10111110100000000000 11111110011001000010 11011101100001000000 10110111011100101000 11110100111110000010 "
    "11111101010010110000 11110111101111000000 11111011000000001011 11111111100110001100 11111111011010101001 "
    "11111111100111110100 11111111111111101010 11111110111110100111 11111111111111000001 11101101111111011011 "
    "11111111111111110000 11111111110111100110 11111111111111111100 11000110110000010100 00100100101101111111"
)
"""Of thirty made-up candidates: the 29th copied sixteen answers of the 6th, the last is strong where others are weak."""
X = np.array([[int(each) for each in pattern] for pattern in PATTERNS.split()])
N, K = X.shape
SLOPE, DIFFICULTY, GUESSING = 0.8 + 0.05 * np.arange(K), -1.9 + 0.2 * np.arange(K), 0.15 + 0.01 * (np.arange(K) % 6)
ABILITY = -2 + 4 * np.arange(N) / (N - 1)


def test_patterns_that_fit_no_model_are_perfits():
    lz, corrected = person_fit.standardised_log_likelihood(X.astype(float), SLOPE, -SLOPE * DIFFICULTY)
    here = [5, 14, 28, 29]
    assert lz[here] == pytest.approx([-0.665392956, -0.714941298, -2.018513339, -6.167433119], abs=1e-4)
    assert corrected[here] == pytest.approx([-0.690081871, -0.716079649, -2.067248179, -6.706644475], abs=1e-4)
    ht = person_fit.transposed_scalability(X.astype(float))
    assert ht[here] == pytest.approx([0.315673289, 0.232386961, 0.161147903, -0.387665198], abs=1e-8)


def test_similarity_of_right_and_wrong_is_aberrances():
    p = GUESSING + (1 - GUESSING) / (1 + np.exp(-SLOPE * (ABILITY[:, None] - DIFFICULTY)))
    chances = np.stack([1 - p, p], axis=2)
    copied, strangers = similarity.pair(X, chances, 5, 28), similarity.pair(X, chances, 0, 1)
    assert (copied.matches, copied.z, copied.p_value) == pytest.approx((16, 3.485732190, 0.000532167876), abs=1e-9)
    assert (strangers.z, strangers.p_value) == pytest.approx((-0.151165098, 0.654819013), abs=1e-9)


def uniform(name):
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") / 2**64


def test_similarity_of_chosen_options_is_aberrances():
    at = np.arange(K)
    lean = np.stack([-0.6 + 0.05 * (at % 5), -0.3 + 0.04 * (at % 7), -0.2 - 0.03 * (at % 3)], axis=1)
    base = np.stack([-0.5 + 0.06 * (at % 4), -0.2 - 0.05 * (at % 6), 0.1 + 0.04 * (at % 5)], axis=1)
    lean, base = (np.concatenate([each, -each.sum(axis=1, keepdims=True)], axis=1) for each in (lean, base))
    odds = np.exp(base + lean * ABILITY[:, None, None])
    chances = odds / odds.sum(axis=2, keepdims=True)
    dice = np.array([[uniform(f"r{v},{i}") for i in range(K)] for v in range(N)])
    chosen = (dice[:, :, None] > chances.cumsum(axis=2)).sum(axis=2)
    chosen[28] = chosen[5]
    chosen[28, [3, 9, 12, 17]] = (chosen[5, [3, 9, 12, 17]] + 1) % 4
    found = similarity.pairs(chosen, chances)
    assert (found[0].first, found[0].second, found[0].matches) == (5, 28, 16)
    assert (found[0].z, found[0].p_value) == pytest.approx((8.232424181, 1.23212511e-10), rel=1e-8)


def test_of_a_room_of_strangers_nobody_stands_out_and_of_a_room_with_copiers_they_do():
    dice = np.random.default_rng(11)
    n, k = 600, 80
    ability = dice.normal(size=n)
    lean = np.concatenate([dice.normal(-0.3, 0.2, (k, 3)), np.full((k, 1), 0.9)], axis=1)
    odds = np.exp(lean * ability[:, None, None] + dice.normal(0, 0.5, (k, 4)))
    chances = odds / odds.sum(axis=2, keepdims=True)
    chosen = (dice.random((n, k, 1)) > chances.cumsum(axis=2)).sum(axis=2)
    family = n * (n - 1) / 2

    def found(chosen):
        smoothed = similarity.option_chances(chosen, (chosen == 3).sum(axis=1).astype(float), 4)
        return [each for each in similarity.pairs(chosen, smoothed) if each.p_value * family < 0.05]

    assert found(chosen) == []
    for v in range(5):
        items = dice.permutation(k)[:60]
        chosen[v + 100, items] = chosen[v, items]
    assert {(each.first, each.second) for each in found(chosen)} >= {(v, v + 100) for v in range(4)}


@pytest.mark.parametrize("n", [0, 1, 7])
def test_the_exact_tail_is_the_sum_over_all_outcomes(n):
    p = np.random.default_rng(n).random(n)
    outcomes = [[outcome >> at & 1 for at in range(n)] for outcome in range(2**n)]
    for least in range(n + 2):
        total = sum(np.prod(np.where(bits, p, 1 - p)) for bits in outcomes if sum(bits) >= least)
        assert similarity.tail(p, least) == pytest.approx(total)


# ---- decisions, drift --------------------------------------------------------------------------------------------------


def test_accuracy_and_consistency_at_the_pass_mark_are_the_known_ones():
    found = decisions.livingston_lewis(19.8523909, 8.21258499, 0.90, 24, 40)
    assert found.effective_length == pytest.approx(50.3029886, abs=1e-6)
    assert (found.accuracy, found.consistency) == pytest.approx((0.9081576, 0.8725280), abs=1e-4)
    assert (found.false_fail, found.false_pass) == pytest.approx((0.0334296, 0.0584128), abs=1e-4)


def test_an_item_that_has_become_easier_shows():
    assert drift.two_periods(240, 400, 90, 120) == pytest.approx(2.992814, abs=1e-6)
    assert drift.two_periods_arcsine(240, 400, 90, 120) == pytest.approx(3.070590, abs=1e-6)
    path = list(drift.cusum(map(int, "11011101111011111111"), 0.6, 0.75))
    assert (path[2], path[-1]) == pytest.approx((0, 2.407146), abs=1e-6)
