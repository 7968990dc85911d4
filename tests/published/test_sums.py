"""Kin are counted from both ends: sums over a simulated population."""

from __future__ import annotations

import pytest

from yeonjwa.genealogy.pedigree import Pedigree
from yeonjwa.kinship.tables import kin_by_age

from .reference import LAST, run

PAIRS = (
    ("parents", "children"),
    ("grandparents", "grandchildren"),
    ("great_grandparents", "great_grandchildren"),
    ("aunts_uncles", "nieces_nephews"),
)


@pytest.fixture(scope="module")
def unions() -> Pedigree:
    """40,000 living with unions, remarriage, birth intervals and avoidance of kin."""
    return run(40_000, 2)


@pytest.mark.parametrize("mode", ["unions", "plain"])
def test_sums_over_the_population(mode: str, unions: Pedigree, plain_population: Pedigree) -> None:
    pedigree = unions if mode == "unions" else plain_population
    wanted = {kin for pair in PAIRS for kin in pair} | {
        "mother",
        "father",
        "daughters",
        "sisters",
        "siblings",
    }
    rows = [row for row in kin_by_age(pedigree, LAST, kinds=wanted) if row["age_group"] == "all"]
    total = {
        (row["kin"], row["sex_ego"]): row["mean_living"] * row["n_ego"]
        for row in rows
        if row["line"] == "all"
    }
    for up, down in PAIRS:
        assert total[up, "all"] == pytest.approx(total[down, "all"], abs=0.01)
        assert total[up, "all"] > 1000
    # Daughters of women are mothers of girls; brothers of women are sisters of men.
    assert total["daughters", "f"] == pytest.approx(total["mother", "f"], abs=0.01)
    assert total["daughters", "m"] == pytest.approx(total["father", "f"], abs=0.01)
    brothers_of_women = total["siblings", "f"] - total["sisters", "f"]
    assert brothers_of_women == pytest.approx(total["sisters", "m"], abs=0.01)
    living = pedigree.num_living(LAST)
    assert sum(row["n_ego"] for row in rows if (row["kin"], row["sex_ego"]) == ("parents", "all")) == living
