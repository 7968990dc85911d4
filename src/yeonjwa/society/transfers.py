"""Step 5, applied: who supports whom this month.

A patron who sees a relative's hardship (:mod:`yeonjwa.society.sight`) first gives what altruism tells him, nearest relative
first, then plays the support game on what is left. Every basket sent is either received or a fee. Of the ties over which
hardship is seen only those enter the game over which something may be given (:mod:`yeonjwa.society.choice`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.memory import prefetch
from yeonjwa.core.parallel import over_rows
from yeonjwa.society import gaps, support
from yeonjwa.society.choice import MARGIN, Choice, choose, number_households, weigh_households
from yeonjwa.society.codes import MOTIVES, POSTS, PROVINCES
from yeonjwa.society.losses import value_of_ties
from yeonjwa.society.means import AHEAD, Means
from yeonjwa.society.recorder import Recorder
from yeonjwa.society.sight import NEAR, Seen, see_hardship
from yeonjwa.society.ties import Ties
from yeonjwa.society.world import World

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Int32 = NDArray[np.int32]

#: Sweeps of best replies after which the month is closed as it stands (a note counts how often). Late sweeps are
#: cheap: only those move who are still concerned.
MAX_SWEEPS = 2000


@dataclass
class Game:
    """The ties over which something may be given this month, sorted by patron, and the two sides they join.

    ``seen`` all ties over which hardship is seen; ``tie`` rows of the year's ties that play; ``pull`` what liability weighs
    at most, before anybody gives (:class:`yeonjwa.society.choice.Choice`); ``k`` patron; ``j`` position in ``house``; ``need``
    hardship a head that is left, the largest that anybody sees; ``budget`` baskets that can arrive, by patron; ``income``
    consumption a head of households (as seen); ``fee`` share of the amount sent that does not arrive, by rank; ``signal`` row
    of the demand, -1 without.
    """

    seen: Seen
    tie: Int32
    pull: NDArray[np.float32]
    k: Int32
    j: Int32
    house: Int32
    heads: Float
    need: Float
    income: Float
    budget: Float
    fee: Float
    signal: Int
    altruism: Float
    liability: Float


def step_support(world: World, ties: Ties, means: Means) -> None:
    """Transfers of the month; sets ``world.received`` and the records of money."""
    game = set_up(world, ties, means)
    if game.tie.size:
        if world.month.switch("support.altruism_on"):
            _altruism(game, ties, means, world.month.number("support.altruism"))
        if world.month.switch("support.liability"):
            _liability(world, ties, means, game)
            _meet_demands(world, game)
    gaps.count(world, ties, means, game)
    means.room.received[means.room.helped] = 0.0
    world.received = means.room.received[: world.state.num_houses]
    if game.tie.size:
        _book(world, ties, means, game)


def set_up(world: World, ties: Ties, means: Means) -> Game:
    """Ties in play, with hardship as the patron sees it and budgets net of fees."""
    seen = see_hardship(world, ties, means)
    weigh_households(world, means)
    chosen: Choice = choose(world, ties, means, seen)
    house, heads, need, j = number_households(world, chosen.house, means)
    return Game(
        seen=seen,
        tie=chosen.tie,
        pull=chosen.pull,
        k=chosen.patron,
        j=j,
        house=house,
        heads=heads,
        need=need,
        income=1.0 - need,
        budget=means.budget.copy(),
        fee=world.month.by_rank("support.fee"),
        signal=_signal_rows(world, chosen.tie),
        altruism=np.zeros(chosen.tie.size),
        liability=np.zeros(chosen.tie.size),
    )


def _signal_rows(world: World, tie: Int32) -> Int:
    """Demand of the month over each tie, -1 where there is none."""
    out = np.full(tie.size, -1, np.int64)
    if world.signals is not None and world.signals.tie.size and tie.size:
        told = world.signals.tie
        at = np.minimum(np.searchsorted(tie, told.astype(np.int32)), tie.size - 1)
        heard = np.flatnonzero(tie[at] == told)
        out[at[heard]] = heard
    return out


def _altruism(game: Game, ties: Ties, means: Means, strength: float) -> None:
    support.give_altruistically(
        np.argsort(ties.degree[game.tie], kind="stable"),
        game.k,
        game.j,
        ties.relatedness[game.tie],
        strength,
        means.income,
        game.income,
        game.heads,
        game.budget,
        game.need,
        game.altruism,
    )


def _liability(world: World, ties: Ties, means: Means, game: Game) -> None:
    """The support game on what altruism has left; fills ``game.liability``."""
    month = world.month
    alpha, gamma = month.number("support.alpha"), month.number("support.gamma")
    rows = _those_who_may_want(means, game, gamma * alpha)
    target, value = _targets(world, ties, means, game, rows)
    wants = target < game.need[game.j[rows]]
    keep, value, target = rows[wants], value[wants], target[wants]
    if keep.size == 0:
        return
    # Only those who play are numbered: most patrons and households see no reason.
    patron, k = np.unique(game.k[keep], return_inverse=True)
    house, j = np.unique(game.j[keep], return_inverse=True)
    budget, heads, need = game.budget[patron], game.heads[house], game.need[house]
    offset = np.searchsorted(k, np.arange(patron.size + 1))
    best = np.zeros(patron.size)
    np.maximum.at(best, k, value)
    order = np.lexsort((np.arange(best.size), -best))
    degree = ties.degree[game.tie[keep]]
    by_household = np.lexsort((k, degree, j))
    household_offset = np.searchsorted(j[by_household], np.arange(house.size + 1))
    paid, multiplier = np.zeros(keep.size), np.zeros(patron.size)
    sweeps = support.solve(
        order,
        offset,
        k,
        by_household,
        household_offset,
        budget,
        gamma * alpha,
        j,
        target,
        heads,
        need,
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
        degree,
        budget,
        np.bincount(k, weights=paid * heads[j], minlength=patron.size),
        target,
        multiplier,
        gamma * alpha,
        heads,
        need,
        paid,
    )
    game.liability[keep] = paid
    _count_unmet(world, means, game, keep, target, paid)


def _those_who_may_want(means: Means, game: Game, rate: float) -> Int:
    """Ties whose patrons may see a reason to pay for what altruism has left of need."""
    rows = np.flatnonzero(game.pull > 1.0)
    rows = rows[game.budget[game.k[rows]] > 0]
    j = game.j[rows]
    relieved = means.room.need[game.house[j]] - game.need[j]
    return rows[game.pull[rows] * np.exp(-rate * relieved) * MARGIN > 1.0]


def _targets(world: World, ties: Ties, means: Means, game: Game, rows: Int) -> tuple[Float, Float]:
    """Hardship above which the patron of each of these ties pays, and the value of the tie to him."""
    month, j = world.month, game.j[rows]
    alpha, gamma = month.number("support.alpha"), month.number("support.gamma")
    kappa = month.number("support.kappa_w")
    stream = support.stream_factor(month.number("support.discount"), month.number("flight.hardship_memory"))
    value = value_of_ties(world, ties, game.tie[rows])
    base = _perceived_base(world, game, rows, alpha)
    with np.errstate(divide="ignore"):
        ratio = (game.heads[j] / (1.0 - game.fee[means.rank[game.k[rows]]])) / (
            gamma * alpha * stream * kappa * value * base**gamma
        )
        return np.log(ratio) / (gamma * alpha), value


def _perceived_base(world: World, game: Game, rows: Int, alpha: float) -> Float:
    """Hazard at no hardship as the patron perceives it: a demand he means to meet adds ``mu * lambda * exp(-alpha*h)``."""
    house = game.house[game.j[rows]]
    base = world.state.houses.base[house].astype(float)
    signals = world.signals
    if signals is None:
        return base
    told = game.signal[rows] >= 0
    row = game.signal[rows[told]]
    meets = signals.pays[row]
    mu = signals.belief[row] * meets
    hardship = world.state.houses.hardship[house[told]].astype(float)
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


def _count_unmet(world: World, means: Means, game: Game, keep: Int, target: Float, paid: Float) -> None:
    """Baskets that patrons wanted to give beyond their budget, by post."""
    j = game.j[keep]
    total = np.bincount(j, weights=paid, minlength=game.house.size)
    others = total[j] - paid
    open_need = np.maximum(game.need[j] - others, 0.0)
    wish = np.clip(open_need - target, 0.0, open_need)
    short = np.maximum(0.0, wish - paid) * game.heads[j]
    post = means.rank[game.k[keep]].astype(np.int64) - 1
    world.recorder.add("support.unmet", short.sum())
    world.recorder.split(
        "support.unmet", "post", POSTS, np.bincount(post, weights=short, minlength=len(POSTS))
    )


#: Transfers of a block.
PAYING = 8192
#: Motives of support, in the order in which the larger of two equal parts is named.
_PAID_FOR = MOTIVES[:4]
_ALTRUISM, _LIABILITY, _HINT, _THREAT = range(4)


def _motives(world: World, game: Game) -> NDArray[np.int8]:
    """What each transfer that is not a gift answers to: a hint or a threat that is met, or liability alone."""
    motive = np.full(game.tie.size, _LIABILITY, np.int8)
    if world.signals is not None:
        told = np.flatnonzero(game.signal >= 0)
        row = game.signal[told]
        meets = world.signals.pays[row]
        motive[told[meets]] = np.where(world.signals.threat[row[meets]], _THREAT, _HINT)
    return motive


@numba.njit(cache=True, nogil=True)
def _transfer_rows(
    first: int,
    last: int,
    paying: np.ndarray,
    tie: np.ndarray,
    patron: np.ndarray,
    relative: np.ndarray,
    degree: np.ndarray,
    rank: np.ndarray,
    fee: np.ndarray,
    heads: np.ndarray,
    province: np.ndarray,
    altruism: np.ndarray,
    liability: np.ndarray,
    motive: np.ndarray,
    posts: int,
    provinces: int,
    code: np.ndarray,
    given: np.ndarray,
    sent: np.ndarray,
    paid_ever: np.ndarray,
) -> None:
    """Of the transfers ``paying[first]`` to ``paying[last - 1]`` what they are counted by, and their baskets.

    ``motive`` is what each liable transfer answers to. ``code`` (5, transfers): post, degree, larger motive, post and province,
    and the same with the motive of what is owed; ``given`` (3, transfers): baskets given freely, owed, and together; ``sent``
    (3, transfers): the same with fees.
    """
    for s in range(first, last):
        ahead = paying[min(s + AHEAD, paying.size - 1)]
        prefetch(heads, relative[ahead])
        prefetch(degree, tie[ahead])
        prefetch(paid_ever, tie[ahead])
        i = paying[s]
        j, r, m = relative[i], rank[patron[i]], motive[i]
        given[0, s] = altruism[i] * heads[j]
        given[1, s] = liability[i] * heads[j]
        given[2, s] = (altruism[i] + liability[i]) * heads[j]
        gross = 1.0 / (1.0 - fee[r])
        sent[0, s], sent[1, s], sent[2, s] = given[0, s] * gross, given[1, s] * gross, given[2, s] * gross
        code[0, s], code[1, s] = r - 1, degree[tie[i]] - 1
        code[2, s] = m if given[1, s] > given[0, s] else _ALTRUISM
        code[3, s] = (r - 1) * provinces + province[j]
        code[4, s] = m * posts * provinces + code[3, s]
        paid_ever[tie[i]] = True


def _book(world: World, ties: Ties, means: Means, game: Game) -> None:
    """Record every transfer once: by post, degree, motive and province; what is received and what is a fee."""
    recorder = world.recorder
    a_head = game.altruism + game.liability
    paying = np.flatnonzero(a_head > 0)
    motive = _motives(world, game)
    code = np.empty((5, paying.size), np.int64)
    given, sent = np.empty((3, paying.size)), np.empty((3, paying.size))
    over_rows(
        _transfer_rows,
        paying.size,
        paying,
        game.tie,
        game.k,
        game.j,
        ties.degree,
        means.rank,
        game.fee,
        game.heads,
        world.state.houses.province[game.house],
        game.altruism,
        game.liability,
        motive,
        len(POSTS),
        len(PROVINCES),
        code,
        given,
        sent,
        ties.paid_ever,
        block=PAYING,
    )
    post, degree, larger, cell, cell_owed = code
    _split(recorder, "support.transfers", post, degree)
    _split(recorder, "support.amount", post, degree, sent[2])
    recorder.add("support.received", given[2].sum())
    fees = sent[2] - given[2]
    recorder.add("support.fees", fees.sum())
    # A tie that is paid for two reasons counts once, under the larger; its money is split.
    number = np.bincount(larger, minlength=len(_PAID_FOR))
    shape = (len(_PAID_FOR), len(POSTS), len(PROVINCES))
    table = np.bincount(cell_owed, weights=given[1], minlength=np.prod(shape)).reshape(shape)
    free = np.bincount(cell, weights=given[0], minlength=table[0].size)
    table[_ALTRUISM] = free.reshape(shape[1:])
    owed_for = motive[paying]
    for m, name in enumerate(_PAID_FOR):
        amount = sent[0] if m == _ALTRUISM else np.where(owed_for == m, sent[1], 0.0)
        recorder.add("support.transfers", number[m], "motive", name)
        recorder.add("support.amount", amount.sum(), "motive", name)
        for p, province in zip(*np.nonzero(table[m]), strict=True):
            recorder.flow(world.t, POSTS[p], PROVINCES[province], name, table[m, p, province])
    for p, fee in enumerate(np.bincount(post, weights=fees, minlength=len(POSTS))):
        recorder.flow(world.t, POSTS[p], "fees", "fee", fee)
    # Each household stands once in the game.
    means.room.received[game.house] = np.bincount(game.j, weights=a_head, minlength=game.house.size)
    means.room.helped = game.house


def _split(recorder: Recorder, measure: str, post: Int, degree: Int, weights: Float | None = None) -> None:
    """Count transfers, or sum something over them, in all and by post and degree."""
    recorder.add(measure, post.size if weights is None else weights.sum())
    recorder.split(measure, "post", POSTS, np.bincount(post, weights=weights, minlength=len(POSTS)))
    by_degree = np.bincount(degree, weights=weights, minlength=NEAR)
    recorder.split(measure, "degree", ("1", "2", "3", "4"), by_degree[:NEAR])
