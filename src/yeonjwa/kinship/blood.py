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
_HALF = 1 << 24
_MARK = 1 << 25


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
    """Working memory of the kernel.

    ``table`` is open-addressing, (tag, place) a row, and is emptied by moving to the next epoch (``epoch[0]``); its
    keys are unions, and persons shifted by 2**31. ``entry`` holds the unions entered: union, and up, down, side, half
    in the bytes of one integer. ``folk`` holds ego and the ancestors by height: person, height, side, and whether a
    union entered earlier already holds him. ``key`` is what is being sorted.
    """

    table: NDArray[np.int64]
    entry: NDArray[np.int32]
    folk: NDArray[np.int32]
    key: NDArray[np.int64]
    epoch: NDArray[np.int64]


def make_scratch(size: int) -> Scratch:
    """Working memory for ``size / 4`` unions and ``size / 4`` persons; ``size`` is a power of two."""
    room = size // 4
    return Scratch(
        np.zeros((size, 2), np.int64),
        np.empty((room, 2), np.int32),
        np.empty((room, 4), np.int32),
        np.empty(4 * room, np.int64),
        np.zeros(1, np.int64),
    )


# Numba counts references to an array each time it is handed to a function or read from a tuple, and cannot prove it
# needless inside a loop: there it would cost several times the work. So functions take plain arrays, loop over them
# themselves, and call in their loops only functions of numbers. Candidates are written behind the unions entered so
# far and then reduced in place to the new ones (_keep_new).


@numba.njit(cache=True, inline="always")
def spot(key: int, mask: int) -> int:
    """Where the search for a key begins in an open-addressing table of mask + 1 rows."""
    return int(((key * np.int64(0x9E3779B97F4A7C1)) >> 29) & mask)


@numba.njit(cache=True)
def sort_keys(key: NDArray[np.int64], size: int, low: int) -> None:
    """Sort the first ``size`` keys, which are not negative, by their bits from ``low`` on; half the array is spare.

    By insertion if few, else by radix, leaving out the bytes in which all keys agree.
    """
    if size <= 40:
        for i in range(1, size):
            value, j = key[i], i
            while j > 0 and key[j - 1] > value:
                key[j] = key[j - 1]
                j -= 1
            key[j] = value
        return
    differing = np.int64(0)
    for i in range(size):
        differing |= key[i] ^ key[0]
    place = np.empty(256, np.int64)
    here, there, shift = 0, key.size // 2, low
    while shift < 63 and differing >> shift:
        if (differing >> shift) & 255:
            place[:] = 0
            for i in range(here, here + size):
                place[(key[i] >> shift) & 255] += 1
            start = there
            for byte in range(256):
                start, place[byte] = start + place[byte], start
            for i in range(here, here + size):
                byte = (key[i] >> shift) & 255
                key[place[byte]] = key[i]
                place[byte] += 1
            here, there = there, here
        shift += 8
    if here:
        for i in range(size):
            key[i] = key[here + i]


@numba.njit(cache=True)
def _keep_new(table: NDArray[np.int64], entry: NDArray[np.int32], base: int, size: int, end: int) -> int:
    """Keep the candidates at places size to end - 1 that are new; the number of unions afterwards.

    One that was entered at the same level before adds its side to it; at another, earlier level, it is dropped.
    """
    mask = table.shape[0] - 1
    for c in range(size, end):
        union, packed = entry[c, 0], entry[c, 1]
        tag = base + union
        at = spot(union, mask)
        while table[at, 0] >= base and table[at, 0] != tag:
            at = (at + 1) & mask
        if table[at, 0] != tag:
            table[at, 0], table[at, 1] = tag, size
            entry[size, 0], entry[size, 1] = union, packed
            size += 1
        else:
            i = table[at, 1]
            old = entry[i, 1]
            if (old & 0xFFFF) == (packed & 0xFFFF):
                entry[i, 1] = ((old | packed) & 0xFFFFFF) | (old & packed & _HALF)
    return size


@numba.njit(cache=True)
def _gather_down(
    entry: NDArray[np.int32],
    size: int,
    first: int,
    last: int,
    level: int,
    child_unions: NDArray[np.int32],
    union_list: NDArray[np.int32],
) -> int:
    """Candidates one step down: unions of the children of the unions at places first to last - 1."""
    room = entry.shape[0]
    end = size
    for i in range(first, last):
        union, packed = entry[i, 0], (entry[i, 1] & ~0xFFFF) | level
        low, high = child_unions[union], child_unions[union + 1]
        if end + high - low > room:
            return int(room + 1)
        for j in range(low, high):
            entry[end, 0], entry[end, 1] = union_list[j], packed
            end += 1
    return end


