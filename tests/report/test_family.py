"""The family picture and the flows: everybody drawn once, nobody on top of another, sums kept."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.report import fixture
from yeonjwa.report import flows, rings
from yeonjwa.report.results import read


def family(seed: int) -> dict[str, object]:
    """A family picture."""
    return fixture._family(np.random.default_rng(seed))


@pytest.mark.parametrize("width", [320, 688])
def test_everybody_is_drawn_and_nobody_overlaps(width: int) -> None:
    data = family(3)
    kin = data["kin"]
    assert isinstance(kin, list)
    nodes = rings.tree(kin, {})
    assert len(nodes) == len(kin)
    step = (min(width, 620) / 2 - 14) / 4.4
    parts, tightest = rings.place(nodes, step, 9.5 if width < 500 else 15.0)
    size = tightest * (8.0 if width < 500 else 11.0)
    alive = [n.place for n in nodes if n.kin["alive"]]
    everyone = [n.place for n in nodes]
    assert min(math.dist(a, b) for i, a in enumerate(alive) for b in alive[:i]) > size
    assert min(math.dist(a, b) for i, a in enumerate(everyone) for b in everyone[:i]) > 0.55 * size
    assert math.isclose(sum(end - start for start, end in parts.values()), 360)
    for node in nodes:
        if node.sector != "spouse":
            low, high = parts[node.sector]
            assert low < node.angle < high
            assert math.hypot(*node.place) == pytest.approx(node.degree * step)


@given(st.integers(0, 1000), st.integers(1, 60))
@settings(max_examples=25)
def test_crowded_families_keep_apart(seed: int, siblings: int) -> None:
    data = family(seed)
    kin = data["kin"]
    assert isinstance(kin, list)
    base = {"alive": True, "side": "both", "reached": None, "sex": "f", "age": 30, "path": "UD", "degree": 2}
    nodes = rings.tree([*kin, *({**base, "id": 1000 + i} for i in range(siblings))], {})
    _, tightest = rings.place(nodes, 67.0, 15.0)
    alive = [n.place for n in nodes if n.kin["alive"]]
    assert min(math.dist(a, b) for i, a in enumerate(alive) for b in alive[:i]) > 10.5 * tightest


def test_known_parents_decide_on_whom_a_relative_hangs() -> None:
    base = {"alive": True, "side": "father", "reached": None, "sex": "m", "age": 50}
    kin = [
        {**base, "id": 1, "path": "U", "degree": 1},
        {**base, "id": 2, "path": "UU", "degree": 2},
        {**base, "id": 3, "path": "UUD", "degree": 3},
        {**base, "id": 4, "path": "UUD", "degree": 3},
        {**base, "id": 5, "path": "UUDD", "degree": 4},
    ]
    nodes = {n.id: n for n in rings.tree(kin, {5: (4, 99), 1: (2, 98)})}
    assert nodes[5].parent is nodes[4]
    assert nodes[2].parent is nodes[1]
    assert rings.tree(kin, {})[-1].parent is not None


def test_signs_tell_sex_and_fate_without_colour() -> None:
    man = rings.mark({"sex": "m", "alive": True, "reached": "camp"}, 0, 0, 10)
    woman = rings.mark({"sex": "f", "alive": True}, 0, 0, 10)
    dead = rings.mark({"sex": "m", "alive": False}, 0, 0, 10)
    assert man.startswith("<rect")
    assert woman.startswith("<circle")
    assert re.search(r'width="5.5"', dead)
    assert man.count("#812d65") == 2
    assert "#812d65" not in woman


def test_nobody_outside_a_circle_stands_inside_its_edge() -> None:
    kin = family(5)["kin"]
    assert isinstance(kin, list)
    nodes = rings.tree(kin, {})
    reach = rings._reach(nodes, "in_camp_circle")
    assert reach["descendants"] == 2
    assert reach["father"] == reach["mother"] == 1
    for node in nodes:
        if node.sector in reach:
            assert (node.degree <= reach[node.sector]) == bool(node.kin["in_camp_circle"])


def test_no_family_no_picture() -> None:
    assert rings.drawing({}, {}, 688) == ""


@given(st.integers(0, 40))
def test_flows_of_a_year_keep_their_sum(seed: int) -> None:
    names = ("year", "from", "to", "amount", "motive")
    rows = [
        dict(zip(names, row, strict=True))
        for row in fixture._flows(np.random.default_rng(seed), [2013, 2014])
    ]
    found = flows.of_year(rows, 2014)
    assert math.isclose(sum(f[3] for f in found), sum(r["amount"] for r in rows if r["year"] == 2014))
    assert len({f[2] for f in found}) <= flows.NAMED + 2
    strips = flows.drawing(found, 688).count("<path")
    assert strips == len({(f[0], f[1]) for f in found}) + len({(f[1], f[2]) for f in found})


def test_reach_is_counted_in_the_real_country(run_folder: Path) -> None:
    found = read(run_folder)
    scale = json.loads((run_folder / "manifest.json").read_text())["scale"]
    camp = sum(r["count"] for r in found.reach if r["grade"] == "camp")
    assert camp == pytest.approx(900 / scale)
