"""The exact month-time model of kin, and the simulation that must meet it."""

from __future__ import annotations

import numpy as np
import pytest

from yeonjwa.core.calendar import month_index
from yeonjwa.core.errors import InputError
from yeonjwa.demography.rates import Rates
from yeonjwa.genealogy.pedigree import FEMALE, MALE, Pedigree
from yeonjwa.kinship.expected import EXPECTED, ExpectedKin, expected_kin
from yeonjwa.kinship.tables import AGE_GROUPS, KINDS, kin_by_age

from .reference import LAST, by_cell, clustered

IN_TABLES = [kin for kin in EXPECTED if kin in KINDS["female"] and kin != "third_cousins"]


@pytest.fixture(scope="module")
def exact(reference: Rates) -> ExpectedKin:
    return expected_kin(reference, LAST)


@pytest.mark.parametrize("month", [LAST, month_index(1990) - 1])
def test_simulation_meets_expectation_within_its_error(
    reference: Rates, plain_population: Pedigree, month: int
) -> None:
    """No tolerance: means by age within four standard errors, and their spread that of standard errors."""
    expected = by_cell(expected_kin(reference, month).by_age_group())
    gaps = []
    for row in kin_by_age(plain_population, month, kinds=IN_TABLES):
        cell = expected.get((row["kin"], row["age_group"], row["sex_ego"]))
        # Where a handful of kin are expected, means are not normal and standard errors are guesses.
        if row["line"] == "female" and cell and cell["mean_living"] * row["n_ego"] > 50:
            gaps.append((row["mean_living"] - cell["mean_living"]) / row["se_living"])
    assert len(gaps) > 400
    assert np.abs(gaps).max() < 4
    assert np.sqrt(np.mean(np.square(gaps))) < 1.25


def test_brothers_and_sons_are_those_of_the_same_mothers(
    exact: ExpectedKin, plain_population: Pedigree
) -> None:
    """Two sexes where the plain mode allows: men with the same mother, and the sons of women."""
    pedigree, union = plain_population, plain_population.birth_union
    alive = pedigree.alive_at(LAST)
    mother = np.where(union >= 0, pedigree.wife[union], -1)
    sons = np.bincount(mother[(union >= 0) & alive & (pedigree.sex == MALE)], minlength=pedigree.num_persons)
    egos = np.flatnonzero(alive & (pedigree.sex == FEMALE))
    group = (LAST - pedigree.birth[egos].astype(np.int64)) // 60
    expected = by_cell(exact.by_age_group())
    for kin, source, least in (("brothers", mother, 0), ("sons", np.arange(pedigree.num_persons), 4)):
        for g in range(least, 17):
            cell = egos[group == g]
            mean, error = clustered(sons[source[cell]], mother[cell])
            assert abs(mean - expected[kin, AGE_GROUPS[g], "f"]["mean_living"]) < 4 * error, (kin, g)
            assert mean > 0


def test_pairs_are_counted_from_both_ends(exact: ExpectedKin) -> None:
    """Over all women, mothers are as many as daughters, aunts as nieces, and so on up and down."""
    total = {kin: float((exact.women * values).sum()) for kin, values in exact.kin.items()}
    for up, down in (
        ("mother", "daughters"),
        ("grandmother", "granddaughters"),
        ("great_grandmother", "great_granddaughters"),
        ("aunts", "nieces"),
    ):
        assert total[up] == pytest.approx(total[down], rel=1e-9)
        assert total[up] > 0
    brothers = float((exact.women * exact.kin["brothers"]).sum())
    sisters_of_men = float((exact.men * exact.kin["sisters"]).sum())
    assert brothers == pytest.approx(sisters_of_men, rel=1e-9)


def test_without_deaths_and_with_births_at_one_age_all_is_known() -> None:
    """Everybody bears 1.2 daughters on average in the year after the 25th birthday, and lives."""
    asfr = np.zeros((1, 60))
    asfr[0, 25] = 2.4
    qx = np.zeros((1, 2, 110))
    rates = Rates(1900, 1900, asfr, qx, np.ones(1))
    kin = expected_kin(rates, month_index(2000) - 1, start_year=1800).at_age(50)
    # Poisson: a woman who has borne ego has 1.2 other daughters; at 50 nobody bears any more.
    assert kin["mother"] == pytest.approx(1.0)
    assert kin["grandmother"] == pytest.approx(1.0)
    assert kin["great_grandmother"] == 0.0  # she would be 126; nobody reaches 110
    assert kin["sisters"] == pytest.approx(1.2, rel=1e-6)
    assert kin["daughters"] == kin["sons"] == pytest.approx(1.2, rel=1e-6)
    assert kin["aunts"] == kin["mothers_brothers"] == pytest.approx(1.2, rel=1e-6)


def test_bad_input_is_refused(reference: Rates) -> None:
    with pytest.raises(InputError, match="month"):
        expected_kin(reference, month_index(1700))
    with pytest.raises(InputError, match="kin type"):
        expected_kin(reference, LAST, kinds=["uncles"])
    with pytest.raises(InputError, match="age"):
        expected_kin(reference, month_index(1800), kinds=["mother"]).at_age(200)
