"""kin_by_age() equals counting the kin of one ego after the other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from yeonjwa.core.errors import InputError
from yeonjwa.genealogy.pedigree import Pedigree
from yeonjwa.kinship import twin
from yeonjwa.kinship.tables import AGE_GROUPS, KINDS, kin_by_age

from .builder import pedigrees, village


def counted(pedigree: Pedigree, month: int) -> dict[tuple[str, str], dict[int, int]]:
    """Living kin of each living ego, by the twin: (line, kin) -> ego -> number."""
    alive = np.flatnonzero(pedigree.alive_at(month)).tolist()
    living = set(alive)
    table: dict[tuple[str, str], dict[int, int]] = {}
    for ego in alive:
        for key, kin in twin.kin_types_of(pedigree, ego).items():
            table.setdefault(key, {})[ego] = len(kin & living)
    return table


def assert_equal(pedigree: Pedigree, month: int) -> None:
    rows = kin_by_age(pedigree, month)
    expected = counted(pedigree, month)
    assert {(r["line"], r["kin"]) for r in rows} == set(expected)
    for row in rows:
        cell = []
        for ego, number in expected[row["line"], row["kin"]].items():
            age = (month - int(pedigree.birth[ego])) // 12
            group = AGE_GROUPS[min(age // 5, 18)]
            sex = "fm"[pedigree.sex[ego]]
            if row["age_group"] in (group, "all") and row["sex_ego"] in (sex, "all"):
                cell.append(number)
        assert row["n_ego"] == len(cell) > 0
        assert row["mean_living"] == pytest.approx(np.mean(cell), abs=1e-12), row


@settings(max_examples=40, deadline=None)
@given(pedigrees(), st.integers(12, 2000))
def test_tables_equal_the_twin(pedigree: Pedigree, month: int) -> None:
    assume(pedigree.num_living(month) > 0)
    assert_equal(pedigree, month)


@pytest.mark.parametrize("seed", [1, 2])
def test_tables_of_an_interwoven_village(seed: int) -> None:
    pedigree = village(seed, rounds=120)
    month = int(np.median(pedigree.birth)) + 240
    assert pedigree.num_living(month) > 30
    assert_equal(pedigree, month)


def test_standard_error_is_that_of_families() -> None:
    """Siblings by birth unions: the ratio estimator over clusters, written out."""
    pedigree = village(3, rounds=300, founders=40)
    month = int(np.median(pedigree.birth)) + 240
    alive = np.flatnonzero(pedigree.alive_at(month))
    numbers = counted(pedigree, month)["all", "siblings"]
    families: dict[int, list[int]] = {}
    for ego in alive.tolist():
        union = int(pedigree.birth_union[ego])
        families.setdefault(union if union >= 0 else -1 - ego, []).append(numbers[ego])
    mean = np.mean(list(numbers.values()))
    gaps = np.array([sum(kin) - mean * len(kin) for kin in families.values()])
    se = np.sqrt(np.sum(gaps**2) * len(gaps) / (len(gaps) - 1)) / alive.size
    (row,) = [
        r
        for r in kin_by_age(pedigree, month, kinds=["siblings"])
        if (r["line"], r["sex_ego"], r["age_group"]) == ("all", "all", "all")
    ]
    assert row["se_living"] == pytest.approx(se)
    assert se > 0


def test_sums_over_the_population() -> None:
    """Parents = children, grandparents = grandchildren, aunts and uncles = nieces and nephews."""
    pedigree = village(5, rounds=800, founders=60)
    month = int(np.median(pedigree.birth)) + 240
    means = {
        r["kin"]: r["mean_living"]
        for r in kin_by_age(pedigree, month)
        if (r["line"], r["sex_ego"], r["age_group"]) == ("all", "all", "all")
    }
    for one, other in (
        ("parents", "children"),
        ("grandparents", "grandchildren"),
        ("aunts_uncles", "nieces_nephews"),
    ):
        assert means[one] == pytest.approx(means[other])
        assert means[one] > 0


def test_a_sample_is_drawn_by_its_seed_and_counts_all_kin() -> None:
    pedigree = village(6, rounds=800, founders=60)
    month = int(np.median(pedigree.birth)) + 240
    one = kin_by_age(pedigree, month, sample=50, seed=1)
    assert one == kin_by_age(pedigree, month, sample=50, seed=1)
    assert one != kin_by_age(pedigree, month, sample=50, seed=2)
    assert {r["n_ego"] for r in one if r["age_group"] == r["sex_ego"] == "all"} == {50}
    assert kin_by_age(pedigree, month, sample=10**6) == kin_by_age(pedigree, month)


def test_kinds_limit_the_rows() -> None:
    pedigree = village(6, rounds=100)
    month = int(np.median(pedigree.birth)) + 240
    rows = kin_by_age(pedigree, month, kinds=["sisters", "maternal_grandmother"])
    assert {(r["line"], r["kin"]) for r in rows} == {
        ("all", "sisters"),
        ("all", "maternal_grandmother"),
        ("female", "sisters"),
    }
    assert set(KINDS["all"]) >= {"third_cousins", "maternal_grandmother"}


def test_bad_input_is_refused() -> None:
    pedigree = village(6)
    with pytest.raises(InputError, match="kin type"):
        kin_by_age(pedigree, 400, kinds=["cousin"])
    with pytest.raises(InputError, match="month"):
        kin_by_age(pedigree, 32000)
    with pytest.raises(InputError, match="sample"):
        kin_by_age(pedigree, 400, sample=0)
