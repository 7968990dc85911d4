"""The fit of the intercept of flight."""

from __future__ import annotations

import math

import pytest

from yeonjwa.core.errors import InputError
from yeonjwa.evidence import ledger
from yeonjwa.laboratory import intercept
from yeonjwa.laboratory.scenario import load


def test_target_is_the_recorded_mean_of_the_fitted_years_only() -> None:
    recorded = intercept.recorded_arrivals()
    assert sorted(recorded) == [*range(2005, 2012), 2013, 2014, 2015]
    assert recorded[2009] == ledger.entry("defectors.arrivals.2009.total").value == 2914


def test_a_step_moves_the_intercept_by_the_log_ratio() -> None:
    found = intercept.fit_intercept(load("baseline"), scale=0.002, seeds=(1,), iterations=1)
    (a0, arrivals, error), target = found.steps[0], found.target
    assert target == pytest.approx(sum(intercept.recorded_arrivals().values()) / 10)
    assert math.isnan(error)  # one seed has no standard error
    assert found.a0 == pytest.approx(a0 + math.log(target / max(arrivals, 1.0)))


def test_no_seeds_is_an_error() -> None:
    with pytest.raises(InputError, match="at least one of each"):
        intercept.fit_intercept(load("baseline"), seeds=())
