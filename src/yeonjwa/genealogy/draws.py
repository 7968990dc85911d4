"""Kernels that draw lives: months of death, ages at first union, births of a couple.

All draws are keyed by person or union, so that a life is the same in whatever order lives are drawn. Slow twins
are in :mod:`yeonjwa.genealogy.twin`.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np

from yeonjwa.core.randomness import stream, uniform
from yeonjwa.demography.marital import GESTATION

DEATH = stream("genealogy.death")
DAY = stream("genealogy.day_of_birth")
SEX = stream("genealogy.sex")
FIRST_UNION = stream("genealogy.first_union")
FECUNDITY = stream("genealogy.fecundity")
BIRTH = stream("genealogy.birth")
AGAIN = stream("genealogy.remarriage")

#: Nobody reaches this age, years.
LIFE_SPAN = 110
Array = Any  # kernels are checked through their typed callers


@numba.njit(cache=True)
def hazard_at(diagonal: Array, row: int, share: float, age: int) -> float:
    """Hazard of death summed up to exact age ``age`` of somebody born ``share`` into the year of ``row``."""
    return float((1.0 - share) * diagonal[row, age] + share * diagonal[row + 1, age])


@numba.njit(cache=True)
def draw_death(diagonal: Array, first_year: int, birth: int, day: float, past: float, draw: float) -> int:
    """Month of death.

    ``diagonal[c, a]`` is the sum of the yearly hazards at ages 0 to a - 1 in the years c, c + 1, ..., year 0 being
    ``first_year``; ``birth`` the month of birth, ``day`` the part of it that had passed, ``past`` the months of
    exact age already lived, ``draw`` uniform. Years of the calendar are counted from its origin.
    """
    row = min(max(birth // 12 - first_year, 0), diagonal.shape[0] - 2)
    share = (birth % 12 + day) / 12.0
    target = -math.log(1.0 - draw)
    if past > 0.0:
        years = min(int(past / 12.0), LIFE_SPAN - 1)
        part = past / 12.0 - years
        target += hazard_at(diagonal, row, share, years)
        target += (diagonal[row, years + 1] - diagonal[row, years]) * min(part, 1.0 - share)
        target += (diagonal[row + 1, years + 1] - diagonal[row + 1, years]) * max(part - (1.0 - share), 0.0)
    low, high = 0, LIFE_SPAN
    while high - low > 1:
        middle = (low + high) // 2
        if hazard_at(diagonal, row, share, middle) <= target:
            low = middle
        else:
            high = middle
    rest = target - hazard_at(diagonal, row, share, low)
    early = diagonal[row, low + 1] - diagonal[row, low]
    late = diagonal[row + 1, low + 1] - diagonal[row + 1, low]
    if rest < early * (1.0 - share):
        age = low + rest / early
    elif late > 0.0:
        age = low + (1.0 - share) + min((rest - early * (1.0 - share)) / late, share)
    else:
        age = low + 1.0
    return birth + int(math.floor(day + 12.0 * age))


@numba.njit(cache=True)
def founder_deaths(
    diagonal: Array,
    first_year: int,
    first: int,
    birth: Array,
    sex: Array,
    day_key: int,
    key: int,
    death: Array,
) -> None:
    """Months of death of founders, all of them alive at the start of month ``first``."""
    for p in range(birth.size):
        day = uniform(day_key, p, 0)
        past = first - birth[p] - day
        month = draw_death(diagonal[sex[p]], first_year, birth[p], day, past, uniform(key, p, 0))
        death[p] = max(month, first)


@numba.njit(cache=True)
def draw_births(
    wives: Array, husbands: Array, start: Array, first_union: int, birth: Array, death: Array, cumulative: Array,
    cohort_first: int, cohort_months: int, bounds: Array, interval: int, plain: bool, first: int, last: int,
    fecundity_key: int, key: int, count: Array, months: Array,
) -> int:  # fmt: skip
    """Months of birth of the children of a batch of unions; returns how many, or -1 if ``months`` is too short.

    The cumulative hazard of the couple's class is inverted along the wife's months of age. Couples are at risk from nine
    months after the union, and after each birth from ``interval`` months on; the father must live nine months
    before the birth, the mother at it. In plain mode the wife is at risk from the union on, whoever lives.
    """
    made = 0
    top = cumulative.shape[2] - 1
    for i in range(wives.size):
        wife = wives[i]
        union = first_union + i
        born = int(birth[wife])
        row = min(max((born - cohort_first) // cohort_months, 0), cumulative.shape[0] - 1)
        draw = uniform(fecundity_key, union, 0)
        k = 0
        while k < bounds.size - 1 and draw >= bounds[k]:
            k += 1
        hazard = cumulative[row, k]
        stop = int(min(death[wife], last + 1))
        begin = int(start[i])
        if not plain:
            stop = int(min(stop, death[husbands[i]] + GESTATION))
            begin += GESTATION
        j = max(begin - born, 0)
        end = min(stop - born, top)
        n = 0
        before = made
        level = float(hazard[min(j, top)])
        while j < end:
            level -= math.log(1.0 - uniform(key, union, n))
            n += 1
            if hazard[end] <= level:
                break
            low, high = j, end
            while high - low > 1:
                middle = (low + high) // 2
                if hazard[middle] <= level:
                    low = middle
                else:
                    high = middle
            j = low
            if born + j >= first:
                if made >= months.size:
                    return -1
                months[made] = born + j
                made += 1
            if not plain:
                j += interval
                level = float(hazard[min(j, top)])
        count[i] = made - before
    return made


@numba.njit(cache=True)
def fill_children(
    husbands: Array, first_union: int, first_person: int, count: Array, months: Array, boys: Array, rate_year: int,
    diagonal: Array, first_year: int, sex_key: int, day_key: int, death_key: int,
    birth: Array, death: Array, sex: Array, region: Array, birth_union: Array, first_child: Array,
) -> None:  # fmt: skip
    """Write the children of a batch of unions behind the persons there are; they live where their father does."""
    p = first_person
    for i in range(husbands.size):
        first_child[first_union + i] = p
        for _ in range(count[i]):
            month = months[p - first_person]
            year = min(max(month // 12 - rate_year, 0), boys.size - 1)
            s = 1 if uniform(sex_key, p, 0) < boys[year] else 0
            birth[p] = month
            sex[p] = s
            region[p] = region[husbands[i]]
            birth_union[p] = first_union + i
            death[p] = draw_death(
                diagonal[s], first_year, month, uniform(day_key, p, 0), 0.0, uniform(death_key, p, 0)
            )
            p += 1
    first_child[first_union + husbands.size] = p


@numba.njit(cache=True)
def first_searches(
    first: int, end: int, birth: Array, death: Array, sex: Array, region: Array, cdf: Array, plan_year: int,
    never_women: float, never_men: float, last: int, key: int, persons: Array, months: Array, homes: Array,
) -> int:  # fmt: skip
    """When the persons ``first`` to ``end - 1`` first look for a spouse; writes those who live to do so by ``last``."""
    n = 0
    for p in range(first, end):
        s = sex[p]
        draw = uniform(key, p, 0)
        never = never_women if s == 0 else never_men
        if draw < never:
            continue
        draw = (draw - never) / (1.0 - never)
        cohort = min(max(birth[p] // 12 - plan_year, 0), cdf.shape[1] - 1)
        low, high = -1, cdf.shape[2] - 1
        while high - low > 1:
            middle = (low + high) // 2
            if cdf[s, cohort, middle] <= draw:
                low = middle
            else:
                high = middle
        month = birth[p] + high
        if month < death[p] and month <= last:
            persons[n] = p
            months[n] = month
            homes[n] = region[p]
            n += 1
    return n


@numba.njit(cache=True)
def next_searches(
    wives: Array, husbands: Array, first_union: int, birth: Array, death: Array, region: Array, again: Array,
    plan_year: int, mourning: int, delay: float, last: int, key: int, persons: Array, months: Array, homes: Array,
) -> int:  # fmt: skip
    """When the survivors of a batch of unions look for a spouse again; writes those who do by ``last``."""
    n = 0
    for i in range(wives.size):
        wife, husband = wives[i], husbands[i]
        if death[wife] == death[husband]:
            continue
        s = 0 if death[husband] < death[wife] else 1
        left, gone = (wife, husband) if s == 0 else (husband, wife)
        month = int(death[gone])
        age = min((month - birth[left]) // 12, again.shape[2] - 1)
        row = min(max(month // 12 - plan_year, 0), again.shape[0] - 1)
        if uniform(key, first_union + i, 0) >= again[row, s, age]:
            continue
        month += mourning
        if delay > 1.0:
            month += int(math.log(1.0 - uniform(key, first_union + i, 1)) / math.log(1.0 - 1.0 / delay))
        if month < death[left] and month <= last:
            persons[n] = left
            months[n] = month
            homes[n] = region[husband]
            n += 1
    return n


@numba.njit(cache=True)
def counting_order(keys: Array, least: int, size: int) -> tuple[Array, Array]:
    """Stable order of whole-number keys from ``least`` on, and where each of the ``size`` keys begins."""
    offset = np.zeros(size + 1, np.int64)
    for i in range(keys.size):
        offset[keys[i] - least + 1] += 1
    for k in range(size):
        offset[k + 1] += offset[k]
    place = offset[:-1].copy()
    order = np.empty(keys.size, np.int64)
    for i in range(keys.size):
        k = keys[i] - least
        order[place[k]] = i
        place[k] += 1
    return order, offset
