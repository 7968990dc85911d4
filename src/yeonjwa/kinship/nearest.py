"""The nearest flagged relative of everyone, in two passes over the unions.

Upwards (unions descending) each person learns the best flags among himself and his descendants; downwards (unions
ascending) the best over all ways that go up and then down. Two distinct sources are carried, because a flagged ego
does not count for himself: with the best two of different persons, the best of the others is always among them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.errors import InputError
from yeonjwa.core.memory import prefetch
from yeonjwa.kinship.blood import BOTH, FATHER, MOTHER, OWN
from yeonjwa.kinship.graph import KinGraph

#: Nobody within the degree.
NONE = 255
#: Unions after which the parents of one are needed that are asked for now.
_AHEAD = 16


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
    _work: NDArray[Any] = field(repr=False, default_factory=lambda: np.empty(0, np.uint32))


# Keys are (degree << shift) | person, so that their order is the order of (degree, person): in four bytes if degree and
# person fit, which they do for a nation and the degrees of rules, else in eight. ``best`` holds the two best of each
# person in turn.


@numba.njit(cache=True, inline="always")
def _second(a: int, a2: int, b: int, b2: int, ids: int, never: int) -> int:
    """Second of the best two keys of different persons among (a, a2) and (b, b2); the best is min(a, b)."""
    high = max(a, b)
    if ((a ^ b) & ids) == 0:
        high = never
    return min(high, min(a2, b2))


@numba.njit(cache=True, inline="always")
def _other(i: int, a: int, b: int, ids: int) -> int:
    """The best of two keys that is not person i."""
    return b if (a & ids) == i else a


@numba.njit(cache=True, nogil=True)
def _climb(
    best: NDArray[np.unsignedinteger],
    start: NDArray[np.uint8],
    wife: NDArray[np.int32],
    husband: NDArray[np.int32],
    first_child: NDArray[np.int32],
    shift: int,
    max_degree: int,
) -> None:
    """Best two of everyone's descendants and himself."""
    write_flags(best, start, shift, max_degree)
    # From the youngest unions on, so that children have heard from theirs before they are asked.
    hand_up(best, best, wife, husband, first_child, shift, max_degree)


@numba.njit(cache=True, nogil=True)
def write_flags(
    best: NDArray[np.unsignedinteger], start: NDArray[np.uint8], shift: int, max_degree: int
) -> None:
    """Everyone knows of himself alone."""
    best[:] = np.int64(max_degree + 1) << shift
    for i in range(start.size):
        if start[i] <= max_degree:
            best[2 * i] = (np.int64(start[i]) << shift) | i


@numba.njit(cache=True, nogil=True)
def hand_up(
    below: NDArray[np.unsignedinteger],
    best: NDArray[np.unsignedinteger],
    wife: NDArray[np.int32],
    husband: NDArray[np.int32],
    first_child: NDArray[np.int32],
    shift: int,
    max_degree: int,
) -> None:
    """Add what children know (``below``) to what parents know (``best``); one array for both gathers all generations."""
    step, never = np.int64(1) << shift, np.int64(max_degree + 1) << shift
    ids, last = step - 1, never - step
    for u in range(wife.size - 1, -1, -1):
        if u >= _AHEAD:
            prefetch(best, 2 * wife[u - _AHEAD])
            prefetch(best, 2 * husband[u - _AHEAD])
        a, b = never, never
        for i in range(2 * first_child[u], 2 * first_child[u + 1], 2):
            own = np.int64(below[i])
            if own < last:
                b = _second(a, b, own, np.int64(below[i + 1]), ids, never)
                a = min(a, own)
        if a >= last:
            continue
        a, b = a + step, min(b + step, never)
        for which in range(2):
            p = 2 * (wife[u] if which == 0 else husband[u])
            if p >= 0:
                own, own2 = np.int64(best[p]), np.int64(best[p + 1])
                best[p], best[p + 1] = min(a, own), _second(a, b, own, own2, ids, never)


@numba.njit(cache=True, nogil=True)
def _answer_founders(
    best: NDArray[np.unsignedinteger],
    first_child: NDArray[np.int32],
    shift: int,
    max_degree: int,
    degree: NDArray[np.uint8],
    person: NDArray[np.int32],
    side: NDArray[np.uint8],
) -> None:
    """Answers of those whose parents are not known: all who do not stand among the children of the unions."""
    never = np.int64(max_degree + 1) << shift
    ids = (np.int64(1) << shift) - 1
    first, last = first_child[0], first_child[first_child.size - 1]
    for j in range(first + degree.size - last):
        i = j if j < first else j + last - first
        nearest = _other(i, np.int64(best[2 * i]), np.int64(best[2 * i + 1]), ids)
        degree[i], person[i], side[i] = NONE, -1, NONE
        if nearest < never:
            degree[i], person[i], side[i] = nearest >> shift, nearest & ids, OWN


