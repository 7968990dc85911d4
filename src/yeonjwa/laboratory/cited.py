"""What of the ledger the laboratory uses beside the parameters: the claims that scenarios test."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from yeonjwa.core.errors import InputError
from yeonjwa.evidence.check import Report, check
from yeonjwa.laboratory import scenario
from yeonjwa.laboratory.intercept import FITTED_YEARS


def by_scenarios() -> dict[str, tuple[str, ...]]:
    """Scenario file -> ids of the claims it bears on, for the shipped scenarios."""
    return {f"scenarios/{name}.toml": scenario.load(name).claims for name in scenario.names()}


def check_all(also: Mapping[str, Iterable[str]] | None = None) -> Report:
    """Errors, warnings and counts of the whole shipped evidence; see :func:`yeonjwa.evidence.check.check`.

    Parameters
    ----------
    also : mapping of str to ids, optional
        Ids of the ledger used elsewhere, by place, as by reports.
    """
    try:
        cited = by_scenarios()
    except InputError:
        # The check says what cannot be read; scenarios cannot be looked at then.
        return check()
    fitted = [f"defectors.arrivals.{year}.total" for year in FITTED_YEARS]
    return check(cited={**cited, "laboratory/intercept.py": fitted, **(also or {})})
