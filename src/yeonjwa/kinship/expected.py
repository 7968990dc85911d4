"""Expected numbers of kin through women, exact in months: what a simulation in plain mode must give on average.

The matrix models of kinship (Caswell 2019; Caswell and Song 2021) move kin by whole years of age. This is the same
model without the years: a Poisson branching process in which everybody has an exact time of birth and of death and women
bear in every month of age by the rates. ``docs/validation.md`` derives the formulas. Nothing is drawn.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.calendar import ORIGIN_YEAR, format_month, month_index, year_of
from yeonjwa.core.errors import InputError
from yeonjwa.demography.lifetable import AGES, FERTILE_AGES, hazards
from yeonjwa.demography.projection import stable_founders
from yeonjwa.demography.rates import Rates
from yeonjwa.kinship.tables import AGE_GROUPS

Floats = NDArray[np.float64]

#: Kin types: those of the line "female" of :func:`yeonjwa.kinship.tables.kin_by_age`, and men with the same mothers.
EXPECTED: Final = (
    "mother",
    "grandmother",
    "great_grandmother",
    "daughters",
    "granddaughters",
    "great_granddaughters",
    "sisters",
    "aunts",
    "nieces",
    "first_cousins",
    "second_cousins",
    "third_cousins",
    "sons",
    "brothers",
    "mothers_brothers",
)
_DESCENDANTS: Final = frozenset({"daughters", "granddaughters", "great_granddaughters", "sons"})
_FEMALE, _MALE = 0, 1
_LIFE = 12 * AGES
_FERTILE = 12 * FERTILE_AGES
#: Days of birth at which survival is averaged, and their weights (Gauss and Legendre, three points).
_DAYS = 0.5 + np.sqrt(0.15) * np.array([-1.0, 0.0, 1.0])
_WEIGHTS = np.array([5.0, 8.0, 5.0]) / 18.0


@dataclass(frozen=True)
class ExpectedKin:
    """Expected living kin of the living, by month of birth of ego.

    Attributes
    ----------
    month : int
        Month index at whose end everybody is counted.
    births : int64 (months,)
        Months of birth of egos, from the oldest possible to ``month``.
    women, men : float (months,)
        Egos by sex: expected numbers alive, for one person at the start.
    kin : dict of float (months,)
        Expected living kin of a living woman born in each month, by kin type (``EXPECTED``). All but daughters, sons and
        their descendants are those of a man as well.
    """

    month: int
    births: NDArray[np.int64]
    women: Floats
    men: Floats
    kin: dict[str, Floats]

    def at_age(self, age: int) -> dict[str, float]:
        """Kin of a woman of an exact whole age, years, at the end of the month: as matrix models count."""
        if not 0 <= age < AGES:
            raise InputError("age", age, f"0 to {AGES - 1}")
        # Somebody who turns `age` at the end of the month was born between two months.
        rows = np.flatnonzero(
            (self.births == self.month - 12 * age) | (self.births == self.month - 12 * age + 1)
        )
        return {kin: float(values[rows].mean()) for kin, values in self.kin.items()}

    def by_age_group(self) -> list[dict[str, Any]]:
        """Means by five-year age group, as rows of ``kin_by_age``: ``kin``, ``age_group``, ``sex_ego``, ``mean_living``.

        Egos are women ("f"), and for kin that are not descendants also men ("m") and both ("all").
        """
        group = np.minimum((self.month - self.births) // 60, len(AGE_GROUPS) - 2)
        egos = {"f": self.women, "m": self.men, "all": self.women + self.men}
        rows = []
        for kin, values in self.kin.items():
            for sex, number in egos.items():
                if sex != "f" and kin in _DESCENDANTS:
                    continue
                for g, name in enumerate(AGE_GROUPS):
                    weight = np.where((group == g) | (name == "all"), number, 0.0)
                    if weight.sum() > 0:
                        mean = float((weight * values).sum() / weight.sum())
                        rows.append({"kin": kin, "age_group": name, "sex_ego": sex, "mean_living": mean})
        return rows


def expected_kin(
    rates: Rates, month: int, *, start_year: int = 1790, kinds: Iterable[str] | None = None
) -> ExpectedKin:
    """Expected living kin through women of a population that follows the rates without any other rule.

    Parameters
    ----------
    rates : Rates
        Years outside are held at the nearest one.
    month : int
        Month index at whose end kin and egos are alive.
    start_year : int
        At its beginning all persons are unrelated, with the ages of the stable population of its rates.
    kinds : iterable of str, optional
        Of ``EXPECTED``; all by default.

    Raises
    ------
    InputError
        A month before the start, an unknown kin type.

    Source: Goodman, Keyfitz and Pullum 1974 for the integrals, with rates that change as in Caswell and Song 2021.
    """
    first = month_index(start_year)
    if month <= first:
        raise InputError("month", format_month(month), f"a month after {format_month(first)}")
    wanted = set(EXPECTED if kinds is None else kinds)
    for unknown in sorted(wanted - set(EXPECTED)):
        raise InputError("kin type", unknown, ", ".join(EXPECTED))
    process = _Process.of(rates, first, month)
    kin = {name: values for name, values in process.kin().items() if name in wanted}
    return ExpectedKin(month, process.births, process.living[_FEMALE], process.living[_MALE], kin)


@dataclass(frozen=True)
class _Process:
    """The branching process seen at the end of one month. Rows are months of birth, columns months of age."""

    births: NDArray[np.int64]
    hazard: Floats  # (rows, fertile months): births to a woman alive at the end of the month
    alive: Floats  # (rows, fertile months): share of women alive at the end of the month
    now: Floats  # (sexes, rows): share alive at the end of the last month
    share: Floats  # (sexes, rows): of the births of a month
    living: Floats  # (sexes, rows): expected number alive at the end of the last month
    bearing: Floats  # (rows, fertile months): expected births
    child: NDArray[np.int64]  # (rows, fertile months): row of the child

    @classmethod
    def of(cls, rates: Rates, first: int, month: int) -> _Process:
        """All tables; women born before ``first`` are founders and bear from ``first`` on."""
        births = np.arange(first - _LIFE, month + 1)
        ages = np.arange(_FERTILE)
        years = births // 12 + ORIGIN_YEAR
        rows = np.clip(years - rates.first_year, 0, rates.asfr.shape[0] - 1)
        boys = (rates.srb / (1.0 + rates.srb))[rows]
        share = np.stack([1.0 - boys, boys])
        alive = [_survival(rates, births, sex) for sex in (_FEMALE, _MALE)]
        then = births[:, None] + ages
        year = np.clip(then // 12 + ORIGIN_YEAR - rates.first_year, 0, rates.asfr.shape[0] - 1)
        hazard = rates.asfr[year, ages // 12] / 12.0
        hazard[(then < first) | (then > month)] = 0.0
        born = _numbers(births, hazard, alive, share, stable_founders(rates, year_of(first)), first)
        age = month - births
        reached = np.minimum(age, _LIFE - 1)
        now = np.stack([np.where(age < _LIFE, a[np.arange(births.size), reached], 0.0) for a in alive])
        bearing = born[_FEMALE][:, None] * alive[_FEMALE][:, :_FERTILE] * hazard
        child = np.minimum(np.arange(births.size)[:, None] + ages, births.size - 1)
        return cls(births, hazard, alive[_FEMALE][:, :_FERTILE], now, share, born * now, bearing, child)

    def kin(self) -> dict[str, Floats]:
        """Expected living kin of a woman alive, by kin type."""
        girl, boy = self.share * self.now
        girls = self.share[_FEMALE]
        # Of a woman at her birth: the children she will have had by now, then her descendants through daughters.
        daughters = self._of_newborn(girl)
        granddaughters = self._of_newborn(girls * daughters)
        great = self._of_newborn(girls * granddaughters)
        mother = self._mean_over_mothers(self.now[_FEMALE][:, None] / np.maximum(self.alive, 1e-300))
        aunts, cousins = (
            self._maternal(self._siblings(girl)),
            self._maternal(self._siblings(girls * daughters)),
        )
        second = self._maternal(self._maternal(self._siblings(girls * granddaughters)))
        third = self._maternal(self._maternal(self._maternal(self._siblings(girls * great))))
        grandmother = self._maternal(mother)
        return {
            "mother": mother,
            "grandmother": grandmother,
            "great_grandmother": self._maternal(grandmother),
            "daughters": self._of_living(girl),
            "granddaughters": self._of_living(girls * daughters),
            "great_granddaughters": self._of_living(girls * granddaughters),
            "sisters": self._siblings(girl),
            "aunts": aunts,
            "nieces": self._siblings(girls * daughters),
            "first_cousins": cousins,
            "second_cousins": second,
            "third_cousins": third,
            "sons": self._of_living(boy),
            "brothers": self._siblings(boy),
            "mothers_brothers": self._maternal(self._siblings(boy)),
        }

    def _of_newborn(self, value: Floats) -> Floats:
        """Expected sum, over the children a woman will bear, of a value by their month of birth."""
        total: Floats = (self.alive * self.hazard * value[self.child]).sum(axis=1)
        return total

    def _of_living(self, value: Floats) -> Floats:
        """The same for a woman who is alive now, and so was all her life."""
        total: Floats = (self.hazard * value[self.child]).sum(axis=1)
        return total

    def _siblings(self, value: Floats) -> Floats:
        """Expected sum over the other children of ego's mother.

        Given that she bore ego, her other births are still Poisson: before, at her rates, for she was alive; after, at her
        rates times her survival from then on.
        """
        worth = self.hazard * value[self.child]
        before = np.cumsum(worth, axis=1)
        worth *= self.alive
        after = worth.sum(axis=1, keepdims=True) - np.cumsum(worth, axis=1)
        return self._mean_over_mothers(before + after / np.maximum(self.alive, 1e-300))

    def _maternal(self, value: Floats) -> Floats:
        """Expected value of ego's mother, where it depends on her month of birth alone."""
        return self._mean_over_mothers(np.broadcast_to(value[:, None], self.bearing.shape))

    def _mean_over_mothers(self, value: Floats) -> Floats:
        """Mean over the mothers of those born in each month of a value by the mother's birth and age; 0 if unknown."""
        rows = self.births.size
        births = np.bincount(self.child.ravel(), self.bearing.ravel(), minlength=rows)
        total = np.bincount(self.child.ravel(), (self.bearing * value).ravel(), minlength=rows)
        mean: Floats = np.where(births > 0, total / np.where(births > 0, births, 1.0), 0.0)
        return mean


