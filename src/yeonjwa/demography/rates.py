"""Vital rates by calendar year: read from a folder, or those of a country in the package."""

from __future__ import annotations

import csv
import itertools
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.calendar import month_index
from yeonjwa.core.errors import InputError
from yeonjwa.core.parameters import Parameters
from yeonjwa.core.warnings import HeldValueWarning
from yeonjwa.demography.lifetable import AGES, FERTILE_AGES, brass, life_expectancy, probabilities
from yeonjwa.demography.nuptiality import first_union_cdf

#: Boys born per girl where a rates folder says nothing: the UN's value for most countries with little data.
USUAL_SEX_RATIO = 1.05
#: First year of the Korean rates that are built from dated parameters.
FIRST_KOREAN_YEAR = 1700
_DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Rates:
    """Vital rates by calendar year.

    Attributes
    ----------
    first_year, last_year : int
        Years covered; outside them the nearest year is held.
    asfr : float (years, 60)
        Births per woman and year at completed ages 0 to 59.
    qx : float (years, 2, 110)
        Probability of dying between exact ages x and x + 1, women and men; nobody reaches 110.
    srb : float (years,)
        Boys born per girl.
    notes : tuple of str
        Where the figures come from.
    asfr_male : float (years, 60), optional
        Births per man, if the folder gave them; they are used for comparison only.
    """

    first_year: int
    last_year: int
    asfr: NDArray[np.float64]
    qx: NDArray[np.float64]
    srb: NDArray[np.float64]
    notes: tuple[str, ...] = ()
    asfr_male: NDArray[np.float64] | None = None

    def row(self, year: int) -> int:
        """Row of a calendar year, the nearest one outside the years covered."""
        return min(max(year, self.first_year), self.last_year) - self.first_year

    def tfr(self, year: int) -> float:
        """Total fertility rate, children per woman."""
        return float(self.asfr[self.row(year)].sum())

    def e0(self, year: int, sex: int) -> float:
        """Life expectancy at birth, years; sex 0 women, 1 men."""
        return life_expectancy(self.qx[self.row(year), sex])

    def warn_if_held(self, first: int, last: int) -> None:
        """Say once that years outside the rates are held at the nearest one."""
        if first < self.first_year or last > self.last_year:
            warnings.warn(
                f"rates cover {self.first_year}-{self.last_year}; {first}-{last} was asked for, and years outside "
                "are held at the nearest one",
                HeldValueWarning,
                stacklevel=3,
            )


Row = tuple[int, dict[str, str]]


def _rows(path: Path, columns: tuple[str, ...]) -> list[Row]:
    """Line number and fields of each row of a CSV file that must have ``columns``."""
    if not path.is_file():
        raise InputError(
            "rates file", path.name, "a file with the columns " + ", ".join(columns), str(path.parent)
        )
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        for column in columns:
            if column not in (reader.fieldnames or ()):
                raise InputError(
                    "columns", list(reader.fieldnames or ()), f"column {column} is missing", str(path)
                )
        rows = [(reader.line_num, row) for row in reader]
    if not rows:
        raise InputError("rates file", path.name, "one row at least", str(path))
    return rows


def _whole(row: Row, column: str, low: int, high: int, path: Path) -> int:
    line, fields = row
    text = (fields[column] or "").strip()
    try:
        value = int(text)
    except ValueError:
        value = low - 1
    if not low <= value <= high:
        raise InputError(column, text, f"a whole number from {low} to {high}", f"{path}, line {line}")
    return value


def _number(row: Row, column: str, path: Path) -> float:
    line, fields = row
    text = (fields[column] or "").strip()
    try:
        value = float(text)
    except ValueError:
        value = np.nan
    if not (np.isfinite(value) and value >= 0):
        raise InputError(column, text, "a number, 0 or more", f"{path}, line {line}")
    return value


def _filled(
    path: Path, columns: tuple[str, ...], value: str, slot: Callable[[Row], tuple[int, ...]], top: float
) -> dict[tuple[int, ...], float]:
    """Values of a file by their key, each key once."""
    found: dict[tuple[int, ...], float] = {}
    for row in _rows(path, columns):
        key = slot(row)
        number = _number(row, value, path)
        if number > top:
            raise InputError(value, number, f"at most {top:g}", f"{path}, line {row[0]}")
        if key in found:
            where = f"{path}, line {row[0]}"
            raise InputError("row", ", ".join(map(str, key)), "each year, sex and age only once", where)
        found[key] = number
    return found


