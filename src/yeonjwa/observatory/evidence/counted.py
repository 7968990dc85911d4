"""How many living relatives each regime names: counted once (``tools/measure_regimes.py``), shown on the pages of regimes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

from django.utils.translation import gettext

from yeonjwa.evidence import parameters
from yeonjwa.regime import catalogue
from yeonjwa.report.regime_page import number


def inputs() -> str:
    """SHA-256 of what the counts depend on beside the engine: the rules of all regimes, and the parameters."""
    rules = {id: catalogue.describe(regime)["rules"] for id, regime in catalogue.regimes().items()}
    text = json.dumps([parameters.load().digest(), rules], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


@lru_cache(maxsize=1)
def stored() -> Mapping[str, Any]:
    """What was counted, with its command; ``current`` says whether regimes and parameters are still those of then."""
    text = (files("yeonjwa.observatory.evidence") / "data" / "regimes.json").read_text(encoding="utf-8")
    content: dict[str, Any] = json.loads(text)
    return {**content, "current": content["inputs"] == inputs()}


def row(id: str) -> dict[str, str] | None:
    """Mean and the middle eight tenths of persons named for one offence: in body, in career, in all; None if not counted."""
    found = stored()["regimes"].get(id)
    if found is None:
        return None
    shown = {}
    for name in ("reached", "body", "career"):
        mean = found[f"{name}_mean"]
        shown[name] = number(mean)
        shown[f"{name}_span"] = (
            gettext("{low} to {high}").format(
                low=f"{found[f'{name}_p10']:,}", high=f"{found[f'{name}_p90']:,}"
            )
            if mean
            else ""
        )
    return shown


def about() -> dict[str, Any]:
    """In which population it was counted, for the line under the table."""
    content = stored()
    people = content["population"]
    return {
        "offenders": f"{people['offenders']:,}",
        "living": f"{people['living']:,}",
        "month": people["month"],
        "command": content["command"].removesuffix(" --json"),
        "measured": content["measured"],
        "current": content["current"],
    }
