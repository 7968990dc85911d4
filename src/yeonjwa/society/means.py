"""Who can help and who is in need: looked up once in the middle of a month, for demands, support and its gaps.

All three ask the same of every patron and every household, and nothing that they ask changes between them. The arrays are kept
and filled anew each month.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.lanes import LANES, fill_bits
from yeonjwa.core.parallel import over_rows
from yeonjwa.core.randomness import as_uniform
from yeonjwa.society.codes import ABROAD, HOME
from yeonjwa.society.kin_lists import places_among
from yeonjwa.society.state import PAST_MONTHS, Houses, People, turn_of
from yeonjwa.society.ties import Ties
from yeonjwa.society.world import World

#: Bit of ``Means.needy`` that says that somebody is at home.
HOME_BIT = 7
AT_HOME = 1 << HOME_BIT
#: Rows by which memory is asked for ahead where it is read at random.
AHEAD = 24
#: Patrons of a block.
PATRONS = 8192


@dataclass
class Room:
    """Working memory of support, by household, kept from month to month.

    ``when`` (months, households): marks of the months that somebody sees, none between steps; ``need`` a head of those that
    are seen, and ``view``, what patrons look at first (:mod:`yeonjwa.society.choice`); ``mark`` and ``place`` of those that
    may be helped.
    """

    when: NDArray[np.uint8]
    need: NDArray[np.float32]
    view: NDArray[np.uint16]
    mark: NDArray[np.uint8]
    place: NDArray[np.int32]


@dataclass(frozen=True)
class Means:
    """What is the same all through demands and support of a month.

    Attributes
    ----------
    needy : uint8 (households,)
        Bit ``m``: in hardship ``m`` months ago; AT_HOME: somebody is at home.
    usable : bool (patrons,)
        Patrons who still hold a post and are at home or abroad.
    rank : int8 (patrons,)
        Post today, 0 for none.
    income, budget, worth : float64 (patrons,)
        Consumption a head; baskets that can arrive this month, fees taken off; heads times income of the province, by which
        losses are multiplied.
    room : Room
        Working memory.
    """

    needy: NDArray[np.uint8]
    usable: NDArray[np.bool_]
    rank: NDArray[np.int8]
    income: NDArray[np.float64]
    budget: NDArray[np.float64]
    worth: NDArray[np.float64]
    room: Room


def empty_means(households: int, patrons: int) -> Means:
    """Arrays for so many households and patrons, of whom nothing is known yet."""
    return Means(
        needy=np.empty(households, np.uint8),
        usable=np.empty(patrons, np.bool_),
        rank=np.empty(patrons, np.int8),
        income=np.empty(patrons),
        budget=np.empty(patrons),
        worth=np.empty(patrons),
        room=Room(
            when=np.zeros((PAST_MONTHS, households), np.uint8),
            need=np.empty(households, np.float32),
            view=np.empty(households, np.uint16),
            mark=np.zeros(households, np.uint8),
            place=np.empty(households, np.int32),
        ),
    )


def look_up_means(world: World, ties: Ties, means: Means | None = None) -> Means:
    """Means of this month, in the arrays of ``means`` if they fit."""
    state, month = world.state, world.month
    capacity, patrons = state.houses.size.size, ties.patrons.size
    if means is None or (means.needy.size, means.rank.size) != (capacity, patrons):
        means = empty_means(capacity, patrons)
    houses = state.houses
    over_rows(_needy_rows, state.num_houses, world.t, houses.size, houses.hardship, houses.past, means.needy)
    over_rows(
        _means_rows,
        patrons,
        world.t,
        world.key("support.liquid"),
        month.number("support.liquid"),
        month.by_rank("support.budget_share"),
        month.by_rank("support.fee"),
        np.exp(month.vector("economy.province", "province")),
        ties.patrons,
        ties.sharers,
        state.people,
        state.houses,
        means.rank,
        means.usable,
        means.income,
        means.budget,
        means.worth,
        block=PATRONS,
    )
    _earn_abroad(world, ties, means)
    return means


@numba.njit(cache=True, nogil=True)
def _needy_rows(
    first: int,
    last: int,
    month: int,
    size: np.ndarray,
    hardship: np.ndarray,
    past: np.ndarray,
    out: np.ndarray,
) -> None:
    """Bits of the households first to last - 1: numbers of a byte, which a processor handles many of at a time.

    What is remembered of a household that stands empty has no order any more; this month's hardship is the last it had.
    """
    none = np.float32(0.0)
    for low in range(first, last, LANES):
        high = min(low + LANES, last)
        persons, now, bits = size[low:high], hardship[low:high], out[low:high]
        for i in range(high - low):
            bits[i] = (np.uint8(persons[i] > 0) << np.uint8(HOME_BIT)) | np.uint8(now[i] > none)
        for m in range(1, PAST_MONTHS):
            before = past[turn_of(month, m), low:high]
            for i in range(high - low):
                bits[i] |= np.uint8(before[i] > none) << np.uint8(m)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _means_rows(
    first: int,
    last: int,
    month: int,
    key: np.uint64,
    liquid: float,
    share: np.ndarray,
    fee: np.ndarray,
    province_income: np.ndarray,
    patrons: np.ndarray,
    sharers: np.ndarray,
    people: People,
    houses: Houses,
    rank: np.ndarray,
    usable: np.ndarray,
    income: np.ndarray,
    budget: np.ndarray,
    worth: np.ndarray,
) -> None:
    """Means of the patrons first to last - 1, as if all lived on what their households have.

    What a patron has is looked up in loops of their own: a processor waits for many look-ups at once, if nothing stands between.
    """
    post, where, house = people.post, people.where, people.house
    consumption, size, province = houses.consumption, houses.size, houses.province
    n = last - first
    person, parts = patrons[first:last], sharers[first:last]
    ranks, able, spent = rank[first:last], usable[first:last], income[first:last]
    budgets, worths = budget[first:last], worth[first:last]
    home, here, abroad = np.empty(n, np.int32), np.empty(n, np.bool_), np.empty(n, np.bool_)
    heads, place, word = np.empty(n, np.int16), np.empty(n, np.uint8), np.empty(LANES, np.uint64)
    for i in range(n):
        ranks[i] = post[np.uint32(person[i])]
    for i in range(n):
        home[i] = house[np.uint32(person[i])]
    for i in range(n):
        w = where[np.uint32(person[i])]
        abroad[i] = w == ABROAD
        here[i] = w == HOME
    for i in range(n):
        able[i] = (ranks[i] > 0) & (here[i] | abroad[i]) & (home[i] >= 0)
        home[i] = max(home[i], 0)
    for i in range(n):
        spent[i] = consumption[np.uint32(home[i])]
    for i in range(n):
        heads[i] = size[np.uint32(home[i])]
    for i in range(n):
        place[i] = province[np.uint32(home[i])]
    for low in range(0, n, LANES):
        many = min(LANES, n - low)
        fill_bits(low, many, key, person, month, word)
        for j in range(many):
            k = np.uint32(low + j)
            r = np.uint8(ranks[k])
            surplus = max(0.0, spent[k] - 1.0) * max(heads[k], 1)
            has = 1.0 if as_uniform(word[j]) < liquid else 0.0
            budgets[k] = share[r] * surplus * has / parts[k] * (1.0 - fee[r])
            worths[k] = province_income[place[k]] * max(heads[k] + int(abroad[k]), 1)


def _earn_abroad(world: World, ties: Ties, means: Means) -> None:
    """Income and budget of patrons abroad are their own, not those of the household."""
    posted, month = world.posted, world.month
    if posted is None or posted.person.size == 0 or ties.patrons.size == 0:
        return
    at = places_among(posted.person, ties.patrons)
    away = at >= 0
    k, person, rank = at[away], posted.person[away], means.rank[at[away]]
    means.income[k] = posted.income[away]
    liquid = world.draw("support.liquid", person) < month.number("support.liquid")
    gross = month.by_rank("support.budget_share")[rank] * posted.surplus[away] * liquid / ties.sharers[k]
    means.budget[k] = gross * (1.0 - month.by_rank("support.fee")[rank])
