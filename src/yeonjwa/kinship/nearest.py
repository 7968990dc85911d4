"""The nearest flagged relative of everyone, in two passes over the unions.

Upwards (unions descending) each person learns the best flags among himself and his descendants; downwards (unions
ascending) the best over all ways that go up and then down. Two distinct sources are carried, because a flagged ego
does not count for himself: with the best two of different persons, the best of the others is always among them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.errors import InputError
from yeonjwa.kinship.blood import BOTH, FATHER, MOTHER, OWN
from yeonjwa.kinship.graph import KinGraph

#: Nobody within the degree.
NONE = 255

_STEP = np.int64(1) << 32  # a key is (degree << 32) | person: order of keys = order of (degree, person)
_NEVER = np.int64(255) << 32
_ID = np.int64(0xFFFFFFFF)


@dataclass(frozen=True)
class Nearest:
    """For everyone ever, the nearest flagged relative.

    Attributes
    ----------
    degree : uint8 (persons,)
        Least ``start[j] + chon(i, j)`` over flagged relatives j; 255 if none is near enough.
    person : int32 (persons,)
        The relative j, the smallest id if several are equally near; -1 if none.
    side : uint8 (persons,)
        0 own descendant, 1 reached through the father, 2 through the mother, 3 both; 255 if none.
    """

    degree: NDArray[np.uint8]
    person: NDArray[np.int32]
    side: NDArray[np.uint8]


@numba.njit(cache=True)
def _insert(a: int, b: int, key: int) -> tuple[int, int]:
    """Best two keys of different persons among (a, b) and one more."""
    if key >= b:
        return a, b
    if (key & _ID) == (a & _ID):
        return min(a, key), b
    if key < a:
        return key, a
    return a, key


@numba.njit(cache=True)
def _climb(
    best: NDArray[np.int64],
    start: NDArray[np.uint8],
    wife: NDArray[np.int32],
    husband: NDArray[np.int32],
    first_child: NDArray[np.int32],
    limit: int,
) -> None:
    """Best two (a row a person) of everyone's descendants and himself."""
    for i in range(start.size):
        own = (np.int64(start[i]) << 32) | i
        best[i, 0], best[i, 1] = own if own < limit else _NEVER, _NEVER
    for u in range(wife.size - 1, -1, -1):
        a, b = _NEVER, _NEVER
        for child in range(first_child[u], first_child[u + 1]):
            if best[child, 0] < b:
                a, b = _insert(a, b, best[child, 0])
                if best[child, 1] < b:
                    a, b = _insert(a, b, best[child, 1])
        a, b = a + _STEP, b + _STEP
        if a >= limit:
            continue
        for which in range(2):
            p = wife[u] if which == 0 else husband[u]
            if p >= 0 and a < best[p, 1]:
                x, y = _insert(best[p, 0], best[p, 1], a)
                if b < y and b < limit:
                    x, y = _insert(x, y, b)
                best[p, 0], best[p, 1] = x, y


@numba.njit(cache=True)
def _other(i: int, a: int, b: int) -> int:
    """The best of two keys that is not person i."""
    return b if (a & _ID) == i else a


@numba.njit(cache=True)
def _descend(
    best: NDArray[np.int64],
    birth_union: NDArray[np.int32],
    wife: NDArray[np.int32],
    husband: NDArray[np.int32],
    first_child: NDArray[np.int32],
    limit: int,
    sides: int,
    degree: NDArray[np.uint8],
    person: NDArray[np.int32],
    side: NDArray[np.uint8],
) -> None:
    """Answers, and the best two of everyone over all ways up and then down."""
    for i in range(birth_union.size):
        degree[i], person[i], side[i] = 255, -1, 255
        if birth_union[i] < 0:
            nearest = _other(i, best[i, 0], best[i, 1])
            if nearest < limit:
                degree[i], person[i], side[i] = nearest >> 32, nearest & _ID, OWN
    for u in range(wife.size):
        father, father2, mother, mother2 = _NEVER, _NEVER, _NEVER, _NEVER
        if first_child[u] == first_child[u + 1]:
            continue
        if husband[u] >= 0:
            father, father2 = best[husband[u], 0] + _STEP, best[husband[u], 1] + _STEP
        if wife[u] >= 0:
            mother, mother2 = best[wife[u], 0] + _STEP, best[wife[u], 1] + _STEP
        # the best two of father and mother together, for what the children hand on
        a, b = father, father2
        if mother < b:
            a, b = _insert(a, b, mother)
            if mother2 < b:
                a, b = _insert(a, b, mother2)
        if a >= limit:
            a = _NEVER
        if b >= limit:
            b = _NEVER
        for i in range(first_child[u], first_child[u + 1]):
            own, own2 = best[i, 0], best[i, 1]
            below = _other(i, own, own2)
            paternal = _other(i, father, father2) if sides & FATHER else _NEVER
            maternal = _other(i, mother, mother2) if sides & MOTHER else _NEVER
            nearest = min(below, paternal, maternal)
            if nearest < limit:
                degree[i], person[i] = nearest >> 32, nearest & _ID
                lateral = (FATHER if paternal == nearest else 0) | (MOTHER if maternal == nearest else 0)
                side[i] = OWN if below == nearest else lateral
            if a < own2:
                own, own2 = _insert(own, own2, a)
                if b < own2:
                    own, own2 = _insert(own, own2, b)
                best[i, 0], best[i, 1] = own, own2


def nearest_flagged(
    graph: KinGraph, start: NDArray[np.uint8], max_degree: int, *, lines: str = "both"
) -> Nearest:
    """Nearest flagged relative by blood of everyone ever: least ``start[j] + chon(i, j)`` over ``j != i``.

    Parameters
    ----------
    graph : KinGraph
        The pedigree with its index.
    start : uint8 array (persons,)
        255 for persons who are not flagged; else what is added to the distance from this person (0 for plain
        flags).
    max_degree : int
        1 to 250; farther ones count as none.
    lines : str
        "both"; "paternal" or "maternal": only kin whose path begins with the father (mother), and ego's own
        descendants.

    Returns
    -------
    Nearest
        Degree, relative and side, exact under remarriage, cousin marriage and any overlap of generations.
    """
    flags = np.ascontiguousarray(start)
    if flags.dtype != np.uint8 or flags.shape != (graph.num_persons,):
        got = f"{flags.dtype} array of shape {flags.shape}"
        raise InputError("start values of flags", got, f"a uint8 array of shape ({graph.num_persons},)")
    if not 1 <= max_degree <= 250:
        raise InputError("max_degree", max_degree, "1 to 250")
    if lines not in ("both", "paternal", "maternal"):
        raise InputError("lines", lines, "both, paternal, maternal")
    p = graph.pedigree
    size = graph.num_persons
    best = np.empty((size, 2), np.int64)
    limit = np.int64(max_degree + 1) << 32
    _climb(best, flags, p.wife, p.husband, p.first_child, limit)
    result = Nearest(np.empty(size, np.uint8), np.empty(size, np.int32), np.empty(size, np.uint8))
    sides = {"both": BOTH, "paternal": FATHER, "maternal": MOTHER}[lines]
    _descend(
        best,
        p.birth_union,
        p.wife,
        p.husband,
        p.first_child,
        limit,
        sides,
        result.degree,
        result.person,
        result.side,
    )
    return result
