"""Kernels of the marriage market: who waits, who is kin to whom, and who marries whom.

The loops here run for every couple there ever is. They read records instead of six columns, and the short helpers are
inlined: handing arrays to a function costs a tenth of a microsecond in reference counts alone.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from yeonjwa.genealogy.prefetch import prefetch_row

Array = Any  # kernels are checked through their typed callers

#: Generations of ancestors that are laid out in full; deeper lines are followed only as far as they may lead.
_FULL = 4
#: Where each generation begins in a line-up and where it ends; slot 15 is empty so that loops have whole lengths.
_BEGIN, _END = np.array([0, 1, 3, 7, 16]), np.array([1, 3, 7, 15, 32])
SLOTS = 32
#: So many women ahead the rows of ancestors are asked for that a couple will need.
_AHEAD = 8


@numba.njit(cache=True, inline="always")
def note_line(
    wife: int, husband: int, wife_family: int, husband_family: int, row: int, lines: Array, elders: Array
) -> None:
    """Write the ancestors of the children of union ``row`` into one cache line, copied from the parents' own.

    Words 0-1: wife and husband; 2-5: her parents and his; 6-13: her grandparents and his; 14, 15: the unions they were
    born to. -1 for whoever is not known. ``elders`` (unions, 2) keeps the highest ids of the two generations above: ids
    are topological, so no ancestor further up has a higher one.
    """
    lines[row, 0] = wife
    lines[row, 1] = husband
    lines[row, 14] = wife_family
    lines[row, 15] = husband_family
    fourth = np.int32(-1)
    fifth = np.int32(-1)
    for side in range(2):
        family = wife_family if side == 0 else husband_family
        if family >= 0:
            for k in range(2):
                lines[row, 2 + 2 * side + k] = lines[family, k]
            for k in range(4):
                lines[row, 6 + 4 * side + k] = lines[family, 2 + k]
            for k in range(8):
                fourth = max(fourth, lines[family, 6 + k])
            fifth = max(fifth, elders[family, 0])
        else:
            for k in range(2):
                lines[row, 2 + 2 * side + k] = -1
            for k in range(4):
                lines[row, 6 + 4 * side + k] = -1
    elders[row, 0] = fourth
    elders[row, 1] = fifth


@numba.njit(cache=True, nogil=True)
def note_couples(couples: Array, first_union: int, lines: Array, elders: Array) -> None:
    """Lines of ancestors for couples that all form a union."""
    for i in range(couples.size):
        c = couples[i]
        note_line(c.wife, c.husband, c.wife_family, c.husband_family, first_union + i, lines, elders)


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
def _of_age(low: int, begin: Array, youngest: int) -> int:
    """Least id that a child of a person with id ``low`` or above may have.

    ``begin[k]`` is the first person whose parents' union is of year k of the run or later, the last entry the next
    person to be born; nobody has children within ``youngest`` years. Empty: nothing is known but that ids are topological.
    """
    if begin.size == 0 or low < begin[0]:
        return low + 1
    x, y = 0, begin.size
    while y - x > 1:
        middle = (x + y) // 2
        if begin[middle] <= low:
            x = middle
        else:
            y = middle
    return int(begin[min(x + youngest, begin.size - 1)])


@numba.njit(cache=True, nogil=True)
def _deep(a: Array, b: Array, depth: int, grown: int, birth_union: Array, lines: Array, front: Array) -> bool:
    """Whether an ancestor of ``a`` beyond the fourth generation is in the line-up ``b`` at ``depth`` steps or fewer.

    Ids are topological: all ancestors of a person have smaller ids. A line is followed up only while its member's id
    is above the least one that could still be met, from the fourth generation on if it is ``grown`` or above.
    ``front`` (2, 256): birth unions of this generation and the next.
    """
    n = 0
    for k in range(16, SLOTS):
        if a[k] >= grown and birth_union[a[k]] >= 0:
            front[0, n] = birth_union[a[k]]
            n += 1
    for up in range(_FULL + 1, depth + 1):
        if n == 0:
            return False
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
def _related(
    depth: int, a: Array, b: Array, above_a: int, above_b: int, begin: Array, youngest: int, birth_union: Array,
    lines: Array, front: Array,
) -> bool:  # fmt: skip
    """Whether two line-ups meet; ``above_a`` and ``above_b`` are the highest ids in the fifth generations."""
    kin = _meet(a, b, depth)
    if not kin and depth > _FULL:
        low = _lowest(b, depth - _FULL - 1)
        if above_a >= low:
            kin = _deep(a, b, depth, _of_age(low, begin, youngest), birth_union, lines, front)
        low = _lowest(a, depth - _FULL - 1)
        if not kin and above_b >= low:
            kin = _deep(b, a, depth, _of_age(low, begin, youngest), birth_union, lines, front)
    return bool(kin)


@numba.njit(cache=True, nogil=True)
def related(depth: int, person: int, other: int, birth_union: Array, lines: Array, elders: Array) -> bool:
    """Whether two persons are blood relatives of degree ``depth`` (0 to 8) or closer.

    Every pair of paths up to a shared ancestor counts: full and half kin, unequal generations, lineal kin.
    """
    a, b, front = np.empty(SLOTS, np.int32), np.empty(SLOTS, np.int32), np.empty((2, 256), np.int32)
    line_up(person, birth_union[person], -1, lines, a)
    line_up(other, birth_union[other], -2, lines, b)
    above_a = elders[birth_union[person], 1] if birth_union[person] >= 0 else -1
    above_b = elders[birth_union[other], 1] if birth_union[other] >= 0 else -1
    return bool(_related(depth, a, b, above_a, above_b, np.empty(0, np.int64), 0, birth_union, lines, front))


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


@numba.njit(cache=True, inline="always")
def _foresee(
    woman: Array, aim: int, men: Array, low: int, size: int, left: Array, right: Array, base: int, near: Array,
    likely: Array, k: int, depth: int, lines: Array, elders: Array,
) -> None:  # fmt: skip
    """Find where among the men of a region somebody aims at, and ask for her ancestors and those of the likely man."""
    x, y = 0, size
    while x < y:
        middle = (x + y) // 2
        if men[low + middle].birth < aim:
            x = middle + 1
        else:
            y = middle
    near[k & 31] = x
    back = _free(left, base, x) - 1
    ahead = _free(right, base, x + 1) - 1
    gap_back = aim - men[low + back].birth if back >= 0 else 32767
    gap_ahead = men[low + ahead].birth - aim if ahead < size else 32767
    family = -1
    if min(gap_back, gap_ahead) < 32767:
        family = men[low + (back if gap_back <= gap_ahead else ahead)].family
    likely[k & 31] = family
    if depth > 0:
        if woman.family >= 0:
            prefetch_row(lines, woman.family)
            prefetch_row(elders, woman.family)
        if family >= 0:
            prefetch_row(lines, family)
            prefetch_row(elders, family)


@numba.njit(cache=True, inline="always")
def _foresee_parents(family: int, lines: Array) -> None:
    """Ask for the ancestors of the parents, whose own union has come by now."""
    if family >= 0:
        for side in range(2):
            above = lines[family, 14 + side]
            if above >= 0:
                prefetch_row(lines, above)


@numba.njit(cache=True, nogil=True)
def match(
    women: Array, aim: Array, women_begin: Array, men: Array, men_begin: Array, men_end: Array, used: Array, left: Array,
    right: Array, first_region: int, end_region: int, window: int, tries: int, depth: int, first: int, least_age: int,
    again: bool, begin: Array, youngest: int, birth_union: Array, lines: Array, elders: Array,
    couples: Array, tally: Array,
) -> None:  # fmt: skip
    """Couples of the regions from ``first_region`` up to ``end_region``, one record a woman.

    Women and men stand by region, men by month of birth within it. Each woman takes the free man whose birth is
    nearest to the one aimed at, within ``window`` months, who is ready, lives through the month and is no kin within
    ``depth``. With ``again`` (plain mode) men are not used up. ``begin`` and ``youngest`` are those of ``_of_age``.
    ``tally`` counts couples and candidates passed over as kin.
    """
    a, b, front = np.empty(SLOTS, np.int32), np.empty(SLOTS, np.int32), np.empty((2, 256), np.int32)
    near, likely = np.empty(32, np.int64), np.empty(32, np.int64)
    for r in range(first_region, end_region):
        low, size = men_begin[r], men_end[r] - men_begin[r]
        base = low + 2 * r
        for k in range(women_begin[r], min(women_begin[r] + 2 * _AHEAD, women_begin[r + 1])):
            _foresee(
                women[k], aim[k], men, low, size, left, right, base, near, likely, k, depth, lines, elders
            )
        for i in range(women_begin[r], women_begin[r + 1]):
            woman = women[i]
            couples[i].husband = -1
            if size == 0:
                continue
            k = i + 2 * _AHEAD
            if k < women_begin[r + 1]:
                _foresee(
                    women[k], aim[k], men, low, size, left, right, base, near, likely, k, depth, lines, elders
                )
            k = i + _AHEAD
            if k < women_begin[r + 1] and depth > 0:
                _foresee_parents(women[k].family, lines)
                _foresee_parents(likely[k & 31], lines)
            x = near[i & 31]
            back = _free(left, base, x) - 1  # place x - 1 and below
            ahead = _free(right, base, x + 1) - 1  # place x and above
            known, above_a = False, -1
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
                        above_a = elders[woman.family, 1] if woman.family >= 0 else -1
                        known = True
                    line_up(man.person, man.family, -2, lines, b)
                    above_b = elders[man.family, 1] if man.family >= 0 else -1
                    if _related(depth, a, b, above_a, above_b, begin, youngest, birth_union, lines, front):
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
