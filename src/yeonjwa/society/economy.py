"""Step 2: incomes, prices, hardship (MODEL.md, section 5).

Consumption is counted a head in monthly subsistence baskets: 1 is just enough. Log consumption is the median of
the household's class and province at the date, plus a permanent part, plus a transitory shock that is AR(1), plus
the national shock, plus what is received or owed from outside.
"""

from __future__ import annotations

import math

import numba
import numpy as np

from yeonjwa.core.randomness import normal, stream
from yeonjwa.society.codes import ABROAD, BANISHED_CLASS
from yeonjwa.society.state import Houses, People

PERMANENT = stream("society.economy.permanent")
TRANSITORY = stream("society.economy.transitory")


@numba.njit(cache=True)
def assign_classes(num_houses: int, people: People, houses: Houses) -> None:
    """Income class of each household: the highest-paid post of those at home, or banished.

    Posts are ordered by code; what an expatriate sends home is added in :mod:`yeonjwa.society.abroad`.
    """
    for h in range(num_houses):
        best = 0
        p = houses.head[h]
        while p >= 0:
            if people.where[p] != ABROAD:
                best = max(best, people.post[p])
            p = people.next[p]
        houses.income_class[h] = BANISHED_CLASS if houses.banished[h] > 0 else best


@numba.njit(cache=True)
def step_economy(
    month: int,
    num_houses: int,
    keys: np.ndarray,
    log_median: np.ndarray,
    log_province: np.ndarray,
    national: float,
    sd: np.ndarray,
    houses: Houses,
) -> None:
    """Consumption and hardship of every household before the month's transfers.

    Parameters
    ----------
    keys : uint64 (2,)
        Stream keys of the permanent and the transitory part.
    log_median : float64 (classes,)
        Log of the median consumption of each class.
    log_province : float64 (provinces,)
        Log income of each province relative to the country.
    national : float
        National shock to log income.
    sd : float64 (3,)
        Standard deviation of the permanent part, stationary one of the transitory part, its autocorrelation.
    """
    innovation = sd[1] * math.sqrt(1.0 - sd[2] * sd[2])
    for h in range(num_houses):
        if houses.head[h] < 0:
            continue
        key = houses.key[h]
        shock = np.float32(sd[2] * houses.ar[h] + innovation * normal(keys[1], key, month))
        houses.ar[h] = shock
        level = (
            log_median[houses.income_class[h]]
            + log_province[houses.province[h]]
            + national
            + sd[0] * normal(keys[0], key, 0)
            + shock
        )
        c = math.exp(level)
        if houses.extra_left[h] > 0:
            c = max(0.0, c + houses.extra[h])
            houses.extra_left[h] -= 1
        houses.consumption[h] = c
        hardship = max(0.0, 1.0 - c)
        for k in range(houses.past.shape[1] - 1, 0, -1):
            houses.past[h, k] = houses.past[h, k - 1]
        houses.past[h, 0] = hardship
        houses.hardship[h] = hardship


@numba.njit(cache=True)
def smooth_hardship(num_houses: int, received: np.ndarray, memory: float, houses: Houses) -> None:
    """``H' = H + (h_after - H) / memory``, with ``h_after`` the hardship left after ``received`` baskets a head."""
    for h in range(num_houses):
        if houses.head[h] >= 0:
            left = max(0.0, houses.hardship[h] - received[h])
            houses.smoothed[h] += (left - houses.smoothed[h]) / memory


@numba.njit(cache=True)
def poor_persons(num_houses: int, num_provinces: int, houses: Houses) -> np.ndarray:
    """Persons in households below one basket a head, by province."""
    out = np.zeros(num_provinces)
    for h in range(num_houses):
        if houses.hardship[h] > 0:
            out[houses.province[h]] += houses.size[h]
    return out
