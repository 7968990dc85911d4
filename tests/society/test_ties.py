"""Ties are the inverse of the circles, one to each other household (MODEL.md, section 2)."""

from __future__ import annotations

import numpy as np
import pytest

from tests.society.conftest import FIRST, LAST, SCALE, parameters, pedigree
from yeonjwa.kinship.members import members
from yeonjwa.kinship.relation import relatedness
from yeonjwa.society.engine import make_world
from yeonjwa.society.ties import camp_steps, coefficient
from yeonjwa.society.world import World


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(pedigree(), parameters(), seed=3, scale=SCALE, start=FIRST, last=LAST)


def test_camp_circle_read_backwards_is_children_parents_and_grandparents() -> None:
    table = camp_steps("parents + spouse + children + grandchildren")
    found = {(int(u), int(d)) for u, d in np.argwhere(table)}
    assert found == {(0, 1), (1, 0), (2, 0)}


def test_a_camp_tie_says_that_the_patron_stands_in_the_circle_of_the_relative(world: World) -> None:
    ties = world.ties
    assert ties is not None
    rows = np.flatnonzero(ties.camp)[:200]
    assert rows.size > 50
    people, circle = world.state.people, parameters().text("sanction.camp_circle", FIRST)
    for row in rows.tolist():
        patron, house = int(ties.patrons[ties.patron[row]]), int(ties.house[row])
        household = np.flatnonzero(people.house == house).astype(np.int32)
        found = members(world.graph, circle, household)
        assert patron in found.person


def test_each_other_household_once_over_its_nearest_member(world: World) -> None:
    ties, people = world.ties, world.state.people
    assert ties is not None
    pair = ties.patron.astype(np.int64) * world.state.num_houses + ties.house
    assert np.unique(pair).size == pair.size
    assert not np.any(people.house[ties.patrons[ties.patron]] == ties.house)
    for k in range(0, ties.patrons.size, max(1, ties.patrons.size // 40)):
        kin = members(world.graph, "chon<=4", ties.patrons[[k]], month=FIRST - 1)
        home = people.house[kin.person]
        mine = slice(int(ties.offset[k]), int(ties.offset[k + 1]))
        for house, degree in zip(ties.house[mine].tolist(), ties.degree[mine].tolist(), strict=True):
            assert degree == kin.degree[home == house].min()


def test_relatedness_of_a_tie_is_wright_s_coefficient_without_further_ways(world: World) -> None:
    up, down, half = np.array([1, 2, 2, 1, 0]), np.array([1, 1, 2, 1, 2]), np.array([0, 0, 0, 1, 0], bool)
    assert coefficient(up, down, half).tolist() == [0.5, 0.25, 0.125, 0.25, 0.25]
    siblings = members(world.graph, "siblings", world.ties.patrons[:50])  # type: ignore[union-attr]
    full = np.flatnonzero(~siblings.half)[0]
    assert relatedness(world.graph, int(siblings.ego[full]), int(siblings.person[full])) >= 0.5


def test_nearest_tie_of_a_household_is_its_least_degree(world: World) -> None:
    ties = world.ties
    assert ties is not None
    best = np.full(world.state.num_houses, 99)
    np.minimum.at(best, ties.house, ties.degree)
    has = ties.nearest >= 0
    assert np.array_equal(has, best < 99)
    assert np.array_equal(ties.degree[ties.nearest[has]], best[has])
    assert np.array_equal(ties.house[ties.nearest[has]], np.flatnonzero(has))
