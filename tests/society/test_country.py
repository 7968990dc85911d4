"""Mechanisms of the country: exits, money from abroad, residence in the capital, inherited demotion."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from tests.society.conftest import FIRST, LAST, SCALE, SPINUP, Total, parameters, pedigree
from yeonjwa.core.calendar import month_index
from yeonjwa.core.parameters import Parameters
from yeonjwa.kinship.blood import MARRIAGE
from yeonjwa.laboratory.scenario import Change, apply
from yeonjwa.society import (
    abroad,
    admission,
    camps,
    capital,
    careers,
    enforcement,
    exits,
    flight,
    schedule,
    vetting,
)
from yeonjwa.society.codes import (
    ABROAD,
    DIVORCED,
    EXITS,
    FORMED,
    HOME,
    HOSTILE,
    KIN,
    KIN_BY_STEPS,
    LABOUR,
    SENIOR,
    STAIN_CAMP,
)
from yeonjwa.society.enforcement import banish
from yeonjwa.society.engine import SocietyResult, make_world, simulate
from yeonjwa.society.households import inherit_at_birth
from yeonjwa.society.losses import value_of_ties
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
    """All four exits closed, and nobody threatens, from 2012 on."""
    closed = [Change(path, month_index(2012, 1), False) for path in SWITCHES.values()]
    closed += [Change(path, month_index(2012, 1), 0.0) for path in ("threat.genuine", "threat.opportunity")]
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
    assert Total(closed)("signal.threats")[late].sum() == 0 < Total(closed)("signal.hints")[late].sum()
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


def test_a_threat_is_dearer_and_riskier(baseline: SocietyResult) -> None:
    kind, price = baseline.events["kind"], baseline.events["value"]
    assert price[kind == "threat"].mean() > 1.3 * price[kind == "hint"].mean()
    inputs, t = parameters(), FIRST
    assert inputs.number("hint.threat_denounce", t) > 1 < inputs.number("hint.threat_damage", t)


def test_inlaws_are_ties_only_where_the_rule_names_them() -> None:
    assert not np.any(world_with().ties.inlaw)
    world = world_with(Change("support.inlaw_degree", value=2))
    ties = world.ties
    rows = np.flatnonzero(ties.inlaw)
    assert 0 < rows.size < ties.size
    assert ties.degree[rows].max() == 2
    assert not ties.relatedness[rows].any()
    assert not ties.camp[rows].any()
    assert not value_of_ties(world, ties, rows).any()
    world.month = Month(changed(Change("sanction.inlaw_degree", value=2)), world.t)
    assert (value_of_ties(world, ties, rows) > 0).all()


def a_wife_with_a_brother(world: World) -> tuple[int, int, int]:
    """Husband, wife, and a living brother of hers who is not his kin of one grandfather."""
    tree, where = world.tree, world.state.people.where
    for union in np.flatnonzero(world.state.union_formed == FORMED)[::-1]:
        wife, man = int(tree.wife[union]), int(tree.husband[union])
        birth = int(tree.birth_union[wife])
        if birth < 0 or where[wife] != HOME or where[man] != HOME:
            continue
        for sibling in range(tree.first_child[birth], tree.first_child[birth + 1]):
            if tree.sex[sibling] == 1 and where[sibling] == HOME and world.t - tree.birth[sibling] > 240:
                return man, wife, sibling
    raise AssertionError("no such family")


def test_a_check_of_the_wifes_family_finds_her_brother() -> None:
    world = world_with(Change("vetting.on_file", value=1.0))
    world.state.people.stain[:] = 0
    man, wife, brother = a_wife_with_a_brother(world)
    world.state.people.stain[brother] = STAIN_CAMP
    checks = {2: vetting.check(world, 2)}
    order = np.array([man])
    assert careers._stained_inlaws(world, order, checks, 2).tolist() == [wife]
    assert careers._stained_inlaws(world, order, checks, 0).tolist() == [-1]
    exits.part(world, order)
    assert careers._stained_inlaws(world, order, checks, 2).tolist() == [-1]


@pytest.mark.parametrize(("share", "spared"), [(1.0, True), (0.0, False)])
def test_married_daughters_are_let_off(share: float, spared: bool) -> None:
    world = world_with(Change("sanction.spare_married_out", value=share))
    _, wife, brother = a_wife_with_a_brother(world)
    offset, brothers = np.array([0, 1]), np.array([brother], np.int32)
    everyone = enforcement.kin_reached(world, "siblings + spouse", offset, brothers)
    left = enforcement.spare(world, everyone)
    assert wife in everyone.person
    assert (wife not in left.person) == spared
    women = everyone.person[~np.isin(everyone.person, left.person)]
    assert np.all(world.tree.sex[women] == 0)
    # The wife of the offender himself is no daughter of the house.
    assert np.isin(everyone.person[everyone.spouse], left.person).all()


def test_who_may_gain_applies_and_who_plans_to_leave_does_not() -> None:
    world = world_with(Change("party.appeal", value=0.0))
    people, houses = world.state.people, world.state.houses
    adults = some_adults(world, 4000).astype(np.int64)
    first = admission.applicants(world, adults)
    assert 0.4 < first.size / adults.size < 0.8
    assert admission.gain_of_membership(world) > 0
    houses.plan[people.house[first]] = 1
    assert not np.isin(admission.applicants(world, adults), first).any()
    houses.plan[:] = 0
    houses.base[:] = 1.0  # everyone leaves within the year
    assert admission.applicants(world, adults).size < 0.01 * adults.size


def test_labour_divides_deaths_and_leaves_their_number() -> None:
    inputs = parameters()
    share = inputs.vector("camp.labour", FIRST, LABOUR)
    for path in ("camp.labour_mortality", "camp.labour_release"):
        assert share @ inputs.vector(path, FIRST, LABOUR) == pytest.approx(1.0, abs=1e-4)
    only_miners_live = {"mining": 0.0, "logging": 1.0, "farm": 1.0, "zone": 1.0}
    world = world_with(
        Change("camp.mortality", value=500.0), Change("camp.labour_mortality", value=only_miners_live),
        Change("camp.release", value=0.0),
    )  # fmt: skip
    camps.fill(world, 600)
    assert np.unique(camps.labour_of(world, world.state.inmates)).size == len(LABOUR)
    camps.step_camps(world)
    assert 100 < world.state.inmates.size < 400
    assert not camps.labour_of(world, world.state.inmates).any()


def test_the_first_stock_of_camps_is_the_same_however_many_are_put_in_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stocks = []
    for enough in (0.5, 4, 10**9):
        monkeypatch.setattr(camps, "_ENOUGH", enough)
        world = world_with()
        camps.fill(world, 300)
        stocks.append(world.state.inmates.tolist())
    assert len(stocks[0]) == 300
    assert stocks[0] == stocks[1] == stocks[2]


def test_the_price_of_a_crossing_is_a_cost_only_where_asked_for() -> None:
    world = world_with()
    plain = flight.hazard_table(world)
    world.month = Month(changed(Change("border.price", value=310.0)), world.t)
    assert np.array_equal(flight.hazard_table(world), plain)
    world.month = Month(
        changed(Change("border.price", value=310.0), Change("flight.a_cost", value=0.5)), world.t
    )
    np.testing.assert_allclose(flight.hazard_table(world), plain * (310.0 / 31.0) ** -0.5)


def test_money_from_outside_lowers_hardship_and_pays_the_next_crossing() -> None:
    world = world_with(Change("remittance.follow_on", value=1.0))
    houses = world.state.houses
    house = np.flatnonzero(houses.base[: world.state.num_houses] > 0)[:1]
    flight.refresh(world, house)
    before = float(houses.base[house[0]])
    lay_out(houses, house, 50.0, 3)
    flight.refresh(world, house)
    assert houses.base[house[0]] == pytest.approx(before * np.e, rel=1e-5)
    lay_out(houses, house, -100.0, 3)  # a debt pays nobody's way
    flight.refresh(world, house)
    assert houses.base[house[0]] == pytest.approx(before, rel=1e-5)


def test_waits_and_gaps_are_counted(baseline: SocietyResult) -> None:
    total = Total(baseline)
    assert np.all(total("support.first") <= total("support.waiting"))
    assert np.all(total("support.waiting") <= total("support.poor_ties"))
    assert 0 < total("support.gaps").sum() < total("support.held").sum()
    wait = {
        post: total("support.waiting", "post", post).sum() / total("support.first", "post", post).sum()
        for post in ("administrator", "expatriate")
    }
    assert wait["expatriate"] < wait["administrator"]


def test_kin_types_follow_from_steps_and_marriage() -> None:
    steps = [(up, down, side) for up in range(9) for down in range(9) for side in (3, MARRIAGE)]
    info = np.array([up | down << 5 | side << 10 for up, down, side in steps], np.int16)
    found = enforcement.Reached.of(np.zeros(info.size, np.int64), np.arange(info.size, dtype=np.int32), info)
    for code, (up, down, side) in zip(found.kin().tolist(), steps, strict=True):
        by_blood = KIN_BY_STEPS.get((up, down), "other")
        by_marriage = "spouse" if up + down == 0 else "other"
        assert KIN[code] == (by_marriage if side == MARRIAGE else by_blood)
