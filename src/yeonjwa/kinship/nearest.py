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
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    wife: NDArray[np.int32],
    husband: NDArray[np.int32],
    first_child: NDArray[np.int32],
    limit: int,
) -> None:
    """Best two of each person's descendants and himself; arrays hold himself at the start."""
    for u in range(wife.size - 1, -1, -1):
        a, b = _NEVER, _NEVER
        for child in range(first_child[u], first_child[u + 1]):
            if first[child] < b:
                a, b = _insert(a, b, first[child])
                if second[child] < b:
                    a, b = _insert(a, b, second[child])
        a, b = a + _STEP, b + _STEP
        if a >= limit:
            continue
        for p in (wife[u], husband[u]):
            if p >= 0:
                first[p], second[p] = _insert(first[p], second[p], a)
                if b < limit:
                    first[p], second[p] = _insert(first[p], second[p], b)


@numba.njit(cache=True)
def _other(i: int, a: int, b: int) -> int:
    """The best of two keys that is not person i."""
    return b if (a & _ID) == i else a


@numba.njit(cache=True)
def _descend(
    first: NDArray[np.int64],
    second: NDArray[np.int64],
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
        if birth_union[i] < 0:
            best = _other(i, first[i], second[i])
            if best < _NEVER:
                degree[i], person[i], side[i] = best >> 32, best & _ID, OWN
    for u in range(wife.size):
        father, father2, mother, mother2 = _NEVER, _NEVER, _NEVER, _NEVER
        if husband[u] >= 0:
            father, father2 = first[husband[u]] + _STEP, second[husband[u]] + _STEP
        if wife[u] >= 0:
            mother, mother2 = first[wife[u]] + _STEP, second[wife[u]] + _STEP
        for i in range(first_child[u], first_child[u + 1]):
            own, own2 = first[i], second[i]
            below = _other(i, own, own2)
            paternal = _other(i, father, father2) if sides & FATHER else _NEVER
            maternal = _other(i, mother, mother2) if sides & MOTHER else _NEVER
            best = min(below, paternal, maternal)
            if best < limit:
                degree[i], person[i] = best >> 32, best & _ID
                lateral = (FATHER if paternal == best else 0) | (MOTHER if maternal == best else 0)
                side[i] = OWN if below == best else lateral
            for key in (father, father2, mother, mother2):
                if key < own2 and key < limit:
                    own, own2 = _insert(own, own2, key)
            first[i], second[i] = own, own2


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
    near = flags <= max_degree
    first = np.where(near, flags.astype(np.int64) << 32 | np.arange(size), _NEVER)
    second = np.full(size, _NEVER)
    limit = np.int64(max_degree + 1) << 32
    _climb(first, second, p.wife, p.husband, p.first_child, limit)
    nobody = (np.full(size, NONE, np.uint8), np.full(size, -1, np.int32), np.full(size, NONE, np.uint8))
    result = Nearest(*nobody)
    sides = {"both": BOTH, "paternal": FATHER, "maternal": MOTHER}[lines]
    _descend(
        first,
        second,
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
