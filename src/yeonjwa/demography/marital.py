"""Births within unions: the monthly hazards that give back the age-specific rates of all women.

The rates count births of all women; in the microsimulation only couples have children, and not in the nine
months after the union is formed or in the months after a birth. So for each birth cohort of women the hazard of
a couple is solved month of age by month of age, such that expected births of those alive equal the rates: first
unions, widowhood, remarriage, spacing and fecundity classes are all carried along. Everything is conditional
on the woman being alive, which is independent of the rest.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.calendar import ORIGIN_YEAR, month_index, year_of
from yeonjwa.core.parameters import Parameters
from yeonjwa.demography.lifetable import FERTILE_AGES, hazards
from yeonjwa.demography.nuptiality import AGE_MONTHS, first_union_cdf
from yeonjwa.demography.rates import Rates

#: Months from conception to birth: a child needs a union nine months before and a father alive then.
GESTATION = 9
#: Birth cohorts of women are solved for each quarter of a year.
COHORT_MONTHS = 3
#: Classes of age at widowhood, first ages.
WIDOWED_AGES = {"under 35": 0, "35-44": 35, "45-54": 45, "55 and over": 55}
#: First unions move earlier where births would lag behind the rates by more than this share of a cohort's total.
TOLERANCE = 0.02
_STEP = 0.25
_STEPS = 32
_GAIN = 1e-5
# Age gaps are a mixture of two normal laws, each by points of Gauss and Hermite: the tails decide widowhood.
_USUAL, _OLDER = np.polynomial.hermite_e.hermegauss(5), np.polynomial.hermite_e.hermegauss(3)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Nuptiality:
    """Dated parameters of unions and couples as arrays by calendar year, from ``first_year`` on."""

    first_year: int
    cdf: Floats  # (years, 720): women's first unions by birth cohort and month of age
    ready: Floats  # (years, 720): men's readiness by birth cohort and month of age
    gap: Floats  # (years, 2): mean age gap, usual and where the husband is much older, years
    gap_sd: Floats  # (years, 2)
    older: Floats  # (years,): share of brides of the second kind
    never: tuple[float, float]
    again: Floats  # (years, 2, 110): chance to marry again by sex and age at widowhood
    delay: float  # months, mean after mourning
    mourning: int  # months
    interval: int  # months
    maximum: float  # births per month
    shares: Floats  # (classes,)
    factors: Floats  # (years, classes)
    shift: Floats  # (years,): years by which first unions of a birth cohort were moved earlier


@dataclass(frozen=True)
class MaritalRates:
    """Hazards of births of a couple by the birth cohort of the wife.

    Attributes
    ----------
    first_month : int
        First birth month of the first cohort; cohorts are ``COHORT_MONTHS`` long.
    cumulative : float32 (cohorts, classes, 721)
        Hazard summed over months of age up to the start of each month.
    married : float32 (cohorts, 720)
        Share of women alive at each month of age who live in a union.
    lag : float (cohorts,)
        Largest shortfall of births behind the rates, as a share of the cohort's total fertility.
    nuptiality : Nuptiality
        The schedules with the shifts that were needed.
    """

    first_month: int
    cumulative: NDArray[np.float32]
    married: NDArray[np.float32]
    lag: Floats
    nuptiality: Nuptiality


def nuptiality(parameters: Parameters, first_year: int, last_year: int) -> Nuptiality:
    """Schedules of unions by year and birth cohort from the parameters of ``union`` and ``fertility``."""
    years = range(first_year, last_year + 1)
    mids = [month_index(year, 7) for year in years]
    number = parameters.number
    delay = number("union.remarriage_delay", mids[0])
    never = parameters.vector("union.never_share", mids[0], ("female", "male"))
    factors = np.array([_classes(parameters, "fertility.frailty_factor", m) for m in mids])
    again = np.zeros((len(years), 2, 110))
    for sex, path in enumerate(("union.remarriage_widow", "union.remarriage_widower")):
        for i, month in enumerate(mids):
            for level, chance in zip(
                WIDOWED_AGES, parameters.vector(path, month, tuple(WIDOWED_AGES)), strict=True
            ):
                again[i, sex, WIDOWED_AGES[level] :] = chance
    plan = Nuptiality(
        first_year=first_year,
        cdf=np.empty((len(years), AGE_MONTHS)),
        ready=np.empty((len(years), AGE_MONTHS)),
        gap=np.array([[number("union.age_gap", m), number("union.older_gap", m)] for m in mids]),
        gap_sd=np.array([[number("union.age_gap_sd", m), 0.5 * number("union.older_gap", m)] for m in mids]),
        older=np.array([number("union.older_share", m) for m in mids]),
        never=(float(never[0]), float(never[1])),
        again=again,
        delay=max(delay, 1.0),
        mourning=max(int(number("union.mourning", mids[0])), 12),
        interval=max(int(number("fertility.birth_interval", mids[0])), 1),
        maximum=number("fertility.maximum_hazard", mids[0]),
        shares=_classes(parameters, "fertility.frailty_share", mids[0]),
        factors=factors,
        shift=np.zeros(len(years)),
    )
    for i in range(len(years)):
        _schedule(plan, parameters, i)
    return plan


def _classes(parameters: Parameters, path: str, month: int) -> Floats:
    return parameters.vector(path, month, ("sterile", "low", "middle", "high"))


def _schedule(plan: Nuptiality, parameters: Parameters, i: int) -> None:
    """Fill the schedules of the birth cohort of year ``i``, moved earlier by its shift."""
    year = plan.first_year + i
    number = parameters.number
    mean = 20.0
    for _ in range(3):  # the mean is dated by the year of the union: a fixed point
        mean = number("union.first_age", _month(year + mean))
    at = _month(year + mean)
    spread = number("union.first_age_sd", at)
    least = parameters.table("union.minimum_age", at)
    moved = max(mean - plan.shift[i], least["female"])
    plan.cdf[i] = first_union_cdf(moved, spread, least["female"])
    gap = number("union.age_gap", _month(year + mean + 4))
    search = number("union.search_time", at)
    plan.ready[i] = first_union_cdf(max(moved + gap - search, least["male"]), spread, least["male"])


def _month(year: float) -> int:
    return max(int((year - ORIGIN_YEAR) * 12), 0)


@numba.njit(cache=True, inline="always")
def _hazard(need: float, maximum: float, risk: Any, factor: Any, none: Any) -> float:
    """Monthly hazard at which couples at risk bear ``need`` children, at most ``maximum``; fills ``none``.

    ``risk`` and ``factor`` are the couples and the factor on the hazard of each class, ``none`` the chance of no birth.
    The quadratic solution is so near that one step of Newton leaves less than a thousandth of a birth in a million.
    """
    first = 0.0
    second = 0.0
    for k in range(risk.size):
        first += risk[k] * factor[k]
        second += risk[k] * factor[k] * factor[k]
    if first <= 0.0 or need <= 0.0:
        none[:] = 1.0
        return 0.0
    hazard = need / first
    hazard = min(hazard + 0.5 * second / first * hazard * hazard, maximum)
    for attempt in range(4):
        value = -need
        slope = 0.0
        for k in range(risk.size):
            none[k] = math.exp(-factor[k] * hazard)
            value += risk[k] * (1.0 - none[k])
            slope += risk[k] * factor[k] * none[k]
        step = hazard - min(max(hazard - value / slope, 0.0), maximum) if slope > 0.0 else 0.0
        hazard -= step
        if abs(step) < 1e-4 or attempt == 3:
            for k in range(risk.size):  # so small a step needs no new exponential
                move = factor[k] * step
                none[k] *= 1.0 + move + 0.5 * move * move
            break
    return hazard


@numba.njit(cache=True, inline="always")
def _survive(
    state: Any, survival: Any, men: Any, year: int, age: Any, turn: Any, j: int
) -> tuple[float, float]:
    """Let the husbands of one month live or die; unions before and after.

    Chances change when a husband's year of age does, counted down in ``turn``, or the calendar year (``turn`` 0 for all).
    """
    before = 0.0
    after = 0.0
    for g in range(state.size):
        if turn[g] == 0:
            months = j + age[g]
            husband = min(max(months // 12, 0), men.shape[1] - 1)
            survival[g] = men[year, husband]
            turn[g] = 12 - months % 12
        turn[g] -= 1
        before += state[g]
        state[g] *= survival[g]
        after += state[g]
    return before, after


@numba.njit(cache=True, inline="always")
def _at_risk(
    j: int, exposed: float, product: float, interval: int, shares: Any, scaled: Any, waiting: Any, risk: Any
) -> None:
    """Couples of each class who can bear this month: formed nine months ago, husband alive then, no birth since."""
    for k in range(shares.size):
        if j >= 1:
            waiting[k] += scaled[k, j - 1]
        if j >= interval:
            waiting[k] -= scaled[k, j - interval]
        risk[k] = max(shares[k] * exposed - waiting[k] * product, 0.0)


@numba.njit(cache=True, nogil=True)
def _solve(
    births_of: Any, rows: Any, cdf: Any, asfr: Any, men: Any, first_rate_year: int, year_row: int, gaps: Any,
    weights: Any, never: float, again: Any, delay: float, mourning: int, interval: int, maximum: float, shares: Any,
    factors: Any, last: int, cumulative: Any, married: Any, lag: Any,
) -> None:  # fmt: skip
    """Solve the cohorts ``rows``, whose women are born in months ``births_of``; twin: marital_twin.solve."""
    classes, months = shares.size, cdf.shape[1]
    state, survival = np.empty(gaps.shape[1]), np.empty(gaps.shape[1])
    offset, turn = np.empty(gaps.shape[1], np.int64), np.empty(gaps.shape[1], np.int64)
    history, leaving, kept = np.empty(months), np.empty(months), np.empty(months)
    scaled = np.zeros((classes, months))
    waiting, risk, none = np.empty(classes), np.empty(classes), np.empty(classes)
    for row in rows:
        born = births_of[row]
        cohort = min(max(born // 12 - year_row, 0), cdf.shape[0] - 1)
        median = 0
        while median < months - 1 and cdf[cohort, median] < 0.5:
            median += 1
        at = min(max((born + median) // 12 - year_row, 0), gaps.shape[0] - 1)
        for g in range(state.size):
            state[g] = 0.0
            offset[g] = int(round(12.0 * gaps[at, g]))
        waiting[:] = 0.0
        searching, product, shortfall, worst, total_rate = 0.0, 1.0, 0.0, 0.0, 0.0
        cumulative[row, :, 0] = 0.0
        for j in range(months):
            year = min(max((born + j) // 12 - first_rate_year, 0), asfr.shape[0] - 1)
            plan = min(max((born + j) // 12 - year_row, 0), gaps.shape[0] - 1)
            age = j // 12
            need = asfr[year, min(age, asfr.shape[1] - 1)] / 12.0
            total_rate += need
            # Nothing is drawn later, by women of the cohort who are a month or two older than its middle either.
            if born + j > last + COHORT_MONTHS:
                for k in range(classes):
                    cumulative[row, k, j + 1] = cumulative[row, k, j]
                continue
            if (born + j) % 12 == 0 or j == 0:
                turn[:] = 0
            before, after = _survive(state, survival, men, year, offset, turn, j)
            leaving[j] = (before - after) * again[plan, min(age, again.shape[1] - 1)]
            searching *= 1.0 - 1.0 / delay
            if j >= mourning:
                searching += leaving[j - mourning]
            first = cdf[cohort, j] - (cdf[cohort, j - 1] if j > 0 else 0.0)
            entry = first * (1.0 - never) + searching / delay
            kept[j] = after / before if before > 0.0 else 1.0
            for g in range(state.size):
                state[g] += weights[at, g] * entry
            history[j] = after + entry
            married[row, j] = history[j]
            product *= kept[j - GESTATION] if j >= GESTATION else 1.0
            if product < 1e-30:  # every husband has died: nobody is left who waits
                product = 1.0
                waiting[:] = 0.0
                scaled[:, :j] = 0.0
            exposed = history[j - GESTATION] if j >= GESTATION else 0.0
            _at_risk(j, exposed, product, interval, shares, scaled, waiting, risk)
            need += shortfall
            hazard = _hazard(need, maximum, risk, factors[plan], none)
            drawn = 0.0
            for k in range(classes):
                birth = risk[k] * (1.0 - none[k])
                drawn += birth
                scaled[k, j] = birth / product
                cumulative[row, k, j + 1] = cumulative[row, k, j] + factors[plan, k] * hazard
            shortfall = max(need - drawn, 0.0)
            worst = max(worst, shortfall)
        lag[row] = worst / total_rate if total_rate > 0.0 else 0.0


def _gaps(plan: Nuptiality) -> tuple[Floats, Floats]:
    """Points and weights of the age gap by year of the union."""
    points, weights = [], []
    for k, (nodes, weight) in enumerate((_USUAL, _OLDER)):
        share = plan.older if k else 1.0 - plan.older
        points.append(plan.gap[:, k, None] + plan.gap_sd[:, k, None] * nodes)
        weights.append(share[:, None] * weight / weight.sum())
    return np.concatenate(points, axis=1), np.concatenate(weights, axis=1)


def marital_rates(rates: Rates, parameters: Parameters, first: int, last: int) -> MaritalRates:
    """Hazards of births of couples, solved so that all women together bear by the age-specific rates.

    Parameters
    ----------
    rates : Rates
    parameters : Parameters
        Of the areas ``union`` and ``fertility``.
    first, last : int
        Months between which births are drawn.

    Where couples could not reach the rates even at the highest hazard (``fertility.maximum_hazard``), the
    first unions of that birth cohort move earlier by quarter years until they can; ``nuptiality.shift`` says so.
    """
    begin = year_of(first) - FERTILE_AGES - 1
    plan = nuptiality(parameters, begin, year_of(last) + 1)
    start = month_index(begin)
    born = np.arange(start, last + 1, COHORT_MONTHS) + COHORT_MONTHS // 2
    cumulative = np.zeros((born.size, plan.shares.size, AGE_MONTHS + 1), np.float32)
    married = np.zeros((born.size, AGE_MONTHS), np.float32)
    lag = np.zeros(born.size)
    men = np.exp(-np.stack([hazards(q) for q in rates.qx[:, 1]]) / 12.0)
    gaps, weights = _gaps(plan)
    rows = np.arange(born.size)
    before = np.full(plan.shift.size, np.inf)
    for step in range(_STEPS + 1):
        _solve(
            born, rows, plan.cdf, rates.asfr, men, rates.first_year - ORIGIN_YEAR, plan.first_year - ORIGIN_YEAR,
            gaps, weights, plan.never[0], np.ascontiguousarray(plan.again[:, 0]), plan.delay,
            plan.mourning, plan.interval, plan.maximum, plan.shares, plan.factors, last, cumulative, married, lag,
        )  # fmt: skip
        late = np.unique(born[lag > TOLERANCE] // 12 + ORIGIN_YEAR - plan.first_year)
        late = late[late < plan.shift.size]
        # A cohort that does not gain by marrying earlier is left as it is: nobody could bear so many children.
        worst = np.full(plan.shift.size, -1.0)
        np.maximum.at(worst, np.clip(born // 12 + ORIGIN_YEAR - plan.first_year, 0, worst.size - 1), lag)
        late = late[worst[late] < before[late] - _GAIN]
        before = worst
        if late.size == 0 or step == _STEPS:
            break
        plan.shift[late] += _STEP
        for i in late:
            _schedule(plan, parameters, int(i))
        rows = np.flatnonzero(np.isin(born // 12 + ORIGIN_YEAR - plan.first_year, late))
    return MaritalRates(start, cumulative, married, lag, plan)
