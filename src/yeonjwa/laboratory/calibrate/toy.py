"""A small departure model with known parameters: the problem on which calibration itself is tested.

Each of some thousand persons has wealth that moves at random and one relative. In a month a person leaves with the chance
``10**hazard * (exp(-wealth_weight * log1p(wealth)) * exp(-kin_weight * relative gone))`` (MODEL of the trial, three
parameters). Five summaries are noisy, and hazard and weight of wealth trade off, as parameters of behaviour do. A run takes
some milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

#: Parameter -> range of the prior.
PRIOR: Final = {"hazard": (-2.6, -1.4), "wealth": (-0.5, 1.5), "kin": (-3.0, 0.0)}
#: The truth of the trial.
TRUTH: Final = {"hazard": -2.0, "wealth": 0.3, "kin": -1.5}
SUMMARIES: Final = ("year_1", "year_2", "year_3", "wealth", "after_kin")


def run(
    values: Mapping[str, float] | NDArray[np.float64], seed: int, *, persons: int = 1_000, months: int = 36
) -> NDArray[np.float64]:
    """The five summaries of one run: leavers of each year, log wealth of leavers, share of leavers who followed kin.

    Shares are given as ``arcsin(sqrt(share))``, whose luck is much the same everywhere.

    Parameters
    ----------
    values : mapping or array
        Hazard (log10 a month), weight of wealth, weight of a departed relative.
    seed : int
        Equal seeds, equal results.
    persons, months : int
        Size of the run.
    """
    hazard, wealth_weight, kin_weight = (
        (values[name] for name in PRIOR) if isinstance(values, Mapping) else values
    )
    rng = np.random.default_rng([seed, persons])
    wealth = np.exp(rng.normal(0, 1, persons))
    relative = rng.permutation(persons)
    gone_at = np.full(persons, months + 1)
    wealth_at = np.zeros(persons)
    after_kin = np.zeros(persons, dtype=bool)
    for month in range(months):
        wealth = np.maximum(wealth + 0.1 * rng.normal(0.0, 1.0, persons), 0.0)
        gone = gone_at <= months
        kin_gone = gone_at[relative] < month
        log10 = hazard - (wealth_weight * np.log1p(wealth) + kin_weight * kin_gone) / np.log(10)
        leaves = ~gone & (rng.random(persons) < np.minimum(10.0**log10, 1.0))
        gone_at[leaves] = month
        wealth_at[leaves] = np.log1p(wealth[leaves])
        after_kin[leaves] = kin_gone[leaves]
    left = gone_at <= months
    there, shares = persons, []
    for year in range(3):
        leavers = int(((gone_at >= year * months // 3) & (gone_at < (year + 1) * months // 3)).sum())
        shares.append(_stable(leavers, there))
        there -= leavers
    n = int(left.sum())
    return np.array([*shares, float(wealth_at[left].sum() / max(n, 1)), _stable(int(after_kin.sum()), n)])


def _stable(part: int, whole: int) -> float:
    return float(np.arcsin(np.sqrt(part / max(whole, 1))))
