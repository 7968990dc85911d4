"""Kernel for all kin by blood up to a degree, in union space, exact under pedigree collapse.

Levels (up, down) are visited in naming order: by degree, then by fewer steps up. A union is entered once, at the
first level that reaches it, so nothing has to be expanded again when it is met by another way: whatever that way
would still reach, the first one reaches at a lesser or equal degree. Ways that meet a union at the *same* level add
their sides. Ancestors are entered as persons; a union that holds an ancestor already named leaves him out.

Full siblings have the same kin but for themselves and whatever is reached through a child of their parents. What they
have in common is collected, sorted and written once for egos who follow one another; the rest, the descendants of ego
and of the full siblings, is collected for each ego and inserted. A union that stands in both is kept where it is named
first. No ancestor of ego can stand in the rest: he would descend from his own descendants.

The same machinery finds the kin of ego's generation, siblings to cousins of some removal, k steps up and k down. There
a union may be needed at several levels; but of those that lie as far above the generation the first is enough.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.memory import EIGHT, add_eight, copy_eight, copy_many, fill_eight, prefetch

#: Sides of a relation.
OWN, FATHER, MOTHER, BOTH, MARRIAGE = 0, 1, 2, 3, 4

_HALF = 1 << 24
_MARK = 1 << 25
#: In a key: rows are left out, none inserted.
_FLAG = 1 << 25
_PLACE = _FLAG - 1
_AT = 26
#: Numbers that are handed on, of eight bytes: for each that is written out as it is, another kernel would be compiled.
NONE: Any = np.int64(0)
ONE: Any = np.int64(1)
_TWO: Any = np.int64(2)
_NOBODY: Any = np.int64(-1)
_FIRST: Any = np.int64(1 << 8)
#: Slices are copied so many at a time, the last ones beyond their end.
_WIDE = EIGHT
#: Unions after which the lives of the children of one are needed that are asked for now.
_AHEAD = 16
#: The same for persons.
_FAR = 32

#: Which of eight are chosen, a bit each: their places, in eight bytes, and their number.
_CHOSEN = np.array(
    [([j for j in range(8) if bits >> j & 1] + [0] * 8)[:8] for bits in range(256)], np.uint8
).ravel()
_NUMBER = np.array([bits.bit_count() for bits in range(256)], np.uint8)
_IN_ORDER = np.arange(8, dtype=np.uint8)


@numba.njit(cache=True, inline="always")
def pack_info(packed: int) -> int:
    """Up, down, side and half, which stand in the bytes of an integer, in 5, 5, 3 and 1 bits."""
    return (packed & 31) | ((packed >> 3) & 0x3E0) | ((packed >> 6) & 0x1C00) | ((packed >> 11) & 0x2000)


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
    below: NDArray[np.int32]
    above: NDArray[np.int32]


class Scratch(NamedTuple):
    """Working memory of the kernel for a set of unions.

    ``union`` and ``packed`` hold the unions entered, with up, down, side, half in the bytes of one integer,
    ``children`` how many these have, ``held`` a child who is named as an ancestor (-1 for several). ``table`` finds a
    union among them: it is open-addressing and holds places above ``serial[0]``; what is below is of an earlier set,
    so that nothing need be emptied. ``key`` is what is being sorted, ``start`` the rows at which each key's begin, in
    ``person`` and ``info``.
    """

    table: NDArray[np.int32]
    union: NDArray[np.int32]
    packed: NDArray[np.int32]
    children: NDArray[np.int32]
    held: NDArray[np.int32]
    key: NDArray[np.int64]
    start: NDArray[np.int64]
    person: NDArray[np.int32]
    info: NDArray[np.int16]
    serial: NDArray[np.int64]


class Folk(NamedTuple):
    """Working memory for ego and the ancestors, by height.

    ``folk`` is person, height, side, whether a union entered earlier already holds him, and the code of his family
    (:meth:`yeonjwa.kinship.graph.KinGraph.above`); ``table`` finds a person among them, as in ``Scratch``.
    """

    table: NDArray[np.int32]
    folk: NDArray[np.int32]
    serial: NDArray[np.int64]


class Wanted(NamedTuple):
    """Which persons count: of a sex (-1 any), alive at the end of a month (-1: everyone ever), in a mask (empty: all).

    If ``bits`` is not empty it says the same, a bit a person, and two bytes more. ``some``: not everyone counts.
    """

    bits: NDArray[np.uint8]
    mask: NDArray[np.bool_]
    sex: int
    month: int
    some: bool


def make_scratch(size: int) -> Scratch:
    """Working memory for ``size / 2`` unions and ancestors; ``size`` is a power of two."""
    room = size // 2
    return Scratch(
        np.zeros(size, np.int32),
        np.empty(room, np.int32),
        np.empty(room, np.int32),
        np.empty(room, np.int32),
        np.empty(room, np.int32),
        np.empty(4 * size, np.int64),
        np.empty(2 * size + 1, np.int64),
        np.empty(8 * size, np.int32),
        np.empty(8 * size, np.int16),
        np.ones(1, np.int64),
    )


def make_folk(degree: int) -> Folk:
    """Working memory for all ancestors up to a degree."""
    room = 2 ** (degree + 1)
    return Folk(np.zeros(4 * room, np.int32), np.empty((room, 8), np.int32), np.ones(1, np.int64))


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
    bytes_ = 0
    while low + 8 * bytes_ < 63 and differing >> (low + 8 * bytes_):
        bytes_ += 1
    place = np.zeros(256 * bytes_, np.int32)
    for byte in range(bytes_):
        for i in range(size):
            place[np.uint64(256 * byte + ((key[i] >> (low + 8 * byte)) & 255))] += 1
    here, there = 0, key.size // 2
    for byte in range(bytes_):
        shift, first = low + 8 * byte, 256 * byte
        if (differing >> shift) & 255:
            at = there
            for digit in range(first, first + 256):
                at, place[digit] = at + place[digit], at
            for i in range(here, here + size):
                value = key[np.uint64(i)]
                bucket = np.uint64(first + ((value >> shift) & 255))
                key[np.uint64(place[bucket])] = value
                place[bucket] += 1
            here, there = there, here
    if here:
        for i in range(size):
            key[i] = key[here + i]


@numba.njit(cache=True)
def _next_base(table: NDArray[np.int32], serial: NDArray[np.int64], room: int) -> int:
    """A number above all places in a table."""
    if serial[0] + 2 * room >= 1 << 31:
        table[:] = 0
        serial[0] = 1
    base = serial[0]
    serial[0] += room
    return int(base)


@numba.njit(cache=True)
def _keep_new(
    table: NDArray[np.int32],
    unions: NDArray[np.int32],
    packed: NDArray[np.int32],
    base: int,
    size: int,
    end: int,
    below: NDArray[np.int32],
) -> int:
    """Keep the candidates at places size to end - 1 that are new; the number of unions afterwards.

    One that was entered at the same level before adds its side to it; at another, earlier level, it is dropped.
    """
    mask = table.size - 1
    for c in range(size, end):
        union, what = unions[c], packed[c]
        at = spot(union, mask)
        while table[at] >= base and unions[table[at] - base] != union:
            at = (at + 1) & mask
        if table[at] < base:
            table[at] = base + size
            unions[size], packed[size] = union, what
            size += 1
            prefetch(below, 2 * union)
        else:
            i = table[at] - base
            old = packed[i]
            if (old & 0xFFFF) == (what & 0xFFFF):
                packed[i] = ((old | what) & 0xFFFFFF) | (old & what & _HALF)
    return size


@numba.njit(cache=True)
def _ask(
    unions: NDArray[np.int32],
    first: int,
    last: int,
    below: NDArray[np.int32],
    union_list: NDArray[np.int32],
) -> None:
    """Ask for what lies below the unions at places first to last - 1."""
    for i in range(first, last):
        prefetch(union_list, below[2 * unions[i] + 1])


@numba.njit(cache=True)
def _gather_down(
    unions: NDArray[np.int32],
    packed: NDArray[np.int32],
    size: int,
    first: int,
    last: int,
    level: int,
    leave: int,
    below: NDArray[np.int32],
    union_list: NDArray[np.int32],
) -> int:
    """Candidates one step down: unions of the children of the unions at places first to last - 1 but ``leave``."""
    room = unions.size - _WIDE
    end = size
    for i in range(first, last):
        union, what = unions[i], (packed[i] & ~0xFFFF) | level
        low, high = below[2 * union + 1], below[2 * union + 3]
        if union == leave:
            continue
        if end + high - low > room:
            return int(unions.size + 1)
        if high + _WIDE <= union_list.size:
            for more in range(0, high - low + (high == low), _WIDE):
                copy_eight(unions, end + more, union_list, low + more)
                fill_eight(packed, end + more, what)
            end += high - low
        else:
            for j in range(low, high):
                unions[end], packed[end] = union_list[j], what
                end += 1
    return end


@numba.njit(cache=True)
def _gather_full(
    unions: NDArray[np.int32],
    packed: NDArray[np.int32],
    folk: NDArray[np.int32],
    size: int,
    first: int,
    last: int,
    height: int,
    sides: int,
    above: NDArray[np.int32],
) -> int:
    """Candidates at level (height, 1): birth unions of the ancestors at places first to last - 1, one step lower."""
    end = size
    if size + last - first > unions.size:
        return int(unions.size + 1)
    for i in range(first, last):
        union = (folk[i, 4] >> 1) - 1
        side = folk[i, 2]
        if height == 1 and union >= 0:
            father, mother = above[4 * union + 1], above[4 * union]
            side = ((FATHER if father >= 0 else 0) | (MOTHER if mother >= 0 else 0)) & sides
        if union >= 0 and side != 0:
            unions[end], packed[end] = union, height | (1 << 8) | side << 16
            end += 1
    return end


@numba.njit(cache=True)
def _gather_half(
    unions: NDArray[np.int32],
    packed: NDArray[np.int32],
    folk: NDArray[np.int32],
    size: int,
    first: int,
    last: int,
    level: int,
    least: int,
    union_offset: NDArray[np.int32],
    union_list: NDArray[np.int32],
) -> int:
    """Candidates at a level: all unions of those at places first to last - 1 who have ``least`` (1 or 2) at the least."""
    room = unions.size
    end = size
    for i in range(first, last):
        if least > 1 and not folk[i, 4] & 1:
            continue
        person, what = folk[i, 0], level | folk[i, 2] << 16
        low, high = union_offset[person], union_offset[person + 1]
        if end + high - low > room:
            return int(room + 1)
        for j in range(low, high):
            unions[end], packed[end] = union_list[j], what
            end += 1
    return end


@numba.njit(cache=True)
def _step_up(
    table: NDArray[np.int32],
    unions: NDArray[np.int32],
    base: int,
    known: NDArray[np.int32],
    folk: NDArray[np.int32],
    folk_base: int,
    people: int,
    first: int,
    height: int,
    sides: int,
    above: NDArray[np.int32],
    union_offset: NDArray[np.int32],
) -> int:
    """Enter the parents of the ancestors from place ``first`` on; the number of ancestors afterwards."""
    mask, last, slots = table.size - 1, people, known.size - 1
    for i in range(2 * first, 2 * last):
        union = (folk[i >> 1, 4] >> 1) - 1
        if union < 0:
            continue
        parental = FATHER if i & 1 == 0 else MOTHER
        row = 4 * union + (1 if parental == FATHER else 0)
        person, family = above[row], above[row + 2]
        if person < 0 or (height == 1 and not sides & parental):
            continue
        side = parental if height == 1 else folk[i >> 1, 2]
        at = spot(person, slots)
        while known[at] >= folk_base and folk[known[at] - folk_base, 0] != person:
            at = (at + 1) & slots
        if known[at] >= folk_base:
            place = known[at] - folk_base
            if folk[place, 1] == height:
                folk[place, 2] |= side
            continue
        known[at] = folk_base + people
        folk[people, 0], folk[people, 1], folk[people, 2], folk[people, 4] = person, height, side, family
        prefetch(above, 2 * (family & ~1) - 4)
        if family & 1:
            prefetch(union_offset, person)
        people += 1
    for i in range(last, people):
        own, held = (folk[i, 4] >> 1) - 1, False
        if own >= 0:
            at = spot(own, mask)
            while table[at] >= base and unions[table[at] - base] != own:
                at = (at + 1) & mask
            held = table[at] >= base
        folk[i, 3] = held
    return people


@numba.njit(cache=True)
def _collect_shared(
    table: NDArray[np.int32],
    unions: NDArray[np.int32],
    packed: NDArray[np.int32],
    base: int,
    known: NDArray[np.int32],
    folk: NDArray[np.int32],
    folk_base: int,
    ego: int,
    own: int,
    alone: bool,
    degree: int,
    sides: int,
    stops: NDArray[np.int64],
    union_offset: NDArray[np.int32],
    union_list: NDArray[np.int32],
    below: NDArray[np.int32],
    above: NDArray[np.int32],
) -> tuple[int, int]:
    """Enter what full siblings have in common up to a degree: numbers of unions (-1: no room) and ancestors.

    If ego is ``alone``, all his kin are entered, his descendants and his siblings' with them. Ego is the ancestor at
    height 0. ``stops`` is working memory: row 0 the ends of the ancestors of each height, rows 1 and 2 the unions last
    entered at each height.
    """
    folk[0, 0], folk[0, 1], folk[0, 2], folk[0, 3], folk[0, 4] = ego, 0, OWN, 0, 2 * (own + 1)
    known[spot(ego, known.size - 1)] = folk_base
    stops[0, 0] = 1
    size, people = NONE, ONE
    for n in range(1, degree + 1):
        for k in range(0 if alone else 1, n):
            end = size
            if k < n - 1:
                low, high = stops[1, k], stops[2, k]
                if low < high:
                    level, leave = k | ((n - k) << 8), _NOBODY if alone else own
                    end = _gather_down(unions, packed, size, low, high, level, leave, below, union_list)
            elif k == 0:
                end = _gather_half(
                    unions, packed, folk, size, NONE, ONE, _FIRST, ONE, union_offset, union_list
                )
            else:
                low, high, level = NONE if k == 1 else stops[0, k - 2], stops[0, k - 1], k | (1 << 8) | _HALF
                end = _gather_full(unions, packed, folk, size, low, high, k, sides, above)
                if end <= unions.size:  # who has one union has the one that led to him, a full one
                    end = _gather_half(
                        unions, packed, folk, end, high, stops[0, k], level, _TWO, union_offset, union_list
                    )
            if end > unions.size:
                return -1, people
            stops[1, k] = size
            if size < end:
                size = _keep_new(table, unions, packed, base, size, end, below)
            stops[2, k] = size
        if n < degree:
            _ask(unions, stops[1, 0 if alone else 1], size, below, union_list)
        low = NONE if n == 1 else stops[0, n - 2]
        people = _step_up(
            table, unions, base, known, folk, folk_base, people, low, n, sides, above, union_offset
        )
        stops[0, n] = people
    return size, people


@numba.njit(cache=True)
def _keep_new_apart(
    table: NDArray[np.int32],
    unions: NDArray[np.int32],
    packed: NDArray[np.int32],
    base: int,
    size: int,
    end: int,
    below: NDArray[np.int32],
) -> int:
    """As _keep_new, where only a union that lay as many levels above ego's generation is the same."""
    mask = table.size - 1
    for c in range(size, end):
        union, what = unions[c], packed[c]
        above = (what & 0xFF) - ((what >> 8) & 0xFF)
        at = spot(union + (above << 20), mask)
        same = False
        while table[at] >= base and not same:
            old = packed[table[at] - base]
            same = unions[table[at] - base] == union and (old & 0xFF) - ((old >> 8) & 0xFF) == above
            at = at if same else (at + 1) & mask
        if not same:
            table[at] = base + size
            unions[size], packed[size] = union, what
            size += 1
            prefetch(below, 2 * union)
        else:
            i = table[at] - base
            if (packed[i] & 0xFFFF) == (what & 0xFFFF):
                packed[i] = ((packed[i] | what) & 0xFFFFFF) | (packed[i] & what & _HALF)
    return size


