"""What a measure of a run shows over a period, and the results that are ratios of measures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from yeonjwa.core.calendar import month_index, parse_month

#: Measures that are states at the end of a month; a period shows its last one. All others are summed.
STOCKS: Final = frozenset(
    {
        "population.alive",
        "population.households",
        "post.holders",
        "hardship.poor",
        "flight.in_transit",
        "flight.settled",
        "camp.stock",
        "party.members",
    }
)
#: Measures that are averages over a period.
MEANS: Final = frozenset(
    {"belief.perceived", "belief.true", "exposure.loss", "support.poor_ties", "flight.plans"}
)

Cell = tuple[str, str, str]
_TOTAL: Final = ("total", "total")
#: Results that are a ratio of sums: name -> what it says, cells above, cells below.
RATIOS: Final[dict[str, tuple[str, tuple[Cell, ...], tuple[Cell, ...]]]] = {
    "support.fear_share": (
        "Share of support that is paid for fear of punishment",
        tuple(("support.amount", "motive", motive) for motive in ("liability", "hint", "threat")),
        (("support.amount", *_TOTAL),),
    ),
    "signal.bluff_share": (
        "Share of hints and threats that are bluffs",
        (("signal.bluff", *_TOTAL),),
        (("signal.hints", *_TOTAL), ("signal.threats", *_TOTAL)),
    ),
    "flight.arrival_share": (
        "Arrivals for each attempt to leave",
        (("flight.arrivals", *_TOTAL),),
        (("flight.attempts", *_TOTAL),),
    ),
    "enforcement.reach": (
        "Persons punished for each confirmed leaver",
        (("enforcement.sanctioned", *_TOTAL),),
        (("enforcement.confirmed", *_TOTAL),),
    ),
    "vetting.refused_share": (
        "Share of candidates who are refused for a relative",
        (("vetting.refused", *_TOTAL),),
        (("vetting.checked", *_TOTAL),),
    ),
}


def summarise(series: Mapping[str, Any]) -> dict[str, float]:
    """Measure or ratio -> what it comes to over a run: a mean for states and averages, a sum per year for the rest.

    Parameters
    ----------
    series : mapping of str to columns
        ``month``, ``measure``, ``dimension``, ``level``, ``value`` of a run.
    """
    from yeonjwa.society.recorder import MEASURES

    months = months_of(series["month"])
    years = len(months) / 12
    sums = _sums(series)
    found: dict[str, float] = {}
    for measure in sorted(MEASURES):
        if (measure, *_TOTAL) in sums:
            total = sums[(measure, *_TOTAL)]
            average = measure in STOCKS or measure in MEANS
            found[measure] = total / len(months) if average else total / years
    for name, (_, above, below) in RATIOS.items():
        top, bottom = (sum(sums.get(cell, 0.0) for cell in cells) for cells in (above, below))
        if bottom:
            found[name] = top / bottom
    return found


def months_of(column: Any) -> list[int]:
    """The different months of a column of a series, in order, as month indices."""
    values = sorted(set(np.asarray(column).tolist()))
    return [
        int(v)
        if isinstance(v, (int, np.integer))
        else parse_month(v)
        if isinstance(v, str)
        else month_index(v.year, v.month)
        for v in values
    ]


def _sums(series: Mapping[str, Any]) -> dict[Cell, float]:
    sums: dict[Cell, float] = {}
    columns = (series["measure"], series["dimension"], series["level"], series["value"])
    wanted = {cell for _, above, below in RATIOS.values() for cell in (*above, *below)}
    for measure, dimension, level, value in zip(*columns, strict=True):
        cell = (str(measure), str(dimension), str(level))
        if cell[1:] == _TOTAL or cell in wanted:
            sums[cell] = sums.get(cell, 0.0) + float(value)
    return sums
