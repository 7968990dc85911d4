"""Expected kin of DemoKin 1.0.3, and a simulated population by the same rates."""

from __future__ import annotations

import numpy as np
import pytest

from yeonjwa.core.calendar import month_index
from yeonjwa.demography.rates import Rates
from yeonjwa.genealogy.pedigree import Pedigree
from yeonjwa.kinship.expected import expected_kin
from yeonjwa.kinship.tables import AGE_GROUPS, kin_by_age

from .matrix_model import matrix_model
from .reference import (
    LATER,
    ages_of_living,
    by_cell,
    clustered,
    count_female_line,
    demokin_period,
    family_of,
    in_age_group,
    read_demokin,
)

#: How far the simulation may be from the whole-year model, beside four standard errors.
TOLERANCE = {
    "mother": 0.02,
    "daughters": 0.03,
    "sisters": 0.05,
    "first_cousins": 0.06,
    "nieces": 0.06,
    "granddaughters": 0.06,
    "aunts": 0.06,
    "grandmother": 0.10,
    "great_grandmother": 0.20,
}
GROUPS = AGE_GROUPS[:18]
#: Aunts of those over 50: at each single age the whole-year model has up to a quarter too many, so all are taken together.
OLD = GROUPS[10:]


@pytest.mark.parametrize("year", [1975, 2021])
def test_our_matrix_model_is_demokins(reference: Rates, year: int) -> None:
    """Same rates, same model: what differs below is the step of a year, not the input."""
    ours = matrix_model(reference, year)
    for age, cells in demokin_period(year).items():
        for kin, value in cells.items():
            assert ours[kin][age] == pytest.approx(value, rel=2e-5, abs=2e-7), (kin, age)


@pytest.mark.parametrize("year", [1975, 1990, 2021])
def test_simulated_kin_are_those_of_demokin(plain_population: Pedigree, year: int) -> None:
    month = month_index(year) - 1
    rows = kin_by_age(plain_population, month, kinds=TOLERANCE)
    simulated = by_cell(row for row in rows if row["line"] == "female")
    model = demokin_period(year)
    egos = ages_of_living(plain_population, month, sex=0)
    checked = 0
    for kin, tolerance in TOLERANCE.items():
        for group in GROUPS if kin != "aunts" else GROUPS[:10]:
            row = simulated[kin, group, "f"]
            expected = in_age_group(model, kin, group, egos)
            if expected * row["n_ego"] < 30:
                continue
            gap = abs(row["mean_living"] - expected)
            assert gap <= max(4 * row["se_living"], tolerance * expected), (kin, group, row, expected)
            checked += 1
    assert checked > 90
    number = np.array([simulated["aunts", group, "f"]["n_ego"] for group in OLD])
    aunts = np.array([simulated["aunts", group, "f"]["mean_living"] for group in OLD])
    expected_aunts = np.array([in_age_group(model, "aunts", group, egos) for group in OLD])
    assert number @ aunts == pytest.approx(number @ expected_aunts, rel=0.10)


@pytest.mark.parametrize("cohort", [1930, 1950, 1965, 1980])
def test_kin_along_a_cohort(plain_population: Pedigree, cohort: int) -> None:
    """Women born within half a year of the start of a year, at the start of later years: of exact whole ages on average."""
    table = read_demokin("demokin_one_sex_cohort.csv", ("cohort", "age_focal"))
    model = {int(age): cells for (born, age), cells in table.items() if born == str(cohort)}
    start = month_index(cohort)
    women = (plain_population.sex == 0) & (np.abs(plain_population.birth - start + 0.5) < 6)
    checked = 0
    for age in range(5, min(2021 - cohort, 85), 10):
        month = month_index(cohort + age) - 1
        egos = np.flatnonzero(women & plain_population.alive_at(month))
        family = family_of(plain_population, egos)
        for kin, values in count_female_line(plain_population, month, egos).items():
            expected = float(
                np.interp(age + LATER[kin], list(model), [cells[kin] for cells in model.values()])
            )
            if expected * egos.size < 100:
                continue
            mean, error = clustered(values, family)
            over = kin == "aunts" and age >= 50
            assert abs(mean - expected) <= max(4 * error, (0.1 if over else TOLERANCE[kin]) * expected), (
                kin,
                age,
            )
            checked += 1
    assert checked >= 20


def test_the_bias_of_whole_years_halves_with_the_step(reference: Rates) -> None:
    """Half-year steps halve the surplus of ancestors: it is the model's clock, and goes to zero with it."""
    exact = expected_kin(reference, month_index(2021) - 1)
    coarse, fine = matrix_model(reference, 2021), matrix_model(reference, 2021, steps=2, warm_up=200)
    for kin, age in (("grandmother", 20), ("great_grandmother", 5), ("aunts", 60), ("mother", 50)):
        truth = exact.at_age(age)[kin]
        first, second = coarse[kin][age] / truth - 1, fine[kin][2 * age] / truth - 1
        assert first > 0.02
        assert 0.4 < second / first < 0.6
