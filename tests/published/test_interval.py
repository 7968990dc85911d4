"""What ten months between births do to sisters."""

from __future__ import annotations

import numpy as np
import pytest

from yeonjwa.demography.rates import Rates
from yeonjwa.kinship.expected import expected_kin

from .interval import START_YEAR, births_after, chances, sisters
from .reference import LAST


def test_births_after_a_birth_are_those_drawn_month_by_month() -> None:
    wanted = np.repeat([0.0, 0.008, 0.03, 0.015], [24, 40, 60, 50])
    interval, women = 10, 200_000
    chance = chances(wanted, interval)
    random = np.random.default_rng(7)
    free = np.zeros(women, int)
    born = np.zeros((women, wanted.size), bool)
    for k in range(wanted.size):
        born[:, k] = (free <= k) & (random.random(women) < chance[k])
        free[born[:, k]] = k + interval
    assert born.mean(axis=0) == pytest.approx(wanted, abs=4 * np.sqrt(0.03 / women))
    later = births_after(chance, interval)
    for k in (30, 64, 90, 130):
        mothers = born[born[:, k]]
        after = mothers[:, k + 1 :].sum(axis=1)
        assert after.mean() == pytest.approx(later[k].sum(), abs=4 * after.std() / np.sqrt(after.size))
        assert not mothers[:, k + 1 : k + interval].any()


def test_ten_months_take_a_tenth_of_sisters(reference: Rates) -> None:
    free = expected_kin(reference, LAST, start_year=START_YEAR, kinds=["sisters"])
    spaced = sisters(reference, LAST, 10, mothers_from=1935)
    age = (LAST - free.births) // 60

    def effect(group: int) -> float:
        some = age == group
        return float(free.women[some] @ spaced[some] / (free.women[some] @ free.kin["sisters"][some]) - 1)

    youngest, *others = [effect(group) for group in range(8)]
    assert (
        -0.18 < youngest < -0.14
    )  # the last child has no younger one yet, and the elder must be ten months older
    assert np.mean(others) == pytest.approx(-0.11, abs=0.01)
