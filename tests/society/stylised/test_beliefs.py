"""Mean beliefs under rare departures, patches, public signals; what the engine does in a month is what the village does."""

from __future__ import annotations

import math

import numpy as np
import pytest

from yeonjwa.society.beliefs import mean_of_belief
from yeonjwa.society.stylised import beliefs
from yeonjwa.society.stylised.beliefs import Village


@pytest.mark.parametrize("rate", [0.004, 0.05, 0.6])
@pytest.mark.parametrize("prior", [(1.0, 1.0), (4.0, 1.0)])
def test_mean_belief_under_random_departures_is_the_closed_form(
    rate: float, prior: tuple[float, float]
) -> None:
    village = Village(rate, 0.25, *prior, memory=30.0, households=4000)
    found = beliefs.watch(village, 250, np.random.default_rng(1))
    error = found.believed.std() / math.sqrt(village.households)
    assert found.mean[-1] == pytest.approx(beliefs.mean_belief(village), abs=4 * error + 1e-4)


def test_weight_of_the_prior_has_its_limits() -> None:
    assert beliefs.weight_of_prior(Village(1e-9, 0.5)) == pytest.approx(1.0, abs=1e-4)
    assert beliefs.weight_of_prior(Village(50.0, 0.5, memory=60.0)) == pytest.approx(
        2 / (2 + 50 * 60.5), rel=0.01
    )
    # Longer memory, less prior; a stronger prior, more.
    weights = [beliefs.weight_of_prior(Village(0.02, 0.5, memory=m)) for m in (24.0, 60.0, 240.0)]
    assert weights[0] > weights[1] > weights[2]
    assert beliefs.weight_of_prior(Village(0.02, 0.5, a0=5.0, b0=5.0)) > weights[1]


def test_the_form_for_one_departure_a_month_is_far_off_where_departures_are_rare() -> None:
    village = Village(0.02, 0.9, households=2000)
    watched = beliefs.watch(village, 400, np.random.default_rng(3)).mean[-1]
    assert watched == pytest.approx(beliefs.mean_belief(village), abs=0.01)
    assert mean_of_belief(1.0, 1.0, 0.9, village.phi) - watched > 0.15


def test_belief_never_leaves_what_the_prior_and_memory_allow() -> None:
    village = Village(1.0, 1.0, memory=10.0, households=500, once=True)
    bound = (1.0 + 1.0 / (1.0 - village.phi)) / (2.0 + 1.0 / (1.0 - village.phi))
    believed = beliefs.watch(village, 300, np.random.default_rng(1)).believed
    assert np.all(believed <= bound + 1e-6)
    assert believed.max() == pytest.approx(bound, abs=1e-4)
    lost = beliefs.forget_everything(
        Village(0.01, 1.0, memory=10.0, households=500), 300, np.random.default_rng(1)
    )
    assert lost.max() > 0.999


def test_a_patchy_rule_leaves_believed_risk_above_the_actual() -> None:
    gaps = []
    for rate in (0.3, 0.01, 0.0005):
        spared = Village(rate, 0.0)
        struck = Village(rate, 1.0)
        gaps.append(0.85 * beliefs.mean_belief(spared) + 0.15 * beliefs.mean_belief(struck) - 0.15)
    assert 0 < gaps[0] < 0.25 * gaps[2]
    assert gaps[0] < gaps[1] < gaps[2]
    assert gaps[2] == pytest.approx(0.35, abs=0.01)


def test_a_public_signal_moves_everybody_at_once_and_fades() -> None:
    village = Village(0.002, 0.5, households=2000)
    told = beliefs.watch(
        village, 40, np.random.default_rng(5), lambda month: (2.0, 0.0) if month == 5 else (0.0, 0.0)
    )
    assert told.moved[4] == pytest.approx(1 - math.exp(-5 * 0.002), abs=0.01)
    assert told.moved[5] > 0.99
    silent = np.median(told.believed)  # nearly everyone has seen nothing
    assert silent == pytest.approx(beliefs.announced(village, 2.0, np.array([34]))[0], abs=1e-5)
    mild = beliefs.watch(village, 6, np.random.default_rng(5), lambda month: (0.0, 2.0))
    assert mild.mean[-1] < 0.3


def test_standing_weight_of_a_yearly_signal() -> None:
    phi = math.exp(-1 / 60)
    count, seen = 0.0, []
    for month in range(1200):
        count = phi * count + (month % 12 == 0)
        seen.append(count)
    assert beliefs._standing(60.0) == pytest.approx(np.mean(seen[-12:]))
