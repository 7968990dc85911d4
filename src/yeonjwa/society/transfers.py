"""Step 5, applied: who supports whom this month.

A patron who sees a relative's hardship (:mod:`yeonjwa.society.sight`) first gives what altruism tells him, nearest relative
first, then plays the support game on what is left. Every basket sent is either received or a fee. Of the ties over which
hardship is seen only those enter the game over which something may be given (:mod:`yeonjwa.society.choice`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.memory import SIXTEEN, list_marked
from yeonjwa.core.parallel import each, over_rows
from yeonjwa.society import gaps, support
from yeonjwa.society.choice import Choice, choose, number_households, weigh_households
from yeonjwa.society.codes import MOTIVES, POSTS, PROVINCES
from yeonjwa.society.means import Means
from yeonjwa.society.players import Players, find_players
from yeonjwa.society.reasons import Reasons, reasons_in_parts
from yeonjwa.society.sight import NEAR, Seen, see_hardship
from yeonjwa.society.ties import CHON, Ties
from yeonjwa.society.world import World

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Int32 = NDArray[np.int32]

#: Sweeps of best replies after which the month is closed as it stands (a note counts how often). Late sweeps are
#: cheap: only those move who are still concerned.
MAX_SWEEPS = 2000
#: Groups of players of a block.
GROUPS = 1024


@dataclass
class Game:
    """The ties over which something may be given this month, sorted by patron, and the two sides they join.

    ``seen`` all ties over which hardship is seen; ``tie`` rows of the year's ties that play, ``relation`` of their two ends and
    ``pull``, what liability weighs at most, before anybody gives (:class:`yeonjwa.society.choice.Choice`); ``k`` patron; ``j``
    position in ``house``, whose members are ``heads`` and whose hazard at no hardship is ``base``; ``need`` hardship a head that
    is left, the largest that anybody sees; ``income`` consumption a head of households (as seen); ``budget`` baskets that can
    arrive, by patron; ``fee`` share of the amount sent that does not arrive, by rank; ``told`` rows over which there is a demand,
    in order, and ``demand``, which: there is one over a tie at the most; ``players`` who want to give when altruism has given,
    and what they gave a head before demands were met.
    """

    seen: Seen
    tie: Int32
    relation: NDArray[np.uint16]
    pull: NDArray[np.float32]
    k: Int32
    j: Int32
    house: Int32
    heads: Float
    need: Float
    base: Float
    income: Float
    budget: Float
    fee: Float
    told: Int
    demand: Int
    altruism: Float
    liability: Float
    players: tuple[Players, Float] | None = None


def step_support(world: World, ties: Ties, means: Means) -> None:
    """Transfers of the month; sets ``world.received`` and the records of money."""
    game = set_up(world, ties, means)
    if game.tie.size:
        play(world, ties, means, game)
    given = add_up(game)
    if world.recorder.following:
        gaps.count(world, ties, means, game, given)
    world.received = game.house, given.received
    if game.tie.size:
        _count_unmet(world, means, game, given)
        _book(world, ties, means, game, given)


def set_up(world: World, ties: Ties, means: Means) -> Game:
    """Ties in play, with hardship as the patron sees it and budgets net of fees."""
    seen = see_hardship(world, ties, means)
    weigh_households(world, means)
    chosen: Choice = choose(world, ties, means, seen)
    house, heads, need, base, j = number_households(world, chosen.house, means)
    told, demand = _told_rows(world, chosen.tie)
    return Game(
        seen=seen,
        tie=chosen.tie,
        relation=chosen.relation,
        pull=chosen.pull,
        k=chosen.patron,
        j=j,
        house=house,
        heads=heads,
        need=need,
        base=base,
        income=1.0 - need,
        budget=means.budget.copy(),
        fee=world.month.by_rank("support.fee"),
        told=told,
        demand=demand,
        altruism=np.zeros(chosen.tie.size),
        liability=np.zeros(chosen.tie.size),
    )


class Given(NamedTuple):
    """What is given this month: ``row`` of the game and ``tie`` of each transfer, in order; baskets ``spent`` by patron, fees
    apart, and ``received`` a head of household; ``short`` baskets that each of the players wanted to give beyond the budget."""

    row: Int32
    tie: Int32
    spent: Float
    received: Float
    short: Float


def add_up(game: Game) -> Given:
    """What the game gives."""
    amounts = (game.altruism, game.liability)
    sent = partial(_add_up_sent, game.tie, game.k, game.j, *amounts, game.heads, game.budget.size)
    received = partial(_add_up_received, game.j, *amounts, game.house.size)
    (row, tie, spent), a_head, short = each(lambda part: part(), [sent, received, partial(_short, game)])
    return Given(row, tie, spent, a_head, short)


def _short(game: Game) -> Float:
    """Baskets that each of the players wanted to give beyond the budget."""
    if game.players is None:
        return np.empty(0)
    who, paid = game.players
    total = np.bincount(who.j, weights=paid, minlength=who.house.size)
    open_need = np.maximum(who.need[who.j] - (total[who.j] - paid), 0.0)
    wish = np.clip(open_need - who.target, 0.0, open_need)
    return np.asarray(np.maximum(0.0, wish - paid) * who.heads[who.j])


@numba.njit(cache=True, nogil=True)
def _add_up_sent(
    tie: np.ndarray,
    patron: np.ndarray,
    place: np.ndarray,
    altruism: np.ndarray,
    liability: np.ndarray,
    heads: np.ndarray,
    patrons: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    gives, row = np.empty(tie.size, np.uint8), np.empty(tie.size + SIXTEEN, np.int32)
    for s in range(tie.size):
        gives[s] = altruism[s] + liability[s] > 0.0
    n = list_marked(gives, 0, row)
    paid, spent = np.empty(n, np.int32), np.zeros(patrons)
    for i in range(n):
        at = np.uint32(row[i])
        paid[i] = tie[at]
        spent[np.uint32(patron[at])] += (altruism[at] + liability[at]) * heads[np.uint32(place[at])]
    return row[:n].copy(), paid, spent


@numba.njit(cache=True, nogil=True)
def _add_up_received(
    place: np.ndarray, altruism: np.ndarray, liability: np.ndarray, places: int
) -> np.ndarray:
    received = np.zeros(places)
    for s in range(place.size):
        received[place[s]] += altruism[s] + liability[s]
    return received


def _told_rows(world: World, tie: Int32) -> tuple[Int, Int]:
    """Ties over which there is a demand this month, in order, and which demand."""
    if world.signals is None or tie.size == 0:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    order = np.argsort(world.signals.tie)
    told = world.signals.tie[order].astype(np.int32)
    at = np.minimum(np.searchsorted(tie, told), tie.size - 1)
    heard = np.flatnonzero(tie[at] == told)
    return at[heard], order[heard]


def play(world: World, ties: Ties, means: Means, game: Game) -> None:
    """What everybody gives: gifts first, then the support game on what they leave, then demands that are met.

    What makes a patron pay for a relative does not depend on gifts: the two are found at the same time.
    """
    month = world.month
    parts: list[Callable[[], Reasons | None]] = []
    if month.switch("support.altruism_on"):
        parts.append(partial(_altruism, game, ties, means, month.number("support.altruism")))
    if month.switch("support.liability"):
        parts.extend(reasons_in_parts(world, ties, means, game))
    found = [part for part in each(lambda part: part(), parts) if part is not None]
    if found:
        _liability(world, game, found)
        _meet_demands(world, game)


def _altruism(game: Game, ties: Ties, means: Means, strength: float) -> None:
    order, relatedness = _nearest_first(game.relation, CHON, ties.relation.relatedness, int(CHON.max()) + 1)
    support.give_altruistically(
        order,
        game.k,
        game.j,
        relatedness,
        strength,
        means.income,
        game.income,
        game.heads,
        game.budget,
        game.need,
        game.altruism,
    )


@numba.njit(cache=True, nogil=True)
def _nearest_first(
    relation: np.ndarray, degree: np.ndarray, relatedness: np.ndarray, degrees: int
) -> tuple[np.ndarray, np.ndarray]:
    """Places of ties by degree, those of one degree in order; and the coefficient of relatedness of each tie."""
    start = np.zeros(degrees + 1, np.int64)
    near, related = np.empty(relation.size, np.uint8), np.empty(relation.size)
    for s in range(relation.size):
        near[s], related[s] = degree[relation[s]], relatedness[relation[s]]
        start[near[s] + 1] += 1
    for d in range(1, degrees):
        start[d] += start[d - 1]
    order = np.empty(relation.size, np.int32)
    for s in range(relation.size):
        order[start[near[s]]] = s
        start[near[s]] += 1
    return order, related


def _liability(world: World, game: Game, reasons: list[Reasons]) -> None:
    """The support game on what altruism has left; fills ``game.liability`` and ``game.players``."""
    month = world.month
    scale = month.number("support.gamma") * month.number("support.alpha")
    who = find_players(reasons, game)
    if who.row.size == 0:
        return
    paid, multiplier = np.zeros(who.row.size), np.zeros(who.patron.size)
    sweeps = over_rows(
        support.solve, who.begin.size - 1, who.begin, who.order, who.offset, who.k, who.by_household, who.household_offset,
        who.budget, scale, who.j, who.target, who.heads, who.need, np.zeros(who.house.size), paid, multiplier, MAX_SWEEPS,
        block=GROUPS,
    )  # fmt: skip
    if max(sweeps) == MAX_SWEEPS:
        world.cumulative["support.unsettled_months"] = (
            world.cumulative.get("support.unsettled_months", 0.0) + 1
        )
    spent = np.bincount(who.k, weights=paid * who.heads[who.j], minlength=who.patron.size)
    support.hand_to_nearest(
        who.by_household, who.household_offset, who.k, who.degree, who.budget, spent,
        who.target, multiplier, scale, who.heads, who.need, paid,
    )  # fmt: skip
    game.liability[who.row], game.players = paid, (who, paid)


def _meet_demands(world: World, game: Game) -> None:
    """A patron who pays a demand gives the larger of the demand and his own optimum: tops up what the game gave."""
    signals = world.signals
    if signals is None:
        return
    pays = signals.pays[game.demand]
    rows, demand = game.told[pays], game.demand[pays]
    heads = game.heads[game.j[rows]]
    game.liability[rows] = np.maximum(game.liability[rows], signals.price[demand] / heads)
    met = np.zeros(signals.pays.size, np.bool_)
    met[demand] = True
    # A demand whose tie fell out of play (the household emptied this month) is not paid.
    signals.pays &= met


def _count_unmet(world: World, means: Means, game: Game, given: Given) -> None:
    """Baskets that patrons wanted to give beyond their budget, by post."""
    if game.players is None:
        return
    who = game.players[0]
    post = means.rank[who.patron].astype(np.int64)[who.k] - 1
    by_post = np.bincount(post, weights=given.short, minlength=len(POSTS))
    world.recorder.add("support.unmet", given.short.sum())
    world.recorder.split("support.unmet", "post", POSTS, by_post)


#: Transfers of a block.
PAYING = 8192
#: Motives of support, in the order in which the larger of two equal parts is named.
_PAID_FOR = MOTIVES[:4]
_ALTRUISM, _LIABILITY, _HINT, _THREAT = range(4)
#: Rows of the tables in which transfers are counted.
_BY_POST, _BY_DEGREE, _BY_MOTIVE, _FEES = range(4)


def _motives(world: World, game: Game) -> NDArray[np.int8]:
    """What each transfer that is not a gift answers to: a hint or a threat that is met, or liability alone."""
    motive = np.full(game.tie.size, _LIABILITY, np.int8)
    if world.signals is not None:
        meets = world.signals.pays[game.demand]
        threat = world.signals.threat[game.demand[meets]]
        motive[game.told[meets]] = np.where(threat, _THREAT, _HINT)
    return motive


@numba.njit(cache=True, nogil=True)
def _transfer_rows(
    first: int,
    last: int,
    paying: np.ndarray,
    tie: np.ndarray,
    patron: np.ndarray,
    relative: np.ndarray,
    relation: np.ndarray,
    degree: np.ndarray,
    rank: np.ndarray,
    heads: np.ndarray,
    province: np.ndarray,
    altruism: np.ndarray,
    liability: np.ndarray,
    motive: np.ndarray,
    sent: np.ndarray,
    number: np.ndarray,
    amount: np.ndarray,
    received: np.ndarray,
    paid_ever: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The transfers ``paying[first]`` to ``paying[last - 1]``: numbers, baskets sent and baskets received, in tables of the
    shapes of ``number``, ``amount`` and ``received``.

    ``province`` and ``heads`` are those of ``relative``, ``motive`` is what each liable transfer answers to, ``sent`` what must
    be sent by rank for a basket to arrive. ``number`` and ``amount`` by ``_BY_POST``, ``_BY_DEGREE`` and ``_BY_MOTIVE`` (of
    numbers the larger), ``amount`` by ``_FEES`` (by post), too; ``received`` by motive, post and province. What is known of a
    transfer is looked up first, and then booked.
    """
    number, amount, received = np.zeros_like(number), np.zeros_like(amount), np.zeros_like(received)
    rows = paying[first:last]
    n = rows.size
    post, near, at = np.empty(n, np.uint8), np.empty(n, np.uint8), np.empty(n, np.uint8)
    free, owed, both = np.empty(n), np.empty(n), np.empty(n)
    for s in range(n):
        i = np.uint32(rows[s])
        j = np.uint32(relative[i])
        a_head = heads[j]
        at[s] = province[j]
        free[s], owed[s] = altruism[i] * a_head, liability[i] * a_head
        both[s] = (altruism[i] + liability[i]) * a_head
    for s in range(n):
        i = np.uint32(rows[s])
        post[s] = rank[np.uint32(patron[i])] - 1
        near[s] = min(degree[np.uint16(relation[i])] - 1, NEAR)
    for s in range(n):
        paid_ever[np.uint32(tie[np.uint32(rows[s])])] = True
    _book_rows(rows, post, near, at, free, owed, both, motive, sent, number, amount, received)
    return number, amount, received


