"""The identity of section 8: reach per offence is the sum, over kin left behind, alive, free and not yet sanctioned, of the
chance of their class; those who left together have one union of kin.

Leavers are drawn in a synthetic country by age and by the unit that left with them. Kin are found by
:func:`yeonjwa.society.enforcement.kin_reached` and, one path at a time, by the plain twin of the kin queries; sanctions are
struck by the functions of the enforcement step.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.calendar import NEVER, month_index
from yeonjwa.core.parameters import Parameters
from yeonjwa.kinship.circles import parse_circle
from yeonjwa.kinship.twin import members_of
from yeonjwa.society import enforcement, flight
from yeonjwa.society.codes import HOME, MOTHER_CHILDREN, SINGLE, WHOLE_HOUSEHOLD
from yeonjwa.society.marriage import career_circle
from yeonjwa.society.stylised.findings import (
    Curve,
    Demonstration,
    Finding,
    Panel,
    Setting,
    agrees,
    beyond,
    curve,
)
from yeonjwa.society.world import World

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Int32 = NDArray[np.int32]

UNITS = {"one person": SINGLE, "mother with children": MOTHER_CHILDREN, "whole household": WHOLE_HOUSEHOLD}
#: Age groups of those who lead a departure: first and last age.
AGES = ((15, 24), (25, 34), (35, 44), (45, 54), (55, 69))


@dataclass(frozen=True)
class Departures:
    """Departures drawn in a country: persons of departure i are ``persons[offset[i]:offset[i + 1]]``, the leader first."""

    offset: Int
    persons: Int32
    age: Int

    @property
    def size(self) -> int:
        """Number of departures."""
        return int(self.offset.size - 1)

    def unit(self, i: int) -> Int32:
        """Who left in departure i."""
        return self.persons[self.offset[i] : self.offset[i + 1]]


def without_exits(parameters: Parameters) -> Parameters:
    """Parameters with every exit from liability shut, no daughter spared, and career sanctions that move nobody.

    Under these the sum of chances is all there is; the default parameters show what exits take from it.
    """
    start = month_index(1985, 1)
    for switch in ("exit.divorce_on", "exit.denounce_on", "exit.bribe_on"):
        parameters = parameters.with_value(switch, start, False)
    mix = {"banishment": 0.0, "dismissal": 0.0, "party_loss": 0.0, "bar": 1.0, "demotion": 0.0}
    parameters = parameters.with_value("loss.career_mix", start, mix)
    return parameters.with_value("sanction.spare_married_out", start, 0.0)


def draw_departures(world: World, unit: int, count: int, rng: np.random.Generator) -> Departures:
    """Departures of a unit led by adults drawn at random, one in a household, by the function that gathers units in a run."""
    people, houses = world.state.people, world.state.houses
    age = world.ages(np.arange(people.where.size))
    could = (people.where == HOME) & (age >= flight.YOUNGEST) & (age <= flight.OLDEST) & (people.house >= 0)
    if unit == MOTHER_CHILDREN:
        could &= _mothers(world)
    if unit == WHOLE_HOUSEHOLD:
        could &= houses.size[np.maximum(people.house, 0)] > 1
    chosen = rng.permutation(np.flatnonzero(could))
    _, first = np.unique(people.house[chosen], return_index=True)
    chosen = chosen[np.sort(first)][:count]
    going = people.house[chosen].astype(np.int64)
    houses.plan[going] = unit
    houses.leader[going] = chosen
    offset, persons = flight._gather_units(going, world.t, world.tree, people, houses)
    houses.plan[going] = 0
    return Departures(offset, persons, age[chosen])


def _mothers(world: World) -> NDArray[np.bool_]:
    """Women with a child under age in their own household."""
    tree, people = world.tree, world.state.people
    out = np.zeros(people.where.size, np.bool_)
    minor = np.flatnonzero(
        (people.where == HOME) & (world.t - tree.birth < tree.adult) & (tree.birth_union >= 0)
    )
    mother = tree.wife[tree.birth_union[minor]]
    same = (mother >= 0) & (people.house[np.maximum(mother, 0)] == people.house[minor])
    out[mother[same]] = True
    return out


def reached(world: World, departures: Departures, circle: str) -> Int:
    """Kin in reach of each departure, by the function of the enforcement step."""
    found = enforcement.kin_reached(world, circle, departures.offset, departures.persons)
    return np.bincount(found.offence, minlength=departures.size).astype(np.int64)


def enumerated(world: World, departures: Departures, circle: str, which: range) -> Int:
    """The same for some departures by sets: members of the circle of each who left, without those who left, if still there."""
    parsed = parse_circle(circle)
    there = np.isin(world.state.people.where, enforcement.HERE)
    out = []
    for i in which:
        unit = departures.unit(i).tolist()
        kin = {row.person for p in unit for row in members_of(world.pedigree, parsed, p, month=world.t)}
        out.append(sum(bool(there[p]) for p in kin - set(unit)))
    return np.array(out, np.int64)


def one_by_one(departures: Departures, i: int) -> tuple[Int, Int32]:
    """Departure i alone, as the enforcement step takes it."""
    unit = departures.unit(i)
    return np.array([0, unit.size]), unit


def expected_camp(world: World, departures: Departures) -> Float:
    """Kin that the camp reach takes from each departure in expectation: kin in reach times the chance of the circle."""
    month = world.month
    found = enforcement.kin_reached(
        world, month.text("sanction.camp_circle"), departures.offset, departures.persons
    )
    shield = enforcement.shield_of(world, found, departures.size)
    count = np.bincount(found.offence, minlength=departures.size)
    return np.asarray(count * month.number("sanction.camp_flight") * (1.0 - shield))


def expected_career(world: World, departures: Departures) -> Float:
    """Kin that the career reach strikes from each departure in expectation: the sum of the chances of their class."""
    depth = int(world.month.vector("sanction.career_depth", "post").max())
    found = enforcement.kin_reached(
        world, career_circle(world.month, depth), departures.offset, departures.persons
    )
    chance = enforcement.career_chances(world, found)
    return np.asarray(np.bincount(found.offence, weights=chance, minlength=departures.size), float)


def struck_careers(world: World, departures: Departures, seeds: range) -> Float:
    """Career sanctions of each departure, mean over replicates: struck by the function of the step, then taken back.

    For parameters of :func:`without_exits`, under which a sanction changes nothing but the marks taken back here.
    """
    people, seed = world.state.people, world.seed
    out = np.zeros((len(seeds), departures.size))
    for r, new in enumerate(seeds):
        world.seed = new
        for i in range(departures.size):
            outcome: dict[tuple[int, int], str] = {}
            offset, unit = one_by_one(departures, i)
            enforcement.career_reach(world, offset, unit, np.zeros(1, np.bool_), outcome)
            struck = np.array([p for _, p in outcome], np.int64)
            out[r, i] = struck.size
            people.sanctioned[struck] = NEVER
            people.barred[struck] = 0
    world.seed = seed
    return np.asarray(out)


def struck_camps(world: World, departures: Departures, seeds: range) -> Float:
    """The same for the camp reach, all departures of a replicate together, on a copy of the country."""
    kept = world.state
    seed = world.seed
    out = np.zeros((len(seeds), departures.size))
    for r, new in enumerate(seeds):
        world.seed, world.state = new, copy.deepcopy(kept)
        outcome: dict[tuple[int, int], str] = {}
        primary = departures.persons[departures.offset[:-1]]
        enforcement.camp_reach(
            world, departures.offset, departures.persons, primary, enforcement.FLIGHT, outcome
        )
        out[r] = np.bincount([o for o, _ in outcome], minlength=departures.size)
    world.seed, world.state = seed, kept
    return np.asarray(out)


def by_age(departures: Departures, values: Float) -> Float:
    """Mean of something over the departures led by each age group of :data:`AGES`; NaN where there is none."""
    groups = [(departures.age >= low) & (departures.age <= high) for low, high in AGES]
    return np.array([values[g].mean() if g.any() else np.nan for g in groups])


# --- what is shown -------------------------------------------------------------------------------------------------------


def demonstrate(setting: Setting, *, count: int = 120, replicates: int = 6) -> Demonstration:
    """The identity, by age of the leader and by unit."""
    start = month_index(1985, 1)
    inputs = without_exits(setting.parameters).with_value("sanction.camp_flight", start, 0.5)
    world = setting.country(inputs)
    # Unions of the month have taken place when the step begins.
    world.state.union_formed[world.pedigree.start == world.t] = 1
    circle = world.month.text("sanction.camp_circle")
    ages = np.array([(low + high) / 2 for low, high in AGES])
    findings: list[Finding] = []
    kin_curves: list[Curve] = []
    career_curves: list[Curve] = []
    for number, (name, unit) in enumerate(UNITS.items()):
        gone = draw_departures(world, unit, count, setting.rng(31, number))
        some = range(min(25, gone.size))
        slow = enumerated(world, gone, circle, some)
        fast = reached(world, gone, circle)
        findings.append(
            agrees(
                "departures whose kin in the camp circle are counted as by sets (share)",
                name,
                1.0,
                float((slow == fast[: len(some)]).mean()),
                0.0,
            )
        )
        camps = struck_camps(world, gone, range(1000, 1000 + 5 * replicates)).mean(axis=1)
        expected = expected_camp(world, gone).mean()
        findings.append(
            agrees(
                "kin taken to a camp a departure, over the sum of chances",
                f"{name}, exits shut",
                1.0,
                camps.mean() / expected,
                4 * _error(camps) / expected,
            )
        )
        chances = expected_career(world, gone)
        struck = struck_careers(world, gone, range(2000, 2000 + replicates))
        findings.append(
            agrees(
                "career sanctions a departure, over the sum of chances",
                f"{name}, departures one by one",
                1.0,
                struck.mean() / chances.mean(),
                4 * _error(struck.mean(axis=1)) / chances.mean(),
            )
        )
        many = draw_departures(world, unit, 20 * count, setting.rng(36, number))
        kin_curves.append(
            curve(name, "model", ages, by_age(many, reached(world, many, circle).astype(float)))
        )
        career_curves.append(curve(f"{name}, sum of chances", "theory", ages, by_age(gone, chances)))
        career_curves.append(curve(f"{name}, struck", "model", ages, by_age(gone, struck.mean(axis=0))))
        if unit == WHOLE_HOUSEHOLD:
            findings += _naive(world, gone, circle)
    findings += _exits(setting, count, replicates)
    panels = (
        Panel(
            "Kin in the camp circle", "age of who leads", "kin left behind, a departure", tuple(kin_curves)
        ),
        Panel("Career sanctions", "age of who leads", "sanctions a departure", tuple(career_curves)),
    )
    return Demonstration("reach", "Reach per offence", tuple(findings), panels)


def _naive(world: World, gone: Departures, circle: str) -> list[Finding]:
    """Two ways to count a household's reach wrongly: each member apart, and kin of the leader who left as well."""
    union = reached(world, gone, circle).astype(float)
    apart = Departures(np.arange(gone.persons.size + 1), gone.persons, np.zeros(gone.persons.size, np.int64))
    owner = np.repeat(np.arange(gone.size), np.diff(gone.offset))
    total = np.bincount(owner, weights=reached(world, apart, circle), minlength=gone.size)
    leaders = gone.persons[gone.offset[:-1]]
    alone = Departures(np.arange(gone.size + 1), leaders, gone.age)
    return [
        beyond(
            "kin in the camp circle a household",
            "members counted each by himself and added, against the union",
            union.mean(),
            total.mean(),
        ),
        beyond(
            "kin in the camp circle a household",
            "living kin of the leader alone, those who left included, against the union left behind",
            union.mean(),
            reached(world, alone, circle).mean(),
        ),
    ]


