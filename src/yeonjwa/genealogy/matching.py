"""Kernels of the marriage market: who is kin to whom, and who marries whom."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

Array = Any  # kernels are checked through their typed callers

#: Generations of ancestors that are laid out in full; deeper lines are followed only while they are young enough.
_FULL = 4
_SLOTS = 31


@numba.njit(cache=True)
def note_couples(
    wives: Array, husbands: Array, first: int, birth: Array, birth_union: Array, couples: Array
) -> None:
    """Write what a walk up the pedigree needs of each union into one row.

    Wife, husband, the unions they were born to, their months of birth: one memory access a union instead of six.
    """
    for i in range(wives.size):
        row = couples[first + i]
        row[0] = wives[i]
        row[1] = husbands[i]
        row[2] = birth_union[wives[i]]
        row[3] = birth_union[husbands[i]]
        row[4] = birth[wives[i]]
        row[5] = birth[husbands[i]]


@numba.njit(cache=True)
def ancestors(person: int, born: int, union: int, missing: int, couples: Array, line: Array) -> None:
    """Fill ``line`` (3, 31) with a person and four generations of ancestors, their birth unions and months of birth.

    The parents of slot i are in slots 2i + 1 and 2i + 2; a parent who is not known is ``missing`` and was never born.
    """
    line[0, 0] = person
    line[1, 0] = union
    line[2, 0] = born
    for i in range(15):
        u = line[1, i]
        mother, father = 2 * i + 1, 2 * i + 2
        if u >= 0:
            row = couples[u]
            line[0, mother] = row[0]
            line[0, father] = row[1]
            line[1, mother] = row[2]
            line[1, father] = row[3]
            line[2, mother] = row[4]
            line[2, father] = row[5]
        else:
            line[0, mother] = missing
            line[0, father] = missing
            line[1, mother] = -1
            line[1, father] = -1
            line[2, mother] = 32767
            line[2, father] = 32767


@numba.njit(cache=True)
def _deep(line: Array, other: Array, depth: int, couples: Array, front: Array) -> bool:
    """Whether an ancestor of ``line`` beyond the fourth generation is within ``other`` at total degree ``depth``.

    A line is followed up only while its member is younger than the oldest candidate of the other side: everybody
    above is older still. ``front`` (2, 256): birth unions of the members of this generation and of the next.
    """
    n = 0
    oldest = 32767
    for j in range(2 ** (min(depth - _FULL - 1, _FULL) + 1) - 1):
        oldest = min(oldest, other[2, j])
    for i in range(15, _SLOTS):
        if line[1, i] >= 0 and line[2, i] > oldest:
            front[0, n] = line[1, i]
            n += 1
    for up in range(5, depth + 1):
        slots = 2 ** (min(depth - up, _FULL) + 1) - 1
        oldest = 32767
        for j in range(slots):
            oldest = min(oldest, other[2, j])
        m = 0
        for i in range(n):
            row = couples[front[0, i]]
            for s in range(2):
                if row[4 + s] < oldest:
                    continue
                for j in range(slots):
                    if other[0, j] == row[s]:
                        return True
                if row[2 + s] >= 0:
                    front[1, m] = row[2 + s]
                    m += 1
        if m == 0:
            return False
        for i in range(m):
            front[0, i] = front[1, i]
        n = m
    return False


@numba.njit(cache=True)
def related(depth: int, couples: Array, line_a: Array, line_b: Array, front: Array) -> bool:
    """Whether two persons are blood relatives of degree ``depth`` (0 to 8) or closer, by their lines of ancestors.

    Every pair of paths up to a shared ancestor counts: full and half kin, unequal generations, lineal kin. Unknown
    parents must be marked differently in the two lines.
    """
    for up in range(min(depth, _FULL) + 1):
        slots = 2 ** (min(depth - up, _FULL) + 1) - 1
        for i in range(2**up - 1, 2 ** (up + 1) - 1):
            p = line_a[0, i]
            hits = 0
            for j in range(slots):
                hits += p == line_b[0, j]
            if hits > 0:
                return True
    if depth <= _FULL:
        return False
    if _deep(line_a, line_b, depth, couples, front):
        return True
    return bool(_deep(line_b, line_a, depth, couples, front))


@numba.njit(cache=True)
def _next_free(link: Array, i: int) -> int:
    """First free place from ``i`` on in the direction of the links, with the path shortened on the way."""
    root = i
    while link[root] != root:
        root = link[root]
    while link[i] != root:
        link[i], i = root, link[i]
    return root


@numba.njit(cache=True)
def match(
    women: Array, start: Array, aim: Array, women_offset: Array, men: Array, men_birth: Array, men_ready: Array,
    men_offset: Array, window: int, tries: int, depth: int, first: int, least_age: int, again: bool,
    birth: Array, death: Array, birth_union: Array, couples: Array, left: Array, right: Array,
    chosen: Array, rejected: Array,
) -> None:  # fmt: skip
    """For each woman the place of her husband in ``men``, -1 if nobody fits.

    Women and men stand by region (``women_offset``, ``men_offset``), men by month of birth within it. Each woman
    takes the free man whose birth is nearest to the one aimed at, within ``window`` months, who is ready, lives
    through the month and is no kin within ``depth``. ``left`` and ``right`` link places to free ones, shifted by one
    so that both ends have a sentinel. With ``again`` (plain mode) men are not used up.
    """
    line_a = np.empty((3, _SLOTS), np.int32)
    line_b = np.empty((3, _SLOTS), np.int32)
    front = np.empty((2, 256), np.int32)
    for r in range(men_offset.size - 1):
        low, high = men_offset[r], men_offset[r + 1]
        for i in range(women_offset[r], women_offset[r + 1]):
            chosen[i] = -1
            if low == high:
                continue
            woman = women[i]
            t = start[i]
            x, y = low, high
            while x < y:
                middle = (x + y) // 2
                if men_birth[middle] < aim[i]:
                    x = middle + 1
                else:
                    y = middle
            back = _next_free(left, x) - 1  # place x - 1 and below
            ahead = _next_free(right, x + 1) - 1  # place x and above
            known = False
            for _ in range(tries):
                gap_back = aim[i] - men_birth[back] if back >= low else 32767
                gap_ahead = men_birth[ahead] - aim[i] if ahead < high else 32767
                if min(gap_back, gap_ahead) > window:
                    break
                m = back if gap_back <= gap_ahead else ahead
                man = men[m]
                fits = men_ready[m] <= max(t, first) and men_birth[m] + least_age <= t
                fits = fits and death[man] > t
                if fits and depth > 0:
                    if not known:
                        ancestors(woman, birth[woman], birth_union[woman], -1, couples, line_a)
                        known = True
                    ancestors(man, birth[man], birth_union[man], -2, couples, line_b)
                    if related(depth, couples, line_a, line_b, front):
                        rejected[0] += 1
                        fits = False
                if fits:
                    chosen[i] = m
                    if not again:
                        left[m + 1] = m
                        right[m + 1] = m + 2
                    break
                if m == back:
                    back = _next_free(left, back) - 1
                else:
                    ahead = _next_free(right, ahead + 2) - 1
