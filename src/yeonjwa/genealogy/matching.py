"""Kernels of the marriage market: who waits, who is kin to whom, and who marries whom.

The loops here run for every couple there ever is. They read records instead of six columns, and the short helpers are
inlined: handing arrays to a function costs a tenth of a microsecond in reference counts alone.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numba.cpython.unsafe.numbers import leading_zeros, trailing_zeros

from yeonjwa.core.memory import BORROWED
from yeonjwa.genealogy.lanes import (
    copy_1,
    copy_2,
    copy_4,
    copy_8,
    least_4,
    least_8,
    most_4,
    most_8,
    share_8,
    share_16,
)
from yeonjwa.genealogy.prefetch import prefetch_row

Array = Any  # kernels are checked through their typed callers

#: Generations of ancestors that are laid out in full; deeper lines are followed only as far as they may lead.
_FULL = 4
#: Places of women in a line-up, and of men after them: oneself, then 1, 2, 4 and 8 ancestors of that sex.
HALF = 16
SLOTS = 2 * HALF
#: Words of women in a row of ancestors, and of men after them: the family of birth, then 1, 2 and 4 ancestors.
_SIDE = 8
_LINE = 2 * _SIDE
#: So many women lie between one step of asking for rows of ancestors and the next; three steps and one fit into the ring.
_AHEAD = 4
_RING = 32
_ALL, _ONE = np.uint64(0xFFFFFFFFFFFFFFFF), np.uint64(1)


@numba.njit(cache=True, nogil=True, **BORROWED)
def line_up(person: int, family: int, missing: int, lines: Array, line: Array) -> None:
    """Fill ``line`` (32,) with a person and four generations of ancestors; whoever is not known is ``missing``.

    The person is put among the women and among the men: nobody is taken for somebody else by that.
    """
    if family >= 0:
        for half in range(2):
            copy_8(lines, _LINE * family + _SIDE * half, line, HALF * half, missing)
        for side in range(2):
            above = np.int64(lines[family, _SIDE * side])
            for half in range(2):
                if above >= 0:
                    copy_4(lines, _LINE * above + _SIDE * half + 4, line, HALF * half + 8 + 4 * side, missing)
                else:
                    for k in range(4):
                        line[HALF * half + 8 + 4 * side + k] = missing
    else:
        for k in range(SLOTS):
            line[k] = missing
    line[0] = person
    line[HALF] = person


@numba.njit(cache=True, nogil=True, **BORROWED)
def note_line(
    a: Array, b: Array, wife_family: int, husband_family: int, row: int, lines: Array, elders: Array
) -> None:
    """Write the ancestors of the children of union ``row`` into one cache line, from the line-ups of the parents.

    Women stand in words 0-7, men in 8-15, for they are never the same: the union the wife was born to; the wife; her
    mother and his; her two grandmothers and his; then the husband's union of birth, the husband and the fathers alike.
    -1 for whoever is not known. ``elders`` (unions, 2) keeps the highest ids of the two generations above: ids are
    topological, so no ancestor further up has a higher one.
    """
    fourth, fifth, place = np.int32(-1), np.int32(-1), _LINE * np.int64(row)
    lines[row, 0], lines[row, _SIDE] = wife_family, husband_family
    lines[row, 1], lines[row, _SIDE + 1] = a[0], b[0]
    for half in range(2):
        copy_1(a, HALF * half + 1, lines, place + _SIDE * half + 2, -1)
        copy_1(b, HALF * half + 1, lines, place + _SIDE * half + 3, -1)
        copy_2(a, HALF * half + 2, lines, place + _SIDE * half + 4, -1)
        copy_2(b, HALF * half + 2, lines, place + _SIDE * half + 6, -1)
        fourth = max(fourth, most_4(a, HALF * half + 4), most_4(b, HALF * half + 4))
        fifth = max(fifth, most_8(a, HALF * half + 8), most_8(b, HALF * half + 8))
    elders[row, 0] = fourth
    elders[row, 1] = fifth


@numba.njit(cache=True, nogil=True)
def note_couples(couples: Array, first_union: int, lines: Array, elders: Array) -> None:
    """Lines of ancestors for couples that all form a union."""
    a, b = np.empty(SLOTS, np.int32), np.empty(SLOTS, np.int32)
    for i in range(couples.size):
        c = couples[i]
        line_up(c.wife, c.wife_family, -1, lines, a)
        line_up(c.husband, c.husband_family, -2, lines, b)
        note_line(a, b, c.wife_family, c.husband_family, first_union + i, lines, elders)


@numba.njit(cache=True, nogil=True, **BORROWED)
def _grandparents_row(family: int, k: int, lines: Array) -> int:
    """Union to which a grandparent was born, the ``k``-th of four; -1 if it is not known."""
    above = lines[family, _SIDE * (k >> 1)]
    return int(lines[above, _SIDE * (k & 1)]) if above >= 0 else -1


@numba.njit(cache=True, nogil=True, **BORROWED)
def _line_up_fifth(family: int, lines: Array, line: Array) -> None:
    """Fill ``line`` (32,) with the fifth generation of ancestors of the children of a union; -3 for nobody known."""
    for k in range(4):
        row = _grandparents_row(family, k, lines)
        for half in range(2):
            if row >= 0:
                copy_4(lines, _LINE * row + _SIDE * half + 4, line, HALF * half + 4 * k, -3)
            else:
                for j in range(4):
                    line[HALF * half + 4 * k + j] = -3


@numba.njit(cache=True, inline="always")
def _end(generation: int) -> int:
    """End of a generation in the half of a line-up; it begins where the one before ends."""
    return 1 << generation


@numba.njit(cache=True, nogil=True, **BORROWED)
def _meet(a: Array, b: Array, depth: int) -> bool:
    """Whether two line-ups share somebody at ``depth`` steps or fewer, up to the fourth generation on both sides."""
    if depth >= 2 * _FULL:
        return bool(share_16(a, 0, b, 0) | share_16(a, HALF, b, HALF))
    shared = False
    for up in range(min(depth, _FULL) + 1):
        end = _end(min(depth - up, _FULL))
        for half in range(0, SLOTS, HALF):
            for i in range(_end(up - 1) if up > 0 else 0, _end(up)):
                for j in range(end):
                    shared |= a[half + i] == b[half + j]
    return bool(shared)


@numba.njit(cache=True, nogil=True, **BORROWED)
def _fifth_meets(fifth: Array, b: Array, depth: int) -> bool:
    """Whether a fifth generation and a line-up share somebody at ``depth`` steps or fewer."""
    if depth == _FULL + 4:
        return bool(share_8(b, 0, fifth, 0) | share_8(b, HALF, fifth, HALF))
    shared = False
    for half in range(0, SLOTS, HALF):
        for i in range(HALF):
            for j in range(_end(depth - _FULL - 1)):
                shared |= fifth[half + i] == b[half + j]
    return bool(shared)


@numba.njit(cache=True, nogil=True, **BORROWED)
def _lowest(line: Array, generations: int) -> int:
    """Least id among the known of the first generations of a line-up."""
    if generations == _FULL - 1:
        return int(min(least_8(line, 0), least_8(line, HALF)))
    # Below zero is nobody, and as a number without a sign higher than anybody.
    low = np.uint32(line[0])
    for half in range(0, SLOTS, HALF):
        for k in range(_end(generations)):
            low = min(low, np.uint32(line[half + k]))
    return int(low)


@numba.njit(cache=True, nogil=True, **BORROWED)
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
def _walk(
    fifth: Array, b: Array, depth: int, grown: int, birth_union: Array, lines: Array, front: Array
) -> bool:
    """Whether an ancestor above a ``fifth`` generation is in the line-up ``b`` at ``depth`` steps or fewer.

    Ids are topological: all ancestors of a person have smaller ids. A line is followed up only while its member's id
    is above the least one that could still be met, from the fifth generation on if it is ``grown`` or above.
    ``front`` (2, 256): birth unions of this generation and the next.
    """
    n = 0
    for k in range(SLOTS):
        if fifth[k] >= grown and birth_union[fifth[k]] >= 0:
            front[0, n] = birth_union[fifth[k]]
            n += 1
    for up in range(_FULL + 2, depth + 1):
        if n == 0:
            return False
        end = _end(depth - up)
        low = _lowest(b, depth - up)
        m = 0
        for i in range(n):
            u = front[0, i]
            for half in range(2):
                p = lines[u, _SIDE * half + 1]
                if p < low:
                    continue
                for j in range(end):
                    if b[HALF * half + j] == p:
                        return True
                if lines[u, _SIDE * half] >= 0:
                    front[1, m] = lines[u, _SIDE * half]
                    m += 1
        for i in range(m):
            front[0, i] = front[1, i]
        n = m
    return False


@numba.njit(cache=True, nogil=True, **BORROWED)
def _deep(
    family: int, highest: int, b: Array, depth: int, begin: Array, youngest: int, birth_union: Array, lines: Array,
    fifth: Array, front: Array,
) -> bool:  # fmt: skip
    """Whether an ancestor beyond the fourth generation of the children of ``family`` is in the line-up ``b``.

    ``highest`` is the highest id in the fifth generation, -1 if nobody is known there.
    """
    if highest < 0 or highest < _lowest(b, depth - _FULL - 1):
        return False
    _line_up_fifth(family, lines, fifth)
    kin = _fifth_meets(fifth, b, depth)
    if not kin and depth > _FULL + 1:
        grown = _of_age(_lowest(b, depth - _FULL - 2), begin, youngest)
        if highest >= grown:
            kin = _walk(fifth, b, depth, grown, birth_union, lines, front)
    return bool(kin)


@numba.njit(cache=True, nogil=True, **BORROWED)
def _related(
    depth: int, a: Array, b: Array, family_a: int, family_b: int, begin: Array, youngest: int, birth_union: Array,
    lines: Array, elders: Array, fifth: Array, front: Array,
) -> bool:  # fmt: skip
    """Whether two line-ups, of persons born to ``family_a`` and ``family_b``, have somebody in common."""
    kin = _meet(a, b, depth)
    if not kin and depth > _FULL:
        high_a = elders[family_a, 1] if family_a >= 0 else -1
        high_b = elders[family_b, 1] if family_b >= 0 else -1
        kin = _deep(family_a, high_a, b, depth, begin, youngest, birth_union, lines, fifth, front) or _deep(
            family_b, high_b, a, depth, begin, youngest, birth_union, lines, fifth, front
        )
    return bool(kin)


@numba.njit(cache=True, nogil=True)
def related(depth: int, person: int, other: int, birth_union: Array, lines: Array, elders: Array) -> bool:
    """Whether two persons are blood relatives of degree ``depth`` (0 to 8) or closer.

    Every pair of paths up to a shared ancestor counts: full and half kin, unequal generations, lineal kin.
    """
    a, b, fifth = np.empty(SLOTS, np.int32), np.empty(SLOTS, np.int32), np.empty(SLOTS, np.int32)
    front, family_a, family_b = np.empty((2, 256), np.int32), birth_union[person], birth_union[other]
    line_up(person, family_a, -1, lines, a)
    line_up(other, family_b, -2, lines, b)
    return bool(
        _related(
            depth,
            a,
            b,
            family_a,
            family_b,
            np.empty(0, np.int64),
            0,
            birth_union,
            lines,
            elders,
            fifth,
            front,
        )
    )


@numba.njit(cache=True, inline="always")
def _before(free: Array, base: int, place: int) -> int:
    """Last free place up to ``place``, -1 if there is none; ``free`` holds one bit a place from the word ``base`` on."""
    if place < 0:
        return -1
    k = place >> 6
    word = free[base + k] & (_ALL >> np.uint64(63 - (place & 63)))
    while word == 0:
        k -= 1
        if k < 0:
            return -1
        word = free[base + k]
    return int((k << 6) + 63 - np.int64(leading_zeros(word)))


@numba.njit(cache=True, inline="always")
def _after(free: Array, base: int, place: int, size: int) -> int:
    """First free place of ``size`` from ``place`` on, ``size`` if there is none."""
    if place >= size:
        return size
    k = place >> 6
    word = free[base + k] & (_ALL << np.uint64(place & 63))
    while word == 0:
        k += 1
        if k << 6 >= size:
            return size
        word = free[base + k]
    return int((k << 6) + np.int64(trailing_zeros(word)))


@numba.njit(cache=True, inline="always")
def _turn(free: Array, base: int, place: int) -> None:
    """Take a free place, or give one back."""
    free[base + (place >> 6)] ^= _ONE << np.uint64(place & 63)


def words_of(begin: Any) -> Any:
    """Where the bits of each region's places begin, given where its places begin: no two share a word."""
    return (begin >> 6) + np.arange(begin.size)


