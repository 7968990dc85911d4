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

from yeonjwa.core.randomness import bits, uniform
from yeonjwa.society import support
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


@numba.njit(cache=True)
def _seen(
    month: int,
    key: np.uint64,
    patron: np.ndarray,
    patrons: np.ndarray,
    usable: np.ndarray,
    sight: np.ndarray,
    delay: np.ndarray,
    house: np.ndarray,
    size: np.ndarray,
    house_key: np.ndarray,
    past: np.ndarray,
    told: np.ndarray,
) -> np.ndarray:
    """Ties over which the patron sees hardship this month (``sight`` and ``delay`` by patron)."""
    out = np.empty(patron.size, np.int64)
    n = 0
    for i in range(patron.size):
        k = patron[i]
        h = house[i]
        if past[h, 0 if told[i] else delay[k]] <= 0.0 or not usable[k] or size[h] <= 0:
            continue
        if not told[i] and uniform(bits(key, patrons[k], month), house_key[h], 0) >= sight[k]:
            continue
        out[n] = i
        n += 1
    return out[:n].copy()


def step_support(world: World, ties: Ties, stakes: Stakes) -> None:
    """Transfers of the month; sets ``world.received`` and the records of money."""
    state, month = world.state, world.month
    world.received = np.zeros(state.num_houses)
    game = set_up(world, ties)
    poor = state.houses.hardship[ties.house] > 0
    usable = usable_patrons(world, ties)[ties.patron]
    _count_ties(world, ties, "support.poor_ties", np.flatnonzero(poor & usable))
    if game.tie.size:
        if month.switch("support.altruism_on"):
            _altruism(game, ties, month.number("support.altruism"))
        if month.switch("support.liability"):
            _liability(world, ties, stakes, game)
            _meet_demands(world, game)
        _book(world, ties, game)


def set_up(world: World, ties: Ties) -> Game:
    """Ties in play, with hardship as the patron sees it and budgets net of fees."""
    state, month = world.state, world.month
    people, houses = state.people, state.houses
    rank = people.post[ties.patrons].astype(np.int64)
    signals = world.signals
    told = np.zeros(ties.size, np.bool_)
    row_of_signal = np.full(ties.size, -1, np.int64)
    if signals is not None:
        told[signals.tie] = True
        row_of_signal[signals.tie] = np.arange(signals.tie.size)
    sight = month.by_rank("support.sight")[rank]
    delay = np.minimum(month.by_rank("support.delay"), PAST_MONTHS - 1).astype(np.int64)[rank]
    active = _seen(
        world.t,
        world.key("support.sight"),
        ties.patron,
        ties.patrons,
        usable_patrons(world, ties),
        sight,
        delay,
        ties.house,
        houses.size,
        houses.key,
        houses.past,
        told,
    )
    when = np.where(told[active], 0, delay[ties.patron[active]])
    hardship = houses.past[ties.house[active], when].astype(float)
    patrons, k = np.unique(ties.patron[active], return_inverse=True)
    house, j = np.unique(ties.house[active], return_inverse=True)
    # Two patrons may see different months: the household's need is the largest that anybody sees.
    need = np.zeros(house.size)
    np.maximum.at(need, j, hardship)
    fee = month.by_rank("support.fee")[rank[patrons]]
    return Game(
        tie=active,
        k=k.astype(np.int64),
        j=j.astype(np.int64),
        patrons=patrons.astype(np.int64),
        house=house.astype(np.int32),
        heads=houses.size[house].astype(float),
        need=need,
        income=1.0 - need,
        budget=monthly_budget(world, ties, patrons) * (1.0 - fee),
        fee=fee,
        signal=row_of_signal[active],
        patron_income=means_of(world, ties.patrons[patrons])[0],
        altruism=np.zeros(active.size),
        liability=np.zeros(active.size),
    )


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
    heads = game.heads[game.j]
    signals = world.signals
    demanded = game.signal >= 0
    threat = np.zeros(game.tie.size, np.bool_)
    if signals is not None:
        row = game.signal[demanded]
        threat[demanded] = signals.threat[row]
        demanded[demanded] = signals.pays[row]
    parts = (
        ("altruism", game.altruism * heads),
        ("liability", np.where(demanded, 0.0, game.liability) * heads),
        ("hint", np.where(demanded & ~threat, game.liability, 0.0) * heads),
        ("threat", np.where(demanded & threat, game.liability, 0.0) * heads),
    )
    gross_of_net = 1.0 / (1.0 - game.fee[game.k])
    net = (game.altruism + game.liability) * heads
    sent = net * gross_of_net
    paying = np.flatnonzero(net > 0)
    ties.paid_ever[game.tie[paying]] = True
    _count_ties(world, ties, "support.transfers", game.tie[paying])
    _count_ties(world, ties, "support.amount", game.tie[paying], sent[paying])
    recorder.add("support.received", net.sum())
    recorder.add("support.fees", (sent - net).sum())
    post = world.state.people.post[ties.patrons[game.patrons[game.k]]].astype(np.int64) - 1
    province = houses.province[game.house[game.j]].astype(np.int64)
    cell = post * len(PROVINCES) + province
    # A tie that is paid for two reasons counts once, under the larger; its money is split.
    main = np.argmax(np.stack([amount for _, amount in parts]), axis=0)
    for code, (motive, amount) in enumerate(parts):
        recorder.add("support.transfers", ((main == code) & (net > 0)).sum(), "motive", motive)
        recorder.add("support.amount", (amount * gross_of_net).sum(), "motive", motive)
        table = np.bincount(cell, weights=amount, minlength=len(POSTS) * len(PROVINCES))
        for c in np.flatnonzero(table):
            source, target = POSTS[c // len(PROVINCES)], PROVINCES[c % len(PROVINCES)]
            recorder.flow(world.t, source, target, motive, table[c])
    fees = np.bincount(post, weights=sent - net, minlength=len(POSTS))
    for code, amount in enumerate(fees):
        recorder.flow(world.t, POSTS[code], "fees", "fee", amount)
    np.add.at(
        world.received,
        game.house,
        np.bincount(game.j, weights=game.altruism + game.liability, minlength=game.house.size),
    )
