"""Kin check and marriage market against their slow twins, on random pedigrees with every complication."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yeonjwa.genealogy import index, lanes, matching, twin
from yeonjwa.genealogy.growing import COUPLE, LINE, SEEKER
from yeonjwa.genealogy.index import union_index
from yeonjwa.genealogy.matching import free_all, match, note_couples, related, words_of
from yeonjwa.genealogy.pedigree import Pedigree


@st.composite
def pedigrees(draw: st.DrawFn) -> Pedigree:
    """A small inbred pedigree: remarriage, half-siblings, cousin marriage, overlapping generations."""
    founders = draw(st.integers(2, 6))
    birth = [draw(st.integers(0, 300)) for _ in range(founders)]
    sex = [draw(st.integers(0, 1)) for _ in range(founders)]
    birth_union, wife, husband, first_child = [-1] * founders, [], [], []
    for _ in range(draw(st.integers(1, 14))):
        women = [p for p, s in enumerate(sex) if s == 0]
        men = [p for p, s in enumerate(sex) if s == 1]
        if not women or not men:
            break
        mother, father = draw(st.sampled_from(women)), draw(st.sampled_from(men))
        wife.append(mother)
        husband.append(father)
        first_child.append(len(birth))
        for _ in range(draw(st.integers(0, 3))):
            born = max(birth[mother], birth[father]) + 150 + draw(st.integers(0, 200))
            birth.append(min(born, 20_000))
            sex.append(draw(st.integers(0, 1)))
            birth_union.append(len(wife) - 1)
    first_child.append(len(birth))
    wives, husbands = np.array(wife, np.int32), np.array(husband, np.int32)
    offset, members = union_index(len(birth), wives, husbands)
    months = np.array(birth, np.int16)
    return Pedigree(
        months, (months + 900).astype(np.int16), np.array(sex, np.int8), np.zeros(len(birth), np.int16),
        np.array(birth_union, np.int32), wives, husbands, np.zeros(wives.size, np.int16),
        np.array(first_child, np.int32), offset, members, np.zeros(1, np.int8), ("pyongyang",), 0, 20_000,
    )  # fmt: skip


def _lines(p: Pedigree) -> tuple[np.ndarray, np.ndarray]:
    couples = np.zeros(p.num_unions, COUPLE)
    couples["wife"], couples["husband"] = p.wife, p.husband
    couples["wife_family"], couples["husband_family"] = p.birth_union[p.wife], p.birth_union[p.husband]
    lines = np.full((p.num_unions, LINE), -9, np.int32)
    elders = np.full((p.num_unions, 2), -9, np.int32)
    note_couples(couples, 0, lines, elders)
    return lines, elders


def _related(p: Pedigree, a: int, b: int, depth: int) -> bool:
    return bool(related(depth, a, b, p.birth_union, *_lines(p)))


def _seekers(p: Pedigree, found: list[tuple[int, int, int]]) -> np.ndarray:
    """Records of persons with the month from which they look and their region."""
    seekers = np.zeros(len(found), SEEKER)
    seekers["person"], seekers["month"], seekers["home"] = np.array(found, int).reshape(-1, 3).T
    seekers["family"] = p.birth_union[seekers["person"]]
    seekers["birth"], seekers["death"] = p.birth[seekers["person"]], p.death[seekers["person"]]
    return seekers


@settings(max_examples=200, deadline=None)
@given(pedigree=pedigrees(), depth=st.integers(0, 8))
def test_kin_are_those_of_the_twin(pedigree: Pedigree, depth: int) -> None:
    lines = _lines(pedigree)
    for a in range(pedigree.num_persons):
        for b in range(pedigree.num_persons):
            kin = bool(related(depth, a, b, pedigree.birth_union, *lines))
            assert kin == (twin.degree(pedigree, a, b, depth) is not None)


def test_unequal_paths_and_half_kin() -> None:
    # A chain of one child a union, each with another spouse: 0 is the ancestor by 1 to 7 generations.
    depth = 7
    wife, husband, birth, sex, birth_union = [], [], [0, 0], [1, 0], [-1, -1]
    parent = 0
    for g in range(depth):
        child = len(birth)
        birth += [200 * (g + 1), 200 * (g + 1)]
        sex += [1, 0]  # a son who goes on and a founder who marries him
        wife.append(1 if g == 0 else parent + 1)
        husband.append(parent)
        birth_union += [g, -1]
        parent = child
    # A half-sibling of the first son, by another woman.
    birth += [190, 300]
    sex += [0, 0]
    birth_union += [-1, depth]
    wife.append(len(birth) - 2)
    husband.append(0)
    first = np.zeros(depth + 2, np.int32)
    p = Pedigree(
        np.array(birth, np.int16), np.array(birth, np.int16) + 900, np.array(sex, np.int8),
        np.zeros(len(birth), np.int16), np.array(birth_union, np.int32), np.array(wife, np.int32),
        np.array(husband, np.int32), np.zeros(depth + 1, np.int16), first,
        *union_index(len(birth), np.array(wife, np.int32), np.array(husband, np.int32)), np.zeros(1, np.int8), ("x",),
        0, 5000,
    )  # fmt: skip
    sister, last = len(birth) - 1, parent
    assert _related(p, last, sister, 8)
    assert not _related(p, last, sister, 7)
    assert _related(p, sister, last, 8)
    assert _related(p, last, 0, 7)
    assert not _related(p, last, 0, 6)


@settings(max_examples=200, deadline=None)
@given(
    pedigree=pedigrees(),
    data=st.data(),
    depth=st.integers(0, 8),
    window=st.integers(0, 600),
    tries=st.integers(1, 8),
    again=st.booleans(),
)
def test_couples_are_those_of_the_twin(
    pedigree: Pedigree, data: st.DataObject, depth: int, window: int, tries: int, again: bool
) -> None:
    regions = data.draw(st.integers(1, 3))
    persons = range(pedigree.num_persons)
    men = sorted(
        (
            (p, data.draw(st.integers(0, 900)), data.draw(st.integers(0, regions - 1)))
            for p in persons
            if pedigree.sex[p]
        ),
        key=lambda man: (man[2], pedigree.birth[man[0]]),
    )
    women = sorted(
        (
            (
                p,
                data.draw(st.integers(200, 1200)),
                data.draw(st.integers(0, 900)),
                data.draw(st.integers(0, regions - 1)),
            )
            for p in persons
            if not pedigree.sex[p]
        ),
        key=lambda woman: woman[3],
    )
    first, least_age = 0, 120
    slow, rejected = twin.match(
        pedigree,
        women,
        men,
        window=window,
        tries=tries,
        depth=depth,
        first=first,
        least_age=least_age,
        again=again,
    )
    _agree(pedigree, women, men, slow, rejected, regions, window, tries, depth, first, least_age, again)


def _agree(
    pedigree: Pedigree, women: list[tuple[int, int, int, int]], men: list[tuple[int, int, int]], slow: list[int],
    rejected: int, regions: int, window: int, tries: int, depth: int, first: int, least_age: int, again: bool,
) -> None:  # fmt: skip
    """The kernel does to women and men what the twin did."""
    pool = _seekers(pedigree, men)
    edges = np.searchsorted(pool["home"], np.arange(regions + 1)).astype(np.int64)
    words, free = words_of(edges[:-1]), np.zeros((len(men) >> 6) + regions + 1, np.uint64)
    free_all(edges[:-1].copy(), edges[1:].copy(), words, free)
    seekers = _seekers(pedigree, [(w[0], w[1], w[3]) for w in women])
    aims = np.array([w[2] for w in women], np.int32)
    begin = np.searchsorted(seekers["home"], np.arange(regions + 1)).astype(np.int64)
    couples, tally, used = np.empty(len(women), COUPLE), np.zeros(2, np.int64), np.zeros(len(men), np.bool_)
    nothing, noted = np.empty(0, np.int64), len(women) if depth else 0
    rows, heads = np.empty((noted, LINE), np.int32), np.empty((noted, 2), np.int32)
    match(
        seekers, aims, begin, pool, edges[:-1].copy(), edges[1:].copy(), used, free, words, 0, regions, window, tries, depth,
        first, least_age, again, nothing, 0, pedigree.birth_union, *_lines(pedigree), couples, rows,
        heads, tally,
    )  # fmt: skip
    assert couples["husband"].tolist() == [men[place][0] if place >= 0 else -1 for place in slow]
    assert tally.tolist() == [sum(place >= 0 for place in slow), rejected]
    assert used.tolist() == [place in slow for place in range(len(men))]
    for couple, (woman, month, _, _) in zip(couples, women, strict=True):
        if couple["husband"] >= 0:
            assert (couple["wife"], couple["start"]) == (woman, month)
            assert couple["husband_death"] == pedigree.death[couple["husband"]]
    formed = couples["husband"] >= 0
    if noted and formed.any():
        lines, elders = (
            np.resize(known, (pedigree.num_unions + len(women), known.shape[1])) for known in _lines(pedigree)
        )
        note_couples(couples[formed], pedigree.num_unions, lines, elders)
        last = pedigree.num_unions + int(formed.sum())
        assert rows[formed].tolist() == lines[pedigree.num_unions : last].tolist()
        assert heads[formed].tolist() == elders[pedigree.num_unions : last].tolist()


@pytest.mark.parametrize("seed", range(6))
def test_men_put_aside_for_later_women_are_given_back_where_somebody_is_kin(seed: int) -> None:
    """More women than the kernel looks ahead, and some of the men brothers or cousins."""
    draw = np.random.default_rng(seed)
    wife, husband, birth, sex, birth_union = [], [], [0] * 12, [0, 1] * 6, [-1] * 12
    for parents, born in ((np.arange(12), 300), (np.arange(12, 60), 600)):
        for u in range(0, parents.size - 1, 2):
            mother, father = sorted((int(parents[u]), int(parents[u + 1])), key=lambda p: sex[p])
            if sex[mother] == sex[father]:
                continue
            wife.append(mother)
            husband.append(father)
            for _ in range(8 if born == 300 else 6):
                birth.append(born + int(draw.integers(0, 200)))
                sex.append(int(draw.integers(0, 2)))
                birth_union.append(len(wife) - 1)
    wives, husbands, months = np.array(wife, np.int32), np.array(husband, np.int32), np.array(birth, np.int16)
    pedigree = Pedigree(
        months, months + np.int16(900), np.array(sex, np.int8), np.zeros(months.size, np.int16),
        np.array(birth_union, np.int32), wives, husbands, np.zeros(wives.size, np.int16), np.zeros(1, np.int32),
        *union_index(months.size, wives, husbands), np.zeros(1, np.int8), ("pyongyang",), 0, 20_000,
    )  # fmt: skip
    youngest = np.arange(60, months.size)
    women = [
        (int(p), 1000, int(draw.integers(600, 800)), int(draw.integers(0, 2)))
        for p in youngest
        if sex[p] == 0
    ]
    men = [(int(p), 900, int(draw.integers(0, 2))) for p in youngest if sex[p] == 1]
    women.sort(key=lambda woman: woman[3])
    men.sort(key=lambda man: (man[2], birth[man[0]]))
    rule = {"window": 100, "tries": 30, "depth": 8, "first": 0, "least_age": 120, "again": False}
    slow, rejected = twin.match(pedigree, women, men, **rule)  # type: ignore[arg-type]
    assert rejected > 2
    _agree(pedigree, women, men, slow, rejected, 2, *rule.values())  # type: ignore[arg-type]


@given(st.lists(st.integers(-3, 60), min_size=32, max_size=32), st.integers(0, 16), st.integers(0, 16))
def test_rows_are_compared_copied_and_searched_from_where_they_begin(ids: list[int], i: int, j: int) -> None:
    row = np.array(ids, np.int32)
    other = row[::-1] + 25
    target = np.full((4, 8), 99, np.int32)
    found = np.array(_lanes(row, i, other, j, target), np.int64)
    known = [[p & 0xFFFFFFFF for p in ids[i : i + n]] for n in (8, 4)]
    assert found.tolist() == [
        bool(set(ids[i : i + 16]) & set(other[j : j + 16])), bool(set(ids[i : i + 8]) & set(other[j : j + 16])),
        min(known[0]), min(known[1]), max(ids[i : i + 8]), max(ids[i : i + 4]),
    ]  # fmt: skip
    for k, n in enumerate((8, 4, 2, 1)):
        assert target[k].tolist() == [p if p >= 0 else -7 for p in ids[i : i + n]] + [99] * (8 - n)


@numba.njit
def _lanes(row: Any, i: int, other: Any, j: int, target: Any) -> Any:
    lanes.copy_8(row, i, target, 0, -7)
    lanes.copy_4(row, i, target, 8, -7)
    lanes.copy_2(row, i, target, 16, -7)
    lanes.copy_1(row, i, target, 24, -7)
    found = (np.int64(lanes.share_16(row, i, other, j)), np.int64(lanes.share_8(row, i, other, j)))
    least = (np.int64(lanes.least_8(row, i)), np.int64(lanes.least_4(row, i)))
    return *found, *least, np.int64(lanes.most_8(row, i)), np.int64(lanes.most_4(row, i))


@given(st.integers(1, 200), st.lists(st.integers(0, 199), max_size=200), st.integers(-1, 200))
def test_the_nearest_free_place_on_either_side(size: int, taken: list[int], place: int) -> None:
    begin, free = np.zeros(1, np.int64), np.zeros(5, np.uint64)
    free_all(begin, np.array([size]), words_of(begin), free)
    there = set(range(size)) - set(taken)
    for p in set(taken) & set(range(size)):
        free[p >> 6] ^= np.uint64(1) << np.uint64(p & 63)
    place = min(place, size)
    assert _before(free, min(place, size - 1)) == max((p for p in there if p <= place), default=-1)
    assert _after(free, max(place, 0), size) == min((p for p in there if p >= place), default=size)


@numba.njit
def _before(free: Any, place: int) -> int:
    return int(matching._before(free, 0, place))


@numba.njit
def _after(free: Any, place: int, size: int) -> int:
    return int(matching._after(free, 0, place, size))


@pytest.mark.parametrize("few", [0, 10**6])
def test_unions_of_each_person_stand_in_order_of_formation(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "_FEW", few)
    draw = np.random.default_rng(3)
    wife, husband = draw.integers(0, 50, (2, 200)).astype(np.int32)
    offset, members = union_index(101, 2 * wife, 2 * husband + 1)
    for p in range(101):
        found = members[offset[p] : offset[p + 1]]
        assert found.tolist() == np.flatnonzero((2 * wife == p) | (2 * husband + 1 == p)).tolist()
