"""Step 4, second half: hints and threats (MODEL.md, section 6).

Somebody who plans to leave may hint at it to the nearest patron; so may a poor relative without a plan. The patron pays
the demand or refuses; a refused demand may be denounced. The share of opportunists who hint and the share of patrons
who pay are learnt from fading counts by logit replies; the one-shot equilibrium is an oracle for the tests.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]


def share_hinting(prior: float, stops: float, loss: float, price: float) -> float:
    """Share ``q*`` of opportunists who hint, ``clip(pi*(eps*p*L - T) / ((1 - pi)*T), 0, 1)``.

    Parameters
    ----------
    prior : float
        Genuine share ``pi`` among those in a position to hint.
    stops : float
        Chance ``eps`` that a payment ends a plan.
    loss : float
        ``p * L``, what a departure costs the patron in expectation, baskets.
    price : float
        ``T``, what the hinter asks for, baskets.
    """
    return float(np.clip(prior * (stops * loss - price) / ((1.0 - prior) * price), 0.0, 1.0))


def share_paid(denounced: float, damage: float, price: float, always: bool = False) -> float:
    """Share ``r*`` of demands that are paid, ``clip(delta*D / (T + delta*D), 0, 1)``; ``delta*D / T`` if denounced always.

    Parameters
    ----------
    denounced : float
        Chance ``delta`` that a refused demand is denounced.
    damage : float
        What being denounced costs, baskets.
    price : float
        ``T``, baskets.
    always : bool
        Variant in which denunciation strikes whether the patron pays or not.
    """
    risk = denounced * damage
    return float(np.clip(risk / price if always else risk / (price + risk), 0.0, 1.0))


def logistic(x: Float) -> Float:
    """Logit reply to a gain measured in units of noise."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(x, -500.0, 500.0))))


def chance_of_hint(
    paid: float, price: Float, denounced: float | Float, damage: float, noise: float, always: bool
) -> Float:
    """Logit chance that an opportunist hints, given the share of demands that are paid, at each one's own price."""
    risk = denounced * damage
    gain = paid * price - (risk if always else (1.0 - paid) * risk)
    return logistic(gain / (noise * price))


def chance_of_payment(genuine: Float, stops: float, loss: float | Float, price: Float, noise: float) -> Float:
    """Logit chance that a patron pays, given the chance that the demand is genuine and his own loss."""
    return logistic((genuine * stops * loss - price) / (noise * price))


def logit_fixed_point(
    prior: float,
    stops: float,
    loss: float,
    price: float,
    denounced: float,
    damage: float,
    noise: float,
    always: bool = False,
) -> tuple[float, float]:
    """Shares (hinting, paid) at which both logit replies are consistent: where the population should settle.

    The reply to a share of payments falls in that share (more payment, more bluff, less reason to pay), so the point is
    unique and found by bisection.
    """
    one = np.array([price])

    def replies(paid: float) -> tuple[float, float]:
        hint = float(chance_of_hint(paid, one, denounced, damage, noise, always)[0])
        genuine = prior / (prior + (1.0 - prior) * hint)
        return hint, float(chance_of_payment(np.array([genuine]), stops, loss, one, noise)[0])

    low, high = 0.0, 1.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        if replies(middle)[1] > middle:
            low = middle
        else:
            high = middle
    return replies(low)[0], low


def raise_odds(probability: Float, factor: float) -> Float:
    """A probability whose odds are multiplied by ``factor``: what a threat does to the belief that there is a plan."""
    odds = factor * probability / np.maximum(1.0 - probability, 1e-12)
    return np.asarray(odds / (1.0 + odds))
