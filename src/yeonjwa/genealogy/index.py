"""The index from persons to their unions."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.memory import prefetch
from yeonjwa.core.parallel import each

Array = Any
#: Unions after which one is looked at whose spouses are asked for now.
_AHEAD = 16
#: Below so many persons a second thread costs more than it brings.
_FEW = 1_000_000


@numba.njit(cache=True, nogil=True)
def _count(first: int, last: int, wife: Array, husband: Array, offset: Array) -> None:
    """Unions of the persons first to last - 1, one place after their own."""
    unions = wife.size
    for u in range(unions):
        ahead = min(u + _AHEAD, unions - 1)
        prefetch(offset, wife[ahead])
        prefetch(offset, husband[ahead])
        if first <= wife[u] < last:
            offset[wife[u] + 1] += 1
        if first <= husband[u] < last:
            offset[husband[u] + 1] += 1


@numba.njit(cache=True, nogil=True)
def _fill(first: int, last: int, wife: Array, husband: Array, place: Array, members: Array) -> None:
    """Write the unions of the persons first to last - 1 where ``place`` says, which moves on."""
    unions = wife.size
    for u in range(unions):
        ahead = min(u + _AHEAD, unions - 1)
        prefetch(place, wife[ahead])
        prefetch(place, husband[ahead])
        if first <= wife[u] < last:
            members[place[wife[u]]] = u
            place[wife[u]] += 1
        if first <= husband[u] < last:
            members[place[husband[u]]] = u
            place[husband[u]] += 1


def union_index(
    persons: int, wife: NDArray[np.int32], husband: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Unions of each person in order of formation, as offsets (persons + 1,) and ids (2 * unions,)."""
    offset = np.zeros(persons + 1, np.int32)
    members = np.empty(2 * wife.size, np.int32)
    # Each half of the persons reads all unions.
    parts = [(0, persons)] if persons < _FEW else [(0, persons // 2), (persons // 2, persons)]
    each(lambda part: _count(*part, wife, husband, offset), parts)
    np.cumsum(offset, out=offset)
    place = offset[:-1].copy()
    each(lambda part: _fill(*part, wife, husband, place, members), parts)
    return offset, members
