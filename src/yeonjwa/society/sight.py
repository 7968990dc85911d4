"""Step 5, first half: over which ties a patron sees hardship this month.

He sees it with the monthly chance of his post, some months late, unless a demand tells him. Which ties are seen is needed of all
of them, because the hardest month that anybody sees is what a household needs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

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

    ``threshold`` and ``delay`` are by rank; ``key_of`` is what the draws of a tie are addressed by, ``told`` the ties over
    which there is a demand, in order; counts are by rank and degree. First come the ties in hardship when he looks, then the
    draws of all of them, then those that he sees, then the marks: each a loop that a processor runs ahead in, and writing the
    next tie over one that was not kept is cheaper than asking whether to keep it.
    """
    poor, owner, counts = _look(first, last, delay, offset, usable, rank, house, degree, needy, told, degrees)
    chance, late = np.empty(last - first, np.uint64), np.empty(last - first, np.uint8)
    for k in range(first, last):
        chance[k - first], late[k - first] = threshold[rank[k]], delay[rank[k]]
    word = _draw(month, key, patrons[first:last], key_of, poor, owner)
    looks = np.empty(poor.size, np.uint8)
    for s in range(poor.size):
        looks[s] = late[owner[s]]
    low, high = np.searchsorted(told, offset[first]), np.searchsorted(told, offset[last])
    _hear(told[low:high], house, needy, poor, owner, word, looks)
    # Those seen take the places of those before them: none comes later than it stood.
    n = np.uint64(0)
    for s in range(poor.size):
        sees = np.uint64(word[s] <= chance[owner[s]])
        poor[n], owner[n], looks[n] = poor[s], owner[s], looks[s]
        n += sees
    seen_house, patron = np.empty(n, np.int32), np.empty(n, np.int32)
    for s in range(n):
        seen_house[s], patron[s] = house[np.uint32(poor[s])], first + owner[s]
    for s in range(n):
        when[looks[s], np.uint32(seen_house[s])] = 1
    return poor[:n].copy(), patron, seen_house, counts


@numba.njit(cache=True, nogil=True)
def _look(
    first: int,
    last: int,
    delay: np.ndarray,
    offset: np.ndarray,
    usable: np.ndarray,
    rank: np.ndarray,
    house: np.ndarray,
    degree: np.ndarray,
    needy: np.ndarray,
    told: np.ndarray,
    degrees: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ties of the patrons first to last - 1 that are in hardship when the patron looks, their patrons (``first`` is 0), and
    counts of ties in hardship this month by rank and degree.

    The counts of one rank are kept in one number, a few bits each, as long as they fit: a table would wait for itself.
    """
    poor = np.empty(offset[last] - offset[first], np.int32)
    owner = np.empty(poor.size, np.uint16)
    counts, packed, held = np.zeros((delay.size, degrees), np.int64), np.zeros(delay.size, np.int64), 0
    width = _WORD // degrees
    most = (1 << width) - 1
    # Without a sign, an index needs no look at whether it counts from the end.
    one, home = np.uint64(1), np.uint64(HOME_BIT)
    n, place = np.uint64(0), np.searchsorted(told, offset[first])
    for k in range(first, last):
        if not usable[k]:
            continue
        r, low, high = rank[k], offset[k], offset[k + 1]
        while place < told.size and told[place] < low:
            place += 1
        # Whoever hears a demand knows of this month, too.
        late, this = np.uint64(delay[r]), np.uint64(place < told.size and told[place] < high)
        while low < high:
            if held == most:
                _unpack(packed, width, counts)
                held = 0
            end = min(high, low + most - held)
            held += end - low
            short = packed[r]
            for i in range(np.uint64(low), np.uint64(end)):
                state = np.uint64(needy[np.uint32(house[i])])
                short += np.int64(state & one) << (np.int64(degree[i]) * width)
                poor[n], owner[n] = i, k - first
                n += ((state >> late) | (state & this)) & (state >> home)
            packed[r], low = short, end
    _unpack(packed, width, counts)
    return poor[:n], owner[:n], counts


@numba.njit(cache=True, nogil=True)
def _unpack(packed: np.ndarray, width: int, counts: np.ndarray) -> None:
    """Add the counts that are kept ``width`` bits each, and take them off."""
    for r in range(packed.size):
        for d in range(counts.shape[1]):
            counts[r, d] += (packed[r] >> (d * width)) & ((1 << width) - 1)
        packed[r] = 0


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
