"""What a measure of a run shows over a period, and the results that are ratios of measures."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

import numpy as np

from yeonjwa.core.calendar import month_index, month_of, parse_month, year_of
from yeonjwa.core.errors import InputError
from yeonjwa.core.language import noop
from yeonjwa.core.parameters import near

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

#: Full years from which on results are shown by year; shorter runs by month.
YEARS_NEEDED: Final = 3

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
    return of_sums(_sums(series), len(months_of(series["month"])))


def of_sums(sums: Mapping[Cell, float], months: int) -> dict[str, float]:
    """Measure or ratio -> what it comes to over so many months, from sums of the monthly values of each cell."""
    from yeonjwa.society.recorder import MEASURES

    found: dict[str, float] = {}
    for measure in sorted(MEASURES):
        if (measure, *_TOTAL) in sums:
            average = measure in STOCKS or measure in MEANS
            found[measure] = sums[(measure, *_TOTAL)] / (months if average else months / 12)
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
    return sums_of(series, {cell for _, above, below in RATIOS.values() for cell in (*above, *below)})


def sums_of(series: Mapping[str, Any], wanted: Collection[Cell]) -> dict[Cell, float]:
    """Sums over a run of the total of every measure and of the cells that are wanted besides."""
    sums: dict[Cell, float] = {}
    columns = (series["measure"], series["dimension"], series["level"], series["value"])
    for measure, dimension, level, value in zip(*columns, strict=True):
        cell = (str(measure), str(dimension), str(level))
        if cell[1:] == _TOTAL or cell in wanted:
            sums[cell] = sums.get(cell, 0.0) + float(value)
    return sums


def by_period(series: Mapping[str, Any]) -> dict[str, dict[float, float]]:
    """Measure or ratio -> place on an axis in years -> what it comes to there, per year.

    A run of three full years or more is cut into its full years, a shorter one into months, which stand at their middle.

    Parameters
    ----------
    series : mapping of str to columns
        As :func:`summarise` takes it.
    """
    wanted = {cell for _, above, below in RATIOS.values() for cell in (*above, *below)}
    rows: dict[int, list[tuple[str, str, str, float]]] = {m: [] for m in months_of(series["month"])}
    columns = (series["measure"], series["dimension"], series["level"], series["value"])
    months = _as_months(series["month"])
    for month, measure, dimension, level, value in zip(months, *columns, strict=True):
        cell = (str(measure), str(dimension), str(level))
        if cell[1:] == _TOTAL or cell in wanted:
            rows[month].append((*cell, float(value)))
    found: dict[str, dict[float, float]] = {}
    for place, inside in _periods(sorted(rows)):
        kept = [(month, *row) for month in inside for row in rows[month]]
        names = ("month", "measure", "dimension", "level", "value")
        part = dict(zip(names, map(list, zip(*kept, strict=True)), strict=True))
        for name, value in summarise(part).items():
            found.setdefault(name, {})[place] = value
    return found


def _as_months(column: Any) -> list[int]:
    values = np.asarray(column).tolist()
    known = dict(zip(sorted(set(values)), months_of(column), strict=True))
    return [known[value] for value in values]


def _periods(months: list[int]) -> list[tuple[float, list[int]]]:
    """Full years if there are three of them, else months: place and months of each."""
    by_year: dict[int, list[int]] = {}
    for month in months:
        by_year.setdefault(year_of(month), []).append(month)
    full = [(float(year), inside) for year, inside in by_year.items() if len(inside) == 12]
    if len(full) >= YEARS_NEEDED:
        return full
    return [(year_of(month) + (month_of(month) - 0.5) / 12, [month]) for month in months]


#: Results in words, for headings and lists; those that are not here are called by their name.
SAYS: Final[dict[str, str]] = {
    **{name: says for name, (says, _, _) in RATIOS.items()},
    "support.amount": "Support paid to relatives",
    "support.transfers": "Ties in which support is paid",
    "population.alive": "People alive in the country",
    "population.households": "Households",
    "hardship.poor": "People below one basket",
    "support.received": "Support that arrived",
    "support.fees": "Fees of support",
    "support.unmet": "Support wished for and not affordable",
    "support.waiting": "Ties in hardship and not yet paid",
    "support.first": "Ties paid for the first time",
    "support.held": "Ties in hardship and once paid",
    "support.gaps": "Once-paid ties that go unpaid",
    "support.poor_ties": "Ties to relatives in hardship",
    "signal.paid": "Demands that were met",
    "signal.bluff": "Demands without a plan to leave",
    "signal.denounced": "Demands that were denounced",
    "flight.died": "Deaths on the way",
    "flight.returned": "Came back of their own will",
    "flight.in_transit": "In China, on the way",
    "flight.family_arrivals": "Arrivals with others of their group",
    "flight.follow_on": "Attempts out of banished households",
    "enforcement.expected": "Relatives expected to be punished",
    "enforcement.spared": "Relatives who got out of the camp circle",
    "recall.flight": "Expatriates recalled because a relative fled",
    "camp.family_intake": "Taken into camps as families",
    "camp.released": "Released from camps",
    "party.members": "Members of the party",
    "party.applied": "Applications for the party",
    "party.refused": "Applications refused for a relative",
    "post.holders": "Holders of posts",
    "vetting.checked": "Candidates whose families were searched",
    "posting.sent": "Money sent home by expatriates",
    "posting.received": "Money from expatriates that arrived",
    "posting.fees": "Fees of money from expatriates",
    "exit.used": "Exits from liability that were taken",
    "exit.paid": "Cost of exits from liability",
    "exit.bribes": "Cost of exits, bribes to officials",
    "exit.lost": "Cost of exits, lost",
    "residence.moved_in": "Permits for Pyongyang gained with a post",
    "residence.expelled": "Permits for Pyongyang lost for a leaver",
    "remittance.received": "Money from the South that arrived",
    "remittance.fees": "Fees of money from the South",
    "signal.hints": "Hints of a plan to leave",
    "signal.threats": "Threats to leave",
    "flight.plans": "Households that plan to leave",
    "flight.attempts": "Attempts to leave",
    "flight.arrivals": "Arrivals in South Korea",
    "flight.interdicted": "Stopped at the border",
    "flight.repatriated": "Sent back by China",
    "flight.settled": "Settled in China",
    "enforcement.offences": "Political offences",
    "enforcement.confirmed": "Confirmed leavers",
    "enforcement.sanctioned": "Relatives punished",
    "recall.recalled": "Expatriates recalled",
    "camp.stock": "People held in camps",
    "camp.intake": "Taken into camps",
    "camp.deaths": "Deaths in camps",
    "belief.perceived": "Believed chance of punishment",
    "belief.true": "True chance of punishment",
    "vetting.refused": "Candidates refused for a relative",
    "remittance.sent": "Money sent home from the South",
    "exposure.loss": "Expected loss of those with posts",
}


#: The same where there is little room.
SHORT: Final[dict[str, str]] = {
    "support.fear_share": noop("Support paid for fear"),
    "signal.bluff_share": noop("Bluffs among hints"),
    "flight.arrival_share": noop("Arrivals per attempt"),
    "enforcement.reach": noop("Punished per leaver"),
    "vetting.refused_share": noop("Candidates refused"),
}


def says(measure: str) -> str:
    """A result in words."""
    return SAYS.get(measure, measure)


def unit_of(measure: str) -> str:
    """Unit of what :func:`summarise` gives for a measure: a sum is per year, a state or an average is not.

    Raises
    ------
    InputError
        No measure and no ratio has that name.
    """
    from yeonjwa.society.recorder import MEASURES

    if measure in RATIOS:
        return "persons" if measure == "enforcement.reach" else "share"
    if measure not in MEASURES:
        raise InputError("measure", measure, near(measure, {**MEASURES, **RATIOS}))
    unit = MEASURES[measure][0]
    return unit if measure in STOCKS or measure in MEANS else f"{unit} a year"
