"""Where people live: the province of everyone at the end of a month, by the rule of marriage.

Men live where they were born. A woman moves to the region of her husband at each union and stays there as a widow.
What a state does to people (banishment, camps) is not in a pedigree.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from yeonjwa.genealogy.pedigree import Pedigree


def region_at(pedigree: Pedigree, month: int) -> NDArray[np.int16]:
    """Region of residence of everyone ever (persons,) at the end of a month.

    For those not yet born it is the region of birth, for the dead the last one they lived in.

    Parameters
    ----------
    pedigree : Pedigree
        Everyone ever.
    month : int
        Month index.
    """
    region = pedigree.region.copy()
    begun = (pedigree.start <= month) & (pedigree.wife >= 0)
    unions = np.bincount(pedigree.wife[begun], minlength=pedigree.num_persons)
    moved = np.flatnonzero(unions)
    # Unions of a person stand in order of formation, so the last one begun is found by their number.
    last = pedigree.union_list[pedigree.union_offset[moved] + unions[moved] - 1]
    husband = pedigree.husband[last]
    region[moved[husband >= 0]] = pedigree.region[husband[husband >= 0]]
    return region


def province_at(pedigree: Pedigree, month: int) -> NDArray[np.int8]:
    """Province of residence of everyone ever (persons,), as an index into ``pedigree.provinces``; see :func:`region_at`."""
    province: NDArray[np.int8] = pedigree.region_province[region_at(pedigree, month)]
    return province
