"""Mechanisms of the country: exits, money from abroad, residence in the capital, inherited demotion."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from tests.society.conftest import FIRST, LAST, SCALE, SPINUP, Total, parameters, pedigree
from yeonjwa.core.calendar import month_index
from yeonjwa.core.parameters import Parameters
from yeonjwa.laboratory.scenario import Change, apply
from yeonjwa.society import abroad, capital, exits, schedule
from yeonjwa.society.codes import ABROAD, DIVORCED, EXITS, FORMED, HOME, HOSTILE, KIN, SENIOR
from yeonjwa.society.enforcement import banish
from yeonjwa.society.engine import SocietyResult, make_world, simulate
from yeonjwa.society.households import inherit_at_birth
from yeonjwa.society.purse import lay_out
from yeonjwa.society.settings import Month
from yeonjwa.society.state import make_houses
from yeonjwa.society.world import World

SWITCHES = {
    "forged": "exit.forged_record", "bribe": "exit.bribe_on",
    "divorce": "exit.divorce_on", "denounce": "exit.denounce_on",
}  # fmt: skip


def changed(*changes: Change) -> Parameters:
    inputs = parameters()
    for change in changes:
        inputs = apply(inputs, change)
    return inputs


def world_with(*changes: Change) -> World:
    world = make_world(pedigree(), changed(*changes), seed=3, scale=SCALE, start=FIRST, last=LAST)
    schedule.step_hardship(world)
    return world


@lru_cache(maxsize=1)
def without_exits() -> SocietyResult:
    """All four exits closed in 2012."""
    closed = [Change(path, month_index(2012, 1), False) for path in SWITCHES.values()]
    return simulate(
        pedigree(), changed(*closed), seed=3, scale=SCALE, first=FIRST, last=LAST, spinup_months=SPINUP,
        check=True,
    )  # fmt: skip


def test_an_account_adds_up() -> None:
    houses = make_houses(3)
    houses.size[:] = (2, 4, 1)
    lay_out(houses, np.array([0, 1, 0]), np.array([12.0, -8.0, 4.0]), 4)
    assert houses.extra_left.tolist() == [4, 4, 0]
    np.testing.assert_allclose(houses.extra * houses.extra_left * houses.size, [16.0, -8.0, 0.0])
    lay_out(houses, np.array([1]), 16.0, 8)
    assert houses.extra[1] * houses.extra_left[1] * houses.size[1] == pytest.approx(8.0)


def test_exits_closed_at_a_date_leave_what_was_before(baseline: SocietyResult) -> None:
    closed = without_exits()
    early = baseline.series["month"] < month_index(2012, 1)
    assert np.array_equal(baseline.series["value"][early], closed.series["value"][early])
    late = np.unique(baseline.series["month"]) >= month_index(2012, 1)
    for kind in EXITS:
        assert Total(closed)("exit.used", "exit", kind)[late].sum() == 0
    assert Total(baseline)("exit.used", "exit", "forged")[late].sum() > 0
    assert Total(closed)("exit.paid")[late].sum() == 0
    # Nothing hides a departure any more: those that follow are found out sooner.
    assert (
        Total(closed)("enforcement.confirmed")[late].sum()
        > Total(baseline)("enforcement.confirmed")[late].sum()
    )


@pytest.fixture(scope="module")
def certain() -> World:
    """A country in which every exit is taken by whoever may take it."""
    return world_with(Change("exit.denounce_first", value=1.0), Change("exit.divorce", value=1.0))


def some_adults(world: World, count: int) -> np.ndarray:
    people = world.state.people
    adult = (people.where == HOME) & (world.t - world.tree.birth > 30 * 12)
    return np.flatnonzero(adult)[:count].astype(np.int32)


@pytest.mark.parametrize("kind", ["bribe", "divorce", "denounce"])
def test_each_exit_spares_costs_and_can_be_closed(certain: World, kind: str) -> None:
    world = certain
    world.recorder.close_month(world.t)
    houses, people = world.state.houses, world.state.people
    person = some_adults(world, 40)
    kin = np.full(person.size, KIN.index("spouse"))
    houses.consumption[people.house[person]] = 1000.0  # so that whoever may bribe can
    alone = [Change(path, value=False) for name, path in SWITCHES.items() if name not in (kind, "forged")]
    certain_exits = (Change("exit.denounce_first", value=1.0), Change("exit.divorce", value=1.0))
    world.month = Month(changed(*certain_exits, *alone), world.t)
    houses.extra[:], houses.extra_left[:] = 0, 0
    assert exits.escape(world, person, kin).all()
    price = world.month.number(f"exit.{kind}_price")
    assert world.recorder.now("exit.used") == person.size
    assert world.recorder.now("exit.paid") == pytest.approx(price * person.size)
    owed = houses.extra * houses.extra_left * np.maximum(houses.size, 1)
    assert owed.sum() == pytest.approx(-price * person.size, rel=1e-4)
    everything = [Change(path, value=False) for path in SWITCHES.values()]
    world.month = Month(changed(*certain_exits, *everything), world.t)
    assert not exits.escape(world, person, kin).any()


def test_divorce_ends_the_union() -> None:
    world = world_with()
    formed = world.state.union_formed
    married = np.flatnonzero((formed == FORMED) & (world.state.people.where[world.tree.wife] == HOME))
    union = int(married[-1])
    wife = int(world.tree.wife[union])
    before = int((formed == FORMED).sum())
    exits.part(world, np.array([wife]))
    assert (formed == DIVORCED).sum() == 1
    assert (formed == FORMED).sum() == before - 1


def test_nobody_left_behind_nobody_forges() -> None:
    world = world_with(Change("detection.recorded_missing", value=1.0))
    full = np.flatnonzero(world.state.houses.size[: world.state.num_houses] > 1)[:1].astype(np.int32)
    leader = np.array([0, 0, 1], np.int32)
    forged = exits.forge(world, leader, np.array([full[0], full[0], -1], np.int32))
    assert forged.tolist() == [True, True, False]
    assert world.recorder.now("exit.used") == 1


def test_families_left_at_home_live_on_their_own_and_on_what_is_sent() -> None:
    world, without = world_with(), world_with(Change("post.sent_home", value=0.0))
    posted, people, houses = world.posted, world.state.people, world.state.houses
    assert posted.person.size > 5
    home = people.house[posted.person]
    left = houses.size[home] > 0
    assert np.all(houses.income_class[home[left]] != abroad.EXPATRIATE_CLASS)
    assert np.all(houses.consumption[home[left]] >= without.state.houses.consumption[home[left]])
    sent = world.recorder.now("posting.sent")
    assert sent > 0
    assert sent == pytest.approx(without.posted.surplus.sum() - posted.surplus.sum())
    income, surplus = abroad.means_of(world, posted.person)
    np.testing.assert_allclose(income, posted.income)
    np.testing.assert_allclose(surplus, posted.surplus)
    assert np.all(people.where[posted.person] == ABROAD)


def test_nobody_banished_from_the_capital_stays_in_it() -> None:
    world = world_with(Change("flight.banished_interior", value=0.0))
    people = world.state.people
    lives = np.flatnonzero((people.where == HOME) & (people.province == capital.CAPITAL))[:60]
    assert lives.size == 60
    banish(world, lives)
    assert not np.any(people.province[lives] == capital.CAPITAL)
    assert np.unique(people.province[lives]).size > 2
    assert np.array_equal(people.province[lives], world.state.houses.province[people.house[lives]])


def test_a_post_brings_a_permit_and_a_leaver_takes_it() -> None:
    world = world_with(Change("residence.entry", value={"senior": 1.0}))
    people = world.state.people
    outside = np.flatnonzero((people.where == HOME) & (people.province != capital.CAPITAL))[:5]
    capital.move_in(world, outside, SENIOR)
    assert np.all(people.province[outside] == capital.CAPITAL)
    offence = np.zeros(5, np.int64)
    capital.step_permits(world, offence, outside.astype(np.int32), np.array([0.0]), outside[:1])
    assert np.all(people.province[outside] == capital.CAPITAL)
    capital.step_permits(world, offence, outside.astype(np.int32), np.array([1.0]), outside[:1])
    assert not np.any(people.province[outside] == capital.CAPITAL)


def test_children_born_after_a_demotion_inherit_it() -> None:
    tree = pedigree()
    child = int(np.flatnonzero((tree.birth_union >= 0) & (tree.birth > LAST - 24))[0])
    father = int(tree.husband[tree.birth_union[child]])
    world = world_with()
    songbun = world.state.people.songbun
    songbun[father], songbun[child] = HOSTILE, 0
    inherit_at_birth(np.array([child]), world.tree, songbun)
    assert songbun[child] == HOSTILE
