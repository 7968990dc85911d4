"""Step 12: what is counted at the end of a month: people, what they believe against what is true, what patrons may lose.

The loops here pass over everybody every month. They take a block of rows as views of the columns, work it out as short
integers that a processor handles many of at a time, and only then count.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.lanes import LANES, fill_exp
from yeonjwa.core.memory import SIXTEEN, list_marked, prefetch
from yeonjwa.core.parallel import each, over_rows
from yeonjwa.society.beliefs import (
    Nearby,
    Units,
    believe_near,
    believe_of,
    recall_units,
    seen_nearby,
    units_for,
)
from yeonjwa.society.codes import ABROAD, BANISHED, CAMP, EXPATRIATE, HOME, POSTS, PROVINCES, RANKS, SEXES
from yeonjwa.society.losses import chance_confirmed, loss_a_head
from yeonjwa.society.recorder import Cell
from yeonjwa.society.rows import BLOCK, Lived, is_thin, put, rows_of
from yeonjwa.society.ties import Ties
from yeonjwa.society.world import World

#: Bit of the sex in a cell of the census, after those of the province, and one that says that somebody is counted.
_SEX, _COUNTED = np.uint8(4), np.uint8(32)
#: Counters of a cell that take turns, one after the other in memory, and how often one of a byte can be added to.
_COUNTERS, _MOST = 256, 255
#: Ties after which one is looked at whose hazard is asked for now.
_TIES_AHEAD = 64
#: Patrons of a block.
_PATRONS = 8192
_RANKS = len(RANKS)


def step_record(world: World) -> None:
    """Stocks at the end of the month, and what people believe against what is true."""
    recorder = world.recorder
    if not recorder.recording:
        return
    count, party, post = census(world)
    recorder.add("population.alive", count.sum())
    recorder.split("population.alive", "sex", SEXES, count.sum(axis=1))
    recorder.split("population.alive", "province", PROVINCES, count.sum(axis=0))
    recorder.add(
        "population.households", sum(over_rows(_inhabited, world.state.num_houses, world.state.houses.size))
    )
    recorder.add("party.members", party.sum())
    recorder.split("party.members", "sex", SEXES, party)
    recorder.add("post.holders", post[1:].sum())
    recorder.split("post.holders", "post", POSTS, post[1:])
    record_beliefs(world)


@numba.njit(cache=True, nogil=True)
def _count_equal(code: np.ndarray, kinds: np.ndarray, counters: np.ndarray) -> None:
    """Count each of ``kinds`` among the bytes ``code``: counters of a byte, which a processor adds to many of at a time."""
    for k in range(kinds.size):
        kind = kinds[k]
        for j in range(code.shape[0]):
            for i in range(_COUNTERS):
                counters[k, i] += np.uint8(code[j, i] == kind)


@numba.njit(cache=True, nogil=True)
def _add_up(counters: np.ndarray, total: np.ndarray) -> None:
    """Add the counters to ``total`` before they are full, and begin anew."""
    for k in range(total.size):
        for i in range(_COUNTERS):
            total[k] += np.int64(counters[k, i])
        counters[k, :] = 0


@numba.njit(cache=True, nogil=True)
def _inhabited(first: int, last: int, size: np.ndarray) -> int:
    """Households first to last - 1 in which somebody lives: numbers of two bytes, of which many are added at a time."""
    count = 0
    for low in range(first, last, LANES):
        persons, some = size[low : min(low + LANES, last)], np.int16(0)
        for i in range(persons.size):
            some += np.int16(persons[i] != 0)
        count += int(some)
    return count


@numba.njit(cache=True, nogil=True)
def _census(
    blocks: np.ndarray,
    block: int,
    people: np.ndarray,
    members: np.ndarray,
    holders: np.ndarray,
    where: np.ndarray,
    sex: np.ndarray,
    province: np.ndarray,
    party: np.ndarray,
    post: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Persons of some blocks by cells of sex and province, party members by sex, holders of posts by post.

    The cells counted are ``people``, ``members``, ``holders``; 0 is for everybody else.
    """
    rows = block // _COUNTERS
    codes: np.ndarray = np.zeros((3, rows, _COUNTERS), np.uint8)
    by_person = codes.reshape(3, block)
    cell, member, holder = by_person[0], by_person[1], by_person[2]
    of_cell = np.zeros((people.size, _COUNTERS), np.uint8)
    of_member = np.zeros((members.size, _COUNTERS), np.uint8)
    of_holder = np.zeros((holders.size, _COUNTERS), np.uint8)
    cells, party_members, posts = (
        np.zeros(people.size, np.int64),
        np.zeros(members.size, np.int64),
        np.zeros(holders.size, np.int64),
    )
    often = _MOST // rows
    for b in range(blocks.size):
        low = blocks[b]
        n = min(block, where.size - low)
        # Views: an index that may be negative would be looked at before every access.
        w, s, r = where[low : low + n], sex[low : low + n], province[low : low + n]
        q, o = party[low : low + n], post[low : low + n]
        by_person[:, n:] = 0
        for i in range(n):
            free = np.uint8(w[i] == HOME) | np.uint8(w[i] == ABROAD) | np.uint8(w[i] == BANISHED)
            here = free | np.uint8(w[i] == CAMP)
            cell[i] = np.uint8(_COUNTED | (np.uint8(s[i]) << _SEX) | np.uint8(r[i])) * here
            member[i] = np.uint8(_COUNTED | np.uint8(s[i])) * (free & np.uint8(q[i]))
            holder[i] = np.uint8(o[i]) * free
        _count_equal(codes[0], people, of_cell)
        _count_equal(codes[1], members, of_member)
        _count_equal(codes[2], holders, of_holder)
        if b % often == often - 1 or b == blocks.size - 1:
            _add_up(of_cell, cells)
            _add_up(of_member, party_members)
            _add_up(of_holder, posts)
    return cells, party_members, posts


