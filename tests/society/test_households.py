"""Who lives with whom after a union, a death, an arrest (MODEL.md, sections 2 and 12)."""

from __future__ import annotations

import numpy as np
import pytest

from tests.society.conftest import FIRST, LAST, SCALE, parameters, pedigree
from yeonjwa.society.codes import HOME
from yeonjwa.society.engine import make_world
from yeonjwa.society.households import (
    apply_deaths,
    apply_unions,
    child_to_join,
    ever_married,
    gather_old,
    join,
    leave,
    settle_household,
)
from yeonjwa.society.state import make_houses
from yeonjwa.society.world import World


@pytest.fixture
def world() -> World:
    return make_world(pedigree(), parameters(), seed=3, scale=SCALE, start=FIRST, last=LAST)


def walk(world: World, house: int) -> list[int]:
    people, out = world.state.people, []
    p = int(world.state.houses.head[house])
    while p >= 0:
        out.append(p)
        p = int(people.next[p])
    return out


def test_lists_of_members_agree_with_the_household_of_each_person(world: World) -> None:
    people, houses = world.state.people, world.state.houses
    seen = 0
    for house in range(world.state.num_houses):
        inside = walk(world, house)
        assert all(people.house[p] == house for p in inside)
        assert len(inside) == houses.size[house] + sum(people.where[p] == 2 for p in inside)
        seen += len(inside)
    assert seen == (people.house >= 0).sum()


def test_couples_live_together_in_the_husband_s_province(world: World) -> None:
    tree, people = world.tree, world.state.people
    current = (tree.start < FIRST) & (tree.death[tree.wife] >= FIRST) & (tree.death[tree.husband] >= FIRST)
    wife, husband = tree.wife[current], tree.husband[current]
    home = (people.where[wife] == HOME) & (people.where[husband] == HOME)
    assert home.mean() > 0.9
    assert np.array_equal(people.house[wife[home]], people.house[husband[home]])
    assert np.array_equal(people.province[wife[home]], people.province[husband[home]])


def test_no_minor_lives_without_an_adult_who_could_be_found(world: World) -> None:
    tree, people = world.tree, world.state.people
    minors = np.flatnonzero((people.house >= 0) & (FIRST - tree.birth < tree.adult))
    alone = 0
    for house in np.unique(people.house[minors]).tolist():
        alone += all(FIRST - tree.birth[p] < tree.adult for p in walk(world, house))
    assert alone <= 0.001 * minors.size


def test_nobody_old_lives_apart_from_a_married_child_who_is_here(world: World) -> None:
    tree, state = world.tree, world.state
    people, before, age = state.people, FIRST - 1, 60 * 12
    alone = with_child = 0
    for house in range(state.num_houses):
        inside = walk(world, house)
        if not inside or any(before - tree.birth[p] < age for p in inside):
            continue
        alone += 1
        for person in inside:
            for u in tree.union_list[tree.union_offset[person] : tree.union_offset[person + 1]].tolist():
                for child in range(tree.first_child[u], tree.first_child[u + 1]):
                    married = ever_married(child, before, tree, state.union_formed)
                    with_child += married and people.where[child] == HOME and people.house[child] != house
    assert alone > 0
    # Passing once over the households leaves those whose child itself moved later in the same pass.
    assert with_child <= 0.02 * alone


def gather_one_by_one(world: World, old: list[int], month: int) -> int:
    """The rule in words: in order, the members of each household join the child of the first of them who has one elsewhere."""
    tree, state, moved = world.tree, world.state, 0
    m, formed = state.membership, state.union_formed
    for house in old:
        children = (child_to_join(p, month, tree, formed, m) for p in walk(world, house))
        child = next((c for c in children if c >= 0), -1)
        target = int(m.house[child]) if child >= 0 else house
        if target == house:
            continue
        moved += 1
        for p in walk(world, house):
            leave(p, m)
            join(p, target, m)
    return moved


