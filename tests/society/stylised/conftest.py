"""The country of the set-ups that need one: the genealogy that the tests of the society share."""

from __future__ import annotations

from functools import lru_cache

from tests.society.conftest import parameters, pedigree
from yeonjwa.society.stylised.findings import Setting


@lru_cache(maxsize=1)
def setting() -> Setting:
    return Setting(parameters(), seed=3, living=120_000, given=pedigree())