def _years_of(found: Mapping[tuple[int, ...], float], path: Path) -> tuple[int, int]:
    years = sorted({key[0] for key in found})
    for before, after in itertools.pairwise(years):
        if after != before + 1:
            raise InputError(
                "years", f"{before}, {after}", "every year from the first to the last", str(path)
            )
    return years[0], years[-1]


def _fertility(path: Path, column: str) -> tuple[int, int, NDArray[np.float64]]:
    def slot(row: Row) -> tuple[int, ...]:
        return _whole(row, "year", 1600, 3000, path), _whole(row, "age", 0, FERTILE_AGES - 1, path)

    found = _filled(path, ("year", "age", column), column, slot, 2.0)
    first, last = _years_of(found, path)
    ages = sorted({age for _, age in found})
    table = np.zeros((last - first + 1, FERTILE_AGES))
    for year in range(first, last + 1):
        for age in range(ages[0], ages[-1] + 1):
            if (year, age) not in found:
                raise InputError(
                    "ages", f"{year}, age {age}", "every age of the file in every year", str(path)
                )
            table[year - first, age] = found[year, age]
    return first, last, table


def _mortality(path: Path) -> tuple[int, int, NDArray[np.float64]]:
    def slot(row: Row) -> tuple[int, ...]:
        sex = (row[1]["sex"] or "").strip().lower()
        if sex not in ("f", "m"):
            raise InputError("sex", sex, "f or m", f"{path}, line {row[0]}")
        return (
            _whole(row, "year", 1600, 3000, path),
            0 if sex == "f" else 1,
            _whole(row, "age", 0, AGES - 1, path),
        )

    found = _filled(path, ("year", "sex", "age", "mx"), "mx", slot, 1e3)
    first, last = _years_of(found, path)
    top = max(age for _, _, age in found)
    table = np.empty((last - first + 1, 2, AGES))
    for year in range(first, last + 1):
        for sex in (0, 1):
            mx = np.empty(top + 1)
            for age in range(top + 1):
                if (year, sex, age) not in found:
                    what = f"{year}, {'fm'[sex]}, age {age}"
                    raise InputError(
                        "ages", what, f"every age from 0 to {top} for both sexes in every year", str(path)
                    )
                mx[age] = found[year, sex, age]
            table[year - first, sex] = probabilities(mx, male=sex == 1)
    return first, last, table


def _sex_ratio(path: Path, first: int, last: int) -> NDArray[np.float64]:
    if not path.is_file():
        return np.full(last - first + 1, USUAL_SEX_RATIO)

    def slot(row: Row) -> tuple[int, ...]:
        return (_whole(row, "year", 1600, 3000, path),)

    found = _filled(path, ("year", "srb"), "srb", slot, 1e6)
    begin, end = _years_of(found, path)
    return np.array([found[(min(max(year, begin), end),)] for year in range(first, last + 1)])


def _extended(table: NDArray[np.float64], begin: int, first: int, last: int) -> NDArray[np.float64]:
    """Rows of the years first to last of a table that starts at ``begin``, held at its ends."""
    rows = np.clip(np.arange(first, last + 1) - begin, 0, table.shape[0] - 1)
    held: NDArray[np.float64] = table[rows]
    return held


