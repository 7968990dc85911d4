"""Regimes of kin liability compared: rings drawn from their rules, a table, and each regime by itself."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, gettext, ngettext

from yeonjwa.core.errors import InputError
from yeonjwa.observatory.documents.templatetags.written import plainly
from yeonjwa.observatory.evidence import counted
from yeonjwa.regime import catalogue
from yeonjwa.regime.catalogue import Regime
from yeonjwa.report import svg
from yeonjwa.report.regime_rings import (
    DEFINITIONS,
    KEY,
    LEGEND_RADIUS,
    disc,
    in_law,
    numerals,
    ordered,
    sign,
)
from yeonjwa.report.regime_rings import legend as rings_legend

_BODY = ("death", "confinement", "exile")
#: Degree to which a regime counts as shallow.
_NEAR = 4


def regimes(request: HttpRequest) -> HttpResponse:
    """All regimes of the catalogue: those of the figure first, then other periods and rival readings."""
    return render(request, "evidence/regimes.html", _content(get_language() or "en"))


@lru_cache(maxsize=4)
def _content(language: str) -> dict[str, Any]:
    """What the page shows in the active language: the catalogue is part of the package, so it is drawn once for each."""
    everyone = catalogue.regimes().values()
    shown = ordered([r for r in everyone if r.figure])
    rest = ordered([r for r in everyone if not r.figure])
    headline, lead = _headline(shown)
    return {
        "headline": headline,
        "lead": lead,
        "key": [{"sign": _small(look), "words": gettext(words)} for look, words in KEY],
        "panels": [_panel(r) for r in shown],
        "others": [_panel(r) for r in rest],
        "legend": legend(),
        "rows": [_row(r) for r in [*shown, *rest]],
        "definitions": svg.drawing(0, 0, DEFINITIONS),
        "about": counted.about(),
    }


def _headline(shown: Sequence[Regime]) -> tuple[str, str]:
    """Title and lead, as far as the rules bear them out."""
    body = [d for r in shown if (d := r.degree(*_BODY)) is not None]
    career = [d for r in shown if (d := r.degree("career")) is not None]
    near = sum(d <= _NEAR for d in body)
    lead = ngettext(
        "Death, confinement and exile stop at the fourth degree or nearer in %(near)s of %(all)s regime that uses them.",
        "Death, confinement and exile stop at the fourth degree or nearer in %(near)s of %(all)s regimes that use them.",
        len(body),
    ) % {"near": near, "all": len(body)}
    if career:
        lead += " " + ngettext(
            "Bars on careers, in %(count)s regime, reach degree %(degree)s at the furthest.",
            "Bars on careers, in %(count)s regimes, reach degree %(degree)s at the furthest.",
            len(career),
        ) % {"count": len(career), "degree": max(career)}
    shallow = bool(body) and bool(career) and 3 * near >= 2 * len(body) and max(career) > _NEAR
    count = {"count": len(shown)}
    if shallow:
        return gettext(
            "%(count)s regimes that punish kin: shallow where they kill or confine, deep where they bar"
        ) % count, lead
    return gettext("%(count)s regimes that punish kin: whom their rules name") % count, lead


def _small(look: Any) -> str:
    return svg.drawing(28, 14, sign(look))


def _panel(found: Regime) -> dict[str, Any]:
    body, career = numerals(found)
    radius = 100.0
    rings = svg.tag("g", disc(found, radius), transform=f"translate({radius + 2} {radius + 2})")
    return {
        "regime": found,
        "drawing": svg.drawing(2 * radius + 4, 2 * radius + 4, rings),
        "label": gettext("%(name)s: in body to degree %(body)s, in career to degree %(career)s")
        % {"name": plainly(found.name), "body": body, "career": career},
        "body": body,
        "career": career,
        "note": found.summary,
        "in_law": in_law(found),
        "counts": _counts(found),
    }


def _counts(found: Regime) -> str:
    """Persons named for one offence, in a line: mean and the middle eight tenths."""
    row = counted.row(found.id)
    if row is None:
        return ""
    parts = [
        words % {"mean": row[name], "span": row[f"{name}_span"]}
        for name, words in (
            ("body", gettext("%(mean)s in body (%(span)s)")),
            ("career", gettext("%(mean)s in career (%(span)s)")),
        )
        if row[f"{name}_span"]
    ]
    if not parts and row["reached_span"]:
        parts = [
            gettext("%(mean)s watched (%(span)s)") % {"mean": row["reached"], "span": row["reached_span"]}
        ]
    return ", ".join(parts) or gettext("nobody for each offence")


def legend() -> str:
    """How to read a disc: the drawing of the report, as a picture of its own."""
    wide, high = 2 * LEGEND_RADIUS + 44, 2 * LEGEND_RADIUS + 4
    body = svg.tag("g", rings_legend(), transform=f"translate({wide / 2:.0f} {high / 2:.0f})")
    return svg.drawing(wide, high, body)


def _row(found: Regime) -> dict[str, Any]:
    body, career = numerals(found)
    return {
        "regime": found,
        "triggers": found.triggers,
        "body": body,
        "career": career,
        "exits": [way.how for way in found.exits],
        "counted": counted.row(found.id),
    }


def regime(request: HttpRequest, id: str) -> HttpResponse:
    """One regime: its rules, exits, sources and what is not represented."""
    try:
        found = catalogue.regime(id)
    except InputError as error:
        raise Http404(id) from error
    about = catalogue.describe(found)
    group = [r for r in catalogue.regimes().values() if r.group == found.group and r.id != id]
    return render(
        request,
        "evidence/regime.html",
        {
            "regime": found,
            "about": about,
            "panel": _panel(found),
            "definitions": svg.drawing(0, 0, DEFINITIONS),
            "group": group,
            "counts": counted.row(id),
            "counted_in": counted.about(),
            "rules": [
                {**said, "sanction": rule.sanction.name, "ages": _ages(said)}
                for rule, said in zip(found.rules, about["rules"], strict=True)
            ],
        },
    )


def _ages(rule: dict[str, Any]) -> str:
    low, high = rule["age_from"], rule["age_below"]
    if low is not None and high is not None:
        return gettext("from %(low)s to below %(high)s") % {"low": low, "high": high}
    if low is not None:
        return gettext("from %(low)s") % {"low": low}
    return gettext("below %(high)s") % {"high": high} if high is not None else ""
