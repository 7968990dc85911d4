"""Expected sisters where births of one mother lie at least some months apart: a renewal process in months.

The monthly chances are raised so that births by age are those of the rates all the same, as in the simulator; women marry
at no age and bear alone. Between this and the Poisson process stands nothing but the interval.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.calendar import month_index
from yeonjwa.demography.rates import Rates
from yeonjwa.kinship.expected import _Process

Floats = NDArray[np.float64]

#: The population is stable before, so that any year does.
START_YEAR = 1870


def chances(births: Floats, interval: int) -> Floats:
    """Monthly chances of a birth to women not within the interval after one, so that births by month are as given."""
    spent = np.concatenate([[0.0], np.cumsum(births)])
    blocked = np.array([spent[k] - spent[max(k - interval + 1, 0)] for k in range(births.size)])
    return births / (1.0 - blocked)


def births_after(chance: Floats, interval: int) -> Floats:
    """Expected births in each month (columns) after a birth in a month (rows), (months, months)."""
    size = chance.size
    later = np.zeros((size, size))
    total = np.zeros((size, size + 1))
    for k in range(size):
        # At risk after a birth at k - interval or before, unless there was another since.
        open_ = max(k - interval + 1, 0)
        later[:open_, k] = chance[k] * (1.0 - (total[:open_, k] - total[:open_, open_]))
        total[:, k + 1] = total[:, k] + later[:, k]
    return later


def sisters(rates: Rates, month: int, interval: int, *, mothers_from: int = 1870) -> Floats:
    """Living sisters at the end of ``month`` by month of birth of ego, as in ``ExpectedKin.kin``; mothers born from a year on.

    Mothers are followed for one month of birth in three. An ``interval`` of 1 leaves all but twins.
    """
    process = _Process.of(rates, month_index(START_YEAR), month)
    value = process.share[0] * process.now[0]
    total, births = np.zeros((2, process.births.size))
    known = process.births.size - (month - month_index(mothers_from)) - 1
    for row in range(known, process.births.size, 3):
        flow, alive, child = process.hazard[row], process.alive[row], process.child[row]
        later = births_after(chances(flow, interval), interval)
        worth = value[child]
        # Pairs (k, j) of births: the younger is born if the mother lives; each is a sibling of the other.
        pairs = flow[:, None] * later * alive[None, :]
        of_elder = pairs @ worth
        of_younger = worth @ pairs
        borne = float((alive * flow).sum())
        if borne == 0.0:
            continue
        women = float(process.bearing[row].sum()) / borne  # girls born in the month
        np.add.at(total, child, women * (of_elder + of_younger))
        np.add.at(births, child, women * alive * flow)
    window = np.ones(3)  # births of three months, to fill the months left out
    total, births = np.convolve(total, window, "same"), np.convolve(births, window, "same")
    expected: Floats = total / np.maximum(births, 1e-300)
    return expected
