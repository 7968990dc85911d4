"""members() equals the twin that follows paths one at a time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yeonjwa.core.errors import InputError
from yeonjwa.genealogy.pedigree import Pedigree
from yeonjwa.kinship import members as module
from yeonjwa.kinship import twin
from yeonjwa.kinship.blood import make_scratch
from yeonjwa.kinship.circles import parse_circle
from yeonjwa.kinship.graph import KinGraph, pack_bits
from yeonjwa.kinship.members import Members, members
from yeonjwa.kinship.walk import make_front

from .builder import pedigrees, village

CIRCLES = [
    "chon<=1",
    "chon<=2",
    "chon<=4",
    "chon<=5",
    "chon<=8",
    "chon<=4, paternal",
    "chon<=8, maternal",
    "chon<=6, female",
    "chon<=5, paternal, male",
    "chon=3",
    "chon<=4, patriline",
    "chon<=4, matriline",
    "parents + spouse + children + grandchildren",
    "siblings of spouse",
    "UUDD + S",
    "daughters",
    "brothers",
    "first_cousins + sisters + aunts, paternal",
    "second_cousins",
    "siblings",
    "siblings + first_cousins",
    "siblings + first_cousins + second_cousins",
    "siblings + first_cousins + second_cousins + third_cousins",
    "siblings, full",
    "siblings, half",
    "first_cousins, half",
    "siblings_in_law + parents_in_law + children_in_law",
    "SS + SDU + DUD",
    "SUD + UDS + SUDS",
    "spouse of (children + siblings)",
]


def rows(result: Members, i: int) -> list[twin.Kin]:
    span = slice(result.offset[i], result.offset[i + 1])
    columns = (result.degree, result.person, result.up, result.down, result.side, result.half, result.term)
    return [
        twin.Kin(int(n), int(p), int(u), int(d), int(s), bool(h), int(t))
        for n, p, u, d, s, h, t in zip(*(column[span] for column in columns), strict=True)
    ]


def assert_equal(pedigree: Pedigree, text: str, **limits: object) -> int:
    """Of everyone: beside full siblings, with whom work is shared, and in an order in which ego mostly is alone."""
    circle, everyone = parse_circle(text), np.arange(pedigree.num_persons)
    expected = [twin.members_of(pedigree, circle, ego, **limits) for ego in everyone.tolist()]
    for egos in (everyone, np.random.default_rng(3).permutation(everyone)):
        result = members(KinGraph(pedigree), circle, egos, **limits)
        for i, ego in enumerate(egos.tolist()):
            assert rows(result, i) == expected[ego], (text, ego)
    return result.person.size


@settings(max_examples=60, deadline=None)
@given(pedigrees(), st.sampled_from(CIRCLES))
def test_members_equal_the_twin(pedigree: Pedigree, text: str) -> None:
    assert_equal(pedigree, text)


@settings(max_examples=60, deadline=None)
@given(pedigrees(), st.sampled_from(CIRCLES), st.integers(0, 2000), st.integers(0, 2**32))
def test_members_at_a_month_equal_the_twin(pedigree: Pedigree, text: str, month: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    mask, union_mask = rng.random(pedigree.num_persons) < 0.8, rng.random(pedigree.num_unions) < 0.7
    assert_equal(pedigree, text, month=month)
    assert_equal(pedigree, text, month=month, mask=mask, union_mask=union_mask)
    assert_equal(pedigree, text, mask=mask)


@pytest.mark.parametrize("text", CIRCLES)
def test_members_of_interwoven_villages(text: str) -> None:
    assert sum(assert_equal(village(seed, rounds=70), text) for seed in (1, 2, 3)) > 0


@pytest.mark.parametrize(("text", "least"), [("chon<=10", 256), ("chon=9 + S", 16), ("chon<=4", 64)])
def test_room_grows_without_losing_anybody(text: str, least: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many egos in one call, starting with too little room, against one ego at a time."""
    graph = KinGraph(village(7, rounds=1500, founders=4))
    egos = np.arange(0, graph.num_persons, 7)
    first = iter([32])
    with monkeypatch.context() as patch:
        patch.setattr(module, "make_scratch", lambda size: make_scratch(next(first, size)))
        patch.setattr(module, "make_front", lambda size: make_front(next(first, size)))
        patch.setattr(module, "_MEMORY", module._Memory())
        result = members(graph, text, egos)
    assert result.counts.mean() > least  # more rows than are made room for at first
    for i in range(0, egos.size, 11):
        alone = members(graph, text, egos[i : i + 1])
        assert result.of(i).tolist() == alone.person.tolist()


