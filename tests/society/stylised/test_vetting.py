"""The check on the real kinship graph against both oracles, and the regional bar."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from tests.society.stylised.conftest import setting
from yeonjwa.core.errors import InputError
from yeonjwa.society.codes import PROVINCES, STAIN_LEAVER
from yeonjwa.society.stylised import vetting
from yeonjwa.society.world import World


@lru_cache(maxsize=1)
def country() -> tuple[World, vetting.Candidates]:
    world = setting().country()
    world.month = vetting.with_month(world, stain="leaver", on_file=vetting.ALL_FOUND)
    return world, vetting.candidates(world, 250, np.random.default_rng(1))


def compared(how: str, depth: int) -> vetting.Row:
    world, who = country()
    return vetting.compare(setting(), world, who, how, depth, 0.002, replicates=6)


@pytest.mark.parametrize("how", ["anywhere", "province"])
def test_independent_stain_is_refused_as_the_independent_oracle_says(how: str) -> None:
    row = compared(how, 6)
    assert row.found == pytest.approx(row.independent, abs=4 * row.error + 0.01)
    assert 0.1 < row.found < 0.9


def test_stain_in_households_needs_the_clustered_oracle() -> None:
    row = compared("family", 6)
    assert row.c > 1.3
    assert row.found == pytest.approx(row.clustered, abs=4 * row.error + 0.02)
    assert row.independent - row.found > 2 * row.error
    assert row.independent - row.found > abs(row.clustered - row.found)


def test_exposure_is_the_sum_over_kin() -> None:
    world, who = country()
    stain = vetting.lay_stain(world, "province", 0.002, np.random.default_rng(2))
    exposed = vetting.exposure(world, who, stain, 4)
    inside = slice(int(who.kin.offset[7]), int(who.kin.offset[8]))
    kin, degree = who.kin.person[inside], who.kin.degree[inside]
    by_hand = sum(stain.rate[p] for p, d in zip(kin, degree, strict=True) if 1 <= d <= 4)
    assert exposed[7] == pytest.approx(by_hand)
    # A candidate of whom no relative within the depth is stained is not refused.
    stained = np.isin(kin[degree <= 4], np.flatnonzero(world.state.people.stain & STAIN_LEAVER))
    assert vetting.refused(world, who, 4)[7] == stained.any()


def test_a_deep_check_is_a_regional_bar() -> None:
    world, _ = country()
    vetting.lay_stain(world, "family", 0.0014, np.random.default_rng(3))
    share = {
        name: vetting.refused(
            world, vetting.candidates(world, 200, np.random.default_rng(4), [PROVINCES.index(name)]), 6
        ).mean()
        for name in ("pyongyang", "n_hamgyong")
    }
    assert share["n_hamgyong"] > share["pyongyang"] + 0.2


def test_stain_is_laid_in_the_share_asked_for_and_unknown_ways_are_refused() -> None:
    world, _ = country()
    here = world.present().sum()
    for how in vetting.PLACEMENTS:
        stain = vetting.lay_stain(world, how, 0.01, np.random.default_rng(5))
        flagged = (world.state.people.stain & STAIN_LEAVER) > 0
        assert np.array_equal(flagged, stain.family >= 0)
        assert flagged.sum() / here == pytest.approx(0.01, rel=0.25)
    with pytest.raises(InputError, match="anywhere"):
        vetting.lay_stain(world, "nowhere", 0.01, np.random.default_rng(5))
