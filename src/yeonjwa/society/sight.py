"""Step 5, first half: over which ties a patron sees hardship this month.

He sees it with the monthly chance of his post, some months late, unless a demand tells him. Which ties are seen is needed of all
of them, because the hardest month that anybody sees is what a household needs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.memory import EIGHT, SIXTEEN, fill_eight, list_marked
from yeonjwa.core.parallel import over_rows
from yeonjwa.core.randomness import address, bits, mix
from yeonjwa.society.codes import POSTS
from yeonjwa.society.means import HOME_BIT, Means
from yeonjwa.society.state import PAST_MONTHS
from yeonjwa.society.ties import Ties
from yeonjwa.society.world import World

#: Degrees of ties that are told apart in records.
NEAR = 4
#: Patrons of a block: what is kept between its loops stays in a core's own cache.
PATRONS = 2048
#: Counters of one cell.
TURNS = 4
#: Random words have 53 bits where they stand for numbers between 0 and 1.
_PRECISION, _WORD = 53, 64
_SHIFT, _NEVER = np.uint64(_WORD - _PRECISION), np.uint64(2**_WORD - 1)


@dataclass(frozen=True)
class Seen:
    """What is seen this month.

    ``parts`` hold the ties over which hardship is seen, their patrons and households, block by block of patrons; ``told`` ties
    with a demand. All are in order.
    """

    parts: list[tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]]
    told: NDArray[np.int64]

    @property
    def tie(self) -> NDArray[np.int32]:
        """All ties over which hardship is seen, in order."""
        return np.concatenate([part[0] for part in self.parts]) if self.parts else np.empty(0, np.int32)


def see_hardship(world: World, ties: Ties, means: Means) -> Seen:
    """Ties over which hardship is seen; marks which months are seen of a household, and counts the ties to the poor."""
    month = world.month
    told = np.empty(0, np.int64) if world.signals is None else np.sort(world.signals.tie)
    # A draw is below a chance where its 53 bits are below so many parts of their range.
    threshold = np.ceil(month.by_rank("support.sight") * 2.0**_PRECISION).astype(np.uint64)
    delay = np.minimum(month.by_rank("support.delay"), PAST_MONTHS - 1).astype(np.int8)
    found = over_rows(
        _seen,
        ties.patrons.size,
        world.t,
        world.key("support.sight"),
        threshold,
        delay,
        ties.offset,
        ties.patrons,
        means.usable,
        means.rank,
        ties.patron,
        ties.house,
        ties.degree,
        ties.key,
        means.needy,
        told,
        means.room.when,
        max(int(ties.degree.max(initial=0)), NEAR) + 1,
        block=PATRONS,
    )
    if not found:
        return Seen([], told)
    counts = np.sum([part[3] for part in found], axis=0)
    by_post, by_degree = counts.sum(axis=1), counts.sum(axis=0)
    world.recorder.add("support.poor_ties", by_post.sum())
    world.recorder.split("support.poor_ties", "post", POSTS, by_post[1:])
    world.recorder.split("support.poor_ties", "degree", ("1", "2", "3", "4"), by_degree[1 : NEAR + 1])
    return Seen([part[:3] for part in found], told)


@numba.njit(cache=True, nogil=True)
def _seen(
    first: int,
    last: int,
    month: int,
    key: np.uint64,
    threshold: np.ndarray,
    delay: np.ndarray,
    offset: np.ndarray,
    patrons: np.ndarray,
    usable: np.ndarray,
    rank: np.ndarray,
    patron_of: np.ndarray,
    house: np.ndarray,
    degree: np.ndarray,
    key_of: np.ndarray,
    needy: np.ndarray,
    told: np.ndarray,
    when: np.ndarray,
    degrees: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Ties of the patrons first to last - 1 over which the patron sees hardship this month, their patrons and households, and
    counts of poor ties.

    ``threshold`` and ``delay`` are by rank; ``patron_of`` and ``key_of`` are the patron of a tie and what its draws are addressed
    by, ``told`` the ties over which there is a demand, in order; counts are by rank and degree. First come the ties in hardship
    when he looks, then the draws of all of them, then those that he sees, then the marks: each a loop that a processor runs ahead
    in.
    """
    low, high = np.searchsorted(told, offset[first]), np.searchsorted(told, offset[last])
    heard = told[low:high]
    poor, counts = _look(
        first, last, delay, offset, usable, rank, patron_of, house, degree, needy, heard, degrees
    )
    chance, late = np.empty(last - first, np.uint64), np.empty(last - first, np.uint8)
    for k in range(first, last):
        chance[k - first], late[k - first] = threshold[rank[k]], delay[rank[k]]
    owner = np.empty(poor.size, np.uint16)
    for s in range(poor.size):
        owner[s] = patron_of[np.uint32(poor[s])] - first
    word = _draw(month, key, patrons[first:last], key_of, poor, owner)
    looks, sees = np.empty(poor.size, np.uint8), np.empty(poor.size, np.uint8)
    for s in range(poor.size):
        looks[s] = late[owner[s]]
    _hear(heard, house, needy, poor, owner, word, looks)
    for s in range(poor.size):
        sees[s] = word[s] <= chance[owner[s]]
    row = np.empty(poor.size + SIXTEEN, np.int32)
    n = list_marked(sees, 0, row)
    tie, patron, seen_house = np.empty(n, np.int32), np.empty(n, np.int32), np.empty(n, np.int32)
    for j in range(n):
        at = np.uint32(row[j])
        tie[j], patron[j] = poor[at], first + owner[at]
    for j in range(n):
        seen_house[j] = house[np.uint32(tie[j])]
    for j in range(n):
        when[looks[np.uint32(row[j])], np.uint32(seen_house[j])] = 1
    return tie, patron, seen_house, counts