def _survival(rates: Rates, births: NDArray[np.int64], sex: int) -> Floats:
    """Share of those born in each month who are alive at the end of their k-th month after it, (births, 1320).

    Hazards change with exact age and with the calendar year; births are spread evenly over their month.
    """
    yearly = np.stack([hazards(q) for q in rates.qx[:, sex]])
    year = births // 12 + ORIGIN_YEAR - rates.first_year
    ages = np.arange(AGES)
    top = yearly.shape[0] - 1
    early = yearly[np.clip(year[:, None] + ages, 0, top), ages]
    late = yearly[np.clip(year[:, None] + ages + 1, 0, top), ages]
    result = np.zeros((births.size, _LIFE))
    for day, weight in zip(_DAYS, _WEIGHTS, strict=True):
        # A year of age lies in two calendar years; `share` of it in the later one.
        share = ((births % 12 + day) / 12.0)[:, None]
        spent = early * (1.0 - share) + late * share
        upto = np.cumsum(spent, axis=1) - spent
        exact = (np.arange(_LIFE) + 1.0 - day) / 12.0
        age = exact.astype(np.int64)
        part = exact - age
        total = upto[:, age]
        total += early[:, age] * np.minimum(part, 1.0 - share)
        total += late[:, age] * np.maximum(part - (1.0 - share), 0.0)
        result += weight * np.exp(-total)
    return result


def _numbers(
    births: NDArray[np.int64],
    hazard: Floats,
    alive: list[Floats],
    share: Floats,
    founders: Floats,
    first: int,
) -> Floats:
    """Expected births by month and sex, (2, months), for one founder; founders count as births that survived."""
    born = np.zeros((2, births.size))
    start = int(first - births[0])
    age = first - 1 - births[:start]
    for sex in (_FEMALE, _MALE):
        reached = alive[sex][np.arange(start), age]
        born[sex, :start] = np.where(reached > 0, founders[sex, age] / np.maximum(reached, 1e-300), 0.0)
    ages = np.arange(1, _FERTILE)
    bearing = alive[_FEMALE][:, :_FERTILE] * hazard
    for row in range(start, births.size):
        born[:, row] = share[:, row] * float(born[_FEMALE, row - ages] @ bearing[row - ages, ages])
    return born