@numba.njit(cache=True)
def _collect_generation(
    table: NDArray[np.int32],
    unions: NDArray[np.int32],
    packed: NDArray[np.int32],
    base: int,
    known: NDArray[np.int32],
    folk: NDArray[np.int32],
    folk_serial: NDArray[np.int64],
    ego: int,
    own: int,
    most: int,
    sides: int,
    union_offset: NDArray[np.int32],
    union_list: NDArray[np.int32],
    below: NDArray[np.int32],
    above: NDArray[np.int32],
) -> int:
    """Enter the unions of the kin of ego's generation, up to ``most`` steps up; their number, -1 if there is no room."""
    folk[0, 0], folk[0, 1], folk[0, 2], folk[0, 3], folk[0, 4] = ego, 0, OWN, 0, 2 * (own + 1)
    size, low, people = NONE, NONE, ONE
    for k in range(1, most + 1):
        high = people
        folk_base = _next_base(known, folk_serial, folk.shape[0])  # an ancestor counts at each height
        people = _step_up(
            table, unions, base, known, folk, folk_base, people, low, k, sides, above, union_offset
        )
        end = _gather_full(unions, packed, folk, size, low, high, k, sides, above)
        level = k | (1 << 8) | _HALF
        if end <= unions.size:
            end = _gather_half(unions, packed, folk, end, high, people, level, _TWO, union_offset, union_list)
        for d in range(1, k + 1):
            if end > unions.size:
                return -1
            begin = size
            if size < end:
                size = _keep_new_apart(table, unions, packed, base, size, end, below)
            end = size
            if d < k and begin < size:
                _ask(unions, begin, size, below, union_list)
                level = k | ((d + 1) << 8)
                end = _gather_down(unions, packed, size, begin, size, level, _NOBODY, below, union_list)
        low = high
    last = size
    size = 0
    for i in range(last):
        if (packed[i] & 0xFF) == ((packed[i] >> 8) & 0xFF):
            unions[size], packed[size] = unions[i], packed[i]
            size += 1
    return size


