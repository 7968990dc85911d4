"""Kernel that counts living kin of many egos by type, without listing them.

Full siblings share their ancestors, aunts, cousins: these are counted once for a birth union, as sums over unions of
the living children of each. Cousins of a generation are those without a closer ancestor in the same generation.
"""

from __future__ import annotations

from typing import Final

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.memory import prefetch
from yeonjwa.kinship.blood import Index

#: Kin that the kernel counts, in the order of its columns.
COUNTED: Final = (
    "parents",
    "grandparents",
    "great_grandparents",
    "siblings",
    "full_siblings",
    "aunts_uncles",
    "great_aunts_uncles",
    "first_cousins",
    "second_cousins",
    "third_cousins",
    "nieces_nephews",
    "children",
    "grandchildren",
    "great_grandchildren",
)
_SIBLINGS, _FULL, _AUNTS, _GREAT_AUNTS, _COUSINS, _NIECES, _CHILDREN = 3, 4, 5, 6, 7, 10, 11

#: Unions after which the slice of one is needed that is asked for now.
_AHEAD = 8

# Marks: an array over unions that holds the number of the last set a union was put into, so that sets need no
# emptying. As in blood.py, functions loop over plain arrays themselves.


@numba.njit(cache=True)
def _parents_of(
    folk: NDArray[np.int32],
    first: int,
    last: int,
    birth_union: NDArray[np.int32],
    wife: NDArray[np.int32],
    husband: NDArray[np.int32],
) -> int:
    """Parents, each once, of the persons at places first to last - 1, put behind them; their end."""
    end = last
    for i in range(2 * first, 2 * last):
        union = birth_union[folk[i >> 1]]
        if union < 0:
            continue
        parent = wife[union] if i & 1 == 0 else husband[union]
        new = parent >= 0
        for j in range(last, end):
            new = new and folk[j] != parent
        if new:
            folk[end] = parent
            end += 1
    return end


@numba.njit(cache=True)
def _unions_of(
    folk: NDArray[np.int32],
    first: int,
    last: int,
    mark: NDArray[np.int64],
    code: int,
    out: NDArray[np.int32],
    union_offset: NDArray[np.int32],
    union_list: NDArray[np.int32],
) -> int:
    """Unions, each once, of the persons at places first to last - 1; their number."""
    size = 0
    for i in range(first, last):
        for j in range(union_offset[folk[i]], union_offset[folk[i] + 1]):
            union = union_list[j]
            if mark[union] != code:
                mark[union] = code
                out[size] = union
                size += 1
    return size


@numba.njit(cache=True)
def _unions_below(
    unions: NDArray[np.int32],
    size: int,
    mark: NDArray[np.int64],
    code: int,
    out: NDArray[np.int32],
    child_unions: NDArray[np.int32],
    union_list: NDArray[np.int32],
) -> int:
    """Unions, each once, of the children of unions; their number."""
    end = 0
    for i in range(size):
        if i + _AHEAD < size:
            prefetch(union_list, child_unions[unions[i + _AHEAD]])
        for j in range(child_unions[unions[i]], child_unions[unions[i] + 1]):
            union = union_list[j]
            prefetch(mark, union)
            prefetch(child_unions, union)
            out[end] = union
            end += 1
    count = 0
    for i in range(end):
        union = out[i]
        if mark[union] != code:
            mark[union] = code
            out[count] = union
            count += 1
    return count


@numba.njit(cache=True)
def _add_living(
    unions: NDArray[np.int32],
    size: int,
    living: NDArray[np.int16],
    closer: NDArray[np.int64],
    code: int,
    row: NDArray[np.int32],
    column: int,
) -> None:
    """Add the living children of unions that are not marked with the code, and mark them (code -1: of all)."""
    total, women = 0, 0
    for i in range(size):
        if i + _AHEAD < size:
            prefetch(living, 2 * unions[i + _AHEAD])
            prefetch(closer, unions[i + _AHEAD])
        union = unions[i]
        if code < 0 or closer[union] != code:
            total += living[2 * union]
            women += living[2 * union + 1]
            if code >= 0:
                closer[union] = code
    row[2 * column] += total
    row[2 * column + 1] += women


@numba.njit(cache=True)
def _add_persons(
    folk: NDArray[np.int32],
    first: int,
    last: int,
    birth: NDArray[np.int16],
    death: NDArray[np.int16],
    sex: NDArray[np.int8],
    month: int,
    row: NDArray[np.int32],
    column: int,
    sign: int,
) -> None:
    """Add (or take away) the living among some persons."""
    for i in range(first, last):
        person = folk[i]
        if birth[person] <= month < death[person]:
            row[2 * column] += sign
            row[2 * column + 1] += sign if sex[person] == 0 else 0


@numba.njit(cache=True)
def _lone(
    folk: NDArray[np.int32],
    first: int,
    last: int,
    out: NDArray[np.int32],
    birth_union: NDArray[np.int32],
    wife: NDArray[np.int32],
    husband: NDArray[np.int32],
) -> int:
    """Those of known parents among ancestors of one height who are not siblings of another of them."""
    size = 0
    for i in range(first, last):
        a = birth_union[folk[i]]
        lone = a >= 0
        for j in range(first, last):
            b = birth_union[folk[j]]
            if j != i and a >= 0 and b >= 0:
                same = (wife[a] >= 0 and wife[a] == wife[b]) or (husband[a] >= 0 and husband[a] == husband[b])
                lone = lone and not same
        if lone:
            out[size] = folk[i]
            size += 1
    return size


