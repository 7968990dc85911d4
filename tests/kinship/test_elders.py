"""nearest_elder() equals the search along all paths up and then down, none of which ends in a younger generation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yeonjwa.core.errors import InputError
from yeonjwa.genealogy.pedigree import Pedigree
from yeonjwa.kinship import twin
from yeonjwa.kinship.elders import nearest_elder, reach_of
from yeonjwa.kinship.graph import KinGraph
from yeonjwa.kinship.members import members
from yeonjwa.kinship.nearest import nearest_flagged

from .builder import pedigrees, village
from .test_nearest import flags

LINES = ["both", "paternal", "maternal"]


def assert_equal(pedigree: Pedigree, start: np.ndarray, limit: int, lines: str) -> None:
    everyone = np.arange(pedigree.num_persons)
    got = nearest_elder(KinGraph(pedigree), start, limit, lines=lines)
    degree, person, side = got.degree[everyone], got.person[everyone], got.side[everyone]
    for ego in everyone:
        expected = twin.nearest_elder_of(pedigree, start.tolist(), limit, int(ego), lines)
        assert (int(degree[ego]), int(person[ego]), int(side[ego])) == expected, ego


@settings(max_examples=80, deadline=None)
@given(pedigrees(), st.floats(0.02, 0.9), st.integers(0, 2**32), st.integers(1, 12), st.sampled_from(LINES))
def test_nearest_elder_equals_the_twin(
    pedigree: Pedigree, share: float, seed: int, limit: int, lines: str
) -> None:
    assert_equal(pedigree, flags(pedigree.num_persons, share, seed), limit, lines)


@pytest.mark.parametrize("lines", LINES)
def test_nearest_elder_in_an_interwoven_village(lines: str) -> None:
    pedigree = village(11, rounds=50)
    assert_equal(pedigree, flags(pedigree.num_persons, 0.1, 1), 8, lines)
    assert_equal(pedigree, np.zeros(pedigree.num_persons, np.uint8), 8, lines)


def test_whoever_is_found_is_kin_by_an_allowed_path_and_no_nearer_one_is_flagged() -> None:
    graph = KinGraph(village(3, rounds=600, founders=60))
    start = np.where(flags(graph.num_persons, 0.03, 5) < 255, 0, 255).astype(np.uint8)
    egos = np.arange(0, graph.num_persons, 7)
    got = nearest_elder(graph, start, 8).of(egos)
    kin = members(graph, "chon<=8", egos)
    row = np.repeat(np.arange(egos.size), np.diff(kin.offset))
    flagged = start[kin.person] == 0
    within = flagged & (kin.down <= kin.up) & (kin.up <= reach_of(8))
    least = np.full(egos.size, 255)
    np.minimum.at(least, row[within], (kin.up + kin.down)[within])
    # A relative who is kin in two ways stands once in the list, by the nearer way; the other way may be the allowed one.
    assert (got.degree <= least).all()
    assert (got.degree == least).mean() > 0.95
    assert (got.degree >= nearest_flagged(graph, start, 8).degree[egos]).all()
    assert (got.degree == 255).sum() > (nearest_flagged(graph, start, 8).degree[egos] == 255).sum()


def test_bad_input_is_refused() -> None:
    graph = KinGraph(village(3, rounds=20))
    with pytest.raises(InputError, match="max_degree"):
        nearest_elder(graph, np.full(graph.num_persons, 255, np.uint8), 0)
    with pytest.raises(InputError, match="lines"):
        nearest_elder(graph, np.full(graph.num_persons, 255, np.uint8), 8, lines="agnatic")