@numba.njit(cache=True)
def _mark_ancestors(
    unions: NDArray[np.int32],
    packed: NDArray[np.int32],
    base: int,
    table: NDArray[np.int32],
    held: NDArray[np.int32],
    folk: NDArray[np.int32],
    first: int,
    last: int,
) -> None:
    """Mark the unions that hold an ancestor of places ``first`` to ``last`` - 1 who is named as such, or ego himself."""
    mask = table.size - 1
    for i in range(first, last):
        union = (folk[i, 4] >> 1) - 1
        if union >= 0 and not folk[i, 3]:
            at = spot(union, mask)
            while table[at] >= base and unions[table[at] - base] != union:
                at = (at + 1) & mask
            if table[at] >= base:
                place = table[at] - base
                held[place] = -1 if packed[place] & _MARK else folk[i, 0]
                packed[place] |= _MARK


@numba.njit(cache=True, inline="always")
def _eight(wanted: NDArray[np.uint8], first: int, number: int) -> int:
    """Which of ``number`` persons, or of the first eight of them, are wanted: a bit each."""
    pair = np.int64(wanted[first >> 3]) | np.int64(wanted[(first >> 3) + 1]) << 8
    return int((pair >> (first & 7)) & ((1 << min(number, _WIDE)) - 1))


