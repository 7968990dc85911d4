"""Besley and Coate, Miceli and Segerson, Konrad and Skaperdas: where the model contains their case."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.society.stylised.conftest import setting
from yeonjwa.core.calendar import NEVER
from yeonjwa.society.stylised import closed_forms as forms
from yeonjwa.society.stylised.hints import Market, fictitious_play
from yeonjwa.society.stylised.reach import without_exits

MEANS = np.random.default_rng(1).exponential(1.0, (1200, 2))


@pytest.mark.parametrize("due", [0.2, 0.7])
def test_besley_and_coate(due: float) -> None:
    wide = np.random.default_rng(2).exponential(1.0, (200_000, 2))
    assert forms.play_repayment(due, wide) == pytest.approx(forms.repaid_jointly(due), abs=0.005)
    assert forms.relieved(due, MEANS, jointly=False) == pytest.approx(forms.repaid_alone(due), abs=0.04)
    jointly = forms.relieved(due, MEANS, jointly=True)
    assert jointly == pytest.approx((MEANS.sum(axis=1) >= 2 * due).mean(), abs=2e-3)
    assert jointly == pytest.approx(forms.repaid_from_one_purse(due), abs=0.04)
    assert jointly > forms.play_repayment(due, MEANS)


def test_groups_repay_better_under_their_condition_only() -> None:
    for due in (0.1, 0.6, 0.8, 1.3):
        once, twice = 1 - forms.share_able(due), 1 - forms.share_able(2 * due)
        assert (forms.repaid_jointly(due) > forms.repaid_alone(due)) == (1 + once > 2 * twice)


def test_miceli_and_segerson_in_the_enforcement_step() -> None:
    world = setting().country(without_exits(setting().parameters))
    chosen = forms.families(world, 30, 3, np.random.default_rng(3))
    rng = np.random.default_rng(4)
    sanctioned = world.state.people.sanctioned.copy()
    for triggers in (0.0, 0.8):
        found = []
        for r in range(8):
            world.seed = r
            found += [forms.struck_by_me(world, k, kin, triggers, rng) for k, kin in chosen]
        theory = np.mean(
            [
                forms.marginal_sanction(
                    forms.chance_for(world, k, int(kin[-1])),
                    np.array([forms.chance_for(world, k, int(j)) for j in kin[:-1]]),
                    triggers,
                )
                for k, kin in chosen
            ]
        )
        assert np.mean(found) == pytest.approx(theory, abs=4 * np.sqrt(theory * (1 - theory) / len(found)))
    assert np.array_equal(world.state.people.sanctioned, sanctioned)
    assert np.all(sanctioned == NEVER)


def test_empty_threats_are_not_paid_and_risk_makes_rare_plans_credible() -> None:
    free = Market(denounced=0.0)
    threshold = free.price / (free.stops * free.loss)
    assert fictitious_play(Market(prior=0.0), 10_000) == pytest.approx((0.0, 0.0), abs=0.01)
    below = fictitious_play(replace(free, prior=0.7 * threshold), 10_000)
    above = fictitious_play(replace(free, prior=1.3 * threshold), 10_000)
    assert (below[1], above[1]) == pytest.approx((0.0, 1.0), abs=0.01)
    risky = replace(free, prior=0.7 * threshold, denounced=0.05)
    hinted, paid = fictitious_play(risky)
    assert paid == pytest.approx(risky.paid, abs=0.015)
    assert risky.posterior(hinted) == pytest.approx(threshold, rel=0.05)
