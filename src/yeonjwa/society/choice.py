"""Step 5, between sight and game: of the ties over which hardship is seen, those over which something may be given.

Most patrons see need and give nothing: they have nothing to spare, earn too little beside the relative, and lose too little by a
departure. Who that is can be told from bounds that are cheap: altruism only falls as others give, the chance that a patron
believes in is at most certainty over the prior, and hardship is at most what is seen before anybody gives. Who is left out would
have given nothing; who is kept is asked exactly by the game.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.lanes import LANES
from yeonjwa.core.memory import SIXTEEN, list_marked, prefetch
from yeonjwa.core.parallel import BLOCK, each, over_rows
from yeonjwa.society import support
from yeonjwa.society.losses import chance_confirmed, loss_a_head, placebo_source
from yeonjwa.society.means import AHEAD, Means
from yeonjwa.society.sight import Seen
from yeonjwa.society.state import PAST_MONTHS, turn_of
from yeonjwa.society.ties import CHON, Ties
from yeonjwa.society.world import World

Float = NDArray[np.float64]
Int32 = NDArray[np.int32]

#: Bounds are computed in half the digits, by other functions than the game's; they are kept this far on the safe side.
MARGIN = 1.0 + 1e-4
#: Steps of what a patron looks at first; least logarithm of a lift and its step.
_LEVELS, _STEP_BITS, _LEAST_LIFT, _LIFT_STEP = 256, 8, -20.0, 0.1
_LOW = _LEVELS - 1
#: Logarithms of numbers in single precision from their bits: a unit of the last place, the exponent of 1, most that is missing.
_LN2, _ULP, _EXPONENT, _BELOW = math.log(2.0), 2.0**-23, 127.0, 0.0861


@dataclass(frozen=True)
class Choice:
    """Ties over which something may be given, in order, their two ends and what they are to each other (``Ties.info``).

    ``pull`` what liability weighs at most, before anybody gives, in parts of what moves the patron; without end where there
    is a demand.
    """

    tie: Int32
    patron: Int32
    house: Int32
    relation: NDArray[np.uint16]
    pull: NDArray[np.float32]


class _Bounds(NamedTuple):
    """Most that a patron can want.

    ``need``, ``lift`` by their steps; ``gift`` Stark's weight by relation; ``career``, ``camp`` (ranks, relations): highest
    weight of the loss by the patron's own rank; ``career_loss``, ``camp_loss`` a head by the rank whose stakes he has; ``least``
    by rank: value times lift of a household from which on he may pay.
    """

    need: Float
    lift: Float
    gift: Float
    career: Float
    camp: Float
    career_loss: Float
    camp_loss: Float
    least: Float


def _bounds(world: World, ties: Ties) -> _Bounds:
    month, relation = world.month, ties.relation
    gamma = month.number("support.gamma")
    strength = month.number("support.altruism") if month.switch("support.altruism_on") else 0.0
    shared = strength * relation.relatedness
    highest = _highest_chance(world)
    by_degree = np.concatenate(([0.0], month.vector("sanction.career_probability", "degree")))
    depth = month.by_rank("sanction.career_depth")
    reach = np.where(relation.inlaw, month.number("sanction.inlaw_degree"), depth[:, None])
    chance = by_degree[np.minimum(CHON, by_degree.size - 1)] * (CHON <= reach)
    career = np.clip(highest[0][:, None] * chance, 0.0, 1.0)
    camp = np.clip(highest[1][:, None] * relation.camp, 0.0, 1.0)
    losses = loss_a_head(month)
    lift = np.exp(_LEAST_LIFT + _LIFT_STEP * np.arange(_LEVELS))
    lift[-1] = np.inf  # whatever lies above the last step
    return _Bounds(
        need=np.linspace(0.0, MARGIN, _LEVELS),
        lift=lift,
        gift=shared / (1.0 + shared),
        career=career**gamma,
        camp=camp**gamma,
        career_loss=losses[0],
        camp_loss=losses[1],
        least=_least_weight(world) / (1.0 - month.by_rank("support.fee")) / MARGIN,
    )


def _highest_chance(world: World) -> tuple[Float, Float]:
    """Most that the factors on the career and on the camp chance can be, by rank: the belief is at most 1."""
    month = world.month
    confirmed = chance_confirmed(month)
    if month.switch("belief.publicity"):
        spared = 1.0 - month.vector("sanction.shield", "rank")
        career, camp = confirmed * spared * month.vector("sanction.career_factor", "rank"), confirmed * spared
    else:
        a0, b0 = month.number("belief.prior_hit"), month.number("belief.prior_miss")
        career = camp = np.full(month.by_rank("support.fee").size, confirmed * (a0 + b0) / a0)
    return career, camp * month.number("sanction.camp_flight")


def _least_weight(world: World) -> float:
    """What ``V * base**gamma * exp(gamma*alpha*h) / n`` must be above for anybody to pay without a fee (``h_star < h``)."""
    month = world.month
    if not month.switch("support.liability"):
        return np.inf
    stream = support.stream_factor(month.number("support.discount"), month.number("flight.hardship_memory"))
    rate = month.number("support.gamma") * month.number("support.alpha")
    weight = rate * stream * month.number("support.kappa_w")
    return 1.0 / weight if weight > 0.0 else np.inf


def weigh_households(world: World, means: Means) -> None:
    """Need of every household that is seen, and what of it a patron looks at first; marks of months are taken off.

    ``view`` holds need in steps of one part in 255 and the logarithm of the lift ``base**gamma * exp(gamma*alpha*need) / heads``
    in steps of ``_LIFT_STEP``, both rounded up: two bytes a household stay in the cache, where two numbers would not.
    """
    month, room = world.month, means.room
    gamma = month.number("support.gamma")
    over_rows(
        _weigh_rows,
        world.state.num_houses,
        gamma,
        gamma * month.number("support.alpha"),
        np.log(np.maximum(np.arange(_LEVELS), 1)),
        world.t,
        world.state.houses.base.view(np.int32),
        world.state.houses.size,
        world.state.houses.past,
        room.when,
        room.need,
        room.view,
    )


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _weigh_rows(
    first: int,
    last: int,
    gamma: float,
    rate: float,
    log_heads: np.ndarray,
    month: int,
    base_bits: np.ndarray,
    size: np.ndarray,
    past: np.ndarray,
    when: np.ndarray,
    need: np.ndarray,
    view: np.ndarray,
) -> None:
    """Households first to last - 1. Two patrons may see different months: need is the largest that anybody sees.

    The bits of a positive number in single precision, read as an integer, are its logarithm drawn with straight lines, which
    lie at most ``_BELOW`` under it. Rows that are seen are listed first; what is known of them is gathered next to each other,
    so that the arithmetic is a loop over many at once.
    """
    row, seen = np.empty(LANES + SIXTEEN, np.int32), np.empty(LANES, np.uint8)
    most, log_base, shared = np.empty(LANES, np.float32), np.empty(LANES), np.empty(LANES)
    level, step = np.empty(LANES, np.int32), np.empty(LANES, np.int32)
    for low in range(first, last, LANES):
        high = min(low + LANES, last)
        n = _list_seen(when[:, low:high], low, seen, row)
        if n == 0:
            continue
        most[:n] = 0.0
        for m in range(PAST_MONTHS):
            sees, hardship = when[m, low:high], past[turn_of(month, m), low:high]
            marked = np.uint8(0)
            for i in range(high - low):
                marked |= sees[i]
            if marked == 0:  # most months are nobody's
                continue
            for i in range(n):
                at = np.uint32(row[i] - low)
                most[i] = max(most[i], hardship[at] * np.float32(sees[at]))
        for i in range(n):
            h = np.uint32(row[i])
            log_base[i] = base_bits[h]
            shared[i] = log_heads[np.uint32(min(size[h], log_heads.size - 1))]
        for i in range(n):
            lift = gamma * (_LN2 * (log_base[i] * _ULP - _EXPONENT + _BELOW)) + rate * most[i] - shared[i]
            up = math.ceil((lift - _LEAST_LIFT) * (1.0 / _LIFT_STEP))
            level[i] = np.int32(min(max(up, 0.0), _LEVELS - 1.0))
            step[i] = np.int32(min(math.ceil(most[i] * (_LEVELS - 1.0)), _LEVELS - 1.0))
        for i in range(n):
            h = np.uint32(row[i])
            need[h] = most[i]
            view[h] = step[i] | (level[i] << _STEP_BITS)
        when[:, low:high] = 0


@numba.njit(cache=True, nogil=True)
def _list_seen(when: np.ndarray, first: int, seen: np.ndarray, row: np.ndarray) -> int:
    """Write the households with a mark in any month to ``row``; the first of ``when`` is household ``first``."""
    rows = when.shape[1]
    one, two, three, four = when[0], when[1], when[2], when[3]
    for i in range(rows):
        seen[i] = one[i] | two[i] | three[i] | four[i]
    return int(list_marked(seen[:rows], first, row))


def choose(world: World, ties: Ties, means: Means, seen: Seen) -> Choice:
    """Ties over which something may be given; marks their households."""
    bounds, room = _bounds(world, ties), means.room
    rank, worth = means.rank, means.worth
    if world.month.switch("support.placebo"):
        source = placebo_source(world, ties)
        rank, worth = rank[source], worth[source]
    given = (
        seen.told,
        ties.info,
        means.budget,
        means.income,
        means.rank,
        rank,
        worth,
        room.view,
        *bounds,
        room.mark,
    )
    found = each(lambda part: _choose_rows(*part, *given), seen.parts)
    if not found:
        nothing = np.empty(0, np.int32)
        return Choice(nothing, nothing, nothing, np.empty(0, np.uint16), np.empty(0, np.float32))
    return Choice(*each(np.concatenate, list(zip(*found, strict=True))))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _choose_rows(
    tie: np.ndarray,
    patron: np.ndarray,
    house: np.ndarray,
    told: np.ndarray,
    info: np.ndarray,
    budget: np.ndarray,
    income: np.ndarray,
    rank: np.ndarray,
    stake_rank: np.ndarray,
    worth: np.ndarray,
    view: np.ndarray,
    need_of: np.ndarray,
    lift_of: np.ndarray,
    gift: np.ndarray,
    career: np.ndarray,
    camp: np.ndarray,
    career_loss: np.ndarray,
    camp_loss: np.ndarray,
    least: np.ndarray,
    mark: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Of a part of the seen ties those that may be paid: tie, patron, household, relation, pull.

    Only whoever has something is asked, and whoever hears a demand, whose tie is kept. Levels of households and relations, which
    lie far apart, are looked up in loops of their own: a processor waits for many look-ups at once.
    """
    forced = np.zeros(tie.size, np.uint8)
    if tie.size:
        for i in range(np.searchsorted(told, tie[0]), np.searchsorted(told, tie[-1] + 1)):
            s = np.searchsorted(tie, told[i])
            forced[s] = tie[s] == told[i]
    asks, asked = np.empty(tie.size, np.uint8), np.empty(tie.size + SIXTEEN, np.int32)
    for s in range(tie.size):
        asks[s] = (budget[np.uint32(patron[s])] > 0.0) | (forced[s] > 0)
    n = list_marked(asks, 0, asked)
    levels, relation_of = np.empty(n, np.uint16), np.empty(n, np.uint16)
    pull, keep = np.empty(n, np.float32), np.empty(n, np.uint8)
    for i in range(n):
        levels[i] = view[np.uint32(house[np.uint32(asked[i])])]
    for i in range(n):
        relation_of[i] = info[np.uint32(tie[np.uint32(asked[i])])]
    for i in range(n):
        s = np.uint32(asked[i])
        k, relation = np.uint32(patron[s]), relation_of[i]
        r, stake = np.uint8(rank[k]), np.uint8(stake_rank[k])
        need, lift, b = need_of[levels[i] & _LOW], lift_of[levels[i] >> _STEP_BITS], gift[relation]
        gives = (b * income[k] - (1.0 - b) * (1.0 - need) > 0.0) & (need > 0.0)
        lost = career_loss[stake] * career[r, relation] + camp_loss[stake] * camp[r, relation]
        weight = worth[k] * lost * lift / least[r]
        pull[i] = np.inf if forced[s] else weight
        keep[i] = gives | (weight > 1.0) | (forced[s] > 0)
    row = np.empty(n + SIXTEEN, np.int32)
    kept = list_marked(keep, 0, row)
    out, out_patron, out_house = np.empty(kept, np.int32), np.empty(kept, np.int32), np.empty(kept, np.int32)
    out_relation, out_pull = np.empty(kept, np.uint16), np.empty(kept, np.float32)
    for j in range(kept):
        at = np.uint32(row[j])
        s = np.uint32(asked[at])
        out[j], out_patron[j], out_house[j] = tie[s], patron[s], house[s]
        out_relation[j], out_pull[j] = relation_of[at], pull[at]
    for j in range(kept):
        mark[np.uint32(out_house[j])] = 1
    return out, out_patron, out_house, out_relation, out_pull