@numba.njit(cache=True)
def _keys_of_shared(
    unions: NDArray[np.int32],
    packed: NDArray[np.int32],
    count: NDArray[np.int32],
    size: int,
    folk: NDArray[np.int32],
    people: int,
    key: NDArray[np.int64],
    below: NDArray[np.int32],
    bits: int,
    wanted: NDArray[np.uint8],
) -> tuple[int, int]:
    """Keys (degree, first person, place) of unions and ancestors: their number, and that of their persons.

    Ancestors take the places behind the unions.
    """
    end, rows = 0, 0
    for i in range(size):
        if wanted.size and i + _AHEAD < size:
            prefetch(wanted, below[2 * unions[i + _AHEAD]] >> 3)
        low, what = below[2 * unions[i]], packed[i]
        children = below[2 * unions[i] + 2] - low
        count[i] = children
        rows += children
        degree = (what & 0xFF) + ((what >> 8) & 0xFF)
        key[end] = (((np.int64(degree) << bits) | low) << _AT) | i
        some = children
        if wanted.size:
            some = 0
            for begin in range(0, children, _WIDE):
                some |= _eight(wanted, low + begin, children - begin)
        end += 1 if some > 0 else 0
    for i in range(1, people):
        packed[size + i], count[size + i] = folk[i, 1] | folk[i, 2] << 16, 1
        key[end] = (((np.int64(folk[i, 1]) << bits) | folk[i, 0]) << _AT) | (size + i)
        named = not folk[i, 3] and (wanted.size == 0 or _eight(wanted, folk[i, 0], 1) > 0)
        end += 1 if named else 0
    return end, rows + people


