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
def ancestors(
    person: int, missing: int, birth_union: Array, wife: Array, husband: Array, line: Array
) -> None:
    """Fill ``line`` with a person and four generations of ancestors; the parents of slot i are 2i + 1 and 2i + 2."""
    line[0] = person
    for i in range(15):
        p = line[i]
        union = birth_union[p] if p >= 0 else -1
        if union >= 0:
            line[2 * i + 1] = wife[union]
            line[2 * i + 2] = husband[union]
        else:
            line[2 * i + 1] = missing
            line[2 * i + 2] = missing


@numba.njit(cache=True)
def _deep(
    line: Array,
    other: Array,
    depth: int,
    birth_union: Array,
    wife: Array,
    husband: Array,
    birth: Array,
    front: Array,
) -> bool:
    """Whether an ancestor of ``line`` beyond the fourth generation is within ``other`` at total degree ``depth``.

    A line is followed up only while its member is younger than the oldest candidate of the other side: everybody
    above is older still.
    """
    n = 0
    for i in range(15, _SLOTS):
        if line[i] >= 0:
            front[n] = line[i]
            n += 1
    for up in range(5, depth + 1):
        slots = 2 ** (min(depth - up, _FULL) + 1) - 1
        oldest = 32767
        for j in range(slots):
            if other[j] >= 0:
                oldest = min(oldest, birth[other[j]])
        m = 0
        for i in range(n):
            union = birth_union[front[i]]
            if union < 0 or birth[front[i]] <= oldest:
                continue
            for p in (wife[union], husband[union]):
                if birth[p] < oldest:
                    continue
                for j in range(slots):
                    if other[j] == p:
                        return True
                front[128 + m] = p
                m += 1
        if m == 0:
            return False
        for i in range(m):
            front[i] = front[128 + i]
        n = m
    return False


@numba.njit(cache=True)
def related(
    a: int, b: int, depth: int, birth_union: Array, wife: Array, husband: Array, birth: Array,
    line_a: Array, line_b: Array, front: Array,
) -> bool:  # fmt: skip
    """Whether two persons are blood relatives of degree ``depth`` (0 to 8) or closer; ``line_a`` is a's ancestors.

    Every pair of paths up to a shared ancestor counts: full and half kin, unequal generations, lineal kin.
    """
    ancestors(b, -2, birth_union, wife, husband, line_b)
    for up in range(min(depth, _FULL) + 1):
        slots = 2 ** (min(depth - up, _FULL) + 1) - 1
        for i in range(2**up - 1, 2 ** (up + 1) - 1):
            p = line_a[i]
            hits = 0
            for j in range(slots):
                hits += p == line_b[j]
            if hits > 0:
                return True
    if depth <= _FULL:
        return False
    if _deep(line_a, line_b, depth, birth_union, wife, husband, birth, front):
        return True
    return bool(_deep(line_b, line_a, depth, birth_union, wife, husband, birth, front))


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
    birth: Array, death: Array, birth_union: Array, wife: Array, husband: Array, left: Array, right: Array,
    chosen: Array, rejected: Array,
) -> None:  # fmt: skip
    """For each woman the place of her husband in ``men``, -1 if nobody fits.

    Women and men stand by region (``women_offset``, ``men_offset``), men by month of birth within it. Each woman
    takes the free man whose birth is nearest to the one aimed at, within ``window`` months, who is ready, lives
    through the month and is no kin within ``depth``. ``left`` and ``right`` link places to free ones, shifted by one
    so that both ends have a sentinel. With ``again`` (plain mode) men are not used up.
    """
    line_a = np.empty(_SLOTS, np.int32)
    line_b = np.empty(_SLOTS, np.int32)
    front = np.empty(384, np.int32)
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
                        ancestors(woman, -1, birth_union, wife, husband, line_a)
                        known = True
                    if related(woman, man, depth, birth_union, wife, husband, birth, line_a, line_b, front):
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
