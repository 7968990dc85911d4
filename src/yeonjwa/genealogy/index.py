"""The index from persons to their unions."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

Array = Any


@numba.njit(cache=True)
def _fill(wife: Array, husband: Array, offset: Array, place: Array, members: Array) -> None:
    for u in range(wife.size):
        offset[wife[u] + 1] += 1
        offset[husband[u] + 1] += 1
    for p in range(offset.size - 1):
        offset[p + 1] += offset[p]
        place[p] = offset[p]
    for u in range(wife.size):
        members[place[wife[u]]] = u
        place[wife[u]] += 1
        members[place[husband[u]]] = u
        place[husband[u]] += 1


def union_index(
    persons: int, wife: NDArray[np.int32], husband: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Unions of each person in order of formation, as offsets (persons + 1,) and ids (2 * unions,)."""
    offset = np.zeros(persons + 1, np.int32)
    members = np.empty(2 * wife.size, np.int32)
    _fill(wife, husband, offset, np.empty(persons, np.int32), members)
    return offset, members