def _exits(setting: Setting, count: int, replicates: int) -> list[Finding]:
    """What exits take from the sum of chances, and what comes of many offences in one month."""
    start = month_index(1985, 1)
    world = setting.country(setting.parameters.with_value("sanction.camp_flight", start, 0.5))
    gone = draw_departures(world, SINGLE, count, setting.rng(34))
    expected = expected_camp(world, gone).mean()
    camps = struck_camps(world, gone, range(3000, 3000 + 3 * replicates)).mean()
    inputs = without_exits(setting.parameters)
    quiet = setting.country(inputs)
    gone = draw_departures(quiet, SINGLE, count, setting.rng(35))
    chances = expected_career(quiet, gone).sum()
    outcome: dict[tuple[int, int], str] = {}
    enforcement.career_reach(quiet, gone.offset, gone.persons, np.zeros(gone.size, np.bool_), outcome)
    return [
        beyond(
            "kin taken to a camp a departure, over kin in reach times the chance",
            "exits open, married daughters spared",
            1.0,
            camps / expected,
        ),
        beyond(
            "career sanctions of a month, over the sum of chances of its departures",
            f"{count} departures in one month of a country of {setting.living:,}: many share kin",
            1.0,
            len(outcome) / chances,
        ),
    ]


def _error(values: Float) -> float:
    """Standard error of the mean of replicates."""
    return float(values.std(ddof=1) / np.sqrt(values.size))
