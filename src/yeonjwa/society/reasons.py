"""Step 5, between choice and game: why a patron may pay for a relative, and from which hardship on.

Of the ties over which something may be given those are looked at that liability can make worth something; what each is worth,
and the hardship above which its patron pays, follow from his stakes, his belief and the household's hazard
(:func:`yeonjwa.society.losses.value_of_ties` and :func:`yeonjwa.society.support.hardship_target` say the same of any ties).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.society import support
from yeonjwa.society.beliefs import Nearby, believe_of, seen_nearby
from yeonjwa.society.codes import ABROAD
from yeonjwa.society.losses import chance_confirmed, loss_a_head, placebo_source
from yeonjwa.society.means import Means
from yeonjwa.society.state import Houses, People
from yeonjwa.society.ties import CHON, Relation, Ties
from yeonjwa.society.world import World

if TYPE_CHECKING:
    from yeonjwa.society.transfers import Game

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Int32 = NDArray[np.int32]

#: Ties of a block.
TIES = 16384


@dataclass(frozen=True)
class Reasons:
    """Why patrons may pay for relatives: ``row`` of the game, the hardship above which the patron pays (``target``) and the
    ``value`` of the tie to him."""

    row: Int32
    target: Float
    value: Float


class _Rules(NamedTuple):
    """Parameters of the month as the kernels take them.

    ``career_loss``, ``camp_loss`` a head by rank; ``income`` by province; ``career``, ``camp`` factors on the two chances by
    rank, over the belief if ``believed``; ``by_degree`` (ranks + 1, degrees) chance of a career sanction within the reach of
    each rank, by marriage in the last row; ``fee`` by rank.
    """

    career_loss: Float
    camp_loss: Float
    income: Float
    career: Float
    camp: Float
    camp_flight: float
    believed: bool
    prior: float
    by_degree: Float
    fee: Float


def _rules(world: World, ties: Ties) -> _Rules:
    month = world.month
    confirmed, ranks = chance_confirmed(month), month.by_rank("support.fee").size
    a0, b0 = month.number("belief.prior_hit"), month.number("belief.prior_miss")
    publicity = month.switch("belief.publicity")
    career = camp = np.full(ranks, confirmed)
    if publicity:
        camp = confirmed * (1.0 - month.vector("sanction.shield", "rank"))
        career = camp * month.vector("sanction.career_factor", "rank")
    by_degree = np.concatenate(([0.0], month.vector("sanction.career_probability", "degree")))
    # As long as any degree that a tie can have: a kernel does not look whether an index is in range.
    by_degree = by_degree[np.minimum(np.arange(int(CHON.max()) + 1), by_degree.size - 1)]
    reach = np.append(month.by_rank("sanction.career_depth"), int(month.number("sanction.inlaw_degree")))
    within = np.arange(by_degree.size) <= reach[:, None]
    losses = loss_a_head(month)
    return _Rules(
        career_loss=losses[0],
        camp_loss=losses[1],
        income=np.exp(month.vector("economy.province", "province")),
        career=career,
        camp=camp,
        camp_flight=month.number("sanction.camp_flight"),
        believed=not publicity,
        prior=a0 / (a0 + b0),
        by_degree=by_degree * within,
        fee=month.by_rank("support.fee"),
    )


def reasons_in_parts(world: World, ties: Ties, means: Means, game: Game) -> list[Callable[[], Reasons]]:
    """Functions that each find the reasons for some of the ties in play, in order: what may be computed side by side.

    Nothing that the game gives is looked at.
    """
    source = ties.patrons
    if world.month.switch("support.placebo"):
        source = source[placebo_source(world, ties)]
    month = world.month
    prior = (month.number("belief.prior_hit"), month.number("belief.prior_miss"))
    given = (_rules(world, ties), source, seen_nearby(world.beliefs), prior)
    firsts = range(0, game.tie.size, TIES)
    return [partial(_part, first, world, ties, means, game, *given) for first in firsts]


def _part(
    first: int,
    world: World,
    ties: Ties,
    means: Means,
    game: Game,
    rules: _Rules,
    source: Int32,
    near: Nearby,
    prior: tuple[float, float],
) -> Reasons:
    """Reasons of the ties in play ``first`` to ``first + TIES - 1``."""
    people, houses, month = world.state.people, world.state.houses, world.month
    last = min(first + TIES, game.tie.size)
    row, of, patron = _worth_a_look(first, last, game.pull, game.k, means.budget)
    home, stakes = _stakes(patron, ties.patrons, source, rules, people, houses)
    factors = (rules.career[means.rank[patron]], rules.camp[means.rank[patron]])
    if rules.believed:
        belief = np.empty(home.size)
        columns = (houses.province, houses.key, houses.hits, houses.misses)
        believe_of(0, home.size, home, *columns, near, *prior, belief)
        factors = (factors[0] * belief / rules.prior,) * 2
    chances = (factors[0], factors[1] * rules.camp_flight)
    found = _at_stake(
        row, of, patron, stakes, chances, rules, means.rank, game.relation, game.j, game.heads, game.base, CHON, ties.relation,
    )  # fmt: skip
    loss, chance, camp_loss, camp_chance, heads, base = found
    alpha, gamma = month.number("support.alpha"), month.number("support.gamma")
    value = loss * chance**gamma + camp_loss * camp_chance**gamma
    at, demand = _told(row, first, last, game)
    base = perceived_base(world, base, game.house[game.j[row[at]]], at, demand, alpha)
    kappa = month.number("support.kappa_w")
    stream = support.stream_factor(month.number("support.discount"), month.number("flight.hardship_memory"))
    with np.errstate(divide="ignore"):
        ratio = heads / (gamma * alpha * stream * kappa * value * base**gamma)
        return Reasons(row, np.log(ratio) / (gamma * alpha), value)


def _told(row: Int32, first: int, last: int, game: Game) -> tuple[Int, Int]:
    """Which of the rows, of those first to last - 1 of the game, hear a demand, and which demand."""
    low, high = np.searchsorted(game.told, (first, last))
    at = np.searchsorted(row, game.told[low:high])
    heard = np.flatnonzero(row[np.minimum(at, row.size - 1)] == game.told[low:high]) if row.size else at[:0]
    return at[heard], game.demand[low:high][heard]


def perceived_base(world: World, base: Float, house: Int32, at: Int, demand: Int, alpha: float) -> Float:
    """Hazard at no hardship as the patron perceives it: a demand he means to meet adds ``mu * lambda * exp(-alpha*h)``.

    Parameters
    ----------
    base : float64 (ties,)
        Hazard at no hardship of each tie's household; changed in place.
    house, at, demand : int (told,)
        Household, place among the ties, and number of the demand, of each tie over which there is one.
    alpha : float
        Hardship in the log hazard, per basket.
    """
    signals = world.signals
    if signals is None:
        return base
    mu = signals.belief[demand] * signals.pays[demand]
    hardship = world.state.houses.hardship[house].astype(float)
    start = world.month.number("flight.plan_to_attempt")
    base[at] = (1.0 - mu) * base[at] + mu * start * np.exp(-alpha * hardship)
    return base


@numba.njit(cache=True, nogil=True)
def _worth_a_look(
    first: int, last: int, pull: np.ndarray, patron: np.ndarray, budget: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows first to last - 1 of the game that may be worth something to a patron who has something; the place of the patron of
    each among these patrons; and the patrons, each once, in order."""
    room = last - first + 1
    row, of, some = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.int32)
    n, m, before = np.uint64(0), np.uint64(0), np.int32(-1)
    for s in range(first, last):
        k = patron[s]
        keep = (pull[s] > 1.0) & (budget[np.uint32(k)] > 0.0)
        new = keep & (k != before)
        row[n], some[m] = s, k
        m += np.uint64(new)
        of[n] = np.int64(m) - 1
        n += np.uint64(keep)
        before = k if new else before
    return row[:n].copy(), of[:n].copy(), some[:m].copy()


