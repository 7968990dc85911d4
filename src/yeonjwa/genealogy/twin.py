"""Slow twins of the genealogy's kernels, in plain Python: what they mean, one step at a time.

The tests demand that twin and kernel agree; nothing else uses this module.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from yeonjwa.core.randomness import uniform
from yeonjwa.demography.lifetable import hazards
from yeonjwa.demography.marital import GESTATION
from yeonjwa.demography.rates import Rates
from yeonjwa.genealogy.pedigree import Pedigree


def death_month(rates: Rates, sex: int, birth: int, day: float, past: float, draw: float) -> int:
    """Month of death of somebody alive ``past`` months of exact age after birth: hazards are spent piece by piece.

    A piece ends where the next year of age or the next calendar year begins.
    """
    left = -math.log(1.0 - draw)
    age = past / 12.0
    born = birth / 12.0 + day / 12.0  # years since the origin of the calendar
    while age < 110.0 - 1e-9:
        year_ends = math.floor(born + age + 1e-9) + 1.0 - born
        piece = min(math.floor(age + 1e-9) + 1.0, year_ends) - age
        mu = float(
            hazards(rates.qx[rates.row(1600 + math.floor(born + age + 1e-9)), sex])[math.floor(age + 1e-9)]
        )
        if mu * piece > left:
            age += left / mu
            break
        left -= mu * piece
        age += piece
    return birth + math.floor(day + 12.0 * age)


def births(
    hazard: Sequence[float], *, key: Any, union: int, born: int, start: int, wife_death: int, husband_death: int,
    interval: int, plain: bool, first: int, last: int,
) -> list[int]:  # fmt: skip
    """Months of birth of one couple: ``hazard`` by the wife's month of age is spent month by month."""
    months: list[int] = []
    month = start if plain else start + GESTATION
    month = max(month, born)
    stop = min(wife_death, last + 1)
    if not plain:
        stop = min(stop, husband_death + GESTATION)
    stop = min(stop, born + len(hazard))
    drawn = 0
    left = -math.log(1.0 - uniform(key, union, drawn))
    spent = 0.0
    while month < stop:
        spent += hazard[month - born]
        if spent >= left:
            if month >= first:
                months.append(month)
            drawn += 1
            if plain:  # the next birth may fall into the same month
                left += -math.log(1.0 - uniform(key, union, drawn))
                spent -= hazard[month - born]
                continue
            left, spent = -math.log(1.0 - uniform(key, union, drawn)), 0.0
            month += interval
            continue
        month += 1
    return months


def ancestors(pedigree: Pedigree, person: int, generations: int) -> dict[int, int]:
    """Ancestors of a person and the fewest generations up to each; the person is there with 0."""
    known = {person: 0}
    front = {person}
    for up in range(1, generations + 1):
        front = {parent for p in front for parent in pedigree.parents(p) if parent >= 0}
        for p in front:
            known.setdefault(p, up)
    return known


def degree(pedigree: Pedigree, a: int, b: int, most: int) -> int | None:
    """Least number of steps up and down between two persons, None if it is above ``most``."""
    up = ancestors(pedigree, a, most)
    down = ancestors(pedigree, b, most)
    steps = [up[p] + down[p] for p in up.keys() & down.keys()]
    least = min(steps, default=most + 1)
    return least if least <= most else None


def match(
    pedigree: Pedigree, women: Sequence[tuple[int, int, int, int]], men: Sequence[tuple[int, int, int]], *,
    window: int, tries: int, depth: int, first: int, least_age: int, again: bool,
) -> tuple[list[int], int]:  # fmt: skip
    """Place of each woman's husband (-1 for nobody) and how many candidates were passed over as kin.

    ``women`` are (person, month, month of birth aimed at, region) in order, ``men`` (person, first month, region)
    by region and birth. Each woman looks through the free men of her region, nearest to her aim first, the older one
    where two are as near.
    """
    free = [True] * len(men)
    chosen, rejected = [], 0
    for woman, month, aim, region in women:
        near = []
        for place, (man, _, home) in enumerate(men):
            born = int(pedigree.birth[man])
            if home == region and free[place] and abs(born - aim) <= window:
                older = born < aim
                near.append((abs(born - aim), 0 if older else 1, -place if older else place))
        result = -1
        for _, side, place in sorted(near)[:tries]:
            place = -place if side == 0 else place
            man, ready, _ = men[place]
            if (
                ready > max(month, first)
                or pedigree.birth[man] + least_age > month
                or pedigree.death[man] <= month
            ):
                continue
            if depth > 0 and degree(pedigree, woman, man, depth) is not None:
                rejected += 1
                continue
            result = place
            if not again:
                free[place] = False
            break
        chosen.append(result)
    return chosen, rejected
