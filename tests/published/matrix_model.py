"""The one-sex matrix model of kinship with changing rates, written out from Caswell and Song (2021).

Ages of kin and of Focal advance by one step at a time. With one step a year this is the model behind the published
tables; with more steps a year it comes nearer to lives in months.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from yeonjwa.demography.rates import Rates

Floats = NDArray[np.float64]

#: Years of age, the last one open.
_AGES = 101
#: kin -> (kin of the mother at Focal's birth, kin who bear more of them).
_LINKS = {
    "daughters": (None, "focal"),
    "granddaughters": (None, "daughters"),
    "great_granddaughters": (None, "granddaughters"),
    "mother": (None, None),
    "grandmother": ("mother", None),
    "great_grandmother": ("grandmother", None),
    "sisters": ("daughters", "mother"),
    "nieces": ("granddaughters", "sisters"),
    "aunts": ("sisters", "grandmother"),
    "first_cousins": ("nieces", "aunts"),
}


def matrix_model(rates: Rates, year: int, *, steps: int = 1, warm_up: int = 300) -> dict[str, Floats]:
    """Expected living kin of Focal by her age in steps, at the start of a year.

    Parameters
    ----------
    rates : Rates
        The first year's hold before it, for ``warm_up`` years: long enough to forget the empty start.
    steps : int
        Steps a year.
    """
    size = _AGES * steps
    kin = {name: np.zeros((size, size)) for name in _LINKS}
    p, f = _of_year(rates, rates.first_year, steps)
    women = _stable(p, f)
    for now in range(rates.first_year - warm_up, year):
        p, f = _of_year(rates, now, steps)
        for _ in range(steps):
            grown = _aged(women[:, None], p)[:, 0]
            grown[0] += f @ women
            women = grown / grown.sum()
            mothers = women * f / (women @ f)
            kin = _step(kin, p, f, mothers)
    return {name: values.sum(axis=0) for name, values in kin.items()}


def _of_year(rates: Rates, year: int, steps: int) -> tuple[Floats, Floats]:
    """Survival over a step and daughters born in it, by age in steps."""
    q = rates.qx[rates.row(year), 0, :_AGES].copy()
    open_rate = -np.log1p(-q[-1])
    q[-1] = open_rate / (1.0 + open_rate / 2.0)
    asfr = np.zeros(_AGES)
    asfr[: rates.asfr.shape[1]] = rates.asfr[rates.row(year)]
    girls = 1.0 / (1.0 + float(rates.srb[rates.row(year)]))
    return np.repeat((1.0 - q) ** (1.0 / steps), steps), np.repeat(asfr * girls / steps, steps)


def _aged(living: Floats, p: Floats) -> Floats:
    """Those who live through a step, one step older."""
    older = np.zeros_like(living)
    older[1:] = p[:-1, None] * living[:-1]
    older[-1] += p[-1] * living[-1]
    return older


def _stable(p: Floats, f: Floats) -> Floats:
    women = np.ones((p.size, 1))
    for _ in range(20 * p.size):
        grown = _aged(women, p)
        grown[0] += f @ women
        women = grown / grown.sum()
    return women[:, 0]


def _step(kin: dict[str, Floats], p: Floats, f: Floats, mothers: Floats) -> dict[str, Floats]:
    """All kin one step later: a new Focal at age 0, and the others with one step more."""
    later = {}
    for name, (at_birth, bearing) in _LINKS.items():
        grown = np.zeros_like(kin[name])
        grown[:, 1:] = _aged(kin[name][:, :-1], p)
        if bearing == "focal":
            grown[0, 1:] += f[:-1]
        elif bearing is not None:
            grown[0, 1:] += (f @ kin[bearing])[:-1]
        if name == "mother":
            grown[:, 0] = mothers
        elif at_birth is not None:
            grown[:, 0] = kin[at_birth] @ mothers
        later[name] = grown
    return later
