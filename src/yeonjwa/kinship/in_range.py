"""The nearest flag within whose own range a person stands: each flagged person is seen by kin up to so many chon, and no farther.

A check of degree d sees a flag j of range R_j from i if ``chon(i, j) <= min(R_j, d)``, and names the one with the most to spare,
``min(R_j, d) - chon(i, j)``. What a flag has to spare is handed on, less by one with each step, to parents' unions and then down
again, in two passes over the unions. All children of a union hear the same of their parents, so that two numbers a union say it
all: the most to spare *among* the children and those below them, and the most that comes to each child *from* the parents. Checks
of several degrees are done at once, a byte of one integer each.

Whose flag it is is looked for only where somebody asks: along those ways on which nothing of what is to spare is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.errors import InputError
from yeonjwa.core.memory import prefetch
from yeonjwa.core.parallel import over_rows
from yeonjwa.kinship.blood import FATHER, MOTHER, OWN
from yeonjwa.kinship.graph import KinGraph
from yeonjwa.kinship.nearest import _SIDES, NONE, Asked, Nearest

#: Degrees that fit into one integer of eight bytes, and into one of four.
_DEGREES, _FEW_DEGREES = 8, 4
#: The largest range: what is to spare must leave the highest bit of its byte free.
_FARTHEST = 120
#: A key that is farther than all.
_NEVER = 1 << 62
#: Unions after which one is looked at whose parents' unions are asked for now.
_AHEAD = 16
#: Parents of several unions who are looked at together.
_TOGETHER = 64
#: Egos after whom one is looked at whose unions are asked for now.
_NEXT = 16
#: Egos of a block: some lie in a family with many flags, others far from all.
_BLOCK = 1 << 8

# Eight small numbers in one: 1, the seven low bits and the high bit of each byte.
_ONES, _LOW, _HIGH = (np.uint64(byte * 0x0101010101010101) for byte in (1, 0x7F, 0x80))
_SEVEN, _EIGHT = np.uint64(7), np.uint64(8)


@numba.njit(cache=True, nogil=True, inline="always")
def _less(x: np.uint64) -> np.uint64:
    """Each byte less by one, down to zero; bytes are below 128."""
    return x - (((x + _LOW) >> _SEVEN) & _ONES)


@numba.njit(cache=True, nogil=True, inline="always")
def _most(a: np.uint64, b: np.uint64) -> np.uint64:
    """The larger of the two numbers in each byte; bytes are below 128."""
    larger = (((a | _HIGH) - b) >> _SEVEN) & _ONES
    return b ^ ((a ^ b) & ((larger << _EIGHT) - larger))


@numba.njit(cache=True, nogil=True)
def _lay(
    flagged: NDArray[np.int64],
    reach: NDArray[np.uint8],
    spare: NDArray[np.uint64],
    birth_union: NDArray[np.int32],
    union_offset: NDArray[np.int32],
    union_list: NDArray[np.int32],
    best: NDArray[np.unsignedinteger],
    bits: NDArray[np.uint8],
) -> None:
    """What each flag has to spare among the children of its birth union, and for its own children; a bit for each flag."""
    for n in range(flagged.size):
        j, own = flagged[n], spare[reach[n]]
        bits[j >> 3] |= np.uint8(1) << np.uint8(j & 7)
        u = birth_union[j]
        if u >= 0:
            best[2 * u] = _most(np.uint64(best[2 * u]), own)
        own = _less(own)
        for k in range(union_offset[j], union_offset[j + 1]):
            v = union_list[k]
            best[2 * v + 1] = _most(np.uint64(best[2 * v + 1]), own)


@numba.njit(cache=True, nogil=True)
def _tell_halves(
    size: int,
    parents: NDArray[np.int32],
    given: NDArray[np.uint64],
    best: NDArray[np.unsignedinteger],
    union_offset: NDArray[np.int32],
    union_list: NDArray[np.int32],
) -> None:
    """Give the children of all unions of some parents what comes from the children of one; memory is asked for in stages."""
    for i in range(size):
        prefetch(union_list, union_offset[parents[i]])
    for i in range(size):
        for k in range(union_offset[parents[i]], union_offset[parents[i] + 1]):
            prefetch(best, 2 * union_list[k])
    for i in range(size):
        for k in range(union_offset[parents[i]], union_offset[parents[i] + 1]):
            v = union_list[k]
            best[2 * v + 1] = _most(np.uint64(best[2 * v + 1]), given[i])


@numba.njit(cache=True, nogil=True)
def _climb(
    best: NDArray[np.unsignedinteger],
    above: NDArray[np.int32],
    union_offset: NDArray[np.int32],
    union_list: NDArray[np.int32],
) -> None:
    """Hand on to the unions of the parents, the youngest first; ``above`` as in :class:`yeonjwa.kinship.graph.KinGraph`."""
    nothing, size = np.uint64(0), 0
    parents, told = np.empty(_TOGETHER, np.int32), np.empty(_TOGETHER, np.uint64)
    for u in range(best.size // 2 - 1, -1, -1):
        w = u - _AHEAD
        if w >= 0 and best[2 * w] != 0:
            prefetch(best, 2 * ((above[4 * w + 2] >> 1) - 1))
            prefetch(best, 2 * ((above[4 * w + 3] >> 1) - 1))
        given = _less(np.uint64(best[2 * u]))
        if given == nothing:
            continue
        for k in range(4 * u, 4 * u + 2):
            code = above[k + 2]
            v = (code >> 1) - 1
            if v >= 0:
                best[2 * v] = _most(np.uint64(best[2 * v]), given)
            if code & 1 and _less(given) != nothing:  # half-siblings have something from it, on the way down
                prefetch(union_offset, above[k])
                parents[size], told[size] = above[k], _less(given)
                size += 1
                if size == _TOGETHER:
                    _tell_halves(size, parents, told, best, union_offset, union_list)
                    size = 0
    _tell_halves(size, parents, told, best, union_offset, union_list)


@numba.njit(cache=True, nogil=True)
def _descend(best: NDArray[np.unsignedinteger], above: NDArray[np.int32]) -> None:
    """What comes to each child from the parents, the oldest unions first."""
    nothing, unions = np.uint64(0), best.size // 2
    for u in range(unions):
        if u + _AHEAD < unions:
            prefetch(best, 2 * ((above[4 * (u + _AHEAD) + 2] >> 1) - 1))
            prefetch(best, 2 * ((above[4 * (u + _AHEAD) + 3] >> 1) - 1))
        # Of the siblings, and of what parents have from theirs; what parents and half-siblings give stands there already.
        known = _less(np.uint64(best[2 * u]))
        v, w = (above[4 * u + 2] >> 1) - 1, (above[4 * u + 3] >> 1) - 1
        known = _most(known, np.uint64(best[2 * v + 1]) if v >= 0 else nothing)
        known = _most(known, np.uint64(best[2 * w + 1]) if w >= 0 else nothing)
        best[2 * u + 1] = _most(_less(known), np.uint64(best[2 * u + 1]))


@numba.njit(cache=True, nogil=True, inline="always")
def _is_set(bits: NDArray[np.uint8], place: int) -> bool:
    return bool((bits[place >> 3] >> (place & 7)) & 1)


@numba.njit(cache=True, nogil=True, inline="always")
def _raise(
    best: NDArray[np.unsignedinteger], place: int, own: np.uint64, changed: NDArray[np.uint8], union: int
) -> None:
    """Let ``best[place]`` be at least ``own``, byte by byte; marks the union if that is more than it was."""
    before = np.uint64(best[place])
    after = _most(before, own)
    if after != before:
        best[place] = after
        changed[union >> 3] |= np.uint8(1) << np.uint8(union & 7)


@numba.njit(cache=True, nogil=True)
def _hand_on(
    fresh: NDArray[np.int64],
    reach: NDArray[np.uint8],
    spare: NDArray[np.uint64],
    graph: tuple[NDArray[np.int32], ...],
    best: NDArray[np.unsignedinteger],
    bits: NDArray[np.uint8],
) -> None:
    """Lay ``fresh`` flags beside those that have been handed on already, climb and descend where something changes by it.

    What stands in ``best`` is the most over flags, so that it only rises, and what nothing rises above need not be handed on.
    ``graph``: birth union, offset and list of unions, parents above, children below. Unions are marked whose children and those
    below have more among them (``among``), and whose children get more from the parents (``given``).
    """
    birth_union, union_offset, union_list, above, below = graph
    eights = best.size // 16 + 1
    among, given = np.zeros(eights, np.uint8), np.zeros(eights, np.uint8)
    for n in range(fresh.size):
        j, own = fresh[n], spare[reach[n]]
        bits[j >> 3] |= np.uint8(1) << np.uint8(j & 7)
        u = birth_union[j]
        if u >= 0:
            _raise(best, 2 * u, own, among, u)
        for k in range(union_offset[j], union_offset[j + 1]):
            _raise(best, 2 * union_list[k] + 1, _less(own), given, union_list[k])
    # Parents were born of earlier unions: who is marked on the way is still to come.
    for eight in range(eights - 1, -1, -1):
        if among[eight] == 0:
            continue
        for u in range(8 * eight + 7, 8 * eight - 1, -1):
            if not _is_set(among, u):
                continue
            own = _less(np.uint64(best[2 * u]))
            for k in range(4 * u, 4 * u + 2):
                v, p = (above[k + 2] >> 1) - 1, above[k]
                if v >= 0:
                    _raise(best, 2 * v, own, among, v)
                if above[k + 2] & 1:
                    for i in range(union_offset[p], union_offset[p + 1]):
                        _raise(best, 2 * union_list[i] + 1, _less(own), given, union_list[i])
    for eight in range(eights):
        if among[eight] == 0 and given[eight] == 0:
            continue
        for u in range(8 * eight, 8 * eight + 8):
            if _is_set(among, u):
                known = _less(np.uint64(best[2 * u]))
                for k in range(4 * u + 2, 4 * u + 4):
                    v = (above[k] >> 1) - 1
                    if v >= 0:
                        known = _most(known, np.uint64(best[2 * v + 1]))
                _raise(best, 2 * u + 1, _less(known), given, u)
            if _is_set(given, u):  # all unions of the children hear of it
                for k in range(below[2 * u + 1], below[2 * u + 3]):
                    v = union_list[k]
                    among[v >> 3] |= np.uint8(1) << np.uint8(v & 7)


@numba.njit(cache=True, nogil=True)
def _fresh(
    flagged: NDArray[np.int64],
    reach: NDArray[np.uint8],
    before: NDArray[np.int64],
    ranges: NDArray[np.uint8],
) -> tuple[bool, NDArray[np.int64]]:
    """Whether all flags of ``before`` are still there with the ranges they had, and places of those that are new."""
    out, n, k = np.empty(flagged.size, np.int64), 0, 0
    for i in range(flagged.size):
        if k < before.size and before[k] == flagged[i]:
            if ranges[k] != reach[i]:
                return False, out[:0]
            k += 1
        else:
            out[n] = i
            n += 1
    return k == before.size, out[:n].copy()


@numba.njit(cache=True, nogil=True)
def _spare(
    first: int,
    last: int,
    egos: NDArray[np.int64],
    best: NDArray[np.unsignedinteger],
    birth_union: NDArray[np.int32],
    union_offset: NDArray[np.int32],
    union_list: NDArray[np.int32],
    shift: int,
    out: NDArray[np.uint8],
) -> None:
    """One more than the most that a flag has to spare for the egos first to last - 1, themselves included; 0 if none is seen."""
    wide, byte = np.uint64(shift), np.uint64(255)
    for n in range(first, last):
        if n + 3 * _NEXT < last:
            prefetch(birth_union, egos[n + 3 * _NEXT])
            prefetch(union_offset, egos[n + 3 * _NEXT])
        if n + 2 * _NEXT < last:
            prefetch(best, 2 * birth_union[egos[n + 2 * _NEXT]])
            prefetch(union_list, union_offset[egos[n + 2 * _NEXT]])
        if n + _NEXT < last:
            own = union_offset[egos[n + _NEXT]]
            if own < union_offset[egos[n + _NEXT] + 1]:
                prefetch(best, 2 * union_list[own])
        i = egos[n]
        u, known = birth_union[i], np.uint64(0)
        if u >= 0:
            known = np.uint64(best[2 * u + 1])
        for k in range(union_offset[i], union_offset[i + 1]):
            known = _most(known, _less(np.uint64(best[2 * union_list[k]])))
        out[n] = (known >> wide) & byte


@numba.njit(cache=True, nogil=True, inline="always")
def _key_of(
    p: int, far: int, least: int, max_degree: int, flagged: NDArray[np.int64], reach: NDArray[np.uint8]
) -> np.int64:
    """What a flagged person so far away has to spare, the most first, and who it is; ``_NEVER`` if less than is looked for."""
    spare = min(int(reach[np.searchsorted(flagged, p)]), max_degree) + 1 - far
    return ((_FARTHEST + 2 - spare) << 32) | np.int64(p) if spare >= least else np.int64(_NEVER)


@numba.njit(cache=True, nogil=True)
def _search(
    begin: int,
    ego: int,
    least: int,
    flagged: NDArray[np.int64],
    reach: NDArray[np.uint8],
    bits: NDArray[np.uint8],
    best: NDArray[np.unsignedinteger],
    above: NDArray[np.int32],
    below: NDArray[np.int32],
    birth_union: NDArray[np.int32],
    union_offset: NDArray[np.int32],
    union_list: NDArray[np.int32],
    shift: int,
    max_degree: int,
) -> np.int64:
    """The best key of a flag, from where ``begin`` says: how far, who or which union, and what it is, in one number.

    Of what stands on the stack, a union whose children are so far away (0), an ancestor (1) or ego himself (2) is only that which
    may still hold as much as is looked for: all that is there, but for an ego whose own flag is in it or who asks on one
    side only.
    """
    stack, size, key = np.empty(256, np.int64), 1, np.int64(_NEVER)
    stack[0] = begin
    while size > 0:
        size -= 1
        item = stack[size]
        far, node = item >> 40, (item & ((np.int64(1) << 40) - 1)) >> 2
        parents = -1
        if item & 3 == 0:
            for c in range(below[2 * node], below[2 * node + 2]):
                if (bits[c >> 3] >> (c & 7)) & 1 and c != ego:
                    key = min(key, _key_of(c, far, least, max_degree, flagged, reach))
            low, high = below[2 * node + 1], below[2 * node + 3]
        else:
            low, high = union_offset[node], union_offset[node + 1]
            if item & 3 == 1:
                parents = birth_union[node]
                if (bits[node >> 3] >> (node & 7)) & 1 and node != ego:
                    key = min(key, _key_of(node, far, least, max_degree, flagged, reach))
        if size + high - low + 2 > stack.size:
            wider = np.empty(2 * (size + high - low + 2), np.int64)
            wider[:size] = stack[:size]
            stack = wider
        for k in range(low, high):
            v = np.int64(union_list[k])
            if ((np.int64(best[2 * v]) >> shift) & 255) - far - 1 >= least:
                stack[size] = 4 * v + ((far + 1) << 40)
                size += 1
        if parents >= 0 and ((np.int64(best[2 * parents + 1]) >> shift) & 255) - far >= least:
            for k in range(4 * parents, 4 * parents + 2):
                if above[k] >= 0:
                    stack[size] = 4 * np.int64(above[k]) + 1 + ((far + 1) << 40)
                    size += 1
    return key


@numba.njit(cache=True, nogil=True)
def _find(
    first: int,
    last: int,
    egos: NDArray[np.int64],
    most: NDArray[np.uint8],
    flagged: NDArray[np.int64],
    reach: NDArray[np.uint8],
    bits: NDArray[np.uint8],
    best: NDArray[np.unsignedinteger],
    above: NDArray[np.int32],
    below: NDArray[np.int32],
    birth_union: NDArray[np.int32],
    union_offset: NDArray[np.int32],
    union_list: NDArray[np.int32],
    shift: int,
    max_degree: int,
    sides: int,
    degree: NDArray[np.uint8],
    person: NDArray[np.int32],
    side: NDArray[np.uint8],
) -> None:
    """Whose flag has most to spare for the egos first to last - 1 (of ids ``egos``, who have ``most`` at the most)."""
    for n in range(first, last):
        degree[n], person[n], side[n] = NONE, -1, NONE
        if most[n] == 0:
            continue
        i = egos[n]
        u, own_flag = birth_union[i], (bits[i >> 3] >> (i & 7)) & 1
        least = 1 if own_flag or sides != FATHER | MOTHER else np.int64(most[n])
        nearest, found = np.int64(_NEVER), 0
        for which in (OWN, FATHER, MOTHER):
            begin = np.int64(-1)
            if which == OWN:
                begin = 4 * i + 2
            elif u >= 0 and sides & which:
                parent = np.int64(above[4 * u + (1 if which == FATHER else 0)])
                if parent >= 0:
                    begin = 4 * parent + 1 + (np.int64(1) << 40)
            if begin < 0:
                continue
            key = _search(
                begin, i, least, flagged, reach, bits, best, above, below, birth_union, union_offset, union_list, shift,
                max_degree,
            )  # fmt: skip
            if key < nearest:
                nearest, found = key, which
            elif key == nearest and key < _NEVER and found != OWN:
                found |= which
        if nearest < _NEVER:
            degree[n] = max_degree + 1 - (_FARTHEST + 2 - (nearest >> 32))
            person[n], side[n] = nearest & 0xFFFFFFFF, found


@dataclass(frozen=True)
class FlagsInRange:
    """What flags have to spare around them, for checks of some degrees; made by :func:`flags_in_range`.

    Attributes
    ----------
    best : uint32 or uint64 (2 * unions,)
        For each union in turn, one more than the most to spare among its children and those below, and what comes to each
        child from the parents: a byte for each of ``spans``.
    bits : uint8
        Who is flagged, a bit a person.
    """

    graph: KinGraph
    flagged: NDArray[np.int64]
    reach: NDArray[np.uint8]
    spans: tuple[int, ...]
    best: NDArray[np.unsignedinteger]
    bits: NDArray[np.uint8]

    def within(self, max_degree: int, lines: str = "both") -> NearestInRange:
        """The check of one of the degrees; ``lines`` as for :func:`yeonjwa.kinship.nearest.nearest_flagged`."""
        if lines not in _SIDES:
            raise InputError("lines", lines, "both, paternal, maternal")
        farthest = int(self.reach.max(initial=0))
        if min(max_degree, farthest) not in (0, *self.spans):
            raise InputError("degree of the check", max_degree, "one of those the flags were handed on for")
        return NearestInRange(self, max_degree, lines)


@dataclass(frozen=True)
class NearestInRange(Asked):
    """The flag with most to spare for whoever is asked about, among all within ``max_degree``.

    Degrees are those of :func:`yeonjwa.kinship.nearest.nearest_flagged` with ``start = max_degree - min(reach, max_degree)``.
    """

    flags: FlagsInRange
    max_degree: int
    lines: str

    def _degree_of(self, egos: NDArray[np.integer]) -> NDArray[np.uint8]:
        ids = np.ascontiguousarray(egos, np.int64)
        spare = self._spare_for(ids)
        degree = np.where(spare > 0, self.max_degree + 1 - spare, NONE).astype(np.uint8)
        # The flag of an ego does not count for himself, and on one side there may be less.
        bits = self.flags.bits
        unsure = np.flatnonzero(spare)
        if self.lines == "both":
            unsure = unsure[(bits[ids[unsure] >> 3] >> (ids[unsure] & 7)) & 1 == 1]
        if unsure.size:
            degree[unsure] = self.of(ids[unsure]).degree
        return degree

    def _spare_for(self, ids: NDArray[np.int64]) -> NDArray[np.uint8]:
        flags, p = self.flags, self.flags.graph.pedigree
        spare = np.zeros(ids.size, np.uint8)
        if flags.spans:
            unions = (p.birth_union, p.union_offset, p.union_list)
            over_rows(_spare, ids.size, ids, flags.best, *unions, self._shift(), spare)
        return spare

    def _shift(self) -> int:
        """Bits below the byte of this degree."""
        return 8 * self.flags.spans.index(min(self.max_degree, self.flags.spans[-1]))

    def of(self, egos: NDArray[np.integer]) -> Nearest:
        """Degree, relative and side, in the order of the egos."""
        flags, p = self.flags, self.flags.graph.pedigree
        ids = np.ascontiguousarray(egos, np.int64)
        found = Nearest(
            np.full(ids.size, NONE, np.uint8),
            np.full(ids.size, -1, np.int32),
            np.full(ids.size, NONE, np.uint8),
        )
        if not flags.spans:
            return found
        over_rows(
            _find,
            ids.size,
            ids,
            self._spare_for(ids),
            flags.flagged,
            flags.reach,
            flags.bits,
            flags.best,
            flags.graph.above,
            flags.graph.below,
            p.birth_union,
            p.union_offset,
            p.union_list,
            self._shift(),
            self.max_degree,
            _SIDES[self.lines],
            found.degree,
            found.person,
            found.side,
            block=_BLOCK,
        )
        return found


def flags_in_range(
    graph: KinGraph,
    flagged: NDArray[np.integer],
    reach: NDArray[np.uint8],
    degrees: Sequence[int],
    *,
    out: FlagsInRange | None = None,
) -> FlagsInRange:
    """Hand on what each flag has to spare, for checks of all ``degrees`` at once.

    Parameters
    ----------
    graph : KinGraph
        The pedigree with its index.
    flagged : integer array (flags,)
        Persons, ascending, each once.
    reach : uint8 array (flags,)
        Chon within which each flag is seen, up to 120; 0 is seen by nobody.
    degrees : sequence of int
        Degrees of the checks; at most eight different ones below the longest range.
    out : FlagsInRange, optional
        An earlier answer for this pedigree, whose memory is used again. If all its flags are there still, only what new ones
        change is handed on.

    Raises
    ------
    InputError
        Ranges or degrees that are not allowed, flags that do not ascend, or as many ranges as flags are not given.
    """
    ids, ranges = np.ascontiguousarray(flagged, np.int64), np.ascontiguousarray(reach, np.uint8)
    if ranges.shape != ids.shape:
        raise InputError("ranges of flags", ranges.shape, f"as many as flags, {ids.shape}")
    if np.any(np.diff(ids) <= 0):
        raise InputError("flagged", "ids in another order", "ascending ids, each once")
    farthest = int(ranges.max(initial=0))
    if farthest > _FARTHEST:
        raise InputError("ranges of flags", farthest, f"0 to {_FARTHEST}")
    if any(not 0 <= d <= 250 for d in degrees):
        raise InputError("degrees", list(degrees), "0 to 250")
    spans = tuple(sorted({min(int(d), farthest) for d in degrees} - {0}))
    if len(spans) > _DEGREES:
        raise InputError("degrees", list(degrees), f"at most {_DEGREES} different ones")
    kind: Any = np.uint32 if len(spans) <= _FEW_DEGREES else np.uint64
    p, size, table = graph.pedigree, 2 * graph.num_unions, _spares(spans, farthest)
    if out is not None and out.best.size == size and out.best.dtype == kind:
        best = out.best
        if out.graph is graph and out.spans == spans and out.reach.max(initial=0) == farthest:
            kept, new = _fresh(ids, ranges, out.flagged, out.reach)
            if kept:
                index = (p.birth_union, p.union_offset, p.union_list, graph.above, graph.below)
                _hand_on(ids[new], ranges[new], table, index, best, out.bits)
                return FlagsInRange(graph, ids, ranges, spans, best, out.bits)
        best.fill(0)
    else:
        best = np.zeros(size, kind)
    bits = np.zeros((graph.num_persons + 7) // 8, np.uint8)
    unions = (p.union_offset, p.union_list)
    _lay(ids, ranges, table, p.birth_union, *unions, best, bits)
    _climb(best, graph.above, *unions)
    _descend(best, graph.above)
    return FlagsInRange(graph, ids, ranges, spans, best, bits)


def _spares(spans: tuple[int, ...], farthest: int) -> NDArray[np.uint64]:
    """One more than what a flag of each range has to spare at its own place, a byte for each span; nothing if seen by nobody."""
    table = np.zeros(farthest + 1, np.uint64)
    for reach in range(1, farthest + 1):
        table[reach] = sum((min(reach, span) + 1) << 8 * k for k, span in enumerate(spans))
    return table
