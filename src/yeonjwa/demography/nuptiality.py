"""First unions by age: the Coale-McNeil schedule on a grid of months of age."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

#: Months of age on which the schedules are held: 0 to 60 years.
AGE_MONTHS = 720
#: Nobody starts a first search for a spouse from this age on, years.
LAST_FIRST_AGE = 50.0


@lru_cache(maxsize=4096)
def _cdf(mean: float, spread: float, least: float) -> NDArray[np.float64]:
    age = (np.arange(AGE_MONTHS) + 0.5) / 12.0
    z = (age - mean) / spread + 0.805
    density = np.exp(-1.145 * z - np.exp(np.minimum(-1.896 * z, 50.0)))
    density[(age < least) | (age >= LAST_FIRST_AGE)] = 0.0
    if density.sum() <= 0:
        density[min(int(max(mean, least) * 12), AGE_MONTHS - 1)] = 1.0
    cdf: NDArray[np.float64] = np.cumsum(density) / density.sum()
    cdf.setflags(write=False)
    return cdf


def first_union_cdf(mean: float, spread: float, least: float) -> NDArray[np.float64]:
    """Share of those who ever form a union who have done so by the end of each month of age, (720,).

    Parameters
    ----------
    mean, spread : float
        Mean and standard deviation of the age, years, before the cut at ``least``.
    least : float
        Youngest age, years.

    Source: the standard of Coale and McNeil 1972 in the form of Rodriguez and Trussell 1980.
    """
    return _cdf(round(float(mean), 4), round(float(spread), 4), round(float(least), 4))
