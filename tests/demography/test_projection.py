"""The deterministic projection and the stable population, against arithmetic that can be checked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yeonjwa.core.calendar import month_index
from yeonjwa.demography.lifetable import (
    alive_by_month,
    brass,
    daughters_by_month,
    hazards,
    life_expectancy,
    stable_growth,
    survivors,
)  # fmt: skip
from yeonjwa.demography.projection import project, stable_founders
from yeonjwa.demography.rates import Rates, country
from yeonjwa.evidence.parameters import load


@pytest.fixture(scope="module")
def prk() -> Rates:
    return country("PRK", load())


def constant(rates: Rates, year: int) -> Rates:
    """The rates of one year for ever."""
    row = slice(rates.row(year), rates.row(year) + 1)
    return Rates(1900, 1900, rates.asfr[row], rates.qx[row], rates.srb[row])


@pytest.mark.parametrize("year", [1790, 1930, 1960, 2010])
def test_a_stable_population_keeps_its_shape_and_grows_by_lotkas_r(prk: Rates, year: int) -> None:
    rates = constant(prk, year)
    founders = stable_founders(rates, 1900)
    first, last = month_index(1900), month_index(1949, 12)
    result = project(rates, founders, first, last, [last])
    r = stable_growth(rates.qx[0, 0], rates.asfr[0], float(rates.srb[0]))
    assert np.log(result.living[-1].sum()) / 50 == pytest.approx(r, abs=2e-5)
    shape = result.by_age[last] / result.by_age[last].sum()
    assert np.abs(shape - founders).max() < 2e-6


def test_growth_without_births_is_minus_infinity(prk: Rates) -> None:
    assert stable_growth(prk.qx[0, 0], np.zeros(60), 1.05) == -np.inf


def test_net_reproduction_is_the_sum_of_daughters(prk: Rates) -> None:
    """1950 rates: net reproduction 0.79, as the notes to the UN tables say."""
    row = prk.row(1950)
    total = daughters_by_month(prk.qx[row, 0], prk.asfr[row], float(prk.srb[row])).sum()
    assert total == pytest.approx(0.79, abs=0.01)


def test_one_cohort_by_hand(prk: Rates) -> None:
    """A thousand newborn girls: nobody is born before they are ten, and survivors are those of the life table."""
    rates = constant(prk, 1960)
    founders = np.zeros((2, 1320))
    founders[0, 0] = 1000.0
    first = month_index(1900)
    last = first + 12 * 9
    result = project(rates, founders, first, last)
    alive = alive_by_month(rates.qx[0, 0])
    # Within the month the projection takes the geometric mean, the table the arithmetic one.
    for k in (1, 7, 50, 108):
        assert result.living[k - 1, 0] == pytest.approx(1000 * alive[k] / alive[0], rel=2e-5)
    assert result.births.sum() == 0.0


def test_births_by_hand(prk: Rates) -> None:
    rates = constant(prk, 1960)
    founders = np.zeros((2, 1320))
    founders[0, 300] = 1.0  # one woman of 25
    first = month_index(1900)
    result = project(rates, founders, first, first)
    survived = np.exp(-hazards(rates.qx[0, 0])[25] / 12)
    assert result.births.sum() == pytest.approx(survived * rates.asfr[0, 25] / 12)
    assert result.births[0, 1] / result.births[0, 0] == pytest.approx(rates.srb[0])
    assert result.births_in(first) == pytest.approx(result.births.sum())


@settings(max_examples=40, deadline=None)
@given(e0=st.floats(15, 80), sex=st.integers(0, 1))
def test_logit_tables_have_the_life_expectancy_asked_for(prk: Rates, e0: float, sex: int) -> None:
    qx = brass(prk.qx[prk.row(1960), sex], e0)
    assert life_expectancy(qx) == pytest.approx(e0, abs=0.01)
    assert (np.diff(survivors(qx)) <= 1e-12).all()