@numba.njit(cache=True, nogil=True)
def _look(
    first: int,
    last: int,
    delay: np.ndarray,
    offset: np.ndarray,
    usable: np.ndarray,
    rank: np.ndarray,
    patron_of: np.ndarray,
    house: np.ndarray,
    degree: np.ndarray,
    needy: np.ndarray,
    heard: np.ndarray,
    degrees: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Ties of the patrons first to last - 1 that are in hardship when the patron looks, and counts of ties in hardship this month
    by rank and degree.

    ``heard`` are those of the ties over which there is a demand. What a patron looks at is written beside each of his ties, so
    that the loops over ties handle many at a time.
    """
    low = offset[first]
    looked, post = _beside_ties(first, last, delay, offset, usable, rank, degrees)
    # Whoever hears a demand knows of this month, too.
    for tie in heard:
        k = patron_of[tie]
        for i in range(offset[k] - low, offset[k + 1] - low):
            looked[i] |= np.uint8(usable[k])
    homes, near = house[low : offset[last]], degree[low : offset[last]]
    state, poor = np.empty(homes.size, np.uint8), np.empty(homes.size, np.uint8)
    for i in range(homes.size):
        state[i] = needy[np.uint32(homes[i])]
    cell = np.empty(homes.size, np.uint16)
    for i in range(homes.size):
        poor[i] = np.uint8(state[i] & looked[i] != 0) & (state[i] >> np.uint8(HOME_BIT))
        now = np.uint16(state[i] & np.uint8(1)) * np.uint16(looked[i] != 0)
        cell[i] = now * (post[i] + np.uint16(near[i]) + np.uint16(1))
    counts = _count_cells(cell, delay.size * degrees + 1)[1:].copy().reshape(delay.size, degrees)
    out = np.empty(homes.size + SIXTEEN, np.int32)
    return out[: list_marked(poor, low, out)], counts


@numba.njit(cache=True, nogil=True)
def _beside_ties(
    first: int,
    last: int,
    delay: np.ndarray,
    offset: np.ndarray,
    usable: np.ndarray,
    rank: np.ndarray,
    degrees: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Beside each tie of the patrons first to last - 1: the bit of the month that the patron looks at, none if he is no longer
    usable; and the first cell of his rank in the counts."""
    low, ties = offset[first], offset[last] - offset[first]
    # Eight are written at a time, and those that are too many written over by the next patron.
    looked, post = np.empty(ties + EIGHT, np.uint8), np.empty(ties + EIGHT, np.uint16)
    for k in range(first, last):
        bit, cell = np.uint8(int(usable[k]) << delay[rank[k]]), rank[k] * degrees
        for i in range(offset[k] - low, offset[k + 1] - low, EIGHT):
            fill_eight(looked, i, bit)
            fill_eight(post, i, cell)
    return looked[:ties], post[:ties]


@numba.njit(cache=True, nogil=True)
def _count_cells(cell: np.ndarray, cells: int) -> np.ndarray:
    """How often each cell occurs: counters take turns, so that a count need not wait for the one before."""
    counts = np.zeros((TURNS, cells), np.int64)
    one, two, three, four = counts[0], counts[1], counts[2], counts[3]
    whole = cell.size - cell.size % TURNS
    for i in range(0, whole, TURNS):
        one[cell[i]] += 1
        two[cell[i + 1]] += 1
        three[cell[i + 2]] += 1
        four[cell[i + 3]] += 1
    for i in range(whole, cell.size):
        one[cell[i]] += 1
    total: np.ndarray = one + two + three + four
    return total


@numba.njit(cache=True, nogil=True)
def _draw(
    month: int, key: np.uint64, patrons: np.ndarray, key_of: np.ndarray, poor: np.ndarray, owner: np.ndarray
) -> np.ndarray:
    """The 53 bits of the draw of each tie ``poor`` and one: those of its household's key under the patron's word of the month."""
    own, word = np.empty(patrons.size, np.uint64), np.empty(poor.size, np.uint64)
    for k in range(patrons.size):
        own[k] = bits(key, patrons[k], month)
    for s in range(poor.size):
        word[s] = address(own[owner[s]], key_of[np.uint32(poor[s])])
    for s in range(poor.size):
        word[s] = (mix(mix(word[s])) >> _SHIFT) + np.uint64(1)
    return word


@numba.njit(cache=True, nogil=True)
def _hear(
    told: np.ndarray,
    house: np.ndarray,
    needy: np.ndarray,
    poor: np.ndarray,
    owner: np.ndarray,
    word: np.ndarray,
    looks: np.ndarray,
) -> None:
    """Who hears of this month's hardship by a demand sees it, and no other month; the other ties of those who hear one are seen
    only if there was hardship when they look: their draws are made the lowest, and the highest, that there are."""
    for tie in told:
        place = np.searchsorted(poor, tie)
        if place == poor.size or poor[place] != tie:
            continue
        k = owner[place]
        while place > 0 and owner[place - 1] == k:
            place -= 1
        while place < poor.size and owner[place] == k:
            if poor[place] == tie:
                word[place], looks[place] = 0, 0
            if (needy[house[poor[place]]] >> looks[place]) & 1 == 0:
                word[place] = _NEVER
            place += 1