def number_households(world: World, which: Int32, means: Means) -> tuple[Int32, Float, Float, Float, Int32]:
    """Each of the marked households ``which`` once, in order; their heads, need and hazard at no hardship; and the place of
    ``which`` among them."""
    room, houses = means.room, world.state.houses
    found = over_rows(
        _number_rows, world.state.num_houses, houses.size, houses.base, room.need, room.mark, room.place
    )
    if not found:
        return np.empty(0, np.int32), np.empty(0), np.empty(0), np.empty(0), np.empty(0, np.int32)
    house, heads, need, base = each(np.concatenate, list(zip(*found, strict=True)))
    begin = np.concatenate(([0], np.cumsum([part[0].size for part in found])))
    place = np.empty(which.size, np.int32)
    over_rows(_place_rows, which.size, which, BLOCK, begin, room.place, place)
    return house, heads, need, base, place


@numba.njit(cache=True, nogil=True)
def _number_rows(
    first: int,
    last: int,
    size: np.ndarray,
    base_of: np.ndarray,
    need_of: np.ndarray,
    mark: np.ndarray,
    place: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Marked households first to last - 1, their heads, need and hazard; ``place`` among them; marks are taken off."""
    house = np.empty(last - first + SIXTEEN, np.int32)
    n = list_marked(mark[first:last], first, house)
    heads, need, base = np.empty(n), np.empty(n), np.empty(n)
    for i in range(n):
        marked = np.uint32(house[i])
        place[marked], mark[marked] = i, 0
        heads[i], need[i], base[i] = size[marked], need_of[marked], base_of[marked]
    return house[:n].copy(), heads, need, base


@numba.njit(cache=True, nogil=True)
def _place_rows(
    first: int,
    last: int,
    which: np.ndarray,
    block: int,
    begin: np.ndarray,
    place: np.ndarray,
    out: np.ndarray,
) -> None:
    for s in range(first, last):
        prefetch(place, which[min(s + AHEAD, which.size - 1)])
        h = which[s]
        out[s] = begin[h // block] + place[h]
