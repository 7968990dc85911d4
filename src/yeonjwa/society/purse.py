"""What a household gets or owes beyond its income, spread over the months to come.

A household has one account: what is still to come (or to be paid) is added to, never overwritten, so that a remittance does
not wipe out a debt.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from yeonjwa.society.state import Houses

#: Longest time over which an account is spread (it is kept in eight bits).
LONGEST = 120


def lay_out(
    houses: Houses, which: NDArray[np.integer], baskets: NDArray[np.floating] | float, months: int
) -> None:
    """Add amounts (negative: debts) to the accounts of households, spread over ``months`` and divided by heads.

    Parameters
    ----------
    which : int (n,)
        Households; one that stands in it twice gets both amounts.
    baskets : float or float (n,)
        Amounts for the whole household.
    """
    if len(which) == 0:
        return
    rows, place = np.unique(which, return_inverse=True)
    total = np.bincount(place, weights=np.broadcast_to(np.asarray(baskets, float), len(which)))
    left = houses.extra_left[rows].astype(float)
    heads = np.maximum(houses.size[rows], 1).astype(float)
    outstanding = houses.extra[rows].astype(float) * left + total / heads
    longer = np.maximum(left, min(max(int(months), 1), LONGEST))
    houses.extra[rows] = (outstanding / longer).astype(np.float32)
    houses.extra_left[rows] = longer.astype(np.int8)
