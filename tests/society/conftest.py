"""One small genealogy and a few runs of the society over it, shared by all tests of this folder."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pytest

from yeonjwa.core.calendar import month_index
from yeonjwa.core.parameters import Parameters
from yeonjwa.demography.rates import country
from yeonjwa.evidence.parameters import load
from yeonjwa.genealogy.pedigree import Pedigree
from yeonjwa.genealogy.simulate import simulate as simulate_genealogy
from yeonjwa.laboratory import scenario
from yeonjwa.society.engine import SocietyResult, simulate

SCALE = 0.005
FIRST, LAST = month_index(2010, 1), month_index(2013, 12)
SPINUP = 36


@lru_cache(maxsize=1)
def parameters() -> Parameters:
    return load()


@lru_cache(maxsize=1)
def pedigree() -> Pedigree:
    inputs = parameters()
    rates = country("PRK", inputs)
    living = round(SCALE * inputs.number("population.living", month_index(2005, 1)))
    return simulate_genealogy(rates, inputs, living=living, at=month_index(2005, 1), seed=3, last=LAST)


@dataclass(frozen=True)
class Total:
    """Reads one cell of the series."""

    result: SocietyResult

    def __call__(self, measure: str, dimension: str = "total", level: str = "total") -> np.ndarray:
        s = self.result.series
        rows = (s["measure"] == measure) & (s["dimension"] == dimension) & (s["level"] == level)
        assert rows.any(), f"no series {measure} {dimension} {level}"
        return s["value"][rows]


@lru_cache(maxsize=8)
def play(name: str, seed: int = 3) -> SocietyResult:
    """A run of a shipped scenario, with the checks of conservation on."""
    inputs = scenario.load(name).parameters
    return simulate(
        pedigree(), inputs, seed=seed, scale=SCALE, first=FIRST, last=LAST, spinup_months=SPINUP, check=True
    )


@pytest.fixture(scope="session")
def baseline() -> SocietyResult:
    return play("baseline")
