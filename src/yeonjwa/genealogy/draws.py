"""Kernels that draw lives: months of death, ages at first union, births of a couple.

All draws are keyed by person or union, so that a life is the same in whatever order lives are drawn. Slow twins
are in :mod:`yeonjwa.genealogy.twin`.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np

from yeonjwa.core.memory import BORROWED
from yeonjwa.core.randomness import stream, uniform
from yeonjwa.demography.marital import GESTATION
from yeonjwa.genealogy.growing import LINE, slot
from yeonjwa.genealogy.pedigree import MALE

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


#: Draws are looked up from the quantile they lie in: so many a table.
QUANTILES = 64
LEVELS = 256
#: So many children's draws are made together.
_BLOCK = 256
#: A month of birth and the order of the birth among the mother's children of one union share a number.
_ORDER = 1 << 15


@numba.njit(cache=True, nogil=True, **BORROWED)
def hazard_at(diagonal: Array, sex: int, row: int, share: float, age: int) -> float:
    """Hazard of death summed up to exact age ``age`` of somebody born ``share`` into the year of ``row``."""
    return float((1.0 - share) * diagonal[sex, row, age] + share * diagonal[sex, row + 1, age])


@numba.njit(cache=True, nogil=True, **BORROWED)
def spend(diagonal: Array, sex: int, row: int, share: float, target: float, low: int, day: float) -> int:
    """Months from birth to the death of whoever spends the hazard ``target``; ``low`` is an age that is reached.

    ``day`` is the part of the month of birth that had passed.
    """
    while low < LIFE_SPAN - 1 and hazard_at(diagonal, sex, row, share, low + 1) <= target:
        low += 1
    rest = target - hazard_at(diagonal, sex, row, share, low)
    early = diagonal[sex, row, low + 1] - diagonal[sex, row, low]
    late = diagonal[sex, row + 1, low + 1] - diagonal[sex, row + 1, low]
    if rest < early * (1.0 - share):
        age = low + rest / early
    elif late > 0.0:
        age = low + (1.0 - share) + min((rest - early * (1.0 - share)) / late, share)
    else:
        age = low + 1.0
    return int(math.floor(day + 12.0 * age))


@numba.njit(cache=True)
def draw_death(
    diagonal: Array, sex: int, first_year: int, birth: int, day: float, past: float, draw: float
) -> int:
    """Month of death.

    ``diagonal[s, c, a]`` is the sum of the yearly hazards at ages 0 to a - 1 in the years c, c + 1, ..., year 0 being
    ``first_year``; ``birth`` the month of birth, ``day`` the part of it that had passed, ``past`` the months of
    exact age already lived, ``draw`` uniform. Years of the calendar are counted from its origin.
    """
    row = min(max(birth // 12 - first_year, 0), diagonal.shape[1] - 2)
    share = (birth % 12 + day) / 12.0
    target = -math.log(1.0 - draw)
    low = 0
    if past > 0.0:
        low = min(int(past / 12.0), LIFE_SPAN - 1)
        part = past / 12.0 - low
        target += hazard_at(diagonal, sex, row, share, low)
        target += (diagonal[sex, row, low + 1] - diagonal[sex, row, low]) * min(part, 1.0 - share)
        target += (diagonal[sex, row + 1, low + 1] - diagonal[sex, row + 1, low]) * max(
            part - (1.0 - share), 0.0
        )
    return int(birth + spend(diagonal, sex, row, share, target, low, day))


@numba.njit(cache=True, nogil=True)
def founder_deaths(
    begin: int,
    end: int,
    diagonal: Array,
    first_year: int,
    first: int,
    birth: Array,
    sex: Array,
    day_key: int,
    key: int,
    death: Array,
) -> None:
    """Months of death of the founders begin to end - 1, all of them alive at the start of month ``first``."""
    for p in range(begin, end):
        day = uniform(day_key, p, 0)
        past = first - birth[p] - day
        month = draw_death(diagonal, sex[p], first_year, birth[p], day, past, uniform(key, p, 0))
        death[p] = max(month, first)


@numba.njit(cache=True)
def hazard_guide(cumulative: Array) -> tuple[Array, float]:
    """Last month up to whose start each of so many equal levels is not passed, (cohorts, classes, levels); levels a unit."""
    top = cumulative.shape[2] - 1
    highest = 0.0
    for row in range(cumulative.shape[0]):
        for k in range(cumulative.shape[1]):
            highest = max(highest, cumulative[row, k, top])
    scale = (LEVELS - 1) / max(highest, 1e-9)
    guide = np.empty((cumulative.shape[0], cumulative.shape[1], LEVELS), np.int16)
    for row in range(cumulative.shape[0]):
        for k in range(cumulative.shape[1]):
            month = 0
            for level in range(LEVELS):
                while month < top and cumulative[row, k, month + 1] * scale <= level - 1e-9:
                    month += 1
                guide[row, k, level] = month
    return guide, scale


@numba.njit(cache=True, nogil=True, **BORROWED)
def _wait(hazard: Array, guide: Array, scale: float, row: int, k: int, low: int, level: float) -> int:
    """Last month of age from ``low`` on up to whose start no more than ``level`` is spent; more is spent in the end."""
    low = max(low, guide[row, k, min(int(level * scale), LEVELS - 1)])
    while hazard[row, k, low + 1] <= level:
        low += 1
    return low


@numba.njit(cache=True, nogil=True, **BORROWED)
def draw_births(
    couples: Array, rows: Array, heads: Array, begin: int, end: int, first_union: int, cumulative: Array, guide: Array,
    scale: float, cohort_first: int, cohort_months: int, bounds: Array, interval: int, plain: bool, first: int, last: int,
    fecundity_key: int, key: int, cut: int, childhood: int, boys: Array, rate_year: int, diagonal: Array, first_year: int,
    sex_key: int, day_key: int, death_key: int, wife: Array, husband: Array, start: Array, lines: Array, elders: Array,
    count: Array, births: Array, left_out: Array,
) -> int:  # fmt: skip
    """Write a batch of unions and draw the births of their children; returns how many, -1 if ``births`` is too short.

    The cumulative hazard of the couple's class is inverted along the wife's months of age. Couples are at risk from nine
    months after the union, and after each birth from ``interval`` months on; the father must live nine months
    before the birth, the mother at it. In plain mode the wife is at risk from the union on, whoever lives.

    ``rows`` and ``heads`` are the couples' lines of ancestors, empty if nobody asks for them; ``guide`` and ``scale``
    come from ``hazard_guide``.

    Before the month ``cut`` children who die before the age ``childhood`` are left out, and counted by year of birth;
    the draws of the others are found again by union and order of birth, which share a number with the month.
    """
    made = 0
    union = first_union
    top = cumulative.shape[2] - 1
    for i in range(begin, end):
        c = couples[i]
        if c.husband < 0:
            continue
        wife[union], husband[union], start[union] = c.wife, c.husband, c.start
        if rows.shape[0] > 0:
            for k in range(LINE):
                lines[union, k] = rows[i, k]
            elders[union, 0], elders[union, 1] = heads[i, 0], heads[i, 1]
        born = int(c.wife_birth)
        row = min(max((born - cohort_first) // cohort_months, 0), cumulative.shape[0] - 1)
        draw = uniform(fecundity_key, union, 0)
        k = 0
        while k < bounds.size - 1 and draw >= bounds[k]:
            k += 1
        stop = min(int(c.wife_death), last + 1)
        j = int(c.start)
        if not plain:
            stop = min(stop, int(c.husband_death) + GESTATION)
            j += GESTATION
        j = max(j - born, 0)
        stop = min(stop - born, top)
        n = 0
        before = made
        level = float(cumulative[row, k, min(j, top)])
        while j < stop:
            level -= math.log(1.0 - uniform(key, union, n))
            n += 1
            if cumulative[row, k, stop] <= level:
                break
            j = _wait(cumulative, guide, scale, row, k, j, level)
            month = born + j
            if month >= first:
                kept = True
                if month < cut:
                    year = min(max(month // 12 - rate_year, 0), boys.size - 1)
                    s = 1 if uniform(sex_key, union, n) < boys[year] else 0
                    years = min(max(month // 12 - first_year, 0), diagonal.shape[1] - 2)
                    share = (month % 12 + uniform(day_key, union, n)) / 12.0
                    spent = -math.log(1.0 - uniform(death_key, union, n))
                    kept = spent >= hazard_at(diagonal, s, years, share, childhood)
                if kept:
                    if made >= births.size:
                        return -1
                    births[made] = month + _ORDER * n
                    made += 1
                else:
                    left_out[month // 12 - first // 12] += 1
            if not plain:
                j += interval
                level = float(cumulative[row, k, min(j, top)])
        count[union - first_union] = made - before
        union += 1
    return made


@numba.njit(cache=True, nogil=True, **BORROWED)
def _first_search(
    draw: float, sex: int, birth: int, death: int, cdf: Array, guide: Array, plan_year: int, never_women: float,
    never_men: float,
) -> int:  # fmt: skip
    """Month in which a person first looks for a spouse by a uniform draw, or one after death for who never does."""
    never = never_women if sex == 0 else never_men
    cohort = min(max(birth // 12 - plan_year, 0), cdf.shape[1] - 1)
    if death <= birth + guide[sex, cohort, 0]:
        return death
    if draw < never:
        return death
    draw = (draw - never) / (1.0 - never)
    k = min(int(draw * QUANTILES), QUANTILES - 1)
    low, high = guide[sex, cohort, k] - 1, guide[sex, cohort, k + 1]
    while high - low > 1:
        middle = (low + high) // 2
        if cdf[sex, cohort, middle] <= draw:
            low = middle
        else:
            high = middle
    return int(birth + high)


@numba.njit(cache=True, nogil=True, **BORROWED)
def _seek(
    seekers: Array, keys: Array, n: int, person: int, family: int, birth: int, death: int, month: int, home: int, sex: int,
    floor: int, origin: int, slots: int,
) -> None:  # fmt: skip
    """Write one search and its place in the calendar."""
    seeker = seekers[n]
    seeker.person, seeker.family, seeker.birth, seeker.death = person, family, birth, death
    seeker.month, seeker.home = month, home
    keys[n] = slot(month, sex, floor, origin, slots)


@numba.njit(cache=True, nogil=True)
def fill_children(
    couples: Array, begin: int, end: int, first_union: int, first_person: int, count: Array, births: Array, cut: int,
    boys: Array, rate_year: int, diagonal: Array, ages: Array, first_year: int, sex_key: int, day_key: int, death_key: int,
    cdf: Array, guide: Array, plan_year: int, never_women: float, never_men: float, last: int, search_key: int,
    floor: int, origin: int, slots: int, birth: Array, death: Array, sex: Array, region: Array, birth_union: Array,
    first_child: Array, seekers: Array, keys: Array,
) -> int:  # fmt: skip
    """Write the children of a batch of unions; they live where their father does. Returns how many will look for a spouse.

    ``ages[s, c, k]`` is an age that is reached by whoever draws the quantile k of deaths. Searches of those who live
    to begin one by ``last`` go to ``seekers``, their keys in the calendar to ``keys``.
    """
    p = first_person
    union = first_union
    n = 0
    drawn = np.empty((4, _BLOCK))
    for i in range(begin, end):
        c = couples[i]
        if c.husband < 0:
            continue
        first_child[union] = p
        for _ in range(count[union - first_union]):
            month = births[p - first_person] & (_ORDER - 1)
            k = (p - first_person) % _BLOCK
            if k == 0:  # loops of their own: the compiler draws several at once
                for row, key in enumerate((sex_key, day_key, death_key, search_key)):
                    for j in range(_BLOCK):
                        drawn[row, j] = uniform(key, p + j, 0)
            which, day, draw = drawn[0, k], drawn[1, k], drawn[2, k]
            if month < cut:  # where some are left out, draws are keyed by union and order, else by person
                order = births[p - first_person] >> 15
                which, day = uniform(sex_key, union, order), uniform(day_key, union, order)
                draw = uniform(death_key, union, order)
            year = min(max(month // 12 - rate_year, 0), boys.size - 1)
            s = 1 if which < boys[year] else 0
            row = min(max(month // 12 - first_year, 0), diagonal.shape[1] - 2)
            share = (month % 12 + day) / 12.0
            low = int(ages[s, row, int(draw * QUANTILES)])
            dies = month + spend(diagonal, s, row, share, -math.log(1.0 - draw), low, day)
            birth[p], death[p], sex[p], region[p], birth_union[p] = month, dies, s, c.home, union
            search = _first_search(drawn[3, k], s, month, dies, cdf, guide, plan_year, never_women, never_men)
            if search < dies and search <= last:
                _seek(seekers, keys, n, p, union, month, dies, search, c.home, s, floor, origin, slots)
                n += 1
            p += 1
        union += 1
    return n


@numba.njit(cache=True)
def founder_widows(
    found: Array, keys: Array, sex: Array, first: int, cohort_first: int, cohort_months: int, married: Array,
    plan_year: int, cdf: Array, never: float, key: int,
) -> int:  # fmt: skip
    """Leave out, in place, founder women whose husbands have died before the start; returns how many searches are left.

    Of those who married before the start the share is kept that is still ``married`` (by cohort and month of age).
    """
    most = married.shape[1] - 1
    n = 0
    for i in range(found.size):
        seeker = found[i]
        there = True
        if sex[seeker.person] != MALE and seeker.month < first:
            born = int(seeker.birth)
            row = min(max((born - cohort_first) // cohort_months, 0), married.shape[0] - 1)
            age = min(max(first - born, 0), most)
            cohort = min(max(born // 12 - plan_year, 0), cdf.shape[0] - 1)
            ever = cdf[cohort, age] * (1.0 - never)
            there = uniform(key, seeker.person, 0) < married[row, age] / max(ever, 1e-9)
        if there:
            found[n] = found[i]
            keys[n] = keys[i]
            n += 1
    return n


@numba.njit(cache=True, nogil=True)
def founder_searches(
    birth: Array, death: Array, sex: Array, region: Array, cdf: Array, guide: Array, plan_year: int,
    never_women: float, never_men: float, last: int, key: int, floor: int, origin: int, slots: int, seekers: Array,
    keys: Array,
) -> int:  # fmt: skip
    """When founders first look for a spouse; writes those who live to do so by ``last`` and returns how many."""
    n = 0
    for p in range(birth.size):
        draw = uniform(key, p, 0)
        month = _first_search(
            draw, sex[p], int(birth[p]), int(death[p]), cdf, guide, plan_year, never_women, never_men
        )
        if month < death[p] and month <= last:
            _seek(
                seekers, keys, n, p, -1, birth[p], death[p], month, region[p], sex[p], floor, origin, slots
            )  # fmt: skip
            n += 1
    return n


@numba.njit(cache=True, nogil=True)
def next_searches(
    couples: Array, begin: int, end: int, first_union: int, again: Array, plan_year: int, mourning: int, delay: float,
    last: int, key: int, floor: int, origin: int, slots: int, seekers: Array, keys: Array,
) -> int:  # fmt: skip
    """When the survivors of a batch of unions look for a spouse again; writes those who do by ``last``."""
    n = 0
    union = first_union - 1
    for i in range(begin, end):
        c = couples[i]
        if c.husband < 0:
            continue
        union += 1
        if c.wife_death == c.husband_death:
            continue
        s = 0 if c.husband_death < c.wife_death else 1
        left, family, birth, death = c.wife, c.wife_family, int(c.wife_birth), int(c.wife_death)
        month = int(c.husband_death)
        if s == 1:
            left, family, month = c.husband, c.husband_family, int(c.wife_death)
            birth, death = int(c.husband_birth), int(c.husband_death)
        age = min((month - birth) // 12, again.shape[2] - 1)
        row = min(max(month // 12 - plan_year, 0), again.shape[0] - 1)
        if uniform(key, union, 0) >= again[row, s, age]:
            continue
        month += mourning
        if delay > 1.0:
            month += int(math.log(1.0 - uniform(key, union, 1)) / math.log(1.0 - 1.0 / delay))
        if month < death and month <= last:
            _seek(seekers, keys, n, left, family, birth, death, month, c.home, s, floor, origin, slots)
            n += 1
    return n
