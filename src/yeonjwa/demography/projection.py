"""Deterministic two-sex projection by month: what the microsimulation must reproduce on average.

It uses the same rates and founders and nothing else: no unions, no kin. Ages are counted in whole months since
the month of birth, births are spread evenly over their month.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.calendar import year_of
from yeonjwa.demography.lifetable import AGES, FERTILE_AGES, hazards, monthly_survival, stable_population
from yeonjwa.demography.rates import Rates

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Projection:
    """Expected numbers.

    Attributes
    ----------
    first_month : int
        Month of the first row.
    births : float (months, 2)
        Girls and boys born in each month.
    living : float (months, 2)
        Women and men alive at the end of each month.
    by_age : dict of float (2, 1320)
        Alive at the end of the months asked for, by sex and months since the month of birth.
    """

    first_month: int
    births: Floats
    living: Floats
    by_age: Mapping[int, Floats]

    def births_in(self, year_first_month: int) -> float:
        """Births of the twelve months from a month index."""
        row = year_first_month - self.first_month
        return float(self.births[row : row + 12].sum())


def project(
    rates: Rates, founders: NDArray[np.float64], first: int, last: int, ages_at: Iterable[int] = ()
) -> Projection:
    """Project founders month by month.

    Parameters
    ----------
    rates : Rates
    founders : array (2, 1320)
        Women and men alive at the start of ``first`` by months since the month of birth: entry k was born
        k + 1 months before ``first``.
    first, last : int
        Month indices, both included.
    ages_at : months
        Months at whose end the age structure is kept.
    """
    wanted = set(ages_at)
    months = last - first + 1
    births = np.zeros((months, 2))
    living = np.zeros((months, 2))
    kept: dict[int, Floats] = {}
    alive = np.array(founders, dtype=float)
    year = -1
    for i in range(months):
        if year_of(first + i) != year:
            year = year_of(first + i)
            survival, newborn, fertility, boys = _of_year(rates, year)
        alive[:, 1:] = alive[:, :-1] * survival[:, :-1]
        total = float(alive[0, 1 : fertility.size] @ fertility[1:])
        births[i] = total * (1.0 - boys), total * boys
        alive[:, 0] = births[i] * newborn
        living[i] = alive.sum(axis=1)
        if first + i in wanted:
            kept[first + i] = alive.copy()
    return Projection(first, births, living, kept)


def _of_year(rates: Rates, year: int) -> tuple[Floats, Floats, Floats, float]:
    """Survival by sex and month of age, to the end of the month of birth, monthly fertility, share of boys."""
    row = rates.row(year)
    survival = np.stack([monthly_survival(rates.qx[row, sex]) for sex in (0, 1)])
    newborn = np.array([np.exp(-0.5 * hazards(rates.qx[row, sex])[0] / 12.0) for sex in (0, 1)])
    fertility = np.repeat(rates.asfr[row, :FERTILE_AGES] / 12.0, 12)
    return survival, newborn, fertility, float(rates.srb[row] / (1.0 + rates.srb[row]))


def stable_founders(rates: Rates, year: int) -> Floats:
    """Shares by sex and month of age of the stable population by the rates of a year, (2, 1320), sum 1."""
    row = rates.row(year)
    shares: Floats = stable_population(rates.qx[row], rates.asfr[row], float(rates.srb[row]))
    assert shares.shape == (2, AGES * 12)
    return shares
