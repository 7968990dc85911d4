"""Groups of egos, and the standard error that takes families as units."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from yeonjwa.core.calendar import year_of
from yeonjwa.core.errors import InputError
from yeonjwa.genealogy.pedigree import Pedigree
from yeonjwa.kinship.distributions import distribution, kin_by_cohort, numbers_of
from yeonjwa.kinship.egos import choose_egos
from yeonjwa.kinship.graph import KinGraph
from yeonjwa.kinship.tables import KINDS, kin_by_age

from .builder import pedigrees, village
from .test_kin_tables import counted

VILLAGE = village(5, rounds=800, founders=60)
MONTH = int(np.median(VILLAGE.birth)) + 240


@settings(max_examples=30)
@given(pedigrees(), st.integers(12, 2000))
def test_cells_hold_everybody_once_for_each_question(pedigree: Pedigree, month: int) -> None:
    assume(pedigree.num_living(month) > 0)
    egos = choose_egos(KinGraph(pedigree), month)
    assert sorted(egos.ids.tolist()) == np.flatnonzero(pedigree.alive_at(month)).tolist()
    for cells in (egos.by_age, egos.by_cohort()):
        for sex in ("f", "m", "all"):
            groups = [cell for cell in cells if cell.sex == sex]
            whole = [cell for cell in groups if cell.group == "all"]
            parts = [i for cell in groups if cell.group != "all" for i in cell.index.tolist()]
            assert sorted(parts) == (whole[0].index.tolist() if whole else [])
    for cell in egos.by_cohort():
        if cell.group != "all":
            first, last = map(int, cell.group.split("-"))
            born = [year_of(int(b)) for b in egos.birth[cell.index]]
            assert all(first <= year <= last for year in born)
            assert last - first == 9
            assert first % 10 == 0


@pytest.mark.parametrize(
    "kin", ["siblings", "aunts", "first_cousins", "second_cousins", "great_grandchildren"]
)
def test_estimates_are_those_of_the_tables_by_age(kin: str) -> None:
    egos = choose_egos(KinGraph(VILLAGE), MONTH)
    values, height = numbers_of(egos, kin)
    table = [row for row in kin_by_age(VILLAGE, MONTH, kinds=[kin]) if row["line"] == "all"]
    assert len(table) == len(egos.by_age) > 10
    for row, cell in zip(table, egos.by_age, strict=True):
        estimate = egos.estimate(values, cell, height)
        assert (row["age_group"], row["sex_ego"], row["n_ego"]) == (cell.group, cell.sex, cell.size)
        assert estimate.mean == pytest.approx(row["mean_living"])
        assert estimate.se == pytest.approx(row["se_living"])


def test_a_single_family_has_no_standard_error() -> None:
    pedigree = village(6)
    ids = np.flatnonzero(pedigree.birth_union == pedigree.birth_union[-1])
    egos = choose_egos(KinGraph(pedigree), int(pedigree.birth[ids[0]]))
    alone = type(egos)(egos.graph, egos.month, ids[:1].astype(np.int32))
    assert alone.estimate(np.array([3]), alone.by_age[0], 1) == (3.0, None)


def test_sample_is_that_of_the_tables() -> None:
    egos = choose_egos(KinGraph(VILLAGE), MONTH, sample=40, seed=7)
    (row,) = [
        r
        for r in kin_by_age(VILLAGE, MONTH, kinds=["third_cousins"], sample=40, seed=7)
        if (r["line"], r["age_group"], r["sex_ego"]) == ("all", "all", "all")
    ]
    assert egos.ids.size == row["n_ego"] == 40
    assert numbers_of(egos, "third_cousins")[0].mean() == pytest.approx(row["mean_living"])


@settings(max_examples=25)
@given(
    pedigrees(), st.integers(12, 2000), st.sampled_from([(line, k) for line in KINDS for k in KINDS[line]])
)
def test_distribution_equals_counting(pedigree: Pedigree, month: int, kind: tuple[str, str]) -> None:
    assume(pedigree.num_living(month) > 0)
    line, kin = kind
    egos = choose_egos(KinGraph(pedigree), month)
    expected = counted(pedigree, month)[line, kin]
    rows = distribution(egos, kin, line=line, top=3)
    for cell in egos.by_age:
        here = [r for r in rows if (r["age_group"], r["sex_ego"]) == (cell.group, cell.sex)]
        numbers = [expected[int(egos.ids[i])] for i in cell.index]
        assert sum(r["share"] for r in here) == pytest.approx(1)
        for row in here:
            low, more = int(row["living"].rstrip("+")), row["living"].endswith("+")
            hits = sum(n >= low if more else n == low for n in numbers)
            assert row["share"] == pytest.approx(hits / len(numbers))
            assert row["n_ego"] == len(numbers)
            assert more == (low == 3)


def test_distribution_of_a_circle() -> None:
    egos = choose_egos(KinGraph(VILLAGE), MONTH)
    halves = distribution(egos, "siblings, half", top=50)
    full = {r["living"]: r for r in distribution(egos, "full_siblings", top=50) if r["age_group"] == "all"}
    assert sum(r["share"] for r in halves if r["age_group"] == r["sex_ego"] == "all") == pytest.approx(1)
    circle = [r for r in distribution(egos, "siblings, full", top=50) if r["age_group"] == "all"]
    assert {r["living"]: r["share"] for r in circle} == {k: r["share"] for k, r in full.items()}
    assert {r["living"]: r["se_share"] for r in circle} == {k: r["se_share"] for k, r in full.items()}


def test_cohorts_equal_counting_and_tell_what_is_known() -> None:
    egos = choose_egos(KinGraph(VILLAGE), MONTH)
    numbers = counted(VILLAGE, MONTH)["all", "aunts_uncles"]
    rows = [r for r in kin_by_cohort(egos, kinds=["aunts_uncles"], width=20) if r["line"] == "all"]
    assert {r["line"] for r in kin_by_cohort(egos, kinds=["sisters"])} == {"all", "female"}
    for row in rows:
        chosen = [
            n
            for ego, n in numbers.items()
            if row["cohort"] == "all"
            or int(row["cohort"][:4]) <= year_of(int(VILLAGE.birth[ego])) <= int(row["cohort"][5:])
            if row["sex_ego"] in ("all", "fm"[VILLAGE.sex[ego]])
        ]
        assert row["n_ego"] == len(chosen) > 0
        assert row["mean_living"] == pytest.approx(np.mean(chosen))
        known = row["ancestors_known"]
        assert known is None if row["cohort"] == "all" else 0 <= known <= 1


def test_bad_questions_are_refused() -> None:
    egos = choose_egos(KinGraph(VILLAGE), MONTH)
    with pytest.raises(InputError, match="kin type"):
        distribution(egos, "cousin_of_mine")
    with pytest.raises(InputError, match="female line"):
        distribution(egos, "siblings", line="female")
    with pytest.raises(InputError, match="line"):
        distribution(egos, "sisters", line="male")
    with pytest.raises(InputError, match="last class"):
        distribution(egos, "sisters", top=0)
    with pytest.raises(InputError, match="cohort"):
        kin_by_cohort(egos, width=0)
    with pytest.raises(InputError, match="kin type"):
        kin_by_cohort(egos, kinds=["siblings, half"])
    with pytest.raises(InputError, match="month"):
        choose_egos(KinGraph(VILLAGE), 32000)
