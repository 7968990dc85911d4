"""The rings: each relative once, on the ring of their degree, nobody over anybody; and the rows by generation."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yeonjwa.core.calendar import parse_month
from yeonjwa.report.kin_family import Family, Kin, Rule, family, open_people
from yeonjwa.report.kin_rings import MOST, MOST_ROWS, ROW, Node, Rings, chords, rings, rows, tree

DATE = parse_month("2006-06")
NO_RULE = Rule(None, None, None, {}, 0.0, {}, ())
#: Diameter of the largest sign.
SIGN = 11.0


def relative(person: int, up: int, down: int, sex: str, alive: bool) -> Kin:
    path = "U" * up + "D" * down
    return Kin(
        person, up, down, path, up + down, "own", False, sex, 30, alive, "home", False, False, False, {}
    )


@st.composite
def families(draw: st.DrawFn) -> Family:
    """A family from the top down: ancestors up to four generations, and random children of each couple."""
    generations = draw(st.integers(1, 4))
    most = draw(st.integers(0, 5))
    lives = draw(st.randoms(use_true_random=False))
    kin: list[Kin] = []
    parents: dict[int, tuple[int, int]] = {}
    numbers: Iterator[int] = iter(range(1, 10**6))

    def children(couple: tuple[int, int], up: int, down: int) -> None:
        if up + down > 8:
            return
        for _ in range(lives.randint(0, most)):
            person = next(numbers)
            parents[person] = couple
            kin.append(relative(person, up, down, lives.choice("fm"), lives.random() < 0.7))
            children((person, -1), up, down + 1)

    above = [0]
    for up in range(1, generations + 1):
        higher = []
        for person in above:
            couple = (next(numbers), next(numbers))
            parents[person] = couple
            kin.append(relative(couple[0], up, 0, "m", up < 2))
            kin.append(relative(couple[1], up, 0, "f", up < 2))
            higher += couple
            children(couple, up, 1)
        above = higher
    for person in above:
        parents[person] = (-1, -1)
    children((0, -1), 0, 1)
    return Family(0, DATE, "f", 40, "home", "pyongyang", NO_RULE, kin, parents)


def check(found: Rings, everyone: Family) -> None:
    """All that must hold of a drawing."""
    drawn = [node.kin.id for node in found.nodes if not node.folded]
    folded = [kin.id for node in found.nodes for kin in node.folded]
    living = {k.id for k in everyone.kin if k.alive and k.side != "marriage"}
    assert len(set(drawn)) == len(drawn)
    assert not set(drawn) & set(folded)
    assert len(set(folded)) == len(folded)
    assert living <= {*drawn, *folded}
    for node in found.nodes:
        assert abs(node.radius - found.radii[node.degree - 1]) <= ROW * (MOST_ROWS - 1) / 2 + 1e-6
        if node.parent is not None:
            assert node.parent.part == node.part
    placed = sorted(found.nodes, key=lambda n: n.place[0])
    for i, a in enumerate(placed):
        for b in placed[i + 1 :]:
            if b.place[0] - a.place[0] > SIGN:
                break
            assert math.dist(a.place, b.place) >= least(a, b) * 0.985, (a.kin, b.kin)
    for a, b in combinations([n for n in found.nodes if n.folded], 2):
        if a.radius == b.radius:
            apart = abs((a.angle - b.angle + 180) % 360 - 180)
            assert math.radians(apart) * a.radius >= (a.room + b.room) / 2 * 0.999


def least(a: Node, b: Node) -> float:
    """Distance of the middles of two signs that do not touch."""
    return min((a.room + b.room) / 2, SIGN)


@given(families())
def test_everybody_once_on_their_ring_and_nobody_over_anybody(everyone: Family) -> None:
    found = rings(everyone)
    assert len(found.nodes) <= MOST or all(len(n.children) == 0 for n in found.nodes if n.kin.down == 1)
    check(found, everyone)


def test_an_ancestor_whose_child_is_nearer_by_another_path_is_drawn() -> None:
    """Person 4 is an ancestor through 3 alone, who counts as a sibling of the parent by a path of the same length."""
    kin = [relative(1, 1, 0, "m", True), relative(2, 2, 0, "m", True), relative(3, 2, 1, "m", True)]
    kin += [relative(4, 4, 0, "f", True), relative(5, 3, 0, "m", True)]
    parents = {0: (1, -1), 1: (2, -1), 2: (5, -1), 3: (2, 4), 4: (-1, -1), 5: (-1, -1)}
    everyone = Family(0, DATE, "f", 40, "home", "pyongyang", NO_RULE, kin, parents)
    found = rings(everyone)
    check(found, everyone)
    hung = {node.kin.id: node.parent and node.parent.kin.id for node in found.nodes}
    assert hung == {1: None, 2: 1, 3: 2, 4: 3, 5: 2}


@pytest.fixture(scope="module")
def real(run_folder: Path) -> list[Family]:
    people = open_people(run_folder)
    p = people.pedigree
    living = np.flatnonzero(p.alive_at(DATE))
    chosen = np.random.default_rng(2).choice(living, 6, replace=False)
    return [family(people, int(person), DATE) for person in chosen]


def test_families_of_a_run(real: list[Family]) -> None:
    for everyone in real:
        found = rings(everyone)
        assert len(found.nodes) <= MOST
        check(found, everyone)
        near = rings(everyone, farthest=4)
        assert max(n.degree for n in near.nodes) <= 4


def test_branches_opened_are_drawn_and_others_folded_in_their_place(real: list[Family]) -> None:
    everyone = max(real, key=lambda f: f.living)
    found = rings(everyone, most=200)
    assert len(found.nodes) <= 200
    folded = [node for node in found.nodes if node.folded]
    smallest = min(folded, key=lambda n: (len(n.folded), n.kin.id))
    again = rings(everyone, most=200, opened=[smallest.kin.id])
    assert len(again.nodes) <= 200
    drawn = {n.kin.id for n in again.nodes if not n.folded}
    assert {k.id for k in smallest.folded} <= drawn
    check(again, everyone)


def test_each_hangs_on_a_parent_or_child_of_theirs(real: list[Family]) -> None:
    for everyone in real:
        for root in tree(everyone):
            for node in root.below():
                above = node.parent.kin.id if node.parent else everyone.id
                if node.kin.down == 0:
                    assert node.kin.id in everyone.parents[above]
                elif (node.kin.up, node.kin.down) != (1, 1):
                    assert above in everyone.parents[node.kin.id]


def test_father_left_mother_right_siblings_above_descendants_below(real: list[Family]) -> None:
    for everyone in real:
        found = rings(everyone)
        for node in found.nodes:
            x, y = node.place
            if node.kin.path == "U":
                assert (x < 0) == (node.kin.sex == "m")
            if node.part == "siblings":
                assert y < 0
            if node.part == "descendants":
                assert y > 0


def test_rows_by_generation_hold_everybody_once_without_overlap(real: list[Family]) -> None:
    shown = 0
    for everyone in real:
        found = rows(everyone)
        if found is None:
            continue
        shown += 1
        level = dict(found.generations)
        for node in found.nodes:
            assert found.places[node.kin.id][1] == level[node.kin.up - node.kin.down]
        assert len(set(found.places.values())) == len(found.places)
        for (x1, y1), (x2, y2) in combinations(found.places.values(), 2):
            assert y1 != y2 or abs(x1 - x2) >= 18
        assert all(0 <= x <= found.width and 0 <= y <= found.height for x, y in found.places.values())
    assert shown


def test_marriages_between_kin_are_chords() -> None:
    # Two siblings of the parents have a child together: one tie is the tree's, the other a chord.
    kin = [
        relative(1, 1, 0, "m", True), relative(2, 1, 0, "f", True), relative(3, 2, 0, "m", True),
        relative(4, 2, 0, "f", True), relative(5, 2, 1, "m", True), relative(6, 2, 1, "f", True),
        relative(7, 2, 2, "f", True),
    ]  # fmt: skip
    parents = {0: (1, 2), 1: (3, -1), 2: (-1, 4), 3: (-1, -1), 4: (-1, -1), 5: (3, -1), 6: (-1, 4), 7: (5, 6)}
    everyone = Family(0, DATE, "f", 4, "home", "pyongyang", NO_RULE, kin, parents)
    found = rings(everyone)
    ((child, other),) = chords(everyone, found.nodes)
    assert child.kin.id == 7
    assert child.parent is not None
    assert {child.parent.kin.id, other.kin.id} == {5, 6}


def test_too_many_for_the_view_by_generations() -> None:
    kin = [relative(1, 1, 0, "m", True), *(relative(i, 1, 1, "f", True) for i in range(2, 130))]
    parents = {k.id: (1, -1) for k in kin} | {0: (1, -1), 1: (-1, -1)}
    assert rows(Family(0, DATE, "f", 4, "home", "pyongyang", NO_RULE, kin, parents)) is None
