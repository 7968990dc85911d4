"""What of the ledger is used beside the parameters: the claims that scenarios test, what regimes of the catalogue rest on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from yeonjwa.core.errors import InputError, InputErrors
from yeonjwa.evidence.check import Report, check
from yeonjwa.laboratory import scenario
from yeonjwa.laboratory.intercept import FITTED_YEARS
from yeonjwa.regime.catalogue import regimes


def by_scenarios() -> dict[str, tuple[str, ...]]:
    """Scenario file -> ids of the claims it bears on, for the shipped scenarios."""
    return {f"scenarios/{name}.toml": scenario.load(name).claims for name in scenario.names()}


def by_regimes() -> dict[str, tuple[str, ...]]:
    """Regime file -> ids of the ledger it cites."""
    return {f"regime/catalogue/{regime.id}.toml": regime.ledger for regime in regimes().values()}


def check_all(also: Mapping[str, Iterable[str]] | None = None) -> Report:
    """Errors, warnings and counts of the whole shipped evidence; see :func:`yeonjwa.evidence.check.check`.

    Parameters
    ----------
    also : mapping of str to ids, optional
        Ids of the ledger used elsewhere, by place, as by reports.
    """
    try:
        cited = by_scenarios()
    except InputError as error:
        # Where the evidence cannot be read scenarios cannot be looked at, and the check says what is wrong with it.
        report = check()
        if not report["errors"]:
            report["errors"].append({"rule": "scenario", "where": error.where, "message": str(error)})
        return report
    try:
        cited |= by_regimes()
    except InputErrors as error:
        report = check(cited=cited)
        report["errors"] += [{"rule": "regimes", "where": e.where, "message": str(e)} for e in error.errors]
        return report
    fitted = [f"defectors.arrivals.{year}.total" for year in FITTED_YEARS]
    return check(cited={**cited, "laboratory/intercept.py": fitted, **(also or {})})
