"""One population of each kind for all tests of this folder."""

from __future__ import annotations

import warnings

import pytest

from yeonjwa.core.calendar import month_index
from yeonjwa.core.parameters import Parameters
from yeonjwa.core.warnings import HeldValueWarning
from yeonjwa.demography.rates import Rates, country
from yeonjwa.evidence.parameters import load
from yeonjwa.genealogy.pedigree import Pedigree
from yeonjwa.genealogy.simulate import simulate

AT, LAST = month_index(2005), month_index(2024, 12)


@pytest.fixture(scope="session")
def parameters() -> Parameters:
    return load()


@pytest.fixture(scope="session")
def rates(parameters: Parameters) -> Rates:
    return country("PRK", parameters)


def run(rates: Rates, parameters: Parameters, **changes: object) -> Pedigree:
    """A population with the held-value warning of 2022-24 left out."""
    call = {"living": 20_000, "at": AT, "seed": 1, "last": LAST, **changes}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HeldValueWarning)
        return simulate(rates, parameters, **call)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def small(rates: Rates, parameters: Parameters) -> Pedigree:
    return run(rates, parameters)


@pytest.fixture(scope="session")
def large(rates: Rates, parameters: Parameters) -> Pedigree:
    return run(rates, parameters, living=250_000, seed=3)


@pytest.fixture(scope="session")
def plain(rates: Rates, parameters: Parameters) -> Pedigree:
    return run(rates, parameters, living=60_000, plain=True)
