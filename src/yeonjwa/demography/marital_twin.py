"""Slow twin of the marital hazards of one birth cohort: every group of women is kept apart, month by month."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from yeonjwa.core.calendar import ORIGIN_YEAR
from yeonjwa.demography.lifetable import hazards
from yeonjwa.demography.marital import GESTATION, Nuptiality, _gaps
from yeonjwa.demography.rates import Rates


@dataclass
class Cohort:
    """What a birth cohort of women is expected to do, by month of age."""

    married: list[float] = field(default_factory=list)
    births: list[float] = field(default_factory=list)
    hazard: list[float] = field(default_factory=list)


def solve(rates: Rates, plan: Nuptiality, born: int, months: int) -> Cohort:
    """Follow the women born in month ``born`` who stay alive, up to ``months`` of age.

    Returns the share in a union, expected births and the hazard of a couple of factor one, by month of age.
    """
    result = Cohort()
    row = min(max(born // 12 + ORIGIN_YEAR - plan.first_year, 0), plan.cdf.shape[0] - 1)
    median = next((j for j in range(plan.cdf.shape[1] - 1) if plan.cdf[row, j] >= 0.5), plan.cdf.shape[1] - 1)
    points, weights = _gaps(plan)
    at = _year_row(plan, born + median)
    unions = dict.fromkeys(range(points.shape[1]), 0.0)
    searching, short = 0.0, 0.0
    widows: list[float] = []
    stay: list[float] = []
    recent: list[list[float]] = [
        [] for _ in plan.shares
    ]  # births of each class within the interval, still together
    for j in range(months):
        month = born + j
        before = sum(unions.values())
        for g in unions:
            age = min(max((j + round(12.0 * float(points[at, g]))) // 12, 0), 109)
            unions[g] *= math.exp(
                -float(hazards(rates.qx[rates.row(ORIGIN_YEAR + month // 12), 1])[age]) / 12.0
            )
        after = sum(unions.values())
        stay.append(after / before if before > 0 else 1.0)
        widows.append((before - after) * float(plan.again[_year_row(plan, month), 0, min(j // 12, 109)]))
        searching *= 1.0 - 1.0 / plan.delay
        searching += widows[j - plan.mourning] if j >= plan.mourning else 0.0
        first = float(plan.cdf[row, j] - (plan.cdf[row, j - 1] if j else 0.0)) * (1.0 - plan.never[0])
        entry = first + searching / plan.delay
        for g in unions:
            unions[g] += float(weights[at, g]) * entry
        result.married.append(after + entry)
        short = _births(rates, plan, result, recent, stay, j, month, short)
    return result


def _births(
    rates: Rates, plan: Nuptiality, result: Cohort, recent: list[list[float]], stay: list[float], j: int,
    month: int, short: float,
) -> float:  # fmt: skip
    """Solve the hazard of one month of age; returns by how much births lag behind the rates."""
    exposed = result.married[j - GESTATION] if j >= GESTATION else 0.0
    lost = stay[j - GESTATION] if j >= GESTATION else 1.0
    need = float(rates.asfr[rates.row(ORIGIN_YEAR + month // 12), min(j // 12, 59)]) / 12.0 + short
    factors = [float(f) for f in plan.factors[_year_row(plan, month)]]
    risk = []
    for k, share in enumerate(plan.shares):
        recent[k] = [b * lost for b in recent[k][-(plan.interval - 1) :]] if plan.interval > 1 else []
        risk.append(max(float(share) * exposed - sum(recent[k]), 0.0))

    def expected(hazard: float) -> float:
        return sum(r * (1.0 - math.exp(-f * hazard)) for r, f in zip(risk, factors, strict=True))

    hazard = 0.0
    if sum(r * f for r, f in zip(risk, factors, strict=True)) > 0 and need > 0:
        low, high = 0.0, plan.maximum
        if expected(high) <= need:
            low = high
        for _ in range(60):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if expected(middle) < need else (low, middle)
        hazard = low
    result.hazard.append(hazard)
    result.births.append(expected(hazard))
    for k, f in enumerate(factors):
        recent[k].append(risk[k] * (1.0 - math.exp(-f * hazard)))
    return max(need - expected(hazard), 0.0)


def _year_row(plan: Nuptiality, month: int) -> int:
    return min(max(month // 12 + ORIGIN_YEAR - plan.first_year, 0), plan.older.size - 1)
