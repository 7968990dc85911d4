"""Differences: intervals cover what they should, luck and parameters are told apart, and the number of seeds decides."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from yeonjwa.core.errors import InputError
from yeonjwa.laboratory import differences
from yeonjwa.laboratory.differences import difference, doubt, seeds_to_tell


def test_paired_difference_is_students_test_of_pairs():
    a, b = [10.0, 14.0, 9.0, 12.0], [13.0, 15.5, 13.5, 16.0]
    found = difference(a, b, measure="m", results=3)
    test = stats.ttest_rel(b, a)
    interval = test.confidence_interval(0.95)
    assert found.effect.mean == pytest.approx(3.25)
    assert (found.effect.low, found.effect.high) == pytest.approx((interval.low, interval.high))
    wide = test.confidence_interval(0.9)
    assert (found.wide.low, found.wide.high) == pytest.approx((wide.low, wide.high))
    assert found.relative == pytest.approx(3.25 / 11.25)
    assert found.verdict == differences.HIGHER
    assert found.together == (test.pvalue < 0.05 / 3)
    assert difference(b, a).verdict == differences.LOWER


def test_pairing_takes_out_what_the_seeds_share():
    luck = np.random.default_rng(1).normal(0, 100, 6)
    found = difference(list(luck), list(luck + 5 + np.linspace(-1, 1, 6)))
    assert found.verdict == differences.HIGHER
    assert found.a.low < found.b.mean < found.a.high


@pytest.mark.parametrize(
    ("a", "b", "words"),
    [
        ([1.0, 2.0, 3.0], [3.0, 1.0, 2.5], differences.UNCLEAR),
        ([1.0, 2.0], [1.0, 2.0], differences.SAME),
        ([1.0], [2.0], differences.ALONE),
        ([1.0, math.nan], [2.0, 1.0], differences.EMPTY),
    ],
)
def test_what_cannot_be_told_is_said(a, b, words):
    found = difference(a, b)
    assert found.verdict == words
    assert not found.together
    if words != differences.UNCLEAR:
        assert found.seeds_needed is None


@pytest.mark.parametrize(("size", "sd"), [(1.0, 1.0), (0.5, 1.0), (-3.0, 1.0), (0.1, 2.0)])
def test_number_of_seeds_is_that_of_the_power_of_students_test(size, sd):
    """The chance to see it, by the noncentral distribution of t, reaches four in five with so many seeds, not before."""
    seeds = seeds_to_tell(size, sd)

    def power(n: int) -> float:
        edge, shift = stats.t.ppf(0.975, n - 1), abs(size) / sd * math.sqrt(n)
        return float(stats.nct.sf(edge, n - 1, shift))

    assert power(seeds) > 0.77
    assert power(max(seeds - 2, 2)) < 0.83


def test_number_of_seeds_knows_its_limits():
    assert seeds_to_tell(0.0, 1.0) is None
    assert seeds_to_tell(1e-9, 1.0) is None
    assert seeds_to_tell(1.0, 0.0) == 2
    assert difference([1.0, 2.0, 3.0], [3.0, 1.0, 2.5]).seeds_needed > 10


def test_expansion_of_the_quantile_is_good_enough():
    for freedom in (20, 50, 400):
        for probability in (0.8, 0.975):
            exact = stats.t.ppf(probability, freedom)
            assert differences._quantile(probability, freedom) == pytest.approx(exact, abs=5e-4)


def test_luck_and_parameters_are_told_apart():
    """Differences made of known parts: the mean over many trials gives the parts back."""
    chance = np.random.default_rng(7)
    draws, seeds, sd_a, sd_b, sd_e = 8, 3, 3.0, 2.0, 4.0
    luck, parameters = [], []
    for _ in range(400):
        a, b = chance.normal(0, sd_a, (draws, 1)), chance.normal(0, sd_b, (1, seeds))
        found = doubt((5 + a + b + chance.normal(0, sd_e, (draws, seeds))).tolist())
        luck.append(found.sd_luck**2)
        parameters.append(found.sd_parameters**2)
    assert np.mean(luck) == pytest.approx(sd_b**2 + sd_e**2, rel=0.06)
    # Cut off at zero, so a little above.
    assert np.mean(parameters) == pytest.approx(sd_a**2, rel=0.12)


def test_interval_over_draws_holds_the_effect_of_one_more_draw():
    chance = np.random.default_rng(11)
    inside = 0
    for _ in range(400):
        a, b = chance.normal(0, 3, (10, 1)), chance.normal(0, 1, (1, 4))
        found = doubt((5 + a + b + chance.normal(0, 1, (10, 4))).tolist())
        inside += found.low <= 5 + chance.normal(0, 3) <= found.high
    # Binomial with 0.95: four standard errors are 0.044.
    assert 0.90 < inside / 400 < 0.99


def test_parameters_that_do_nothing_add_nothing():
    rows = [[1.0, 2.0, 3.0]] * 4
    found = doubt(rows)
    assert (found.sd_parameters, found.share, found.same_sign) == (0.0, 0.0, 1.0)
    assert doubt([[1.0, 1.0], [3.0, 3.0]]).share == 1.0
    assert doubt([[2.0, 2.0]] * 2).share is None


def test_draws_need_company():
    with pytest.raises(InputError, match="two or more draws"):
        doubt([[1.0, 2.0]])
    with pytest.raises(InputError, match="two or more seeds"):
        doubt([[1.0], [2.0]])
