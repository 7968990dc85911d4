"""Kernels of the marriage market: who waits, who is kin to whom, and who marries whom.

The loops here run for every couple there ever is. They read records instead of six columns, and the short helpers are
inlined: handing arrays to a function costs a tenth of a microsecond in reference counts alone.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

Array = Any  # kernels are checked through their typed callers

#: Generations of ancestors that are laid out in full; deeper lines are followed only as far as they may lead.
_FULL = 4
#: Where each generation begins in a line-up and where it ends; slot 15 is empty so that loops have whole lengths.
_BEGIN, _END = np.array([0, 1, 3, 7, 16]), np.array([1, 3, 7, 15, 32])
SLOTS = 32


@numba.njit(cache=True, inline="always")
def note_line(wife: int, husband: int, wife_family: int, husband_family: int, row: int, lines: Array) -> None:
    """Write the ancestors of the children of union ``row`` into one cache line, copied from the parents' own.

    Words 0-1: wife and husband; 2-5: her parents and his; 6-13: her grandparents and his; 14, 15: the unions they were
    born to. -1 for whoever is not known.
    """
    lines[row, 0] = wife
    lines[row, 1] = husband
    lines[row, 14] = wife_family
    lines[row, 15] = husband_family
    for side in range(2):
        family = wife_family if side == 0 else husband_family
        if family >= 0:
            for k in range(2):
                lines[row, 2 + 2 * side + k] = lines[family, k]
            for k in range(4):
                lines[row, 6 + 4 * side + k] = lines[family, 2 + k]
        else:
            for k in range(2):
                lines[row, 2 + 2 * side + k] = -1
            for k in range(4):
                lines[row, 6 + 4 * side + k] = -1


@numba.njit(cache=True, nogil=True)
def note_couples(couples: Array, first_union: int, lines: Array) -> None:
    """Lines of ancestors for couples that all form a union."""
    for i in range(couples.size):
        c = couples[i]
        note_line(c.wife, c.husband, c.wife_family, c.husband_family, first_union + i, lines)


@numba.njit(cache=True, inline="always")
def line_up(person: int, family: int, missing: int, lines: Array, line: Array) -> None:
    """Fill ``line`` (32,) with a person and four generations of ancestors; whoever is not known is ``missing``."""
    for k in range(1, SLOTS):
        line[k] = missing
    line[0] = person
    if family >= 0:
        for k in range(14):
            if lines[family, k] >= 0:
                line[1 + k] = lines[family, k]
        for side in range(2):
            above = lines[family, 14 + side]
            if above >= 0:
                for k in range(8):
                    if lines[above, 6 + k] >= 0:
                        line[16 + 8 * side + k] = lines[above, 6 + k]


@numba.njit(cache=True, inline="always")
def _meet(a: Array, b: Array, depth: int) -> bool:
    """Whether two line-ups share somebody at ``depth`` steps or fewer, up to the fourth generation on both sides."""
    shared = False
    if depth >= 2 * _FULL:
        for i in range(SLOTS):
            for j in range(SLOTS):
                shared |= a[i] == b[j]
    else:
        for up in range(min(depth, _FULL) + 1):
            end = _END[min(depth - up, _FULL)]
            for i in range(_BEGIN[up], _END[up]):
                for j in range(end):
                    shared |= a[i] == b[j]
    return bool(shared)


@numba.njit(cache=True, inline="always")
def _lowest(line: Array, generations: int) -> int:
    """Least id among the known of the first generations of a line-up."""
    low = line[0]
    for k in range(1, _END[generations]):
        if line[k] >= 0:
            low = min(low, line[k])
    return int(low)


@numba.njit(cache=True, inline="always")
def _highest(line: Array) -> int:
    """Highest id in the fourth generation of a line-up."""
    high = line[16]
    for k in range(17, SLOTS):
        high = max(high, line[k])
    return int(high)


@numba.njit(cache=True, nogil=True)
def _deep(a: Array, b: Array, depth: int, birth_union: Array, lines: Array, front: Array) -> bool:
    """Whether an ancestor of ``a`` beyond the fourth generation is in the line-up ``b`` at ``depth`` steps or fewer.

    Ids are topological: all ancestors of a person have smaller ids. A line is followed up only while its member's id
    is above the least one that could still be met. ``front`` (2, 256): birth unions of this generation and the next.
    """
    n = 0
    low = _lowest(b, depth - _FULL - 1)
    for k in range(16, SLOTS):
        if a[k] > low and birth_union[a[k]] >= 0:
            front[0, n] = birth_union[a[k]]
            n += 1
    for up in range(_FULL + 1, depth + 1):
        slots = _END[depth - up]
        low = _lowest(b, depth - up)
        m = 0
        for i in range(n):
            u = front[0, i]
            for s in range(2):
                p = lines[u, s]
                if p < low:
                    continue
                for j in range(slots):
                    if b[j] == p:
                        return True
                if lines[u, 14 + s] >= 0:
                    front[1, m] = lines[u, 14 + s]
                    m += 1
        for i in range(m):
            front[0, i] = front[1, i]
        n = m
    return False


@numba.njit(cache=True, inline="always")
def _related(depth: int, a: Array, b: Array, birth_union: Array, lines: Array, front: Array) -> bool:
    kin = _meet(a, b, depth)
    if not kin and depth > _FULL:
        if _highest(a) > _lowest(b, depth - _FULL - 1):
            kin = _deep(a, b, depth, birth_union, lines, front)
        if not kin and _highest(b) > _lowest(a, depth - _FULL - 1):
            kin = _deep(b, a, depth, birth_union, lines, front)
    return bool(kin)


@numba.njit(cache=True, nogil=True)
def related(depth: int, person: int, other: int, birth_union: Array, lines: Array) -> bool:
    """Whether two persons are blood relatives of degree ``depth`` (0 to 8) or closer.

    Every pair of paths up to a shared ancestor counts: full and half kin, unequal generations, lineal kin.
    """
    a, b, front = np.empty(SLOTS, np.int32), np.empty(SLOTS, np.int32), np.empty((2, 256), np.int32)
    line_up(person, birth_union[person], -1, lines, a)
    line_up(other, birth_union[other], -2, lines, b)
    return bool(_related(depth, a, b, birth_union, lines, front))


@numba.njit(cache=True, inline="always")
def _free(link: Array, base: int, place: int) -> int:
    """First free place from ``place`` on in the direction of the links, with the path shortened on the way."""
    root = place
    while link[base + root] != root:
        root = link[base + root]
    while link[base + place] != root:
        then = link[base + place]
        link[base + place] = root
        place = then
    return root


@numba.njit(cache=True, nogil=True)
def join(
    old: Array, old_begin: Array, old_end: Array, used: Array, new: Array, new_begin: Array, first_region: int,
    end_region: int, now: int, oldest: int, men: Array, men_begin: Array, men_end: Array, taken: Array, left: Array,
    right: Array,
) -> None:  # fmt: skip
    """Merge those who still wait with those who come, by region and month of birth, the former first.

    Who was ``used``, died before ``now`` or was born in ``oldest`` or before does not wait on. ``left`` and ``right``
    link the places of each region to free ones; they are shifted by one so that both ends have a sentinel.
    """
    for r in range(first_region, end_region):
        i, j, k = old_begin[r], new_begin[r], men_begin[r]
        while i < old_end[r] or j < new_begin[r + 1]:
            if i < old_end[r] and (used[i] or old[i].death <= now or old[i].birth <= oldest):
                i += 1
                continue
            if j >= new_begin[r + 1] or (i < old_end[r] and old[i].birth <= new[j].birth):
                men[k] = old[i]
                i += 1
            else:
                men[k] = new[j]
                j += 1
            taken[k] = False
            k += 1
        men_end[r] = k
        base = men_begin[r] + 2 * r
        for place in range(k - men_begin[r] + 2):
            left[base + place] = place
            right[base + place] = place


@numba.njit(cache=True, nogil=True)
def match(
    women: Array, aim: Array, women_begin: Array, men: Array, men_begin: Array, men_end: Array, used: Array, left: Array,
    right: Array, first_region: int, end_region: int, window: int, tries: int, depth: int, first: int, least_age: int,
    again: bool, birth_union: Array, lines: Array, couples: Array, tally: Array,
) -> None:  # fmt: skip
    """Couples of the regions from ``first_region`` up to ``end_region``, one record a woman.

    Women and men stand by region, men by month of birth within it. Each woman takes the free man whose birth is
    nearest to the one aimed at, within ``window`` months, who is ready, lives through the month and is no kin within
    ``depth``. With ``again`` (plain mode) men are not used up. ``tally`` counts couples and candidates passed over as kin.
    """
    a, b, front = np.empty(SLOTS, np.int32), np.empty(SLOTS, np.int32), np.empty((2, 256), np.int32)
    for r in range(first_region, end_region):
        low, size = men_begin[r], men_end[r] - men_begin[r]
        base = low + 2 * r
        for i in range(women_begin[r], women_begin[r + 1]):
            woman = women[i]
            couples[i].husband = -1
            if size == 0:
                continue
            x, y = 0, size
            while x < y:
                middle = (x + y) // 2
                if men[low + middle].birth < aim[i]:
                    x = middle + 1
                else:
                    y = middle
            back = _free(left, base, x) - 1  # place x - 1 and below
            ahead = _free(right, base, x + 1) - 1  # place x and above
            known = False
            for _ in range(tries):
                gap_back = aim[i] - men[low + back].birth if back >= 0 else 32767
                gap_ahead = men[low + ahead].birth - aim[i] if ahead < size else 32767
                if min(gap_back, gap_ahead) > window:
                    break
                m = back if gap_back <= gap_ahead else ahead
                man = men[low + m]
                fits = man.month <= max(woman.month, first) and man.birth + least_age <= woman.month
                fits = fits and man.death > woman.month
                if fits and depth > 0:
                    if not known:
                        line_up(woman.person, woman.family, -1, lines, a)
                        known = True
                    line_up(man.person, man.family, -2, lines, b)
                    if _related(depth, a, b, birth_union, lines, front):
                        tally[1] += 1
                        fits = False
                if fits:
                    c = couples[i]
                    c.wife, c.husband = woman.person, man.person
                    c.wife_family, c.husband_family = woman.family, man.family
                    c.wife_birth, c.wife_death = woman.birth, woman.death
                    c.husband_birth, c.husband_death = man.birth, man.death
                    c.start, c.home = woman.month, man.home
                    tally[0] += 1
                    used[low + m] = True
                    if not again:
                        left[base + m + 1] = m
                        right[base + m + 1] = m + 2
                    break
                if m == back:
                    back = _free(left, base, back) - 1
                else:
                    ahead = _free(right, base, ahead + 2) - 1
