"""nearest_flagged() equals the search over all flagged persons."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yeonjwa.core.errors import InputError
from yeonjwa.genealogy.pedigree import Pedigree
from yeonjwa.kinship import twin
from yeonjwa.kinship.graph import KinGraph
from yeonjwa.kinship.in_range import flags_in_range
from yeonjwa.kinship.members import members
from yeonjwa.kinship.nearest import nearest_flagged

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


def assert_ranges(pedigree: Pedigree, reach: np.ndarray, degrees: list[int], lines: str) -> None:
    """Each check answers as the search over all flagged persons, whose start is what their range falls short of the degree."""
    graph, flagged = KinGraph(pedigree), np.flatnonzero(reach < 255)
    flags, everyone = flags_in_range(graph, flagged, reach[flagged], degrees), np.arange(graph.num_persons)
    for degree in degrees:
        start = np.full(graph.num_persons, 255, np.uint8)
        start[flagged] = degree - np.minimum(reach[flagged], degree)
        expected = nearest_flagged(graph, start, degree, lines=lines)
        got = flags.within(degree, lines)
        for name in ("degree", "person", "side"):
            assert np.array_equal(getattr(got, name)[everyone], getattr(expected, name)), (name, degree)


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


@settings(max_examples=80, deadline=None)
@given(
    pedigrees(),
    st.floats(0.02, 0.9),
    st.integers(0, 2**32),
    st.lists(st.integers(1, 12), min_size=1, max_size=8),
    st.sampled_from(["both", "paternal", "maternal"]),
)
def test_ranges_of_flags_equal_the_search_from_each_degree(
    pedigree: Pedigree, share: float, seed: int, degrees: list[int], lines: str
) -> None:
    assert_ranges(pedigree, flags(pedigree.num_persons, share, seed), degrees, lines)


@pytest.mark.parametrize("share", [0.003, 0.1, 1.0])
def test_ranges_of_flags_in_an_interwoven_village(share: float) -> None:
    pedigree = village(11, rounds=400)
    assert_ranges(pedigree, flags(pedigree.num_persons, share, 1), [3, 4, 6, 8], "both")


def test_the_memory_of_earlier_ranges_is_used_again() -> None:
    graph = KinGraph(village(3, rounds=600, founders=60))
    everyone = np.arange(graph.num_persons)
    reach = [flags(graph.num_persons, share, seed) for share, seed in ((0.3, 5), (0.01, 6))]
    first, second = (np.flatnonzero(row < 255) for row in reach)
    earlier = flags_in_range(graph, first, reach[0][first], [4, 6])
    again = flags_in_range(graph, second, reach[1][second], [4, 6], out=earlier)
    fresh = flags_in_range(graph, second, reach[1][second], [4, 6])
    assert again.best is earlier.best
    assert np.array_equal(again.within(6).degree[everyone], fresh.within(6).degree[everyone])


@pytest.mark.parametrize("share", [0.003, 0.05, 0.4])
def test_flags_are_handed_on_beside_earlier_ones(share: float) -> None:
    graph = KinGraph(village(5, rounds=500, founders=60))
    reach = flags(graph.num_persons, share, 7)
    everybody = np.flatnonzero(reach < 255)
    reach[everybody[::9]] = 8  # the longest range stays the same
    some, kept = everybody[::3], None
    for flagged in (some, everybody, everybody, some):
        kept = flags_in_range(graph, flagged, reach[flagged], [3, 4, 6, 8], out=kept)
        fresh = flags_in_range(graph, flagged, reach[flagged], [3, 4, 6, 8])
        assert np.array_equal(kept.best, fresh.best)
        assert np.array_equal(kept.bits, fresh.bits)
    other = reach[some] % 8 + 1  # other ranges
    assert np.array_equal(
        flags_in_range(graph, some, other, [3, 4, 6, 8], out=kept).best,
        flags_in_range(graph, some, other, [3, 4, 6, 8]).best,
    )


def test_ranges_that_are_not_allowed_are_refused() -> None:
    graph = KinGraph(village(2))
    two, near = np.array([1, 2]), np.full(2, 9, np.uint8)
    with pytest.raises(InputError, match="ranges of flags"):
        flags_in_range(graph, two, np.full(2, 121, np.uint8), [4])
    with pytest.raises(InputError, match="ranges of flags"):
        flags_in_range(graph, two, near[:1], [4])
    with pytest.raises(InputError, match="flagged"):
        flags_in_range(graph, two[::-1], near, [4])
    with pytest.raises(InputError, match="degrees"):
        flags_in_range(graph, two, near, list(range(1, 10)))
    with pytest.raises(InputError, match="degrees"):
        flags_in_range(graph, two, near, [251])
    with pytest.raises(InputError, match="degree of the check"):
        flags_in_range(graph, two, near, [4]).within(5)
    with pytest.raises(InputError, match="lines"):
        flags_in_range(graph, two, near, [4]).within(4, "agnatic")
    nobody = flags_in_range(graph, two[:0], near[:0], [4]).within(4)
    assert nobody.degree[two].tolist() == [255, 255]
    assert nobody.person[two].tolist() == [-1, -1]


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
