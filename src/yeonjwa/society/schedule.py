"""The order of events in a month (MODEL.md, section 3): a list that can be read, printed and timed.

One person has at most one fate a month; the order below is the precedence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numba
import numpy as np

from yeonjwa.core.calendar import month_of
from yeonjwa.core.lanes import LANES, fill_exp
from yeonjwa.core.parallel import each, over_rows
from yeonjwa.core.provenance import Meter
from yeonjwa.society import beliefs as belief_rules
from yeonjwa.society.abroad import step_money_home
from yeonjwa.society.beliefs import unit_of_household
from yeonjwa.society.camps import labour_of, step_camps
from yeonjwa.society.careers import step_careers, step_postings
from yeonjwa.society.codes import (
    ABROAD,
    BANISHED,
    CAMP,
    DEAD,
    EXPATRIATE,
    HOME,
    LABOUR,
    POSTS,
    PROVINCES,
    RANKS,
    SETTLED,
    SEXES,
    SOUTH,
    TRANSIT,
    UNBORN,
)
from yeonjwa.society.economy import (
    PERMANENT,
    TRANSITORY,
    assign_classes,
    poor_persons,
    smooth_hardship,
    step_economy,
)
from yeonjwa.society.enforcement import step_enforcement
from yeonjwa.society.flight import refresh, refresh_deterrence, step_attempts, step_plans
from yeonjwa.society.households import (
    apply_births,
    apply_deaths,
    apply_unions,
    gather_old,
    inherit_at_birth,
)
from yeonjwa.society.losses import chance_confirmed, chance_factor, loss_a_head, stakes_of
from yeonjwa.society.remittances import step_remittances
from yeonjwa.society.rows import BLOCK
from yeonjwa.society.signals import settle_signals, step_signals
from yeonjwa.society.state import Houses, People, Tree
from yeonjwa.society.ties import build_ties
from yeonjwa.society.transfers import step_support
from yeonjwa.society.world import World

#: Months between conception and birth: a father must have been here that long before.
PREGNANCY = 9
#: Months of the year in which every household's hazard is recomputed; in others only where something changed.
REFRESH_MONTHS = (1, 4, 7, 10)


@dataclass(frozen=True)
class Step:
    """One step of the month: its number in the specification, its name, what it does, and the function."""

    number: int
    name: str
    what: str
    run: Callable[[World], None]
    january_only: bool = False


def step_calendar(world: World) -> None:
    """Deaths, births, unions and moves that the pedigree has drawn for this month."""
    state, events, t = world.state, world.calendar, world.t
    people = state.people
    dying = events.deaths.at(t)
    newborn = dying[world.tree.birth[dying] == t]
    where = people.where[dying]
    _die_out_of_reach(world, dying[(where == TRANSIT) | (where == SETTLED)], "flight.died", "died_china")
    in_camp = dying[where == CAMP]
    _die_out_of_reach(world, in_camp, "camp.deaths", "camp_death")
    world.recorder.split(
        "camp.deaths", "labour", LABOUR, np.bincount(labour_of(world, in_camp), minlength=len(LABOUR))
    )
    people.where[dying[where == SOUTH]] = DEAD
    here = dying[(where == HOME) | (where == ABROAD) | (where == BANISHED)]
    widowed_age = int(world.month.number("household.widowed_parent_age")) * 12
    apply_deaths(here, t, widowed_age, world.tree, state.union_formed, state.membership)
    unions = events.unions.at(t)
    state.reserve(unions.size)
    state.num_houses = apply_unions(
        unions, t, state.num_houses, world.tree, state.union_formed, state.membership
    )
    if month_of(t) == 1:
        gather_old(t, widowed_age, state.num_houses, world.tree, state.union_formed, state.membership)
    born = events.births.at(t)
    apply_births(born, t, PREGNANCY, world.tree, state.union_formed, state.membership)
    inherit_at_birth(born, world.tree, people.songbun)
    # Who dies in the month of birth was not there to die above.
    newborn = newborn[people.where[newborn] != UNBORN]
    apply_deaths(newborn, t, widowed_age, world.tree, state.union_formed, state.membership)


def _die_out_of_reach(world: World, persons: np.ndarray, measure: str, kind: str) -> None:
    world.state.people.where[persons] = DEAD
    world.recorder.add(measure, persons.size)
    world.recorder.events(world.t, kind, persons)


def step_hardship(world: World) -> None:
    """Incomes, prices, hardship."""
    month, state = world.month, world.state
    assign_classes(world.holders, state.num_houses, state.people, state.houses)
    sd = np.array(
        [
            month.number("economy.sd_permanent"),
            month.number("economy.sd_transitory"),
            month.number("economy.autocorrelation"),
        ]
    )
    keys = np.array([world.key_of(PERMANENT), world.key_of(TRANSITORY)])
    step_economy(
        world.t,
        state.num_houses,
        keys,
        np.log(month.vector("economy.median", "class")),
        month.vector("economy.province", "province"),
        month.number("economy.shock"),
        sd,
        state.houses,
    )
    step_money_home(world)
    poor = poor_persons(state.num_houses, len(PROVINCES), state.houses)
    world.recorder.add("hardship.poor", poor.sum())
    world.recorder.split("hardship.poor", "province", PROVINCES, poor)


def step_information(world: World) -> None:
    """Beliefs fade; public signals arrive."""
    month, state = world.month, world.state
    phi = belief_rules.fading(month.number("belief.memory"))
    belief_rules.fade(world.beliefs, state.houses, state.num_houses, phi)
    world.beliefs.public_hits += month.number("belief.signal_hits")
    world.beliefs.public_misses += month.number("belief.signal_misses")


def step_plans_and_signals(world: World) -> None:
    """Plans lapse and begin; hints and threats."""
    if month_of(world.t) in REFRESH_MONTHS:
        refresh(world)
    step_plans(world)
    assert world.ties is not None
    world.stakes = stakes_of(world, world.ties)
    step_signals(world, world.ties, world.stakes)


def step_transfers(world: World) -> None:
    """Support under budgets; then demands are settled and hardship smoothed."""
    assert world.ties is not None
    assert world.signals is not None
    step_support(world, world.ties, world.stakes)
    settle_signals(world, world.signals)
    smooth_hardship(
        world.state.num_houses,
        world.received,
        world.month.number("flight.hardship_memory"),
        world.state.houses,
    )


def step_january(world: World) -> None:
    """Retirements, party admission, vacancies and vetting, postings; then ties and deterrence are looked up anew."""
    step_careers(world)
    look_up_ties(world)


def look_up_ties(world: World) -> None:
    """Ties of the year, and the deterrence by kin left behind that follows from them."""
    assign_classes(world.holders, world.state.num_houses, world.state.people, world.state.houses)
    world.ties = build_ties(world.graph, world.state, world.month, world.seed, world.kin_lists)
    refresh_deterrence(world)
    refresh(world)


@numba.njit(cache=True, nogil=True)
def _census(
    blocks: np.ndarray, block: int, provinces: int, tree: Tree, people: People
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Everyone under the country's rule by (sex, province); members of the party by sex; holders of posts by post."""
    count = np.zeros((2, provinces), np.int64)
    party = np.zeros(2, np.int64)
    post = np.zeros(6, np.int64)
    where, sex, province = people.where, tree.sex, people.province
    for b in range(blocks.size):
        for p in range(blocks[b], min(blocks[b] + block, where.size)):
            w = where[p]
            if w == HOME or w == ABROAD or w == BANISHED or w == CAMP:
                count[sex[p], province[p]] += 1
                if w != CAMP:
                    party[sex[p]] += people.party[p]
                    post[people.post[p]] += 1
    return count, party, post


