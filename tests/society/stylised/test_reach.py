"""The identity of reach, by unit, and what breaks it."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from tests.society.stylised.conftest import setting
from yeonjwa.core.calendar import NEVER, month_index
from yeonjwa.society import enforcement
from yeonjwa.society.codes import CAMP
from yeonjwa.society.stylised import reach
from yeonjwa.society.world import World


@lru_cache(maxsize=1)
def country() -> World:
    inputs = reach.without_exits(setting().parameters)
    world = setting().country(inputs.with_value("sanction.camp_flight", month_index(1985, 1), 0.5))
    world.state.union_formed[world.pedigree.start == world.t] = 1
    return world


@lru_cache(maxsize=3)
def departures(name: str) -> reach.Departures:
    return reach.draw_departures(country(), reach.UNITS[name], 60, np.random.default_rng(len(name)))


@pytest.mark.parametrize("name", list(reach.UNITS))
def test_kin_left_behind_are_those_of_the_sets(name: str) -> None:
    gone, world = departures(name), country()
    circle = world.month.text("sanction.camp_circle")
    assert np.array_equal(
        reach.enumerated(world, gone, circle, range(20)), reach.reached(world, gone, circle)[:20]
    )
    assert (np.diff(gone.offset) > 1).any() == (name != "one person")


@pytest.mark.parametrize("name", list(reach.UNITS))
def test_what_is_struck_is_the_sum_of_chances(name: str) -> None:
    gone, world = departures(name), country()
    where, sanctioned = world.state.people.where.copy(), world.state.people.sanctioned.copy()
    camps = reach.struck_camps(world, gone, range(24)).mean(axis=1)
    careers = reach.struck_careers(world, gone, range(3)).mean(axis=1)
    assert camps.mean() == pytest.approx(reach.expected_camp(world, gone).mean(), abs=4 * reach._error(camps))
    chances = reach.expected_career(world, gone)
    # One career sanction is one draw: its variance is at most its chance, but kin of one departure share no draw.
    assert careers.mean() == pytest.approx(chances.mean(), abs=4 * np.sqrt(chances.mean() / (3 * gone.size)))
    # Everything was taken back.
    assert np.array_equal(world.state.people.where, where)
    assert np.array_equal(world.state.people.sanctioned, sanctioned)


def test_kin_in_a_camp_or_sanctioned_before_are_out_of_reach() -> None:
    gone, world = departures("one person"), country()
    circle = world.month.text("sanction.camp_circle")
    before, chances = reach.reached(world, gone, circle), reach.expected_career(world, gone)
    found = enforcement.kin_reached(world, circle, gone.offset, gone.persons)
    one = found.person[0]
    people = world.state.people
    where, since = people.where[one], people.sanctioned[one]
    people.where[one] = CAMP
    after = reach.reached(world, gone, circle)
    people.where[one] = where
    assert before.sum() - after.sum() == (found.person == one).sum()
    exposed = np.flatnonzero(
        enforcement.career_chances(
            world, enforcement.kin_reached(world, "chon<=4", gone.offset, gone.persons)
        )
    )
    struck = enforcement.kin_reached(world, "chon<=4", gone.offset, gone.persons).person[exposed[0]]
    people.sanctioned[struck] = world.t - 1
    less = reach.expected_career(world, gone)
    people.sanctioned[struck] = since
    assert less.sum() < chances.sum()


def test_somebody_related_to_two_offenders_is_struck_by_the_larger_chance() -> None:
    gone, world = departures("one person"), country()
    twice = reach.Departures(
        np.array([0, 1, 2]), np.array([gone.persons[0], gone.persons[0]], np.int32), gone.age[:2]
    )
    world.recorder._now.clear()
    enforcement.career_reach(world, twice.offset, twice.persons, np.zeros(2, np.bool_), {})
    expected = world.recorder.now("enforcement.expected")
    people = world.state.people
    struck = np.flatnonzero(people.sanctioned == world.t)

    people.sanctioned[struck], people.barred[struck] = NEVER, 0
    assert expected == pytest.approx(reach.expected_career(world, twice)[0])
