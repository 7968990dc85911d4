"""Who applies for the party (step 10): a behaviour that weighs what membership brings against what it is worth to stay.

The log-odds that somebody of the right age who is not barred applies this year are

    party.appeal + party.apply_gain * gain - party.apply_hazard * hazard

with ``gain`` what membership adds to expected log income (the share of members with a post less that of others, times the
gap of incomes), the same for everyone, and ``hazard`` the chance that the household leaves within the year. Who plans to leave
does not apply. A visible stain within the shallowest depth refuses the applicant.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.memory import prefetch
from yeonjwa.core.parallel import over_rows
from yeonjwa.core.randomness import uniform
from yeonjwa.society.codes import OFFICIAL, POSTS
from yeonjwa.society.rows import Standing, count_standing
from yeonjwa.society.state import Houses
from yeonjwa.society.world import World

#: Persons after whom one is looked at whose household is asked for now.
_AHEAD = 16


def gain_of_membership(world: World, standing: Standing | None = None) -> float:
    """Expected log income that membership adds: chance of a post with it less that without, times the gap of incomes.

    ``standing`` of the country, adults of the age of admission, if it has been counted.
    """
    if standing is None:
        standing = count_standing(
            world.awake(), latest_birth(world), len(POSTS), world.tree, world.state.people
        )
    adults = standing.adults

    def share(member: int) -> float:
        count = int(adults[member].sum())
        return float(adults[member, 1] / count) if count else 0.0

    median = world.month.vector("economy.median", "class")
    return (share(1) - share(0)) * float(np.log(median[OFFICIAL] / median[0]))


def latest_birth(world: World) -> int:
    """Last month of birth of those who are old enough for the party."""
    return world.t - 12 * int(world.month.number("party.min_age"))


@numba.njit(cache=True, nogil=True, inline="always")
def _chance(base: float, smoothed: float, alpha: float, most: float, aversion: float) -> float:
    """Chance to apply, ``most`` being the log-odds of somebody who would never leave."""
    yearly = 1.0 - math.exp(-12.0 * base * math.exp(alpha * smoothed))
    return 1.0 / (1.0 + math.exp(aversion * yearly - most))


@numba.njit(cache=True, nogil=True)
def _apply(
    first: int,
    last: int,
    eligible: np.ndarray,
    key: np.uint64,
    month: int,
    alpha: float,
    most: float,
    aversion: float,
    house: np.ndarray,
    houses: Houses,
) -> np.ndarray:
    """Those of the eligible first to last - 1 who apply.

    The chance lies below that of somebody who would never leave, by at most a quarter of the difference in log-odds: most draws
    are decided by that, without exponentials.
    """
    base, smoothed, plan = houses.base, houses.smoothed, houses.plan
    out, n = np.empty(last - first + 1, eligible.dtype), 0
    top = 1.0 / (1.0 + math.exp(-most))
    slope = 0.25 * max(aversion, 0.0) * 12.0 * math.exp(alpha) * (1.0 + 1e-9)
    for i in range(first, last):
        if i + _AHEAD < last:
            prefetch(base, house[eligible[i + _AHEAD]])
            prefetch(smoothed, house[eligible[i + _AHEAD]])
            prefetch(plan, house[eligible[i + _AHEAD]])
        p = eligible[i]
        h = max(house[p], 0)
        u = uniform(key, p, month)
        sure = (aversion >= 0.0) & (alpha >= 0.0) & (smoothed[h] <= 1.0)
        if sure and u > top + 1e-9:
            accepted = False
        elif sure and u < top - slope * base[h] - 1e-9:
            accepted = True
        else:
            accepted = u < _chance(base[h], smoothed[h], alpha, most, aversion)
        out[n] = p
        n += int(accepted and plan[h] == 0)
    return out[:n].copy()


def applicants(
    world: World, eligible: NDArray[np.integer], standing: Standing | None = None
) -> NDArray[np.integer]:
    """Those of the eligible who apply this year."""
    month = world.month
    most = month.number("party.appeal")
    most += month.number("party.apply_gain") * gain_of_membership(world, standing)
    found = over_rows(
        _apply,
        eligible.size,
        eligible,
        world.key("party.apply"),
        world.t,
        month.number("support.alpha"),
        most,
        month.number("party.apply_hazard"),
        world.state.people.house,
        world.state.houses,
    )
    return np.concatenate([eligible[:0], *found])