@numba.njit(cache=True)
def _write_everyone(
    key: NDArray[np.int64],
    size: int,
    bits: int,
    packed: NDArray[np.int32],
    count: NDArray[np.int32],
    held: NDArray[np.int32],
    known: NDArray[np.int32],
    folk: NDArray[np.int32],
    folk_base: int,
    start: NDArray[np.int64],
    stop: NDArray[np.int64],
    out: int,
    person: NDArray[np.int32],
    info: NDArray[np.int16],
) -> int:
    """Write the persons of sorted keys from row ``out`` on; the row after the last.

    Rows of key q come to begin at ``start[q]``, those of degree n to end at ``stop[n]``.
    """
    slots = known.size - 1
    degree = 0
    for q in range(size):
        place, low = key[q] & _PLACE, (key[q] >> _AT) & ((np.int64(1) << bits) - 1)
        what = packed[place]
        code = np.int16(pack_info(what))
        here = 0 if key[q] & _FLAG else count[place]
        start[q] = out
        while degree < key[q] >> (_AT + bits):
            stop[degree] = out
            degree += 1
        for more in range(0, here + (here == 0), _WIDE):
            add_eight(person, out + more, _IN_ORDER, 0, low + more)
            fill_eight(info, out + more, code)
        if what & _MARK and held[place] >= 0:
            gap = held[place] - low
            for j in range(out + gap, out + here - 1):
                person[j] += 1
            here -= 1
        elif what & _MARK:
            at = np.uint64(out)
            for child in range(low, low + here):
                slot = spot(child, slots)
                while known[slot] >= folk_base and folk[known[slot] - folk_base, 0] != child:
                    slot = (slot + 1) & slots
                person[at] = child
                if known[slot] < folk_base or folk[known[slot] - folk_base, 3]:
                    at += np.uint64(1)
            here = np.int64(at) - out
        out += here
    start[size] = out
    while degree < stop.size:
        stop[degree] = out
        degree += 1
    return out


@numba.njit(cache=True)
def _write_wanted(
    key: NDArray[np.int64],
    size: int,
    bits: int,
    packed: NDArray[np.int32],
    count: NDArray[np.int32],
    held: NDArray[np.int32],
    known: NDArray[np.int32],
    folk: NDArray[np.int32],
    folk_base: int,
    wanted: NDArray[np.uint8],
    start: NDArray[np.int64],
    stop: NDArray[np.int64],
    first: int,
    person: NDArray[np.int32],
    info: NDArray[np.int16],
) -> int:
    """As _write_everyone, but only of persons whose bit is set."""
    slots = known.size - 1
    out, degree = first, 0
    for q in range(size):
        place, low = key[q] & _PLACE, (key[q] >> _AT) & ((np.int64(1) << bits) - 1)
        what = packed[place]
        code = np.int16(pack_info(what))
        here = 0 if key[q] & _FLAG else count[place]
        start[q] = out
        while degree < key[q] >> (_AT + bits):
            stop[degree] = out
            degree += 1
        for begin in range(low, low + here, _WIDE):
            chosen = _eight(wanted, begin, low + here - begin)
            if what & _MARK and held[place] >= 0:
                gap = held[place] - begin
                chosen &= ~(1 << gap) if 0 <= gap < _WIDE else -1
            elif what & _MARK:
                for j in range(_WIDE):
                    slot = spot(begin + j, slots)
                    while known[slot] >= folk_base and folk[known[slot] - folk_base, 0] != begin + j:
                        slot = (slot + 1) & slots
                    if known[slot] >= folk_base and not folk[known[slot] - folk_base, 3]:
                        chosen &= ~(1 << j)
            add_eight(person, out, _CHOSEN, _WIDE * chosen, begin)
            fill_eight(info, out, code)
            out += _NUMBER[chosen]
    start[size] = out
    while degree < stop.size:
        stop[degree] = out
        degree += 1
    return out


@numba.njit(cache=True)
def _keep_wanted(
    size: int,
    start: NDArray[np.int64],
    stop: NDArray[np.int64],
    person: NDArray[np.int32],
    info: NDArray[np.int16],
    birth: NDArray[np.int16],
    death: NDArray[np.int16],
    sexes: NDArray[np.int8],
    mask: NDArray[np.bool_],
    sex: int,
    month: int,
) -> int:
    """Reduce the rows of keys to the persons who are wanted; their number."""
    out, degree, masked = 0, 0, mask.size > 0
    end = start[size]
    for q in range(size):
        low, high = start[q], start[q + 1]
        start[q] = out
        while degree < stop.size and stop[degree] <= low:
            stop[degree] = out
            degree += 1
        to = np.uint64(out)
        for i in range(low, high):
            child, code = person[i], info[i]
            if i + _FAR < end:
                prefetch(birth, person[i + _FAR])
                prefetch(death, person[i + _FAR])
            lives = month < 0 or birth[child] <= month < death[child]
            fits = lives and (sex < 0 or sexes[child] == sex) and (not masked or mask[child])
            person[to], info[to] = child, code
            to += np.uint64(fits)
        out = int(np.int64(to))
    start[size] = out
    while degree < stop.size:
        stop[degree] = out
        degree += 1
    return out


