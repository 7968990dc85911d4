"""Rates: the packaged country, and folders that users bring."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest

import yeonjwa.demography
from yeonjwa.core.calendar import month_index
from yeonjwa.core.errors import InputError
from yeonjwa.core.parameters import Parameters
from yeonjwa.core.warnings import HeldValueWarning
from yeonjwa.demography.lifetable import life_expectancy, probabilities, survivors
from yeonjwa.demography.rates import Rates, country, read_rates
from yeonjwa.evidence.parameters import load

DATA = Path(yeonjwa.demography.__file__).parent / "data" / "prk"


@pytest.fixture(scope="module")
def parameters() -> Parameters:
    return load()


@pytest.fixture(scope="module")
def prk(parameters: Parameters) -> Rates:
    return country("PRK", parameters)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two years of the packaged rates."""
    for name in ("asfr.csv", "mx.csv"):
        with (DATA / name).open() as file:
            rows = list(csv.DictReader(file))
        _write(tmp_path / name, [row for row in rows if row["year"] in ("2000", "2001")])
    return tmp_path


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _edit(path: Path, line: int, **changes: str) -> None:
    with path.open() as file:
        rows = list(csv.DictReader(file))
    rows[line - 2].update(changes)
    _write(path, rows)


def test_united_nations_totals_come_back(prk: Rates) -> None:
    """TFR to the printed digits; e0 to the tenth of a year that the shape of mortality in infancy makes."""
    with (DATA / "indicators_annual.csv").open() as file:
        rows = {int(row["year"]): row for row in csv.DictReader(file)}
    for year in range(1950, 2022):
        assert prk.tfr(year) == pytest.approx(float(rows[year]["tfr"]), abs=1e-4)
        for sex, column in ((0, "e0F"), (1, "e0M")):
            assert prk.e0(year, sex) == pytest.approx(float(rows[year][column]), abs=0.12), year
        assert prk.srb[prk.row(year)] == pytest.approx(float(rows[year]["srb"]))


