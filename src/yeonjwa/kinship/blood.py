"""Kernel for all kin by blood up to a degree, in union space, exact under pedigree collapse.

Levels (up, down) are visited in naming order: by degree, then by fewer steps up. A union is entered once, at the
first level that reaches it, so nothing has to be expanded again when it is met by another way: whatever that way
would still reach, the first one reaches at a lesser or equal degree. Ways that meet a union at the *same* level add
their sides. Ancestors are entered as persons; a union that holds an ancestor already named leaves him out.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

#: Sides of a relation.
OWN, FATHER, MOTHER, BOTH, MARRIAGE = 0, 1, 2, 3, 4

_PERSON = np.int64(1) << 31
_EPOCH = np.int64(1) << 32


class Index(NamedTuple):
    """The arrays of a pedigree that kernels read."""

    birth: NDArray[np.int16]
    death: NDArray[np.int16]
    sex: NDArray[np.int8]
    birth_union: NDArray[np.int32]
    wife: NDArray[np.int32]
    husband: NDArray[np.int32]
    start: NDArray[np.int16]
    first_child: NDArray[np.int32]
    union_offset: NDArray[np.int32]
    union_list: NDArray[np.int32]
    child_unions: NDArray[np.int32]


class Scratch(NamedTuple):
    """Working memory of a kernel.

    ``tag``/``slot`` are an open-addressing table that is emptied by moving to the next epoch (``counter[0]``);
    ``unions``/``info`` the unions entered so far (info packs up, down, side, half in bytes); ``people``/``level``/
    ``lateral``/``hidden`` the ancestors; ``key`` holds what is being sorted.
    """

    tag: NDArray[np.int64]
    slot: NDArray[np.int32]
    unions: NDArray[np.int32]
    info: NDArray[np.int32]
    people: NDArray[np.int32]
    level: NDArray[np.uint8]
    lateral: NDArray[np.uint8]
    hidden: NDArray[np.uint8]
    key: NDArray[np.int64]
    counter: NDArray[np.int64]


def make_scratch(size: int) -> Scratch:
    """Working memory for ``size / 4`` unions and ``size / 4`` persons; ``size`` is a power of two."""
    room = size // 4
    return Scratch(
        np.zeros(size, np.int64),
        np.empty(size, np.int32),
        np.empty(room, np.int32),
        np.empty(room, np.int32),
        np.empty(room, np.int32),
        np.empty(room, np.uint8),
        np.empty(room, np.uint8),
        np.empty(room, np.uint8),
        np.empty(2 * room, np.int64),
        np.zeros(3, np.int64),
    )


@numba.njit(cache=True)
def find(s: Scratch, key: int) -> int:
    """Place of a key in the table of this epoch: where it is, or where it would go (then the tag differs)."""
    mask = s.tag.size - 1
    at = ((key * np.int64(0x9E3779B97F4A7C1)) >> 29) & mask
    tag = s.counter[0] * _EPOCH + key
    old = s.counter[0] * _EPOCH
    while s.tag[at] >= old and s.tag[at] != tag:
        at = (at + 1) & mask
    return int(at)


@numba.njit(cache=True)
def sort_keys(key: NDArray[np.int64], size: int) -> None:
    """The first ``size`` keys in ascending order (shell sort with Ciura's gaps; plain insertion for few)."""
    gap = 1
    while gap < size // 3:
        gap = gap * 9 // 4 + 1
    while gap >= 1:
        for i in range(gap, size):
            value = key[i]
            j = i
            while j >= gap and key[j - gap] > value:
                key[j] = key[j - gap]
                j -= gap
            key[j] = value
        gap = 0 if gap == 1 else max(1, (gap * 4) // 9)


@numba.njit(cache=True)
def _enter_union(s: Scratch, union: int, level: int, side: int, half: int) -> None:
    at = find(s, union)
    tag = s.counter[0] * _EPOCH + union
    if s.tag[at] == tag:
        old = s.slot[at]
        if (s.info[old] & 0xFFFF) == level:
            keep_half = (s.info[old] >> 24) & half
            s.info[old] = level | ((((s.info[old] >> 16) & 0xFF) | side) << 16) | (keep_half << 24)
        return
    new = s.counter[1]
    if new < s.unions.size:
        s.tag[at], s.slot[at] = tag, new
        s.unions[new] = union
        s.info[new] = level | (side << 16) | (half << 24)
    s.counter[1] = new + 1


@numba.njit(cache=True)
def _enter_ancestor(s: Scratch, ix: Index, person: int, height: int, side: int) -> None:
    at = find(s, person + _PERSON)
    tag = s.counter[0] * _EPOCH + _PERSON + person
    if s.tag[at] == tag:
        old = s.slot[at]
        if s.level[old] == height:
            s.lateral[old] |= side
        return
    new = s.counter[2]
    if new < s.people.size:
        s.tag[at], s.slot[at] = tag, new
        s.people[new], s.level[new], s.lateral[new] = person, height, side
        union = ix.birth_union[person]
        s.hidden[new] = union >= 0 and s.tag[find(s, union)] == s.counter[0] * _EPOCH + union
    s.counter[2] = new + 1


@numba.njit(cache=True)
def _enter_parents(s: Scratch, ix: Index, first: int, last: int, height: int, sides: int) -> None:
    for i in range(first, last):
        union = ix.birth_union[s.people[i]]
        if union < 0:
            continue
        father, mother = ix.husband[union], ix.wife[union]
        if father >= 0 and (height > 1 or sides & FATHER):
            _enter_ancestor(s, ix, father, height, FATHER if height == 1 else s.lateral[i])
        if mother >= 0 and (height > 1 or sides & MOTHER):
            _enter_ancestor(s, ix, mother, height, MOTHER if height == 1 else s.lateral[i])


@numba.njit(cache=True)
def _enter_sibships(
    s: Scratch, ix: Index, below: tuple[int, int], here: tuple[int, int], height: int, sides: int
) -> None:
    """Level (height, 1): children of the ancestors at this height. ``below``, ``here``: ranges of ancestors."""
    level = height | (1 << 8)
    for i in range(below[0], below[1]):
        union = ix.birth_union[s.people[i]]
        if union < 0:
            continue
        if height > 1:
            side = s.lateral[i]
        else:
            side = (FATHER if ix.husband[union] >= 0 else 0) | (MOTHER if ix.wife[union] >= 0 else 0)
            side &= sides
            if side == 0:
                continue
        _enter_union(s, union, level, side, 0)
    for i in range(here[0], here[1]):
        person = s.people[i]
        for j in range(ix.union_offset[person], ix.union_offset[person + 1]):
            _enter_union(s, ix.union_list[j], level, s.lateral[i], 1)


@numba.njit(cache=True)
def _collect(s: Scratch, ix: Index, ego: int, degree: int, sides: int, stops: NDArray[np.int64]) -> bool:
    """Enter everything up to a degree; False if the working memory is too small.

    ``stops[0, n]`` and ``stops[1, n]`` come back as the ends of the unions and of the ancestors of degree n.
    """
    s.counter[0] += 1
    s.counter[1] = 0
    s.counter[2] = 1
    s.people[0], s.level[0], s.lateral[0], s.hidden[0] = ego, 0, 0, 0
    at = find(s, ego + _PERSON)
    s.tag[at], s.slot[at] = s.counter[0] * _EPOCH + _PERSON + ego, 0
    stops[0, 0], stops[1, 0] = 0, 1
    room = s.unions.size
    for n in range(1, degree + 1):
        for k in range(n + 1):
            first = s.counter[1]
            if k == n:
                _enter_parents(s, ix, 0 if n == 1 else stops[1, n - 2], stops[1, n - 1], n, sides)
            elif k == n - 1 and k == 0:
                for j in range(ix.union_offset[ego], ix.union_offset[ego + 1]):
                    _enter_union(s, ix.union_list[j], 1 << 8, OWN, 0)
            elif k == n - 1:
                below = (0 if k == 1 else stops[1, k - 2], stops[1, k - 1])
                _enter_sibships(s, ix, below, (stops[1, k - 1], stops[1, k]), k, sides)
            else:
                level = k | ((n - k) << 8)
                for i in range(stops[2, k], stops[3, k]):
                    union, packed = s.unions[i], s.info[i]
                    for j in range(ix.child_unions[union], ix.child_unions[union + 1]):
                        _enter_union(s, ix.union_list[j], level, (packed >> 16) & 0xFF, packed >> 24)
                    if s.counter[1] > room:
                        return False
            if s.counter[1] > room or s.counter[2] > room:
                return False
            stops[2, k], stops[3, k] = first, s.counter[1]
        stops[0, n], stops[1, n] = s.counter[1], s.counter[2]
    return True


@numba.njit(cache=True)
def passes(ix: Index, person: int, sex: int, month: int, mask: NDArray[np.bool_]) -> bool:
    """Whether somebody is counted: sex (-1 any), alive at the end of the month (-1 any), in the mask (empty: all)."""
    if mask.size and not mask[person]:
        return False
    if month >= 0 and not (ix.birth[person] <= month < ix.death[person]):
        return False
    return sex < 0 or ix.sex[person] == sex


@numba.njit(cache=True)
def blood_kin(
    ix: Index,
    egos: NDArray[np.int32],
    begin: int,
    degree: int,
    sides: int,
    sex: int,
    month: int,
    mask: NDArray[np.bool_],
    s: Scratch,
    offset: NDArray[np.int64],
    person: NDArray[np.int32],
    info: NDArray[np.int32],
) -> tuple[int, int]:
    """Kin of egos[begin:], as far as the room goes: (egos done, what was missing: 0, 1 work, n > 1 rows)."""
    stops = np.zeros((4, degree + 1), np.int64)
    for e in range(begin, egos.size):
        if month >= 0 and ix.birth[egos[e]] > month:
            offset[e + 1] = offset[e]
            continue
        if not _collect(s, ix, egos[e], degree, sides, stops):
            return e, 1
        bound = s.counter[2]
        for i in range(s.counter[1]):
            bound += ix.first_child[s.unions[i] + 1] - ix.first_child[s.unions[i]]
        out = offset[e]
        if out + bound > person.size:
            return e, bound + 1
        for i in range(1, s.counter[2]):  # mark unions that hold an ancestor or ego
            union = ix.birth_union[s.people[i]]
            if union >= 0 and not s.hidden[i]:
                at = find(s, union)
                if s.tag[at] == s.counter[0] * _EPOCH + union:
                    s.info[s.slot[at]] |= 1 << 25
        union = ix.birth_union[egos[e]]
        if union >= 0:
            at = find(s, union)
            if s.tag[at] == s.counter[0] * _EPOCH + union:
                s.info[s.slot[at]] |= 1 << 25
        for n in range(1, degree + 1):
            out = _write_degree(s, ix, stops, n, sex, month, mask, out, person, info)
        offset[e + 1] = out
    return egos.size, 0


@numba.njit(cache=True)
def _write_degree(
    s: Scratch,
    ix: Index,
    stops: NDArray[np.int64],
    n: int,
    sex: int,
    month: int,
    mask: NDArray[np.bool_],
    out: int,
    person: NDArray[np.int32],
    info: NDArray[np.int32],
) -> int:
    """Write kin of degree n in order of ids: unions are sorted by their first child, ancestors stand between."""
    size = 0
    for i in range(stops[0, n - 1], stops[0, n]):
        union = s.unions[i]
        if ix.first_child[union] < ix.first_child[union + 1]:
            s.key[size] = (np.int64(ix.first_child[union]) << 32) | i
            size += 1
    for i in range(stops[1, n - 1], stops[1, n]):
        if not s.hidden[i]:
            s.key[size] = (np.int64(s.people[i]) << 32) | _PERSON | i
            size += 1
    sort_keys(s.key, size)
    for q in range(size):
        i = s.key[q] & (_PERSON - 1)
        if s.key[q] & _PERSON:
            if passes(ix, s.people[i], sex, month, mask):
                person[out], info[out] = s.people[i], s.level[i] | (np.int32(s.lateral[i]) << 16)
                out += 1
            continue
        union, packed = s.unions[i], s.info[i]
        for child in range(ix.first_child[union], ix.first_child[union + 1]):
            if packed >> 25:
                at = find(s, child + _PERSON)
                known = s.tag[at] == s.counter[0] * _EPOCH + _PERSON + child
                if known and not s.hidden[s.slot[at]]:
                    continue
            if passes(ix, child, sex, month, mask):
                person[out], info[out] = child, packed & 0x1FFFFFF
                out += 1
    return out
