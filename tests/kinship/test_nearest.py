"""nearest_flagged() equals the search over all flagged persons."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yeonjwa.core.errors import InputError
from yeonjwa.genealogy.pedigree import Pedigree
from yeonjwa.kinship import twin
from yeonjwa.kinship.few import nearest_of_few
from yeonjwa.kinship.graph import KinGraph
from yeonjwa.kinship.members import members
from yeonjwa.kinship.nearest import nearest_flagged, prepare_nearest

from .builder import pedigrees, village


def flags(size: int, share: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    start = np.full(size, 255, np.uint8)
    chosen = rng.random(size) < share
    start[chosen] = rng.integers(0, 7, int(chosen.sum()))
    return start


def assert_equal(pedigree: Pedigree, start: np.ndarray, limit: int, lines: str) -> None:
    got = nearest_flagged(KinGraph(pedigree), start, limit, lines=lines)
    for ego in range(pedigree.num_persons):
        expected = twin.nearest_of(pedigree, start.tolist(), limit, ego, lines)
        assert (int(got.degree[ego]), int(got.person[ego]), int(got.side[ego])) == expected, ego
    asked = prepare_nearest(KinGraph(pedigree), start, limit, lines=lines)
    flagged = np.flatnonzero(start < 255)
    few = nearest_of_few(KinGraph(pedigree), flagged, start[flagged], limit, lines=lines)
    everyone = np.arange(pedigree.num_persons)
    for name in ("degree", "person", "side"):
        assert np.array_equal(getattr(asked, name)[everyone], getattr(got, name)), name
        assert np.array_equal(getattr(few, name)[everyone], getattr(got, name)), name


@settings(max_examples=80, deadline=None)
@given(
    pedigrees(),
    st.floats(0.02, 0.9),
    st.integers(0, 2**32),
    st.integers(1, 12),
    st.sampled_from(["both", "paternal", "maternal"]),
)
def test_nearest_equals_the_twin(pedigree: Pedigree, share: float, seed: int, limit: int, lines: str) -> None:
    assert_equal(pedigree, flags(pedigree.num_persons, share, seed), limit, lines)


@pytest.mark.parametrize("lines", ["both", "paternal", "maternal"])
def test_nearest_in_an_interwoven_village(lines: str) -> None:
    pedigree = village(11, rounds=50)
    assert_equal(pedigree, flags(pedigree.num_persons, 0.1, 1), 8, lines)
    assert_equal(pedigree, np.zeros(pedigree.num_persons, np.uint8), 8, lines)


@pytest.mark.parametrize("lines", ["both", "paternal", "maternal"])
def test_nearest_equals_enumeration_of_kin(lines: str) -> None:
    graph = KinGraph(village(3, rounds=600, founders=60))
    start = flags(graph.num_persons, 0.01, 5)
    got = nearest_flagged(graph, start, 8, lines=lines)
    kin = members(graph, "chon<=8" + ("" if lines == "both" else f", {lines}"), np.arange(graph.num_persons))
    flagged = start[kin.person] < 255
    total = start[kin.person].astype(int) + kin.degree
    best = np.full(graph.num_persons, 255)
    np.minimum.at(best, kin.ego[flagged & (total <= 8)], total[flagged & (total <= 8)])
    assert np.array_equal(got.degree, best)
    assert (best < 255).sum() > 100


@pytest.mark.parametrize("limits", [(8, 8), (8, 250), (250, 8)])
def test_an_earlier_answer_is_overwritten(limits: tuple[int, int]) -> None:
    """Its memory is used, whatever it held, and whether keys take four bytes or eight."""
    graph = KinGraph(village(3, rounds=600, founders=60))
    start = [flags(graph.num_persons, share, seed) for share, seed in ((0.3, 5), (0.01, 6), (0.1, 7))]
    again = nearest_flagged(graph, start[0], limits[0])
    for given_start, limit in zip(start[1:], limits, strict=True):
        again, fresh = (
            nearest_flagged(graph, given_start, limit, out=again),
            nearest_flagged(graph, given_start, limit),
        )
        for name in ("degree", "person", "side"):
            np.testing.assert_array_equal(getattr(again, name), getattr(fresh, name))
    with pytest.raises(InputError, match="earlier answer"):
        nearest_flagged(KinGraph(village(2)), np.zeros(village(2).num_persons, np.uint8), 8, out=again)


def test_a_flagged_ego_does_not_count_for_himself() -> None:
    graph = KinGraph(village(2))
    start = np.full(graph.num_persons, 255, np.uint8)
    start[graph.num_persons - 1] = 0
    got = nearest_flagged(graph, start, 8)
    assert got.degree[graph.num_persons - 1] == 255
    assert (got.degree < 255).any()


def test_bad_input_is_refused() -> None:
    graph = KinGraph(village(2))
    with pytest.raises(InputError, match="start values"):
        nearest_flagged(graph, np.zeros(graph.num_persons, np.int64), 8)
    with pytest.raises(InputError, match="max_degree"):
        nearest_flagged(graph, np.zeros(graph.num_persons, np.uint8), 0)
    with pytest.raises(InputError, match="lines"):
        nearest_flagged(graph, np.zeros(graph.num_persons, np.uint8), 8, lines="agnatic")