def census(world: World) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Everyone under the country's rule by (sex, province); members of the party by sex; holders of posts by post, 0 for none.

    Who is in a camp is counted among the people only; holders of none are not counted.
    """
    blocks, people = world.awake(), world.state.people
    parts = [blocks[: blocks.size // 2], blocks[blocks.size // 2 :]]
    sex = np.arange(len(SEXES), dtype=np.uint8)
    members = _COUNTED | sex
    cells = (_COUNTED | (sex << _SEX)[:, None] | np.arange(len(PROVINCES), dtype=np.uint8)).ravel()
    posts = np.arange(1, len(POSTS) + 1, dtype=np.uint8)
    columns = (people.where, world.tree.sex, people.province, people.party, people.post)
    found = each(lambda part: _census(part, BLOCK, cells, members, posts, *columns), parts)
    count, party, post = (sum(part[i] for part in found) for i in range(3))
    return count.reshape(len(SEXES), len(PROVINCES)), party, np.concatenate(([0], post))


def record_beliefs(world: World) -> None:
    """Believed and true chance that a parent, sibling or child one degree away answers for a departure, by rank.

    Both are chances that a departure is confirmed *and* a career sanction falls at 1 chon; the exposure is the loss in baskets
    a patron expects from all his poor ties at those beliefs.
    """
    month, recorder = world.month, world.recorder
    reference = month.vector("sanction.career_probability", "degree")[0]
    shield = month.vector("sanction.shield", "rank")
    true = np.clip(
        chance_confirmed(month)
        * np.minimum(reference * month.vector("sanction.career_factor", "rank"), 1.0)
        * (1.0 - shield),
        0.0,
        1.0,
    )
    total, count = _believed_by_rank(world, reference)
    if count.sum() > 0:
        recorder.add("belief.perceived", float(total.sum() / count.sum()))
        recorder.add("belief.true", float((true * count).sum() / count.sum()))
    recorder.split(
        "belief.perceived", "rank", RANKS, np.where(count > 0, total / np.maximum(count, 1e-9), 0.0)
    )
    recorder.split("belief.true", "rank", RANKS, np.where(count > 0, true, 0.0))
    _record_exposure(world)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _sum_beliefs(
    first: int,
    last: int,
    ranks: int,
    posted: np.ndarray,
    factor: np.ndarray,
    published: bool,
    size: np.ndarray,
    income_class: np.ndarray,
    province: np.ndarray,
    key: np.ndarray,
    hits: np.ndarray,
    misses: np.ndarray,
    near: Nearby,
    units: Units,
    a0: float,
    b0: float,
    lived: Lived,
) -> tuple[np.ndarray, np.ndarray]:
    """Belief times heads, and heads, by rank, over the households first to last - 1.

    ``posted`` lists households of expatriates, in order; ``factor`` by rank turns a belief (or, where the rule is ``published``,
    1) into a chance.
    """
    total, heads = np.zeros(ranks), np.zeros(ranks)
    believed, told, rank = np.ones(LANES), np.empty(LANES), np.empty(LANES, np.uint8)
    # Most are ordinary: they are summed a place of the block at a time, which a processor does many of at once.
    ordinary, persons_of = np.zeros(LANES), np.zeros(LANES, np.int32)
    special = np.empty(LANES + SIXTEEN, np.int32)
    place = np.searchsorted(posted, first)
    for low in range(first, last, LANES):
        n = min(LANES, last - low)
        if not published and is_thin(low, lived):
            # What the others believe is not asked for: nobody is there.
            some = rows_of(low, lived)
            own = (province[low : low + n], key[low : low + n], hits[low : low + n], misses[low : low + n])
            believe_of(0, some.size, some, *own, near, a0, b0, told)
            put(some, told, believed)
        elif not published:
            unit = recall_units(low, n, province, key, near, units)
            believe_near(n, hits[low : low + n], misses[low : low + n], unit, near, a0, b0, believed)
        klass, persons = income_class[low : low + n], size[low : low + n]
        for i in range(n):
            rank[i] = np.uint8(klass[i]) if klass[i] < ranks else np.uint8(0)
        while place < posted.size and posted[place] < low + n:
            rank[posted[place] - low] = EXPATRIATE
            place += 1
        # Nobody is in an empty household: it adds nothing.
        for i in range(n):
            counted = persons[i] if rank[i] == 0 else np.int16(0)
            ordinary[i] += counted * min(max(believed[i] * factor[0], 0.0), 1.0)
            persons_of[i] += counted
        for j in range(list_marked(rank[:n], 0, special)):
            k = np.uint32(special[j])
            r = rank[k]
            total[r] += persons[k] * min(max(believed[k] * factor[r], 0.0), 1.0)
            heads[r] += persons[k]
    total[0], heads[0] = ordinary.sum(), persons_of.sum()
    return total, heads


def _believed_by_rank(world: World, reference: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Believed chance at 1 chon summed over persons, and persons, by rank; an expatriate's household is his."""
    month, houses = world.month, world.state.houses
    a0, b0 = month.number("belief.prior_hit"), month.number("belief.prior_miss")
    published = month.switch("belief.publicity")
    factor = np.full(len(RANKS), chance_confirmed(month) * reference)
    if published:
        factor *= 1.0 - month.vector("sanction.shield", "rank")
        factor *= month.vector("sanction.career_factor", "rank")
    else:
        factor /= a0 / (a0 + b0)
    posted = np.empty(0, np.int64)
    if world.posted is not None:
        # Some stand twice: couples who are both posted.
        posted = np.sort(world.state.people.house[world.posted.person]).astype(np.int64)
    world.units = units_for(world.units, houses.size.size)
    columns = (houses.size, houses.income_class, houses.province, houses.key, houses.hits, houses.misses)
    found = over_rows(
        _sum_beliefs,
        world.state.num_houses,
        len(RANKS),
        posted,
        factor,
        published,
        *columns,
        seen_nearby(world.beliefs),
        world.units,
        a0,
        b0,
        world.lived(),
    )
    total, heads = (np.sum([part[i] for part in found], axis=0) for i in (0, 1))
    return total, heads


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _stakes_of_patrons(
    first: int,
    last: int,
    patrons: np.ndarray,
    post: np.ndarray,
    house: np.ndarray,
    career: np.ndarray,
    confirmed: np.ndarray,
    published: bool,
    size: np.ndarray,
    province: np.ndarray,
    key: np.ndarray,
    hits: np.ndarray,
    misses: np.ndarray,
    near: Nearby,
    a0: float,
    b0: float,
    rank: np.ndarray,
    factor: np.ndarray,
    loss: np.ndarray,
) -> None:
    """Rank of the patrons first to last - 1, factor on the chances by degree, and loss of the household given a sanction.

    ``career`` loss a head and ``confirmed`` chance, both by rank; the chance is multiplied by what a patron believes over its
    prior mean, unless the rule is ``published``. Each look-up has a loop of its own: a processor waits for many at once, if
    nothing stands between.
    """
    n = last - first
    some, home, believed = patrons[first:last], np.empty(n, np.int32), np.empty(n)
    ranks, factors, losses = rank[first:last], factor[first:last], loss[first:last]
    for i in range(n):
        ranks[i] = post[np.uint32(some[i])]
        home[i] = max(house[np.uint32(some[i])], 0)
    for i in range(n):
        losses[i] = max(size[np.uint32(home[i])], 1)
    for i in range(n):
        losses[i] *= career[ranks[i]]
        factors[i] = confirmed[ranks[i]]
    if not published:
        believe_of(0, n, home, province, key, hits, misses, near, a0, b0, believed)
        for i in range(n):
            factors[i] = factors[i] * believed[i] / (a0 / (a0 + b0))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _sum_exposure(
    first: int,
    last: int,
    offset: np.ndarray,
    house: np.ndarray,
    degree: np.ndarray,
    hazard: np.ndarray,
    by_degree: np.ndarray,
    rank: np.ndarray,
    factor: np.ndarray,
    loss: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Expected yearly loss of the patrons first to last - 1, and their number, by rank."""
    yearly = np.empty(by_degree.size)
    total, count = np.zeros(_RANKS), np.zeros(_RANKS)
    for k in range(first, last):
        for d in range(by_degree.size):
            yearly[d] = 12.0 * min(1.0, factor[k] * by_degree[d]) * loss[k]
        low, high = offset[k], offset[k + 1]
        # The hazards of patrons to come are asked for before those of this one are summed.
        ahead = house[low + _TIES_AHEAD : high + _TIES_AHEAD]
        for i in range(ahead.size):
            prefetch(hazard, np.uint32(ahead[i]))
        homes, degrees = house[low:high], degree[low:high]
        expected = 0.0
        for i in range(high - low):
            expected += hazard[np.uint32(homes[i])] * yearly[np.uint8(degrees[i])]
        total[rank[k]] += expected
        count[rank[k]] += 1
    return total, count


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _hazard_now(
    first: int, last: int, alpha: float, base: np.ndarray, smoothed: np.ndarray, lived: Lived, out: np.ndarray
) -> None:
    """Hazard of each household at its smoothed hardship; in blocks that are mostly empty only where there is any hazard."""
    x, y, power = np.empty(LANES), np.empty(LANES), np.empty(LANES, np.int64)
    any_hazard, row = np.empty(LANES, np.uint8), np.empty(LANES + SIXTEEN, np.int32)
    for low in range(first, last, LANES):
        n = min(LANES, last - low)
        held, level, now = smoothed[low : low + n], base[low : low + n], out[low : low + n]
        if is_thin(low, lived):
            for i in range(n):
                any_hazard[i] = level[i] != np.float32(0.0)
            some = list_marked(any_hazard[:n], 0, row)
            for j in range(some):
                x[j] = alpha * held[np.uint32(row[j])]
            fill_exp(some, x, y, power)
            now[:] = 0.0
            for j in range(some):
                k = np.uint32(row[j])
                now[k] = level[k] * y[j]
            continue
        for i in range(n):
            x[i] = alpha * held[i]
        fill_exp(n, x, y, power)
        for i in range(n):
            now[i] = level[i] * y[i]


@dataclass(frozen=True)
class Exposed:
    """Patrons and what a departure in the household of a tie would cost them, as it stands at the end of a month.

    ``hazard`` (households,) monthly hazard of a departure; ``by_degree`` chance of a career sanction by degree, the first for 0;
    ``rank``, ``factor``, ``loss`` (patrons,) rank, factor on these chances, and loss of the household given a sanction.
    """

    ties: Ties
    hazard: NDArray[np.float32]
    by_degree: NDArray[np.float64]
    rank: NDArray[np.uint8]
    factor: NDArray[np.float64]
    loss: NDArray[np.float64]

    def losses(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Expected yearly loss of all patrons, and their number, by rank."""
        of = (self.ties.offset, self.ties.house, self.ties.degree, self.hazard, self.by_degree)
        found = over_rows(
            _sum_exposure, self.rank.size, *of, self.rank, self.factor, self.loss, block=_PATRONS
        )
        total, count = (np.sum([part[i] for part in found], axis=0) for i in (0, 1))
        return total, count

    def cells(self) -> dict[Cell, float]:
        """Expected loss of a patron, of all and by rank, as it is recorded."""
        total, count = self.losses()
        mean = total[1:] / np.maximum(count[1:], 1)
        cells: dict[Cell, float] = {
            ("exposure.loss", "rank", name): float(value) for name, value in zip(RANKS[1:], mean, strict=True)
        }
        cells["exposure.loss", "total", "total"] = float(total[1:].sum() / max(count[1:].sum(), 1))
        return cells


def exposed_patrons(
    world: World,
    ties: Ties,
    hazard: NDArray[np.float32],
    by_degree: NDArray[np.float64],
    career: NDArray[np.float64],
    confirmed: NDArray[np.float64],
    published: bool,
) -> Exposed:
    """Patrons as they stand now, and what a departure would cost them.

    Parameters
    ----------
    hazard : float32 (households,)
        Monthly hazard of a departure.
    by_degree : float64
        Chance of a career sanction by degree, the first for 0.
    career, confirmed : float64 (ranks,)
        Loss a head given a sanction; chance that a departure is confirmed.
    published : bool
        Whether ``confirmed`` holds as it is, and is not multiplied by what a patron believes over its prior mean.
    """
    month, people, houses, n = world.month, world.state.people, world.state.houses, ties.patrons.size
    rank, factor, loss = np.empty(n, np.uint8), np.empty(n), np.empty(n)
    over_rows(
        _stakes_of_patrons,
        n,
        *(ties.patrons, people.post, people.house),
        *(career, confirmed, published),
        *(houses.size, houses.province, houses.key, houses.hits, houses.misses),
        seen_nearby(world.beliefs),
        month.number("belief.prior_hit"),
        month.number("belief.prior_miss"),
        *(rank, factor, loss),
        block=_PATRONS,
    )
    return Exposed(ties, hazard, by_degree, rank, factor, loss)


def _record_exposure(world: World) -> None:
    """Expected yearly loss of a patron from departures in the households he answers for, in baskets, by rank."""
    ties = world.ties
    if ties is None or ties.size == 0:
        return
    month, houses = world.month, world.state.houses
    hazard = np.empty(world.state.num_houses, np.float32)
    alpha = month.number("support.alpha")
    over_rows(_hazard_now, hazard.size, alpha, houses.base, houses.smoothed, world.lived(), hazard)
    published = month.switch("belief.publicity")
    confirmed = np.full(_RANKS, chance_confirmed(month))
    if published:
        confirmed *= 1.0 - month.vector("sanction.shield", "rank")
        confirmed *= month.vector("sanction.career_factor", "rank")
    by_degree = np.concatenate(([0.0], month.vector("sanction.career_probability", "degree")))
    exposed = exposed_patrons(world, ties, hazard, by_degree, loss_a_head(month)[0], confirmed, published)
    # Nothing of this changes any more: it is added up beside the moves of the next month, which keep one thread only busy.
    world.recorder.later(exposed.cells)
