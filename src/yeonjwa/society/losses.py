"""What a patron would lose, and how likely he thinks it is (MODEL.md, sections 6 and 9).

Two reaches, never one: the camp reach (a whole circle arrested) and the career reach (dismissal and its like). Each has a
loss ``L`` given that the patron is touched at all, in baskets, and a believed probability ``p``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yeonjwa.society.abroad import means_of
from yeonjwa.society.beliefs import household_belief
from yeonjwa.society.codes import ABROAD, BANISHED_CLASS, CAREER_GRADES, GRADES
from yeonjwa.society.settings import Month
from yeonjwa.society.ties import Ties
from yeonjwa.society.world import World

Float = NDArray[np.float64]


@dataclass(frozen=True)
class Stakes:
    """Stakes of some patrons, each array (patrons,): losses in baskets, and a factor on the chances by degree."""

    career: Float
    camp: Float
    heads: Float
    career_chance: Float
    camp_chance: Float


def chance_confirmed(month: Month) -> float:
    """Chance that a departure is confirmed abroad within the horizon over which a career counts.

    Open cases are found at a monthly chance, those recorded as missing or dead at a lower one; the horizon is the number
    of months of lost surplus that a dismissal costs.
    """
    horizon = month.vector("loss.months", "grade")[GRADES.index("dismissal")]
    hidden_share = month.number("detection.recorded_missing") if month.switch("exit.forged_record") else 0.0
    found_open = 1.0 - (1.0 - month.number("detection.open")) ** horizon
    found_hidden = 1.0 - (1.0 - month.number("detection.hidden")) ** horizon
    return float((1.0 - hidden_share) * found_open + hidden_share * found_hidden)


def loss_a_head(month: Month) -> tuple[Float, Float]:
    """Loss a head given a career sanction, and given the camp, by rank, in a province of average income (baskets)."""
    median = month.vector("economy.median", "class")
    months = month.vector("loss.months", "grade")
    mix = month.vector("loss.career_mix", "career_grade")
    after = np.array([median[BANISHED_CLASS], *(median[0] for _ in CAREER_GRADES[1:])])
    ranks = median[:BANISHED_CLASS]
    lost = np.maximum(0.0, ranks[:, None] - after[None, :])
    severity = month.vector("loss.severity", "rank")
    career = severity * (lost @ (mix * months[1:]))
    camp = severity * ranks * months[0]
    return career, camp


def stakes_of(world: World, ties: Ties, patrons: NDArray[np.integer]) -> Stakes:
    """Losses and believed chances of the patrons at these positions, at the current month."""
    month, people = world.month, world.state.people
    person = ties.patrons[patrons]
    factor = chance_factor(world, people.post[person].astype(np.int64), np.maximum(people.house[person], 0))
    if month.switch("support.placebo"):
        person = ties.patrons[placebo_source(world, ties)[patrons]]
    rank, heads, income = _circumstances(world, person)
    career, camp = loss_a_head(month)
    return Stakes(
        career=career[rank] * heads * income,
        camp=camp[rank] * heads * income,
        heads=heads,
        career_chance=factor[0],
        camp_chance=factor[1] * month.number("sanction.camp_flight"),
    )


def placebo_source(world: World, ties: Ties) -> NDArray[np.int64]:
    """Whose stakes each patron has in the placebo: a shuffle of them all."""
    return np.argsort(world.draw("placebo", ties.patrons, 0), kind="stable")


def _circumstances(world: World, person: NDArray[np.integer]) -> tuple[NDArray[np.int64], Float, Float]:
    """Rank, heads of the household (its expatriate among them) and income of the province of these persons."""
    people, houses = world.state.people, world.state.houses
    home = np.maximum(people.house[person], 0)
    heads = houses.size[home] + (people.where[person] == ABROAD)
    income = np.exp(world.month.vector("economy.province", "province"))[houses.province[home]]
    return people.post[person].astype(np.int64), np.maximum(heads.astype(float), 1.0), income


def chance_factor(world: World, rank: NDArray[np.int64], home: NDArray[np.integer]) -> tuple[Float, Float]:
    """Factors on the career chance by degree and on the camp chance: confirmation times belief, or the truth if published.

    Under secrecy the reference chances are scaled by the belief over its prior mean: somebody who has seen nothing believes
    the reference. With ``belief.publicity`` the true chance by rank and date takes its place.
    """
    month = world.month
    confirmed = chance_confirmed(month)
    if month.switch("belief.publicity"):
        spared = 1.0 - month.vector("sanction.shield", "rank")[rank]
        return confirmed * spared * month.vector("sanction.career_factor", "rank")[rank], confirmed * spared
    a0, b0 = month.number("belief.prior_hit"), month.number("belief.prior_miss")
    believed = household_belief(world.beliefs, world.state.houses, home, a0, b0)
    factor = confirmed * believed / (a0 / (a0 + b0))
    return factor, factor


def value_of_ties(world: World, ties: Ties, which: NDArray[np.integer]) -> Float:
    """``V = sum over reaches of L * p**gamma`` of the ties ``which``, in baskets."""
    month = world.month
    patrons = ties.patron[which]
    stakes = stakes_of(world, ties, patrons)
    gamma = month.number("support.gamma")
    by_degree = np.concatenate(([0.0], month.vector("sanction.career_probability", "degree")))
    depth = month.by_rank("sanction.career_depth")
    degree = ties.degree[which].astype(np.int64)
    rank = world.state.people.post[ties.patrons[patrons]]
    inlaw_depth = int(month.number("sanction.inlaw_degree"))
    within = degree <= np.where(ties.inlaw[which], inlaw_depth, depth[rank])
    career = np.clip(stakes.career_chance * by_degree[degree] * within, 0.0, 1.0)
    camp = np.clip(stakes.camp_chance * ties.camp[which], 0.0, 1.0)
    return np.asarray(stakes.career * career**gamma + stakes.camp * camp**gamma)


def monthly_budget(world: World, ties: Ties, patrons: NDArray[np.integer]) -> Float:
    """What the patrons at these positions can send this month, fees included (baskets).

    A share of the household's surplus above subsistence (of an expatriate's own, after what he sends to his family),
    divided among its patrons; nothing in a month without liquid means.
    """
    month, people = world.month, world.state.people
    person = ties.patrons[patrons]
    rank = people.post[person].astype(np.int64)
    _, surplus = means_of(world, person)
    liquid = world.draw("support.liquid", person) < month.number("support.liquid")
    share = month.by_rank("support.budget_share")[rank]
    return np.asarray(share * surplus * liquid / ties.sharers[patrons])
