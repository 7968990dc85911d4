"""Both variants of denunciation by fictitious play, the population's fixed point, its cycles, and what a hint carries."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from tests.society.conftest import parameters
from yeonjwa.society import reasons
from yeonjwa.society.stylised import hints
from yeonjwa.society.stylised.findings import Setting
from yeonjwa.society.stylised.hints import Market


@pytest.mark.parametrize("market", [Market(), Market(0.02, 0.5, 120.0, 1.5, 0.05, 10.0)])
@pytest.mark.parametrize("always", [False, True])
@pytest.mark.parametrize("genuine", [1.0, 0.4])
def test_fictitious_play_ends_at_the_closed_forms(market: Market, always: bool, genuine: float) -> None:
    market = replace(market, always=always, genuine=genuine)
    assert 0 < market.hinting < 1
    assert hints.fictitious_play(market) == pytest.approx((market.hinting, market.paid), abs=0.015)


def test_where_q_is_clipped_the_patron_always_or_never_pays() -> None:
    dear, cheap = replace(Market(), loss=200.0), replace(Market(), loss=4.0)
    assert (dear.hinting, cheap.hinting) == (1.0, 0.0)
    assert hints.fictitious_play(dear) == pytest.approx((1.0, 1.0), abs=0.01)
    assert hints.fictitious_play(cheap) == pytest.approx((0.0, 0.0), abs=0.01)


def test_severity_moves_bluff_and_damage_moves_payment() -> None:
    market = Market(loss=40.0)
    harsher, riskier = replace(market, loss=60.0), replace(market, damage=80.0)
    plain, harsh, risky = (hints.fictitious_play(m) for m in (market, harsher, riskier))
    assert harsh[0] - plain[0] == pytest.approx(harsher.hinting - market.hinting, abs=0.02)
    assert harsh[1] == pytest.approx(plain[1], abs=0.015)
    assert risky[1] - plain[1] == pytest.approx(riskier.paid - market.paid, abs=0.015)
    assert risky[0] == pytest.approx(plain[0], abs=0.02)


@pytest.mark.parametrize("always", [False, True])
def test_the_population_settles_at_the_logit_fixed_point(always: bool) -> None:
    market = replace(Market(), always=always)
    path = hints.learn(market, gain=0.01, months=4000, start=(0.1, 0.6))
    assert (path.hinting[-1], path.paid[-1]) == pytest.approx(market.rest(), abs=5e-3)
    # It is another point than the equilibrium of best replies.
    assert abs(market.rest()[1] - market.paid) > 0.05


@pytest.mark.parametrize("gain", [0.01, 0.05])
def test_small_swings_have_the_period_and_damping_of_the_closed_form(gain: float) -> None:
    period, left = hints.turn(Market(), gain)
    found, shrink = hints.measured_turn(Market(), gain)
    assert found == pytest.approx(period, rel=0.03)
    assert shrink == pytest.approx(left, abs=4e-3)


def test_chance_keeps_the_cycle_alive_at_its_period() -> None:
    gain = 0.03
    path = hints.learn(Market(), gain=gain, months=12_000, demands=90, rng=np.random.default_rng(2))
    assert hints.main_period(path.paid) == pytest.approx(hints.turn(Market(), gain)[0], rel=0.25)
    assert np.ptp(path.paid[6000:]) > 0.05
    many = hints.learn(Market(), gain=gain, months=3000, demands=90_000, rng=np.random.default_rng(2))
    assert np.ptp(many.paid[1500:]) < 0.2 * np.ptp(path.paid[6000:])


def test_without_rest_where_the_closed_form_says_so() -> None:
    market = Market()
    calm, wild = 0.05, 0.4
    assert hints.turn(market, calm)[1] < 1 < hints.turn(market, wild)[1]
    still, moving = (hints.learn(market, gain=g, months=3000, start=(0.45, 0.07)) for g in (calm, wild))
    assert hints.swing(still.paid) < 1e-3 < 0.1 < hints.swing(moving.paid)


def test_a_hint_enters_the_hazard_as_the_run_has_it() -> None:
    month = Setting(parameters()).month
    stake = hints.official_and_relative(month, "n_hamgyong", 4)
    hardship, alpha, mu = 0.6, month.number("support.alpha"), month.number("hint.prior_genuine")
    world = SimpleNamespace(
        state=SimpleNamespace(
            houses=SimpleNamespace(base=np.full(2, stake.base), hardship=np.full(2, hardship))
        ),
        signals=SimpleNamespace(pays=np.array([True, False]), belief=np.array([mu, mu])),
        month=month,
    )
    both = np.arange(2)
    base = reasons.perceived_base(world, np.full(2, stake.base), both, both, both, alpha)  # type: ignore[arg-type]
    shift = math.log(base[0] / stake.base) / alpha
    silent = hints.begins_to_pay(month, stake, hardship=hardship, hinted=False)
    told = hints.begins_to_pay(month, stake, hardship=hardship, hinted=True)
    assert silent - told == pytest.approx(shift)
    assert base[1] == pytest.approx(stake.base)  # who refuses gives the silent optimum