def test_probabilities_are_those_of_the_table(prk: Rates) -> None:
    with (DATA / "mx.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["year"] == "1996" and int(row["age"]) < 100]
    for row in rows:
        qx = prk.qx[prk.row(1996), 0 if row["sex"] == "f" else 1, int(row["age"])]
        assert qx == pytest.approx(float(row["qx"]), abs=2e-5)


def test_korean_rates_before_1950(prk: Rates, parameters: Parameters) -> None:
    for year in (1790, 1850, 1928, 1940):
        e0 = parameters.table("mortality.e0", month_index(year, 7))
        assert prk.e0(year, 0) == pytest.approx(e0["female"], abs=0.01)
        assert prk.e0(year, 1) == pytest.approx(e0["male"], abs=0.01)
        assert prk.tfr(year) == pytest.approx(parameters.number("fertility.tfr", month_index(year, 7)))
    asfr = prk.asfr[prk.row(1930)]
    mean = ((np.arange(60) + 0.5) * asfr).sum() / asfr.sum()
    assert 28.3 < mean < 29.8  # fertility.mean_age_birth.1925_40


def test_war_and_famine_are_in_the_rates(prk: Rates) -> None:
    assert prk.e0(1950, 1) < 12
    assert prk.e0(1996, 0) < prk.e0(1992, 0) - 8


def test_years_outside_are_held(prk: Rates) -> None:
    assert prk.tfr(2024) == prk.tfr(2021)
    assert prk.tfr(1500) == prk.tfr(1700)
    with pytest.warns(HeldValueWarning, match="1700-2021"):
        prk.warn_if_held(1790, 2024)


def test_unknown_country(parameters: Parameters) -> None:
    with pytest.raises(InputError, match="PRK"):
        country("XYZ", parameters)


def test_a_folder_of_rates(folder: Path, prk: Rates) -> None:
    rates = read_rates(folder)
    assert (rates.first_year, rates.last_year) == (2000, 2001)
    assert np.allclose(rates.asfr[0], prk.asfr[prk.row(2000)])
    assert np.allclose(rates.qx[1], prk.qx[prk.row(2001)])
    assert (rates.srb == 1.05).all()
    assert rates.asfr_male is None


def test_optional_files(folder: Path) -> None:
    _write(folder / "srb.csv", [{"year": "2001", "srb": "1.1"}])
    _write(
        folder / "asfr_male.csv",
        [{"year": "2000", "age": str(a), "asfr_male": "0.05"} for a in range(20, 40)],
    )
    rates = read_rates(folder)
    assert rates.srb.tolist() == [1.1, 1.1]
    assert rates.asfr_male is not None
    assert rates.asfr_male[1, 30] == 0.05


def test_fewer_years_in_one_file_are_held_with_a_warning(folder: Path) -> None:
    with (folder / "asfr.csv").open() as file:
        _write(folder / "asfr.csv", [row for row in list(csv.DictReader(file)) if row["year"] == "2000"])
    with pytest.warns(HeldValueWarning, match=r"asfr\.csv covers 2000-2000"):
        rates = read_rates(folder)
    assert np.array_equal(rates.asfr[0], rates.asfr[1])


@pytest.mark.parametrize(
    ("file", "line", "changes", "message"),
    [
        ("asfr.csv", 5, {"asfr": "-0.1"}, "line 5"),
        ("asfr.csv", 5, {"asfr": "many"}, "line 5"),
        ("asfr.csv", 5, {"asfr": "nan"}, "line 5"),
        ("asfr.csv", 5, {"asfr": "7"}, "at most 2"),
        ("asfr.csv", 5, {"age": "70"}, "0 to 59"),
        ("asfr.csv", 5, {"year": "2000.5"}, "whole number"),
        ("asfr.csv", 5, {"age": "10"}, "only once"),
        ("mx.csv", 7, {"mx": "-1"}, "line 7"),
        ("mx.csv", 7, {"sex": "x"}, "f or m"),
        ("mx.csv", 7, {"age": "0"}, "only once"),
        ("mx.csv", 7, {"year": "2003"}, "every"),
    ],
)
def test_bad_rows_are_named(
    folder: Path, file: str, line: int, changes: dict[str, str], message: str
) -> None:
    _edit(folder / file, line, **changes)
    with pytest.raises(InputError, match=message) as error:
        read_rates(folder)
    assert file in str(error.value)


@pytest.mark.parametrize("file", ["asfr.csv", "mx.csv"])
def test_missing_pieces(folder: Path, file: str) -> None:
    with (folder / file).open() as handle:
        rows = list(csv.DictReader(handle))
    _write(folder / file, rows[:20] + rows[21:])
    with pytest.raises(InputError, match="every age"):
        read_rates(folder)
    _write(folder / file, [{k: v for k, v in row.items() if k != "age"} for row in rows])
    with pytest.raises(InputError, match="column age is missing"):
        read_rates(folder)
    (folder / file).write_text(",".join(rows[0]) + "\n")
    with pytest.raises(InputError, match="one row"):
        read_rates(folder)
    (folder / file).unlink()
    with pytest.raises(InputError, match=file):
        read_rates(folder)


def test_gap_between_years(folder: Path) -> None:
    _edit(folder / "asfr.csv", 2, year="1997")
    with pytest.raises(InputError, match="every year"):
        read_rates(folder)


def test_no_folder(tmp_path: Path) -> None:
    shutil.rmtree(tmp_path)
    with pytest.raises(InputError, match="rates folder"):
        read_rates(tmp_path)


def test_open_age_group() -> None:
    qx = probabilities([0.05, 0.01, 0.5], male=False)
    assert qx.size == 110
    assert qx[50] == pytest.approx(1 - np.exp(-0.5))
    assert survivors(qx)[1] == pytest.approx(1 - qx[0])
    assert life_expectancy(np.zeros(110)) == pytest.approx(110)