@numba.njit(cache=True, nogil=True)
def _descend(
    best: NDArray[np.unsignedinteger],
    start: NDArray[np.uint8],
    wife: NDArray[np.int32],
    husband: NDArray[np.int32],
    first_child: NDArray[np.int32],
    shift: int,
    max_degree: int,
    sides: int,
    degree: NDArray[np.uint8],
    person: NDArray[np.int32],
    side: NDArray[np.uint8],
) -> None:
    """Answers, and the best two of everyone over all ways up and then down."""
    step, never = np.int64(1) << shift, np.int64(max_degree + 1) << shift
    ids = step - 1
    by_father, by_mother = (sides & FATHER) != 0, (sides & MOTHER) != 0
    for u in range(wife.size):
        if u + _AHEAD < wife.size:
            prefetch(best, 2 * wife[u + _AHEAD])
            prefetch(best, 2 * husband[u + _AHEAD])
        low, high = first_child[u], first_child[u + 1]
        if low == high:
            continue
        father, father2, mother, mother2 = never, never, never, never
        w, h = 2 * wife[u], 2 * husband[u]
        if h >= 0:
            father, father2 = np.int64(best[h]) + step, np.int64(best[h + 1]) + step
        if w >= 0:
            mother, mother2 = np.int64(best[w]) + step, np.int64(best[w + 1]) + step
        # the best two of father and mother together, for what the children hand on
        a = min(never, min(father, mother))
        b = min(never, _second(father, father2, mother, mother2, ids, never))
        if not by_father:
            father, father2 = never, never
        if not by_mother:
            mother, mother2 = never, never
        # what all children have in common but those who are flagged themselves, or above somebody flagged
        above = min(father, mother)
        lateral = (FATHER if father == above else 0) | (MOTHER if mother == above else 0)
        common, relative, way = NONE, -1, NONE
        if above < never:
            common, relative, way = int(above >> shift), int(above & ids), lateral
        for i in range(low, high):
            own, own2 = np.int64(best[2 * i]), np.int64(best[2 * i + 1])
            if own >= never:
                degree[i], person[i], side[i] = common, relative, way
                best[2 * i], best[2 * i + 1] = a, b
                continue
            if start[i] > max_degree:
                nearest = min(own, above)
                degree[i], person[i] = nearest >> shift, nearest & ids
                side[i] = OWN if own <= above else lateral
            else:
                below = _other(i, own, own2, ids)
                paternal, maternal = _other(i, father, father2, ids), _other(i, mother, mother2, ids)
                nearest = min(below, min(paternal, maternal))
                degree[i], person[i], side[i] = NONE, -1, NONE
                if nearest < never:
                    degree[i], person[i] = nearest >> shift, nearest & ids
                    other = (FATHER if paternal == nearest else 0) | (MOTHER if maternal == nearest else 0)
                    side[i] = OWN if below == nearest else other
            best[2 * i], best[2 * i + 1] = min(own, a), _second(own, own2, a, b, ids, never)


@numba.njit(cache=True, nogil=True)
def hand_down(
    above: NDArray[np.unsignedinteger],
    best: NDArray[np.unsignedinteger],
    wife: NDArray[np.int32],
    husband: NDArray[np.int32],
    first_child: NDArray[np.int32],
    shift: int,
    max_degree: int,
) -> None:
    """Add what parents know (``above``) to what children know (``best``).

    One array for both gives the best two of everyone over all ways up and then down, as :func:`_descend` leaves them.
    """
    step, never = np.int64(1) << shift, np.int64(max_degree + 1) << shift
    ids, last = step - 1, never - step
    for u in range(wife.size):
        if u + _AHEAD < wife.size:
            prefetch(above, 2 * wife[u + _AHEAD])
            prefetch(above, 2 * husband[u + _AHEAD])
        a, b = never, never
        w, h = 2 * wife[u], 2 * husband[u]
        if h >= 0 and np.int64(above[h]) < last:
            a, b = np.int64(above[h]) + step, np.int64(above[h + 1]) + step
        if w >= 0 and np.int64(above[w]) < last:
            own, own2 = np.int64(above[w]) + step, np.int64(above[w + 1]) + step
            a, b = min(a, own), _second(a, b, own, own2, ids, never)
        if a >= never:
            continue
        b = min(b, never)
        for i in range(2 * first_child[u], 2 * first_child[u + 1], 2):
            own, own2 = np.int64(best[i]), np.int64(best[i + 1])
            best[i], best[i + 1] = min(own, a), _second(own, own2, a, b, ids, never)