def read_rates(folder: Path) -> Rates:
    """Rates of any country from a folder of CSV files.

    Parameters
    ----------
    folder : Path
        Holds ``asfr.csv`` (year, age, asfr: births per woman and year) and ``mx.csv`` (year, sex f/m, age, mx: deaths
        per person-year; the last age is open), perhaps ``srb.csv`` (year, srb: boys per girl) and
        ``asfr_male.csv`` (year, age, asfr_male).

    Raises
    ------
    InputError
        A file or column is missing, a rate is negative or no number, an age or year is missing or given twice;
        names the file and the line.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError("rates folder", str(folder), "a folder with asfr.csv and mx.csv")
    first_f, last_f, asfr = _fertility(folder / "asfr.csv", "asfr")
    first_m, last_m, qx = _mortality(folder / "mx.csv")
    first, last = min(first_f, first_m), max(last_f, last_m)
    if (first_f, last_f) != (first_m, last_m):
        warnings.warn(
            f"asfr.csv covers {first_f}-{last_f} and mx.csv {first_m}-{last_m}; the shorter one is held at its ends",
            HeldValueWarning,
            stacklevel=2,
        )
    male = None
    if (folder / "asfr_male.csv").is_file():
        first_n, _, table = _fertility(folder / "asfr_male.csv", "asfr_male")
        male = _extended(table, first_n, first, last)
    return Rates(
        first,
        last,
        _extended(asfr, first_f, first, last),
        _extended(qx, first_m, first, last),
        _sex_ratio(folder / "srb.csv", first, last),
        (f"rates folder {folder.name}",),
        male,
    )


@lru_cache(maxsize=2)
def _packaged(code: str) -> Rates:
    """The UN years of a country in the package."""
    folder = _DATA / code.lower()
    rates = read_rates(folder)
    path = folder / "indicators_annual.csv"
    ratio = {
        _whole(row, "year", 1600, 3000, path): _number(row, "srb", path)
        for row in _rows(path, ("year", "srb"))
    }
    srb = np.array([ratio[year] for year in range(rates.first_year, rates.last_year + 1)])
    notes = ("World Population Prospects 2022 (CC BY 3.0 IGO), single ages derived; 2021 held from 2022",)
    return Rates(rates.first_year, rates.last_year, rates.asfr, rates.qx, srb, notes)


def country(code: str, parameters: Parameters) -> Rates:
    """Rates of a country in the package, from 1700 on.

    Parameters
    ----------
    code : str
        ISO 3166 code; "PRK" is the only one so far.
    parameters : Parameters
        Of the areas ``mortality``, ``fertility`` and ``union``: the Korean rates before 1950 are built from them.

    The UN's years are as published (2022-24 hold 2021). Before 1950, life tables are the one-parameter logit
    family of a stated UN table with the dated life expectancies, and fertility by age is natural marital
    fertility times the share of women ever in union, scaled to the dated total fertility rate.
    """
    if code.upper() != "PRK":
        raise InputError("country", code, "PRK (other countries: a folder of rates)")
    un = _packaged("PRK")
    years = range(FIRST_KOREAN_YEAR, un.first_year)
    asfr = np.array([_historical_fertility(parameters, year) for year in years])
    qx = _historical_mortality(parameters, un, years)
    srb = np.array([parameters.number("fertility.sex_ratio", month_index(year, 7)) for year in years])
    return Rates(
        FIRST_KOREAN_YEAR,
        un.last_year,
        np.concatenate([asfr, un.asfr]),
        np.concatenate([qx, un.qx]),
        np.concatenate([srb, un.srb]),
        (*un.notes, "before 1950: parameters of mortality and fertility, Brass logit"),
    )


def _historical_mortality(parameters: Parameters, un: Rates, years: range) -> NDArray[np.float64]:
    standard = un.qx[un.row(int(parameters.number("mortality.standard_year", month_index(years[0]))))]
    made: dict[tuple[int, float], NDArray[np.float64]] = {}
    table = np.empty((len(years), 2, AGES))
    for i, year in enumerate(years):
        e0 = parameters.vector("mortality.e0", month_index(year, 7), ("female", "male"))
        for sex in (0, 1):
            key = (sex, round(float(e0[sex]), 6))
            if key not in made:
                made[key] = brass(standard[sex], key[1])
            table[i, sex] = made[key]
    return table


def _historical_fertility(parameters: Parameters, year: int) -> NDArray[np.float64]:
    month = month_index(year, 7)
    natural = parameters.table("fertility.natural", month)
    shape = np.zeros(FERTILE_AGES)
    centres = np.array([int(group.split("-")[0]) + 2.5 for group in natural])
    ages = np.arange(FERTILE_AGES) + 0.5
    shape = np.interp(ages, centres, list(natural.values()), right=0.0)
    shape[ages > centres[-1]] = natural[list(natural)[-1]] * np.clip(
        1 - (ages[ages > centres[-1]] - centres[-1]) / 5, 0, 1
    )
    mean = parameters.number("union.first_age", month)
    spread = parameters.number("union.first_age_sd", month)
    least = parameters.table("union.minimum_age", month)["female"]
    ever = first_union_cdf(mean, spread, least)
    shape *= ever[: FERTILE_AGES * 12].reshape(FERTILE_AGES, 12).mean(axis=1)
    total: float = parameters.number("fertility.tfr", month)
    scaled: NDArray[np.float64] = shape * total / shape.sum()
    return scaled