@numba.njit(cache=True)
def _collect_rest(
    table: NDArray[np.int32],
    unions: NDArray[np.int32],
    packed: NDArray[np.int32],
    base: int,
    folk: NDArray[np.int32],
    ego: int,
    own: int,
    siblings: int,
    degree: int,
    union_offset: NDArray[np.int32],
    union_list: NDArray[np.int32],
    below: NDArray[np.int32],
) -> int:
    """Enter descendants of ego and of the full siblings; the number of unions, -1 if there is no room.

    ``siblings`` is the packed level of the birth union ``own``, -1 if they are not asked for. It takes place 0, and is
    not in the table.
    """
    unions[0], packed[0] = own, siblings
    folk[0, 0] = ego
    size, low0, high0, low1 = ONE, NONE, NONE, NONE
    high1 = NONE if siblings < 0 else ONE
    for n in range(1, degree + 1):
        end = size
        if n == 1:
            end = _gather_half(unions, packed, folk, size, NONE, ONE, _FIRST, ONE, union_offset, union_list)
        elif low0 < high0:
            end = _gather_down(unions, packed, size, low0, high0, n << 8, _NOBODY, below, union_list)
        if end > unions.size:
            return -1
        low0 = size
        if size < end:
            size = _keep_new(table, unions, packed, base, size, end, below)
        high0, end = size, size
        if n < 3:
            continue
        if low1 < high1:
            end = _gather_down(
                unions, packed, size, low1, high1, 1 | ((n - 1) << 8), _NOBODY, below, union_list
            )
        if end > unions.size:
            return -1
        low1 = size
        if size < end:
            size = _keep_new(table, unions, packed, base, size, end, below)
        high1 = size
    return int(size)


@numba.njit(cache=True)
def _keys_of_rest(
    table: NDArray[np.int32],
    unions: NDArray[np.int32],
    packed: NDArray[np.int32],
    base: int,
    rest_unions: NDArray[np.int32],
    rest_packed: NDArray[np.int32],
    count: NDArray[np.int32],
    size: int,
    ego: int,
    sibling: bool,
    key: NDArray[np.int64],
    below: NDArray[np.int32],
    bits: int,
) -> tuple[int, int]:
    """Keys of what differs from the shared kin, flagged if it is only left out: their number, and that of persons.

    Insertions leave out shared rows of the same degree and persons as well.
    """
    mask = table.size - 1
    end, rows = 0, 0
    if sibling:
        key[0] = (((np.int64(2) << bits) | ego) << _AT) | _FLAG
        end = 1
    for i in range(1, size):
        union, what = rest_unions[i], rest_packed[i]
        low = below[2 * union]
        count[i] = below[2 * union + 2] - low
        if count[i] == 0:
            continue
        degree = (what & 0xFF) + ((what >> 8) & 0xFF)
        at = spot(union, mask)
        while table[at] >= base and unions[table[at] - base] != union:
            at = (at + 1) & mask
        if table[at] >= base:
            other = packed[table[at] - base]
            there = (other & 0xFF) + ((other >> 8) & 0xFF)
            if (there, other & 0xFF) < (degree, what & 0xFF):
                continue
            if there == degree and (other & 0xFF) == (what & 0xFF):
                rest_packed[i] = ((other | what) & 0xFFFFFF) | (other & what & _HALF)
            elif there > degree:
                key[end] = (((np.int64(there) << bits) | low) << _AT) | _FLAG | i
                end += 1
        key[end] = (((np.int64(degree) << bits) | low) << _AT) | i
        end += 1
        rows += count[i]
    return end, rows


@numba.njit(cache=True)
def _splice(
    key: NDArray[np.int64],
    edits: int,
    bits: int,
    count: NDArray[np.int32],
    start: NDArray[np.int64],
    rest_person: NDArray[np.int32],
    rest_info: NDArray[np.int16],
    shared: int,
    stop: NDArray[np.int64],
    shared_person: NDArray[np.int32],
    shared_info: NDArray[np.int16],
    out: int,
    person: NDArray[np.int32],
    info: NDArray[np.int16],
) -> int:
    """Write shared rows with the edits of one ego from row ``out`` on; the row after the last."""
    done = 0
    for q in range(edits + 1):
        low, last, end = shared, shared, 0
        if q < edits:
            place, who = key[q] & _PLACE, (key[q] >> _AT) & ((np.int64(1) << bits) - 1)
            degree = key[q] >> (_AT + bits)
            end = who + (count[place] if place > 0 else 1)
            low, last = max(done, stop[degree - 1]), stop[degree]
            high = last
            while low < high:
                middle = (low + high) >> 1
                if shared_person[middle] < who:
                    low = middle + 1
                else:
                    high = middle
        copy_many(person, out, shared_person, done, low - done)
        copy_many(info, out, shared_info, done, low - done)
        out += low - done
        done = low
        while done < last and shared_person[done] < end:
            done += 1
        if q < edits:
            for i in range(start[q], start[q + 1]):
                person[out], info[out] = rest_person[i], rest_info[i]
                out += 1
    return out


