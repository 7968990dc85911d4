"""Provinces as tiles and as an outline: every unit once, classes in order, areas as they are."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from yeonjwa.report import provinces, small, theme, words
from yeonjwa.report.results import read

UNITS = [provinces.Unit(id, float(i), i) for i, id in enumerate(provinces.TILES)]


def test_every_unit_of_the_model_has_a_tile_of_its_own_and_an_outline() -> None:
    assert set(provinces.TILES) == set(words.PROVINCES)
    places = [*provinces.TILES.values(), *(place for place, _ in provinces.WITHIN.values())]
    assert len(set(places)) == len(places) == 13
    assert {whole for _, whole in provinces.WITHIN.values()} <= set(provinces.TILES)
    assert set(provinces._rings()) == set(provinces.TILES)


@pytest.mark.parametrize("width", [600, 320])
def test_thirteen_tiles_are_named_and_three_say_where_they_are_counted(width: int) -> None:
    said = [text.text for text in ElementTree.fromstring(provinces.tiles(UNITS, width)).iter() if text.text]
    for unit in UNITS:
        assert unit.korean in said
    for part in provinces.parts(UNITS):
        assert part.korean in said
        assert any(part.of.korean in words and words.endswith(")") for words in said)
    assert [(p.english, p.of.id) for p in provinces.parts(UNITS)] == [
        ("Rason", "n_hamgyong"),
        ("Nampo", "s_pyongan"),
        ("Kaesong", "n_hwanghae"),
    ]


@pytest.mark.parametrize("view", ["tiles", "outline"])
def test_drawing_is_xml_with_each_unit_in_both_widths(view: str) -> None:
    drawn = provinces.figure(UNITS, "label", view=view)
    for text in (drawn.wide, drawn.narrow):
        root = ElementTree.fromstring(text)
        said = "".join(root.itertext())
        assert all(words.cell(unit.value) in said for unit in UNITS)
        assert "style=" not in text


def test_outline_has_the_area_of_the_country() -> None:
    # Degrees were shortened by the cosine of 40 degrees: square degrees times 111.2 km squared.
    rings = [max(unit, key=provinces.area) for unit in provinces._rings().values()]
    area = sum(map(provinces.area, rings)) * 111.2**2
    assert area == pytest.approx(120_540, rel=0.05)


def test_classes_rise_with_the_value_and_use_round_bounds() -> None:
    bounds = provinces.breaks([0.0, 0.1, 0.4, 3.0, 8.0])
    assert list(bounds) == sorted(set(bounds))
    assert all(0.1 < b < 8.0 for b in bounds)
    steps = [provinces.step(v, bounds) for v in (0.0, 0.1, 0.4, 3.0, 8.0)]
    assert steps == sorted(steps)
    assert steps[0] == 0
    assert steps[-1] == 5
    assert provinces.breaks([0.0, 0.0]) == ()
    assert provinces.step(0.0, ()) == 0
    assert provinces.breaks([2.0]) == ()


def test_rates_add_up_to_the_country(run_folder: Path) -> None:
    results = read(run_folder)
    shown = provinces.MEASURES[1]
    found = provinces.units(results, shown, results.complete)
    alive = {
        unit.id: results.mean("population.alive", results.complete, "province", unit.id) for unit in found
    }
    attempts = math.fsum(unit.value * (alive[unit.id] or 0.0) / 1000 for unit in found)
    assert attempts * len(results.complete) == pytest.approx(results.total("flight.attempts"))
    assert [unit.value for unit in found] == sorted((unit.value for unit in found), reverse=True)


def test_small_figures_hold_their_values_in_order() -> None:
    rows = [
        {"label": "a", "mean": 10.0, "low": 8.0, "high": 12.0},
        {"label": "b", "mean": 40.0, "low": None, "high": None},
    ]
    flat = small.across(rows, unit="u")
    xs = [float(x) for x in re.findall(r'<circle cx="([\d.]+)"', flat)]
    assert xs[0] < xs[1]
    tall = small.upward(rows, unit="u", axis="x", top=100)
    ys = [float(y) for y in re.findall(r'<circle cx="[\d.]+" cy="([\d.]+)"', tall)]
    assert ys[0] > ys[1]
    assert theme.PLUM in tall
