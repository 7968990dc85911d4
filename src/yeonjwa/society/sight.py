"""Step 5, first half: over which ties a patron sees hardship this month.

He sees it with the monthly chance of his post, some months late, unless a demand tells him. Which ties are seen is needed of all
of them, because the hardest month that anybody sees is what a household needs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.memory import prefetch
from yeonjwa.core.parallel import over_rows
from yeonjwa.core.randomness import bits
from yeonjwa.society.codes import POSTS
from yeonjwa.society.means import AHEAD, HOME_BIT, Means
from yeonjwa.society.state import PAST_MONTHS
from yeonjwa.society.ties import Ties
from yeonjwa.society.world import World

#: Degrees of ties that are told apart in records.
NEAR = 4
#: Patrons of a block: what is kept between its loops stays in a core's own cache.
PATRONS = 2048
#: Random words have 53 bits where they stand for numbers between 0 and 1.
_PRECISION = 53
_SHIFT = np.uint64(64 - _PRECISION)


@dataclass(frozen=True)
class Seen:
    """What is seen this month.

    ``tie`` ties over which hardship is seen, in order, those of patron k from ``offset[k]`` to ``offset[k + 1] - 1``, and
    ``house`` their households; ``told`` ties with a demand, in order.
    """

    tie: NDArray[np.int32]
    house: NDArray[np.int32]
    offset: NDArray[np.int64]
    told: NDArray[np.int64]


def see_hardship(world: World, ties: Ties, means: Means) -> Seen:
    """Ties over which hardship is seen; marks which months are seen of a household, and counts the ties to the poor."""
    month = world.month
    told = np.empty(0, np.int64) if world.signals is None else np.sort(world.signals.tie)
    # A draw is below a chance where its 53 bits are below so many parts of their range.
    threshold = np.ceil(month.by_rank("support.sight") * 2.0**_PRECISION).astype(np.uint64)
    delay = np.minimum(month.by_rank("support.delay"), PAST_MONTHS - 1).astype(np.int8)
    number = np.empty(ties.patrons.size, np.int32)
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
        number,
        max(int(ties.degree.max(initial=0)), NEAR) + 1,
        block=PATRONS,
    )
    if not found:
        return Seen(np.empty(0, np.int32), np.empty(0, np.int32), np.zeros(1, np.int64), told)
    counts = np.sum([part[2] for part in found], axis=0)
    by_post, by_degree = counts.sum(axis=1), counts.sum(axis=0)
    world.recorder.add("support.poor_ties", by_post.sum())
    world.recorder.split("support.poor_ties", "post", POSTS, by_post[1:])
    world.recorder.split("support.poor_ties", "degree", ("1", "2", "3", "4"), by_degree[1 : NEAR + 1])
    offset = np.concatenate(([0], np.cumsum(number, dtype=np.int64)))
    tie, house = (np.concatenate([part[i] for part in found]) for i in (0, 1))
    return Seen(tie, house, offset, told)


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
    number: np.ndarray,
    degrees: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ties of the patrons first to last - 1 over which the patron sees hardship this month, their households, and counts of
    poor ties.

    ``threshold`` and ``delay`` are by rank; ``key_of`` is what the draws of a tie are addressed by, ``told`` the ties over
    which there is a demand, in order; ``number`` is filled with the ties of each patron; counts are by rank and degree. First
    come the ties in hardship when he looks, then those of them that he sees, then the marks: each a loop that a processor runs
    ahead in, and writing the next tie over one that was not kept is cheaper than asking whether to keep it.
    """
    poor = np.empty(offset[last] - offset[first], np.int32)
    counts = np.zeros((delay.size, degrees), np.int64)
    hears = np.zeros(last - first, np.bool_)
    n, place = 0, np.searchsorted(told, offset[first])
    for k in range(first, last):
        start, r, end = n, rank[k], offset[k + 1] if usable[k] else offset[k]
        while place < told.size and told[place] < offset[k]:
            place += 1
        hears[k - first] = place < told.size and told[place] < end
        # Whoever hears a demand knows of this month, too.
        months = (1 << delay[r]) | int(hears[k - first])
        for i in range(offset[k], end):
            prefetch(needy, house[min(i + AHEAD, offset[last] - 1)])
            state = int(needy[house[i]])
            counts[r, degree[i]] += state & 1
            poor[n] = i
            n += int((state & months) != 0) & (state >> HOME_BIT)
        number[k] = n - start
    out = np.empty(n, np.int32)
    start, n, place = 0, 0, np.searchsorted(told, offset[first])
    for k in range(first, last):
        begin, r = n, rank[k]
        word, chance, late = bits(key, patrons[k], month), threshold[r], delay[r]
        end = start + number[k]
        if hears[k - first]:
            for s in range(start, end):
                i = poor[s]
                out[n] = i
                while place < told.size and told[place] < i:
                    place += 1
                if place < told.size and told[place] == i:
                    n += _mark(house[i], 0, needy, when)
                elif bits(word, key_of[i], 0) >> _SHIFT < chance:
                    n += _mark(house[i], late, needy, when)
        else:
            for s in range(start, end):
                i = poor[s]
                out[n] = i
                n += int(bits(word, key_of[i], 0) >> _SHIFT < chance)
        start, number[k] = end, n - begin
    seen_house = np.empty(n, np.int32)
    for s in range(n):
        seen_house[s] = house[out[s]]
    n = 0
    for k in range(first, last):
        if not hears[k - first]:
            for s in range(n, n + number[k]):
                when[seen_house[s], delay[rank[k]]] = 1
        n += number[k]
    return out[:n].copy(), seen_house, counts


@numba.njit(cache=True, nogil=True)
def _mark(h: int, month: int, needy: np.ndarray, when: np.ndarray) -> int:
    """Mark a month of a household, if it was in hardship then, and say whether it was.

    Two threads may mark the same month of one household: they write the same.
    """
    in_need = (int(needy[h]) >> month) & 1
    if in_need:
        when[h, month] = 1
    return in_need
