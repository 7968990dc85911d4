"""Which rows of persons a pass over the country has to look at.

Everyone ever has a row, and most of them are dead or not born yet. Rows come in blocks; a block in which everybody is dead
or will never be born is finished for good, one in which nobody is born within a year waits. The list is made anew each year.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.society.codes import DEAD, NOT_YET_BORN, UNBORN

#: Persons of a block.
BLOCK = 4096
#: Months ahead for which a list holds.
AHEAD = 12


@numba.njit(cache=True, nogil=True)
def _awake(month: int, birth: np.ndarray, where: np.ndarray, block: int) -> np.ndarray:
    """First rows of the blocks in which somebody may be about until ``month`` and after."""
    out = np.empty(where.size // block + 1, np.int64)
    n = 0
    for low in range(0, where.size, block):
        for p in range(low, min(low + block, where.size)):
            w = where[p]
            if w == DEAD or w == UNBORN or (w == NOT_YET_BORN and birth[p] > month):
                continue
            out[n] = low
            n += 1
            break
    return out[:n].copy()


def awake_rows(month: int, birth: NDArray[np.int16], where: NDArray[np.int8]) -> NDArray[np.int64]:
    """First rows of blocks of ``BLOCK`` persons in which somebody lives or is born until ``AHEAD`` months from now."""
    return np.asarray(_awake(month + AHEAD, birth, where, BLOCK))