@numba.njit(cache=True, nogil=True)
def _book_rows(
    rows: np.ndarray,
    post: np.ndarray,
    near: np.ndarray,
    at: np.ndarray,
    free: np.ndarray,
    owed: np.ndarray,
    both: np.ndarray,
    motive: np.ndarray,
    sent: np.ndarray,
    number: np.ndarray,
    amount: np.ndarray,
    received: np.ndarray,
) -> None:
    """Add transfers to the tables, one after the other."""
    posts, degrees, motives = number[_BY_POST], number[_BY_DEGREE], number[_BY_MOTIVE]
    by_post, by_degree, by_motive = amount[_BY_POST], amount[_BY_DEGREE], amount[_BY_MOTIVE]
    fees, gifts = amount[_FEES], received[_ALTRUISM]
    for s in range(rows.size):
        p, d, m = post[s], near[s], np.uint8(motive[np.uint32(rows[s])])
        gross = sent[p]
        all_sent = both[s] * gross
        posts[p] += 1
        degrees[d] += 1
        motives[m if owed[s] > free[s] else np.uint8(_ALTRUISM)] += 1
        by_post[p] += all_sent
        by_degree[d] += all_sent
        by_motive[_ALTRUISM] += free[s] * gross
        by_motive[m] += owed[s] * gross
        fees[p] += all_sent - both[s]
        gifts[p, at[s]] += free[s]
        received[m, p, at[s]] += owed[s]


