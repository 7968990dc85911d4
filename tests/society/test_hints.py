"""Oracles of hints and threats (MODEL.md, section 6)."""

from __future__ import annotations

import numpy as np
import pytest

from yeonjwa.society import hints

CASES = [
    (0.05, 0.6, 80.0, 3.0, 0.05, 40.0),
    (0.10, 0.6, 30.0, 2.0, 0.05, 20.0),
    (0.02, 0.5, 60.0, 1.5, 0.10, 10.0),
]


def fictitious_play(
    prior: float, stops: float, loss: float, price: float, delta: float, damage: float
) -> tuple:
    """Shares of hints and payments when both sides answer the history of the other."""
    hinted = paid = 0.5
    for n in range(1, 200_001):
        genuine = prior / (prior + (1 - prior) * hinted)
        pays = genuine * stops * loss > price
        hints_now = paid * price > (1 - paid) * delta * damage
        paid += (pays - paid) / (n + 1)
        hinted += (hints_now - hinted) / (n + 1)
    return hinted, paid


@pytest.mark.parametrize("case", CASES)
def test_fictitious_play_converges_to_the_closed_forms(case: tuple[float, ...]) -> None:
    prior, stops, loss, price, delta, damage = case
    hinted, paid = fictitious_play(*case)
    assert 0 < hints.share_hinting(prior, stops, loss, price) < 1
    assert hinted == pytest.approx(hints.share_hinting(prior, stops, loss, price), abs=0.01)
    assert paid == pytest.approx(hints.share_paid(delta, damage, price), abs=0.01)


def test_bluffing_grows_with_severity_and_payment_does_not() -> None:
    shares = [hints.share_hinting(0.05, 0.6, loss, 3.0) for loss in (40.0, 60.0, 90.0)]
    assert shares[0] < shares[1] < shares[2]
    assert hints.share_paid(0.05, 80.0, 3.0) > hints.share_paid(0.05, 40.0, 3.0)


def test_shares_are_clipped() -> None:
    assert hints.share_hinting(0.05, 0.6, 1.0, 3.0) == 0.0
    assert hints.share_hinting(0.4, 0.6, 1e4, 3.0) == 1.0
    assert hints.share_paid(0.2, 100.0, 2.0, always=True) == 1.0
    assert hints.share_paid(0.02, 40.0, 2.0, always=True) == pytest.approx(0.4)


@pytest.mark.parametrize("case", CASES)
def test_logit_fixed_point_is_consistent_and_nears_the_closed_form_as_noise_falls(
    case: tuple[float, ...],
) -> None:
    prior, stops, loss, price, delta, damage = case
    hint, paid = hints.logit_fixed_point(*case, noise=0.1)
    again = hints.chance_of_hint(paid, np.array([price]), delta, damage, 0.1, False)[0]
    assert hint == pytest.approx(again, abs=1e-6)
    sharp, _ = hints.logit_fixed_point(*case, noise=0.005)
    exact = hints.share_hinting(prior, stops, loss, price)
    assert abs(sharp - exact) <= abs(hint - exact) + 1e-6
    assert sharp == pytest.approx(exact, abs=0.03)


def test_a_threat_raises_the_odds_of_a_plan() -> None:
    assert hints.raise_odds(np.array([0.25]), 3.0)[0] == pytest.approx(0.5)
