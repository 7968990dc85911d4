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
def _answer(
    i: int,
    own: tuple[int, int],
    father: tuple[int, int],
    mother: tuple[int, int],
    degree: NDArray[np.uint8],
    person: NDArray[np.int32],
    side: NDArray[np.uint8],
) -> None:
    """Best key of another person among those from below, from the father and from the mother."""
    below = own[0] if (own[0] & _ID) != i else own[1]
    paternal = father[0] if (father[0] & _ID) != i else father[1]
    maternal = mother[0] if (mother[0] & _ID) != i else mother[1]
    best = min(below, paternal, maternal)
    if best >= _NEVER:
        degree[i], person[i], side[i] = 255, -1, 255
        return
    degree[i], person[i] = best >> 32, best & _ID
    if below == best:
        side[i] = OWN
    else:
        side[i] = (FATHER if paternal == best else 0) | (MOTHER if maternal == best else 0)


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
    none = (_NEVER, _NEVER)
    for i in range(birth_union.size):
        if birth_union[i] < 0:
            _answer(i, (first[i], second[i]), none, none, degree, person, side)
    for u in range(wife.size):
        father, mother = none, none
        p = husband[u]
        if p >= 0 and first[p] + _STEP < limit:
            father = (first[p] + _STEP, second[p] + _STEP if second[p] + _STEP < limit else _NEVER)
        p = wife[u]
        if p >= 0 and first[p] + _STEP < limit:
            mother = (first[p] + _STEP, second[p] + _STEP if second[p] + _STEP < limit else _NEVER)
        by_father = father if sides & FATHER else none
        by_mother = mother if sides & MOTHER else none
        for i in range(first_child[u], first_child[u + 1]):
            a, b = first[i], second[i]
            _answer(i, (a, b), by_father, by_mother, degree, person, side)
            a, b = _insert(a, b, father[0])
            a, b = _insert(a, b, father[1])
            a, b = _insert(a, b, mother[0])
            first[i], second[i] = _insert(a, b, mother[1])


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
    result = Nearest(np.empty(size, np.uint8), np.empty(size, np.int32), np.empty(size, np.uint8))
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
