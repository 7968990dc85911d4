"""What of the ledger the laboratory uses beside the parameters: the claims that scenarios test."""

from __future__ import annotations

from yeonjwa.evidence.check import Report, check
from yeonjwa.laboratory import scenario


def by_scenarios() -> dict[str, tuple[str, ...]]:
    """Scenario file -> ids of the claims it bears on, for the shipped scenarios."""
    return {f"scenarios/{name}.toml": scenario.load(name).claims for name in scenario.names()}


def check_all() -> Report:
    """Errors, warnings and counts of the whole shipped evidence; see :func:`yeonjwa.evidence.check.check`."""
    from yeonjwa.evidence import ledger, mechanisms
    from yeonjwa.evidence import parameters as shipped

    try:
        ledger.load()
        shipped.load()
        mechanisms.load()
    except ValueError:
        # The check says what cannot be read; scenarios cannot be looked at then.
        return check()
    return check(cited=by_scenarios())