@numba.njit(cache=True)
def _sibship(
    ix: Index,
    ego: int,
    depth: int,
    month: int,
    living: NDArray[np.int16],
    mark: NDArray[np.int64],
    closer: NDArray[np.int64],
    epoch: int,
    folk: NDArray[np.int32],
    unions: NDArray[np.int32],
    other: NDArray[np.int32],
    row: NDArray[np.int32],
    inside: NDArray[np.bool_],
) -> None:
    """Count what ego shares with full siblings; ``inside`` says in which sets ego's own birth union stands."""
    row[:] = 0
    inside[:] = False
    own = ix.birth_union[ego]
    folk[0] = ego
    first, last = 0, 1
    for height in range(1, depth + 1):
        low, high = first, last
        first, last = high, _parents_of(folk, low, high, ix.birth_union, ix.wife, ix.husband)
        if height <= 3:
            _add_persons(folk, first, last, ix.birth, ix.death, ix.sex, month, row, height - 1, 1)
        code = epoch + 16 * height
        size = _unions_of(folk, first, last, mark, code, unions, ix.union_offset, ix.union_list)
        if height == 1:
            below = _unions_below(unions, size, mark, code + 8, other, ix.child_unions, ix.union_list)
            _add_living(other, below, living, closer, -1, row, _NIECES)
            inside[_NIECES] = mark[own] == code + 8
        elif height <= 3:
            column = _AUNTS + height - 2
            _add_living(unions, size, living, closer, -1, row, column)
            inside[column] = mark[own] == code
            n = _lone(folk, low, high, other, ix.birth_union, ix.wife, ix.husband)
            _add_persons(other, 0, n, ix.birth, ix.death, ix.sex, month, row, column, -1)
        for step in range(1, height):
            size = _unions_below(unions, size, mark, code + step, other, ix.child_unions, ix.union_list)
            unions, other = other, unions
        _add_living(
            unions, size, living, closer, epoch, row, _SIBLINGS if height == 1 else _COUSINS + height - 2
        )
    row[2 * _FULL], row[2 * _FULL + 1] = living[2 * own], living[2 * own + 1]


@numba.njit(cache=True)
def _personal(
    ix: Index,
    ego: int,
    month: int,
    living: NDArray[np.int16],
    mark: NDArray[np.int64],
    epoch: int,
    unions: NDArray[np.int32],
    other: NDArray[np.int32],
    row: NDArray[np.int32],
    inside: NDArray[np.bool_],
) -> None:
    """Turn what ego shares with full siblings into his own kin: without himself, and with his descendants."""
    own = ix.birth_union[ego]
    woman = 1 if ix.sex[ego] == 0 else 0
    if own >= 0 and ix.birth[ego] <= month < ix.death[ego]:
        for column in range(inside.size):
            if inside[column] or column == _SIBLINGS or column == _FULL:
                row[2 * column] -= 1
                row[2 * column + 1] -= woman
    for j in range(ix.union_offset[ego], ix.union_offset[ego + 1]):
        union = ix.union_list[j]
        spouse = ix.husband[union] if ix.wife[union] == ego else ix.wife[union]
        theirs = ix.birth_union[spouse] if spouse >= 0 else -1
        sibling = own >= 0 and theirs >= 0 and (
            (ix.wife[own] >= 0 and ix.wife[own] == ix.wife[theirs])
            or (ix.husband[own] >= 0 and ix.husband[own] == ix.husband[theirs])
        )  # fmt: skip
        if own >= 0 and not sibling:  # own children are nobody's nieces, unless the spouse is a sibling
            row[2 * _NIECES] -= living[2 * union]
            row[2 * _NIECES + 1] -= living[2 * union + 1]
        unions[j - ix.union_offset[ego]] = union
    size = ix.union_offset[ego + 1] - ix.union_offset[ego]
    for generation in range(3):
        _add_living(unions, size, living, mark, -1, row, _CHILDREN + generation)
        if generation < 2:
            code = epoch + 1 + generation
            size = _unions_below(unions, size, mark, code, other, ix.child_unions, ix.union_list)
            unions, other = other, unions


@numba.njit(cache=True)
def count_living(
    ix: Index,
    egos: NDArray[np.int32],
    depth: int,
    month: int,
    living: NDArray[np.int16],
    counts: NDArray[np.int32],
) -> None:
    """Living kin of egos, who are sorted by birth union, into ``counts`` (a row an ego; all and women by turns).

    ``living`` holds the living children of each union, all and girls by turns.
    """
    num_unions = ix.wife.size
    mark, closer = np.full(num_unions + 1, -1, np.int64), np.full(num_unions + 1, -1, np.int64)
    room = (
        2 * num_unions + 32
    )  # a union is met from the side of the wife and of the husband, before one is left out
    unions, other = np.empty(room, np.int32), np.empty(room, np.int32)
    folk = np.empty(64, np.int32)
    shared, inside = np.zeros(counts.shape[1], np.int32), np.zeros(counts.shape[1] // 2, np.bool_)
    epoch, current = 0, -1
    for e in range(egos.size):
        ego = egos[e]
        own = ix.birth_union[ego]
        epoch += 256
        if own < 0:
            shared[:] = 0
            inside[:] = False
        elif own != current:
            _sibship(ix, ego, depth, month, living, mark, closer, epoch, folk, unions, other, shared, inside)
        current = own
        row = counts[e]
        row[:] = shared
        _personal(ix, ego, month, living, mark, epoch + 128, unions, other, row, inside)