@numba.njit(cache=True, nogil=True)
def _stakes(
    patron: np.ndarray,
    patrons: np.ndarray,
    source: np.ndarray,
    rules: _Rules,
    people: People,
    houses: Houses,
) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Household of each patron, and what he would lose with his career and in a camp (baskets); ``source`` is whose stakes each
    has."""
    post, where, house = people.post, people.where, people.house
    size, province = houses.size, houses.province
    career_loss, camp_loss, income_of = rules.career_loss, rules.camp_loss, rules.income
    n = patron.size
    home, theirs = np.empty(n, np.int32), np.empty(n, np.int32)
    career, camp = np.empty(n), np.empty(n)
    for i in range(n):
        home[i] = max(house[np.uint32(patrons[np.uint32(patron[i])])], 0)
        theirs[i] = max(house[np.uint32(source[np.uint32(patron[i])])], 0)
    for i in range(n):
        person, h = np.uint32(source[np.uint32(patron[i])]), np.uint32(theirs[i])
        heads = max(np.float64(size[h] + int(where[person] == ABROAD)), 1.0)
        rank, income = np.uint8(post[person]), income_of[np.uint8(province[h])]
        career[i] = career_loss[rank] * heads * income
        camp[i] = camp_loss[rank] * heads * income
    return home, (career, camp)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _at_stake(
    row: np.ndarray,
    of: np.ndarray,
    patron: np.ndarray,
    stakes: tuple[np.ndarray, np.ndarray],
    chances: tuple[np.ndarray, np.ndarray],
    rules: _Rules,
    rank_of: np.ndarray,
    relation_of: np.ndarray,
    place: np.ndarray,
    heads_of: np.ndarray,
    base_of: np.ndarray,
    degree_of: np.ndarray,
    relation: Relation,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Of each of the rows: loss and chance of the career, loss and chance of the camp, persons of the household over what
    arrives of a basket, and its hazard at no hardship."""
    n = row.size
    career, chance = np.empty(n), np.empty(n)
    camp, camp_chance = np.empty(n), np.empty(n)
    heads, base = np.empty(n), np.empty(n)
    # Arrays by themselves: a tuple of arrays inside the loop costs more than the arithmetic.
    by_degree, fee = rules.by_degree, rules.fee
    inlaw, in_circle = relation.inlaw, relation.camp
    (career_of, camp_of), (chance_of, camp_chance_of) = stakes, chances
    by_marriage = by_degree.shape[0] - 1
    for s in range(n):
        i, k = np.uint32(row[s]), np.uint32(of[s])
        j, code = np.uint32(place[i]), relation_of[i]
        rank = np.uint8(rank_of[np.uint32(patron[k])])
        reach = by_marriage if inlaw[code] else np.int64(rank)
        career[s], camp[s] = career_of[k], camp_of[k]
        chance[s] = min(max(chance_of[k] * by_degree[reach, np.uint8(degree_of[code])], 0.0), 1.0)
        camp_chance[s] = min(max(camp_chance_of[k] * np.float64(in_circle[code]), 0.0), 1.0)
        heads[s] = heads_of[j] / (1.0 - fee[rank])
        base[s] = base_of[j]
    return career, chance, camp, camp_chance, heads, base
