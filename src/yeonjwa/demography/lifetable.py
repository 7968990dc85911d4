"""Life tables, and the stable population that they and a fertility schedule imply."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Single years of age of a schedule of mortality: 0 to 109; nobody reaches 110.
AGES = 110
#: Single years of age of a schedule of fertility: 0 to 59.
FERTILE_AGES = 60

Floats = NDArray[np.float64]


def probabilities(mx: ArrayLike, male: bool) -> Floats:
    """Probabilities of dying between exact ages x and x + 1, from central death rates.

    Parameters
    ----------
    mx : array (ages,)
        Deaths per person-year at ages 0, 1, 2, ...; the last age is held to 109.
    male : bool
        Which separation factor at age 0 is used.

    Source: Preston, Heuveline and Guillot 2001, with the infant separation factors of Coale and Demeny West.
    """
    rates = np.asarray(mx, dtype=float)
    held = np.concatenate([rates, np.full(max(0, AGES - rates.size), rates[-1])])[:AGES]
    share = np.full(AGES, 0.5)
    base, slope, top = (0.045, 2.684, 0.330) if male else (0.053, 2.800, 0.350)
    share[0] = top if held[0] >= 0.107 else base + slope * held[0]
    qx = held / (1.0 + (1.0 - share) * held)
    # Beyond the last given age the rate is constant, so the year's probability is exponential.
    qx[rates.size - 1 :] = -np.expm1(-held[rates.size - 1 :])
    bounded: Floats = np.clip(qx, 0.0, 1.0)
    return bounded


def survivors(qx: ArrayLike) -> Floats:
    """Share of a birth cohort alive at exact ages 0, 1, ..., one more than there are ages in ``qx``."""
    return np.concatenate([[1.0], np.cumprod(1.0 - np.asarray(qx, dtype=float))])


def hazards(qx: ArrayLike) -> Floats:
    """Yearly hazard of death that is constant within each age and gives the probabilities ``qx``."""
    mu: Floats = -np.log1p(-np.minimum(np.asarray(qx, dtype=float), 1.0 - 1e-9))
    return mu


def life_expectancy(qx: ArrayLike) -> float:
    """Life expectancy at birth, years, with the hazard constant within each year of age."""
    lx = survivors(qx)
    mu = hazards(qx)
    lived = np.where(mu > 1e-12, (lx[:-1] - lx[1:]) / np.maximum(mu, 1e-12), lx[:-1])
    return float(lived.sum())


def brass(standard: ArrayLike, e0: float) -> Floats:
    """Probabilities of dying of the life table with a given e0 in the one-parameter logit family of a standard.

    Parameters
    ----------
    standard : array (ages,)
        Probabilities of dying of the standard.
    e0 : float
        Life expectancy at birth wanted, years.

    Source: Brass 1971, slope 1; the level is found by bisection.
    """
    lx = np.clip(survivors(standard)[1:], 1e-12, 1.0 - 1e-12)
    logit = 0.5 * np.log((1.0 - lx) / lx)
    low, high = -6.0, 6.0
    for _ in range(60):
        level = 0.5 * (low + high)
        shifted = np.concatenate([[1.0], 1.0 / (1.0 + np.exp(2.0 * (logit + level)))])
        qx = 1.0 - shifted[1:] / shifted[:-1]
        low, high = (level, high) if life_expectancy(qx) > e0 else (low, level)
    bounded: Floats = np.clip(qx, 0.0, 1.0)
    return bounded


def monthly_survival(qx: ArrayLike) -> Floats:
    """Chance to live from the middle of one month of age to the middle of the next, (12 * ages,).

    Entry k is the survival from the end of the k-th to the end of the next month after the month of birth, when
    births are spread evenly over their month: half of it falls under the hazard of month of age k, half under
    that of k + 1.
    """
    month = np.repeat(hazards(qx) / 12.0, 12)
    survival: Floats = np.exp(-0.5 * (month + np.concatenate([month[1:], month[-1:]])))
    return survival


def stable_growth(qx_women: ArrayLike, asfr: ArrayLike, boys_per_girl: float) -> float:
    """Yearly growth rate of the stable population (Lotka's r); minus infinity if no daughter is born."""
    weights = daughters_by_month(qx_women, asfr, boys_per_girl)
    if weights.sum() <= 0:
        return -np.inf
    ages = (np.arange(weights.size)) / 12.0
    low, high = -0.2, 0.2
    for _ in range(80):
        r = 0.5 * (low + high)
        low, high = (r, high) if (weights * np.exp(-r * ages)).sum() > 1.0 else (low, r)
    return 0.5 * (low + high)


def daughters_by_month(qx_women: ArrayLike, asfr: ArrayLike, boys_per_girl: float) -> Floats:
    """Daughters that a newborn girl is expected to bear at each month of age, (12 * ages,)."""
    alive = alive_by_month(qx_women)
    births = np.zeros(alive.size)
    fertility = np.repeat(np.asarray(asfr, dtype=float) / 12.0, 12)
    births[: fertility.size] = fertility
    daughters: Floats = alive * births / (1.0 + boys_per_girl)
    return daughters


def alive_by_month(qx: ArrayLike) -> Floats:
    """Share of births alive at the end of the k-th month after the month of birth, (12 * ages,)."""
    month = np.repeat(hazards(qx) / 12.0, 12)
    exact = np.exp(-np.concatenate([[0.0], np.cumsum(month)]))
    mean: Floats = 0.5 * (exact[:-1] + exact[1:])
    return mean


def stable_population(qx: NDArray[np.float64], asfr: ArrayLike, boys_per_girl: float) -> Floats:
    """Shares of the stable population by sex and month of age, (2, 12 * ages), sum 1.

    Parameters
    ----------
    qx : array (2, ages)
        Probabilities of dying of women and men.
    asfr : array (fertile ages,)
        Births per woman and year.
    boys_per_girl : float
        Sex ratio at birth.

    Without births the stationary population is returned.
    """
    r = stable_growth(qx[0], asfr, boys_per_girl)
    if not np.isfinite(r):
        r = 0.0
    ages = (np.arange(AGES * 12) + 0.5) / 12.0
    discount = np.exp(-r * ages)
    girls = 1.0 / (1.0 + boys_per_girl)
    shares = np.stack(
        [girls * alive_by_month(qx[0]) * discount, (1.0 - girls) * alive_by_month(qx[1]) * discount]
    )
    normal: Floats = shares / shares.sum()
    return normal
