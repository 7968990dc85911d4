"""The whole society on a small country: every measure there, everything conserved, seeds and switches as promised."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.society.conftest import FIRST, LAST, SCALE, SPINUP, Total, parameters, pedigree, play
from yeonjwa.core.calendar import month_index
from yeonjwa.core.errors import InputError, RunError
from yeonjwa.society.careers import step_careers
from yeonjwa.society.codes import ABROAD, CAMP, DEAD, EXPATRIATE, HOME, NOT_YET_BORN, SOUTH, UNBORN
from yeonjwa.society.engine import SocietyResult, check_books, check_people, make_world, simulate
from yeonjwa.society.recorder import EVENT_KINDS, MEASURES, Recorder
from yeonjwa.society.schedule import SCHEDULE, describe
from yeonjwa.society.settings import Month
from yeonjwa.society.world import World

MONTHS = LAST - FIRST + 1


def test_every_measure_has_a_total_for_each_month(baseline: SocietyResult) -> None:
    total = Total(baseline)
    for measure in MEASURES:
        assert total(measure).size == MONTHS, measure


@pytest.mark.parametrize(
    "measure",
    [
        "population.alive", "hardship.poor", "support.transfers", "support.amount", "support.unmet",
        "signal.hints", "signal.threats", "signal.paid", "signal.bluff", "flight.plans", "flight.attempts",
        "flight.interdicted", "flight.repatriated", "flight.returned", "flight.in_transit", "flight.settled",
        "flight.arrivals", "enforcement.offences", "enforcement.sanctioned", "recall.recalled", "camp.stock",
        "camp.intake", "camp.deaths", "belief.perceived", "belief.true", "party.members", "vetting.checked",
        "vetting.refused", "remittance.sent",
    ],
)  # fmt: skip
def test_what_the_article_says_happens_happens(baseline: SocietyResult, measure: str) -> None:
    assert Total(baseline)(measure).sum() > 0


@pytest.mark.parametrize("measure", sorted(m for m in MEASURES if not m.startswith(("belief", "exposure"))))
def test_breakdowns_add_up_to_the_total(baseline: SocietyResult, measure: str) -> None:
    total = Total(baseline)
    for dimension, levels in MEASURES[measure][1].items():
        parts = sum(total(measure, dimension, level) for level in levels)
        np.testing.assert_allclose(
            parts, total(measure), rtol=1e-9, atol=1e-6, err_msg=f"{measure} by {dimension}"
        )


def test_liability_off_leaves_the_altruism_baseline(baseline: SocietyResult) -> None:
    on, off = Total(baseline), Total(play("liability_off"))
    for motive in ("liability", "hint", "threat"):
        assert on("support.amount", "motive", motive).sum() > 0
        assert off("support.amount", "motive", motive).sum() == 0
    altruism = off("support.amount", "motive", "altruism").sum()
    assert altruism > 0
    assert off("support.amount").sum() == pytest.approx(altruism)
    assert off("support.amount").sum() < on("support.amount").sum()


def test_same_seed_same_run(baseline: SocietyResult, monkeypatch: pytest.MonkeyPatch) -> None:
    # The second run keeps up from its first month what the first only counts from a year before the books are open.
    monkeypatch.setattr(Recorder, "following", property(lambda self: True, lambda self, value: None))
    again = simulate(
        pedigree(), parameters(), seed=3, scale=SCALE, first=FIRST, last=LAST, spinup_months=SPINUP
    )
    for mine, other in (
        (baseline.series, again.series),
        (baseline.events, again.events),
        (baseline.flows, again.flows),
    ):
        for name in mine:
            assert np.array_equal(mine[name], other[name]), name


def test_another_seed_is_another_run(baseline: SocietyResult) -> None:
    other = play("baseline", seed=4)
    assert not np.array_equal(Total(baseline)("support.amount"), Total(other)("support.amount"))


def test_a_change_from_2012_leaves_every_month_before_bit_identical(baseline: SocietyResult) -> None:
    changed = play("severity_flat")
    early = baseline.series["month"] < month_index(2012, 1)
    assert np.array_equal(baseline.series["value"][early], changed.series["value"][early])
    assert not np.array_equal(baseline.series["value"][~early], changed.series["value"][~early])


def test_sanctions_are_kin_in_reach_times_the_chance_of_their_class() -> None:
    runs = [play("baseline"), play("baseline", seed=4), play("liability_off")]
    got = sum(Total(r)("enforcement.sanctioned").sum() for r in runs) * SCALE
    expected = sum(Total(r)("enforcement.expected").sum() for r in runs) * SCALE
    # Exits spare some of those in reach of a camp; circles come whole, so the variance is above Poisson's.
    assert got == pytest.approx(expected, abs=5 * np.sqrt(6 * expected) + 0.02 * expected)


def test_everyone_ends_somewhere_exactly_once(baseline: SocietyResult) -> None:
    where = baseline.persons["whereabouts"]
    tree = pedigree()
    alive = (tree.birth <= LAST) & (tree.death > LAST)
    assert not np.any(alive & (where == NOT_YET_BORN))
    assert np.all(where[tree.death <= LAST - SPINUP - MONTHS] == DEAD)
    assert np.all((where[tree.birth > LAST]) == NOT_YET_BORN)
    dead_by_pedigree = (tree.death <= LAST) & (tree.birth <= LAST)
    assert np.all(np.isin(where[dead_by_pedigree], (DEAD, UNBORN)))
    assert np.array_equal(baseline.persons["unborn"], where == UNBORN)


def test_children_of_those_who_are_gone_are_unborn(baseline: SocietyResult) -> None:
    tree, where = pedigree(), baseline.persons["whereabouts"]
    unborn = np.flatnonzero(where == UNBORN)
    assert unborn.size > 0
    union = tree.birth_union[unborn]
    parents = np.stack([where[tree.wife[union]], where[tree.husband[union]]])
    touched = ~np.isin(parents, (HOME, 2)).all(axis=0)
    # A parent is gone, in a camp, dead before time, unborn, or came back after the birth that did not happen.
    assert touched.mean() > 0.5


def test_stocks_agree_with_the_end_state(baseline: SocietyResult) -> None:
    where, total = baseline.persons["whereabouts"], Total(baseline)
    assert total("camp.stock")[-1] * SCALE == pytest.approx((where == CAMP).sum())
    arrived = baseline.totals["flight.arrivals"]
    assert arrived >= (where == SOUTH).sum() > 0


def test_events_agree_with_the_series(baseline: SocietyResult) -> None:
    kinds, total = baseline.events["kind"], Total(baseline)
    assert set(np.unique(kinds)) <= set(EVENT_KINDS)
    for kind, measure in (
        ("attempt", "flight.attempts"),
        ("arrived", "flight.arrivals"),
        ("hint", "signal.hints"),
        ("camp_death", "camp.deaths"),
        ("recalled", "recall.recalled"),
        ("refused", "vetting.refused"),
    ):
        assert (kinds == kind).sum() == pytest.approx(total(measure).sum() * SCALE), kind


def test_flows_add_up_to_the_series(baseline: SocietyResult) -> None:
    total, flows = Total(baseline), baseline.flows
    family = np.isin(flows["motive"], ("family", "family_fee"))
    exits = flows["to"] == "exit"
    paid = ~family & ~exits & (flows["from"] != "arrived")
    assert flows["amount"][paid].sum() == pytest.approx(total("support.amount").sum())
    assert flows["amount"][family].sum() == pytest.approx(total("posting.sent").sum())
    assert flows["amount"][exits].sum() == pytest.approx(total("exit.paid").sum())
    sent = flows["from"] == "arrived"
    assert flows["amount"][sent].sum() == pytest.approx(total("remittance.sent").sum())


def test_household_size_is_that_of_the_census(baseline: SocietyResult) -> None:
    world = make_world(pedigree(), parameters(), seed=3, scale=SCALE, start=month_index(2008, 10), last=LAST)
    size = world.state.houses.size[: world.state.num_houses]
    assert 3.5 <= size[size > 0].mean() <= 4.2


def test_an_imported_genealogy_is_refused() -> None:
    imported = replace(pedigree(), provenance="imported")
    with pytest.raises(InputError, match="synthetic persons only"):
        simulate(imported, parameters(), seed=1, scale=SCALE, first=FIRST, last=LAST)


def test_months_beyond_the_genealogy_are_refused() -> None:
    with pytest.raises(InputError, match="where the genealogy ends"):
        simulate(pedigree(), parameters(), seed=1, scale=SCALE, first=FIRST, last=LAST + 1)


def test_the_family_picture_is_of_one_offence(baseline: SocietyResult) -> None:
    family = baseline.family
    assert family["kind"] == "flight"
    assert any(k["reached"] for k in family["kin"])
    for kin in family["kin"]:
        assert kin["degree"] <= 4
        assert kin["reached"] is None or kin["reached"] in (
            "camp",
            "banishment",
            "dismissal",
            "party_loss",
            "bar",
            "demotion",
        )


def test_schedule_prints_all_twelve_steps() -> None:
    text = describe()
    for step in SCHEDULE:
        assert step.what in text
    assert {s.number for s in SCHEDULE} | {9} == set(range(1, 13))  # step 9 happens where it is seen, in 7


def test_broken_books_stop_the_run() -> None:
    world = make_world(pedigree(), parameters(), seed=3, scale=SCALE, start=FIRST, last=LAST)
    world.recorder.add("support.amount", 10.0)
    world.recorder.add("support.received", 9.0)
    with pytest.raises(RunError, match="money is not conserved"):
        check_books(world, {"stock": 0.0})


def test_a_person_in_two_places_stops_the_run() -> None:
    world = make_world(pedigree(), parameters(), seed=3, scale=SCALE, start=FIRST, last=LAST)
    world.month = Month(parameters(), FIRST - 1)  # the state is that of the end of the month before
    check_people(world)
    someone = int(np.flatnonzero(world.state.people.where == HOME)[0])
    world.state.people.where[someone] = SOUTH
    with pytest.raises(RunError, match=rf"disagree for persons \[{someone}\]"):
        check_people(world)
    world.state.people.where[someone] = HOME
    dead = int(np.flatnonzero(world.state.people.where == DEAD)[-1])
    world.state.people.where[dead] = NOT_YET_BORN
    with pytest.raises(RunError, match=rf"persons \[{dead}\] were born and are nowhere"):
        check_people(world)


def test_a_departure_without_a_fate_stops_the_run() -> None:
    world = make_world(pedigree(), parameters(), seed=3, scale=SCALE, start=FIRST, last=LAST)
    world.recorder.add("flight.attempts", 1.0)
    with pytest.raises(RunError, match="flight identity"):
        check_books(world, {"stock": 0.0})


def test_family_abroad_comes_home_when_the_expatriate_is_gone() -> None:
    world = make_world(pedigree(), parameters(), seed=3, scale=SCALE, start=FIRST, last=LAST)
    people, houses = world.state.people, world.state.houses
    family = np.flatnonzero((people.where == ABROAD) & (people.post != EXPATRIATE))
    assert family.size > 0
    house = int(people.house[family[0]])
    posted = np.flatnonzero((people.house == house) & (people.post == EXPATRIATE))
    people.post[posted] = 0
    before = int(houses.size[house])
    step_careers(world)
    assert not np.any((people.where == ABROAD) & (people.house == house) & (people.post != EXPATRIATE))
    assert houses.size[house] > before
    check_people_of(world)


def check_people_of(world: World) -> None:
    world.month = Month(parameters(), FIRST - 1)
    check_people(world)
