"""Which rows of persons a pass over the country has to look at.

Everyone ever has a row, and most of them are dead or not born yet. Rows come in blocks; a block in which everybody is dead
or will never be born is finished for good, one in which nobody is born within a year waits. The list is made anew each year.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.parallel import each, over_rows
from yeonjwa.society.codes import ABROAD, BANISHED, CAMP, DEAD, HOME, NOT_YET_BORN, UNBORN
from yeonjwa.society.state import People, Tree

#: Persons of a block.
BLOCK = 4096
#: No restriction by membership of the party, by post.
ANYBODY, ANY_POST = -1, -1
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


@numba.njit(cache=True, nogil=True)
def _fill_bits(
    first: int, last: int, month: int, where: np.ndarray, death: np.ndarray, lives: np.ndarray, here: np.ndarray
) -> None:
    """A bit a person, for the persons first (a multiple of eight) to last - 1: who is not dead; who is at home or banished."""
    for low in range(first, last, 8):
        some, near = 0, 0
        for k in range(min(8, last - low)):
            w = where[low + k]
            some |= int(w != DEAD and w != UNBORN) << k
            near |= int((w == HOME or w == BANISHED) and month < death[low + k]) << k
        lives[low >> 3], here[low >> 3] = some, near


def here_bits(
    month: int, where: NDArray[np.int8], death: NDArray[np.int16]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A bit a person, as :func:`yeonjwa.kinship.graph.pack_bits` has them: who is not dead or unborn for good; who lives here.

    Here are those at home or banished who are alive at the end of the month.
    """
    lives, here = (np.zeros((where.size + 7) // 8 + 2, np.uint8) for _ in range(2))
    over_rows(_fill_bits, where.size, month, where, death, lives, here, block=1 << 20)
    return lives, here


@numba.njit(cache=True, nogil=True)
def pick(
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
) -> np.ndarray:
    """Ids of free persons from ``youngest`` to ``oldest`` months old, neither barred nor stained themselves, in order.

    ``abroad``: those abroad and the banished too, not only those at home; ``member``: 1 or 0 keeps (other) than members of the
    party, -1 all; ``promoted``: those without a post and holders of this one, -1 all.
    """
    birth, where, barred, stain = tree.birth, people.where, people.barred, people.stain
    party, post = people.party, people.post
    out = np.empty(1024, np.int64)
    n = 0
    for b in range(blocks.size):
        if n + block > out.size:
            wider = np.empty(2 * out.size + block, np.int64)
            wider[:n] = out[:n]
            out = wider
        for p in range(blocks[b], min(blocks[b] + block, where.size)):
            w = where[p]
            if w != HOME and not (abroad and (w == BANISHED or w == ABROAD)):
                continue
            age = month - birth[p]
            if age < youngest or age > oldest or barred[p] != 0 or stain[p] != 0:
                continue
            if (member >= 0 and party[p] != member) or (
                promoted >= 0 and post[p] != 0 and post[p] != promoted
            ):
                continue
            out[n] = p
            n += 1
    return out[:n].copy()


@numba.njit(cache=True, nogil=True)
def _count_standing(
    blocks: np.ndarray, block: int, latest: int, posts: int, tree: Tree, people: People
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    birth, where, party, post = tree.birth, people.where, people.party, people.post
    standing, holders = np.zeros((2, 2), np.int64), np.zeros(posts, np.int64)
    total = np.zeros(3, np.int64)
    for b in range(blocks.size):
        for p in range(blocks[b], min(blocks[b] + block, where.size)):
            w = where[p]
            if w == CAMP:
                total[2] += 1
            if w != HOME and w != BANISHED and w != ABROAD:
                continue
            total[0] += 1
            total[1] += party[p]
            holders[post[p]] += 1
            if birth[p] <= latest:
                standing[party[p], int(post[p] > 0)] += 1
    return standing, holders, total


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
    adults, holders, total = (np.asarray(one) + two for one, two in zip(*found, strict=True))
    return Standing(adults, holders, int(total[0]), int(total[1]), int(total[2]))
