"""Follow-on by place, flights against severity, chain flight."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from tests.society.stylised.conftest import setting
from yeonjwa.society.codes import HOME, PROVINCES
from yeonjwa.society.stylised import deterrence
from yeonjwa.society.stylised.deterrence import Place

PLACE = Place(hazard=1e-3, deterrence=0.9, found=0.6, kin=2, exit=1.0, again=0.5)


def test_follow_on_is_a_matter_of_place_and_drawn_as_the_hazards_say() -> None:
    start = setting().month.number("flight.a0") + 3.0
    world = setting().country(setting().parameters.with_value("flight.a0", 0, start))
    homes, found = deterrence.banish_some(world, PROVINCES.index("n_hamgyong"), 800, np.random.default_rng(1))
    county = ~found.interior
    assert found.after[county].mean() > 1.5 * found.before[county].mean()
    assert found.after[found.interior].mean() < 0.2 * found.before[found.interior].mean()
    begun = deterrence.plans_begun(world, homes[county], 24).sum()
    expected = 2.0 * found.after[county].sum() / deterrence.becomes_attempt(world.month)
    assert begun == pytest.approx(expected, abs=5 * math.sqrt(expected))


def test_a_plan_becomes_an_attempt_as_often_as_when_played() -> None:
    month = setting().month
    go, lapse = month.number("flight.plan_to_attempt"), month.number("flight.plan_lapse")
    rng = np.random.default_rng(2)
    alive, gone = np.ones(50_000, np.bool_), np.zeros(50_000, np.bool_)
    for _ in range(60):
        now = alive & (rng.random(alive.size) < go)
        gone |= now
        alive &= ~now & (rng.random(alive.size) >= lapse)
    assert gone.mean() == pytest.approx(deterrence.becomes_attempt(month), abs=0.01)


@pytest.mark.parametrize("weight", [0.3, 0.9, 3.0])
def test_flights_turn_where_the_closed_form_says(weight: float) -> None:
    place = replace(PLACE, deterrence=weight)
    levels = np.linspace(0, 1, 2001)
    lowest = levels[place.flights(levels).argmin()]
    assert lowest == pytest.approx(np.clip(place.turning(), 0, 1), abs=1e-3)
    rises_throughout, falls_throughout = (
        place.reproduction >= weight,
        place.reproduction <= weight / (1 + weight),
    )
    assert (lowest == 0, lowest == 1) == (rises_throughout, falls_throughout)


@pytest.mark.parametrize("severity", [0.0, 0.5, 1.0])
def test_played_flights_are_those_of_the_closed_form_while_kin_do_not_run_out(severity: float) -> None:
    rng = np.random.default_rng(round(10 * severity))
    found = deterrence.play_place(PLACE, severity, families=40_000, members=30, months=1, rng=rng)
    base = 40_000 * 30 * PLACE.hazard
    assert found / base == pytest.approx(PLACE.flights(np.array([severity]))[0], rel=0.15)
    if severity == 1.0:
        crowded = deterrence.play_place(
            replace(PLACE, hazard=0.01), 1.0, families=4000, members=4, months=24, rng=rng
        )
        alone = 16_000 * (1 - (1 - 0.01) ** 24)
        assert crowded / alone < 0.8 * PLACE.flights(np.ones(1))[0]


def test_chain_flight_is_subcritical_and_follows_its_closed_form() -> None:
    world = setting().country()
    people, age = world.state.people, world.ages(np.arange(world.tree.birth.size))
    fit = (
        (people.where == HOME) & (people.province == PROVINCES.index("n_hamgyong")) & (age >= 20) & (age < 50)
    )
    leavers = np.random.default_rng(3).permutation(np.flatnonzero(fit))[:40]
    shipped = world.month.number("flight.a_net")
    now = deterrence.chain(world, leavers, 120).mean()
    deterrence.with_network(world, 1.0)
    first = deterrence.chain(world, leavers, 120).mean()
    assert 0 < now < 1
    assert now == pytest.approx(first * (2**shipped - 1), rel=1e-3)
    assert np.all(people.kin_abroad == 0)
    worst = deterrence.critical(first)
    assert first * (2**worst - 1) == pytest.approx(1.0, abs=1e-6)
    assert shipped < deterrence.critical(first, int(world.month.number("flight.net_cap")) - 1) < worst


def test_at_the_shipped_values_flights_fall_with_severity() -> None:
    month = setting().month
    related = deterrence.close_kin(setting().country())
    place = deterrence.place_of(month, "n_hamgyong", kin=2, related=related, again=0.3)
    assert place.reproduction < place.deterrence / (1 + place.deterrence)
    assert np.all(np.diff(place.flights(np.linspace(0, 1, 21))) < 0)
    # Doubling the kin that the deterrence weighs doubles it; a way out for everybody raises what one flight sets off.
    other = deterrence.place_of(month, "n_hamgyong", kin=2, related=2 * related, again=0.3, interior=0.0)
    assert other.deterrence == pytest.approx(2 * place.deterrence)
    stay = 1 - month.number("flight.banished_interior")
    assert other.reproduction == pytest.approx(place.reproduction / stay)