@dataclass(frozen=True)
class Lookup:
    """Answers that are worked out when they are asked for: indexed by ids like an array over everyone."""

    answer: Callable[[NDArray[np.integer]], NDArray[Any]]

    def __getitem__(self, egos: NDArray[np.integer]) -> NDArray[Any]:
        """Answers in the order of the ids."""
        return self.answer(np.atleast_1d(egos))


class Asked(ABC):
    """Answers that are put together for those who are asked about; the parts by themselves, to be indexed by egos."""

    @property
    def degree(self) -> Lookup:
        """Least ``start[j] + chon(i, j)``, to be indexed by egos; 255 if none is near enough."""
        return Lookup(self._degree_of)

    @property
    def person(self) -> Lookup:
        """The relative, to be indexed by egos; -1 if none."""
        return Lookup(lambda egos: self.of(egos).person)

    @property
    def side(self) -> Lookup:
        """The side, to be indexed by egos; 255 if none."""
        return Lookup(lambda egos: self.of(egos).side)

    @abstractmethod
    def of(self, egos: NDArray[np.integer]) -> Nearest:
        """Degree, relative and side, in the order of the egos."""

    def _degree_of(self, egos: NDArray[np.integer]) -> NDArray[np.uint8]:
        return self.of(egos).degree


_SIDES = {"both": BOTH, "paternal": FATHER, "maternal": MOTHER}


def nearest_flagged(
    graph: KinGraph,
    start: NDArray[np.uint8],
    max_degree: int,
    *,
    lines: str = "both",
    out: Nearest | None = None,
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
    out : Nearest, optional
        An earlier answer for this pedigree, to be overwritten: for a country, fresh memory costs more than the answer.
        What comes back then keeps the working memory as well.

    Returns
    -------
    Nearest
        Degree, relative and side, exact under remarriage, cousin marriage and any overlap of generations.
    """
    flags = _check(graph, start, max_degree, lines)
    p, size = graph.pedigree, graph.num_persons
    shift, kind = _keys(size, max_degree)
    if out is not None and out.degree.size != size:
        raise InputError(
            "out, an earlier answer", f"of {out.degree.size} persons", f"one of this pedigree's {size}"
        )
    fits = out is not None and out._work.size > 0 and out._work.dtype == kind
    best = out._work if out is not None and fits else np.empty(2 * size, kind)
    if out is None:
        result = Nearest(np.empty(size, np.uint8), np.empty(size, np.int32), np.empty(size, np.uint8))
    else:
        result = Nearest(out.degree, out.person, out.side, best)
    answers = (result.degree, result.person, result.side)
    _climb(best, flags, p.wife, p.husband, p.first_child, shift, max_degree)
    _answer_founders(best, p.first_child, shift, max_degree, *answers)
    _descend(best, flags, p.wife, p.husband, p.first_child, shift, max_degree, _SIDES[lines], *answers)
    return result


def _keys(persons: int, max_degree: int) -> tuple[int, Any]:
    """Bits of a person in a key, and the type of keys: four bytes if degree and person fit."""
    shift = max(persons - 1, 1).bit_length()
    small = (max_degree + 3) << shift < 2**32
    return shift, np.uint32 if small else np.uint64


def _check(graph: KinGraph, start: NDArray[np.uint8], max_degree: int, lines: str) -> NDArray[np.uint8]:
    flags = np.ascontiguousarray(start)
    if flags.dtype != np.uint8 or flags.shape != (graph.num_persons,):
        got = f"{flags.dtype} array of shape {flags.shape}"
        raise InputError("start values of flags", got, f"a uint8 array of shape ({graph.num_persons},)")
    if not 1 <= max_degree <= 250:
        raise InputError("max_degree", max_degree, "1 to 250")
    if lines not in _SIDES:
        raise InputError("lines", lines, "both, paternal, maternal")
    return flags