def assert_same(graph: KinGraph, text: str, egos: np.ndarray, **limits: object) -> None:
    """Each ego's rows in one call for many are those of a call for him alone."""
    result = members(graph, text, egos, **limits)
    assert result.counts.sum() == result.person.size > egos.size
    for i in range(0, egos.size, max(egos.size // 40, 1)):
        alone = members(KinGraph(graph.pedigree), text, egos[i : i + 1], **limits)  # no bits at hand
        assert rows(result, i) == rows(alone, 0), (text, i)


ORDERS = {
    "ascending": lambda ids, rng: ids,
    "siblings in turn": lambda ids, rng: np.repeat(ids, 3)[::2],
    "shuffled": lambda ids, rng: rng.permutation(ids),
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    "text",
    ["chon<=4", "chon<=8", "chon<=7, maternal", "chon<=5, paternal, male", "UD + UUDD + UUUDDD", "SUD + UDS"],
)
def test_many_egos_and_one_have_the_same_kin(text: str, order: str) -> None:
    """What siblings share is found once; many egos look up who lives in bits, one ego in the dates."""
    graph, rng = KinGraph(village(8, rounds=4000, founders=400)), np.random.default_rng(1)
    egos = ORDERS[order](np.arange(graph.num_persons), rng)
    month = int(np.median(graph.pedigree.birth)) + 600
    mask = rng.random(graph.num_persons) < 0.5
    assert_same(graph, text, egos)
    assert_same(graph, text, egos, month=month)
    assert_same(graph, text, egos, mask=mask)


@pytest.mark.parametrize("piece", [100, 250_000])
@pytest.mark.parametrize("text", ["chon<=6", "parents + spouse + children"])
def test_threads_do_not_change_a_byte(text: str, piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = KinGraph(village(9, rounds=4000, founders=400))
    egos = np.arange(graph.num_persons)
    alone = members(graph, text, egos)
    monkeypatch.setattr(module, "_ALONE_BELOW", 0)
    monkeypatch.setattr(module, "_PIECE", piece)
    monkeypatch.setattr(module.numba, "get_num_threads", lambda: 3)
    together = members(graph, text, egos)
    monkeypatch.setattr(module, "_SAMPLE", egos.size)  # no estimate: nothing fits at once
    later = members(graph, text, egos)
    assert later.person.tobytes() == alone.person.tobytes()
    for name in ("offset", "person", "up", "down", "side", "half", "term"):
        assert getattr(together, name).tobytes() == getattr(alone, name).tobytes(), name


def test_the_living_are_kept_as_bits_once_that_has_been_worth_it() -> None:
    graph = KinGraph(village(1))
    month, size = int(np.median(graph.pedigree.birth)) + 300, graph.num_persons
    assert graph.living_bits(month, size / 2) is None
    assert graph.living_bits(month + 1, size / 2) is None  # another month: begun anew
    assert graph.living_bits(month, size / 2) is None
    kept = graph.living_bits(month, size / 2)
    assert kept is not None
    assert kept.tobytes() == pack_bits(graph.pedigree.alive_at(month)).tobytes()
    assert graph.living_bits(month, 0.0) is kept


def test_no_egos_and_bad_egos() -> None:
    graph = KinGraph(village(1))
    assert members(graph, "chon<=4", np.empty(0, np.int32)).person.size == 0
    with pytest.raises(InputError, match="ego"):
        members(graph, "chon<=4", np.array([graph.num_persons]))
    with pytest.raises(InputError, match="mask over persons"):
        members(graph, "chon<=4", np.array([0]), mask=np.ones(2, bool))


@settings(max_examples=40, deadline=None)
@given(pedigrees(), st.sampled_from(CIRCLES))
def test_the_inverse_circle_holds_those_in_whose_circle_ego_stands(pedigree: Pedigree, text: str) -> None:
    graph, circle, egos = KinGraph(pedigree), parse_circle(text), np.arange(pedigree.num_persons)
    there, back = members(graph, circle, egos), members(graph, circle.inverse(), egos)
    pairs = set(zip(there.ego.tolist(), there.person.tolist(), strict=True))
    assert pairs == set(zip(back.person.tolist(), back.ego.tolist(), strict=True))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("parents", "children"),
        ("grandparents", "grandchildren"),
        ("aunts_uncles", "nieces_nephews"),
        ("great_aunts_uncles", "great_nieces_nephews"),
        ("parents_in_law", "children_in_law"),
    ],
)
def test_sums_over_the_population(one: str, other: str) -> None:
    graph = KinGraph(village(5, rounds=300, founders=30))
    egos = np.arange(graph.num_persons)
    total = members(graph, one, egos).person.size
    assert total == members(graph, other, egos).person.size
    assert total > 100
