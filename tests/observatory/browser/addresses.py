"""The page map: every address that a reader can open, in one place."""

from __future__ import annotations

from typing import Final

#: Address -> name of its screenshot. ``{run}`` is a finished run, ``{person}`` one of its people.
READERS: Final = {
    "/": "overview",
    "/scenarios/": "scenarios",
    "/scenarios/new/": "scenario-new",
    "/runs/": "runs",
    "/runs/{run}/": "run",
    "/runs/{run}/results/": "results",
    "/runs/{run}/money/": "money",
    "/runs/{run}/map/": "map",
    "/runs/{run}/ages/": "ages",
    "/runs/{run}/people/": "people",
    "/runs/{run}/people/{person}/kin/?at=2006-06": "kin",
    "/runs/{run}/people/{person}/kin/?at=2006-06&view=generations": "kin-generations",
    "/compare/": "compare",
    "/exports/{run}/": "exports",
    "/claims/": "claims",
    "/claims/seed.05/": "claim",
    "/evidence/": "evidence",
    "/evidence/seed.07/": "entry",
    "/parameters/": "parameters",
    "/parameters/sanction.career_depth/": "parameter",
    "/conflicts/": "conflicts",
    "/conflicts/vetting_lines/": "conflict",
    "/sources/": "sources",
    "/glossary/": "glossary",
    "/regimes/": "regimes",
    "/regimes/tang/": "regime",
    "/terms/": "terms",
    "/privacy/": "privacy",
    "/about/": "about",
    "/accessibility/": "accessibility",
    "/licences/": "licences",
    "/log-in/": "log-in",
    "/nowhere/": "error-404",
}
#: Pages opened in Korean too.
KOREAN: Final = (
    "/", "/runs/{run}/people/", "/runs/{run}/people/{person}/kin/?at=2006-06", "/claims/", "/regimes/", "/terms/",
)  # fmt: skip


def there(address: str) -> bool:
    """Whether the address is routed: pages that are not built yet are left out, and the test says which."""
    from django.urls import Resolver404, resolve
    from django.utils import translation

    try:
        # An earlier test may have left the thread in Korean.
        with translation.override("en"):
            resolve(address.split("?")[0].split("#")[0].format(run=1, person=1))
    except Resolver404:
        return False
    return True