@numba.njit(cache=True)
def _write(
    size: int, bits: int, folk_base: int, ix: Index, wanted: Wanted, s: Scratch, f: Folk, stop: NDArray[np.int64],
    out: int, person: NDArray[np.int32], info: NDArray[np.int16],
) -> int:  # fmt: skip
    """Write the rows of sorted keys from row ``out`` on; the row after the last. Without bits, ``out`` is 0 for some."""
    if wanted.bits.size:
        return int(
            _write_wanted(
                s.key, size, bits, s.packed, s.children, s.held, f.table, f.folk, folk_base, wanted.bits, s.start, stop,
                out, person, info,
            )
        )  # fmt: skip
    rows = int(
        _write_everyone(
            s.key, size, bits, s.packed, s.children, s.held, f.table, f.folk, folk_base, s.start, stop, out, person, info
        )
    )  # fmt: skip
    if wanted.some:
        rows = int(
            _keep_wanted(
                size, s.start, stop, person, info, ix.birth, ix.death, ix.sex, wanted.mask, wanted.sex, wanted.month
            )
        )  # fmt: skip
    return rows


@numba.njit(cache=True)
def _gather(
    ix: Index, ego: int, alone: bool, degree: int, generation: bool, sides: int, bits: int, wanted: Wanted, s: Scratch,
    f: Folk, stops: NDArray[np.int64],
) -> tuple[int, int, int, int]:  # fmt: skip
    """Sorted keys of what ego has in common with full siblings, or of all his kin if he is ``alone``.

    Bases of the unions and of the ancestors, number of keys, and of persons at the most; -1 if the working memory is
    too small.
    """
    own = ix.birth_union[ego]
    base = _next_base(s.table, s.serial, s.union.size)
    folk_base = _next_base(f.table, f.serial, f.folk.shape[0])
    if generation:
        people, marked = 1, 1
        size = _collect_generation(
            s.table, s.union, s.packed, base, f.table, f.folk, f.serial, ego, own, degree // 2, sides,
            ix.union_offset, ix.union_list, ix.below, ix.above,
        )  # fmt: skip
    else:
        size, people = _collect_shared(
            s.table, s.union, s.packed, base, f.table, f.folk, folk_base, ego, own, alone, degree, sides, stops,
            ix.union_offset, ix.union_list, ix.below, ix.above,
        )  # fmt: skip
        marked = stops[0, degree - 1]  # no union is entered after those of the last height
    if size < 0 or size + people > s.union.size:
        return base, folk_base, 0, -1
    if generation and alone and own >= 0:
        _mark_own(s.union, s.packed, s.held, size, ego, own)
    else:
        _mark_ancestors(s.union, s.packed, base, s.table, s.held, f.folk, 0 if alone else 1, marked)
    keys, rows = _keys_of_shared(
        s.union, s.packed, s.children, size, f.folk, people, s.key, ix.below, bits, wanted.bits
    )
    sort_keys(s.key, keys, np.int64(_AT))
    return base, folk_base, keys, rows


@numba.njit(cache=True)
def _mark_own(
    unions: NDArray[np.int32],
    packed: NDArray[np.int32],
    held: NDArray[np.int32],
    size: int,
    ego: int,
    own: int,
) -> None:
    """Mark ego's birth union, wherever it stands among the unions of the generation."""
    for i in range(size):
        if unions[i] == own:
            packed[i] |= _MARK
            held[i] = ego


@numba.njit(cache=True)
def _share(
    ix: Index, ego: int, degree: int, generation: bool, sides: int, bits: int, wanted: Wanted, s: Scratch, f: Folk,
    stops: NDArray[np.int64], stop: NDArray[np.int64],
) -> tuple[int, int, int]:  # fmt: skip
    """What ego has in common with full siblings: (base of the unions, rows, packed level of the siblings or -1).

    The number of rows is -1 if the working memory is too small.
    """
    base, folk_base, keys, rows = _gather(
        ix, ego, np.bool_(False), degree, generation, sides, bits, wanted, s, f, stops
    )
    if rows < 0 or rows + 2 * _WIDE > s.person.size:
        return base, -1, -1
    rows = _write(keys, bits, folk_base, ix, wanted, s, f, stop, NONE, s.person, s.info)
    own, siblings = ix.birth_union[ego], -1
    if own >= 0 and not generation:
        mask = s.table.size - 1
        at = spot(own, mask)
        while s.table[at] >= base and s.union[s.table[at] - base] != own:
            at = (at + 1) & mask
        if s.table[at] >= base:
            siblings = s.packed[s.table[at] - base] & ~_MARK
    return base, rows, siblings