@numba.njit(cache=True)
def _gather_full(
    entry: NDArray[np.int32],
    folk: NDArray[np.int32],
    size: int,
    first: int,
    last: int,
    height: int,
    sides: int,
    birth_union: NDArray[np.int32],
    wife: NDArray[np.int32],
    husband: NDArray[np.int32],
) -> int:
    """Candidates at level (height, 1): birth unions of the ancestors at places first to last - 1, one step lower."""
    end = size
    if size + last - first > entry.shape[0]:
        return int(entry.shape[0] + 1)
    for i in range(first, last):
        union = birth_union[folk[i, 0]]
        side = folk[i, 2]
        if height == 1 and union >= 0:
            side = ((FATHER if husband[union] >= 0 else 0) | (MOTHER if wife[union] >= 0 else 0)) & sides
        if union >= 0 and side != 0:
            entry[end, 0], entry[end, 1] = union, height | (1 << 8) | side << 16
            end += 1
    return end


@numba.njit(cache=True)
def _gather_half(
    entry: NDArray[np.int32],
    folk: NDArray[np.int32],
    size: int,
    first: int,
    last: int,
    level: int,
    union_offset: NDArray[np.int32],
    union_list: NDArray[np.int32],
) -> int:
    """Candidates at a level: all unions of the ancestors at places first to last - 1."""
    room = entry.shape[0]
    end = size
    for i in range(first, last):
        person, packed = folk[i, 0], level | folk[i, 2] << 16
        low, high = union_offset[person], union_offset[person + 1]
        if end + high - low > room:
            return int(room + 1)
        for j in range(low, high):
            entry[end, 0], entry[end, 1] = union_list[j], packed
            end += 1
    return end


@numba.njit(cache=True)
def _step_up(
    table: NDArray[np.int64],
    folk: NDArray[np.int32],
    base: int,
    people: int,
    first: int,
    height: int,
    sides: int,
    birth_union: NDArray[np.int32],
    wife: NDArray[np.int32],
    husband: NDArray[np.int32],
) -> int:
    """Enter the parents of the ancestors from place ``first`` on; the number of ancestors afterwards."""
    mask, last = table.shape[0] - 1, people
    fits = people + 2 * (last - first) <= folk.shape[0]
    for i in range(2 * first, 2 * last if fits else 0):
        union = birth_union[folk[i >> 1, 0]]
        if union < 0:
            continue
        parental = FATHER if i & 1 == 0 else MOTHER
        person = husband[union] if parental == FATHER else wife[union]
        if person < 0 or (height == 1 and not sides & parental):
            continue
        side = parental if height == 1 else folk[i >> 1, 2]
        tag = base + _PERSON + person
        at = spot(_PERSON + person, mask)
        while table[at, 0] >= base and table[at, 0] != tag:
            at = (at + 1) & mask
        if table[at, 0] == tag:
            if folk[table[at, 1], 1] == height:
                folk[table[at, 1], 2] |= side
            continue
        table[at, 0], table[at, 1] = tag, people
        folk[people, 0], folk[people, 1], folk[people, 2], folk[people, 3] = person, height, side, 0
        own = birth_union[person]
        if own >= 0:
            at = spot(own, mask)
            while table[at, 0] >= base and table[at, 0] != base + own:
                at = (at + 1) & mask
            folk[people, 3] = table[at, 0] == base + own
        people += 1
    return people if fits else folk.shape[0] + 1


@numba.njit(cache=True)
def _collect(
    table: NDArray[np.int64],
    entry: NDArray[np.int32],
    folk: NDArray[np.int32],
    base: int,
    ego: int,
    degree: int,
    sides: int,
    stops: NDArray[np.int64],
    birth_union: NDArray[np.int32],
    wife: NDArray[np.int32],
    husband: NDArray[np.int32],
    union_offset: NDArray[np.int32],
    union_list: NDArray[np.int32],
    child_unions: NDArray[np.int32],
) -> bool:
    """Enter everything up to a degree; False if the working memory is too small.

    ``stops[0, n]`` and ``stops[1, n]`` come back as the ends of the unions and of the ancestors of degree n (ego is
    the ancestor at height 0); rows 2 and 3 hold the unions last entered at each height.
    """
    folk[0, 0], folk[0, 1], folk[0, 2], folk[0, 3] = ego, 0, OWN, 0
    at = spot(ego + _PERSON, table.shape[0] - 1)
    table[at, 0], table[at, 1] = base + _PERSON + ego, 0
    stops[0, 0], stops[1, 0] = 0, 1
    size, people = 0, 1
    for n in range(1, degree + 1):
        for k in range(n):
            end = size
            if k < n - 1:
                level, low, high = k | ((n - k) << 8), stops[2, k], stops[3, k]
                if low < high:
                    end = _gather_down(entry, size, low, high, level, child_unions, union_list)
            elif k == 0:
                end = _gather_half(entry, folk, size, 0, 1, 1 << 8, union_offset, union_list)
            else:
                low, high, level = 0 if k == 1 else stops[1, k - 2], stops[1, k - 1], k | (1 << 8) | _HALF
                end = _gather_full(entry, folk, size, low, high, k, sides, birth_union, wife, husband)
                if end <= entry.shape[0]:
                    end = _gather_half(entry, folk, end, high, stops[1, k], level, union_offset, union_list)
            if end > entry.shape[0]:
                return False
            stops[2, k] = size
            if size < end:
                size = _keep_new(table, entry, base, size, end)
            stops[3, k] = size
        low = 0 if n == 1 else stops[1, n - 2]
        people = _step_up(table, folk, base, people, low, n, sides, birth_union, wife, husband)
        if people > folk.shape[0]:
            return False
        stops[2, n], stops[3, n] = size, size
        stops[0, n], stops[1, n] = size, people
    return True


