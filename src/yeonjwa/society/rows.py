"""Which rows of persons a pass over the country has to look at.

Everyone ever has a row, and most of them are dead or not born yet. Rows come in blocks; a block in which everybody is dead
or will never be born is finished for good, one in which nobody is born within a year waits. The list is made anew each year.

A household that stands empty is never used again, and those that were there first are mostly empty after some decades. Of
blocks in which most stand empty, only those are looked at in which somebody lived when the year began.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.lanes import LANES
from yeonjwa.core.parallel import each, over_rows
from yeonjwa.society.codes import ABROAD, BANISHED, CAMP, DEAD, HOME, NOT_YET_BORN, UNBORN
from yeonjwa.society.state import People, Tree

#: A bit a person each: who is not dead or unborn for good, and who lives here.
Bits = tuple[NDArray[np.uint8], NDArray[np.uint8]]
#: Persons of a block.
BLOCK = 4096
#: No restriction by membership of the party, by post.
ANYBODY, ANY_POST = -1, -1
#: Multiplier that gathers the lowest bits of eight bytes in the highest byte, and where that byte begins.
_GATHER, _HIGHEST = np.uint64(0x0102040810204080), np.uint64(56)
#: No month of birth lies before it.
_LEAST = -(1 << 15)
#: Blocks of a piece that a thread takes at a time.
_SOME = 64
#: Months ahead for which a list holds.
AHEAD = 12


@numba.njit(cache=True, nogil=True)
def _awake(month: int, birth: np.ndarray, where: np.ndarray, block: int) -> np.ndarray:
    """First rows of the blocks in which somebody may be about until ``month`` and after."""
    out = np.empty(where.size // block + 1, np.int64)
    n = 0
    for low in range(0, where.size, block):
        for p in range(low, min(low + block, where.size)):
            w = where[p]
            if w == DEAD or w == UNBORN or (w == NOT_YET_BORN and birth[p] > month):
                continue
            out[n] = low
            n += 1
            break
    return out[:n].copy()


def awake_rows(month: int, birth: NDArray[np.int16], where: NDArray[np.int8]) -> NDArray[np.int64]:
    """First rows of blocks of ``BLOCK`` persons in which somebody lives or is born until ``AHEAD`` months from now."""
    return np.asarray(_awake(month + AHEAD, birth, where, BLOCK))


def some_at_a_time(blocks: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """The blocks in pieces: what is found in a piece takes little memory until it is known how much is found."""
    return [blocks[i : i + _SOME] for i in range(0, max(blocks.size, 1), _SOME)]


class Lived(NamedTuple):
    """Households in which somebody may live, by blocks of ``LANES`` rows.

    ``thin`` (blocks,) whether so many of a block stand empty that the others are looked at one by one; blocks from there on
    are not. Those of block b are the rows ``row[offset[b]:offset[b + 1]]``, counted from the first row of the block.
    """

    thin: NDArray[np.bool_]
    offset: NDArray[np.int64]
    row: NDArray[np.uint16]


def all_lived() -> Lived:
    """No block is thin."""
    return Lived(np.zeros(0, np.bool_), np.zeros(1, np.int64), np.empty(0, np.uint16))


@numba.njit(cache=True, nogil=True)
def lived_in(num_houses: int, head: np.ndarray) -> Lived:
    """What is known of the households there are: whole blocks are thin if more than half of their rows stand empty."""
    blocks = num_houses // LANES
    thin, offset = np.zeros(blocks, np.bool_), np.zeros(blocks + 1, np.int64)
    row, n = np.empty(blocks * LANES // 2 + LANES, np.uint16), np.int64(0)
    for b in range(blocks):
        first, some = head[b * LANES : (b + 1) * LANES], n
        for i in range(LANES):
            row[some] = i
            some += int(first[i] >= 0)  # without a branch
        thin[b] = some - n < LANES // 2
        n = some if thin[b] else n
        offset[b + 1] = n
    return Lived(thin, offset, row[:n].copy())


@numba.njit(cache=True, nogil=True)
def is_thin(low: int, lived: Lived) -> bool:
    """Whether the block from row ``low`` on is thin."""
    b = low // LANES
    return bool(b < lived.thin.size and lived.thin[b])


@numba.njit(cache=True, nogil=True)
def rows_of(low: int, lived: Lived) -> np.ndarray:
    """The rows of the thin block from row ``low`` on that are looked at, counted from there."""
    b = low // LANES
    rows: np.ndarray = lived.row[lived.offset[b] : lived.offset[b + 1]]
    return rows


@numba.njit(cache=True, nogil=True)
def take(some: np.ndarray, column: np.ndarray, to: np.ndarray) -> None:
    """``to = column[some]``."""
    for j in range(some.size):
        to[j] = column[np.uint32(some[j])]


@numba.njit(cache=True, nogil=True)
def put(some: np.ndarray, values: np.ndarray, column: np.ndarray) -> None:
    """``column[some] = values``."""
    for j in range(some.size):
        column[np.uint32(some[j])] = values[j]


@numba.njit(cache=True, nogil=True)
def _between(first: int, last: int, bits: int, least: int, most: int, column: np.ndarray) -> np.ndarray:
    """Rows first to last - 1 of which some bits of a byte, as a number, lie between the two; 64 are passed over at a time."""
    out, n = np.empty(last - first, np.int64), 0
    some_bits, low, high = np.uint8(bits), np.uint8(least), np.uint8(most)
    keep = np.zeros(LANES, np.bool_)
    eight = keep.view(np.uint64)
    for begin in range(first, last, LANES):
        some = column[begin : min(begin + LANES, last)]
        for i in range(some.size):
            number = some[i] & some_bits
            keep[i] = (number >= low) & (number <= high)
        for j in range(some.size, keep.size):
            keep[j] = False
        for j in range(0, eight.size, 8):
            some_kept = np.uint64(0)
            for k in range(j, j + 8):
                some_kept |= eight[k]
            if some_kept != 0:
                for k in range(j, j + 8):
                    if eight[k] != 0:
                        for i in range(8 * k, 8 * k + 8):
                            if keep[i]:
                                out[n] = begin + i
                                n += 1
    return out[:n].copy()


def rows_between(
    column: NDArray[np.int8] | NDArray[np.uint8], least: int, most: int, bits: int = 255
) -> NDArray[np.int64]:
    """Rows whose value, or of whose value the ``bits`` as a number, lies between two numbers of 0 to 127, ascending.

    For few of very many, such as those who hold a post.
    """
    found = over_rows(_between, column.size, bits, least, most, column.view(np.uint8))
    return np.concatenate([np.empty(0, np.int64), *found])


@numba.njit(cache=True, nogil=True)
def gather_bits(some: np.ndarray, bits: np.ndarray, to: int, size: int) -> None:
    """Write bytes that are 0 or 1, eight at a time, as the eight bits of ``size`` bytes from place ``to`` on."""
    eight = some.view(np.uint64)
    for j in range(size):
        # The product brings the lowest bit of each byte, in their order, into the highest byte.
        bits[to + j] = (eight[j] * _GATHER) >> _HIGHEST


@numba.njit(cache=True, nogil=True)
def spread_bits(bits: np.ndarray, to: np.ndarray) -> None:
    """A byte that is 0 or 1 for each bit of some bytes."""
    for j in range(bits.size):
        for k in range(8):
            to[8 * j + k] = (bits[j] >> np.uint8(k)) & np.uint8(1)


@numba.njit(cache=True, nogil=True)
def _fill_bits(
    first: int,
    last: int,
    month: int,
    where: np.ndarray,
    death: np.ndarray,
    lives: np.ndarray,
    here: np.ndarray,
) -> None:
    """The bits of the persons first (a multiple of eight) to last - 1: a byte each, then eight bytes at a time as eight bits."""
    w, died, now = where[first:last], death[first:last], np.int16(month)
    whole = (w.size + 7) // 8
    some, near = np.zeros(8 * whole, np.uint8), np.zeros(8 * whole, np.uint8)
    dead, never, home, banished = np.int8(DEAD), np.int8(UNBORN), np.int8(HOME), np.int8(BANISHED)
    for i in range(w.size):
        some[i] = np.uint8((w[i] != dead) & (w[i] != never))
        near[i] = np.uint8(((w[i] == home) | (w[i] == banished)) & (now < died[i]))
    gather_bits(some, lives, first // 8, whole)
    gather_bits(near, here, first // 8, whole)


def here_bits(month: int, where: NDArray[np.int8], death: NDArray[np.int16]) -> Bits:
    """A bit a person, as :func:`yeonjwa.kinship.graph.pack_bits` has them: who is not dead or unborn for good; who lives here.

    Here are those at home or banished who are alive at the end of the month.
    """
    lives, here = (np.zeros((where.size + 7) // 8 + 2, np.uint8) for _ in range(2))
    over_rows(_fill_bits, where.size, month, where, death, lives, here)
    return lives, here


@numba.njit(cache=True, nogil=True)
def free_of_blame(
    low: int,
    high: int,
    earliest: int,
    latest: int,
    abroad: bool,
    birth: np.ndarray,
    where: np.ndarray,
    barred: np.ndarray,
    stain: np.ndarray,
    keep: np.ndarray,
) -> None:
    """Mark the persons low to high - 1 born in these months who are neither barred nor stained and at home; see :func:`pick`.

    Nothing but comparisons of short numbers, so that a processor makes many at a time.
    """
    b, w, first, last = birth[low:high], where[low:high], np.int16(max(earliest, _LEAST)), np.int16(latest)
    x, y = barred[low:high], stain[low:high]
    home, banished, out = np.int8(HOME), np.int8(BANISHED), np.int8(ABROAD)
    if abroad:
        for i in range(high - low):
            here = (w[i] == home) | (w[i] == banished) | (w[i] == out)
            keep[i] = here & (b[i] >= first) & (b[i] <= last) & (x[i] == 0) & (y[i] == 0)
    else:
        for i in range(high - low):
            keep[i] = (w[i] == home) & (b[i] >= first) & (b[i] <= last) & (x[i] == 0) & (y[i] == 0)


@numba.njit(cache=True, nogil=True)
def _pick(
    blocks: np.ndarray,
    block: int,
    month: int,
    youngest: int,
    oldest: int,
    abroad: bool,
    member: int,
    promoted: int,
    tree: Tree,
    people: People,
    out: np.ndarray,
) -> int:
    """Write ids as :func:`pick` has them; returns how many. Each row is written and then kept or not, without a branch."""
    columns = (tree.birth, people.where, people.barred, people.stain)
    party, post = people.party, people.post
    keep = np.empty(block, np.bool_)
    n = 0
    for b in range(blocks.size):
        low = blocks[b]
        high = min(low + block, party.size)
        free_of_blame(low, high, month - oldest, month - youngest, abroad, *columns, keep)
        q, r = party[low:high], post[low:high]
        if member >= 0:
            for i in range(high - low):
                keep[i] &= q[i] == member
        if promoted >= 0:
            for i in range(high - low):
                keep[i] &= (r[i] == 0) | (r[i] == promoted)
        for i in range(high - low):
            out[n] = low + i
            n += int(keep[i])
    return n


def pick(
    blocks: NDArray[np.int64],
    month: int,
    youngest: int,
    oldest: int,
    abroad: bool,
    member: int,
    promoted: int,
    tree: Tree,
    people: People,
) -> NDArray[np.int32]:
    """Ids of free persons from ``youngest`` to ``oldest`` months old, neither barred nor stained themselves, in order.

    ``abroad``: those abroad and the banished too, not only those at home; ``member``: 1 or 0 keeps (other) than members of the
    party, -1 all; ``promoted``: those without a post and holders of this one, -1 all.
    """

    def part(some: NDArray[np.int64]) -> NDArray[np.int32]:
        out = np.empty(BLOCK * some.size + 1, np.int32)
        n = _pick(some, BLOCK, month, youngest, oldest, abroad, member, promoted, tree, people, out)
        return out[:n].copy()

    return np.concatenate(each(part, some_at_a_time(blocks)))


@numba.njit(cache=True, nogil=True)
def _count_standing(
    blocks: np.ndarray, block: int, latest: int, posts: int, tree: Tree, people: People
) -> np.ndarray:
    """Counts by (adult, member of the party, post); what comes after these is who is in a camp, and then all others.

    Nearly nobody has a post: all are counted as if they had none, many at a time, and then who has one is moved.
    """
    birth, where, party, post = tree.birth, people.where, people.party, people.post
    camp, day = 4 * posts, np.int16(latest)
    home, banished, away, held = np.int8(HOME), np.int8(BANISHED), np.int8(ABROAD), np.int8(CAMP)
    count = np.zeros(camp + 2, np.int64)
    for k in range(blocks.size):
        low, high = blocks[k], min(blocks[k] + block, where.size)
        b, w, q, r = birth[low:high], where[low:high], party[low:high], post[low:high]
        free, adult, member, both = np.int16(0), np.int16(0), np.int16(0), np.int16(0)
        camped, holders = np.int16(0), np.int16(0)
        for i in range(high - low):
            here = (w[i] == home) | (w[i] == banished) | (w[i] == away)
            old, inside = here & (b[i] <= day), here & (q[i] != 0)
            free += np.int16(here)
            adult += np.int16(old)
            member += np.int16(inside)
            both += np.int16(old & inside)
            camped += np.int16(w[i] == held)
            holders += np.int16(here & (r[i] != 0))
        count[0] += free - adult - member + both
        count[posts] += member - both
        count[2 * posts] += adult - both
        count[3 * posts] += both
        count[camp] += camped
        count[camp + 1] += high - low - free - camped
        for i in range(high - low if holders > 0 else 0):
            if r[i] != 0 and (w[i] == home or w[i] == banished or w[i] == away):
                kind = (2 * int(b[i] <= day) + int(q[i] != 0)) * posts
                count[kind] -= 1
                count[kind + r[i]] += 1
    return count


class Standing(NamedTuple):
    """Counts of those who are alive and free in the country or posted abroad.

    ``adults`` (member of the party, holder of a post) born by a month; ``holders`` by post, the first for none; ``present`` and
    ``members`` all of them; ``camp`` who is in a camp.
    """

    adults: NDArray[np.int64]
    holders: NDArray[np.int64]
    present: int
    members: int
    camp: int


def count_standing(
    blocks: NDArray[np.int64], latest: int, posts: int, tree: Tree, people: People
) -> Standing:
    """The counts; ``latest`` is the last month of birth of an adult, ``posts`` the number of posts."""
    parts = [blocks[: blocks.size // 2], blocks[blocks.size // 2 :]]
    found = each(lambda part: _count_standing(part, BLOCK, latest, posts + 1, tree, people), parts)
    count = np.sum(found, axis=0)
    kinds = count[: 4 * (posts + 1)].reshape(2, 2, posts + 1)
    adults = np.stack([kinds[1, :, 0], kinds[1, :, 1:].sum(axis=1)], axis=1)
    members = int(kinds[:, 1].sum())
    return Standing(adults, kinds.sum(axis=(0, 1)), int(kinds.sum()), members, int(count[kinds.size]))
