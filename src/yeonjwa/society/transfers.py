"""Step 5, applied: who supports whom this month.

A patron sees a relative's hardship with the monthly chance of his post, some months late, unless a demand tells him.
He first gives what altruism tells him, nearest relative first, then plays the support game on what is left. Every
basket sent is either received or a fee.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.parallel import over_rows
from yeonjwa.core.randomness import bits, uniform
from yeonjwa.society import gaps, support
from yeonjwa.society.abroad import means_of
from yeonjwa.society.codes import POSTS, PROVINCES
from yeonjwa.society.losses import Stakes, monthly_budget, value_of_ties
from yeonjwa.society.signals import usable_patrons
from yeonjwa.society.state import PAST_MONTHS
from yeonjwa.society.ties import Ties
from yeonjwa.society.world import World

Float = NDArray[np.float64]
Int = NDArray[np.int64]

#: Sweeps of best replies after which the month is closed as it stands (a note counts how often). Late sweeps are
#: cheap: only those move who are still concerned.
MAX_SWEEPS = 2000


@dataclass
class Game:
    """The ties in play this month, sorted by patron, and the two sides they join.

    ``tie`` row of the year's ties; ``k`` and ``j`` positions in ``patrons`` and ``house``; ``need`` hardship a head that
    is left; ``fee`` share of the amount sent that does not arrive; ``budget`` baskets that can arrive, by patron;
    ``income``, ``patron_income`` consumption a head of relatives (as seen) and patrons.
    """

    tie: Int
    k: Int
    j: Int
    patrons: Int
    house: NDArray[np.int32]
    heads: Float
    need: Float
    income: Float
    budget: Float
    fee: Float
    signal: Int
    patron_income: Float
    altruism: Float
    liability: Float


#: Bit that says that somebody is at home.
_AT_HOME = 7
POOR = 2**PAST_MONTHS - 1


@numba.njit(cache=True, nogil=True)
def _needy_rows(first: int, last: int, size: np.ndarray, past: np.ndarray, out: np.ndarray) -> None:
    """Bit ``m`` of each household: whether it was poor ``m`` months ago; the highest bit: whether anybody is at home."""
    for h in range(first, last):
        bits_of = int(size[h] > 0) << _AT_HOME
        for m in range(past.shape[1]):
            bits_of |= int(past[h, m] > 0.0) << m
        out[h] = bits_of


@numba.njit(cache=True, nogil=True)
def _seen(
    first: int,
    last: int,
    month: int,
    key: np.uint64,
    offset: np.ndarray,
    patrons: np.ndarray,
    usable: np.ndarray,
    sight: np.ndarray,
    delay: np.ndarray,
    post: np.ndarray,
    house: np.ndarray,
    degree: np.ndarray,
    key_of: np.ndarray,
    needy: np.ndarray,
    told: np.ndarray,
    levels: tuple[int, int],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ties of the patrons first to last - 1 over which the patron sees hardship this month, and counts of poor ties.

    ``sight``, ``delay`` and ``post`` are of patrons, ``key_of`` is what the draws of a tie are addressed by, ``told`` the ties
    over which there is a demand, in order; counts of ties to the poor are by post and by degree.
    """
    out = np.empty(offset[last] - offset[first], np.int64)
    by_post, by_degree = np.zeros(levels[0], np.int64), np.zeros(levels[1], np.int64)
    n = 0
    place = np.searchsorted(told, offset[first])
    for k in range(first, last):
        if not usable[k]:
            continue
        begin = bits(key, patrons[k], month)
        for i in range(offset[k], offset[k + 1]):
            poor = needy[house[i]]
            if poor & POOR == 0:
                continue
            if poor & 1:
                by_post[post[k]] += 1
                by_degree[degree[i]] += 1
            while place < told.size and told[place] < i:
                place += 1
            hears = place < told.size and told[place] == i
            if (poor >> (0 if hears else delay[k])) & 1 == 0 or poor >> _AT_HOME == 0:
                continue
            if not hears and uniform(begin, key_of[i], 0) >= sight[k]:
                continue
            out[n] = i
            n += 1
    return out[:n].copy(), by_post, by_degree


