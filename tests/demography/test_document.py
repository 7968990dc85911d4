"""The table of docs/demography.md is made, not typed."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from yeonjwa.core.calendar import month_index
from yeonjwa.demography.projection import project, stable_founders
from yeonjwa.demography.rates import country
from yeonjwa.evidence.parameters import load

ROOT = Path(__file__).parents[2]
START, LIVING = 1790, 23_900_000.0


def united_nations() -> dict[int, dict[tuple[int, int], float]]:
    """Population of 1 July by year and ages, persons."""
    found: dict[int, dict[tuple[int, int], float]] = {}
    with (ROOT / "tests" / "data" / "un_population_prk.csv").open() as file:
        for row in csv.DictReader(file):
            ages = int(row["age_from"]), int(row["age_to"] or 109)
            found.setdefault(int(row["year"]), {})[ages] = float(row["persons_thousand"]) * 1000
    return found


def projected(years: list[int]) -> dict[int, list[float]]:
    """Expected persons by month of age at mid-year, scaled to the living of January 2005."""
    rates = country("PRK", load())
    first = month_index(START)
    months = [month_index(year, 6) for year in years]
    result = project(rates, stable_founders(rates, START), first, max(*months, month_index(2005)), months)
    scale = LIVING / result.living[month_index(2005) - first].sum()
    return {
        year: list(scale * result.by_age[month].sum(axis=0))
        for year, month in zip(years, months, strict=True)
    }


def rows() -> list[str]:
    """Lines of the table."""
    un = united_nations()
    groups = list(next(iter(un.values())))
    head = ["year", "million", *(f"{low}-{high}" if high < 109 else f"{low}+" for low, high in groups)]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for year, table in projected(sorted(un)).items():
        ours = [sum(table[12 * low : 12 * (high + 1)]) for low, high in groups]
        theirs = [un[year][group] for group in groups]
        cells = [f"{sum(ours) / 1e6:.1f} / {sum(theirs) / 1e6:.1f}"]
        cells += [
            f"{100 * a / sum(ours):.1f} / {100 * b / sum(theirs):.1f}"
            for a, b in zip(ours, theirs, strict=True)
        ]
        lines.append("| " + " | ".join([str(year), *cells]) + " |")
    return lines


def test_the_table_in_the_document_is_this_one() -> None:
    assert "\n".join(rows()) in (ROOT / "docs" / "demography.md").read_text("utf-8")


@pytest.mark.parametrize("year", [1960, 1970, 1980, 1990, 2000, 2010, 2021])
def test_age_structure_is_near_the_united_nations(year: int) -> None:
    """Two and a half points of a share from 1960, one point from 1990; totals within 7 and 1.5 %."""
    un = united_nations()[year]
    ours = projected([year])[year]
    total, their_total = sum(ours), sum(un.values())
    late = year >= 1990
    assert abs(total / their_total - 1) < (0.015 if late else 0.07)
    for (low, high), persons in un.items():
        share = sum(ours[12 * low : 12 * (high + 1)]) / total
        assert abs(share - persons / their_total) < (0.011 if late else 0.025)