@numba.njit(cache=True)
def free_all(begin: Array, end: Array, words: Array, free: Array) -> None:
    """Set the bits of all places of all regions, and no other."""
    for r in range(end.size):
        size = end[r] - begin[r]
        for k in range((size + 63) >> 6):
            left = min(size - (k << 6), 64)
            free[words[r] + k] = _ALL >> np.uint64(64 - left)


@numba.njit(cache=True, nogil=True)
def join(
    old: Array, old_begin: Array, old_end: Array, used: Array, new: Array, new_begin: Array, first_region: int,
    end_region: int, now: int, oldest: int, men: Array, men_begin: Array, men_end: Array, taken: Array,
) -> None:  # fmt: skip
    """Merge those who still wait with those who come, by region and month of birth, the former first.

    Who was ``used``, died before ``now`` or was born in ``oldest`` or before does not wait on.
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


@numba.njit(cache=True, nogil=True, **BORROWED)
def _look(
    woman: Array, aim: int, men: Array, low: int, size: int, free: Array, base: int, window: int, first: int,
    least_age: int, back: int, ahead: int, tries: int, state: Array,
) -> int:  # fmt: skip
    """Nearest man who is free, of age, alive and ready, looking from two places on; -1 if there is none.

    ``state`` keeps where the search has come: its two places and how many more men may be looked at.
    """
    found = -1
    while tries > 0:
        gap_back = aim - men[low + back].birth if back >= 0 else 32767
        gap_ahead = men[low + ahead].birth - aim if ahead < size else 32767
        if min(gap_back, gap_ahead) > window:
            break
        tries -= 1
        m = back if gap_back <= gap_ahead else ahead
        man = men[low + m]
        fits = man.month <= max(woman.month, first) and man.birth + least_age <= woman.month
        if fits and man.death > woman.month:
            found = m
            break
        if m == back:
            back = _before(free, base, back - 1)
        else:
            ahead = _after(free, base, ahead + 1, size)
    state[0], state[1], state[2], state[3] = found, back, ahead, tries
    return found


@numba.njit(cache=True, nogil=True, **BORROWED)
def _place(men: Array, low: int, size: int, aim: int) -> int:
    """First place in a region of a man born in the month ``aim`` or later."""
    x, y = 0, size
    while x < y:
        middle = (x + y) // 2
        if men[low + middle].birth < aim:
            x = middle + 1
        else:
            y = middle
    return x


@numba.njit(cache=True, nogil=True, **BORROWED)
def _ask(family: int, lines: Array, elders: Array) -> None:
    """Ask for the ancestors of the children of a union."""
    if family >= 0:
        prefetch_row(lines, family)
        prefetch_row(elders, family)


@numba.njit(cache=True, nogil=True, **BORROWED)
def _ask_parents(family: int, lines: Array) -> None:
    """Ask for the ancestors of the parents, whose own union has come by now."""
    if family >= 0:
        for side in range(2):
            above = lines[family, _SIDE * side]
            if above >= 0:
                prefetch_row(lines, above)


@numba.njit(cache=True, nogil=True, **BORROWED)
def _ask_grandparents(family: int, other: int, lines: Array, elders: Array) -> None:
    """Ask for the ancestors of the grandparents where the fifth generation of one may be in the third of the other."""
    low = np.uint32(elders[family, 1])
    if elders[family, 1] >= 0:
        place = _LINE * np.int64(other) + 4
        if min(least_4(lines, place), least_4(lines, place + _SIDE)) <= low:
            for k in range(4):
                row = _grandparents_row(family, k, lines)
                if row >= 0:
                    prefetch_row(lines, row)


@numba.njit(cache=True, nogil=True)
def match(
    women: Array, aim: Array, women_begin: Array, men: Array, men_begin: Array, men_end: Array, used: Array, free: Array,
    words: Array, first_region: int, end_region: int, window: int, tries: int, depth: int, first: int, least_age: int,
    again: bool, begin: Array, youngest: int, birth_union: Array, lines: Array, elders: Array,
    couples: Array, rows: Array, heads: Array, tally: Array,
) -> None:  # fmt: skip
    """Couples of the regions from ``first_region`` up to ``end_region``, one record a woman.

    Women and men stand by region, men by month of birth within it. Each woman takes the free man whose birth is
    nearest to the one aimed at, within ``window`` months, who is ready, lives through the month and is no kin within
    ``depth``. With ``again`` (plain mode) men are not used up. ``free`` holds a bit a place, from the word ``words[r]``
    on for the region r. ``begin`` and ``youngest`` are those of ``_of_age``. ``tally`` counts couples and candidates
    passed over as kin. The lines of ancestors of the couples' children, which only this kernel has at hand, go to
    ``rows`` and ``heads``, one a woman, if ``depth`` is not 0.

    Men are put aside some women before their turn, so that the rows of ancestors that will be compared can be asked for;
    where one turns out to be kin, those put aside for the women after her are given back and looked for again.
    """
    a, b, fifth = np.empty(SLOTS, np.int32), np.empty(SLOTS, np.int32), np.empty(SLOTS, np.int32)
    front, aside = np.empty((2, 256), np.int32), np.empty((_RING, 4), np.int64)
    for r in range(first_region, end_region):
        low, size, base = men_begin[r], men_end[r] - men_begin[r], words[r]
        here, there = women_begin[r], women_begin[r + 1]
        seen = here  # for women before this one men are put aside
        for i in range(here, there):
            while seen < min(i + 3 * _AHEAD + 1, there):
                x = _place(men, low, size, aim[seen])
                m = _look(
                    women[seen], aim[seen], men, low, size, free, base, window, first, least_age,
                    _before(free, base, x - 1), _after(free, base, x, size), tries, aside[seen % _RING],
                )  # fmt: skip
                if m >= 0 and not again:
                    _turn(free, base, m)
                if m >= 0 and depth > 0:
                    _ask(women[seen].family, lines, elders)
                    _ask(men[low + m].family, lines, elders)
                seen += 1
            k = i + 2 * _AHEAD
            if k < there and depth > 0 and aside[k % _RING, 0] >= 0:
                _ask_parents(women[k].family, lines)
                _ask_parents(men[low + aside[k % _RING, 0]].family, lines)
            k = i + _AHEAD
            if k < there and depth > _FULL and aside[k % _RING, 0] >= 0:
                wife_family, husband_family = women[k].family, men[low + aside[k % _RING, 0]].family
                if wife_family >= 0 and husband_family >= 0:
                    _ask_grandparents(wife_family, husband_family, lines, elders)
                    _ask_grandparents(husband_family, wife_family, lines, elders)
            woman, m = women[i], aside[i % _RING, 0]
            if m >= 0 and depth > 0:
                line_up(woman.person, woman.family, -1, lines, a)
            while m >= 0 and depth > 0:
                man = men[low + m]
                line_up(man.person, man.family, -2, lines, b)
                if not _related(
                    depth, a, b, woman.family, man.family, begin, youngest, birth_union, lines, elders, fifth, front
                ):  # fmt: skip
                    break
                tally[1] += 1
                while seen > i + 1:
                    seen -= 1
                    if aside[seen % _RING, 0] >= 0 and not again:
                        _turn(free, base, aside[seen % _RING, 0])
                if not again:
                    _turn(free, base, m)
                back, ahead = aside[i % _RING, 1], aside[i % _RING, 2]
                if m == back:
                    back = _before(free, base, back - 1)
                else:
                    ahead = _after(free, base, ahead + 1, size)
                m = _look(
                    woman, aim[i], men, low, size, free, base, window, first, least_age, back, ahead,
                    aside[i % _RING, 3], aside[i % _RING],
                )  # fmt: skip
                if m >= 0 and not again:
                    _turn(free, base, m)
            c = couples[i]
            c.husband = -1
            if m >= 0:
                man = men[low + m]
                c.wife, c.husband = woman.person, man.person
                c.wife_family, c.husband_family = woman.family, man.family
                c.wife_birth, c.wife_death = woman.birth, woman.death
                c.husband_birth, c.husband_death = man.birth, man.death
                c.start, c.home = woman.month, man.home
                if depth > 0:
                    note_line(a, b, woman.family, man.family, i, rows, heads)
                tally[0] += 1
                used[low + m] = True
