"""Persons of an imported pedigree who stand for parents that are not there.

A pedigree gives every child two parents. Where a file names one, or one is left out as perhaps living, a founder takes
the place: of the sex of the role, dead in the month of birth, and so alive at no month. ``Pedigree.info`` says who.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from yeonjwa.genealogy.pedigree import Pedigree

#: Key of ``Pedigree.info``: how many placeholders there are, with consecutive ids ...
COUNT: Final = "placeholders"
#: ... from this one on.
FIRST: Final = "first_placeholder"


def placeholders(pedigree: Pedigree) -> NDArray[np.bool_]:
    """Who is a placeholder, as a mask over persons; nobody in a simulated pedigree."""
    mask = np.zeros(pedigree.num_persons, np.bool_)
    count = int(pedigree.info.get(COUNT, 0))
    if pedigree.provenance != "simulated" and count:
        first = int(pedigree.info[FIRST])
        mask[first : first + count] = True
    return mask


def describe_placeholders(mask: NDArray[np.bool_]) -> dict[str, Any]:
    """The entries of ``Pedigree.info`` for a mask whose placeholders have consecutive ids."""
    ids = np.flatnonzero(mask)
    return {COUNT: int(ids.size), FIRST: int(ids[0]) if ids.size else -1}