def census(world: World) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Everyone under the country's rule by (sex, province); members of the party by sex; holders of posts by post."""
    blocks = world.awake()
    parts = [blocks[: blocks.size // 2], blocks[blocks.size // 2 :]]
    found = each(lambda part: _census(part, BLOCK, len(PROVINCES), world.tree, world.state.people), parts)
    count, party, post = (one + two for one, two in zip(*found, strict=True))
    return count, party, post


def step_record(world: World) -> None:
    """Stocks at the end of the month, and what people believe against what is true."""
    recorder = world.recorder
    if not recorder.recording:
        return
    count, party, post = census(world)
    recorder.add("population.alive", count.sum())
    recorder.split("population.alive", "sex", SEXES, count.sum(axis=1))
    recorder.split("population.alive", "province", PROVINCES, count.sum(axis=0))
    recorder.add("population.households", (world.state.houses.size[: world.state.num_houses] > 0).sum())
    recorder.add("party.members", party.sum())
    recorder.split("party.members", "sex", SEXES, party)
    recorder.add("post.holders", post[1:].sum())
    recorder.split("post.holders", "post", POSTS, post[1:])
    record_beliefs(world)


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
    prior: np.ndarray,
    public: np.ndarray,
    first_unit: np.ndarray,
    near_hits: np.ndarray,
    near_misses: np.ndarray,
    houses: Houses,
) -> tuple[np.ndarray, np.ndarray]:
    """Belief times heads, and heads, by rank, over the households first to last - 1.

    ``posted`` lists households of expatriates, in order; ``factor`` by rank turns a belief (or, where the rule is ``published``,
    1) into a chance.
    """
    total, count = np.zeros(ranks), np.zeros(ranks)
    size, income_class, province, key = houses.size, houses.income_class, houses.province, houses.key
    hits, misses = houses.hits, houses.misses
    place = np.searchsorted(posted, first)
    for h in range(first, last):
        if size[h] <= 0:
            continue
        rank = income_class[h] if income_class[h] < ranks else 0
        while place < posted.size and posted[place] < h:
            place += 1
        if place < posted.size and posted[place] == h:
            rank = EXPATRIATE
        believed = 1.0
        if not published:
            unit = unit_of_household(province[h], key[h], first_unit)
            seen = hits[h] + near_hits[unit] + public[0]
            believed = (prior[0] + seen) / (
                prior[0] + prior[1] + seen + (misses[h] + near_misses[unit] + public[1])
            )
        total[rank] += size[h] * min(max(believed * factor[rank], 0.0), 1.0)
        count[rank] += size[h]
    return total, count


def _believed_by_rank(world: World, reference: float) -> tuple[np.ndarray, np.ndarray]:
    """Believed chance at 1 chon summed over persons, and persons, by rank; an expatriate's household is his."""
    month, houses, beliefs = world.month, world.state.houses, world.beliefs
    prior = np.array([month.number("belief.prior_hit"), month.number("belief.prior_miss")])
    published = month.switch("belief.publicity")
    factor = np.full(len(RANKS), chance_confirmed(month) * reference)
    if published:
        factor *= 1.0 - month.vector("sanction.shield", "rank")
        factor *= month.vector("sanction.career_factor", "rank")
    else:
        factor /= prior[0] / prior.sum()
    posted = np.empty(0, np.int64)
    if world.posted is not None:
        posted = np.unique(world.state.people.house[world.posted.person]).astype(np.int64)
    found = over_rows(
        _sum_beliefs,
        world.state.num_houses,
        len(RANKS),
        posted,
        factor,
        published,
        prior,
        np.array([beliefs.public_hits, beliefs.public_misses]),
        beliefs.first_unit,
        beliefs.hits,
        beliefs.misses,
        houses,
    )
    total, count = (np.sum([part[i] for part in found], axis=0) for i in (0, 1))
    return total, count


@numba.njit(cache=True, nogil=True)
def _sum_exposure(
    first: int,
    last: int,
    offset: np.ndarray,
    house: np.ndarray,
    degree: np.ndarray,
    hazard: np.ndarray,
    factor: np.ndarray,
    by_degree: np.ndarray,
    loss: np.ndarray,
    out: np.ndarray,
) -> None:
    """Expected yearly loss of the patrons first to last - 1."""
    for k in range(first, last):
        total = 0.0
        for i in range(offset[k], offset[k + 1]):
            total += 12.0 * hazard[house[i]] * min(1.0, factor[k] * by_degree[degree[i]]) * loss[k]
        out[k] = total


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _hazard_now(
    first: int, last: int, alpha: float, base: np.ndarray, smoothed: np.ndarray, out: np.ndarray
) -> None:
    """Hazard of each household at its smoothed hardship."""
    x, y, power = np.empty(LANES), np.empty(LANES), np.empty(LANES, np.int64)
    for low in range(first, last, LANES):
        n = min(LANES, last - low)
        for i in range(n):
            x[i] = alpha * smoothed[low + i]
        fill_exp(n, x, y, power)
        for i in range(n):
            out[low + i] = base[low + i] * y[i]


def _record_exposure(world: World) -> None:
    """Expected yearly loss of a patron from departures in the households he answers for, in baskets, by rank."""
    ties = world.ties
    if ties is None or ties.size == 0:
        return
    month, people, houses = world.month, world.state.people, world.state.houses
    career, _ = loss_a_head(month)
    rank = people.post[ties.patrons].astype(np.int64)
    by_degree = np.concatenate(([0.0], month.vector("sanction.career_probability", "degree")))
    hazard = np.empty(world.state.num_houses, np.float32)
    alpha = month.number("support.alpha")
    over_rows(_hazard_now, hazard.size, alpha, houses.base, houses.smoothed, hazard)
    home = np.maximum(people.house[ties.patrons], 0)
    factor = chance_factor(world, rank, home)[0]
    loss = career[rank] * np.maximum(houses.size[home], 1)
    yearly = np.zeros(ties.patrons.size)
    over_rows(
        _sum_exposure,
        yearly.size,
        ties.offset,
        ties.house,
        ties.degree,
        hazard,
        factor,
        by_degree,
        loss,
        yearly,
        block=8192,
    )
    total = np.bincount(rank, weights=yearly, minlength=len(RANKS))
    count = np.bincount(rank, minlength=len(RANKS))
    holds = count[1:].sum()
    world.recorder.add("exposure.loss", float(total[1:].sum() / max(holds, 1)))
    world.recorder.split("exposure.loss", "rank", RANKS[1:], total[1:] / np.maximum(count[1:], 1))


SCHEDULE: tuple[Step, ...] = (
    Step(1, "calendar", "dated parameters; deaths, births, unions, moves", step_calendar),
    Step(2, "economy", "incomes, prices, hardship", step_hardship),
    Step(3, "information", "fading of beliefs; public signals", step_information),
    Step(4, "plans", "plans begin, lapse; hints and threats", step_plans_and_signals),
    Step(5, "support", "what patrons see; transfers under budgets", step_transfers),
    Step(6, "flight", "plans become attempts; border, transit, arrival", step_attempts),
    Step(
        7,
        "enforcement",
        "other offences; departures found out; sanctions on circles; recalls; camp intake; what families saw (9)",
        step_enforcement,
    ),
    Step(8, "camps", "deaths, releases, closures", step_camps),
    Step(10, "postings", "other recalls of expatriates", step_postings),
    Step(
        10,
        "careers",
        "retirements, party admission, vacancies and vetting, postings, ties",
        step_january,
        january_only=True,
    ),
    Step(11, "remittances", "money from those who got out", step_remittances),
    Step(12, "record", "stocks, beliefs, series", step_record),
)


def describe() -> str:
    """The schedule as a table."""
    return "\n".join(
        f"{step.number:>2}  {step.name:<12} {step.what}{' (January)' if step.january_only else ''}"
        for step in SCHEDULE
    )


def run_month(world: World, meter: Meter | None = None) -> None:
    """All steps of one month, in order, each measured under its name if there is a meter."""
    january = month_of(world.t) == 1
    for step in SCHEDULE:
        if not january and step.january_only:
            continue
        if meter is None:
            step.run(world)
        else:
            meter.step(step.name, partial(step.run, world))
