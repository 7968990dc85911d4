"""Movements of results: ends of ranges, shares of squared movement, chance, and what was not measured."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import pytest

from yeonjwa.core.calendar import month_index
from yeonjwa.core.errors import InputError
from yeonjwa.core.parameters import DatedValue
from yeonjwa.evidence import parameters
from yeonjwa.laboratory import influence, scenario
from yeonjwa.laboratory.measures import RATIOS, summarise
from yeonjwa.laboratory.scenario import SUMS_TO_ONE

ABOUT = {
    "measured": ["a.x", "a.y", "a.z"],
    "chance": {"m": {"mean": 10.0, "sd": 0.5}, "n": {"mean": 1.0, "sd": 0.1}},
}


def _written(tmp_path, results):
    about = {"command": "here", "scale": 0.01, "first": "2005-01", "last": "2005-12"}
    influence.write(results, about, tmp_path)
    return influence.load.__wrapped__(tmp_path)


@pytest.fixture
def table(tmp_path):
    """Chance of m is 1 (seeds 9, 11): a difference counts from 2 sqrt 2 sd on; a.x moves by 10, a.y by 6, a.z by 0.1."""
    results = {
        ("", "base", 1): {"m": 10.0, "n": 1.0},
        ("", "base", 2): {"m": 12.0, "n": 1.0},
        ("a.x", "low", 1): {"m": 5.0, "n": 1.0},
        ("a.x", "high", 1): {"m": 15.0, "n": 1.0},
        ("a.y", "high", 1): {"m": 16.0, "n": 1.0},
        ("a.z", "low", 1): {"m": 10.1, "n": 1.0},
    }
    return _written(tmp_path, results)


def test_shares_are_of_the_squared_movements_less_chance(table):
    sd = math.sqrt(2.0)
    assert table.about["chance"]["m"] == {"mean": 11.0, "sd": pytest.approx(sd, rel=1e-4)}
    basis = influence.basis("m", {"a.x": "assumption", "a.y": "B", "a.z": "B", "b.new": "assumption"}, table)
    assert [(e.path, e.movement) for e in basis.effects] == [("a.x", 10.0), ("a.y", 6.0)]
    squares = [10.0**2 - 2 * sd**2, 6.0**2 - 2 * sd**2]
    assert basis.assumed == pytest.approx(squares[0] / sum(squares), rel=1e-4)
    assert basis.by_grade["B"] == pytest.approx(squares[1] / sum(squares), rel=1e-4)
    assert basis.unmeasured == ("b.new",)


def test_the_grade_of_the_run_counts_and_missing_parameters_do_not(table):
    only = influence.basis("m", {"a.y": "A"}, table)
    assert [e.path for e in only.effects] == ["a.y"]
    assert only.assumed == 0.0


def test_nothing_beyond_chance_is_said_as_nothing(table):
    basis = influence.basis("n", {"a.x": "B"}, table)
    assert basis.effects == ()
    assert basis.assumed is None
    with pytest.raises(InputError, match="m, n"):
        influence.basis("o", {}, table)


def test_ends_of_ranges():
    shipped = parameters.load()
    for path in influence.ranged(shipped):
        for side in influence.SIDES:
            ended = influence.at_end(shipped[path], side)
            for before, after in zip(shipped[path].values, ended.values, strict=False):
                bound = before.low if side == "low" else before.high
                if path in SUMS_TO_ONE:
                    assert isinstance(after.value, Mapping)
                    assert sum(after.value.values()) == pytest.approx(1)
                elif bound is not None:
                    assert after.value == bound, path


def test_rules_in_words_and_switches_are_not_moved():
    shipped = parameters.load()
    moved = influence.ranged(shipped)
    assert "sanction.camp_circle" not in moved
    assert "recall.on" not in moved
    assert "support.gamma" in moved
    paths = [path for path, _, _ in influence.tasks(shipped, (1, 2))]
    assert paths[:2] == ["", ""]
    assert set(paths) - {""} <= set(moved)


def test_an_end_that_breaks_a_rule_is_refused():
    base = scenario.load()
    mix = base.parameters["loss.career_mix"]
    broken = replace(
        mix,
        values=(
            DatedValue(mix.values[0].start, dict.fromkeys(mix.levels, 0.2), dict.fromkeys(mix.levels, 0.9)),
        ),
    )
    wrong = replace(base, parameters=base.parameters.__class__({**base.parameters.items_, mix.path: broken}))
    assert influence.at_end(broken, "low").values[0].value != broken.values[0].value
    with pytest.raises(InputError, match="scale"):
        influence.measure(wrong, "", "base", 1, scale=2, first=month_index(2005), last=month_index(2005))


def test_results_over_a_run_are_means_of_states_and_sums_a_year_of_events():
    rows = [
        (m, measure, "total", "total", value)
        for m in range(month_index(2005), month_index(2007))
        for measure, value in (("camp.stock", 100.0), ("flight.arrivals", 2.0), ("flight.attempts", 8.0))
    ]
    names = ("month", "measure", "dimension", "level", "value")
    found = summarise({name: [row[n] for row in rows] for n, name in enumerate(names)})
    assert found == {
        "camp.stock": 100.0,
        "flight.arrivals": 24.0,
        "flight.attempts": 96.0,
        "flight.arrival_share": 0.25,
    }
    assert all(above and below for _, above, below in RATIOS.values())


def test_the_shipped_table_is_of_shipped_parameters_and_known_results():
    table = influence.load()
    shipped = set(parameters.load())
    assert len(table.measured & shipped) > 40
    assert {"support.amount", "support.fear_share", "flight.arrivals", "camp.stock"} <= set(table.effects)
    for measure, effects in table.effects.items():
        movements = [effect.movement for effect in effects]
        assert movements == sorted(movements, reverse=True), measure
        assert all(effect.beyond_chance and effect.path in table.measured for effect in effects)
    assert table.effects["support.fear_share"][0].path.startswith("support.")
