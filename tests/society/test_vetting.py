"""The background check against enumeration, and the oracles of MODEL.md, section 10."""

from __future__ import annotations

import numpy as np
import pytest

from tests.society.conftest import FIRST, LAST, SCALE, parameters, pedigree
from yeonjwa.core.errors import InputError
from yeonjwa.kinship.members import members
from yeonjwa.laboratory.scenario import load
from yeonjwa.society import vetting
from yeonjwa.society.codes import STAIN_LEAVER
from yeonjwa.society.engine import make_world
from yeonjwa.society.world import World


@pytest.fixture(scope="module")
def world() -> World:
    """A country in which one person in five hundred has left."""
    made = make_world(pedigree(), parameters(), seed=3, scale=SCALE, start=FIRST, last=LAST)
    rng = np.random.default_rng(5)
    people = made.state.people
    people.stain[:] = 0
    people.stain[rng.random(people.stain.size) < 0.002] |= STAIN_LEAVER
    return made


def test_the_reading_by_generations_refuses_fewer_and_only_for_kin_of_older_generations(world: World) -> None:
    people = np.flatnonzero(world.present())[::97].astype(np.int32)[:400]
    by_chon = vetting.check(world, 8)
    reading = load("vetting_generations").parameters
    other = make_world(pedigree(), reading, seed=3, scale=SCALE, start=FIRST, last=LAST)
    other.state.people.stain[:] = world.state.people.stain
    by_generations = vetting.check(other, 8)
    refused = by_generations.degree[people] <= 8
    assert (by_chon.degree[people] <= by_generations.degree[people]).all()
    assert 0.02 < refused.mean() < (by_chon.degree[people] <= 8).mean()
    witness = by_generations.person[people[refused]]
    kin = members(world.graph, "chon<=8", people[refused])
    owner = np.repeat(np.arange(witness.size), np.diff(kin.offset))
    row = kin.person == witness[owner]
    # One way to each; who is kin in two ways is listed by the nearer one.
    assert row.sum() == witness.size
    assert (kin.down[row] <= kin.up[row]).mean() > 0.95


def test_radius_is_the_largest_degree_at_which_the_file_is_found() -> None:
    on_file = np.array([0.9, 0.5, 0.1, 0.05, 0.04, 0.03, 0.02, 0.01])
    u = np.array([0.95, 0.6, 0.3, 0.005])
    assert vetting.radius(u, on_file).tolist() == [0, 1, 2, 8]


def test_radius_refuses_files_that_are_easier_to_find_far_away() -> None:
    with pytest.raises(InputError, match="do not rise"):
        vetting.radius(np.array([0.5]), np.array([0.1, 0.2]))


@pytest.mark.parametrize("depth", [4, 6, 8])
def test_one_query_equals_enumeration(world: World, depth: int) -> None:
    nearest = vetting.check(world, depth)
    on_file = world.month.vector("vetting.on_file", "degree")
    flagged = np.flatnonzero(vetting.stained(world))
    assert np.array_equal(vetting.flagged_rows(world), flagged)
    reach = np.zeros(world.tree.birth.size, np.int64)
    reach[flagged] = vetting.radius(world.draw("vetting.file", flagged, 0), on_file)
    egos = np.flatnonzero(world.present())[::97].astype(np.int32)[:400]
    kin = members(world.graph, f"chon<={depth}", egos)  # the dead count: files outlive persons
    owner = np.repeat(np.arange(egos.size), np.diff(kin.offset))
    visible = kin.degree <= np.minimum(reach[kin.person], depth)
    refused = np.zeros(egos.size, np.bool_)
    refused[owner[visible]] = True
    assert np.array_equal(nearest.degree[egos] <= depth, refused)
    assert 0.02 < refused.mean() < 0.98
    chon = vetting.chon_of(nearest, depth, world, egos[refused])
    for ego, degree in zip(egos[refused][:50], chon[:50], strict=True):
        row = int(np.flatnonzero(egos == ego)[0])
        inside = slice(kin.offset[row], kin.offset[row + 1])
        witness = kin.person[inside] == nearest.person[ego]
        assert kin.degree[inside][witness].tolist() == [degree]


def test_randomly_placed_stain_refuses_as_the_independent_oracle_says(world: World) -> None:
    depth = 6
    on_file = world.month.vector("vetting.on_file", "degree")
    refused = (vetting.check(world, depth).degree[np.flatnonzero(world.present())] <= depth).mean()
    egos = np.flatnonzero(world.present())[::31].astype(np.int32)
    kin = members(world.graph, f"chon<={depth}", egos)
    share = vetting.stained(world).mean()
    exposure = np.bincount(
        np.repeat(np.arange(egos.size), np.diff(kin.offset)),
        weights=share * on_file[kin.degree - 1],
        minlength=egos.size,
    )
    oracle = 1.0 - np.exp(-exposure).mean()
    assert refused == pytest.approx(oracle, abs=0.02)


def test_the_rule_in_force_says_what_a_stain_is(world: World) -> None:
    leavers = vetting.stained(world).sum()
    wider = world.parameters.with_value("vetting.stain", 0, "leaver + hostile")
    world.month = type(world.month)(wider, world.month.t)
    with_hostile = vetting.stained(world).sum()
    world.month = type(world.month)(parameters(), world.month.t)
    assert with_hostile > 10 * leavers