@pytest.mark.parametrize(
    "age", [35, 60]
)  # at 35 there are chains: a child who has moved, a household that was joined
def test_children_are_looked_for_before_anybody_moves(world: World, age: int) -> None:
    tree, state = world.tree, world.state
    kept, month = [column.copy() for column in state.membership], FIRST - 1
    old = []
    for house in range(state.num_houses):
        inside = walk(world, house)
        if inside and all(
            month - tree.birth[p] >= 12 * age and state.people.where[p] == HOME for p in inside
        ):
            old.append(house)
    assert 0 < gather_one_by_one(world, old, month)
    expected = [column.copy() for column in state.membership]
    for column, before in zip(state.membership, kept, strict=True):
        column[:] = before
    gather_old(month, 12 * age, state.num_houses, tree, state.union_formed, state.membership)
    assert all(np.array_equal(a, b) for a, b in zip(expected, state.membership, strict=True))


def test_a_widow_left_alone_joins_her_married_child(world: World) -> None:
    tree, state = world.tree, world.state
    people, before = state.people, FIRST - 1
    for union in np.flatnonzero(tree.start < before).tolist():
        wife, husband = int(tree.wife[union]), int(tree.husband[union])
        if people.where[wife] != HOME or people.where[husband] != HOME:
            continue
        house, family = int(people.house[husband]), walk(world, int(people.house[husband]))
        children = range(tree.first_child[union], tree.first_child[union + 1])
        married = [c for c in children if ever_married(c, before, tree, state.union_formed)]
        elsewhere = [c for c in married if people.where[c] == HOME and people.house[c] != house]
        if sorted(family) != sorted([wife, husband]) or not elsewhere:
            continue
        widowed_age = int(before - tree.birth[wife])  # she is just old enough
        apply_deaths(
            np.array([husband], np.int32), before, widowed_age, tree, state.union_formed, state.membership
        )
        assert people.house[wife] in {int(people.house[c]) for c in elsewhere}
        assert state.houses.size[house] == 0
        return
    pytest.fail("no couple alone with a married child elsewhere")


def test_a_union_with_somebody_gone_does_not_take_place(world: World) -> None:
    state, tree = world.state, world.tree
    coming = world.calendar.unions.at(FIRST)
    assert coming.size > 1
    gone = int(tree.husband[coming[0]])
    state.people.where[gone] = 6
    state.reserve(coming.size)
    state.num_houses = apply_unions(
        coming, FIRST, state.num_houses, tree, state.union_formed, state.membership
    )
    assert state.union_formed[coming[0]] == 0
    assert (state.union_formed[coming[1:]] == 1).any()


def test_orphans_go_to_the_nearest_adult_kin(world: World) -> None:
    tree, state = world.tree, world.state
    people = state.people
    for house in range(state.num_houses):
        inside = walk(world, house)
        minors = [p for p in inside if FIRST - tree.birth[p] < tree.adult]
        if not minors or len(inside) - len(minors) != 2:
            continue
        adults = [p for p in inside if p not in minors]
        apply_deaths(np.array(adults, np.int32), FIRST, 60 * 12, tree, state.union_formed, state.membership)
        settle_household(house, FIRST, tree, state.membership)
        for minor in minors:
            new = walk(world, int(people.house[minor]))
            assert people.house[minor] != house
            assert any(FIRST - tree.birth[p] >= tree.adult for p in new)
        break
    else:
        pytest.fail("no family with minors in the country")


def test_growing_keeps_what_is_there(world: World) -> None:
    state = world.state
    before = [a[..., : state.num_houses].copy() for a in state.houses]
    state.reserve(state.houses.head.shape[0] * 2)
    for old, new in zip(before, state.houses, strict=True):
        assert np.array_equal(old, new[..., : state.num_houses])
    assert make_houses(3).head.tolist() == [-1, -1, -1]
