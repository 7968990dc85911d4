"""The nearest flagged relative where few are flagged: only those within reach of a flag are visited.

The same two passes as in :mod:`yeonjwa.kinship.nearest`, over the unions that somebody within reach was born to or formed. What
is known of the persons visited stands in a table of their own, so that time and memory grow with the flags, not the country.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.errors import InputError
from yeonjwa.kinship.blood import FATHER, MOTHER, OWN, spot
from yeonjwa.kinship.graph import KinGraph
from yeonjwa.kinship.nearest import _SIDES, NONE, Lookup, Nearest, _keys, _other, _second

#: Rows of the first table that is tried, for each flag and at the least; a table that is too small is made four times larger.
_ROWS, _LEAST = 256, 1 << 10


class Visited(NamedTuple):
    """What is known of those within reach of a flag, a row each, in an open-addressing table.

    ``person`` -1 where a row is free; ``best``, ``second`` the best two keys of different persons over all ways up and then down,
    as in :mod:`yeonjwa.kinship.nearest`; ``below``, ``below2`` over the person and descendants alone.
    """

    person: NDArray[np.int32]
    best: NDArray[np.int64]
    second: NDArray[np.int64]
    below: NDArray[np.int64]
    below2: NDArray[np.int64]


@numba.njit(cache=True, nogil=True, inline="always")
def _row(p: int, person: NDArray[np.int32]) -> int:
    """Row of a person in the table, or the free row where he belongs."""
    at = spot(p, person.size - 1)
    while person[at] >= 0 and person[at] != p:
        at = (at + 1) & (person.size - 1)
    return int(at)


@numba.njit(cache=True, nogil=True, inline="always")
def _mark(u: int, marks: NDArray[np.uint8]) -> None:
    marks[u >> 3] |= np.uint8(1) << np.uint8(u & 7)


@numba.njit(cache=True, nogil=True)
def _climb(
    marks: NDArray[np.uint8],
    person: NDArray[np.int32],
    best: NDArray[np.int64],
    second: NDArray[np.int64],
    size: int,
    birth_union: NDArray[np.int32],
    wife: NDArray[np.int32],
    husband: NDArray[np.int32],
    first_child: NDArray[np.int32],
    shift: int,
    max_degree: int,
) -> int:
    """Best two of everyone visited and his descendants, from the youngest unions on; rows used, -1 if there are too few."""
    step, never = np.int64(1) << shift, np.int64(max_degree + 1) << shift
    ids, last = step - 1, never - step
    for byte in range(marks.size - 1, -1, -1):
        if marks[byte] == 0:
            continue
        for bit in range(7, -1, -1):
            # Unions of the parents come later in this order: their marks are set in time.
            if not (marks[byte] >> bit) & 1:
                continue
            u = 8 * byte + bit
            a, b = never, never
            for c in range(first_child[u], first_child[u + 1]):
                at = _row(c, person)
                if person[at] == c and best[at] < last:
                    b = _second(a, b, best[at], second[at], ids, never)
                    a = min(a, best[at])
            if a >= last:
                continue
            a, b = a + step, min(b + step, never)
            for k in range(2):
                p = wife[u] if k == 0 else husband[u]
                if p < 0:
                    continue
                at = _row(p, person)
                if person[at] < 0:
                    person[at], best[at], second[at] = p, never, never
                    size += 1
                    if 2 * size > person.size:
                        return -1
                own, own2 = best[at], second[at]
                best[at], second[at] = min(a, own), _second(a, b, own, own2, ids, never)
                if birth_union[p] >= 0:
                    _mark(birth_union[p], marks)
        marks[byte] = 0
    return size


@numba.njit(cache=True, nogil=True)
def _descend(
    marks: NDArray[np.uint8],
    person: NDArray[np.int32],
    best: NDArray[np.int64],
    second: NDArray[np.int64],
    size: int,
    wife: NDArray[np.int32],
    husband: NDArray[np.int32],
    first_child: NDArray[np.int32],
    union_offset: NDArray[np.int32],
    union_list: NDArray[np.int32],
    shift: int,
    max_degree: int,
) -> int:
    """Best two over all ways up and then down, from the oldest unions on; rows used, -1 if there are too few."""
    step, never = np.int64(1) << shift, np.int64(max_degree + 1) << shift
    ids, last = step - 1, never - step
    for at in range(person.size):
        if person[at] >= 0 and best[at] < last:
            for k in range(union_offset[person[at]], union_offset[person[at] + 1]):
                _mark(union_list[k], marks)
    for byte in range(marks.size):
        if marks[byte] == 0:
            continue
        for bit in range(8):
            if not (marks[byte] >> bit) & 1:
                continue
            u = 8 * byte + bit
            a, b = never, never
            for k in range(2):
                p = husband[u] if k == 0 else wife[u]
                if p < 0:
                    continue
                at = _row(p, person)
                if person[at] == p and best[at] < last:
                    own, own2 = best[at] + step, second[at] + step
                    b = _second(a, b, own, own2, ids, never)
                    a = min(a, own)
            if a >= never:
                continue
            b = min(b, never)
            for c in range(first_child[u], first_child[u + 1]):
                at = _row(c, person)
                if person[at] < 0:
                    person[at], best[at], second[at] = c, never, never
                    size += 1
                    if 2 * size > person.size:
                        return -1
                own, own2 = best[at], second[at]
                best[at], second[at] = min(own, a), _second(own, own2, a, b, ids, never)
                if a < last:
                    for k in range(union_offset[c], union_offset[c + 1]):
                        _mark(union_list[k], marks)
        marks[byte] = 0
    return size


@numba.njit(cache=True, nogil=True)
def _flag(
    flagged: NDArray[np.int64],
    start: NDArray[np.uint8],
    birth_union: NDArray[np.int32],
    shift: int,
    max_degree: int,
    marks: NDArray[np.uint8],
    person: NDArray[np.int32],
    best: NDArray[np.int64],
    second: NDArray[np.int64],
) -> int:
    """Everyone flagged knows of himself alone; rows used."""
    size = 0
    for i in range(flagged.size):
        p = flagged[i]
        if start[i] > max_degree:
            continue
        at = _row(p, person)
        person[at], best[at] = p, (np.int64(start[i]) << shift) | p
        second[at] = np.int64(max_degree + 1) << shift
        size += 1
        if birth_union[p] >= 0:
            _mark(birth_union[p], marks)
    return size


@numba.njit(cache=True, nogil=True)
def _degrees(
    egos: NDArray[np.int64],
    person: NDArray[np.int32],
    best: NDArray[np.int64],
    second: NDArray[np.int64],
    shift: int,
    max_degree: int,
) -> NDArray[np.uint8]:
    """Degree of the best key of each ego that is not himself."""
    ids = (np.int64(1) << shift) - 1
    out = np.full(egos.size, NONE, np.uint8)
    for n in range(egos.size):
        at = _row(egos[n], person)
        if person[at] >= 0:
            nearest = _other(egos[n], best[at], second[at], ids) >> shift
            if nearest <= max_degree:
                out[n] = nearest
    return out


@numba.njit(cache=True, nogil=True)
def _answer(
    egos: NDArray[np.int64],
    person: NDArray[np.int32],
    best: NDArray[np.int64],
    second: NDArray[np.int64],
    below: NDArray[np.int64],
    below2: NDArray[np.int64],
    birth_union: NDArray[np.int32],
    wife: NDArray[np.int32],
    husband: NDArray[np.int32],
    shift: int,
    max_degree: int,
    sides: int,
    degree: NDArray[np.uint8],
    relative: NDArray[np.int32],
    side: NDArray[np.uint8],
) -> None:
    """Answers of some persons, from what their parents know and from their descendants."""
    step, never = np.int64(1) << shift, np.int64(max_degree + 1) << shift
    ids = step - 1
    for n in range(egos.size):
        i = egos[n]
        at = _row(i, person)
        own = _other(i, below[at], below2[at], ids) if person[at] >= 0 else never
        father, mother = never, never
        u = birth_union[i]
        if u >= 0:
            w, h = wife[u], husband[u]
            if h >= 0 and (sides & FATHER) != 0:
                at = _row(h, person)
                father = _other(i, best[at], second[at], ids) + step if person[at] >= 0 else never
            if w >= 0 and (sides & MOTHER) != 0:
                at = _row(w, person)
                mother = _other(i, best[at], second[at], ids) + step if person[at] >= 0 else never
        nearest = min(own, min(father, mother))
        degree[n], relative[n], side[n] = NONE, -1, NONE
        if nearest < never:
            degree[n], relative[n] = nearest >> shift, nearest & ids
            lateral = (FATHER if father == nearest else 0) | (MOTHER if mother == nearest else 0)
            side[n] = OWN if own == nearest else lateral


@dataclass(frozen=True)
class NearestFew:
    """The nearest of a few flagged relatives, of whoever is asked about; made by :func:`nearest_of_few`."""

    graph: KinGraph
    max_degree: int
    lines: str
    visited: Visited
    shift: int

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

    def _degree_of(self, egos: NDArray[np.integer]) -> NDArray[np.uint8]:
        if self.lines != "both":
            return self.of(egos).degree
        ids = np.ascontiguousarray(egos, np.int64)
        return np.asarray(_degrees(ids, *self.visited[:3], self.shift, self.max_degree), np.uint8)

    def of(self, egos: NDArray[np.integer]) -> Nearest:
        """Degree, relative and side, in the order of the egos."""
        p, ids = self.graph.pedigree, np.ascontiguousarray(egos, np.int64)
        found = Nearest(
            np.empty(ids.size, np.uint8), np.empty(ids.size, np.int32), np.empty(ids.size, np.uint8)
        )
        _answer(
            ids,
            *self.visited,
            p.birth_union,
            p.wife,
            p.husband,
            self.shift,
            self.max_degree,
            _SIDES[self.lines],
            found.degree,
            found.person,
            found.side,
        )
        return found


def nearest_of_few(
    graph: KinGraph,
    flagged: NDArray[np.integer],
    start: NDArray[np.uint8],
    max_degree: int,
    *,
    lines: str = "both",
) -> NearestFew:
    """Nearest flagged relative by blood, to be asked for some persons, where few are flagged.

    Parameters
    ----------
    graph : KinGraph
        The pedigree with its index.
    flagged : integer array (flags,)
        Persons, each once.
    start : uint8 array (flags,)
        What is added to the distance from each (0 for plain flags).
    max_degree, lines : int, str
        As for :func:`yeonjwa.kinship.nearest.nearest_flagged`, whose answers these are.

    Raises
    ------
    InputError
        A degree or lines that are not allowed, or as many start values as flags are not given.
    """
    if not 1 <= max_degree <= 250:
        raise InputError("max_degree", max_degree, "1 to 250")
    if lines not in _SIDES:
        raise InputError("lines", lines, "both, paternal, maternal")
    if start.shape != np.shape(flagged):
        raise InputError("start values of flags", start.shape, f"as many as flags, {np.shape(flagged)}")
    p = graph.pedigree
    ids, begin = np.ascontiguousarray(flagged, np.int64), np.ascontiguousarray(start, np.uint8)
    shift, _ = _keys(graph.num_persons, max_degree)
    rows = _LEAST
    while rows < _ROWS * ids.size:
        rows *= 2
    never = np.int64(max_degree + 1) << shift
    span, families = (shift, max_degree), (p.wife, p.husband, p.first_child)
    while True:
        person, best, second = np.full(rows, -1, np.int32), np.full(rows, never), np.full(rows, never)
        marks, table = np.zeros(graph.num_unions // 8 + 1, np.uint8), (person, best, second)
        size = _flag(ids, begin, p.birth_union, *span, marks, *table)
        size = _climb(marks, *table, size, p.birth_union, *families, *span)
        if size >= 0:
            below, below2 = best.copy(), second.copy()
            size = _descend(marks, *table, size, *families, p.union_offset, p.union_list, *span)
        if size >= 0:
            return NearestFew(graph, max_degree, lines, Visited(*table, below, below2), shift)
        rows *= 4
