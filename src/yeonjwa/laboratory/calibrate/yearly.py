"""The years of a run: what is kept of its series for calibration, small enough for a line of a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.calendar import year_of
from yeonjwa.laboratory.measures import MEANS, STOCKS, months_of

#: Breakdowns that are kept besides totals.
KEPT: Final = frozenset(
    {
        ("flight.arrivals", "sex"),
        ("flight.arrivals", "province"),
        ("flight.attempts", "sex"),
        ("flight.attempts", "province"),
        ("support.transfers", "post"),
        ("support.transfers", "degree"),
        ("support.transfers", "motive"),
        ("support.amount", "motive"),
        ("party.members", "sex"),
        ("camp.intake", "kin"),
    }
)


class Yearly:
    """Measures by year.

    Attributes
    ----------
    years : tuple of int
        Calendar years, all of them whole.
    cells : dict
        ``"measure"`` or ``"measure/dimension/level"`` -> one number a year: a sum, a mean for averages, the December value for
        stocks.
    """

    def __init__(self, years: Sequence[int], cells: Mapping[str, Any]) -> None:
        self.years = tuple(int(year) for year in years)
        self.cells = {name: np.asarray(values, dtype=np.float64) for name, values in cells.items()}

    def of(self, cell: str, years: Sequence[int]) -> NDArray[np.float64]:
        """Numbers of a cell in some years; zeros for a cell that never occurred.

        Raises
        ------
        KeyError
            A year that the run does not hold.
        """
        place = {year: number for number, year in enumerate(self.years)}
        values = self.cells.get(cell, np.zeros(len(self.years)))
        return np.asarray([values[place[year]] for year in years])

    def as_dict(self) -> dict[str, Any]:
        """Plain data, six digits each."""
        cells = {name: [float(f"{v:.6g}") for v in values] for name, values in sorted(self.cells.items())}
        return {"years": list(self.years), "cells": cells}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Yearly:
        """From what :meth:`as_dict` gave."""
        return cls(data["years"], data["cells"])


def yearly(series: Mapping[str, Any]) -> Yearly:
    """The years of a series, total rows and the breakdowns of ``KEPT``.

    Parameters
    ----------
    series : mapping of str to columns
        ``month``, ``measure``, ``dimension``, ``level``, ``value`` of a run; years that are not whole are left out.
    """
    month = np.asarray(series["month"])
    if month.dtype.kind not in "iu":
        lookup = dict(zip(sorted(set(month.tolist())), months_of(month), strict=True))
        month = np.array([lookup[m] for m in month.tolist()])
    months = np.unique(month)
    year_of_month = {int(m): year_of(int(m)) for m in months}
    counts: dict[int, int] = {}
    for year in year_of_month.values():
        counts[year] = counts.get(year, 0) + 1
    years = sorted(year for year, number in counts.items() if number == 12)
    place = {year: number for number, year in enumerate(years)}
    last = {year: max(m for m, y in year_of_month.items() if y == year) for year in years}
    cells: dict[str, NDArray[np.float64]] = {}
    columns = (month, series["measure"], series["dimension"], series["level"], series["value"])
    for at, measure, dimension, level, value in zip(*columns, strict=True):
        name, by = str(measure), str(dimension)
        if by != "total" and (name, by) not in KEPT:
            continue
        year = year_of_month[int(at)]
        if year not in place or (name in STOCKS and int(at) != last[year]):
            continue
        key = name if by == "total" else f"{name}/{by}/{level}"
        values = cells.setdefault(key, np.zeros(len(years)))
        values[place[year]] += float(value) / (12 if name in MEANS else 1)
    return Yearly(years, cells)
