"""The nearest flagged relative where few are flagged: only those within reach of a flag are visited.

The same two passes as in :mod:`yeonjwa.kinship.nearest`, over the unions that somebody within reach was born to or formed. What a
person learns from descendants stands in a table of persons, who are few; what all children of a union learn from their parents
stands once, in a table of unions. So time and memory grow with the flags, not with the country.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.errors import InputError
from yeonjwa.core.memory import prefetch
from yeonjwa.kinship.blood import FATHER, MOTHER, OWN, spot
from yeonjwa.kinship.graph import KinGraph
from yeonjwa.kinship.nearest import _SIDES, NONE, Asked, Nearest, _keys, _other, _second

#: Rows of the first tables that are tried, for each flag and degree, and at the least; too small ones are made twice as large.
_ROWS, _LEAST = 8, 1 << 10
#: Bytes of marks, of eight unions each, after which one is looked at whose families are asked for now.
_AHEAD = 64


class Visited(NamedTuple):
    """What is known of those within reach of a flag, in two open-addressing tables; -1 where a row is free.

    ``person``, ``below``, ``below2``: the best two keys, as in :mod:`yeonjwa.kinship.nearest`, of different persons among him
    and his descendants. ``union``, ``above``, ``above2``: those that each child of a union has from the parents.
    """

    person: NDArray[np.int32]
    below: NDArray[np.int64]
    below2: NDArray[np.int64]
    union: NDArray[np.int32]
    above: NDArray[np.int64]
    above2: NDArray[np.int64]


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
    above: NDArray[np.int32],
    below: NDArray[np.int32],
    shift: int,
    max_degree: int,
) -> bool:
    """Best two of everyone visited and his descendants, from the youngest unions on; False if rows are few.

    ``above`` and ``below`` as in :class:`yeonjwa.kinship.graph.KinGraph`.
    """
    step, never = np.int64(1) << shift, np.int64(max_degree + 1) << shift
    ids, last = step - 1, never - step
    for byte in range(marks.size - 1, -1, -1):
        if byte >= _AHEAD and marks[byte - _AHEAD] != 0:
            prefetch(above, 32 * (byte - _AHEAD))
            prefetch(above, 32 * (byte - _AHEAD) + 16)
            prefetch(below, 16 * (byte - _AHEAD))
        if marks[byte] == 0:
            continue
        for bit in range(7, -1, -1):
            # Unions of the parents come later in this order: their marks are set in time.
            if not (marks[byte] >> bit) & 1:
                continue
            u = 8 * byte + bit
            a, b = never, never
            for c in range(below[2 * u], below[2 * u + 2]):
                at = _row(c, person)
                if person[at] == c and best[at] < last:
                    b = _second(a, b, best[at], second[at], ids, never)
                    a = min(a, best[at])
            if a >= last:
                continue
            a, b = a + step, min(b + step, never)
            for k in range(4 * u, 4 * u + 2):
                p, v = above[k], (above[k + 2] >> 1) - 1
                if p < 0:
                    continue
                at = _row(p, person)
                if person[at] < 0:
                    person[at], best[at], second[at] = p, never, never
                    size += 1
                    if 2 * size > person.size:
                        return False
                own, own2 = best[at], second[at]
                best[at], second[at] = min(a, own), _second(a, b, own, own2, ids, never)
                if v >= 0:
                    _mark(v, marks)
        marks[byte] = 0
    return True


@numba.njit(cache=True, nogil=True, inline="always")
def _pair(
    p: int,
    v: int,
    person: NDArray[np.int32],
    below: NDArray[np.int64],
    below2: NDArray[np.int64],
    union: NDArray[np.int32],
    above: NDArray[np.int64],
    above2: NDArray[np.int64],
    ids: int,
    never: int,
) -> tuple[Any, Any]:
    """Best two keys of person ``p``, born to union ``v`` (or -1), over all ways up and then down."""
    a, b = never, never
    at = _row(p, person)
    if person[at] == p:
        a, b = below[at], below2[at]
    if v >= 0:
        at = _row(v, union)
        if union[at] == v:
            b = _second(a, b, above[at], above2[at], ids, never)
            a = min(a, above[at])
    return a, b


@numba.njit(cache=True, nogil=True)
def _descend(
    marks: NDArray[np.uint8],
    person: NDArray[np.int32],
    best: NDArray[np.int64],
    second: NDArray[np.int64],
    union: NDArray[np.int32],
    given: NDArray[np.int64],
    given2: NDArray[np.int64],
    above: NDArray[np.int32],
    below: NDArray[np.int32],
    union_offset: NDArray[np.int32],
    union_list: NDArray[np.int32],
    shift: int,
    max_degree: int,
) -> bool:
    """What children are given by their parents, over all ways up and then down, oldest unions first; False if rows are few."""
    step, never = np.int64(1) << shift, np.int64(max_degree + 1) << shift
    ids, last = step - 1, never - step
    size = 0
    for at in range(person.size):
        if person[at] >= 0 and best[at] < last:
            for k in range(union_offset[person[at]], union_offset[person[at] + 1]):
                _mark(union_list[k], marks)
    for byte in range(marks.size):
        if byte + _AHEAD < marks.size and marks[byte + _AHEAD] != 0:
            prefetch(above, 32 * (byte + _AHEAD))
            prefetch(above, 32 * (byte + _AHEAD) + 16)
            prefetch(below, 16 * (byte + _AHEAD))
        if marks[byte] == 0:
            continue
        for bit in range(8):
            # Unions of the children come later in this order: their marks are set in time.
            if not (marks[byte] >> bit) & 1:
                continue
            u = 8 * byte + bit
            a, b = never, never
            for k in range(4 * u, 4 * u + 2):
                p, v = above[k], (above[k + 2] >> 1) - 1
                if p < 0:
                    continue
                own, own2 = never, never
                at = _row(p, person)
                if person[at] == p:
                    own, own2 = best[at], second[at]
                at = _row(v, union)
                if v >= 0 and union[at] == v:
                    own2 = _second(own, own2, given[at], given2[at], ids, never)
                    own = min(own, given[at])
                if own < last:
                    b = _second(a, b, own + step, own2 + step, ids, never)
                    a = min(a, own + step)
            if a >= never:
                continue
            at = _row(u, union)
            union[at], given[at], given2[at] = u, a, min(b, never)
            size += 1
            if 2 * size > union.size:
                return False
            if a < last:
                for k in range(below[2 * u + 1], below[2 * u + 3]):
                    _mark(union_list[k], marks)
        marks[byte] = 0
    return True


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
    below: NDArray[np.int64],
    below2: NDArray[np.int64],
    union: NDArray[np.int32],
    above: NDArray[np.int64],
    above2: NDArray[np.int64],
    birth_union: NDArray[np.int32],
    shift: int,
    max_degree: int,
) -> NDArray[np.uint8]:
    """Degree of the best key of each ego that is not himself."""
    ids, never = (np.int64(1) << shift) - 1, np.int64(max_degree + 1) << shift
    out = np.full(egos.size, NONE, np.uint8)
    for n in range(egos.size):
        i = egos[n]
        a, b = _pair(i, birth_union[i], person, below, below2, union, above, above2, ids, never)
        nearest = _other(i, a, b, ids) >> shift
        if nearest <= max_degree:
            out[n] = nearest
    return out


@numba.njit(cache=True, nogil=True)
def _answer(
    egos: NDArray[np.int64],
    person: NDArray[np.int32],
    below: NDArray[np.int64],
    below2: NDArray[np.int64],
    union: NDArray[np.int32],
    above: NDArray[np.int64],
    above2: NDArray[np.int64],
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
        a, b = _pair(i, -1, person, below, below2, union, above, above2, ids, never)
        own = _other(i, a, b, ids)
        father, mother = never, never
        u = birth_union[i]
        if u >= 0:
            for k in range(2):
                p = husband[u] if k == 0 else wife[u]
                if p < 0 or (sides & (FATHER if k == 0 else MOTHER)) == 0:
                    continue
                a, b = _pair(p, birth_union[p], person, below, below2, union, above, above2, ids, never)
                if k == 0:
                    father = _other(i, a, b, ids) + step
                else:
                    mother = _other(i, a, b, ids) + step
        nearest = min(own, min(father, mother))
        degree[n], relative[n], side[n] = NONE, -1, NONE
        if nearest < never:
            degree[n], relative[n] = nearest >> shift, nearest & ids
            lateral = (FATHER if father == nearest else 0) | (MOTHER if mother == nearest else 0)
            side[n] = OWN if own == nearest else lateral


@dataclass(frozen=True)
class NearestFew(Asked):
    """The nearest of a few flagged relatives, of whoever is asked about; made by :func:`nearest_of_few`."""

    graph: KinGraph
    max_degree: int
    lines: str
    visited: Visited
    shift: int

    def _degree_of(self, egos: NDArray[np.integer]) -> NDArray[np.uint8]:
        if self.lines != "both":
            return self.of(egos).degree
        ids, born = np.ascontiguousarray(egos, np.int64), self.graph.pedigree.birth_union
        return np.asarray(_degrees(ids, *self.visited, born, self.shift, self.max_degree), np.uint8)

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
    while rows < _ROWS * max_degree * ids.size:
        rows *= 2
    never = np.int64(max_degree + 1) << shift
    span, families = (shift, max_degree), (graph.above, graph.below)
    while True:
        people, unions = np.full(rows, -1, np.int32), np.full(rows, -1, np.int32)
        keys = [np.full(rows, never, np.int64) for _ in range(4)]
        found = Visited(people, keys[0], keys[1], unions, keys[2], keys[3])
        marks = np.zeros(graph.num_unions // 8 + 1, np.uint8)
        size = _flag(ids, begin, p.birth_union, *span, marks, *found[:3])
        enough = _climb(marks, *found[:3], size, *families, *span)
        if enough and _descend(marks, *found, *families, p.union_offset, p.union_list, *span):
            return NearestFew(graph, max_degree, lines, found, shift)
        rows *= 2