def _book(world: World, ties: Ties, means: Means, game: Game, given: Given) -> None:
    """Record every transfer once: by post, degree, motive and province; what is received and what is a fee."""
    recorder, paying = world.recorder, given.row
    columns = max(len(_PAID_FOR), len(POSTS), NEAR) + 1
    tables = (
        np.zeros((_FEES, columns), np.int64),
        np.zeros((_FEES + 1, columns)),
        np.zeros((len(_PAID_FOR), len(POSTS), len(PROVINCES))),
    )
    found = over_rows(
        _transfer_rows,
        paying.size,
        paying,
        game.tie,
        game.k,
        game.j,
        game.relation,
        CHON,
        means.rank,
        game.heads,
        world.state.houses.province[game.house],
        game.altruism,
        game.liability,
        _motives(world, game),
        1.0 / (1.0 - game.fee[1:]),
        *tables,
        ties.paid_ever,
        block=PAYING,
    )
    number, amount, received = (np.sum([part[i] for part in found] or [tables[i]], axis=0) for i in range(3))
    fees = amount[_FEES, : len(POSTS)]
    for measure, table in (("support.transfers", number), ("support.amount", amount)):
        recorder.add(measure, table[_BY_POST].sum())
        recorder.split(measure, "post", POSTS, table[_BY_POST, : len(POSTS)])
        recorder.split(measure, "degree", ("1", "2", "3", "4"), table[_BY_DEGREE, :NEAR])
    recorder.add("support.received", received.sum())
    recorder.add("support.fees", fees.sum())
    # A tie that is paid for two reasons counts once, under the larger; its money is split.
    for m, name in enumerate(_PAID_FOR):
        recorder.add("support.transfers", number[_BY_MOTIVE, m], "motive", name)
        recorder.add("support.amount", amount[_BY_MOTIVE, m], "motive", name)
        for p, province in zip(*np.nonzero(received[m]), strict=True):
            recorder.flow(world.t, POSTS[p], PROVINCES[province], name, received[m, p, province])
    for p, fee in enumerate(fees):
        recorder.flow(world.t, POSTS[p], "fees", "fee", fee)