@numba.njit(cache=True)
def _mark_ancestors(
    table: NDArray[np.int64],
    entry: NDArray[np.int32],
    folk: NDArray[np.int32],
    base: int,
    people: int,
    birth_union: NDArray[np.int32],
) -> None:
    """Mark the unions that hold ego or an ancestor who is named as such."""
    mask = table.shape[0] - 1
    for i in range(people):
        union = birth_union[folk[i, 0]]
        if union >= 0 and not folk[i, 3]:
            at = spot(union, mask)
            while table[at, 0] >= base and table[at, 0] != base + union:
                at = (at + 1) & mask
            if table[at, 0] == base + union:
                entry[table[at, 1], 1] |= _MARK


@numba.njit(cache=True)
def _keys_of_degree(
    entry: NDArray[np.int32],
    folk: NDArray[np.int32],
    key: NDArray[np.int64],
    first_child: NDArray[np.int32],
    stops: NDArray[np.int64],
    n: int,
) -> int:
    """Keys of what is of degree n by its first person: unions by their first child, and ancestors."""
    size = 0
    for i in range(stops[0, n - 1], stops[0, n]):
        union = entry[i, 0]
        if first_child[union] < first_child[union + 1]:
            key[size] = (np.int64(first_child[union]) << 32) | i
            size += 1
    for i in range(stops[1, n - 1], stops[1, n]):
        if not folk[i, 3]:
            key[size] = (np.int64(folk[i, 0]) << 32) | _PERSON | i
            size += 1
    return size


@numba.njit(cache=True)
def _write_degree(
    table: NDArray[np.int64],
    entry: NDArray[np.int32],
    folk: NDArray[np.int32],
    key: NDArray[np.int64],
    base: int,
    size: int,
    first_child: NDArray[np.int32],
    birth: NDArray[np.int16],
    death: NDArray[np.int16],
    sexes: NDArray[np.int8],
    sex: int,
    month: int,
    mask: NDArray[np.bool_],
    out: int,
    person: NDArray[np.int32],
    info: NDArray[np.int32],
) -> int:
    """Write the kin of the ``size`` sorted keys from row ``out`` on; the row after the last.

    Counted are persons of the sex (-1 any) who are alive at the end of the month (-1: everyone ever) and in the mask
    (empty: all).
    """
    slots, masked = table.shape[0] - 1, mask.size > 0
    for q in range(size):
        i = key[q] & (_PERSON - 1)
        if key[q] & _PERSON:
            low, high, packed = folk[i, 0], folk[i, 0] + 1, folk[i, 1] | folk[i, 2] << 16
        else:
            low, high, packed = first_child[entry[i, 0]], first_child[entry[i, 0] + 1], entry[i, 1]
        what = packed & ~_MARK
        for child in range(low, high):
            if month >= 0 and not birth[child] <= month < death[child]:
                continue
            if (masked and not mask[child]) or (sex >= 0 and sexes[child] != sex):
                continue
            if packed & _MARK:
                tag = base + _PERSON + child
                at = spot(_PERSON + child, slots)
                while table[at, 0] >= base and table[at, 0] != tag:
                    at = (at + 1) & slots
                if table[at, 0] == tag and not folk[table[at, 1], 3]:
                    continue
            person[out], info[out] = child, what
            out += 1
    return out


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
    birth, death, sexes, first_child, birth_union = ix.birth, ix.death, ix.sex, ix.first_child, ix.birth_union
    wife, husband, union_offset, union_list = ix.wife, ix.husband, ix.union_offset, ix.union_list
    table, entry, folk, key, child_unions = s.table, s.entry, s.folk, s.key, ix.child_unions
    epoch = s.epoch[0]
    for e in range(begin, egos.size):
        ego = egos[e]
        offset[e + 1] = offset[e]
        if month >= 0 and birth[ego] > month:
            continue
        epoch += 1
        s.epoch[0] = epoch
        base = epoch * _EPOCH
        if not _collect(
            table, entry, folk, base, ego, degree, sides, stops,
            birth_union, wife, husband, union_offset, union_list, child_unions,
        ):  # fmt: skip
            return e, 1
        bound = stops[1, degree]
        for i in range(stops[0, degree]):
            bound += first_child[entry[i, 0] + 1] - first_child[entry[i, 0]]
        out = offset[e]
        if out + bound > person.size:
            return e, int(bound) + 1
        _mark_ancestors(table, entry, folk, base, stops[1, degree], birth_union)
        for n in range(1, degree + 1):
            size = _keys_of_degree(entry, folk, key, first_child, stops, n)
            sort_keys(key, size, 32)
            out = _write_degree(
                table, entry, folk, key, base, size,
                first_child, birth, death, sexes, sex, month, mask, out, person, info,
            )  # fmt: skip
        offset[e + 1] = out
    return egos.size, 0
