"""Marital hazards: all women together must bear by the age-specific rates."""

from __future__ import annotations

import numpy as np
import pytest

from yeonjwa.core.calendar import month_index
from yeonjwa.demography.marital import COHORT_MONTHS, TOLERANCE, MaritalRates, marital_rates
from yeonjwa.demography.marital_twin import solve
from yeonjwa.demography.nuptiality import first_union_cdf
from yeonjwa.demography.rates import Rates, country
from yeonjwa.evidence.parameters import load

FIRST, LAST = month_index(1790), month_index(2024, 12)


@pytest.fixture(scope="module")
def prk() -> Rates:
    return country("PRK", load())


@pytest.fixture(scope="module")
def marital(prk: Rates) -> MaritalRates:
    return marital_rates(prk, load(), FIRST, LAST)


@pytest.mark.parametrize("year", [1760, 1850, 1925, 1955, 1980])
def test_hazards_and_marriages_are_those_of_the_slow_twin(
    prk: Rates, marital: MaritalRates, year: int
) -> None:
    row = (month_index(year) - marital.first_month) // COHORT_MONTHS
    born = marital.first_month + row * COHORT_MONTHS + COHORT_MONTHS // 2
    months = min(600, LAST - born + 1)  # births are drawn to the last month
    twin = solve(prk, marital.nuptiality, born, months)
    assert np.abs(marital.married[row, :months] - np.array(twin.married)).max() < 1e-5
    factors = marital.nuptiality.factors
    hazard = np.diff(marital.cumulative[row, 2, : months + 1].astype(float))
    years = np.clip(
        (born + np.arange(months)) // 12 + 1600 - marital.nuptiality.first_year, 0, factors.shape[0] - 1
    )
    assert np.abs(hazard - np.array(twin.hazard) * factors[years, 2]).max() < 2e-5


@pytest.mark.parametrize("year", [1800, 1850, 1900, 1930, 1960, 1970])
def test_expected_births_of_a_cohort_are_the_rates(prk: Rates, marital: MaritalRates, year: int) -> None:
    row = (month_index(year) - marital.first_month) // COHORT_MONTHS
    born = marital.first_month + row * COHORT_MONTHS + COHORT_MONTHS // 2
    twin = solve(prk, marital.nuptiality, born, 12 * 54)
    due = np.array([prk.asfr[prk.row((born + j) // 12 + 1600), j // 12] / 12 for j in range(12 * 54)])
    assert sum(twin.births) == pytest.approx(due.sum(), rel=2e-3)
    # Nowhere do births lag behind by more than the tolerance.
    assert (np.cumsum(due) - np.cumsum(twin.births)).max() < TOLERANCE * due.sum() * 1.05


def test_shifts_are_earlier_and_bounded(marital: MaritalRates) -> None:
    shift = marital.nuptiality.shift
    assert (shift >= 0).all()
    assert shift.max() < 3
    assert shift[: 1900 - marital.nuptiality.first_year].max() == 0
    assert marital.lag.max() <= TOLERANCE


def test_hazards_never_exceed_the_highest(marital: MaritalRates) -> None:
    past = marital.cumulative[: (month_index(1964) - marital.first_month) // COHORT_MONTHS]
    hazard = np.diff(past.astype(float), axis=2)
    assert hazard.min() > -1e-5
    assert hazard.max() <= marital.nuptiality.maximum * marital.nuptiality.factors.max() + 1e-5


def test_marriage_is_universal_and_widows_are_many_in_1850(marital: MaritalRates) -> None:
    row = (month_index(1820) - marital.first_month) // COHORT_MONTHS
    assert marital.married[row, 12 * 22] > 0.85
    assert 0.5 < marital.married[row, 12 * 45] < 0.75


def test_first_union_schedule_has_its_mean_and_spread() -> None:
    for mean, spread in ((17.5, 2.0), (21.6, 2.6), (25.5, 2.6)):
        density = np.diff(first_union_cdf(mean, spread, 12), prepend=0.0)
        age = (np.arange(density.size) + 0.5) / 12
        found = (density * age).sum()
        assert found == pytest.approx(mean, abs=0.1)
        assert np.sqrt((density * (age - found) ** 2).sum()) == pytest.approx(spread, abs=0.3)
        assert density[: 12 * 12].sum() == 0
    assert first_union_cdf(5.0, 0.1, 12)[-1] == pytest.approx(1.0)