@numba.njit(cache=True)
def _write_alone(
    ix: Index, ego: int, degree: int, generation: bool, sides: int, bits: int, wanted: Wanted, s: Scratch, f: Folk,
    stops: NDArray[np.int64], stop: NDArray[np.int64], out: int, person: NDArray[np.int32], info: NDArray[np.int16],
) -> tuple[int, int]:  # fmt: skip
    """All kin of ego from row ``out`` on: the row after the last, and what was missing (see blood_kin).

    They are written where they belong if they are sure to fit, else copied there.
    """
    _, folk_base, keys, most = _gather(
        ix, ego, np.bool_(True), degree, generation, sides, bits, wanted, s, f, stops
    )
    if most < 0 or most + 2 * _WIDE > s.person.size:
        return out, 1
    if out + most + 2 * _WIDE <= person.size and (wanted.bits.size > 0 or not wanted.some):
        return _write(keys, bits, folk_base, ix, wanted, s, f, stop, out, person, info), 0
    rows = _write(keys, bits, folk_base, ix, wanted, s, f, stop, NONE, s.person, s.info)
    if out + rows > person.size:
        return out, rows + 2
    copy_many(person, out, s.person, 0, rows)
    copy_many(info, out, s.info, 0, rows)
    return out + rows, 0


@numba.njit(cache=True)
def _differ(
    ix: Index, ego: int, degree: int, bits: int, siblings: int, base: int, wanted: Wanted,
    s: Scratch, d: Scratch, f: Folk, stop: NDArray[np.int64],
) -> tuple[int, int]:  # fmt: skip
    """Edits by which ego's kin differ from the shared ones, and their rows; (-1, 0) if the working memory is too small."""
    own = ix.birth_union[ego]
    rest = _next_base(d.table, d.serial, d.union.size)
    size = _collect_rest(
        d.table, d.union, d.packed, rest, f.folk, ego, own, siblings, degree, ix.union_offset, ix.union_list, ix.below
    )  # fmt: skip
    if size < 0:
        return -1, 0
    sibling = siblings >= 0 and degree > 1
    edits, rows = _keys_of_rest(
        s.table, s.union, s.packed, base, d.union, d.packed, d.children, size, ego, sibling,
        d.key, ix.below, bits,
    )  # fmt: skip
    if rows + 2 * _WIDE > d.person.size:
        return -1, 0
    sort_keys(d.key, edits, np.int64(_AT))
    rows = _write(edits, bits, NONE, ix, wanted, d, f, stop, NONE, d.person, d.info)
    return edits, rows


@numba.njit(cache=True)
def _copy_but(
    ego: int, low: int, high: int, shared: int, shared_person: NDArray[np.int32], shared_info: NDArray[np.int16],
    out: int, person: NDArray[np.int32], info: NDArray[np.int16],
) -> int:  # fmt: skip
    """Write shared rows without ego, who can stand in rows low to high - 1 only, from row ``out`` on; the row after the last."""
    at = low
    while at < high and shared_person[at] != ego:
        at += 1
    at = at if at < high else shared  # not among the wanted
    copy_many(person, out, shared_person, 0, at)
    copy_many(info, out, shared_info, 0, at)
    rest = max(shared - at - 1, 0)
    copy_many(person, out + at, shared_person, at + 1, rest)
    copy_many(info, out + at, shared_info, at + 1, rest)
    return out + at + rest


@numba.njit(cache=True, nogil=True)
def blood_kin(
    ix: Index,
    egos: NDArray[np.int32],
    begin: int,
    degree: int,
    generation: bool,
    sides: int,
    wanted: Wanted,
    s: Scratch,
    d: Scratch,
    f: Folk,
    offset: NDArray[np.int64],
    person: NDArray[np.int32],
    info: NDArray[np.int16],
) -> tuple[int, int]:
    """Kin of egos[begin:], as far as the room goes: (egos done, what was missing: 0, 1 work, n > 1 rows).

    All up to a degree; or if ``generation`` those of them who are as many steps down as up.
    """
    stops, stop = np.zeros((3, degree + 1), np.int64), np.zeros(degree + 1, np.int64)
    unused = np.zeros(degree + 1, np.int64)
    bits = 1
    while ix.sex.size >> bits:
        bits += 1
    current, base, shared, siblings = -1, 0, 0, -1
    for e in range(begin, egos.size):
        if e + 2 < egos.size:
            prefetch(ix.birth_union, egos[e + 2])
        ego, out = egos[e], offset[e]
        own = ix.birth_union[ego]
        offset[e + 1] = out
        if wanted.month >= 0 and ix.birth[ego] > wanted.month:
            continue
        if own < 0 or (own != current and (e + 1 == egos.size or ix.birth_union[egos[e + 1]] != own)):
            current = -1
            offset[e + 1], missing = _write_alone(
                ix, ego, degree, generation, sides, bits, wanted, s, f, stops, stop, out, person, info
            )
            if missing > 0:
                return e, missing
            continue
        if own != current:
            current = -1
            base, shared, siblings = _share(
                ix, ego, degree, generation, sides, bits, wanted, s, f, stops, stop
            )
            if shared < 0:
                return e, 1
            current = own
        if generation:
            if out + shared > person.size:
                return e, shared + 2
            offset[e + 1] = _copy_but(ego, stop[1], stop[2], shared, s.person, s.info, out, person, info)
            continue
        edits, rows = _differ(ix, ego, degree, bits, siblings, base, wanted, s, d, f, unused)
        if edits < 0:
            return e, 1
        if out + shared + rows > person.size:
            return e, shared + rows + 2
        offset[e + 1] = _splice(
            d.key,
            edits,
            bits,
            d.children,
            d.start,
            d.person,
            d.info,
            shared,
            stop,
            s.person,
            s.info,
            out,
            person,
            info,
        )
    return egos.size, 0
