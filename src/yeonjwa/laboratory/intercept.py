"""Fit the intercept of flight to recorded arrivals: the one constant that no source gives and every change of behaviour moves.

After any change of alpha, kappa or hardship the level of flight is wrong again. The recorded arrivals of 2005-2011 and
2013-2015 are the target (MODEL.md, section 7); later years are never used. Arrivals rise nearly in proportion to
``exp(a0)``, so each step moves ``a0`` by the log ratio of target to result.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from yeonjwa.core.calendar import month_index, year_of
from yeonjwa.core.errors import InputError
from yeonjwa.core.progress import Progress, Silent, default
from yeonjwa.evidence import ledger
from yeonjwa.laboratory.run import REFERENCE_MONTH, check_scale, country_rates, simulate_genealogy
from yeonjwa.laboratory.scenario import Scenario
from yeonjwa.society.engine import simulate

#: Years whose arrivals are fitted; 2012, the year of the change, and all later ones are left out.
FITTED_YEARS = (*range(2005, 2012), 2013, 2014, 2015)
PATH = "flight.a0"


@dataclass(frozen=True)
class Fit:
    """Result of a fit.

    Attributes
    ----------
    a0 : float
        Intercept that the last step proposes.
    target : float
        Mean recorded arrivals a year over the fitted years.
    steps : list of (float, float, float)
        a0, simulated mean arrivals a year, and their standard error over seeds, for each step.
    """

    a0: float
    target: float
    steps: list[tuple[float, float, float]]


def recorded_arrivals(years: Sequence[int] = FITTED_YEARS) -> dict[int, float]:
    """Recorded arrivals in the South by year, from the ledger."""
    return {year: float(ledger.entry(f"defectors.arrivals.{year}.total").value) for year in years}  # type: ignore[union-attr,arg-type]


def fit_intercept(
    scenario: Scenario,
    *,
    scale: float = 0.02,
    seeds: Sequence[int] = (1, 2, 3),
    iterations: int = 3,
    progress: Progress | None = None,
) -> Fit:
    """Intercept with which simulated arrivals have the recorded mean.

    Parameters
    ----------
    scenario : Scenario
        Its parameters are the starting point; nothing is written.
    scale : float
        Size of each run; the standard error falls with its root.
    seeds : sequence of int
        One country each, the same in every iteration.
    iterations : int
        Steps, 1 or more.
    progress : Progress, optional
        Told of every run.
    """
    check_scale(scale)
    if iterations < 1 or not seeds:
        raise InputError("iterations and seeds", (iterations, list(seeds)), "at least one of each")
    progress = progress or default()
    parameters = scenario.parameters
    target = float(np.mean(list(recorded_arrivals().values())))
    first, last = month_index(min(FITTED_YEARS), 1), month_index(max(FITTED_YEARS), 12)
    living = round(scale * parameters.number("population.living", REFERENCE_MONTH))
    rates = country_rates(parameters)
    progress.stage("fit", iterations * len(seeds), "runs")
    pedigrees = [simulate_genealogy(rates, parameters, living, seed, last, 1, Silent()) for seed in seeds]
    a0 = parameters.number(PATH, first)
    steps = []
    for _ in range(iterations):
        tried = parameters.with_value(PATH, parameters[PATH].values[0].start, a0)
        yearly = []
        for seed, pedigree in zip(seeds, pedigrees, strict=True):
            result = simulate(pedigree, tried, seed=seed, scale=scale, first=first, last=last)
            yearly.append(_mean_arrivals(result.series))
            progress.advance()
        mean = float(np.mean(yearly))
        error = float(np.std(yearly, ddof=1) / math.sqrt(len(yearly))) if len(yearly) > 1 else math.nan
        steps.append((a0, mean, error))
        a0 += math.log(target / max(mean, 1.0))
    progress.finish()
    return Fit(a0, target, steps)


def _mean_arrivals(series: dict[str, np.ndarray]) -> float:
    rows = (series["measure"] == "flight.arrivals") & (series["dimension"] == "total")
    years = np.array([year_of(int(m)) for m in series["month"][rows]])
    fitted = np.isin(years, FITTED_YEARS)
    return float(series["value"][rows][fitted].sum() / len(FITTED_YEARS))