@numba.njit(cache=True)
def _number(
    active: np.ndarray, tie_patron: np.ndarray, tie_house: np.ndarray, num_houses: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Patrons and households of the active ties in order, and the position of each tie's in them."""
    place = np.full(num_houses, -1, np.int32)
    patrons = np.empty(active.size, np.int64)
    k, j = np.empty(active.size, np.int64), np.empty(active.size, np.int64)
    last = -1
    for i in range(active.size):
        patron = tie_patron[active[i]]
        if last < 0 or patrons[last] != patron:
            last += 1
            patrons[last] = patron
        k[i] = last
        place[tie_house[active[i]]] = 0
    count = 0
    for h in range(num_houses):
        if place[h] == 0:
            place[h] = count
            count += 1
    houses = np.empty(count, np.int32)
    for i in range(active.size):
        h = tie_house[active[i]]
        j[i] = place[h]
        houses[place[h]] = h
    return patrons[: last + 1].copy(), k, houses, j


def step_support(world: World, ties: Ties, stakes: Stakes) -> None:
    """Transfers of the month; sets ``world.received`` and the records of money."""
    state, month = world.state, world.month
    world.received = np.zeros(state.num_houses)
    game = set_up(world, ties)
    if game.tie.size:
        if month.switch("support.altruism_on"):
            _altruism(game, ties, month.number("support.altruism"))
        if month.switch("support.liability"):
            _liability(world, ties, stakes, game)
            _meet_demands(world, game)
    gaps.count(world, ties, game)
    if game.tie.size:
        _book(world, ties, game)


def set_up(world: World, ties: Ties) -> Game:
    """Ties in play, with hardship as the patron sees it and budgets net of fees."""
    state, month = world.state, world.month
    people, houses = state.people, state.houses
    rank = people.post[ties.patrons].astype(np.int64)
    delay = np.minimum(month.by_rank("support.delay"), PAST_MONTHS - 1).astype(np.int64)[rank]
    active = _active(world, ties, rank, delay)
    row_of_signal = _signal_rows(world, active)
    when = np.where(row_of_signal >= 0, 0, delay[ties.patron[active]])
    hardship = houses.past[ties.house[active], when].astype(float)
    patrons, k, house, j = _number(active, ties.patron, ties.house, state.num_houses)
    # Two patrons may see different months: the household's need is the largest that anybody sees.
    need = np.zeros(house.size)
    np.maximum.at(need, j, hardship)
    fee = month.by_rank("support.fee")[rank[patrons]]
    return Game(
        tie=active,
        k=k,
        j=j,
        patrons=patrons,
        house=house,
        heads=houses.size[house].astype(float),
        need=need,
        income=1.0 - need,
        budget=monthly_budget(world, ties, patrons) * (1.0 - fee),
        fee=fee,
        signal=row_of_signal,
        patron_income=means_of(world, ties.patrons[patrons])[0],
        altruism=np.zeros(active.size),
        liability=np.zeros(active.size),
    )


def _active(world: World, ties: Ties, rank: Int, delay: Int) -> Int:
    """Ties over which hardship is seen this month; counts the ties to the poor on the way."""
    state, month, recorder = world.state, world.month, world.recorder
    houses, n = state.houses, state.num_houses
    needy = np.empty(n, np.uint8)
    over_rows(_needy_rows, n, houses.size, houses.past, needy)
    told = np.empty(0, np.int64) if world.signals is None else np.sort(world.signals.tie)
    levels = (len(POSTS) + 1, int(ties.degree.max(initial=0)) + 1)
    found = over_rows(
        _seen,
        ties.patrons.size,
        world.t,
        world.key("support.sight"),
        ties.offset,
        ties.patrons,
        usable_patrons(world, ties),
        month.by_rank("support.sight")[rank],
        delay,
        rank,
        ties.house,
        ties.degree,
        ties.key,
        needy,
        told,
        levels,
        block=8192,
    )
    if not found:
        return np.empty(0, np.int64)
    by_post, by_degree = (np.sum([part[i] for part in found], axis=0) for i in (1, 2))
    recorder.add("support.poor_ties", by_post.sum())
    recorder.split("support.poor_ties", "post", POSTS, by_post[1:])
    near = np.zeros(5)
    near[: min(5, by_degree.size)] = by_degree[:5]
    recorder.split("support.poor_ties", "degree", ("1", "2", "3", "4"), near[1:])
    return np.concatenate([part[0] for part in found])


def _signal_rows(world: World, active: Int) -> Int:
    """Demand of the month over each active tie, -1 where there is none."""
    out = np.full(active.size, -1, np.int64)
    if world.signals is not None and world.signals.tie.size and active.size:
        tie = world.signals.tie
        at = np.minimum(np.searchsorted(active, tie), active.size - 1)
        heard = np.flatnonzero(active[at] == tie)
        out[at[heard]] = heard
    return out


def _altruism(game: Game, ties: Ties, strength: float) -> None:
    degree = ties.degree[game.tie]
    order = np.argsort(degree, kind="stable").astype(np.int64)
    support.give_altruistically(
        order,
        game.k,
        game.j,
        ties.relatedness[game.tie],
        strength,
        game.patron_income,
        game.income,
        game.heads,
        game.budget,
        game.need,
        game.altruism,
    )


def _liability(world: World, ties: Ties, stakes: Stakes, game: Game) -> None:
    """The support game on what altruism has left; fills ``game.liability``."""
    month = world.month
    alpha, gamma = month.number("support.alpha"), month.number("support.gamma")
    kappa = month.number("support.kappa_w")
    stream = support.stream_factor(month.number("support.discount"), month.number("flight.hardship_memory"))
    value = value_of_ties(world, ties, stakes, game.tie)
    base = _perceived_base(world, game, alpha)
    with np.errstate(divide="ignore"):
        ratio = (game.heads[game.j] / (1.0 - game.fee[game.k])) / (
            gamma * alpha * stream * kappa * value * base**gamma
        )
        target = np.log(ratio) / (gamma * alpha)
    wants = target < game.need[game.j]
    keep = np.flatnonzero(wants & (game.budget[game.k] > 0))
    if keep.size == 0:
        return
    k, j = game.k[keep], game.j[keep]
    offset = np.searchsorted(k, np.arange(game.patrons.size + 1))
    best = np.zeros(game.patrons.size)
    np.maximum.at(best, k, value[keep])
    order = np.lexsort((np.arange(best.size), -best)).astype(np.int64)
    paid = np.zeros(keep.size)
    multiplier = np.zeros(game.patrons.size)
    by_household = np.lexsort((k, ties.degree[game.tie[keep]], j)).astype(np.int64)
    household_offset = np.searchsorted(j[by_household], np.arange(game.house.size + 1)).astype(np.int64)
    sweeps = support.solve(
        order,
        offset.astype(np.int64),
        k,
        by_household,
        household_offset,
        game.budget,
        gamma * alpha,
        j,
        target[keep],
        game.heads,
        game.need,
        paid,
        multiplier,
        MAX_SWEEPS,
    )
    if sweeps == MAX_SWEEPS:
        world.cumulative["support.unsettled_months"] = (
            world.cumulative.get("support.unsettled_months", 0.0) + 1
        )
    support.hand_to_nearest(
        by_household,
        household_offset,
        k,
        ties.degree[game.tie[keep]],
        game.budget,
        np.bincount(k, weights=paid * game.heads[j], minlength=game.patrons.size),
        target[keep],
        multiplier,
        gamma * alpha,
        game.heads,
        game.need,
        paid,
    )
    game.liability[keep] = paid
    _count_unmet(world, ties, game, keep, target[keep], paid)


def _perceived_base(world: World, game: Game, alpha: float) -> Float:
    """Hazard at no hardship as the patron perceives it: a demand he means to meet adds ``mu * lambda * exp(-alpha*h)``."""
    base = world.state.houses.base[game.house[game.j]].astype(float)
    signals = world.signals
    if signals is None:
        return base
    told = game.signal >= 0
    row = game.signal[told]
    meets = signals.pays[row]
    mu = signals.belief[row] * meets
    hardship = world.state.houses.hardship[game.house[game.j[told]]].astype(float)
    start = world.month.number("flight.plan_to_attempt")
    base[told] = (1.0 - mu) * base[told] + mu * start * np.exp(-alpha * hardship)
    return base


def _meet_demands(world: World, game: Game) -> None:
    """A patron who pays a demand gives the larger of the demand and his own optimum: tops up what the game gave."""
    signals = world.signals
    if signals is None:
        return
    rows = np.flatnonzero(game.signal >= 0)
    rows = rows[signals.pays[game.signal[rows]]]
    heads = game.heads[game.j[rows]]
    demanded = signals.price[game.signal[rows]]
    game.liability[rows] = np.maximum(game.liability[rows], demanded / heads)
    met = np.zeros(signals.pays.size, np.bool_)
    met[game.signal[rows]] = True
    # A demand whose tie fell out of play (the household emptied this month) is not paid.
    signals.pays &= met


def _count_unmet(world: World, ties: Ties, game: Game, keep: Int, target: Float, paid: Float) -> None:
    """Baskets that patrons wanted to give beyond their budget, by post."""
    j = game.j[keep]
    total = np.bincount(j, weights=paid, minlength=game.house.size)
    others = total[j] - paid
    open_need = np.maximum(game.need[j] - others, 0.0)
    wish = np.clip(open_need - target, 0.0, open_need)
    short = np.maximum(0.0, wish - paid) * game.heads[j]
    post = world.state.people.post[ties.patrons[game.patrons[game.k[keep]]]].astype(np.int64) - 1
    world.recorder.add("support.unmet", short.sum())
    world.recorder.split(
        "support.unmet", "post", POSTS, np.bincount(post, weights=short, minlength=len(POSTS))
    )


def _count_ties(world: World, ties: Ties, measure: str, which: Int, weights: Float | None = None) -> None:
    """Count ties, or sum something over them, in all and by post and degree."""
    post = world.state.people.post[ties.patrons[ties.patron[which]]].astype(np.int64) - 1
    degree = ties.degree[which].astype(np.int64) - 1
    world.recorder.add(measure, which.size if weights is None else weights.sum())
    for dimension, code, levels in (("post", post, POSTS), ("degree", degree, ("1", "2", "3", "4"))):
        inside = code < len(levels)
        counts = np.bincount(
            code[inside], weights=None if weights is None else weights[inside], minlength=len(levels)
        )
        world.recorder.split(measure, dimension, levels, counts)


def _book(world: World, ties: Ties, game: Game) -> None:
    """Record every transfer once: by post, degree, motive and province; what is received and what is a fee."""
    recorder, houses = world.recorder, world.state.houses
    signals = world.signals
    paying = np.flatnonzero(game.altruism + game.liability > 0)
    tie, k, j = game.tie[paying], game.k[paying], game.j[paying]
    altruism, liability, signal = game.altruism[paying], game.liability[paying], game.signal[paying]
    heads = game.heads[j]
    demanded = signal >= 0
    threat = np.zeros(tie.size, np.bool_)
    if signals is not None:
        row = signal[demanded]
        threat[demanded] = signals.threat[row]
        demanded[demanded] = signals.pays[row]
    parts = (
        ("altruism", altruism * heads),
        ("liability", np.where(demanded, 0.0, liability) * heads),
        ("hint", np.where(demanded & ~threat, liability, 0.0) * heads),
        ("threat", np.where(demanded & threat, liability, 0.0) * heads),
    )
    gross_of_net = 1.0 / (1.0 - game.fee[k])
    net = (altruism + liability) * heads
    sent = net * gross_of_net
    ties.paid_ever[tie] = True
    _count_ties(world, ties, "support.transfers", tie)
    _count_ties(world, ties, "support.amount", tie, sent)
    recorder.add("support.received", net.sum())
    recorder.add("support.fees", (sent - net).sum())
    post = world.state.people.post[ties.patrons[game.patrons[k]]].astype(np.int64) - 1
    province = houses.province[game.house[j]].astype(np.int64)
    cell = post * len(PROVINCES) + province
    # A tie that is paid for two reasons counts once, under the larger; its money is split.
    main = np.argmax(np.stack([amount for _, amount in parts]), axis=0)
    for code, (motive, amount) in enumerate(parts):
        recorder.add("support.transfers", (main == code).sum(), "motive", motive)
        recorder.add("support.amount", (amount * gross_of_net).sum(), "motive", motive)
        table = np.bincount(cell, weights=amount, minlength=len(POSTS) * len(PROVINCES))
        for c in np.flatnonzero(table):
            source, target = POSTS[c // len(PROVINCES)], PROVINCES[c % len(PROVINCES)]
            recorder.flow(world.t, source, target, motive, table[c])
    fees = np.bincount(post, weights=sent - net, minlength=len(POSTS))
    for code, amount in enumerate(fees):
        recorder.flow(world.t, POSTS[code], "fees", "fee", amount)
    # Each household stands once in the game.
    world.received[game.house] += np.bincount(j, weights=altruism + liability, minlength=game.house.size)
