"""One plain population for all tests of this folder."""

from __future__ import annotations

import pytest

from yeonjwa.demography.rates import Rates
from yeonjwa.genealogy.pedigree import Pedigree

from .reference import reference_rates, run


@pytest.fixture(scope="session")
def reference() -> Rates:
    return reference_rates()


@pytest.fixture(scope="session")
def plain_population() -> Pedigree:
    """250,000 living at the end of 2021, from unrelated founders of 1790, by the assumptions of matrix models."""
    return run(250_000, 1, plain=True)
