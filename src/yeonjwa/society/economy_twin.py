"""Slow, readable twins of the kernels of :mod:`yeonjwa.society.economy`: one household after another."""

from __future__ import annotations

import math

import numpy as np

from yeonjwa.core.randomness import normal
from yeonjwa.society.codes import ABROAD, BANISHED_CLASS
from yeonjwa.society.state import Houses, People


def assign_classes(num_houses: int, people: People, houses: Houses) -> None:
    """Income class of each household: the highest-paid post of those at home, or banished."""
    for h in range(num_houses):
        best = 0
        p = houses.head[h]
        while p >= 0:
            if people.where[p] != ABROAD:
                best = max(best, int(people.post[p]))
            p = people.next[p]
        houses.income_class[h] = BANISHED_CLASS if houses.banished[h] > 0 else best


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
    """Consumption and hardship of every household before the month's transfers."""
    innovation = sd[1] * math.sqrt(1.0 - sd[2] ** 2)
    for h in range(num_houses):
        if houses.head[h] < 0:
            continue
        key = houses.key[h]
        shock = np.float32(sd[2] * houses.ar[h] + innovation * normal(keys[1], key, month))
        houses.ar[h] = shock
        level = log_median[houses.income_class[h]] + log_province[houses.province[h]]
        c = math.exp(level + national + sd[0] * normal(keys[0], key, 0) + shock)
        if houses.extra_left[h] > 0:
            c = max(0.0, c + houses.extra[h])
            houses.extra_left[h] -= 1
        houses.consumption[h] = c
        houses.hardship[h] = max(0.0, 1.0 - c)
        houses.past[month % len(houses.past), h] = houses.hardship[h]


def smooth_hardship(
    num_houses: int, house: np.ndarray, received: np.ndarray, memory: float, houses: Houses
) -> None:
    """``H' = H + (h_after - H) / memory``."""
    given = dict(zip(house.tolist(), received.tolist(), strict=True))
    for h in range(num_houses):
        if houses.head[h] >= 0:
            left = max(0.0, float(houses.hardship[h]) - given.get(h, 0.0))
            held = float(houses.smoothed[h])
            houses.smoothed[h] = held + (left - held) / memory


def poor_persons(num_houses: int, num_provinces: int, houses: Houses) -> np.ndarray:
    """Persons in households below one basket a head, by province."""
    out = np.zeros(num_provinces, np.int64)
    for h in range(num_houses):
        if houses.hardship[h] > 0:
            out[houses.province[h]] += houses.size[h]
    return out
