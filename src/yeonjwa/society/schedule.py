"""The order of events in a month (MODEL.md, section 3): a list that can be read, printed and timed.

One person has at most one fate a month; the order below is the precedence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from yeonjwa.core.calendar import month_of
from yeonjwa.core.provenance import Meter
from yeonjwa.society import beliefs as belief_rules
from yeonjwa.society.abroad import step_money_home
from yeonjwa.society.camps import labour_of, step_camps
from yeonjwa.society.careers import step_careers, step_postings
from yeonjwa.society.codes import (
    ABROAD,
    BANISHED,
    CAMP,
    DEAD,
    HOME,
    LABOUR,
    PROVINCES,
    SETTLED,
    SOUTH,
    TRANSIT,
    UNBORN,
)
from yeonjwa.society.economy import (
    PERMANENT,
    TRANSITORY,
    assign_classes,
    lasting_luck,
    poor_persons,
    smooth_hardship,
    step_economy,
)
from yeonjwa.society.enforcement import step_enforcement
from yeonjwa.society.flight import note_whereabouts, refresh, refresh_deterrence, step_attempts, step_plans
from yeonjwa.society.households import (
    apply_births,
    apply_deaths,
    apply_unions,
    gather_old,
    inherit_at_birth,
)
from yeonjwa.society.means import look_up_means
from yeonjwa.society.record import step_record
from yeonjwa.society.remittances import step_remittances
from yeonjwa.society.signals import settle_signals, step_signals
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
    abroad = assign_classes(world.holders, state.num_houses, state.people, state.houses)
    sd = np.array(
        [
            month.number("economy.sd_permanent"),
            month.number("economy.sd_transitory"),
            month.number("economy.autocorrelation"),
        ]
    )
    world.luck = lasting_luck(world.luck, state.num_houses, world.key_of(PERMANENT), state.houses)
    step_economy(
        world.t,
        state.num_houses,
        world.key_of(TRANSITORY),
        world.luck,
        np.log(month.vector("economy.median", "class")),
        month.vector("economy.province", "province"),
        month.number("economy.shock"),
        sd,
        state.houses,
        world.lived(),
        world.shocks.drawn(world.t, world.key_of(TRANSITORY)),
    )
    step_money_home(world, abroad)
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
    world.means = look_up_means(world, world.ties, world.means)
    step_signals(world, world.ties, world.means)


def step_transfers(world: World) -> None:
    """Support under budgets; then demands are settled and hardship smoothed."""
    assert world.ties is not None
    assert world.signals is not None
    step_support(world, world.ties, world.means)
    settle_signals(world, world.signals)
    smooth_hardship(
        world.state.num_houses,
        *world.received,
        world.month.number("flight.hardship_memory"),
        world.state.houses,
    )


def step_flight(world: World) -> None:
    """Plans become attempts. From here to the next month's incomes one thread often works alone: shocks are drawn meanwhile."""
    state = world.state
    world.shocks.begin(
        world.t + 1, world.key_of(TRANSITORY), state.num_houses, state.houses.key, world.lived()
    )
    step_attempts(world)


def step_january(world: World) -> None:
    """Retirements, party admission, vacancies and vetting, postings; then ties and deterrence are looked up anew."""
    step_careers(world)
    look_up_ties(world)


def look_up_ties(world: World) -> None:
    """Ties of the year, and the deterrence by kin left behind that follows from them."""
    assign_classes(world.holders, world.state.num_houses, world.state.people, world.state.houses)
    world.ties = None  # before the new ones take memory
    (lives, here), home = note_whereabouts(world)
    world.ties = build_ties(
        world.graph, world.state, world.month, world.seed, world.kin_lists, (lives, home), world.holders
    )
    refresh_deterrence(world, here)
    refresh(world)


SCHEDULE: tuple[Step, ...] = (
    Step(1, "calendar", "dated parameters; deaths, births, unions, moves", step_calendar),
    Step(2, "economy", "incomes, prices, hardship", step_hardship),
    Step(3, "information", "fading of beliefs; public signals", step_information),
    Step(4, "plans", "plans begin, lapse; hints and threats", step_plans_and_signals),
    Step(5, "support", "what patrons see; transfers under budgets", step_transfers),
    Step(6, "flight", "plans become attempts; border, transit, arrival", step_flight),
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
